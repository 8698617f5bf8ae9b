/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "base/rect.h"

static uint64_t area(struct orl_rect r)
{
    return (uint64_t)r.w * r.h;
}

static bool contains(struct orl_rect a, struct orl_rect b)
{
    return b.x >= a.x && b.y >= a.y && (uint64_t)b.x + b.w <= (uint64_t)a.x + a.w &&
           (uint64_t)b.y + b.h <= (uint64_t)a.y + a.h;
}

/* The bounding rectangle; an end beyond 32 bits is cut there, where no picture reaches. */
static struct orl_rect join(struct orl_rect a, struct orl_rect b)
{
    uint32_t x = a.x < b.x ? a.x : b.x;
    uint32_t y = a.y < b.y ? a.y : b.y;
    uint64_t ax = (uint64_t)a.x + a.w, bx = (uint64_t)b.x + b.w;
    uint64_t ay = (uint64_t)a.y + a.h, by = (uint64_t)b.y + b.h;
    uint64_t w = (ax > bx ? ax : bx) - x;
    uint64_t h = (ay > by ? ay : by) - y;
    return (struct orl_rect){x, y, w > UINT32_MAX ? UINT32_MAX : (uint32_t)w,
                             h > UINT32_MAX ? UINT32_MAX : (uint32_t)h};
}

/* Merges `r` into the entry that grows least; called when the list is full. */
static void merge_into_nearest(struct orl_rects *set, struct orl_rect r)
{
    uint32_t best = 0;
    uint64_t best_growth = UINT64_MAX;
    for (uint32_t i = 0; i < set->n; i++) {
        uint64_t growth = area(join(set->r[i], r)) - area(set->r[i]);
        if (growth < best_growth) {
            best_growth = growth;
            best = i;
        }
    }
    set->r[best] = join(set->r[best], r);
}

void orl_rects_add_one(struct orl_rects *set, struct orl_rect r)
{
    if (set->full || r.w == 0 || r.h == 0) {
        return;
    }
    uint32_t kept = 0;
    for (uint32_t i = 0; i < set->n; i++) {
        if (contains(set->r[i], r)) {
            return;
        }
    }
    for (uint32_t i = 0; i < set->n; i++) {
        if (!contains(r, set->r[i])) {
            set->r[kept++] = set->r[i];
        }
    }
    set->n = kept;
    if (set->n < ORL_RECTS_MAX) {
        set->r[set->n++] = r;
    } else {
        merge_into_nearest(set, r);
    }
}

void orl_rects_add(struct orl_rects *set, const struct orl_rects *more)
{
    if (more->full) {
        orl_rects_set_full(set);
    }
    for (uint32_t i = 0; i < more->n && !set->full; i++) {
        orl_rects_add_one(set, more->r[i]);
    }
}

struct orl_rect orl_rect_intersect(struct orl_rect a, struct orl_rect b)
{
    uint64_t x1 = a.x > b.x ? a.x : b.x;
    uint64_t y1 = a.y > b.y ? a.y : b.y;
    uint64_t ax = (uint64_t)a.x + a.w, bx = (uint64_t)b.x + b.w;
    uint64_t ay = (uint64_t)a.y + a.h, by = (uint64_t)b.y + b.h;
    uint64_t x2 = ax < bx ? ax : bx;
    uint64_t y2 = ay < by ? ay : by;
    if (x2 <= x1 || y2 <= y1) {
        return (struct orl_rect){0, 0, 0, 0};
    }
    return (struct orl_rect){(uint32_t)x1, (uint32_t)y1, (uint32_t)(x2 - x1),
                             (uint32_t)(y2 - y1)};
}

void orl_rects_clip(struct orl_rects *set, uint32_t w, uint32_t h)
{
    uint32_t kept = 0;
    for (uint32_t i = 0; i < set->n; i++) {
        struct orl_rect r = orl_rect_intersect(set->r[i], (struct orl_rect){0, 0, w, h});
        if (r.w && r.h) {
            set->r[kept++] = r;
        }
    }
    set->n = kept;
}

struct orl_rect orl_rects_bounds(const struct orl_rects *set, uint32_t w, uint32_t h)
{
    if (set->full) {
        return (struct orl_rect){0, 0, w, h};
    }
    struct orl_rect all = {0, 0, 0, 0};
    for (uint32_t i = 0; i < set->n; i++) {
        all = i == 0 ? set->r[0] : join(all, set->r[i]);
    }
    return orl_rect_intersect(all, (struct orl_rect){0, 0, w, h});
}

uint64_t orl_rects_area(const struct orl_rects *set, uint32_t w, uint32_t h)
{
    if (set->full) {
        return (uint64_t)w * h;
    }
    uint64_t sum = 0;
    for (uint32_t i = 0; i < set->n; i++) {
        sum += area(set->r[i]);
    }
    return sum;
}
