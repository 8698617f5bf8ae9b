/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The values that cross from the polling threads to the render thread.
 * Each lives in the three slots of a mailbox (frame/link.h): the side that holds the slot's number
 * is the only one that touches it.
 */
#ifndef ORL_FRAME_SLOT_H
#define ORL_FRAME_SLOT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/rect.h"
#include "ring/recovery.h"
#include "wire/wire.h"

/* Three buffers of equal size that the render thread allocates and the frame thread fills. */
struct orl_pool {
    uint64_t generation; /* counts up with every new set; 0 = none */
    size_t bytes;        /* size of each buffer */
    uint8_t *map[3];     /* plain memory or mapped pixel buffers, 64-byte aligned */
};

enum orl_slot_kind {
    ORL_SLOT_NONE,   /* no picture: session lost or video off; the last picture may stay */
    ORL_SLOT_STAGED, /* pixels stand in `map`, a buffer of the pool */
    ORL_SLOT_HELD, /* pixels stand in `map`, the guest's own memory, until the slot is released */
    ORL_SLOT_DMABUF /* the same, and `shared` is that memory as a descriptor GL may import */
};

/* How held pixels may reach the texture: what the render thread accepts, as bits. */
enum orl_slot_way {
    ORL_WAY_HELD = 1,   /* ORL_SLOT_HELD */
    ORL_WAY_DMABUF = 2, /* ORL_SLOT_DMABUF with a real DMA-BUF */
    ORL_WAY_MEMORY = 4, /* ORL_SLOT_DMABUF with any descriptor that can be mapped */
    ORL_WAYS_KNOWN = 8  /* the render thread is up and has said so; staging always works */
};

/* A range of the guest's memory as a file descriptor. */
struct orl_shared {
    uint64_t id;     /* of the descriptor; never used for another one; 0 = none */
    int fd;          /* borrowed until the slot is released */
    uint64_t offset; /* of the first pixel in the descriptor, bytes */
    uint64_t bytes;  /* that the descriptor has in all: what GL reads must end before */
    bool foreign;    /* a GPU's own buffer: no modifier is known, map is NULL, bytes may be 0 */
    bool bottom_up;  /* the first row is the lowest of the picture */
};

struct orl_slot {
    enum orl_slot_kind kind;
    struct orl_frame_desc desc;
    struct orl_rects upload; /* superset of what changed since the last slot that was taken */
    uint64_t pool;           /* generation of the pool that `map` belongs to */
    uint32_t buffer;         /* index in that pool */
    const uint8_t *map; /* desc.rows rows of desc.pitch bytes; STAGED: until the next take */
    uint64_t hold;      /* HELD, DMABUF: number to release it with; counts up from 1 */
    struct orl_shared shared; /* DMABUF */
    uint32_t session;         /* counts up with every attach */
    uint64_t t_seen_ns;       /* when the message was found */
    uint64_t t_ready_ns;      /* when the last byte was staged */
};

/* Position and visibility: newest wins. Guest screen pixels, top left of the shape. */
struct orl_cursor_pos {
    bool visible;
    int16_t x, y;
    uint32_t shape; /* serial of the shape that was current when this was sent; 0 none */
};

/* Where the guest's pointer is, for whoever steers it: hot spot, guest screen pixels. */
struct orl_cursor_report {
    bool known; /* false: no session, or no position yet */
    int32_t x, y;
    uint64_t t_ns; /* when it was read */
};

/* What main asks of the guest; each is sent once when its serial is new, if the guest offers it. */
struct orl_guest_wish {
    int32_t x, y;          /* move the pointer here: hot spot, guest screen pixels */
    uint32_t align_serial; /* 0: never asked */
    uint32_t w, h;         /* change the screen to this size, pixels */
    uint32_t size_serial;
    bool
        recovery_active; /* ask for the other display; the fallback was on when last heard of */
    uint32_t recovery_serial;
};

/* What became of such a request; two for each at most: "asked", and the end. */
struct orl_recovery_report {
    uint32_t serial; /* of the wish */
    enum orl_recovery_outcome outcome;
    enum orl_recovery_request request;
    uint32_t state, error; /* with ORL_RECOVERY_ANSWERED: enum orl_recovery_state, _error */
};

struct orl_cursor_shape {
    uint32_t serial; /* counts up with every shape; 0 = none yet */
    enum orl_cursor_kind kind;
    uint32_t w, h; /* pixels */
    int8_t hot_x, hot_y;
    uint32_t white_nits;
    uint8_t *rgba; /* w * h * 4, as orl_cursor_unpack() makes it; owned by the slot */
    size_t cap;    /* bytes allocated for rgba */
};

#endif
