/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Stands for the SPICE thread: sends packets of sines in real time, as badly as it is told. */
#ifndef ORL_TESTS_AUDIO_SPEAKER_H
#define ORL_TESTS_AUDIO_SPEAKER_H

#include "audio/audio.h"

struct speaker {
    struct orl_audio *audio;
    uint32_t rate, channels;
    double hz[8];     /* a channel */
    double pulse_s;   /* instead of sines: one short pulse every so often, 0 never */
    double jitter_ms; /* uniform, +- */
    double drift_ppm;
    /* ---- what happened ---- */
    uint64_t frames;      /* sent */
    unsigned held_up;     /* packets 3 ms or more behind their time: the machine's doing */
    double worst_late_ms; /* of those */
    uint64_t pulse_ns[256];
    unsigned pulses;
    /* ---- private ---- */
    uint64_t start_ns, seed;
    uint64_t stream_frames; /* since start_ns */
};

#define SPEAKER_LEVEL 0.5

void speaker_start(struct speaker *s);
/* Packets of 10 ms for so long; returns when the last one was sent. */
void speaker_run(struct speaker *s, double seconds);
void speaker_stop(struct speaker *s);

#endif
