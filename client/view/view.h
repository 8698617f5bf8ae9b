/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The mapping between the guest's picture and the window, as one pure function of sizes and
 * options. Used by drawing, by the window's own size, and by the pointer. Any thread.
 *
 * Spaces: *stored* pixels of the frame (unrotated), *upright* pixels (turned clockwise by
 * `turns`: what is seen), *guest* pixels (turned by the guest's own part of the turns only: the
 * axes of its desktop, in which pointers are given), *window* physical pixels. All have their
 * origin top left.
 */
#ifndef ORL_VIEW_VIEW_H
#define ORL_VIEW_VIEW_H

#include <stdbool.h>
#include <stdint.h>

#include "base/rect.h"

enum orl_view_filter { ORL_FILTER_AUTO, ORL_FILTER_NEAREST, ORL_FILTER_LINEAR }; /* egl:scale */

struct orl_view_in {
    uint32_t frame_w, frame_h; /* stored pixels; 0 = no picture yet */
    uint32_t win_w, win_h;     /* physical window pixels */
    uint32_t turns;            /* quarter turns clockwise, guest's plus the user's, 0..3 */
    uint32_t user_turns;       /* the user's part of them, 0..3 */
    bool keep_aspect;          /* win:keepAspect: letterbox instead of stretch */
    bool dont_upscale;         /* win:dontUpscale */
    bool int_upscale;          /* win:intUpscale: whole-number enlargements only */
    enum orl_view_filter filter;
};

struct orl_view {
    bool valid;          /* false: no picture or no window */
    int32_t x, y;        /* picture's place in the window; never negative */
    uint32_t w, h;       /* its size there, >= 1 */
    uint32_t up_w, up_h; /* upright picture size in guest pixels */
    uint32_t frame_w, frame_h;
    uint32_t turns, user_turns;
    bool exact;  /* one guest pixel is one window pixel */
    bool linear; /* filter to use: linear (else nearest) */
};

struct orl_view orl_view_make(const struct orl_view_in *in);

/*
 * Stored rectangle -> window rectangle that covers every pixel it can change: one pixel more on
 * each side when scaled, and what linear filtering blends it into. Clipped to the picture.
 */
struct orl_rect orl_view_to_window(const struct orl_view *v, struct orl_rect stored);

/* Window position <-> guest position (fractions of frame pixels); may lie outside the picture. */
void orl_view_to_guest(const struct orl_view *v, double win_x, double win_y, double *x,
                       double *y);
void orl_view_from_guest(const struct orl_view *v, double x, double y, double *win_x,
                         double *win_y);

#endif
