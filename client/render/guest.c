/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What the polling threads send: status, pools, frames, cursor. */
#include <string.h>

#include "base/clock.h"
#include "frame/way.h"
#include "render/render_impl.h"

#define ORL_LOG_MODULE "render"
#include "base/log.h"

#define UPLOAD_LOG_NS (10 * ORL_NS_PER_S)

static void take_status(struct orl_render *r, uint64_t now_ns)
{
    if (!orl_mailbox_take(&r->frames->status_mb)) {
        return;
    }
    const struct orl_guest_status *s = &r->frames->status[r->frames->status_mb.front];
    char text[ORL_OSD_LINE];
    uint64_t for_ns = orl_sentences_alert(text, &r->status, s);
    if (for_ns) {
        orl_render_alert(r, text, for_ns, now_ns);
    }
    r->status = *s;
    r->text.changed = true;
    if (s->state != ORL_GUEST_NO_FRAME) {
        r->ring_old = s->state != ORL_GUEST_STREAMING;
    }
}

static struct orl_pool *free_place(struct orl_render *r)
{
    for (uint32_t i = 0; i < ORL_RENDER_POOLS; i++) {
        if (r->pools[i].generation == 0) {
            return &r->pools[i];
        }
    }
    return NULL;
}

/* Frees the pools with from <= generation < to. */
static void free_between(struct orl_render *r, uint64_t from, uint64_t to)
{
    for (uint32_t i = 0; i < ORL_RENDER_POOLS; i++) {
        if (r->pools[i].generation != 0 && r->pools[i].generation >= from &&
            r->pools[i].generation < to) {
            orl_gfx_pool_free(r->gfx, &r->pools[i]);
        }
    }
}

void orl_render_free_pools(struct orl_render *r)
{
    free_between(r, 0, UINT64_MAX);
}

/*
 * Buffers for the frame thread. Old ones stay until a frame in newer ones was taken: until then the
 * frame thread may be writing to them. A pool that was replaced in the mailbox was never seen by it
 * and goes at once; so it can only be at work on the newest pool or on the one before.
 */
static int serve_pool(struct orl_render *r)
{
    if (!orl_mailbox_take(&r->frames->want_mb)) {
        return ORL_OK;
    }
    if (!free_place(r)) {
        free_between(r, r->pool_used + 1, r->pool_before);
    }
    struct orl_pool *pool = free_place(r);
    size_t bytes = r->frames->want[r->frames->want_mb.front];
    int err = pool ? orl_gfx_pool_alloc(r->gfx, bytes, pool) : ORL_ENOMEM;
    if (err) {
        orl_error("no memory for three pictures of %zu bytes", bytes);
        return err;
    }
    uint64_t generation = pool->generation;
    r->frames->pool[r->frames->pool_mb.back] = *pool;
    if (orl_mailbox_publish(&r->frames->pool_mb)) {
        free_between(r, r->pool_newest, generation);
    } else {
        r->pool_before = r->pool_newest;
    }
    r->pool_newest = generation;
    return ORL_OK;
}

void orl_render_tell_ways(struct orl_render *r)
{
    r->ways = orl_gfx_ways(r->gfx);
    orl_frame_link_set_ways(r->frames, r->ways);
}

void orl_render_release_held(struct orl_render *r, uint64_t wait_ns)
{
    if (r->held == 0 && r->display_held == 0) {
        return;
    }
    bool reads = wait_ns ? orl_gfx_frame_wait(r->gfx, wait_ns) : orl_gfx_frame_reads(r->gfx);
    if (!reads) {
        orl_render_give_back(r);
    }
}

void orl_render_give_back(struct orl_render *r)
{
    if (r->held) {
        orl_frame_link_release(r->frames, r->held, true);
        r->held = 0;
    }
    if (r->display_held) {
        orl_fallback_release(r->link->fallback, r->display_held, true);
        r->display_held = 0;
    }
}

/* GL cannot take the frame that way: it comes again in another. */
static void refuse_held(struct orl_render *r)
{
    uint32_t before = r->ways;
    orl_render_tell_ways(r);
    if (r->ways != before) {
        orl_warn("frames are copied: %s", orl_gfx_refusal(r->gfx));
    }
    orl_frame_link_release(r->frames, r->held, false);
    r->held = 0;
}

/*
 * GL imports this memory, but no picture of this size, pitch or type: it was uploaded from where it
 * stands. Said when it begins, not for each change of a guest that likes to change.
 */
static void note_upload(struct orl_render *r, const struct orl_slot *slot, uint64_t now_ns)
{
    bool uploaded = slot->kind == ORL_SLOT_DMABUF && !orl_gfx_imported(r->gfx);
    if (uploaded == (orl_counter_get(&r->link->stats.uploaded) != 0)) {
        return;
    }
    orl_counter_set(&r->link->stats.uploaded, uploaded);
    if (uploaded && (!r->upload_said_ns || now_ns - r->upload_said_ns >= UPLOAD_LOG_NS)) {
        r->upload_said_ns = now_ns;
        orl_info("frames are read by the processor: %s", orl_gfx_refusal(r->gfx));
    }
}

uint64_t orl_render_way(const struct orl_render *r)
{
    return orl_counter_get(&r->link->stats.uploaded)
               ? orl_way_word(ORL_USED_HELD, ORL_WHY_SHAPE)
               : orl_counter_get(&r->frames->way);
}

/* A slot with pixels. False: it was refused, and all is as before. */
static bool take_picture(struct orl_render *r, const struct orl_slot *slot, uint64_t now_ns)
{
    r->held = slot->kind == ORL_SLOT_STAGED ? 0 : slot->hold;
    r->pool_used = slot->pool;
    free_between(r, 0, slot->pool);
    int err = orl_render_put(r, ORL_PICTURE_RING, slot, now_ns);
    if (err == ORL_EAGAIN && r->held) {
        refuse_held(r);
        return false;
    }
    orl_render_release_held(r, 0);
    if (err == ORL_OK) {
        note_upload(r, slot, now_ns);
        r->frame_waits = true;
        r->t_seen_ns = slot->t_seen_ns;
    }
    return true;
}

/*
 * GL must have finished with the slot that the take gives back. A held slot that GL still reads is
 * no concern of it: nothing else is published before its release.
 */
static void take_frame(struct orl_render *r, uint64_t now_ns)
{
    orl_gfx_frame_settle(r->gfx);
    if (!orl_mailbox_take(&r->frames->frame_mb)) {
        return;
    }
    const struct orl_slot *slot = &r->frames->frame[r->frames->frame_mb.front];
    bool has = slot->kind != ORL_SLOT_NONE;
    if (!has) {
        orl_render_forget_imports(r, ORL_PICTURE_RING, slot);
    }
    if (!has || take_picture(r, slot, now_ns)) {
        r->ring_has = has;
        r->ring_old = !has;
    }
}

static void take_cursor(struct orl_render *r)
{
    struct orl_frame_link *f = r->frames;
    const struct orl_render_pointer from = {&f->pos_mb, f->pos, &f->shape_mb, f->shape};
    orl_render_take_pointer(r, ORL_PICTURE_RING, &from);
}

int orl_render_take_guest(struct orl_render *r, uint64_t now_ns)
{
    if (r->todo & ORL_RENDER_POOL) {
        if (!free_place(r)) {
            take_frame(r, now_ns);
        }
        int err = serve_pool(r);
        if (err) {
            return err;
        }
        r->todo &= ~(uint32_t)ORL_RENDER_POOL;
    }
    if (r->want.hidden && r->shot_asked == r->shot_done) {
        return ORL_OK; /* pixels stay where they are until somebody sees them */
    }
    if (r->todo & ORL_RENDER_STATUS) {
        take_status(r, now_ns);
    }
    if (r->todo & ORL_RENDER_FRAME) {
        take_frame(r, now_ns);
    }
    if (r->todo & ORL_RENDER_CURSOR) {
        take_cursor(r);
    }
    if (r->todo & ORL_RENDER_FALLBACK) {
        orl_render_take_fallback(r, now_ns);
    }
    r->todo = 0;
    return ORL_OK;
}
