/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "render/repaint.h"

#include <string.h>

void orl_repaint_reset(struct orl_repaint *d)
{
    orl_rects_set_full(&d->now);
    d->n = 0;
}

void orl_repaint_add(struct orl_repaint *d, struct orl_rect r)
{
    if (!d->now.full) {
        orl_rects_add_one(&d->now, r);
    }
}

void orl_repaint_since(const struct orl_repaint *d, uint32_t age, uint32_t w, uint32_t h,
                       struct orl_rects *out)
{
    *out = d->now;
    if (age == 0 || age - 1 > d->n) {
        orl_rects_set_full(out);
    }
    for (uint32_t i = 0; i + 1 < age && !out->full; i++) {
        orl_rects_add(out, &d->past[i]);
    }
    orl_rects_clip(out, w, h);
}

void orl_repaint_presented(struct orl_repaint *d)
{
    memmove(&d->past[1], &d->past[0], sizeof(d->past[0]) * (ORL_REPAINT_PAST - 1));
    d->past[0] = d->now;
    if (d->n < ORL_REPAINT_PAST) {
        d->n++;
    }
    orl_rects_clear(&d->now);
}
