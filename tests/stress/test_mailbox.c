/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The mailbox between two threads: values come whole, in order, and the last one arrives. With
 * withdrawals: what was taken back is never seen, and every value has exactly one end.
 */
#include <sched.h>
#include <stdlib.h>

#include "base/mailbox.h"
#include "base/thread.h"
#include "scale.h"
#include "support/check.h"
#include "support/random.h"

#define WORDS 16

enum end { END_NONE, END_REPLACED, END_WITHDRAWN };

struct exchange {
    struct orl_mailbox box;
    uint64_t slots[ORL_MAILBOX_SLOTS][WORDS]; /* plain: the mailbox alone protects them */
    uint64_t last;
    uint64_t taken, torn, backwards, replaced, peeked_wrong;

    /* With withdrawals: by value; each thread writes its own, compared at the end. */
    uint8_t *given, *got;
    uint64_t withdrawn, refused;
};

static void fill(struct exchange *e, uint64_t v)
{
    uint64_t *slot = e->slots[e->box.back];
    for (int i = 0; i < WORDS; i++) {
        slot[i] = v;
    }
}

/* The value in front; counts a mixture of several. */
static uint64_t look(struct exchange *e)
{
    const uint64_t *slot = e->slots[e->box.front];
    for (int i = 1; i < WORDS; i++) {
        e->torn += slot[i] != slot[0];
    }
    return slot[0];
}

static void publish_all(void *arg)
{
    struct exchange *e = arg;
    for (uint64_t v = 1; v <= e->last; v++) {
        fill(e, v);
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
        uint64_t v = look(e);
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

/* After a withdrawal the slot in between is the producer's to write again, through `back`. */
static void publish_and_withdraw(void *arg)
{
    struct exchange *e = arg;
    uint64_t rng = 11;
    uint64_t out = 0; /* published, and not known to have ended */
    for (uint64_t v = 1; v <= e->last; v++) {
        fill(e, v);
        if (orl_mailbox_publish(&e->box)) {
            e->given[out] = END_REPLACED;
        }
        out = v;
        uint32_t lot = random_below(&rng, 8);
        if (lot < 3) {
            sched_yield();
        }
        if (lot % 2 && v != e->last) {
            if (orl_mailbox_withdraw(&e->box)) {
                e->given[v] = END_WITHDRAWN;
                e->withdrawn++;
                e->peeked_wrong += orl_mailbox_unread(&e->box) >= 0;
                e->refused += orl_mailbox_withdraw(&e->box); /* a second time: nothing */
            } else {
                e->peeked_wrong += orl_mailbox_unread(&e->box) >= 0; /* it is the consumer's */
            }
        }
    }
}

static void take_and_note(void *arg)
{
    struct exchange *e = arg;
    uint64_t rng = 12;
    for (uint64_t seen = 0; seen != e->last;) {
        if (!orl_mailbox_take(&e->box)) {
            sched_yield();
            continue;
        }
        uint64_t v = look(e);
        e->backwards += v <= seen;
        e->got[v]++;
        e->taken++;
        seen = v;
        if (random_below(&rng, 16) == 0) {
            sched_yield(); /* while the slot is ours */
            e->torn += look(e) != v;
        }
    }
}

static void what_was_withdrawn_is_never_seen_and_every_value_ends_once(void **state)
{
    (void)state;
    static struct exchange e;
    struct orl_thread threads[2];
    orl_mailbox_init(&e.box);
    e.last = (uint64_t)(400000 * stress_scale());
    e.given = calloc(e.last + 1, 1);
    e.got = calloc(e.last + 1, 1);
    assert_non_null(e.given);
    assert_non_null(e.got);
    assert_int_equal(orl_thread_start(&threads[0], "publish", publish_and_withdraw, &e),
                     ORL_OK);
    assert_int_equal(orl_thread_start(&threads[1], "take", take_and_note, &e), ORL_OK);
    orl_thread_join(&threads[0]);
    orl_thread_join(&threads[1]);
    assert_int_equal(e.torn, 0);
    assert_int_equal(e.backwards, 0);
    assert_int_equal(e.peeked_wrong, 0);
    assert_int_equal(e.refused, 0);
    for (uint64_t v = 1; v <= e.last; v++) {
        unsigned ends = e.got[v] + (e.given[v] != END_NONE ? 1u : 0u);
        if (ends != 1) {
            fail_msg("value %llu: taken %u times, end %u", (unsigned long long)v, e.got[v],
                     e.given[v]);
        }
    }
    print_message("%llu taken, %llu withdrawn of %llu\n", (unsigned long long)e.taken,
                  (unsigned long long)e.withdrawn, (unsigned long long)e.last);
    assert_true(e.withdrawn > 0 && e.taken > 0);
    free(e.given);
    free(e.got);
}

static void only_an_untaken_value_can_be_withdrawn(void **state)
{
    (void)state;
    struct orl_mailbox box;
    orl_mailbox_init(&box);
    assert_false(orl_mailbox_withdraw(&box));
    assert_false(orl_mailbox_publish(&box));
    assert_true(orl_mailbox_withdraw(&box));
    assert_false(orl_mailbox_take(&box));
    assert_int_equal(orl_mailbox_unread(&box), -1);
    assert_false(orl_mailbox_publish(&box)); /* nothing was replaced */
    assert_true(orl_mailbox_take(&box));
    assert_false(orl_mailbox_withdraw(&box));
    assert_false(orl_mailbox_take(&box));
    /* All three slots are still there, each with one owner. */
    uint32_t owners = 1u << box.back | 1u << box.front | 1u << (box.mid & 3u);
    assert_int_equal(owners, 7);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(newest_value_arrives_whole_and_in_order),
        cmocka_unit_test(what_was_withdrawn_is_never_seen_and_every_value_ends_once),
        cmocka_unit_test(only_an_untaken_value_can_be_withdrawn),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
