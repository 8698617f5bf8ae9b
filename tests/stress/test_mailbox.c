/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The mailbox between two threads: values come whole, in order, and the last one arrives. */
#include <sched.h>

#include "base/mailbox.h"
#include "base/thread.h"
#include "scale.h"
#include "support/check.h"

#define WORDS 16

struct exchange {
    struct orl_mailbox box;
    uint64_t slots[ORL_MAILBOX_SLOTS][WORDS]; /* plain: the mailbox alone protects them */
    uint64_t last;
    uint64_t taken, torn, backwards, replaced, peeked_wrong;
};

static void publish_all(void *arg)
{
    struct exchange *e = arg;
    for (uint64_t v = 1; v <= e->last; v++) {
        uint64_t *slot = e->slots[e->box.back];
        for (int i = 0; i < WORDS; i++) {
            slot[i] = v;
        }
        e->replaced += orl_mailbox_publish(&e->box);
        int unread = orl_mailbox_unread(&e->box);
        if (unread >= 0 && (unread > 2 || e->slots[unread][0] != v)) {
            e->peeked_wrong++; /* still untaken means: what was published last */
        }
        if (v % 64 == 0) {
            sched_yield();
        }
    }
}

static void take_all(void *arg)
{
    struct exchange *e = arg;
    for (uint64_t seen = 0; seen != e->last;) {
        if (!orl_mailbox_take(&e->box)) {
            sched_yield();
            continue;
        }
        const uint64_t *slot = e->slots[e->box.front];
        uint64_t v = slot[0];
        for (int i = 1; i < WORDS; i++) {
            e->torn += slot[i] != v;
        }
        e->backwards += v <= seen;
        e->taken++;
        seen = v;
    }
}

static void newest_value_arrives_whole_and_in_order(void **state)
{
    (void)state;
    static struct exchange e;
    struct orl_thread threads[2];
    orl_mailbox_init(&e.box);
    e.last = (uint64_t)(400000 * stress_scale());
    assert_int_equal(orl_thread_start(&threads[0], "publish", publish_all, &e), ORL_OK);
    assert_int_equal(orl_thread_start(&threads[1], "take", take_all, &e), ORL_OK);
    orl_thread_join(&threads[0]);
    orl_thread_join(&threads[1]);
    assert_int_equal(e.torn, 0);
    assert_int_equal(e.backwards, 0);
    assert_int_equal(e.peeked_wrong, 0);
    assert_int_equal(e.taken + e.replaced, e.last); /* each was taken or replaced, once */
    assert_int_equal(e.slots[e.box.front][0], e.last);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(newest_value_arrives_whole_and_in_order),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
