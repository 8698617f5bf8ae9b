/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "frame/cursor_pump.h"

#include <stdlib.h>
#include <string.h>

#include "base/clock.h"

#define MESSAGES_MAX 64

/* How long a wish is worth sending. */
#define ALIGN_NS (100 * ORL_NS_PER_MS)
#define SIZE_NS  (2 * ORL_NS_PER_S)

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

/*
 * The pointing position is the shape's corner plus its hot spot. A shape that comes without a
 * position leaves the pointer where it is: the corner that belongs to it follows.
 */
static void publish_report(struct orl_cursor_pump *p, bool known, uint64_t now_ns)
{
    p->place_known = known;
    p->link->report[p->link->report_mb.back] =
        (struct orl_cursor_report){.known = known,
                                   .x = known ? (int32_t)p->pos.x + p->hot_x : 0,
                                   .y = known ? (int32_t)p->pos.y + p->hot_y : 0,
                                   .t_ns = now_ns};
    orl_mailbox_publish(&p->link->report_mb);
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
    p->hot_x = cur->hot_x;
    p->hot_y = cur->hot_y;
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
        p->moved = true;
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

/* ---- Wishes -------------------------------------------------------------------------------- */

static void notice(struct orl_cursor_errand *e, uint32_t serial, uint64_t until_ns)
{
    if (serial != e->serial) {
        *e = (struct orl_cursor_errand){serial, true, until_ns};
    }
}

static void take_wishes(struct orl_cursor_pump *p, uint64_t now_ns)
{
    if (orl_mailbox_take(&p->link->wish_mb)) {
        p->wish = p->link->wish[p->link->wish_mb.front];
        notice(&p->align, p->wish.align_serial, now_ns + ALIGN_NS);
        notice(&p->size, p->wish.size_serial, now_ns + SIZE_NS);
        if (p->wish.recovery_serial != p->recovery_serial) {
            p->recovery_serial = p->wish.recovery_serial;
            orl_recovery_begin(&p->recovery, p->wish.recovery_active, now_ns);
        }
    }
    p->align.waits &= now_ns < p->align.until_ns;
    p->size.waits &= now_ns < p->size.until_ns;
}

/* ORL_OK when there is nothing left to do about it, for now. */
static int send(struct orl_cursor_pump *p, struct orl_cursor_errand *e, uint32_t feature,
                const uint8_t *data, uint32_t len)
{
    if (!e->waits) {
        return ORL_OK;
    }
    int err = ORL_OK;
    if (p->source.session.info.features & feature) {
        err = orl_ring_send(&p->ring, data, len, NULL);
    }
    e->waits = err != ORL_OK; /* every error is worth another try, until its time is over */
    return err == ORL_ENOSPC ? ORL_OK : err;
}

static int send_wishes(struct orl_cursor_pump *p)
{
    uint8_t data[ORL_CLIENT_BYTES];
    uint32_t len = orl_control_set_cursor_pos(data, p->wish.x, p->wish.y);
    int err = send(p, &p->align, ORL_FEATURE_SET_CURSOR_POS, data, len);
    if (!err) {
        len = orl_control_window_size(data, p->wish.w, p->wish.h);
        err = send(p, &p->size, ORL_FEATURE_WINDOW_SIZE, data, len);
    }
    return err;
}

/* ---- Another display -------------------------------------------------------------------------- */

static void tell_recovery(const struct orl_cursor_pump *p)
{
    const struct orl_recovery_job *job = &p->recovery;
    struct orl_frame_link *link = p->link;
    link->recovery[link->recovery_mb.back] =
        (struct orl_recovery_report){.serial = p->recovery_serial,
                                     .outcome = job->outcome,
                                     .request = job->request,
                                     .state = job->region.state,
                                     .error = job->region.error};
    orl_mailbox_publish(&link->recovery_mb);
    if (link->wake_main) {
        link->wake_main(link->wake_main_arg);
    }
}

/* Once in every step, after the source's: so a new mapping is never taken for the old one. */
static void tend_recovery(struct orl_cursor_pump *p, uint64_t now_ns)
{
    struct orl_recovery_job *job = &p->recovery;
    if (!p->recovery_serial || orl_recovery_is_over(job)) {
        return;
    }
    enum orl_recovery_outcome before = job->outcome;
    if (p->source.open && p->source.session.lay->release != ORL_MASTER) {
        job->outcome = ORL_RECOVERY_ABSENT; /* the end of the memory may be anything */
    } else if (orl_recovery_step(job, p->source.mapped ? &p->source.shm : NULL, now_ns) ==
               ORL_EAGAIN) {
        p->next_ns = orl_earlier(p->next_ns, job->next_ns);
    }
    if (job->outcome != before) {
        tell_recovery(p);
    }
}

/* ---- Session ------------------------------------------------------------------------------- */

static void forget_session(struct orl_cursor_pump *p, uint64_t now_ns)
{
    p->ring.session = NULL;
    p->subscription.next_ns = 0;
    p->has_transform = false;
    p->pos.visible = false;
    publish_pos(p);
    if (p->place_known) {
        publish_report(p, false, now_ns);
    }
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
        forget_session(p, now_ns);
        break;
    case ORL_ECORRUPT:
    case ORL_EMALFORMED:
        orl_source_drop_corrupt(&p->source, now_ns);
        forget_session(p, now_ns);
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
    take_wishes(p, now_ns);
    uint32_t shape = p->shape_serial;
    uint32_t count = 0;
    p->moved = false;
    int err = orl_source_step(&p->source, now_ns);
    if (err == ORL_ESESSION) {
        forget_session(p, now_ns);
    }
    if (!err) {
        err = subscribe(p, now_ns);
    }
    if (!err) {
        err = send_wishes(p);
    }
    if (!err) {
        err = drain(p, &count);
    }
    if (count) {
        orl_cadence_arrival(&p->cadence, now_ns, count);
    }
    if (p->moved) {
        publish_report(p, true, now_ns);
    }
    bool changed = publish_pos(p) || p->shape_serial != shape;
    if (err && err != ORL_EAGAIN && p->source.open) {
        recover(p, err, now_ns);
    }
    p->next_ns = when_next(p, count, now_ns);
    tend_recovery(p, now_ns);
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
