/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "frame/subscription.h"

#include "base/clock.h"

#define NO_SLOT_NS     ORL_NS_PER_S          /* all subscriber slots taken */
#define RESUBSCRIBE_NS (100 * ORL_NS_PER_MS) /* between two subscriptions */
#define QUEUE_LOOK_NS  (5 * ORL_NS_PER_MS)

int orl_subscription_take(struct orl_subscription *s, struct orl_ring *ring,
                          struct orl_session *session, uint32_t queue_id, uint64_t now_ns)
{
    if (now_ns < s->next_ns) {
        return ORL_EAGAIN;
    }
    int err = orl_ring_subscribe(ring, session, queue_id);
    if (err == ORL_OK) {
        s->since_ns = now_ns;
        return ORL_OK;
    }
    s->next_ns = now_ns + (err == ORL_EAGAIN ? QUEUE_LOOK_NS : NO_SLOT_NS);
    return err == ORL_ENOSPC || err == ORL_EINVAL ? ORL_EAGAIN : err;
}

void orl_subscription_renew(struct orl_subscription *s, struct orl_ring *ring, uint64_t now_ns)
{
    orl_ring_unsubscribe(ring);
    bool just_now = now_ns - s->since_ns < RESUBSCRIBE_NS;
    s->next_ns = just_now ? s->since_ns + RESUBSCRIBE_NS : now_ns;
}
