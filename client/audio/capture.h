/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The microphone's sound between PipeWire's data thread, which delivers it, and the SPICE thread,
 * which sends it. Old sound is thrown away when the sender was held up, so that the guest never
 * hears with a growing delay. No PipeWire here.
 */
#ifndef ORL_AUDIO_CAPTURE_H
#define ORL_AUDIO_CAPTURE_H

#include "audio/pcm_ring.h"

struct orl_capture {
    /* Constant while a data thread pushes. */
    struct orl_pcm_format format;
    void (*ready)(void *arg); /* RT safe; may be NULL: nobody is told */
    void *arg;

    struct orl_pcm_ring ring;
};

/* ORL_OK or ORL_ENOMEM. */
ORL_MUST int orl_capture_init(struct orl_capture *c);
void orl_capture_finish(struct orl_capture *c);

/* A valid format; empties everything. Only while nobody pushes. */
void orl_capture_shape(struct orl_capture *c, struct orl_pcm_format format,
                       void (*ready)(void *arg), void *arg);

/* Data thread, RT safe: whole frames of S16. What does not fit is lost. */
void orl_capture_push(struct orl_capture *c, const void *pcm, uint32_t frames);

/* SPICE thread: up to `max_frames` frames; says how many. Of more than 200 ms only the newest 40
 * are kept. */
uint32_t orl_capture_read(struct orl_capture *c, int16_t *pcm, uint32_t max_frames);

#endif
