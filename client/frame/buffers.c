/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Frames that are copied: the render thread's buffers, and what goes into them. */
#include <string.h>

#include "base/clock.h"
#include "frame/pump_impl.h"

#define POOL_HOLD_NS (300 * ORL_NS_PER_MS) /* how long a message waits for buffers */
#define POOL_ASK_NS  ORL_NS_PER_S

static size_t pool_bytes_of(const struct orl_frame_desc *f)
{
    return (size_t)(f->rows + f->extra_rows) * f->pitch;
}

/*
 * New buffers hold nothing. Unless a message is kept for them or the picture was shown, it is asked for again: on a
 * still desktop the guest would not send another.
 */
void orl_pump_take_pool(struct orl_pump *p, uint64_t now_ns)
{
    if (!orl_mailbox_take(&p->link->pool_mb)) {
        return;
    }
    p->pool = p->link->pool[p->link->pool_mb.front];
    orl_damage_reset(&p->damage);
    if (p->ring.session && p->held_ns == 0 && p->has_last && !p->last_shown &&
        p->pool.bytes >= pool_bytes_of(&p->last)) {
        p->frame_unread = false;
        p->last_shown = false;
        orl_pump_resubscribe(p, now_ns);
    }
}

static void want_pool(struct orl_pump *p, size_t bytes, uint64_t now_ns)
{
    if (p->wanted_bytes == bytes && now_ns - p->wanted_ns < POOL_ASK_NS) {
        return;
    }
    p->wanted_bytes = bytes;
    p->wanted_ns = now_ns;
    p->link->want[p->link->want_mb.back] = bytes;
    orl_mailbox_publish(&p->link->want_mb);
    if (p->link->render_wake) {
        orl_wake_set(p->link->render_wake, ORL_RENDER_POOL);
    }
}

int orl_pump_need_pool(struct orl_pump *p, uint64_t now_ns)
{
    size_t bytes = pool_bytes_of(&p->last);
    if (p->pool.bytes >= bytes) {
        p->held_ns = 0;
        p->frame_unread = false;
        return ORL_OK;
    }
    if (p->ways & ORL_WAYS_KNOWN) { /* else there may be no need for buffers at all */
        want_pool(p, bytes, now_ns);
    }
    if (p->held_ns == 0) {
        p->held_ns = now_ns;
    }
    if (!p->frame_unread && now_ns - p->held_ns < POOL_HOLD_NS) {
        return ORL_EAGAIN;
    }
    p->frame_unread = true;
    p->held_ns = 0;
    return orl_pump_reject(p);
}

/* ---- Pixels -------------------------------------------------------------------------------- */

static bool still_wanted(void *arg)
{
    struct orl_pump *p = arg;
    return !orl_flag_is_raised(&p->sleeper->stop) && orl_ring_check(&p->ring) == ORL_OK;
}

static void fill_extra_row(struct orl_pump *p, const struct orl_frame_desc *f, uint8_t *dst)
{
    if (f->extra_rows && f->row_bytes <= sizeof(p->extra_row)) {
        orl_stage_extra_row(p->extra_row, p->source.session.mem, f);
        memcpy(dst + (size_t)f->rows * f->pitch, p->extra_row, f->row_bytes);
    }
}

struct orl_stage_limits orl_pump_limits(struct orl_pump *p)
{
    return (struct orl_stage_limits){p->stage_wait_ns, still_wanted, p};
}

int orl_pump_unread(struct orl_pump *p, int err, int owned)
{
    if (owned) {
        p->last_shown = false;
        return owned;
    }
    return err == ORL_ESESSION ? ORL_EAGAIN
                               : orl_pump_reject(p); /* the former: asked to stop */
}

int orl_pump_stage(struct orl_pump *p)
{
    uint32_t back = p->link->frame_mb.back;
    struct orl_stage_limits limits = orl_pump_limits(p);
    struct orl_rects todo;
    orl_damage_todo(&p->damage, back, &todo);
    int err = orl_stage_copy(p->pool.map[back], p->pool.bytes, p->source.session.mem, &p->last,
                             &todo, &limits);
    if (err == ORL_OK) {
        fill_extra_row(p, &p->last, p->pool.map[back]);
    }
    int owned = orl_ring_check(&p->ring); /* only what was ours to the end is a picture */
    if (err == ORL_OK && owned == ORL_OK) {
        return ORL_OK;
    }
    orl_damage_failed(&p->damage, back);
    return orl_pump_unread(p, err, owned);
}
