/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The overlay's triangles and its atlas in GL buffers, uploaded when they change. */
#ifndef ORL_GFX_OVERLAY_H
#define ORL_GFX_OVERLAY_H

#include <stddef.h>
#include <stdint.h>

#include "gfx/program.h"
#include "gfx/target.h"
#include "osd/draw_list.h"

struct orl_overlay {
    uint32_t vao, vertices, indices, atlas; /* GL names, 0 until first used */
    size_t vertex_room, index_room;         /* bytes of the GL buffers */
    uint32_t *wide;                         /* indices with their base added */
    uint32_t wide_room;                     /* elements */
    uint64_t serial, atlas_serial;          /* of what GL has; 0 = nothing */
};

/* Brings GL up to date. Does nothing while the serials stay. */
void orl_overlay_update(struct orl_overlay *o, const struct orl_draw_list *list);

/* Draws what of the list lies inside `r`. Once per pixel: it blends. Sets and ends the scissor. */
void orl_overlay_draw(const struct orl_overlay *o, const struct orl_program *p,
                      const struct orl_target *t, const struct orl_draw_list *list,
                      struct orl_rect r);
void orl_overlay_finish(struct orl_overlay *o);

#endif
