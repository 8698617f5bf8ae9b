/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What only master does: posts for some, messages taken back, deadlines that only grow. */
#include "rig.h"
#include "support/check.h"

static int post_to(struct rig *r, uint32_t client)
{
    struct orl_payload msg = {.off = r->payload, .size = 64, .tag = r->posted++};
    return orl_producer_post(&r->p, r->frame, msg, &client, 1, r->now_ms, NULL);
}

static void messages_for_others_are_passed_over(void **state)
{
    (void)state;
    struct rig r;
    rig_start(&r, ORL_MASTER);
    struct orl_session s1 = rig_attach(&r), s2 = rig_attach(&r);
    struct orl_ring a = rig_subscribe(&s1, ORL_QUEUE_FRAME);
    struct orl_ring b = rig_subscribe(&s2, ORL_QUEUE_FRAME);
    assert_int_equal(post_to(&r, s2.client_id), ORL_OK);
    rig_expect_nothing(&a);
    assert_int_equal(post_to(&r, s1.client_id), ORL_OK);
    assert_int_equal(post_to(&r, s2.client_id), ORL_OK);
    assert_int_equal(post_to(&r, 4711), ORL_OK); /* nobody: not posted */
    assert_int_equal(orl_producer_used(&r.p, r.frame), 3);
    rig_expect_next(&a, 1);
    assert_int_equal(orl_ring_done(&a), ORL_OK);
    rig_expect_nothing(&a);
    assert_int_equal(orl_ring_skip_to_last(&b), ORL_OK);
    rig_expect_next(&b, 2);
    assert_int_equal(orl_producer_used(&r.p, r.frame), 1);
    rig_stop(&r);
}

static void tail_that_moved_back_does_not_change_the_order(void **state)
{
    (void)state;
    struct rig r;
    rig_start(&r, ORL_MASTER);
    struct orl_session s1 = rig_attach(&r), s2 = rig_attach(&r);
    struct orl_ring a = rig_subscribe(&s1, ORL_QUEUE_FRAME);
    struct orl_ring b = rig_subscribe(&s2, ORL_QUEUE_FRAME);
    assert_int_equal(post_to(&r, s2.client_id), ORL_OK); /* 0 stays at the head */
    assert_int_equal(post_to(&r, s1.client_id), ORL_OK); /* 1 */
    rig_expect_next(&a, 1);
    assert_int_equal(orl_ring_done(&a), ORL_OK);
    rig_pass(&r, 10); /* takes 1 back: the read position of a is now behind the end */
    assert_int_equal(orl_producer_used(&r.p, r.frame), 1);
    assert_int_equal(post_to(&r, s1.client_id), ORL_OK); /* 2, where 1 was */
    assert_int_equal(post_to(&r, s1.client_id), ORL_OK); /* 3, where a would read */
    rig_expect_next(&a, 2);
    assert_int_equal(orl_ring_done(&a), ORL_OK);
    rig_expect_next(&a, 3);
    assert_int_equal(orl_ring_done(&a), ORL_OK);
    rig_expect_nothing(&a);
    rig_expect_next(&b, 0);
    rig_stop(&r);
}

static void messages_for_others_are_not_newer(void **state)
{
    (void)state;
    struct rig r;
    rig_start(&r, ORL_MASTER);
    struct orl_session s1 = rig_attach(&r), s2 = rig_attach(&r);
    struct orl_ring a = rig_subscribe(&s1, ORL_QUEUE_FRAME);
    struct orl_ring b = rig_subscribe(&s2, ORL_QUEUE_FRAME);
    assert_int_equal(post_to(&r, s1.client_id), ORL_OK); /* 0 */
    rig_expect_next(&a, 0);
    assert_int_equal(post_to(&r, s2.client_id), ORL_OK); /* 1 */
    assert_false(orl_ring_has_newer(&a));
    assert_int_equal(post_to(&r, s1.client_id), ORL_OK); /* 2 */
    assert_true(orl_ring_has_newer(&a));
    rig_expect_next(&b, 1);
    assert_false(orl_ring_has_newer(&b));
    assert_int_equal(orl_ring_done(&a), ORL_OK);
    rig_expect_next(&a, 2);
    assert_false(orl_ring_has_newer(&a));
    rig_stop(&r);
}

static void longer_deadline_is_not_cut_short(void **state)
{
    (void)state;
    struct rig r;
    rig_start(&r, ORL_MASTER);
    struct orl_session s = rig_attach(&r);
    struct orl_ring ring = rig_subscribe(&s, ORL_QUEUE_FRAME);
    for (uint32_t i = 0; i < 3; i++) {
        assert_int_equal(rig_post(&r), ORL_OK);
    }
    uint8_t *deadline = rig_block(&r) + r.lay->queue_head_deadline;
    orl_put_u64(deadline, r.now_ms + 50000);
    assert_int_equal(orl_ring_done(&ring), ORL_OK);
    assert_int_equal(orl_get_u64(deadline), r.now_ms + 50000);
    assert_int_equal(orl_ring_skip_to_last(&ring), ORL_OK);
    assert_int_equal(orl_get_u64(deadline), r.now_ms + 50000);
    rig_stop(&r);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(messages_for_others_are_passed_over),
        cmocka_unit_test(tail_that_moved_back_does_not_change_the_order),
        cmocka_unit_test(messages_for_others_are_not_newer),
        cmocka_unit_test(longer_deadline_is_not_cut_short),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
