/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <limits.h>
#include <string.h>

#include "base/str.h"
#include "support/check.h"

static void bool_words_are_read_in_any_case(void **state)
{
    (void)state;
    static const char *const yes[] = {"yes", "YES", "on", "True", "1"};
    static const char *const no[] = {"no", "No", "off", "FALSE", "0"};
    for (size_t i = 0; i < 5; i++) {
        bool v = false;
        assert_true(orl_str_to_bool(yes[i], &v));
        assert_true(v);
        assert_true(orl_str_to_bool(no[i], &v));
        assert_false(v);
    }
}

static void other_words_are_no_bool_and_leave_the_value(void **state)
{
    (void)state;
    static const char *const bad[] = {"", "y", "yes ", " yes", "2", "enable"};
    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
        bool v = true;
        assert_false(orl_str_to_bool(bad[i], &v));
        assert_true(v);
    }
}

static void int_takes_the_whole_range_and_nothing_more(void **state)
{
    (void)state;
    int v = 7;
    assert_true(orl_str_to_int("2147483647", &v));
    assert_int_equal(v, INT_MAX);
    assert_true(orl_str_to_int("-2147483648", &v));
    assert_int_equal(v, INT_MIN);
    assert_true(orl_str_to_int("+005", &v));
    assert_int_equal(v, 5);
    static const char *const bad[] = {"",     "-",  "2147483648", "-2147483649",
                                      " 1",   "1 ", "1.0",        "99999999999999999999",
                                      "0x10", "--1"};
    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
        assert_false(orl_str_to_int(bad[i], &v));
        assert_int_equal(v, 5);
    }
}

static void double_has_a_point_and_no_exponent(void **state)
{
    (void)state;
    double v = 9;
    assert_true(orl_str_to_double("2.0", &v));
    assert_true(v == 2.0);
    assert_true(orl_str_to_double("-0.125", &v));
    assert_true(v == -0.125);
    assert_true(orl_str_to_double("0.1", &v));
    assert_true(v == 0.1);
    assert_true(orl_str_to_double(".5", &v));
    assert_true(v == 0.5);
    static const char *const bad[] = {
        "", ".", "-", "1,5", "1e3", "nan", "inf", "1.2.3", " 1", "1 ", "1234567890123456"};
    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
        assert_false(orl_str_to_double(bad[i], &v));
        assert_true(v == 0.5);
    }
}

static void pair_needs_both_numbers_and_no_tail(void **state)
{
    (void)state;
    int a = 1;
    int b = 2;
    assert_true(orl_str_to_pair("1024x768", &a, &b));
    assert_int_equal(a, 1024);
    assert_int_equal(b, 768);
    assert_true(orl_str_to_pair("-20X+4", &a, &b));
    assert_int_equal(a, -20);
    assert_int_equal(b, 4);
    static const char *const bad[] = {"", "x", "1x", "x1", "1x2x3", "1 x2", "1x2 ", "1*2"};
    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
        assert_false(orl_str_to_pair(bad[i], &a, &b));
        assert_int_equal(a, -20);
    }
}

static void copy_cuts_between_characters_and_says_so(void **state)
{
    (void)state;
    char buf[4];
    assert_true(orl_str_copy(buf, sizeof(buf), "abc"));
    assert_string_equal(buf, "abc");
    assert_false(orl_str_copy(buf, sizeof(buf), "abcd"));
    assert_string_equal(buf, "abc");
    assert_false(orl_str_copy(buf, sizeof(buf), "ab\xC3\xA4"));
    assert_string_equal(buf, "ab");
    assert_false(orl_str_copy(buf, 1, "a"));
    assert_string_equal(buf, "");
}

static void distance_counts_edits_without_letter_case(void **state)
{
    (void)state;
    assert_int_equal(orl_str_distance("", ""), 0);
    assert_int_equal(orl_str_distance("abc", ""), 3);
    assert_int_equal(orl_str_distance("", "abc"), 3);
    assert_int_equal(orl_str_distance("fullScreen", "fullscreen"), 0);
    assert_int_equal(orl_str_distance("fulScreen", "fullScreen"), 1);
    assert_int_equal(orl_str_distance("kitten", "sitting"), 3);
}

static void distance_of_very_long_text_is_bounded(void **state)
{
    (void)state;
    char text[1000];
    memset(text, 'a', sizeof(text) - 1);
    text[sizeof(text) - 1] = '\0';
    assert_int_equal(orl_str_distance(text, "a"), 62);
}

static void utf8_is_told_from_other_bytes(void **state)
{
    (void)state;
    static const char *const good[] = {"", "abc", "\xC3\xA4", "\xE2\x82\xAC",
                                       "\xF0\x9F\x98\x80"};
    static const char *const bad[] = {"\xE4",         "\xC3",         "\xC0\x80",
                                      "\xE0\x80\x80", "\xED\xA0\x80", "\xF4\x90\x80\x80",
                                      "\xFF",         "a\x80",        "\xE2\x82"};
    for (size_t i = 0; i < sizeof(good) / sizeof(good[0]); i++) {
        assert_true(orl_str_is_utf8(good[i]));
    }
    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
        assert_false(orl_str_is_utf8(bad[i]));
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(bool_words_are_read_in_any_case),
        cmocka_unit_test(other_words_are_no_bool_and_leave_the_value),
        cmocka_unit_test(int_takes_the_whole_range_and_nothing_more),
        cmocka_unit_test(double_has_a_point_and_no_exponent),
        cmocka_unit_test(pair_needs_both_numbers_and_no_tail),
        cmocka_unit_test(copy_cuts_between_characters_and_says_so),
        cmocka_unit_test(distance_counts_edits_without_letter_case),
        cmocka_unit_test(distance_of_very_long_text_is_bounded),
        cmocka_unit_test(utf8_is_told_from_other_bytes),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
