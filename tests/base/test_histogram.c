/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "base/histogram.h"
#include "support/check.h"

static void an_empty_histogram_says_zero(void **state)
{
    (void)state;
    struct orl_histogram h;
    orl_histogram_init(&h);
    assert_int_equal(orl_histogram_percentile(&h, 50), 0);
    assert_int_equal(orl_histogram_percentile(&h, 100), 0);
}

static void every_duration_is_found_within_an_eighth(void **state)
{
    (void)state;
    for (uint64_t ns = 1; ns < UINT64_C(1) << 42; ns += ns / 7 + 1) {
        struct orl_histogram h;
        orl_histogram_init(&h);
        orl_histogram_add(&h, ns);
        uint64_t got = orl_histogram_percentile(&h, 50);
        assert_true(got > ns);
        assert_true(got <= ns + ns / 8 + 1024);
    }
}

static void percentiles_split_the_entries(void **state)
{
    (void)state;
    struct orl_histogram h;
    orl_histogram_init(&h);
    for (int i = 0; i < 98; i++) {
        orl_histogram_add(&h, 1000000);
    }
    orl_histogram_add(&h, 50000000);
    orl_histogram_add(&h, 50000000);
    assert_in_range(orl_histogram_percentile(&h, 50), 1000000, 1126000);
    assert_in_range(orl_histogram_percentile(&h, 98), 1000000, 1126000);
    assert_in_range(orl_histogram_percentile(&h, 99), 50000000, 56300000);
}

static void the_largest_number_has_a_bucket(void **state)
{
    (void)state;
    struct orl_histogram h;
    orl_histogram_init(&h);
    orl_histogram_add(&h, UINT64_MAX);
    assert_true(orl_histogram_percentile(&h, 100) > 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(an_empty_histogram_says_zero),
        cmocka_unit_test(every_duration_is_found_within_an_eighth),
        cmocka_unit_test(percentiles_split_the_entries),
        cmocka_unit_test(the_largest_number_has_a_bucket),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
