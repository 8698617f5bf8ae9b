/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The region that master's display driver keeps behind the queues, whatever the queue protocol.
 * Its bytes may as well be pixels of another producer that look like a header: everything is
 * checked, and the caller must see the heartbeat move before it believes in it.
 */
#include "wire/wire.h"

#define MAGIC        "KVMFRRCV"
#define ABI_VERSION  1
#define STATUS_TRIES 4

/* Offsets in the header and in the status line; source: tests/data/layout.json, recovery_*. */
enum {
    HDR_ABI_VERSION = 8,
    HDR_STRUCT_SIZE = 10,
    HDR_CAPABILITIES = 12,
    HDR_LGMP_VERSION = 16,
    HDR_KVMFR_VERSION = 20,
    HDR_UUID = 32,
    INFO_VERSION = 64,
    INFO_VERSION_BYTES = 48,
    STATUS_ACK_SERIAL = 0,
    STATUS_ACK_REQUEST = 4,
    STATUS_STATE = 8,
    STATUS_ERROR = 12,
    STATUS_SESSION = 16,
    STATUS_SERIAL = ORL_RECOVERY_STATUS_SERIAL - ORL_RECOVERY_STATUS
};

int orl_recovery_read_status(struct orl_recovery *r, const uint8_t *raw)
{
    uint32_t serial = orl_get_u32(raw + STATUS_SERIAL);
    if (serial == 0 || serial % 2 != 0 || orl_get_u64(raw + STATUS_SESSION) != r->session) {
        return ORL_EAGAIN;
    }
    r->state = orl_get_u32(raw + STATUS_STATE);
    r->error = orl_get_u32(raw + STATUS_ERROR);
    r->ack_serial = orl_get_u32(raw + STATUS_ACK_SERIAL);
    r->ack_request = orl_get_u32(raw + STATUS_ACK_REQUEST);
    return ORL_OK;
}

void orl_recovery_write_status(uint8_t *raw, const struct orl_recovery *r, uint32_t serial)
{
    memset(raw, 0, ORL_RECOVERY_STATUS_BYTES);
    orl_put_u32(raw + STATUS_ACK_SERIAL, r->ack_serial);
    orl_put_u32(raw + STATUS_ACK_REQUEST, r->ack_request);
    orl_put_u32(raw + STATUS_STATE, r->state);
    orl_put_u32(raw + STATUS_ERROR, r->error);
    orl_put_u64(raw + STATUS_SESSION, r->session);
    orl_put_u32(raw + STATUS_SERIAL, serial);
}

/* The status line has no lock: its serial is odd while it is written and differs afterwards. */
static void copy_status(struct orl_recovery *out, struct orl_mem region)
{
    for (int i = 0; i < STATUS_TRIES; i++) {
        uint8_t before[4], raw[ORL_RECOVERY_STATUS_BYTES], after[4];
        if (!orl_mem_copy(before, region, ORL_RECOVERY_STATUS_SERIAL, sizeof(before)) ||
            !orl_mem_copy(raw, region, ORL_RECOVERY_STATUS, sizeof(raw)) ||
            !orl_mem_copy(after, region, ORL_RECOVERY_STATUS_SERIAL, sizeof(after))) {
            return;
        }
        uint32_t serial = orl_get_u32(before);
        if (serial == orl_get_u32(after) && serial == orl_get_u32(raw + STATUS_SERIAL) &&
            orl_recovery_read_status(out, raw) == ORL_OK) {
            return;
        }
    }
}

static bool head_is_whole(const uint8_t *raw)
{
    return orl_get_u32(raw + ORL_RECOVERY_READY) == 1 &&
           memcmp(raw, MAGIC, sizeof(MAGIC) - 1) == 0 &&
           orl_get_u16(raw + HDR_ABI_VERSION) == ABI_VERSION &&
           orl_get_u16(raw + HDR_STRUCT_SIZE) >= ORL_RECOVERY_STRUCT_BYTES &&
           orl_get_u64(raw + ORL_RECOVERY_SESSION) != 0;
}

static void read_version(char *dst, const uint8_t *src)
{
    size_t n = 0;
    for (; n < INFO_VERSION_BYTES && src[n] != '\0'; n++) {
        dst[n] = (char)(src[n] >= 0x20 && src[n] < 0x7f ? src[n] : '?');
    }
    dst[n] = '\0';
}

int orl_recovery_read_head(struct orl_recovery *out, const uint8_t *raw)
{
    if (!head_is_whole(raw)) {
        return ORL_EAGAIN;
    }
    *out = (struct orl_recovery){
        .lgmp = orl_get_u32(raw + HDR_LGMP_VERSION),
        .kvmfr = orl_get_u32(raw + HDR_KVMFR_VERSION),
        .heartbeat = orl_get_u32(raw + ORL_RECOVERY_HEARTBEAT),
        .capabilities = orl_get_u32(raw + HDR_CAPABILITIES),
        .session = orl_get_u64(raw + ORL_RECOVERY_SESSION),
    };
    memcpy(out->uuid, raw + HDR_UUID, sizeof(out->uuid));
    read_version(out->version, raw + INFO_VERSION);
    return ORL_OK;
}

void orl_recovery_write_head(uint8_t *raw, const struct orl_recovery *r)
{
    memset(raw, 0, ORL_RECOVERY_HEAD_BYTES);
    memcpy(raw, MAGIC, sizeof(MAGIC) - 1);
    orl_put_u16(raw + HDR_ABI_VERSION, ABI_VERSION);
    orl_put_u16(raw + HDR_STRUCT_SIZE, ORL_RECOVERY_STRUCT_BYTES);
    orl_put_u32(raw + HDR_CAPABILITIES, r->capabilities);
    orl_put_u32(raw + HDR_LGMP_VERSION, r->lgmp);
    orl_put_u32(raw + HDR_KVMFR_VERSION, r->kvmfr);
    orl_put_u64(raw + ORL_RECOVERY_SESSION, r->session);
    memcpy(raw + HDR_UUID, r->uuid, sizeof(r->uuid));
    orl_put_u32(raw + ORL_RECOVERY_HEARTBEAT, r->heartbeat);
    orl_put_u32(raw + ORL_RECOVERY_READY, 1);
    memcpy(raw + INFO_VERSION, r->version, strnlen(r->version, INFO_VERSION_BYTES - 1));
}

int orl_recovery_read(struct orl_recovery *out, struct orl_mem mem)
{
    if (mem.size <= ORL_RECOVERY_BYTES) {
        return ORL_EAGAIN;
    }
    struct orl_mem region = {mem.base + (mem.size - ORL_RECOVERY_BYTES), ORL_RECOVERY_BYTES};
    struct orl_recovery r, again_r;
    uint8_t ready[4], raw[ORL_RECOVERY_HEAD_BYTES], again[ORL_RECOVERY_HEAD_BYTES];
    /* `ready` first: it is written last, so what is read after it is complete. */
    if (!orl_mem_copy(ready, region, ORL_RECOVERY_READY, sizeof(ready)) ||
        orl_get_u32(ready) != 1 || !orl_mem_copy(raw, region, 0, sizeof(raw)) ||
        orl_recovery_read_head(&r, raw) != ORL_OK ||
        !orl_mem_copy(again, region, 0, sizeof(again)) ||
        orl_recovery_read_head(&again_r, again) != ORL_OK || again_r.session != r.session) {
        return ORL_EAGAIN;
    }
    copy_status(&r, region);
    *out = r;
    return ORL_OK;
}
