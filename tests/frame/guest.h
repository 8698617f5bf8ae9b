/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A guest for the tests: a file with a session of any release, and pictures that anybody can
 * compute. The picture of a serial is what the serials before it painted, each some random
 * rectangles; every DRAWINGS_PER_MODE serials the size changes and all is painted anew. The seed of
 * a run travels in the screen width, so a viewer knows what it must see.
 */
#ifndef ORL_TESTS_FRAME_GUEST_H
#define ORL_TESTS_FRAME_GUEST_H

#include <stdbool.h>
#include <stdint.h>

#include "base/rect.h"
#include "ring/producer.h"

#define DRAWINGS_PER_MODE 150
#define PICTURE_SIDE_MAX  96
#define SEED_OF(screen_w) ((screen_w)-20000)

struct picture {
    uint32_t seed, serial;
    bool painted; /* of a serial at all */
    uint32_t w, h;
    uint32_t px[PICTURE_SIDE_MAX * PICTURE_SIDE_MAX];
};

/* Size in the mode that `serial` belongs to. */
void picture_size(uint32_t serial, uint32_t *w, uint32_t *h);

/* What drawing `serial` changes; full at the start of a mode. */
void picture_damage(uint32_t seed, uint32_t serial, struct orl_rects *out);

/* Paints on to `serial`, the next after the present one or the first of a mode. */
void picture_to(struct picture *p, uint32_t seed, uint32_t serial);

struct guest {
    char path[64];
    int fd;
    struct orl_shm shm;
    const struct orl_layout *lay;
    struct orl_producer producer;
    uint32_t frame_queue, pointer_queue;
    size_t slot[2];
    uint32_t slot_bytes, next_slot;
    size_t pointer_slot[8];
    uint32_t next_pointer_slot;
    struct picture picture;
    uint32_t serial; /* of the next drawing */
    uint32_t seed;
    uint32_t flags;    /* of frames */
    uint32_t features; /* enum orl_feature, offered from the next start on */
    bool sealed;       /* a memfd: `path` is a way to its descriptor */
    bool hold_written; /* leaves the counter at 0; see guest_write() */
    struct orl_frame_desc last;
    uint32_t last_slot;
};

/* The same in memory that cannot shrink, so that parts of it can be had as descriptors. */
void guest_create_sealed(struct guest *g, enum orl_release release, size_t bytes);

/* A new file of `bytes`; no session in it. */
void guest_create(struct guest *g, enum orl_release release, size_t bytes);
void guest_destroy(struct guest *g);

/* Starts a session (again); serials from 0 (master: 1) with another seed. */
void guest_start(struct guest *g, uint64_t now_ms);

bool guest_can_post(const struct guest *g);

/* Paints the next serial and posts it. False when nobody was subscribed. */
bool guest_post_frame(struct guest *g, uint64_t now_ms);

/* Paints the next serial without posting it: a gap for the viewer. */
void guest_skip_frame(struct guest *g);

/* Posts the last frame again, as for a new subscriber. */
bool guest_repost(struct guest *g, uint64_t now_ms);

/* Copies the picture of the last post into its slot up to row `rows` and counts it as written. */
void guest_write(struct guest *g, uint32_t rows);

/* A description of a w x h frame in slot `i` (pitch with padding, nothing drawn). */
struct orl_frame_desc guest_desc(const struct guest *g, uint32_t i, uint32_t w, uint32_t h);

/* Posts `desc` from slot `i` as it is. */
bool guest_post_desc(struct guest *g, uint32_t i, const struct orl_frame_desc *desc,
                     uint64_t now_ms);

bool guest_post_cursor(struct guest *g, const struct orl_cursor_msg *cur, const uint8_t *shape,
                       uint32_t shape_bytes, uint64_t now_ms);

/* The periodic pass of the producer. */
void guest_pass(struct guest *g, uint64_t now_ms);

#endif
