/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The command queue seen from both ends by one thread; tests/stress/test_cmdq.c has two. */
#include "input/cmdq.h"
#include "record.h"
#include "support/check.h"

#define A 0x04
#define B 0x05

static void open_queue(struct orl_cmdq *q, uint32_t len)
{
    assert_int_equal(orl_cmdq_init(q), ORL_OK);
    if (len != ORL_CMDQ_LEN) {
        orl_spsc_finish(&q->items);
        assert_int_equal(orl_spsc_init(&q->items, len, sizeof(struct orl_cmd)), ORL_OK);
    }
}

static struct orl_cmd motion(int32_t dx, int32_t dy)
{
    return (struct orl_cmd){.kind = ORL_CMD_MOTION, .dx = dx, .dy = dy};
}
static struct orl_cmd position(int32_t x, int32_t y)
{
    return (struct orl_cmd){.kind = ORL_CMD_POSITION, .dx = x, .dy = y, .w = 640, .h = 480};
}
static struct orl_cmd wheel(int32_t dy)
{
    return (struct orl_cmd){.kind = ORL_CMD_WHEEL, .dy = dy};
}
static struct orl_cmd key(uint16_t usage, bool down)
{
    return (struct orl_cmd){.kind = ORL_CMD_KEY, .usage = usage, .down = down};
}
static struct orl_cmd button(uint16_t code, bool down)
{
    return (struct orl_cmd){.kind = ORL_CMD_BUTTON, .code = code, .down = down};
}

static bool push(struct orl_cmdq *q, struct orl_cmd cmd)
{
    return orl_cmdq_push(q, &cmd);
}

/* What drains give, `max` at a time, until the queue is empty. */
static const char *drained(struct orl_cmdq *q, size_t max)
{
    static struct record r;
    struct orl_cmd out[64];
    record_sink(&r);
    for (size_t n; (n = orl_cmdq_drain(q, out, max)) > 0;) {
        assert_true(n <= max);
        for (size_t i = 0; i < n; i++) {
            record_cmd(&r, &out[i]);
        }
    }
    return record_take(&r);
}

static void adjacent_motions_are_summed_and_positions_replaced(void **state)
{
    (void)state;
    struct orl_cmdq q;
    open_queue(&q, ORL_CMDQ_LEN);
    push(&q, motion(1, 2));
    push(&q, motion(3, -5));
    push(&q, position(10, 11));
    push(&q, position(20, 21));
    push(&q, motion(1, 1));
    assert_string_equal(drained(&q, 64), "m4,-3 p20,21 m1,1");
    assert_string_equal(drained(&q, 64), "");
    orl_cmdq_finish(&q);
}

static void motion_is_never_merged_across_anything_else(void **state)
{
    (void)state;
    struct orl_cmdq q;
    open_queue(&q, ORL_CMDQ_LEN);
    for (size_t max = 1; max <= 8; max++) {
        push(&q, motion(1, 0));
        push(&q, button(1, true));
        push(&q, motion(2, 0));
        push(&q, motion(3, 0));
        push(&q, button(1, false));
        push(&q, motion(4, 0));
        push(&q, wheel(1));
        push(&q, wheel(1));
        push(&q, motion(5, 0));
        push(&q, key(A, true));
        push(&q, motion(6, 0));
        assert_string_equal(drained(&q, max), "m1,0 +b1 m5,0 -b1 m4,0 w0,1 w0,1 m5,0 +A m6,0");
    }
    orl_cmdq_finish(&q);
}

static void a_merged_motion_has_the_time_of_its_oldest_part(void **state)
{
    (void)state;
    struct orl_cmdq q;
    open_queue(&q, ORL_CMDQ_LEN);
    struct orl_cmd m = motion(1, 1), out;
    for (m.t_ns = 100; m.t_ns < 103; m.t_ns++) {
        push(&q, m);
    }
    assert_int_equal(orl_cmdq_drain(&q, &out, 1), 1);
    assert_int_equal(out.t_ns, 100);
    assert_int_equal(out.dx, 3);
    orl_cmdq_finish(&q);
}

static void sums_that_leave_32_bits_stay_apart(void **state)
{
    (void)state;
    struct orl_cmdq q;
    open_queue(&q, ORL_CMDQ_LEN);
    push(&q, motion(INT32_MAX, 0));
    push(&q, motion(1, 0));
    push(&q, motion(-1, INT32_MIN));
    push(&q, motion(0, -1));
    assert_string_equal(drained(&q, 64), "m2147483647,0 m0,-2147483648 m0,-1");
    orl_cmdq_finish(&q);
}

static void motion_without_room_waits_and_keeps_its_sum(void **state)
{
    (void)state;
    struct orl_cmdq q;
    open_queue(&q, 2);
    assert_true(push(&q, key(A, true)));
    assert_true(push(&q, key(A, false)));
    for (int i = 0; i < 5000; i++) {
        assert_true(push(&q, motion(1, -2)));
    }
    assert_false(orl_cmdq_flush(&q));
    assert_string_equal(drained(&q, 64), "+A -A");
    assert_true(orl_cmdq_flush(&q));
    assert_string_equal(drained(&q, 64), "m5000,-10000");
    assert_int_equal(orl_cmdq_overflows(&q), 0);
    orl_cmdq_finish(&q);
}

static void a_key_does_not_overtake_waiting_motion(void **state)
{
    (void)state;
    struct orl_cmdq q;
    open_queue(&q, 4);
    for (int i = 0; i < 4; i++) {
        push(&q, key(A, i % 2 == 0));
    }
    push(&q, motion(7, 0));
    struct orl_cmd out;
    assert_int_equal(orl_cmdq_drain(&q, &out, 1),
                     1); /* takes the next one, too, to look at it */
    assert_true(push(&q, button(1, true)));
    assert_string_equal(drained(&q, 64), "-A +A -A m7,0 +b1");
    orl_cmdq_finish(&q);
}

static void waiting_motion_and_wheel_keep_their_order(void **state)
{
    (void)state;
    struct orl_cmdq q;
    open_queue(&q, 4);
    for (int i = 0; i < 4; i++) {
        push(&q, key(A, i % 2 == 0));
    }
    push(&q, motion(1, 0));
    push(&q, wheel(1));
    push(&q, wheel(2));
    push(&q, motion(2, 0));
    assert_string_equal(drained(&q, 64), "+A -A +A -A");
    push(&q, key(B, true));
    assert_string_equal(drained(&q, 64), "m1,0 w0,3 m2,0 +B");
    orl_cmdq_finish(&q);
}

static void a_receiver_that_stands_still_gets_right_sums_at_least(void **state)
{
    (void)state;
    struct orl_cmdq q;
    open_queue(&q, 2);
    push(&q, key(A, true));
    push(&q, key(A, false));
    for (int i = 0; i < 1000; i++) {
        assert_true(push(&q, motion(1, 0)));
        assert_true(push(&q, wheel(-1)));
    }
    int64_t moved = 0, turned = 0;
    struct orl_cmd out[8];
    for (int i = 0; i < 8; i++) {
        size_t n = orl_cmdq_drain(&q, out, 8);
        for (size_t j = 0; j < n; j++) {
            moved += out[j].kind == ORL_CMD_MOTION ? out[j].dx : 0;
            turned += out[j].kind == ORL_CMD_WHEEL ? out[j].dy : 0;
        }
        orl_cmdq_flush(&q);
    }
    assert_int_equal(moved, 1000);
    assert_int_equal(turned, -1000);
    assert_int_equal(orl_cmdq_overflows(&q), 0);
    orl_cmdq_finish(&q);
}

static void an_overflow_gives_one_release_at_its_place(void **state)
{
    (void)state;
    struct orl_cmdq q;
    open_queue(&q, 4);
    assert_true(push(&q, key(A, true)));
    assert_true(push(&q, button(1, true)));
    assert_true(push(&q, key(B, true)));
    assert_true(push(&q, key(B, false)));
    assert_false(push(&q, button(1, false)));
    assert_false(push(&q, key(A, false)));
    assert_int_equal(orl_cmdq_overflows(&q), 1);
    struct orl_cmd out;
    assert_int_equal(orl_cmdq_drain(&q, &out, 1), 1);
    assert_false(
        push(&q, key(A, false))); /* there is room, and it would come before the release */
    assert_true(push(&q, motion(3, 3)));
    assert_int_equal(orl_cmdq_overflows(&q), 1);
    assert_string_equal(drained(&q, 64), "+b1 +B -B R");
    assert_true(push(&q, key(A, true)));
    assert_string_equal(drained(&q, 64), "m3,3 +A");
    orl_cmdq_finish(&q);
}

static void each_overflow_has_its_own_release(void **state)
{
    (void)state;
    for (size_t max = 1; max <= 3; max++) {
        struct orl_cmdq q;
        open_queue(&q, 2);
        for (int round = 0; round < 3; round++) {
            push(&q, key(A, true));
            push(&q, key(A, false));
            assert_false(push(&q, key(B, true)));
            assert_string_equal(drained(&q, max), "+A -A R");
        }
        assert_int_equal(orl_cmdq_overflows(&q), 3);
        orl_cmdq_finish(&q);
    }
}

static void count_wake(void *arg)
{
    ++*(int *)arg;
}

static void every_push_wakes_the_drainer(void **state)
{
    (void)state;
    struct orl_cmdq q;
    int wakes = 0;
    open_queue(&q, 2);
    q.wake = count_wake;
    q.wake_arg = &wakes;
    for (int i = 0; i < 4; i++) {
        push(&q, motion(1, 1));
    }
    assert_int_equal(wakes, 4);
    orl_cmdq_flush(&q); /* nothing fits: nobody is woken for nothing */
    assert_int_equal(wakes, 4);
    drained(&q, 8);
    orl_cmdq_flush(&q);
    assert_int_equal(wakes, 5);
    orl_cmdq_finish(&q);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(adjacent_motions_are_summed_and_positions_replaced),
        cmocka_unit_test(motion_is_never_merged_across_anything_else),
        cmocka_unit_test(a_merged_motion_has_the_time_of_its_oldest_part),
        cmocka_unit_test(sums_that_leave_32_bits_stay_apart),
        cmocka_unit_test(motion_without_room_waits_and_keeps_its_sum),
        cmocka_unit_test(a_key_does_not_overtake_waiting_motion),
        cmocka_unit_test(waiting_motion_and_wheel_keep_their_order),
        cmocka_unit_test(a_receiver_that_stands_still_gets_right_sums_at_least),
        cmocka_unit_test(an_overflow_gives_one_release_at_its_place),
        cmocka_unit_test(each_overflow_has_its_own_release),
        cmocka_unit_test(every_push_wakes_the_drainer),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
