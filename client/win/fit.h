/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What size the window should have for the guest's picture. Pure. Main thread. */
#ifndef ORL_WIN_FIT_H
#define ORL_WIN_FIT_H

#include <stdbool.h>
#include <stdint.h>

/* Sizes in physical pixels; the picture upright, as it is shown. */
struct orl_fit_in {
    uint32_t pic_w, pic_h; /* 0: no picture yet */
    uint32_t win_w, win_h;
    uint32_t old_w, old_h; /* window before the user began to resize it */
    uint64_t area;         /* of the window as it was last sized by hand; 0: as it is now */
    uint32_t max_w, max_h; /* what the display has room for; 0 unknown */
    bool new_picture;      /* the picture has got another size or turn */
    bool auto_resize;      /* win:autoResize: the window takes the size of a new picture */
    bool force_aspect;     /* win:forceAspect: the window has the picture's proportions */
    bool shrink;           /* win:dontUpscale and win:shrinkOnUpscale */
};

/*
 * True when the window should become *w x *h. For proportions, the side that the user moved farther
 * decides and the other one follows; a new picture gets a window of the area that the user chose,
 * so that any row of pictures ends, with the first one, in the first window. A difference of one
 * pixel is left alone.
 */
bool orl_fit_window(const struct orl_fit_in *in, uint32_t *w, uint32_t *h);

#endif
