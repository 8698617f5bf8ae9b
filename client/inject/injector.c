/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "inject/injector.h"

#include <string.h>

#include "base/clock.h"

#define ORL_LOG_MODULE "inject"
#include "base/log.h"

#define NOT_OFFERED_NS (500 * ORL_NS_PER_MS) /* a guest without input: only its end matters */
#define FULL_RETRY_NS  (1 * ORL_NS_PER_MS)
#define OWN_LEDS_NS    (300 * ORL_NS_PER_MS)
#define BATCHES_MAX    64 /* of one step: twice what the queue holds */

void orl_injector_init(struct orl_injector *x, const char *path, struct orl_inject_link *link)
{
    x->link = link;
    orl_source_init(&x->source, path);
    orl_port_init(&x->port, 0, 0);
}

/* ---- Session ------------------------------------------------------------------------------- */

/* Nothing is written: the memory may be another session's by now. */
static void forget_session(struct orl_injector *x, uint64_t now_ns)
{
    x->ring.session = NULL;
    x->subscription.next_ns = 0;
    orl_port_init(&x->port, 0, now_ns);
}

static bool offers_input(const struct orl_injector *x)
{
    const struct orl_session *s = &x->source.session;
    return s->lay->release == ORL_MASTER && s->info.features & ORL_FEATURE_INPUT;
}

static int subscribe(struct orl_injector *x, uint64_t now_ns)
{
    if (x->ring.session) {
        return ORL_OK;
    }
    if (!offers_input(x)) {
        return ORL_EAGAIN;
    }
    int err = orl_subscription_take(&x->subscription, &x->ring, &x->source.session,
                                    ORL_QUEUE_INPUT, now_ns);
    if (!err) {
        orl_port_init(&x->port, x->source.session.client_id, now_ns);
    }
    return err;
}

static void recover(struct orl_injector *x, int err, uint64_t now_ns)
{
    switch (err) {
    case ORL_ELATE:
    case ORL_ELOST:
        orl_subscription_renew(&x->subscription, &x->ring, now_ns);
        orl_port_init(&x->port, 0, now_ns);
        break;
    case ORL_ESESSION:
    case ORL_ETIMEOUT:
        orl_source_drop(&x->source, now_ns);
        forget_session(x, now_ns);
        break;
    case ORL_ECORRUPT:
    case ORL_EMALFORMED:
        orl_source_drop_corrupt(&x->source, now_ns);
        forget_session(x, now_ns);
        break;
    default: break;
    }
}

/* ---- Commands ------------------------------------------------------------------------------ */

/* What the port knows of the guest, and what has become void. */
static void brief_reports(struct orl_injector *x, uint64_t now_ns)
{
    struct orl_reports *r = &x->reports;
    const struct orl_hid_status *s = &x->port.hid;
    if (x->losses != x->port.losses) {
        x->losses = x->port.losses;
        x->todo_count = 0;
        x->own_leds_ns = 0;
        orl_reports_forget(r);
    }
    r->max_buttons = s->max_buttons;
    r->can_absolute = (s->capabilities & ORL_HID_ABSOLUTE) != 0;
    r->leds_known = x->port.has_status && s->available && s->leds_valid;
    if (now_ns >= x->own_leds_ns) {
        r->leds = r->leds_known ? orl_reports_locks(s->leds) : 0;
    }
}

/* Nobody would execute it, and later it would be too late. */
static void discard(struct orl_injector *x)
{
    x->todo_count = 0;
    x->batch_count = 0;
    for (int i = 0; i < BATCHES_MAX; i++) {
        if (orl_cmdq_drain(x->link->input, x->batch, ORL_INJECTOR_BATCH) == 0) {
            break;
        }
    }
    orl_reports_forget(&x->reports);
}

/* The next command into records; false when there is none. */
static bool next_command(struct orl_injector *x, uint64_t now_ns)
{
    if (x->batch_at >= x->batch_count) {
        x->batch_count = orl_cmdq_drain(x->link->input, x->batch, ORL_INJECTOR_BATCH);
        x->batch_at = 0;
    }
    if (x->batch_at >= x->batch_count) {
        return false;
    }
    const struct orl_cmd *cmd = &x->batch[x->batch_at++];
    x->todo_count = orl_reports_make(&x->reports, cmd, x->todo);
    x->todo_at = 0;
    if (cmd->kind == ORL_CMD_LOCKS && x->todo_count) {
        x->own_leds_ns = now_ns + OWN_LEDS_NS;
    }
    if (cmd->kind == ORL_CMD_RELEASE_ALL && x->port.claim == ORL_PORT_NONE) {
        x->todo_count = 0; /* a guest that we do not own holds nothing of ours */
    }
    return true;
}

/* ORL_OK: all is written; ORL_ENOSPC: come again; ORL_EAGAIN, ORL_ESESSION. */
static int execute(struct orl_injector *x, uint64_t now_ns)
{
    int err = ORL_OK;
    for (int i = 0; !err && i < BATCHES_MAX * ORL_INJECTOR_BATCH; i++) {
        while (!err && x->todo_at < x->todo_count) {
            err = orl_port_send(&x->port, &x->todo[x->todo_at], now_ns);
            x->todo_at += err == ORL_OK;
        }
        if (!err && !next_command(x, now_ns)) {
            break;
        }
    }
    return err;
}

/* ---- News for main ------------------------------------------------------------------------- */

static void say(const struct orl_inject_status *now, const struct orl_inject_status *before)
{
    if (now->ready != before->ready) {
        orl_debug("%s", now->ready ? "the guest takes keyboard and mouse through its memory"
                                   : "keyboard and mouse do not go through the memory");
    }
    if (now->taken && !before->taken) {
        orl_debug("another viewer has keyboard and mouse of the guest");
    }
}

static void publish(struct orl_injector *x, uint64_t now_ns)
{
    struct orl_inject_status now = {
        .ready = orl_port_ready(&x->port, now_ns),
        .taken = orl_port_taken(&x->port),
        .absolute = x->port.has_status && x->reports.can_absolute,
        .leds_known = x->reports.leds_known,
        .leds = x->reports.leds,
        .epoch = x->told.epoch,
    };
    now.epoch += now.ready && !x->told.ready;
    bool same = now.ready == x->told.ready && now.taken == x->told.taken &&
                now.absolute == x->told.absolute && now.leds_known == x->told.leds_known &&
                now.leds == x->told.leds && now.epoch == x->told.epoch;
    if (same) {
        return;
    }
    say(&now, &x->told);
    x->told = now;
    x->link->status[x->link->status_mb.back] = now;
    orl_mailbox_publish(&x->link->status_mb);
    if (x->link->wake_main) {
        x->link->wake_main(x->link->wake_main_arg);
    }
}

/* ---- The step ------------------------------------------------------------------------------ */

static uint64_t when_next(const struct orl_injector *x, int err, uint64_t now_ns)
{
    if (!x->source.open) {
        return x->source.retry_ns;
    }
    if (!offers_input(x)) {
        return now_ns + NOT_OFFERED_NS;
    }
    if (!x->ring.session) {
        return orl_earlier(x->subscription.next_ns, now_ns + 100 * ORL_NS_PER_MS);
    }
    uint64_t due = orl_port_due(&x->port, now_ns);
    return err == ORL_ENOSPC ? orl_earlier(due, now_ns + FULL_RETRY_NS) : due;
}

/* Session and port; then commands can be executed or not. */
static int attend(struct orl_injector *x, uint64_t now_ns)
{
    int err = orl_source_step(&x->source, now_ns);
    if (err == ORL_ESESSION) {
        forget_session(x, now_ns);
    }
    if (!err) {
        err = subscribe(x, now_ns);
    }
    if (!err) {
        err = orl_port_look(&x->port, &x->ring, now_ns);
    }
    if (!err) {
        bool hold = orl_reports_hold(&x->reports) && x->losses == x->port.losses;
        err = orl_port_tick(&x->port, &x->source.session, hold, now_ns);
    }
    return err;
}

void orl_injector_step(struct orl_injector *x, uint64_t now_ns)
{
    int err = attend(x, now_ns);
    brief_reports(x, now_ns);
    if (!err && x->told.ready && orl_port_ready(&x->port, now_ns)) {
        err = execute(x, now_ns);
        brief_reports(x, now_ns);
    }
    if (!x->told.ready || !orl_port_ready(&x->port, now_ns)) {
        discard(x); /* main was not told that it may send, or what it sent is void */
    }
    if (err && err != ORL_EAGAIN && err != ORL_ENOSPC && x->source.open) {
        recover(x, err, now_ns);
        brief_reports(x, now_ns);
    }
    publish(x, now_ns);
    x->next_ns = when_next(x, err, now_ns);
}

bool orl_injector_leave(struct orl_injector *x, uint64_t now_ns)
{
    if (!x->source.open || orl_session_same(&x->source.session) != ORL_OK) {
        return true;
    }
    return orl_port_leave(&x->port, now_ns) == ORL_OK;
}

void orl_injector_finish(struct orl_injector *x)
{
    if (x->source.open) {
        orl_ring_unsubscribe(&x->ring);
    }
    orl_source_finish(&x->source);
}
