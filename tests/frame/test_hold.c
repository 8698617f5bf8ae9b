/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What becomes of a frame that was handed over in place: all ends, and the times between them. */
#include <stdlib.h>

#include "base/clock.h"
#include "base/thread.h"
#include "frame/hold.h"
#include "support/check.h"

#define MS UINT64_C(1000000)

static struct orl_frame_link *new_link(void)
{
    struct orl_frame_link *link = aligned_alloc(64, (sizeof(*link) + 63) / 64 * 64);
    assert_non_null(link);
    orl_frame_link_init(link, NULL);
    return link;
}

static void free_link(struct orl_frame_link *link)
{
    orl_frame_link_finish(link);
    free(link);
}

static void hand_over(struct orl_hold *h, struct orl_frame_link *link, uint64_t now)
{
    orl_mailbox_publish(&link->frame_mb);
    orl_hold_begin(h, h->last + 1, now);
}

static void each_end_is_told_once(void **state)
{
    (void)state;
    struct orl_frame_link *link = new_link();
    struct orl_hold h = {0};
    assert_int_equal(orl_hold_step(&h, link, false, 0), ORL_HOLD_NOTHING);

    hand_over(&h, link, 0);
    assert_int_equal(orl_hold_step(&h, link, false, 1 * MS), ORL_HOLD_WAIT);
    assert_true(orl_mailbox_take(&link->frame_mb));
    orl_frame_link_release(link, 1, true);
    assert_int_equal(orl_hold_step(&h, link, true, 2 * MS), ORL_HOLD_SHOWN);
    assert_int_equal(orl_hold_step(&h, link, true, 2 * MS), ORL_HOLD_NOTHING);

    hand_over(&h, link, 3 * MS);
    assert_int_equal(orl_hold_step(&h, link, false, 3 * MS), ORL_HOLD_WAIT); /* not the 1 */
    assert_true(orl_mailbox_take(&link->frame_mb));
    orl_frame_link_release(link, 2, false);
    assert_int_equal(orl_hold_step(&h, link, false, 4 * MS), ORL_HOLD_REFUSED);
    assert_int_equal(orl_hold_step(&h, link, false, 4 * MS), ORL_HOLD_NOTHING);

    hand_over(&h, link, 5 * MS);
    assert_int_equal(orl_hold_step(&h, link, true, 5 * MS), ORL_HOLD_WITHDRAWN);
    assert_false(orl_mailbox_take(&link->frame_mb));
    assert_int_equal(orl_hold_step(&h, link, true, 6 * MS), ORL_HOLD_NOTHING);

    hand_over(&h, link, 10 * MS);
    assert_int_equal(orl_hold_step(&h, link, false, 109 * MS), ORL_HOLD_WAIT);
    assert_int_equal(orl_hold_due(&h), 110 * MS);
    assert_int_equal(orl_hold_step(&h, link, false, 110 * MS), ORL_HOLD_UNTAKEN);
    assert_false(orl_mailbox_take(&link->frame_mb));
    free_link(link);
}

static void a_taken_frame_is_late_once_and_still_released_after_that(void **state)
{
    (void)state;
    struct orl_frame_link *link = new_link();
    struct orl_hold h = {0};
    hand_over(&h, link, 0);
    assert_true(orl_mailbox_take(&link->frame_mb));
    assert_int_equal(orl_hold_step(&h, link, true, 90 * MS), ORL_HOLD_WAIT); /* found taken */
    assert_int_equal(orl_hold_due(&h), 340 * MS);
    assert_int_equal(orl_hold_step(&h, link, true, 339 * MS), ORL_HOLD_WAIT);
    assert_int_equal(orl_hold_step(&h, link, true, 340 * MS), ORL_HOLD_LATE);
    assert_int_equal(orl_hold_due(&h), UINT64_MAX);
    assert_int_equal(orl_hold_step(&h, link, true, 5000 * MS), ORL_HOLD_WAIT);
    orl_frame_link_release(link, 1, true);
    assert_int_equal(orl_hold_step(&h, link, true, 5001 * MS), ORL_HOLD_SHOWN);
    free_link(link);
}

static void a_hand_over_after_a_wait_lies_in_the_future_of_the_step(void **state)
{
    (void)state;
    struct orl_frame_link *link = new_link();
    struct orl_hold h = {0};
    hand_over(&h, link, 500 * MS);
    assert_int_equal(orl_hold_step(&h, link, false, 499 * MS), ORL_HOLD_WAIT);
    free_link(link);
}

static void release_soon(void *arg)
{
    orl_sleep_until(orl_now_ns() + 20 * MS);
    orl_frame_link_release(arg, 1, true);
}

static void the_end_withdraws_waits_or_says_that_it_is_still_out(void **state)
{
    (void)state;
    struct orl_frame_link *link = new_link();
    struct orl_hold h = {0};
    assert_true(orl_hold_finish(&h, link, 0));
    hand_over(&h, link, 0);
    assert_true(orl_hold_finish(&h, link, 0)); /* withdrawn */
    assert_false(orl_mailbox_take(&link->frame_mb));

    h = (struct orl_hold){0};
    hand_over(&h, link, 0);
    assert_true(orl_mailbox_take(&link->frame_mb));
    assert_false(orl_hold_finish(&h, link, 5 * MS));
    assert_true(h.out);
    struct orl_thread t = {0};
    assert_int_equal(orl_thread_start(&t, "release", release_soon, link), ORL_OK);
    assert_true(orl_hold_finish(&h, link, 60 * 1000 * MS)); /* ends with the release */
    orl_thread_join(&t);
    free_link(link);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_end_is_told_once),
        cmocka_unit_test(a_taken_frame_is_late_once_and_still_released_after_that),
        cmocka_unit_test(a_hand_over_after_a_wait_lies_in_the_future_of_the_step),
        cmocka_unit_test(the_end_withdraws_waits_or_says_that_it_is_still_out),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
