/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Where pictures are drawn: the window's framebuffer, or an own one of the window's size.
 * Row 0 of the window is the first row of the own buffer (so it is read without turning it over),
 * and the last row of the window's framebuffer, as GL counts.
 */
#ifndef ORL_GFX_TARGET_H
#define ORL_GFX_TARGET_H

#include <stdbool.h>
#include <stdint.h>

#include "base/rect.h"
#include "gfx/caps.h"

struct orl_target {
    bool offscreen;
    uint32_t w, h;     /* pixels */
    uint32_t fbo, tex; /* GL names; 0 for the window */
};

/*
 * Binds it for drawing, viewport set, with this size. *fresh: the content is undefined, everything
 * must be drawn. False: the driver cannot make one of this size, nothing can be drawn.
 */
bool orl_target_begin(struct orl_target *t, const struct orl_caps *caps, uint32_t w, uint32_t h,
                      bool *fresh);
void orl_target_finish(struct orl_target *t);

/* GL's y of the lower edge, as GL counts, of a window rectangle. */
int32_t orl_target_y(const struct orl_target *t, struct orl_rect r);
/* Clip coordinates: left, top, right, bottom. */
void orl_target_clip(const struct orl_target *t, struct orl_rect r, float out[4]);

/* As orl_gfx_read(). */
void orl_target_read(const struct orl_target *t, const struct orl_caps *caps, struct orl_rect r,
                     uint8_t *dst, uint32_t pitch);

#endif
