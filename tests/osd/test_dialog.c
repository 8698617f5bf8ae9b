/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <stdio.h>
#include <string.h>

#include "osd/dialog.h"
#include "support/check.h"

enum {
    A = 4,
    ENTER = 40,
    ESCAPE = 41,
    BACKSPACE = 42,
    SPACE = 44,
    HOME = 74,
    PAGE_UP = 75,
    END = 77,
    PAGE_DOWN = 78,
    DOWN = 81,
    UP = 82
};

static void a_closed_dialog_takes_nothing(void **state)
{
    (void)state;
    struct orl_dialog d = {0};
    assert_int_equal(orl_dialog_key(&d, ENTER), ORL_DIALOG_NOTHING);
    assert_int_equal(orl_dialog_text(&d, "x"), ORL_DIALOG_NOTHING);
    assert_string_equal(d.look.title, "");
}

static void a_question_is_answered_with_enter_or_escape(void **state)
{
    (void)state;
    struct orl_dialog d = {0};
    orl_dialog_ask(&d, "Type it?", "300 characters", "Enter: yes");
    assert_string_equal(d.look.title, "Type it?");
    assert_int_equal(orl_dialog_key(&d, DOWN), ORL_DIALOG_NOTHING);
    assert_int_equal(orl_dialog_key(&d, ENTER), ORL_DIALOG_YES);
    assert_int_equal(orl_dialog_key(&d, A), ORL_DIALOG_NOTHING); /* no letter is an answer */
    assert_int_equal(orl_dialog_key(&d, ESCAPE), ORL_DIALOG_NO);
    orl_dialog_close(&d);
    assert_int_equal(orl_dialog_key(&d, ENTER), ORL_DIALOG_NOTHING);
}

static void a_secret_shows_only_its_length_and_is_wiped(void **state)
{
    (void)state;
    struct orl_dialog d = {0};
    orl_dialog_field(&d, "Password", "", true, "");
    assert_int_equal(orl_dialog_text(&d, "p\xc3\xa4ss"), ORL_DIALOG_CHANGED);
    assert_string_equal(d.entry, "p\xc3\xa4ss");
    assert_string_equal(d.look.entry, "****");
    assert_int_equal(orl_dialog_key(&d, A), ORL_DIALOG_NOTHING); /* a letter, not an answer */
    assert_int_equal(orl_dialog_key(&d, BACKSPACE), ORL_DIALOG_CHANGED);
    assert_int_equal(orl_dialog_key(&d, BACKSPACE), ORL_DIALOG_CHANGED);
    assert_string_equal(d.look.entry, "**");
    orl_dialog_key(&d, BACKSPACE); /* a character of two bytes goes as one */
    assert_string_equal(d.entry, "p");
    orl_dialog_close(&d);
    for (size_t i = 0; i < sizeof(d.entry); i++) {
        assert_int_equal(d.entry[i], 0);
    }
}

static void a_field_takes_no_more_than_it_holds(void **state)
{
    (void)state;
    struct orl_dialog d = {0};
    orl_dialog_field(&d, "Field", "", false, "");
    for (int i = 0; i < 1000; i++) {
        (void)orl_dialog_text(&d, "0123456789");
    }
    assert_true(strlen(d.entry) < sizeof(d.entry));
    assert_int_equal(strlen(d.entry) % 10, 0);
    assert_true(strlen(d.look.entry) < sizeof(d.look.entry));
}

static void a_list_is_walked_in_a_circle_and_stays_open(void **state)
{
    (void)state;
    struct orl_dialog d = {0};
    char rows[ORL_OSD_ROWS][ORL_OSD_ROW] = {"one", "two", "three"};
    orl_dialog_list(&d, "USB", "", "");
    assert_int_equal(orl_dialog_key(&d, ENTER), ORL_DIALOG_NOTHING); /* nothing to choose */
    orl_dialog_rows(&d, 3, rows);
    assert_int_equal(orl_dialog_key(&d, UP), ORL_DIALOG_CHANGED);
    assert_int_equal(d.selected, 2);
    assert_int_equal(orl_dialog_key(&d, DOWN), ORL_DIALOG_CHANGED);
    assert_int_equal(d.selected, 0);
    orl_dialog_key(&d, DOWN);
    assert_int_equal(orl_dialog_key(&d, SPACE), ORL_DIALOG_ROW);
    assert_int_equal(d.selected, 1);
    orl_dialog_key(&d, DOWN);
    orl_dialog_rows(&d, 1, rows); /* the list got shorter than the selection */
    assert_int_equal(d.selected, 0);
}

/* What is shown is a part of the list, and the selected row is in it. */
static void expect_shown(const struct orl_dialog *d, uint32_t selected)
{
    char name[32];
    assert_int_equal(d->selected, selected);
    assert_true(d->look.rows <= ORL_OSD_ROWS && d->look.selected < d->look.rows);
    assert_true(d->look.first + d->look.rows <= d->look.total);
    assert_int_equal(d->look.first + d->look.selected, selected);
    for (uint32_t i = 0; i < d->look.rows; i++) {
        snprintf(name, sizeof(name), "device %u", d->look.first + i);
        assert_string_equal(d->look.row[i], name);
    }
}

static void press(struct orl_dialog *d, uint16_t key, int times)
{
    for (int i = 0; i < times; i++) {
        assert_int_equal(orl_dialog_key(d, key), ORL_DIALOG_CHANGED);
    }
}

static void a_list_longer_than_the_overlay_scrolls(void **state)
{
    (void)state;
    struct orl_dialog d = {0};
    char rows[ORL_DIALOG_ROWS][ORL_OSD_ROW];
    for (int i = 0; i < ORL_DIALOG_ROWS; i++) {
        snprintf(rows[i], sizeof(rows[i]), "device %d", i);
    }
    orl_dialog_list(&d, "USB", "", "");
    orl_dialog_rows(&d, 30, rows);
    assert_int_equal(d.look.total, 30);
    for (uint32_t i = 0; i < 30; i++) {
        expect_shown(&d, i);
        press(&d, DOWN, 1);
    }
    expect_shown(&d, 0);
    assert_int_equal(d.look.first, 0);
    press(&d, UP, 1);
    expect_shown(&d, 29);
    press(&d, UP, 5);
    expect_shown(&d, 24);
    assert_int_equal(d.look.first, 18); /* it need not move for that */
    press(&d, HOME, 1);
    expect_shown(&d, 0);
    press(&d, PAGE_DOWN, 2);
    expect_shown(&d, 24);
    press(&d, PAGE_DOWN, 2); /* stays at the end */
    expect_shown(&d, 29);
    press(&d, PAGE_UP, 1);
    expect_shown(&d, 17);
    press(&d, END, 1);
    expect_shown(&d, 29);
    orl_dialog_rows(&d, 14, rows); /* others were unplugged */
    expect_shown(&d, 13);
    orl_dialog_rows(&d, 3, rows);
    expect_shown(&d, 2);
    assert_int_equal(d.look.first, 0);
    orl_dialog_rows(&d, 0, rows);
    assert_true(d.look.rows == 0 && d.look.total == 0);
    orl_dialog_rows(&d, 9999, rows);
    assert_int_equal(d.look.total, ORL_DIALOG_ROWS);
    expect_shown(&d, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_closed_dialog_takes_nothing),
        cmocka_unit_test(a_question_is_answered_with_enter_or_escape),
        cmocka_unit_test(a_secret_shows_only_its_length_and_is_wiped),
        cmocka_unit_test(a_field_takes_no_more_than_it_holds),
        cmocka_unit_test(a_list_is_walked_in_a_circle_and_stays_open),
        cmocka_unit_test(a_list_longer_than_the_overlay_scrolls),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
