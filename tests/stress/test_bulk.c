/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The queue of runs between two threads: sizes at random, across the wrap, with some left out. */
#include <sched.h>

#include "base/bulk.h"
#include "base/thread.h"
#include "scale.h"
#include "support/check.h"
#include "support/random.h"

#define RUN_MAX 200

struct item {
    uint32_t number, copy;
};

struct line {
    struct orl_bulk q;
    uint64_t count, wrong;
};

static void push_all(void *arg)
{
    struct line *l = arg;
    uint64_t seed = 1;
    struct item run[RUN_MAX];
    for (uint64_t at = 0; at < l->count;) {
        uint32_t n = 1 + random_below(&seed, RUN_MAX);
        n = n < l->count - at ? n : (uint32_t)(l->count - at);
        for (uint32_t i = 0; i < n; i++) {
            run[i].number = (uint32_t)(at + i);
            run[i].copy = ~run[i].number;
        }
        uint32_t done = orl_bulk_push(&l->q, run, n);
        at += done;
        if (done < n) {
            sched_yield();
        }
    }
}

static void check(struct line *l, const struct item *run, uint32_t n, uint64_t at)
{
    for (uint32_t i = 0; i < n; i++) {
        l->wrong += run[i].number != (uint32_t)(at + i) || run[i].copy != ~run[i].number;
    }
}

static void pull_all(void *arg)
{
    struct line *l = arg;
    uint64_t seed = 2;
    struct item run[RUN_MAX];
    for (uint64_t at = 0; at < l->count;) {
        uint32_t n = orl_bulk_pull(&l->q, run, 1 + random_below(&seed, RUN_MAX));
        check(l, run, n, at);
        at += n;
        at += orl_bulk_drop(&l->q, random_below(&seed, 3));
        if (!n) {
            sched_yield();
        }
    }
}

static void run(uint32_t capacity)
{
    struct line l = {.count = (uint64_t)(2000000 * stress_scale())};
    struct orl_thread threads[2];
    assert_int_equal(orl_bulk_init(&l.q, capacity, sizeof(struct item)), ORL_OK);
    assert_int_equal(orl_thread_start(&threads[0], "push", push_all, &l), ORL_OK);
    assert_int_equal(orl_thread_start(&threads[1], "pull", pull_all, &l), ORL_OK);
    orl_thread_join(&threads[0]);
    orl_thread_join(&threads[1]);
    assert_int_equal(l.wrong, 0);
    assert_int_equal(orl_bulk_fill(&l.q), 0);
    assert_int_equal(orl_bulk_pulled(&l.q), l.count);
    orl_bulk_finish(&l.q);
}

static void runs_arrive_once_and_in_order(void **state)
{
    (void)state;
    run(2);
    run(64);
    run(4096);
}

static void a_full_queue_takes_what_fits(void **state)
{
    (void)state;
    struct orl_bulk q;
    uint8_t in[10] = {0, 1, 2, 3, 4, 5, 6, 7, 8, 9}, out[10] = {0};
    assert_int_equal(orl_bulk_init(&q, 3, 1), ORL_EINVAL);
    assert_int_equal(orl_bulk_init(&q, 8, 0), ORL_EINVAL);
    assert_int_equal(orl_bulk_init(&q, 8, 4), ORL_OK);
    orl_bulk_shape(&q, 1);
    assert_int_equal(orl_bulk_push(&q, in, 10), 8);
    assert_int_equal(orl_bulk_push(&q, in, 1), 0);
    assert_int_equal(orl_bulk_drop(&q, 3), 3);
    assert_int_equal(orl_bulk_push(&q, in, 2), 2);
    assert_int_equal(orl_bulk_pull(&q, out, 10), 7);
    assert_memory_equal(out, in + 3, 5);
    assert_memory_equal(out + 5, in, 2);
    orl_bulk_shape(&q, 4);
    assert_int_equal(orl_bulk_fill(&q), 0);
    orl_bulk_finish(&q);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_full_queue_takes_what_fits),
        cmocka_unit_test(runs_arrive_once_and_in_order),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
