/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Everything a guest must not do. Frames and cursor messages are spoiled every other time, so that
 * a viewer has to stay usable in between; what breaks a session for good lasts half a phase and is
 * healed by a new session.
 */
#include <string.h>

#include "base/clock.h"
#include "demo/draw.h"
#include "demo/guest.h"
#include "ring/mem.h"

#define PHASE_NS                                                                               \
    (1200 * ORL_NS_PER_MS) /* healthy, then as long broken: past the viewer's limit */
#define LASTING                                                                                \
    (ORL_DEMO_BAD_LOCK | ORL_DEMO_BAD_HEARTBEAT | ORL_DEMO_BAD_SESSION | ORL_DEMO_BAD_RING |   \
     ORL_DEMO_BAD_INPUT)

static uint32_t draw_lot(struct orl_demo_guest *g)
{
    g->mischief.rng = orl_demo_hash(g->mischief.rng, g->conf.seed);
    return (uint32_t)g->mischief.rng;
}

/* Numbers at which programs break, or any. */
static uint32_t evil(struct orl_demo_guest *g)
{
    static const uint32_t edges[] = {
        0,          1,          2,          3,          63,         65,        255,
        4095,       4097,       16384,      16385,      65535,      65536,     0x7FFFFFFF,
        0x80000000, 0x80000001, 0xFFFFFFFF, 0xFFFFFFFE, 0xFFFFF000, 0x40000000};
    uint32_t lot = draw_lot(g);
    return lot % 4 == 0 ? draw_lot(g) : edges[lot / 4 % (sizeof(edges) / sizeof(edges[0]))];
}

/* Spoils a few words of [p, p + bytes). */
static void scribble(struct orl_demo_guest *g, uint8_t *p, uint32_t bytes)
{
    uint32_t times = 1 + draw_lot(g) % 4;
    for (uint32_t i = 0; i < times && bytes >= 4; i++) {
        size_t word = draw_lot(g) % (bytes / 4);
        orl_w32_store(p + word * 4, evil(g));
    }
}

static void spoil_damage(struct orl_demo_guest *g, uint8_t *header)
{
    uint32_t room = ORL_RECTS_MAX * g->lay->rect_bytes;
    orl_put_u32(header + g->lay->frame_damage_count,
                draw_lot(g) % 4 ? draw_lot(g) % 66 : evil(g));
    for (uint32_t i = 0; i + 4 <= room; i += 4) {
        orl_put_u32(header + g->lay->frame_damage + i, evil(g));
    }
}

static void spoil_size(struct orl_demo_guest *g, uint8_t *header)
{
    const struct orl_layout *lay = g->lay;
    const uint32_t fields[] = {lay->frame_frame_w, lay->frame_frame_h, lay->frame_pitch,
                               lay->frame_screen_w, lay->frame_screen_h};
    for (uint32_t i = 0; i < sizeof(fields) / sizeof(fields[0]); i++) {
        orl_put_u32(header + fields[i], 16384u >> (draw_lot(g) % 3) << (draw_lot(g) % 12));
    }
}

static void spoil_message(struct orl_demo_guest *g, struct orl_payload *msg)
{
    if (draw_lot(g) % 2) {
        msg->off = evil(g);
    } else {
        msg->size = evil(g);
    }
}

void orl_demo_mischief_frame(struct orl_demo_guest *g, struct orl_payload *msg)
{
    uint32_t how = g->conf.hostile;
    if (how == 0 || g->frames.posts % 2 == 0) {
        return;
    }
    uint8_t *header = g->prod.base + msg->off;
    if (how & ORL_DEMO_BAD_HEADER) {
        scribble(g, header, g->lay->frame_damage);
    }
    if (how & ORL_DEMO_BAD_DAMAGE) {
        spoil_damage(g, header);
    }
    if (how & ORL_DEMO_BAD_HUGE && draw_lot(g) % 2) {
        spoil_size(g, header);
    }
    if (how & ORL_DEMO_BAD_OUTSIDE) {
        spoil_message(g, msg);
    }
}

void orl_demo_mischief_cursor(struct orl_demo_guest *g, struct orl_payload *msg)
{
    if (g->pointer.posts % 2 == 0) {
        return;
    }
    if (g->conf.hostile & ORL_DEMO_BAD_CURSOR) {
        scribble(g, g->prod.base + msg->off, g->lay->cursor_bytes);
        msg->tag = draw_lot(g);
    }
    if (g->conf.hostile & ORL_DEMO_BAD_OUTSIDE) {
        spoil_message(g, msg);
    }
}

bool orl_demo_mischief_written(struct orl_demo_guest *g, uint8_t *word, uint32_t full)
{
    if (!(g->conf.hostile & ORL_DEMO_BAD_WRITTEN) || g->frames.posts % 2 == 0) {
        return false;
    }
    switch (draw_lot(g) % 5) {
    case 0: orl_w32_store(word, full - 1); break; /* never complete */
    case 1: orl_w32_store(word, 0); break;
    case 2: orl_w32_store(word, UINT32_MAX); break;
    case 3: /* complete, then back */
        orl_w32_store(word, full);
        orl_w32_store(word, 0);
        break;
    default: orl_w32_store(word, evil(g)); break;
    }
    return true;
}

static uint8_t *queue_block(const struct orl_demo_guest *g, uint32_t i)
{
    return g->prod.base + g->lay->hdr_queues + (size_t)i * g->lay->queue_bytes;
}

static void spoil_ring(struct orl_demo_guest *g)
{
    const struct orl_layout *lay = g->lay;
    const uint32_t fields[] = {lay->queue_ring_len, lay->queue_ring_offset, lay->queue_head,
                               lay->queue_tail,     lay->queue_used,        lay->queue_c_write,
                               lay->queue_c_free,   lay->queue_timeout_ms};
    if (g->prod.queue_count == 0) {
        return;
    }
    uint8_t *block = queue_block(g, draw_lot(g) % g->prod.queue_count);
    uint32_t field = draw_lot(g) % (sizeof(fields) / sizeof(fields[0]));
    orl_w32_store(block + fields[field], evil(g));
}

static void spoil_session(struct orl_demo_guest *g)
{
    const struct orl_layout *lay = g->lay;
    const uint32_t fields[] = {lay->hdr_magic, lay->hdr_proto_version, lay->hdr_session_id,
                               lay->hdr_queue_count, lay->hdr_user_data_size};
    orl_w32_store(g->prod.base + fields[draw_lot(g) % 5], evil(g));
    scribble(g, g->prod.base + (lay->hdr_user_data & ~3u), 256);
}

void orl_demo_mischief_input(struct orl_demo_guest *g, size_t status_off)
{
    if (g->conf.hostile & ORL_DEMO_BAD_INPUT && g->mischief.broken) {
        scribble(g, g->prod.base + status_off, ORL_LEN_hstat);
    }
}

/* The head of a stream, and now and then the whole of it; statuses in any case. */
static void spoil_input(struct orl_demo_guest *g)
{
    struct orl_demo_input *in = &g->input;
    if (in->on) {
        struct orl_stream *s = &in->ends[draw_lot(g) % ORL_HID_ENDPOINTS].stream;
        scribble(g, s->region, draw_lot(g) % 2 ? ORL_LEN_sreg : s->desc.region_bytes);
        in->publish = true;
    }
}

static void misbehave(struct orl_demo_guest *g)
{
    uint32_t how = g->conf.hostile;
    if (how & ORL_DEMO_BAD_LOCK) {
        for (uint32_t i = 0; i < g->prod.queue_count; i++) {
            queue_block(g, i)[g->lay->queue_lock] = 1;
        }
    }
    if (how & ORL_DEMO_BAD_HEARTBEAT) {
        orl_w64_store(g->prod.base + g->lay->hdr_heartbeat_ms, g->mischief.frozen_beat);
    }
    if (how & ORL_DEMO_BAD_RING) {
        spoil_ring(g);
    }
    if (how & ORL_DEMO_BAD_SESSION) {
        spoil_session(g);
    }
    if (how & ORL_DEMO_BAD_INPUT) {
        spoil_input(g);
    }
}

void orl_demo_mischief_late(struct orl_demo_guest *g)
{
    if (g->conf.hostile & ORL_DEMO_BAD_LATE && g->frames.last >= 0) {
        scribble(g, g->prod.base + g->frames.last_msg.off, g->lay->frame_damage);
    }
}

void orl_demo_mischief_step(struct orl_demo_guest *g)
{
    struct orl_demo_mischief *m = &g->mischief;
    orl_demo_mischief_late(g);
    if (!(g->conf.hostile & LASTING)) {
        return;
    }
    if (g->now_ns - m->since_ns > PHASE_NS) {
        m->since_ns = g->now_ns;
        g->restart |= m->broken;
        m->broken = !m->broken;
        m->frozen_beat = orl_w64_load(g->prod.base + g->lay->hdr_heartbeat_ms);
    }
    if (m->broken) {
        misbehave(g);
    }
}

bool orl_demo_mischief_holds(const struct orl_demo_guest *g)
{
    const uint32_t unusable = ORL_DEMO_BAD_LOCK | ORL_DEMO_BAD_RING | ORL_DEMO_BAD_SESSION;
    return g->mischief.broken && g->conf.hostile & unusable;
}
