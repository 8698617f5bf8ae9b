/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "audio/capture.h"

#include <string.h>

#include "base/clock.h"

#define OLD_NS  (200 * ORL_NS_PER_MS)
#define KEEP_NS (40 * ORL_NS_PER_MS)

int orl_capture_init(struct orl_capture *c)
{
    memset(c, 0, sizeof(*c));
    return orl_pcm_ring_init(&c->ring);
}

void orl_capture_finish(struct orl_capture *c)
{
    orl_pcm_ring_finish(&c->ring);
}

void orl_capture_shape(struct orl_capture *c, struct orl_pcm_format format,
                       void (*ready)(void *arg), void *arg)
{
    c->format = format;
    c->ready = ready;
    c->arg = arg;
    orl_pcm_ring_shape(&c->ring, format);
}

void orl_capture_push(struct orl_capture *c, const void *pcm, uint32_t frames)
{
    orl_bulk_push(&c->ring.frames, pcm, frames);
    if (c->ready && frames) {
        c->ready(c->arg);
    }
}

uint32_t orl_capture_read(struct orl_capture *c, int16_t *pcm, uint32_t max_frames)
{
    uint64_t fill = orl_bulk_fill(&c->ring.frames);
    if (fill > orl_pcm_frames(c->format, OLD_NS)) {
        orl_bulk_drop(&c->ring.frames, fill - orl_pcm_frames(c->format, KEEP_NS));
    }
    return orl_bulk_pull(&c->ring.frames, pcm, max_frames);
}
