/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Place, rotation and scale of the picture, in a buffer of our own and in a window. */
#include <stdlib.h>
#include <string.h>

#include "gl/reference.h"
#include "gl/rig.h"
#include "support/check.h"

static bool to_window;

static struct orl_gfx *make(void)
{
    const struct orl_gfx_conf conf = {.offscreen = !to_window};
    struct orl_gfx *gfx = NULL;
    assert_int_equal(orl_gfx_create(&gfx, &conf), ORL_OK);
    return gfx;
}

static void check(struct orl_gfx *gfx, const struct orl_slot *slot,
                  const struct orl_scene *scene, int off)
{
    orl_gfx_draw(gfx, scene);
    struct ref_frame f = ref_decode(slot);
    uint8_t *want = ref_draw(&f, scene, NULL);
    uint8_t *got = rig_read(gfx, scene->win_w, scene->win_h);
    rig_expect(got, want, scene->win_w, scene->win_h, off);
    free(f.rgb);
    free(want);
    free(got);
}

static void check_all_turns(enum orl_pixfmt fmt, uint32_t win_w, uint32_t win_h,
                            enum orl_view_filter filter, int off)
{
    struct orl_gfx *gfx = make();
    struct orl_slot slot = rig_slot(fmt, 40, 24, 40 * rig_pixel_bytes(fmt));
    assert_int_equal(orl_gfx_frame(gfx, &slot), ORL_OK);
    for (uint32_t turns = 0; turns < 4; turns++) {
        bool sideways = turns & 1;
        if (sideways && to_window) {
            continue; /* does not have that size */
        }
        struct orl_scene scene = rig_scene(&slot, sideways ? win_h : win_w,
                                           sideways ? win_w : win_h, turns, 0, filter);
        check(gfx, &slot, &scene, off);
        scene.dim = true;
        check(gfx, &slot, &scene, off + 1);
    }
    rig_slot_free(&slot);
    orl_gfx_destroy(&gfx);
}

static void exact_picture_is_exact_in_every_rotation(void **state)
{
    (void)state;
    check_all_turns(ORL_PIX_BGRA8, 40, 24, ORL_FILTER_AUTO, 0);
    check_all_turns(ORL_PIX_RGBA8, 40, 24, ORL_FILTER_AUTO, 0);
    check_all_turns(ORL_PIX_RGB24, 40, 24, ORL_FILTER_AUTO, 0);
}

static void whole_enlargement_repeats_pixels(void **state)
{
    (void)state;
    check_all_turns(ORL_PIX_BGRA8, 80, 48, ORL_FILTER_AUTO, 0);
    check_all_turns(ORL_PIX_BGRA8, 120, 72, ORL_FILTER_AUTO, 0);
    check_all_turns(ORL_PIX_BGR24_IN_32, 120, 80, ORL_FILTER_NEAREST, 0); /* with bars */
}

static void nearest_picks_the_pixel_under_the_middle(void **state)
{
    (void)state;
    struct orl_gfx *gfx = make();
    struct orl_slot slot = rig_slot(ORL_PIX_BGRA8, 40, 24, 160);
    assert_int_equal(orl_gfx_frame(gfx, &slot), ORL_OK);
    /* Sizes where no middle of a window pixel falls between two stored ones. */
    const uint32_t wins[][2] = {{64, 40}, {24, 16}, {8, 88}, {136, 8}};
    for (uint32_t i = 0; i < 16; i++) {
        struct orl_view_in in = {.frame_w = 40,
                                 .frame_h = 24,
                                 .win_w = wins[i / 4][0],
                                 .win_h = wins[i / 4][1],
                                 .turns = i % 4,
                                 .filter = ORL_FILTER_NEAREST};
        struct orl_scene scene = {.win_w = in.win_w,
                                  .win_h = in.win_h,
                                  .view = orl_view_make(&in),
                                  .damage = {.full = true}};
        check(gfx, &slot, &scene, 0);
    }
    rig_slot_free(&slot);
    orl_gfx_destroy(&gfx);
}

static void linear_filter_matches_bilinear_interpolation(void **state)
{
    (void)state;
    check_all_turns(ORL_PIX_BGRA8, 80, 48, ORL_FILTER_LINEAR, 2);
    check_all_turns(ORL_PIX_BGRA8, 65, 39, ORL_FILTER_AUTO, 2);
    check_all_turns(ORL_PIX_RGBA8, 30, 18, ORL_FILTER_AUTO, 2);
    check_all_turns(ORL_PIX_RGB10A2, 65, 39, ORL_FILTER_AUTO, 2);
}

static void exact_picture_in_a_larger_window_has_black_around(void **state)
{
    (void)state;
    struct orl_gfx *gfx = make();
    struct orl_slot slot = rig_slot(ORL_PIX_BGRA8, 40, 24, 160);
    assert_int_equal(orl_gfx_frame(gfx, &slot), ORL_OK);
    struct orl_scene scene = rig_scene(&slot, 55, 31, 0, 0, ORL_FILTER_AUTO);
    const struct orl_view_in in = {
        .frame_w = 40, .frame_h = 24, .win_w = 55, .win_h = 31, .dont_upscale = true};
    scene.view = orl_view_make(&in);
    assert_true(scene.view.exact);
    check(gfx, &slot, &scene, 0);
    rig_slot_free(&slot);
    orl_gfx_destroy(&gfx);
}

static void window_is_black_without_a_picture(void **state)
{
    (void)state;
    struct orl_gfx *gfx = make();
    struct orl_slot slot = rig_slot(ORL_PIX_BGRA8, 40, 24, 160);
    struct orl_scene scene = rig_scene(&slot, 40, 24, 0, 0, ORL_FILTER_AUTO);
    orl_gfx_draw(gfx, &scene); /* a view, but no frame yet */
    uint8_t *black = calloc(40 * 24, 4);
    uint8_t *got = rig_read(gfx, 40, 24);
    rig_expect(got, black, 40, 24, 0);
    free(got);
    assert_int_equal(orl_gfx_frame(gfx, &slot), ORL_OK);
    scene.view.valid = false;
    orl_gfx_draw(gfx, &scene);
    got = rig_read(gfx, 40, 24);
    rig_expect(got, black, 40, 24, 0);
    free(got);
    free(black);
    rig_slot_free(&slot);
    orl_gfx_destroy(&gfx);
}

static void own_buffer_follows_the_window_size(void **state)
{
    (void)state;
    struct orl_gfx *gfx = make();
    struct orl_slot slot = rig_slot(ORL_PIX_BGRA8, 40, 24, 160);
    assert_int_equal(orl_gfx_frame(gfx, &slot), ORL_OK);
    for (int i = 0; i < 40 && !to_window; i++) {
        struct orl_scene scene = rig_scene(&slot, 1 + rig_random() % 100,
                                           1 + rig_random() % 100, 0, 0, ORL_FILTER_LINEAR);
        orl_rects_clear(
            &scene.damage); /* a new buffer is drawn whole, whatever the list says */
        check(gfx, &slot, &scene, 2);
    }
    rig_slot_free(&slot);
    orl_gfx_destroy(&gfx);
}

static void rectangle_is_read_to_any_pitch(void **state)
{
    (void)state;
    struct orl_gfx *gfx = make();
    struct orl_slot slot = rig_slot(ORL_PIX_BGRA8, 40, 24, 160);
    assert_int_equal(orl_gfx_frame(gfx, &slot), ORL_OK);
    struct orl_scene scene = rig_scene(&slot, 40, 24, 0, 0, ORL_FILTER_AUTO);
    orl_gfx_draw(gfx, &scene);
    const struct orl_rect r = {7, 3, 21, 17};
    for (uint32_t pitch = 84; pitch < 93; pitch++) {
        uint8_t *got = malloc((size_t)16 * pitch + 84); /* the last row is not padded */
        assert_non_null(got);
        memset(got, 0x5a, (size_t)16 * pitch + 84);
        orl_gfx_read(gfx, r, got, pitch);
        for (uint32_t y = 0; y < 17; y++) {
            for (uint32_t x = 0; x < 84; x++) {
                if (x % 4 != 3) {
                    assert_int_equal(got[y * pitch + x], slot.map[(y + 3) * 160 + 28 + x]);
                }
            }
            for (uint32_t x = 84; x < pitch && y < 16; x++) {
                assert_int_equal(got[y * pitch + x], 0x5a);
            }
        }
        free(got);
    }
    rig_slot_free(&slot);
    orl_gfx_destroy(&gfx);
}

static void night_vision_is_the_formula_of_the_shader(void **state)
{
    (void)state;
    const enum orl_pixfmt formats[] = {ORL_PIX_BGRA8, ORL_PIX_RGB10A2, ORL_PIX_RGBA16F};
    const uint32_t gains[] = {1, 2, 100};
    for (uint32_t i = 0; i < 9; i++) {
        struct orl_gfx *gfx = make();
        enum orl_pixfmt fmt = formats[i / 3];
        struct orl_slot slot = rig_slot(fmt, 40, 24, 40 * rig_pixel_bytes(fmt));
        assert_int_equal(orl_gfx_frame(gfx, &slot), ORL_OK);
        struct orl_scene scene = rig_scene(&slot, 40, 24, 0, 0, ORL_FILTER_AUTO);
        scene.night_gain = gains[i % 3];
        check(gfx, &slot, &scene, 2);
        scene.night_gain = 0;
        check(gfx, &slot, &scene, fmt == ORL_PIX_BGRA8 ? 0 : 1);
        rig_slot_free(&slot);
        orl_gfx_destroy(&gfx);
    }
}

/* A grey ramp: every step keeps its place, the ends stay, and more gain never darkens. */
static void night_vision_brings_dark_parts_up_and_keeps_black_and_white(void **state)
{
    (void)state;
    struct orl_gfx *gfx = make();
    struct orl_slot slot = rig_slot(ORL_PIX_BGRA8, 256, 1, 1024);
    uint8_t *before = NULL;
    memset((void *)(uintptr_t)slot.map, 255, 1024);
    for (uint32_t x = 0; x < 256; x++) {
        memset((void *)(uintptr_t)(slot.map + 4 * (size_t)x), (int)x, 3);
    }
    assert_int_equal(orl_gfx_frame(gfx, &slot), ORL_OK);
    struct orl_scene scene = rig_scene(&slot, 256, 1, 0, 0, ORL_FILTER_AUTO);
    for (uint32_t gain = 0; gain <= 4; gain++) {
        scene.night_gain = gain;
        orl_gfx_draw(gfx, &scene);
        uint8_t *got = rig_read(gfx, 256, 1);
        assert_int_equal(got[0], 0);
        assert_int_equal(got[4 * 255], 255);
        for (size_t x = 1; x < 256; x++) {
            assert_true(got[4 * x] >= got[4 * x - 4]);
            assert_true(!before || got[4 * x] >= before[4 * x]);
            assert_int_equal(got[4 * x], got[4 * x + 1]);
            assert_int_equal(got[4 * x], got[4 * x + 2]);
        }
        assert_true(gain == 0 || got[4 * 16] >= 60); /* sqrt(16 / 255) = 0.25 */
        free(before);
        before = got;
    }
    free(before);
    rig_slot_free(&slot);
    orl_gfx_destroy(&gfx);
}

/* The window's framebuffer has its rows the other way round; its size is fixed here. */
static void window_shows_the_same_as_the_own_buffer(void **state)
{
    (void)state;
    rig_close();
    assert_true(rig_open(true, 80, 48));
    to_window = true;
    check_all_turns(ORL_PIX_BGRA8, 80, 48, ORL_FILTER_LINEAR, 2);
    struct orl_gfx *gfx = make();
    struct orl_slot slot = rig_slot(ORL_PIX_BGRA8, 40, 24, 160);
    assert_int_equal(orl_gfx_frame(gfx, &slot), ORL_OK);
    struct orl_scene scene = rig_scene(&slot, 80, 48, 0, 0, ORL_FILTER_AUTO);
    check(gfx, &slot, &scene, 0);
    const struct orl_view_in in = {
        .frame_w = 40, .frame_h = 24, .win_w = 80, .win_h = 48, .dont_upscale = true};
    scene.view = orl_view_make(&in);
    check(gfx, &slot, &scene, 0);
    memset((void *)(uintptr_t)slot.map, 0x40, 160 * 24);
    assert_int_equal(orl_gfx_frame(gfx, &slot), ORL_OK);
    orl_rects_clear(&scene.damage);
    scene.damage.n = 1;
    scene.damage.r[0] = (struct orl_rect){0, 0, 80, 48};
    check(gfx, &slot, &scene, 0);
    rig_slot_free(&slot);
    orl_gfx_destroy(&gfx);
    to_window = false;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(exact_picture_is_exact_in_every_rotation),
        cmocka_unit_test(whole_enlargement_repeats_pixels),
        cmocka_unit_test(nearest_picks_the_pixel_under_the_middle),
        cmocka_unit_test(linear_filter_matches_bilinear_interpolation),
        cmocka_unit_test(exact_picture_in_a_larger_window_has_black_around),
        cmocka_unit_test(window_is_black_without_a_picture),
        cmocka_unit_test(own_buffer_follows_the_window_size),
        cmocka_unit_test(rectangle_is_read_to_any_pitch),
        cmocka_unit_test(night_vision_is_the_formula_of_the_shader),
        cmocka_unit_test(night_vision_brings_dark_parts_up_and_keeps_black_and_white),
        cmocka_unit_test(window_shows_the_same_as_the_own_buffer),
    };
    return cmocka_run_group_tests(tests, rig_setup, rig_teardown);
}
