/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "frame/hold.h"

#include "base/clock.h"

/* 0 when `from_ns` is later: waits before the hand-over are not part of the step's time. */
static uint64_t since(uint64_t from_ns, uint64_t now_ns)
{
    return now_ns > from_ns ? now_ns - from_ns : 0;
}

void orl_hold_begin(struct orl_hold *h, uint64_t number, uint64_t now_ns)
{
    h->last = number;
    h->out = true;
    h->taken = false;
    h->late = false;
    h->since_ns = now_ns;
}

/* True when it came back by a release; *shown says which. */
static bool released(struct orl_hold *h, const struct orl_frame_link *link, bool *shown)
{
    uint64_t word = orl_counter_get(&link->released);
    *shown = (word & 1) == 0;
    return word >> 1 == h->last;
}

/* Nobody has it yet. */
static enum orl_hold_event step_untaken(struct orl_hold *h, struct orl_frame_link *link,
                                        bool newer, uint64_t now_ns)
{
    if (!newer && since(h->since_ns, now_ns) < ORL_HOLD_UNTAKEN_NS) {
        return ORL_HOLD_WAIT;
    }
    if (!orl_mailbox_withdraw(&link->frame_mb)) {
        return ORL_HOLD_WAIT; /* taken this moment */
    }
    h->out = false;
    return newer ? ORL_HOLD_WITHDRAWN : ORL_HOLD_UNTAKEN;
}

enum orl_hold_event orl_hold_step(struct orl_hold *h, struct orl_frame_link *link, bool newer,
                                  uint64_t now_ns)
{
    bool shown;
    if (!h->out) {
        return ORL_HOLD_NOTHING;
    }
    if (released(h, link, &shown)) {
        h->out = false;
        return shown ? ORL_HOLD_SHOWN : ORL_HOLD_REFUSED;
    }
    if (!h->taken && orl_mailbox_unread(&link->frame_mb) >= 0) {
        return step_untaken(h, link, newer, now_ns);
    }
    if (!h->taken) {
        h->taken = true;
        h->taken_ns = now_ns;
    }
    if (!h->late && since(h->taken_ns, now_ns) >= ORL_HOLD_TAKEN_NS) {
        h->late = true;
        return ORL_HOLD_LATE;
    }
    return ORL_HOLD_WAIT;
}

uint64_t orl_hold_due(const struct orl_hold *h)
{
    if (!h->out || h->late) {
        return UINT64_MAX;
    }
    return h->taken ? h->taken_ns + ORL_HOLD_TAKEN_NS : h->since_ns + ORL_HOLD_UNTAKEN_NS;
}

bool orl_hold_finish(struct orl_hold *h, struct orl_frame_link *link, uint64_t wait_ns)
{
    bool shown;
    uint64_t end_ns = orl_now_ns() + wait_ns;
    while (h->out) {
        uint64_t now_ns = orl_now_ns();
        if (orl_mailbox_withdraw(&link->frame_mb) || released(h, link, &shown)) {
            h->out = false;
        } else if (now_ns >= end_ns) {
            return false;
        } else {
            orl_wake_wait(&link->sleeper.wake,
                          orl_earlier(end_ns, now_ns + 10 * ORL_NS_PER_MS));
        }
    }
    return true;
}
