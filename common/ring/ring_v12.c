/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Master: posts may be meant for some subscribers only and the guest may take unwanted messages
 * back from the end, so a message is ours when our bit is set in it, and the oldest of those is
 * found by looking from the head. All finishing happens under the queue lock.
 */
#include "ring/rules.h"

static bool wanted(const struct orl_ring *ring, const struct orl_queue *q, uint32_t i)
{
    return (orl_w32_load(orl_queue_pending(q, i)) & UINT32_C(1) << ring->slot) != 0;
}

static bool any_wanted(const struct orl_ring *ring, const struct orl_queue *q)
{
    for (uint32_t i = 0; i < q->len; i++) {
        if (wanted(ring, q, i)) {
            return true;
        }
    }
    return false;
}

/* Lock and checked indices; nothing is held on error. */
static int enter(const struct orl_ring *ring, const struct orl_queue *q, struct orl_indices *x)
{
    int err = orl_ring_lock(ring, q);
    if (err) {
        return err;
    }
    err = orl_queue_look(q, x);
    if (err) {
        orl_ring_unlock(ring, q);
    }
    return err;
}

/*
 * Without the lock where that is certain to be right:
 * - our bit is in no slot: a message posted before the look would have been seen, so nothing is
 *   there. This is the usual answer, and polling must not take the lock from the guest;
 * - our bit is in the slot at the read position and that is the head: nothing can be older.
 * A message at the read position that is not the head is not enough: after the guest has moved
 * its end back behind our position, the next but one message lands here, before the next.
 */
static int peek(struct orl_ring *ring)
{
    struct orl_queue q = orl_ring_queue(ring);
    struct orl_indices x;
    bool here = wanted(ring, &q, ring->read);
    int err = orl_queue_look(&q, &x);
    if (err) {
        return err;
    }
    if (here && x.head == ring->read) {
        return ORL_OK;
    }
    if (!here && !any_wanted(ring, &q)) {
        ring->read = x.tail;
        return ORL_EAGAIN;
    }
    err = enter(ring, &q, &x);
    if (err) {
        return err;
    }
    uint32_t at = x.head;
    uint32_t left = x.used;
    while (left > 0 && !wanted(ring, &q, at)) {
        at = orl_queue_after(&q, at);
        left--;
    }
    orl_ring_unlock(ring, &q);
    ring->read = left > 0 ? at : x.tail;
    return left > 0 ? ORL_OK : ORL_EAGAIN;
}

/* Never earlier than it was: the guest or another viewer may have given more time. */
static void renew_deadline(const struct orl_ring *ring, const struct orl_queue *q)
{
    uint8_t *p = q->block + q->lay->queue_head_deadline;
    uint64_t expiry = orl_ring_expiry(ring, q);
    if (expiry > orl_w64_load(p)) {
        orl_w64_store(p, expiry);
    }
}

static int done(struct orl_ring *ring)
{
    struct orl_queue q = orl_ring_queue(ring);
    struct orl_indices x;
    int err = enter(ring, &q, &x);
    if (err) {
        return err;
    }
    uint32_t bit = UINT32_C(1) << ring->slot;
    uint32_t from_head =
        ring->read >= x.head ? ring->read - x.head : ring->read + q.len - x.head;
    uint32_t before = 0;
    if (from_head < x.used) {
        before = orl_w32_and(orl_queue_pending(&q, ring->read), ~bit);
    }
    if (before == bit && ring->read == x.head) {
        orl_queue_retire(&q, &x);
        renew_deadline(ring, &q);
    }
    orl_ring_unlock(ring, &q);
    if (!(before & bit)) {
        return ORL_EAGAIN;
    }
    ring->read = orl_queue_after(&q, ring->read);
    return orl_session_same(ring->session);
}

/* Retires from the head what no active subscriber wants. Under the lock. */
static void retire_unwanted(const struct orl_ring *ring, const struct orl_queue *q,
                            struct orl_indices *x)
{
    uint32_t active = orl_subs_active(orl_queue_subs(q));
    uint32_t had = x->used;
    while (x->used > 0 && !(orl_w32_load(orl_queue_pending(q, x->head)) & active)) {
        orl_w32_store(orl_queue_pending(q, x->head), 0);
        orl_queue_retire(q, x);
    }
    if (x->used != had) {
        renew_deadline(ring, q);
    }
}

static int skip(struct orl_ring *ring)
{
    struct orl_queue q = orl_ring_queue(ring);
    struct orl_indices x;
    int err = enter(ring, &q, &x);
    if (err) {
        return err;
    }
    uint32_t at = x.head;
    uint32_t last = x.tail;
    bool found = false;
    for (uint32_t i = 0; i < x.used; i++, at = orl_queue_after(&q, at)) {
        if (wanted(ring, &q, at)) {
            last = at;
            found = true;
        }
    }
    if (found) {
        for (at = x.head; at != last; at = orl_queue_after(&q, at)) {
            orl_w32_and(orl_queue_pending(&q, at), ~(UINT32_C(1) << ring->slot));
        }
        retire_unwanted(ring, &q, &x);
    }
    ring->read = last;
    orl_ring_unlock(ring, &q);
    return found ? orl_session_same(ring->session) : ORL_EAGAIN;
}

/*
 * Of the messages behind ours, one that is meant for us. The three indices are loaded one after the
 * other and may not belong together; when ours does not lie between them, the next look will tell.
 */
static bool newer(const struct orl_ring *ring)
{
    struct orl_queue q = orl_ring_queue(ring);
    struct orl_indices x;
    if (orl_queue_look(&q, &x) != ORL_OK) {
        return false;
    }
    uint32_t at = ring->read;
    uint32_t from_head = at >= x.head ? at - x.head : at + q.len - x.head;
    for (uint32_t i = from_head + 1; i < x.used; i++) { /* used is at most len */
        at = orl_queue_after(&q, at);
        if (wanted(ring, &q, at)) {
            return true;
        }
    }
    return false;
}

const struct orl_ring_rules orl_ring_rules_v12 = {peek, done, skip, newer, true};
