/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The overlay: status line, alerts, FPS/UPS counter, key help. State goes in as values, triangles
 * come out; the wording is pure and tested without a GPU. Render thread (the wording: any).
 */
#ifndef ORL_OSD_OSD_H
#define ORL_OSD_OSD_H

#include <stdbool.h>
#include <stdint.h>

#include "base/err.h"
#include "osd/draw_list.h"

#define ORL_OSD_LINE      256 /* bytes of a text line, terminator included */
#define ORL_OSD_HELP_ROWS 48

struct orl_osd_help_row {
    char key[32];
    char text[96];
};

/* Everything that may be shown; empty strings and zeros hide their part. */
struct orl_osd_state {
    uint32_t win_w, win_h;       /* physical pixels */
    float scale;                 /* of text, 1.0 = 96 dpi */
    char status[ORL_OSD_LINE];   /* headline of the state the guest is in; "" while streaming */
    char hint[2 * ORL_OSD_LINE]; /* what to check or do, may be two sentences */
    char alert[ORL_OSD_LINE];    /* short message; the caller times it */
    bool show_fps;
    float fps, ups; /* shown pictures and guest frames per second */
    bool show_help;
    uint32_t help_rows;
    struct orl_osd_help_row help[ORL_OSD_HELP_ROWS];
};

struct orl_osd;

/* ORL_OK or ORL_ENOMEM. */
ORL_MUST int orl_osd_create(struct orl_osd **out);
void orl_osd_destroy(struct orl_osd **osd);

/*
 * The triangles for a state; cheap when the state equals the last one (same serial, no work).
 * Borrowed until the next build or destroy. Never NULL.
 */
const struct orl_draw_list *orl_osd_build(struct orl_osd *osd,
                                          const struct orl_osd_state *state);

#endif
