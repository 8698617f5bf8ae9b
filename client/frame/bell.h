/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Whether the guest's doorbell can be relied on. Guests that ring after each frame make polling
 * needless; but a bell that is not rung, or rung for nothing, must cost no more than that.
 *
 *   several frames, each rung for     only the bell, and a look every ORL_BELL_NET_NS
 *   frames found without a ring       polling again, until the bell has proved itself anew
 *   many rings without a frame        the bell is listened to once per ORL_BELL_PAUSE_NS
 *
 * Pure; time is a parameter (any monotonic clock, ns). One thread per object.
 */
#ifndef ORL_FRAME_BELL_H
#define ORL_FRAME_BELL_H

#include <stdbool.h>
#include <stdint.h>

#define ORL_BELL_NET_NS   UINT64_C(100000000) /* as often as the heartbeat wants to be seen */
#define ORL_BELL_PAUSE_NS UINT64_C(1000000)

struct orl_bell {
    bool broken;  /* the descriptor failed: not used until the memory is mapped again */
    bool rung;    /* since the last look */
    bool owed;    /* a frame was found and its ring has not come yet */
    bool trusted; /* frames are waited for by the bell */
    uint32_t good, missed; /* frames in a row that were rung for, and that were not */
    uint32_t idle;         /* rings in a row that brought nothing */
    uint64_t pause_ns;     /* not listened to before */
};

/* The bell was rung; the look that follows says what for. */
void orl_bell_rang(struct orl_bell *b);

/* Once per look at the ring: `found` new frames. */
void orl_bell_look(struct orl_bell *b, uint32_t found, uint64_t now_ns);

/* True: the sleep that begins now is ended by the bell. */
bool orl_bell_listens(const struct orl_bell *b, uint64_t now_ns);

/* When to look next without a ring, where polling would look at `poll_ns`. */
uint64_t orl_bell_next(const struct orl_bell *b, uint64_t poll_ns, uint64_t now_ns);

#endif
