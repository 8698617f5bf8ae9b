/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The guest's pointer, led by relative motion to where the host's is. The model: the position last
 * agreed on plus what was sent since. Goals lie inside the guest's desktop, so the model never runs
 * away at an edge where the guest's pointer stops.
 *
 * What the guest reports lags behind what is sent, so it is compared when both have been quiet for
 * ORL_FOLLOW_QUIET_NS, and only if it is newer than the first motion since the last comparison: a
 * hidden pointer is not reported. An old one counts as well if it has the pointer at the edge that
 * it was pushed against. More than one pixel away from the goal: one more motion. Guests that
 * accelerate the pointer overshoot; each overshoot halves the next step, three steps in a row that
 * are too short double it, and ORL_FOLLOW_TRIES steps without success are the end until the user
 * moves. A pointer that the guest itself moves is believed where it is.
 *
 * Pure; time is a parameter. Main thread.
 */
#ifndef ORL_INPUT_FOLLOW_H
#define ORL_INPUT_FOLLOW_H

#include <stdbool.h>
#include <stdint.h>

#include "input/sink.h"

#define ORL_FOLLOW_QUIET_NS UINT64_C(100000000)
#define ORL_FOLLOW_SPAN_NS  UINT64_C(5000000000) /* disagreements that count together ... */
#define ORL_FOLLOW_ODD      3                    /* ... and how many mean acceleration */
#define ORL_FOLLOW_TRIES    20

/* The guest's pointer as the ring or the SPICE cursor channel reports it. */
struct orl_input_report {
    bool known;
    int32_t x, y;  /* hot spot, guest pixels (the axes of orl_view_to_guest) */
    uint64_t t_ns; /* when it was taken */
};

struct orl_point {
    int32_t x, y;
};

struct orl_follow {
    bool entered;  /* the model stands for something */
    bool verified; /* it came from a report or was compared with one */
    struct orl_point model, goal;
    struct orl_input_report newest;
    struct orl_point size; /* of the guest's desktop */
    uint64_t burst_ns;     /* first motion since the last comparison ... */
    struct orl_point sum;  /* ... and the sum since then */
    uint64_t check_ns;     /* when to compare; UINT64_MAX: not planned */
    bool waiting;          /* motion was sent and nothing reported since */
    uint8_t tries;
    struct orl_point step;    /* last correction ... */
    uint8_t damp_x, damp_y;   /* ... and the power of two that its axes were divided by ... */
    uint8_t brief_x, brief_y; /* ... and how many were too short since */
    uint8_t odd;              /* disagreements within the span ... */
    uint64_t odd_ns;          /* ... that began here */
    bool noted;               /* acceleration was told in this session */
    uint32_t corrections;
};

void orl_follow_init(struct orl_follow *f);

/* The guest's desktop has another size; the pointer is lost. */
void orl_follow_resize(struct orl_follow *f, struct orl_point size);

/* A new session: nothing is known of the guest's pointer. */
void orl_follow_session(struct orl_follow *f);

/* The guest's pointer goes its own way (captured, input off): the next goal is an entry. */
void orl_follow_lose(struct orl_follow *f);

/* First goal. `align`: the guest sets its pointer itself (sink->align), else by motion from the
 * newest report; without one the pointer is believed to be at the goal. */
void orl_follow_enter(struct orl_follow *f, const struct orl_input_sink *sink, bool align,
                      struct orl_point goal, uint64_t now_ns);

/* Next goal, after an entry. */
void orl_follow_to(struct orl_follow *f, const struct orl_input_sink *sink,
                   struct orl_point goal, uint64_t now_ns);

void orl_follow_report(struct orl_follow *f, const struct orl_input_report *r);

/* Compares and corrects. True, once per session: the guest accelerates the pointer. */
bool orl_follow_tick(struct orl_follow *f, const struct orl_input_sink *sink, uint64_t now_ns);

/* When orl_follow_tick() has something to do; UINT64_MAX for never. */
uint64_t orl_follow_due(const struct orl_follow *f);

#endif
