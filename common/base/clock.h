/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Monotonic time in nanoseconds. Logic takes times as parameters; only thread loops and app read
 * the clock. Any thread.
 */
#ifndef ORL_BASE_CLOCK_H
#define ORL_BASE_CLOCK_H

#include <stdint.h>
#include <time.h>

#define ORL_NS_PER_S  UINT64_C(1000000000)
#define ORL_NS_PER_MS UINT64_C(1000000)
#define ORL_NS_PER_US UINT64_C(1000)

/* CLOCK_MONOTONIC: the futex of base/wake and clock_nanosleep use the same one. */
static inline uint64_t orl_now_ns(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (uint64_t)t.tv_sec * ORL_NS_PER_S + (uint64_t)t.tv_nsec;
}

static inline uint64_t orl_earlier(uint64_t a_ns, uint64_t b_ns)
{
    return a_ns < b_ns ? a_ns : b_ns;
}

/* Sleeps until `deadline_ns` of the same clock; returns early on a signal. */
static inline void orl_sleep_until(uint64_t deadline_ns)
{
    struct timespec t = {.tv_sec = (time_t)(deadline_ns / ORL_NS_PER_S),
                         .tv_nsec = (long)(deadline_ns % ORL_NS_PER_S)};
    clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &t, 0);
}

#endif
