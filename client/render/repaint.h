/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Which window pixels have to be drawn: what changed since the last present, and what changed in the
 * presents before it, because a back buffer may be several presents old. Pure. Render thread.
 */
#ifndef ORL_RENDER_REPAINT_H
#define ORL_RENDER_REPAINT_H

#include <stdint.h>

#include "base/rect.h"

/* Drivers keep at most four buffers; an older one is drawn completely. */
#define ORL_REPAINT_PAST 4

struct orl_repaint {
    struct orl_rects now; /* since the last present; window pixels */
    struct orl_rects
        past[ORL_REPAINT_PAST]; /* past[0]: the last present, past[1]: before it ... */
    uint32_t n;                 /* entries of past[] that are known */
};

/* Everything must be drawn and no buffer is of use: at the start, after a change of size. */
void orl_repaint_reset(struct orl_repaint *d);

/* Adds one rectangle. */
void orl_repaint_add(struct orl_repaint *d, struct orl_rect r);

/*
 * What must be drawn into a buffer that was shown `age` presents ago (1: the one on screen; 0:
 * unknown content); full when that cannot be known. Cut to w x h.
 */
void orl_repaint_since(const struct orl_repaint *d, uint32_t age, uint32_t w, uint32_t h,
                       struct orl_rects *out);

/* The picture was presented: `now` becomes past[0]. */
void orl_repaint_presented(struct orl_repaint *d);

#endif
