/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <stdlib.h>
#include <string.h>

#include "clip/lineend.h"
#include "support/check.h"
#include "support/random.h"

static void expect(uint8_t *got, size_t got_len, const char *want, size_t want_len)
{
    assert_non_null(got);
    assert_int_equal(got_len, want_len);
    assert_memory_equal(got, want, want_len);
    assert_int_equal(got[got_len], 0);
    free(got);
}

#define TO_GUEST(text, crlf, want)                                                             \
    do {                                                                                       \
        size_t n_ = 0;                                                                         \
        uint8_t *got_ = orl_clip_text_to_guest(text, sizeof(text) - 1, crlf, 1000, &n_);       \
        expect(got_, n_, want, sizeof(want) - 1);                                              \
    } while (0)
#define FROM_GUEST(text, crlf, want)                                                           \
    do {                                                                                       \
        size_t n_ = 0;                                                                         \
        uint8_t *got_ = orl_clip_text_from_guest(text, sizeof(text) - 1, crlf, &n_);           \
        expect(got_, n_, want, sizeof(want) - 1);                                              \
    } while (0)

static void text_for_a_guest_gets_its_line_ends(void **state)
{
    (void)state;
    TO_GUEST("one\ntwo\n", true, "one\r\ntwo\r\n");
    TO_GUEST("one\ntwo\n", false, "one\ntwo\n");
    TO_GUEST("one\r\ntwo", true, "one\r\ntwo");
    TO_GUEST("\n\n\r\r\n", true, "\r\n\r\n\r\r\n");
    TO_GUEST("", true, "");
}

static void text_from_a_guest_gets_ours(void **state)
{
    (void)state;
    FROM_GUEST("one\r\ntwo\r\n", true, "one\ntwo\n");
    FROM_GUEST("one\r\ntwo\r\n", false, "one\r\ntwo\r\n");
    FROM_GUEST("a\rb\r\r\nc\r", true, "a\rb\r\nc\r");
    FROM_GUEST("", true, "");
}

static void terminators_are_cut_and_bytes_that_are_no_text_replaced(void **state)
{
    (void)state;
    FROM_GUEST("end\0\0", false, "end");
    FROM_GUEST("a\0b", false, "a?b");
    FROM_GUEST("\xC3\xA4\xE2\x82\xAC\xF0\x9F\x98\x80", false,
               "\xC3\xA4\xE2\x82\xAC\xF0\x9F\x98\x80");
    FROM_GUEST("gr\xFCn", false, "gr?n");
    FROM_GUEST("\xC0\x80|\xED\xA0\x80|\xF4\x90\x80\x80|\xE0\x80\x80|\xF0\x80\x80\x80", false,
               "??|???|????|???|????");
    FROM_GUEST("\xE2\x82", false, "??");
}

static void text_of_the_host_is_cleaned_as_well(void **state)
{
    (void)state;
    TO_GUEST("end\0\0", true, "end");
    TO_GUEST("\0", true, "");
    TO_GUEST("a\0b", false, "a?b");
    TO_GUEST("gr\xFCn\n\xC3\xA4\n", true, "gr?n\r\n\xC3\xA4\r\n");
    TO_GUEST("\xFF\xFE\xC3(\0x", false, "?\?\?(?x");
    TO_GUEST("\xE2\x82\n", true, "??\r\n");
}

static void a_text_that_would_grow_over_the_bound_is_refused(void **state)
{
    (void)state;
    size_t n = 0;
    assert_null(orl_clip_text_to_guest("\n\n\n", 3, true, 5, &n));
    assert_null(orl_clip_text_to_guest("abcdef", 6, false, 5, &n));
    uint8_t *fits = orl_clip_text_to_guest("\n\n\n", 3, true, 6, &n);
    expect(fits, n, "\r\n\r\n\r\n", 6);
}

/* LF text of any kind comes back as it was; whatever comes in, the result is bounded and clean. */
static void any_text_survives_the_way_to_a_guest_and_back(void **state)
{
    (void)state;
    uint64_t seed = 5;
    for (int round = 0; round < 20000; round++) {
        static const char *const pieces[] = {"\n",       "a",  "xyz",
                                             "\xC3\xA4", "\t", "\xE2\x82\xAC"};
        char text[64] = "";
        size_t len = 0;
        for (uint32_t i = random_below(&seed, 16); i > 0; i--) {
            const char *piece = pieces[random_below(&seed, 6)];
            memcpy(text + len, piece, strlen(piece));
            len += strlen(piece);
        }
        size_t there = 0;
        size_t back = 0;
        uint8_t *guest = orl_clip_text_to_guest(text, len, true, 1000, &there);
        uint8_t *host = orl_clip_text_from_guest(guest, there, true, &back);
        expect(host, back, text, len);
        for (size_t i = 0; i < there; i++) {
            guest[i] = random_below(&seed, 3) == 0 ? (uint8_t)random_next(&seed) : guest[i];
        }
        size_t once = 0;
        size_t twice = 0;
        uint8_t *clean = orl_clip_text_from_guest(guest, there, false, &once);
        assert_true(once <= there);
        uint8_t *again = orl_clip_text_from_guest(clean, once, false, &twice);
        expect(again, twice, (const char *)clean, once);
        assert_int_equal(strlen((const char *)clean), once);
        free(clean);
        free(guest);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(text_for_a_guest_gets_its_line_ends),
        cmocka_unit_test(text_from_a_guest_gets_ours),
        cmocka_unit_test(terminators_are_cut_and_bytes_that_are_no_text_replaced),
        cmocka_unit_test(text_of_the_host_is_cleaned_as_well),
        cmocka_unit_test(a_text_that_would_grow_over_the_bound_is_refused),
        cmocka_unit_test(any_text_survives_the_way_to_a_guest_and_back),
    };
    return cmocka_run_group_tests_name("lineend", tests, NULL, NULL);
}
