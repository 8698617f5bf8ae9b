/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The three kinds of pointer over noise, in all places and rotations. */
#include <stdlib.h>

#include "gl/reference.h"
#include "gl/rig.h"
#include "support/check.h"

static struct orl_gfx *make(bool scale_pointer)
{
    const struct orl_gfx_conf conf = {.offscreen = true, .scale_pointer = scale_pointer};
    struct orl_gfx *gfx = NULL;
    assert_int_equal(orl_gfx_create(&gfx, &conf), ORL_OK);
    return gfx;
}

/* Noise; colour is not kept premultiplied, so that the cut at 255 is used. */
static struct orl_cursor_shape noise(enum orl_cursor_kind kind, uint32_t w, uint32_t h)
{
    struct orl_cursor_shape c = {.kind = kind, .w = w, .h = h, .cap = (size_t)w * h * 4};
    c.rgba = malloc(c.cap);
    assert_non_null(c.rgba);
    for (size_t i = 0; i < c.cap; i++) {
        uint32_t r = rig_random();
        bool alpha = i % 4 == 3;
        bool bits = kind == ORL_CURSOR_MONO || (kind == ORL_CURSOR_MASKED && alpha);
        c.rgba[i] = bits || r % 4 == 0 ? (r >> 8 & 1 ? 255 : 0) : (uint8_t)(r >> 8);
    }
    return c;
}

/* Draws and compares, and checks that nothing but the announced rectangle is touched. */
static void check(struct orl_gfx *gfx, const struct ref_frame *f, struct orl_scene *scene,
                  const struct orl_cursor_shape *shape)
{
    const uint32_t w = scene->win_w, h = scene->win_h;
    orl_rects_set_full(&scene->damage);
    scene->cursor_visible = true;
    orl_gfx_draw(gfx, scene);
    uint8_t *got = rig_read(gfx, w, h);
    uint8_t *want = ref_draw(f, scene, shape);
    rig_expect(got, want, w, h, 0);
    free(want);
    struct orl_rect r = orl_gfx_cursor_rect(gfx, scene);
    scene->cursor_visible = false;
    assert_int_equal(orl_gfx_cursor_rect(gfx, scene).w, 0);
    orl_rects_clear(&scene->damage);
    orl_rects_add_one(&scene->damage, r);
    orl_gfx_draw(gfx, scene); /* takes it away again */
    free(got);
    got = rig_read(gfx, w, h);
    want = ref_draw(f, scene, NULL);
    rig_expect(got, want, w, h, 0);
    free(got);
    free(want);
}

static void check_places(enum orl_pixfmt fmt, uint32_t scale, uint32_t screen)
{
    struct orl_gfx *gfx = make(false);
    struct orl_slot slot = rig_slot(fmt, 40, 24, 40 * rig_pixel_bytes(fmt));
    slot.desc.screen_w = 40 * screen;
    slot.desc.screen_h = 24 * screen;
    assert_int_equal(orl_gfx_frame(gfx, &slot), ORL_OK);
    struct ref_frame f = ref_decode(&slot);
    for (uint32_t i = 0; i < 3 * 16 * 6; i++) {
        uint32_t turns = i / 3 % 4, user = i / 12 % 4;
        uint32_t w = (turns & 1 ? 24 : 40) * scale, h = (turns & 1 ? 40 : 24) * scale;
        struct orl_cursor_shape c =
            noise((enum orl_cursor_kind)(i % 3), 1 + rig_random() % 17, 1 + rig_random() % 17);
        struct orl_scene s = rig_scene(&slot, w, h, turns, user, ORL_FILTER_NEAREST);
        s.cursor_x = (int32_t)(rig_random() % (60 * screen)) - 15;
        s.cursor_y = (int32_t)(rig_random() % (60 * screen)) - 15;
        orl_gfx_cursor(gfx, &c);
        check(gfx, &f, &s, &c);
        free(c.rgba);
    }
    free(f.rgb);
    rig_slot_free(&slot);
    orl_gfx_destroy(&gfx);
}

static void every_kind_is_exact_everywhere_and_turned(void **state)
{
    (void)state;
    check_places(ORL_PIX_BGRA8, 1, 1);
    check_places(ORL_PIX_RGB24, 1, 1);
}

static void pointer_grows_with_the_picture(void **state)
{
    (void)state;
    check_places(ORL_PIX_BGRA8, 2, 1);
    check_places(ORL_PIX_BGRA8, 3, 1);
}

static void pointer_shrinks_when_the_guest_scaled_its_picture_down(void **state)
{
    (void)state;
    check_places(ORL_PIX_BGRA8, 1, 3); /* odd: no pixel's middle lies between two */
}

static void known_masks_give_the_known_four_results(void **state)
{
    (void)state;
    struct orl_gfx *gfx = make(false);
    struct orl_slot slot = rig_slot(ORL_PIX_BGRA8, 4, 1, 16);
    uint8_t rgba[16] = {0, 0, 0, 0, 255, 255, 255, 0, 0, 0, 0, 255, 255, 255, 255, 255};
    const struct orl_cursor_shape c = {.kind = ORL_CURSOR_MONO, .w = 4, .h = 1, .rgba = rgba};
    assert_int_equal(orl_gfx_frame(gfx, &slot), ORL_OK);
    orl_gfx_cursor(gfx, &c);
    struct orl_scene s = rig_scene(&slot, 4, 1, 0, 0, ORL_FILTER_AUTO);
    s.cursor_visible = true;
    orl_gfx_draw(gfx, &s);
    uint8_t *got = rig_read(gfx, 4, 1);
    for (int i = 0; i < 3; i++) {
        assert_int_equal(got[i], 0);
        assert_int_equal(got[4 + i], 255);
        assert_int_equal(got[8 + i], slot.map[8 + i]);
        assert_int_equal(got[12 + i], 255 - slot.map[12 + i]);
    }
    free(got);
    rig_slot_free(&slot);
    orl_gfx_destroy(&gfx);
}

static void pointer_outside_the_picture_covers_nothing(void **state)
{
    (void)state;
    struct orl_gfx *gfx = make(false);
    struct orl_slot slot = rig_slot(ORL_PIX_BGRA8, 40, 24, 160);
    assert_int_equal(orl_gfx_frame(gfx, &slot), ORL_OK);
    struct orl_scene s = rig_scene(&slot, 60, 60, 0, 0, ORL_FILTER_NEAREST);
    s.cursor_visible = true;
    assert_int_equal(orl_gfx_cursor_rect(gfx, &s).w, 0); /* no shape yet */
    struct orl_cursor_shape c = noise(ORL_CURSOR_COLOR, 8, 8);
    orl_gfx_cursor(gfx, &c);
    const int32_t outside[][2] = {{-9, 0}, {0, -9}, {41, 0}, {0, 25}, {-32768, 32767}};
    for (size_t i = 0; i < 5; i++) {
        s.cursor_x = outside[i][0];
        s.cursor_y = outside[i][1];
        assert_int_equal(orl_gfx_cursor_rect(gfx, &s).w, 0);
    }
    s.cursor_x = 39; /* partly: not beyond the picture, into the bars */
    s.cursor_y = 23;
    struct orl_rect r = orl_gfx_cursor_rect(gfx, &s);
    assert_true(r.w > 0 && r.x + r.w <= 60 && r.y + r.h <= (uint32_t)s.view.y + s.view.h);
    free(c.rgba);
    rig_slot_free(&slot);
    orl_gfx_destroy(&gfx);
}

/* One white pixel at the hot spot inside a transparent shape. */
static void check_hot_spot(struct orl_gfx *gfx, const struct orl_slot *slot, uint32_t turns,
                           uint32_t user, int32_t x, int32_t y)
{
    uint8_t rgba[9 * 7 * 4] = {0};
    for (size_t i = 0; i < 63; i++) {
        rgba[4 * i + 3] = i == 2 * 9 + 5 ? 255 : 0;
        rgba[4 * i] = rgba[4 * i + 1] = rgba[4 * i + 2] = rgba[4 * i + 3];
    }
    const struct orl_cursor_shape c = {
        .kind = ORL_CURSOR_COLOR, .w = 9, .h = 7, .hot_x = 5, .hot_y = 2, .rgba = rgba};
    orl_gfx_cursor(gfx, &c);
    const uint32_t w = turns & 1 ? 15 : 21, h = turns & 1 ? 21 : 15;
    struct orl_scene s = rig_scene(slot, w, h, turns, user, ORL_FILTER_NEAREST);
    s.cursor_visible = true;
    s.cursor_x = x - 5;
    s.cursor_y = y - 2;
    orl_gfx_draw(gfx, &s);
    uint8_t *got = rig_read(gfx, w, h);
    uint32_t white = 0, at_x = 0, at_y = 0;
    for (uint32_t i = 0; i < w * h; i++) {
        if (got[4 * i] == 255) {
            white++;
            at_x = i % w;
            at_y = i / w;
        }
    }
    free(got);
    double wx, wy;
    orl_view_from_guest(&s.view, x + 0.5, y + 0.5, &wx, &wy);
    assert_int_equal(white, 1); /* not lost and not doubled although the picture is reduced */
    assert_int_equal(at_x, (uint32_t)(wx + 1e-9));
    assert_int_equal(at_y, (uint32_t)(wy + 1e-9));
    struct orl_rect r = orl_gfx_cursor_rect(gfx, &s);
    assert_true(r.w <= 9 && r.h <= 9 && at_x >= r.x && at_x < r.x + r.w);
}

static void reduced_picture_keeps_pointer_size_and_hot_spot(void **state)
{
    (void)state;
    struct orl_gfx *gfx = make(true);
    struct orl_slot slot = rig_slot(ORL_PIX_BGRA8, 63, 45, 63 * 4);
    for (size_t i = 0; i < (size_t)63 * 45 * 4; i++) {
        ((uint8_t *)(uintptr_t)slot.map)[i] &= 0x7f;
    }
    assert_int_equal(orl_gfx_frame(gfx, &slot), ORL_OK);
    for (uint32_t i = 0; i < 16 * 12; i++) {
        uint32_t turns = i % 4, user = i / 4 % 4;
        bool sideways = (turns - user) & 1;
        int32_t w = sideways ? 45 : 63, h = sideways ? 63 : 45;
        check_hot_spot(gfx, &slot, turns, user, (int32_t)(rig_random() % (uint32_t)w),
                       (int32_t)(rig_random() % (uint32_t)h));
    }
    rig_slot_free(&slot);
    orl_gfx_destroy(&gfx);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_kind_is_exact_everywhere_and_turned),
        cmocka_unit_test(pointer_grows_with_the_picture),
        cmocka_unit_test(pointer_shrinks_when_the_guest_scaled_its_picture_down),
        cmocka_unit_test(known_masks_give_the_known_four_results),
        cmocka_unit_test(pointer_outside_the_picture_covers_nothing),
        cmocka_unit_test(reduced_picture_keeps_pointer_size_and_hot_spot),
    };
    return cmocka_run_group_tests(tests, rig_setup, rig_teardown);
}
