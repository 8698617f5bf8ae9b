/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Frames in memory that has a descriptor, as software GL imports them. */
#ifndef ORL_TESTS_GL_SHARED_FRAME_H
#define ORL_TESTS_GL_SHARED_FRAME_H

#include <stdbool.h>
#include <stdint.h>

#include "frame/slot.h"
#include "gfx/gfx.h"

struct shared_frame {
    struct orl_slot slot; /* DMABUF */
    struct orl_slot copy; /* STAGED, the same pixels in plain memory */
    uint8_t *map;         /* the whole memory */
    size_t bytes;
};

/* Noise as rig_slot() makes it, `offset` bytes after the memory's beginning. */
struct shared_frame shared_frame(enum orl_pixfmt fmt, uint32_t w, uint32_t h, uint32_t pitch,
                                 uint32_t offset);
void shared_frame_free(struct shared_frame *f);

/* New noise, in both. */
void shared_frame_change(struct shared_frame *f);

/* How often memory of shared frames is mapped in this process. */
uint32_t shared_frame_maps(void);

/* Draws picture 0 and picture 1 of the shape of `slot` and fails where they differ at all. */
void shared_frame_compare(struct orl_gfx *gfx, const struct orl_slot *slot);

/* 0; 77 and a line: GL here imports no memory; 1 and a line: it should. For main() to begin with. */
int shared_frame_skip(void);

#endif
