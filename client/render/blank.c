/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "render/blank.h"

#include <string.h>

static uint32_t color_at(const struct orl_slot *slot, uint32_t x, uint32_t y)
{
    const uint8_t *p = slot->map + (size_t)y * slot->desc.pitch + (size_t)x * 4;
    return p[0] | (uint32_t)p[1] << 8 | (uint32_t)p[2] << 16;
}

/* Without a branch in the loop: an even picture costs as little as reading it. */
static bool row_is_even(const struct orl_slot *slot, uint32_t y, uint32_t first)
{
    const uint8_t *row = slot->map + (size_t)y * slot->desc.pitch;
    uint32_t mask = 0, other = 0;
    memcpy(&mask, (const uint8_t[4]){0xff, 0xff, 0xff, 0}, 4);
    memcpy(&first,
           (const uint8_t[4]){(uint8_t)first, (uint8_t)(first >> 8), (uint8_t)(first >> 16), 0},
           4);
    for (uint32_t x = 0; x < slot->desc.w; x++) {
        uint32_t px;
        memcpy(&px, row + (size_t)x * 4, 4);
        other |= (px & mask) ^ first;
    }
    return other == 0;
}

bool orl_blank_check(struct orl_blank *b, const struct orl_slot *slot)
{
    const struct orl_frame_desc *d = &slot->desc;
    uint32_t first = color_at(slot, 0, 0);
    if (b->w == d->w && b->h == d->h && color_at(slot, b->x, b->y) != first) {
        return false;
    }
    for (uint32_t y = 0; y < d->rows; y++) {
        if (row_is_even(slot, y, first)) {
            continue;
        }
        uint32_t x = 0;
        while (x + 1 < d->w && color_at(slot, x, y) == first) {
            x++;
        }
        *b = (struct orl_blank){x, y, d->w, d->h};
        return false;
    }
    return true;
}
