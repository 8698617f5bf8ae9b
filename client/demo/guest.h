/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The running guest: one struct, one thread, stepped by run.c. Each part below is written by the
 * file of its name only, with one exception: mischief spoils everything. Private to demo/.
 */
#ifndef ORL_DEMO_GUEST_H
#define ORL_DEMO_GUEST_H

#include "demo/canvas.h"
#include "ring/ivshmem.h"
#include "ring/producer.h"
#include "ring/recovery.h"
#include "ring/stream_bind.h"
#include "wire/hid.h"

#define ORL_DEMO_SLOTS_MAX     3
#define ORL_DEMO_SHAPES        3
#define ORL_DEMO_POSITIONS_MAX 32
#define ORL_DEMO_STATUSES      8    /* more than the input queue holds */
#define ORL_DEMO_TIMEOUT_MS    1000 /* of every queue's subscribers */
#define ORL_DEMO_PASS_NS       (10 * ORL_NS_PER_MS)

/* The pixels of a frame on their way into the slot. */
struct orl_demo_write {
    bool on;
    uint32_t slot;
    uint32_t rows, done;      /* rows to write, rows written */
    uint32_t step;            /* rows per band */
    uint64_t next_ns, gap_ns; /* when the next band is due; 0 gap: at once */
    bool bad;                 /* the hostile way, see mischief.c */
};

struct orl_demo_frames {
    uint32_t queue; /* index */
    uint32_t slots; /* used entries of the next two */
    size_t off[ORL_DEMO_SLOTS_MAX];
    struct orl_rects stale[ORL_DEMO_SLOTS_MAX]; /* changed since that slot was written */
    uint32_t slot_bytes, align;
    uint32_t format_id;
    uint64_t n;      /* number of the next frame in this session */
    uint32_t posts;  /* posted in this session, for "every other" */
    uint64_t posted; /* in this run */
    int last;        /* slot of the last frame, -1 none */
    struct orl_payload last_msg;
    uint64_t next_ns; /* when the next frame is due */
    uint64_t wake_ns; /* when a step is worthwhile */
    bool new_scene;   /* size, format or colour changed: draw anew */
    bool repost;      /* somebody new waits for a picture */
    bool activate;
    struct orl_demo_write write;
};

struct orl_demo_pointer {
    uint32_t queue; /* index */
    size_t shape_off[ORL_DEMO_SHAPES];
    size_t place_off[ORL_DEMO_POSITIONS_MAX];
    uint32_t places;      /* used entries of place_off */
    uint32_t shape_bytes; /* of a shape buffer */
    uint32_t next_shape, next_place;
    uint32_t posts;
    int32_t x, y; /* hot spot */
    int8_t hot_x, hot_y;
    uint64_t k; /* step on the path */
    uint64_t next_ns;
    bool warped; /* the viewer has taken the cursor off its path */
    bool want_shape, want_place;
};

/* What a viewer writes its reports to. */
struct orl_demo_end {
    struct orl_stream stream; /* its client_id is 0 while nobody has it */
    uint64_t leaving_ns;      /* since when it is being taken back; 0: it is not */
    bool spoiled;             /* somebody broke a rule of streams in it */
};

struct orl_demo_input {
    bool on;
    uint32_t queue; /* index */
    struct orl_demo_end ends[ORL_HID_ENDPOINTS];
    size_t status_off[ORL_DEMO_STATUSES];
    uint32_t next_status, serial;
    uint32_t generation, stream_generation;
    struct orl_demo_end *owner; /* entry of ends; NULL: nobody */
    uint32_t owner_generation, sequence;
    uint64_t lease_ns; /* the owner is dropped then */
    uint32_t buttons;  /* what the owner holds */
    uint8_t modifiers, keys[ORL_HID_KEYS];
    uint8_t leds; /* enum orl_hid_led */
    bool publish; /* the status has changed */
    uint64_t busy_ns, wake_ns;
    FILE *log; /* may be NULL: none wanted */
};

struct orl_demo_switch {
    struct orl_recovery_guest region; /* its region is NULL without one */
    struct orl_recovery_wish wish;    /* the newest */
    bool active;                      /* the fallback display is on: frames rest */
    uint64_t beat_ns;                 /* when the next heartbeat is due */
    uint64_t done_ns;                 /* when `wish` is answered; 0: it has been, or never is */
};

struct orl_demo_mischief {
    uint64_t rng;
    uint64_t since_ns; /* start of the present phase */
    bool broken;       /* second half of a phase */
    uint64_t frozen_beat;
};

struct orl_demo_guest {
    struct orl_demo_conf conf; /* as changed by events */
    const struct orl_layout *lay;
    struct orl_shm shm;
    struct orl_ivshmem server; /* where the memory came from; sock -1: a file */
    struct orl_ivshmem_peers peers;
    struct orl_producer prod;
    struct orl_demo_canvas canvas;
    struct orl_demo_frames frames;
    struct orl_demo_pointer pointer;
    struct orl_demo_input input;
    struct orl_demo_switch recovery;
    struct orl_demo_mischief mischief;
    FILE *log; /* may be NULL: none wanted */
    uint64_t start_ns, now_ns;
    uint64_t next_pass_ns;
    uint32_t next_event;
    bool paused, quit, restart;
};

static inline uint64_t orl_demo_now_ms(const struct orl_demo_guest *g)
{
    return g->now_ns / 1000000u;
}

/* run.c: a new session in the memory. ORL_OK or ORL_ENOSPC. */
ORL_MUST int orl_demo_session_start(struct orl_demo_guest *g);

/* frames.c. setup: slots of the new session; step: at most one frame or one band of pixels. */
ORL_MUST int orl_demo_frames_setup(struct orl_demo_guest *g);
ORL_MUST int orl_demo_frames_step(struct orl_demo_guest *g);
uint32_t orl_demo_slot_align(enum orl_release release);
uint32_t orl_demo_slot_count(enum orl_release release);

/* pixels.c: fills a slot and raises `written`. */
void orl_demo_write_begin(struct orl_demo_guest *g, uint32_t slot, uint32_t rows);
void orl_demo_write_step(struct orl_demo_guest *g);

/* pointer.c */
ORL_MUST int orl_demo_pointer_setup(struct orl_demo_guest *g);
void orl_demo_pointer_step(struct orl_demo_guest *g);
/* Takes the pointer off its path, to the nearest place on the desktop. */
void orl_demo_pointer_move(struct orl_demo_guest *g, int32_t x, int32_t y);

/* input.c */
bool orl_demo_has_input(const struct orl_demo_conf *conf);
ORL_MUST int orl_demo_input_setup(struct orl_demo_guest *g);
void orl_demo_input_step(struct orl_demo_guest *g);

/* events.c: what is due now. */
void orl_demo_events_step(struct orl_demo_guest *g);
void orl_demo_set_size(struct orl_demo_guest *g, uint32_t w, uint32_t h);

/* recovery.c: the last 64 KiB of master's display driver. */
bool orl_demo_has_recovery(const struct orl_demo_conf *conf);
void orl_demo_recovery_start(struct orl_demo_guest *g);
void orl_demo_recovery_step(struct orl_demo_guest *g);

/*
 * mischief.c: nothing when conf.hostile is 0. frame: spoils header and message before the post;
 * cursor, input (a status): the same; written: true when it took the place of the normal end of a write; step:
 * the long-lasting kinds, after each pass.
 */
void orl_demo_mischief_frame(struct orl_demo_guest *g, struct orl_payload *msg);
void orl_demo_mischief_cursor(struct orl_demo_guest *g, struct orl_payload *msg);
void orl_demo_mischief_input(struct orl_demo_guest *g, size_t status_off);
void orl_demo_mischief_late(struct orl_demo_guest *g); /* after a post, and now and then */
bool orl_demo_mischief_written(struct orl_demo_guest *g, uint8_t *word, uint32_t full);
void orl_demo_mischief_step(struct orl_demo_guest *g);
bool orl_demo_mischief_holds(const struct orl_demo_guest *g); /* queues must be left alone */

#endif
