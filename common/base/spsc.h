/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A bounded queue of fixed-size elements: one producer thread, one consumer thread, no locks.
 *
 * `head` and `tail` are free-running 32-bit counters; the fill level is tail - head (mod 2^32),
 * 0..capacity. The producer alone writes `tail` (release, after the element), the consumer alone
 * writes `head` (release, after it copied the element out), each reads the other with acquire.
 * Nothing is allocated after init. Stress test: tests/stress/test_spsc.c.
 */
#ifndef ORL_BASE_SPSC_H
#define ORL_BASE_SPSC_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

#include "base/err.h"

struct orl_spsc {
    _Alignas(64) _Atomic uint32_t tail; /* written by the producer */
    _Alignas(64) _Atomic uint32_t head; /* written by the consumer */
    _Alignas(64) uint8_t *items;        /* capacity * item_bytes; fixed after init */
    uint32_t mask;                      /* capacity - 1 */
    uint32_t item_bytes;
};

/* `capacity` is a power of two, 2..65536. ORL_OK, ORL_EINVAL or ORL_ENOMEM. */
ORL_MUST int orl_spsc_init(struct orl_spsc *q, uint32_t capacity, uint32_t item_bytes);
void orl_spsc_finish(struct orl_spsc *q);

/* Producer: copies one element in; false when the queue is full. RT safe. */
bool orl_spsc_push(struct orl_spsc *q, const void *item);

/* Consumer: copies the oldest element out; false when the queue is empty. RT safe. */
bool orl_spsc_pull(struct orl_spsc *q, void *item);

#endif
