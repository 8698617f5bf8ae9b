/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Oriel's own way to a SPICE server without the window: input/cmdq.h and client/spice alone. */
#ifndef ORL_BENCH_QUEUE_END_H
#define ORL_BENCH_QUEUE_END_H

#include "spice/spice.h"

struct bench_queue {
    struct orl_cmdq commands;
    struct orl_spice_conf conf;
    struct orl_spice_link link;
    struct orl_spice *spice;
};

/* Starts the SPICE thread; ends the program when that cannot be. Keep `socket`. */
void bench_queue_start(struct bench_queue *q, const char *socket);
void bench_queue_stop(struct bench_queue *q);

#endif
