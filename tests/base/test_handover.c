/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Mailbox, queue, wake word and thread, step by step in one thread; tests/stress has the rest. */
#include <signal.h>
#include <string.h>
#include <sys/prctl.h>

#include "base/clock.h"
#include "base/mailbox.h"
#include "base/spsc.h"
#include "base/thread.h"
#include "base/wake.h"
#include "support/check.h"

static void mailbox_gives_the_newest_value_once(void **state)
{
    (void)state;
    struct orl_mailbox mb;
    int slots[ORL_MAILBOX_SLOTS] = {0};
    orl_mailbox_init(&mb);
    assert_false(orl_mailbox_take(&mb));
    assert_int_equal(orl_mailbox_unread(&mb), -1);
    for (int v = 1; v <= 20; v++) {
        slots[mb.back] = v;
        assert_int_equal(orl_mailbox_publish(&mb), v % 3 == 2); /* the one before is unread */
        assert_int_equal(slots[orl_mailbox_unread(&mb)], v);
        if (v % 3 != 1) {
            assert_true(orl_mailbox_take(&mb));
            assert_int_equal(slots[mb.front], v);
            assert_int_equal(orl_mailbox_unread(&mb), -1);
            assert_false(orl_mailbox_take(&mb));
            assert_int_equal(slots[mb.front], v); /* still ours */
        }
        assert_int_equal(1 << mb.front | 1 << mb.back | 1 << (atomic_load(&mb.mid) & 3), 7);
    }
}

static void queue_is_bounded_and_keeps_its_order(void **state)
{
    (void)state;
    struct orl_spsc q;
    assert_int_equal(orl_spsc_init(&q, 1, 4), ORL_EINVAL);
    assert_int_equal(orl_spsc_init(&q, 3, 4), ORL_EINVAL);
    assert_int_equal(orl_spsc_init(&q, 131072, 4), ORL_EINVAL);
    assert_int_equal(orl_spsc_init(&q, 4, 0), ORL_EINVAL);
    assert_int_equal(orl_spsc_init(&q, 4, sizeof(int)), ORL_OK);
    int out, pushed = 0, pulled = 0;
    assert_false(orl_spsc_pull(&q, &out));
    for (int round = 0; round < 10; round++) {
        while (orl_spsc_push(&q, &pushed)) {
            pushed++;
        }
        assert_int_equal(pushed - pulled, 4);
        for (int i = 0; i <= round % 4; i++) {
            assert_true(orl_spsc_pull(&q, &out));
            assert_int_equal(out, pulled++);
        }
    }
    orl_spsc_finish(&q);
}

static void wake_collects_reasons_and_gives_them_once(void **state)
{
    (void)state;
    struct orl_wake w;
    orl_wake_init(&w);
    assert_int_equal(orl_wake_wait(&w, 0), 0);
    orl_wake_set(&w, 1);
    orl_wake_set(&w, 4);
    orl_wake_set(&w, 4);
    assert_int_equal(orl_wake_wait(&w, ORL_WAKE_NEVER), 5);
    assert_int_equal(orl_wake_wait(&w, 0), 0);
}

static void wake_sleeps_until_its_deadline(void **state)
{
    (void)state;
    struct orl_wake w;
    orl_wake_init(&w);
    uint64_t start_ns = orl_now_ns();
    assert_int_equal(orl_wake_wait(&w, start_ns + 5 * ORL_NS_PER_MS), 0);
    assert_true(orl_now_ns() - start_ns >= 5 * ORL_NS_PER_MS);
}

struct seen {
    char name[16];
    bool blocked_term, blocked_bus;
};

static void look_around(void *arg)
{
    struct seen *s = arg;
    sigset_t mask;
    prctl(PR_GET_NAME, s->name);
    pthread_sigmask(SIG_BLOCK, NULL, &mask);
    s->blocked_term = sigismember(&mask, SIGTERM);
    s->blocked_bus = sigismember(&mask, SIGBUS);
}

static void thread_has_its_name_and_leaves_signals_to_others(void **state)
{
    (void)state;
    struct seen s = {0};
    struct orl_thread t = {0};
    orl_thread_join(&t); /* never started: nothing */
    assert_int_equal(orl_thread_start(&t, "a-name-too-long-by-far", look_around, &s), ORL_OK);
    orl_thread_join(&t);
    orl_thread_join(&t);
    assert_string_equal(s.name, "a-name-too-long");
    assert_true(s.blocked_term);
    assert_false(s.blocked_bus); /* or a shrunk memory file would kill the program */
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(mailbox_gives_the_newest_value_once),
        cmocka_unit_test(queue_is_bounded_and_keeps_its_order),
        cmocka_unit_test(wake_collects_reasons_and_gives_them_once),
        cmocka_unit_test(wake_sleeps_until_its_deadline),
        cmocka_unit_test(thread_has_its_name_and_leaves_signals_to_others),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
