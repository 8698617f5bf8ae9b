/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A guest, a pump and a viewer whose clock is a number: one step at a time, nothing sleeps. */
#ifndef ORL_TESTS_FRAME_WORLD_H
#define ORL_TESTS_FRAME_WORLD_H

#include "frame/pump.h"
#include "guest.h"
#include "viewer.h"

#define MS UINT64_C(1000000)

struct world {
    struct guest guest;
    struct orl_wake wake;
    struct orl_frame_link *link;
    struct orl_pump *pump;
    struct viewer viewer;
    struct orl_frame_conf conf;
    uint64_t now;
};

struct world *create(enum orl_release release, size_t bytes);
/* With memory that can be exported (sealed), import allowed. */
struct world *create_sealed(enum orl_release release, size_t bytes);
void destroy(struct world *w);

/* A pump in place of the one before, which was finished. */
void pump_start(struct world *w);

/* Time goes on, the guest's heart beats, the pump looks. */
int tick(struct world *w, uint64_t ms);

const struct orl_guest_status *status(const struct world *w);

/* Until the pump is subscribed to the guest's frames. */
void attach(struct world *w);

void each_release(void (*test)(enum orl_release release));

#endif
