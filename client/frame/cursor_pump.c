/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "frame/cursor_pump.h"

#include <stdlib.h>
#include <string.h>

#include "base/clock.h"

#define MESSAGES_MAX 64

void orl_cursor_pump_init(struct orl_cursor_pump *p, const struct orl_frame_conf *conf,
                          struct orl_frame_link *link)
{
    p->link = link;
    orl_sleeper_init(&p->sleeper);
    orl_source_init(&p->source, conf->path);
    orl_cadence_init(&p->cadence, conf->cursor_poll_us);
}

static void wake_render(const struct orl_cursor_pump *p)
{
    if (p->link->render_wake) {
        orl_wake_set(p->link->render_wake, ORL_RENDER_CURSOR);
    }
}

/* ---- Hand-over ----------------------------------------------------------------------------- */

static bool same_pos(const struct orl_cursor_pos *a, const struct orl_cursor_pos *b)
{
    return a->visible == b->visible && a->x == b->x && a->y == b->y && a->shape == b->shape;
}

static bool publish_pos(struct orl_cursor_pump *p)
{
    if (same_pos(&p->pos, &p->sent)) {
        return false;
    }
    p->sent = p->pos;
    p->link->pos[p->link->pos_mb.back] = p->pos;
    orl_mailbox_publish(&p->link->pos_mb);
    wake_render(p);
    return true;
}

/* Makes room for `bytes`; the old content is not kept. */
static bool grow(uint8_t **buffer, size_t *cap, size_t bytes)
{
    if (bytes <= *cap) {
        return true;
    }
    uint8_t *fresh = malloc(bytes);
    if (!fresh) {
        return false; /* the old shape stays */
    }
    free(*buffer);
    *buffer = fresh;
    *cap = bytes;
    return true;
}

/* `p->stored` holds the checked copy of the shape of `cur`. */
static void publish_shape(struct orl_cursor_pump *p, const struct orl_cursor_msg *cur)
{
    struct orl_cursor_shape *slot = &p->link->shape[p->link->shape_mb.back];
    if (!grow(&slot->rgba, &slot->cap, (size_t)cur->w * cur->h * 4)) {
        return;
    }
    orl_cursor_unpack(slot->rgba, cur, p->stored);
    slot->serial = ++p->shape_serial;
    slot->kind = cur->kind;
    slot->w = cur->w;
    slot->h = cur->h;
    slot->hot_x = cur->hot_x;
    slot->hot_y = cur->hot_y;
    slot->white_nits = cur->white_nits;
    p->pos.shape = slot->serial;
    orl_mailbox_publish(&p->link->shape_mb);
    wake_render(p);
}

/* ---- Messages ------------------------------------------------------------------------------ */

/*
 * Copies what `cur` announces out of the memory, then asks whether the message was ours all the
 * time. Pixels may be torn even so: guests reuse the buffers without looking.
 */
static int copy_payload(struct orl_cursor_pump *p, struct orl_cursor_msg *cur)
{
    struct orl_mem mem = p->source.session.mem;
    if (cur->has_shape && (!grow(&p->stored, &p->stored_cap, cur->shape_bytes) ||
                           !orl_mem_copy(p->stored, mem, cur->shape_off, cur->shape_bytes))) {
        cur->has_shape = false;
    }
    if (cur->has_transform && orl_color_transform_read(&p->incoming, mem, cur) != ORL_OK) {
        cur->has_transform = false;
    }
    return orl_ring_check(&p->ring);
}

static void apply(struct orl_cursor_pump *p, const struct orl_cursor_msg *cur)
{
    if (cur->has_transform) {
        p->transform = p->incoming;
        p->has_transform = p->transform.has_matrix || p->transform.has_lut;
    }
    if (cur->has_shape) {
        publish_shape(p, cur);
    }
    if (cur->has_position) {
        p->pos.x = cur->x;
        p->pos.y = cur->y;
    }
    if (cur->has_visible) {
        p->pos.visible = cur->visible;
    }
}

/* The oldest message. ORL_OK: handled; ORL_EAGAIN: there is none. */
static int handle_one(struct orl_cursor_pump *p)
{
    struct orl_payload msg;
    struct orl_cursor_msg cur;
    int err = orl_ring_next(&p->ring, &msg);
    if (err && err != ORL_EMALFORMED) {
        return err;
    }
    if (!err &&
        orl_cursor_read(&cur, p->source.session.lay, p->source.session.mem, msg) == ORL_OK) {
        err = copy_payload(p, &cur);
        if (err) {
            return err;
        }
        apply(p, &cur);
    }
    err = orl_ring_done(&p->ring);
    return err == ORL_EAGAIN ? ORL_OK : err;
}

/* All messages in order: a shape must not be skipped. Returns how many in *count. */
static int drain(struct orl_cursor_pump *p, uint32_t *count)
{
    int err = ORL_OK;
    while (!err && *count < MESSAGES_MAX) {
        err = handle_one(p);
        *count += err == ORL_OK;
    }
    return err;
}

/* ---- Session ------------------------------------------------------------------------------- */

static void forget_session(struct orl_cursor_pump *p)
{
    p->ring.session = NULL;
    p->subscription.next_ns = 0;
    p->has_transform = false;
    p->pos.visible = false;
    publish_pos(p);
}

static int subscribe(struct orl_cursor_pump *p, uint64_t now_ns)
{
    if (p->ring.session) {
        return ORL_OK;
    }
    return orl_subscription_take(&p->subscription, &p->ring, &p->source.session,
                                 ORL_QUEUE_POINTER, now_ns);
}

static void recover(struct orl_cursor_pump *p, int err, uint64_t now_ns)
{
    switch (err) {
    case ORL_ELATE:
    case ORL_ELOST:
        /* The guest repeats position and shape for the new subscription. */
        orl_subscription_renew(&p->subscription, &p->ring, now_ns);
        break;
    case ORL_ESESSION:
    case ORL_ETIMEOUT:
        orl_source_drop(&p->source, now_ns);
        forget_session(p);
        break;
    case ORL_ECORRUPT:
    case ORL_EMALFORMED:
        orl_source_drop_corrupt(&p->source, now_ns);
        forget_session(p);
        break;
    default: break;
    }
}

static uint64_t when_next(struct orl_cursor_pump *p, uint32_t count, uint64_t now_ns)
{
    if (!p->source.open) {
        return p->source.retry_ns;
    }
    if (!p->ring.session) {
        uint64_t check = now_ns + 100 * ORL_NS_PER_MS;
        return p->subscription.next_ns < check ? p->subscription.next_ns : check;
    }
    uint64_t next = orl_cadence_next(&p->cadence, now_ns);
    return count == MESSAGES_MAX ? now_ns : next;
}

int orl_cursor_pump_step(struct orl_cursor_pump *p, uint64_t now_ns)
{
    if (orl_sleeper_take_poke(&p->sleeper)) {
        orl_cadence_poke(&p->cadence, now_ns);
    }
    uint32_t shape = p->shape_serial;
    uint32_t count = 0;
    int err = orl_source_step(&p->source, now_ns);
    if (err == ORL_ESESSION) {
        forget_session(p);
    }
    if (!err) {
        err = subscribe(p, now_ns);
    }
    if (!err) {
        err = drain(p, &count);
    }
    if (count) {
        orl_cadence_arrival(&p->cadence, now_ns, count);
    }
    bool changed = publish_pos(p) || p->shape_serial != shape;
    if (err && err != ORL_EAGAIN && p->source.open) {
        recover(p, err, now_ns);
    }
    p->next_ns = when_next(p, count, now_ns);
    return changed ? ORL_OK : ORL_EAGAIN;
}

void orl_cursor_pump_run(void *pump)
{
    struct orl_cursor_pump *p = pump;
    while (!orl_flag_is_raised(&p->sleeper.stop)) {
        uint64_t now_ns = orl_now_ns();
        int err = orl_cursor_pump_step(p, now_ns);
        (void)err; /* nothing new, or handed over: the same to the loop */
        orl_sleeper_until(&p->sleeper, now_ns, p->next_ns);
    }
}

void orl_cursor_pump_finish(struct orl_cursor_pump *p)
{
    if (p->source.open) {
        orl_ring_unsubscribe(&p->ring);
    }
    orl_source_finish(&p->source);
    free(p->stored);
    p->stored = NULL;
    p->stored_cap = 0;
}
