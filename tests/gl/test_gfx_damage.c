/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Redrawing only what changed must give the same picture as redrawing everything. */
#include <stdlib.h>
#include <string.h>

#include "gl/reference.h"
#include "gl/rig.h"
#include "support/check.h"

#define W     48
#define H     32
#define STEPS 120

struct guest {
    enum orl_pixfmt fmt;
    uint32_t pitch;
    uint8_t *pixels;          /* what the guest shows */
    struct orl_rects pending; /* changed since the last picture that was taken */
};

static void change_something(struct guest *g)
{
    uint32_t bytes = rig_pixel_bytes(g->fmt);
    for (uint32_t i = rig_random() % 4; i > 0; i--) {
        struct orl_rect r = {rig_random() % W, rig_random() % H, 0, 0};
        r.w = 1 + rig_random() % (W - r.x);
        r.h = 1 + rig_random() % (H - r.y);
        for (uint32_t y = r.y; y < r.y + r.h; y++) {
            for (uint32_t x = r.x * bytes; x < (r.x + r.w) * bytes; x++) {
                g->pixels[y * g->pitch + x] = (uint8_t)rig_random();
            }
        }
        orl_rects_add_one(&g->pending, r);
    }
    if (rig_random() % 16 == 0) {
        orl_rects_set_full(&g->pending);
    }
}

/* The staged picture holds rubbish wherever nothing is announced. */
static struct orl_slot stage(const struct guest *g)
{
    struct orl_slot s = rig_slot(g->fmt, W, H, g->pitch);
    uint8_t *map = (uint8_t *)(uintptr_t)s.map;
    uint32_t bytes = rig_pixel_bytes(g->fmt);
    s.upload = g->pending;
    struct orl_rects list = g->pending;
    if (list.full) {
        list = (struct orl_rects){.n = 1, .r = {{0, 0, W, H}}};
    }
    for (uint32_t i = 0; i < list.n; i++) {
        struct orl_rect r = list.r[i];
        for (uint32_t y = r.y; y < r.y + r.h; y++) {
            size_t at = (size_t)y * g->pitch + (size_t)r.x * bytes;
            memcpy(map + at, g->pixels + at, (size_t)r.w * bytes);
        }
    }
    return s;
}

static void add_window_damage(struct orl_scene *scene, const struct orl_rects *changed)
{
    for (uint32_t i = 0; i < changed->n; i++) {
        orl_rects_add_one(&scene->damage, orl_view_to_window(&scene->view, changed->r[i]));
    }
    if (changed->full) {
        orl_rects_add_one(&scene->damage,
                          orl_view_to_window(&scene->view, (struct orl_rect){0, 0, W, H}));
    }
}

static void expect_same(struct orl_gfx *part, struct orl_gfx *whole,
                        const struct orl_scene *scene)
{
    struct orl_scene all = *scene;
    orl_rects_set_full(&all.damage);
    orl_gfx_draw(whole, &all);
    uint8_t *got = rig_read(part, scene->win_w, scene->win_h);
    uint8_t *want = rig_read(whole, scene->win_w, scene->win_h);
    rig_expect(got, want, scene->win_w, scene->win_h, 0);
    free(got);
    free(want);
}

static void expect_guest(struct orl_gfx *gfx, const struct guest *g,
                         const struct orl_scene *scene, const struct orl_cursor_shape *c)
{
    struct orl_slot now = rig_slot(g->fmt, W, H, g->pitch);
    memcpy((void *)(uintptr_t)now.map, g->pixels, (size_t)g->pitch * H);
    struct ref_frame f = ref_decode(&now);
    uint8_t *want = ref_draw(&f, scene, c);
    uint8_t *got = rig_read(gfx, scene->win_w, scene->win_h);
    rig_expect(got, want, scene->win_w, scene->win_h, scene->view.linear ? 2 : 0);
    free(f.rgb);
    free(want);
    free(got);
    rig_slot_free(&now);
}

/* A guest that changes parts, a consumer that drops pictures, a cursor that moves. */
static void run(enum orl_pixfmt fmt, uint32_t win_w, uint32_t win_h, uint32_t turns,
                enum orl_view_filter filter)
{
    struct orl_gfx *part = rig_gfx(), *whole = rig_gfx();
    struct guest g = {.fmt = fmt, .pitch = W * rig_pixel_bytes(fmt) + rig_random() % 2 * 16};
    g.pixels = calloc(g.pitch, H);
    assert_non_null(g.pixels);
    orl_rects_set_full(&g.pending);
    uint8_t rgba[5 * 6 * 4];
    for (size_t i = 0; i < sizeof(rgba); i++) {
        rgba[i] = (uint8_t)rig_random();
    }
    const struct orl_cursor_shape c = {.kind = ORL_CURSOR_COLOR, .w = 5, .h = 6, .rgba = rgba};
    orl_gfx_cursor(part, &c);
    orl_gfx_cursor(whole, &c);
    struct orl_rect cursor_was = {0, 0, 0, 0};
    for (uint32_t i = 0; i < STEPS; i++) {
        change_something(&g);
        if (rig_random() % 3 == 0 && i > 0) {
            continue; /* this picture is replaced by the next one before anybody takes it */
        }
        struct orl_slot slot = stage(&g);
        struct orl_scene scene = rig_scene(&slot, win_w, win_h, turns, 0, filter);
        orl_rects_clear(&scene.damage);
        add_window_damage(&scene, &g.pending);
        orl_rects_clear(&g.pending);
        assert_int_equal(orl_gfx_frame(part, &slot), ORL_OK);
        assert_int_equal(orl_gfx_frame(whole, &slot), ORL_OK);
        rig_slot_free(&slot);
        scene.cursor_visible = rig_random() % 4 != 0;
        scene.cursor_x = (int32_t)(rig_random() % W) - 2;
        scene.cursor_y = (int32_t)(rig_random() % W) - 2;
        orl_rects_add_one(&scene.damage, cursor_was);
        cursor_was = orl_gfx_cursor_rect(part, &scene);
        orl_rects_add_one(&scene.damage, cursor_was);
        orl_gfx_draw(part, &scene);
        expect_same(part, whole, &scene);
        if (!scene.view.linear) {
            expect_guest(part, &g, &scene, &c);
        }
    }
    free(g.pixels);
    orl_gfx_destroy(&part);
    orl_gfx_destroy(&whole);
}

static void exact_picture_never_shows_an_old_pixel(void **state)
{
    (void)state;
    run(ORL_PIX_BGRA8, W, H, 0, ORL_FILTER_AUTO);
    run(ORL_PIX_RGBA8, W, H, 0, ORL_FILTER_AUTO);
    run(ORL_PIX_BGR24_IN_32, W, H, 0, ORL_FILTER_AUTO);
}

static void turned_picture_never_shows_an_old_pixel(void **state)
{
    (void)state;
    run(ORL_PIX_BGRA8, H, W, 1, ORL_FILTER_AUTO);
    run(ORL_PIX_RGB24, W, H, 2, ORL_FILTER_AUTO);
    run(ORL_PIX_BGRA8, H, W, 3, ORL_FILTER_AUTO);
}

static void scaled_picture_never_shows_an_old_pixel(void **state)
{
    (void)state;
    run(ORL_PIX_BGRA8, W * 3, H * 3, 0, ORL_FILTER_AUTO);
    run(ORL_PIX_BGRA8, 131, 101, 0, ORL_FILTER_LINEAR);
    run(ORL_PIX_BGRA8, 37, 29, 0, ORL_FILTER_LINEAR);
    run(ORL_PIX_RGBA8, 29, 37, 1, ORL_FILTER_LINEAR);
    run(ORL_PIX_BGRA8, 200, 67, 2, ORL_FILTER_LINEAR);
}

static void pixels_outside_the_damage_stay(void **state)
{
    struct orl_gfx *gfx = *state;
    struct orl_slot slot = rig_slot(ORL_PIX_BGRA8, W, H, W * 4);
    struct orl_slot next = rig_slot(ORL_PIX_BGRA8, W, H, W * 4);
    struct orl_scene scene = rig_scene(&slot, W, H, 0, 0, ORL_FILTER_AUTO);
    assert_int_equal(orl_gfx_frame(gfx, &slot), ORL_OK);
    orl_gfx_draw(gfx, &scene);
    assert_int_equal(orl_gfx_frame(gfx, &next), ORL_OK);
    for (uint32_t i = 0; i < 3; i++) { /* copied, drawn, drawn with a rectangle outside */
        scene.dim = i > 0;
        orl_rects_clear(&scene.damage);
        orl_rects_add_one(&scene.damage, (struct orl_rect){10, 10, 3, 2});
        orl_rects_add_one(&scene.damage, (struct orl_rect){40, 30, 100, 100});
        orl_rects_add_one(&scene.damage, (struct orl_rect){W + i, 0, UINT32_MAX, 5});
        orl_gfx_draw(gfx, &scene);
        uint8_t *got = rig_read(gfx, W, H);
        for (uint32_t k = 0; k < W * H; k++) {
            uint32_t x = k % W, y = k / W;
            bool inside = (x >= 10 && x < 13 && y >= 10 && y < 12) || (x >= 40 && y >= 30);
            int want = (inside ? next : slot).map[4 * k];
            want = inside && scene.dim ? (want + 1) / 2 : want;
            assert_in_range(got[4 * k] + 1, want, want + 2);
        }
        free(got);
    }
    rig_slot_free(&slot);
    rig_slot_free(&next);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(exact_picture_never_shows_an_old_pixel),
        cmocka_unit_test(turned_picture_never_shows_an_old_pixel),
        cmocka_unit_test(scaled_picture_never_shows_an_old_pixel),
        rig_gfx_test(pixels_outside_the_damage_stay),
    };
    return cmocka_run_group_tests(tests, rig_setup, rig_teardown);
}
