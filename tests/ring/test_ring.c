/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The consumer against the producer, every release: usual ways and every failure state. */
#include <stdlib.h>
#include <string.h>

#include "rig.h"
#include "support/check.h"

static void ring_gives_messages_in_order_across_many_wraps(void **state)
{
    struct rig r;
    rig_start(&r, RIG_RELEASE(state));
    struct orl_session s = rig_attach(&r);
    struct orl_ring ring = rig_subscribe(&s, ORL_QUEUE_FRAME);
    rig_expect_nothing(&ring);
    for (uint32_t i = 0; i < 40; i++) {
        uint32_t burst = i % RIG_CAPACITY + 1;
        uint32_t first = r.posted;
        for (uint32_t k = 0; k < burst; k++) {
            assert_int_equal(rig_post(&r), ORL_OK);
        }
        for (uint32_t k = 0; k < burst; k++) {
            rig_expect_next(&ring, first + k);
            rig_expect_next(&ring, first + k); /* asking again changes nothing */
            assert_int_equal(orl_ring_done(&ring), ORL_OK);
        }
        rig_expect_nothing(&ring);
        assert_int_equal(orl_producer_used(&r.p, r.frame), 0);
    }
    orl_ring_unsubscribe(&ring);
    assert_null(ring.session);
    assert_int_equal(orl_producer_subscribers(&r.p, r.frame), 0);
    rig_stop(&r);
}

static void ring_sees_only_messages_posted_after_subscribing(void **state)
{
    struct rig r;
    rig_start(&r, RIG_RELEASE(state));
    struct orl_session s1 = rig_attach(&r);
    struct orl_session s2 = rig_attach(&r);
    struct orl_ring early = rig_subscribe(&s1, ORL_QUEUE_FRAME);
    assert_int_equal(rig_post(&r), ORL_OK);
    struct orl_ring late = rig_subscribe(&s2, ORL_QUEUE_FRAME);
    assert_int_equal(late.slot, 1);
    rig_expect_nothing(&late);
    assert_int_equal(rig_post(&r), ORL_OK);
    rig_expect_next(&late, 1);
    rig_expect_next(&early, 0);
    assert_int_equal(orl_producer_new_subscribers(&r.p, r.frame), 2);
    assert_int_equal(orl_producer_new_subscribers(&r.p, r.frame), 0);
    rig_stop(&r);
}

static void full_queue_refuses_posts_until_the_slowest_is_done(void **state)
{
    struct rig r;
    rig_start(&r, RIG_RELEASE(state));
    struct orl_session s1 = rig_attach(&r), s2 = rig_attach(&r);
    struct orl_ring a = rig_subscribe(&s1, ORL_QUEUE_FRAME);
    struct orl_ring b = rig_subscribe(&s2, ORL_QUEUE_FRAME);
    for (uint32_t i = 0; i < RIG_CAPACITY; i++) {
        assert_int_equal(rig_post(&r), ORL_OK);
    }
    assert_int_equal(rig_post(&r), ORL_ENOSPC);
    rig_expect_next(&a, 0);
    assert_int_equal(orl_ring_done(&a), ORL_OK);
    assert_int_equal(rig_post(&r), ORL_ENOSPC);
    rig_expect_next(&b, 0);
    assert_int_equal(orl_ring_done(&b), ORL_OK);
    assert_int_equal(rig_post(&r), ORL_OK);
    rig_stop(&r);
}

static void skip_leaves_only_the_newest_message(void **state)
{
    struct rig r;
    rig_start(&r, RIG_RELEASE(state));
    struct orl_session s = rig_attach(&r);
    struct orl_ring ring = rig_subscribe(&s, ORL_QUEUE_FRAME);
    assert_int_equal(orl_ring_skip_to_last(&ring), ORL_EAGAIN);
    for (uint32_t i = 0; i < RIG_CAPACITY; i++) {
        assert_int_equal(rig_post(&r), ORL_OK);
    }
    r.now_ms += 7;
    rig_pass(&r, 300);
    assert_int_equal(orl_ring_skip_to_last(&ring), ORL_OK);
    assert_int_equal(orl_producer_used(&r.p, r.frame), 1);
    uint64_t deadline = orl_get_u64(rig_block(&r) + r.lay->queue_head_deadline);
    assert_int_equal(deadline, r.now_ms + RIG_TIMEOUT);
    assert_int_equal(orl_ring_skip_to_last(&ring), ORL_OK);
    rig_expect_next(&ring, RIG_CAPACITY - 1);
    assert_int_equal(orl_ring_done(&ring), ORL_OK);
    rig_expect_nothing(&ring);
    rig_stop(&r);
}

static void skip_of_one_subscriber_leaves_messages_for_the_other(void **state)
{
    struct rig r;
    rig_start(&r, RIG_RELEASE(state));
    struct orl_session s1 = rig_attach(&r), s2 = rig_attach(&r);
    struct orl_ring a = rig_subscribe(&s1, ORL_QUEUE_FRAME);
    struct orl_ring b = rig_subscribe(&s2, ORL_QUEUE_FRAME);
    for (uint32_t i = 0; i < 3; i++) {
        assert_int_equal(rig_post(&r), ORL_OK);
    }
    assert_int_equal(orl_ring_skip_to_last(&a), ORL_OK);
    assert_int_equal(orl_producer_used(&r.p, r.frame), 3);
    rig_expect_next(&a, 2);
    for (uint32_t i = 0; i < 3; i++) {
        rig_expect_next(&b, i);
        assert_int_equal(orl_ring_done(&b), ORL_OK);
    }
    assert_int_equal(orl_ring_done(&a), ORL_OK);
    rig_pass(&r, 10);
    assert_int_equal(orl_producer_used(&r.p, r.frame), 0);
    rig_stop(&r);
}

/* ---- Failure states ------------------------------------------------------------------------ */

static void newer_message_is_seen_behind_the_one_in_hand(void **state)
{
    struct rig r;
    rig_start(&r, RIG_RELEASE(state));
    struct orl_session s = rig_attach(&r);
    struct orl_ring ring = rig_subscribe(&s, ORL_QUEUE_FRAME);
    assert_false(orl_ring_has_newer(&ring));
    for (uint32_t i = 0; i < 20; i++) { /* at every place of the ring, up to a full one */
        uint32_t behind = i % RIG_CAPACITY;
        uint32_t first = r.posted;
        assert_int_equal(rig_post(&r), ORL_OK);
        rig_expect_next(&ring, first);
        assert_false(orl_ring_has_newer(&ring));
        for (uint32_t k = 0; k < behind; k++) {
            assert_int_equal(rig_post(&r), ORL_OK);
            assert_true(orl_ring_has_newer(&ring));
        }
        for (uint32_t k = 0; k < behind; k++) {
            assert_int_equal(orl_ring_done(&ring), ORL_OK);
            rig_expect_next(&ring, first + k + 1);
            assert_int_equal(orl_ring_has_newer(&ring), k + 1 < behind);
        }
        assert_int_equal(orl_ring_done(&ring), ORL_OK);
        rig_pass(&r, 10);
    }
    orl_ring_unsubscribe(&ring);
    assert_false(orl_ring_has_newer(&ring));
    rig_stop(&r);
}

static void looking_for_newer_messages_writes_nothing_and_believes_no_broken_index(void **state)
{
    struct rig r;
    rig_start(&r, RIG_RELEASE(state));
    struct orl_session s = rig_attach(&r);
    struct orl_ring ring = rig_subscribe(&s, ORL_QUEUE_FRAME);
    assert_int_equal(rig_post(&r), ORL_OK);
    assert_int_equal(rig_post(&r), ORL_OK);
    rig_expect_next(&ring, 0);
    uint8_t *before = rig_snapshot(&r);
    assert_true(orl_ring_has_newer(&ring));
    assert_memory_equal(before, r.shm.base, r.shm.size);
    free(before);
    rig_put(&r, r.lay->queue_tail, rig_get(&r, r.lay->queue_ring_len));
    assert_false(orl_ring_has_newer(&ring));
    rig_put(&r, r.lay->queue_tail, UINT32_MAX);
    assert_false(orl_ring_has_newer(&ring));
    rig_stop(&r);
}

static void missing_queue_is_asked_for_again_until_it_appears(void **state)
{
    struct rig r;
    rig_start(&r, RIG_RELEASE(state));
    struct orl_session s = rig_attach(&r);
    struct orl_ring ring;
    uint32_t index;
    assert_int_equal(orl_ring_subscribe(&ring, &s, 77), ORL_EAGAIN);
    assert_int_equal(orl_producer_add_queue(&r.p, 77, 4, 1000, &index), ORL_OK);
    assert_int_equal(orl_ring_subscribe(&ring, &s, 77), ORL_OK);
    rig_stop(&r);
}

static void first_of_two_queues_with_one_id_wins(void **state)
{
    struct rig r;
    rig_start(&r, RIG_RELEASE(state));
    uint32_t index;
    assert_int_equal(orl_producer_add_queue(&r.p, ORL_QUEUE_FRAME, 8, 1000, &index), ORL_OK);
    struct orl_session s = rig_attach(&r);
    struct orl_ring ring = rig_subscribe(&s, ORL_QUEUE_FRAME);
    assert_int_equal(ring.ring_offset, r.p.queues[r.frame].ring_offset);
    rig_stop(&r);
}

static void subscriber_table_full_says_no_space_until_a_bad_slot_is_reaped(void **state)
{
    struct rig r;
    rig_start(&r, RIG_RELEASE(state));
    struct orl_session s = rig_attach(&r);
    struct orl_ring rings[ORL_MAX_SUBSCRIBERS + 1];
    for (uint32_t i = 0; i < r.lay->subscribers; i++) {
        rings[i] = rig_subscribe(&s, ORL_QUEUE_FRAME);
        assert_int_equal(rings[i].slot, i);
    }
    struct orl_ring *more = &rings[r.lay->subscribers];
    assert_int_equal(orl_ring_subscribe(more, &s, ORL_QUEUE_FRAME), ORL_ENOSPC);
    assert_int_equal(rig_post(&r), ORL_OK);
    rig_pass(&r, RIG_TIMEOUT + 1); /* all late */
    assert_int_equal(orl_producer_subscribers(&r.p, r.frame), 0);
    assert_int_equal(orl_ring_subscribe(more, &s, ORL_QUEUE_FRAME), ORL_ENOSPC);
    rig_pass(&r, RIG_TIMEOUT); /* deadline reached, not passed */
    assert_int_equal(orl_ring_subscribe(more, &s, ORL_QUEUE_FRAME), ORL_ENOSPC);
    rig_pass(&r, 300);
    assert_int_equal(orl_ring_subscribe(more, &s, ORL_QUEUE_FRAME), ORL_OK);
    assert_int_equal(more->slot, 0);
    rig_stop(&r);
}

static void late_subscriber_is_told_so_and_touches_nothing(void **state)
{
    struct rig r;
    struct orl_payload msg;
    rig_start(&r, RIG_RELEASE(state));
    struct orl_session s = rig_attach(&r);
    struct orl_ring ring = rig_subscribe(&s, ORL_QUEUE_FRAME);
    struct orl_session s2 = rig_attach(&r);
    struct orl_ring other = rig_subscribe(&s2, ORL_QUEUE_FRAME);
    assert_int_equal(rig_post(&r), ORL_OK);
    rig_expect_next(&ring, 0);
    rig_expect_next(&other, 0);
    assert_int_equal(orl_ring_done(&other), ORL_OK);
    rig_pass(&r, RIG_TIMEOUT);
    rig_expect_next(&ring, 0); /* exactly at the deadline is in time */
    rig_pass(&r, 1);
    uint8_t *before = rig_snapshot(&r);
    assert_int_equal(orl_ring_check(&ring), ORL_ELATE);
    assert_int_equal(orl_ring_next(&ring, &msg), ORL_ELATE);
    assert_int_equal(orl_ring_done(&ring), ORL_ELATE);
    assert_int_equal(orl_ring_skip_to_last(&ring), ORL_ELATE);
    assert_int_equal(orl_ring_send(&ring, "x", 1, NULL), ORL_ELATE);
    orl_ring_unsubscribe(&ring);
    assert_memory_equal(before, r.shm.base, r.shm.size);
    free(before);
    ring = rig_subscribe(&s, ORL_QUEUE_FRAME);
    assert_int_equal(ring.slot, 2); /* the bad slot is not free yet */
    assert_int_equal(rig_post(&r), ORL_OK);
    rig_expect_next(&ring, 1);
    rig_expect_next(&other, 1);
    rig_stop(&r);
}

static void taken_over_slot_is_lost_and_left_alone(void **state)
{
    struct rig r;
    struct orl_payload msg;
    rig_start(&r, RIG_RELEASE(state));
    struct orl_session s = rig_attach(&r);
    struct orl_ring ring = rig_subscribe(&s, ORL_QUEUE_FRAME);
    assert_int_equal(rig_post(&r), ORL_OK);
    rig_put(&r, r.lay->queue_sub_client, s.client_id + 1);
    uint8_t *before = rig_snapshot(&r);
    assert_int_equal(orl_ring_next(&ring, &msg), ORL_ELOST);
    assert_int_equal(orl_ring_done(&ring), ORL_ELOST);
    assert_int_equal(orl_ring_skip_to_last(&ring), ORL_ELOST);
    assert_int_equal(orl_ring_send(&ring, "x", 1, NULL), ORL_ELOST);
    orl_ring_unsubscribe(&ring);
    assert_memory_equal(before, r.shm.base, r.shm.size);
    free(before);
    rig_stop(&r);
}

static void restarted_session_is_noticed_by_every_call_and_not_written_to(void **state)
{
    struct rig r;
    struct orl_payload msg;
    rig_start(&r, RIG_RELEASE(state));
    struct orl_session s = rig_attach(&r);
    struct orl_ring ring = rig_subscribe(&s, ORL_QUEUE_FRAME);
    assert_int_equal(rig_post(&r), ORL_OK);
    rig_expect_next(&ring, 0);
    rig_restart(&r);
    uint8_t *before = rig_snapshot(&r);
    assert_int_equal(orl_session_same(&s), ORL_ESESSION);
    assert_int_equal(orl_ring_check(&ring), ORL_ESESSION);
    assert_int_equal(orl_ring_next(&ring, &msg), ORL_ESESSION);
    assert_int_equal(orl_ring_done(&ring), ORL_ESESSION);
    assert_int_equal(orl_ring_skip_to_last(&ring), ORL_ESESSION);
    assert_int_equal(orl_ring_send(&ring, "x", 1, NULL), ORL_ESESSION);
    struct orl_ring again;
    assert_int_equal(orl_ring_subscribe(&again, &s, ORL_QUEUE_FRAME), ORL_ESESSION);
    orl_ring_unsubscribe(&ring);
    assert_memory_equal(before, r.shm.base, r.shm.size);
    free(before);
    s = rig_attach(&r);
    ring = rig_subscribe(&s, ORL_QUEUE_FRAME);
    assert_int_equal(rig_post(&r), ORL_OK);
    rig_expect_next(&ring, 1);
    rig_stop(&r);
}

static void stale_pending_bits_of_a_former_owner_are_cleared(void **state)
{
    struct rig r;
    rig_start(&r, RIG_RELEASE(state));
    for (uint32_t i = 0; i < r.p.queues[r.frame].ring_len; i++) {
        orl_put_u32(rig_slot(&r, i) + r.lay->slot_pending, UINT32_MAX);
    }
    struct orl_session s = rig_attach(&r);
    struct orl_ring ring = rig_subscribe(&s, ORL_QUEUE_FRAME);
    for (uint32_t i = 0; i < r.p.queues[r.frame].ring_len; i++) {
        uint32_t pending = orl_get_u32(rig_slot(&r, i) + r.lay->slot_pending);
        assert_int_equal(pending, UINT32_MAX - 1);
    }
    rig_expect_nothing(&ring);
    rig_stop(&r);
}

static void payload_outside_of_the_memory_is_malformed_and_can_be_finished(void **state)
{
    static const uint32_t cases[][2] = {{RIG_BYTES, 1},        {RIG_BYTES - 1, 2},
                                        {UINT32_MAX, 64},      {0, RIG_BYTES + 1},
                                        {0xffffff00u, 0x200u}, {UINT32_MAX, UINT32_MAX}};
    struct rig r;
    struct orl_payload msg;
    rig_start(&r, RIG_RELEASE(state));
    struct orl_session s = rig_attach(&r);
    struct orl_ring ring = rig_subscribe(&s, ORL_QUEUE_FRAME);
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        uint32_t at = r.p.queues[r.frame].tail;
        assert_int_equal(rig_post(&r), ORL_OK);
        orl_put_u32(rig_slot(&r, at) + r.lay->slot_offset, cases[i][0]);
        orl_put_u32(rig_slot(&r, at) + r.lay->slot_size, cases[i][1]);
        assert_int_equal(orl_ring_next(&ring, &msg), ORL_EMALFORMED);
        assert_int_equal(orl_ring_done(&ring), ORL_OK);
    }
    assert_int_equal(rig_post(&r), ORL_OK);
    rig_expect_next(&ring, r.posted - 1);
    rig_stop(&r);
}

static void broken_queue_constants_are_refused_without_a_write(void **state)
{
    struct rig r;
    rig_start(&r, RIG_RELEASE(state));
    struct orl_session s = rig_attach(&r);
    const struct {
        uint32_t field, value;
    } cases[] = {
        {r.lay->queue_ring_len, 0},
        {r.lay->queue_ring_len, 1},
        {r.lay->queue_ring_len, 8192},
        {r.lay->queue_ring_len, UINT32_MAX},
        {r.lay->queue_ring_len, 0x10000001u},
        {r.lay->queue_ring_offset, 0},
        {r.lay->queue_ring_offset, r.lay->hdr_user_data},
        {r.lay->queue_ring_offset, (uint32_t)r.p.queues[r.frame].ring_offset + 1},
        {r.lay->queue_ring_offset, RIG_BYTES - 16},
        {r.lay->queue_ring_offset, UINT32_MAX},
        {r.lay->queue_ring_offset, 0xfffffff0u},
    };
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct orl_ring ring;
        uint32_t good = rig_get(&r, cases[i].field);
        rig_put(&r, cases[i].field, cases[i].value);
        uint8_t *before = rig_snapshot(&r);
        assert_int_equal(orl_ring_subscribe(&ring, &s, ORL_QUEUE_FRAME), ORL_EMALFORMED);
        assert_memory_equal(before, r.shm.base, r.shm.size);
        free(before);
        rig_put(&r, cases[i].field, good);
    }
    if (r.lay->ring_spare == 0) {
        struct orl_ring ring;
        rig_put(&r, r.lay->queue_ring_len, 3); /* no power of two */
        assert_int_equal(orl_ring_subscribe(&ring, &s, ORL_QUEUE_FRAME), ORL_EMALFORMED);
    }
    rig_stop(&r);
}

static void broken_tail_is_corrupt_and_nothing_is_written(void **state)
{
    struct rig r;
    struct orl_payload msg;
    struct orl_ring second;
    rig_start(&r, RIG_RELEASE(state));
    struct orl_session s = rig_attach(&r);
    struct orl_ring ring = rig_subscribe(&s, ORL_QUEUE_FRAME);
    assert_int_equal(rig_post(&r), ORL_OK);
    rig_put(&r, r.lay->queue_tail, rig_get(&r, r.lay->queue_ring_len));
    uint8_t *before = rig_snapshot(&r);
    assert_int_equal(orl_ring_next(&ring, &msg), ORL_ECORRUPT);
    assert_int_equal(orl_ring_done(&ring), ORL_ECORRUPT);
    assert_int_equal(orl_ring_skip_to_last(&ring), ORL_ECORRUPT);
    assert_int_equal(orl_ring_subscribe(&second, &s, ORL_QUEUE_FRAME), ORL_ECORRUPT);
    assert_memory_equal(before, r.shm.base, r.shm.size);
    free(before);
    rig_stop(&r);
}

/* B6 and B7 look at head and used only when they retire; master in every scan. */
static void broken_head_or_used_is_corrupt_and_no_index_is_written(void **state)
{
    struct rig r;
    rig_start(&r, RIG_RELEASE(state));
    struct orl_session s = rig_attach(&r);
    const uint32_t fields[] = {r.lay->queue_head, r.lay->queue_used};
    for (int i = 0; i < 4; i++) {
        struct orl_ring ring = rig_subscribe(&s, ORL_QUEUE_FRAME);
        uint32_t field = fields[i % 2];
        assert_int_equal(rig_post(&r), ORL_OK);
        uint32_t good = rig_get(&r, field);
        uint32_t least = i % 2 == 0 ? rig_get(&r, r.lay->queue_ring_len) : RIG_CAPACITY + 1;
        rig_put(&r, field, i < 2 ? UINT32_MAX : least);
        uint32_t bad = rig_get(&r, field);
        assert_int_equal(orl_ring_done(&ring), ORL_ECORRUPT);
        assert_int_equal(rig_get(&r, field), bad);
        rig_put(&r, field, good);
        orl_ring_unsubscribe(&ring);
        rig_pass(&r, 10);
        assert_int_equal(orl_producer_used(&r.p, r.frame), 0);
    }
    rig_stop(&r);
}

static void adopted_slot_reads_on_without_a_write(void **state)
{
    struct rig r;
    rig_start(&r, RIG_RELEASE(state));
    struct orl_session s = rig_attach(&r);
    struct orl_ring ring = rig_subscribe(&s, ORL_QUEUE_FRAME);
    assert_int_equal(rig_post(&r), ORL_OK);
    struct orl_session viewer = rig_attach(&r);
    struct orl_ring adopted;
    uint8_t *before = rig_snapshot(&r);
    assert_int_equal(orl_ring_adopt(&adopted, &viewer, ORL_QUEUE_FRAME, 32, 0), ORL_EINVAL);
    assert_int_equal(orl_ring_adopt(&adopted, &viewer, ORL_QUEUE_FRAME, 0, 99), ORL_EINVAL);
    assert_int_equal(orl_ring_adopt(&adopted, &viewer, ORL_QUEUE_FRAME, ring.slot, 0), ORL_OK);
    rig_expect_next(&adopted, 0);
    assert_memory_equal(before, r.shm.base, r.shm.size);
    free(before);
    rig_stop(&r);
}

static void done_without_a_message_changes_nothing(void **state)
{
    struct rig r;
    rig_start(&r, RIG_RELEASE(state));
    struct orl_session s = rig_attach(&r);
    struct orl_ring ring = rig_subscribe(&s, ORL_QUEUE_FRAME);
    uint8_t *before = rig_snapshot(&r);
    assert_int_equal(orl_ring_done(&ring), ORL_EAGAIN);
    assert_memory_equal(before, r.shm.base, r.shm.size);
    free(before);
    rig_stop(&r);
}

static void read_only_mapping_can_look_but_not_subscribe(void **state)
{
    struct rig r;
    struct orl_ring ring;
    rig_start(&r, RIG_RELEASE(state));
    r.shm.writable = false;
    uint8_t *before = rig_snapshot(&r);
    struct orl_session s = rig_attach(&r);
    assert_int_not_equal(s.client_id, 0);
    assert_int_equal(orl_ring_subscribe(&ring, &s, ORL_QUEUE_FRAME), ORL_EINVAL);
    assert_memory_equal(before, r.shm.base, r.shm.size);
    free(before);
    rig_stop(&r);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        RIG_EACH(ring_gives_messages_in_order_across_many_wraps),
        RIG_EACH(ring_sees_only_messages_posted_after_subscribing),
        RIG_EACH(full_queue_refuses_posts_until_the_slowest_is_done),
        RIG_EACH(skip_leaves_only_the_newest_message),
        RIG_EACH(skip_of_one_subscriber_leaves_messages_for_the_other),
        RIG_EACH(newer_message_is_seen_behind_the_one_in_hand),
        RIG_EACH(looking_for_newer_messages_writes_nothing_and_believes_no_broken_index),
        RIG_EACH(missing_queue_is_asked_for_again_until_it_appears),
        RIG_EACH(first_of_two_queues_with_one_id_wins),
        RIG_EACH(subscriber_table_full_says_no_space_until_a_bad_slot_is_reaped),
        RIG_EACH(late_subscriber_is_told_so_and_touches_nothing),
        RIG_EACH(taken_over_slot_is_lost_and_left_alone),
        RIG_EACH(restarted_session_is_noticed_by_every_call_and_not_written_to),
        RIG_EACH(stale_pending_bits_of_a_former_owner_are_cleared),
        RIG_EACH(payload_outside_of_the_memory_is_malformed_and_can_be_finished),
        RIG_EACH(broken_queue_constants_are_refused_without_a_write),
        RIG_EACH(broken_tail_is_corrupt_and_nothing_is_written),
        RIG_EACH(broken_head_or_used_is_corrupt_and_no_index_is_written),
        RIG_EACH(adopted_slot_reads_on_without_a_write),
        RIG_EACH(done_without_a_message_changes_nothing),
        RIG_EACH(read_only_mapping_can_look_but_not_subscribe),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
