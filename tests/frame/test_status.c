/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "frame/status.h"
#include "support/check.h"

static void the_first_state_is_entered_with_its_time(void **state)
{
    (void)state;
    struct orl_guest_status s = {0};
    assert_int_equal(orl_status_enter(&s, ORL_GUEST_NO_MEMORY, 5000), ORL_STATUS_STATE);
    assert_int_equal(s.since_ns, 5000);
    assert_int_equal(orl_status_enter(&s, ORL_GUEST_NO_MEMORY, 9000), 0);
    assert_int_equal(s.since_ns, 5000);
}

static void needed_memory_follows_the_guest_softwares_rules(void **state)
{
    (void)state;
    const size_t mib = 1u << 20;
    /* The published table of IVSHMEM sizes. */
    assert_int_equal(orl_needed_memory(ORL_B7, 1920, 1080, 4), 32 * mib);
    assert_int_equal(orl_needed_memory(ORL_B7, 1920, 1080, 8), 64 * mib);
    assert_int_equal(orl_needed_memory(ORL_B6, 2560, 1440, 4), 64 * mib);
    assert_int_equal(orl_needed_memory(ORL_B7, 3840, 2160, 4), 128 * mib);
    assert_int_equal(orl_needed_memory(ORL_MASTER, 3840, 2160, 4), 128 * mib);
    assert_int_equal(orl_needed_memory(ORL_MASTER, 5120, 2880, 4), 256 * mib);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_first_state_is_entered_with_its_time),
        cmocka_unit_test(needed_memory_follows_the_guest_softwares_rules),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
