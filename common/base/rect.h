/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A bounded set of rectangles in pixels, origin top left: the damage of a picture.
 *
 * `full` means "everything" and wins over the list. A set that would need more than
 * ORL_RECTS_MAX entries merges into fewer, larger ones: it may grow, it never loses a pixel.
 * Values; any thread.
 */
#ifndef ORL_BASE_RECT_H
#define ORL_BASE_RECT_H

#include <stdbool.h>
#include <stdint.h>

#define ORL_RECTS_MAX 64

struct orl_rect {
    uint32_t x, y, w, h; /* pixels */
};

struct orl_rects {
    uint32_t n; /* entries used in r[]; 0 when full */
    bool full;
    struct orl_rect r[ORL_RECTS_MAX];
};

static inline bool orl_rects_empty(const struct orl_rects *s)
{
    return !s->full && s->n == 0;
}
static inline void orl_rects_clear(struct orl_rects *s)
{
    s->n = 0;
    s->full = false;
}
static inline void orl_rects_set_full(struct orl_rects *s)
{
    s->n = 0;
    s->full = true;
}

/* Adds one rectangle; empty ones are ignored. A rectangle inside one already there adds nothing. */
void orl_rects_add_one(struct orl_rects *set, struct orl_rect r);

/* set = set + more. */
void orl_rects_add(struct orl_rects *set, const struct orl_rects *more);

/*
 * Cuts every rectangle to w x h and drops what lies outside; 64-bit sums, so wrapped coordinates
 * of a hostile guest come out empty. `full` stays full.
 */
void orl_rects_clip(struct orl_rects *set, uint32_t w, uint32_t h);

/* The smallest rectangle around all of the set inside a w x h picture; full gives all of it. */
struct orl_rect orl_rects_bounds(const struct orl_rects *set, uint32_t w, uint32_t h);

/* Pixels covered, overlaps counted twice; `full` counts w x h. */
uint64_t orl_rects_area(const struct orl_rects *set, uint32_t w, uint32_t h);

/* Overlap of two rectangles; w or h is 0 when there is none. */
struct orl_rect orl_rect_intersect(struct orl_rect a, struct orl_rect b);

#endif
