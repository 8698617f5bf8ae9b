/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What only the producer does: start, passes, late subscribers, client messages of strangers. */
#include <stdlib.h>
#include <string.h>

#include "rig.h"
#include "support/check.h"

static void new_session_never_keeps_the_old_id(void **state)
{
    struct rig r;
    uint8_t data[64];
    rig_start(&r, RIG_RELEASE(state));
    rig_user_data(data, r.lay);
    uint32_t old = r.p.session_id;
    assert_int_equal(orl_producer_start(&r.p, r.shm.base, r.shm.size, r.lay, data, 48, old, 1),
                     0);
    assert_int_not_equal(r.p.session_id, old);
    assert_int_equal(orl_producer_start(&r.p, r.shm.base, r.shm.size, r.lay, data, 48, 0, 1),
                     0);
    assert_int_not_equal(r.p.session_id, 0);
    rig_stop(&r);
}

static void small_memory_and_too_many_queues_are_refused(void **state)
{
    struct rig r;
    uint8_t data[64];
    uint32_t index;
    rig_start(&r, RIG_RELEASE(state));
    rig_user_data(data, r.lay);
    size_t tight = r.lay->hdr_bytes + 47;
    assert_int_equal(orl_producer_start(&r.p, r.shm.base, tight, r.lay, data, 48, 0, 1),
                     ORL_ENOSPC);
    assert_int_equal(orl_producer_start(&r.p, r.shm.base, tight + 1, r.lay, data, 48, 0, 1), 0);
    assert_int_equal(orl_producer_add_queue(&r.p, 1, 2, 1000, &index), ORL_ENOSPC);
    assert_int_equal(orl_producer_alloc(&r.p, SIZE_MAX, 4), 0);
    rig_restart(&r);
    for (uint32_t i = r.p.queue_count; i < r.lay->max_queues; i++) {
        assert_int_equal(orl_producer_add_queue(&r.p, 10 + i, 2, 1000, &index), ORL_OK);
    }
    assert_int_equal(orl_producer_add_queue(&r.p, 99, 2, 1000, &index), ORL_ENOSPC);
    rig_stop(&r);
}

static void heartbeat_is_written_as_often_as_the_release_does(void **state)
{
    struct rig r;
    rig_start(&r, RIG_RELEASE(state));
    const uint8_t *beat = r.shm.base + r.lay->hdr_heartbeat_ms;
    uint64_t first = orl_get_u64(beat);
    uint64_t gap_ms = r.lay->release == ORL_MASTER ? 250 : 1;
    rig_pass(&r, gap_ms - 1);
    assert_int_equal(orl_get_u64(beat), first);
    rig_pass(&r, 1);
    assert_int_equal(orl_get_u64(beat), first + gap_ms);
    rig_stop(&r);
}

static void damaged_magic_asks_for_a_new_session(void **state)
{
    struct rig r;
    rig_start(&r, RIG_RELEASE(state));
    orl_put_u32(r.shm.base + r.lay->hdr_magic, 0);
    assert_int_equal(orl_producer_pass(&r.p, r.now_ms), ORL_ESESSION);
    rig_stop(&r);
}

static void nonsense_of_a_viewer_asks_for_a_new_session(void **state)
{
    struct rig r;
    rig_start(&r, RIG_RELEASE(state));
    struct orl_session s = rig_attach(&r);
    struct orl_ring ring = rig_subscribe(&s, ORL_QUEUE_FRAME);
    assert_int_equal(rig_post(&r), ORL_OK);
    rig_put(&r, r.lay->queue_head, 12345);
    assert_int_equal(orl_producer_pass(&r.p, r.now_ms), ORL_ESESSION);
    assert_int_equal(rig_get(&r, r.lay->queue_lock) & 0xff, 0);
    rig_restart(&r);
    assert_int_equal(orl_ring_check(&ring), ORL_ESESSION);
    rig_pass(&r, 10);
    rig_stop(&r);
}

static void posts_without_subscribers_follow_the_release(void **state)
{
    struct rig r;
    bool posted = true;
    rig_start(&r, RIG_RELEASE(state));
    struct orl_payload msg = {.off = r.payload, .size = 64};
    assert_int_equal(orl_producer_post(&r.p, r.frame, msg, NULL, 0, r.now_ms, &posted), ORL_OK);
    bool master = r.lay->release == ORL_MASTER;
    assert_int_equal(posted, master);
    assert_int_equal(orl_producer_used(&r.p, r.frame), master ? 1 : 0);
    rig_pass(&r, 10);
    assert_int_equal(orl_producer_used(&r.p, r.frame), 0);
    assert_int_equal(rig_get(&r, r.lay->queue_tail), 0);
    rig_stop(&r);
}

static void time_for_a_message_counts_from_when_it_became_the_oldest(void **state)
{
    struct rig r;
    rig_start(&r, RIG_RELEASE(state));
    struct orl_session s = rig_attach(&r);
    struct orl_ring ring = rig_subscribe(&s, ORL_QUEUE_FRAME);
    assert_int_equal(rig_post(&r), ORL_OK);
    assert_int_equal(rig_post(&r), ORL_OK);
    rig_pass(&r, 900);
    assert_int_equal(orl_ring_done(&ring), ORL_OK);
    rig_pass(&r, 1000); /* 1900 ms after both posts */
    assert_int_equal(orl_ring_check(&ring), ORL_OK);
    rig_pass(&r, 1);
    assert_int_equal(orl_ring_check(&ring), ORL_ELATE);
    assert_int_equal(orl_producer_used(&r.p, r.frame), 0);
    rig_stop(&r);
}

static void lateness_in_one_queue_counts_in_all_only_in_master(void **state)
{
    struct rig r;
    rig_start(&r, RIG_RELEASE(state));
    struct orl_session s = rig_attach(&r), s2 = rig_attach(&r);
    struct orl_ring other = rig_subscribe(&s2, ORL_QUEUE_POINTER);
    struct orl_ring frame = rig_subscribe(&s, ORL_QUEUE_FRAME);
    struct orl_ring pointer = rig_subscribe(&s, ORL_QUEUE_POINTER);
    assert_int_equal(rig_post(&r), ORL_OK);
    rig_pass(&r, RIG_TIMEOUT + 1);
    assert_int_equal(orl_ring_check(&frame), ORL_ELATE);
    bool master = r.lay->release == ORL_MASTER;
    assert_int_equal(orl_ring_check(&pointer), master ? ORL_ELATE : ORL_OK);
    assert_int_equal(orl_ring_check(&other), ORL_OK);
    rig_stop(&r);
}

static void messages_of_strangers_are_dropped_and_acknowledged(void **state)
{
    (void)state;
    struct rig r;
    uint8_t data[ORL_CLIENT_BYTES];
    uint32_t len, sender, serial;
    rig_start(&r, ORL_MASTER);
    struct orl_session gone = rig_attach(&r), stays = rig_attach(&r);
    struct orl_ring a = rig_subscribe(&gone, ORL_QUEUE_FRAME);
    struct orl_ring b = rig_subscribe(&stays, ORL_QUEUE_FRAME);
    assert_int_equal(orl_ring_send(&a, "aa", 2, &serial), ORL_OK);
    assert_int_equal(orl_ring_send(&b, "bbb", 3, NULL), ORL_OK);
    orl_ring_unsubscribe(&a);
    assert_int_equal(orl_producer_read(&r.p, r.frame, data, &len, &sender), ORL_OK);
    assert_int_equal(sender, stays.client_id);
    assert_int_equal(len, 3);
    assert_true(orl_ring_acked(&b, serial));
    rig_stop(&r);
}

static void oversized_client_message_is_cut(void **state)
{
    struct rig r;
    uint8_t data[ORL_CLIENT_BYTES];
    uint32_t len;
    rig_start(&r, RIG_RELEASE(state));
    struct orl_session s = rig_attach(&r);
    struct orl_ring ring = rig_subscribe(&s, ORL_QUEUE_FRAME);
    assert_int_equal(orl_ring_send(&ring, "x", 1, NULL), ORL_OK);
    rig_put(&r, r.lay->queue_c_slots + r.lay->cslot_size, 100000);
    assert_int_equal(orl_producer_read(&r.p, r.frame, data, &len, NULL), ORL_OK);
    assert_int_equal(len, ORL_CLIENT_BYTES);
    rig_stop(&r);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        RIG_EACH(new_session_never_keeps_the_old_id),
        RIG_EACH(small_memory_and_too_many_queues_are_refused),
        RIG_EACH(heartbeat_is_written_as_often_as_the_release_does),
        RIG_EACH(damaged_magic_asks_for_a_new_session),
        RIG_EACH(nonsense_of_a_viewer_asks_for_a_new_session),
        RIG_EACH(posts_without_subscribers_follow_the_release),
        RIG_EACH(time_for_a_message_counts_from_when_it_became_the_oldest),
        RIG_EACH(lateness_in_one_queue_counts_in_all_only_in_master),
        cmocka_unit_test(messages_of_strangers_are_dropped_and_acknowledged),
        RIG_EACH(oversized_client_message_is_cut),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
