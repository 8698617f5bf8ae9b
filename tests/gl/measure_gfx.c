/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Wall and processor time of a picture on its way through gfx. Measured, never asserted. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <epoxy/gl.h>

#include "base/clock.h"
#include "gl/rig.h"

#define ROUNDS 60

static double cpu_ms(void)
{
    struct timespec t;
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
    return (double)t.tv_sec * 1e3 + (double)t.tv_nsec / 1e6;
}

struct run {
    const char *name;
    enum orl_pixfmt fmt;
    uint32_t w, h, win_w, win_h, turns;
    uint32_t damage; /* side of a changing square, 0 = everything */
    bool cursor;
};

static void one_picture(struct orl_gfx *gfx, struct orl_slot *slot, struct orl_scene *scene,
                        uint8_t *out)
{
    if (orl_gfx_frame(gfx, slot)) {
        abort();
    }
    orl_gfx_draw(gfx, scene);
    struct orl_rects all = scene->damage;
    if (all.full) {
        all = (struct orl_rects){.n = 1, .r = {{0, 0, scene->win_w, scene->win_h}}};
    }
    for (uint32_t i = 0; i < all.n; i++) {
        struct orl_rect r = all.r[i];
        orl_gfx_read(gfx, r, out + ((size_t)r.y * scene->win_w + r.x) * 4, scene->win_w * 4);
    }
    glFinish();
}

static void measure(const struct run *run)
{
    const struct orl_gfx_conf conf = {.offscreen = true};
    struct orl_gfx *gfx = NULL;
    if (orl_gfx_create(&gfx, &conf)) {
        abort();
    }
    struct orl_slot slot =
        rig_slot(run->fmt, run->w, run->h, (run->w * rig_pixel_bytes(run->fmt) + 63) / 64 * 64);
    struct orl_scene scene =
        rig_scene(&slot, run->win_w, run->win_h, run->turns, 0, ORL_FILTER_AUTO);
    uint8_t rgba[32 * 32 * 4];
    memset(rgba, 0x80, sizeof(rgba));
    const struct orl_cursor_shape shape = {.w = 32, .h = 32, .rgba = rgba};
    orl_gfx_cursor(gfx, &shape);
    scene.cursor_visible = run->cursor;
    scene.cursor_x = scene.cursor_y = 110;
    uint8_t *out = calloc((size_t)run->win_w * run->win_h, 4);
    one_picture(gfx, &slot, &scene, out);
    if (run->damage) {
        struct orl_rect r = {100, 100, run->damage, run->damage};
        slot.upload = (struct orl_rects){.n = 1, .r = {r}};
        scene.damage = (struct orl_rects){.n = 1, .r = {orl_view_to_window(&scene.view, r)}};
    }
    for (int i = 0; i < 5; i++) {
        one_picture(gfx, &slot, &scene, out);
    }
    uint64_t wall = orl_now_ns();
    double cpu = cpu_ms();
    for (int i = 0; i < ROUNDS; i++) {
        one_picture(gfx, &slot, &scene, out);
    }
    cpu = (cpu_ms() - cpu) / ROUNDS;
    double ms = (double)(orl_now_ns() - wall) / 1e6 / ROUNDS;
    printf("%-44s wall %7.3f ms  cpu %7.3f ms\n", run->name, ms, cpu);
    free(out);
    rig_slot_free(&slot);
    orl_gfx_destroy(&gfx);
}

int main(void)
{
    static const struct run runs[] = {
        {"1080p BGRA 1:1", ORL_PIX_BGRA8, 1920, 1080, 1920, 1080, 0, 0, false},
        {"1080p BGRA 1:1, cursor", ORL_PIX_BGRA8, 1920, 1080, 1920, 1080, 0, 0, true},
        {"1080p BGRA 1:1, 64x64 changed", ORL_PIX_BGRA8, 1920, 1080, 1920, 1080, 0, 64, false},
        {"1080p BGRA 1:1, 64x64 and cursor", ORL_PIX_BGRA8, 1920, 1080, 1920, 1080, 0, 64,
         true},
        {"1080p BGRA to 640x360", ORL_PIX_BGRA8, 1920, 1080, 640, 360, 0, 0, false},
        {"1080p BGRA to 1280x720", ORL_PIX_BGRA8, 1920, 1080, 1280, 720, 0, 0, false},
        {"1080p BGRA to 1280x720, 64x64 changed", ORL_PIX_BGRA8, 1920, 1080, 1280, 720, 0, 64,
         false},
        {"1080p BGRA turned", ORL_PIX_BGRA8, 1920, 1080, 1080, 1920, 1, 0, false},
        {"720p BGRA to 2560x1440", ORL_PIX_BGRA8, 1280, 720, 2560, 1440, 0, 0, false},
        {"4K BGRA 1:1", ORL_PIX_BGRA8, 3840, 2160, 3840, 2160, 0, 0, false},
        {"1080p RGBA 1:1", ORL_PIX_RGBA8, 1920, 1080, 1920, 1080, 0, 0, false},
        {"1080p BGR24_IN_32 1:1", ORL_PIX_BGR24_IN_32, 1920, 1080, 1920, 1080, 0, 0, false},
        {"1080p RGB10A2 1:1", ORL_PIX_RGB10A2, 1920, 1080, 1920, 1080, 0, 0, false},
        {"1080p RGBA16F 1:1", ORL_PIX_RGBA16F, 1920, 1080, 1920, 1080, 0, 0, false},
    };
    uint64_t start = orl_now_ns();
    if (!rig_open(false, 0, 0)) {
        return 1;
    }
    const struct orl_gfx_conf conf = {.offscreen = true};
    struct orl_gfx *gfx = NULL;
    uint64_t context = orl_now_ns();
    if (orl_gfx_create(&gfx, &conf)) {
        return 1;
    }
    printf("%s, upload %s; context %.1f ms, gfx %.1f ms\n", orl_gfx_renderer(gfx),
           orl_gfx_upload_path(gfx), (double)(context - start) / 1e6,
           (double)(orl_now_ns() - context) / 1e6);
    orl_gfx_destroy(&gfx);
    for (size_t i = 0; i < sizeof(runs) / sizeof(runs[0]); i++) {
        measure(&runs[i]);
    }
    rig_close();
    return 0;
}
