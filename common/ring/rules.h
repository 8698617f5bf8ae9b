/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Private to common/ring: what reading a queue means, one set of functions per generation of the
 * protocol. Session and ownership have been tested when one of them is called; each tests them
 * again where it has taken a lock.
 */
#ifndef ORL_RING_RULES_H
#define ORL_RING_RULES_H

#include "ring/queue.h"
#include "ring/ring.h"

struct orl_ring_rules {
    int (*peek)(
        struct orl_ring *ring); /* puts `read` at the oldest message; ORL_EAGAIN: none */
    int (*done)(struct orl_ring *ring); /* finishes the message at `read` and goes on */
    int (*skip)(struct orl_ring *ring); /* puts `read` at the newest, finishing the others */
    bool (*newer)(const struct orl_ring *ring); /* a message after the one at `read`; no lock */
    bool send_needs_queue_lock;
};

extern const struct orl_ring_rules orl_ring_rules_v5;  /* B6 and B7 */
extern const struct orl_ring_rules orl_ring_rules_v12; /* master */

struct orl_queue orl_ring_queue(const struct orl_ring *ring);

/* ORL_OK; ORL_ESESSION, ORL_ELOST, ORL_ELATE. */
ORL_MUST int orl_ring_owned(const struct orl_ring *ring);

/* Queue lock, then orl_ring_owned(); nothing is held on error. */
ORL_MUST int orl_ring_lock(const struct orl_ring *ring, const struct orl_queue *q);

void orl_ring_unlock(const struct orl_ring *ring, const struct orl_queue *q);

/* Heartbeat + timeout: until when the message that is now the oldest may stay. Under the lock. */
uint64_t orl_ring_expiry(const struct orl_ring *ring, const struct orl_queue *q);

#endif
