/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "wire/wire.h"

/* Controls look the same in every release that has them: a u32 type, then its fields. */
enum { CONTROL_SET_CURSOR_POS = 0, CONTROL_WINDOW_SIZE = 1 };
#define PAIR_BYTES 12

static uint32_t put_pair(uint8_t *dst, uint32_t type, uint32_t first, uint32_t second)
{
    orl_put_u32(dst, type);
    orl_put_u32(dst + 4, first);
    orl_put_u32(dst + 8, second);
    return PAIR_BYTES;
}

uint32_t orl_control_set_cursor_pos(uint8_t *dst, int32_t x, int32_t y)
{
    return put_pair(dst, CONTROL_SET_CURSOR_POS, (uint32_t)x, (uint32_t)y);
}

uint32_t orl_control_window_size(uint8_t *dst, uint32_t w, uint32_t h)
{
    return put_pair(dst, CONTROL_WINDOW_SIZE, w, h);
}
