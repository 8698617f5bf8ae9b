/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <string.h>

#include "desk.h"
#include "input/locks.h"

enum { NUM = ORL_LOCK_NUM, CAP = ORL_LOCK_CAPS, SCROLL = ORL_LOCK_SCROLL };

/* The rules alone: what the host and the guest's lamps say is told by the test. */
struct rules {
    struct orl_locks l;
    struct record r;
    struct orl_input_sink sink;
    uint8_t lamps;
    uint64_t now_ns;
};

static void lamps(struct rules *t, uint8_t lamps)
{
    t->lamps = lamps;
    orl_locks_guest(&t->l, &t->sink, true, lamps, t->now_ns);
}

static void away(struct rules *t)
{
    orl_locks_guest(&t->l, &t->sink, false, 0, t->now_ns);
}

/* As a host that switches off when the key goes up: after the key, and with the lamp as the guest
 * shows it a moment later. */
static void tap(struct rules *t, uint16_t usage, uint8_t host, uint8_t lamps_after)
{
    orl_locks_key(&t->l, usage, true, t->now_ns);
    orl_locks_host(&t->l, t->l.host | host);
    t->now_ns += 20 * MS;
    lamps(t, lamps_after);
    t->now_ns += 60 * MS;
    orl_locks_key(&t->l, usage, false, t->now_ns);
    orl_locks_host(&t->l, host);
}

static void wait_ns(struct rules *t, uint64_t ns)
{
    uint64_t end = t->now_ns + ns;
    orl_locks_tick(&t->l, &t->sink, t->now_ns);
    for (int wakes = 0; orl_locks_due(&t->l) <= end; wakes++) {
        uint64_t due = orl_locks_due(&t->l);
        t->now_ns = due > t->now_ns ? due : t->now_ns;
        orl_locks_tick(&t->l, &t->sink, t->now_ns);
        assert_true(wakes < 10);
    }
    t->now_ns = end;
}

static void settle(struct rules *t)
{
    wait_ns(t, 5000 * MS);
    assert_true(orl_locks_due(&t->l) == UINT64_MAX);
}

static void begin(struct rules *t, uint16_t escape, uint8_t able, uint8_t host,
                  uint8_t lamps_now)
{
    t->now_ns = 1000 * MS;
    t->sink = record_sink(&t->r);
    orl_locks_init(&t->l, escape);
    orl_locks_able(&t->l, able);
    orl_locks_host(&t->l, host);
    orl_locks_arm(&t->l);
    lamps(t, lamps_now);
}

/* Settled, with equal locks; the escape key is none. */
#define AGREED(able, locks)                                                                    \
    struct rules t;                                                                            \
    begin(&t, 0, able, locks, locks);                                                          \
    settle(&t);                                                                                \
    GET("");                                                                                   \
    (void)state
#define GET(words) assert_string_equal(record_take(&t.r), words)

/* ---- The host leads ------------------------------------------------------------------------ */

static void the_guests_locks_follow_the_hosts_once_per_reason(void **state)
{
    struct rules t = {.now_ns = 0};
    (void)state;
    t.sink = record_sink(&t.r);
    orl_locks_init(&t.l, 0);
    lamps(&t, NUM);
    wait_ns(&t, MS);
    GET(""); /* the host's are not known */
    orl_locks_host(&t.l, CAP);
    orl_locks_arm(&t.l);
    assert_int_equal(orl_locks_due(&t.l), 0);
    wait_ns(&t, MS);
    GET("L4");
    settle(&t);
    lamps(&t, NUM); /* the guest wants it so */
    settle(&t);
    GET("");
    lamps(&t, CAP);
    orl_locks_arm(&t.l);
    settle(&t); /* equal */
    GET("");
}

static void a_pressed_lock_key_is_not_toggled_twice(void **state)
{
    AGREED(0, 0);
    orl_locks_key(&t.l, CAPS, true, t.now_ns);
    orl_locks_host(&t.l, CAP);
    assert_true(orl_locks_due(&t.l) == t.now_ns + ORL_LOCKS_SETTLE_NS);
    wait_ns(&t, 290 * MS); /* the guest's lamp is late */
    lamps(&t, CAP);
    settle(&t);
    GET("");
    tap(&t, CAPS, 0, CAP); /* the guest did not take the key */
    settle(&t);
    GET("L0");
}

static void answers_keep_a_distance(void **state)
{
    AGREED(0, CAP);
    for (int i = 0; i < 99; i++) { /* from 0 to 980 ms */
        orl_locks_host(&t.l, i % 3 ? NUM : 0);
        orl_locks_arm(&t.l);
        orl_locks_tick(&t.l, &t.sink, t.now_ns);
        t.now_ns += 10 * MS;
    }
    GET("L0 L2");
}

static void a_host_that_follows_leads_at_focus_and_in_a_new_session(void **state)
{
    AGREED(CAP | NUM, NUM);
    orl_locks_host(&t.l, CAP | NUM); /* by another program, or a key that is not the guest's */
    wait_ns(&t, MS);
    GET("L6");
    lamps(&t, CAP | NUM);
    settle(&t);
    GET("");
    lamps(&t, NUM);
    settle(&t);
    GET("H4=0");
    orl_locks_renew(&t.l, &t.sink); /* the user's own setting goes to the next guest */
    GET("H4=4");
    wait_ns(&t, MS);
    GET("L6");
}

/* ---- The guest leads ----------------------------------------------------------------------- */

static void the_host_follows_a_lamp_that_changes_by_itself(void **state)
{
    AGREED(CAP | NUM, 0);
    lamps(&t, NUM);
    wait_ns(&t, ORL_LOCKS_SETTLE_NS - 1);
    GET("");
    wait_ns(&t, 1);
    GET("H2=2");
    settle(&t);
    orl_locks_host(&t.l, NUM); /* as the desktop reports it */
    settle(&t);
    GET("");
    lamps(&t, CAP);
    settle(&t);
    GET("H6=4");
}

static void lamps_that_blink_are_one_change(void **state)
{
    AGREED(CAP | NUM, 0);
    static const uint8_t boot[] = {NUM, CAP | NUM | SCROLL, 0, NUM, 0, CAP, 0, NUM};
    for (size_t i = 0; i < sizeof(boot); i++) {
        lamps(&t, boot[i]);
        wait_ns(&t, 100 * MS);
    }
    settle(&t);
    GET("H2=2");
}

static void lamps_that_never_rest_set_the_host_now_and_then(void **state)
{
    AGREED(CAP | NUM, 0);
    int sets = 0;
    for (int ms = 0; ms < 60000; ms++) {
        lamps(&t, ms % 3 ? (uint8_t)(ms & 6) : 0);
        wait_ns(&t, MS);
        sets += record_take(&t.r)[0] == 'H';
    }
    assert_in_range(sets, 1, 30);
    lamps(&t, CAP); /* and the other locks are followed all the same */
    settle(&t);
    assert_int_equal(t.l.host, CAP);
}

static void a_slow_blinker_sets_the_host_twice_a_second_at_most(void **state)
{
    AGREED(CAP | NUM, 0);
    int sets = 0;
    for (int i = 0; i < 100; i++) {
        lamps(&t, i % 2 ? 0 : NUM);
        wait_ns(&t, ORL_LOCKS_SETTLE_NS + MS);
        sets += record_take(&t.r)[0] == 'H';
    }
    assert_in_range(sets, 20, 62); /* in 30.1 s */
}

static void a_key_that_both_sides_take_needs_nothing(void **state)
{
    AGREED(CAP | NUM, 0);
    tap(&t, CAPS, CAP, CAP);
    settle(&t);
    tap(&t, CAPS, 0, 0);
    settle(&t);
    tap(&t, CAPS, CAP, CAP);
    settle(&t);
    away(&t); /* the user pressed it himself */
    GET("");
}

static void a_key_that_the_guest_uses_otherwise_is_undone_at_the_host(void **state)
{
    AGREED(CAP | NUM, 0);
    for (int i = 0; i < 3; i++) {
        tap(&t, CAPS, CAP, 0);
        settle(&t);
        GET("H4=0");
    }
    away(&t); /* as it was before */
    GET("");
}

static void a_key_that_the_host_uses_otherwise_is_done_there(void **state)
{
    AGREED(CAP | NUM, 0);
    tap(&t, CAPS, 0, CAP);
    settle(&t);
    GET("H4=4");
    away(&t);
    GET("H4=0");
}

static void a_slow_guest_is_waited_for(void **state)
{
    AGREED(CAP | NUM, 0);
    orl_locks_key(&t.l, CAPS, true, t.now_ns);
    orl_locks_host(&t.l, CAP);
    wait_ns(&t, 50 * MS);
    orl_locks_key(&t.l, CAPS, false, t.now_ns);
    wait_ns(&t, 100 * MS);
    lamps(&t, NUM); /* something else */
    wait_ns(&t, 700 * MS);
    GET("");
    lamps(&t, NUM | CAP);
    settle(&t);
    GET("H2=2");
}

static void a_command_that_the_guest_does_not_obey_ends_with_its_lamp(void **state)
{
    struct rules t;
    (void)state;
    begin(&t, 0, CAP | NUM, CAP, 0);
    wait_ns(&t, ORL_LOCKS_ANSWER_NS - 1);
    GET("L4");
    wait_ns(&t, 1);
    GET("H4=0");
    settle(&t);
    away(&t);
    GET("H4=4");
}

/* ---- The user's own setting ---------------------------------------------------------------- */

static void what_was_set_is_put_back_when_the_guest_is_left(void **state)
{
    AGREED(CAP | NUM, NUM);
    lamps(&t, CAP);
    settle(&t);
    GET("H6=4");
    away(&t);
    GET("H6=2");
    away(&t);
    orl_locks_host(&t.l, NUM);
    orl_locks_tick(&t.l, &t.sink, t.now_ns);
    GET("");
    lamps(&t, CAP); /* after a dialog: it leads */
    settle(&t);
    GET("H6=4");
    away(&t);
    GET("H6=2");
    orl_locks_arm(&t.l); /* with the focus the host does */
    lamps(&t, CAP);
    wait_ns(&t, MS);
    GET("L2");
}

static void a_lock_whose_key_was_pressed_is_not_put_back(void **state)
{
    AGREED(CAP | NUM, 0);
    lamps(&t, CAP | NUM);
    settle(&t);
    GET("H6=6");
    tap(&t, CAPS, NUM, NUM);
    settle(&t);
    tap(&t, CAPS, CAP | NUM, CAP | NUM);
    settle(&t);
    away(&t);
    GET("H2=0");
}

static void a_change_that_was_taken_back_needs_no_putting_back(void **state)
{
    AGREED(CAP | NUM, 0);
    lamps(&t, NUM);
    settle(&t);
    lamps(&t, 0);
    settle(&t);
    GET("H2=2 H2=0");
    away(&t);
    GET("");
}

static void what_the_user_typed_is_put_back_as_well(void **state)
{
    AGREED(CAP | NUM, 0);
    tap(&t, CAPS, CAP, CAP);
    settle(&t);
    lamps(&t, 0); /* and then the guest changed it by itself */
    settle(&t);
    GET("H4=0");
    away(&t);
    GET("H4=4");
}

static void a_host_that_changed_while_the_guest_was_left_leads(void **state)
{
    AGREED(CAP | NUM, 0);
    away(&t);
    orl_locks_host(&t.l, CAP); /* typed into a dialog */
    lamps(&t, NUM);
    settle(&t);
    GET("L6 H6=2"); /* this guest does not obey, and for Num Lock it leads */
}

/* ---- What is left alone -------------------------------------------------------------------- */

static void the_escape_keys_own_lock_is_left_alone(void **state)
{
    struct rules t;
    (void)state;
    begin(&t, ESCAPE, CAP | NUM | SCROLL, SCROLL, 0);
    settle(&t);
    GET("");
    lamps(&t, SCROLL);
    settle(&t);
    orl_locks_host(&t.l, 0);
    settle(&t);
    GET("");
    orl_locks_host(&t.l, NUM);
    wait_ns(&t, MS);
    GET("L3");
    away(&t);
    GET("");
}

static void a_lock_that_the_host_does_not_have_is_left_alone(void **state)
{
    AGREED(CAP | NUM, 0);
    lamps(&t, SCROLL);
    settle(&t);
    orl_locks_arm(&t.l);
    settle(&t);
    GET("");
    tap(&t, ESCAPE, SCROLL, 0); /* what a window library makes of the key */
    settle(&t);
    GET("");
    orl_locks_host(&t.l, CAP);
    lamps(&t, SCROLL);
    wait_ns(&t, MS);
    GET("L5");
}

static void a_host_that_cannot_be_set_is_never_set(void **state)
{
    AGREED(0, 0);
    lamps(&t, CAP | NUM | SCROLL);
    settle(&t);
    tap(&t, CAPS, CAP, 0);
    settle(&t);
    away(&t);
    lamps(&t, NUM);
    settle(&t);
    assert_null(strchr(record_take(&t.r), 'H'));
}

/* ---- With all of client/input -------------------------------------------------------------- */

static void sit_with_locks(struct desk *d, struct orl_input_conf conf)
{
    open_desk(d, conf);
    orl_locks_able(&d->in.locks, CAP | NUM);
    d->guest = (struct orl_input_guest){.connected = true, .epoch = 1, .leds_known = true};
    tell_guest(d);
    simple(d, ORL_EVENT_FOCUS);
    pass(d, 5000 * MS);
    record_take(&d->r);
}

static void shine(struct desk *d, uint8_t locks)
{
    d->guest.leds = locks;
    tell_guest(d);
    pass(d, 5000 * MS);
}

static void everything_that_takes_the_keys_from_the_guest_puts_the_host_back(void **state)
{
    struct desk d;
    (void)state;
    sit_with_locks(&d, usual());
    shine(&d, NUM);
    GOT("H2=2");
    simple(&d, ORL_EVENT_BLUR);
    GOT("H2=0");
    simple(&d, ORL_EVENT_FOCUS);
    GOT("L0");
    pass(&d, 5000 * MS); /* it does not obey */
    GOT("H2=2");
    orl_input_set_dialog(&d.in, true, d.now_ns);
    GOT("H2=0");
    orl_input_set_dialog(&d.in, false, d.now_ns);
    pass(&d, 5000 * MS);
    GOT("H2=2");
    d.guest.hold = true;
    tell_guest(&d);
    GOT("H2=0");
    d.guest.hold = false;
    shine(&d, NUM);
    GOT("H2=2");
    d.guest.connected = d.guest.leds_known = false;
    tell_guest(&d);
    GOT("H2=0");
    d.guest.connected = d.guest.leds_known = true;
    d.guest.epoch++;
    shine(&d, 0);
    GOT("R");
    shine(&d, CAP);
    GOT("H4=4");
    orl_input_leave(&d.in, d.now_ns);
    GOT("R H4=0");
}

/* A key of the viewer's, as a host tells of it that does what it is told. */
static void escape_and(struct desk *d, uint16_t usage)
{
    const uint16_t keys[] = {ESCAPE, usage};
    for (size_t i = 0; i < 4; i++) {
        if (keys[i == 1 || i == 2]) {
            event(d, (struct orl_event){.kind = ORL_EVENT_KEY,
                                        .scancode = keys[i == 1 || i == 2],
                                        .down = i < 2,
                                        .locks = d->in.locks.host});
        }
    }
}

static void input_switched_off_leaves_the_host_alone(void **state)
{
    struct desk d;
    (void)state;
    sit_with_locks(&d, usual());
    shine(&d, NUM);
    escape_and(&d, I);
    GOT("H2=2 H2=0");
    shine(&d, CAP);
    shine(&d, NUM);
    GOT("");
    escape_and(&d, I);
    pass(&d, 5000 * MS);
    GOT("H2=2");
}

static void without_capture_nothing_is_done_when_only_that_counts(void **state)
{
    struct desk d;
    struct orl_input_conf conf = usual();
    (void)state;
    conf.capture_only = true;
    sit_with_locks(&d, conf);
    shine(&d, CAP);
    event(&d, (struct orl_event){.kind = ORL_EVENT_KEY, .scancode = CAPS, .down = true});
    event(&d, (struct orl_event){.kind = ORL_EVENT_KEY, .scancode = CAPS});
    pass(&d, 5000 * MS);
    GOT("");
    escape_and(&d, 0);
    pass(&d, 5000 * MS);
    GOT("L0 H4=4");
    escape_and(&d, 0);
    GOT("H4=0");
}

static void keys_that_stay_with_the_viewer_are_the_hosts(void **state)
{
    struct desk d;
    (void)state;
    sit_with_locks(&d, usual());
    key(&d, ESCAPE, true);
    event(&d, (struct orl_event){
                  .kind = ORL_EVENT_KEY, .scancode = CAPS, .down = true, .locks = CAP});
    event(&d, (struct orl_event){.kind = ORL_EVENT_KEY, .scancode = CAPS, .locks = CAP});
    event(&d, (struct orl_event){.kind = ORL_EVENT_KEY, .scancode = ESCAPE, .locks = CAP});
    GOT("L4");
}

static void a_key_that_the_guest_uses_otherwise_leaves_the_host_as_it_was(void **state)
{
    struct desk d;
    (void)state;
    sit_with_locks(&d, usual());
    event(&d, (struct orl_event){
                  .kind = ORL_EVENT_KEY, .scancode = CAPS, .down = true, .locks = CAP});
    event(&d, (struct orl_event){.kind = ORL_EVENT_KEY, .scancode = CAPS, .locks = CAP});
    pass(&d, 5000 * MS);
    GOT("+CapsLock -CapsLock H4=0");
    simple(&d, ORL_EVENT_BLUR);
    GOT("");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_guests_locks_follow_the_hosts_once_per_reason),
        cmocka_unit_test(a_pressed_lock_key_is_not_toggled_twice),
        cmocka_unit_test(answers_keep_a_distance),
        cmocka_unit_test(a_host_that_follows_leads_at_focus_and_in_a_new_session),
        cmocka_unit_test(the_host_follows_a_lamp_that_changes_by_itself),
        cmocka_unit_test(lamps_that_blink_are_one_change),
        cmocka_unit_test(lamps_that_never_rest_set_the_host_now_and_then),
        cmocka_unit_test(a_slow_blinker_sets_the_host_twice_a_second_at_most),
        cmocka_unit_test(a_key_that_both_sides_take_needs_nothing),
        cmocka_unit_test(a_key_that_the_guest_uses_otherwise_is_undone_at_the_host),
        cmocka_unit_test(a_key_that_the_host_uses_otherwise_is_done_there),
        cmocka_unit_test(a_slow_guest_is_waited_for),
        cmocka_unit_test(a_command_that_the_guest_does_not_obey_ends_with_its_lamp),
        cmocka_unit_test(what_was_set_is_put_back_when_the_guest_is_left),
        cmocka_unit_test(a_lock_whose_key_was_pressed_is_not_put_back),
        cmocka_unit_test(a_change_that_was_taken_back_needs_no_putting_back),
        cmocka_unit_test(what_the_user_typed_is_put_back_as_well),
        cmocka_unit_test(a_host_that_changed_while_the_guest_was_left_leads),
        cmocka_unit_test(the_escape_keys_own_lock_is_left_alone),
        cmocka_unit_test(a_lock_that_the_host_does_not_have_is_left_alone),
        cmocka_unit_test(a_host_that_cannot_be_set_is_never_set),
        cmocka_unit_test(everything_that_takes_the_keys_from_the_guest_puts_the_host_back),
        cmocka_unit_test(input_switched_off_leaves_the_host_alone),
        cmocka_unit_test(without_capture_nothing_is_done_when_only_that_counts),
        cmocka_unit_test(keys_that_stay_with_the_viewer_are_the_hosts),
        cmocka_unit_test(a_key_that_the_guest_uses_otherwise_leaves_the_host_as_it_was),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
