/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "input/event.h"
#include "input/keyboard.h"
#include "input/keymap.h"
#include "record.h"
#include "support/check.h"

#define A     0x04
#define B     0x05
#define SHIFT 0xE1
#define PAUSE 0x48
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
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
