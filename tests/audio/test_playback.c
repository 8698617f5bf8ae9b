/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Both sides of playback.h with a clock of the test's own: a sender with drift and jitter, a device
 * that resamples by the ratio it is told, and a close look at every sample that comes out.
 */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "audio/playback.h"
#include "base/clock.h"
#include "base/thread.h"
#include "support/check.h"
#include "support/random.h"

#define RATE    48000
#define TONE_HZ 440.0
#define LEVEL   0.5

/* What is allocated while a sound plays is counted here. */
static int allocations;
void *__real_malloc(size_t n);
void *__real_calloc(size_t n, size_t m);
void *__real_realloc(void *p, size_t n);
void *__wrap_malloc(size_t n);
void *__wrap_calloc(size_t n, size_t m);
void *__wrap_realloc(void *p, size_t n);
void *__wrap_malloc(size_t n)
{
    allocations++;
    return __real_malloc(n);
}
void *__wrap_calloc(size_t n, size_t m)
{
    allocations++;
    return __real_calloc(n, m);
}
void *__wrap_realloc(void *p, size_t n)
{
    allocations++;
    return __real_realloc(p, n);
}

struct rig {
    struct orl_audio_stats stats;
    struct orl_playback *p;
    uint64_t seed;
    uint32_t channels, quantum, packet;
    double drift_ppm, jitter_ms;
    /* sender */
    double send_s, sent_first_s; /* when the next packet is due */
    double arrive_s, last_arrive_s;
    uint64_t sent_frames;
    bool mute_sender;
    /* device */
    double now_s, owed;
    uint64_t serial;
    /* what came out */
    float last[ORL_PCM_MAX_CHANNELS];
    double steepest;                   /* largest difference of two samples in a row */
    double loudest;                    /* since it was last reset */
    uint32_t silence, longest_silence; /* frames of zeros in a row */
};

static uint64_t at_ns(double s)
{
    return UINT64_C(1000000000) + (uint64_t)(s * 1e9);
}

static void rig_init(struct rig *r, uint32_t channels, uint32_t quantum)
{
    *r = (struct rig){.seed = 7, .channels = channels, .quantum = quantum, .packet = 480};
    r->p = aligned_alloc(64, (sizeof(*r->p) + 63) / 64 * 64);
    assert_non_null(r->p);
    assert_int_equal(orl_playback_init(r->p, &r->stats, 0), ORL_OK);
    orl_playback_shape(r->p, (struct orl_pcm_format){RATE, channels});
}

static void rig_finish(struct rig *r)
{
    orl_playback_finish(r->p);
    free(r->p);
}

static void plan(struct rig *r)
{
    double late = ((double)random_below(&r->seed, 2000001) / 1e6 - 1) * r->jitter_ms * 1e-3;
    r->arrive_s = r->send_s + 0.01 + late;
    r->arrive_s = r->arrive_s > r->last_arrive_s ? r->arrive_s : r->last_arrive_s;
}

static void send_packet(struct rig *r)
{
    int16_t pcm[480 * ORL_PCM_MAX_CHANNELS];
    for (uint32_t i = 0; i < r->packet; i++) {
        double v = LEVEL * sin(2 * M_PI * TONE_HZ * (double)r->sent_frames / RATE);
        for (uint32_t c = 0; c < r->channels; c++) {
            pcm[i * r->channels + c] = (int16_t)lrint(v * 32767 * (c & 1 ? -1 : 1));
        }
        r->sent_frames++;
    }
    orl_playback_push(r->p, pcm, r->packet, at_ns(r->arrive_s));
    r->last_arrive_s = r->arrive_s;
}

static void start(struct rig *r)
{
    orl_playback_start(r->p);
    r->send_s = r->now_s;
    plan(r);
}

static void look(struct rig *r, const float *out, uint32_t n)
{
    for (uint32_t i = 0; i < n; i++) {
        bool silent = true;
        for (uint32_t c = 0; c < r->channels; c++) {
            float v = out[i * r->channels + c];
            double step = fabs((double)v - (double)r->last[c]);
            r->steepest = step > r->steepest ? step : r->steepest;
            r->loudest = fabs((double)v) > r->loudest ? fabs((double)v) : r->loudest;
            r->last[c] = v;
            silent = silent && v == 0;
        }
        r->silence = silent ? r->silence + 1 : 0;
        r->longest_silence = r->silence > r->longest_silence ? r->silence : r->longest_silence;
    }
}

/* One cycle of the device, with the packets that come before it. */
static void cycle(struct rig *r)
{
    float out[2100 * ORL_PCM_MAX_CHANNELS];
    while (!r->mute_sender && r->arrive_s <= r->now_s) {
        send_packet(r);
        r->send_s += r->packet / (RATE * (1 + r->drift_ppm * 1e-6));
        plan(r);
    }
    r->owed += r->quantum * orl_playback_ratio(r->p);
    uint32_t n = (uint32_t)r->owed;
    r->owed -= n;
    struct orl_play_cycle c = {at_ns(r->now_s), ++r->serial};
    /* A device may ask twice in a cycle. */
    uint32_t first = n > 300 ? 100 : n;
    orl_playback_pull(r->p, out, first, &c);
    if (n > first) {
        orl_playback_pull(r->p, out + first * r->channels, n - first, &c);
    }
    look(r, out, n);
    r->now_s += (double)r->quantum / RATE;
}

static void run(struct rig *r, double seconds)
{
    for (double end = r->now_s + seconds; r->now_s < end;) {
        cycle(r);
    }
}

/* The tone's own steepest step, and a little for rounding and fades. */
static double tone_step(void)
{
    return LEVEL * 2 * M_PI * TONE_HZ / RATE * 1.05 + LEVEL * 1000 / (5.0 * RATE);
}

static void a_quarter_of_an_hour_with_jitter_and_drift_has_no_gap(void **state)
{
    (void)state;
    static const uint32_t quanta[] = {64, 256, 441, 1024, 2048};
    for (unsigned i = 0; i < 5; i++) {
        struct rig r;
        rig_init(&r, 1, quanta[i]);
        r.jitter_ms = 5;
        r.drift_ppm = i & 1 ? 500 : -500;
        start(&r);
        run(&r, 1);
        r.longest_silence = 0;
        int before = allocations;
        run(&r, 300);
        assert_int_equal(allocations, before);
        assert_int_equal(orl_counter_get(&r.stats.underruns), 0);
        assert_int_equal(orl_counter_get(&r.stats.overruns), 0);
        assert_int_equal(orl_counter_get(&r.stats.resyncs), 0);
        assert_true(r.steepest < tone_step());
        assert_true(r.longest_silence < 3); /* a sine may pass 0 exactly */
        double fill = (double)orl_counter_get(&r.stats.fill_frames);
        double target = (double)orl_counter_get(&r.stats.target_frames);
        assert_true(fabs(fill - target) < 0.001 * RATE);
        assert_true(target < quanta[i] + (10 + 5 + 3) * RATE / 1000.0);
        assert_true(fabs(orl_playback_ratio(r.p) - 1 - r.drift_ppm * 1e-6) < 0.001);
        rig_finish(&r);
    }
}

static void it_begins_and_ends_without_a_click_and_in_full(void **state)
{
    (void)state;
    struct rig r;
    rig_init(&r, 2, 256);
    run(&r, 0.1); /* the device runs before there is a sound */
    assert_true(r.loudest == 0);
    assert_false(orl_playback_is_heard(r.p));
    start(&r);
    run(&r, 0.5);
    assert_true(r.loudest > 0.49);
    orl_playback_stop(r.p);
    r.mute_sender = true;
    uint64_t left = orl_bulk_fill(&r.p->ring.frames);
    assert_true(left > 0);
    assert_true(orl_playback_is_heard(r.p));
    run(&r, 0.1);
    assert_int_equal(orl_bulk_fill(&r.p->ring.frames), 0);
    assert_false(orl_playback_is_heard(r.p));
    r.loudest = 0;
    run(&r, 0.1);
    assert_true(r.loudest == 0);
    assert_true(r.steepest < tone_step());
    assert_int_equal(orl_counter_get(&r.stats.underruns), 0);
    rig_finish(&r);
}

static void a_sound_shorter_than_the_buffer_is_heard(void **state)
{
    (void)state;
    struct rig r;
    rig_init(&r, 2, 256);
    run(&r, 0.1);
    orl_playback_start(r.p);
    r.arrive_s = r.now_s;
    send_packet(&r);
    orl_playback_stop(r.p);
    r.mute_sender = true;
    run(&r, 0.1);
    assert_true(r.loudest > 0.4);
    assert_int_equal(orl_counter_get(&r.stats.underruns), 0);
    assert_int_equal(orl_bulk_pulled(&r.p->ring.frames), 480);
    rig_finish(&r);
}

static void songs_follow_each_other_without_an_underrun(void **state)
{
    (void)state;
    struct rig r;
    rig_init(&r, 2, 256);
    for (unsigned i = 0; i < 50; i++) {
        r.mute_sender = false;
        start(&r);
        run(&r, 0.2 + 0.003 * i);
        orl_playback_stop(r.p);
        r.mute_sender = true;
        run(&r, i % 3 ? 0.001 * i : 0);
    }
    run(&r, 0.1);
    assert_int_equal(orl_counter_get(&r.stats.underruns), 0);
    assert_int_equal(orl_bulk_fill(&r.p->ring.frames), 0);
    assert_true(r.steepest < 2 * tone_step()); /* the end of one may lie over the next */
    rig_finish(&r);
}

static void a_stall_is_one_gap_and_the_latency_comes_back(void **state)
{
    (void)state;
    struct rig r;
    rig_init(&r, 2, 256);
    start(&r);
    run(&r, 20);
    uint64_t target = orl_counter_get(&r.stats.target_frames);
    /* Held back for 150 ms, then everything at once. */
    r.mute_sender = true;
    run(&r, 0.15);
    r.mute_sender = false;
    run(&r, 1);
    assert_int_equal(orl_counter_get(&r.stats.underruns), 1);
    assert_true(orl_counter_get(&r.stats.fill_frames) < target + RATE / 100);
    assert_true(r.steepest < 2 * tone_step());
    run(&r, 60);
    assert_int_equal(orl_counter_get(&r.stats.underruns), 1);
    assert_true(orl_counter_get(&r.stats.target_frames) <= target + 1);
    rig_finish(&r);
}

static void a_surplus_is_skipped_without_a_click(void **state)
{
    (void)state;
    struct rig r;
    rig_init(&r, 2, 256);
    start(&r);
    run(&r, 20);
    for (unsigned i = 0; i < 10; i++) { /* 100 ms that no clock explains */
        r.arrive_s = r.now_s;
        send_packet(&r);
    }
    plan(&r);
    run(&r, 3);
    uint64_t fill = orl_counter_get(&r.stats.fill_frames);
    assert_true(fill < orl_counter_get(&r.stats.target_frames) + RATE / 50);
    assert_true(orl_counter_get(&r.stats.resyncs) >= 1);
    assert_int_equal(orl_counter_get(&r.stats.underruns), 0);
    assert_true(r.steepest < 2 * tone_step());
    rig_finish(&r);
}

static void a_device_that_was_away_does_not_hear_old_sound(void **state)
{
    (void)state;
    struct rig r;
    rig_init(&r, 2, 256);
    start(&r);
    run(&r, 1);
    /* Nobody pulls for 5 s: the ring overflows. */
    for (double end = r.now_s + 5; r.now_s < end; r.now_s += 0.01) {
        while (r.arrive_s <= r.now_s) {
            send_packet(&r);
            r.send_s += 0.01;
            plan(&r);
        }
    }
    assert_true(orl_counter_get(&r.stats.overruns) > 0);
    run(&r, 2);
    assert_true(orl_bulk_fill(&r.p->ring.frames) < RATE / 20);
    r.loudest = 0;
    run(&r, 0.1);
    assert_true(r.loudest > 0.49);
    rig_finish(&r);
}

static void a_new_reader_begins_with_new_sound(void **state)
{
    (void)state;
    struct rig r;
    rig_init(&r, 6, 512);
    start(&r);
    run(&r, 1);
    orl_playback_rewind(r.p);
    assert_int_equal(orl_bulk_fill(&r.p->ring.frames), 0);
    memset(r.last, 0, sizeof(r.last));
    run(&r, 1);
    assert_int_equal(orl_counter_get(&r.stats.underruns), 0);
    assert_true(r.steepest < tone_step());
    r.loudest = 0;
    run(&r, 0.1);
    assert_true(r.loudest > 0.49);
    rig_finish(&r);
}

/* ---- both threads for real, for ThreadSanitizer --------------------------------------------- */

static void push_many(void *arg)
{
    struct rig *r = arg;
    for (unsigned i = 0; i < 4000; i++) {
        if (i % 500 == 0) {
            orl_playback_stop(r->p);
            orl_playback_start(r->p);
        }
        int16_t pcm[480 * 2] = {0};
        orl_playback_push(r->p, pcm, 480, orl_now_ns());
    }
}

static void pushing_and_pulling_at_once_is_no_race(void **state)
{
    (void)state;
    struct rig r;
    rig_init(&r, 2, 256);
    struct orl_thread t;
    assert_int_equal(orl_thread_start(&t, "push", push_many, &r), ORL_OK);
    float out[256 * 2];
    for (unsigned i = 1; i < 20000; i++) {
        struct orl_play_cycle c = {orl_now_ns(), i};
        orl_playback_pull(r.p, out, 256, &c);
    }
    orl_thread_join(&t);
    assert_int_equal(orl_counter_get(&r.stats.packets), 4000);
    rig_finish(&r);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_quarter_of_an_hour_with_jitter_and_drift_has_no_gap),
        cmocka_unit_test(it_begins_and_ends_without_a_click_and_in_full),
        cmocka_unit_test(a_sound_shorter_than_the_buffer_is_heard),
        cmocka_unit_test(songs_follow_each_other_without_an_underrun),
        cmocka_unit_test(a_stall_is_one_gap_and_the_latency_comes_back),
        cmocka_unit_test(a_surplus_is_skipped_without_a_click),
        cmocka_unit_test(a_device_that_was_away_does_not_hear_old_sound),
        cmocka_unit_test(a_new_reader_begins_with_new_sound),
        cmocka_unit_test(pushing_and_pulling_at_once_is_no_race),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
