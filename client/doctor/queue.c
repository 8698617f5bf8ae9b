/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "doctor/queue.h"

#include <inttypes.h>

#include "doctor/payload.h"

#define MESSAGES_SHOWN 64

/* A private copy of a queue block, and what its numbers allow to look at. */
struct block {
    const struct orl_layout *lay;
    struct orl_mem mem;
    uint8_t raw[ORL_BYTES_queue];
    uint32_t id, ring_len, ring_offset;
    uint32_t head;     /* valid when messages > 0 */
    uint32_t messages; /* to show */
};

static uint32_t get(const struct block *b, uint32_t off)
{
    return orl_get_u32(b->raw + off);
}

static const char *queue_name(uint32_t id)
{
    switch (id) {
    case ORL_QUEUE_POINTER: return "pointer";
    case ORL_QUEUE_FRAME: return "frame";
    case ORL_QUEUE_OWNER_A: return "owner A";
    case ORL_QUEUE_OWNER_B: return "owner B";
    case ORL_QUEUE_INPUT: return "input";
    case ORL_QUEUE_CLIPBOARD: return "clipboard";
    default: return "unknown";
    }
}

static uint32_t get_lock(const struct block *b, uint32_t off)
{
    return b->lay->lock_bytes == 1 ? b->raw[off] : get(b, off);
}

static uint64_t get_subs(const struct block *b)
{
    const uint8_t *p = b->raw + b->lay->queue_subs;
    return b->lay->subs_bytes == 8 ? orl_get_u64(p) : orl_get_u32(p);
}

static void put_numbers(struct orl_writer *r, const struct block *b)
{
    const struct orl_layout *lay = b->lay;
    uint64_t subs = get_subs(b), half = (UINT64_C(1) << lay->subs_on_shift) - 1;
    orl_writer_number(r, "id", b->id);
    orl_writer_text(r, "name", queue_name(b->id));
    orl_writer_number(r, "ring_len", b->ring_len);
    orl_writer_number(r, "ring_offset", b->ring_offset);
    orl_writer_number(r, "timeout_ms", get(b, lay->queue_timeout_ms));
    orl_writer_number(r, "new_sub_count", get(b, lay->queue_new_sub_count));
    orl_writer_number(r, "head", get(b, lay->queue_head));
    orl_writer_number(r, "tail", get(b, lay->queue_tail));
    orl_writer_number(r, "used", get(b, lay->queue_used));
    orl_writer_number(r, "head_deadline", orl_get_u64(b->raw + lay->queue_head_deadline));
    orl_writer_number(r, "lock", get_lock(b, lay->queue_lock));
    orl_writer_number(r, "c_lock", get_lock(b, lay->queue_c_lock));
    orl_writer_number(r, "c_free", get(b, lay->queue_c_free));
    orl_writer_number(r, "c_write", get(b, lay->queue_c_write));
    orl_writer_number(r, "c_sent", get(b, lay->queue_c_sent));
    orl_writer_number(r, "c_acked", get(b, lay->queue_c_acked));
    orl_writer_number(r, "subs_on", subs >> lay->subs_on_shift);
    orl_writer_number(r, "subs_bad", subs & half);
}

/* Ring and indices: says what is wrong, and how many messages can be shown. */
static void judge(struct block *b, size_t rings_from, struct orl_problems *p)
{
    const struct orl_layout *lay = b->lay;
    uint32_t tail = get(b, lay->queue_tail), used = get(b, lay->queue_used);
    b->head = get(b, lay->queue_head);
    bool whole = lay->ring_spare > 0 || (b->ring_len & (b->ring_len - 1)) == 0;
    bool placed = false;
    if (b->ring_len < 2 || b->ring_len > ORL_MAX_RING_LEN || !whole) {
        orl_problems_add(p, "ring of %" PRIu32 " slots: rejected", b->ring_len);
    } else if (b->ring_offset < rings_from || b->ring_offset % lay->ring_align != 0 ||
               !orl_mem_has(b->mem, b->ring_offset, (uint64_t)b->ring_len * lay->slot_bytes)) {
        orl_problems_add(p, "ring at %" PRIu32 " is misplaced: rejected", b->ring_offset);
    } else {
        placed = true;
    }
    if (b->head >= b->ring_len || tail >= b->ring_len || used > b->ring_len - lay->ring_spare) {
        orl_problems_add(p, "head, tail or used outside the ring: corrupt");
    } else if (placed) {
        b->messages = used < MESSAGES_SHOWN ? used : MESSAGES_SHOWN;
    }
    if (get(b, lay->queue_c_write) >= lay->client_slots ||
        get(b, lay->queue_c_free) > lay->client_slots) {
        orl_problems_add(p, "client message indices outside their ring: corrupt");
    }
}

static void put_subscribers(struct orl_writer *r, const struct block *b)
{
    const struct orl_layout *lay = b->lay;
    uint64_t subs = get_subs(b);
    orl_writer_list(r, "subscribers");
    for (uint32_t n = 0; n < lay->subscribers; n++) {
        bool on = subs >> (lay->subs_on_shift + n) & 1, bad = subs >> n & 1;
        if (on || bad) {
            orl_writer_open(r, NULL);
            orl_writer_number(r, "slot", n);
            orl_writer_number(r, "client_id", get(b, lay->queue_sub_client + 4 * n));
            orl_writer_number(r, "deadline",
                              orl_get_u64(b->raw + lay->queue_sub_deadline + 8 * (size_t)n));
            orl_writer_text(r, "state", !on ? "stale" : bad ? "late" : "active");
            orl_writer_close(r);
        }
    }
    orl_writer_close(r);
}

static void put_message(struct orl_writer *r, const struct block *b, uint32_t slot)
{
    const struct orl_layout *lay = b->lay;
    uint8_t raw[ORL_BYTES_slot];
    struct orl_problems problems = {0};
    if (!orl_mem_copy(raw, b->mem, b->ring_offset + (uint64_t)slot * lay->slot_bytes,
                      lay->slot_bytes)) {
        return;
    }
    struct orl_payload msg = {.off = orl_get_u32(raw + lay->slot_offset),
                              .size = orl_get_u32(raw + lay->slot_size),
                              .tag = lay->tag_bytes == 8 ? orl_get_u64(raw + lay->slot_tag)
                                                         : orl_get_u32(raw + lay->slot_tag)};
    orl_writer_open(r, NULL);
    orl_writer_number(r, "slot", slot);
    orl_writer_number(r, "tag", msg.tag);
    orl_writer_number(r, "size", msg.size);
    orl_writer_number(r, "offset", msg.off);
    orl_writer_number(r, "pending", orl_get_u32(raw + lay->slot_pending));
    if (!orl_mem_has(b->mem, msg.off, msg.size)) {
        orl_problems_add(&problems, "payload outside the memory: rejected");
    } else if (b->id == ORL_QUEUE_POINTER) {
        orl_payload_cursor(r, lay, b->mem, msg);
    } else if (b->id >= ORL_QUEUE_FRAME && b->id <= ORL_QUEUE_OWNER_B) {
        orl_payload_frame(r, lay, b->mem, msg);
    }
    orl_writer_problems(r, &problems);
    orl_writer_close(r);
}

static void put_client_messages(struct orl_writer *r, const struct block *b)
{
    const struct orl_layout *lay = b->lay;
    uint32_t next = get(b, lay->queue_c_write), room = get(b, lay->queue_c_free);
    orl_writer_list(r, "client_messages");
    bool fine = next < lay->client_slots && room <= lay->client_slots;
    for (uint32_t i = fine ? room : lay->client_slots; i < lay->client_slots; i++) {
        /* Unread ones fill the ring up to the next free slot: the oldest is `room` after it. */
        uint32_t slot = (next + i) % lay->client_slots;
        const uint8_t *raw = b->raw + lay->queue_c_slots + (size_t)slot * lay->cslot_bytes;
        uint32_t size = orl_get_u32(raw + lay->cslot_size);
        struct orl_problems problems = {0};
        orl_writer_open(r, NULL);
        orl_writer_number(r, "slot", slot);
        orl_writer_number(r, "size", size);
        if (lay->cslot_sender != ORL_ABSENT) {
            orl_writer_number(r, "sender", orl_get_u32(raw + lay->cslot_sender));
        }
        if (size <= ORL_CLIENT_BYTES) {
            orl_payload_client(r, raw + lay->cslot_data, size);
        } else {
            orl_problems_add(&problems, "longer than a client message can be");
        }
        orl_writer_problems(r, &problems);
        orl_writer_close(r);
    }
    orl_writer_close(r);
}

void orl_queue_describe(struct orl_writer *r, const struct orl_layout *lay, struct orl_mem mem,
                        uint32_t index, size_t rings_from)
{
    struct orl_problems problems = {0};
    struct block b = {.lay = lay, .mem = mem};
    orl_writer_open(r, NULL);
    if (orl_mem_copy(b.raw, mem, lay->hdr_queues + (uint64_t)index * lay->queue_bytes,
                     lay->queue_bytes)) {
        b.id = get(&b, lay->queue_queue_id);
        b.ring_len = get(&b, lay->queue_ring_len);
        b.ring_offset = get(&b, lay->queue_ring_offset);
        put_numbers(r, &b);
        judge(&b, rings_from, &problems);
        orl_writer_problems(r, &problems);
        put_subscribers(r, &b);
        orl_writer_list(r, "messages");
        for (uint32_t i = 0; i < b.messages; i++) {
            put_message(r, &b, (b.head + i) % b.ring_len);
        }
        orl_writer_close(r);
        put_client_messages(r, &b);
    }
    orl_writer_close(r);
}
