/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * PipeWire from a test's side: listening to a sink, and being a microphone. Bare streams, nothing
 * of the program under test.
 */
#ifndef ORL_TESTS_AUDIO_GRAPH_H
#define ORL_TESTS_AUDIO_GRAPH_H

#include <stdbool.h>
#include <stdint.h>

/* Both find the daemon of tests/support/pipewire.sh; false: it does not answer within 5 s. */
bool graph_is_up(void);

/* ---- what a sink plays ---------------------------------------------------------------------- */

struct tap;

/* Records the sink of this name at 48 kHz, up to `seconds`; waits up to 5 s for the first sound or
 * silence to arrive. NULL: nothing came. */
struct tap *tap_open(const char *sink, uint32_t channels, double seconds);
void tap_close(struct tap *t);

uint32_t tap_channels(const struct tap *t);
/* Frames so far; the samples of those no longer change. */
uint64_t tap_frames(const struct tap *t);
/* Sample of frame `i` < tap_frames(), in channel `c`. */
float tap_sample(const struct tap *t, uint64_t i, uint32_t c);
/* When frame `i` was played: CLOCK_MONOTONIC, ns. */
uint64_t tap_time_ns(const struct tap *t, uint64_t i);

/* ---- a microphone --------------------------------------------------------------------------- */

struct mic;

/* A source called `name` that says a sine of `hz` at half of full scale, in stereo. */
struct mic *mic_open(const char *name, double hz);
void mic_close(struct mic *m);

/* ---- the shortest way to a sink ------------------------------------------------------------- */

/* A plain stream without a buffer; `fill(arg, out, frames)` writes stereo floats on the data
 * thread. */
struct bare;
struct bare *bare_open(const char *sink, uint32_t quantum,
                       void (*fill)(void *arg, float *out, uint32_t frames), void *arg);
void bare_close(struct bare *b);

#endif
