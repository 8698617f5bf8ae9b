/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Messages from the consumer to the producer, every release. */
#include <stdlib.h>
#include <string.h>

#include "rig.h"
#include "support/check.h"

static void client_messages_arrive_in_order_and_are_acknowledged(void **state)
{
    struct rig r;
    uint8_t data[ORL_CLIENT_BYTES];
    uint8_t sent[ORL_CLIENT_BYTES];
    uint32_t len, sender, serial;
    rig_start(&r, RIG_RELEASE(state));
    struct orl_session s = rig_attach(&r);
    struct orl_ring ring = rig_subscribe(&s, ORL_QUEUE_FRAME);
    for (uint32_t i = 0; i < 100; i++) {
        memset(sent, (int)i, sizeof(sent));
        assert_int_equal(orl_ring_send(&ring, sent, i % 65, &serial), ORL_OK);
        assert_int_equal(serial, i + 1);
        assert_false(orl_ring_acked(&ring, serial));
        assert_int_equal(orl_producer_read(&r.p, r.frame, data, &len, &sender), ORL_OK);
        assert_int_equal(len, i % 65);
        assert_memory_equal(data, sent, len);
        if (r.lay->cslot_sender != ORL_ABSENT) {
            assert_int_equal(sender, s.client_id);
        }
        orl_producer_ack(&r.p, r.frame);
        assert_true(orl_ring_acked(&ring, serial));
    }
    assert_int_equal(orl_producer_read(&r.p, r.frame, data, &len, &sender), ORL_EAGAIN);
    rig_stop(&r);
}

static void serials_wrap(void **state)
{
    struct rig r;
    uint32_t serial;
    rig_start(&r, RIG_RELEASE(state));
    struct orl_session s = rig_attach(&r);
    struct orl_ring ring = rig_subscribe(&s, ORL_QUEUE_FRAME);
    rig_put(&r, r.lay->queue_c_sent, UINT32_MAX);
    rig_put(&r, r.lay->queue_c_acked, UINT32_MAX);
    assert_int_equal(orl_ring_send(&ring, "a", 1, &serial), ORL_OK);
    assert_int_equal(serial, 0);
    assert_true(orl_ring_acked(&ring, UINT32_MAX));
    assert_false(orl_ring_acked(&ring, serial));
    orl_producer_ack(&r.p, r.frame);
    assert_true(orl_ring_acked(&ring, serial));
    rig_stop(&r);
}

static void full_client_ring_is_reported_and_recovers(void **state)
{
    struct rig r;
    uint8_t data[ORL_CLIENT_BYTES];
    uint32_t len;
    rig_start(&r, RIG_RELEASE(state));
    struct orl_session s = rig_attach(&r);
    struct orl_ring ring = rig_subscribe(&s, ORL_QUEUE_FRAME);
    for (uint32_t i = 0; i < r.lay->client_slots; i++) {
        assert_int_equal(orl_ring_send(&ring, &i, sizeof(i), NULL), ORL_OK);
    }
    uint8_t *before = rig_snapshot(&r);
    assert_int_equal(orl_ring_send(&ring, "x", 1, NULL), ORL_ENOSPC);
    assert_memory_equal(before, r.shm.base, r.shm.size);
    free(before);
    assert_int_equal(orl_producer_read(&r.p, r.frame, data, &len, NULL), ORL_OK);
    assert_int_equal(orl_ring_send(&ring, "x", 1, NULL), ORL_OK);
    rig_stop(&r);
}

static void send_refuses_what_would_harm_the_guest(void **state)
{
    struct rig r;
    uint8_t big[ORL_CLIENT_BYTES + 1] = {0};
    rig_start(&r, RIG_RELEASE(state));
    struct orl_session s = rig_attach(&r);
    struct orl_ring ring = rig_subscribe(&s, ORL_QUEUE_FRAME);
    uint8_t *before = rig_snapshot(&r);
    assert_int_equal(orl_ring_send(&ring, big, sizeof(big), NULL), ORL_EINVAL);
    assert_memory_equal(before, r.shm.base, r.shm.size);
    free(before);
    const uint32_t cases[][2] = {{r.lay->queue_c_write, r.lay->client_slots},
                                 {r.lay->queue_c_write, UINT32_MAX},
                                 {r.lay->queue_c_free, r.lay->client_slots + 1},
                                 {r.lay->queue_c_free, UINT32_MAX}};
    for (size_t i = 0; i < 4; i++) {
        uint32_t good = rig_get(&r, cases[i][0]);
        rig_put(&r, cases[i][0], cases[i][1]);
        before = rig_snapshot(&r);
        assert_int_equal(orl_ring_send(&ring, "x", 1, NULL), ORL_ECORRUPT);
        assert_memory_equal(before, r.shm.base, r.shm.size);
        free(before);
        rig_put(&r, cases[i][0], good);
    }
    rig_block(&r)[r.lay->queue_c_lock] = 1;
    assert_int_equal(orl_ring_send(&ring, "x", 1, NULL), ORL_ETIMEOUT);
    rig_block(&r)[r.lay->queue_c_lock] = 0;
    assert_int_equal(orl_ring_send(&ring, "x", 1, NULL),
                     ORL_OK); /* the queue lock is free too */
    rig_stop(&r);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        RIG_EACH(client_messages_arrive_in_order_and_are_acknowledged),
        RIG_EACH(serials_wrap),
        RIG_EACH(full_client_ring_is_reported_and_recovers),
        RIG_EACH(send_refuses_what_would_harm_the_guest),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
