/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The window: made through SDL on X11 or Wayland, with a surface to draw on. All functions belong
 * to the main thread, except orl_win_wake(). Owns the SDL video subsystem, the window and the
 * surface.
 */
#ifndef ORL_WIN_WIN_H
#define ORL_WIN_WIN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/err.h"
#include "input/event.h"
#include "win/surface.h"

/* Sizes and places here are in the desktop's own units (points on Wayland, pixels on X11). */
struct orl_win_conf {
    const char *title, *app_id;
    bool center; /* let the desktop's centre win over x, y */
    int x, y, w, h;
    bool borderless, maximize, full_screen, resizable;
    bool no_screensaver; /* hold it off from the start */
    bool raw_mouse;      /* relative motion without the desktop's acceleration */
    bool soft_present;   /* X11 without a GPU: a surface of the copy kind, see surface.h */
    struct orl_surface_conf surface;
};

/* What the window is like now. */
struct orl_win_info {
    uint32_t w_px, h_px;         /* physical pixels */
    uint32_t w, h;               /* the desktop's units */
    uint32_t max_w_px, max_h_px; /* room on the display, without its panels; 0 unknown */
    float scale;                 /* physical pixels per unit */
    uint32_t refresh_hz;         /* of the display it is on; 0 unknown */
    bool full_screen, maximized;
    const char *driver; /* "x11", "wayland", ...; static */
};

struct orl_win;

/* Settles environment variables that X11 and D-Bus read. Before any other thread exists. */
void orl_win_prepare(void);

/*
 * ORL_OK; ORL_EUNSUPPORTED: no display or no OpenGL ES 3, and `why` (cap bytes) says in one phrase
 * what the libraries reported; ORL_ENOMEM. Blocks while the desktop answers.
 */
ORL_MUST int orl_win_create(struct orl_win **out, const struct orl_win_conf *conf, char *why,
                            size_t cap);

/* The render thread must have released the surface. */
void orl_win_destroy(struct orl_win **win);

/* Borrowed until destroy. */
struct orl_surface *orl_win_surface(struct orl_win *win);

/*
 * Waits for the next event until `deadline_ns` (CLOCK_MONOTONIC; ORL_WAKE_NEVER: for ever; a time
 * in the past: looks only). The kind is ORL_EVENT_NONE when there was none.
 */
struct orl_event orl_win_wait(struct orl_win *win, uint64_t deadline_ns);

/* Makes orl_win_wait() return. Any thread; takes SDL's queue lock for a moment. */
void orl_win_wake(struct orl_win *win);

struct orl_win_info orl_win_info(struct orl_win *win);
void orl_win_set_title(struct orl_win *win, const char *title);
void orl_win_set_size(struct orl_win *win, uint32_t w, uint32_t h); /* desktop's units */
void orl_win_set_full_screen(struct orl_win *win, bool on);
void orl_win_hold_screensaver(struct orl_win *win, bool hold);

enum orl_win_call {
    ORL_WIN_MINIMIZE,
    ORL_WIN_ATTENTION /* ask the desktop to point at the window */
};
void orl_win_call(struct orl_win *win, enum orl_win_call call);

/* How keyboard and pointer are held. */
enum orl_win_look {
    ORL_WIN_LOOK_ARROW,
    ORL_WIN_LOOK_NONE, /* the guest's own pointer is in the picture */
    ORL_WIN_LOOK_DOT,
    ORL_WIN_LOOK_LARGE_DOT
};
struct orl_win_grab {
    bool
        keyboard; /* the desktop's shortcuts come to us: X11 grab, Wayland shortcuts inhibitor */
    bool confine;  /* the pointer stays inside */
    bool relative; /* motion as counts of the device; the pointer is locked and hidden */
    enum orl_win_look look;
};

/* Why relative mode is not to be had. */
enum orl_win_refusal {
    ORL_WIN_GRANTED,
    ORL_WIN_NO_LOCK, /* the desktop has no means to lock a pointer */
    ORL_WIN_HELD     /* X11: another program holds the pointer, for a menu or a drag */
};

/*
 * Applies what differs from the last call; when relative mode is refused, nothing. A desktop may grant
 * it and lock nothing: then the pointer leaves the window (ORL_EVENT_LEAVE).
 */
enum orl_win_refusal orl_win_set_grab(struct orl_win *win, const struct orl_win_grab *grab);

/*
 * Which keys are down by the desktop's account: one byte a position, `*n` of them. Borrowed. NULL while
 * key events wait: it is newer than what orl_win_wait() has told.
 */
const uint8_t *orl_win_keys(struct orl_win *win, size_t *n);

/*
 * The host's Caps, Num and Scroll Lock; sets of enum orl_lock. Opening gives those that can be set: 0 on
 * Wayland, which has no way. From then on events and orl_win_locks() tell of those by the desktop's own
 * account; before, by SDL's, which counts key presses. Opening waits for the X server, nothing else does.
 */
uint8_t orl_win_open_locks(struct orl_win *win);
uint8_t orl_win_locks(struct orl_win *win);
/* Those of `mask` as in `values`, where it can be done. */
void orl_win_set_locks(struct orl_win *win, uint8_t mask, uint8_t values);

/* ORL_EVENT_TEXT comes while on. */
void orl_win_text_input(struct orl_win *win, bool on);

enum orl_win_dropped {
    ORL_WIN_DROP_NONE, /* nothing is left */
    ORL_WIN_DROP_PATH,
    ORL_WIN_DROP_BAD /* something was dropped that cannot be had */
};

/* The oldest dropped file into `dst`: its path, or why there is none ("x: it is no file"). */
enum orl_win_dropped orl_win_take_drop(struct orl_win *win, char *dst, size_t cap);

/* What the layout in use prints on the key at a position, into `dst`; "" when unknown. */
void orl_win_key_label(uint16_t scancode, char *dst, size_t cap);

#endif
