/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Where a drawn picture goes: the only part of win that another thread calls. Two kinds:
 * *swap*: an EGL window surface, with partial redraw by buffer age and swap damage where the
 * driver has them; *copy*: X11 without a GPU, where an EGL swap would push the whole window
 * through the X connection: the picture is drawn off screen, changed rectangles are read back into
 * MIT-SHM memory and put on the window through a connection of our own. Render thread, after
 * orl_surface_make_current().
 */
#ifndef ORL_WIN_SURFACE_H
#define ORL_WIN_SURFACE_H

#include <stdbool.h>
#include <stdint.h>

#include "base/err.h"
#include "base/rect.h"

struct orl_surface;

struct orl_surface_conf {
    bool vsync;          /* swap kind: wait for the display */
    bool no_buffer_age;  /* swap kind: always age 0 */
    bool no_swap_damage; /* swap kind: always present everything */
};

/* Takes the context to the calling thread, sets the swap interval. ORL_OK or ORL_EUNSUPPORTED. */
ORL_MUST int orl_surface_make_current(struct orl_surface *s);
void orl_surface_release_current(struct orl_surface *s);

/*
 * True for the copy kind: draw off screen, read the damage into orl_surface_pixels(). Any thread.
 */
bool orl_surface_wants_pixels(const struct orl_surface *s);

/*
 * Copy kind: memory of a win_w x win_h picture, B,G,R,X, `*pitch` bytes a row; stays until the size
 * changes, its content is what was shown last (all zero after a change). Waits until the X server
 * has read what the last present gave it. NULL: out of memory, or the server is gone.
 */
uint8_t *orl_surface_pixels(struct orl_surface *s, uint32_t win_w, uint32_t win_h,
                            uint32_t *pitch);

/*
 * Swap kind: how many presents ago the back buffer's content was shown; 0 = undefined, draw all.
 * Copy kind: always 1.
 */
uint32_t orl_surface_age(struct orl_surface *s);

/* Shows the picture; `damage` (window pixels, win_w x win_h) is what changed since the last
 * present. May block for the display when vsync is on. */
void orl_surface_present(struct orl_surface *s, const struct orl_rects *damage, uint32_t win_w,
                         uint32_t win_h);

#endif
