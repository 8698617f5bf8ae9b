/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "base/wake.h"

#include <errno.h>
#include <linux/futex.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "base/clock.h"

/* FUTEX_WAIT_BITSET takes an absolute CLOCK_MONOTONIC time, so early wake-ups need no new sum. */
static long futex_wait(_Atomic uint32_t *word, uint64_t deadline_ns)
{
    struct timespec t = {.tv_sec = (time_t)(deadline_ns / ORL_NS_PER_S),
                         .tv_nsec = (long)(deadline_ns % ORL_NS_PER_S)};
    return syscall(SYS_futex, word, FUTEX_WAIT_BITSET | FUTEX_PRIVATE_FLAG, 0,
                   deadline_ns == ORL_WAKE_NEVER ? NULL : &t, NULL, FUTEX_BITSET_MATCH_ANY);
}

void orl_wake_set(struct orl_wake *w, uint32_t reasons)
{
    uint32_t old = atomic_fetch_or_explicit(&w->reasons, reasons, memory_order_acq_rel);
    if (old == 0) {
        syscall(SYS_futex, &w->reasons, FUTEX_WAKE | FUTEX_PRIVATE_FLAG, 1, NULL, NULL, 0);
    }
}

uint32_t orl_wake_wait(struct orl_wake *w, uint64_t deadline_ns)
{
    for (;;) {
        uint32_t got = atomic_exchange_explicit(&w->reasons, 0, memory_order_acq_rel);
        if (got) {
            return got;
        }
        if (deadline_ns != ORL_WAKE_NEVER && orl_now_ns() >= deadline_ns) {
            return 0;
        }
        if (futex_wait(&w->reasons, deadline_ns) == -1 && errno == ETIMEDOUT) {
            return atomic_exchange_explicit(&w->reasons, 0, memory_order_acq_rel);
        }
    }
}
