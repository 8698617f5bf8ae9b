/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The guest's status in words for the person in front of the window: what is the matter, since when,
 * and what to check. Pure. Render thread.
 */
#ifndef ORL_RENDER_SENTENCES_H
#define ORL_RENDER_SENTENCES_H

#include <stdbool.h>
#include <stdint.h>

#include "frame/status.h"
#include "osd/osd.h"

/* A state that lasts less is not put into words: at start and after a restart it would flicker. */
#define ORL_SENTENCES_GRACE_NS (250 * UINT64_C(1000000))

struct orl_sentences {
    char status[ORL_OSD_LINE];   /* headline; "" when there is nothing to say */
    char hint[2 * ORL_OSD_LINE]; /* what to check or do */
    uint64_t next_ns;            /* when the words change by themselves; UINT64_MAX never */
};

/* The words for `s` at `now_ns`. Times are given in steps, so that they change rarely. */
void orl_sentences_make(struct orl_sentences *out, const struct orl_guest_status *s,
                        uint64_t now_ns);

/*
 * A short message for the change from `old` to `now`: guest software restarted, memory too small
 * for the mode. Returns for how long to show `dst`, nanoseconds; 0 for no message.
 */
uint64_t orl_sentences_alert(char dst[ORL_OSD_LINE], const struct orl_guest_status *old,
                             const struct orl_guest_status *now);

/* How the ring's frames come (link->way), for those who have asked for the rates. */
void orl_sentences_way(char dst[ORL_OSD_LINE], uint64_t way);

/* One line for the display behind SPICE, shown because the ring gives no picture: which, and why. */
void orl_sentences_display(char dst[ORL_OSD_LINE], const struct orl_guest_status *s);

#endif
