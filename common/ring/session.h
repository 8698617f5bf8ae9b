/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Finding, opening and watching the guest's session in a mapped memory (LGMP open and heartbeat).
 *
 * An attach is a small state machine fed with the time, so that nobody blocks and tests need no
 * sleep. Each consumer thread has its own session (own client id), so one session object is used
 * by one thread only. Nothing here writes to the memory, except master's client id counter (in a
 * read-only mapping not even that: such a session can look, but not subscribe).
 */
#ifndef ORL_RING_SESSION_H
#define ORL_RING_SESSION_H

#include <stdint.h>

#include "ring/shm.h"
#include "wire/layout.h"
#include "wire/wire.h"

#define ORL_HEARTBEAT_DEAD_NS UINT64_C(1000000000) /* specification lgmp 5: > 1000 ms */
#define ORL_LOCK_WAIT_NS      UINT64_C(100000000)  /* longest wait for a lock in the memory */

/* While a first heartbeat is awaited (under a second) the state stays EMPTY. */
enum orl_attach_state {
    ORL_ATTACH_EMPTY,   /* no magic: guest not started or memory cleared */
    ORL_ATTACH_VERSION, /* a version we do not speak: `lgmp`, `kvmfr`, host_version say which */
    ORL_ATTACH_INVALID, /* header breaks a rule (random garbage, half-written session) */
    ORL_ATTACH_DEAD,    /* looks whole, but the heartbeat stands still: guest not running */
    ORL_ATTACH_OPEN
};

struct orl_session {
    const struct orl_shm *shm; /* borrowed for the life of the session */
    const struct orl_layout *lay;
    struct orl_mem mem; /* what LGMP may use: mapping, less the recovery region if live (without
                             check_heartbeat: if its header is valid) */
    uint32_t id;        /* session id */
    uint32_t client_id; /* ours, never 0 */
    uint32_t queue_count; /* as found at open; may grow afterwards */
    size_t rings_from;    /* first byte after the user data: rings start at or after it */
    struct orl_session_info info;
    uint64_t heartbeat;         /* last value seen */
    uint64_t heartbeat_seen_ns; /* local time when it last changed */
};

/* Zero-initialise; keep across calls. */
struct orl_attach {
    enum orl_attach_state state;
    uint32_t lgmp, kvmfr;  /* numbers found, for ORL_ATTACH_VERSION; 0 unknown */
    char host_version[33]; /* may be empty */
    uint64_t next_ns;      /* when another step is worthwhile */
    /* private */
    uint32_t probe_id;
    uint64_t probe_beat, probe_since_ns;
    bool probing;
    uint64_t recovery_session, recovery_beat; /* as at the first look; session 0: no region */
};

/*
 * One look at the memory. ORL_OK: `out` is open. ORL_EAGAIN: not yet; a->state says why and
 * a->next_ns when to look again (a few ms while a heartbeat is awaited, else about a second).
 * `check_heartbeat` false skips the wait for a moving heartbeat (still images, tests).
 */
ORL_MUST int orl_attach_step(struct orl_attach *a, const struct orl_shm *shm, uint64_t now_ns,
                             bool check_heartbeat, struct orl_session *out);

/*
 * Still the same and alive? Call at least every 100 ms. ORL_OK or ORL_ESESSION (id, magic or
 * version changed, memory lost, or heartbeat unchanged for more than 1000 ms of `now_ns`).
 */
ORL_MUST int orl_session_check(struct orl_session *s, uint64_t now_ns);

/* Session id and magic only, no heartbeat: after copying a payload. ORL_OK or ORL_ESESSION. */
ORL_MUST int orl_session_same(const struct orl_session *s);

#endif
