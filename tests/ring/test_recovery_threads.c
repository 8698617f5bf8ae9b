/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Requests for another display with real threads: viewers that race for the same lines, a guest that
 * restarts, and memory that anybody scribbles on. Also run under ThreadSanitizer. The jobs' clock is
 * slower than the real one, so that no thread is late because the machine is busy.
 */
#include <sched.h>
#include <string.h>

#include "base/clock.h"
#include "base/serial.h"
#include "base/thread.h"
#include "rig.h"
#include "ring/mem.h"
#include "ring/recovery.h"
#include "support/check.h"
#include "support/random.h"

#define MS      UINT64_C(1000000)
#define BYTES   (ORL_RECOVERY_BYTES + 4096)
#define VIEWERS 3
#define JOBS    200
#define SLOWER  50

#define STEPS_MAX 2100 /* of a job that takes all its time, by a look every 20 ms */

static const struct orl_recovery about = {
    .lgmp = 12, .kvmfr = 34, .capabilities = ORL_RECOVERY_CAN_SWITCH, .session = 9};

struct viewer {
    const struct orl_shm *shm;
    struct orl_thread thread;
    uint32_t ticket[JOBS], requests; /* that stood in a line */
    uint32_t answered, superseded, changed, restarted, other;
};

struct guest {
    struct orl_shm shm;
    struct orl_recovery_guest side;
    struct orl_flag stop;
    struct orl_thread thread;
    bool restarts;
    uint32_t taken[VIEWERS * JOBS], requests; /* in the order of their tickets */
};

static void run_viewer(void *arg)
{
    struct viewer *v = arg;
    for (uint32_t i = 0; i < JOBS; i++) {
        struct orl_recovery_job job;
        uint64_t now = orl_now_ns() / SLOWER;
        orl_recovery_begin(&job, false, now);
        bool asked = false;
        while (orl_recovery_step(&job, v->shm, orl_now_ns() / SLOWER) == ORL_EAGAIN) {
            if (job.outcome == ORL_RECOVERY_ASKED && !asked) {
                asked = true;
                v->ticket[v->requests++] = job.ticket;
            }
            sched_yield();
        }
        v->answered += job.outcome == ORL_RECOVERY_ANSWERED;
        v->superseded += job.outcome == ORL_RECOVERY_SUPERSEDED;
        v->changed += job.outcome == ORL_RECOVERY_CHANGED;
        v->restarted += job.outcome == ORL_RECOVERY_RESTARTED;
        v->other +=
            job.outcome != ORL_RECOVERY_ANSWERED && job.outcome != ORL_RECOVERY_SUPERSEDED &&
            job.outcome != ORL_RECOVERY_CHANGED && job.outcome != ORL_RECOVERY_RESTARTED;
    }
}

static void run_guest(void *arg)
{
    struct guest *g = arg;
    struct orl_recovery_wish wish;
    for (uint32_t n = 1; !orl_flag_is_raised(&g->stop); n++) {
        orl_recovery_beat(&g->side);
        if (orl_recovery_take(&g->side, &wish) == ORL_OK) {
            orl_recovery_tell(&g->side, &wish, ORL_RECOVERY_SWITCHING, 0);
            orl_recovery_tell(&g->side, &wish,
                              wish.request == ORL_RECOVERY_ASK_NORMAL ? ORL_RECOVERY_NORMAL
                                                                      : ORL_RECOVERY_ACTIVE,
                              ORL_RECOVERY_FINE);
            if (g->requests < VIEWERS * JOBS) {
                g->taken[g->requests++] = wish.ticket;
            }
        }
        if (g->restarts && n % 64 == 0) {
            struct orl_recovery next = g->side.about;
            next.session++;
            (void)!orl_recovery_offer(&g->side, g->shm.base, g->shm.size, &next);
        }
        sched_yield();
    }
}

static void race(struct guest *g, struct viewer *v)
{
    g->shm = rig_memory(BYTES);
    orl_flag_init(&g->stop);
    assert_int_equal(orl_recovery_offer(&g->side, g->shm.base, g->shm.size, &about), ORL_OK);
    assert_int_equal(orl_thread_start(&g->thread, "guest", run_guest, g), ORL_OK);
    for (int i = 0; i < VIEWERS; i++) {
        v[i].shm = &g->shm;
        assert_int_equal(orl_thread_start(&v[i].thread, "viewer", run_viewer, &v[i]), ORL_OK);
    }
    for (int i = 0; i < VIEWERS; i++) {
        orl_thread_join(&v[i].thread);
    }
    orl_flag_raise(&g->stop);
    orl_thread_join(&g->thread);
}

static uint32_t line(const struct guest *g, uint32_t i)
{
    return orl_w32_load(g->shm.base + g->shm.size - ORL_RECOVERY_BYTES + ORL_RECOVERY_LINE +
                        (size_t)i * ORL_RECOVERY_LINE_BYTES);
}

static bool is_of(const struct viewer *v, uint32_t ticket)
{
    for (uint32_t i = 0; i < v->requests; i++) {
        if (v->ticket[i] == ticket) {
            return true;
        }
    }
    return false;
}

static void viewers_race_for_lines_and_each_request_is_one(void **state)
{
    (void)state;
    static struct guest g;
    static struct viewer v[VIEWERS];
    memset(&g, 0, sizeof(g));
    memset(v, 0, sizeof(v));
    race(&g, v);
    uint32_t answered = 0;
    for (int i = 0; i < VIEWERS; i++) {
        assert_int_equal(v[i].requests, JOBS);
        assert_int_equal(v[i].answered + v[i].superseded, JOBS);
        answered += v[i].answered;
    }
    assert_true(answered <= g.requests);
    for (uint32_t i = 0; i < g.requests; i++) { /* each is exactly one viewer's, once */
        int owners = 0;
        for (int k = 0; k < VIEWERS; k++) {
            owners += is_of(&v[k], g.taken[i]);
        }
        assert_int_equal(owners, 1);
        assert_true(i == 0 || orl_recovery_newer(g.taken[i], g.taken[i - 1]));
    }
    for (uint32_t i = 0; i < ORL_RECOVERY_LINES; i++) {
        assert_int_equal(line(&g, i) % 2, 0); /* at most a request that came too late */
    }
    orl_shm_close(&g.shm);
}

static void guest_that_restarts_all_the_time_leaves_no_line_taken(void **state)
{
    (void)state;
    static struct guest g;
    static struct viewer v[VIEWERS];
    memset(&g, 0, sizeof(g));
    memset(v, 0, sizeof(v));
    g.restarts = true;
    race(&g, v);
    for (uint32_t i = 0; i < ORL_RECOVERY_LINES; i++) {
        assert_int_equal(line(&g, i) % 2, 0);
    }
    orl_shm_close(&g.shm);
}

/* ---- Scribbling -------------------------------------------------------------------------------- */

/* Numbers at which programs break. */
static uint32_t evil(uint64_t *rng)
{
    static const uint32_t edges[] = {0, 1, 2, 3, 4, 0x7fffffff, 0x80000000, 0xfffffffe, ~0u};
    return random_below(rng, 3) ? edges[random_below(rng, sizeof(edges) / sizeof(edges[0]))]
                                : random_below(rng, UINT32_MAX);
}

static void scribble(uint8_t *region, uint64_t *rng)
{
    uint32_t lot = random_below(rng, 8);
    uint32_t at = lot < 2   ? 12 + 4 * random_below(rng, 13)   /* header */
                  : lot < 3 ? (uint32_t)ORL_RECOVERY_TICKET    /* */
                  : lot < 6 ? 192 + 64 * random_below(rng, 16) /* serial of a line */
                            : ORL_RECOVERY_STATUS + 4 * random_below(rng, 7); /* status */
    orl_w32_store(region + at, evil(rng));
}

/* What is broken is healed often enough for the job to get on. */
static void heal(struct guest *g, uint64_t *rng)
{
    struct orl_recovery next = about;
    next.session = 1 + (random_below(rng, 8) == 0);
    (void)!orl_recovery_offer(&g->side, g->shm.base, g->shm.size, &next);
}

static void job_over_random_memory_always_ends(void **state)
{
    (void)state;
    uint64_t rng = 4711;
    struct guest g = {.shm = rig_memory(BYTES)};
    uint8_t *region = g.shm.base + BYTES - ORL_RECOVERY_BYTES;
    uint32_t ends[ORL_RECOVERY_SILENT + 1] = {0};
    for (uint32_t round = 0; round < 1500; round++) {
        struct orl_recovery_job job;
        struct orl_recovery_wish wish;
        uint64_t now = 1000 * MS;
        uint32_t rate = 2 + random_below(&rng, 800), steps = 0;
        bool beats = random_below(&rng, 10) > 0;
        heal(&g, &rng);
        for (uint32_t n = random_below(&rng, 6); n > 0; n--) {
            scribble(region, &rng);
        }
        orl_recovery_begin(&job, random_below(&rng, 2), now);
        while (orl_recovery_step(&job, &g.shm, now) == ORL_EAGAIN) {
            assert_true(steps++ < STEPS_MAX);
            assert_true(job.next_ns > now && job.next_ns <= now + 100 * MS);
            now = job.next_ns;
            if (beats) {
                orl_recovery_beat(&g.side);
            }
            if (random_below(&rng, 50) == 0 && orl_recovery_take(&g.side, &wish) == ORL_OK) {
                orl_recovery_tell(&g.side, &wish,
                                  (enum orl_recovery_state)random_below(&rng, 6),
                                  random_below(&rng, 8));
            }
            if (random_below(&rng, rate) == 0) {
                scribble(region, &rng);
            } else if (random_below(&rng, 4 * rate) == 0) {
                heal(&g, &rng);
            }
        }
        assert_true(orl_recovery_is_over(&job));
        ends[job.outcome]++;
    }
    /* The memory was not only broken: every end that it can cause in one thread was reached. */
    static const enum orl_recovery_outcome kinds[] = {
        ORL_RECOVERY_ANSWERED,  ORL_RECOVERY_ABSENT, ORL_RECOVERY_DEAD,
        ORL_RECOVERY_INCAPABLE, ORL_RECOVERY_BROKEN, ORL_RECOVERY_SUPERSEDED,
        ORL_RECOVERY_RESTARTED, ORL_RECOVERY_DIED,   ORL_RECOVERY_SILENT};
    for (size_t i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++) {
        assert_true(ends[kinds[i]] > 0);
    }
    orl_shm_close(&g.shm);
}

static void run_scribbler(void *arg)
{
    struct guest *g = arg;
    uint64_t rng = 815;
    uint8_t *region = g->shm.base + BYTES - ORL_RECOVERY_BYTES;
    while (!orl_flag_is_raised(&g->stop)) {
        orl_recovery_beat(&g->side);
        if (random_below(&rng, 4)) {
            scribble(region, &rng);
        } else {
            heal(g, &rng);
        }
    }
}

static void job_ends_while_another_thread_scribbles(void **state)
{
    (void)state;
    static struct guest g;
    memset(&g, 0, sizeof(g));
    uint64_t rng = 1;
    g.shm = rig_memory(BYTES);
    orl_flag_init(&g.stop);
    heal(&g, &rng);
    assert_int_equal(orl_thread_start(&g.thread, "scribbler", run_scribbler, &g), ORL_OK);
    for (uint32_t round = 0; round < 1000; round++) {
        struct orl_recovery_job job;
        uint64_t now = 1000 * MS;
        uint32_t steps = 0;
        orl_recovery_begin(&job, false, now);
        while (orl_recovery_step(&job, &g.shm, now) == ORL_EAGAIN) {
            assert_true(steps++ < STEPS_MAX);
            now = job.next_ns;
        }
    }
    orl_flag_raise(&g.stop);
    orl_thread_join(&g.thread);
    orl_shm_close(&g.shm);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(viewers_race_for_lines_and_each_request_is_one),
        cmocka_unit_test(guest_that_restarts_all_the_time_leaves_no_line_taken),
        cmocka_unit_test(job_over_random_memory_always_ends),
        cmocka_unit_test(job_ends_while_another_thread_scribbles),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
