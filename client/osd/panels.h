/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What each part of the overlay says, ready to be laid out: a canonical form of the state. Two
 * states that look the same are the same bytes here, whatever stood behind their strings' ends.
 */
#ifndef ORL_OSD_PANELS_H
#define ORL_OSD_PANELS_H

#include <stdbool.h>
#include <stdint.h>

#include "osd/graphs.h"
#include "osd/osd.h"

#ifdef __cplusplus
extern "C" {
#endif

/* Empty strings and zero rows are not shown. All text is valid UTF-8. */
struct orl_osd_panels {
    uint32_t win_w, win_h;
    float scale; /* 0.5..4 */
    char status[ORL_OSD_LINE];
    char hint[2 * ORL_OSD_LINE];
    char alert[ORL_OSD_LINE];
    char rate[48]; /* "60.0 FPS  59.9 UPS" */
    uint32_t help_rows;
    struct orl_osd_help_row help[ORL_OSD_HELP_ROWS];
    char link[ORL_OSD_LINE];
    char sign[ORL_OSD_LINE];      /* "Microphone on", or what the guest asks */
    bool dot;                     /* the first of them */
    struct orl_osd_dialog dialog; /* shown when its title is not empty */
    uint32_t transfers;
    struct orl_osd_transfer transfer[ORL_OSD_TRANSFERS];
    struct orl_osd_graph_panel graphs; /* last: orl_osd_build() compares what is before it */
};

/* Any thread; pure. */
void orl_osd_panels_make(struct orl_osd_panels *out, const struct orl_osd_state *state);
bool orl_osd_panels_empty(const struct orl_osd_panels *p);

#ifdef __cplusplus
}
#endif

#endif
