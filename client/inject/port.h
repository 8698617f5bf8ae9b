/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Our endpoint of the guest's input: whether it is there, who owns the input, and the stream that
 * records go through. Time is a parameter. One thread.
 *
 * Viewers take turns: the input is claimed with the first record and given back 400 ms after the
 * last one, when nothing is held. Claiming costs nothing, because reports may follow the claim at
 * once; the guest ignores them if another viewer was faster, and its next status says so.
 *
 * A claim that is lost (dropped by the guest, never confirmed, endpoint changed) means that the
 * guest has released everything; the port then rests, a little longer each time, so that a guest
 * that refuses us is not pestered.
 */
#ifndef ORL_INJECT_PORT_H
#define ORL_INJECT_PORT_H

#include "ring/ring.h"
#include "ring/stream.h"
#include "wire/hid.h"

enum orl_port_claim {
    ORL_PORT_NONE,
    ORL_PORT_ASKED, /* claimed; reports are sent */
    ORL_PORT_OURS   /* and a status has confirmed it */
};

struct orl_port {
    uint32_t client_id; /* ours in this session */
    bool has_status;
    uint32_t serial; /* of the status */
    struct orl_hid_status hid;
    bool look;     /* the endpoint of the status was not tried yet */
    bool attached; /* `stream` is active */
    struct orl_stream stream;

    enum orl_port_claim claim;
    uint32_t generation, sequence; /* of the claim; of its last record */
    uint64_t asked_ns;             /* the claim was written */
    uint64_t used_ns;              /* the last record other than a keep-alive */
    uint64_t alive_ns;             /* the last keep-alive, or the claim */
    uint64_t full_ns;              /* since when the stream has no room; 0: it has */
    uint64_t rest_ns, backoff_ns;  /* no claim before; the length of the next rest */
    uint32_t losses;               /* claims lost */
    uint64_t start_ns;             /* when the session was opened, for the first looks */
};

/* A session was opened, in which we are `client_id`; or it is gone (0). Writes nothing. */
void orl_port_init(struct orl_port *p, uint32_t client_id, uint64_t now_ns);

/*
 * Takes over the newest status, if there is a new one. ORL_OK; else an error of the ring. Broken
 * statuses are passed over.
 */
ORL_MUST int orl_port_look(struct orl_port *p, struct orl_ring *ring, uint64_t now_ns);

/*
 * Attaches when a status has named an endpoint for us, keeps the claim alive or gives it back, gives
 * up on one that is not confirmed. `hold`: something is down. ORL_OK or ORL_ESESSION.
 */
ORL_MUST int orl_port_tick(struct orl_port *p, const struct orl_session *session, bool hold,
                           uint64_t now_ns);

/* What is sent now reaches the guest, as far as we know. */
bool orl_port_ready(const struct orl_port *p, uint64_t now_ns);
/* Another viewer owns the input. */
bool orl_port_taken(const struct orl_port *p);

/*
 * Writes a record (generation and sequence are filled in here), behind a claim if there is none.
 * ORL_OK; ORL_ENOSPC: the guest is slow, try again; ORL_EAGAIN: not ready (any more);
 * ORL_ESESSION.
 */
ORL_MUST int orl_port_send(struct orl_port *p, const struct orl_hid_record *rec,
                           uint64_t now_ns);

/*
 * Gives a claim back: everything up, then the release. ORL_OK: done, or nothing to do; ORL_ENOSPC:
 * try again.
 */
ORL_MUST int orl_port_leave(struct orl_port *p, uint64_t now_ns);

/* When the next tick is due. */
uint64_t orl_port_due(const struct orl_port *p, uint64_t now_ns);

#endif
