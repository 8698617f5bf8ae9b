/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "base/spsc.h"

#include <stdlib.h>
#include <string.h>

#define CAPACITY_MAX 65536u

int orl_spsc_init(struct orl_spsc *q, uint32_t capacity, uint32_t item_bytes)
{
    if (capacity < 2 || capacity > CAPACITY_MAX || (capacity & (capacity - 1)) || !item_bytes) {
        return ORL_EINVAL;
    }
    q->items = calloc(capacity, item_bytes);
    if (!q->items) {
        return ORL_ENOMEM;
    }
    q->mask = capacity - 1;
    q->item_bytes = item_bytes;
    atomic_init(&q->tail, 0);
    atomic_init(&q->head, 0);
    return ORL_OK;
}

void orl_spsc_finish(struct orl_spsc *q)
{
    free(q->items);
    q->items = NULL;
}

static uint8_t *item_at(struct orl_spsc *q, uint32_t index)
{
    return q->items + (size_t)(index & q->mask) * q->item_bytes;
}

bool orl_spsc_push(struct orl_spsc *q, const void *item)
{
    uint32_t tail = atomic_load_explicit(&q->tail, memory_order_relaxed);
    uint32_t head = atomic_load_explicit(&q->head, memory_order_acquire);
    if (tail - head > q->mask) {
        return false;
    }
    memcpy(item_at(q, tail), item, q->item_bytes);
    atomic_store_explicit(&q->tail, tail + 1, memory_order_release);
    return true;
}

bool orl_spsc_pull(struct orl_spsc *q, void *item)
{
    uint32_t head = atomic_load_explicit(&q->head, memory_order_relaxed);
    if (atomic_load_explicit(&q->tail, memory_order_acquire) == head) {
        return false;
    }
    memcpy(item, item_at(q, head), q->item_bytes);
    atomic_store_explicit(&q->head, head + 1, memory_order_release);
    return true;
}
