/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The sleep of a polling thread, which main ends early: to stop it, or because input was sent.
 *
 * Input comes up to a thousand times a second, so a poke costs a system call only when the thread
 * is in a long sleep; otherwise the thread finds the flag at its next look. The two flags are
 * looked at in opposite order by the two sides without a full barrier: a poke that is missed that
 * way is found at the end of that one sleep.
 */
#ifndef ORL_FRAME_SLEEPER_H
#define ORL_FRAME_SLEEPER_H

#include <stdbool.h>
#include <stdint.h>

#include "base/serial.h"
#include "base/wake.h"

struct orl_sleeper {
    struct orl_wake wake;
    struct orl_flag stop;   /* raised by main */
    struct orl_flag poked;  /* raised by anybody, lowered by the thread */
    struct orl_flag asleep; /* raised by the thread around long sleeps */
};

void orl_sleeper_init(struct orl_sleeper *s);

/* Any thread, never blocks. */
void orl_sleeper_stop(struct orl_sleeper *s);
void orl_sleeper_poke(struct orl_sleeper *s);
void orl_sleeper_wake(struct orl_sleeper *s);

/* The polling thread. True once after one or many pokes. */
bool orl_sleeper_take_poke(struct orl_sleeper *s);

/* The polling thread: sleeps until `deadline_ns` (CLOCK_MONOTONIC) or until it is woken. */
void orl_sleeper_until(struct orl_sleeper *s, uint64_t now_ns, uint64_t deadline_ns);

#endif
