/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "party.h"

#include <sched.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/clock.h"
#include "ring/producer.h"
#include "ring/ring.h"

#define WORDS     8
#define QUEUE     ORL_QUEUE_POINTER
#define PASS_NS   (5 * ORL_NS_PER_MS)
#define NAP_EVERY 4096

static void add(_Atomic uint64_t *counter)
{
    atomic_fetch_add_explicit(counter, 1, memory_order_relaxed);
}

static bool stopped(const struct party *p)
{
    return atomic_load_explicit(p->stop, memory_order_relaxed) != 0;
}

static void fill(uint64_t words[WORDS], uint32_t session, uint64_t seq)
{
    words[0] = seq;
    words[1] = session;
    for (uint64_t i = 2; i < WORDS; i++) {
        words[i] = (seq ^ (uint64_t)session << 32) * UINT64_C(0x9e3779b97f4a7c15) + i;
    }
}

static uint64_t now_ms(void)
{
    return orl_now_ns() / ORL_NS_PER_MS;
}

/* ---- Producer ------------------------------------------------------------------------------ */

struct producing {
    const struct party *p;
    struct orl_producer producer;
    uint32_t queue;
    size_t payloads;
    uint64_t seq; /* of this session */
    uint64_t next_pass_ns;
};

static void start_session(struct producing *g)
{
    const struct party *p = g->p;
    uint8_t data[64] = ORL_KVMFR_MAGIC;
    orl_put_u32(data + p->lay->info_version, p->lay->kvmfr);
    if (orl_producer_start(&g->producer, p->shm.base, p->shm.size, p->lay, data,
                           p->lay->info_bytes, 0, now_ms()) ||
        orl_producer_add_queue(&g->producer, QUEUE, p->capacity, p->timeout_ms, &g->queue)) {
        abort();
    }
    /* One more than the ring holds: the oldest is free before it is written again. */
    g->payloads =
        orl_producer_alloc(&g->producer, (p->capacity + 1) * sizeof(uint64_t[WORDS]), 64);
    g->seq = 0;
}

/* False when a lock stays held or the queue is broken: a dead consumer, hence a new session. */
static bool pass_when_due(struct producing *g)
{
    uint64_t now_ns = orl_now_ns();
    if (now_ns < g->next_pass_ns) {
        return true;
    }
    g->next_pass_ns = now_ns + PASS_NS;
    return orl_producer_pass(&g->producer, now_ms()) == ORL_OK;
}

/* 1 posted, 0 not now, -1 the session is beyond repair. */
static int post_one(struct producing *g)
{
    uint64_t words[WORDS];
    bool posted = false;
    struct orl_payload msg = {.off =
                                  g->payloads + g->seq % (g->p->capacity + 1) * sizeof(words),
                              .size = sizeof(words),
                              .tag = (uint32_t)g->seq};
    if (orl_producer_used(&g->producer, g->queue) >= g->p->capacity) {
        return 0;
    }
    fill(words, g->producer.session_id, g->seq);
    memcpy(g->p->shm.base + msg.off, words, sizeof(words));
    int err = orl_producer_post(&g->producer, g->queue, msg, NULL, 0, now_ms(), &posted);
    g->seq += posted;
    return err == ORL_ETIMEOUT ? -1 : posted;
}

void party_produce(const struct party *p, struct party_counts *counts)
{
    struct producing g = {.p = p};
    uint64_t done = 0;
    start_session(&g);
    while (!stopped(p) && (p->limit == 0 || done < p->limit)) {
        int result = 0;
        if (orl_producer_subscribers(&g.producer, g.queue) >= p->wait_for || done > 0) {
            result = post_one(&g);
        }
        if (result == 1) {
            done++;
            add(&counts->posted);
        }
        if (!pass_when_due(&g) || result < 0) {
            add(&counts->restarts);
            start_session(&g);
        }
        if (result == 0) {
            sched_yield();
        }
    }
    while (!stopped(p) && orl_producer_used(&g.producer, g.queue) > 0) {
        pass_when_due(&g);
        sched_yield();
    }
}

/* ---- Consumer ------------------------------------------------------------------------------ */

struct consuming {
    const struct party *p;
    struct party_counts *counts;
    struct orl_session session;
    struct orl_ring ring;
    bool in_row; /* `expected` says what must come next */
    uint64_t expected;
    unsigned random;
};

static unsigned next_random(struct consuming *c)
{
    c->random = c->random * 1664525u + 1013904223u;
    return c->random >> 8;
}

static bool open_session(struct consuming *c)
{
    struct orl_attach attach = {0};
    while (!stopped(c->p)) {
        if (orl_attach_step(&attach, &c->p->shm, orl_now_ns(), true, &c->session) == ORL_OK) {
            return true;
        }
        usleep(1000);
    }
    return false;
}

static void check_message(struct consuming *c, const uint64_t words[WORDS])
{
    uint64_t whole[WORDS];
    fill(whole, c->session.id, words[0]);
    if (memcmp(whole, words, sizeof(whole)) != 0) {
        add(&c->counts->broken);
    } else if (c->in_row && words[0] != c->expected) {
        add(&c->counts->gaps);
    }
    c->in_row = true;
    c->expected = words[0] + 1;
    add(&c->counts->received);
}

static int consume_one(struct consuming *c)
{
    struct orl_payload msg;
    uint64_t words[WORDS];
    int err = orl_ring_next(&c->ring, &msg);
    if (err) {
        return err;
    }
    if (msg.size != sizeof(words)) {
        err = orl_ring_check(&c->ring); /* else a broken slot of a session that just began */
        if (err == ORL_OK) {
            add(&c->counts->broken);
        }
        return err;
    }
    memcpy(words, c->p->shm.base + msg.off, sizeof(words));
    err = orl_ring_check(&c->ring);
    if (err) {
        return err;
    }
    check_message(c, words);
    bool newer = orl_ring_has_newer(&c->ring);
    err = orl_ring_done(&c->ring);
    if (err == ORL_OK && newer && orl_ring_next(&c->ring, &msg) == ORL_EAGAIN) {
        add(&c->counts->gaps); /* it was promised, and a message is never taken from a reader */
    }
    return err;
}

static void nap(struct consuming *c)
{
    unsigned r = next_random(c);
    if (c->p->naps && r % NAP_EVERY == 0) {
        /* One in eight is longer than a subscriber may take. */
        usleep(next_random(c) % 8 == 0 ? c->p->timeout_ms * 1500 : next_random(c) % 3000);
    }
}

/* One subscription; returns what ended it. */
static int read_queue(struct consuming *c)
{
    uint64_t check_ns = orl_now_ns();
    c->in_row = false;
    for (unsigned idle = 0; !stopped(c->p);) {
        int err = consume_one(c);
        if (err == ORL_EAGAIN) {
            if (++idle % 256 == 0) {
                uint64_t now_ns = orl_now_ns();
                if (now_ns > check_ns && orl_session_check(&c->session, now_ns)) {
                    return ORL_ESESSION;
                }
                check_ns = now_ns + 50 * ORL_NS_PER_MS;
                sched_yield();
            }
        } else if (err) {
            return err;
        } else {
            nap(c);
        }
    }
    return ORL_OK;
}

static void note_end(struct consuming *c, int err)
{
    if (err == ORL_ELATE || err == ORL_ELOST) {
        add(&c->counts->late);
    } else if (err == ORL_ETIMEOUT) {
        add(&c->counts->stuck);
    } else if (err != ORL_ESESSION && err != ORL_OK) {
        add(&c->counts->errors);
    }
}

void party_consume(const struct party *p, struct party_counts *counts, unsigned seed)
{
    struct consuming c = {.p = p, .counts = counts, .random = seed};
    while (open_session(&c)) {
        int err = ORL_OK;
        add(&counts->reattached);
        while (!stopped(p) && err != ORL_ESESSION && err != ORL_ETIMEOUT &&
               err != ORL_ECORRUPT) {
            err = orl_ring_subscribe(&c.ring, &c.session, QUEUE);
            if (err == ORL_OK) {
                add(&counts->subscribed);
                err = read_queue(&c);
                note_end(&c, err);
                if (stopped(p)) {
                    orl_ring_unsubscribe(&c.ring);
                }
            } else {
                usleep(1000); /* no such queue yet, no slot */
                if (orl_session_check(&c.session, orl_now_ns()) != ORL_OK) {
                    err = ORL_ESESSION;
                }
            }
        }
    }
}
