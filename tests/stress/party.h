/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A producer and consumers that check each other, as threads or as processes on one memory.
 *
 * Every payload says which message of which session it is and has 64 bytes that follow from that;
 * the producer writes it again only after the ring has shown that the message is gone. A consumer
 * that is not late must see every message of its subscription once, in order and whole.
 */
#ifndef ORL_TEST_STRESS_PARTY_H
#define ORL_TEST_STRESS_PARTY_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

#include "ring/shm.h"
#include "wire/layout.h"

#define PARTY_CONSUMERS 4
#define PARTY_BYTES     (512 * 1024)

/* Lies in memory that all parties share; each counter has one writer at a time. */
struct party_counts {
    _Atomic uint64_t posted, restarts;                    /* producer */
    _Atomic uint64_t received, gaps, broken, errors;      /* consumer; the last three stay 0 */
    _Atomic uint64_t subscribed, late, reattached, stuck; /* consumer */
};

struct party {
    struct orl_shm shm;
    const struct orl_layout *lay;
    uint32_t capacity, timeout_ms;
    uint64_t limit;    /* messages that the producer posts, 0 for no end */
    uint32_t wait_for; /* the producer posts from so many subscribers on */
    bool naps;         /* consumers pause now and then, sometimes for too long */
    _Atomic int *stop;
};

/* Each runs until *stop (the producer also until `limit`). */
void party_produce(const struct party *p, struct party_counts *counts);
void party_consume(const struct party *p, struct party_counts *counts, unsigned seed);

#endif
