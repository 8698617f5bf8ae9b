/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Streams (master): a first-in-first-out region with one writer and one reader, which the guest
 * binds to one viewer at a time; every binding has an epoch. Both sides are the same code, except
 * that the viewer attaches to a region that it must not trust, and the guest makes and binds it
 * (ring/stream_bind.h).
 *
 * An end belongs to one thread. Geometry is checked once and used from the private copy; every word
 * that the other side can change is copied, compared or masked before it is used, so a hostile
 * guest can stop a stream or spoil what is read, but not lead a read or write out of the region.
 * Nothing waits, nothing allocates.
 *
 * Memory order: a record is written, then published by the writer's cursor (release); the reader
 * sees the cursor (acquire) before it reads the record, and publishes its own cursor (release)
 * after it has copied. An operation announces itself in its cursor's mark and looks at the binding
 * again afterwards; the guest changes the binding's state and looks at the marks afterwards: one of
 * the two sees the other (orl_w32_announce). Stress test: tests/stress/test_stream.c.
 */
#ifndef ORL_RING_STREAM_H
#define ORL_RING_STREAM_H

#include <stdbool.h>
#include <stdint.h>

#include "ring/session.h"
#include "wire/stream.h"

struct orl_stream {
    const struct orl_session *session; /* borrowed; NULL on the guest's side */
    uint8_t *region;                   /* in shared memory */
    struct orl_stream_desc desc;       /* private copy, checked */
    uint32_t session_id;
    bool writes;        /* our cursor is the writer's */
    uint32_t client_id; /* viewer that we act for (guest's side: that is bound) */
    uint32_t epoch;     /* of the binding; 0: not active */
};

/*
 * The viewer's end of the stream that `desc` describes; it is not active yet. `session` is borrowed
 * as long as the end is used. ORL_OK; ORL_EMALFORMED: outside of the memory, or the region does not
 * say the same as the descriptor; ORL_ESESSION; ORL_EINVAL: mapped read-only.
 */
ORL_MUST int orl_stream_attach(struct orl_stream *s, const struct orl_session *session,
                               const struct orl_stream_desc *desc);

/*
 * Takes up the present binding. ORL_OK; ORL_EAGAIN: not bound to us, or just changing;
 * ORL_ECORRUPT: the cursors break a rule; ORL_ESESSION.
 */
ORL_MUST int orl_stream_activate(struct orl_stream *s);

/*
 * Is the binding still the one that was activated? ORL_OK; ORL_ELOST: no longer (activate again);
 * ORL_ESESSION. `draining` also accepts a stream that takes no new records.
 */
ORL_MUST int orl_stream_check(const struct orl_stream *s, bool draining);

/*
 * Appends one record of `len` bytes, at most desc.slot_bytes. ORL_OK; ORL_ENOSPC: full, nothing
 * was written; ORL_ELOST, ORL_ESESSION: not delivered; ORL_ECORRUPT; ORL_EINVAL: len, not active,
 * or not ours to write. Any thread that owns the end.
 */
ORL_MUST int orl_stream_write(struct orl_stream *s, const void *data, uint32_t len);

/*
 * Takes the oldest record into `data` (`cap` bytes), its length into *len. ORL_OK; ORL_EAGAIN:
 * none; ORL_ELOST, ORL_ESESSION: what was copied must not be used; ORL_ECORRUPT: record or cursors
 * break a rule; ORL_EINVAL: cap is below desc.slot_bytes, not active, or not ours to read.
 */
ORL_MUST int orl_stream_read(struct orl_stream *s, void *data, uint32_t cap, uint32_t *len);

/* Records between the two cursors; 0 when that cannot be said. */
uint32_t orl_stream_used(const struct orl_stream *s);

#endif
