/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <math.h>

#include "support/check.h"
#include "view/view.h"

static const uint32_t sizes[] = {1, 2, 3, 7, 64, 333, 640, 1080, 1366, 1920, 3840, 16384};
#define N_SIZES (sizeof(sizes) / sizeof(sizes[0]))

static struct orl_view_in input(uint32_t fw, uint32_t fh, uint32_t ww, uint32_t wh)
{
    return (struct orl_view_in){
        .frame_w = fw, .frame_h = fh, .win_w = ww, .win_h = wh, .keep_aspect = true};
}

/* Calls `check` for every combination of frame and window sizes and options. */
static void for_all(void (*check)(const struct orl_view_in *, const struct orl_view *))
{
    for (size_t n = 0; n < N_SIZES * N_SIZES * N_SIZES * N_SIZES; n++) {
        size_t k = n;
        uint32_t d[4];
        for (int i = 0; i < 4; i++, k /= N_SIZES) {
            d[i] = sizes[k % N_SIZES];
        }
        struct orl_view_in in = input(d[0], d[1], d[2], d[3]);
        in.turns = (uint32_t)(n * 7 / 3) & 3;
        in.user_turns = (uint32_t)(n * 5 / 2) & 3;
        for (uint32_t options = 0; options < 8; options++) {
            in.keep_aspect = options & 1;
            in.dont_upscale = options & 2;
            in.int_upscale = options & 4;
            struct orl_view v = orl_view_make(&in);
            check(&in, &v);
        }
    }
}

static void check_place(const struct orl_view_in *in, const struct orl_view *v)
{
    assert_true(v->valid && v->w >= 1 && v->h >= 1 && v->x >= 0 && v->y >= 0);
    assert_true((uint32_t)v->x + v->w <= in->win_w);
    assert_true((uint32_t)v->y + v->h <= in->win_h);
    /* Centred: what is left on both sides differs by one pixel at most. */
    assert_in_range(in->win_w - v->w - 2 * (uint32_t)v->x, 0, 1);
    assert_in_range(in->win_h - v->h - 2 * (uint32_t)v->y, 0, 1);
    uint32_t up_w = in->turns & 1 ? in->frame_h : in->frame_w;
    uint32_t up_h = in->turns & 1 ? in->frame_w : in->frame_h;
    assert_int_equal(v->up_w, up_w);
    assert_int_equal(v->up_h, up_h);
    assert_int_equal(v->exact, v->w == up_w && v->h == up_h);
}

static void picture_lies_centred_inside_the_window(void **state)
{
    (void)state;
    for_all(check_place);
}

static void check_aspect(const struct orl_view_in *in, const struct orl_view *v)
{
    if (!in->keep_aspect) {
        return;
    }
    /* One side may be half a pixel off what the other asks for, but never below one pixel. */
    double want_h = (double)v->w * v->up_h / v->up_w, want_w = (double)v->h * v->up_w / v->up_h;
    assert_true(fabs(v->h - want_h) <= 0.5 || fabs(v->w - want_w) <= 0.5 || v->h == 1 ||
                v->w == 1);
}

static void kept_aspect_errs_by_less_than_a_pixel(void **state)
{
    (void)state;
    for_all(check_aspect);
}

static void check_options(const struct orl_view_in *in, const struct orl_view *v)
{
    if (in->dont_upscale) {
        assert_true(v->w <= v->up_w && v->h <= v->up_h);
    }
    if (in->int_upscale && v->w > v->up_w) {
        assert_int_equal(v->w % v->up_w, 0);
    }
    if (in->int_upscale && v->h > v->up_h) {
        assert_int_equal(v->h % v->up_h, 0);
    }
    if (!in->keep_aspect && !in->dont_upscale && !in->int_upscale) {
        assert_true(v->w == in->win_w && v->h == in->win_h);
    }
    if (in->keep_aspect && !in->dont_upscale && !in->int_upscale) {
        assert_true(v->w == in->win_w || v->h == in->win_h);
    }
}

static void options_limit_the_enlargement(void **state)
{
    (void)state;
    for_all(check_options);
}

static void letterbox_has_bars_on_the_longer_side(void **state)
{
    (void)state;
    struct orl_view_in in = input(1920, 1080, 1000, 1000);
    struct orl_view v = orl_view_make(&in);
    assert_true(v.w == 1000 && v.h == 563 && v.x == 0 && v.y == 218);
    in = input(1080, 1920, 1000, 1000);
    v = orl_view_make(&in);
    assert_true(v.w == 563 && v.h == 1000 && v.x == 218 && v.y == 0);
    in.turns = 1; /* lies down */
    v = orl_view_make(&in);
    assert_true(v.w == 1000 && v.h == 563);
}

static void small_picture_stays_small_when_enlarging_is_off(void **state)
{
    (void)state;
    struct orl_view_in in = input(640, 480, 1920, 1080);
    in.dont_upscale = true;
    struct orl_view v = orl_view_make(&in);
    assert_true(v.exact && v.x == 640 && v.y == 300 && !v.linear);
    in = input(640, 480, 320, 480); /* reducing stays free */
    in.dont_upscale = true;
    v = orl_view_make(&in);
    assert_true(v.w == 320 && v.h == 240);
}

static void whole_number_enlargement_takes_the_smaller_factor(void **state)
{
    (void)state;
    struct orl_view_in in = input(640, 480, 2000, 1000);
    in.int_upscale = true;
    struct orl_view v = orl_view_make(&in);
    assert_true(v.w == 1280 && v.h == 960 && !v.linear);
    in = input(640, 480, 600, 1000);
    in.int_upscale = true;
    v = orl_view_make(&in);
    assert_true(v.w == 600 && v.h == 450);
}

static void filter_is_linear_only_where_pixels_do_not_line_up(void **state)
{
    (void)state;
    struct orl_view_in in = input(640, 480, 1280, 960);
    assert_false(orl_view_make(&in).linear); /* twice */
    in.filter = ORL_FILTER_LINEAR;
    assert_true(orl_view_make(&in).linear);
    in = input(640, 480, 800, 600);
    assert_true(orl_view_make(&in).linear);
    in.filter = ORL_FILTER_NEAREST;
    assert_false(orl_view_make(&in).linear);
    in = input(640, 480, 320, 240);
    assert_true(orl_view_make(&in).linear);
    in = input(640, 480, 640, 480);
    in.filter = ORL_FILTER_LINEAR;
    assert_true(orl_view_make(&in).exact && !orl_view_make(&in).linear);
}

static void nothing_to_show_gives_no_view(void **state)
{
    (void)state;
    const struct orl_view_in cases[] = {input(0, 0, 640, 480), input(640, 480, 0, 0),
                                        input(640, 0, 640, 480), input(640, 480, 5, 0)};
    for (size_t i = 0; i < 4; i++) {
        struct orl_view v = orl_view_make(&cases[i]);
        assert_false(v.valid);
        double x = 5, y = 5;
        orl_view_to_guest(&v, 1, 1, &x, &y);
        assert_true(x == 0 && y == 0);
        assert_int_equal(orl_view_to_window(&v, (struct orl_rect){0, 0, 9, 9}).w, 0);
    }
}

static void check_round_trip(const struct orl_view_in *in, const struct orl_view *v)
{
    (void)in;
    const double at[][2] = {{0, 0}, {1, 0.25}, {-0.5, 0.75}, {2, 2}};
    bool sideways = v->user_turns & 1;
    for (size_t i = 0; i < 4; i++) {
        double gx = at[i][0] * (sideways ? v->up_h : v->up_w);
        double gy = at[i][1] * (sideways ? v->up_w : v->up_h);
        double wx, wy, x, y;
        orl_view_from_guest(v, gx, gy, &wx, &wy);
        orl_view_to_guest(v, wx, wy, &x, &y);
        assert_true(fabs(x - gx) < 1e-6 && fabs(y - gy) < 1e-6);
    }
}

static void position_survives_the_way_to_the_window_and_back(void **state)
{
    (void)state;
    for_all(check_round_trip);
}

static void corners_follow_the_rotation(void **state)
{
    (void)state;
    /* Where the stored top left pixel stands in a window of the upright size. */
    const uint32_t want[4][2] = {{0, 0}, {47, 0}, {63, 47}, {0, 63}};
    for (uint32_t turns = 0; turns < 4; turns++) {
        bool sideways = turns & 1;
        struct orl_view_in in = input(64, 48, sideways ? 48 : 64, sideways ? 64 : 48);
        in.turns = turns;
        struct orl_view v = orl_view_make(&in);
        assert_true(v.exact);
        struct orl_rect r = orl_view_to_window(&v, (struct orl_rect){0, 0, 1, 1});
        assert_true(r.x == want[turns][0] && r.y == want[turns][1] && r.w == 1 && r.h == 1);
    }
}

static void guest_position_ignores_the_guests_own_turns_only(void **state)
{
    (void)state;
    struct orl_view_in in = input(64, 48, 48, 64);
    in.turns = 1;
    struct orl_view v = orl_view_make(&in);
    double x, y;
    orl_view_to_guest(&v, 48, 0, &x, &y); /* the guest turned it: its desktop is 48 x 64 */
    assert_true(x == 48 && y == 0);
    in.user_turns = 1; /* the user turned it: its desktop is still 64 x 48 */
    v = orl_view_make(&in);
    orl_view_to_guest(&v, 48, 0, &x, &y);
    assert_true(x == 0 && y == 0);
    orl_view_to_guest(&v, 48, 64, &x, &y);
    assert_true(x == 64 && y == 0);
}

/* Slow and obvious: which window pixels sample a stored pixel of the rectangle, along one axis. */
static void check_cover(const struct orl_view *v, struct orl_rect s)
{
    struct orl_rect got = orl_view_to_window(v, s);
    for (uint32_t y = 0; y < v->h; y++) {
        for (uint32_t x = 0; x < v->w; x++) {
            double ux = (x + 0.5) / v->w, uy = (y + 0.5) / v->h, sx = ux, sy = uy;
            switch (v->turns) {
            case 1: sx = uy, sy = 1 - ux; break;
            case 2: sx = 1 - ux, sy = 1 - uy; break;
            case 3: sx = 1 - uy, sy = ux; break;
            default: break;
            }
            double reach = v->linear ? 0.5 : 0;
            sx *= v->frame_w, sy *= v->frame_h;
            bool touched = sx > s.x - reach && sx < s.x + s.w + reach && sy > s.y - reach &&
                           sy < s.y + s.h + reach;
            uint32_t wx = x + (uint32_t)v->x, wy = y + (uint32_t)v->y;
            bool inside =
                wx >= got.x && wx < got.x + got.w && wy >= got.y && wy < got.y + got.h;
            assert_true(!touched || inside);
        }
    }
}

static void damage_covers_every_window_pixel_it_changes(void **state)
{
    (void)state;
    const uint32_t wins[][2] = {{37, 29}, {74, 58}, {100, 90}, {20, 15}, {5, 5}, {37, 100}};
    uint32_t seed = 1;
    for (uint32_t i = 0; i < 6 * 4 * 3 * 8; i++) {
        struct orl_view_in in = input(37, 29, wins[i % 6][0], wins[i % 6][1]);
        in.turns = i / 6 % 4;
        in.filter = i / 24 % 3;
        in.keep_aspect = i & 1;
        struct orl_view v = orl_view_make(&in);
        seed = seed * 1664525 + 1013904223;
        struct orl_rect s = {(seed >> 8) % 37, (seed >> 16) % 29, 1 + (seed >> 20) % 9,
                             1 + (seed >> 25) % 9};
        s.w = s.x + s.w > 37 ? 37 - s.x : s.w;
        s.h = s.y + s.h > 29 ? 29 - s.y : s.h;
        check_cover(&v, s);
    }
}

static void damage_outside_the_picture_is_nothing(void **state)
{
    (void)state;
    struct orl_view_in in = input(64, 48, 100, 100);
    struct orl_view v = orl_view_make(&in);
    assert_int_equal(orl_view_to_window(&v, (struct orl_rect){64, 0, 5, 5}).w, 0);
    assert_int_equal(orl_view_to_window(&v, (struct orl_rect){UINT32_MAX, 0, 5, 5}).w, 0);
    struct orl_rect all =
        orl_view_to_window(&v, (struct orl_rect){0, 0, UINT32_MAX, UINT32_MAX});
    assert_true(all.x == 0 && all.y == 12 && all.w == 100 && all.h == 75);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(picture_lies_centred_inside_the_window),
        cmocka_unit_test(kept_aspect_errs_by_less_than_a_pixel),
        cmocka_unit_test(options_limit_the_enlargement),
        cmocka_unit_test(letterbox_has_bars_on_the_longer_side),
        cmocka_unit_test(small_picture_stays_small_when_enlarging_is_off),
        cmocka_unit_test(whole_number_enlargement_takes_the_smaller_factor),
        cmocka_unit_test(filter_is_linear_only_where_pixels_do_not_line_up),
        cmocka_unit_test(nothing_to_show_gives_no_view),
        cmocka_unit_test(position_survives_the_way_to_the_window_and_back),
        cmocka_unit_test(corners_follow_the_rotation),
        cmocka_unit_test(guest_position_ignores_the_guests_own_turns_only),
        cmocka_unit_test(damage_covers_every_window_pixel_it_changes),
        cmocka_unit_test(damage_outside_the_picture_is_nothing),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
