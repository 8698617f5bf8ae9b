/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The window's own state. Private to win/; main thread. */
#ifndef ORL_WIN_WIN_IMPL_H
#define ORL_WIN_WIN_IMPL_H

#include <SDL2/SDL.h>

#include "win/win.h"

#define ORL_WIN_DROPS    64
#define ORL_WIN_ODD_KEYS 2

struct orl_locks_x11;
struct orl_raw_x11;
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

    /* X11, filter.c: */
    bool filtered;
    uint8_t x_code;   /* of the key event that SDL is at; 0 another event */
    bool x_down[256]; /* keys by the account of the X server's events */
    bool odd_down[ORL_WIN_ODD_KEYS];
    uint8_t keys[SDL_NUM_SCANCODES];
    /* raw.c: */
    struct orl_raw_x11 *raw;        /* what mice count; NULL: not asked for yet, or none */
    bool raw_mouse;                 /* of it: what the devices tell; else accelerated */
    bool raw_on;                    /* captured motion is that of `raw` ... */
    bool raw_heard;                 /* ... once SDL is known to tell of steps, too */
    int32_t raw_told_x, raw_told_y; /* before: what SDL has told of itself */
    uint64_t raw_due_ns;            /* when to ask whether a step is left; 0 never */
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

/*
 * X11: keys and captured motion that SDL does not tell right, see filter.c. After SDL is there, before it
 * has a window.
 */
void orl_win_filter_events(struct orl_win *win);
/* SDL's account of keys that are down, with those that SDL takes for others. */
const uint8_t *orl_win_with_odd_keys(struct orl_win *win, const uint8_t *keys, size_t n);

/*
 * Captured motion on X11, see raw_x11.h: what SDL makes of it does not get into its queue, ours takes its
 * place, before the keys and buttons that came after it. SDL's own account of steps is what wakes main.
 */
#define ORL_WIN_RAW_MOUSE UINT32_C(0x4f524c52) /* `which` of our motion events */
void orl_win_start_raw(struct orl_win *win);
void orl_win_stop_raw(struct orl_win *win);
void orl_win_settle_raw(struct orl_win *win); /* at raw_due_ns */
/* For the filter: SDL is at a step, or at a key or button; times are the X server's. */
void orl_win_raw_step(struct orl_win *win, uint32_t time);
void orl_win_raw_reach(struct orl_win *win, uint32_t time);
/* Whether SDL's motion stays, because it is not known yet that SDL shows us steps. */
bool orl_win_raw_stays(struct orl_win *win, const SDL_MouseMotionEvent *motion);

/* Switches off the kinds of SDL events that nobody reads, so that they cause no wake-up. */
void orl_win_ignore_events(void);

#endif
