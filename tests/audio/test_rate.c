/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Hours of packets and device cycles in simulated time: arrival line, target and rate loop
 * together, as playback.c uses them, but without sound, so that hours take a second.
 */
#include <math.h>
#include <stdio.h>

#include "audio/arrival.h"
#include "audio/rate.h"
#include "audio/target.h"
#include "support/check.h"
#include "support/random.h"

struct world {
    double drift_ppm; /* of the sender against the device */
    double jitter_ms; /* uniform, +- */
    uint32_t packet;  /* frames */
    uint32_t quantum; /* frames */
    double burst_s;   /* every so often one packet is held back by burst_ms, 0 never */
    double burst_ms;
    double hours;
};

struct outcome {
    uint64_t underruns;
    double least_fill,
        most_fill; /* frames really there before a cycle, after the first minute */
    double ratio_low, ratio_high; /* after the first minute */
    double glide;                 /* largest change of the ratio within one second, all time */
    double mean_ratio;            /* of the second half */
    double target_ms, mean_latency_ms;
};

struct run {
    const struct world *w;
    uint64_t seed;
    struct orl_arrival arrival;
    struct orl_target target;
    struct orl_rate rate;
    struct orl_rate_hz hz;
    double next_due, next_arrival, last_arrival; /* seconds */
    uint64_t packets;
    double pushed, pulled, at_ns;
    uint32_t target_frames;
    bool filling;
    struct outcome out;
};

static double noise(uint64_t *seed)
{
    return (double)random_below(seed, 2000001) / 1e6 - 1;
}

static void plan_packet(struct run *r)
{
    const struct world *w = r->w;
    r->next_due = (double)r->packets * w->packet / 48000 / (1 + w->drift_ppm * 1e-6);
    double late = w->jitter_ms * 1e-3 * noise(&r->seed);
    uint64_t every = (uint64_t)(w->burst_s * 48000 / w->packet);
    if (every && r->packets && r->packets % every == 0) {
        late += w->burst_ms * 1e-3;
    }
    r->next_arrival = r->next_due + 0.02 + late;
    if (r->next_arrival < r->last_arrival) {
        r->next_arrival = r->last_arrival; /* a stream keeps its order */
    }
}

static void arrive(struct run *r)
{
    bool jumped;
    uint64_t now_ns = (uint64_t)(r->next_arrival * 1e9) + 1000000000u;
    double late = orl_arrival_step(&r->arrival, now_ns, r->w->packet, &jumped);
    r->pushed += r->w->packet;
    r->at_ns = (double)orl_arrival_at_ns(&r->arrival);
    uint64_t ns = orl_target_step(&r->target, now_ns, late, r->w->quantum / 48e-6,
                                  r->w->packet / 48e-6, r->out.underruns);
    r->target_frames = (uint32_t)(ns * 48 / 1000000);
    r->last_arrival = r->next_arrival;
    r->packets++;
    plan_packet(r);
}

static double line_fill(const struct run *r, double now)
{
    return r->pushed - r->pulled + (now * 1e9 + 1e9 - r->at_ns) / r->arrival.ns_per_frame;
}

static void cycle(struct run *r, double now)
{
    double surplus = line_fill(r, now) - r->target_frames;
    if (r->filling) {
        if (!r->packets || surplus < 0 ||
            r->pushed - r->pulled < (double)r->target_frames - r->w->packet) {
            return;
        }
        r->pulled += floor(surplus);
        r->filling = false;
        surplus -= floor(surplus);
    }
    orl_rate_step(&r->rate, surplus, r->w->quantum / 48000.0);
    /* As PipeWire's resampler does it: in whole numbers of Hz. */
    uint32_t hz = orl_rate_choose_hz(&r->hz, 48000, 48000, r->rate.ratio);
    double take = r->w->quantum * (hz / 48000.0), there = r->pushed - r->pulled;
    if (there < take) {
        r->out.underruns++;
        r->filling = true;
        r->pulled = r->pushed;
        return;
    }
    r->pulled += take;
}

static void watch(struct run *r, double now, double *second_start, double *second_ratio)
{
    struct outcome *o = &r->out;
    double ratio = r->rate.ratio;
    if (now >= *second_start + 1) {
        double change = fabs(ratio - *second_ratio);
        o->glide = change > o->glide ? change : o->glide;
        *second_start = now;
        *second_ratio = ratio;
    }
    if (now < 60) {
        return;
    }
    double there = r->pushed - r->pulled;
    o->least_fill = there < o->least_fill ? there : o->least_fill;
    o->most_fill = there > o->most_fill ? there : o->most_fill;
    o->ratio_low = ratio < o->ratio_low ? ratio : o->ratio_low;
    o->ratio_high = ratio > o->ratio_high ? ratio : o->ratio_high;
}

static struct outcome simulate(const struct world *w)
{
    struct run r = {.w = w,
                    .seed = 42,
                    .filling = true,
                    .out = {.least_fill = 1e9, .ratio_low = 2, .ratio_high = 0}};
    orl_arrival_init(&r.arrival, 48000);
    orl_target_init(&r.target, 0, 0);
    orl_rate_init(&r.rate, 48000);
    plan_packet(&r);
    double end = w->hours * 3600, second = 0, second_ratio = 1, sum = 0, latency = 0;
    uint64_t n = 0;
    for (uint64_t i = 0;; i++) {
        double now = (double)(i * w->quantum) / 48000;
        if (now > end) {
            break;
        }
        while (r.next_arrival <= now) {
            arrive(&r);
        }
        cycle(&r, now);
        watch(&r, now, &second, &second_ratio);
        if (now > end / 2) {
            sum += r.hz.read_hz / 48000.0;
            latency += line_fill(&r, now) + (r.rate.ratio * w->quantum) - w->packet / 2.0;
            n++;
        }
    }
    r.out.mean_ratio = sum / (double)n;
    r.out.mean_latency_ms = latency / (double)n / 48;
    r.out.target_ms = r.target_frames / 48.0;
    print_message(
        "drift %+5.0f jitter %2.0f burst %3.0f quantum %4u packet %4u: underruns %llu, "
        "target %.1f ms, latency %.1f ms, least %.0f, ratio %+.0f..%+.0f ppm, mean %+.1f, "
        "glide %.0f ppm/s\n",
        w->drift_ppm, w->jitter_ms, w->burst_ms, w->quantum, w->packet,
        (unsigned long long)r.out.underruns, r.out.target_ms, r.out.mean_latency_ms,
        r.out.least_fill, (r.out.ratio_low - 1) * 1e6, (r.out.ratio_high - 1) * 1e6,
        (r.out.mean_ratio - 1) * 1e6, r.out.glide * 1e6);
    return r.out;
}

/* Nothing is lost, the latency is what the target says, and nobody hears the correction. */
static void check(const struct world *w, const struct outcome *o)
{
    double wobble = 30 + 220 * w->jitter_ms; /* ppm */
    assert_int_equal(o->underruns, 0);
    assert_true(fabs((o->mean_ratio - 1) * 1e6 - w->drift_ppm) < 5);
    assert_true((o->ratio_high - 1) * 1e6 < w->drift_ppm + wobble);
    assert_true((o->ratio_low - 1) * 1e6 > w->drift_ppm - wobble);
    assert_true(o->glide < 1e-3); /* 1.7 cents within a second, the start included */
    double quantum_ms = w->quantum / 48.0, packet_ms = w->packet / 48.0;
    assert_true(o->target_ms < quantum_ms + packet_ms + w->jitter_ms * 1.3 + 1.6);
    assert_true(fabs(o->mean_latency_ms - (o->target_ms - packet_ms / 2)) < 0.5);
    assert_true(o->least_fill > 0);
}

static void hours_of_drift_and_jitter_never_run_dry(void **state)
{
    (void)state;
    static const double drifts[] = {-500, -50, 0, 200, 500};
    static const double jitters[] = {0, 1, 5};
    static const uint32_t quanta[] = {64, 256, 1024, 2048};
    for (unsigned d = 0; d < 5; d++) {
        for (unsigned j = 0; j < 3; j++) {
            for (unsigned q = 0; q < 4; q++) {
                struct world w = {.drift_ppm = drifts[d],
                                  .jitter_ms = jitters[j],
                                  .quantum = quanta[q],
                                  .packet = 480,
                                  .hours = quanta[q] == 256 ? 3 : 0.5};
                struct outcome o = simulate(&w);
                check(&w, &o);
            }
        }
    }
}

static void packets_of_any_size_will_do(void **state)
{
    (void)state;
    static const uint32_t packets[] = {64, 240, 960, 2048};
    for (unsigned i = 0; i < 4; i++) {
        struct world w = {.drift_ppm = 200,
                          .jitter_ms = 2,
                          .quantum = 256,
                          .packet = packets[i],
                          .hours = 0.5};
        struct outcome o = simulate(&w);
        check(&w, &o);
    }
}

static void regular_bursts_are_covered_after_the_first_ones(void **state)
{
    (void)state;
    struct world w = {.drift_ppm = -100,
                      .jitter_ms = 1,
                      .quantum = 256,
                      .packet = 480,
                      .burst_s = 3,
                      .burst_ms = 40,
                      .hours = 0.5};
    struct outcome o = simulate(&w);
    assert_true(o.underruns <= 3);
    assert_true(fabs(o.target_ms - (5.3 + 10 + 41 + 1.5)) < 3);
    /* Rare ones cost a gap each and no latency. */
    w.burst_s = 60;
    o = simulate(&w);
    assert_true(o.underruns >= 25 && o.underruns <= 35);
    assert_true(o.target_ms < 26);
}

static void the_ratio_is_bounded_and_glides(void **state)
{
    (void)state;
    struct orl_rate r;
    orl_rate_init(&r, 48000);
    double last = 1;
    for (unsigned i = 0; i < 2000; i++) {
        double ratio = orl_rate_step(&r, i < 1000 ? 1e9 : -1e9, 0.005);
        assert_true(fabs(ratio - last) <= ORL_RATE_MAX_SLEW * 0.005 + 1e-12);
        assert_true(fabs(ratio - 1) <= ORL_RATE_MAX_OFFSET + 1e-12);
        last = ratio;
    }
    assert_true(fabs(r.integral) < 1e-3); /* nothing was learned from being far away */
    orl_rate_init(&r, 48000);
    assert_true(orl_rate_step(&r, 1e9, 1e6) <= 1 + ORL_RATE_MAX_SLEW * 0.2 + 1e-12);
}

static unsigned divisor(unsigned a, unsigned b)
{
    return b ? divisor(b, a % b) : a;
}

static void the_resampler_is_never_told_a_number_that_clicks(void **state)
{
    (void)state;
    static const uint32_t rates[][2] = {{48000, 48000}, {44100, 48000}, {44100, 44100},
                                        {48000, 44100}, {96000, 96000}, {8000, 48000}};
    for (unsigned k = 0; k < 6; k++) {
        uint32_t rate = rates[k][0], graph = rates[k][1];
        struct orl_rate_hz r = {0};
        for (int ppm10 = -50000; ppm10 <= 50000; ppm10++) {
            double ratio = 1 + ppm10 * 1e-7;
            uint32_t hz = orl_rate_choose_hz(&r, rate, graph, ratio);
            assert_true(fabs(hz - rate * ratio) < 3.01);
            assert_true(divisor(hz, graph) <= 16);
        }
    }
}

static void the_resampler_is_not_told_another_number_for_a_trifle(void **state)
{
    (void)state;
    struct orl_rate_hz r = {0};
    uint32_t first = orl_rate_choose_hz(&r, 48000, 48000, 1.0001);
    for (int i = -15; i <= 15; i++) {
        double near = (first + i * 0.06) / 48000;
        assert_int_equal(orl_rate_choose_hz(&r, 48000, 48000, near), first);
    }
    assert_int_not_equal(orl_rate_choose_hz(&r, 48000, 48000, 1.0002), first);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(hours_of_drift_and_jitter_never_run_dry),
        cmocka_unit_test(packets_of_any_size_will_do),
        cmocka_unit_test(regular_bursts_are_covered_after_the_first_ones),
        cmocka_unit_test(the_ratio_is_bounded_and_glides),
        cmocka_unit_test(the_resampler_is_never_told_a_number_that_clicks),
        cmocka_unit_test(the_resampler_is_not_told_another_number_for_a_trifle),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
