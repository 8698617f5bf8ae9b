/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Latest value wins: three slots, one producer thread, one consumer thread, neither ever waits.
 *
 * The structure holds only slot numbers; the values live in an array of three beside it. At every
 * moment the three numbers 0..2 are spread over `back` (the producer's), `front` (the consumer's)
 * and `mid` (in between): an exchange swaps one of the ends with `mid`, so no slot ever has two
 * owners. FRESH in `mid` says that the slot in between has not been taken yet.
 *
 * Who writes: `back` only the producer, `front` only the consumer, `mid` both by exchange; only the
 * producer sets FRESH.
 * Memory order: the producer's exchange releases the slot it filled, the consumer's acquires it;
 * the other direction likewise hands a read slot back, hence acq_rel on both.
 * Stress test: tests/stress/test_mailbox.c.
 */
#ifndef ORL_BASE_MAILBOX_H
#define ORL_BASE_MAILBOX_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

#define ORL_MAILBOX_SLOTS 3
#define ORL_MAILBOX_FRESH 4u

struct orl_mailbox {
    _Alignas(64) _Atomic uint32_t mid;
    _Alignas(
        64) uint32_t back; /* producer only: fill the slot with this number, then publish */
    _Alignas(
        64) uint32_t front; /* consumer only: read the slot with this number after a take */
};

static inline void orl_mailbox_init(struct orl_mailbox *mb)
{
    atomic_init(&mb->mid, 1);
    mb->back = 0;
    mb->front = 2;
}

/* Producer: hands slot `back` over. True when an unread value was replaced (it is lost). */
static inline bool orl_mailbox_publish(struct orl_mailbox *mb)
{
    uint32_t old =
        atomic_exchange_explicit(&mb->mid, mb->back | ORL_MAILBOX_FRESH, memory_order_acq_rel);
    mb->back = old & 3u;
    return (old & ORL_MAILBOX_FRESH) != 0;
}

/*
 * Consumer: makes the newest slot `front`. False, changing nothing, when there is nothing new. Goes
 * round again only when the producer published or withdrew in between.
 */
static inline bool orl_mailbox_take(struct orl_mailbox *mb)
{
    uint32_t mid = atomic_load_explicit(&mb->mid, memory_order_relaxed);
    while (mid & ORL_MAILBOX_FRESH) {
        if (atomic_compare_exchange_weak_explicit(&mb->mid, &mid, mb->front,
                                                  memory_order_acq_rel, memory_order_relaxed)) {
            mb->front = mid & 3u;
            return true;
        }
    }
    return false;
}

/*
 * Producer: takes the published slot back. True: the consumer has not seen it and never will. False:
 * there was none, or the consumer has it now. The slot stays in between and is used again.
 */
static inline bool orl_mailbox_withdraw(struct orl_mailbox *mb)
{
    uint32_t mid = atomic_load_explicit(&mb->mid, memory_order_relaxed);
    return (mid & ORL_MAILBOX_FRESH) != 0 &&
           atomic_compare_exchange_strong_explicit(&mb->mid, &mid, mid & 3u,
                                                   memory_order_acq_rel, memory_order_acquire);
}

/*
 * Producer: number of the published slot that is still untaken, or -1. The consumer may take it
 * right after; it cannot become untaken again, because only the producer publishes. The acquire
 * pairs with the producer's own publish; the slot's content is the producer's own writing.
 */
static inline int orl_mailbox_unread(const struct orl_mailbox *mb)
{
    uint32_t mid = atomic_load_explicit(&mb->mid, memory_order_acquire);
    return mid & ORL_MAILBOX_FRESH ? (int)(mid & 3u) : -1;
}

#endif
