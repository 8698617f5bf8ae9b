/* SPDX-License-Identifier: GPL-2.0-or-later */
#define ORL_LOG_MODULE "gfx"
#include "gfx/gfx.h"

#include <stdlib.h>

#include <epoxy/gl.h>

#include "base/log.h"
#include "gfx/caps.h"
#include "gfx/compose.h"
#include "gfx/import.h"

struct picture {
    struct orl_frame_tex frame;
    struct orl_cursor_tex cursor;
    bool imported;  /* images of its source's memory may be there */
    bool by_import; /* the last slot was */
};

struct orl_gfx {
    struct orl_gfx_conf conf;
    struct orl_caps caps;
    struct orl_programs programs;
    struct orl_upload upload;
    struct orl_import import;
    const char *path; /* of the last picture */
    struct picture pictures[ORL_GFX_PICTURES];
    struct picture *now; /* the selected one */
    struct orl_overlay overlay;
    struct orl_target target;
    uint32_t empty_vao;
};

static const char *staged_path(const struct orl_gfx *g)
{
    return g->upload.pixel_buffer ? "pixel buffer" : "direct";
}

int orl_gfx_create(struct orl_gfx **out, const struct orl_gfx_conf *conf)
{
    struct orl_gfx *g = calloc(1, sizeof(*g));
    if (!g) {
        return ORL_ENOMEM;
    }
    g->conf = *conf;
    g->now = &g->pictures[0];
    g->target.offscreen = conf->offscreen;
    int err = orl_caps_read(&g->caps, !conf->offscreen);
    if (!err && conf->debug && g->caps.debug) {
        orl_caps_start_debug();
    }
    if (!err) {
        err = orl_programs_prepare(&g->programs, ORL_COLOR_ENCODED);
    }
    if (err) {
        free(g);
        return err;
    }
    glDisable(GL_DITHER); /* exact values */
    glGenVertexArrays(1, &g->empty_vao);
    orl_upload_init(&g->upload, &g->caps);
    orl_import_init(&g->import, &g->caps, &g->programs, g->empty_vao);
    g->path = staged_path(g);
    *out = g;
    return ORL_OK;
}

void orl_gfx_destroy(struct orl_gfx **gfx)
{
    struct orl_gfx *g = *gfx;
    if (!g) {
        return;
    }
    orl_upload_finish(&g->upload);
    orl_import_finish(&g->import);
    for (uint32_t i = 0; i < ORL_GFX_PICTURES; i++) {
        orl_frame_tex_finish(&g->pictures[i].frame);
        orl_cursor_tex_finish(&g->pictures[i].cursor);
    }
    orl_overlay_finish(&g->overlay);
    orl_target_finish(&g->target);
    orl_programs_finish(&g->programs);
    glDeleteVertexArrays(1, &g->empty_vao);
    free(g);
    *gfx = NULL;
}

const char *orl_gfx_renderer(const struct orl_gfx *gfx)
{
    return gfx->caps.renderer;
}

bool orl_gfx_is_software(const struct orl_gfx *gfx)
{
    return gfx->caps.software;
}

const char *orl_gfx_upload_path(const struct orl_gfx *gfx)
{
    return gfx->path;
}

uint32_t orl_gfx_ways(const struct orl_gfx *gfx)
{
    return (gfx->caps.software ? ORL_WAY_HELD : 0u) | (gfx->import.off ? 0u : gfx->import.ways);
}

void orl_gfx_set_import(struct orl_gfx *gfx, bool import)
{
    gfx->import.off = !import;
    if (!import) {
        orl_import_forget(&gfx->import);
    }
}

const char *orl_gfx_refusal(const struct orl_gfx *gfx)
{
    return gfx->import.why;
}

bool orl_gfx_frame_reads(struct orl_gfx *gfx)
{
    return orl_import_wait(&gfx->import, 0);
}

bool orl_gfx_frame_wait(struct orl_gfx *gfx, uint64_t wait_ns)
{
    return orl_import_wait(&gfx->import, wait_ns);
}

int orl_gfx_pool_alloc(struct orl_gfx *gfx, size_t bytes, struct orl_pool *out)
{
    return orl_upload_alloc(&gfx->upload, bytes, out);
}

void orl_gfx_pool_free(struct orl_gfx *gfx, struct orl_pool *pool)
{
    orl_upload_free(&gfx->upload, pool);
}

/* ORL_EUNSUPPORTED: not in this shape; the slot's pixels can be uploaded all the same. */
static int import_frame(struct orl_gfx *g, const struct orl_slot *slot)
{
    struct orl_image *image = NULL;
    int err = orl_import_prepare(&g->import, slot, &image);
    if (!err) {
        err = orl_frame_tex_import(&g->now->frame, &g->import, image, slot);
        g->now->imported = true;
        g->now->by_import = err == ORL_OK;
        g->path = "import";
    }
    return err;
}

bool orl_gfx_imported(const struct orl_gfx *gfx)
{
    return gfx->now->by_import;
}

static int take_frame(struct orl_gfx *g, const struct orl_slot *slot)
{
    g->now->by_import = false;
    if (slot->kind == ORL_SLOT_DMABUF) {
        int err = import_frame(g, slot);
        if (err != ORL_EUNSUPPORTED || !slot->map) {
            return err == ORL_EUNSUPPORTED ? ORL_EAGAIN : err;
        }
    }
    if (slot->kind == ORL_SLOT_NONE && g->now->imported) {
        orl_import_forget(&g->import); /* the guest may be gone; its memory must not stay */
        g->now->imported = false;
    } else if (slot->kind != ORL_SLOT_NONE) {
        g->path = slot->kind == ORL_SLOT_STAGED ? staged_path(g) : "held";
    }
    return orl_frame_tex_update(&g->now->frame, &g->caps, &g->upload, slot);
}

int orl_gfx_frame(struct orl_gfx *gfx, const struct orl_slot *slot)
{
    int err = take_frame(gfx, slot);
    if (err == ORL_EAGAIN) {
        return err; /* comes again in another way; what is shown stays */
    }
    if (!err) {
        err = orl_programs_prepare(&gfx->programs, gfx->now->frame.mode);
    }
    if (err) {
        orl_frame_tex_finish(&gfx->now->frame);
    }
    return err;
}

void orl_gfx_select(struct orl_gfx *gfx, uint32_t picture)
{
    gfx->now = &gfx->pictures[picture % ORL_GFX_PICTURES];
}

void orl_gfx_frame_settle(struct orl_gfx *gfx)
{
    orl_upload_settle(&gfx->upload);
}

void orl_gfx_cursor(struct orl_gfx *gfx, const struct orl_cursor_shape *shape)
{
    orl_cursor_tex_set(&gfx->now->cursor, shape, gfx->caps.max_side);
}

void orl_gfx_draw(struct orl_gfx *gfx, const struct orl_scene *scene)
{
    bool fresh = false;
    if (!orl_target_begin(&gfx->target, &gfx->caps, scene->win_w, scene->win_h, &fresh)) {
        return;
    }
    const struct orl_rects all = {.full = true};
    const struct orl_compose c = {.caps = &gfx->caps,
                                  .programs = &gfx->programs,
                                  .frame = &gfx->now->frame,
                                  .cursor = &gfx->now->cursor,
                                  .overlay = &gfx->overlay,
                                  .target = &gfx->target,
                                  .empty_vao = gfx->empty_vao,
                                  .scale_pointer = gfx->conf.scale_pointer};
    orl_compose_draw(&c, scene, fresh ? &all : &scene->damage);
}

struct orl_rect orl_gfx_cursor_rect(const struct orl_gfx *gfx, const struct orl_scene *scene)
{
    return orl_cursor_locate(&gfx->now->cursor, scene, gfx->conf.scale_pointer).rect;
}

void orl_gfx_read(struct orl_gfx *gfx, struct orl_rect r, uint8_t *dst, uint32_t pitch)
{
    orl_target_read(&gfx->target, &gfx->caps, r, dst, pitch);
}
