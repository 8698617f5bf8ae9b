/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The window's own state. Private to win/; main thread. */
#ifndef ORL_WIN_WIN_IMPL_H
#define ORL_WIN_WIN_IMPL_H

#include <SDL2/SDL.h>

#include "win/win.h"

struct orl_win {
    SDL_Window *window;
    struct orl_surface *surface;
    uint32_t wake_type; /* SDL's number of our own event; fixed after create */
    bool screensaver_held;
};

/* A picture of an oriel for the task bar; the caller frees it with SDL_FreeSurface(). May be NULL. */
SDL_Surface *orl_win_icon(void);

/* Switches off the kinds of SDL events that nobody reads, so that they cause no wake-up. */
void orl_win_ignore_events(void);

#endif
