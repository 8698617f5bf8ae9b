/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <inttypes.h>
#include <string.h>

#include "base/clock.h"
#include "demo/guest.h"
#include "ring/mem.h"

#define REPOST_NS (100 * ORL_NS_PER_MS) /* sooner than this the next real frame will do */
#define RETRY_NS  (1 * ORL_NS_PER_MS)   /* when the queue is full */

uint32_t orl_demo_slot_align(enum orl_release release)
{
    return release == ORL_MASTER ? 65536 : 4096;
}

uint32_t orl_demo_slot_count(enum orl_release release)
{
    return release == ORL_MASTER ? 3 : 2;
}

int orl_demo_frames_setup(struct orl_demo_guest *g)
{
    struct orl_demo_frames *f = &g->frames;
    f->align = orl_demo_slot_align(g->conf.release);
    f->slots = orl_demo_slot_count(g->conf.release);
    size_t start = (g->prod.alloc + f->align - 1) / f->align * f->align;
    size_t left = g->prod.size > start ? g->prod.size - start : 0;
    size_t bytes = left / f->slots / f->align * f->align;
    if (bytes > UINT32_MAX / 2) {
        bytes = UINT32_MAX / 2 / f->align * f->align;
    }
    uint32_t pitch = orl_demo_pitch(g->conf.release, g->conf.fmt, g->conf.w);
    if (bytes < (size_t)f->align + pitch) {
        return ORL_ENOSPC;
    }
    f->slot_bytes = (uint32_t)bytes;
    for (uint32_t i = 0; i < f->slots; i++) {
        f->off[i] = orl_producer_alloc(&g->prod, bytes, f->align);
        if (f->off[i] == 0) {
            return ORL_ENOSPC;
        }
        orl_rects_set_full(&f->stale[i]);
    }
    f->n = 0;
    f->posts = 0;
    f->last = -1;
    f->new_scene = true;
    f->write.on = false;
    f->next_ns = g->now_ns;
    return ORL_OK;
}

/* A slot may be written when no message in the ring names it; the ring is the only truth, since
 * master's clean-up also takes messages away at the tail. */
static bool slot_in_ring(const struct orl_demo_guest *g, uint32_t slot)
{
    const struct orl_producer_queue *q = &g->prod.queues[g->frames.queue];
    uint32_t used = orl_producer_used(&g->prod, g->frames.queue);
    for (uint32_t k = 1; k <= used && k <= q->ring_len; k++) {
        uint32_t at = (q->tail + q->ring_len - k) % q->ring_len;
        const uint8_t *entry = g->prod.base + q->ring_offset + (size_t)at * g->lay->slot_bytes;
        if (orl_w32_load(entry + g->lay->slot_offset) == g->frames.off[slot]) {
            return true;
        }
    }
    return false;
}

/* -1: none free. B6 and B7 alternate, master takes any. */
static int free_slot(const struct orl_demo_guest *g)
{
    const struct orl_demo_frames *f = &g->frames;
    uint32_t tries = g->conf.release == ORL_MASTER ? f->slots : 1;
    for (uint32_t i = 1; i <= tries; i++) {
        uint32_t slot = (uint32_t)(f->last + (int)i) % f->slots;
        if (!slot_in_ring(g, slot)) {
            return (int)slot;
        }
    }
    return -1;
}

/* Rows that are stored. */
static uint32_t stored_rows(const struct orl_demo_guest *g)
{
    const struct orl_demo_frames *f = &g->frames;
    uint32_t room = f->slot_bytes - f->align;
    uint32_t rows = room / g->canvas.pitch;
    rows = rows < g->conf.h ? rows : g->conf.h;
    return g->conf.max_rows && g->conf.max_rows < rows ? g->conf.max_rows : rows;
}

/* B6 and B7 forget the bytes before the pixels when they count the rows that fit: their headers
 * promise rows beyond the slot's end. So does this one; it does not write them, though. */
static void promise_too_much(const struct orl_demo_guest *g, uint32_t slot)
{
    const struct orl_layout *lay = g->lay;
    uint32_t rows = g->frames.slot_bytes / g->canvas.pitch;
    bool has_data_size = lay->frame_data_h != ORL_ABSENT;
    if (lay->release == ORL_MASTER || g->conf.max_rows) {
        return;
    }
    rows = rows < g->conf.h ? rows : g->conf.h;
    orl_put_u32(g->prod.base + g->frames.off[slot] +
                    (has_data_size ? lay->frame_data_h : lay->frame_frame_h),
                rows);
}

static void set_hdr(struct orl_frame_desc *desc)
{
    static const struct orl_hdr p3_1000 = {
        {34000, 16000, 13250, 34500, 7500, 3000}, {15635, 16450}, 1000, 50, 1000, 400};
    desc->hdr = p3_1000;
}

static void describe(struct orl_demo_guest *g, struct orl_frame_desc *desc, uint32_t slot,
                     const struct orl_rects *changed)
{
    const struct orl_demo_conf *c = &g->conf;
    struct orl_demo_frames *f = &g->frames;
    memset(desc, 0, sizeof(*desc));
    desc->serial = (uint32_t)f->n + (c->release == ORL_MASTER ? 1 : 0);
    desc->format_id = f->format_id;
    desc->fmt = c->fmt;
    desc->screen_w = c->screen_w ? c->screen_w : c->w;
    desc->screen_h = c->screen_h ? c->screen_h : c->h;
    desc->w = c->w;
    desc->h = c->h;
    desc->rows = stored_rows(g);
    desc->pitch = g->canvas.pitch;
    desc->row_bytes = c->w * g->canvas.pixel_bytes;
    desc->rotation = c->rotation;
    desc->flags = c->flags & ~(uint32_t)(ORL_FRAME_TRUNCATED | ORL_FRAME_REQUEST_ACTIVATION);
    desc->flags |= c->fmt == ORL_PIX_RGBA16F ? (uint32_t)ORL_FRAME_HDR : 0;
    desc->flags &= g->lay->known_flags;
    desc->flags |= desc->rows < c->h ? (uint32_t)ORL_FRAME_TRUNCATED : 0;
    desc->flags |= f->activate ? (uint32_t)ORL_FRAME_REQUEST_ACTIVATION : 0;
    desc->white_nits = orl_demo_white_nits(c);
    if (desc->flags & ORL_FRAME_HDR_METADATA) {
        set_hdr(desc);
    }
    desc->wp_off = f->off[slot] + f->align - 4;
    desc->pix_off = f->off[slot] + f->align;
    desc->damage = *changed;
    if (c->damage == ORL_DEMO_FULL) {
        orl_rects_set_full(&desc->damage);
    } else if (orl_rects_empty(changed)) {
        desc->damage.n = 1; /* a list that clips to nothing says that nothing changed */
        desc->damage.r[0] = (struct orl_rect){c->w, c->h, 1, 1};
    }
}

static int draw(struct orl_demo_guest *g, struct orl_rects *changed)
{
    struct orl_demo_frames *f = &g->frames;
    if (f->new_scene) {
        int err = orl_demo_canvas_reset(&g->canvas, &g->conf);
        if (err != ORL_OK) {
            return err;
        }
        f->format_id++;
        f->new_scene = false;
    }
    orl_demo_canvas_step(&g->canvas, f->n, changed);
    for (uint32_t i = 0; i < f->slots; i++) {
        if (g->conf.damage == ORL_DEMO_FULL) {
            orl_rects_set_full(&f->stale[i]);
        } else {
            orl_rects_add(&f->stale[i], changed);
        }
    }
    return ORL_OK;
}

static void ring_peers(const struct orl_demo_guest *g, bool posted)
{
    if (g->conf.ring && posted) {
        orl_ivshmem_ring(&g->server);
    }
}

static int produce(struct orl_demo_guest *g, uint32_t slot)
{
    struct orl_demo_frames *f = &g->frames;
    struct orl_rects changed;
    struct orl_frame_desc desc;
    int err = draw(g, &changed);
    if (err != ORL_OK) {
        return err;
    }
    describe(g, &desc, slot, &changed);
    struct orl_payload msg = {f->off[slot], f->slot_bytes, 0};
    err = desc.rows ? orl_frame_write(g->prod.base, g->prod.size, g->lay, msg, &desc)
                    : ORL_ENOSPC; /* a mode so wide that not one row fits */
    if (err != ORL_OK) {
        return err;
    }
    if (desc.flags & ORL_FRAME_TRUNCATED) {
        promise_too_much(g, slot);
    }
    f->last_msg = msg;
    orl_demo_mischief_frame(g, &msg);
    uint64_t post_ns = orl_now_ns();
    bool posted = false;
    err = orl_producer_post(&g->prod, f->queue, msg, NULL, 0, orl_demo_now_ms(g), &posted);
    if (g->log && posted) {
        fprintf(g->log, "%u %" PRIu64 " %" PRIu64 "\n", (unsigned)desc.serial, post_ns, f->n);
    }
    ring_peers(g, posted);
    f->last = (int)slot;
    orl_demo_mischief_late(g);
    orl_demo_write_begin(g, slot, desc.rows);
    f->n++;
    f->posts++;
    f->posted += posted;
    f->activate = false;
    f->repost = false;
    return err == ORL_ENOSPC || err == ORL_ETIMEOUT ? ORL_OK : err; /* this frame is lost */
}

/* The same message again: same serial, same pixels. */
static void post_again(struct orl_demo_guest *g)
{
    struct orl_demo_frames *f = &g->frames;
    bool posted = false;
    if (orl_producer_post(&g->prod, f->queue, f->last_msg, NULL, 0, orl_demo_now_ms(g),
                          &posted) == ORL_OK) {
        f->repost = !posted;
        ring_peers(g, posted);
    }
}

static void schedule(struct orl_demo_guest *g)
{
    struct orl_demo_frames *f = &g->frames;
    if (g->conf.fps == 0) {
        return;
    }
    uint64_t period = ORL_NS_PER_S / g->conf.fps;
    f->next_ns += period;
    if (f->next_ns + period < g->now_ns) { /* late: keep the rhythm, not the number */
        f->next_ns = g->now_ns + period;
    }
}

/* Master's driver passes around each delivery as well: its messages stay queued until a pass. */
static bool is_full(struct orl_demo_guest *g)
{
    if (g->conf.release == ORL_MASTER && orl_producer_used(&g->prod, g->frames.queue) > 0 &&
        orl_producer_pass(&g->prod, orl_demo_now_ms(g)) == ORL_ESESSION) {
        g->restart = true;
    }
    return orl_producer_used(&g->prod, g->frames.queue) >= 2;
}

int orl_demo_frames_step(struct orl_demo_guest *g)
{
    struct orl_demo_frames *f = &g->frames;
    f->wake_ns = g->now_ns + ORL_DEMO_PASS_NS;
    if (f->write.on) {
        orl_demo_write_step(g);
        f->wake_ns = f->write.on ? f->write.next_ns : g->now_ns;
        return ORL_OK;
    }
    if (orl_demo_mischief_holds(g) || g->recovery.active) {
        return ORL_OK;
    }
    f->repost |= orl_producer_new_subscribers(&g->prod, f->queue) > 0;
    if (orl_producer_subscribers(&g->prod, f->queue) == 0) {
        return ORL_OK; /* capture is suspended while nobody looks */
    }
    bool wanted = g->conf.fps > 0 || f->new_scene || f->activate || f->last < 0;
    bool due = wanted && g->now_ns >= f->next_ns;
    bool full = is_full(g);
    if (due && !full) {
        int slot = free_slot(g);
        if (slot >= 0) {
            schedule(g);
            f->wake_ns = g->conf.fps ? f->next_ns : g->now_ns + ORL_DEMO_PASS_NS;
            return produce(g, (uint32_t)slot);
        }
    }
    if (f->repost && !full && f->last >= 0 && (!wanted || f->next_ns > g->now_ns + REPOST_NS)) {
        post_again(g);
    }
    f->wake_ns = due ? g->now_ns + RETRY_NS : wanted ? f->next_ns : f->wake_ns;
    return ORL_OK;
}
