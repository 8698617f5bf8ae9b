/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Named threads. The timer slack of every thread started here is 1 ns: the default of 50 us would
 * be added to each sleep of the polling threads (prctl(2), PR_SET_TIMERSLACK).
 */
#ifndef ORL_BASE_THREAD_H
#define ORL_BASE_THREAD_H

#include <pthread.h>
#include <stdbool.h>

#include "base/err.h"

struct orl_thread {
    pthread_t id;
    bool running; /* owner of the struct only */
};

/*
 * Starts `run(arg)` in a new thread called `name` (at most 15 characters are kept), all signals
 * blocked so that they reach the main thread. ORL_OK, ORL_ENOMEM or ORL_ESYS.
 */
ORL_MUST int orl_thread_start(struct orl_thread *t, const char *name, void (*run)(void *arg),
                              void *arg);

/* Waits until the thread has returned; nothing when it was never started. */
void orl_thread_join(struct orl_thread *t);

#endif
