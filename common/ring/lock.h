/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Private to common/ring: the locks in the shared memory. 0 is free, 1 is held.
 *
 * B6 has locks of one byte (the three bytes behind are not ours), later releases of 32 bits; the
 * width is orl_layout.lock_bytes. Whoever holds one may die or be hostile, so every wait is
 * bounded. Take acquires, drop releases. Stress test: tests/stress/test_ring_threads.c.
 */
#ifndef ORL_RING_LOCK_H
#define ORL_RING_LOCK_H

#include <stdbool.h>
#include <stdint.h>

#include "base/err.h"
#include "ring/session.h"

static inline bool orl_lock_try(uint8_t *p, uint32_t bytes)
{
    if (bytes == 1) {
        /* Looking first keeps the cache line shared while somebody else holds the lock. */
        return __atomic_load_n(p, __ATOMIC_RELAXED) == 0 &&
               __atomic_exchange_n(p, 1, __ATOMIC_ACQUIRE) == 0;
    }
    uint32_t *word = (uint32_t *)(void *)p;
    uint32_t expected = 0;
    return __atomic_load_n(word, __ATOMIC_RELAXED) == 0 &&
           __atomic_compare_exchange_n(word, &expected, 1, false, __ATOMIC_ACQUIRE,
                                       __ATOMIC_RELAXED);
}

static inline void orl_lock_drop(uint8_t *p, uint32_t bytes)
{
    if (bytes == 1) {
        __atomic_store_n(p, 0, __ATOMIC_RELEASE);
    } else {
        __atomic_store_n((uint32_t *)(void *)p, 0, __ATOMIC_RELEASE);
    }
}

/* Tries for at most about `limit_ns`; a free lock costs no look at the clock. */
bool orl_lock_spin(uint8_t *p, uint32_t bytes, uint64_t limit_ns);

/*
 * Waits at most ORL_LOCK_WAIT_NS. ORL_OK: held; ORL_ETIMEOUT; ORL_ESESSION: the session changed
 * (not held). `session` may be NULL: the producer has no other session to fear.
 */
ORL_MUST int orl_lock_take(uint8_t *p, uint32_t bytes, const struct orl_session *session);

/* Drops a lock, unless the session changed meanwhile: then it was cleared and may be another's. */
void orl_lock_leave(uint8_t *p, uint32_t bytes, const struct orl_session *session);

#endif
