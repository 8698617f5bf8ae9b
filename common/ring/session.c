/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "ring/session.h"

#include <errno.h>
#include <string.h>
#include <sys/random.h>

#include "base/clock.h"
#include "ring/mem.h"
#include "ring/recovery.h"

#define HEADER_MAX    10240 /* bytes; the largest control block has 9728 */
#define RETRY_NS      ORL_NS_PER_S
#define PROBE_STEP_NS (5 * ORL_NS_PER_MS) /* between looks while a heartbeat is awaited */

/* What one look at the header found; all copies. */
struct look {
    const struct orl_layout *lay;
    uint32_t id, queue_count, user_data_size;
    uint64_t beat;
    struct orl_session_info info;
};

static int wait_in(struct orl_attach *a, enum orl_attach_state state, uint64_t next_ns)
{
    a->state = state;
    a->next_ns = next_ns;
    return ORL_EAGAIN;
}

static int give_up(struct orl_attach *a, enum orl_attach_state state, uint64_t now_ns)
{
    a->probing = false;
    return wait_in(a, state, now_ns + RETRY_NS);
}

/* Copies and checks the header and the user data in `mem`. ORL_EMALFORMED, ORL_EVERSION. */
static int look_at(struct look *out, const struct orl_layout *lay, struct orl_mem mem)
{
    uint8_t data[ORL_USER_DATA_MAX];
    out->lay = lay;
    out->id = orl_w32_load(mem.base + lay->hdr_session_id);
    out->queue_count = orl_w32_load(mem.base + lay->hdr_queue_count);
    out->user_data_size = orl_w32_load(mem.base + lay->hdr_user_data_size);
    out->beat = orl_w64_load(mem.base + lay->hdr_heartbeat_ms);
    memset(&out->info, 0, sizeof(out->info));
    if (out->queue_count > lay->max_queues || out->user_data_size > sizeof(data) ||
        !orl_mem_has(mem, lay->hdr_user_data, out->user_data_size)) {
        return ORL_EMALFORMED;
    }
    orl_words_read(data, mem.base + lay->hdr_user_data, out->user_data_size);
    return orl_session_info_read(&out->info, lay, data, out->user_data_size);
}

/* orl_layout_probe() on a copy: the guest may be writing its header right now. */
static int find_layout(struct orl_layout_found *out, const struct orl_shm *shm)
{
    uint8_t copy[HEADER_MAX];
    size_t size = shm->size < sizeof(copy) ? shm->size : sizeof(copy);
    orl_words_read(copy, shm->base, size);
    return orl_layout_probe(out, (struct orl_mem){copy, size});
}

static void note_versions(struct orl_attach *a, uint32_t lgmp, uint32_t kvmfr, const char *host)
{
    a->lgmp = lgmp;
    a->kvmfr = kvmfr;
    size_t len = strnlen(host, sizeof(a->host_version) - 1);
    memcpy(a->host_version, host, len);
    a->host_version[len] = '\0';
}

/* A magic with another version: master's recovery region, if there, names the guest software. */
static int unknown_version(struct orl_attach *a, const struct orl_shm *shm, uint32_t lgmp,
                           uint64_t now_ns)
{
    struct orl_recovery rec;
    bool named = orl_recovery_look(&rec, shm) == ORL_OK && rec.lgmp == lgmp;
    note_versions(a, lgmp, named ? rec.kvmfr : 0, named ? rec.version : "");
    return give_up(a, ORL_ATTACH_VERSION, now_ns);
}

static void start_probe(struct orl_attach *a, const struct look *seen,
                        const struct orl_recovery *rec, uint64_t now_ns)
{
    a->probing = true;
    a->probe_id = seen->id;
    a->probe_beat = seen->beat;
    a->probe_since_ns = now_ns;
    a->recovery_session = rec ? rec->session : 0;
    a->recovery_beat = rec ? rec->heartbeat : 0;
}

/*
 * Does the session's heartbeat move, and is the recovery region live? ORL_OK when both questions
 * are answered: *lgmp_bytes is what the session may use. The region at the end counts only when
 * its own heartbeat moves: other guests may have pixels there that look like its header.
 */
static int probe(struct orl_attach *a, const struct orl_shm *shm, const struct look *seen,
                 bool check, uint64_t now_ns, size_t *lgmp_bytes)
{
    struct orl_recovery rec;
    bool has_region =
        seen->lay->release == ORL_MASTER && orl_recovery_look(&rec, shm) == ORL_OK;
    size_t reduced = has_region ? shm->size - ORL_RECOVERY_BYTES : shm->size;
    if (!check) {
        *lgmp_bytes = reduced;
        return ORL_OK;
    }
    if (!a->probing || a->probe_id != seen->id) {
        start_probe(a, seen, has_region ? &rec : NULL, now_ns);
        return wait_in(a, a->state == ORL_ATTACH_DEAD ? ORL_ATTACH_DEAD : ORL_ATTACH_EMPTY,
                       now_ns + PROBE_STEP_NS);
    }
    uint64_t waited_ns = now_ns - a->probe_since_ns;
    if (seen->beat == a->probe_beat) {
        bool dead = waited_ns >= seen->lay->probe_ms * ORL_NS_PER_MS;
        /* Probing goes on: one value that differs later is as good as one now. */
        return wait_in(a, dead ? ORL_ATTACH_DEAD : a->state,
                       now_ns + (dead ? RETRY_NS : PROBE_STEP_NS));
    }
    bool same_region = has_region && rec.session == a->recovery_session;
    bool region_moved = same_region && rec.heartbeat != (uint32_t)a->recovery_beat;
    if (has_region && !region_moved && waited_ns < ORL_RECOVERY_LIVE_NS) {
        if (!same_region) {
            a->recovery_session = rec.session;
            a->recovery_beat = rec.heartbeat;
        }
        return wait_in(a, a->state, now_ns + PROBE_STEP_NS);
    }
    *lgmp_bytes = region_moved ? reduced : shm->size;
    return ORL_OK;
}

/* Random, never 0; uniqueness is not promised and not relied on. */
static uint32_t random_id(void)
{
    uint32_t id = 0;
    for (int tries = 0; id == 0 && tries < 16; tries++) {
        ssize_t got = getrandom(&id, sizeof(id), GRND_NONBLOCK);
        if (got != (ssize_t)sizeof(id)) {
            id = (uint32_t)orl_now_ns() | 1; /* early boot: the generator has no seed yet */
        }
    }
    return id ? id : 1;
}

static uint32_t new_client_id(const struct orl_shm *shm, const struct orl_layout *lay)
{
    if (lay->hdr_next_client_id == ORL_ABSENT || !shm->writable) {
        return random_id();
    }
    uint8_t *counter = shm->base + lay->hdr_next_client_id;
    uint32_t id = orl_w32_add(counter, 1) + 1;
    return id ? id : orl_w32_add(counter, 1) + 1;
}

static int open_session(struct orl_attach *a, const struct orl_shm *shm,
                        const struct look *seen, size_t lgmp_bytes, uint64_t now_ns,
                        struct orl_session *out)
{
    const struct orl_layout *lay = seen->lay;
    size_t rings_from = (size_t)lay->hdr_user_data + seen->user_data_size;
    struct orl_session s = {.shm = shm,
                            .lay = lay,
                            .mem = {shm->base, lgmp_bytes},
                            .id = seen->id,
                            .queue_count = seen->queue_count,
                            .rings_from = rings_from,
                            .info = seen->info,
                            .heartbeat = seen->beat,
                            .heartbeat_seen_ns = now_ns};
    struct orl_layout_found again;
    if (lgmp_bytes < lay->hdr_bytes || rings_from > lgmp_bytes) {
        return give_up(a, ORL_ATTACH_INVALID, now_ns);
    }
    int found = find_layout(&again, shm);
    if (found == ORL_OK && again.lay == lay && orl_session_same(&s) == ORL_OK) {
        s.client_id = new_client_id(shm, lay);
        if (s.client_id != 0 && orl_session_same(&s) == ORL_OK) {
            *out = s;
            a->probing = false;
            a->state = ORL_ATTACH_OPEN;
            a->next_ns = now_ns;
            return ORL_OK;
        }
    }
    a->probing = false; /* it changed while we looked: from the beginning */
    return wait_in(a, a->state, now_ns + PROBE_STEP_NS);
}

int orl_attach_step(struct orl_attach *a, const struct orl_shm *shm, uint64_t now_ns,
                    bool check_heartbeat, struct orl_session *out)
{
    struct orl_layout_found found;
    struct look seen;
    size_t lgmp_bytes = shm->size;
    if (orl_shm_lost(shm)) {
        return give_up(a, ORL_ATTACH_EMPTY, now_ns);
    }
    int err = find_layout(&found, shm);
    if (err == ORL_EVERSION) {
        return unknown_version(a, shm, found.lgmp, now_ns);
    }
    if (err) {
        return give_up(a, ORL_ATTACH_EMPTY, now_ns);
    }
    err = look_at(&seen, found.lay, orl_shm_mem(shm));
    note_versions(a, found.lgmp, seen.info.kvmfr, seen.info.host_version);
    if (err) {
        return give_up(a, err == ORL_EVERSION ? ORL_ATTACH_VERSION : ORL_ATTACH_INVALID,
                       now_ns);
    }
    err = probe(a, shm, &seen, check_heartbeat, now_ns, &lgmp_bytes);
    return err ? err : open_session(a, shm, &seen, lgmp_bytes, now_ns, out);
}

int orl_session_same(const struct orl_session *s)
{
    const uint8_t *base = s->shm->base;
    orl_reads_done();
    bool same = orl_w32_load(base + s->lay->hdr_session_id) == s->id &&
                orl_w32_load(base + s->lay->hdr_magic) == ORL_LGMP_MAGIC &&
                !orl_shm_lost(s->shm);
    return same ? ORL_OK : ORL_ESESSION;
}

int orl_session_check(struct orl_session *s, uint64_t now_ns)
{
    const uint8_t *base = s->shm->base;
    uint32_t version = orl_w32_load(base + s->lay->hdr_proto_version);
    uint64_t beat = orl_w64_load(base + s->lay->hdr_heartbeat_ms);
    if (orl_session_same(s) != ORL_OK || version != s->lay->lgmp) {
        return ORL_ESESSION;
    }
    if (beat != s->heartbeat) {
        s->heartbeat = beat;
        s->heartbeat_seen_ns = now_ns;
    }
    bool dead =
        now_ns > s->heartbeat_seen_ns && now_ns - s->heartbeat_seen_ns > ORL_HEARTBEAT_DEAD_NS;
    return dead ? ORL_ESESSION : ORL_OK;
}
