/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Input: release u8, room u8 (of the message, see below), tag u32, up to 8 patches of header and
 * what follows it.
 */
#include "fuzz/input.h"
#include "wire/wire.h"

#define SHAPE   256
#define PATCHES 8

static void check(const struct orl_cursor_msg *c, struct orl_mem mem)
{
    FUZZ_REQUIRE(!(c->has_shape && c->bad_shape) && !(c->has_transform && c->bad_transform));
    FUZZ_REQUIRE(c->white_nits >= 1 && c->white_nits <= 10000);
    if (c->has_shape) {
        FUZZ_REQUIRE(c->w >= 1 && c->w <= ORL_CURSOR_SIDE_MAX && c->h >= 1 &&
                     c->h <= ORL_CURSOR_SIDE_MAX);
        FUZZ_REQUIRE(orl_mem_has(mem, c->shape_off, c->shape_bytes));
        uint8_t *stored = malloc(c->shape_bytes);
        uint8_t *rgba = malloc((size_t)c->w * c->h * 4);
        FUZZ_REQUIRE(stored && rgba);
        FUZZ_REQUIRE(orl_mem_copy(stored, mem, c->shape_off, c->shape_bytes));
        orl_cursor_unpack(rgba, c, stored);
        free(rgba);
        free(stored);
    }
    if (c->has_transform) {
        static struct orl_color_transform t;
        FUZZ_REQUIRE(orl_mem_has(mem, c->transform_off, ORL_TRANSFORM_BYTES));
        if (orl_color_transform_read(&t, mem, c) == ORL_OK) {
            FUZZ_REQUIRE(t.scalar - t.scalar == 0 && t.lut[16383] - t.lut[16383] == 0);
        }
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct fuzz_input in = {data, size};
    const struct orl_layout *lay =
        orl_layout_get((enum orl_release)(fuzz_u8(&in) % ORL_RELEASES));
    uint8_t room = fuzz_u8(&in);
    size_t bytes = lay->cursor_bytes + (room % 4 == 0 ? SHAPE : room);
    if (room % 4 == 1) {
        bytes += SHAPE + ORL_TRANSFORM_BYTES;
    } else if (room % 4 == 2) {
        bytes = room / 4;
    }
    struct orl_payload msg = {.size = (uint32_t)bytes, .tag = fuzz_u32(&in)};
    uint8_t *base = calloc(1, bytes ? bytes : 1);
    if (bytes >= lay->cursor_bytes) {
        orl_put_u32(base + lay->cursor_width, 8);
        orl_put_u32(base + lay->cursor_height, 8);
        orl_put_u32(base + lay->cursor_pitch, 32);
    }
    for (int i = 0; i < PATCHES && in.size; i++) {
        fuzz_patch(&in, base, bytes);
    }
    struct orl_mem mem = {base, bytes};
    struct orl_cursor_msg c;
    if (orl_cursor_read(&c, lay, mem, msg) == ORL_OK) {
        check(&c, mem);
    }
    free(base);
    return 0;
}
