/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "audio/speaker.h"

#include <math.h>

#include "base/clock.h"
#include "support/check.h"
#include "support/random.h"

#define PULSE_FRAMES 24
#define HELD_UP_MS   3

void speaker_start(struct speaker *s)
{
    assert_int_equal(orl_audio_play_start(s->audio, s->rate, s->channels), ORL_OK);
    s->start_ns = orl_now_ns();
    s->stream_frames = 0;
}

static double value(struct speaker *s, uint32_t channel, uint64_t frame)
{
    if (s->pulse_s > 0) {
        uint64_t every = (uint64_t)(s->pulse_s * s->rate);
        return frame % every < PULSE_FRAMES ? SPEAKER_LEVEL : 0;
    }
    return SPEAKER_LEVEL * sin(2 * M_PI * fmod(s->hz[channel] * (double)frame / s->rate, 1));
}

static void send_packet(struct speaker *s, uint32_t n)
{
    int16_t pcm[1920 * 8];
    uint64_t now_ns = orl_now_ns();
    for (uint32_t i = 0; i < n; i++) {
        if (s->pulse_s > 0 && s->frames % (uint64_t)(s->pulse_s * s->rate) == 0 &&
            s->pulses < 256) {
            s->pulse_ns[s->pulses++] = now_ns;
        }
        for (uint32_t c = 0; c < s->channels; c++) {
            pcm[i * s->channels + c] = (int16_t)lrint(value(s, c, s->frames) * 32767);
        }
        s->frames++;
    }
    orl_audio_play_data(s->audio, pcm, n * s->channels * 2, now_ns);
    s->stream_frames += n;
}

void speaker_run(struct speaker *s, double seconds)
{
    uint32_t n = s->rate / 100;
    uint64_t end = s->stream_frames + (uint64_t)(seconds * s->rate);
    while (s->stream_frames < end) {
        double due_s = (double)s->stream_frames / (s->rate * (1 + s->drift_ppm * 1e-6));
        double late_s = s->jitter_ms * 1e-3 * (double)random_below(&s->seed, 2000001) / 1e6;
        uint64_t at_ns = s->start_ns + (uint64_t)((due_s + late_s) * 1e9);
        orl_sleep_until(at_ns);
        double late_ms = ((double)orl_now_ns() - (double)at_ns) * 1e-6;
        s->held_up += late_ms > HELD_UP_MS;
        s->worst_late_ms = late_ms > s->worst_late_ms ? late_ms : s->worst_late_ms;
        send_packet(s, n);
    }
}

void speaker_stop(struct speaker *s)
{
    orl_audio_play_stop(s->audio);
}
