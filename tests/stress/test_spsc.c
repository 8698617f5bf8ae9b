/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The bounded queue between two threads, from the smallest capacity on and across the wrap. */
#include <sched.h>

#include "base/spsc.h"
#include "base/thread.h"
#include "scale.h"
#include "support/check.h"

struct item {
    uint64_t number, copies[3];
};

struct line {
    struct orl_spsc q;
    uint64_t count, wrong;
};

static void push_all(void *arg)
{
    struct line *l = arg;
    for (uint64_t i = 0; i < l->count;) {
        struct item it = {i, {i, ~i, i * 3}};
        if (orl_spsc_push(&l->q, &it)) {
            i++;
        } else {
            sched_yield();
        }
    }
}

static void pull_all(void *arg)
{
    struct line *l = arg;
    for (uint64_t i = 0; i < l->count;) {
        struct item it;
        if (orl_spsc_pull(&l->q, &it)) {
            l->wrong += it.number != i || it.copies[0] != i || it.copies[1] != ~i ||
                        it.copies[2] != i * 3;
            i++;
        } else {
            sched_yield();
        }
    }
}

static void run(uint32_t capacity)
{
    struct line l = {.count = (uint64_t)(200000 * stress_scale())};
    struct orl_thread threads[2];
    assert_int_equal(orl_spsc_init(&l.q, capacity, sizeof(struct item)), ORL_OK);
    /* Free-running counters: let them pass 2^32 on the way. */
    atomic_store(&l.q.head, UINT32_MAX - 1000);
    atomic_store(&l.q.tail, UINT32_MAX - 1000);
    assert_int_equal(orl_thread_start(&threads[0], "push", push_all, &l), ORL_OK);
    assert_int_equal(orl_thread_start(&threads[1], "pull", pull_all, &l), ORL_OK);
    orl_thread_join(&threads[0]);
    orl_thread_join(&threads[1]);
    assert_int_equal(l.wrong, 0);
    struct item left;
    assert_false(orl_spsc_pull(&l.q, &left));
    orl_spsc_finish(&l.q);
}

static void every_item_arrives_once_and_in_order(void **state)
{
    (void)state;
    run(2);
    run(16);
    run(1024);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_item_arrives_once_and_in_order),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
