/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * When to look at a queue again: learns the rhythm of what arrives there and trades latency
 * against wake-ups. There is no interrupt from the guest, so looking is all a viewer can do.
 *
 *   steady rhythm   sleep until shortly before the expected arrival, then small steps
 *   no rhythm       steps of 1/32 of the time since the last arrival: never late by more than that
 *   idle            the same law ends at ORL_CADENCE_IDLE_NS
 *   input sent      (poke) small steps for a while, because an answer is likely
 *
 * A budget stretches the small steps when they would cost too many wake-ups per second.
 * Pure: time is a parameter (any monotonic clock, ns). One thread per object.
 */
#ifndef ORL_FRAME_CADENCE_H
#define ORL_FRAME_CADENCE_H

#include <stdbool.h>
#include <stdint.h>

#define ORL_CADENCE_FAST_NS UINT64_C(100000)    /* a small step */
#define ORL_CADENCE_IDLE_NS UINT64_C(8000000)   /* the longest sleep: 125 wake-ups per second */
#define ORL_CADENCE_POKE_NS UINT64_C(300000000) /* how long a poke lasts */
#define ORL_CADENCE_HISTORY 16

struct orl_cadence {
    uint64_t max_ns;    /* longest sleep */
    uint64_t look_ns;   /* the last look */
    uint64_t last_ns;   /* the last arrival; 0 none */
    bool anchored;      /* the last arrival was found within a small step */
    uint64_t phase_ns;  /* smoothed time of the last arrival; valid when anchored */
    uint64_t period_ns; /* 0: no rhythm known */
    uint64_t early_ns;  /* how much before the expected time things come; decays */
    uint64_t late_ns;   /* how much after */
    uint64_t error_ns;  /* mean distance from the expected time */
    bool last_late;     /* the last arrival came after the expected time */
    uint32_t misfits;   /* arrivals in a row that the rhythm did not explain */
    uint64_t interval[ORL_CADENCE_HISTORY]; /* between precise arrivals */
    uint32_t intervals;                     /* filled entries */
    uint32_t interval_at;                   /* next entry to overwrite */
    uint64_t poked_until_ns;
    uint64_t budget_ns; /* a look costs as much of it as the wake-up rate allows */
};

/* `max_us` is the longest sleep in microseconds, 50..8000; 0 or more than 8000 mean 8000. */
void orl_cadence_init(struct orl_cadence *c, uint32_t max_us);

/*
 * Something new was found at `now_ns`. `count` is how many arrived since the last call: with more
 * than one, the time of the newest is known badly.
 */
void orl_cadence_arrival(struct orl_cadence *c, uint64_t now_ns, uint32_t count);

/* Input went to the guest. */
void orl_cadence_poke(struct orl_cadence *c, uint64_t now_ns);

/* Called once per look, after it: the time of the next one, later than `now_ns`. */
uint64_t orl_cadence_next(struct orl_cadence *c, uint64_t now_ns);

#endif
