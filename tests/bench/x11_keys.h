/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Keys on an X server: sent by XTEST as if a keyboard had, and seen by a bare X client of the same
 * process, which gets the raw event in the moment in which the focused window gets its own.
 */
#ifndef ORL_BENCH_X11_KEYS_H
#define ORL_BENCH_X11_KEYS_H

#include <stdbool.h>
#include <stdint.h>

#include "base/serial.h"

struct bench_x11;

/* Connects to DISPLAY and starts the listening thread; ends the program when it cannot. */
struct bench_x11 *bench_x11_open(void);
void bench_x11_close(struct bench_x11 *x);

/* Gives the keyboard focus to the one big window; false: there is none. */
bool bench_x11_focus(struct bench_x11 *x);

/* The key that sends BENCH_KEY. Returns the time before the request went out. */
uint64_t bench_x11_key(struct bench_x11 *x, bool down);

/* Keys that the bare client has seen, and when each. */
const struct orl_counter *bench_x11_seen(const struct bench_x11 *x);
uint64_t bench_x11_seen_ns(const struct bench_x11 *x, uint64_t i);

#endif
