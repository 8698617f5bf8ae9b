/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The pointer's shape as a texture, and where it stands in the window (pure). */
#ifndef ORL_GFX_CURSOR_H
#define ORL_GFX_CURSOR_H

#include <stdbool.h>
#include <stdint.h>

#include "frame/slot.h"
#include "gfx/gfx.h"

struct orl_cursor_tex {
    uint32_t tex;          /* GL name, 0 = no shape yet */
    uint32_t tex_w, tex_h; /* its size, only growing */
    uint32_t w, h;         /* of the shape; 0 = none */
    int32_t hot_x, hot_y;  /* in shape pixels */
    enum orl_cursor_kind kind;
};

/* Shape pixel = origin + axes[0..1] * x + axes[2..3] * y of a window position. */
struct orl_cursor_place {
    struct orl_rect rect; /* window pixels it covers, inside the picture; w = 0: nothing */
    double axes[4], origin[2];
};

void orl_cursor_tex_set(struct orl_cursor_tex *c, const struct orl_cursor_shape *shape,
                        uint32_t max_side);
void orl_cursor_tex_finish(struct orl_cursor_tex *c);

/* `keep_size`: one shape pixel is one window pixel while the picture is reduced. */
struct orl_cursor_place orl_cursor_locate(const struct orl_cursor_tex *c,
                                          const struct orl_scene *scene, bool keep_size);

#endif
