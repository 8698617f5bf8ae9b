/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <stddef.h>

#include "win/win_impl.h"

#define SIDE 48

/* A bay window: an arch of dark frame around six panes of sky. */
static uint32_t icon_pixel(int x, int y)
{
    static const uint32_t frame = 0xff2b3a4e;
    int dx = x < 24 ? 23 - x : x - 24;
    int arch = 15 - y;
    bool inside = dx < 20 && y >= 3 && y < 45;
    if (arch > 0) {
        inside = inside && dx * dx + arch * arch < 20 * 20;
    }
    if (!inside) {
        return 0;
    }
    bool bar = dx >= 17 || (dx >= 5 && dx < 7) || y >= 41 || (y >= 22 && y < 25) ||
               (arch > 0 && dx * dx + arch * arch >= 17 * 17) || y < 6;
    if (bar) {
        return frame;
    }
    uint32_t light = (uint32_t)(y * 2);
    return 0xff000000u | (0x60u + light) << 16 | (0xa8u + light / 2) << 8 | 0xe0u;
}

SDL_Surface *orl_win_icon(void)
{
    SDL_Surface *icon =
        SDL_CreateRGBSurfaceWithFormat(0, SIDE, SIDE, 32, SDL_PIXELFORMAT_ARGB8888);
    if (!icon) {
        return NULL;
    }
    for (int y = 0; y < SIDE; y++) {
        uint32_t *row =
            (uint32_t *)(void *)((uint8_t *)icon->pixels + (ptrdiff_t)y * icon->pitch);
        for (int x = 0; x < SIDE; x++) {
            row[x] = icon_pixel(x, y);
        }
    }
    return icon;
}
