/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The region that master's display driver keeps behind the queues, whatever the queue protocol.
 * Its bytes may as well be pixels of another producer that look like a header: everything is
 * checked, and the caller must see the heartbeat move before it believes in it.
 */
#include "wire/wire.h"

#define MAGIC        "KVMFRRCV"
#define ABI_VERSION  1
#define STRUCT_BYTES 1280
#define STATUS_TRIES 4

/* Offsets in the region; source: tests/data/layout.json, recovery_*. */
enum {
    HDR_ABI_VERSION = 8,
    HDR_STRUCT_SIZE = 10,
    HDR_CAPABILITIES = 12,
    HDR_LGMP_VERSION = 16,
    HDR_KVMFR_VERSION = 20,
    HDR_SESSION = 24,
    HDR_UUID = 32,
    HDR_HEARTBEAT = 48,
    HDR_READY = 60,
    INFO_VERSION = 64,
    INFO_VERSION_BYTES = 48,
    HEAD_BYTES = 128, /* header and info together */
    STATUS = 1216,
    STATUS_STATE = 8,
    STATUS_ERROR = 12,
    STATUS_SESSION = 16,
    STATUS_SERIAL = 24,
    STATUS_BYTES = 64
};

/* The status line has no lock: its serial is odd while it is written and differs afterwards. */
static void read_status(struct orl_recovery *out, struct orl_mem region)
{
    for (int i = 0; i < STATUS_TRIES; i++) {
        uint8_t before[4], raw[STATUS_BYTES], after[4];
        if (!orl_mem_copy(before, region, STATUS + STATUS_SERIAL, sizeof(before)) ||
            !orl_mem_copy(raw, region, STATUS, sizeof(raw)) ||
            !orl_mem_copy(after, region, STATUS + STATUS_SERIAL, sizeof(after))) {
            return;
        }
        uint32_t serial = orl_get_u32(before);
        if (serial != 0 && serial % 2 == 0 && serial == orl_get_u32(after) &&
            serial == orl_get_u32(raw + STATUS_SERIAL)) {
            if (orl_get_u64(raw + STATUS_SESSION) == out->session) {
                out->state = orl_get_u32(raw + STATUS_STATE);
                out->error = orl_get_u32(raw + STATUS_ERROR);
            }
            return;
        }
    }
}

static bool head_is_whole(const uint8_t *raw)
{
    return orl_get_u32(raw + HDR_READY) == 1 && memcmp(raw, MAGIC, sizeof(MAGIC) - 1) == 0 &&
           orl_get_u16(raw + HDR_ABI_VERSION) == ABI_VERSION &&
           orl_get_u16(raw + HDR_STRUCT_SIZE) >= STRUCT_BYTES &&
           orl_get_u64(raw + HDR_SESSION) != 0;
}

static void read_version(char *dst, const uint8_t *src)
{
    size_t n = 0;
    for (; n < INFO_VERSION_BYTES && src[n] != '\0'; n++) {
        dst[n] = (char)(src[n] >= 0x20 && src[n] < 0x7f ? src[n] : '?');
    }
    dst[n] = '\0';
}

int orl_recovery_read(struct orl_recovery *out, struct orl_mem mem)
{
    if (mem.size <= ORL_RECOVERY_BYTES) {
        return ORL_EAGAIN;
    }
    struct orl_mem region = {mem.base + (mem.size - ORL_RECOVERY_BYTES), ORL_RECOVERY_BYTES};
    uint8_t ready[4], raw[HEAD_BYTES], again[HEAD_BYTES];
    /* `ready` first: it is written last, so what is read after it is complete. */
    if (!orl_mem_copy(ready, region, HDR_READY, sizeof(ready)) || orl_get_u32(ready) != 1 ||
        !orl_mem_copy(raw, region, 0, sizeof(raw)) || !head_is_whole(raw) ||
        !orl_mem_copy(again, region, 0, sizeof(again)) || orl_get_u32(again + HDR_READY) != 1 ||
        orl_get_u64(again + HDR_SESSION) != orl_get_u64(raw + HDR_SESSION)) {
        return ORL_EAGAIN;
    }
    struct orl_recovery r = {
        .lgmp = orl_get_u32(raw + HDR_LGMP_VERSION),
        .kvmfr = orl_get_u32(raw + HDR_KVMFR_VERSION),
        .heartbeat = orl_get_u32(raw + HDR_HEARTBEAT),
        .capabilities = orl_get_u32(raw + HDR_CAPABILITIES),
        .session = orl_get_u64(raw + HDR_SESSION),
    };
    memcpy(r.uuid, raw + HDR_UUID, sizeof(r.uuid));
    read_version(r.version, raw + INFO_VERSION);
    read_status(&r, region);
    *out = r;
    return ORL_OK;
}
