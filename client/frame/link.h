/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * All hand-overs between the polling threads and the rest: one struct, made by app, borrowed by
 * everybody. Each mailbox has one producer and one consumer, named here; nothing else is shared.
 */
#ifndef ORL_FRAME_LINK_H
#define ORL_FRAME_LINK_H

#include "base/histogram.h"
#include "base/mailbox.h"
#include "base/serial.h"
#include "base/wake.h"
#include "frame/sleeper.h"
#include "frame/slot.h"
#include "frame/status.h"

/* Reason bits of the render thread's wake word. */
enum orl_render_reason {
    ORL_RENDER_FRAME = 1,  /* a frame slot was published */
    ORL_RENDER_CURSOR = 2, /* position or shape changed */
    ORL_RENDER_POOL = 4,   /* a pool is wanted */
    ORL_RENDER_STATUS = 8, /* guest status changed */
    ORL_RENDER_VIEW = 16,  /* window, options or overlay changed (main) */
    ORL_RENDER_STOP = 32,
    ORL_RENDER_FALLBACK = 64 /* the second source has something new (frame/fallback.h) */
};

struct orl_frame_link {
    struct orl_mailbox frame_mb; /* frame -> render */
    struct orl_slot frame[3];

    /* Held frames: at most one is out, see frame/hold.h. */
    struct orl_counter ways; /* render -> frame: bits of enum orl_slot_way; 0 not known yet */
    struct orl_counter released; /* render -> frame: orl_slot.hold * 2, + 1 = not shown */
    /*
     * The frame thread's sleep; main stops and pokes it, a release ends it. It lives here because
     * the render thread may be on its last step out of a release when the frame thread is gone.
     */
    struct orl_sleeper sleeper;

    struct orl_mailbox want_mb; /* frame -> render: bytes wanted for each of three buffers */
    size_t want[3];
    struct orl_mailbox pool_mb; /* render -> frame */
    struct orl_pool pool[3];

    struct orl_mailbox pos_mb; /* cursor -> render */
    struct orl_cursor_pos pos[3];
    struct orl_mailbox shape_mb; /* cursor -> render */
    struct orl_cursor_shape shape[3];

    struct orl_mailbox report_mb; /* cursor -> main, no wake: read when the pointer moves */
    struct orl_cursor_report report[3];
    struct orl_mailbox wish_mb; /* main -> cursor, then a poke */
    struct orl_guest_wish wish[3];

    struct orl_mailbox recovery_mb; /* cursor -> main, then wake_main */
    struct orl_recovery_report recovery[3];

    struct orl_mailbox status_mb; /* frame -> render */
    struct orl_guest_status status[3];
    struct orl_mailbox status_main_mb; /* frame -> main */
    struct orl_guest_status status_main[3];

    struct orl_counter frames_found;   /* frame thread: new frames seen in the ring (UPS) */
    struct orl_counter frames_skipped; /* frame thread: serials that never reached us */
    struct orl_counter frames_dropped; /* frame thread: rejected or timed out */
    struct orl_counter frames_held;    /* frame thread: handed over without a copy */
    struct orl_counter frames_late; /* frame thread: of these, finished before their release */
    struct orl_histogram held_ns;   /* frame thread: hand-over to release, of each */
    struct orl_counter way;         /* frame thread: see frame/way.h */

    struct orl_wake *render_wake; /* borrowed */
    /* Wakes the main thread's event wait; any thread, never blocks. May be NULL. */
    void (*wake_main)(void *arg);
    void *wake_main_arg;
};

void orl_frame_link_init(struct orl_frame_link *link, struct orl_wake *render_wake);

/*
 * Render thread: which ways besides staging it takes frames by (enum orl_slot_way). Said once GL is
 * up, and again when they have become less, before the release that says so. Never blocks.
 */
void orl_frame_link_set_ways(struct orl_frame_link *link, uint32_t ways);

/*
 * Render thread: the pixels of held slot `hold` are no longer read, by GL either. `shown` false: they
 * could not be taken that way (the ways are less now): the frame thread hands the picture over again
 * in another. Never blocks.
 */
void orl_frame_link_release(struct orl_frame_link *link, uint64_t hold, bool shown);

/* Frees what the slots and the sleeper own. Only after all threads have stopped. */
void orl_frame_link_finish(struct orl_frame_link *link);

#endif
