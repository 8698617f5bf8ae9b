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
    struct orl_flag stop;    /* raised by main */
    struct orl_flag poked;   /* raised by anybody, lowered by the thread */
    struct orl_flag asleep;  /* raised by the thread around long sleeps */
    struct orl_flag polling; /* raised by the thread while `kick` may be needed to wake it */
    int kick; /* eventfd, made by the thread before it raises `polling`; -1 none */
};

void orl_sleeper_init(struct orl_sleeper *s);

/* Closes what orl_sleeper_until_bell() made; only when nobody wakes it any more. */
void orl_sleeper_finish(struct orl_sleeper *s);

/* Any thread, never blocks. */
void orl_sleeper_stop(struct orl_sleeper *s);
void orl_sleeper_poke(struct orl_sleeper *s);
void orl_sleeper_wake(struct orl_sleeper *s);

/* The polling thread. True once after one or many pokes. */
bool orl_sleeper_take_poke(struct orl_sleeper *s);

/* The polling thread: sleeps until `deadline_ns` (CLOCK_MONOTONIC) or until it is woken. */
void orl_sleeper_until(struct orl_sleeper *s, uint64_t now_ns, uint64_t deadline_ns);

enum orl_sleep_end {
    ORL_SLEEP_OVER, /* the time, a wake-up, or no eventfd could be made: sleep without a doorbell */
    ORL_SLEEP_RUNG,       /* the doorbell; it has been read */
    ORL_SLEEP_BELL_BROKEN /* the descriptor is good for nothing: do not use it again */
};

/*
 * The polling thread: the same, and ends when `bell` (an eventfd) is readable. A deadline that has
 * passed still looks at the bell.
 */
enum orl_sleep_end orl_sleeper_until_bell(struct orl_sleeper *s, uint64_t now_ns,
                                          uint64_t deadline_ns, int bell);

#endif
