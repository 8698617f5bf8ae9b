/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The stream to the speakers: PipeWire's callbacks around audio/playback.h, nothing else. Private
 * to audio/. All calls with the loop's lock (audio/pw.h).
 */
#ifndef ORL_AUDIO_PW_SINK_H
#define ORL_AUDIO_PW_SINK_H

#include "audio/playback.h"
#include "audio/pw.h"

struct orl_pw_sink;

struct orl_pw_sink_calls {
    void *arg;
    void (*ready)(void *arg);  /* once, before the first sound: volumes are taken now */
    void (*failed)(void *arg); /* no device or refused; close it later, not in this call */
};

struct orl_pw_sink_delay {         /* borrowed until close */
    struct orl_counter *device_us; /* gets the time from pull to speaker */
    struct orl_counter
        *added_us; /* gets that from push to speaker, 0 while nothing plays; or NULL */
};

/* `p` is borrowed until close, in the format of `conf`. NULL: it cannot be made now. */
struct orl_pw_sink *orl_pw_sink_open(struct pw_core *core,
                                     const struct orl_pw_stream_conf *conf,
                                     struct orl_playback *p,
                                     const struct orl_pw_sink_delay *delay,
                                     const struct orl_pw_sink_calls *calls);
/* When it returns nobody pulls any more. */
void orl_pw_sink_close(struct orl_pw_sink **sink);
/* Off: the device is free to sleep. */
void orl_pw_sink_activate(struct orl_pw_sink *sink, bool on);
void orl_pw_sink_volume(struct orl_pw_sink *sink, const float *volume, uint32_t n, bool mute);

#endif
