/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "frame/bell.h"

#define PROVED 3u /* frames in a row that were rung for */
#define BROKE  2u /* frames in a row that were not */
#define IDLE   8u /* rings for nothing that are listened to at once */

void orl_bell_rang(struct orl_bell *b)
{
    b->rung = true;
}

static void count_good(struct orl_bell *b)
{
    b->owed = false;
    b->missed = 0;
    b->idle = 0;
    if (b->good < PROVED) {
        b->good++;
    }
    if (b->good == PROVED) {
        b->trusted = true;
    }
}

/* A frame is there and no ring: it may still come, since the guest posts first. */
static void count_unrung(struct orl_bell *b)
{
    if (b->owed) {
        b->good = 0;
        b->missed++;
        if (b->missed >= BROKE) {
            b->trusted = false;
        }
    }
    b->owed = true;
}

void orl_bell_look(struct orl_bell *b, uint32_t found, uint64_t now_ns)
{
    bool rung = b->rung;
    b->rung = false;
    if (rung && (found || b->owed)) {
        count_good(b);
    } else if (rung) {
        b->idle += b->idle < IDLE;
        if (b->idle == IDLE) {
            b->pause_ns = now_ns + ORL_BELL_PAUSE_NS;
        }
    } else if (found) {
        count_unrung(b);
    }
}

bool orl_bell_listens(const struct orl_bell *b, uint64_t now_ns)
{
    return !b->broken && now_ns >= b->pause_ns;
}

uint64_t orl_bell_next(const struct orl_bell *b, uint64_t poll_ns, uint64_t now_ns)
{
    uint64_t next = b->trusted && !b->broken ? now_ns + ORL_BELL_NET_NS : poll_ns;
    return b->pause_ns > now_ns && b->pause_ns < next ? b->pause_ns : next;
}
