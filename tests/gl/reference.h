/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The picture that gfx must draw, worked out pixel by pixel on the processor. */
#ifndef ORL_TESTS_GL_REFERENCE_H
#define ORL_TESTS_GL_REFERENCE_H

#include <stdbool.h>
#include <stdint.h>

#include "frame/slot.h"
#include "gfx/gfx.h"

/* sRGB values 0..1 of a stored frame. */
struct ref_frame {
    uint32_t w, h;
    double *rgb; /* w * h * 3 */
};

/* Decodes what `slot` holds; rows from desc.rows on are black. Free `rgb`. */
struct ref_frame ref_decode(const struct orl_slot *slot);

/* w * h * 4 bytes B,G,R,X of the window. `shape` may be NULL: no cursor. Free the result. */
uint8_t *ref_draw(const struct ref_frame *f, const struct orl_scene *s,
                  const struct orl_cursor_shape *shape);

#endif
