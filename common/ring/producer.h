/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The guest's side of the queue protocol, every release: the synthetic guest, tests, later a
 * Linux guest agent. One thread; the memory is all that is shared. Trusts its own indices (keeps
 * private copies of tail and read positions), bounds every wait for a lock.
 */
#ifndef ORL_RING_PRODUCER_H
#define ORL_RING_PRODUCER_H

#include <stdint.h>

#include "ring/shm.h"
#include "wire/layout.h"
#include "wire/wire.h"

struct orl_producer_queue {
    uint32_t id;
    uint32_t ring_len;
    size_t ring_offset;
    uint32_t tail;   /* private, authoritative */
    uint32_t c_read; /* next client message to read */
};

struct orl_producer {
    uint8_t *base;
    size_t size; /* bytes LGMP may use */
    const struct orl_layout *lay;
    uint32_t session_id;
    size_t alloc; /* next free byte */
    uint32_t queue_count;
    struct orl_producer_queue queues[ORL_MAX_QUEUES];
    uint64_t beat_ms; /* last heartbeat written */
};

/*
 * Starts a session: control block and user data as the release writes them, no queues yet.
 * `session_id` must differ from the one in the memory (0 chooses one). ORL_OK or ORL_ENOSPC.
 */
ORL_MUST int orl_producer_start(struct orl_producer *p, uint8_t *base, size_t size,
                                const struct orl_layout *lay, const uint8_t *user_data,
                                uint32_t user_data_size, uint32_t session_id, uint64_t now_ms);

/* Adds a queue for `capacity` messages (master: a power of two); its index in *index. ORL_OK or ORL_ENOSPC. */
ORL_MUST int orl_producer_add_queue(struct orl_producer *p, uint32_t id, uint32_t capacity,
                                    uint32_t timeout_ms, uint32_t *index);

/* Takes `bytes` from the rest of the memory, aligned; 0 when there is no room. */
size_t orl_producer_alloc(struct orl_producer *p, size_t bytes, size_t align);

/*
 * Posts to all active subscribers, or (master) only to `client_ids` when count > 0.
 * ORL_OK (also when nobody is subscribed and the release does not post then: *posted, may be NULL,
 * says), ORL_ENOSPC: queue full, ORL_ETIMEOUT: lock.
 */
ORL_MUST int orl_producer_post(struct orl_producer *p, uint32_t index, struct orl_payload msg,
                               const uint32_t *client_ids, uint32_t count, uint64_t now_ms,
                               bool *posted);

/* Heartbeat, late subscribers, retiring; call every 10 ms. ORL_OK, ORL_ESESSION (magic damaged:
 * start a new session), ORL_ETIMEOUT (a lock stayed held). */
ORL_MUST int orl_producer_pass(struct orl_producer *p, uint64_t now_ms);

/* Messages in the queue (its `used`) and active subscribers now. */
uint32_t orl_producer_used(const struct orl_producer *p, uint32_t index);
uint32_t orl_producer_subscribers(const struct orl_producer *p, uint32_t index);

/* Client ids of the active subscribers into `ids`, at most ORL_MAX_SUBSCRIBERS; how many. */
uint32_t orl_producer_clients(const struct orl_producer *p, uint32_t index,
                              uint32_t ids[ORL_MAX_SUBSCRIBERS]);

/* Subscriptions since the last call: the state (last frame, cursor) must be repeated for them. */
uint32_t orl_producer_new_subscribers(struct orl_producer *p, uint32_t index);

/*
 * Oldest client message into `data` (ORL_CLIENT_BYTES), its length in *len; master: sender in
 * *sender (may be NULL). ORL_OK, ORL_EAGAIN, ORL_ETIMEOUT. Acknowledge after acting on it.
 */
ORL_MUST int orl_producer_read(struct orl_producer *p, uint32_t index, uint8_t *data,
                               uint32_t *len, uint32_t *sender);
void orl_producer_ack(struct orl_producer *p, uint32_t index);

#endif
