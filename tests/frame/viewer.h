/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The render thread's part in the tests: allocates buffers when asked, takes frames, uploads what
 * they say into its own picture and holds that against the picture the guest announced. Of a
 * frame in the guest's memory it reads the mapping or, if there is one, the descriptor.
 */
#ifndef ORL_TESTS_FRAME_VIEWER_H
#define ORL_TESTS_FRAME_VIEWER_H

#include <stdbool.h>
#include <stdint.h>

#include "frame/link.h"
#include "guest.h"

struct viewer {
    struct orl_frame_link *link;
    bool master;
    struct orl_pool pool, old;
    uint8_t *texture; /* w x h x 4 */
    uint32_t w, h;
    uint32_t session;
    bool has_picture;
    struct picture expected;
    uint64_t frames, nones;
    uint64_t in_place, imported; /* of the frames */
    uint64_t held;               /* to be released; 0 none */
    uint32_t ways;               /* all that were ever told */
    uint64_t uploaded_px;
    /* Seed of the guest's present session, 0 any: what an older one left in place is not compared. */
    uint32_t live_seed;
    uint64_t dead; /* of the frames: such ones */
};

void viewer_init(struct viewer *v, struct orl_frame_link *link, bool master);
void viewer_finish(struct viewer *v);

/* Gives the buffers that the frame thread asked for; false when it asked for none. */
bool viewer_serve_pool(struct viewer *v);

/* Posts a new set of buffers of `bytes` each. */
void viewer_new_pool(struct viewer *v, size_t bytes);

/* Says which ways besides staging it takes frames by; none in the beginning. */
void viewer_set_ways(struct viewer *v, uint32_t ways);

/* Takes the newest frame, if there is one, and checks it pixel by pixel; v->held stays out. */
bool viewer_take(struct viewer *v);

/* The same without a look at the pixels: it cannot take it that way. False: none, or a copy. */
bool viewer_refuse(struct viewer *v);

/* Gives v->held back. */
void viewer_release(struct viewer *v, bool shown);

#endif
