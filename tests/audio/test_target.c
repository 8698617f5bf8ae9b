/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The line through arrival times, and the target that follows from their lateness. */
#include <math.h>

#include "audio/arrival.h"
#include "audio/target.h"
#include "support/check.h"
#include "support/random.h"

#define START UINT64_C(5000000000000) /* an hour after boot: sums must not lose digits */
#define MS    1000000.0

static double noise_ms(uint64_t *seed, double ms)
{
    return ((double)random_below(seed, 2000001) / 1e6 - 1) * ms;
}

/* Packets of 480 frames, every 10 ms and `ppm` less, +- jitter; returns the last lateness. */
static double feed(struct orl_arrival *a, uint64_t *at, double *time_ms, double ppm,
                   double jitter_ms, unsigned packets, uint64_t *seed)
{
    double late = 0;
    bool jumped;
    for (unsigned i = 0; i < packets; i++) {
        *time_ms += 10 / (1 + ppm * 1e-6);
        uint64_t now = START + (uint64_t)((*time_ms + 20 + noise_ms(seed, jitter_ms)) * MS);
        *at = now > *at ? now : *at;
        late = orl_arrival_step(a, *at, 480, &jumped);
    }
    return late;
}

static double line_error_ms(const struct orl_arrival *a, double time_ms)
{
    return ((double)(orl_arrival_at_ns(a) - START)) / MS - (time_ms + 20);
}

static void the_line_follows_drift_and_ignores_jitter(void **state)
{
    (void)state;
    static const double ppms[] = {-500, 0, 37, 500};
    for (unsigned i = 0; i < 4; i++) {
        struct orl_arrival a;
        uint64_t at = 0, seed = i;
        double time_ms = 0;
        orl_arrival_init(&a, 48000);
        feed(&a, &at, &time_ms, ppms[i], 5, 3000, &seed);
        double worst = 0;
        for (unsigned k = 0; k < 6000; k++) {
            feed(&a, &at, &time_ms, ppms[i], 5, 1, &seed);
            double e = fabs(line_error_ms(&a, time_ms));
            worst = e > worst ? e : worst;
        }
        assert_true(worst < 1.2); /* of +-5 */
        double slope_ppm = (a.nominal_ns / a.ns_per_frame - 1) * 1e6;
        assert_true(fabs(slope_ppm - ppms[i]) < 150);
    }
}

static void a_stall_hardly_moves_the_line(void **state)
{
    (void)state;
    struct orl_arrival a;
    uint64_t at = 0, seed = 1;
    double time_ms = 0;
    bool jumped;
    orl_arrival_init(&a, 48000);
    feed(&a, &at, &time_ms, 0, 0, 1000, &seed);
    /* 80 ms nothing, then all at once */
    at += (uint64_t)(90 * MS);
    for (unsigned i = 0; i < 9; i++) {
        time_ms += 10;
        orl_arrival_step(&a, at, 480, &jumped);
        assert_false(jumped);
    }
    assert_true(fabs(line_error_ms(&a, time_ms)) < 1.5);
}

static void lost_sound_moves_the_line_at_once(void **state)
{
    (void)state;
    struct orl_arrival a;
    uint64_t at = 0, seed = 1;
    double time_ms = 0;
    orl_arrival_init(&a, 48000);
    feed(&a, &at, &time_ms, 0, 0, 1000, &seed);
    time_ms += 80; /* the sender was silent and does not make up for it */
    feed(&a, &at, &time_ms, 0, 0, 20, &seed);
    assert_true(fabs(line_error_ms(&a, time_ms)) < 2);
    time_ms -= 60; /* and now it sends more than it should have */
    for (unsigned i = 0; i < 60; i++) {
        bool jumped;
        time_ms += 10;
        at = START + (uint64_t)((time_ms + 20) * MS) > at
                 ? START + (uint64_t)((time_ms + 20) * MS)
                 : at;
        orl_arrival_step(&a, at, 480, &jumped);
    }
    assert_true(fabs(line_error_ms(&a, time_ms)) < 2);
}

static void only_what_was_held_up_counts_as_late(void **state)
{
    (void)state;
    struct orl_arrival a;
    bool jumped;
    uint64_t at = START;
    orl_arrival_init(&a, 48000);
    for (unsigned i = 0; i < 500; i++, at += 10000000) {
        assert_true(fabs(orl_arrival_step(&a, at, 480, &jumped)) < 0.01 * MS);
    }
    /* Three packets 40, 30 and 20 ms late, then one in time. */
    double worst = 0;
    uint64_t held = at + (uint64_t)(40 * MS);
    for (unsigned i = 0; i < 8; i++, at += 10000000) {
        double late = orl_arrival_step(&a, at > held ? at : held, 480, &jumped);
        worst = late > worst ? late : worst;
    }
    assert_true(fabs(worst - 40 * MS) < 1 * MS);
    /* 80 ms are lost: the line moves, and nobody was late. */
    bool moved = false;
    at += (uint64_t)(80 * MS);
    for (unsigned i = 0; i < 50; i++, at += 10000000) {
        assert_true(orl_arrival_step(&a, at, 480, &jumped) < 5 * MS);
        moved = moved || jumped;
    }
    assert_true(moved);
}

static void sizes_of_packets_may_change(void **state)
{
    (void)state;
    struct orl_arrival a;
    uint64_t seed = 3, frames = 0;
    bool jumped;
    orl_arrival_init(&a, 44100);
    for (unsigned i = 0; i < 20000; i++) {
        uint32_t n = 1 + random_below(&seed, 2000);
        frames += i ? n : 0; /* the first packet is where the line begins */
        uint64_t now = START + frames * 1000000000 / 44100;
        orl_arrival_step(&a, now, n, &jumped);
        assert_false(jumped);
    }
    assert_true(fabs((double)orl_arrival_at_ns(&a) -
                     (double)(START + frames * 1000000000 / 44100)) < 10000);
}

/* `seconds` of packets every 10 ms, each as late as `late_ms`. */
static double run_target(struct orl_target *t, uint64_t *now, double seconds, double late_ms,
                         uint64_t underruns)
{
    double ns = 0;
    for (double s = 0; s < seconds; s += 0.01) {
        *now += 10000000;
        ns = (double)orl_target_step(t, *now, late_ms * MS, 5 * MS, 10 * MS, underruns);
    }
    return ns;
}

static void the_target_is_quantum_packet_lateness_and_margins(void **state)
{
    (void)state;
    struct orl_target t;
    uint64_t now = START;
    orl_target_init(&t, 0, 0);
    double ns = run_target(&t, &now, 60, 3, 0);
    assert_true(fabs(ns / MS - (5 + 10 + 3 + 1.5)) < 0.01);
    orl_target_init(&t, 13, 0);
    ns = run_target(&t, &now, 60, 3, 0);
    assert_true(fabs(ns / MS - (5 + 10 + 3 + 1.5 + 13)) < 0.01);
}

static void the_target_grows_at_once_and_shrinks_slowly(void **state)
{
    (void)state;
    struct orl_target t;
    uint64_t now = START;
    orl_target_init(&t, 0, 0);
    double calm = run_target(&t, &now, 60, 1, 0);
    double after = run_target(&t, &now, 0.02, 1, 1); /* an underrun */
    assert_true(after > calm + 3 * MS);
    double soon = run_target(&t, &now, 1, 1, 1);
    assert_true(soon > after - 0.4 * MS);
    double later = run_target(&t, &now, 60, 1, 1);
    assert_true(fabs(later - calm) < 1000);
}

static void one_late_packet_costs_no_latency_but_two_do(void **state)
{
    (void)state;
    struct orl_target t;
    uint64_t now = START;
    orl_target_init(&t, 0, 0);
    double calm = run_target(&t, &now, 60, 1, 0);
    assert_true(run_target(&t, &now, 0.01, 30, 0) <= calm + 1);
    run_target(&t, &now, 5, 1, 0);
    assert_true(run_target(&t, &now, 0.01, 30, 0) > calm + 28 * MS);
    assert_true(run_target(&t, &now, 0.01, 1e6, 0) < 200 * MS); /* bounded */
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_line_follows_drift_and_ignores_jitter),
        cmocka_unit_test(a_stall_hardly_moves_the_line),
        cmocka_unit_test(lost_sound_moves_the_line_at_once),
        cmocka_unit_test(only_what_was_held_up_counts_as_late),
        cmocka_unit_test(sizes_of_packets_may_change),
        cmocka_unit_test(the_target_is_quantum_packet_lateness_and_margins),
        cmocka_unit_test(the_target_grows_at_once_and_shrinks_slowly),
        cmocka_unit_test(one_late_packet_costs_no_latency_but_two_do),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
