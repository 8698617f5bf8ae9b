/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Caps, Num and Scroll Lock of host and guest agree while the guest gets what the user does. For each
 * lock one side leads:
 *
 *   the host   when the guest begins to get the user's keys (focus, capture, a new session), and when
 *              the host's lock changes although its key did not go to the guest;
 *   the guest  when the key went there, when its lamp changes by itself, when it does not do what it was
 *              told, and when it listens again after a dialog.
 *
 * The other side follows, once for a reason, after the side that leads came to rest. What the host is
 * set to is never a reason to tell the guest, so the two sides cannot answer each other for ever: a
 * reason leads to one command at most, and that to one setting of the host for each rest of the lamps.
 * A guest whose lamps never rest gets one setting in ORL_LOCKS_LATEST_NS.
 *
 * When the guest stops getting the user's keys, for whatever reason, the locks that were set here go
 * back to the user's own setting; those whose key he pressed meanwhile do not.
 *
 * Where the host's locks cannot be set (Wayland), it always leads: a key that the guest did not take
 * is undone there.
 *
 * Pure; time is a parameter. Main thread. Sets of locks: enum orl_lock.
 */
#ifndef ORL_INPUT_LOCKS_H
#define ORL_INPUT_LOCKS_H

#include <stdbool.h>
#include <stdint.h>

#include "input/sink.h"

#define ORL_LOCKS_SETTLE_NS                                                                    \
    UINT64_C(300000000) /* a lamp has changed, or a key went up -> it is at rest */
#define ORL_LOCKS_ANSWER_NS                                                                    \
    UINT64_C(1000000000) /* a key or command went out -> a lamp without answer gives none */
#define ORL_LOCKS_LATEST_NS                                                                    \
    UINT64_C(2000000000)                       /* lamps that change for so long are believed */
#define ORL_LOCKS_PAUSE_NS UINT64_C(500000000) /* between two commands, and two settings */

struct orl_locks {
    bool host_known; /* orl_locks_host() has told */
    bool live;       /* the guest gets what the user does, and its lamps are known */
    bool settable;   /* the host's can be set */
    uint8_t apart;   /* locks that are left alone: the viewer's own key, or not there */
    uint8_t host;    /* as told, or as set */
    uint8_t guest;   /* its lamps */
    uint8_t user;    /* the user's own setting of the host */
    uint8_t ours;    /* what was set here and differs from `user` */
    uint8_t host_leads, guest_leads; /* reasons, disjoint; guest_leads: only if settable */
    uint8_t awaited;                 /* of guest_leads: the lamp has not answered yet */
    uint64_t command_ns;             /* host_leads: the guest is told from then on */
    uint64_t rest_ns, latest_ns;     /* guest_leads: its lamps are believed from then on */
    uint64_t pause_ns;               /* the host is not set before */
};

/* `escape`: usage of input:escapeKey. Until orl_locks_able(): a host that cannot be set. */
void orl_locks_init(struct orl_locks *l, uint16_t escape);

/* The host's locks can be set: those in `able`. It has no others. */
void orl_locks_able(struct orl_locks *l, uint8_t able);

/* The host's locks, as an event gives them or whenever asked for. */
void orl_locks_host(struct orl_locks *l, uint8_t locks);

/* The host leads: focus, capture. */
void orl_locks_arm(struct orl_locks *l);

/* The host leads, with the user's own setting: a new session. */
void orl_locks_renew(struct orl_locks *l, const struct orl_input_sink *sink);

/* A key of the user's went to the guest. */
void orl_locks_key(struct orl_locks *l, uint16_t usage, bool down, uint64_t now_ns);

/* The guest's side. live: it gets what the user does now, and `lamps` are known. What was set here is
 * put back at once when that ends. */
void orl_locks_guest(struct orl_locks *l, const struct orl_input_sink *sink, bool live,
                     uint8_t lamps, uint64_t now_ns);

/* Does what there is a reason for when it is time. */
void orl_locks_tick(struct orl_locks *l, const struct orl_input_sink *sink, uint64_t now_ns);

/* When orl_locks_tick() has something to do; UINT64_MAX for never. */
uint64_t orl_locks_due(const struct orl_locks *l);

#endif
