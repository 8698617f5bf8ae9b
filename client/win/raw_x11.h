/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What the mice of an X server count, each step once: by XInput's raw events (protocol 2.2, "RawEvent")
 * on a connection of our own. SDL's one gets them twice while SDL holds the pointer, and SDL leaves out
 * what looks like the step before at the same millisecond: with it the steps of mice faster than 1 kHz.
 *
 * Steps wait here until they are asked for up to a time of the server's: so a reader of another
 * connection puts them between its own events in the order in which they happened. Of what happened in
 * one millisecond, all steps come first.
 *
 * Devices that tell places (tablets of virtual machines) count what the place has moved, in pixels.
 *
 * Main thread.
 */
#ifndef ORL_WIN_RAW_X11_H
#define ORL_WIN_RAW_X11_H

#include <stdbool.h>
#include <stdint.h>

struct orl_raw_x11;

/* A connection to `display` (NULL: the environment's). `accelerated`: what the server makes of the
 * counts by the desktop's settings. NULL: no such server, none with XInput 2.1, out of memory. */
struct orl_raw_x11 *orl_raw_x11_open(const char *display, bool accelerated);
void orl_raw_x11_close(struct orl_raw_x11 **x);

/* Listens from now on, with nothing counted; stops. */
void orl_raw_x11_start(struct orl_raw_x11 *x);
void orl_raw_x11_stop(struct orl_raw_x11 *x);

/* Counts the steps up to `time` that have come; does not wait. */
void orl_raw_x11_look(struct orl_raw_x11 *x, uint32_t time);
/* The same, for a key or button of that time: no step that was before it is missing. May wait for the
 * server's word of the key or button here, 5 ms at most; for a key that repeats there is none. */
void orl_raw_x11_reach(struct orl_raw_x11 *x, uint32_t time);
/* Fetches all steps until now, for the functions above and below. Waits for the server once. */
void orl_raw_x11_fetch(struct orl_raw_x11 *x);
/* Counts all that have come. */
void orl_raw_x11_rest(struct orl_raw_x11 *x);

/* Takes whole counts; fractions stay. ORL_RAW_MAX at once at most. False: none are left. */
#define ORL_RAW_MAX 30000
bool orl_raw_x11_take(struct orl_raw_x11 *x, int32_t *dx, int32_t *dy);
/* What was taken and could not be used. */
void orl_raw_x11_return(struct orl_raw_x11 *x, int32_t dx, int32_t dy);

#endif
