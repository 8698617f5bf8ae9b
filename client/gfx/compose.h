/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Background, frame, cursor and overlay into a target, damage rectangle by damage rectangle. */
#ifndef ORL_GFX_COMPOSE_H
#define ORL_GFX_COMPOSE_H

#include "gfx/cursor.h"
#include "gfx/frame_tex.h"
#include "gfx/gfx.h"
#include "gfx/overlay.h"
#include "gfx/program.h"
#include "gfx/target.h"

/* Borrowed parts of a struct orl_gfx. */
struct orl_compose {
    const struct orl_caps *caps;
    const struct orl_programs *programs;
    struct orl_frame_tex *frame;
    const struct orl_cursor_tex *cursor;
    struct orl_overlay *overlay;
    const struct orl_target *target; /* bound */
    uint32_t empty_vao;              /* for rectangles, which have no attributes */
    bool scale_pointer;
};

void orl_compose_draw(const struct orl_compose *c, const struct orl_scene *scene,
                      const struct orl_rects *damage);

#endif
