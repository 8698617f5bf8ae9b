/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "support/check.h"
#include "win/fit.h"

static struct orl_fit_in picture(uint32_t pic_w, uint32_t pic_h, uint32_t win_w, uint32_t win_h)
{
    return (struct orl_fit_in){.pic_w = pic_w,
                               .pic_h = pic_h,
                               .win_w = win_w,
                               .win_h = win_h,
                               .old_w = win_w,
                               .old_h = win_h};
}

static void nothing_fits_without_a_picture(void **state)
{
    (void)state;
    uint32_t w = 1;
    uint32_t h = 2;
    struct orl_fit_in in = picture(0, 0, 800, 600);
    in.auto_resize = in.force_aspect = in.new_picture = in.shrink = true;
    assert_false(orl_fit_window(&in, &w, &h));
    assert_int_equal(w, 1);
    assert_int_equal(h, 2);
}

static void auto_resize_follows_a_new_picture_only(void **state)
{
    (void)state;
    uint32_t w = 0;
    uint32_t h = 0;
    struct orl_fit_in in = picture(1920, 1080, 1024, 768);
    in.auto_resize = true;
    assert_false(orl_fit_window(&in, &w, &h));
    in.new_picture = true;
    assert_true(orl_fit_window(&in, &w, &h));
    assert_int_equal(w, 1920);
    assert_int_equal(h, 1080);
}

static void pictures_there_and_back_end_in_the_first_window(void **state)
{
    (void)state;
    static const uint32_t pictures[][2] = {{320, 200}, {801, 601}, {1080, 1920}, {640, 360}};
    uint32_t w = 640;
    uint32_t h = 360;
    for (int i = 0; i < 4; i++) {
        struct orl_fit_in in = picture(pictures[i][0], pictures[i][1], w, h);
        in.area = 640 * 360;
        in.force_aspect = in.new_picture = true;
        assert_true(orl_fit_window(&in, &w, &h));
    }
    assert_int_equal(w, 640);
    assert_int_equal(h, 360);
}

static void the_side_that_moved_farther_decides(void **state)
{
    (void)state;
    uint32_t w = 0;
    uint32_t h = 0;
    struct orl_fit_in in = picture(1920, 1080, 1280, 720);
    in.force_aspect = true;
    assert_false(orl_fit_window(&in, &w, &h));
    in.win_w = 960;
    assert_true(orl_fit_window(&in, &w, &h));
    assert_int_equal(w, 960);
    assert_int_equal(h, 540);
    in.win_w = 1280;
    in.win_h = 900;
    assert_true(orl_fit_window(&in, &w, &h));
    assert_int_equal(w, 1600);
    assert_int_equal(h, 900);
}

static void rounding_is_not_corrected(void **state)
{
    (void)state;
    uint32_t w = 0;
    uint32_t h = 0;
    struct orl_fit_in in = picture(1366, 768, 1000, 562); /* exact: 562.2 */
    in.force_aspect = true;
    assert_false(orl_fit_window(&in, &w, &h));
    in.win_h = in.old_h = 563;
    assert_false(orl_fit_window(&in, &w, &h));
    in.win_h = in.old_h = 570;
    assert_true(orl_fit_window(&in, &w, &h));
}

static void shrink_takes_a_larger_window_down_to_the_picture(void **state)
{
    (void)state;
    uint32_t w = 0;
    uint32_t h = 0;
    struct orl_fit_in in = picture(640, 480, 1000, 400);
    in.shrink = true;
    assert_true(orl_fit_window(&in, &w, &h));
    assert_int_equal(w, 640);
    assert_int_equal(h, 480);
    in.win_w = 320;
    in.win_h = 240;
    assert_false(orl_fit_window(&in, &w, &h));
}

static void turning_the_picture_there_and_back_changes_nothing(void **state)
{
    (void)state;
    uint32_t w = 0;
    uint32_t h = 0;
    struct orl_fit_in in = picture(720, 1280, 1600, 900);
    in.force_aspect = in.new_picture = true;
    assert_true(orl_fit_window(&in, &w, &h));
    assert_in_range(w, 899, 901);
    assert_in_range(h, 1599, 1601);
    in = picture(1280, 720, w, h);
    in.force_aspect = in.new_picture = true;
    assert_true(orl_fit_window(&in, &w, &h));
    assert_in_range(w, 1599, 1601);
    assert_in_range(h, 899, 901);
}

static void proportions_stay_on_the_display(void **state)
{
    (void)state;
    uint32_t w = 0;
    uint32_t h = 0;
    struct orl_fit_in in = picture(720, 1280, 1600, 900);
    in.force_aspect = in.new_picture = true;
    in.max_w = 1920;
    in.max_h = 1200;
    assert_true(orl_fit_window(&in, &w, &h));
    assert_int_equal(w, 675);
    assert_int_equal(h, 1200);
}

static void extreme_proportions_stay_a_valid_window(void **state)
{
    (void)state;
    uint32_t w = 0;
    uint32_t h = 0;
    struct orl_fit_in in = picture(16384, 1, 1000, 800);
    in.force_aspect = true;
    assert_true(orl_fit_window(&in, &w, &h));
    assert_int_equal(h, 1);
    in = picture(1, 16384, 1000, 800);
    in.force_aspect = true;
    assert_true(orl_fit_window(&in, &w, &h));
    assert_int_equal(h, 32767);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(nothing_fits_without_a_picture),
        cmocka_unit_test(auto_resize_follows_a_new_picture_only),
        cmocka_unit_test(pictures_there_and_back_end_in_the_first_window),
        cmocka_unit_test(the_side_that_moved_farther_decides),
        cmocka_unit_test(rounding_is_not_corrected),
        cmocka_unit_test(shrink_takes_a_larger_window_down_to_the_picture),
        cmocka_unit_test(turning_the_picture_there_and_back_changes_nothing),
        cmocka_unit_test(proportions_stay_on_the_display),
        cmocka_unit_test(extreme_proportions_stay_a_valid_window),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
