/* SPDX-License-Identifier: GPL-2.0-or-later */
#define ORL_LOG_MODULE "frame"
#include "frame/pump.h"

#include <string.h>

#include "base/clock.h"
#include "base/log.h"
#include "frame/pump_impl.h"

#define STAGE_WAIT_NS (500 * ORL_NS_PER_MS) /* half of what the guest grants a subscriber */
#define POOL_LOOK_NS  ORL_NS_PER_MS
#define VIDEO_OFF_NS  (100 * ORL_NS_PER_MS)
#define LATE_LOOK_NS  (100 * ORL_NS_PER_MS) /* a release wakes us */
#define BACK_WAIT_NS  (500 * ORL_NS_PER_MS) /* for a held frame at the end */

void orl_pump_init(struct orl_pump *p, const struct orl_frame_conf *conf,
                   struct orl_frame_link *link)
{
    p->link = link;
    p->stage_wait_ns = STAGE_WAIT_NS;
    p->sleeper = &link->sleeper;
    p->allow_dma = conf->allow_dma;
    p->hold.last = orl_counter_get(&link->released) >> 1;
    orl_flag_lower(&p->sleeper->stop);
    orl_flag_init(&p->video_off);
    orl_flag_init(&p->aside);
    orl_source_init(&p->source, conf->path);
    orl_report_init(&p->report, link, conf->path);
    orl_cadence_init(&p->cadence, conf->frame_poll_us);
    orl_damage_reset(&p->damage);
}

/* ---- Session ------------------------------------------------------------------------------- */

static void forget_session(struct orl_pump *p)
{
    p->ring.session = NULL; /* nothing may be written to a session that is gone */
    p->has_last = false;
    p->last_shown = false;
    p->held_ns = 0;
    p->frame_unread = false;
    p->only_copy = false;
    p->message_ns = 0;
    p->ways_off = 0;
    p->way_said = 0;
    p->subscription.next_ns = 0;
    orl_damage_reset(&p->damage);
    orl_pump_publish_none(p);
}

static int open_session(struct orl_pump *p, uint64_t now_ns)
{
    bool was_open = p->source.open;
    int err = orl_source_step(&p->source, now_ns);
    if (!p->source.mapped) {
        orl_exports_clear(&p->exports); /* nothing is out: see orl_pump_step_held() */
        memset(&p->bell, 0, sizeof(p->bell));
    }
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
        orl_pump_publish_none(p);
    }
    if (off) {
        orl_report_video(&p->report, false, now_ns);
    } else if (p->report.now.state == ORL_GUEST_VIDEO_OFF) {
        orl_report_video(&p->report, true, now_ns);
    }
    return off ? ORL_EAGAIN : ORL_OK;
}

/* The picture that was handed over is withdrawn; the next frame is shown, also a repeated one. */
static void put_aside(struct orl_pump *p)
{
    if (orl_flag_is_raised(&p->aside)) {
        orl_flag_lower(&p->aside);
        p->last_shown = false;
        orl_pump_publish_none(p);
    }
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

/* ---- The step ------------------------------------------------------------------------------ */

/* What a failed ring means: subscribe again, or attach again. */
static void recover(struct orl_pump *p, int err, uint64_t now_ns)
{
    switch (err) {
    case ORL_ELATE:
    case ORL_ELOST: orl_pump_resubscribe(p, now_ns); break;
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
    if (p->hold.out && p->hold.taken) {
        return orl_earlier(orl_hold_due(&p->hold), now_ns + LATE_LOOK_NS);
    }
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
    uint64_t next = orl_bell_next(&p->bell, orl_cadence_next(&p->cadence, now_ns), now_ns);
    next = orl_earlier(next, orl_hold_due(&p->hold));
    return p->held_ns && next > now_ns + POOL_LOOK_NS ? now_ns + POOL_LOOK_NS : next;
}

/* What the ring says to a step in which no held frame is out. */
static int look(struct orl_pump *p, uint64_t now_ns, bool *handed_over)
{
    int err = open_session(p, now_ns);
    if (!err) {
        err = obey_switch(p, now_ns);
    }
    if (!err) {
        put_aside(p);
        err = subscribe(p, now_ns);
    }
    if (!err) {
        err = orl_pump_next_frame(p, now_ns);
    }
    if (!err) {
        err = orl_pump_deliver(p, now_ns, handed_over);
    }
    return err;
}

int orl_pump_step(struct orl_pump *p, uint64_t now_ns)
{
    bool handed_over = false;
    if (orl_sleeper_take_poke(p->sleeper)) {
        orl_cadence_poke(&p->cadence, now_ns);
    }
    int err = orl_pump_step_held(p, now_ns);
    if (!p->hold.out) {
        orl_pump_take_pool(p, now_ns);
        orl_pump_take_ways(p, now_ns);
        if (!err) {
            err = look(p, now_ns, &handed_over);
        }
        if (err && err != ORL_EAGAIN && p->source.open) {
            recover(p, err, now_ns);
        }
    }
    if (p->bell.rung) { /* nothing looked: while there is no session, or a frame is out */
        orl_bell_look(&p->bell, 0, now_ns);
    }
    p->next_ns = when_next(p, now_ns);
    return handed_over ? ORL_OK : ORL_EAGAIN;
}

static void sleep_until_next(struct orl_pump *p, uint64_t now_ns)
{
    bool bell = p->source.mapped && p->source.shm.doorbell >= 0;
    if (!bell || (p->hold.out && p->hold.taken) || !orl_bell_listens(&p->bell, now_ns)) {
        orl_sleeper_until(p->sleeper, now_ns, p->next_ns);
        return;
    }
    switch (orl_sleeper_until_bell(p->sleeper, now_ns, p->next_ns, p->source.shm.doorbell)) {
    case ORL_SLEEP_RUNG: orl_bell_rang(&p->bell); break;
    case ORL_SLEEP_BELL_BROKEN: p->bell.broken = true; break;
    case ORL_SLEEP_OVER: break;
    }
}

void orl_pump_run(void *pump)
{
    struct orl_pump *p = pump;
    while (!orl_flag_is_raised(&p->sleeper->stop)) {
        uint64_t now_ns = orl_now_ns();
        int err = orl_pump_step(p, now_ns);
        (void)err; /* it has said what happened in the status */
        sleep_until_next(p, now_ns);
    }
}

void orl_pump_finish(struct orl_pump *p)
{
    bool back = orl_hold_finish(&p->hold, p->link, BACK_WAIT_NS);
    if (p->source.open) {
        orl_ring_unsubscribe(&p->ring);
    }
    if (!back) {
        orl_warn("a frame is still being drawn: the guest's memory stays mapped");
        return; /* the mapping and its descriptors go with the process */
    }
    orl_exports_clear(&p->exports);
    orl_source_finish(&p->source);
}
