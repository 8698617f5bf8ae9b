/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "ring/queue.h"

#define TIMEOUT_MAX_MS 3600000u /* policy: real queues have 1000 */

int orl_queue_look(const struct orl_queue *q, struct orl_indices *out)
{
    struct orl_indices x = {orl_w32_load(q->block + q->lay->queue_head),
                            orl_w32_load(q->block + q->lay->queue_tail),
                            orl_w32_load(q->block + q->lay->queue_used)};
    if (x.head >= q->len || x.tail >= q->len || x.used > orl_queue_capacity(q)) {
        return ORL_ECORRUPT;
    }
    *out = x;
    return ORL_OK;
}

void orl_queue_change_subs(const struct orl_queue *q, uint32_t on, uint32_t bad, uint32_t free)
{
    const struct orl_layout *lay = q->lay;
    uint8_t *p = q->block + lay->queue_subs;
    uint64_t word = orl_word_load(p, lay->subs_bytes);
    word &= ~((uint64_t)free << lay->subs_on_shift | free);
    word |= (uint64_t)on << lay->subs_on_shift | bad;
    orl_word_store(p, lay->subs_bytes, word);
}

void orl_queue_retire(const struct orl_queue *q, struct orl_indices *x)
{
    x->head = orl_queue_after(q, x->head);
    x->used--;
    orl_w32_store(q->block + q->lay->queue_head, x->head);
    orl_w32_store(q->block + q->lay->queue_used, x->used);
}

uint64_t orl_queue_expiry(const struct orl_queue *q, uint64_t now_ms)
{
    uint32_t timeout_ms = orl_w32_load(q->block + q->lay->queue_timeout_ms);
    return now_ms + (timeout_ms < TIMEOUT_MAX_MS ? timeout_ms : TIMEOUT_MAX_MS);
}

void orl_queue_forget(const struct orl_queue *q, uint32_t n)
{
    uint32_t bit = UINT32_C(1) << n;
    for (uint32_t i = 0; i < q->len; i++) {
        uint8_t *pending = orl_queue_pending(q, i);
        if (orl_w32_load(pending) & bit) {
            orl_w32_and(pending, ~bit);
        }
    }
}
