/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Private to common/ring: one queue in the shared memory, as both sides see it. Places come from
 * the layout row; indices are checked by orl_queue_look() before anything is addressed with them.
 */
#ifndef ORL_RING_QUEUE_H
#define ORL_RING_QUEUE_H

#include <stdbool.h>
#include <stdint.h>

#include "base/err.h"
#include "ring/mem.h"
#include "wire/layout.h"

struct orl_queue {
    const struct orl_layout *lay;
    uint8_t *block; /* queue block */
    uint8_t *slots; /* message slots */
    uint32_t len;   /* slots; private copy, checked */
};

/* The moving indices, copied and checked. */
struct orl_indices {
    uint32_t head, tail, used;
};

/* Subscriber slots as bit masks, cut to the slots that exist. */
struct orl_subs {
    uint32_t on, bad;
};

static inline uint32_t orl_queue_capacity(const struct orl_queue *q)
{
    return q->len - q->lay->ring_spare;
}
static inline uint32_t orl_queue_after(const struct orl_queue *q, uint32_t i)
{
    return i + 1 == q->len ? 0 : i + 1;
}
static inline uint32_t orl_queue_before(const struct orl_queue *q, uint32_t i)
{
    return i == 0 ? q->len - 1 : i - 1;
}
static inline uint8_t *orl_queue_slot(const struct orl_queue *q, uint32_t i)
{
    return q->slots + (size_t)i * q->lay->slot_bytes;
}
static inline uint8_t *orl_queue_pending(const struct orl_queue *q, uint32_t i)
{
    return orl_queue_slot(q, i) + q->lay->slot_pending;
}
static inline uint8_t *orl_queue_client(const struct orl_queue *q, uint32_t n)
{
    return q->block + q->lay->queue_sub_client + (size_t)n * 4;
}
static inline uint8_t *orl_queue_deadline(const struct orl_queue *q, uint32_t n)
{
    return q->block + q->lay->queue_sub_deadline + (size_t)n * 8;
}
static inline uint8_t *orl_queue_lock(const struct orl_queue *q)
{
    return q->block + q->lay->queue_lock;
}
static inline uint8_t *orl_queue_c_lock(const struct orl_queue *q)
{
    return q->block + q->lay->queue_c_lock;
}

static inline struct orl_subs orl_queue_subs(const struct orl_queue *q)
{
    uint64_t word = orl_word_load(q->block + q->lay->queue_subs, q->lay->subs_bytes);
    uint32_t mask = (uint32_t)((UINT64_C(1) << q->lay->subscribers) - 1);
    return (struct orl_subs){(uint32_t)(word >> q->lay->subs_on_shift) & mask,
                             (uint32_t)word & mask};
}
static inline uint32_t orl_subs_active(struct orl_subs s)
{
    return s.on & ~s.bad;
}

/* ORL_OK or ORL_ECORRUPT. `used` and `head` belong together only under the queue lock. */
ORL_MUST int orl_queue_look(const struct orl_queue *q, struct orl_indices *out);

/* ---- Only under the queue lock ------------------------------------------------------------- */

/* Changes the subscriber word: slots to switch on, to mark bad, to free. */
void orl_queue_change_subs(const struct orl_queue *q, uint32_t on, uint32_t bad, uint32_t free);

/* Takes the head message out; x->used is at least 1. */
void orl_queue_retire(const struct orl_queue *q, struct orl_indices *x);

/* now + the queue's timeout, which is the guest's number and therefore bounded. */
uint64_t orl_queue_expiry(const struct orl_queue *q, uint64_t now_ms);

/* Removes subscriber slot n from every message: a stale bit would be taken for a new owner's. */
void orl_queue_forget(const struct orl_queue *q, uint32_t n);

#endif
