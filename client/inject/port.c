/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "inject/port.h"

#include <string.h>

#include "base/clock.h"

#define STATUSES_MAX 8 /* looked at in one go */

#define ALIVE_NS     (200 * ORL_NS_PER_MS) /* between two signs of life; less for a shorter lease */
#define ALIVE_MIN_NS (20 * ORL_NS_PER_MS)
#define ALIVES_IDLE  2 /* so many of these without use, and it is given back */
#define CONFIRM_NS   (500 * ORL_NS_PER_MS)
#define FULL_NS                                                                                \
    (500 * ORL_NS_PER_MS) /* a guest that reads nothing for a lease has dropped us */
#define REST_MIN_NS (50 * ORL_NS_PER_MS)
#define REST_MAX_NS (2 * ORL_NS_PER_S)
#define GOOD_NS     (1 * ORL_NS_PER_S) /* a claim that lived so long was no mistake */

/* Between looks at the status: nothing rings when it changes. */
#define SOON_NS  (100 * ORL_NS_PER_MS) /* this long after a claim, at most each ... */
#define ASKED_NS (2 * ORL_NS_PER_MS)
#define USED_NS  (25 * ORL_NS_PER_MS) /* while we own it: lights, loss */
#define IDLE_NS  (100 * ORL_NS_PER_MS)
#define START_NS (1 * ORL_NS_PER_S) /* after a session began, each ... */
#define BIND_NS  (5 * ORL_NS_PER_MS)

void orl_port_init(struct orl_port *p, uint32_t client_id, uint64_t now_ns)
{
    *p = (struct orl_port){.client_id = client_id,
                           .generation = p->generation,
                           .losses = p->losses + (p->claim != ORL_PORT_NONE),
                           .backoff_ns = REST_MIN_NS,
                           .start_ns = now_ns};
}

/* ---- Claim --------------------------------------------------------------------------------- */

/* No claim for a while, longer each time. */
static void rest(struct orl_port *p, uint64_t now_ns)
{
    p->rest_ns = now_ns + p->backoff_ns;
    p->backoff_ns = 2 * p->backoff_ns < REST_MAX_NS ? 2 * p->backoff_ns : REST_MAX_NS;
}

static void lose(struct orl_port *p, uint64_t now_ns)
{
    if (p->claim == ORL_PORT_NONE) {
        return;
    }
    if (p->claim == ORL_PORT_OURS && now_ns - p->asked_ns > GOOD_NS) {
        p->backoff_ns = REST_MIN_NS;
    }
    p->claim = ORL_PORT_NONE;
    p->losses++;
    rest(p, now_ns);
}

static void detach(struct orl_port *p, uint64_t now_ns)
{
    lose(p, now_ns);
    p->attached = false;
    p->full_ns = 0;
}

static void check_claim(struct orl_port *p, uint64_t now_ns)
{
    const struct orl_hid_status *s = &p->hid;
    bool mine = s->has_owner && s->owner_client_id == p->client_id;
    bool same = mine && s->owner_generation == p->generation;
    bool gone = !s->available || (s->has_owner && !mine);
    if (gone || (p->claim == ORL_PORT_OURS && !same)) {
        lose(p, now_ns);
    } else if (p->claim == ORL_PORT_ASKED && same) {
        p->claim = ORL_PORT_OURS;
    }
    /* Asked and not ours: the status may be older than the claim. */
}

/* ---- Status -------------------------------------------------------------------------------- */

static const struct orl_hid_endpoint *own_endpoint(const struct orl_port *p)
{
    for (uint32_t i = 0; p->has_status && i < ORL_HID_ENDPOINTS; i++) {
        if (p->hid.endpoints[i].client_id == p->client_id) {
            return &p->hid.endpoints[i];
        }
    }
    return NULL;
}

static void take_status(struct orl_port *p, const struct orl_hid_status *s, uint64_t now_ns)
{
    bool replaced = p->has_status && s->generation != p->hid.generation;
    p->hid = *s;
    p->has_status = true;
    const struct orl_hid_endpoint *e = own_endpoint(p);
    bool same =
        e && p->attached && e->stream.off == p->stream.desc.off && e->epoch == p->stream.epoch;
    if (replaced || !same) {
        detach(p, now_ns);
        p->look = e != NULL;
    }
    check_claim(p, now_ns);
}

/* The oldest message into `raw`; *serial 0: it holds no status. */
static int copy_status(struct orl_ring *ring, uint8_t raw[ORL_LEN_hstat], uint32_t *serial)
{
    struct orl_payload msg;
    *serial = 0;
    int err = orl_ring_next(ring, &msg); /* without a lock when there is nothing */
    if (!err) {
        err = orl_ring_skip_to_last(ring);
    }
    if (!err) {
        err = orl_ring_next(ring, &msg);
    }
    if (err && err != ORL_EMALFORMED) {
        return err;
    }
    if (!err && msg.size == ORL_LEN_hstat &&
        orl_mem_copy(raw, ring->session->mem, msg.off, ORL_LEN_hstat)) {
        *serial = (uint32_t)msg.tag;
    }
    err = orl_ring_check(ring);
    return err ? err : orl_ring_done(ring);
}

int orl_port_look(struct orl_port *p, struct orl_ring *ring, uint64_t now_ns)
{
    uint8_t raw[ORL_LEN_hstat];
    struct orl_hid_status s;
    uint32_t serial;
    int err = ORL_OK;
    for (int i = 0; !err && i < STATUSES_MAX; i++) {
        err = copy_status(ring, raw, &serial);
        bool newer = serial != 0 && (!p->has_status || (int32_t)(serial - p->serial) > 0);
        if (!err && newer && orl_hid_status_read(&s, raw) == ORL_OK) {
            p->serial = serial;
            take_status(p, &s, now_ns);
        }
    }
    return err == ORL_EAGAIN ? ORL_OK : err;
}

static bool foreign(const struct orl_port *p)
{
    return p->has_status && p->hid.has_owner && p->hid.owner_client_id != p->client_id;
}

bool orl_port_taken(const struct orl_port *p)
{
    return foreign(p);
}

bool orl_port_ready(const struct orl_port *p, uint64_t now_ns)
{
    bool may_claim = !foreign(p) && now_ns >= p->rest_ns;
    return p->attached && p->hid.available && (p->claim != ORL_PORT_NONE || may_claim);
}

/* ---- Records ------------------------------------------------------------------------------- */

/* What an error of the stream means for us. */
static int failed(struct orl_port *p, int err, uint64_t now_ns)
{
    switch (err) {
    case ORL_OK: p->full_ns = 0; return ORL_OK;
    case ORL_ENOSPC:
        p->full_ns = p->full_ns ? p->full_ns : now_ns;
        if (now_ns - p->full_ns < FULL_NS) {
            return ORL_ENOSPC;
        }
        p->full_ns = 0;
        if (p->claim == ORL_PORT_NONE) {
            rest(p, now_ns);
        }
        lose(p, now_ns);
        return ORL_EAGAIN;
    case ORL_ESESSION: return ORL_ESESSION;
    default: /* bound anew, taken away, broken: the next status says what to do */
        detach(p, now_ns);
        p->rest_ns = now_ns + REST_MIN_NS > p->rest_ns ? now_ns + REST_MIN_NS : p->rest_ns;
        p->look = true;
        return ORL_EAGAIN;
    }
}

static int put(struct orl_port *p, struct orl_hid_record rec, uint64_t now_ns)
{
    uint8_t raw[ORL_LEN_hmsg];
    rec.generation = p->generation;
    rec.sequence = rec.type == ORL_HID_CLAIM ? 1 : orl_hid_after(p->sequence);
    int err = orl_hid_record_write(raw, &rec);
    if (!err) {
        err = orl_stream_write(&p->stream, raw, sizeof(raw));
    }
    if (!err) {
        p->sequence = rec.sequence;
    }
    return failed(p, err, now_ns);
}

static int put_type(struct orl_port *p, enum orl_hid_type type, uint64_t now_ns)
{
    return put(p, (struct orl_hid_record){.type = type}, now_ns);
}

static int claim(struct orl_port *p, uint64_t now_ns)
{
    p->generation = orl_hid_after(p->generation);
    int err = put_type(p, ORL_HID_CLAIM, now_ns);
    if (!err) {
        p->claim = ORL_PORT_ASKED;
        p->asked_ns = now_ns;
        p->alive_ns = now_ns;
        p->used_ns = now_ns;
    }
    return err;
}

int orl_port_send(struct orl_port *p, const struct orl_hid_record *rec, uint64_t now_ns)
{
    if (!orl_port_ready(p, now_ns)) {
        return ORL_EAGAIN;
    }
    int err = p->claim == ORL_PORT_NONE ? claim(p, now_ns) : ORL_OK;
    if (!err) {
        err = put(p, *rec, now_ns);
    }
    if (!err) {
        p->used_ns = now_ns;
    }
    return err;
}

int orl_port_leave(struct orl_port *p, uint64_t now_ns)
{
    if (p->claim == ORL_PORT_NONE) {
        return ORL_OK;
    }
    int err = put_type(p, ORL_HID_RESET, now_ns);
    if (!err) {
        err = put_type(p, ORL_HID_RELEASE, now_ns);
    }
    if (!err) {
        p->claim = ORL_PORT_NONE;
    }
    return err == ORL_ENOSPC ? err : ORL_OK;
}

/* ---- Time ---------------------------------------------------------------------------------- */

static uint64_t alive_gap(const struct orl_port *p)
{
    uint64_t gap = (uint64_t)p->hid.lease_ms * ORL_NS_PER_MS * 2 / 5;
    return gap > ALIVE_NS ? ALIVE_NS : gap < ALIVE_MIN_NS ? ALIVE_MIN_NS : gap;
}

/* Keeps the claim, or gives it back. */
static int keep(struct orl_port *p, bool hold, uint64_t now_ns)
{
    int err = ORL_OK;
    if (p->claim == ORL_PORT_ASKED && now_ns - p->asked_ns > CONFIRM_NS) {
        lose(p, now_ns);
    }
    if (p->claim == ORL_PORT_NONE) {
        return ORL_OK;
    }
    if (!hold && now_ns - p->used_ns >= ALIVES_IDLE * alive_gap(p)) {
        bool was_good = p->claim == ORL_PORT_OURS;
        err = put_type(p, ORL_HID_RELEASE, now_ns);
        p->claim = err ? p->claim : ORL_PORT_NONE;
        p->backoff_ns = was_good ? REST_MIN_NS : p->backoff_ns;
    } else if (now_ns - p->alive_ns >= alive_gap(p)) {
        err = put_type(p, ORL_HID_KEEPALIVE, now_ns);
        p->alive_ns = err ? p->alive_ns : now_ns;
    }
    return err == ORL_ESESSION ? err : ORL_OK;
}

/* ORL_EAGAIN: not bound yet, or the status is older than the binding. */
static int attach(struct orl_port *p, const struct orl_session *session,
                  const struct orl_hid_endpoint *e)
{
    int err = orl_stream_attach(&p->stream, session, &e->stream);
    if (!err) {
        err = orl_stream_activate(&p->stream);
    }
    return !err && p->stream.epoch != e->epoch ? ORL_EAGAIN : err;
}

int orl_port_tick(struct orl_port *p, const struct orl_session *session, bool hold,
                  uint64_t now_ns)
{
    const struct orl_hid_endpoint *e = own_endpoint(p);
    if (p->attached) {
        return keep(p, hold, now_ns);
    }
    if (!p->look || !e || now_ns < p->rest_ns) {
        return ORL_OK;
    }
    int err = attach(p, session, e);
    if (err == ORL_ESESSION) {
        return err;
    }
    p->attached = err == ORL_OK;
    p->look = err == ORL_EAGAIN || err == ORL_ECORRUPT; /* the rest cannot heal by itself */
    if (err) {
        p->rest_ns = now_ns + (now_ns - p->start_ns < START_NS ? BIND_NS : IDLE_NS);
    }
    return ORL_OK;
}

uint64_t orl_port_due(const struct orl_port *p, uint64_t now_ns)
{
    if (p->claim == ORL_PORT_NONE) {
        bool starting = !p->attached && now_ns - p->start_ns < START_NS;
        uint64_t due = now_ns + (starting ? BIND_NS : IDLE_NS);
        return p->rest_ns > now_ns ? orl_earlier(due, p->rest_ns) : due;
    }
    bool soon = p->claim == ORL_PORT_ASKED && now_ns - p->asked_ns < SOON_NS;
    uint64_t due = now_ns + (soon ? ASKED_NS : USED_NS);
    uint64_t alive = p->alive_ns + alive_gap(p);
    return alive > now_ns ? orl_earlier(due, alive) : due;
}
