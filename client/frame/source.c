/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "frame/source.h"

#include <errno.h>
#include <string.h>

#include "base/clock.h"

#define CHECK_NS       (50 * ORL_NS_PER_MS)
#define STALE_NS       ORL_NS_PER_S
#define BACKOFF_MIN_NS (5 * ORL_NS_PER_MS)
#define BACKOFF_MAX_NS ORL_NS_PER_S
#define PROBING_NS     (100 * ORL_NS_PER_MS) /* the attach wants to look again sooner than this */
#define CORRUPT_SPAN   (10 * ORL_NS_PER_S)
#define CORRUPT_MANY   3u

void orl_source_init(struct orl_source *s, const char *path)
{
    memset(s, 0, sizeof(*s));
    s->path = path;
    s->check_heartbeat = true;
    s->fault = ORL_SHM_MISSING;
    s->backoff_ns = BACKOFF_MIN_NS;
}

/* A second apart in the long run, faster at first and right after a loss. */
static int wait_longer(struct orl_source *s, uint64_t now_ns)
{
    s->retry_ns = now_ns + s->backoff_ns;
    s->backoff_ns = 2 * s->backoff_ns < BACKOFF_MAX_NS ? 2 * s->backoff_ns : BACKOFF_MAX_NS;
    return ORL_EAGAIN;
}

static void close_memory(struct orl_source *s)
{
    if (s->mapped) {
        orl_shm_close(&s->shm);
        s->mapped = false;
    }
    s->open = false;
    memset(&s->attach, 0, sizeof(s->attach));
}

static int map(struct orl_source *s, uint64_t now_ns)
{
    errno = 0;
    int err = orl_shm_open(&s->shm, s->path, ORL_SHM_READ_WRITE, &s->fault);
    s->sys_errno = err ? errno : 0;
    if (err) {
        return wait_longer(s, now_ns);
    }
    s->mapped = true;
    s->stale_ns = now_ns;
    memset(&s->attach, 0, sizeof(s->attach));
    return ORL_OK;
}

/* A lost, resized or replaced file is closed; the next step opens what is there then. */
static bool memory_gone(struct orl_source *s, uint64_t now_ns, uint64_t every_ns)
{
    if (!orl_shm_lost(&s->shm)) {
        if (now_ns - s->stale_ns < every_ns) {
            return false;
        }
        s->stale_ns = now_ns;
        if (!orl_shm_stale(&s->shm, s->path)) {
            return false;
        }
    }
    close_memory(s);
    return true;
}

static int attach(struct orl_source *s, uint64_t now_ns)
{
    if (memory_gone(s, now_ns, STALE_NS / 4)) {
        return wait_longer(s, now_ns);
    }
    int err = orl_attach_step(&s->attach, &s->shm, now_ns, s->check_heartbeat, &s->session);
    if (err == ORL_OK) {
        s->open = true;
        s->probing = false;
        s->checked_ns = now_ns;
        return ORL_OK;
    }
    s->probing = s->attach.next_ns < now_ns + PROBING_NS;
    if (s->probing) {
        s->retry_ns = s->attach.next_ns;
        return ORL_EAGAIN;
    }
    return wait_longer(s, now_ns);
}

void orl_source_drop(struct orl_source *s, uint64_t now_ns)
{
    s->open = false;
    s->backoff_ns = BACKOFF_MIN_NS;
    s->retry_ns = now_ns;
    memset(&s->attach, 0, sizeof(s->attach));
    s->stale_ns = 0; /* trouble: ask about the file at once */
}

void orl_source_drop_corrupt(struct orl_source *s, uint64_t now_ns)
{
    if (s->corrupt == 0 || now_ns - s->corrupt_ns > CORRUPT_SPAN) {
        s->corrupt = 0;
        s->corrupt_ns = now_ns;
    }
    s->corrupt++;
    orl_source_drop(s, now_ns);
    if (orl_source_is_corrupt(s)) {
        s->corrupt_ns = now_ns; /* a new span: it stays so until 10 s have been quiet */
        s->backoff_ns = BACKOFF_MAX_NS;
        s->retry_ns = now_ns + BACKOFF_MAX_NS;
    }
}

bool orl_source_is_corrupt(const struct orl_source *s)
{
    return s->corrupt >= CORRUPT_MANY;
}

static int watch(struct orl_source *s, uint64_t now_ns)
{
    bool gone = memory_gone(s, now_ns, STALE_NS);
    if (!gone && now_ns - s->checked_ns >= CHECK_NS) {
        s->checked_ns = now_ns;
        gone = orl_session_check(&s->session, now_ns) != ORL_OK;
    }
    if (gone) {
        orl_source_drop(s, now_ns);
        return ORL_ESESSION;
    }
    if (s->corrupt && now_ns - s->corrupt_ns > CORRUPT_SPAN) {
        s->corrupt = 0;
    }
    return ORL_OK;
}

int orl_source_step(struct orl_source *s, uint64_t now_ns)
{
    if (s->open) {
        return watch(s, now_ns);
    }
    if (now_ns < s->retry_ns) {
        return ORL_EAGAIN;
    }
    int err = s->mapped ? ORL_OK : map(s, now_ns);
    return err ? err : attach(s, now_ns);
}

void orl_source_finish(struct orl_source *s)
{
    close_memory(s);
}
