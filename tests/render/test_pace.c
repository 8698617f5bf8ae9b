/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "render/pace.h"
#include "support/check.h"

#define MS  UINT64_C(1000000)
#define SEC UINT64_C(1000000000)

static struct orl_pace_in drawn_at(uint64_t ns)
{
    return (struct orl_pace_in){.refresh_hz = 50, .fps_min = -1, .last_draw_ns = ns};
}

static void nothing_new_is_never_drawn(void **state)
{
    (void)state;
    struct orl_pace_in in = drawn_at(SEC);
    assert_true(orl_pace_due(&in) == UINT64_MAX);
}

static void a_guest_frame_is_due_at_once(void **state)
{
    (void)state;
    struct orl_pace_in in = drawn_at(SEC);
    in.frame = true;
    in.other = true;
    assert_true(orl_pace_due(&in) == 0);
}

static void other_changes_wait_for_one_refresh(void **state)
{
    (void)state;
    struct orl_pace_in in = drawn_at(SEC);
    in.other = true;
    assert_true(orl_pace_due(&in) == SEC + 20 * MS);
    in.refresh_hz = 0; /* unknown display */
    assert_true(orl_pace_due(&in) == SEC + SEC / 60);
}

static void the_first_picture_is_due_at_once(void **state)
{
    (void)state;
    struct orl_pace_in in = drawn_at(0);
    in.other = true;
    assert_true(orl_pace_due(&in) == 0);
}

static void the_floor_draws_without_change(void **state)
{
    (void)state;
    struct orl_pace_in in = drawn_at(SEC);
    in.fps_min = 10;
    assert_true(orl_pace_due(&in) == SEC + 100 * MS);
    in.other = true;
    assert_true(orl_pace_due(&in) == SEC + 20 * MS);
    in.fps_min = 100;
    assert_true(orl_pace_due(&in) == SEC + 10 * MS);
}

static void a_hidden_window_draws_for_a_screenshot_only(void **state)
{
    (void)state;
    struct orl_pace_in in = drawn_at(SEC);
    in.hidden = in.frame = in.other = true;
    in.fps_min = 60;
    assert_true(orl_pace_due(&in) == UINT64_MAX);
    in.urgent = true;
    assert_true(orl_pace_due(&in) == 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(nothing_new_is_never_drawn),
        cmocka_unit_test(a_guest_frame_is_due_at_once),
        cmocka_unit_test(other_changes_wait_for_one_refresh),
        cmocka_unit_test(the_first_picture_is_due_at_once),
        cmocka_unit_test(the_floor_draws_without_change),
        cmocka_unit_test(a_hidden_window_draws_for_a_screenshot_only),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
