/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Locks that others hold, and what is left undone because of them. */
#include <string.h>

#include "base/clock.h"
#include "rig.h"
#include "support/check.h"

static void held_lock_ends_every_wait_within_a_bound(void **state)
{
    struct rig r;
    struct orl_ring second;
    rig_start(&r, RIG_RELEASE(state));
    struct orl_session s = rig_attach(&r);
    struct orl_ring ring = rig_subscribe(&s, ORL_QUEUE_FRAME);
    assert_int_equal(rig_post(&r), ORL_OK);
    assert_int_equal(rig_post(&r), ORL_OK);
    rig_block(&r)[r.lay->queue_lock] = 1;
    uint64_t start_ns = orl_now_ns();
    assert_int_equal(orl_ring_subscribe(&second, &s, ORL_QUEUE_FRAME), ORL_ETIMEOUT);
    uint64_t took_ms = (orl_now_ns() - start_ns) / ORL_NS_PER_MS;
    assert_in_range(took_ms, 90, 3000);
    assert_int_equal(rig_post(&r), ORL_ETIMEOUT);
    assert_int_equal(orl_producer_pass(&r.p, r.now_ms), ORL_ETIMEOUT);
    bool needs_lock = r.lay->release == ORL_MASTER;
    rig_expect_next(&ring, 0);
    assert_int_equal(orl_ring_done(&ring), needs_lock ? ORL_ETIMEOUT : ORL_OK);
    rig_expect_next(&ring, needs_lock ? 0 : 1);
    assert_int_equal(orl_ring_skip_to_last(&ring), needs_lock ? ORL_ETIMEOUT : ORL_OK);
    orl_ring_unsubscribe(&ring); /* forgets it, bounded */
    assert_int_equal(rig_block(&r)[r.lay->queue_lock], 1);
    rig_stop(&r);
}

static void retiring_is_left_to_the_producer_while_it_holds_the_lock(void **state)
{
    struct rig r;
    rig_start(&r, RIG_RELEASE(state));
    struct orl_session s = rig_attach(&r);
    struct orl_ring ring = rig_subscribe(&s, ORL_QUEUE_FRAME);
    for (uint32_t i = 0; i < RIG_CAPACITY; i++) {
        assert_int_equal(rig_post(&r), ORL_OK);
    }
    rig_block(&r)[r.lay->queue_lock] = 1;
    for (uint32_t i = 0; i < RIG_CAPACITY; i++) {
        rig_expect_next(&ring, i);
        assert_int_equal(orl_ring_done(&ring), ORL_OK);
    }
    rig_expect_nothing(&ring);
    assert_int_equal(orl_producer_used(&r.p, r.frame), RIG_CAPACITY);
    rig_block(&r)[r.lay->queue_lock] = 0;
    rig_pass(&r, 10);
    assert_int_equal(orl_producer_used(&r.p, r.frame), 0);
    assert_int_equal(rig_post(&r), ORL_OK);
    rig_expect_next(&ring, RIG_CAPACITY);
    rig_stop(&r);
}

static void message_behind_an_unretired_one_is_left_in_the_ring(void **state)
{
    struct rig r;
    rig_start(&r, RIG_RELEASE(state));
    struct orl_session s = rig_attach(&r);
    struct orl_ring ring = rig_subscribe(&s, ORL_QUEUE_FRAME);
    for (uint32_t i = 0; i < 3; i++) {
        assert_int_equal(rig_post(&r), ORL_OK);
    }
    rig_block(&r)[r.lay->queue_lock] = 1;
    assert_int_equal(orl_ring_done(&ring), ORL_OK);
    rig_block(&r)[r.lay->queue_lock] = 0;
    assert_int_equal(orl_ring_done(&ring), ORL_OK);
    assert_int_equal(rig_get(&r, r.lay->queue_head), 0);
    assert_int_equal(orl_producer_used(&r.p, r.frame), 3);
    rig_pass(&r, 300); /* takes both and gives the third its own time */
    assert_int_equal(rig_get(&r, r.lay->queue_head), 2);
    assert_int_equal(orl_get_u64(rig_block(&r) + r.lay->queue_head_deadline),
                     r.now_ms + RIG_TIMEOUT);
    rig_expect_next(&ring, 2);
    rig_stop(&r);
}

static void one_byte_locks_leave_their_neighbours_alone(void **state)
{
    (void)state;
    struct rig r;
    rig_start(&r, ORL_B6);
    memset(rig_block(&r) + r.lay->queue_lock + 1, 0xcc, 3);
    memset(rig_block(&r) + r.lay->queue_c_lock + 1, 0xcc, 3);
    struct orl_session s = rig_attach(&r);
    struct orl_ring ring = rig_subscribe(&s, ORL_QUEUE_FRAME);
    assert_int_equal(rig_post(&r), ORL_OK);
    rig_expect_next(&ring, 0);
    assert_int_equal(orl_ring_done(&ring), ORL_OK);
    assert_int_equal(orl_ring_send(&ring, "abc", 3, NULL), ORL_OK);
    assert_int_equal(rig_get(&r, r.lay->queue_lock), 0xcccccc00u);
    assert_int_equal(rig_get(&r, r.lay->queue_c_lock), 0xcccccc00u);
    rig_stop(&r);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        RIG_EACH(held_lock_ends_every_wait_within_a_bound),
        {"retiring_is_left_to_the_producer_while_it_holds_the_lock (B6)",
         retiring_is_left_to_the_producer_while_it_holds_the_lock, NULL, NULL,
         &rig_releases[ORL_B6]},
        {"retiring_is_left_to_the_producer_while_it_holds_the_lock (B7)",
         retiring_is_left_to_the_producer_while_it_holds_the_lock, NULL, NULL,
         &rig_releases[ORL_B7]},
        {"message_behind_an_unretired_one_is_left_in_the_ring (B6)",
         message_behind_an_unretired_one_is_left_in_the_ring, NULL, NULL,
         &rig_releases[ORL_B6]},
        {"message_behind_an_unretired_one_is_left_in_the_ring (B7)",
         message_behind_an_unretired_one_is_left_in_the_ring, NULL, NULL,
         &rig_releases[ORL_B7]},
        cmocka_unit_test(one_byte_locks_leave_their_neighbours_alone),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
