/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * When a polling thread may ask for a subscription to its queue, and asking: a queue that is not
 * there yet is looked for soon, taken slots after a while, and a subscription is not renewed faster
 * than the guest can answer. Time is a parameter (any monotonic clock, ns). One thread per object.
 */
#ifndef ORL_FRAME_SUBSCRIPTION_H
#define ORL_FRAME_SUBSCRIPTION_H

#include <stdint.h>

#include "ring/ring.h"

/* All zero: may ask at once. */
struct orl_subscription {
    uint64_t next_ns;  /* not before this time */
    uint64_t since_ns; /* when the last one began */
};

/*
 * Subscribes `ring`, which has no subscription. ORL_OK; ORL_EAGAIN: not now, s->next_ns says when
 * to come again (no such queue yet, no free slot, or the memory is read-only); everything else as
 * orl_ring_subscribe().
 */
ORL_MUST int orl_subscription_take(struct orl_subscription *s, struct orl_ring *ring,
                                   struct orl_session *session, uint32_t queue_id,
                                   uint64_t now_ns);

/* Gives the subscription up in order to take another: the guest posts its last message for it. */
void orl_subscription_renew(struct orl_subscription *s, struct orl_ring *ring, uint64_t now_ns);

#endif
