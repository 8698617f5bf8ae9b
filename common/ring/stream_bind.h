/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The guest's side of a stream: makes the region, binds it to viewers and takes it back; records go
 * through ring/stream.h. One thread. For the synthetic guest and the tests.
 */
#ifndef ORL_RING_STREAM_BIND_H
#define ORL_RING_STREAM_BIND_H

#include "ring/stream.h"

/*
 * Writes a fresh, unbound region at desc->off of the guest's own memory; desc is complete
 * (orl_stream_desc_complete) and inside. `s` becomes the guest's end.
 */
void orl_stream_create(struct orl_stream *s, uint8_t *base, uint32_t session_id,
                       const struct orl_stream_desc *desc);

/* Binds an unbound stream to a viewer. ORL_OK; ORL_EAGAIN: not unbound, or marks are still set. */
ORL_MUST int orl_stream_bind(struct orl_stream *s, uint32_t client_id);

/* No new records from now on; what is in the stream can still be read. Nothing when unbound. */
void orl_stream_drain(struct orl_stream *s);

/* ORL_OK: a drained stream is free again; ORL_EAGAIN: records or marks are left. */
ORL_MUST int orl_stream_unbind(struct orl_stream *s);

/* Frees the stream whatever is left in it: for a viewer that died within an operation. */
void orl_stream_force_unbind(struct orl_stream *s);

#endif
