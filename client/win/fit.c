/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "win/fit.h"

static uint32_t follow(uint32_t side, uint32_t num, uint32_t den)
{
    uint64_t v = ((uint64_t)side * num + den / 2) / den;
    return v < 1 ? 1 : v > 32767 ? 32767 : (uint32_t)v;
}

static uint32_t distance(uint32_t a, uint32_t b)
{
    return a > b ? a - b : b - a;
}

/* The largest side whose square is at most `v`; sides are at most 32767. */
static uint32_t side_of(uint64_t v)
{
    uint32_t side = 0;
    for (uint32_t bit = 1u << 14; bit; bit >>= 1) {
        if ((uint64_t)(side + bit) * (side + bit) <= v) {
            side += bit;
        }
    }
    return side ? side : 1;
}

static void give_proportions(const struct orl_fit_in *in, uint32_t *w, uint32_t *h)
{
    uint32_t dx = distance(in->win_w, in->old_w);
    uint32_t dy = distance(in->win_h, in->old_h);
    uint64_t area = in->area ? in->area : (uint64_t)in->win_w * in->win_h;
    *w = in->win_w;
    if (in->new_picture) {
        /* One more than the root's floor is at most one pixel off, and the same both ways round. */
        *w = side_of(area * in->pic_w / in->pic_h + 1);
    } else if (dy > dx) {
        *w = follow(in->win_h, in->pic_w, in->pic_h);
    }
    *h = dy > dx && !in->new_picture ? in->win_h : follow(*w, in->pic_h, in->pic_w);
    if (in->max_w && *w > in->max_w) {
        *w = in->max_w;
        *h = follow(*w, in->pic_h, in->pic_w);
    }
    if (in->max_h && *h > in->max_h) {
        *h = in->max_h;
        *w = follow(*h, in->pic_w, in->pic_h);
    }
}

bool orl_fit_window(const struct orl_fit_in *in, uint32_t *w, uint32_t *h)
{
    uint32_t want_w = in->win_w;
    uint32_t want_h = in->win_h;
    if (in->pic_w == 0 || in->pic_h == 0) {
        return false;
    }
    bool larger = in->win_w > in->pic_w || in->win_h > in->pic_h;
    if ((in->auto_resize && in->new_picture) || (in->shrink && larger)) {
        want_w = in->pic_w;
        want_h = in->pic_h;
    } else if (in->force_aspect) {
        give_proportions(in, &want_w, &want_h);
    }
    if (distance(want_w, in->win_w) <= 1 && distance(want_h, in->win_h) <= 1) {
        return false;
    }
    *w = want_w;
    *h = want_h;
    return true;
}
