/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "demo/picture.h"

#include <math.h>
#include <stdlib.h>

#include "demo/scene.h"

/* One octave of smooth noise, 0..1: corners of a lattice of `cell` pixels, blended. */
static double noise(uint64_t seed, uint32_t x, uint32_t y, uint32_t cell)
{
    uint32_t ix = x / cell, iy = y / cell;
    double tx = (double)(x % cell) / cell, ty = (double)(y % cell) / cell;
    double corner[4];
    for (uint32_t i = 0; i < 4; i++) {
        uint64_t at = (uint64_t)(iy + i / 2) << 32 | (ix + i % 2);
        corner[i] = (double)(orl_demo_hash(seed + cell, at) & 0xFFFFu) / 65535.0;
    }
    tx = tx * tx * (3 - 2 * tx);
    ty = ty * ty * (3 - 2 * ty);
    double top = corner[0] + (corner[1] - corner[0]) * tx;
    double low = corner[2] + (corner[3] - corner[2]) * tx;
    return top + (low - top) * ty;
}

/* Clouds of all sizes with a grain: as hard on codecs and filters as a photograph. */
static void draw_photo(const struct orl_demo_conf *conf, uint8_t *rgba)
{
    static const uint32_t cells[4] = {192, 48, 12, 3};
    static const double weight[4] = {0.52, 0.26, 0.13, 0.05};
    for (uint32_t y = 0; y < conf->h; y++) {
        for (uint32_t x = 0; x < conf->w; x++) {
            double light = 0;
            for (int i = 0; i < 4; i++) {
                light += weight[i] * noise(conf->seed, x, y, cells[i]);
            }
            double warm = noise(conf->seed + 99, x, y, 256) - 0.5;
            uint64_t grain = orl_demo_hash(conf->seed, (uint64_t)y << 32 | x);
            uint8_t *p = rgba + ((size_t)y * conf->w + x) * 4;
            for (int c = 0; c < 3; c++) {
                double v = light * 1.2 - 0.06 + warm * (1 - c) * 0.5;
                v += ((double)(grain >> (8 * c) & 255u) / 255.0 - 0.5) * 0.06;
                p[c] = (uint8_t)(fmin(fmax(v, 0), 1) * 255 + 0.5);
            }
            p[3] = 255;
        }
    }
}

static void draw_solid(const struct orl_demo_conf *conf, uint8_t *rgba)
{
    for (size_t i = 0; i < (size_t)conf->w * conf->h; i++) {
        rgba[i * 4] = (uint8_t)(conf->color >> 16);
        rgba[i * 4 + 1] = (uint8_t)(conf->color >> 8);
        rgba[i * 4 + 2] = (uint8_t)conf->color;
        rgba[i * 4 + 3] = 255;
    }
}

void orl_demo_background(const struct orl_demo_conf *conf, uint8_t *rgba)
{
    const struct orl_demo_draw d = {rgba, conf->w, conf->h, {0, 0, conf->w, conf->h}};
    switch (conf->pattern) {
    case ORL_DEMO_CARD: orl_demo_card(conf, &d); break;
    case ORL_DEMO_PHOTO: draw_photo(conf, rgba); break;
    case ORL_DEMO_SOLID: draw_solid(conf, rgba); break;
    }
}

int orl_demo_picture_rgba(const struct orl_demo_conf *conf, uint64_t frame, uint8_t *rgba)
{
    uint8_t *background = malloc((size_t)conf->w * conf->h * 4);
    if (!background) {
        return ORL_ENOMEM;
    }
    orl_demo_background(conf, background);
    const struct orl_demo_draw d = {rgba, conf->w, conf->h, {0, 0, conf->w, conf->h}};
    orl_demo_paint(conf, background, frame, &d);
    free(background);
    return ORL_OK;
}

uint32_t orl_demo_read_barcode(const uint8_t *bgrx, size_t pitch, uint32_t scale)
{
    uint32_t value = 0;
    size_t y = (size_t)ORL_DEMO_BARCODE_PX / 2 * scale;
    for (uint32_t i = 0; i < ORL_DEMO_BARCODE_BITS; i++) {
        size_t x = ((size_t)i * ORL_DEMO_BARCODE_PX + ORL_DEMO_BARCODE_PX / 2) * scale;
        value = value << 1 | (bgrx[y * pitch + x * 4 + 1] > 127 ? 1u : 0u);
    }
    return value;
}
