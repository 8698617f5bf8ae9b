/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The stream from the microphone: PipeWire's callbacks around audio/capture.h, nothing else.
 * Private to audio/. All calls with the loop's lock (audio/pw.h).
 */
#ifndef ORL_AUDIO_PW_SOURCE_H
#define ORL_AUDIO_PW_SOURCE_H

#include "audio/capture.h"
#include "audio/pw.h"

struct orl_pw_source;

struct orl_pw_source_calls {
    void *arg;
    void (*ready)(void *arg);  /* once: volumes are taken now */
    void (*failed)(void *arg); /* no device or refused; close it later, not in this call */
};

/* `c` is borrowed until close, in the format of `conf`. NULL: it cannot be made now. */
struct orl_pw_source *orl_pw_source_open(struct pw_core *core,
                                         const struct orl_pw_stream_conf *conf,
                                         struct orl_capture *c,
                                         const struct orl_pw_source_calls *calls);
/* When it returns nobody pushes any more. */
void orl_pw_source_close(struct orl_pw_source **source);
void orl_pw_source_volume(struct orl_pw_source *source, const float *volume, uint32_t n,
                          bool mute);

#endif
