/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Half a minute against a real daemon with what networks and crystals do: packets +-5 ms off and a
 * clock 200 ppm too fast. test_rate.c has the hours, in simulated time.
 */
#include <math.h>
#include <stdio.h>

#include "audio/audio.h"
#include "audio/graph.h"
#include "audio/listen.h"
#include "audio/speaker.h"
#include "base/clock.h"
#include "support/check.h"

#define TONE_HZ   440.0
#define DRIFT_PPM 200.0

static double get_sample(const void *from, uint64_t i)
{
    return (double)tap_sample(from, i, 0);
}

static void jitter_and_drift_cost_no_gap_and_no_latency(void **state)
{
    (void)state;
    struct orl_audio *a;
    struct orl_audio_conf conf = {.app_name = "oriel-test",
                                  .out_device = "orl-sink",
                                  .rec_device = "",
                                  .period_frames = 2048,
                                  .sync_volume = true};
    assert_int_equal(orl_audio_start(&a, &conf), ORL_OK);
    const struct orl_audio_stats *st = orl_audio_stats(a);
    struct tap *t = tap_open("orl-sink", 2, 60);
    assert_non_null(t);
    struct speaker s = {.audio = a,
                        .rate = 48000,
                        .channels = 2,
                        .hz = {TONE_HZ, TONE_HZ},
                        .jitter_ms = 5,
                        .drift_ppm = DRIFT_PPM};
    speaker_start(&s);
    double worst_ms = 0;
    uint64_t half = 0;
    for (int i = 0; i < 60; i++) {
        speaker_run(&s, 0.5);
        uint64_t fill = orl_counter_get(&st->fill_frames);
        uint64_t target = orl_counter_get(&st->target_frames);
        double off_ms = fabs((double)fill - (double)target) / 48;
        if (i >= 20) {
            worst_ms = off_ms > worst_ms ? off_ms : worst_ms;
        }
        half = i == 30 ? tap_frames(t) : half;
    }
    uint64_t underruns = orl_counter_get(&st->underruns);
    struct heard h = listen(get_sample, t, half, tap_frames(t), TONE_HZ, 48000, 0.004);
    print_message(
        "underruns %llu, resyncs %llu, packets held up by the machine %u (worst %.1f "
        "ms); fill within %.2f ms of the target, target %.1f ms, delay %u ms; %.3f Hz "
        "for %.1f s\n",
        (unsigned long long)underruns, (unsigned long long)orl_counter_get(&st->resyncs),
        s.held_up, s.worst_late_ms, worst_ms, (double)orl_counter_get(&st->target_frames) / 48,
        orl_audio_play_delay_ms(a), h.hz, (double)h.n / 48000);
    assert_true(underruns <= s.held_up);
    assert_int_equal(orl_counter_get(&st->overruns), 0);
    assert_true(h.n > 4800);
    /* Whatever the machine does, the pitch stays within 9 cents... */
    assert_true(fabs(h.hz / TONE_HZ - 1) < 0.0055);
    if (!s.held_up) {
        /* ...and when it does nothing, it is the sender's clock, 200 ppm, +-1 cent. */
        assert_true(fabs(h.hz / TONE_HZ - 1 - DRIFT_PPM * 1e-6) < 0.0006);
        assert_true(worst_ms < 2.5);
        assert_int_equal(orl_counter_get(&st->resyncs), 0);
        assert_true(orl_audio_play_delay_ms(a) < 25);
    }
    tap_close(t);
    orl_audio_stop(&a);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(jitter_and_drift_cost_no_gap_and_no_latency),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
