/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "ring/recovery.h"

#include <string.h>

#include "base/clock.h"
#include "ring/mem.h"
#include "ring/recovery_place.h"

#define LOOK_NS      (20 * ORL_NS_PER_MS) /* between looks while something is awaited */
#define CROWDED_NS   (50 * ORL_NS_PER_MS) /* between tries for a line */
#define BEAT_DEAD_NS ORL_NS_PER_S /* specification 6: then the driver counts as not live */
#define STATUS_TRIES 4
#define TICKET_TRIES 4 /* 0 comes once in 2^31 requests; only a hostile guest brings it again */

/* ---- Reading --------------------------------------------------------------------------------- */

static void look_at_status(struct orl_recovery *r, const uint8_t *region)
{
    uint8_t raw[ORL_RECOVERY_STATUS_BYTES];
    for (int i = 0; i < STATUS_TRIES; i++) {
        uint32_t serial = orl_w32_load(region + ORL_RECOVERY_STATUS_SERIAL);
        orl_words_read(raw, region + ORL_RECOVERY_STATUS, sizeof(raw));
        orl_reads_done();
        if (orl_w32_load(region + ORL_RECOVERY_STATUS_SERIAL) == serial && serial % 2 == 0 &&
            serial != 0 && orl_recovery_read_status(r, raw) == ORL_OK) {
            return;
        }
    }
}

static uint64_t session_now(const uint8_t *region)
{
    orl_reads_done();
    return orl_w32_load(region + ORL_RECOVERY_READY) == 1
               ? orl_w64_load(region + ORL_RECOVERY_SESSION)
               : 0;
}

int orl_recovery_look(struct orl_recovery *out, const struct orl_shm *shm)
{
    uint8_t raw[ORL_RECOVERY_HEAD_BYTES];
    struct orl_recovery r;
    const uint8_t *region = orl_recovery_place(shm->base, shm->size);
    /* `ready` first: it is written last, so what is read after it is complete. */
    if (!region || orl_w32_load(region + ORL_RECOVERY_READY) != 1) {
        return ORL_EAGAIN;
    }
    orl_words_read(raw, region, sizeof(raw));
    if (orl_recovery_read_head(&r, raw) != ORL_OK || session_now(region) != r.session) {
        return ORL_EAGAIN;
    }
    look_at_status(&r, region);
    *out = r;
    return ORL_OK;
}

/* ---- The job --------------------------------------------------------------------------------- */

void orl_recovery_begin(struct orl_recovery_job *job, bool was_active, uint64_t now_ns)
{
    *job = (struct orl_recovery_job){.outcome = ORL_RECOVERY_LOOKING,
                                     .request = was_active ? ORL_RECOVERY_ASK_NORMAL
                                                           : ORL_RECOVERY_ASK_FALLBACK,
                                     .was_active = was_active,
                                     .began_ns = now_ns,
                                     .phase_ns = now_ns,
                                     .next_ns = now_ns};
}

static int end(struct orl_recovery_job *job, enum orl_recovery_outcome outcome)
{
    job->outcome = outcome;
    return ORL_OK;
}

static int again(struct orl_recovery_job *job, uint64_t next_ns)
{
    job->next_ns = next_ns;
    return ORL_EAGAIN;
}

/* Which display to ask for. */
static void choose(struct orl_recovery_job *job)
{
    bool active = job->region.state == ORL_RECOVERY_ACTIVE ||
                  (job->region.state == ORL_RECOVERY_UNKNOWN && job->was_active);
    job->request = active ? ORL_RECOVERY_ASK_NORMAL : ORL_RECOVERY_ASK_FALLBACK;
}

/* Is a live driver there? ORL_OK: go on; ORL_EAGAIN: over, or not known yet. */
static int find(struct orl_recovery_job *job, const struct orl_shm *shm, uint64_t now_ns)
{
    struct orl_recovery r;
    bool there = orl_recovery_look(&r, shm) == ORL_OK;
    uint64_t waited_ns = now_ns - job->phase_ns;
    bool same = there && r.session == job->region.session;
    if (same && r.heartbeat != job->region.heartbeat) {
        job->region = r;
        job->live = true;
        return ORL_OK;
    }
    if (now_ns - job->began_ns >= ORL_RECOVERY_FIND_NS) { /* it is never two times the same */
        (void)end(job, job->region.session ? ORL_RECOVERY_DEAD : ORL_RECOVERY_ABSENT);
        return ORL_EAGAIN;
    }
    if (there && !same) {
        job->region = r;
        job->phase_ns = now_ns;
    } else if (waited_ns >= ORL_RECOVERY_LIVE_NS) {
        (void)end(job, job->region.session ? ORL_RECOVERY_DEAD : ORL_RECOVERY_ABSENT);
        return ORL_EAGAIN;
    }
    return again(job, now_ns + LOOK_NS);
}

/* A ticket of our own; 0 when the counter does not give one. */
static uint32_t take_ticket(uint8_t *region)
{
    for (int i = 0; i < TICKET_TRIES; i++) {
        uint32_t ticket = orl_w32_add(region + ORL_RECOVERY_TICKET, 2) + 2;
        if (ticket % 2 != 0) {
            return 0;
        }
        if (ticket != 0) {
            return ticket;
        }
    }
    return 0;
}

/* ORL_OK; ORL_ESESSION: another one began; ORL_EAGAIN: somebody took the line from us. */
static int write_line(const struct orl_recovery_job *job, const uint8_t *region, uint8_t *line)
{
    uint32_t mark = job->ticket | 1;
    orl_w32_store(line + ORL_RECOVERY_LINE_REQUEST, job->request);
    orl_w64_store(line + ORL_RECOVERY_LINE_SESSION, job->region.session);
    if (session_now(region) != job->region.session) {
        /* Given back, unless the new session has cleared it already. */
        (void)orl_w32_cas(line + ORL_RECOVERY_LINE_SERIAL, mark, 0);
        return ORL_ESESSION;
    }
    return orl_w32_cas(line + ORL_RECOVERY_LINE_SERIAL, mark, job->ticket) ? ORL_OK
                                                                           : ORL_EAGAIN;
}

/* ORL_OK: the request stands; ORL_EAGAIN: no free line; ORL_ESESSION. Each line is tried once. */
static int publish(const struct orl_recovery_job *job, uint8_t *region)
{
    for (uint32_t i = 0; i < ORL_RECOVERY_LINES; i++) {
        uint8_t *line = region + ORL_RECOVERY_LINE + (size_t)i * ORL_RECOVERY_LINE_BYTES;
        uint8_t *serial = line + ORL_RECOVERY_LINE_SERIAL;
        if (orl_w32_load(serial) == 0 && orl_w32_cas(serial, 0, job->ticket | 1)) {
            int err = write_line(job, region, line);
            if (err != ORL_EAGAIN) {
                return err;
            }
        }
    }
    return ORL_EAGAIN;
}

static int ask(struct orl_recovery_job *job, const struct orl_shm *shm, uint64_t now_ns)
{
    uint8_t *region = orl_recovery_place(shm->base, shm->size);
    if (!(job->region.capabilities & ORL_RECOVERY_CAN_SWITCH)) {
        return end(job, ORL_RECOVERY_INCAPABLE);
    }
    if (!job->ticket) {
        choose(job);
        job->phase_ns = now_ns;
        job->ticket = take_ticket(region);
    }
    if (!job->ticket) {
        return end(job, ORL_RECOVERY_BROKEN);
    }
    int err = publish(job, region);
    if (err == ORL_ESESSION) {
        return end(job, ORL_RECOVERY_CHANGED);
    }
    if (err) {
        return now_ns - job->phase_ns >= ORL_RECOVERY_BUSY_NS ? end(job, ORL_RECOVERY_CROWDED)
                                                              : again(job, now_ns + CROWDED_NS);
    }
    job->outcome = ORL_RECOVERY_ASKED;
    job->phase_ns = now_ns;
    job->beaten_ns = now_ns;
    return again(job, now_ns + LOOK_NS);
}

/* ORL_OK when the status line ends the job. 0 is no ticket, and newer than some by the formula. */
static int read_answer(struct orl_recovery_job *job, const struct orl_recovery *r)
{
    uint32_t ack = r->ack_serial;
    if (ack == job->ticket) {
        bool done = r->state == ORL_RECOVERY_NORMAL || r->state == ORL_RECOVERY_ACTIVE ||
                    r->state == ORL_RECOVERY_FAILED;
        return done ? end(job, ORL_RECOVERY_ANSWERED) : ORL_EAGAIN;
    }
    return ack != 0 && orl_recovery_newer(ack, job->ticket) ? end(job, ORL_RECOVERY_SUPERSEDED)
                                                            : ORL_EAGAIN;
}

static int await(struct orl_recovery_job *job, const struct orl_shm *shm, uint64_t now_ns)
{
    struct orl_recovery r;
    if (orl_recovery_look(&r, shm) == ORL_OK) {
        if (r.session != job->region.session) {
            return end(job, ORL_RECOVERY_RESTARTED);
        }
        job->beaten_ns = r.heartbeat != job->region.heartbeat ? now_ns : job->beaten_ns;
        job->region = r;
        if (read_answer(job, &r) == ORL_OK) {
            return ORL_OK;
        }
    }
    if (now_ns - job->beaten_ns >= ORL_RECOVERY_STILL_NS) {
        return end(job, ORL_RECOVERY_DIED);
    }
    if (now_ns - job->phase_ns >= ORL_RECOVERY_ANSWER_NS) {
        bool beats = now_ns - job->beaten_ns <= BEAT_DEAD_NS;
        return end(job, beats ? ORL_RECOVERY_SILENT : ORL_RECOVERY_DIED);
    }
    return again(job, now_ns + LOOK_NS);
}

/* What the present state of the job asks for. */
static int go_on(struct orl_recovery_job *job, const struct orl_shm *shm, uint64_t now_ns)
{
    if (job->outcome == ORL_RECOVERY_ASKED) {
        return await(job, shm, now_ns);
    }
    if (!job->live) {
        int err = find(job, shm, now_ns);
        if (err) {
            return orl_recovery_is_over(job) ? ORL_OK : err;
        }
    }
    return ask(job, shm, now_ns);
}

int orl_recovery_step(struct orl_recovery_job *job, const struct orl_shm *shm, uint64_t now_ns)
{
    if (orl_recovery_is_over(job)) {
        return ORL_OK;
    }
    if (!shm) {
        return end(job, job->region.session ? ORL_RECOVERY_LOST : ORL_RECOVERY_NO_MEMORY);
    }
    if (!shm->writable) {
        return end(job, ORL_RECOVERY_READ_ONLY);
    }
    int err = go_on(job, shm, now_ns);
    /* Zeros that stand for cut pages are no news of the guest. */
    return orl_shm_lost(shm) ? end(job, ORL_RECOVERY_LOST) : err;
}
