/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The two threads that poll the guest's memory: frames and cursor. They find the memory, attach,
 * re-attach after every loss, and hand values over through struct orl_frame_link. Neither touches
 * GL or SDL. Started and stopped by main.
 */
#ifndef ORL_FRAME_FRAME_H
#define ORL_FRAME_FRAME_H

#include <stdbool.h>
#include <stdint.h>

#include "base/err.h"
#include "frame/link.h"

struct orl_frame_conf {
    const char *path;        /* resolved file or device; borrowed until stop */
    uint32_t frame_poll_us;  /* upper bound of the frame thread's sleep; 0 = adaptive only */
    uint32_t cursor_poll_us; /* the same for the cursor thread */
    bool allow_dma;          /* let GL import the memory where that works */
};

struct orl_frame;

/* Starts both threads. ORL_OK, ORL_ENOMEM, ORL_ESYS. A missing memory is no error: they wait. */
ORL_MUST int orl_frame_start(struct orl_frame **out, const struct orl_frame_conf *conf,
                             struct orl_frame_link *link);

/* Stops and joins both threads, gives the subscriptions back. Within about 100 ms. */
void orl_frame_stop(struct orl_frame **frame);

/* Input went to the guest: look fast again. Any thread, never blocks. */
void orl_frame_poke(struct orl_frame *frame);

/* Video on or off (off unsubscribes from the frame queue; the guest may stop capturing). */
void orl_frame_set_video(struct orl_frame *frame, bool on);

/*
 * Asks the guest to move its pointer, or to take another size; nothing when it does not offer that
 * (features of the session). Main thread, never blocks.
 */
void orl_frame_align(struct orl_frame *frame, int32_t x, int32_t y);
void orl_frame_ask_size(struct orl_frame *frame, uint32_t w, uint32_t h);

/*
 * Asks master's display driver for its other display (ring/recovery.h), with or without a session;
 * `active`: the fallback was on when last heard of. What becomes of it comes by link->recovery_mb
 * with the serial that is returned. One at a time: another one before the end of the first replaces
 * it. Main thread, never blocks.
 */
uint32_t orl_frame_ask_recovery(struct orl_frame *frame, bool active);

/*
 * The guest shows its picture elsewhere: the last one of the ring no longer stands for it, until a
 * new frame comes. Main thread, never blocks.
 */
void orl_frame_put_aside(struct orl_frame *frame);

#endif
