/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "frame/pump.h"

#include <string.h>

#include "base/clock.h"
#include "frame/stage.h"

#define STAGE_WAIT_NS (500 * ORL_NS_PER_MS) /* half of what the guest grants a subscriber */
#define POOL_HOLD_NS  (300 * ORL_NS_PER_MS) /* how long a message waits for buffers */
#define POOL_LOOK_NS  ORL_NS_PER_MS
#define POOL_ASK_NS   ORL_NS_PER_S
#define VIDEO_OFF_NS  (100 * ORL_NS_PER_MS)
#define MESSAGES_MAX  8 /* per step; real queues hold two */

void orl_pump_init(struct orl_pump *p, const struct orl_frame_conf *conf,
                   struct orl_frame_link *link)
{
    p->link = link;
    p->stage_wait_ns = STAGE_WAIT_NS;
    orl_sleeper_init(&p->sleeper);
    orl_flag_init(&p->video_off);
    orl_source_init(&p->source, conf->path);
    orl_report_init(&p->report, link, conf->path);
    orl_cadence_init(&p->cadence, conf->frame_poll_us);
    orl_damage_reset(&p->damage);
}

/* ---- Hand-over ----------------------------------------------------------------------------- */

/* Tells the render thread that there is no picture; the buffers stay as they are. */
static void publish_none(struct orl_pump *p)
{
    if (!p->published) {
        return;
    }
    struct orl_frame_link *link = p->link;
    struct orl_slot *slot = &link->frame[link->frame_mb.back];
    memset(slot, 0, sizeof(*slot));
    slot->kind = ORL_SLOT_NONE;
    slot->pool = p->pool.generation;
    slot->session = p->report.now.session;
    orl_rects_set_full(&slot->upload);
    orl_mailbox_publish(&link->frame_mb);
    if (link->render_wake) {
        orl_wake_set(link->render_wake, ORL_RENDER_FRAME);
    }
    p->published = false;
}

static void publish_frame(struct orl_pump *p, const struct orl_frame_desc *f, uint64_t now_ns)
{
    struct orl_frame_link *link = p->link;
    uint32_t back = link->frame_mb.back;
    struct orl_slot *slot = &link->frame[back];
    int unread = orl_mailbox_unread(&link->frame_mb);
    orl_damage_staged(&p->damage, back, unread >= 0 ? &link->frame[unread].upload : NULL,
                      &slot->upload);
    slot->kind = ORL_SLOT_STAGED;
    slot->desc = *f;
    slot->desc.rows += f->extra_rows; /* filled by us in any case */
    slot->desc.extra_rows = 0;
    slot->pool = p->pool.generation;
    slot->buffer = back;
    slot->map = p->pool.map[back];
    slot->session = p->report.now.session;
    slot->t_seen_ns = now_ns;
    slot->t_ready_ns = orl_now_ns();
    orl_mailbox_publish(&link->frame_mb);
    if (link->render_wake) {
        orl_wake_set(link->render_wake, ORL_RENDER_FRAME);
    }
    p->published = true;
    p->last_shown = true;
}

/* ---- Session ------------------------------------------------------------------------------- */

static void forget_session(struct orl_pump *p)
{
    p->ring.session = NULL; /* nothing may be written to a session that is gone */
    p->has_last = false;
    p->last_shown = false;
    p->held_ns = 0;
    p->frame_unread = false;
    p->subscription.next_ns = 0;
    orl_damage_reset(&p->damage);
    publish_none(p);
}

static int open_session(struct orl_pump *p, uint64_t now_ns)
{
    bool was_open = p->source.open;
    int err = orl_source_step(&p->source, now_ns);
    if (err == ORL_ESESSION) {
        forget_session(p);
        orl_report_lost(&p->report, err, now_ns);
    } else if (err) {
        orl_report_waiting(&p->report, &p->source, now_ns);
    } else if (!was_open) {
        orl_report_open(&p->report, &p->source, now_ns);
    }
    return err;
}

/* The user's switch. ORL_EAGAIN while the video is off. */
static int obey_switch(struct orl_pump *p, uint64_t now_ns)
{
    bool off = orl_flag_is_raised(&p->video_off);
    if (off != p->video_is_off) {
        p->video_is_off = off;
        p->last_shown = false;
        p->held_ns = 0;
        p->subscription.next_ns = 0;
        orl_ring_unsubscribe(&p->ring);
        publish_none(p);
    }
    if (off) {
        orl_report_video(&p->report, false, now_ns);
    } else if (p->report.now.state == ORL_GUEST_VIDEO_OFF) {
        orl_report_video(&p->report, true, now_ns);
    }
    return off ? ORL_EAGAIN : ORL_OK;
}

static int subscribe(struct orl_pump *p, uint64_t now_ns)
{
    if (p->ring.session) {
        return ORL_OK;
    }
    int err = orl_subscription_take(&p->subscription, &p->ring, &p->source.session,
                                    ORL_QUEUE_FRAME, now_ns);
    if (err == ORL_OK) {
        orl_rects_set_full(&p->damage.fresh); /* what was posted meanwhile was not seen */
    }
    return err;
}

/* Gives up the subscription so that the guest posts its picture again for the new one. */
static void resubscribe(struct orl_pump *p, uint64_t now_ns)
{
    orl_subscription_renew(&p->subscription, &p->ring, now_ns);
    p->held_ns = 0;
}

/* ---- Messages ------------------------------------------------------------------------------ */

/* Finishes the present message without a picture from it; what comes next is needed whole. */
static int reject(struct orl_pump *p)
{
    orl_counter_add(&p->link->frames_dropped, 1);
    orl_rects_set_full(&p->damage.fresh);
    p->last_shown = false;
    int err = orl_ring_done(&p->ring);
    return err ? err : ORL_EAGAIN;
}

static void count_skipped(struct orl_pump *p, uint32_t serial)
{
    uint32_t gap = serial - p->last.serial - 1;
    if (p->has_last && gap > 0 && gap < 100000) { /* more is a new counter, not a gap */
        orl_counter_add(&p->link->frames_skipped, gap);
    }
}

/* Takes note of a header: damage, status, counters. Returns how many new frames it stands for. */
static uint32_t account(struct orl_pump *p, const struct orl_frame_desc *f, uint64_t now_ns)
{
    bool repeated = p->has_last && f->serial == p->last.serial &&
                    f->format_id == p->last.format_id && f->w == p->last.w &&
                    f->h == p->last.h && f->fmt == p->last.fmt && f->pitch == p->last.pitch;
    if (repeated) {
        p->last = *f; /* it may stand in another slot */
        return 0;
    }
    bool follows =
        p->has_last &&
        orl_damage_follows(&p->last, f, p->source.session.lay->release == ORL_MASTER);
    count_skipped(p, f->serial);
    orl_damage_add(&p->damage, f, follows);
    orl_counter_add(&p->link->frames_found, 1);
    p->last = *f;
    p->has_last = true;
    p->last_shown = false;
    orl_report_frame(&p->report, &p->source, f, now_ns);
    return 1;
}

/* Reads the header of the message at the ring's position. ORL_EMALFORMED: reject it. */
static int read_header(struct orl_pump *p, uint32_t *fresh, uint64_t now_ns)
{
    struct orl_payload msg;
    struct orl_frame_desc f;
    int err = orl_ring_next(&p->ring, &msg);
    if (err) {
        return err;
    }
    err = orl_frame_read(&f, p->source.session.lay, p->source.session.mem, msg);
    int owned = orl_ring_check(&p->ring);
    if (owned || err) {
        return owned ? owned : err;
    }
    *fresh += account(p, &f, now_ns);
    return ORL_OK;
}

/*
 * Finds the newest message; p->last describes it. Of the others only the headers are read: their
 * damage counts, their pixels are part of the newest picture. ORL_EAGAIN: nothing new.
 */
static int next_frame(struct orl_pump *p, uint64_t now_ns)
{
    uint32_t fresh = 0;
    int err = ORL_EMALFORMED;
    for (int i = 0; i < MESSAGES_MAX && err == ORL_EMALFORMED; i++) {
        err = read_header(p, &fresh, now_ns);
        if (err == ORL_OK) {
            uint32_t at = p->ring.read;
            err = orl_ring_skip_to_last(&p->ring);
            if (!err && p->ring.read != at) {
                err = read_header(p, &fresh, now_ns);
            }
        }
        if (err == ORL_EMALFORMED) {
            int done = reject(p);
            err = done == ORL_EAGAIN ? err : done;
        }
    }
    if (fresh) {
        orl_cadence_arrival(&p->cadence, now_ns, fresh);
    }
    if (err == ORL_OK && p->last_shown) {
        err = orl_ring_done(&p->ring); /* posted again for somebody: we have it */
        return err ? err : ORL_EAGAIN;
    }
    return err == ORL_EMALFORMED ? ORL_EAGAIN : err;
}

/* ---- Buffers ------------------------------------------------------------------------------- */

static size_t pool_bytes_of(const struct orl_frame_desc *f)
{
    return (size_t)(f->rows + f->extra_rows) * f->pitch;
}

/*
 * New buffers hold nothing. Unless a message is kept for them, the picture is asked for again: on a
 * still desktop the guest would not send another.
 */
static void take_pool(struct orl_pump *p, uint64_t now_ns)
{
    if (!orl_mailbox_take(&p->link->pool_mb)) {
        return;
    }
    p->pool = p->link->pool[p->link->pool_mb.front];
    orl_damage_reset(&p->damage);
    if (p->ring.session && p->held_ns == 0 && p->has_last &&
        p->pool.bytes >= pool_bytes_of(&p->last)) {
        p->frame_unread = false;
        p->last_shown = false;
        resubscribe(p, now_ns);
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

/*
 * ORL_OK when the buffers are large enough for p->last. Else asks for them and keeps the message
 * for a while: on a still desktop no other would come. After that it is finished unread.
 */
static int need_pool(struct orl_pump *p, uint64_t now_ns)
{
    size_t bytes = pool_bytes_of(&p->last);
    if (p->pool.bytes >= bytes) {
        p->held_ns = 0;
        p->frame_unread = false;
        return ORL_OK;
    }
    want_pool(p, bytes, now_ns);
    if (p->held_ns == 0) {
        p->held_ns = now_ns;
    }
    if (!p->frame_unread && now_ns - p->held_ns < POOL_HOLD_NS) {
        return ORL_EAGAIN;
    }
    p->frame_unread = true;
    p->held_ns = 0;
    return reject(p);
}

/* ---- Pixels -------------------------------------------------------------------------------- */

static bool still_wanted(void *arg)
{
    struct orl_pump *p = arg;
    return !orl_flag_is_raised(&p->sleeper.stop) && orl_ring_check(&p->ring) == ORL_OK;
}

static void fill_extra_row(struct orl_pump *p, const struct orl_frame_desc *f, uint8_t *dst)
{
    if (f->extra_rows && f->row_bytes <= sizeof(p->extra_row)) {
        orl_stage_extra_row(p->extra_row, p->source.session.mem, f);
        memcpy(dst + (size_t)f->rows * f->pitch, p->extra_row, f->row_bytes);
    }
}

static int stage(struct orl_pump *p)
{
    uint32_t back = p->link->frame_mb.back;
    struct orl_stage_limits limits = {p->stage_wait_ns, still_wanted, p};
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
    if (owned) {
        p->last_shown = false;
        return owned;
    }
    return err == ORL_ESESSION ? ORL_EAGAIN : reject(p); /* the former: asked to stop */
}

/* ---- The step ------------------------------------------------------------------------------ */

/* What a failed ring means: subscribe again, or attach again. */
static void recover(struct orl_pump *p, int err, uint64_t now_ns)
{
    switch (err) {
    case ORL_ELATE:
    case ORL_ELOST: resubscribe(p, now_ns); break;
    case ORL_ESESSION:
    case ORL_ETIMEOUT:
        orl_source_drop(&p->source, now_ns);
        forget_session(p);
        orl_report_lost(&p->report, err, now_ns);
        break;
    case ORL_ECORRUPT:
    case ORL_EMALFORMED: /* constants of the queue */
        orl_source_drop_corrupt(&p->source, now_ns);
        forget_session(p);
        if (!orl_source_is_corrupt(&p->source)) {
            orl_report_lost(&p->report, err, now_ns);
        }
        break;
    default: break;
    }
}

static uint64_t when_next(struct orl_pump *p, uint64_t now_ns)
{
    if (!p->source.open) {
        return p->source.retry_ns;
    }
    if (p->video_is_off) {
        return now_ns + VIDEO_OFF_NS;
    }
    if (!p->ring.session) {
        uint64_t check = now_ns + VIDEO_OFF_NS;
        return p->subscription.next_ns < check ? p->subscription.next_ns : check;
    }
    uint64_t next = orl_cadence_next(&p->cadence, now_ns);
    return p->held_ns && next > now_ns + POOL_LOOK_NS ? now_ns + POOL_LOOK_NS : next;
}

int orl_pump_step(struct orl_pump *p, uint64_t now_ns)
{
    if (orl_sleeper_take_poke(&p->sleeper)) {
        orl_cadence_poke(&p->cadence, now_ns);
    }
    take_pool(p, now_ns);

    int err = open_session(p, now_ns);
    if (!err) {
        err = obey_switch(p, now_ns);
    }
    if (!err) {
        err = subscribe(p, now_ns);
    }
    if (!err) {
        err = next_frame(p, now_ns);
    }
    if (!err) {
        err = need_pool(p, now_ns);
    }
    if (!err) {
        err = stage(p);
    }
    bool handed_over = err == ORL_OK;
    if (handed_over) {
        orl_report_streaming(&p->report, &p->source, now_ns);
        publish_frame(p, &p->last, now_ns);
        err = orl_ring_done(&p->ring);
    }
    if (err && err != ORL_EAGAIN && p->source.open) {
        recover(p, err, now_ns);
    }
    p->next_ns = when_next(p, now_ns);
    return handed_over ? ORL_OK : ORL_EAGAIN;
}

void orl_pump_run(void *pump)
{
    struct orl_pump *p = pump;
    while (!orl_flag_is_raised(&p->sleeper.stop)) {
        uint64_t now_ns = orl_now_ns();
        int err = orl_pump_step(p, now_ns);
        (void)err; /* it has said what happened in the status */
        orl_sleeper_until(&p->sleeper, now_ns, p->next_ns);
    }
}

void orl_pump_finish(struct orl_pump *p)
{
    if (p->source.open) {
        orl_ring_unsubscribe(&p->ring);
    }
    orl_source_finish(&p->source);
}
