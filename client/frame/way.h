/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * How the frames of a session reach the texture and why not in a shorter way: one word, which the
 * frame thread keeps in link->way for the log, the overlay and the summary. Pure; any thread.
 */
#ifndef ORL_FRAME_WAY_H
#define ORL_FRAME_WAY_H

#include <stdint.h>

enum orl_way_used {
    ORL_USED_NONE, /* no frame yet */
    ORL_USED_COPY,
    ORL_USED_HELD,
    ORL_USED_KVMFR,
    ORL_USED_UDMABUF,
    ORL_USED_MEMORY
};

/* Why the pixels are touched by the processor. */
enum orl_way_why {
    ORL_WHY_NOTHING,
    ORL_WHY_OPTION,  /* app:allowDMA=no */
    ORL_WHY_MEMORY,  /* nothing can be exported from this memory */
    ORL_WHY_DRIVER,  /* GL does not import */
    ORL_WHY_EXPORT,  /* an export failed */
    ORL_WHY_REFUSED, /* an import failed */
    ORL_WHY_SHAPE,   /* GL does not import pictures of this size, pitch or type */
    ORL_WHYS
};

#define ORL_WAY_LINE 96

static inline uint64_t orl_way_word(enum orl_way_used used, enum orl_way_why why)
{
    return (uint64_t)used | (uint64_t)why << 8;
}

/* "DMA-BUF (kvmfr)", "copied (app:allowDMA=no)" ..., "none yet"; any word. */
void orl_way_text(char dst[ORL_WAY_LINE], uint64_t word);

#endif
