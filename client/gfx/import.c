/* SPDX-License-Identifier: GPL-2.0-or-later */
#define ORL_LOG_MODULE "gfx"
#include "gfx/import.h"

#include <stdio.h>
#include <string.h>

#include <epoxy/gl.h>

#include "base/clock.h"
#include "base/log.h"
#include "base/str.h"
#include "gfx/format.h"
#include "gfx/import_check.h"

#define FINISH_LIMIT (3 * ORL_NS_PER_S)
/* What every driver is content with; a refusal of anything less may be about the alignment. */
#define ALIGN_ALL 256

static void find_types(struct orl_import *imp)
{
    for (enum orl_pixfmt fmt = ORL_PIX_BGRA8; fmt < ORL_IMPORT_TYPES; fmt++) {
        struct orl_import_format f;
        if (!orl_import_format_of(fmt, imp->caps->bgra, &f)) {
            continue;
        }
        for (int i = 0; i < 2 && !imp->fourcc[fmt]; i++) {
            imp->fourcc[fmt] = orl_images_know(&imp->images, f.fourcc[i]) ? f.fourcc[i] : 0;
        }
    }
}

static bool any_type(const struct orl_import *imp)
{
    uint32_t any = 0;
    for (int i = 0; i < ORL_IMPORT_TYPES; i++) {
        any |= imp->fourcc[i];
    }
    return any != 0;
}

void orl_import_init(struct orl_import *imp, const struct orl_caps *caps,
                     struct orl_programs *programs, uint32_t vao)
{
    memset(imp, 0, sizeof(*imp));
    imp->caps = caps;
    imp->programs = programs;
    imp->vao = vao;
    orl_images_init(&imp->images, caps->software);
    find_types(imp);
    if (!any_type(imp)) {
        orl_str_copy(imp->why, sizeof(imp->why), "EGL imports no linear DMA-BUFs");
        return;
    }
    if (!caps->software) {
        imp->able = true;
        imp->ways = ORL_WAY_DMABUF;
        return;
    }
    if (strcmp(imp->images.driver, "swrast") != 0) {
        snprintf(imp->why, sizeof(imp->why), "the software driver '%s' is not asked to import",
                 imp->images.driver);
        return;
    }
    imp->ways = ORL_WAY_DMABUF | ORL_WAY_MEMORY;
    imp->able = orl_import_check(imp);
    if (!imp->able) {
        imp->ways = 0;
    }
    orl_import_forget(imp);
}

void orl_import_finish(struct orl_import *imp)
{
    if (!imp->caps) {
        return;
    }
    orl_import_forget(imp);
    glDeleteFramebuffers(1, &imp->scratch.fbo);
    glDeleteTextures(1, &imp->scratch.tex);
    memset(imp, 0, sizeof(*imp));
}

void orl_import_forget(struct orl_import *imp)
{
    if (orl_import_wait(imp, FINISH_LIMIT)) {
        orl_warn("the driver did not finish reading a picture within 3 s");
        glDeleteSync(imp->fence);
        imp->fence = NULL;
    }
    orl_images_clear(&imp->images);
}

bool orl_import_wait(struct orl_import *imp, uint64_t wait_ns)
{
    if (!imp->fence) {
        return false;
    }
    /* The copies were flushed when the fence was made: asking costs nothing. */
    GLenum state = glClientWaitSync(imp->fence, 0, wait_ns);
    if (state == GL_TIMEOUT_EXPIRED) {
        return true;
    }
    glDeleteSync(imp->fence);
    imp->fence = NULL;
    return false;
}

void orl_import_end_copies(struct orl_import *imp)
{
    if (imp->fence) {
        glDeleteSync(imp->fence); /* the new one comes later in the same stream of commands */
    }
    imp->fence = glFenceSync(GL_SYNC_GPU_COMMANDS_COMPLETE, 0);
    glFlush();
}

int orl_import_refuse(struct orl_import *imp, const char *why)
{
    orl_str_copy(imp->why, sizeof(imp->why), why);
    imp->ways = 0;
    return ORL_EAGAIN;
}

static struct orl_import_shape shape_of(const struct orl_slot *slot)
{
    return (struct orl_import_shape){slot->desc.fmt, slot->desc.w, slot->desc.rows,
                                     slot->desc.pitch,
                                     (uint32_t)(slot->shared.offset % ALIGN_ALL)};
}

static bool is_refused(const struct orl_import *imp, const struct orl_slot *slot)
{
    struct orl_import_shape a = shape_of(slot);
    const struct orl_import_shape *b = &imp->refused;
    return !slot->shared.foreign && a.fmt == b->fmt && a.w == b->w && a.rows == b->rows &&
           a.pitch == b->pitch && a.offset == b->offset;
}

/* ORL_OK, or ORL_EUNSUPPORTED: no linear buffer of any driver has this shape. */
static int key_of(struct orl_import *imp, const struct orl_slot *slot,
                  struct orl_image_key *key)
{
    const struct orl_frame_desc *d = &slot->desc;
    struct orl_import_format f;
    if (!orl_import_format_of(d->fmt, imp->caps->bgra, &f) || !imp->fourcc[d->fmt]) {
        snprintf(imp->why, sizeof(imp->why), "the driver does not import %s",
                 orl_pixfmt_name(d->fmt));
        return ORL_EUNSUPPORTED;
    }
    if (d->w > imp->caps->max_side || d->rows > imp->caps->max_side) {
        snprintf(imp->why, sizeof(imp->why), "the driver takes no pictures of %ux%u", d->w,
                 d->rows);
        return ORL_EUNSUPPORTED;
    }
    if (d->pitch % f.unit != 0 || slot->shared.offset % 4 != 0) {
        snprintf(imp->why, sizeof(imp->why), "a pitch of %u bytes or an offset of %llu is odd",
                 d->pitch, (unsigned long long)slot->shared.offset);
        return ORL_EUNSUPPORTED;
    }
    uint32_t w = orl_format_is_packed(d->fmt) ? (uint32_t)(((uint64_t)d->w * 3 + 3) / 4) : d->w;
    *key = (struct orl_image_key){.id = slot->shared.id,
                                  .offset = slot->shared.offset,
                                  .fourcc = imp->fourcc[d->fmt],
                                  .w = w,
                                  .h = d->rows,
                                  .pitch = d->pitch,
                                  .unit = f.unit,
                                  .foreign = slot->shared.foreign};
    return ORL_OK;
}

static int make(struct orl_import *imp, const struct orl_slot *slot,
                const struct orl_image_key *key, struct orl_image **out)
{
    if (is_refused(imp, slot)) {
        return ORL_EUNSUPPORTED;
    }
    if (!orl_images_fits_fd(key, slot->shared.fd)) {
        return orl_import_refuse(imp, "the descriptor is shorter than the picture");
    }
    if (orl_import_wait(imp, FINISH_LIMIT)) {
        return orl_import_refuse(imp, "the driver did not finish reading a picture within 3 s");
    }
    *out = orl_images_make(&imp->images, key, slot->shared.fd, imp->why, sizeof(imp->why));
    if (*out) {
        return ORL_OK;
    }
    if (key->pitch % ALIGN_ALL == 0 && key->offset % ALIGN_ALL == 0) {
        imp->ways = 0;
        return ORL_EAGAIN;
    }
    if (!slot->shared.foreign) {
        imp->refused = shape_of(slot);
    }
    return ORL_EUNSUPPORTED;
}

/* Before anything else is asked; ORL_OK: go on. */
static int may_import(struct orl_import *imp, const struct orl_slot *slot)
{
    bool can = slot->shared.foreign ? imp->able : imp->ways != 0;
    if (can && !imp->off) {
        return ORL_OK;
    }
    if (imp->off || !imp->why[0]) {
        orl_str_copy(imp->why, sizeof(imp->why), "imports are switched off");
    }
    return ORL_EAGAIN;
}

static int prepare(struct orl_import *imp, const struct orl_slot *slot, struct orl_image **out)
{
    struct orl_image_key key;
    int err = may_import(imp, slot);
    if (!err) {
        err = key_of(imp, slot, &key);
    }
    if (err) {
        return err;
    }
    /* Of a GPU's buffer EGL knows the layout and the size; here neither is known. */
    uint64_t bytes =
        slot->shared.foreign && !slot->shared.bytes ? UINT64_MAX : slot->shared.bytes;
    if (key.id == 0 || !orl_images_fits(&key, bytes)) {
        return orl_import_refuse(imp, "the descriptor is shorter than the picture");
    }
    *out = orl_images_find(&imp->images, &key);
    err = *out ? ORL_OK : make(imp, slot, &key, out);
    if (err) {
        return err;
    }
    struct orl_image *image = *out;
    if (!slot->map && !slot->shared.foreign) {
        return orl_import_refuse(imp, "there is nothing to compare the driver's pixels with");
    }
    bool packed = orl_format_is_packed(slot->desc.fmt);
    image->bottom_up = slot->shared.bottom_up;
    image->proved = image->proved || slot->shared.foreign;
    if ((packed || !image->fbo) &&
        orl_programs_prepare_import(imp->programs, image->external, packed)) {
        return orl_import_refuse(
            imp, "the driver does not compile the shader that unpacks pictures");
    }
    err = image->proved ? ORL_OK : orl_import_prove(imp, image, slot);
    if (err == ORL_EAGAIN) {
        orl_image_free(&imp->images, image);
    }
    return err;
}

/* A buffer of a GPU that cannot be shown says nothing about the guest's memory. */
int orl_import_prepare(struct orl_import *imp, const struct orl_slot *slot,
                       struct orl_image **out)
{
    uint32_t ways = imp->ways;
    int err = prepare(imp, slot, out);
    if (slot->shared.foreign) {
        imp->ways = ways;
        err = err ? ORL_EAGAIN : ORL_OK;
    }
    return err;
}
