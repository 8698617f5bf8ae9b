/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Caps, Num and Scroll Lock of an X server: what they are, and setting them, on a connection of our own.
 * SDL is no help: it counts key presses, and looks at the server only when the window gets the focus.
 *
 * A lock is a modifier that is locked. Num and Scroll Lock are the modifiers that the keys of that name
 * have in the server's keymap; mostly Scroll Lock has none, then the server does not have it.
 *
 * The server tells of changes by itself; after the opening nothing waits for it, but a new keymap. What it
 * refuses is not done, and noticed with the next change. When it goes away, Xlib ends the process, as it
 * does for SDL's connection. Private to win/; main thread. Sets of locks: enum orl_lock.
 */
#ifndef ORL_WIN_LOCKS_X11_H
#define ORL_WIN_LOCKS_X11_H

#include <stdint.h>

struct orl_locks_x11;

/* NULL: the server cannot be reached, has no XKB, or is a Wayland compositor's, whose keyboard it does
 * not command. `display` NULL: that of the environment. Waits for the server. */
struct orl_locks_x11 *orl_locks_x11_open(const char *display);
void orl_locks_x11_close(struct orl_locks_x11 **x);

/* Those that can be set. */
uint8_t orl_locks_x11_able(const struct orl_locks_x11 *x);

/* Those that are on, as far as the server has told. */
uint8_t orl_locks_x11_get(struct orl_locks_x11 *x);

/* Those of `mask` as in `values`; orl_locks_x11_get() gives them at once. */
void orl_locks_x11_set(struct orl_locks_x11 *x, uint8_t mask, uint8_t values);

#endif
