/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "wire/stream.h"

#include <string.h>

#include "base/bytes.h"

int orl_stream_desc_complete(struct orl_stream_desc *desc)
{
    uint32_t count = desc->slot_count;
    if (count < 2 || (count & (count - 1)) != 0 || desc->slot_bytes == 0 ||
        desc->off % ORL_STREAM_ALIGN != 0) {
        return ORL_EMALFORMED;
    }
    uint64_t stride = ((uint64_t)ORL_LEN_sslot + desc->slot_bytes + ORL_STREAM_ALIGN - 1) /
                      ORL_STREAM_ALIGN * ORL_STREAM_ALIGN;
    /* Both factors are below 2^33, so the product cannot wrap. */
    uint64_t bytes = ORL_LEN_sreg + stride * count;
    if (stride > UINT32_MAX || bytes > UINT32_MAX) {
        return ORL_EMALFORMED;
    }
    desc->slot_stride = (uint32_t)stride;
    desc->region_bytes = (uint32_t)bytes;
    return ORL_OK;
}

int orl_stream_desc_read(struct orl_stream_desc *out, const uint8_t *raw)
{
    uint32_t direction = orl_get_u32(raw + ORL_AT_sdesc_direction);
    struct orl_stream_desc d = {.off = orl_get_u32(raw + ORL_AT_sdesc_offset),
                                .direction = (enum orl_stream_direction)direction,
                                .slot_count = orl_get_u32(raw + ORL_AT_sdesc_slot_count),
                                .slot_bytes = orl_get_u32(raw + ORL_AT_sdesc_slot_size)};
    if (orl_get_u32(raw + ORL_AT_sdesc_magic) != ORL_STREAM_DESC_MAGIC ||
        orl_get_u16(raw + ORL_AT_sdesc_version) != ORL_STREAM_VERSION ||
        orl_get_u16(raw + ORL_AT_sdesc_size) != ORL_LEN_sdesc ||
        (direction != ORL_STREAM_TO_VIEWER && direction != ORL_STREAM_TO_GUEST) ||
        orl_get_u32(raw + ORL_AT_sdesc_policy) != ORL_STREAM_POLICY_FIFO ||
        orl_stream_desc_complete(&d) != ORL_OK ||
        orl_get_u32(raw + ORL_AT_sdesc_region_size) != d.region_bytes) {
        return ORL_EMALFORMED;
    }
    *out = d;
    return ORL_OK;
}

void orl_stream_desc_write(uint8_t *dst, const struct orl_stream_desc *desc)
{
    memset(dst, 0, ORL_LEN_sdesc);
    orl_put_u32(dst + ORL_AT_sdesc_magic, ORL_STREAM_DESC_MAGIC);
    orl_put_u16(dst + ORL_AT_sdesc_version, ORL_STREAM_VERSION);
    orl_put_u16(dst + ORL_AT_sdesc_size, ORL_LEN_sdesc);
    orl_put_u32(dst + ORL_AT_sdesc_offset, desc->off);
    orl_put_u32(dst + ORL_AT_sdesc_region_size, desc->region_bytes);
    orl_put_u32(dst + ORL_AT_sdesc_direction, (uint32_t)desc->direction);
    orl_put_u32(dst + ORL_AT_sdesc_policy, ORL_STREAM_POLICY_FIFO);
    orl_put_u32(dst + ORL_AT_sdesc_slot_count, desc->slot_count);
    orl_put_u32(dst + ORL_AT_sdesc_slot_size, desc->slot_bytes);
}
