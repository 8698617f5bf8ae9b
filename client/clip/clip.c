/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "clip/clip.h"

#include <stdlib.h>

#include "base/clock.h"
#include "base/wake.h"

#define ALL_TYPES   ((uint32_t)(ORL_CLIP_TEXT | ORL_CLIP_PNG | ORL_CLIP_BMP))
#define MAX_WAITERS 16 /* programs paste one at a time; more than this is misuse */
#define GIVE_UP_NS  (10 * ORL_NS_PER_S)

/* Somebody who asked and has not been answered. */
struct waiter {
    bool used;
    uint64_t id; /* the asker's */
    enum orl_clip_type type;
    uint64_t fetch; /* our own id towards the owner; waiters for one type share it */
    uint32_t edition;
    uint64_t deadline_ns;
};

/* One way of the content: from an owner to those who ask on the other side. */
struct way {
    bool allowed;
    uint32_t edition; /* counts its offers: a fetch from before one may bring older content */
    uint32_t offered; /* what we told the other side, as far as that still counts */
    struct waiter waiters[MAX_WAITERS];
    void (*offer)(void *arg, uint32_t types);
    void (*request)(void *arg, enum orl_clip_type type, uint64_t id);
    void (*answer)(void *arg, uint64_t id, enum orl_clip_type type, const void *data,
                   size_t len);
};

struct orl_clip {
    void *arg;
    struct way to_guest, to_host;
    bool ready, focused;
    uint32_t desktop_has; /* what another program offers there; 0 also while it is ours */
    bool news;            /* the guest has not been told of it */
    uint32_t early;       /* what the guest offered before we heard that it is ready */
    uint64_t last_fetch;
};

struct orl_clip *orl_clip_create(const struct orl_clip_conf *conf,
                                 const struct orl_clip_calls *calls)
{
    struct orl_clip *c = calloc(1, sizeof(*c));
    if (!c) {
        return NULL;
    }
    c->arg = calls->arg;
    c->to_guest.allowed = conf->to_guest;
    c->to_guest.offer = calls->guest_offer;
    c->to_guest.request = calls->host_request;
    c->to_guest.answer = calls->guest_data;
    c->to_host.allowed = conf->to_host;
    c->to_host.offer = calls->host_offer;
    c->to_host.request = calls->guest_request;
    c->to_host.answer = calls->host_data;
    return c;
}

void orl_clip_destroy(struct orl_clip **clip)
{
    free(*clip);
    *clip = NULL;
}

/* Tells the other side what there is, unless it is nothing and it knows. */
static void offer(struct orl_clip *c, struct way *w, uint32_t types)
{
    if (types == 0 && w->offered == 0) {
        return;
    }
    w->offered = types;
    w->offer(c->arg, types);
}

static void answer(struct orl_clip *c, struct way *w, struct waiter *who, const void *data,
                   size_t len)
{
    who->used = false;
    w->answer(c->arg, who->id, who->type, data, data ? len : 0);
}

/* Those who wait get nothing. */
static void refuse_all(struct orl_clip *c, struct way *w)
{
    for (int i = 0; i < MAX_WAITERS; i++) {
        if (w->waiters[i].used) {
            answer(c, w, &w->waiters[i], NULL, 0);
        }
    }
}

static void want(struct orl_clip *c, struct way *w, enum orl_clip_type type, uint64_t id,
                 uint64_t now_ns)
{
    struct waiter *room = NULL;
    uint64_t fetch = 0;
    for (int i = 0; i < MAX_WAITERS; i++) {
        struct waiter *other = &w->waiters[i];
        if (!other->used) {
            room = other;
        } else if (other->type == type && other->edition == w->edition) {
            fetch = other->fetch;
        }
    }
    uint32_t one = (uint32_t)type;
    bool single = one == ORL_CLIP_TEXT || one == ORL_CLIP_PNG || one == ORL_CLIP_BMP;
    if (!room || !single || !(w->offered & one)) {
        w->answer(c->arg, id, type, NULL, 0);
        return;
    }
    bool first = fetch == 0;
    if (first) {
        fetch = ++c->last_fetch;
    }
    *room = (struct waiter){true, id, type, fetch, w->edition, now_ns + GIVE_UP_NS};
    if (first) {
        w->request(c->arg, type, fetch);
    }
}

/* An id that nobody waits for (late, twice, invented) finds no waiter. */
static void deliver(struct orl_clip *c, struct way *w, uint64_t fetch, const void *data,
                    size_t len)
{
    if (len > ORL_CLIP_MAX_BYTES) {
        data = NULL;
    }
    for (int i = 0; i < MAX_WAITERS; i++) {
        if (w->waiters[i].used && w->waiters[i].fetch == fetch) {
            answer(c, w, &w->waiters[i], data, len);
        }
    }
}

static void offer_news(struct orl_clip *c)
{
    if (c->news && c->ready && c->focused) {
        c->news = false;
        offer(c, &c->to_guest, c->desktop_has);
    }
}

void orl_clip_host_offers(struct orl_clip *c, uint32_t types)
{
    /* Whoever owns the desktop's clipboard took it from us. */
    c->to_host.offered = 0;
    c->early = 0;
    if (!c->to_guest.allowed) {
        return;
    }
    c->desktop_has = types & ALL_TYPES;
    c->to_guest.edition++;
    c->news = true;
    if (!c->focused) {
        /*
         * What the guest was told of is gone. It must not reach the new content through the old
         * offer: that may be a password, copied in another window.
         */
        offer(c, &c->to_guest, 0);
    }
    offer_news(c);
}

void orl_clip_host_wants(struct orl_clip *c, enum orl_clip_type type, uint64_t id,
                         uint64_t now_ns)
{
    want(c, &c->to_host, type, id, now_ns);
}

void orl_clip_host_data(struct orl_clip *c, uint64_t id, const void *data, size_t len)
{
    deliver(c, &c->to_guest, id, data, len);
}

/* Everything is void: also what the guest asked for, because the agent that asked is gone. */
static void forget_guest(struct orl_clip *c)
{
    c->early = 0;
    for (int i = 0; i < MAX_WAITERS; i++) {
        c->to_guest.waiters[i].used = false;
    }
    c->to_guest.offered = 0;
    c->news = c->desktop_has != 0;
    refuse_all(c, &c->to_host);
    offer(c, &c->to_host, 0);
}

static void take_guest_offer(struct orl_clip *c, uint32_t types)
{
    if (types != 0) {
        c->to_guest.offered = 0; /* the guest's clipboard was ours and is not any more */
    }
    if (!c->to_host.allowed) {
        return;
    }
    c->to_host.edition++;
    if (types != 0) {
        /* The desktop's clipboard becomes ours; what was there is no longer on offer. */
        c->desktop_has = 0;
        c->news = false;
    }
    offer(c, &c->to_host, types);
}

void orl_clip_guest_ready(struct orl_clip *c, bool ready)
{
    if (ready == c->ready) {
        return;
    }
    c->ready = ready;
    if (ready) {
        uint32_t early = c->early;
        c->early = 0;
        if (early) {
            take_guest_offer(c, early);
        }
        offer_news(c);
    } else {
        forget_guest(c);
    }
}

void orl_clip_guest_offers(struct orl_clip *c, uint32_t types)
{
    if (c->ready) {
        take_guest_offer(c, types & ALL_TYPES);
    } else {
        c->early = types & ALL_TYPES;
    }
}

void orl_clip_guest_wants(struct orl_clip *c, enum orl_clip_type type, uint64_t id,
                          uint64_t now_ns)
{
    want(c, &c->to_guest, type, id, now_ns); /* nothing is offered to one that is not ready */
}

void orl_clip_guest_data(struct orl_clip *c, uint64_t id, const void *data, size_t len)
{
    deliver(c, &c->to_host, id, data, len);
}

void orl_clip_focus(struct orl_clip *c, bool focused)
{
    c->focused = focused;
    offer_news(c);
}

static void expire(struct orl_clip *c, struct way *w, uint64_t now_ns)
{
    for (int i = 0; i < MAX_WAITERS; i++) {
        if (w->waiters[i].used && w->waiters[i].deadline_ns <= now_ns) {
            answer(c, w, &w->waiters[i], NULL, 0);
        }
    }
}

void orl_clip_tick(struct orl_clip *c, uint64_t now_ns)
{
    expire(c, &c->to_guest, now_ns);
    expire(c, &c->to_host, now_ns);
}

uint64_t orl_clip_due(const struct orl_clip *c)
{
    uint64_t due = ORL_WAKE_NEVER;
    for (int i = 0; i < MAX_WAITERS; i++) {
        const struct waiter *a = &c->to_guest.waiters[i];
        const struct waiter *b = &c->to_host.waiters[i];
        due = a->used ? orl_earlier(due, a->deadline_ns) : due;
        due = b->used ? orl_earlier(due, b->deadline_ns) : due;
    }
    return due;
}
