/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "desk.h"

static void keys_and_mouse_reach_the_guest(void **state)
{
    SIT_DOWN(usual());
    key(&d, A, true);
    motion(&d, 410, 300);
    button(&d, 411, 300, true);
    event(&d, (struct orl_event){.kind = ORL_EVENT_WHEEL, .dx = 0, .dy = 1});
    button(&d, 411, 300, false);
    key(&d, A, false);
    GOT("+A m10,0 m1,0 +b1 w0,1 -b1 -A");
}

static void a_new_session_begins_with_nothing_held(void **state)
{
    SIT_DOWN(usual());
    key(&d, A, true);
    button(&d, 400, 300, true);
    GOT("+A +b1");
    d.guest.epoch++;
    tell_guest(&d);
    GOT("R"); /* what was pushed before the news came is undone in the new session, too */
    key(&d, A, false);
    button(&d, 400, 300, false);
    GOT("");
    key(&d, A, true);
    GOT("+A");
}

static void a_connection_that_returns_is_told_to_let_go(void **state)
{
    SIT_DOWN(usual());
    key(&d, A, true);
    d.guest.connected = false;
    tell_guest(&d);
    key(&d, A, false);
    GOT("+A");
    d.guest.connected = true;
    tell_guest(&d);
    GOT("R");
}

static void the_focus_takes_everything_along(void **state)
{
    SIT_DOWN(usual());
    key(&d, CTRL, true);
    key(&d, A, true);
    button(&d, 400, 300, true);
    GOT("+LeftCtrl +A +b1");
    simple(&d, ORL_EVENT_BLUR);
    GOT("-A -LeftCtrl -b1");
    motion(&d, 500, 300);
    button(&d, 500, 300, true);
    button(&d, 500, 300, false);
    GOT("");
    simple(&d, ORL_EVENT_FOCUS);
    GOT("m100,0"); /* at once under the pointer of the host */
    key(&d, A, false);
    GOT("");
}

static void keys_may_outlive_the_focus_but_not_its_return(void **state)
{
    struct orl_input_conf conf = usual();
    conf.release_keys_on_focus_loss = false;
    SIT_DOWN(conf);
    key(&d, CTRL, true);
    key(&d, A, true);
    button(&d, 400, 300, true);
    simple(&d, ORL_EVENT_BLUR);
    GOT("+LeftCtrl +A +b1 -b1");
    key(&d, A, false); /* heard nevertheless */
    GOT("-A");
    simple(&d, ORL_EVENT_FOCUS);
    GOT("-LeftCtrl");
}

static void a_dialog_has_the_keyboard_for_itself(void **state)
{
    SIT_DOWN(usual());
    tap_escape(&d);
    key(&d, CTRL, true);
    orl_input_inject(&d.in, A, true, d.now_ns);
    GOT("+LeftCtrl +A");
    orl_input_set_dialog(&d.in, true, d.now_ns);
    GOT("-LeftCtrl -A");
    assert_false(orl_input_want(&d.in).captured);
    key(&d, A, true);
    motion(&d, 500, 300);
    button(&d, 500, 300, true);
    orl_input_inject(&d.in, A, false, d.now_ns);
    orl_input_inject(&d.in, A, true, d.now_ns);
    GOT("");
    button(&d, 500, 300, false);
    orl_input_set_dialog(&d.in, false, d.now_ns);
    assert_true(orl_input_want(&d.in).captured); /* as before */
    key(&d, A, false);
    key(&d, CTRL, false);
    GOT("");
}

static void a_hold_releases_and_then_sends_nothing(void **state)
{
    SIT_DOWN(usual());
    tap_escape(&d);
    key(&d, A, true);
    d.guest.hold = true;
    tell_guest(&d);
    GOT("+A -A");
    assert_false(orl_input_want(&d.in).captured);
    key(&d, A, false);
    key(&d, A, true);
    motion(&d, 500, 300);
    with_escape(&d, LEFT_WIN);
    GOT("");
    assert_int_equal(orl_input_want(&d.in).look, ORL_LOOK_ARROW);
}

static void input_can_be_switched_off(void **state)
{
    SIT_DOWN(usual());
    key(&d, A, true);
    with_escape(&d, I);
    GOT("+A -A");
    key(&d, A, false);
    key(&d, CTRL, true);
    key(&d, CTRL, false);
    motion(&d, 500, 300);
    GOT("");
    with_escape(&d, I);
    key(&d, A, true);
    GOT("m100,0 +A");
}

static void actions_send_their_keys(void **state)
{
    SIT_DOWN(usual());
    with_escape(&d, LEFT_WIN);
    with_escape(&d, UP);
    with_escape(&d, DOWN);
    with_escape(&d, M);
    GOT("+LeftWin -LeftWin +VolumeUp -VolumeUp +VolumeDown -VolumeDown +Mute -Mute");
    char why[80];
    assert_int_equal(orl_binds_add(&d.in.binds, "Escape+A", "send Ctrl+Alt+Delete", why, 80),
                     ORL_OK);
    with_escape(&d, A);
    GOT("+LeftCtrl +LeftAlt +Delete -Delete -LeftAlt -LeftCtrl");
    key(&d, CTRL, true);
    orl_input_inject(&d.in, CTRL, true, d.now_ns);
    orl_input_inject(&d.in, CTRL, false, d.now_ns);
    GOT("+LeftCtrl"); /* the finger is still on it */
}

static void the_sensitivity_has_ends(void **state)
{
    SIT_DOWN(usual());
    for (int i = 0; i < 12; i++) {
        with_escape(&d, INSERT);
    }
    assert_int_equal(d.in.conf.mouse_sens, 9);
    for (int i = 0; i < 30; i++) {
        with_escape(&d, DELETE);
    }
    assert_int_equal(d.in.conf.mouse_sens, -9);
    tap_escape(&d);
    counts(&d, 20, 0);
    GOT("m2,0");
}

static void windows_keys_can_stay_here(void **state)
{
    struct orl_input_conf conf = usual();
    conf.ignore_windows_keys = true;
    SIT_DOWN(conf);
    key(&d, LEFT_WIN, true);
    key(&d, LEFT_WIN, false);
    GOT("");
    with_escape(&d, LEFT_WIN);
    GOT("+LeftWin -LeftWin");
}

static void typing_goes_on_without_the_focus(void **state)
{
    SIT_DOWN(usual());
    orl_input_inject(&d.in, 0xE1, true, d.now_ns);
    simple(&d, ORL_EVENT_BLUR);
    orl_input_inject(&d.in, A, true, d.now_ns);
    orl_input_inject(&d.in, A, false, d.now_ns);
    orl_input_inject(&d.in, 0xE1, false, d.now_ns);
    GOT("+LeftShift +A -A -LeftShift");
}

/* The chord of the action is still under the fingers, and the guest has seen its modifiers. */
static void keys_that_are_sent_come_without_the_chords_modifiers(void **state)
{
    char why[80];
    SIT_DOWN(usual());
    assert_int_equal(orl_binds_add(&d.in.binds, "Ctrl+Alt+M", "send Alt+A", why, 80), ORL_OK);
    assert_int_equal(orl_binds_add(&d.in.binds, "Ctrl+Up", "volumeUp", why, 80), ORL_OK);
    key(&d, CTRL, true);
    key(&d, ALT, true);
    GOT("+LeftCtrl +LeftAlt");
    key(&d, M, true);
    GOT("-LeftCtrl +A -A"); /* Alt is meant, and held */
    key(&d, M, false);
    key(&d, ALT, false);
    GOT("-LeftAlt");
    key(&d, UP, true);
    key(&d, UP, false);
    GOT("+VolumeUp -VolumeUp");
    key(&d, CTRL, false);
    GOT(""); /* it is up already */
}

static void modifiers_that_are_still_held_come_back_when_needed(void **state)
{
    char why[80];
    SIT_DOWN(usual());
    assert_int_equal(orl_binds_add(&d.in.binds, "Ctrl+Up", "volumeUp", why, 80), ORL_OK);
    key(&d, CTRL, true);
    key(&d, UP, true);
    key(&d, UP, false);
    GOT("+LeftCtrl -LeftCtrl +VolumeUp -VolumeUp");
    key(&d, UP, true); /* once more: the guest still does not see the modifier */
    key(&d, UP, false);
    GOT("+VolumeUp -VolumeUp");
    key(&d, A, true);
    key(&d, A, false);
    GOT("+LeftCtrl +A -A");
    key(&d, UP, true);
    key(&d, UP, false);
    GOT("-LeftCtrl +VolumeUp -VolumeUp");
    button(&d, 400, 300, true);
    button(&d, 400, 300, false);
    GOT("+LeftCtrl +b1 -b1");
    key(&d, UP, true);
    key(&d, UP, false);
    GOT("-LeftCtrl +VolumeUp -VolumeUp");
    simple(&d, ORL_EVENT_BLUR);
    simple(&d, ORL_EVENT_FOCUS);
    record_take(&d.r);
    key(&d, A, true); /* not known to be held any more */
    key(&d, A, false);
    key(&d, CTRL, false);
    GOT("+A -A");
}

static void a_text_comes_without_the_users_modifiers(void **state)
{
    SIT_DOWN(usual());
    key(&d, CTRL, true);
    key(&d, SHIFT, true);
    orl_input_type(&d.in, SHIFT, true, d.now_ns);
    orl_input_type(&d.in, A, true, d.now_ns);
    orl_input_type(&d.in, A, false, d.now_ns);
    GOT("+LeftCtrl +LeftShift -LeftCtrl -LeftShift +LeftShift +A -A");
    key(&d, SHIFT, false);
    orl_input_type(&d.in, SHIFT, false, d.now_ns);
    GOT("-LeftShift");
    key(&d, CTRL, false);
    GOT("");
}

static void a_release_of_everything_is_one_command(void **state)
{
    SIT_DOWN(usual());
    key(&d, A, true);
    button(&d, 400, 300, true);
    orl_input_release(&d.in, d.now_ns);
    key(&d, A, false);
    button(&d, 400, 300, false);
    GOT("+A +b1 R");
    pass(&d, 10000 * MS);
    GOT("");
}

static void lock_keys_follow_on_focus_only(void **state)
{
    SIT_DOWN(usual());
    d.guest.leds_known = true;
    d.guest.leds = ORL_LOCK_NUM;
    simple(&d, ORL_EVENT_BLUR);
    pass(&d, 1000 * MS);
    tell_guest(&d);
    event(&d, (struct orl_event){.kind = ORL_EVENT_FOCUS, .locks = ORL_LOCK_CAPS});
    GOT("L4");
    d.guest.leds = ORL_LOCK_CAPS;
    tell_guest(&d);
    d.guest.leds = 0; /* the guest has its own mind */
    tell_guest(&d);
    pass(&d, 5000 * MS);
    event(&d, (struct orl_event){
                  .kind = ORL_EVENT_KEY, .scancode = A, .down = true, .locks = ORL_LOCK_CAPS});
    pass(&d, 5000 * MS);
    GOT("+A");
    event(&d, (struct orl_event){.kind = ORL_EVENT_KEY, .scancode = CAPS, .down = true});
    d.guest.leds = ORL_LOCK_CAPS; /* the key has toggled it: now they differ again */
    tell_guest(&d);
    pass(&d, 5000 * MS);
    GOT("+CapsLock L0");
}

static void nothing_is_due_when_nothing_happens(void **state)
{
    SIT_DOWN(usual());
    d.guest.leds_known = true;
    tell_guest(&d);
    pass(&d, 1000 * MS);
    assert_true(orl_input_due(&d.in) == UINT64_MAX);
    key(&d, A, true); /* the watchdog looks twice a second */
    assert_in_range(pass(&d, 10000 * MS), 18, 22);
    key(&d, A, false);
    orl_locks_arm(&d.in.locks);
    simple(&d, ORL_EVENT_BLUR);
    assert_int_equal(pass(&d, 10000 * MS), 0);
}

static void a_key_up_that_was_lost_is_found(void **state)
{
    SIT_DOWN(usual());
    uint8_t down[512] = {0};
    key(&d, A, true);
    key(&d, ESCAPE, true);
    GOT("+A");
    orl_input_believe(&d.in, down, sizeof(down));
    orl_input_tick(&d.in, d.now_ns);
    GOT("-A");
    key(&d, M, true); /* the escape key is not held either */
    GOT("+M");
    assert_int_equal(d.in.keyboard.corrections, 1);
}

static void acceleration_is_noted_once_per_session(void **state)
{
    SIT_DOWN(usual());
    for (int session = 1; session <= 2; session++) {
        for (int i = 0; i < 20; i++) {
            motion(&d, (float)(200 + 10 * i), 300);
            d.now_ns += 10 * MS;
            report(&d, 50 + i * 25, 300);
            pass(&d, 150 * MS);
        }
        assert_int_equal(d.in.mismatch_notes, session);
        d.guest.epoch++;
        tell_guest(&d);
    }
}

/* A guest whose pointer is told to be at 10, 10; the host's came into the window and does not move:
 * it rests over the guest's 300, 300. */
static void rest(struct desk *d, struct orl_input_conf conf)
{
    open_desk(d, conf);
    simple(d, ORL_EVENT_FOCUS);
    event(d, (struct orl_event){.kind = ORL_EVENT_ENTER, .x = 400, .y = 300});
    report(d, 10, 10);
    record_take(&d->r);
}

static void a_resting_pointer_leads_as_soon_as_the_guest_listens(void **state)
{
    struct desk d;
    (void)state;
    rest(&d, usual());
    d.guest.connected = true;
    tell_guest(&d);
    report(&d, 10, 10);
    pass(&d, 50 * MS);
    GOT("R m290,290"); /* epoch stays: a connection that returned is told to let go */
    report(&d, 300, 300);
    pass(&d, 5000 * MS);
    GOT(""); /* once */
    assert_true(orl_input_due(&d.in) == UINT64_MAX);
    d.guest.epoch++; /* another session, the guest's pointer elsewhere */
    tell_guest(&d);
    report(&d, 20, 300);
    pass(&d, 50 * MS);
    GOT("R m280,0");
}

static void a_resting_pointer_gives_its_place_to_a_guest_that_takes_places(void **state)
{
    struct desk d;
    (void)state;
    rest(&d, usual());
    d.guest.connected = d.guest.absolute = true;
    tell_guest(&d);
    pass(&d, 5000 * MS);
    GOT("R p300,300");
}

static void a_resting_pointer_leads_when_a_picture_comes(void **state)
{
    struct orl_view_in in = {
        .frame_w = 800, .frame_h = 600, .win_w = 1000, .win_h = 600, .keep_aspect = true};
    struct orl_view none = {.valid = false}, made = orl_view_make(&in);
    SIT_DOWN(usual());
    orl_input_set_view(&d.in, &none);
    pass(&d, 1000 * MS);
    GOT("");
    report(&d, 50, 300);
    orl_input_set_view(&d.in, &made);
    pass(&d, 50 * MS);
    GOT("m250,0");
    report(&d, 300, 300);
    in.frame_w = 400; /* the guest's desktop gets another size: 400 x 300 at 100, 0 */
    in.frame_h = 300;
    made = orl_view_make(&in);
    pass(&d, 1000 * MS);
    orl_input_set_view(&d.in, &made);
    report(&d, 200, 150);
    pass(&d, 50 * MS);
    GOT("m-50,0");
}

static void a_resting_pointer_leads_when_input_is_the_guests_again(void **state)
{
    SIT_DOWN(usual());
    orl_input_set_dialog(&d.in, true, d.now_ns);
    report(&d, 100, 300);
    pass(&d, 1000 * MS);
    GOT("");
    orl_input_set_dialog(&d.in, false, d.now_ns);
    pass(&d, 50 * MS);
    GOT("m200,0");
    with_escape(&d, I);
    report(&d, 100, 300);
    with_escape(&d, I);
    GOT("m200,0");
}

static void a_pointer_elsewhere_leads_nothing(void **state)
{
    SIT_DOWN(usual());
    simple(&d, ORL_EVENT_LEAVE);
    d.guest.epoch++;
    tell_guest(&d);
    report(&d, 1, 1);
    pass(&d, 5000 * MS);
    GOT("R");
    event(&d, (struct orl_event){.kind = ORL_EVENT_ENTER, .x = 400, .y = 300});
    GOT("m299,299");
    tap_escape(&d); /* after a capture only the desktop knows where it is */
    counts(&d, 5, 5);
    tap_escape(&d);
    report(&d, 1, 1);
    pass(&d, 5000 * MS);
    GOT("m5,5");
}

static void a_resting_pointer_is_set_by_a_guest_that_can(void **state)
{
    struct desk d;
    (void)state;
    rest(&d, usual());
    d.guest.connected = d.guest.can_align = true;
    tell_guest(&d);
    report(&d, 10, 10);
    pass(&d, 50 * MS);
    GOT("R a300,300");
    report(&d, 300, 300);
    simple(&d, ORL_EVENT_BLUR);
    report(&d, 10, 10);
    simple(&d, ORL_EVENT_FOCUS);
    pass(&d, 50 * MS);
    GOT("a300,300");
}

/* A request to set the pointer goes another way than the click and may come after it. */
static void a_click_that_brings_the_focus_goes_where_it_was_made(void **state)
{
    struct desk d;
    (void)state;
    rest(&d, usual());
    d.guest.connected = d.guest.can_align = true;
    tell_guest(&d);
    report(&d, 300, 300);
    pass(&d, 1000 * MS);
    simple(&d, ORL_EVENT_BLUR);
    report(&d, 10, 10);
    pass(&d, 1000 * MS);
    record_take(&d.r);
    simple(&d, ORL_EVENT_FOCUS);
    button(&d, 400, 300, true);
    button(&d, 400, 300, false);
    GOT("m290,290 +b1 -b1");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(keys_and_mouse_reach_the_guest),
        cmocka_unit_test(a_new_session_begins_with_nothing_held),
        cmocka_unit_test(a_connection_that_returns_is_told_to_let_go),
        cmocka_unit_test(the_focus_takes_everything_along),
        cmocka_unit_test(keys_may_outlive_the_focus_but_not_its_return),
        cmocka_unit_test(a_dialog_has_the_keyboard_for_itself),
        cmocka_unit_test(a_hold_releases_and_then_sends_nothing),
        cmocka_unit_test(input_can_be_switched_off),
        cmocka_unit_test(actions_send_their_keys),
        cmocka_unit_test(the_sensitivity_has_ends),
        cmocka_unit_test(windows_keys_can_stay_here),
        cmocka_unit_test(typing_goes_on_without_the_focus),
        cmocka_unit_test(keys_that_are_sent_come_without_the_chords_modifiers),
        cmocka_unit_test(modifiers_that_are_still_held_come_back_when_needed),
        cmocka_unit_test(a_text_comes_without_the_users_modifiers),
        cmocka_unit_test(a_release_of_everything_is_one_command),
        cmocka_unit_test(lock_keys_follow_on_focus_only),
        cmocka_unit_test(nothing_is_due_when_nothing_happens),
        cmocka_unit_test(a_key_up_that_was_lost_is_found),
        cmocka_unit_test(acceleration_is_noted_once_per_session),
        cmocka_unit_test(a_resting_pointer_leads_as_soon_as_the_guest_listens),
        cmocka_unit_test(a_resting_pointer_gives_its_place_to_a_guest_that_takes_places),
        cmocka_unit_test(a_resting_pointer_leads_when_a_picture_comes),
        cmocka_unit_test(a_resting_pointer_leads_when_input_is_the_guests_again),
        cmocka_unit_test(a_pointer_elsewhere_leads_nothing),
        cmocka_unit_test(a_resting_pointer_is_set_by_a_guest_that_can),
        cmocka_unit_test(a_click_that_brings_the_focus_goes_where_it_was_made),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
