/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The second source of pictures: what the machine shows on its emulated graphics card, sent by
 * SPICE. Same values as from the ring (frame/slot.h), own mailboxes, own buffers: pixels[i] belongs
 * to frame[i], so the side that holds the slot may use it.
 *
 * Copying costs the SPICE thread time, so it copies only while `wanted` is raised; each time it is
 * raised, the next slot is whole (upload full) and comes even if the picture has not changed.
 *
 * A card that draws with OpenGL hands out a GPU buffer instead (kind DMABUF, no `map`). At most one
 * such slot is out; the card waits for its release before it draws on.
 */
#ifndef ORL_FRAME_FALLBACK_H
#define ORL_FRAME_FALLBACK_H

#include "base/mailbox.h"
#include "base/serial.h"
#include "base/wake.h"
#include "frame/slot.h"

struct orl_fallback {
    struct orl_mailbox frame_mb; /* SPICE -> render; kind NONE: the display is gone */
    struct orl_slot frame[3];    /* STAGED: desc.fmt BGRA8; rotation 0 */
    uint8_t *pixels[3];          /* what `map` of frame[i] points to, or NULL */
    struct orl_mailbox pos_mb;   /* SPICE -> render */
    struct orl_cursor_pos pos[3];
    struct orl_mailbox shape_mb; /* SPICE -> render */
    struct orl_cursor_shape shape[3];
    struct orl_flag wanted; /* raised and lowered by render, see orl_fallback_want() */
    struct orl_flag all; /* raised with each raise of `wanted`, lowered by the SPICE thread */
    struct orl_counter released; /* render -> SPICE: orl_slot.hold * 2, + 1 = not shown */
    int source_fd; /* eventfd, readable when `all` was raised or `released` counted; -1: none */
    struct orl_wake *render_wake; /* borrowed: ORL_RENDER_FALLBACK; may be NULL */
    /* SPICE thread only: where the picture lies in the surface that pointers refer to, pixels. */
    uint32_t origin_x, origin_y;
};

/* Without an eventfd (the system has none left) `wanted` is raised for good. */
void orl_fallback_init(struct orl_fallback *f, struct orl_wake *render_wake);
void orl_fallback_finish(struct orl_fallback *f); /* frees; only after all threads stopped */

/* Render thread, never blocks: copy from now on, or no longer. Wakes the source when raised. */
void orl_fallback_want(struct orl_fallback *f, bool wanted);

/* Render thread, never blocks: as orl_frame_link_release(). */
void orl_fallback_release(struct orl_fallback *f, uint64_t hold, bool shown);

#endif
