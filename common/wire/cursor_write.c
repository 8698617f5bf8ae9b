/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "wire/wire.h"

static bool shape_fits(const struct orl_cursor_msg *cur, uint32_t shape_bytes)
{
    bool mono = cur->kind == ORL_CURSOR_MONO;
    uint64_t stored = (uint64_t)cur->h * (mono ? 2 : 1);
    uint64_t least = mono ? ((uint64_t)cur->w + 7) / 8 : (uint64_t)cur->w * 4;
    return cur->w >= 1 && cur->w <= ORL_CURSOR_SIDE_MAX && stored >= 1 &&
           stored <= ORL_CURSOR_SIDE_MAX && cur->pitch >= least &&
           stored * cur->pitch == shape_bytes;
}

static uint64_t make_tag(const struct orl_layout *lay, const struct orl_cursor_msg *cur)
{
    uint32_t tag = 0;
    if (cur->has_position) {
        tag |= ORL_CURSOR_POSITION;
    }
    if (cur->visible) {
        tag |= ORL_CURSOR_VISIBLE;
    }
    if (cur->has_shape) {
        tag |= ORL_CURSOR_SHAPE;
    }
    if (cur->has_transform) {
        tag |= ORL_CURSOR_TRANSFORM;
    }
    if (lay->release == ORL_MASTER && cur->has_visible) {
        tag |= ORL_CURSOR_VISIBLE_VALID;
    }
    return tag;
}

int orl_cursor_write(uint8_t *base, size_t mem_size, const struct orl_layout *lay,
                     struct orl_payload msg, const struct orl_cursor_msg *cur,
                     const uint8_t *shape, uint32_t shape_bytes, uint64_t *tag)
{
    uint64_t need = (uint64_t)lay->cursor_bytes + (cur->has_shape ? shape_bytes : 0) +
                    (cur->has_transform ? ORL_TRANSFORM_BYTES : 0);
    if (msg.off > mem_size || msg.size > mem_size - msg.off || need > msg.size ||
        (cur->has_shape && !shape_fits(cur, shape_bytes)) ||
        (cur->has_transform && lay->release != ORL_MASTER)) {
        return ORL_EINVAL;
    }
    uint8_t raw[ORL_BYTES_cursor] = {0};
    orl_put_u16(raw + lay->cursor_x, (uint16_t)cur->x);
    orl_put_u16(raw + lay->cursor_y, (uint16_t)cur->y);
    if (cur->has_shape) {
        uint32_t stored = cur->kind == ORL_CURSOR_MONO ? cur->h * 2 : cur->h;
        orl_put_u32(raw + lay->cursor_shape_type, (uint32_t)cur->kind);
        raw[lay->cursor_hot_x] = (uint8_t)cur->hot_x;
        raw[lay->cursor_hot_y] = (uint8_t)cur->hot_y;
        orl_put_u32(raw + lay->cursor_width, cur->w);
        orl_put_u32(raw + lay->cursor_height, stored);
        orl_put_u32(raw + lay->cursor_pitch, cur->pitch);
        memcpy(base + msg.off + lay->cursor_bytes, shape, shape_bytes);
    }
    if (lay->cursor_sdr_white_nits != ORL_ABSENT) {
        orl_put_u32(raw + lay->cursor_sdr_white_nits, cur->white_nits);
    }
    memcpy(base + msg.off, raw, lay->cursor_bytes);
    *tag = make_tag(lay, cur);
    return ORL_OK;
}
