/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Caps, Num and Scroll Lock: the guest's follow the host's. One answer per reason: gaining the focus
 * or capture, a new session, or a change at the host. What the guest changes by itself is left alone
 * until the next reason, so that the two sides never fight. A lock key that is pressed goes to the
 * guest as a key; the comparison waits until the guest has had time to answer it.
 *
 * Pure; time is a parameter. Main thread.
 */
#ifndef ORL_INPUT_LOCKS_H
#define ORL_INPUT_LOCKS_H

#include <stdbool.h>
#include <stdint.h>

#include "input/sink.h"

#define ORL_LOCKS_SETTLE_NS                                                                    \
    UINT64_C(300000000) /* lock key sent -> the guest's lamp is believed */
#define ORL_LOCKS_PAUSE_NS UINT64_C(500000000) /* between two answers */

struct orl_locks {
    uint8_t host;     /* set of enum orl_lock */
    uint8_t ignored;  /* locks whose key is the viewer's own (input:escapeKey) */
    bool host_known;  /* an event has told */
    bool due;         /* there is a reason to compare */
    uint64_t from_ns; /* not before */
};

/* `escape`: usage of input:escapeKey. */
void orl_locks_init(struct orl_locks *l, uint16_t escape);

/* The host's locks as an event gives them. */
void orl_locks_host(struct orl_locks *l, uint8_t locks);

/* A reason: focus, capture, session. */
void orl_locks_arm(struct orl_locks *l);

/* A key went to the guest. */
void orl_locks_key(struct orl_locks *l, uint16_t usage, uint64_t now_ns);

/* Compares and answers when there is a reason and it is time. `leds`: the guest's. */
void orl_locks_tick(struct orl_locks *l, const struct orl_input_sink *sink, uint8_t leds,
                    uint64_t now_ns);

/* When orl_locks_tick() has something to do; UINT64_MAX for never. */
uint64_t orl_locks_due(const struct orl_locks *l);

#endif
