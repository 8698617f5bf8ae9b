/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The wake word: no reason is lost, whatever the sleeper is doing, and values come along. */
#include "base/clock.h"
#include "base/thread.h"
#include "base/wake.h"
#include "scale.h"
#include "support/check.h"

#define SETTERS 3
#define QUIT    8u

struct setter {
    struct orl_wake *wake, *answer;
    uint32_t bit;
    uint64_t rounds, value, seen; /* value: plain, handed over by the wake word */
};

struct bell {
    struct orl_wake wake, answers[SETTERS];
    struct setter setters[SETTERS];
    uint64_t timeouts, wrong;
};

/* Each round is answered before the next: a lost wake-up would end the test by its deadline. */
static void ring_bell(void *arg)
{
    struct setter *s = arg;
    for (uint64_t i = 1; i <= s->rounds; i++) {
        s->value = i;
        orl_wake_set(s->wake, s->bit);
        if (orl_wake_wait(s->answer, orl_now_ns() + 10 * ORL_NS_PER_S) == 0) {
            return;
        }
    }
}

static void answer_bell(void *arg)
{
    struct bell *b = arg;
    for (uint32_t reasons = 0; !(reasons & QUIT);) {
        reasons = orl_wake_wait(&b->wake, orl_now_ns() + 10 * ORL_NS_PER_S);
        if (reasons == 0) {
            b->timeouts++;
            return;
        }
        for (int i = 0; i < SETTERS; i++) {
            struct setter *s = &b->setters[i];
            if (reasons & s->bit) {
                b->wrong += s->value != s->seen + 1;
                s->seen = s->value;
                orl_wake_set(s->answer, 1);
            }
        }
    }
}

static void no_reason_is_lost_between_threads(void **state)
{
    (void)state;
    static struct bell b;
    struct orl_thread threads[SETTERS + 1];
    orl_wake_init(&b.wake);
    for (uint32_t i = 0; i < SETTERS; i++) {
        orl_wake_init(&b.answers[i]);
        b.setters[i] = (struct setter){.wake = &b.wake,
                                       .answer = &b.answers[i],
                                       .bit = 1u << i,
                                       .rounds = (uint64_t)(20000 * stress_scale())};
    }
    assert_int_equal(orl_thread_start(&threads[SETTERS], "answer", answer_bell, &b), ORL_OK);
    for (int i = 0; i < SETTERS; i++) {
        assert_int_equal(orl_thread_start(&threads[i], "ring", ring_bell, &b.setters[i]),
                         ORL_OK);
    }
    for (int i = 0; i < SETTERS; i++) {
        orl_thread_join(&threads[i]);
    }
    orl_wake_set(&b.wake, QUIT);
    orl_thread_join(&threads[SETTERS]);
    assert_int_equal(b.timeouts, 0);
    assert_int_equal(b.wrong, 0);
    for (int i = 0; i < SETTERS; i++) {
        assert_int_equal(b.setters[i].seen, b.setters[i].rounds);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(no_reason_is_lost_between_threads),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
