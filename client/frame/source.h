/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Memory and session of one polling thread: finds them, watches them, finds them again. Never
 * blocks and never logs; the reason why there is nothing stands in the fields.
 */
#ifndef ORL_FRAME_SOURCE_H
#define ORL_FRAME_SOURCE_H

#include <stdbool.h>
#include <stdint.h>

#include "ring/session.h"
#include "ring/shm.h"

struct orl_source {
    const char *path; /* borrowed */
    bool check_heartbeat;

    bool mapped;
    struct orl_shm shm;       /* valid when mapped */
    enum orl_shm_fault fault; /* why not mapped */
    int sys_errno;

    bool open;
    struct orl_session session; /* valid when open */
    struct orl_attach attach;   /* its state says why not open */
    bool probing;               /* a heartbeat is awaited: no verdict yet */

    uint64_t retry_ns;   /* when the next step is worthwhile, while not open */
    uint64_t backoff_ns; /* short right after a loss, then up to a second */
    uint64_t checked_ns; /* last look at the heartbeat */
    uint64_t stale_ns;   /* last look at the file */
    uint32_t corrupt;    /* corrupt queues within CORRUPT_SPAN */
    uint64_t corrupt_ns; /* when that span began */
};

void orl_source_init(struct orl_source *s, const char *path);

/*
 * ORL_OK: the session is open and alive. ORL_EAGAIN: it is not, step again at s->retry_ns.
 * ORL_ESESSION: it was open until now and has been dropped; the caller forgets its rings without
 * writing. The calls that ask the heartbeat or the file are made once per 50 ms and 1 s.
 */
ORL_MUST int orl_source_step(struct orl_source *s, uint64_t now_ns);

/* Drops an open session after an error of a ring (not counted as corrupt). */
void orl_source_drop(struct orl_source *s, uint64_t now_ns);

/* The same for ORL_ECORRUPT and constants that break a rule: repeated, it waits longer. */
void orl_source_drop_corrupt(struct orl_source *s, uint64_t now_ns);

/* True after several corrupt queues in a row: the memory is not worth a closer look now. */
bool orl_source_is_corrupt(const struct orl_source *s);

/* Closes everything. */
void orl_source_finish(struct orl_source *s);

#endif
