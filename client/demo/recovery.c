/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The region behind the queues that master's display driver keeps alive. It offers no display
 * switching (capabilities 0), so requests are not answered. */
#include <string.h>

#include "base/clock.h"
#include "demo/guest.h"
#include "ring/mem.h"

#define BEAT_NS (250 * ORL_NS_PER_MS)

/* Offsets in the region. */
enum {
    ABI_VERSION = 8,
    STRUCT_SIZE = 10,
    CAPABILITIES = 12,
    LGMP_VERSION = 16,
    KVMFR_VERSION = 20,
    SESSION = 24,
    HEARTBEAT = 48,
    READY = 60,
    INFO = 64,
    STATUS_STATE = 1216 + 8,
    STATUS_SESSION = 1216 + 16,
    STATUS_SERIAL = 1216 + 24,
    STRUCT_BYTES = 1280
};

static const uint8_t magic[] = {'K', 'V', 'M', 'F', 'R', 'R', 'C', 'V'};

static uint8_t *region(const struct orl_demo_guest *g)
{
    return g->shm.base + g->shm.size - ORL_RECOVERY_BYTES;
}

bool orl_demo_has_recovery(const struct orl_demo_conf *conf)
{
    return conf->release == ORL_MASTER && conf->os == ORL_OS_WINDOWS;
}

void orl_demo_recovery_start(struct orl_demo_guest *g)
{
    if (!orl_demo_has_recovery(&g->conf)) {
        return;
    }
    uint8_t *r = region(g);
    uint64_t session = (uint64_t)g->prod.session_id << 32 | 1;
    orl_w32_store(r + READY, 0);
    memset(r, 0, STRUCT_BYTES);
    memcpy(r, magic, sizeof(magic));
    orl_put_u16(r + ABI_VERSION, 1);
    orl_put_u16(r + STRUCT_SIZE, STRUCT_BYTES);
    orl_put_u32(r + CAPABILITIES, 0);
    orl_put_u32(r + LGMP_VERSION, g->lay->lgmp);
    orl_put_u32(r + KVMFR_VERSION, g->lay->kvmfr);
    orl_put_u64(r + SESSION, session);
    memcpy(r + INFO, "oriel demo", sizeof("oriel demo"));
    orl_put_u32(r + STATUS_STATE, 1); /* normal */
    orl_put_u64(r + STATUS_SESSION, session);
    orl_w32_store(r + STATUS_SERIAL, 2);
    orl_w32_store(r + HEARTBEAT, ++g->recovery_beat);
    orl_w32_store(r + READY, 1);
    g->recovery_ns = g->now_ns + BEAT_NS;
}

void orl_demo_recovery_step(struct orl_demo_guest *g)
{
    if (orl_demo_has_recovery(&g->conf) && g->now_ns >= g->recovery_ns) {
        orl_w32_store(region(g) + HEARTBEAT, ++g->recovery_beat);
        g->recovery_ns = g->now_ns + BEAT_NS;
    }
}
