/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * How fast to play so that the fill level stays where it should be: a delay-locked loop of second
 * order, fill error in, rate ratio out. It removes any constant difference between the guest's and
 * the sound card's clock without a remaining error.
 *
 * The loop is the one of Fons Adriaensen, "Using a DLL to filter time" (2005): coefficients
 * b = sqrt(2) w and c = w^2 with w = 2 pi B, which is critically damped by a factor 0.7. Here the
 * filtered quantity is the fill level and the loop closes over the resampler (as in the same
 * author's "Controlling adaptive resampling", 2012). Pure; RT safe; PipeWire data thread.
 */
#ifndef ORL_AUDIO_RATE_H
#define ORL_AUDIO_RATE_H

#include <stdint.h>

/* 5 per mille are 8.6 cents: about the smallest difference in pitch that can be heard at all, and
 * ten times what crystals are apart. It gains or loses 5 ms a second. */
#define ORL_RATE_MAX_OFFSET 0.005
/* A glide of 3.5 cents a second is not heard as a change. */
#define ORL_RATE_MAX_SLEW 0.002

struct orl_rate {
    double rate_hz;
    double integral; /* the part of the offset that has been learned: the drift */
    double ratio;    /* 1: as fast as the stream says; larger: the buffer is emptied faster */
};

void orl_rate_init(struct orl_rate *r, uint32_t rate_hz);

/*
 * One step: the buffer holds `error_frames` more than it should, `dt_s` seconds after the step
 * before (larger than 0; cut at 0.2 s). Returns the new ratio, within 1 +- ORL_RATE_MAX_OFFSET.
 */
double orl_rate_step(struct orl_rate *r, double error_frames, double dt_s);

/*
 * PipeWire's resampler (0.3.65, resample-native.c) works with whole numbers of Hz: it reads the
 * stream at `read_hz` = rate / (what the area says), cut, reduced against the graph's rate. Where
 * the two are equal it copies and forgets the fraction of a sample it was at, and where they have a
 * large common divisor it rounds that fraction: both click. So a number is chosen here that avoids
 * them, and kept until the wish is more than 1 Hz (20 ppm) away; the loop makes up for the rest.
 */
struct orl_rate_hz {
    uint32_t read_hz; /* 0: none yet */
};

/* The number for a stream of `rate_hz` that should be read `ratio` times as fast, in a graph of
 * `graph_hz`. RT safe; bounded time. */
uint32_t orl_rate_choose_hz(struct orl_rate_hz *r, uint32_t rate_hz, uint32_t graph_hz,
                            double ratio);

#endif
