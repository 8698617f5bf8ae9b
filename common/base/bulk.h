/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A bounded queue of small elements that move many at a time (sound): one producer thread, one
 * consumer thread, no locks. base/spsc.h moves one element at a time.
 *
 * `head` and `tail` are free-running 64-bit counters, so both ends can speak of "element N" for as
 * long as the queue lives; the fill level is tail - head, 0..capacity. The producer alone writes
 * `tail` (release, after the elements), the consumer alone writes `head` (release, after it copied
 * the elements out), each reads the other with acquire. Nothing is allocated after init.
 * Stress test: tests/stress/test_bulk.c.
 */
#ifndef ORL_BASE_BULK_H
#define ORL_BASE_BULK_H

#include <stdatomic.h>
#include <stddef.h>
#include <stdint.h>

#include "base/err.h"

struct orl_bulk {
    _Alignas(64) _Atomic uint64_t tail; /* written by the producer */
    _Alignas(64) _Atomic uint64_t head; /* written by the consumer */
    _Alignas(64) uint8_t *items;        /* fixed after init */
    uint64_t mask;                      /* capacity - 1 */
    size_t max_item_bytes, item_bytes;  /* item_bytes: see orl_bulk_shape() */
};

/*
 * `capacity` elements, a power of two, 2..2^24, of at most `max_item_bytes` (1..4096) bytes each,
 * which is also their size until it is changed. ORL_OK, ORL_EINVAL or ORL_ENOMEM.
 */
ORL_MUST int orl_bulk_init(struct orl_bulk *q, uint32_t capacity, size_t max_item_bytes);
void orl_bulk_finish(struct orl_bulk *q);

/* Empties the queue and sets the size of an element, 1..max_item_bytes; counters go on. Only while
 * no other thread uses the queue. */
void orl_bulk_shape(struct orl_bulk *q, size_t item_bytes);

/* Producer: copies in as many of the `n` elements as there is room for; says how many. RT safe. */
uint32_t orl_bulk_push(struct orl_bulk *q, const void *items, uint32_t n);

/* Consumer: takes up to `n` elements unseen; says how many. RT safe. */
uint64_t orl_bulk_drop(struct orl_bulk *q, uint64_t n);

/* Consumer: copies out up to `n` elements and takes them; says how many. RT safe. */
uint32_t orl_bulk_pull(struct orl_bulk *q, void *items, uint32_t n);

/* Elements that ever went in, or out. Any thread; exact for the thread that moves them. */
static inline uint64_t orl_bulk_pushed(const struct orl_bulk *q)
{
    return atomic_load_explicit(&q->tail, memory_order_acquire);
}
static inline uint64_t orl_bulk_pulled(const struct orl_bulk *q)
{
    return atomic_load_explicit(&q->head, memory_order_acquire);
}
/* Elements inside. The producer may find too many, the consumer too few, never the reverse. */
static inline uint64_t orl_bulk_fill(const struct orl_bulk *q)
{
    uint64_t head = orl_bulk_pulled(q);
    return orl_bulk_pushed(q) - head;
}

#endif
