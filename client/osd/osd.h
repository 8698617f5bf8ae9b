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

#define ORL_OSD_LINE          256 /* bytes of a text line, terminator included */
#define ORL_OSD_HELP_ROWS     48
#define ORL_OSD_ROWS          12  /* of a dialog's list that are shown at a time */
#define ORL_OSD_ROW           128 /* bytes of such a row */
#define ORL_OSD_TRANSFERS     4   /* files on their way that are shown */
#define ORL_OSD_GRAPHS        8   /* rows of the timing graphs */
#define ORL_OSD_GRAPH_COLUMNS 100

struct orl_osd_help_row {
    char key[32];
    char text[96];
};

/* A question, a field, a list (osd/dialog.h). */
struct orl_osd_dialog {
    char title[96]; /* "" : no dialog */
    char text[512];
    bool has_entry;
    char entry[160];         /* what stands in the field; of a secret only the length */
    uint32_t rows, selected; /* of what is shown */
    uint32_t first, total;   /* which part of a longer list that is */
    char row[ORL_OSD_ROWS][ORL_OSD_ROW];
    char keys[128]; /* what the keys do */
};

struct orl_osd_transfer {
    char name[96];
    uint32_t percent; /* 0..100 */
};

/* What main wants shown besides the guest's state. */
struct orl_osd_extra {
    char link[ORL_OSD_LINE]; /* what is wrong with keyboard, mouse and sound; "" all is well */
    bool recording;          /* the guest hears the microphone */
    char ask[ORL_OSD_LINE];  /* a question of the guest, and how to answer; "" none */
    struct orl_osd_dialog dialog;
    uint32_t transfers;
    struct orl_osd_transfer transfer[ORL_OSD_TRANSFERS];
};

struct orl_osd_column { /* milliseconds */
    float low, mean, high;
};

/* One row of the timing graphs. Figures below 0 (or no numbers) are unknown. */
struct orl_osd_graph {
    char name[16];
    uint32_t rank; /* the row with the highest goes first where there is no room for all */
    float p50, p99, max; /* milliseconds, of all that the columns are made of */
    struct orl_osd_column column[ORL_OSD_GRAPH_COLUMNS]; /* oldest first; mean < 0: no sample */
};

struct orl_osd_graphs {
    bool shown;
    uint32_t column_ms; /* time that a column stands for */
    uint32_t rows;
    struct orl_osd_graph row[ORL_OSD_GRAPHS]; /* top to bottom */
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
    struct orl_osd_extra extra;
    struct orl_osd_graphs graphs;
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

/*
 * Nothing is shown now: after ORL_OSD_REST_NS of that, counted from the first call since the last
 * build, the font and the triangles are freed, and the list of the last build with them. Serials go
 * on with the next build. Returns when to call again, UINT64_MAX when there is nothing left to free.
 * `osd` may be NULL.
 */
#define ORL_OSD_REST_NS (UINT64_C(30) * 1000 * 1000 * 1000)
uint64_t orl_osd_rest(struct orl_osd *osd, uint64_t now_ns);

#endif
