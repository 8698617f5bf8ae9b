/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The ring that carries sound between the SPICE thread and PipeWire's data thread: frames of one
 * format at a time. A thin name for base/bulk.h, which has the argument about memory order.
 */
#ifndef ORL_AUDIO_PCM_RING_H
#define ORL_AUDIO_PCM_RING_H

#include "audio/pcm.h"
#include "base/bulk.h"

/* 0.34 s at the highest rate, 1.4 s at 48 kHz: more than any stall worth playing late. */
#define ORL_PCM_RING_FRAMES 65536u

struct orl_pcm_ring {
    struct orl_bulk frames;
};

ORL_MUST static inline int orl_pcm_ring_init(struct orl_pcm_ring *r)
{
    return orl_bulk_init(&r->frames, ORL_PCM_RING_FRAMES,
                         ORL_PCM_MAX_CHANNELS * sizeof(int16_t));
}
static inline void orl_pcm_ring_finish(struct orl_pcm_ring *r)
{
    orl_bulk_finish(&r->frames);
}
/* Empties it for a valid format. Only while no other thread uses it. */
static inline void orl_pcm_ring_shape(struct orl_pcm_ring *r, struct orl_pcm_format f)
{
    orl_bulk_shape(&r->frames, orl_pcm_frame_bytes(f));
}

#endif
