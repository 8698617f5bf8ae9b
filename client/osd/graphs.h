/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Timing graphs: what each row says, and where it stands in the window, as words and rectangles. The
 * GUI only measures text and fills rectangles. Pure; any thread.
 */
#ifndef ORL_OSD_GRAPHS_H
#define ORL_OSD_GRAPHS_H

#include <stdbool.h>
#include <stdint.h>

#include "osd/osd.h"

#ifdef __cplusplus
extern "C" {
#endif

/* ---- What is said: canonical, so that what looks the same is the same bytes. ---------------- */

#define ORL_OSD_GRAPH_TOP  1000 /* the scale's end in a column's units */
#define ORL_OSD_GRAPH_OVER (ORL_OSD_GRAPH_TOP + 1)
#define ORL_OSD_GRAPH_NONE 0xffff

struct orl_osd_bar { /* 0..TOP, or OVER: beyond the scale; mean == NONE: no sample */
    uint16_t low, mean, high;
};

struct orl_osd_graph_row {
    char name[16];
    char figure[3][8]; /* p50, p99, max: "0.42", "16.7", "123", "12s"; "-": unknown */
    char top[8];       /* the scale's end, in the same units */
    uint32_t rank;
    struct orl_osd_bar bar[ORL_OSD_GRAPH_COLUMNS];
};

struct orl_osd_graph_panel {
    bool shown;
    uint32_t column_ms, rows;
    struct orl_osd_graph_row row[ORL_OSD_GRAPHS];
};

void orl_osd_graphs_make(struct orl_osd_graph_panel *out, const struct orl_osd_graphs *g);

/* ---- Where it stands: window pixels. -------------------------------------------------------- */

/* Widths of text, in units of its height. */
struct orl_osd_graph_words {
    float name, figure, top; /* widest of each kind */
};

struct orl_osd_graph_room {
    float left, top, right, bottom; /* the panel stands at the lower left of this */
    float scale, text;              /* text: the height that is wanted */
};

struct orl_osd_graph_layout {
    float x, y, w, h; /* of the card; w = 0: there is no room for it */
    float text;       /* height */
    float name_x;
    float figure_x[3]; /* right ends */
    float graph_x, graph_w;
    float top_x;       /* left end of the scale's number */
    float head_y;      /* of the headings' text */
    float row_y, step; /* first row's upper edge, distance of rows */
    float text_dy;     /* from a row's upper edge to its text */
    float graph_h;
    uint32_t columns; /* that are shown: the newest ones */
    float column_w, line;
    uint32_t rows;
    uint8_t row[ORL_OSD_GRAPHS]; /* that are shown, top to bottom */
};

/* All rows if there is room, smaller if need be, else those of the lowest ranks. */
struct orl_osd_graph_layout orl_osd_graphs_lay(const struct orl_osd_graph_panel *p,
                                               const struct orl_osd_graph_words *words,
                                               const struct orl_osd_graph_room *room);

enum orl_osd_ink { ORL_OSD_INK_FIELD, ORL_OSD_INK_BAND, ORL_OSD_INK_MEAN, ORL_OSD_INK_OVER };

struct orl_osd_box {
    float x0, y0, x1, y1;
    enum orl_osd_ink ink;
};

/* One behind all, and a band, a piece of line and a mark for each column. */
#define ORL_OSD_BOXES (1 + 3 * ORL_OSD_GRAPH_COLUMNS)

/* The rectangles of the row at `place` (< l->rows) in the order of painting; returns how many. */
uint32_t orl_osd_graphs_boxes(const struct orl_osd_graph_panel *p,
                              const struct orl_osd_graph_layout *l, uint32_t place,
                              struct orl_osd_box out[ORL_OSD_BOXES]);

#ifdef __cplusplus
}
#endif

#endif
