/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "input/binds.h"
#include "support/check.h"

#define ESCAPE 71
#define KEY_F  9
#define KEY_Q  20
#define KEY_Z  29
#define MS     UINT64_C(1000000)

static enum orl_action press(struct orl_binds *b, uint16_t code, bool down, uint64_t now_ns)
{
    struct orl_event ev = {ORL_EVENT_KEY, down, false, code};
    return orl_binds_key(b, &ev, now_ns);
}

static struct orl_binds make(void)
{
    struct orl_binds b;
    orl_binds_init(&b, ESCAPE, 200 * MS);
    return b;
}

static void a_combination_needs_the_escape_key(void **state)
{
    (void)state;
    struct orl_binds b = make();
    assert_int_equal(press(&b, KEY_F, true, 0), ORL_ACTION_NONE);
    press(&b, KEY_F, false, 1);
    press(&b, ESCAPE, true, 2);
    assert_int_equal(press(&b, KEY_F, true, 3), ORL_ACTION_FULL_SCREEN);
    assert_int_equal(press(&b, KEY_F, false, 4), ORL_ACTION_NONE);
    assert_int_equal(press(&b, KEY_Z, true, 5), ORL_ACTION_NONE);
    assert_int_equal(press(&b, KEY_Q, true, 6), ORL_ACTION_QUIT);
    press(&b, ESCAPE, false, 7);
    assert_int_equal(press(&b, KEY_Q, true, 8), ORL_ACTION_NONE);
}

static void a_held_key_acts_once(void **state)
{
    (void)state;
    struct orl_binds b = make();
    struct orl_event again = {ORL_EVENT_KEY, true, true, KEY_F};
    press(&b, ESCAPE, true, 0);
    assert_int_equal(press(&b, KEY_F, true, 1), ORL_ACTION_FULL_SCREEN);
    assert_int_equal(orl_binds_key(&b, &again, 2), ORL_ACTION_NONE);
}

static void help_appears_after_the_delay_and_goes_with_the_key(void **state)
{
    (void)state;
    struct orl_binds b = make();
    assert_true(orl_binds_due(&b) == UINT64_MAX);
    press(&b, ESCAPE, true, 1000);
    assert_true(orl_binds_due(&b) == 1000 + 200 * MS);
    assert_int_equal(orl_binds_tick(&b, 999 + 200 * MS), ORL_ACTION_NONE);
    assert_int_equal(orl_binds_tick(&b, 1000 + 200 * MS), ORL_ACTION_HELP_SHOW);
    assert_int_equal(orl_binds_tick(&b, 1001 + 200 * MS), ORL_ACTION_NONE);
    assert_int_equal(press(&b, ESCAPE, false, 300 * MS), ORL_ACTION_HELP_HIDE);
    assert_int_equal(orl_binds_tick(&b, 900 * MS), ORL_ACTION_NONE);
}

static void repeats_of_the_escape_key_do_not_push_help_back(void **state)
{
    (void)state;
    struct orl_binds b = make();
    struct orl_event again = {ORL_EVENT_KEY, true, true, ESCAPE};
    press(&b, ESCAPE, true, 0);
    orl_binds_key(&b, &again, 100 * MS);
    press(&b, ESCAPE, true, 150 * MS); /* a driver that does not mark repeats */
    assert_int_equal(orl_binds_tick(&b, 200 * MS), ORL_ACTION_HELP_SHOW);
}

static void no_help_after_a_combination(void **state)
{
    (void)state;
    struct orl_binds b = make();
    press(&b, ESCAPE, true, 0);
    press(&b, KEY_F, true, 10 * MS);
    assert_true(orl_binds_due(&b) == UINT64_MAX);
    assert_int_equal(orl_binds_tick(&b, 500 * MS), ORL_ACTION_NONE);
    assert_int_equal(press(&b, ESCAPE, false, 600 * MS), ORL_ACTION_NONE);
}

static void focus_loss_lets_go_of_the_escape_key(void **state)
{
    (void)state;
    struct orl_binds b = make();
    press(&b, ESCAPE, true, 0);
    assert_int_equal(orl_binds_tick(&b, 200 * MS), ORL_ACTION_HELP_SHOW);
    assert_int_equal(orl_binds_blur(&b), ORL_ACTION_HELP_HIDE);
    assert_int_equal(press(&b, KEY_Q, true, 300 * MS), ORL_ACTION_NONE);
    assert_int_equal(orl_binds_blur(&b), ORL_ACTION_NONE);
}

static void every_row_of_the_table_is_reachable(void **state)
{
    (void)state;
    size_t n = 0;
    const struct orl_bind *table = orl_binds_table(&n);
    assert_true(n >= 5);
    for (size_t i = 0; i < n; i++) {
        struct orl_binds b = make();
        press(&b, ESCAPE, true, 0);
        assert_int_equal(press(&b, table[i].scancode, true, 1), table[i].action);
        assert_true(strlen(table[i].text) > 0);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_combination_needs_the_escape_key),
        cmocka_unit_test(a_held_key_acts_once),
        cmocka_unit_test(help_appears_after_the_delay_and_goes_with_the_key),
        cmocka_unit_test(repeats_of_the_escape_key_do_not_push_help_back),
        cmocka_unit_test(no_help_after_a_combination),
        cmocka_unit_test(focus_loss_lets_go_of_the_escape_key),
        cmocka_unit_test(every_row_of_the_table_is_reachable),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
