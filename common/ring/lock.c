/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "ring/lock.h"

#include <sched.h>

#include "base/clock.h"

#define SPINS_PER_LOOK 64 /* about a microsecond */

static inline void pause_cpu(void)
{
#if defined(__x86_64__) || defined(__i386__)
    __builtin_ia32_pause();
#elif defined(__aarch64__)
    __asm__ volatile("yield");
#endif
}

bool orl_lock_spin(uint8_t *p, uint32_t bytes, uint64_t limit_ns)
{
    if (orl_lock_try(p, bytes)) {
        return true;
    }
    uint64_t end_ns = orl_now_ns() + limit_ns;
    do {
        for (int i = 0; i < SPINS_PER_LOOK; i++) {
            pause_cpu();
            if (orl_lock_try(p, bytes)) {
                return true;
            }
        }
    } while (orl_now_ns() < end_ns);
    return false;
}

/* The holder may need our processor to get on, hence the yield between the spins. */
static int wait_for(uint8_t *p, uint32_t bytes, const struct orl_session *session)
{
    uint64_t end_ns = orl_now_ns() + ORL_LOCK_WAIT_NS;
    while (!orl_lock_spin(p, bytes, 0)) {
        if (session && orl_session_same(session) != ORL_OK) {
            return ORL_ESESSION;
        }
        if (orl_now_ns() >= end_ns) {
            return ORL_ETIMEOUT;
        }
        sched_yield();
    }
    return ORL_OK;
}

int orl_lock_take(uint8_t *p, uint32_t bytes, const struct orl_session *session)
{
    if (!orl_lock_try(p, bytes)) {
        int err = wait_for(p, bytes, session);
        if (err) {
            return err;
        }
    }
    if (session && orl_session_same(session) != ORL_OK) {
        /*
         * The session changed before we got here, so the lock that we just took is the new
         * session's, or one that it has yet to clear. Leaving it held would hang the new guest
         * for good; nobody else can have taken it within these few instructions.
         */
        orl_lock_drop(p, bytes);
        return ORL_ESESSION;
    }
    return ORL_OK;
}

void orl_lock_leave(uint8_t *p, uint32_t bytes, const struct orl_session *session)
{
    if (orl_session_same(session) == ORL_OK) {
        orl_lock_drop(p, bytes);
    }
}
