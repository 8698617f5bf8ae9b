/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "demo/canvas.h"

#include <stdlib.h>
#include <string.h>

#include "demo/scene.h"

int orl_demo_canvas_reset(struct orl_demo_canvas *c, const struct orl_demo_conf *conf)
{
    size_t pixels = (size_t)conf->w * conf->h;
    uint32_t pitch = orl_demo_pitch(conf->release, conf->fmt, conf->w);
    uint8_t *background = malloc(pixels * 4);
    uint8_t *picture = malloc(pixels * 4);
    uint8_t *stored = calloc(conf->h, pitch);
    if (!background || !picture || !stored) {
        free(background);
        free(picture);
        free(stored);
        return ORL_ENOMEM;
    }
    orl_demo_canvas_finish(c);
    *c = (struct orl_demo_canvas){.conf = *conf,
                                  .background = background,
                                  .picture = picture,
                                  .stored = stored,
                                  .pitch = pitch,
                                  .pixel_bytes = orl_pixfmt_bytes(conf->fmt)};
    orl_demo_codec_init(&c->codec, conf);
    orl_demo_background(conf, background);
    return ORL_OK;
}

void orl_demo_canvas_finish(struct orl_demo_canvas *c)
{
    free(c->background);
    free(c->picture);
    free(c->stored);
    *c = (struct orl_demo_canvas){.drawn = false};
}

static void refresh(struct orl_demo_canvas *c, uint64_t n, struct orl_rect r)
{
    const struct orl_demo_draw d = {c->picture, c->conf.w, c->conf.h, r};
    orl_demo_paint(&c->conf, c->background, n, &d);
    for (uint32_t y = r.y; y < r.y + r.h; y++) {
        orl_demo_encode(&c->codec, c->picture + ((size_t)y * c->conf.w + r.x) * 4,
                        c->stored + (size_t)y * c->pitch + (size_t)r.x * c->pixel_bytes, r.w);
    }
}

void orl_demo_canvas_step(struct orl_demo_canvas *c, uint64_t n, struct orl_rects *changed)
{
    orl_rects_clear(changed);
    if (!c->drawn || n != c->frame + 1) {
        orl_rects_set_full(changed);
        refresh(c, n, (struct orl_rect){0, 0, c->conf.w, c->conf.h});
    } else {
        orl_demo_changes(&c->conf, n, changed);
        for (uint32_t i = 0; i < changed->n; i++) {
            refresh(c, n, changed->r[i]);
        }
    }
    c->frame = n;
    c->drawn = true;
}

static void copy_rect(const struct orl_demo_canvas *c, struct orl_rect r, uint8_t *dst)
{
    size_t at = (size_t)r.y * c->pitch + (size_t)r.x * c->pixel_bytes;
    if (r.w == c->conf.w) { /* whole rows, padding included, are one block */
        memcpy(dst + at, c->stored + at, (size_t)r.h * c->pitch);
        return;
    }
    for (uint32_t y = 0; y < r.h; y++, at += c->pitch) {
        memcpy(dst + at, c->stored + at, (size_t)r.w * c->pixel_bytes);
    }
}

void orl_demo_canvas_copy(const struct orl_demo_canvas *c, const struct orl_rects *what,
                          uint32_t from, uint32_t to, uint8_t *dst)
{
    struct orl_rect rows = {0, from, c->conf.w, to - from};
    if (what->full) {
        copy_rect(c, rows, dst);
    }
    for (uint32_t i = 0; i < what->n; i++) {
        struct orl_rect r = orl_rect_intersect(what->r[i], rows);
        if (r.w && r.h) {
            copy_rect(c, r, dst);
        }
    }
}
