/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * SIGINT, SIGTERM and SIGHUP as a call on a thread of their own: a signal handler could call
 * nothing of what is needed. A second signal ends the process at once.
 */
#ifndef ORL_APP_SIGNALS_H
#define ORL_APP_SIGNALS_H

#include "base/err.h"

struct orl_signals;

/* Keeps the signals for orl_signals_start(). Main thread, before any other thread exists. */
void orl_signals_block(void);

/* Calls `notify(arg)` at the first signal, on another thread. ORL_OK, ORL_ENOMEM, ORL_ESYS. */
ORL_MUST int orl_signals_start(struct orl_signals **out, void (*notify)(void *arg), void *arg);
void orl_signals_stop(struct orl_signals **signals);

#endif
