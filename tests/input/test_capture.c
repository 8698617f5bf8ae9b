/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Capture, grabs, and what the cursor looks like. */
#include "desk.h"

static void the_escape_key_captures_and_lets_go(void **state)
{
    SIT_DOWN(usual());
    tap_escape(&d);
    struct orl_input_want w = orl_input_want(&d.in);
    assert_true(w.captured && w.relative && w.confine && w.grab_keyboard);
    assert_int_equal(w.look, ORL_LOOK_NONE);
    counts(&d, 5, 6);
    motion(&d, 700, 300); /* a late one from before */
    button(&d, 0, 0, true);
    key(&d, A, true);
    GOT("m5,6 +b1 +A");
    tap_escape(&d);
    GOT("-A -b1");
    w = orl_input_want(&d.in);
    assert_false(w.captured || w.relative || w.confine || w.grab_keyboard);
    counts(&d, 5, 6); /* a late one */
    report(&d, 10, 10);
    motion(&d, 120, 10); /* entered again from where the guest's pointer is now */
    GOT("m10,0");
}

static void capture_ends_with_the_focus_and_the_connection(void **state)
{
    SIT_DOWN(usual());
    tap_escape(&d);
    assert_true(d.in.captured);
    simple(&d, ORL_EVENT_BLUR);
    assert_false(d.in.captured);
    tap_escape(&d);
    assert_false(d.in.captured);
    simple(&d, ORL_EVENT_FOCUS);
    assert_false(d.in.captured);
    tap_escape(&d);
    assert_true(d.in.captured);
    d.guest.connected = false;
    tell_guest(&d);
    assert_false(d.in.captured);
    tap_escape(&d); /* there is nobody to be captured for */
    d.guest.connected = true;
    tell_guest(&d);
    assert_false(d.in.captured);
    tap_escape(&d);
    orl_input_uncapture(&d.in, d.now_ns);
    assert_false(d.in.captured);
}

static void capture_on_focus_and_on_start(void **state)
{
    struct orl_input_conf conf = usual();
    conf.capture_on_focus = true;
    SIT_DOWN(conf);
    assert_true(d.in.captured);
    simple(&d, ORL_EVENT_BLUR);
    simple(&d, ORL_EVENT_FOCUS);
    assert_true(d.in.captured);

    conf = usual();
    conf.capture_on_start = true;
    open_desk(&d, conf);
    simple(&d, ORL_EVENT_FOCUS);
    simple(&d, ORL_EVENT_BLUR);
    simple(&d, ORL_EVENT_FOCUS);
    assert_false(d.in.captured); /* no guest yet */
    d.guest.connected = true;
    tell_guest(&d);
    assert_true(d.in.captured);
    simple(&d, ORL_EVENT_BLUR);
    simple(&d, ORL_EVENT_FOCUS);
    assert_false(d.in.captured); /* the start is over */
}

static void capture_only_sends_nothing_before(void **state)
{
    struct orl_input_conf conf = usual();
    conf.capture_only = true;
    SIT_DOWN(conf);
    key(&d, A, true);
    motion(&d, 500, 300);
    button(&d, 500, 300, true);
    GOT("");
    assert_int_equal(orl_input_want(&d.in).look, ORL_LOOK_ARROW);
    tap_escape(&d);
    key(&d, A, false);
    key(&d, A, true);
    counts(&d, 1, 0);
    GOT("+A m1,0");
    tap_escape(&d);
    GOT("-A");
}

static void auto_capture_grabs_the_keyboard_while_the_pointer_is_inside(void **state)
{
    struct orl_input_conf conf = usual();
    conf.auto_capture = true;
    SIT_DOWN(conf);
    assert_true(orl_input_want(&d.in).grab_keyboard);
    assert_false(orl_input_want(&d.in).relative);
    simple(&d, ORL_EVENT_LEAVE);
    assert_false(orl_input_want(&d.in).grab_keyboard);
    motion(&d, 400, 300);
    assert_true(orl_input_want(&d.in).grab_keyboard);
    button(&d, 400, 300, true);
    simple(&d, ORL_EVENT_LEAVE); /* a drag goes on */
    motion(&d, 1500, 300);
    assert_true(orl_input_want(&d.in).grab_keyboard);
    button(&d, 1500, 300, false);
    assert_false(orl_input_want(&d.in).grab_keyboard);
    motion(&d, 400, 300);
    simple(&d, ORL_EVENT_BLUR);
    assert_false(orl_input_want(&d.in).grab_keyboard);
}

static void the_keyboard_is_grabbed_as_the_options_say(void **state)
{
    struct orl_input_conf conf = usual();
    conf.grab_keyboard = false;
    SIT_DOWN(conf);
    tap_escape(&d);
    assert_false(orl_input_want(&d.in).grab_keyboard);
    conf.grab_keyboard_on_focus = true;
    sit_down(&d, conf);
    assert_true(orl_input_want(&d.in).grab_keyboard);
    simple(&d, ORL_EVENT_BLUR);
    assert_false(orl_input_want(&d.in).grab_keyboard);
}

static void the_cursor_shows_who_has_the_pointer(void **state)
{
    struct orl_input_conf conf = usual();
    SIT_DOWN(conf);
    assert_int_equal(orl_input_want(&d.in).look, ORL_LOOK_NONE);
    motion(&d, 50, 300); /* in the bar */
    assert_int_equal(orl_input_want(&d.in).look, ORL_LOOK_ARROW);
    motion(&d, 400, 300);
    simple(&d, ORL_EVENT_BLUR);
    assert_int_equal(orl_input_want(&d.in).look, ORL_LOOK_DOT);
    d.in.conf.large_cursor_dot = true;
    assert_int_equal(orl_input_want(&d.in).look, ORL_LOOK_LARGE_DOT);
    d.in.conf.show_cursor_dot = false;
    assert_int_equal(orl_input_want(&d.in).look, ORL_LOOK_ARROW);
    simple(&d, ORL_EVENT_FOCUS);
    orl_input_set_dialog(&d.in, true, d.now_ns);
    assert_int_equal(orl_input_want(&d.in).look, ORL_LOOK_ARROW);
    orl_input_set_dialog(&d.in, false, d.now_ns);
    assert_int_equal(orl_input_want(&d.in).look, ORL_LOOK_NONE);
    struct orl_input_report none = {.known = false};
    orl_input_report(&d.in, &none); /* no pointer of the guest's is shown */
    assert_int_equal(orl_input_want(&d.in).look, ORL_LOOK_ARROW);
    report(&d, 1, 1);
    d.in.conf.hide_cursor = false;
    assert_int_equal(orl_input_want(&d.in).look, ORL_LOOK_ARROW);
    d.in.conf.hide_cursor = true;
    d.in.conf.always_show_cursor = true;
    assert_int_equal(orl_input_want(&d.in).look, ORL_LOOK_ARROW);
    tap_escape(&d);
    assert_int_equal(orl_input_want(&d.in).look, ORL_LOOK_NONE);
}

static void a_pointer_that_escapes_ends_the_capture(void **state)
{
    SIT_DOWN(usual());
    tap_escape(&d);
    key(&d, A, true);
    GOT("+A");
    simple(&d, ORL_EVENT_LEAVE); /* the desktop does not lock it */
    pass(&d, 200 * MS);
    assert_true(d.in.captured); /* the loss of the focus may be on its way */
    pass(&d, 200 * MS);
    assert_false(d.in.captured);
    assert_int_equal(d.in.escapes, 1);
    GOT("-A");
    pass(&d, 5000 * MS);
    assert_int_equal(d.in.escapes, 1);
    tap_escape(&d); /* it may be tried again */
    assert_true(d.in.captured);
    pass(&d, 5000 * MS);
    assert_true(d.in.captured);
    simple(&d, ORL_EVENT_LEAVE); /* round in circles over the edge */
    simple(&d, ORL_EVENT_ENTER);
    pass(&d, 5000 * MS);
    assert_true(d.in.captured);
    simple(&d, ORL_EVENT_LEAVE);
    assert_false(d.in.captured);
    assert_int_equal(d.in.escapes, 2);
}

static void a_pointer_that_goes_with_the_focus_has_not_escaped(void **state)
{
    SIT_DOWN(usual());
    tap_escape(&d);
    simple(&d, ORL_EVENT_LEAVE);
    pass(&d, 50 * MS);
    simple(&d, ORL_EVENT_BLUR);
    pass(&d, 5000 * MS);
    simple(&d, ORL_EVENT_FOCUS);
    simple(&d, ORL_EVENT_ENTER);
    tap_escape(&d);
    simple(&d, ORL_EVENT_LEAVE); /* a notification came and went over it */
    simple(&d, ORL_EVENT_ENTER);
    pass(&d, 5000 * MS);
    assert_true(d.in.captured);
    assert_int_equal(d.in.escapes, 0);
    assert_true(orl_input_due(&d.in) == UINT64_MAX);
    tap_escape(&d);
    simple(&d, ORL_EVENT_LEAVE);
    simple(&d, ORL_EVENT_ENTER);
    simple(&d, ORL_EVENT_LEAVE);
    pass(&d, 5000 * MS);
    assert_int_equal(d.in.escapes, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_escape_key_captures_and_lets_go),
        cmocka_unit_test(capture_ends_with_the_focus_and_the_connection),
        cmocka_unit_test(capture_on_focus_and_on_start),
        cmocka_unit_test(capture_only_sends_nothing_before),
        cmocka_unit_test(auto_capture_grabs_the_keyboard_while_the_pointer_is_inside),
        cmocka_unit_test(the_keyboard_is_grabbed_as_the_options_say),
        cmocka_unit_test(the_cursor_shows_who_has_the_pointer),
        cmocka_unit_test(a_pointer_that_escapes_ends_the_capture),
        cmocka_unit_test(a_pointer_that_goes_with_the_focus_has_not_escaped),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
