/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "gfx/frame_tex.h"

#include <stdlib.h>
#include <string.h>

#include <epoxy/gl.h>

#include "gfx/format.h"

#define SCRGB_ONE_NITS 80.0f
#define PQ_PEAK_NITS   10000.0f

/*
 * GL knows no pitch in bytes: rows start `pixels per row` * pixel size apart, rounded up to the
 * alignment, which is 1, 2, 4 or 8. Returns the alignment that gives exactly `pitch`, 0 if none
 * does. Rounding is left out for units of more than a byte, where GL's rule has exceptions.
 */
static GLint find_alignment(const struct orl_gl_format *f, uint32_t pitch)
{
    uint32_t rest = pitch % f->pixel_bytes;
    if (rest == 0) {
        return 1;
    }
    if (f->unit_bytes != 1) {
        return 0;
    }
    for (GLint a = 2; a <= 8; a *= 2) {
        if (pitch % (uint32_t)a == 0 && rest < (uint32_t)a) {
            return a;
        }
    }
    return 0;
}

static void upload_rect(const struct orl_gl_format *f, const struct orl_frame_desc *d,
                        const uint8_t *pixels, struct orl_rect r, bool whole)
{
    const uint8_t *first = (const uint8_t *)((uintptr_t)pixels + (size_t)r.y * d->pitch +
                                             (size_t)r.x * f->pixel_bytes);
    if (whole) {
        glTexSubImage2D(GL_TEXTURE_2D, 0, (GLint)r.x, (GLint)r.y, (GLsizei)r.w, (GLsizei)r.h,
                        f->format, f->type, first);
        return;
    }
    for (uint32_t y = 0; y < r.h; y++) {
        glTexSubImage2D(GL_TEXTURE_2D, 0, (GLint)r.x, (GLint)(r.y + y), (GLsizei)r.w, 1,
                        f->format, f->type,
                        (const uint8_t *)((uintptr_t)first + (size_t)y * d->pitch));
    }
}

/*
 * `pixels`: address, or offset in the bound pixel buffer, of the first pixel. A pitch that is no
 * whole number of pixels is common with packed types: the alignment helps with most of them,
 * single rows with the rest.
 */
static void upload_rects(const struct orl_gl_format *f, const struct orl_slot *slot,
                         const uint8_t *pixels, bool all)
{
    const struct orl_frame_desc *d = &slot->desc;
    GLint alignment = find_alignment(f, d->pitch);
    glPixelStorei(GL_UNPACK_ALIGNMENT, alignment ? alignment : 1);
    glPixelStorei(GL_UNPACK_ROW_LENGTH, alignment ? (GLint)(d->pitch / f->pixel_bytes) : 0);
    if (all || slot->upload.full) {
        upload_rect(f, d, pixels, (struct orl_rect){0, 0, d->w, d->rows}, alignment != 0);
    } else {
        for (uint32_t i = 0; i < slot->upload.n; i++) {
            struct orl_rect r =
                orl_rect_intersect(slot->upload.r[i], (struct orl_rect){0, 0, d->w, d->rows});
            if (r.w && r.h) {
                upload_rect(f, d, pixels, r, alignment != 0);
            }
        }
    }
    glPixelStorei(GL_UNPACK_ROW_LENGTH, 0);
}

/* New textures hold anything: the rows that the guest did not send become black. */
static int blacken_missing_rows(const struct orl_gl_format *f, const struct orl_frame_desc *d)
{
    if (d->rows >= d->h) {
        return ORL_OK;
    }
    uint8_t *zero = calloc(d->w, f->pixel_bytes);
    if (!zero) {
        return ORL_ENOMEM;
    }
    glPixelStorei(GL_UNPACK_ALIGNMENT, 1);
    for (uint32_t y = d->rows; y < d->h; y++) {
        glTexSubImage2D(GL_TEXTURE_2D, 0, 0, (GLint)y, (GLsizei)d->w, 1, f->format, f->type,
                        zero);
    }
    free(zero);
    return ORL_OK;
}

static void attach_for_copies(struct orl_frame_tex *t)
{
    glGenFramebuffers(1, &t->fbo);
    glBindFramebuffer(GL_READ_FRAMEBUFFER, t->fbo);
    glFramebufferTexture2D(GL_READ_FRAMEBUFFER, GL_COLOR_ATTACHMENT0, GL_TEXTURE_2D, t->tex, 0);
    if (glCheckFramebufferStatus(GL_READ_FRAMEBUFFER) != GL_FRAMEBUFFER_COMPLETE) {
        glDeleteFramebuffers(1, &t->fbo);
        t->fbo = 0;
    }
}

static int create(struct orl_frame_tex *t, const struct orl_gl_format *f,
                  const struct orl_frame_desc *d)
{
    orl_frame_tex_finish(t);
    while (glGetError() != GL_NO_ERROR) {
    }
    glGenTextures(1, &t->tex);
    glBindTexture(GL_TEXTURE_2D, t->tex);
    glTexParameteri(GL_TEXTURE_2D, GL_TEXTURE_MIN_FILTER, GL_NEAREST);
    glTexParameteri(GL_TEXTURE_2D, GL_TEXTURE_MAG_FILTER, GL_NEAREST);
    glTexParameteri(GL_TEXTURE_2D, GL_TEXTURE_WRAP_S, GL_CLAMP_TO_EDGE);
    glTexParameteri(GL_TEXTURE_2D, GL_TEXTURE_WRAP_T, GL_CLAMP_TO_EDGE);
    if (f->swap) {
        glTexParameteri(GL_TEXTURE_2D, GL_TEXTURE_SWIZZLE_R, GL_BLUE);
        glTexParameteri(GL_TEXTURE_2D, GL_TEXTURE_SWIZZLE_B, GL_RED);
    }
    /* Not glTexStorage2D: it takes no BGRA without a further extension that llvmpipe has not. */
    glTexImage2D(GL_TEXTURE_2D, 0, f->internal, (GLsizei)d->w, (GLsizei)d->h, 0, f->format,
                 f->type, NULL);
    if (glGetError() != GL_NO_ERROR || blacken_missing_rows(f, d)) {
        orl_frame_tex_finish(t);
        return ORL_ENOMEM;
    }
    t->w = d->w;
    t->h = d->h;
    t->fmt = d->fmt;
    if (!f->swap && f->pixel_bytes == 4 && f->unit_bytes == 1) {
        attach_for_copies(t);
    }
    return ORL_OK;
}

static void choose_color(struct orl_frame_tex *t, const struct orl_frame_desc *d)
{
    bool deep = d->fmt == ORL_PIX_RGB10A2 || d->fmt == ORL_PIX_RGBA16F;
    bool hdr = d->flags & ORL_FRAME_HDR;
    float white = (float)(d->white_nits ? d->white_nits : ORL_WHITE_NITS);
    t->mode = ORL_COLOR_ENCODED;
    t->gain = 1;
    if (deep && hdr && (d->flags & ORL_FRAME_HDR_PQ)) {
        t->mode = ORL_COLOR_PQ;
        t->gain = PQ_PEAK_NITS / white;
    } else if (d->fmt == ORL_PIX_RGBA16F) {
        t->mode = ORL_COLOR_LINEAR;
        t->gain = SCRGB_ONE_NITS / white;
    } else if (d->fmt == ORL_PIX_RGB10A2 && hdr) {
        t->mode = ORL_COLOR_LINEAR;
    }
}

/* GL refuses offsets into a buffer that are no multiple of the unit. */
static bool buffer_can_address(const struct orl_gl_format *f, const struct orl_frame_desc *d)
{
    return d->pitch % f->unit_bytes == 0;
}

/* The texture fits the picture; `fresh`: it is new. */
static int make_ready(struct orl_frame_tex *t, const struct orl_caps *caps,
                      const struct orl_frame_desc *d, struct orl_gl_format *f, bool *fresh)
{
    if (!orl_gl_format_of(d->fmt, caps->bgra, f) || d->w > caps->max_side ||
        d->h > caps->max_side) {
        orl_frame_tex_finish(t);
        return ORL_EUNSUPPORTED;
    }
    glActiveTexture(GL_TEXTURE0);
    glBindTexture(GL_TEXTURE_2D, t->tex);
    *fresh = !t->tex || t->w != d->w || t->h != d->h || t->fmt != d->fmt;
    int err = *fresh ? create(t, f, d) : ORL_OK;
    if (!err) {
        choose_color(t, d);
    }
    return err;
}

int orl_frame_tex_update(struct orl_frame_tex *t, const struct orl_caps *caps,
                         struct orl_upload *up, const struct orl_slot *slot)
{
    const struct orl_frame_desc *d = &slot->desc;
    struct orl_gl_format f;
    bool fresh = false;
    if (slot->kind == ORL_SLOT_NONE) {
        return ORL_OK;
    }
    int err = make_ready(t, caps, d, &f, &fresh);
    if (err) {
        return err;
    }
    const uint8_t *pixels = slot->map;
    if (slot->kind == ORL_SLOT_STAGED && buffer_can_address(&f, d)) {
        pixels = orl_upload_bind(up, slot, (size_t)d->rows * d->pitch);
    }
    upload_rects(&f, slot, pixels, fresh);
    orl_upload_unbind(up, pixels, slot);
    return ORL_OK;
}

/* False: GL cannot draw into this texture. */
static bool make_target(struct orl_frame_tex *t)
{
    if (t->target) {
        return true;
    }
    glGenFramebuffers(1, &t->target);
    glBindFramebuffer(GL_DRAW_FRAMEBUFFER, t->target);
    glFramebufferTexture2D(GL_DRAW_FRAMEBUFFER, GL_COLOR_ATTACHMENT0, GL_TEXTURE_2D, t->tex, 0);
    return glCheckFramebufferStatus(GL_DRAW_FRAMEBUFFER) == GL_FRAMEBUFFER_COMPLETE;
}

int orl_frame_tex_import(struct orl_frame_tex *t, struct orl_import *imp,
                         const struct orl_image *image, const struct orl_slot *slot)
{
    const struct orl_frame_desc *d = &slot->desc;
    const struct orl_rect all = {0, 0, d->w, d->rows};
    struct orl_gl_format f;
    bool fresh = false;
    int err = make_ready(t, imp->caps, d, &f, &fresh);
    if (!err && !make_target(t)) {
        err = ORL_ENOMEM;
    }
    if (err) {
        return err;
    }
    if (fresh || slot->upload.full) {
        orl_import_copy(imp, image, d->fmt, t->target, all);
    }
    for (uint32_t i = 0; i < slot->upload.n && !fresh && !slot->upload.full; i++) {
        struct orl_rect r = orl_rect_intersect(slot->upload.r[i], all);
        if (r.w && r.h) {
            orl_import_copy(imp, image, d->fmt, t->target, r);
        }
    }
    orl_import_end_copies(imp);
    return ORL_OK;
}

void orl_frame_tex_finish(struct orl_frame_tex *t)
{
    glDeleteFramebuffers(1, &t->fbo);
    glDeleteFramebuffers(1, &t->target);
    glDeleteTextures(1, &t->tex);
    memset(t, 0, sizeof(*t));
}

void orl_frame_tex_bind(struct orl_frame_tex *t, bool linear)
{
    glActiveTexture(GL_TEXTURE0);
    glBindTexture(GL_TEXTURE_2D, t->tex);
    if (linear != t->linear) {
        GLint filter = linear ? GL_LINEAR : GL_NEAREST;
        glTexParameteri(GL_TEXTURE_2D, GL_TEXTURE_MIN_FILTER, filter);
        glTexParameteri(GL_TEXTURE_2D, GL_TEXTURE_MAG_FILTER, filter);
        t->linear = linear;
    }
}
