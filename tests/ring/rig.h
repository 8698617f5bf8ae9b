/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A small guest memory with a producer in it, for the tests of common/ring. Time is simulated.
 */
#ifndef ORL_TEST_RING_RIG_H
#define ORL_TEST_RING_RIG_H

#include <stdint.h>

#include "ring/producer.h"
#include "ring/ring.h"
#include "ring/session.h"
#include "ring/shm.h"

#define RIG_BYTES    (256 * 1024)
#define RIG_CAPACITY 4
#define RIG_TIMEOUT  1000

struct rig {
    struct orl_shm shm;
    const struct orl_layout *lay;
    struct orl_producer p;
    uint32_t frame, pointer; /* queue indices */
    size_t payload;
    uint64_t now_ms;
    uint32_t posted; /* tag of the next message */
};

/* Session information of 48 bytes for `lay`. */
void rig_user_data(uint8_t *data, const struct orl_layout *lay);

/* A zeroed memory file of `bytes`, mapped read-write. */
struct orl_shm rig_memory(size_t bytes);

/* Memory, session, frame queue (RIG_CAPACITY) and pointer queue. */
void rig_start(struct rig *r, enum orl_release release);
void rig_stop(struct rig *r);

/* The producer starts a new session in the same memory. */
void rig_restart(struct rig *r);

struct orl_session rig_attach(struct rig *r);
struct orl_ring rig_subscribe(struct orl_session *s, uint32_t queue_id);

/* Posts a message with the next tag on the frame queue; the result of orl_producer_post(). */
int rig_post(struct rig *r);

/* Advances the time and runs a producer pass, which must succeed. */
void rig_pass(struct rig *r, uint64_t ms);

/* Words of the memory for checks and attacks: a field of the frame queue's block, of the header. */
uint32_t rig_get(const struct rig *r, uint32_t field);
void rig_put(struct rig *r, uint32_t field, uint32_t value);
uint8_t *rig_block(const struct rig *r);
uint8_t *rig_slot(const struct rig *r, uint32_t i);

/* The ring's next message has that tag; there is none. */
void rig_expect_next(struct orl_ring *ring, uint64_t tag);
void rig_expect_nothing(struct orl_ring *ring);

/* A copy of the memory to compare with later; the caller frees. */
uint8_t *rig_snapshot(const struct rig *r);

/* One entry of a cmocka table for each release; the test finds its release in *state. */
extern enum orl_release rig_releases[ORL_RELEASES];
#define RIG_EACH(test)                                                                         \
    {#test " (B6)", test, NULL, NULL, &rig_releases[ORL_B6]},                                  \
        {#test " (B7)", test, NULL, NULL, &rig_releases[ORL_B7]}, RIG_MASTER(test)
#define RIG_MASTER(test)                                                                       \
    {                                                                                          \
#        test " (master)", test, NULL, NULL, &rig_releases[ORL_MASTER]                         \
    }
#define RIG_RELEASE(state) (*(const enum orl_release *)*(state))

#endif
