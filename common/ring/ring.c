/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "ring/ring.h"

#include <string.h>

#include "ring/lock.h"
#include "ring/rules.h"

static const struct orl_ring_rules *rules_of(const struct orl_ring *ring)
{
    static const struct orl_ring_rules *const by_release[ORL_RELEASES] = {
        [ORL_B6] = &orl_ring_rules_v5,
        [ORL_B7] = &orl_ring_rules_v5,
        [ORL_MASTER] = &orl_ring_rules_v12,
    };
    return by_release[ring->session->lay->release];
}

struct orl_queue orl_ring_queue(const struct orl_ring *ring)
{
    uint8_t *base = ring->session->shm->base;
    return (struct orl_queue){ring->session->lay, base + ring->block, base + ring->ring_offset,
                              ring->ring_len};
}

int orl_ring_owned(const struct orl_ring *ring)
{
    int err = orl_session_same(ring->session);
    if (err) {
        return err;
    }
    struct orl_queue q = orl_ring_queue(ring);
    struct orl_subs subs = orl_queue_subs(&q);
    uint32_t bit = UINT32_C(1) << ring->slot;
    if (!(subs.on & bit) ||
        orl_w32_load(orl_queue_client(&q, ring->slot)) != ring->session->client_id) {
        return ORL_ELOST;
    }
    return subs.bad & bit ? ORL_ELATE : ORL_OK;
}

int orl_ring_lock(const struct orl_ring *ring, const struct orl_queue *q)
{
    int err = orl_lock_take(orl_queue_lock(q), q->lay->lock_bytes, ring->session);
    if (err) {
        return err;
    }
    err = orl_ring_owned(ring);
    if (err) {
        orl_ring_unlock(ring, q);
    }
    return err;
}

void orl_ring_unlock(const struct orl_ring *ring, const struct orl_queue *q)
{
    orl_lock_leave(orl_queue_lock(q), q->lay->lock_bytes, ring->session);
}

uint64_t orl_ring_expiry(const struct orl_ring *ring, const struct orl_queue *q)
{
    const struct orl_session *s = ring->session;
    return orl_queue_expiry(q, orl_w64_load(s->shm->base + s->lay->hdr_heartbeat_ms));
}

/* A queue that is being rewritten by a new session looks corrupt; the session is the reason. */
static int explain(const struct orl_ring *ring, int err)
{
    return err == ORL_ECORRUPT && orl_session_same(ring->session) ? ORL_ESESSION : err;
}

/* ---- Subscribing --------------------------------------------------------------------------- */

/* Private, checked copies of the constants of a queue block. */
static int read_constants(struct orl_ring *ring)
{
    const struct orl_session *s = ring->session;
    const struct orl_layout *lay = s->lay;
    const uint8_t *block = s->shm->base + ring->block;
    uint32_t len = orl_w32_load(block + lay->queue_ring_len);
    uint32_t offset = orl_w32_load(block + lay->queue_ring_offset);

    /* Without a spare slot positions are taken modulo a power of two. */
    bool whole = lay->ring_spare > 0 || (len & (len - 1)) == 0;
    if (len < 2 || len > ORL_MAX_RING_LEN || !whole || offset < s->rings_from ||
        offset % lay->ring_align != 0 ||
        !orl_mem_has(s->mem, offset, (uint64_t)len * lay->slot_bytes)) {
        return ORL_EMALFORMED;
    }
    ring->ring_len = len;
    ring->ring_offset = offset;
    return ORL_OK;
}

static int find_queue(struct orl_ring *ring, struct orl_session *session, uint32_t queue_id)
{
    const struct orl_layout *lay = session->lay;
    const uint8_t *base = session->shm->base;
    *ring = (struct orl_ring){.session = session, .queue_id = queue_id};
    int err = orl_session_same(session);
    if (err) {
        return err;
    }
    uint32_t count = orl_w32_load(base + lay->hdr_queue_count);
    if (count > lay->max_queues) {
        return ORL_EMALFORMED;
    }
    for (uint32_t i = 0; i < count; i++) {
        ring->block = lay->hdr_queues + (size_t)i * lay->queue_bytes;
        if (orl_w32_load(base + ring->block + lay->queue_queue_id) == queue_id) {
            return read_constants(ring);
        }
    }
    return ORL_EAGAIN;
}

/* Frees slots of subscribers that were marked bad and whose time to recover is over. */
static void reap(const struct orl_session *s, const struct orl_queue *q)
{
    uint64_t now_ms = orl_w64_load(s->shm->base + q->lay->hdr_heartbeat_ms);
    struct orl_subs subs = orl_queue_subs(q);
    for (uint32_t n = 0; subs.on != 0 && n < q->lay->subscribers; n++) {
        uint32_t bit = UINT32_C(1) << n;
        if ((subs.bad & bit) && now_ms > orl_w64_load(orl_queue_deadline(q, n))) {
            orl_w64_store(orl_queue_deadline(q, n), 0);
            orl_w32_store(orl_queue_client(q, n), 0);
            orl_queue_change_subs(q, 0, 0, bit);
        }
    }
}

/* Takes the lowest free slot and reads from the end of the queue on. Under the lock. */
static int take_slot(struct orl_ring *ring, const struct orl_queue *q)
{
    struct orl_indices x;
    int err = orl_queue_look(q, &x);
    if (err) {
        return err;
    }
    reap(ring->session, q);
    struct orl_subs subs = orl_queue_subs(q);
    uint32_t n = 0;
    while (n < q->lay->subscribers && ((subs.on | subs.bad) & UINT32_C(1) << n)) {
        n++;
    }
    if (n == q->lay->subscribers) {
        return ORL_ENOSPC;
    }
    orl_queue_forget(q, n);
    orl_w64_store(orl_queue_deadline(q, n), 0);
    orl_w32_store(orl_queue_client(q, n), ring->session->client_id);
    orl_queue_change_subs(q, UINT32_C(1) << n, 0, 0);
    orl_w32_add(q->block + q->lay->queue_new_sub_count, 1);
    ring->slot = n;
    ring->read = x.tail;
    return ORL_OK;
}

int orl_ring_subscribe(struct orl_ring *ring, struct orl_session *session, uint32_t queue_id)
{
    struct orl_ring fresh;
    if (!session->shm->writable) {
        return ORL_EINVAL;
    }
    int err = find_queue(&fresh, session, queue_id);
    if (err) {
        return err;
    }
    struct orl_queue q = orl_ring_queue(&fresh);
    err = orl_lock_take(orl_queue_lock(&q), q.lay->lock_bytes, session);
    if (err) {
        return err;
    }
    err = take_slot(&fresh, &q);
    orl_ring_unlock(&fresh, &q);
    if (err) {
        return explain(&fresh, err);
    }
    *ring = fresh;
    return ORL_OK;
}

int orl_ring_adopt(struct orl_ring *ring, struct orl_session *session, uint32_t queue_id,
                   uint32_t slot, uint32_t read)
{
    struct orl_ring fresh;
    int err = find_queue(&fresh, session, queue_id);
    if (err) {
        return err;
    }
    if (slot >= session->lay->subscribers || read >= fresh.ring_len) {
        return ORL_EINVAL;
    }
    struct orl_queue q = orl_ring_queue(&fresh);
    fresh.slot = slot;
    fresh.read = read;
    session->client_id = orl_w32_load(orl_queue_client(&q, slot));
    *ring = fresh;
    return ORL_OK;
}

void orl_ring_unsubscribe(struct orl_ring *ring)
{
    if (!ring->session) {
        return;
    }
    struct orl_queue q = orl_ring_queue(ring);
    if (orl_ring_owned(ring) == ORL_OK && orl_ring_lock(ring, &q) == ORL_OK) {
        orl_queue_forget(&q, ring->slot);
        orl_queue_change_subs(&q, 0, 0, UINT32_C(1) << ring->slot);
        orl_w32_store(orl_queue_client(&q, ring->slot), 0);
        orl_w64_store(orl_queue_deadline(&q, ring->slot), 0);
        orl_ring_unlock(ring, &q);
    }
    ring->session = NULL;
}

/* ---- Messages ------------------------------------------------------------------------------ */

int orl_ring_next(struct orl_ring *ring, struct orl_payload *out)
{
    int err = orl_ring_owned(ring);
    if (err) {
        return err;
    }
    err = rules_of(ring)->peek(ring);
    if (err) {
        return explain(ring, err);
    }
    struct orl_queue q = orl_ring_queue(ring);
    const uint8_t *slot = orl_queue_slot(&q, ring->read);
    struct orl_payload msg = {.off = orl_w32_load(slot + q.lay->slot_offset),
                              .size = orl_w32_load(slot + q.lay->slot_size),
                              .tag = orl_word_load(slot + q.lay->slot_tag, q.lay->tag_bytes)};
    err = orl_ring_owned(ring);
    if (err) {
        return err;
    }
    if (!orl_mem_has(ring->session->mem, msg.off, msg.size)) {
        return ORL_EMALFORMED;
    }
    *out = msg;
    return ORL_OK;
}

int orl_ring_check(struct orl_ring *ring)
{
    orl_reads_done();
    return orl_ring_owned(ring);
}

int orl_ring_done(struct orl_ring *ring)
{
    int err = orl_ring_owned(ring);
    return err ? err : explain(ring, rules_of(ring)->done(ring));
}

bool orl_ring_has_newer(const struct orl_ring *ring)
{
    return ring->session && rules_of(ring)->newer(ring);
}

int orl_ring_skip_to_last(struct orl_ring *ring)
{
    int err = orl_ring_owned(ring);
    return err ? err : explain(ring, rules_of(ring)->skip(ring));
}

/* ---- Client messages ----------------------------------------------------------------------- */

static int check_room(const struct orl_queue *q)
{
    uint32_t free_slots = orl_w32_load(q->block + q->lay->queue_c_free);
    if (free_slots > q->lay->client_slots) {
        return ORL_ECORRUPT;
    }
    return free_slots == 0 ? ORL_ENOSPC : ORL_OK;
}

/* Fills the next client-message slot. Under c_lock. */
static int put_message(const struct orl_queue *q, uint32_t client_id, const void *data,
                       uint32_t len, uint32_t *serial)
{
    const struct orl_layout *lay = q->lay;
    uint32_t at = orl_w32_load(q->block + lay->queue_c_write);
    int err = check_room(q);
    if (err || at >= lay->client_slots) {
        return err ? err : ORL_ECORRUPT;
    }
    uint8_t *slot = q->block + lay->queue_c_slots + (size_t)at * lay->cslot_bytes;
    orl_w32_store(slot + lay->cslot_size, len);
    if (lay->cslot_sender != ORL_ABSENT) {
        orl_w32_store(slot + lay->cslot_sender, client_id);
    }
    memcpy(slot + lay->cslot_data, data, len);
    orl_w32_store(q->block + lay->queue_c_write, at + 1 == lay->client_slots ? 0 : at + 1);
    orl_w32_add(q->block + lay->queue_c_free, UINT32_MAX); /* minus 1 */
    *serial = orl_w32_add(q->block + lay->queue_c_sent, 1) + 1;
    return ORL_OK;
}

static int send_locked(struct orl_ring *ring, const struct orl_queue *q, const void *data,
                       uint32_t len, uint32_t *serial)
{
    uint8_t *lock = orl_queue_c_lock(q);
    int err = orl_lock_take(lock, q->lay->lock_bytes, ring->session);
    if (err) {
        return err;
    }
    err = orl_ring_owned(ring);
    if (!err) {
        err = put_message(q, ring->session->client_id, data, len, serial);
    }
    orl_lock_leave(lock, q->lay->lock_bytes, ring->session);
    return err;
}

int orl_ring_send(struct orl_ring *ring, const void *data, uint32_t len, uint32_t *serial)
{
    struct orl_queue q = orl_ring_queue(ring);
    uint32_t number = 0;
    if (len > ORL_CLIENT_BYTES) {
        return ORL_EINVAL; /* B6 and B7 would overrun a buffer of that size */
    }
    int err = orl_ring_owned(ring);
    if (!err) {
        err = check_room(&q);
    }
    if (err) {
        return explain(ring, err);
    }
    bool both = rules_of(ring)->send_needs_queue_lock;
    if (both) {
        err = orl_ring_lock(ring, &q);
        if (err) {
            return err;
        }
    }
    err = send_locked(ring, &q, data, len, &number);
    if (both) {
        orl_ring_unlock(ring, &q);
    }
    if (!err && serial) {
        *serial = number;
    }
    return explain(ring, err);
}

bool orl_ring_acked(const struct orl_ring *ring, uint32_t serial)
{
    struct orl_queue q = orl_ring_queue(ring);
    return (int32_t)(orl_w32_load(q.block + q.lay->queue_c_acked) - serial) >= 0;
}
