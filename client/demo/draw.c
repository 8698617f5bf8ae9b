/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "demo/draw.h"

#include <math.h>
#include <stddef.h>

#include "demo/font.h"

#define ADVANCE 6.0 /* cells from letter to letter */

uint64_t orl_demo_hash(uint64_t a, uint64_t b)
{
    uint64_t x = a * UINT64_C(0x9E3779B97F4A7C15) + b + UINT64_C(0x632BE59BD9B4E019);
    x = (x ^ (x >> 32)) * UINT64_C(0xD6E8FEB86659FD93);
    x = (x ^ (x >> 32)) * UINT64_C(0xD6E8FEB86659FD93);
    return x ^ (x >> 32);
}

static double clamp01(double v)
{
    return v < 0 ? 0 : v > 1 ? 1 : v;
}

struct orl_rect orl_demo_draw_cover(const struct orl_demo_draw *d, struct orl_demo_box box)
{
    double x0 = fmax(floor(box.x0), 0), y0 = fmax(floor(box.y0), 0);
    double x1 = fmin(ceil(box.x1), d->w), y1 = fmin(ceil(box.y1), d->h);
    if (x1 <= x0 || y1 <= y0) {
        return (struct orl_rect){0, 0, 0, 0};
    }
    struct orl_rect r = {(uint32_t)x0, (uint32_t)y0, (uint32_t)(x1 - x0), (uint32_t)(y1 - y0)};
    return orl_rect_intersect(r, d->clip);
}

static void blend(uint8_t *p, uint32_t rgb, double alpha)
{
    for (int c = 0; c < 3; c++) {
        double ink = (double)((rgb >> (16 - 8 * c)) & 255u);
        p[c] = (uint8_t)(p[c] + (ink - p[c]) * alpha + 0.5);
    }
}

static uint8_t *pixel(const struct orl_demo_draw *d, uint32_t x, uint32_t y)
{
    return d->rgba + ((size_t)y * d->w + x) * 4;
}

void orl_demo_draw_dot(const struct orl_demo_draw *d, int32_t x, int32_t y,
                       struct orl_demo_ink ink, double coverage)
{
    struct orl_rect at = orl_demo_draw_cover(
        d, (struct orl_demo_box){(double)x, (double)y, (double)x + 1, (double)y + 1});
    if (at.w && at.h) {
        blend(pixel(d, at.x, at.y), ink.rgb, ink.alpha * clamp01(coverage));
    }
}

void orl_demo_draw_box(const struct orl_demo_draw *d, struct orl_demo_box box,
                       struct orl_demo_ink ink)
{
    struct orl_rect r = orl_demo_draw_cover(
        d, (struct orl_demo_box){rint(box.x0), rint(box.y0), rint(box.x1), rint(box.y1)});
    for (uint32_t y = r.y; y < r.y + r.h; y++) {
        for (uint32_t x = r.x; x < r.x + r.w; x++) {
            blend(pixel(d, x, y), ink.rgb, ink.alpha);
        }
    }
}

/* Signed distance of a point to a rounded box around the origin; negative inside. */
static double round_distance(double x, double y, double half_w, double half_h, double radius)
{
    double qx = fabs(x) - half_w + radius, qy = fabs(y) - half_h + radius;
    double ox = fmax(qx, 0), oy = fmax(qy, 0);
    return sqrt(ox * ox + oy * oy) + fmin(fmax(qx, qy), 0) - radius;
}

void orl_demo_draw_round(const struct orl_demo_draw *d, struct orl_demo_box box, double radius,
                         struct orl_demo_ink ink)
{
    struct orl_demo_box grown = {box.x0 - 1, box.y0 - 1, box.x1 + 1, box.y1 + 1};
    struct orl_rect r = orl_demo_draw_cover(d, grown);
    double cx = (box.x0 + box.x1) / 2, cy = (box.y0 + box.y1) / 2;
    double half_w = (box.x1 - box.x0) / 2, half_h = (box.y1 - box.y0) / 2;
    for (uint32_t y = r.y; y < r.y + r.h; y++) {
        for (uint32_t x = r.x; x < r.x + r.w; x++) {
            double dist = round_distance(x + 0.5 - cx, y + 0.5 - cy, half_w, half_h, radius);
            if (dist < 0.5) {
                blend(pixel(d, x, y), ink.rgb, ink.alpha * clamp01(0.5 - dist));
            }
        }
    }
}

void orl_demo_draw_ring(const struct orl_demo_draw *d, double cx, double cy, double radius,
                        double width, struct orl_demo_ink ink)
{
    double out = radius + width + 1;
    struct orl_rect r =
        orl_demo_draw_cover(d, (struct orl_demo_box){cx - out, cy - out, cx + out, cy + out});
    for (uint32_t y = r.y; y < r.y + r.h; y++) {
        for (uint32_t x = r.x; x < r.x + r.w; x++) {
            double dx = x + 0.5 - cx, dy = y + 0.5 - cy;
            double dist = fabs(sqrt(dx * dx + dy * dy) - radius) - width / 2;
            if (dist < 0.5) {
                blend(pixel(d, x, y), ink.rgb, ink.alpha * clamp01(0.5 - dist));
            }
        }
    }
}

/* Brighter towards the upper left, darker towards the lower right. */
static uint32_t shade(uint32_t rgb, double light)
{
    uint32_t out = 0;
    for (int s = 16; s >= 0; s -= 8) {
        double c = (double)((rgb >> s) & 255u);
        c = light > 0 ? c + (255 - c) * light : c * (1 + light);
        out |= (uint32_t)(c + 0.5) << s;
    }
    return out;
}

void orl_demo_draw_ball(const struct orl_demo_draw *d, double cx, double cy, double radius,
                        struct orl_demo_ink ink)
{
    double out = radius + 1;
    struct orl_rect r =
        orl_demo_draw_cover(d, (struct orl_demo_box){cx - out, cy - out, cx + out, cy + out});
    for (uint32_t y = r.y; y < r.y + r.h; y++) {
        for (uint32_t x = r.x; x < r.x + r.w; x++) {
            double dx = x + 0.5 - cx, dy = y + 0.5 - cy;
            double dist = sqrt(dx * dx + dy * dy) - radius;
            if (dist >= 0.5) {
                continue;
            }
            double hx = dx / radius + 0.35, hy = dy / radius + 0.4;
            double light = clamp01(1 - sqrt(hx * hx + hy * hy) / 0.75);
            double dark = clamp01((dx + dy) / (2.2 * radius)) * 0.55;
            blend(pixel(d, x, y), shade(ink.rgb, light * light * 0.9 - dark),
                  ink.alpha * clamp01(0.5 - dist));
        }
    }
}

static double bit_at(const uint8_t *glyph, int col, int row)
{
    if (col < 0 || col >= ORL_DEMO_GLYPH_W || row < 0 || row >= ORL_DEMO_GLYPH_H) {
        return 0;
    }
    return (double)((glyph[row] >> (ORL_DEMO_GLYPH_W - 1 - col)) & 1);
}

/*
 * Between the centres of cells the letter is interpolated and cut at a level: round corners and
 * connected diagonals instead of squares. (u, v) counts cells from half a cell above and to the
 * left of the letter, so it is not negative. `sharp` is how many pixels a cell has.
 */
static double glyph_coverage(const uint8_t *glyph, double u, double v, double sharp)
{
    int col = (int)u - 1, row = (int)v - 1;
    double tu = u - (col + 1), tv = v - (row + 1);
    double a = bit_at(glyph, col, row), b = bit_at(glyph, col + 1, row);
    double c = bit_at(glyph, col, row + 1), e = bit_at(glyph, col + 1, row + 1);
    double sum = a + b + c + e;
    if (sum == 0 || sum == 4) {
        return sum / 4; /* most pixels */
    }
    double top = a * (1 - tu) + b * tu, low = c * (1 - tu) + e * tu;
    return clamp01((top * (1 - tv) + low * tv - 0.42) * sharp + 0.5);
}

static void draw_glyph(const struct orl_demo_draw *d, double x, double y, double cell,
                       const uint8_t *glyph, struct orl_demo_ink ink)
{
    struct orl_demo_box box = {x - cell / 2, y - cell / 2, x + 5.5 * cell, y + 7.5 * cell};
    struct orl_rect r = orl_demo_draw_cover(d, box);
    double per_px = 1 / cell, sharp = fmax(cell, 1.2);
    for (uint32_t py = r.y; py < r.y + r.h; py++) {
        double v = fmax((py + 0.5 - box.y0) * per_px, 0);
        for (uint32_t px = r.x; px < r.x + r.w; px++) {
            double u = fmax((px + 0.5 - box.x0) * per_px, 0);
            double c = glyph_coverage(glyph, u, v, sharp);
            if (c > 0) {
                blend(pixel(d, px, py), ink.rgb, ink.alpha * c);
            }
        }
    }
}

double orl_demo_draw_text(const struct orl_demo_draw *d, double x, double y, double cell,
                          const char *text, struct orl_demo_ink ink)
{
    for (const char *c = text; *c; c++) {
        if (*c != ' ') {
            draw_glyph(d, x, y, cell, orl_demo_glyph(*c), ink);
        }
        x += ADVANCE * cell;
    }
    return orl_demo_text_width(cell, text);
}

double orl_demo_text_width(double cell, const char *text)
{
    double n = 0;
    for (const char *c = text; *c; c++) {
        n++;
    }
    return n > 0 ? (n * ADVANCE - 1) * cell : 0;
}
