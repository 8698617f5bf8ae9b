/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The picture of the present frame, drawn and encoded piece by piece: a frame costs what changed.
 * Owns its three buffers; one thread. Private to demo/.
 */
#ifndef ORL_DEMO_CANVAS_H
#define ORL_DEMO_CANVAS_H

#include "base/rect.h"
#include "demo/picture.h"

struct orl_demo_canvas {
    struct orl_demo_conf conf; /* as given to reset */
    struct orl_demo_codec codec;
    uint8_t *background; /* h x w * 4 bytes, R,G,B,A */
    uint8_t *picture;    /* the same with the moving parts */
    uint8_t *stored;     /* h x pitch bytes, as in shared memory */
    uint32_t pitch, pixel_bytes;
    uint64_t frame; /* shown in `picture` */
    bool drawn;     /* false: no frame yet */
};

/* Zero-initialise before the first reset. Draws the background; on error the old canvas stays.
 * ORL_OK or ORL_ENOMEM. */
ORL_MUST int orl_demo_canvas_reset(struct orl_demo_canvas *c, const struct orl_demo_conf *conf);
void orl_demo_canvas_finish(struct orl_demo_canvas *c);

/* Goes to frame n; *changed becomes what differs from the frame before: full for the first frame
 * and for any n that does not follow. */
void orl_demo_canvas_step(struct orl_demo_canvas *c, uint64_t n, struct orl_rects *changed);

/* Copies those parts of rows [from, to) that lie in `what` to `dst` (row 0 of h x pitch bytes). */
void orl_demo_canvas_copy(const struct orl_demo_canvas *c, const struct orl_rects *what,
                          uint32_t from, uint32_t to, uint8_t *dst);

#endif
