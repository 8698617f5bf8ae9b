/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The render thread's part in the tests: allocates buffers when asked, takes frames, uploads what
 * they say into its own picture and holds that against the picture the guest announced.
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
    uint64_t uploaded_px;
};

void viewer_init(struct viewer *v, struct orl_frame_link *link, bool master);
void viewer_finish(struct viewer *v);

/* Gives the buffers that the frame thread asked for; false when it asked for none. */
bool viewer_serve_pool(struct viewer *v);

/* Posts a new set of buffers of `bytes` each. */
void viewer_new_pool(struct viewer *v, size_t bytes);

/* Takes the newest frame, if there is one, and checks it pixel by pixel. */
bool viewer_take(struct viewer *v);

#endif
