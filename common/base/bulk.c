/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "base/bulk.h"

#include <stdlib.h>
#include <string.h>

#define CAPACITY_MAX (1u << 24)
#define ITEM_MAX     4096u

int orl_bulk_init(struct orl_bulk *q, uint32_t capacity, size_t max_item_bytes)
{
    if (capacity < 2 || capacity > CAPACITY_MAX || (capacity & (capacity - 1)) ||
        !max_item_bytes || max_item_bytes > ITEM_MAX) {
        return ORL_EINVAL;
    }
    q->items = calloc(capacity, max_item_bytes);
    if (!q->items) {
        return ORL_ENOMEM;
    }
    q->mask = capacity - 1;
    q->max_item_bytes = max_item_bytes;
    q->item_bytes = max_item_bytes;
    atomic_init(&q->tail, 0);
    atomic_init(&q->head, 0);
    return ORL_OK;
}

void orl_bulk_finish(struct orl_bulk *q)
{
    free(q->items);
    q->items = NULL;
}

void orl_bulk_shape(struct orl_bulk *q, size_t item_bytes)
{
    if (item_bytes && item_bytes <= q->max_item_bytes) {
        q->item_bytes = item_bytes;
    }
    atomic_store_explicit(&q->head, orl_bulk_pushed(q), memory_order_release);
}

static uint8_t *item_at(const struct orl_bulk *q, uint64_t index)
{
    return q->items + (size_t)(index & q->mask) * q->item_bytes;
}

/* How many of `n` elements from `index` on lie before the end of the memory. */
static uint32_t until_wrap(const struct orl_bulk *q, uint64_t index, uint32_t n)
{
    uint64_t left = q->mask + 1 - (index & q->mask);
    return n < left ? n : (uint32_t)left;
}

uint32_t orl_bulk_push(struct orl_bulk *q, const void *items, uint32_t n)
{
    uint64_t tail = atomic_load_explicit(&q->tail, memory_order_relaxed);
    uint64_t room = q->mask + 1 - (tail - orl_bulk_pulled(q));
    if (n > room) {
        n = (uint32_t)room;
    }
    uint32_t first = until_wrap(q, tail, n);
    memcpy(item_at(q, tail), items, first * q->item_bytes);
    memcpy(q->items, (const uint8_t *)items + first * q->item_bytes,
           (n - first) * q->item_bytes);
    atomic_store_explicit(&q->tail, tail + n, memory_order_release);
    return n;
}

uint64_t orl_bulk_drop(struct orl_bulk *q, uint64_t n)
{
    uint64_t head = atomic_load_explicit(&q->head, memory_order_relaxed);
    uint64_t fill = orl_bulk_pushed(q) - head;
    if (n > fill) {
        n = fill;
    }
    atomic_store_explicit(&q->head, head + n, memory_order_release);
    return n;
}

uint32_t orl_bulk_pull(struct orl_bulk *q, void *items, uint32_t n)
{
    uint64_t head = atomic_load_explicit(&q->head, memory_order_relaxed);
    uint64_t fill = orl_bulk_pushed(q) - head;
    if (n > fill) {
        n = (uint32_t)fill;
    }
    uint32_t first = until_wrap(q, head, n);
    memcpy(items, item_at(q, head), first * q->item_bytes);
    memcpy((uint8_t *)items + first * q->item_bytes, q->items, (n - first) * q->item_bytes);
    atomic_store_explicit(&q->head, head + n, memory_order_release);
    return n;
}
