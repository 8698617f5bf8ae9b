/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The connection to the PipeWire daemon: one loop thread, looked for again when there is none or
 * when it goes, with a bounded back-off; each change is one log line. Private to audio/.
 *
 * Everything that touches PipeWire happens with the loop's lock: calls from outside take it,
 * callbacks of the loop thread have it already.
 */
#ifndef ORL_AUDIO_PW_H
#define ORL_AUDIO_PW_H

#include <stdbool.h>
#include <stdint.h>

#include "audio/pcm.h"
#include "audio/pw_devices.h"
#include "base/err.h"

struct orl_pw;
struct pw_core;
struct pw_stream;

/* Called on the loop thread, with the lock. */
struct orl_pw_calls {
    void *arg;
    void (*connected)(void *arg);        /* streams may be made */
    void (*lost)(void *arg);             /* streams must be destroyed before this returns */
    void (*tick)(void *arg);             /* what orl_pw_tick_in() asked for */
    void (*devices)(void *arg);          /* orl_pw_find() gives another answer */
    const char *out_device, *rec_device; /* for orl_pw_find(); "" none; borrowed until stop */
};

/* Returns at once; the connection comes later. *out is set before the first callback, NULL after an
 * error. ORL_OK, ORL_ENOMEM, ORL_ESYS. Main thread. */
ORL_MUST int orl_pw_start(struct orl_pw **out, const char *app_name,
                          const struct orl_pw_calls *calls);
void orl_pw_stop(struct orl_pw **pw);

void orl_pw_lock(struct orl_pw *pw);
void orl_pw_unlock(struct orl_pw *pw);

/* With the lock. NULL: there is no daemon now. */
struct pw_core *orl_pw_core(struct orl_pw *pw);
/* With the lock: is the named device there? Unknown without a daemon. */
enum orl_pw_presence orl_pw_find(const struct orl_pw *pw, bool output);
/* With the lock: one call of `tick`, in `ms` (1 or more); a newer wish replaces an older one. */
void orl_pw_tick_in(struct orl_pw *pw, uint32_t ms);

/* ---- shared by the two kinds of streams ----------------------------------------------------- */

struct orl_pw_stream_conf {
    const char *app_name;
    const char *device; /* name of a node; "" the default one */
    bool only;          /* no other one in its place, should it not be there or go */
    struct orl_pcm_format format;
    uint32_t latency_frames; /* asked of the device, in frames of the format */
};

/* Connects an S16 or float stream; `output`: to a device. True when it could be asked for. */
bool orl_pw_stream_connect(struct pw_stream *stream, bool output, bool floats,
                           struct orl_pcm_format format);

/* A new stream with all properties; NULL: out of memory or connection just lost. */
struct pw_stream *orl_pw_stream_new(struct pw_core *core, bool output,
                                    const struct orl_pw_stream_conf *conf);

/* `n` linear amplitudes, one a channel. */
void orl_pw_stream_volume(struct pw_stream *stream, const float *volume, uint32_t n, bool mute);

#endif
