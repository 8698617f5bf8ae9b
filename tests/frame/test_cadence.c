/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The cadence against simulated streams. Each wake-up of the simulation comes a little late, as on
 * a real machine (20 us plus an exponential tail of 15 us); nothing here waits for real time.
 */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#include "frame/cadence.h"
#include "support/check.h"
#include "support/random.h"

#define US UINT64_C(1000)
#define MS UINT64_C(1000000)
#define S  UINT64_C(1000000000)

#define ARRIVALS_MAX 60000

struct run {
    struct orl_cadence c;
    uint64_t rng;
    uint64_t t; /* now */
    uint64_t arrival[ARRIVALS_MAX];
    uint32_t arrivals;
    uint32_t at;                  /* next arrival that was not found yet */
    uint64_t found[ARRIVALS_MAX]; /* latency of each */
    uint64_t looks;
    uint64_t poke_every; /* 0 never */
    uint64_t next_poke;
};

static struct run *fresh(void **state, uint32_t max_us)
{
    static struct run storage;
    struct run *r = &storage;
    (void)state;
    *r = (struct run){.rng = 7, .t = 1 * S};
    orl_cadence_init(&r->c, max_us);
    return r;
}

static double unit(struct run *r)
{
    return (double)(random_next(&r->rng) >> 11) / 9007199254740992.0;
}

/* About normal: the sum of twelve even numbers. */
static double bell(struct run *r)
{
    double sum = -6;
    for (int i = 0; i < 12; i++) {
        sum += unit(r);
    }
    return sum;
}

/* `count` arrivals from `from` on with jitter around an even beat; a share `missed` is left out. */
static uint64_t beat(struct run *r, uint64_t from, double hz, double jitter_ns, double missed,
                     uint32_t count)
{
    double period = 1e9 / hz;
    uint64_t last = r->arrivals ? r->arrival[r->arrivals - 1] : 0;
    uint64_t t = from;
    for (uint32_t i = 0; i < count; i++) {
        double j = bell(r) * jitter_ns;
        j = fabs(j) > period * 0.45 ? 0 : j;
        t = from + (uint64_t)((i + 1) * period + j);
        if (unit(r) >= missed && t > last && r->arrivals < ARRIVALS_MAX) {
            r->arrival[r->arrivals++] = t;
            last = t;
        }
    }
    return t;
}

static uint64_t overshoot(struct run *r)
{
    return 20 * US + (uint64_t)(-log(1 - unit(r)) * 15e3);
}

/* A poke ends a sleep. */
static uint64_t sleep_end(struct run *r, uint64_t until)
{
    if (r->poke_every && r->next_poke < until) {
        uint64_t t = r->next_poke > r->t ? r->next_poke : r->t;
        orl_cadence_poke(&r->c, t);
        r->next_poke = t + r->poke_every;
        return t;
    }
    return until;
}

static void run_until(struct run *r, uint64_t end)
{
    while (r->t < end) {
        uint32_t n = 0;
        while (r->at < r->arrivals && r->arrival[r->at] <= r->t) {
            r->found[r->at] = r->t - r->arrival[r->at];
            r->at++;
            n++;
        }
        if (n) {
            orl_cadence_arrival(&r->c, r->t, n);
        }
        uint64_t next = orl_cadence_next(&r->c, r->t);
        assert_true(next > r->t);
        assert_true(next <= r->t + ORL_CADENCE_IDLE_NS);
        r->t = sleep_end(r, next) + overshoot(r);
        r->looks++;
    }
}

static int compare(const void *a, const void *b)
{
    const uint64_t *x = a, *y = b;
    return *x < *y ? -1 : *x > *y;
}

/* Latency in us below which `share` of the arrivals from..at-1 were found. */
static uint64_t quantile_us(struct run *r, uint32_t from, double share)
{
    static uint64_t sorted[ARRIVALS_MAX];
    uint32_t n = r->at - from;
    assert_true(n > 10);
    for (uint32_t i = 0; i < n; i++) {
        sorted[i] = r->found[from + i];
    }
    qsort(sorted, n, sizeof(sorted[0]), compare);
    return sorted[(uint32_t)(share * (n - 1))] / US;
}

static void steady(void **state, double hz, double jitter_ns, double missed, uint64_t p50_us,
                   uint64_t p99_us, uint64_t looks_per_s)
{
    struct run *r = fresh(state, 0);
    uint64_t end = beat(r, r->t, hz, jitter_ns, missed, (uint32_t)(hz * 20));
    run_until(r, end + 2 * MS);
    uint64_t p50 = quantile_us(r, 30, 0.50), p99 = quantile_us(r, 30, 0.99);
    uint64_t per_s = r->looks / 20;
    print_message("%6.2f Hz jitter %4.0f us missed %2.0f %%: p50 %3u p99 %4u us, %4u looks/s\n",
                  hz, jitter_ns / 1e3, missed * 100, (unsigned)p50, (unsigned)p99,
                  (unsigned)per_s);
    assert_true(p50 <= p50_us);
    assert_true(p99 <= p99_us);
    assert_true(per_s <= looks_per_s);
}

static void even_streams_are_found_within_100_and_400_us(void **state)
{
    const double rates[] = {24, 30, 59.94, 60, 144, 240};
    for (size_t i = 0; i < sizeof(rates) / sizeof(rates[0]); i++) {
        steady(state, rates[i], 50e3, 0, 100, 400, 3000);
        steady(state, rates[i], 200e3, 0, 100, 400, 3500);
    }
}

static void strong_jitter_at_60_hz_stays_within_the_budget(void **state)
{
    steady(state, 60, 1000e3, 0, 150, 700, 2300);
}

static void missed_frames_do_not_break_the_rhythm(void **state)
{
    steady(state, 60, 100e3, 0.10, 100, 600, 2000);
    steady(state, 60, 100e3, 0.30, 100, 1500, 2000);
    steady(state, 144, 100e3, 0.10, 100, 400, 3000);
}

/* A guest on a busy machine: one frame in two hundred comes 2 to 7 ms late. */
static void stray_late_frames_do_not_cost_many_looks(void **state)
{
    const double rates[] = {60, 144, 240};
    for (size_t k = 0; k < 3; k++) {
        struct run *r = fresh(state, 0);
        uint64_t end = beat(r, r->t, rates[k], 50e3, 0, (uint32_t)(rates[k] * 20));
        for (uint32_t i = 0; i + 1 < r->arrivals; i++) {
            if (random_below(&r->rng, 200) == 0) {
                uint64_t late = r->arrival[i] + 2 * MS + random_below(&r->rng, 5000000);
                r->arrival[i] = late < r->arrival[i + 1] ? late : r->arrival[i + 1] - 1;
            }
        }
        run_until(r, end + 2 * MS);
        uint64_t p50 = quantile_us(r, 30, 0.50), p99 = quantile_us(r, 30, 0.99);
        print_message("%.0f Hz with stray frames: p50 %u p99 %u us, %u looks/s\n", rates[k],
                      (unsigned)p50, (unsigned)p99, (unsigned)(r->looks / 20));
        assert_true(p50 <= 100);
        assert_true(p99 <= 400);
        assert_true(r->looks / 20 <= (uint64_t)(300 + 5 * rates[k]));
    }
}

static void a_change_of_rate_is_learned_within_a_second(void **state)
{
    const double rates[] = {60, 144, 30, 240, 24, 60};
    struct run *r = fresh(state, 0);
    uint64_t t = r->t;
    for (size_t i = 0; i < sizeof(rates) / sizeof(rates[0]); i++) {
        t = beat(r, t, rates[i], 50e3, 0, (uint32_t)rates[i]);
        run_until(r, t + 100 * US);
        uint32_t learned = r->at;
        t = beat(r, t, rates[i], 50e3, 0, (uint32_t)(rates[i] * 5));
        run_until(r, t + 100 * US);
        uint64_t p50 = quantile_us(r, learned, 0.5), p99 = quantile_us(r, learned, 0.99);
        print_message("after a change to %.0f Hz: p50 %u p99 %u us\n", rates[i], (unsigned)p50,
                      (unsigned)p99);
        assert_true(p50 <= 100);
        assert_true(p99 <= 400);
    }
}

static void an_idle_queue_costs_at_most_125_looks_per_second(void **state)
{
    struct run *r = fresh(state, 0);
    uint64_t end = beat(r, r->t, 60, 50e3, 0, 120);
    run_until(r, end + 1 * S);
    r->looks = 0;
    run_until(r, r->t + 10 * S);
    assert_true(r->looks <= 1251);
    assert_true(r->looks >= 1200);
}

static void a_queue_that_never_had_anything_costs_no_more(void **state)
{
    struct run *r = fresh(state, 0);
    run_until(r, r->t + 10 * S);
    assert_true(r->looks <= 1251);
}

static void backing_off_goes_step_by_step(void **state)
{
    struct run *r = fresh(state, 0);
    uint64_t last = beat(r, r->t, 5, 0, 0, 1); /* one arrival, no rhythm */
    run_until(r, last + 10 * MS);
    uint64_t soon = orl_cadence_next(&r->c, r->t) - r->t;
    run_until(r, last + 100 * MS);
    uint64_t later = orl_cadence_next(&r->c, r->t) - r->t;
    run_until(r, last + 400 * MS);
    uint64_t idle = orl_cadence_next(&r->c, r->t) - r->t;
    assert_true(soon <= 1 * MS);
    assert_true(later > soon && later < 5 * MS);
    assert_int_equal(idle, ORL_CADENCE_IDLE_NS);
}

static void a_poke_brings_small_steps_for_300_ms(void **state)
{
    struct run *r = fresh(state, 0);
    run_until(r, r->t + 2 * S);
    orl_cadence_poke(&r->c, r->t);
    assert_true(orl_cadence_next(&r->c, r->t) - r->t <= 250 * US);
    uint64_t poked = r->t;
    run_until(r, poked + 250 * MS);
    assert_true(orl_cadence_next(&r->c, r->t) - r->t <= 600 * US);
    run_until(r, poked + 320 * MS);
    assert_int_equal(orl_cadence_next(&r->c, r->t) - r->t, ORL_CADENCE_IDLE_NS);
}

/* A desktop: bursts of a few frames on the 60 Hz grid with pauses, input before each burst. */
static void desktop(void **state, bool poked, uint64_t p50_us, uint64_t looks_per_s)
{
    struct run *r = fresh(state, 0);
    uint64_t t = r->t;
    uint64_t from = t;
    while (t < from + 60 * S) {
        uint64_t burst = t + (uint64_t)(unit(r) * 700e6);
        if (poked) {
            run_until(r, burst);
            orl_cadence_poke(&r->c, r->t);
            r->t += overshoot(r);
        }
        t = beat(r, burst, 60, 100e3, 0.4, 1 + random_below(&r->rng, 12));
    }
    run_until(r, t + 20 * MS);
    uint64_t p50 = quantile_us(r, 0, 0.5), p90 = quantile_us(r, 0, 0.9);
    uint64_t per_s = r->looks * S / (r->t - from);
    print_message("desktop%s: p50 %u p90 %u us, %u looks/s\n", poked ? ", poked" : "",
                  (unsigned)p50, (unsigned)p90, (unsigned)per_s);
    assert_true(p50 <= p50_us);
    assert_true(per_s <= looks_per_s);
}

static void irregular_desktop_activity_is_found_early(void **state)
{
    desktop(state, false, 1500, 2000);
    desktop(state, true, 300, 2600);
}

static void constant_pokes_stay_within_the_budget(void **state)
{
    struct run *r = fresh(state, 0);
    r->poke_every = 20 * MS;
    run_until(r, r->t + 10 * S);
    print_message("poked for ever: %u looks/s\n", (unsigned)(r->looks / 10));
    assert_true(r->looks / 10 <= 1700);

    r = fresh(state, 0);
    r->poke_every = 8 * MS;
    uint64_t end = beat(r, r->t, 60, 50e3, 0, 600);
    run_until(r, end);
    print_message("poked at 60 Hz: %u looks/s\n", (unsigned)(r->looks / 10));
    assert_true(r->looks / 10 <= 2000);
    assert_true(quantile_us(r, 30, 0.99) <= 400);
}

static void the_option_bounds_every_sleep(void **state)
{
    struct run *r = fresh(state, 1000);
    for (int i = 0; i < 1000; i++) {
        uint64_t next = orl_cadence_next(&r->c, r->t);
        assert_true(next - r->t <= 1 * MS);
        r->t = next;
    }
    struct orl_cadence c;
    orl_cadence_init(&c, 100000);
    assert_int_equal(orl_cadence_next(&c, 5 * S), 5 * S + ORL_CADENCE_IDLE_NS);
}

static void a_crowd_of_arrivals_at_one_time_is_harmless(void **state)
{
    struct run *r = fresh(state, 0);
    for (int i = 0; i < 1000; i++) {
        orl_cadence_arrival(&r->c, r->t, 1 + (uint32_t)i % 3);
        if (i % 7 == 0) {
            assert_true(orl_cadence_next(&r->c, r->t) > r->t);
        }
    }
    uint64_t next = orl_cadence_next(&r->c, r->t + 1);
    assert_true(next > r->t && next <= r->t + 1 + ORL_CADENCE_IDLE_NS);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(even_streams_are_found_within_100_and_400_us),
        cmocka_unit_test(strong_jitter_at_60_hz_stays_within_the_budget),
        cmocka_unit_test(missed_frames_do_not_break_the_rhythm),
        cmocka_unit_test(stray_late_frames_do_not_cost_many_looks),
        cmocka_unit_test(a_change_of_rate_is_learned_within_a_second),
        cmocka_unit_test(an_idle_queue_costs_at_most_125_looks_per_second),
        cmocka_unit_test(a_queue_that_never_had_anything_costs_no_more),
        cmocka_unit_test(backing_off_goes_step_by_step),
        cmocka_unit_test(a_poke_brings_small_steps_for_300_ms),
        cmocka_unit_test(irregular_desktop_activity_is_found_early),
        cmocka_unit_test(constant_pokes_stay_within_the_budget),
        cmocka_unit_test(the_option_bounds_every_sleep),
        cmocka_unit_test(a_crowd_of_arrivals_at_one_time_is_harmless),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
