/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The command queue between two threads: motion and wheel sums arrive exactly; keys arrive in order,
 * and what is lost is followed by exactly one release, at its place.
 */
#include <sched.h>

#include "base/thread.h"
#include "input/cmdq.h"
#include "scale.h"
#include "support/check.h"
#include "support/random.h"

#define BATCH 7

struct line {
    struct orl_cmdq q;
    struct orl_flag done; /* pusher: everything is in the queue */
    uint64_t rounds;
    /* pusher's account */
    int64_t sent_dx, sent_dy, sent_wheel;
    uint64_t lost;   /* keys refused */
    uint32_t fitted; /* keys that fitted */
    /* drainer's account */
    int64_t got_dx, got_dy, got_wheel;
    uint64_t releases, disorder, keys;
    uint64_t unmerged; /* two motions side by side in one batch */
};

/* Keys carry two numbers: how many fitted before, and how many overflows there were before. */
static void push_key(struct line *l)
{
    uint64_t epoch = orl_cmdq_overflows(&l->q);
    struct orl_cmd cmd = {.kind = ORL_CMD_KEY, .dx = (int32_t)l->fitted, .dy = (int32_t)epoch};
    if (orl_cmdq_push(&l->q, &cmd)) {
        l->fitted++;
    } else {
        l->lost++;
    }
}

static void push_motion(struct line *l, uint64_t *seed)
{
    struct orl_cmd cmd = {.kind = ORL_CMD_MOTION};
    cmd.dx = (int32_t)random_below(seed, 21) - 10;
    cmd.dy = (int32_t)random_below(seed, 21) - 10;
    l->sent_dx += cmd.dx;
    l->sent_dy += cmd.dy;
    orl_cmdq_push(&l->q, &cmd);
}

static void push_wheel(struct line *l, uint64_t *seed)
{
    struct orl_cmd cmd = {.kind = ORL_CMD_WHEEL, .dy = random_below(seed, 2) ? 1 : -1};
    l->sent_wheel += cmd.dy;
    orl_cmdq_push(&l->q, &cmd);
}

static void push_all(void *arg)
{
    struct line *l = arg;
    uint64_t seed = 1;
    for (uint64_t i = 0; i < l->rounds; i++) {
        switch (random_below(&seed, 8)) {
        case 0:
        case 1: push_key(l); break;
        case 2: push_wheel(l, &seed); break;
        default: push_motion(l, &seed); break;
        }
        if (random_below(&seed, 64) == 0) {
            sched_yield();
        }
    }
    while (!orl_cmdq_flush(&l->q)) {
        sched_yield();
    }
    orl_flag_raise(&l->done);
}

static void count(struct line *l, const struct orl_cmd *cmd)
{
    switch (cmd->kind) {
    case ORL_CMD_MOTION:
        l->got_dx += cmd->dx;
        l->got_dy += cmd->dy;
        break;
    case ORL_CMD_WHEEL: l->got_wheel += cmd->dy; break;
    case ORL_CMD_RELEASE_ALL: l->releases++; break;
    default:
        /* The next one that fitted, and every overflow before it has had its release. */
        l->disorder += (uint64_t)cmd->dx != l->keys || (uint64_t)cmd->dy != l->releases;
        l->keys++;
        break;
    }
}

static void drain_all(void *arg)
{
    struct line *l = arg;
    for (bool done = false; !done;) {
        struct orl_cmd out[BATCH];
        done = orl_flag_is_raised(&l->done);
        for (size_t n; (n = orl_cmdq_drain(&l->q, out, BATCH)) > 0;) {
            for (size_t i = 0; i < n; i++) {
                count(l, &out[i]);
                l->unmerged +=
                    i > 0 && out[i].kind == ORL_CMD_MOTION && out[i - 1].kind == ORL_CMD_MOTION;
            }
        }
        sched_yield();
    }
}

static void run(uint32_t len)
{
    struct line l = {.rounds = (uint64_t)(200000 * stress_scale())};
    struct orl_thread threads[2];
    assert_int_equal(orl_cmdq_init(&l.q), ORL_OK);
    orl_spsc_finish(&l.q.items);
    assert_int_equal(orl_spsc_init(&l.q.items, len, sizeof(struct orl_cmd)), ORL_OK);
    orl_flag_init(&l.done);
    assert_int_equal(orl_thread_start(&threads[0], "push", push_all, &l), ORL_OK);
    assert_int_equal(orl_thread_start(&threads[1], "drain", drain_all, &l), ORL_OK);
    orl_thread_join(&threads[0]);
    orl_thread_join(&threads[1]);
    assert_int_equal(l.got_dx, l.sent_dx);
    assert_int_equal(l.got_dy, l.sent_dy);
    assert_int_equal(l.got_wheel, l.sent_wheel);
    assert_int_equal(l.disorder, 0);
    assert_int_equal(l.unmerged, 0);
    assert_int_equal(l.keys, l.fitted);
    assert_int_equal(l.releases, orl_cmdq_overflows(&l.q));
    assert_true(l.lost >= l.releases);
    assert_true(len > 2 || l.releases > 0); /* the case was there */
    orl_cmdq_finish(&l.q);
}

static void sums_are_exact_and_losses_answered_between_threads(void **state)
{
    (void)state;
    run(2);
    run(16);
    run(ORL_CMDQ_LEN);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(sums_are_exact_and_losses_answered_between_threads),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
