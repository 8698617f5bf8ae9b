/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Asking master's display driver for its fallback display, or back for its normal one, through the
 * region behind the queues (specification kvmfr 6). Works without a session of the queues: that is
 * what it is for.
 *
 * A job is a small state machine that is fed with the time: nobody blocks, nothing allocates, every
 * wait and every loop has an end, whatever the memory says. It writes a request only where a live
 * driver stands; before, it only reads. One thread; other viewers may do the same at the same time.
 */
#ifndef ORL_RING_RECOVERY_H
#define ORL_RING_RECOVERY_H

#include <stdbool.h>
#include <stdint.h>

#include "ring/shm.h"
#include "wire/wire.h"

/*
 * How long things may take. LIVE is the specification's. The guest gives its helper 30 s; a switch of
 * displays may hold the driver up for longer than the second after which it counts as dead.
 */
#define ORL_RECOVERY_LIVE_NS   UINT64_C(750000000)
#define ORL_RECOVERY_FIND_NS   UINT64_C(3000000000) /* to see a live driver, whatever changes */
#define ORL_RECOVERY_BUSY_NS   UINT64_C(2000000000) /* to get a free line */
#define ORL_RECOVERY_STILL_NS  UINT64_C(5000000000) /* without heartbeat, once it was asked */
#define ORL_RECOVERY_ANSWER_NS UINT64_C(35000000000)

enum orl_recovery_outcome {
    ORL_RECOVERY_LOOKING, /* for a live driver, then for a free line */
    ORL_RECOVERY_ASKED,   /* the request stands; no answer yet */
    /* The job is over from here on. */
    ORL_RECOVERY_ANSWERED,  /* region.state and .error say what became of it */
    ORL_RECOVERY_NO_MEMORY, /* nothing is mapped */
    ORL_RECOVERY_READ_ONLY, /* mapped read-only: nothing can be written */
    ORL_RECOVERY_ABSENT,    /* no region: B6, B7, or master's program in place of its driver */
    ORL_RECOVERY_DEAD,      /* a region stands there, its heartbeat does not move */
    ORL_RECOVERY_INCAPABLE, /* the driver does not offer switching */
    ORL_RECOVERY_BROKEN,    /* the counter of tickets is odd: somebody broke a rule */
    ORL_RECOVERY_CROWDED,   /* no free line */
    ORL_RECOVERY_CHANGED, /* another session began before the request stood; nothing was asked */
    ORL_RECOVERY_LOST,    /* the memory was cut or closed */
    ORL_RECOVERY_SUPERSEDED, /* a newer request was answered in its place */
    ORL_RECOVERY_RESTARTED,  /* asked, and another session began before the answer */
    ORL_RECOVERY_DIED,       /* asked, and the heartbeat stopped before the answer */
    ORL_RECOVERY_SILENT      /* asked, and the time is over */
};

/* Zeroed memory is no job. */
struct orl_recovery_job {
    enum orl_recovery_outcome outcome;
    enum orl_recovery_request request; /* what is, or would be, asked for */
    struct orl_recovery region;        /* as found last; session 0: not yet */
    uint64_t next_ns;                  /* when another step is worthwhile */
    /* private */
    bool was_active, live;
    uint32_t ticket;                        /* 0 not taken yet */
    uint64_t began_ns, phase_ns, beaten_ns; /* job, present phase, last move of the heartbeat */
};

static inline bool orl_recovery_is_over(const struct orl_recovery_job *job)
{
    return job->outcome >= ORL_RECOVERY_ANSWERED;
}

/*
 * One consistent look at the region, word by word. ORL_OK; ORL_EAGAIN: none (the memory has 65536
 * bytes or less, its end is not aligned, a rule is broken, it is being written).
 */
ORL_MUST int orl_recovery_look(struct orl_recovery *out, const struct orl_shm *shm);

/*
 * Begins a job. It asks for the other display than the one that the region says is on; where it says
 * nothing, for the normal one if `was_active`, else for the fallback.
 */
void orl_recovery_begin(struct orl_recovery_job *job, bool was_active, uint64_t now_ns);

/*
 * One look, and what is to be done now. `shm` is NULL while nothing is mapped, which ends the job, as
 * does another mapping in its place: the caller must not exchange one for the other unseen. ORL_OK:
 * over, job->outcome says how; ORL_EAGAIN: come again at job->next_ns.
 */
ORL_MUST int orl_recovery_step(struct orl_recovery_job *job, const struct orl_shm *shm,
                               uint64_t now_ns);

/* ---- The guest's side ------------------------------------------------------------------------ */

struct orl_recovery_guest {
    uint8_t *region; /* borrowed; NULL: none */
    struct orl_recovery about;
    uint32_t status_serial;
    uint32_t newest; /* ticket of the newest request that was taken; 0 none */
};

/* A request of this session. */
struct orl_recovery_wish {
    uint32_t ticket;
    uint32_t request; /* enum orl_recovery_request, or any other number */
};

/*
 * Writes the region at the end of `size` bytes: `about` without its heartbeat and status, which start
 * at 0 and at "normal". ORL_OK; ORL_ENOSPC: 65536 bytes or less; ORL_EINVAL: the end is not aligned.
 */
ORL_MUST int orl_recovery_offer(struct orl_recovery_guest *g, uint8_t *base, size_t size,
                                const struct orl_recovery *about);

/* Every 250 ms. */
void orl_recovery_beat(struct orl_recovery_guest *g);

/*
 * Clears the published lines; ORL_OK: the newest of this session, if newer than all before, is in
 * `out`; ORL_EAGAIN: none.
 */
ORL_MUST int orl_recovery_take(struct orl_recovery_guest *g, struct orl_recovery_wish *out);

/* Publishes the status: what became of `wish`. */
void orl_recovery_tell(struct orl_recovery_guest *g, const struct orl_recovery_wish *wish,
                       enum orl_recovery_state state, uint32_t error);

#endif
