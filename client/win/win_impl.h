/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The window's own state. Private to win/; main thread. */
#ifndef ORL_WIN_WIN_IMPL_H
#define ORL_WIN_WIN_IMPL_H

#include <SDL2/SDL.h>

#include "win/win.h"

#define ORL_WIN_DROPS 64

struct orl_locks_x11;
struct orl_wl_data;

struct orl_win {
    SDL_Window *window;
    struct orl_surface *surface;
    uint32_t wake_type; /* SDL's number of our own event; fixed after create */
    bool screensaver_held;
    struct orl_win_grab grab;   /* as applied */
    SDL_Cursor *dots[2];        /* small, large; made when first shown */
    char *drops[ORL_WIN_DROPS]; /* paths of dropped files that nobody took yet */
    uint32_t drop_count;
    struct orl_locks_x11 *locks; /* NULL: SDL's account of them, and they cannot be set */
    struct orl_wl_data *data;    /* Wayland: clipboard and drops; NULL: none */
};

/*
 * Whether a pointer can be locked now: SDL does not say when it cannot. Main thread; a round trip to the
 * desktop. `window` is the X server's number, `display` SDL's connection.
 */
enum orl_win_refusal orl_pointer_probe_x11(uint32_t window);
enum orl_win_refusal orl_pointer_probe_wayland(void *display); /* struct wl_display */

/* A picture of an oriel for the task bar; the caller frees it with SDL_FreeSurface(). May be NULL. */
SDL_Surface *orl_win_icon(void);

/* Frees cursors and dropped paths. */
void orl_win_finish_pointer(struct orl_win *win);
void orl_win_finish_drops(struct orl_win *win);

/* On Wayland: data_wayland.h. Without it SDL's own drops stay, and there is no clipboard. */
void orl_win_open_data(struct orl_win *win);
void orl_win_close_data(struct orl_win *win); /* after the clipboard */

/* Switches off the kinds of SDL events that nobody reads, so that they cause no wake-up. */
void orl_win_ignore_events(void);

#endif
