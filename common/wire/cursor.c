/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "wire/wire.h"

#define KNOWN_FLAGS_OLD (ORL_CURSOR_POSITION | ORL_CURSOR_VISIBLE | ORL_CURSOR_SHAPE)
#define NITS_MAX        10000

static uint64_t least_pitch(enum orl_cursor_kind kind, uint32_t w)
{
    return kind == ORL_CURSOR_MONO ? ((uint64_t)w + 7) / 8 : (uint64_t)w * 4;
}

/* Fills the shape's fields from the copied header; false, filling nothing, when it is broken. */
static bool read_shape(struct orl_cursor_msg *c, const struct orl_layout *lay,
                       const uint8_t *raw, struct orl_payload msg)
{
    uint32_t type = orl_get_u32(raw + lay->cursor_shape_type);
    uint32_t w = orl_get_u32(raw + lay->cursor_width);
    uint32_t stored = orl_get_u32(raw + lay->cursor_height);
    uint32_t pitch = orl_get_u32(raw + lay->cursor_pitch);
    if (type > ORL_CURSOR_MASKED || w == 0 || w > ORL_CURSOR_SIDE_MAX || stored == 0 ||
        stored > ORL_CURSOR_SIDE_MAX || pitch < least_pitch((enum orl_cursor_kind)type, w)) {
        return false;
    }
    uint64_t bytes = (uint64_t)stored * pitch;
    uint32_t drawn = type == ORL_CURSOR_MONO ? stored / 2 : stored;
    if (bytes > msg.size - lay->cursor_bytes || drawn == 0) {
        return false;
    }
    c->kind = (enum orl_cursor_kind)type;
    c->hot_x = (int8_t)raw[lay->cursor_hot_x];
    c->hot_y = (int8_t)raw[lay->cursor_hot_y];
    c->w = w;
    c->h = drawn;
    c->pitch = pitch;
    c->shape_off = msg.off + lay->cursor_bytes;
    c->shape_bytes = (size_t)bytes;
    return true;
}

/* The transform follows the shape, so behind a broken shape its place is unknown. */
static bool find_transform(struct orl_cursor_msg *c, const struct orl_layout *lay,
                           struct orl_payload msg)
{
    uint64_t before = lay->cursor_bytes + (uint64_t)c->shape_bytes;
    if (c->bad_shape || before + ORL_TRANSFORM_BYTES > msg.size) {
        return false;
    }
    c->transform_off = msg.off + (size_t)before;
    return true;
}

static uint32_t read_white(const struct orl_layout *lay, const uint8_t *raw)
{
    if (lay->cursor_sdr_white_nits == ORL_ABSENT) {
        return ORL_WHITE_NITS;
    }
    uint32_t nits = orl_get_u32(raw + lay->cursor_sdr_white_nits);
    if (nits == 0) {
        return ORL_WHITE_NITS;
    }
    return nits < NITS_MAX ? nits : NITS_MAX;
}

int orl_cursor_read(struct orl_cursor_msg *out, const struct orl_layout *lay,
                    struct orl_mem mem, struct orl_payload msg)
{
    uint8_t raw[ORL_BYTES_cursor];
    if (msg.size < lay->cursor_bytes || !orl_mem_has(mem, msg.off, msg.size) ||
        !orl_mem_copy(raw, mem, msg.off, lay->cursor_bytes)) {
        return ORL_EMALFORMED;
    }
    bool old = lay->release != ORL_MASTER;
    uint32_t flags = (uint32_t)msg.tag & (old ? KNOWN_FLAGS_OLD : UINT32_MAX);
    struct orl_cursor_msg c = {
        .has_position = flags & ORL_CURSOR_POSITION,
        /* B6 and B7 repeat the visibility in every message; master marks a new one. */
        .has_visible = old || flags & ORL_CURSOR_VISIBLE_VALID,
        .white_nits = read_white(lay, raw),
    };
    c.visible = c.has_visible && flags & ORL_CURSOR_VISIBLE;
    if (c.has_position) {
        c.x = (int16_t)orl_get_u16(raw + lay->cursor_x);
        c.y = (int16_t)orl_get_u16(raw + lay->cursor_y);
    }
    if (flags & ORL_CURSOR_SHAPE) {
        c.has_shape = read_shape(&c, lay, raw, msg);
        c.bad_shape = !c.has_shape;
    }
    if (flags & ORL_CURSOR_TRANSFORM) {
        c.has_transform = find_transform(&c, lay, msg);
        c.bad_transform = !c.has_transform;
    }
    *out = c;
    return ORL_OK;
}

static void unpack_color(uint8_t *dst, const uint8_t *src, uint32_t w)
{
    for (uint32_t x = 0; x < w; x++, dst += 4, src += 4) {
        dst[0] = src[2];
        dst[1] = src[1];
        dst[2] = src[0];
        dst[3] = src[3];
    }
}

/* Alpha 0 replaces the picture (AND 0), any other value keeps it for the XOR (AND 255). */
static void unpack_masked(uint8_t *dst, const uint8_t *src, uint32_t w)
{
    for (uint32_t x = 0; x < w; x++, dst += 4, src += 4) {
        dst[0] = src[2];
        dst[1] = src[1];
        dst[2] = src[0];
        dst[3] = src[3] == 0 ? 0 : 255;
    }
}

static void unpack_mono(uint8_t *dst, const uint8_t *and_row, const uint8_t *xor_row,
                        uint32_t w)
{
    for (uint32_t x = 0; x < w; x++, dst += 4) {
        uint8_t bit = (uint8_t)(0x80 >> (x % 8)); /* leftmost pixel = most significant bit */
        memset(dst, xor_row[x / 8] & bit ? 255 : 0, 3);
        dst[3] = and_row[x / 8] & bit ? 255 : 0;
    }
}

void orl_cursor_unpack(uint8_t *rgba, const struct orl_cursor_msg *cur, const uint8_t *stored)
{
    size_t xor_off = (size_t)cur->h * cur->pitch;
    for (uint32_t y = 0; y < cur->h; y++) {
        uint8_t *dst = rgba + (size_t)y * cur->w * 4;
        const uint8_t *src = stored + (size_t)y * cur->pitch;
        switch (cur->kind) {
        case ORL_CURSOR_COLOR: unpack_color(dst, src, cur->w); break;
        case ORL_CURSOR_MASKED: unpack_masked(dst, src, cur->w); break;
        case ORL_CURSOR_MONO: unpack_mono(dst, src, src + xor_off, cur->w); break;
        }
    }
}
