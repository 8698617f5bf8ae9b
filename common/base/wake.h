/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * One word of reason bits that any thread may set and one thread sleeps on.
 *
 * Reasons are OR-ed in and taken all at once, so a reason set while the owner is busy is never
 * lost and many settings cost one wake-up. The word itself is the futex: a setter that finds it
 * non-zero knows that the owner has been woken already and makes no system call.
 * Memory order: set releases, wait acquires; values handed over beforehand are visible after.
 * Stress test: tests/stress/test_wake.c.
 */
#ifndef ORL_BASE_WAKE_H
#define ORL_BASE_WAKE_H

#include <stdatomic.h>
#include <stdint.h>

#define ORL_WAKE_NEVER UINT64_MAX

struct orl_wake {
    _Alignas(64) _Atomic uint32_t reasons;
};

static inline void orl_wake_init(struct orl_wake *w)
{
    atomic_init(&w->reasons, 0);
}

/* Any thread. `reasons` is a non-zero set of bits that the owner defines. */
void orl_wake_set(struct orl_wake *w, uint32_t reasons);

/*
 * Owner thread: takes all reasons; sleeps until there is one or `deadline_ns` (CLOCK_MONOTONIC;
 * ORL_WAKE_NEVER for none, a time in the past to look only) has passed. 0 means the deadline.
 */
uint32_t orl_wake_wait(struct orl_wake *w, uint64_t deadline_ns);

#endif
