/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What the overlay wants drawn, free of any GUI library: triangles over the window in physical
 * pixels, origin top left. Made by osd, drawn by gfx; both on the render thread.
 */
#ifndef ORL_OSD_DRAW_LIST_H
#define ORL_OSD_DRAW_LIST_H

#include <stdint.h>

#include "base/rect.h"

struct orl_vertex {
    float x, y, u, v;
    uint8_t rgba[4]; /* straight alpha */
};

struct orl_draw_cmd {
    struct orl_rect clip;  /* window pixels */
    uint32_t first, count; /* indices */
    uint32_t base;         /* added to every index */
};

/* Borrowed until the next orl_osd_build(). */
struct orl_draw_list {
    const struct orl_vertex *vertices;
    const uint16_t *indices;
    const struct orl_draw_cmd *cmds;
    uint32_t n_vertices, n_indices, n_cmds;
    struct orl_rect bounds; /* covers everything drawn; w = 0 when nothing */
    uint64_t serial;        /* counts up when the content changes */
    /* All that differs from the list with the serial before; w = 0: not known, it may be anything. */
    struct orl_rect changed;
    /* The one texture all commands use: 8-bit coverage. */
    const uint8_t *atlas;
    uint32_t atlas_w, atlas_h;
    uint64_t atlas_serial; /* changes when the atlas must be uploaded again */
};

#endif
