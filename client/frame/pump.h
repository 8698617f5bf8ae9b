/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The frame thread: looks for the guest's frames and hands them over, as they stand in the memory
 * or as a copy of what changed. orl_pump_step() is the table of contents of the whole path.
 *
 * A frame that is handed over in place keeps its message, and the whole pump stands still until it
 * is back (frame/hold.h): so the memory stays mapped and the descriptors open while GL reads.
 */
#ifndef ORL_FRAME_PUMP_H
#define ORL_FRAME_PUMP_H

#include <stdbool.h>
#include <stdint.h>

#include "base/log.h"
#include "frame/bell.h"
#include "frame/cadence.h"
#include "frame/damage.h"
#include "frame/exports.h"
#include "frame/frame.h"
#include "frame/hold.h"
#include "frame/link.h"
#include "frame/report.h"
#include "frame/sleeper.h"
#include "frame/source.h"
#include "frame/subscription.h"
#include "ring/ring.h"

struct orl_pump {
    /* Shared with main, each member says how. */
    struct orl_sleeper *sleeper; /* the link's, see there */
    struct orl_flag video_off;   /* raised and lowered by main */
    struct orl_flag
        aside; /* raised by main, lowered by us: the picture is not the guest's any more */

    /* Frame thread only from here on. */
    struct orl_frame_link *link; /* borrowed */
    struct orl_source source;
    struct orl_report_out report;
    struct orl_cadence cadence;
    struct orl_ring ring; /* ring.session is NULL when not subscribed */
    struct orl_subscription subscription;
    bool video_is_off;

    struct orl_damage damage;
    bool has_last, last_shown;
    struct orl_frame_desc last; /* the newest frame that was seen in this session */
    bool published;             /* a picture was handed over in this session */

    struct orl_pool pool;   /* what the render thread gave last */
    size_t wanted_bytes;    /* asked for; 0 nothing */
    uint64_t wanted_ns;     /* when */
    uint64_t held_ns;       /* since when a message is kept for want of a pool; 0 none */
    bool frame_unread;      /* one had to be finished unread: ask the guest for it again */
    uint64_t stage_wait_ns; /* longest wait for the pixels of one frame */

    /* Frames that are not copied. While hold.out, ring, memory and exports are not touched. */
    bool allow_dma;
    uint64_t ways;     /* what the render thread accepts; 0 not known yet */
    uint32_t ways_off; /* enum orl_slot_way: given up for this session ... */
    uint8_t ways_why;  /* ... because (enum orl_way_why) */
    uint64_t way_said; /* in link->way, for this session */
    struct orl_log_gate way_gate, export_gate;
    struct orl_exports exports;
    struct orl_hold hold;
    uint32_t out_slot;   /* of the frame that is out: index in link->frame ... */
    uint32_t out_way;    /* ... the way it went (one bit) ... */
    bool out_finished;   /* ... its message is finished already ... */
    int out_err;         /* ... which gave this error */
    bool only_copy;      /* the present message is copied: nobody looks */
    uint64_t message_ns; /* when the present message was found; 0 not yet */
    struct orl_bell bell;

    uint64_t next_ns;                          /* when the next step is due */
    uint8_t extra_row[ORL_FRAME_SIDE_MAX * 3]; /* see orl_frame_desc.extra_rows */
};

/* `p` is zeroed memory (large: allocate it); `conf` and `link` are borrowed until finish. */
void orl_pump_init(struct orl_pump *p, const struct orl_frame_conf *conf,
                   struct orl_frame_link *link);

/*
 * One look at everything. ORL_OK: a frame was handed over; ORL_EAGAIN: nothing to show. Either way
 * p->next_ns says when to come again. Blocks for the pixels of a frame, at most stage_wait_ns, and
 * for locks in the memory, at most 100 ms each.
 */
ORL_MUST int orl_pump_step(struct orl_pump *p, uint64_t now_ns);

/* Thread function: steps until the link's sleeper is stopped. */
void orl_pump_run(void *pump);

/*
 * Gives the subscription back and closes the memory. Not while a thread runs it. A frame that is out
 * is waited for, at most half a second; after that the memory stays mapped for good.
 */
void orl_pump_finish(struct orl_pump *p);

#endif
