/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "input/event.h"
#include "input/keyboard.h"
#include "input/keymap.h"
#include "input/locks.h"
#include "record.h"
#include "support/check.h"

#define A     0x04
#define B     0x05
#define SHIFT 0xE1
#define PAUSE 0x48
#define CAPS  0x39
#define NUM   0x53
#define MS    UINT64_C(1000000)

struct board {
    struct orl_keyboard k;
    struct record r;
    struct orl_input_sink sink;
};

static struct board make(void)
{
    struct board b;
    orl_keyboard_init(&b.k);
    return b;
}

static void key(struct board *b, uint16_t usage, bool down, bool pass)
{
    struct orl_keystroke s = {.usage = usage, .down = down, .pass = pass, .linked = true};
    orl_keyboard_key(&b->k, &b->sink, &s, 1);
}

static void repeat(struct board *b, uint16_t usage)
{
    struct orl_keystroke s = {
        .usage = usage, .down = true, .repeat = true, .pass = true, .linked = true};
    orl_keyboard_key(&b->k, &b->sink, &s, 1);
}

static void strike(struct board *b, uint16_t usage, bool down)
{
    struct orl_keystroke s = {.usage = usage, .down = down, .pass = true, .linked = true};
    orl_keyboard_make(&b->k, &b->sink, &s, 1);
}

#define START                                                                                  \
    struct board b = make();                                                                   \
    b.sink = record_sink(&b.r);                                                                \
    (void)state

static void a_key_goes_down_and_up_with_its_codes(void **state)
{
    START;
    key(&b, 0x52, true, true);
    assert_int_equal(b.r.last.code, 0x148); /* arrow up: E0 48 */
    assert_int_equal(b.r.last.usage, 0x52);
    assert_true(b.r.last.down);
    assert_int_equal(b.r.last.t_ns, 1);
    key(&b, 0x52, false, true);
    assert_int_equal(b.r.last.code, 0x148);
    assert_false(b.r.last.down);
    assert_false(orl_keyboard_any(&b.k));
}

static void every_key_of_the_table_is_told_once_down_and_once_up(void **state)
{
    START;
    size_t n = 0;
    const struct orl_key *keys = orl_keymap(&n);
    assert_true(n > 100);
    for (size_t i = 0; i < n; i++) {
        struct orl_keystroke s = {.usage = keys[i].usage, .down = true, .pass = true};
        bool has = keys[i].set1 || keys[i].usage <= 0xE7;
        s.linked = true;
        record_take(&b.r);
        orl_keyboard_key(&b.k, &b.sink, &s, 1);
        assert_int_equal(b.r.used > 0, has);
        if (has) {
            assert_int_equal(b.r.last.code, keys[i].set1);
            assert_int_equal(b.r.last.usage, keys[i].usage <= 0xE7 ? keys[i].usage : 0);
        }
        s.down = false;
        record_take(&b.r);
        orl_keyboard_key(&b.k, &b.sink, &s, 1);
        assert_int_equal(b.r.used > 0, has);
        assert_false(orl_keyboard_any(&b.k));
    }
}

static void only_marked_repeats_are_repeated(void **state)
{
    START;
    key(&b, A, true, true);
    repeat(&b, A);
    repeat(&b, A);
    key(&b, A, true, true); /* a driver that does not mark repeats */
    key(&b, A, false, true);
    assert_string_equal(record_take(&b.r), "+A +A +A -A");
    repeat(&b, B); /* held since before this window had the keyboard */
    key(&b, B, false, true);
    assert_string_equal(record_take(&b.r), "");
}

static void pause_does_not_repeat(void **state)
{
    START;
    key(&b, PAUSE, true, true);
    assert_int_equal(b.r.last.code, ORL_CODE_PAUSE);
    repeat(&b, PAUSE);
    key(&b, PAUSE, false, true);
    assert_string_equal(record_take(&b.r), "+Pause -Pause");
}

static void a_key_kept_back_is_not_released_either(void **state)
{
    START;
    key(&b, A, true, false);
    repeat(&b, A);
    key(&b, A, false, true);
    assert_string_equal(record_take(&b.r), "");
}

static void what_was_told_is_released_even_when_keys_are_kept_back_by_then(void **state)
{
    START;
    key(&b, A, true, true);
    key(&b, A, false, false);
    assert_string_equal(record_take(&b.r), "+A -A");
}

static void released_keys_that_stay_under_the_finger_are_not_pressed_again(void **state)
{
    START;
    key(&b, SHIFT, true, true);
    key(&b, A, true, true);
    orl_keyboard_release(&b.k, &b.sink, false, 2);
    repeat(&b, A);
    key(&b, A, false, true);
    key(&b, SHIFT, false, true);
    assert_string_equal(record_take(&b.r), "+LeftShift +A -A -LeftShift");
    key(&b, A, true, true);
    assert_string_equal(record_take(&b.r), "+A");
}

static void a_new_session_has_been_told_nothing(void **state)
{
    START;
    key(&b, A, true, true);
    record_take(&b.r);
    orl_keyboard_void(&b.k);
    key(&b, A, false, true);
    key(&b, A, true, true);
    assert_string_equal(record_take(&b.r), "+A");
}

/* Until somebody is there again who can be told. */
static void a_release_that_nobody_hears_is_not_forgotten(void **state)
{
    START;
    key(&b, A, true, true);
    struct orl_keystroke up = {.usage = A, .down = false, .pass = false, .linked = false};
    orl_keyboard_key(&b.k, &b.sink, &up, 2);
    assert_string_equal(record_take(&b.r), "+A");
    assert_int_equal(orl_keyboard_watch(&b.k, &b.sink, 3), 1);
    assert_string_equal(record_take(&b.r), "-A");
}

static void a_made_key_and_a_finger_share_the_guests_key(void **state)
{
    START;
    key(&b, SHIFT, true, true);
    strike(&b, SHIFT, true);
    strike(&b, A, true);
    strike(&b, A, false);
    strike(&b, SHIFT, false);
    assert_string_equal(record_take(&b.r), "+LeftShift +A -A");
    key(&b, SHIFT, false, true);
    assert_string_equal(record_take(&b.r), "-LeftShift");
    strike(&b, A, true);
    key(&b, A, true, true);
    key(&b, A, false, true);
    assert_string_equal(record_take(&b.r), "+A");
    strike(&b, A, false);
    assert_string_equal(record_take(&b.r), "-A");
}

static void made_keys_are_released_only_when_asked(void **state)
{
    START;
    strike(&b, SHIFT, true);
    key(&b, A, true, true);
    record_take(&b.r);
    orl_keyboard_release(&b.k, &b.sink, false, 2);
    assert_string_equal(record_take(&b.r), "-A");
    orl_keyboard_release(&b.k, &b.sink, true, 2);
    assert_string_equal(record_take(&b.r), "-LeftShift");
}

static void the_watchdog_releases_what_the_window_system_says_is_up(void **state)
{
    START;
    uint8_t down[512] = {0};
    key(&b, A, true, true);
    key(&b, B, true, true);
    down[A] = down[B] = 1;
    orl_keyboard_believe(&b.k, down, sizeof(down));
    assert_int_equal(orl_keyboard_watch(&b.k, &b.sink, 2), 0);
    assert_string_equal(record_take(&b.r), "+A +B");
    down[A] = 0;
    orl_keyboard_believe(&b.k, down, sizeof(down));
    assert_int_equal(orl_keyboard_watch(&b.k, &b.sink, 3), 1);
    assert_int_equal(orl_keyboard_watch(&b.k, &b.sink, 4), 0);
    assert_string_equal(record_take(&b.r), "-A");
    assert_int_equal(b.k.corrections, 1);
}

static void numbers_that_are_no_key_are_ignored(void **state)
{
    START;
    key(&b, 0, true, true);
    key(&b, 512, true, true);
    key(&b, 0xFFFF, true, true);
    strike(&b, 512, true);
    assert_string_equal(record_take(&b.r), "");
    assert_false(orl_keyset_has(&b.k.held, 0xFFFF));
}

static void the_guests_locks_follow_the_hosts_once_per_reason(void **state)
{
    START;
    struct orl_locks l;
    orl_locks_init(&l, 0);
    orl_locks_tick(&l, &b.sink, ORL_LOCK_NUM, 0);
    assert_string_equal(record_take(&b.r), ""); /* the host's are not known */
    orl_locks_host(&l, ORL_LOCK_CAPS);
    orl_locks_arm(&l);
    assert_int_equal(orl_locks_due(&l), 0);
    orl_locks_tick(&l, &b.sink, ORL_LOCK_NUM, 1);
    assert_string_equal(record_take(&b.r), "L4");
    orl_locks_tick(&l, &b.sink, ORL_LOCK_NUM, 2000 * MS); /* the guest wants it so */
    assert_string_equal(record_take(&b.r), "");
    assert_true(orl_locks_due(&l) == UINT64_MAX);
    orl_locks_arm(&l);
    orl_locks_tick(&l, &b.sink, ORL_LOCK_CAPS, 3000 * MS); /* equal */
    assert_string_equal(record_take(&b.r), "");
}

static void a_pressed_lock_key_is_not_toggled_twice(void **state)
{
    START;
    struct orl_locks l;
    orl_locks_init(&l, 0);
    orl_locks_host(&l, 0);
    orl_locks_host(&l, ORL_LOCK_CAPS); /* the event of the press already shows it */
    orl_locks_key(&l, CAPS, 10 * MS);
    for (uint64_t t = 10; t < 300; t += 10) {
        orl_locks_tick(&l, &b.sink, 0, t * MS); /* the guest's lamp is late */
    }
    assert_true(orl_locks_due(&l) == 10 * MS + ORL_LOCKS_SETTLE_NS);
    orl_locks_tick(&l, &b.sink, ORL_LOCK_CAPS, 400 * MS);
    assert_string_equal(record_take(&b.r), "");
    orl_locks_host(&l, 0);
    orl_locks_key(&l, CAPS, 500 * MS);
    orl_locks_tick(&l, &b.sink, ORL_LOCK_CAPS, 900 * MS); /* the guest did not take the key */
    assert_string_equal(record_take(&b.r), "L0");
}

static void answers_keep_a_distance(void **state)
{
    START;
    struct orl_locks l;
    orl_locks_init(&l, 0);
    for (uint64_t t = 0; t < 1000; t += 10) {
        orl_locks_host(&l, t / 10 % 2 ? ORL_LOCK_NUM : 0);
        orl_locks_arm(&l);
        orl_locks_tick(&l, &b.sink, ORL_LOCK_CAPS, t * MS);
    }
    assert_string_equal(record_take(&b.r), "L0 L0");
}

static void the_escape_keys_own_lock_is_left_alone(void **state)
{
    START;
    struct orl_locks l;
    orl_locks_init(&l, 0x47); /* Scroll Lock */
    orl_locks_host(&l, ORL_LOCK_SCROLL);
    orl_locks_arm(&l);
    orl_locks_tick(&l, &b.sink, 0, 1);
    assert_string_equal(record_take(&b.r), "");
    orl_locks_host(&l, ORL_LOCK_NUM);
    orl_locks_tick(&l, &b.sink, ORL_LOCK_SCROLL, 2);
    assert_string_equal(record_take(&b.r), "L3");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_key_goes_down_and_up_with_its_codes),
        cmocka_unit_test(every_key_of_the_table_is_told_once_down_and_once_up),
        cmocka_unit_test(only_marked_repeats_are_repeated),
        cmocka_unit_test(pause_does_not_repeat),
        cmocka_unit_test(a_key_kept_back_is_not_released_either),
        cmocka_unit_test(what_was_told_is_released_even_when_keys_are_kept_back_by_then),
        cmocka_unit_test(released_keys_that_stay_under_the_finger_are_not_pressed_again),
        cmocka_unit_test(a_new_session_has_been_told_nothing),
        cmocka_unit_test(a_release_that_nobody_hears_is_not_forgotten),
        cmocka_unit_test(a_made_key_and_a_finger_share_the_guests_key),
        cmocka_unit_test(made_keys_are_released_only_when_asked),
        cmocka_unit_test(the_watchdog_releases_what_the_window_system_says_is_up),
        cmocka_unit_test(numbers_that_are_no_key_are_ignored),
        cmocka_unit_test(the_guests_locks_follow_the_hosts_once_per_reason),
        cmocka_unit_test(a_pressed_lock_key_is_not_toggled_twice),
        cmocka_unit_test(answers_keep_a_distance),
        cmocka_unit_test(the_escape_keys_own_lock_is_left_alone),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
