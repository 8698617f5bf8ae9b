/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * B6 and B7: everybody who subscribed gets every message, so the read position alone says which
 * one is next. Finishing is one atomic AND; taking the message out of the ring is a service that
 * needs the lock, and that the guest does itself within 10 ms if we cannot.
 */
#include "ring/lock.h"
#include "ring/rules.h"

/*
 * How long to try for the queue lock to retire a message. The guest holds it for well under a
 * microsecond per post, but a message that misses its turn stays, with all that follow, until the
 * guest's 10 ms pass. Measured on two processors shared with other work, B7, 20 slots, both sides
 * yielding when idle, sums of two runs of a second each: about 1 us missed 860 of 5.1 million
 * messages, 8 us 160 of 7.3 million, 20 us none of 8.3 million.
 */
#define RETIRE_TRY_NS UINT64_C(20000)

static int peek(struct orl_ring *ring)
{
    struct orl_queue q = orl_ring_queue(ring);
    uint32_t tail = orl_w32_load(q.block + q.lay->queue_tail);
    if (tail >= q.len) {
        return ORL_ECORRUPT;
    }
    return tail == ring->read ? ORL_EAGAIN : ORL_OK;
}

/* Takes slot i out if it is the oldest and still unwanted. True when it was. Under the lock. */
static bool retire_if_head(const struct orl_queue *q, uint32_t i, int *err)
{
    struct orl_indices x;
    *err = orl_queue_look(q, &x);
    if (*err || x.head != i || orl_w32_load(orl_queue_pending(q, i)) != 0) {
        return false;
    }
    if (x.used == 0) {
        *err = ORL_ECORRUPT;
        return false;
    }
    orl_queue_retire(q, &x);
    return true;
}

static void renew_deadline(const struct orl_ring *ring, const struct orl_queue *q)
{
    orl_w64_store(q->block + q->lay->queue_head_deadline, orl_ring_expiry(ring, q));
}

/* Our bit out of slot i; true when nobody else wants the message. */
static bool finish_slot(const struct orl_ring *ring, const struct orl_queue *q, uint32_t i)
{
    uint32_t rest = ~(UINT32_C(1) << ring->slot);
    return (orl_w32_and(orl_queue_pending(q, i), rest) & rest) == 0;
}

static int done(struct orl_ring *ring)
{
    int err = peek(ring);
    if (err) {
        return err;
    }
    struct orl_queue q = orl_ring_queue(ring);
    if (finish_slot(ring, &q, ring->read) &&
        orl_lock_spin(orl_queue_lock(&q), q.lay->lock_bytes, RETIRE_TRY_NS)) {
        /* The guest may have started anew while we tried; its ring is none of our business. */
        err = orl_session_same(ring->session);
        if (!err && retire_if_head(&q, ring->read, &err)) {
            renew_deadline(ring, &q);
        }
        if (err == ORL_ESESSION) {
            orl_lock_drop(orl_queue_lock(&q), q.lay->lock_bytes); /* see orl_lock_take() */
        } else {
            orl_ring_unlock(ring, &q);
        }
    }
    if (!err) {
        ring->read = orl_queue_after(&q, ring->read);
    }
    return err;
}

enum cleaning { NOT_TRIED, LOCKED, GIVEN_UP };

/* One more message is wanted by nobody: retires it if it is the oldest, else ends the cleaning. */
static int clean(const struct orl_ring *ring, const struct orl_queue *q, uint32_t i,
                 enum cleaning *state)
{
    int err = ORL_OK;
    if (*state == NOT_TRIED) {
        *state = GIVEN_UP;
        if (!orl_lock_spin(orl_queue_lock(q), q->lay->lock_bytes, RETIRE_TRY_NS)) {
            return ORL_OK;
        }
        err = orl_session_same(ring->session);
        if (err) {
            orl_lock_drop(orl_queue_lock(q), q->lay->lock_bytes); /* see orl_lock_take() */
            return err;
        }
        *state = LOCKED;
    }
    if (*state == LOCKED && !retire_if_head(q, i, &err)) {
        orl_ring_unlock(ring, q);
        *state = GIVEN_UP;
    }
    return err;
}

static int skip(struct orl_ring *ring)
{
    struct orl_queue q = orl_ring_queue(ring);
    uint32_t tail = orl_w32_load(q.block + q.lay->queue_tail);
    if (tail >= q.len) {
        return ORL_ECORRUPT;
    }
    if (tail == ring->read) {
        return ORL_EAGAIN;
    }
    enum cleaning state = NOT_TRIED;
    uint32_t last = orl_queue_before(&q, tail);
    int err = ORL_OK;
    while (!err && ring->read != last) { /* both are below len: ends within len steps */
        if (finish_slot(ring, &q, ring->read)) {
            err = clean(ring, &q, ring->read, &state);
        }
        ring->read = orl_queue_after(&q, ring->read);
    }
    if (state == LOCKED) {
        renew_deadline(ring, &q);
        orl_ring_unlock(ring, &q);
    }
    return err;
}

/* The ring keeps a place free, so that an end at the read position means that nothing is there. */
static bool newer(const struct orl_ring *ring)
{
    struct orl_queue q = orl_ring_queue(ring);
    uint32_t tail = orl_w32_load(q.block + q.lay->queue_tail);
    return tail < q.len && tail != ring->read && tail != orl_queue_after(&q, ring->read);
}

const struct orl_ring_rules orl_ring_rules_v5 = {peek, done, skip, newer, false};
