/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "ring/producer.h"

#include <errno.h>
#include <string.h>
#include <sys/random.h>

#include "base/clock.h"
#include "ring/lock.h"
#include "ring/queue.h"

/* What differs between the generations in meaning, not in place. */
struct habits {
    uint32_t ring_align;     /* of the rings that are laid out here */
    uint32_t beat_gap_ms;    /* write the heartbeat when the last is this old */
    bool magic_last;         /* the magic ends the header; earlier releases begin with it */
    bool post_to_nobody;     /* a post without subscribers takes a slot all the same */
    bool targets;            /* posts may be meant for some clients */
    bool take_back;          /* unwanted messages leave from the end, too */
    bool bad_everywhere;     /* late in one queue is late in all */
    bool known_senders_only; /* client messages of others are dropped */
};

static const struct habits *habits_of(const struct orl_layout *lay)
{
    static const struct habits v5 = {.ring_align = 4};
    static const struct habits v12 = {.ring_align = 64,
                                      .beat_gap_ms = 250,
                                      .magic_last = true,
                                      .post_to_nobody = true,
                                      .targets = true,
                                      .take_back = true,
                                      .bad_everywhere = true,
                                      .known_senders_only = true};
    return lay->release == ORL_MASTER ? &v12 : &v5;
}

static struct orl_queue queue_at(const struct orl_producer *p, uint32_t index)
{
    const struct orl_producer_queue *own = &p->queues[index];
    return (struct orl_queue){
        p->lay, p->base + p->lay->hdr_queues + (size_t)index * p->lay->queue_bytes,
        p->base + own->ring_offset, own->ring_len};
}

static int lock(const struct orl_queue *q)
{
    return orl_lock_take(orl_queue_lock(q), q->lay->lock_bytes, NULL);
}

static void unlock(const struct orl_queue *q)
{
    orl_lock_drop(orl_queue_lock(q), q->lay->lock_bytes);
}

/* ---- Session start ------------------------------------------------------------------------- */

/* 0 or the number in the memory is replaced by another one. */
static uint32_t choose_session_id(uint32_t wanted, uint32_t old)
{
    uint32_t id = wanted;
    if (id == 0 && getrandom(&id, sizeof(id), GRND_NONBLOCK) != (ssize_t)sizeof(id)) {
        id = (uint32_t)orl_now_ns();
    }
    return id != 0 && id != old ? id : old + 1 != 0 ? old + 1 : 1;
}

int orl_producer_start(struct orl_producer *p, uint8_t *base, size_t size,
                       const struct orl_layout *lay, const uint8_t *user_data,
                       uint32_t user_data_size, uint32_t session_id, uint64_t now_ms)
{
    uint64_t end = (uint64_t)lay->hdr_bytes + user_data_size;
    if (end > size || size > UINT32_MAX) {
        return ORL_ENOSPC; /* offsets have 32 bits */
    }
    const struct habits *h = habits_of(lay);
    uint32_t id = choose_session_id(session_id, orl_w32_load(base + lay->hdr_session_id));
    *p = (struct orl_producer){.base = base,
                               .size = size,
                               .lay = lay,
                               .session_id = id,
                               .alloc = (size_t)end,
                               .beat_ms = now_ms};
    if (lay->hdr_next_client_id != ORL_ABSENT) {
        orl_w32_store(base + lay->hdr_next_client_id, 0);
    }
    orl_w32_store(base + lay->hdr_session_id, id);
    if (!h->magic_last) {
        orl_w32_store(base + lay->hdr_magic, ORL_LGMP_MAGIC);
    }
    orl_w64_store(base + lay->hdr_heartbeat_ms, now_ms);
    orl_w32_store(base + lay->hdr_proto_version, lay->lgmp);
    orl_w32_store(base + lay->hdr_queue_count, 0);
    orl_w32_store(base + lay->hdr_user_data_size, user_data_size);
    orl_words_write(base + lay->hdr_user_data, user_data, user_data_size);
    if (h->magic_last) {
        orl_w32_store(base + lay->hdr_magic, ORL_LGMP_MAGIC);
    }
    return ORL_OK;
}

size_t orl_producer_alloc(struct orl_producer *p, size_t bytes, size_t align)
{
    uint64_t unit = align > 4 ? align : 4;
    uint64_t from = (p->alloc + unit - 1) / unit * unit;
    if (bytes > p->size || from > p->size - bytes) {
        return 0;
    }
    p->alloc = (size_t)from + bytes;
    return (size_t)from;
}

/* sub_client, sub_deadline, the client-message slots and the ring keep what they hold. */
static void write_queue_block(const struct orl_queue *q, uint32_t id, uint32_t ring_offset,
                              uint32_t timeout_ms)
{
    const struct orl_layout *lay = q->lay;
    const uint32_t zero32[] = {lay->queue_new_sub_count, lay->queue_head,    lay->queue_tail,
                               lay->queue_used,          lay->queue_c_write, lay->queue_c_sent,
                               lay->queue_c_acked};
    orl_w32_store(q->block + lay->queue_queue_id, id);
    orl_w32_store(q->block + lay->queue_ring_len, q->len);
    orl_w32_store(q->block + lay->queue_ring_offset, ring_offset);
    orl_w32_store(q->block + lay->queue_timeout_ms, timeout_ms);
    for (size_t i = 0; i < sizeof(zero32) / sizeof(zero32[0]); i++) {
        orl_w32_store(q->block + zero32[i], 0);
    }
    orl_word_store(q->block + lay->queue_subs, lay->subs_bytes, 0);
    orl_w64_store(q->block + lay->queue_head_deadline, 0);
    orl_w32_store(q->block + lay->queue_c_free, lay->client_slots);
    orl_lock_drop(orl_queue_lock(q), lay->lock_bytes);
    orl_lock_drop(orl_queue_c_lock(q), lay->lock_bytes);
}

int orl_producer_add_queue(struct orl_producer *p, uint32_t id, uint32_t capacity,
                           uint32_t timeout_ms, uint32_t *index)
{
    const struct orl_layout *lay = p->lay;
    uint64_t len = (uint64_t)capacity + lay->ring_spare;
    bool whole = lay->ring_spare > 0 || (capacity & (capacity - 1)) == 0;
    if (p->queue_count == lay->max_queues || len < 2 || len > ORL_MAX_RING_LEN || !whole) {
        return ORL_ENOSPC;
    }
    size_t offset =
        orl_producer_alloc(p, (size_t)len * lay->slot_bytes, habits_of(lay)->ring_align);
    if (offset == 0) {
        return ORL_ENOSPC;
    }
    uint32_t i = p->queue_count;
    p->queues[i] =
        (struct orl_producer_queue){.id = id, .ring_len = (uint32_t)len, .ring_offset = offset};
    struct orl_queue q = queue_at(p, i);
    write_queue_block(&q, id, (uint32_t)offset, timeout_ms);
    p->queue_count++;
    orl_w32_store(p->base + lay->hdr_queue_count, p->queue_count);
    *index = i;
    return ORL_OK;
}

/* ---- Posting ------------------------------------------------------------------------------- */

/* The active subscribers whose client id is in the list. */
static uint32_t targeted(const struct orl_queue *q, uint32_t active, const uint32_t *client_ids,
                         uint32_t count)
{
    uint32_t chosen = 0;
    for (uint32_t n = 0; n < q->lay->subscribers; n++) {
        uint32_t client = active & UINT32_C(1) << n ? orl_w32_load(orl_queue_client(q, n)) : 0;
        for (uint32_t i = 0; client != 0 && i < count; i++) {
            if (client_ids[i] == client) {
                chosen |= UINT32_C(1) << n;
            }
        }
    }
    return chosen;
}

static void fill_slot(const struct orl_queue *q, uint32_t at, struct orl_payload msg,
                      uint32_t pending)
{
    uint8_t *slot = orl_queue_slot(q, at);
    orl_word_store(slot + q->lay->slot_tag, q->lay->tag_bytes, msg.tag);
    orl_w32_store(slot + q->lay->slot_size, msg.size);
    orl_w32_store(slot + q->lay->slot_offset, (uint32_t)msg.off);
    orl_w32_store(slot + q->lay->slot_pending, pending);
}

/* Under the lock. */
static int put(const struct orl_queue *q, struct orl_producer_queue *own,
               struct orl_payload msg, uint32_t pending, uint64_t now_ms)
{
    const struct orl_layout *lay = q->lay;
    uint32_t used = orl_w32_load(q->block + lay->queue_used);
    if (used >= orl_queue_capacity(q)) {
        return ORL_ENOSPC;
    }
    fill_slot(q, own->tail, msg, pending);
    orl_w32_store(q->block + lay->queue_used, used + 1);
    if (used == 0) {
        orl_w64_store(q->block + lay->queue_head_deadline, orl_queue_expiry(q, now_ms));
    }
    own->tail = orl_queue_after(q, own->tail);
    orl_w32_store(q->block + lay->queue_tail, own->tail);
    return ORL_OK;
}

int orl_producer_post(struct orl_producer *p, uint32_t index, struct orl_payload msg,
                      const uint32_t *client_ids, uint32_t count, uint64_t now_ms, bool *posted)
{
    const struct habits *h = habits_of(p->lay);
    struct orl_queue q = queue_at(p, index);
    bool chosen = h->targets && count > 0;
    int err = lock(&q);
    if (err) {
        return err;
    }
    uint32_t pending = orl_subs_active(orl_queue_subs(&q));
    if (chosen) {
        pending = targeted(&q, pending, client_ids, count);
    }
    bool wanted = pending != 0 || (h->post_to_nobody && !chosen);
    if (wanted) {
        err = put(&q, &p->queues[index], msg, pending, now_ms);
    }
    unlock(&q);
    if (posted) {
        *posted = wanted && !err;
    }
    return err;
}

/* ---- Periodic pass ------------------------------------------------------------------------- */

/* Client ids that were just marked bad somewhere. */
struct late_list {
    uint32_t count;
    uint32_t ids[ORL_MAX_QUEUES * ORL_MAX_SUBSCRIBERS];
};

static void mark_bad(const struct orl_queue *q, uint32_t slots, uint64_t now_ms,
                     struct late_list *late)
{
    for (uint32_t n = 0; n < q->lay->subscribers; n++) {
        if (slots & UINT32_C(1) << n) {
            orl_w64_store(orl_queue_deadline(q, n), orl_queue_expiry(q, now_ms));
            late->ids[late->count++] = orl_w32_load(orl_queue_client(q, n));
        }
    }
    orl_queue_change_subs(q, 0, slots, 0);
}

static void take_back(const struct orl_queue *q, struct orl_producer_queue *own,
                      struct orl_indices *x)
{
    uint32_t active = orl_subs_active(orl_queue_subs(q));
    while (x->used > 0) {
        uint32_t last = orl_queue_before(q, own->tail);
        uint8_t *pending = orl_queue_pending(q, last);
        if (orl_w32_load(pending) & active) {
            break;
        }
        orl_w32_store(pending, 0);
        own->tail = last;
        x->used--;
        orl_w32_store(q->block + q->lay->queue_tail, last);
        orl_w32_store(q->block + q->lay->queue_used, x->used);
    }
}

/* Marks who is late for the oldest message and retires what nobody waits for. Under the lock. */
static void clean_head(const struct orl_queue *q, struct orl_indices *x, uint64_t now_ms,
                       struct late_list *late)
{
    uint8_t *deadline = q->block + q->lay->queue_head_deadline;
    while (x->used > 0) {
        uint8_t *pending = orl_queue_pending(q, x->head);
        uint32_t waiting = orl_w32_load(pending) & orl_subs_active(orl_queue_subs(q));
        if (waiting != 0 && now_ms <= orl_w64_load(deadline)) {
            return;
        }
        if (waiting != 0) {
            mark_bad(q, waiting, now_ms, late);
            orl_w32_store(pending, 0);
        }
        orl_queue_retire(q, x);
        if (x->used > 0) {
            orl_w64_store(deadline, orl_queue_expiry(q, now_ms));
        }
    }
}

static int pass_queue(struct orl_producer *p, uint32_t index, uint64_t now_ms,
                      struct late_list *late)
{
    struct orl_queue q = queue_at(p, index);
    struct orl_indices x;
    if (orl_w32_load(q.block + q.lay->queue_used) == 0) {
        return ORL_OK;
    }
    int err = lock(&q);
    if (err) {
        return err;
    }
    if (orl_queue_look(&q, &x) == ORL_OK) {
        if (habits_of(p->lay)->take_back) {
            take_back(&q, &p->queues[index], &x);
        }
        clean_head(&q, &x, now_ms, late);
    } else {
        err = ORL_ESESSION; /* a viewer wrote nonsense: only a new session repairs that */
    }
    unlock(&q);
    return err;
}

static bool is_late(const struct late_list *late, uint32_t client)
{
    for (uint32_t i = 0; i < late->count; i++) {
        if (late->ids[i] == client) {
            return true;
        }
    }
    return false;
}

/* A client that was late in one queue loses all its other queues as well. */
static int mark_everywhere(struct orl_producer *p, const struct late_list *late,
                           uint64_t now_ms)
{
    struct late_list again = {.count = 0};
    int first_err = ORL_OK;
    for (uint32_t i = 0; i < p->queue_count; i++) {
        struct orl_queue q = queue_at(p, i);
        int err = lock(&q);
        if (err) {
            first_err = first_err ? first_err : err;
            continue;
        }
        uint32_t active = orl_subs_active(orl_queue_subs(&q));
        uint32_t slots = 0;
        for (uint32_t n = 0; n < q.lay->subscribers; n++) {
            uint32_t bit = UINT32_C(1) << n;
            if ((active & bit) && is_late(late, orl_w32_load(orl_queue_client(&q, n)))) {
                slots |= bit;
            }
        }
        mark_bad(&q, slots, now_ms, &again);
        unlock(&q);
    }
    return first_err;
}

int orl_producer_pass(struct orl_producer *p, uint64_t now_ms)
{
    const struct orl_layout *lay = p->lay;
    const struct habits *h = habits_of(lay);
    if (orl_w32_load(p->base + lay->hdr_magic) != ORL_LGMP_MAGIC) {
        return ORL_ESESSION;
    }
    if (now_ms - p->beat_ms >= h->beat_gap_ms) {
        orl_w64_store(p->base + lay->hdr_heartbeat_ms, now_ms);
        p->beat_ms = now_ms;
    }
    struct late_list late = {.count = 0};
    int first_err = ORL_OK;
    for (uint32_t i = 0; i < p->queue_count; i++) {
        int err = pass_queue(p, i, now_ms, &late);
        first_err = first_err ? first_err : err;
    }
    if (h->bad_everywhere && late.count > 0) {
        int err = mark_everywhere(p, &late, now_ms);
        first_err = first_err ? first_err : err;
    }
    return first_err;
}

/* ---- Questions and client messages --------------------------------------------------------- */

uint32_t orl_producer_used(const struct orl_producer *p, uint32_t index)
{
    struct orl_queue q = queue_at(p, index);
    return orl_w32_load(q.block + q.lay->queue_used);
}

uint32_t orl_producer_subscribers(const struct orl_producer *p, uint32_t index)
{
    struct orl_queue q = queue_at(p, index);
    return (uint32_t)__builtin_popcount(orl_subs_active(orl_queue_subs(&q)));
}

uint32_t orl_producer_clients(const struct orl_producer *p, uint32_t index,
                              uint32_t ids[ORL_MAX_SUBSCRIBERS])
{
    struct orl_queue q = queue_at(p, index);
    uint32_t active = orl_subs_active(orl_queue_subs(&q)), count = 0;
    for (uint32_t n = 0; n < q.lay->subscribers; n++) {
        if (active & UINT32_C(1) << n) {
            ids[count++] = orl_w32_load(orl_queue_client(&q, n));
        }
    }
    return count;
}

uint32_t orl_producer_new_subscribers(struct orl_producer *p, uint32_t index)
{
    struct orl_queue q = queue_at(p, index);
    return orl_w32_swap(q.block + q.lay->queue_new_sub_count, 0);
}

static bool is_subscriber(const struct orl_queue *q, uint32_t client)
{
    uint32_t active = orl_subs_active(orl_queue_subs(q));
    for (uint32_t n = 0; n < q->lay->subscribers; n++) {
        if ((active & UINT32_C(1) << n) && orl_w32_load(orl_queue_client(q, n)) == client) {
            return true;
        }
    }
    return false;
}

/* Copies the oldest client message out and frees its slot. */
static int take_message(const struct orl_queue *q, uint32_t *c_read, uint8_t *data,
                        uint32_t *len, uint32_t *sender)
{
    const struct orl_layout *lay = q->lay;
    uint8_t *c_free = q->block + lay->queue_c_free;
    if (orl_w32_load(c_free) >= lay->client_slots) {
        return ORL_EAGAIN;
    }
    int err = orl_lock_take(orl_queue_c_lock(q), lay->lock_bytes, NULL);
    if (err) {
        return err;
    }
    const uint8_t *slot = q->block + lay->queue_c_slots + (size_t)*c_read * lay->cslot_bytes;
    uint32_t size = orl_w32_load(slot + lay->cslot_size);
    *len = size <= ORL_CLIENT_BYTES ? size : ORL_CLIENT_BYTES;
    *sender = lay->cslot_sender == ORL_ABSENT ? 0 : orl_w32_load(slot + lay->cslot_sender);
    memcpy(data, slot + lay->cslot_data, *len);
    *c_read = *c_read + 1 == lay->client_slots ? 0 : *c_read + 1;
    orl_w32_add(c_free, 1);
    orl_lock_drop(orl_queue_c_lock(q), lay->lock_bytes);
    return ORL_OK;
}

int orl_producer_read(struct orl_producer *p, uint32_t index, uint8_t *data, uint32_t *len,
                      uint32_t *sender)
{
    struct orl_queue q = queue_at(p, index);
    uint32_t from = 0;
    for (uint32_t i = 0; i < p->lay->client_slots; i++) {
        int err = take_message(&q, &p->queues[index].c_read, data, len, &from);
        if (err) {
            return err;
        }
        if (!habits_of(p->lay)->known_senders_only || is_subscriber(&q, from)) {
            if (sender) {
                *sender = from;
            }
            return ORL_OK;
        }
        orl_producer_ack(p, index);
    }
    return ORL_EAGAIN;
}

void orl_producer_ack(struct orl_producer *p, uint32_t index)
{
    struct orl_queue q = queue_at(p, index);
    orl_w32_add(q.block + q.lay->queue_c_acked, 1);
}
