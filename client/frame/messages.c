/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The frame ring's messages: headers are read and accounted for, the newest is what counts. */
#include "frame/pump_impl.h"

#define MESSAGES_MAX 8 /* per step; real queues hold two */

int orl_pump_finish_message(struct orl_pump *p)
{
    p->message_ns = 0;
    int err = orl_ring_done(&p->ring);
    return err == ORL_EAGAIN ? ORL_OK : err;
}

int orl_pump_reject(struct orl_pump *p)
{
    orl_counter_add(&p->link->frames_dropped, 1);
    orl_rects_set_full(&p->damage.fresh);
    p->last_shown = false;
    int err = orl_pump_finish_message(p);
    return err ? err : ORL_EAGAIN;
}

void orl_pump_resubscribe(struct orl_pump *p, uint64_t now_ns)
{
    orl_subscription_renew(&p->subscription, &p->ring, now_ns);
    p->held_ns = 0;
    p->message_ns = 0;
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
    p->only_copy = false;
    p->message_ns = now_ns;
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

int orl_pump_next_frame(struct orl_pump *p, uint64_t now_ns)
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
            int done = orl_pump_reject(p);
            err = done == ORL_EAGAIN ? err : done;
        }
    }
    orl_bell_look(&p->bell, fresh, now_ns);
    if (fresh) {
        orl_cadence_arrival(&p->cadence, now_ns, fresh);
    }
    if (err == ORL_OK && p->last_shown) {
        err = orl_pump_finish_message(p); /* posted again for somebody: we have it */
        return err ? err : ORL_EAGAIN;
    }
    return err == ORL_EMALFORMED ? ORL_EAGAIN : err;
}
