/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The whole of client/audio against a real PipeWire daemon (tests/support/pipewire.sh), listened to
 * at the monitor of its sinks. A machine that is busy with other things makes the daemon itself
 * skip; so what must be free of clicks is the best of several tries, and a click of ours would be
 * in each of them.
 */
#include <math.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "audio/audio.h"
#include "audio/capture.h"
#include "audio/graph.h"
#include "audio/listen.h"
#include "audio/playback.h"
#include "audio/speaker.h"
#include "base/clock.h"
#include "support/check.h"

#define TRIES 5

/* The linker leads these calls of the program's own code here: what its callbacks allocate and lock on
 * PipeWire's data threads is counted. A thread is one from its first cycle on. */
static _Thread_local bool is_data_thread;
static struct orl_counter cycles, allocations, locks;
void *__real_malloc(size_t n);
void *__real_calloc(size_t n, size_t m);
void *__real_realloc(void *p, size_t n);
int __real_pthread_mutex_lock(pthread_mutex_t *m);
void __real_orl_playback_pull(struct orl_playback *p, float *out, uint32_t frames,
                              const struct orl_play_cycle *c);
void __real_orl_capture_push(struct orl_capture *c, const void *pcm, uint32_t frames);
void *__wrap_malloc(size_t n);
void *__wrap_calloc(size_t n, size_t m);
void *__wrap_realloc(void *p, size_t n);
int __wrap_pthread_mutex_lock(pthread_mutex_t *m);
void __wrap_orl_playback_pull(struct orl_playback *p, float *out, uint32_t frames,
                              const struct orl_play_cycle *c);
void __wrap_orl_capture_push(struct orl_capture *c, const void *pcm, uint32_t frames);

static void count(struct orl_counter *c)
{
    if (is_data_thread) {
        orl_counter_add(c, 1);
    }
}
void *__wrap_malloc(size_t n)
{
    count(&allocations);
    return __real_malloc(n);
}
void *__wrap_calloc(size_t n, size_t m)
{
    count(&allocations);
    return __real_calloc(n, m);
}
void *__wrap_realloc(void *p, size_t n)
{
    count(&allocations);
    return __real_realloc(p, n);
}
int __wrap_pthread_mutex_lock(pthread_mutex_t *m)
{
    count(&locks);
    return __real_pthread_mutex_lock(m);
}
void __wrap_orl_playback_pull(struct orl_playback *p, float *out, uint32_t frames,
                              const struct orl_play_cycle *c)
{
    is_data_thread = true;
    orl_counter_add(&cycles, 1);
    __real_orl_playback_pull(p, out, frames, c);
}
void __wrap_orl_capture_push(struct orl_capture *c, const void *pcm, uint32_t frames)
{
    is_data_thread = true;
    orl_counter_add(&cycles, 1);
    __real_orl_capture_push(c, pcm, frames);
}

static struct orl_audio *start_audio(const char *out_device)
{
    struct orl_audio *a;
    struct orl_audio_conf conf = {.app_name = "oriel-test",
                                  .out_device = out_device,
                                  .rec_device = "",
                                  .period_frames = 2048,
                                  .sync_volume = true};
    assert_int_equal(orl_audio_start(&a, &conf), ORL_OK);
    return a;
}

static void pause_ms(uint64_t ms)
{
    orl_sleep_until(orl_now_ns() + ms * ORL_NS_PER_MS);
}

static bool wait_connected(struct orl_audio *a, bool up, double seconds)
{
    uint64_t end = orl_now_ns() + (uint64_t)(seconds * 1e9);
    while (orl_counter_get(&orl_audio_stats(a)->connected) != up && orl_now_ns() < end) {
        pause_ms(10);
    }
    return orl_counter_get(&orl_audio_stats(a)->connected) == up;
}

static void daemon(const char *what)
{
    char command[512];
    snprintf(command, sizeof(command), "\"$ORL_PIPEWIRE\" %s", what);
    assert_int_equal(system(command), 0);
}

/* The daemon's period, 0 for what streams ask for. A long one gives a busy machine time. */
static void set_quantum(unsigned frames)
{
    char command[128];
    snprintf(command, sizeof(command),
             "pw-metadata -n settings 0 clock.force-quantum %u >/dev/null", frames);
    assert_int_equal(system(command), 0);
}

struct channel {
    const struct tap *tap;
    uint32_t c;
};

static double get_sample(const void *from, uint64_t i)
{
    const struct channel *ch = from;
    return (double)tap_sample(ch->tap, i, ch->c);
}

static struct heard hear(const struct tap *t, uint32_t c, uint64_t begin, double hz)
{
    struct channel ch = {t, c};
    return listen(get_sample, &ch, begin, tap_frames(t), hz, 48000, 0.004);
}

static double peak(const struct tap *t, uint32_t c, uint64_t begin, uint64_t end)
{
    double p = 0;
    for (uint64_t i = begin; i < end; i++) {
        double v = fabs((double)tap_sample(t, i, c));
        p = v > p ? v : p;
    }
    return p;
}

/* Loud from here on for a while: the last 0.2 s of what was recorded. */
static double level_now(const struct tap *t, uint32_t c)
{
    uint64_t n = tap_frames(t);
    return peak(t, c, n > 9600 ? n - 9600 : 0, n);
}

/* ---- what is heard -------------------------------------------------------------------------- */

struct case_of_format {
    const char *sink;
    uint32_t rate, channels;
    uint32_t listen[8]; /* channel of the sink for each of ours */
};

/* Plays until the counter says more than nothing, for some seconds at most. */
static bool plays_with_delay(struct speaker *s, const struct orl_counter *delay_us)
{
    for (int i = 0; i < 50 && !orl_counter_get(delay_us); i++) {
        speaker_run(s, 0.2);
    }
    return orl_counter_get(delay_us) > 0;
}

static bool falls_to_nothing(const struct orl_counter *delay_us)
{
    for (int i = 0; i < 1000 && orl_counter_get(delay_us); i++) {
        pause_ms(10);
    }
    return orl_counter_get(delay_us) == 0;
}

static void the_delay_is_told_while_sound_plays_and_no_longer(void **state)
{
    (void)state;
    struct orl_counter delay_us;
    orl_counter_init(&delay_us);
    struct orl_audio *a;
    struct orl_audio_conf conf = {.app_name = "oriel-test",
                                  .out_device = "orl-sink",
                                  .rec_device = "",
                                  .period_frames = 2048,
                                  .delay_us = &delay_us};
    assert_int_equal(orl_audio_start(&a, &conf), ORL_OK);
    assert_true(wait_connected(a, true, 5));
    struct speaker s = {.audio = a, .rate = 48000, .channels = 2, .hz = {500, 500}};
    assert_int_equal(orl_counter_get(&delay_us), 0);
    for (int i = 0; i < 2; i++) {
        speaker_start(&s);
        assert_true(plays_with_delay(&s, &delay_us));
        assert_true(orl_counter_get(&delay_us) < 1000000);
        speaker_stop(&s);
        assert_true(falls_to_nothing(&delay_us));
    }
    speaker_start(&s);
    assert_true(plays_with_delay(&s, &delay_us));
    assert_true(falls_to_nothing(&delay_us)); /* packets stay away, without a stop */
    assert_true(plays_with_delay(&s, &delay_us));
    daemon("--stop");
    assert_true(falls_to_nothing(&delay_us));
    daemon("--start");
    orl_audio_stop(&a);
    assert_int_equal(orl_counter_get(&delay_us), 0);
}

/* Over a second of sines; true when every channel was heard whole and right, and began and ended
 * softly. */
static bool play_once(const struct case_of_format *f, struct orl_audio *a)
{
    struct speaker s = {.audio = a, .rate = f->rate, .channels = f->channels};
    for (uint32_t c = 0; c < f->channels; c++) {
        s.hz[c] = 400 + 110 * c;
    }
    struct tap *t = tap_open(f->sink, f->channels == 1 ? 2 : f->channels, 10);
    assert_non_null(t);
    speaker_start(&s);
    speaker_run(&s, 1.3);
    speaker_stop(&s);
    pause_ms(150);
    bool good = true;
    for (uint32_t c = 0; c < f->channels; c++) {
        struct heard h = hear(t, f->listen[c], 0, s.hz[c]);
        bool whole = h.n > 28800 && fabs(h.hz / s.hz[c] - 1) < 0.001 &&
                     fabs(h.rms / (SPEAKER_LEVEL / sqrt(2)) - 1) < 0.02;
        /* The tone's own slope; a fade over 5 ms adds little to it. */
        bool soft = h.steepest < SPEAKER_LEVEL * 2 * M_PI * s.hz[c] / 48000 * 1.15;
        if (!whole || !soft) {
            print_message("channel %u: %.3f Hz for %.3f, rms %.4f, %u breaks, %.2f s whole, "
                          "steepest %.4f\n",
                          c, h.hz, s.hz[c], h.rms, h.breaks, (double)h.n / 48000, h.steepest);
            good = false;
        }
    }
    tap_close(t);
    return good;
}

static void every_format_is_heard_exactly_and_without_a_click(void **state)
{
    (void)state;
    static const struct case_of_format cases[] = {
        {"orl-sink", 48000, 2, {0, 1}},
        {"orl-sink", 44100, 2, {0, 1}},
        {"orl-sink", 44100, 1, {0}},
        {"orl-surround", 48000, 6, {0, 1, 2, 3, 4, 5}},
    };
    set_quantum(1024);
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct orl_audio *a = start_audio(cases[i].sink);
        assert_true(wait_connected(a, true, 5));
        bool good = false;
        for (int k = 0; k < TRIES && !good; k++) {
            good = play_once(&cases[i], a);
        }
        assert_true(good);
        orl_audio_stop(&a);
        assert_null(a);
    }
    set_quantum(0);
}

static void the_chosen_device_plays_and_no_other(void **state)
{
    (void)state;
    struct orl_audio *a = start_audio("orl-other");
    struct tap *chosen = tap_open("orl-other", 2, 10), *other = tap_open("orl-sink", 2, 10);
    assert_non_null(chosen);
    assert_non_null(other);
    struct speaker s = {.audio = a, .rate = 48000, .channels = 2, .hz = {500, 500}};
    speaker_start(&s);
    speaker_run(&s, 1);
    assert_true(level_now(chosen, 0) > 0.4);
    assert_true(peak(other, 0, 0, tap_frames(other)) < 1e-6);
    tap_close(chosen);
    tap_close(other);
    orl_audio_stop(&a);
}

static void volume_and_mute_follow_the_guest(void **state)
{
    (void)state;
    struct orl_audio *a = start_audio("orl-sink");
    struct tap *t = tap_open("orl-sink", 2, 20);
    assert_non_null(t);
    struct speaker s = {.audio = a, .rate = 48000, .channels = 2, .hz = {500, 500}};
    uint16_t half[2] = {32768, 65535}, full[2] = {65535, 65535};
    orl_audio_play_volume(a, half, 2); /* before the stream exists */
    speaker_start(&s);
    speaker_run(&s, 1);
    assert_float_equal(level_now(t, 0), SPEAKER_LEVEL / 8, 0.004);
    assert_float_equal(level_now(t, 1), SPEAKER_LEVEL, 0.02);
    orl_audio_play_mute(a, true);
    speaker_run(&s, 0.7);
    assert_true(level_now(t, 0) < 1e-4 && level_now(t, 1) < 1e-4);
    orl_audio_play_volume(a, full, 2);
    speaker_run(&s, 0.5);
    assert_true(level_now(t, 0) < 1e-4);
    orl_audio_play_mute(a, false);
    speaker_run(&s, 0.7);
    assert_float_equal(level_now(t, 0), SPEAKER_LEVEL, 0.02);
    tap_close(t);
    orl_audio_stop(&a);
}

static void a_quick_restart_keeps_the_stream(void **state)
{
    (void)state;
    struct orl_audio *a = start_audio("orl-sink");
    struct tap *t = tap_open("orl-sink", 2, 30);
    assert_non_null(t);
    struct speaker s = {.audio = a, .rate = 48000, .channels = 2, .hz = {500, 500}};
    for (int i = 0; i < 3; i++) {
        speaker_start(&s);
        speaker_run(&s, 0.6);
        assert_true(level_now(t, 0) > 0.4);
        speaker_stop(&s);
        pause_ms(i == 1 ? 1500 : 300); /* awake, then asleep */
        assert_true(level_now(t, 0) < 1e-6);
    }
    assert_true(s.held_up || orl_counter_get(&orl_audio_stats(a)->resyncs) == 0);
    tap_close(t);
    orl_audio_stop(&a);
}

/* ---- latency -------------------------------------------------------------------------------- */

static int by_value(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;
    return x < y ? -1 : x > y;
}

/* Milliseconds from push to speaker of each pulse that was found; returns how many. */
static unsigned measure(const struct tap *t, const struct speaker *s, double *out, unsigned max)
{
    unsigned n = 0;
    uint64_t i = 0, frames = tap_frames(t);
    for (unsigned p = 0; p < s->pulses && n < max; p++) {
        while (i < frames && (tap_time_ns(t, i) < s->pulse_ns[p] ||
                              fabs((double)tap_sample(t, i, 0)) < SPEAKER_LEVEL / 2)) {
            i++;
        }
        if (i == frames) {
            break;
        }
        double ms = (double)(tap_time_ns(t, i) - s->pulse_ns[p]) * 1e-6;
        if (ms < 100) { /* otherwise it is the pulse after, this one was skipped at the start */
            out[n++] = ms;
            i += 48;
        }
    }
    return n;
}

static void latency_is_small_with_jitter_and_is_what_is_reported(void **state)
{
    (void)state;
    struct orl_audio *a = start_audio("orl-sink");
    struct tap *t = tap_open("orl-sink", 2, 20);
    assert_non_null(t);
    struct speaker s = {
        .audio = a, .rate = 48000, .channels = 2, .pulse_s = 0.1503, .jitter_ms = 5};
    speaker_start(&s);
    speaker_run(&s, 6);
    uint32_t reported = orl_audio_play_delay_ms(a);
    pause_ms(100);
    double ms[256];
    unsigned n = measure(t, &s, ms, 256);
    assert_true(n > 20);
    qsort(ms, n, sizeof(ms[0]), by_value);
    print_message(
        "latency from push to captured: %u pulses, median %.1f ms, %.1f..%.1f; reported "
        "%u ms; packets held up by the machine: %u\n",
        n, ms[n / 2], ms[0], ms[n - 1], reported, s.held_up);
    /* A packet's frames wait for less the later they are in it: median = target - half a packet. A
     * machine that holds packets up itself makes the buffer grow, rightly. */
    if (!s.held_up) {
        assert_true(ms[n / 2] < 35);
        assert_true(fabs(ms[n / 2] + 5 - reported) < 12);
    }
    tap_close(t);
    orl_audio_stop(&a);
}

static void the_device_may_change_its_period(void **state)
{
    (void)state;
    struct orl_audio *a = start_audio("orl-sink");
    const struct orl_audio_stats *st = orl_audio_stats(a);
    struct tap *t = tap_open("orl-sink", 2, 30);
    assert_non_null(t);
    struct speaker s = {.audio = a, .rate = 48000, .channels = 2, .hz = {500, 500}};
    speaker_start(&s);
    static const unsigned quanta[] = {256, 2048, 512};
    for (unsigned i = 0; i < 3; i++) {
        set_quantum(quanta[i]);
        speaker_run(&s, 2);
        assert_int_equal(orl_counter_get(&st->quantum_frames), quanta[i]);
        assert_true(orl_counter_get(&st->target_frames) > quanta[i] + 480);
        assert_true(level_now(t, 0) > 0.4);
    }
    set_quantum(0);
    tap_close(t);
    orl_audio_stop(&a);
}

/* ---- the daemon goes and comes -------------------------------------------------------------- */

static bool heard_soon(struct speaker *s, double seconds)
{
    struct tap *t = NULL;
    bool loud = false;
    for (double at = 0; at < seconds && !loud; at += 0.3) {
        t = t ? t : tap_open("orl-sink", 2, 30);
        speaker_run(s, 0.3);
        loud = t && level_now(t, 0) > 0.4;
    }
    if (t) {
        tap_close(t);
    }
    return loud;
}

static void sound_is_back_after_the_daemon_was_killed(void **state)
{
    (void)state;
    struct orl_audio *a = start_audio("orl-sink");
    struct speaker s = {.audio = a, .rate = 48000, .channels = 2, .hz = {500, 500}};
    speaker_start(&s);
    assert_true(heard_soon(&s, 5));
    for (int i = 0; i < 2; i++) {
        daemon("--stop");
        speaker_run(&s, 0.5);
        assert_true(wait_connected(a, false, 5));
        daemon("--start");
        assert_true(graph_is_up());
        s.start_ns = orl_now_ns(); /* the sender was held up meanwhile */
        s.stream_frames = 0;
        assert_true(heard_soon(&s, 15));
    }
    speaker_stop(&s);
    orl_audio_stop(&a);
}

static void a_daemon_that_comes_later_is_found(void **state)
{
    (void)state;
    daemon("--stop");
    struct orl_audio *a = start_audio("");
    struct speaker s = {.audio = a, .rate = 48000, .channels = 2, .hz = {500, 500}};
    speaker_start(&s);
    speaker_run(&s, 1);
    assert_int_equal(orl_counter_get(&orl_audio_stats(a)->connected), 0);
    assert_int_equal(orl_audio_rec_start(a, 48000, 2, NULL, NULL), ORL_OK);
    int16_t pcm[64];
    assert_int_equal(orl_audio_rec_read(a, pcm, 16), 0);
    orl_audio_rec_stop(a);
    daemon("--start");
    assert_true(graph_is_up());
    s.start_ns = orl_now_ns();
    s.stream_frames = 0;
    assert_true(heard_soon(&s, 15));
    orl_audio_stop(&a);
}

static void stopping_in_any_state_is_clean(void **state)
{
    (void)state;
    for (unsigned i = 0; i < 6; i++) {
        struct orl_audio *a = start_audio(i & 1 ? "no such device" : "");
        struct speaker s = {.audio = a, .rate = 44100, .channels = 2, .hz = {500, 500}};
        if (i >= 2) {
            speaker_start(&s);
            assert_int_equal(orl_audio_rec_start(a, 48000, 2, NULL, NULL), ORL_OK);
        }
        if (i >= 4) {
            speaker_run(&s, 0.1);
        }
        orl_audio_stop(&a);
    }
    struct orl_audio *a = start_audio("");
    assert_int_equal(orl_audio_play_start(a, 7999, 2), ORL_EINVAL);
    assert_int_equal(orl_audio_play_start(a, 48000, 9), ORL_EINVAL);
    assert_int_equal(orl_audio_rec_start(a, 0, 0, NULL, NULL), ORL_EINVAL);
    orl_audio_play_data(a, "abcd", 4, orl_now_ns());
    orl_audio_play_stop(a);
    orl_audio_rec_stop(a);
    orl_audio_stop(&a);
}

/* ---- microphone ----------------------------------------------------------------------------- */

static void on_ready(void *arg)
{
    orl_counter_add(arg, 1);
}

static double get_pcm(const void *from, uint64_t i)
{
    return ((const int16_t *)from)[i * 2] / 32768.0;
}

static bool record_once(struct orl_audio *a)
{
    static int16_t pcm[48000 * 4 * 2];
    uint32_t n = 0;
    struct orl_counter calls = {0};
    assert_int_equal(orl_audio_rec_start(a, 48000, 2, on_ready, &calls), ORL_OK);
    for (uint64_t end = orl_now_ns() + 6 * ORL_NS_PER_S; orl_now_ns() < end && n < 2 * 48000;) {
        pause_ms(5);
        n += orl_audio_rec_read(a, pcm + n * 2, 48000 * 4 - n);
    }
    orl_audio_rec_stop(a);
    struct heard h = listen(get_pcm, pcm, 0, n, 330, 48000, 0.004);
    print_message("recorded %.2f s, %llu calls, %.3f Hz, rms %.4f, %.2f s whole\n", n / 48000.0,
                  (unsigned long long)orl_counter_get(&calls), h.hz, h.rms,
                  (double)h.n / 48000);
    assert_true(n >= 2 * 48000);
    assert_true(orl_counter_get(&calls) > 10);
    return h.n > 48000 && fabs(h.hz - 330) < 0.2 && fabs(h.rms / (0.5 / sqrt(2)) - 1) < 0.02;
}

static void the_microphone_is_recorded_exactly(void **state)
{
    (void)state;
    struct mic *m = mic_open("orl-mic", 330);
    assert_non_null(m);
    struct orl_audio *a;
    struct orl_audio_conf conf = {.app_name = "oriel-test",
                                  .out_device = "",
                                  .rec_device = "orl-mic",
                                  .period_frames = 2048,
                                  .sync_volume = true};
    assert_int_equal(orl_audio_start(&a, &conf), ORL_OK);
    assert_true(wait_connected(a, true, 5));
    bool good = false;
    for (int i = 0; i < TRIES && !good; i++) {
        good = record_once(a);
    }
    assert_true(good);
    orl_audio_stop(&a);
    mic_close(m);
}

/* Sound in both directions, with everything that a data thread has to do with: uneven packets, volume,
 * stops and starts, another period. */
static void nothing_is_allocated_or_locked_where_the_device_waits(void **state)
{
    (void)state;
    struct mic *m = mic_open("orl-mic", 330);
    struct orl_counter calls = {0};
    static int16_t pcm[4800 * 2];
    assert_non_null(m);
    struct orl_audio *a = start_audio("orl-sink");
    assert_true(wait_connected(a, true, 5));
    assert_int_equal(orl_audio_rec_start(a, 48000, 2, on_ready, &calls), ORL_OK);
    uint64_t before = orl_counter_get(&cycles);
    struct speaker s = {
        .audio = a, .rate = 44100, .channels = 2, .hz = {500, 500}, .jitter_ms = 8};
    for (unsigned i = 0; i < 40 && (i < 6 || orl_counter_get(&cycles) < before + 300); i++) {
        set_quantum(i % 2 ? 0 : 512);
        speaker_start(&s);
        orl_audio_play_volume(a, (uint16_t[2]){30000, (uint16_t)(i * 1000)}, 2);
        speaker_run(&s, 0.5);
        speaker_stop(&s);
        while (orl_audio_rec_read(a, pcm, 4800)) {
        }
    }
    set_quantum(0);
    assert_true(orl_counter_get(&cycles) >= before + 300);
    assert_true(orl_counter_get(&calls) > 0); /* both directions did */
    assert_int_equal(orl_counter_get(&allocations), 0);
    assert_int_equal(orl_counter_get(&locks), 0);
    orl_audio_stop(&a);
    mic_close(m);
}

/* Waits for as much to be recorded, up to ten seconds; gives how much there was. */
static uint32_t record_now(struct orl_audio *a, uint32_t frames)
{
    static int16_t pcm[4800 * 2];
    uint32_t n = 0;
    for (uint64_t end = orl_now_ns() + 10 * ORL_NS_PER_S; orl_now_ns() < end && n < frames;) {
        pause_ms(5);
        n += orl_audio_rec_read(a, pcm, 4800);
    }
    return n;
}

static struct orl_audio *start_recording(const char *rec_device, struct orl_counter *calls)
{
    struct orl_audio *a;
    struct orl_audio_conf conf = {.app_name = "oriel-test",
                                  .out_device = "",
                                  .rec_device = rec_device,
                                  .sync_volume = true};
    assert_int_equal(orl_audio_start(&a, &conf), ORL_OK);
    assert_true(wait_connected(a, true, 5));
    assert_int_equal(orl_audio_rec_start(a, 48000, 2, on_ready, calls), ORL_OK);
    return a;
}

static void no_other_microphone_than_the_chosen_one_is_recorded(void **state)
{
    (void)state;
    struct mic *m = mic_open("orl-mic", 330);
    assert_non_null(m);
    struct orl_counter some = {0};
    struct orl_counter none = {0};
    struct orl_audio *by_default = start_recording("", &some);
    struct orl_audio *a = start_recording("orl-chosen", &none);
    assert_true(record_now(by_default, 48000) >= 48000); /* there is one that could be taken */
    pause_ms(500);
    assert_int_equal(orl_counter_get(&none), 0);
    struct mic *chosen = mic_open("orl-chosen", 500); /* it comes, ... */
    assert_non_null(chosen);
    assert_true(record_now(a, 48000) >= 48000);
    mic_close(chosen); /* ... goes, ... */
    pause_ms(1500);
    while (orl_audio_rec_read(a, (int16_t[960]){0}, 480)) {
    }
    uint64_t heard = orl_counter_get(&none);
    pause_ms(1500);
    assert_int_equal(orl_counter_get(&none), heard);
    chosen = mic_open("orl-chosen", 500); /* ... and comes again */
    assert_non_null(chosen);
    assert_true(record_now(a, 48000) >= 48000);
    orl_audio_stop(&a);
    orl_audio_stop(&by_default);
    mic_close(chosen);
    mic_close(m);
}

static void make_sink(const char *name)
{
    char command[512];
    snprintf(command, sizeof(command),
             "pw-cli create-node adapter '{ factory.name=support.null-audio-sink node.name=%s "
             "media.class=Audio/Sink object.linger=1 audio.position=[FL FR] }' >/dev/null",
             name);
    assert_int_equal(system(command), 0);
}

static void a_device_that_is_not_there_is_used_when_it_comes(void **state)
{
    (void)state;
    struct orl_audio *a = start_audio("orl-late");
    struct tap *other = tap_open("orl-sink", 2, 60);
    assert_non_null(other);
    struct speaker s = {.audio = a, .rate = 48000, .channels = 2, .hz = {500, 500}};
    speaker_start(&s);
    for (int i = 0; i < 20 && level_now(other, 0) < 0.4; i++) {
        speaker_run(&s, 0.5);
    }
    assert_true(level_now(other, 0) > 0.4); /* the default one meanwhile */
    make_sink("orl-late");
    struct tap *late = tap_open("orl-late", 2, 60);
    assert_non_null(late);
    for (int i = 0; i < 20 && level_now(late, 0) < 0.4; i++) {
        speaker_run(&s, 0.5);
    }
    assert_true(level_now(late, 0) > 0.4);
    tap_close(late);
    tap_close(other);
    orl_audio_stop(&a);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_format_is_heard_exactly_and_without_a_click),
        cmocka_unit_test(the_chosen_device_plays_and_no_other),
        cmocka_unit_test(volume_and_mute_follow_the_guest),
        cmocka_unit_test(a_quick_restart_keeps_the_stream),
        cmocka_unit_test(latency_is_small_with_jitter_and_is_what_is_reported),
        cmocka_unit_test(the_device_may_change_its_period),
        cmocka_unit_test(the_delay_is_told_while_sound_plays_and_no_longer),
        cmocka_unit_test(the_microphone_is_recorded_exactly),
        cmocka_unit_test(nothing_is_allocated_or_locked_where_the_device_waits),
        cmocka_unit_test(no_other_microphone_than_the_chosen_one_is_recorded),
        cmocka_unit_test(stopping_in_any_state_is_clean),
        cmocka_unit_test(sound_is_back_after_the_daemon_was_killed),
        cmocka_unit_test(a_daemon_that_comes_later_is_found),
        cmocka_unit_test(a_device_that_is_not_there_is_used_when_it_comes),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
