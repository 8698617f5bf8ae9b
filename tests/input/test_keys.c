/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "input/keymap.h"
#include "input/keys.h"
#include "support/check.h"

static void key_parse_takes_names_with_and_without_prefix(void **state)
{
    (void)state;
    uint16_t code = 0;
    assert_true(orl_key_parse("KEY_SCROLLLOCK", &code));
    assert_int_equal(code, 71);
    assert_true(orl_key_parse("rightctrl", &code));
    assert_int_equal(code, 228);
    assert_true(orl_key_parse("key_102nd", &code));
    assert_int_equal(code, 100);
}

/* 70 is KEY_SCROLLLOCK, 1 is KEY_ESC: Linux numbers, as in the files of other viewers. */
static void key_parse_takes_linux_numbers(void **state)
{
    (void)state;
    uint16_t code = 0;
    assert_true(orl_key_parse("70", &code));
    assert_int_equal(code, 71);
    assert_true(orl_key_parse("1", &code));
    assert_int_equal(code, 41);
    assert_true(orl_key_parse("KEY_1", &code));
    assert_int_equal(code, 30);
}

static void key_parse_rejects_what_is_no_key(void **state)
{
    static const char *const bad[] = {"",   "KEY_",     "KEY_NOSUCH", "9999",
                                      "-1", "BTN_LEFT", "70x",        "99999999"};
    (void)state;
    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
        uint16_t code = 4711;
        assert_false(orl_key_parse(bad[i], &code));
        assert_int_equal(code, 4711);
    }
}

static void key_parse_takes_the_names_of_the_bindings(void **state)
{
    (void)state;
    uint16_t code = 0;
    assert_true(orl_key_parse("ScrollLock", &code));
    assert_int_equal(code, 71);
    assert_true(orl_key_parse("Pause", &code));
    assert_int_equal(code, 72);
    assert_true(orl_key_parse("LeftWin", &code));
    assert_int_equal(code, 227);
    assert_true(orl_key_parse("PgUp", &code));
    assert_int_equal(code, 75);
}

static void every_key_of_the_list_parses_back_by_number_and_both_names(void **state)
{
    (void)state;
    char *text = NULL;
    size_t size = 0;
    FILE *out = open_memstream(&text, &size);
    assert_non_null(out);
    orl_key_list(out);
    fclose(out);
    bool seen[512] = {false};
    int rows = 0;
    char *rest = NULL;
    for (char *line = strtok_r(text, "\n", &rest); line; line = strtok_r(NULL, "\n", &rest)) {
        char number[8];
        char name[40];
        char own[40];
        uint16_t by_number = 0;
        uint16_t by_name = 0;
        assert_int_equal(sscanf(line, "%7s %39s %39s", number, name, own), 3);
        assert_true(orl_key_parse(number, &by_number));
        assert_true(orl_key_parse(name, &by_name));
        assert_int_equal(by_number, by_name);
        assert_int_equal(orl_key_named(own, strlen(own))->usage, by_name);
        assert_true(by_name < 512 && !seen[by_name]);
        seen[by_name] = true;
        rows++;
    }
    assert_true(rows > 120);
    free(text);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(key_parse_takes_names_with_and_without_prefix),
        cmocka_unit_test(key_parse_takes_linux_numbers),
        cmocka_unit_test(key_parse_rejects_what_is_no_key),
        cmocka_unit_test(key_parse_takes_the_names_of_the_bindings),
        cmocka_unit_test(every_key_of_the_list_parses_back_by_number_and_both_names),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
