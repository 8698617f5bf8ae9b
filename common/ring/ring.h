/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The consumer's side of one queue, for all releases: subscribe, next, done, skip, send.
 *
 * A ring belongs to one thread. It never trusts an index twice: ring_len and ring_offset are
 * copied and checked at subscribe, everything else is copied, checked and used from the copy.
 * Waits for a lock in the memory end after ORL_LOCK_WAIT_NS; nothing allocates.
 *
 * What the caller does with an error: ORL_ELATE, ORL_ELOST: subscribe again. ORL_ESESSION,
 * ORL_ETIMEOUT, ORL_ECORRUPT: forget the session (write nothing more) and attach again.
 */
#ifndef ORL_RING_RING_H
#define ORL_RING_RING_H

#include <stdint.h>

#include "ring/session.h"
#include "wire/wire.h"

struct orl_ring {
    struct orl_session *session; /* borrowed; NULL when not subscribed */
    uint32_t queue_id;
    size_t block;       /* offset of the queue block */
    size_t ring_offset; /* private copies, checked */
    uint32_t ring_len;
    uint32_t slot; /* our subscriber slot n */
    uint32_t read; /* our read position p */
};

/*
 * Subscribes to the first queue with that id; only messages posted from now on will be seen.
 * ORL_OK; ORL_EAGAIN: no such queue yet; ORL_ENOSPC: no free subscriber slot (retry after a
 * second); ORL_EMALFORMED: the queue's constants break a rule (nothing was written);
 * ORL_ECORRUPT: its indices do; ORL_ETIMEOUT, ORL_ESESSION; ORL_EINVAL: mapped read-only.
 */
ORL_MUST int orl_ring_subscribe(struct orl_ring *ring, struct orl_session *session,
                                uint32_t queue_id);

/*
 * Test and inspection: takes over subscriber slot `slot` as found in the memory (client id from
 * sub_client, which becomes the session's), reading from position `read`. Writes nothing.
 * ORL_OK; ORL_EAGAIN, ORL_EMALFORMED, ORL_ESESSION as subscribe; ORL_EINVAL: slot or position.
 */
ORL_MUST int orl_ring_adopt(struct orl_ring *ring, struct orl_session *session,
                            uint32_t queue_id, uint32_t slot, uint32_t read);

/* Gives the slot back; a slot that is no longer ours is just forgotten. */
void orl_ring_unsubscribe(struct orl_ring *ring);

/*
 * The oldest unread message, or ORL_EAGAIN. ORL_EMALFORMED: its offset or size is outside the
 * memory: call orl_ring_done() and go on. Otherwise ORL_ELATE, ORL_ELOST, ORL_ESESSION,
 * ORL_ECORRUPT, ORL_ETIMEOUT. The payload is ours until orl_ring_done().
 */
ORL_MUST int orl_ring_next(struct orl_ring *ring, struct orl_payload *out);

/* Ownership and session once more: call after copying a payload, before trusting the copy. */
ORL_MUST int orl_ring_check(struct orl_ring *ring);

/*
 * Finishes the message that orl_ring_next() gave. B6, B7: retires it at once if the lock comes
 * free within 20 microseconds (else the producer's pass does within 10 ms); master: needs the lock.
 * ORL_OK, ORL_EAGAIN (it was gone already), ORL_ELATE, ORL_ELOST, ORL_ESESSION, ORL_ECORRUPT,
 * ORL_ETIMEOUT.
 */
ORL_MUST int orl_ring_done(struct orl_ring *ring);

/*
 * True when at least one message was posted after the one that orl_ring_next() gave. A look without
 * the lock that may be wrong while the guest works on the queue, never for long.
 */
bool orl_ring_has_newer(const struct orl_ring *ring);

/* Skips all but the newest message, which orl_ring_next() then gives. Errors as done. */
ORL_MUST int orl_ring_skip_to_last(struct orl_ring *ring);

/*
 * Sends `len` (<= ORL_CLIENT_BYTES) bytes to the producer. *serial (may be NULL) identifies the
 * message for orl_ring_acked(). ORL_OK; ORL_ENOSPC: ring full, retry; ORL_EINVAL: len;
 * ORL_ECORRUPT: indices break a rule (nothing written); ORL_ELATE, ORL_ELOST, ORL_ETIMEOUT, ORL_ESESSION.
 */
ORL_MUST int orl_ring_send(struct orl_ring *ring, const void *data, uint32_t len,
                           uint32_t *serial);

/* True when the producer has finished the message with that serial. */
bool orl_ring_acked(const struct orl_ring *ring, uint32_t serial);

#endif
