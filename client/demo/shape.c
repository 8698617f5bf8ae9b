/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <math.h>
#include <string.h>

#include "demo/picture.h"

#define SIDE    32u
#define CORNERS 7

/* An arrow, tip at (2, 2). */
static const float arrow[CORNERS][2] = {{2, 2},        {2, 22.5f},     {6.8f, 18},
                                        {9.9f, 25.2f}, {13.4f, 23.7f}, {10.4f, 16.7f},
                                        {16.8f, 16.3f}};

/* Signed distance to the arrow's edge, negative inside. */
static float arrow_distance(float x, float y)
{
    float best = 1e9f;
    bool inside = false;
    for (int i = 0, j = CORNERS - 1; i < CORNERS; j = i++) {
        float ax = arrow[j][0], ay = arrow[j][1], ex = arrow[i][0] - ax, ey = arrow[i][1] - ay;
        float t = ((x - ax) * ex + (y - ay) * ey) / (ex * ex + ey * ey);
        t = fminf(fmaxf(t, 0), 1);
        best = fminf(best, hypotf(x - ax - t * ex, y - ay - t * ey));
        if ((arrow[i][1] > y) != (ay > y) && x < ax + (y - ay) / ey * ex) {
            inside = !inside;
        }
    }
    return inside ? -best : best;
}

static float coverage(float distance)
{
    return fminf(fmaxf(0.5f - distance, 0), 1);
}

/* White with a dark edge and a soft shadow; premultiplied, B,G,R,A. */
static void draw_color(uint8_t *stored)
{
    for (uint32_t y = 0; y < SIDE; y++) {
        for (uint32_t x = 0; x < SIDE; x++) {
            float px = (float)x + 0.5f, py = (float)y + 0.5f;
            float outer = coverage(arrow_distance(px, py) - 1);
            float body = coverage(arrow_distance(px, py));
            float away = arrow_distance(px - 1.5f, py - 2);
            float shadow = 0.45f * fminf(fmaxf(1 - away / 4, 0), 1);
            float alpha = outer + (1 - outer) * shadow * shadow;
            uint8_t *p = stored + ((size_t)y * SIDE + x) * 4;
            memset(p, (int)(body * outer * 255 + 0.5f), 3);
            p[3] = (uint8_t)(fmaxf(alpha, body * outer) * 255 + 0.5f);
        }
    }
}

static void set_bit(uint8_t *plane, uint32_t x, uint32_t y)
{
    plane[y * (SIDE / 8) + x / 8] |= (uint8_t)(0x80u >> (x % 8));
}

/* White arrow, black edge, and a square that inverts: all four combinations of the two masks. */
static void draw_mono(uint8_t *stored)
{
    uint8_t *and_mask = stored, *xor_mask = stored + SIDE * SIDE / 8;
    memset(stored, 0, SIDE * SIDE / 4);
    for (uint32_t y = 0; y < SIDE; y++) {
        for (uint32_t x = 0; x < SIDE; x++) {
            float d = arrow_distance((float)x + 0.5f, (float)y + 0.5f);
            bool square = x >= 21 && x < 29 && y >= 3 && y < 11;
            if (d >= 1.3f) {
                set_bit(and_mask, x, y);
            }
            if (d < 0 || square) {
                set_bit(xor_mask, x, y);
            }
        }
    }
}

/* A cross that inverts inside an opaque ring; A = 0 is opaque, A = 255 is XOR. */
static void draw_masked(uint8_t *stored)
{
    for (uint32_t y = 0; y < SIDE; y++) {
        for (uint32_t x = 0; x < SIDE; x++) {
            float r = hypotf((float)x - 15, (float)y - 15);
            bool cross = (x == 15 || y == 15) && r < 10;
            bool ring = r >= 11.5f && r < 14.5f;
            uint8_t *p = stored + ((size_t)y * SIDE + x) * 4;
            memset(p, cross ? 255 : 0, 3);
            p[3] = 255;
            if (ring) {
                static const uint8_t orange[4] = {0x2E, 0x9A, 0xFF, 0};
                memcpy(p, orange, 4);
            }
        }
    }
}

void orl_demo_cursor_shape(enum orl_demo_cursor kind, struct orl_cursor_msg *cur,
                           uint8_t stored[ORL_DEMO_SHAPE_BYTES])
{
    memset(stored, 0, ORL_DEMO_SHAPE_BYTES);
    cur->w = SIDE;
    cur->h = SIDE;
    cur->pitch = SIDE * 4;
    cur->shape_bytes = ORL_DEMO_SHAPE_BYTES;
    cur->hot_x = 2;
    cur->hot_y = 2;
    cur->kind = ORL_CURSOR_COLOR;
    if (kind == ORL_DEMO_CURSOR_MONO) {
        cur->kind = ORL_CURSOR_MONO;
        cur->pitch = SIDE / 8;
        cur->shape_bytes = (size_t)SIDE / 8 * SIDE * 2;
        draw_mono(stored);
    } else if (kind == ORL_DEMO_CURSOR_MASKED) {
        cur->kind = ORL_CURSOR_MASKED;
        cur->hot_x = 15;
        cur->hot_y = 15;
        draw_masked(stored);
    } else {
        draw_color(stored);
    }
}

void orl_demo_desktop(const struct orl_demo_conf *conf, uint32_t *w, uint32_t *h)
{
    uint32_t wide = conf->screen_w ? conf->screen_w : conf->w;
    uint32_t high = conf->screen_h ? conf->screen_h : conf->h;
    *w = conf->rotation & 1 ? high : wide;
    *h = conf->rotation & 1 ? wide : high;
}

void orl_demo_cursor_place(const struct orl_demo_conf *conf, uint64_t k, int32_t *x, int32_t *y)
{
    uint32_t w, h;
    orl_demo_desktop(conf, &w, &h);
    double cx = w / 2.0, cy = h / 2.0, radius = (w < h ? w : h) / 3.0;
    double turn = (double)(k % 240u) / 240.0;
    switch (conf->cursor_path) {
    case ORL_DEMO_PATH_CIRCLE:
        cx += radius * cos(turn * 2 * 3.14159265358979);
        cy += radius * sin(turn * 2 * 3.14159265358979);
        break;
    case ORL_DEMO_PATH_LINE: cx = (w - 1.0) * (turn < 0.5 ? turn * 2 : 2 - turn * 2); break;
    case ORL_DEMO_PATH_FIXED: break;
    }
    *x = (int32_t)floor(cx);
    *y = (int32_t)floor(cy);
}
