/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "frame/cadence.h"

#include <stdlib.h>
#include <string.h>

#define US UINT64_C(1000)
#define MS UINT64_C(1000000)

/*
 * The budget: every look spends LOOK_NS, time earns as much as it lasts, an arrival earns more.
 * So there are at most about 1500 looks per second plus 8 per arrival in the long run; with some
 * 5 us of processor per look that is less than 1.5 % of a core per thread at 60 Hz.
 */
#define LOOK_NS        (666 * US)
#define ARRIVAL_EARNS  (8 * LOOK_NS)
#define BUDGET_CAP     (400 * LOOK_NS)
#define STRETCHED_NS   (600 * US)
#define PRECISE_NS     (300 * US)
#define GUARD_NS       (150 * US) /* margins around the learned earliness and lateness */
#define FIRST_STEP_NS  (200 * US)
#define MISSES         4u /* expected arrivals that are waited for with small steps */
#define PERIOD_MIN     (1 * MS)
#define PERIOD_MAX     (100 * MS)
#define LEARN_FROM     4u
#define MISFITS        3u
#define POKED_LOCKED   (2 * MS) /* while a rhythm holds, input changes little */
#define POKED_UNLOCKED (250 * US)

static uint64_t min64(uint64_t a, uint64_t b)
{
    return a < b ? a : b;
}

static uint64_t max64(uint64_t a, uint64_t b)
{
    return a > b ? a : b;
}

void orl_cadence_init(struct orl_cadence *c, uint32_t max_us)
{
    memset(c, 0, sizeof(*c));
    c->max_ns = max_us ? min64(max_us * US, ORL_CADENCE_IDLE_NS) : ORL_CADENCE_IDLE_NS;
    c->budget_ns = BUDGET_CAP;
}

static int compare(const void *a, const void *b)
{
    const uint64_t *x = a, *y = b;
    return *x < *y ? -1 : *x > *y;
}

/*
 * The period is the mean of those intervals that lie around the lower quartile: frames that were
 * left out make intervals longer, never shorter, so the short ones show the rhythm.
 */
static void learn(struct orl_cadence *c)
{
    uint64_t sorted[ORL_CADENCE_HISTORY];
    if (c->intervals < LEARN_FROM) {
        return;
    }
    memcpy(sorted, c->interval, sizeof(sorted));
    qsort(sorted, c->intervals, sizeof(sorted[0]), compare);
    uint64_t q = sorted[c->intervals / 4];
    uint64_t sum = 0;
    uint32_t n = 0;
    for (uint32_t i = 0; i < c->intervals; i++) {
        if (sorted[i] >= q - q / 4 && sorted[i] <= q + q / 4) {
            sum += sorted[i];
            n++;
        }
    }
    bool steady = n * 3 >= c->intervals && n >= LEARN_FROM / 2;
    uint64_t mean = n ? sum / n : 0;
    c->period_ns = steady && mean >= PERIOD_MIN && mean <= PERIOD_MAX ? mean : 0;
}

static void remember(struct orl_cadence *c, uint64_t interval)
{
    c->interval[c->interval_at] = interval;
    c->interval_at = (c->interval_at + 1) % ORL_CADENCE_HISTORY;
    if (c->intervals < ORL_CADENCE_HISTORY) {
        c->intervals++;
    }
    learn(c);
}

static void forget_rhythm(struct orl_cadence *c)
{
    c->intervals = 0;
    c->interval_at = 0;
    c->period_ns = 0;
    c->early_ns = 0;
    c->late_ns = 0;
    c->error_ns = 0;
    c->misfits = 0;
}

/*
 * Largest recent value, forgotten over some hundred arrivals; a stray one, far beyond the usual
 * error, over some thirty: waiting for the next of its kind would cost more than it is worth.
 */
static uint64_t follow_peak(uint64_t peak, uint64_t value, uint64_t usual)
{
    if (value > peak) {
        return value;
    }
    return peak - peak / (peak > 4 * usual + PRECISE_NS ? 32 : 256);
}

/* The expected time that lies nearest to `now_ns`, at least one period after the last arrival. */
static uint64_t nearest_expected(const struct orl_cadence *c, uint64_t now_ns)
{
    uint64_t since = now_ns > c->phase_ns ? now_ns - c->phase_ns : 0;
    uint64_t n = max64((since + c->period_ns / 2) / c->period_ns, 1);
    return c->phase_ns + n * c->period_ns;
}

/*
 * Moves the phase a quarter of the error: close to the best for an even beat with jitter in each
 * arrival, and still good when each frame takes its time from the one before. A first error to one
 * side is mistrusted: after one late frame the next is usually on time again.
 */
static void correct_phase(struct orl_cadence *c, uint64_t now_ns)
{
    uint64_t expected = nearest_expected(c, now_ns);
    bool late = now_ns > expected;
    uint64_t off = late ? now_ns - expected : expected - now_ns;
    uint64_t trusted = late == c->last_late ? off : c->error_ns + FIRST_STEP_NS;
    uint64_t step = min64(off, trusted) / 4;
    if (off > c->period_ns / 4) {
        c->misfits++;
    } else {
        c->misfits = 0;
    }
    c->phase_ns = late ? expected + step : expected - step;
    c->last_late = late;
    c->error_ns += off / 32;
    c->error_ns -= c->error_ns / 32;
    c->early_ns =
        min64(follow_peak(c->early_ns, late ? 0 : off, c->error_ns), c->period_ns / 2);
    c->late_ns = min64(follow_peak(c->late_ns, late ? off : 0, c->error_ns), c->period_ns / 2);
}

void orl_cadence_arrival(struct orl_cadence *c, uint64_t now_ns, uint32_t count)
{
    uint64_t since = c->last_ns ? now_ns - c->last_ns : 0;
    uint64_t uncertain = now_ns - c->look_ns;
    bool precise = c->last_ns && count == 1 && uncertain <= max64(PRECISE_NS, since / 16);
    bool locked = c->anchored && c->period_ns;

    c->budget_ns = min64(c->budget_ns + ARRIVAL_EARNS, BUDGET_CAP);
    if (precise && locked) {
        correct_phase(c, now_ns);
    } else if (locked) {
        /* It stood there before the window opened: open earlier from now on. */
        c->early_ns = min64(c->early_ns + c->early_ns / 4 + 100 * US, c->period_ns / 2);
        c->misfits++;
    } else {
        c->phase_ns = now_ns;
    }
    if (c->misfits >= MISFITS) {
        forget_rhythm(c);
        c->phase_ns = now_ns;
    }
    if (precise && c->anchored) {
        remember(c, since);
    }
    c->anchored = precise;
    c->last_ns = now_ns;
}

void orl_cadence_poke(struct orl_cadence *c, uint64_t now_ns)
{
    c->poked_until_ns = now_ns + ORL_CADENCE_POKE_NS;
}

/* The small step: as it is while at least half of the budget is there, then longer and longer. */
static uint64_t small_step(const struct orl_cadence *c)
{
    uint64_t missing = BUDGET_CAP - c->budget_ns;
    uint64_t half = BUDGET_CAP / 2;
    if (missing <= half) {
        return ORL_CADENCE_FAST_NS;
    }
    return ORL_CADENCE_FAST_NS + (STRETCHED_NS - ORL_CADENCE_FAST_NS) * (missing - half) / half;
}

/* Sleep while a rhythm holds: long before the window of the next arrival, small inside it, and
 * growing again after it. */
static uint64_t locked_sleep(const struct orl_cadence *c, uint64_t now_ns, uint64_t step)
{
    uint64_t lead = c->early_ns + c->early_ns / 4 + GUARD_NS;
    uint64_t n = max64((now_ns + lead - c->phase_ns) / c->period_ns, 1);
    uint64_t expected = c->phase_ns + n * c->period_ns;
    uint64_t opens = expected - lead;
    uint64_t closes = expected + c->late_ns + GUARD_NS;
    if (now_ns < opens) {
        return max64(opens - now_ns, step);
    }
    if (now_ns <= closes) {
        return step;
    }
    uint64_t next_opens = opens + c->period_ns;
    uint64_t growing = step + (now_ns - closes) / 4;
    return next_opens > now_ns ? max64(min64(growing, next_opens - now_ns), step) : step;
}

uint64_t orl_cadence_next(struct orl_cadence *c, uint64_t now_ns)
{
    uint64_t elapsed = c->look_ns ? now_ns - c->look_ns : 0;
    uint64_t earned = min64(c->budget_ns + elapsed, BUDGET_CAP);
    c->budget_ns = earned > LOOK_NS ? earned - LOOK_NS : 0;
    c->look_ns = now_ns;

    uint64_t step = small_step(c);
    bool locked = c->anchored && c->period_ns &&
                  now_ns < c->phase_ns + MISSES * c->period_ns + c->period_ns / 2;
    uint64_t sleep = ORL_CADENCE_IDLE_NS;
    if (locked) {
        sleep = locked_sleep(c, now_ns, step);
    } else if (c->last_ns) {
        sleep = max64((now_ns - c->last_ns) / 32, step);
    }
    if (now_ns < c->poked_until_ns) {
        sleep = min64(sleep, locked ? POKED_LOCKED : max64(POKED_UNLOCKED, step));
    }
    return now_ns + min64(sleep, c->max_ns);
}
