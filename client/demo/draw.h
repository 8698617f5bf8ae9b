/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Smooth shapes and text into R,G,B,A bytes, limited to a clip rectangle. What one pixel becomes
 * does not depend on the clip, so a picture drawn in pieces equals one drawn at once.
 */
#ifndef ORL_DEMO_DRAW_H
#define ORL_DEMO_DRAW_H

#include <stdint.h>

#include "base/rect.h"

struct orl_demo_draw {
    uint8_t *rgba; /* h rows of w * 4 bytes */
    uint32_t w, h;
    struct orl_rect clip; /* inside w x h */
};

struct orl_demo_box { /* pixels; edges may lie between them */
    double x0, y0, x1, y1;
};

struct orl_demo_ink {
    uint32_t rgb; /* 0xRRGGBB */
    double alpha; /* 0..1 */
};

/* `coverage` 0..1 scales the ink's alpha; outside of the clip nothing happens. */
void orl_demo_draw_dot(const struct orl_demo_draw *d, int32_t x, int32_t y,
                       struct orl_demo_ink ink, double coverage);

/* Whole pixels, edges rounded to the nearest. */
void orl_demo_draw_box(const struct orl_demo_draw *d, struct orl_demo_box box,
                       struct orl_demo_ink ink);
void orl_demo_draw_round(const struct orl_demo_draw *d, struct orl_demo_box box, double radius,
                         struct orl_demo_ink ink);
void orl_demo_draw_ring(const struct orl_demo_draw *d, double cx, double cy, double radius,
                        double width, struct orl_demo_ink ink);
/* A shaded ball. */
void orl_demo_draw_ball(const struct orl_demo_draw *d, double cx, double cy, double radius,
                        struct orl_demo_ink ink);

/*
 * Capitals, digits and a little punctuation; other characters are blank. `cell` is the size of one
 * of the 5 x 7 cells of a letter in pixels, (x, y) the top left corner. Returns the width drawn.
 */
double orl_demo_draw_text(const struct orl_demo_draw *d, double x, double y, double cell,
                          const char *text, struct orl_demo_ink ink);
double orl_demo_text_width(double cell, const char *text);

/* The pixels that `box` may touch, clipped to the clip; w or h 0 when none. */
struct orl_rect orl_demo_draw_cover(const struct orl_demo_draw *d, struct orl_demo_box box);

/* A 64-bit mixer: equal inputs, equal noise. */
uint64_t orl_demo_hash(uint64_t a, uint64_t b);

#endif
