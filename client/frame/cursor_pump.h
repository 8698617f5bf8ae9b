/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The cursor thread: its own mapping, session and subscription, so that a long copy of a frame
 * never delays the pointer. Says nothing: the frame thread sees the same memory and reports.
 * It also asks the guest's display driver for another display, for which the mapping is enough.
 */
#ifndef ORL_FRAME_CURSOR_PUMP_H
#define ORL_FRAME_CURSOR_PUMP_H

#include <stdbool.h>
#include <stdint.h>

#include "frame/cadence.h"
#include "frame/frame.h"
#include "frame/link.h"
#include "frame/sleeper.h"
#include "frame/source.h"
#include "frame/subscription.h"
#include "ring/recovery.h"
#include "ring/ring.h"

/* A message to the guest that main has asked for and that is not sent yet. */
struct orl_cursor_errand {
    uint32_t serial;   /* of the wish that was seen last */
    bool waits;        /* not sent and not given up */
    uint64_t until_ns; /* then it is given up */
};

struct orl_cursor_pump {
    struct orl_sleeper sleeper; /* shared with main */

    /* Cursor thread only from here on. */
    struct orl_frame_link *link; /* borrowed */
    struct orl_source source;
    struct orl_cadence cadence;
    struct orl_ring ring; /* ring.session is NULL when not subscribed */
    struct orl_subscription subscription;

    struct orl_cursor_pos pos;  /* newest known */
    struct orl_cursor_pos sent; /* published last */
    uint32_t shape_serial;
    int8_t hot_x, hot_y; /* of the newest shape; 0, 0 before the first */
    bool moved;          /* a position came in this step */
    bool place_known;    /* main was told a position, and not that it is void */
    struct orl_guest_wish wish;
    struct orl_cursor_errand align, size;
    uint32_t recovery_serial; /* of the wish that `recovery` is about; 0 none yet */
    struct orl_recovery_job recovery;
    uint8_t *stored; /* private copy of a shape as the guest stores it; grows */
    size_t stored_cap;
    /* Master's display calibration, of the present session; nobody applies it to the cursor yet. */
    bool has_transform;
    struct orl_color_transform transform;
    struct orl_color_transform incoming; /* a copy that is not checked yet */

    uint64_t next_ns; /* when the next step is due */
};

/* `p` is zeroed memory (large: allocate it); `conf` and `link` are borrowed until finish. */
void orl_cursor_pump_init(struct orl_cursor_pump *p, const struct orl_frame_conf *conf,
                          struct orl_frame_link *link);

/*
 * Sends what main has asked for: at once, or when the ring has room and the session is open, for
 * at most 100 ms (pointer: an old place is worse than none) or 2 s (size: as long as an attach may
 * take). What the guest does not offer is dropped.
 *
 * A wish for another display becomes a job of ring/recovery.h, stepped until it is over.
 *
 * Handles all messages in order, at most 64; a shape is published before the position that came
 * with it, of several positions only the newest. Main gets the hot spot of that position, whether it
 * is new or not, and is told when a session is lost. ORL_OK: something changed; ORL_EAGAIN. p->next_ns
 * says when to come again. Allocates only when a shape is larger than any before. Blocks for locks
 * in the memory, at most 100 ms each.
 */
ORL_MUST int orl_cursor_pump_step(struct orl_cursor_pump *p, uint64_t now_ns);

/* Thread function: steps until p->sleeper is stopped. */
void orl_cursor_pump_run(void *pump);

/* Gives the subscription back, closes the memory, frees. Not while a thread runs it. */
void orl_cursor_pump_finish(struct orl_cursor_pump *p);

#endif
