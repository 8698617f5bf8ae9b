/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <math.h>
#include <stdio.h>

#include "demo/scene.h"

#define WHITE 0xFFFFFFu
#define AMBER 0xFFC24Bu

struct orl_demo_grid orl_demo_grid(const struct orl_demo_conf *conf)
{
    double sx = conf->w / 1920.0, sy = conf->h / 1080.0;
    return (struct orl_demo_grid){sx < sy ? sx : sy, conf->w / 2.0, conf->h / 2.0};
}

struct orl_demo_box orl_demo_grid_box(struct orl_demo_grid g, double x0, double y0, double x1,
                                      double y1)
{
    return (struct orl_demo_box){g.cx + x0 * g.scale, g.cy + y0 * g.scale, g.cx + x1 * g.scale,
                                 g.cy + y1 * g.scale};
}

/* Dusk from top to bottom, brighter towards the middle; the last half bit is dithered, else the
 * dark gradient would show bands. */
static void draw_sky(const struct orl_demo_draw *d)
{
    static const double top[3] = {13, 17, 38}, low[3] = {20, 78, 96}, glow[3] = {58, 46, 92};
    for (uint32_t y = 0; y < d->h; y++) {
        double v = (y + 0.5) / d->h;
        for (uint32_t x = 0; x < d->w; x++) {
            double dx = (x + 0.5) / d->w - 0.5, dy = v - 0.45;
            double near = fmax(0, 1 - (dx * dx + dy * dy) * 4.2);
            double dither = (double)(orl_demo_hash(x, y) & 255u) / 256.0;
            uint8_t *p = d->rgba + ((size_t)y * d->w + x) * 4;
            for (int c = 0; c < 3; c++) {
                p[c] = (uint8_t)(top[c] + (low[c] - top[c]) * v * v + glow[c] * near * near +
                                 dither);
            }
            p[3] = 255;
        }
    }
}

/* Lines every 1/18 of the height, counted from the centre so that they meet there. */
static void draw_grid(const struct orl_demo_draw *d)
{
    double step = d->h / 18.0, cx = d->w / 2.0, cy = d->h / 2.0;
    if (step < 4) {
        return;
    }
    for (int i = (int)-(cx / step); i * step <= cx; i++) {
        struct orl_demo_ink ink = {WHITE, i % 3 == 0 ? 0.13 : 0.055};
        double x = floor(cx + i * step);
        orl_demo_draw_box(d, (struct orl_demo_box){x, 0, x + 1, d->h}, ink);
    }
    for (int i = -9; i <= 9; i++) {
        struct orl_demo_ink ink = {WHITE, i % 3 == 0 ? 0.13 : 0.055};
        double y = floor(cy + i * step);
        orl_demo_draw_box(d, (struct orl_demo_box){0, y, d->w, y + 1}, ink);
    }
}

/* Circles show wrong proportions, the outermost pixel row and column a cut picture. */
static void draw_geometry(const struct orl_demo_draw *d, struct orl_demo_grid g)
{
    double r = 120 * g.scale, w = fmax(1.5, 2.5 * g.scale), inset = r + 24 * g.scale;
    struct orl_demo_ink soft = {0x9FD8FFu, 0.55}, faint = {WHITE, 0.25};
    orl_demo_draw_ring(d, g.cx, g.cy, 508 * g.scale, w, soft);
    for (int i = 0; i < 4; i++) {
        double x = i & 1 ? d->w - inset : inset, y = i & 2 ? d->h - inset : inset;
        orl_demo_draw_ring(d, x, y, r, w, soft);
        orl_demo_draw_ring(d, x, y, r * 0.55, w * 0.7, faint);
        orl_demo_draw_ring(d, x, y, r * 0.06, w, soft);
        orl_demo_draw_box(d, (struct orl_demo_box){x - r, y - 0.5, x + r, y + 0.5}, faint);
        orl_demo_draw_box(d, (struct orl_demo_box){x - 0.5, y - r, x + 0.5, y + r}, faint);
    }
    struct orl_demo_ink edge = {WHITE, 1};
    orl_demo_draw_box(d, (struct orl_demo_box){0, 0, d->w, 1}, edge);
    orl_demo_draw_box(d, (struct orl_demo_box){0, d->h - 1.0, d->w, d->h}, edge);
    orl_demo_draw_box(d, (struct orl_demo_box){0, 0, 1, d->h}, edge);
    orl_demo_draw_box(d, (struct orl_demo_box){d->w - 1.0, 0, d->w, d->h}, edge);
}

static void draw_bars(const struct orl_demo_draw *d, struct orl_demo_grid g)
{
    static const uint32_t bars[8] = {0xFFFFFF, 0xFFFF00, 0x00FFFF, 0x00FF00,
                                     0xFF00FF, 0xFF0000, 0x0000FF, 0x000000};
    static const uint32_t ramps[4] = {0xFFFFFF, 0xFF0000, 0x00FF00, 0x0000FF};
    orl_demo_draw_round(d, orl_demo_grid_box(g, -654, -144, 654, 154), 16 * g.scale,
                        (struct orl_demo_ink){0x05070F, 0.8});
    for (int i = 0; i < 8; i++) {
        struct orl_demo_ink ink = {bars[i], 1};
        orl_demo_draw_box(d, orl_demo_grid_box(g, -640 + i * 160, -130, -480 + i * 160, 40),
                          ink);
    }
    for (int i = 0; i < 4; i++) {
        struct orl_demo_box box = orl_demo_grid_box(g, -640, 40 + i * 25, 640, 65 + i * 25);
        box.x0 = rint(box.x0);
        box.x1 = rint(box.x1);
        int columns = (int)(box.x1 - box.x0);
        for (int at = 0; at < columns; at++) {
            double x = box.x0 + at;
            uint32_t v = (uint32_t)(at / fmax(columns - 1, 1) * 255 + 0.5);
            struct orl_demo_ink ink = {(v << 16 | v << 8 | v) & ramps[i], 1};
            orl_demo_draw_box(d, (struct orl_demo_box){x, box.y0, x + 1, box.y1}, ink);
        }
    }
}

/* Single lines and single pixels: they survive only where pixels are shown one to one. */
static void draw_fine(const struct orl_demo_draw *d, struct orl_demo_grid g)
{
    for (int i = 0; i < 4; i++) {
        double x = i & 1 ? 690 : -790, y = i & 2 ? 20 : -130;
        struct orl_rect r =
            orl_demo_draw_cover(d, orl_demo_grid_box(g, x, y, x + 100, y + 100));
        for (uint32_t py = 0; py < r.h; py++) {
            for (uint32_t px = 0; px < r.w; px++) {
                uint32_t on = i == 0   ? px & 1u
                              : i == 1 ? py & 1u
                              : i == 2 ? (px ^ py) & 1u
                                       : (px / 2 ^ py / 2) & 1u;
                orl_demo_draw_dot(d, (int32_t)(r.x + px), (int32_t)(r.y + py),
                                  (struct orl_demo_ink){on ? WHITE : 0x000000u, 1}, 1);
            }
        }
    }
}

static void draw_centred(const struct orl_demo_draw *d, struct orl_demo_grid g, double y,
                         double cell, const char *text, struct orl_demo_ink ink)
{
    cell *= g.scale;
    orl_demo_draw_text(d, g.cx - orl_demo_text_width(cell, text) / 2, g.cy + y * g.scale, cell,
                       text, ink);
}

static void draw_words(const struct orl_demo_conf *conf, const struct orl_demo_draw *d,
                       struct orl_demo_grid g)
{
    char line[96];
    snprintf(line, sizeof(line), "%s * %ux%u * %s * %u FPS",
             orl_layout_get(conf->release)->name, (unsigned)conf->w, (unsigned)conf->h,
             orl_pixfmt_name(conf->fmt), (unsigned)conf->fps);
    draw_centred(d, g, -424 + 6, 20, "ORIEL", (struct orl_demo_ink){0x000000, 0.35});
    draw_centred(d, g, -424, 20, "ORIEL", (struct orl_demo_ink){WHITE, 1});
    draw_centred(d, g, -256, 4.2, "SYNTHETIC GUEST", (struct orl_demo_ink){0x9FD8FF, 0.95});
    draw_centred(d, g, -204, 5, line, (struct orl_demo_ink){AMBER, 1});
}

/* Frames of what moves; the numbers and the ball come from the parts. */
static void draw_stage(const struct orl_demo_draw *d, struct orl_demo_grid g)
{
    static const char *const names[2] = {"FRAME", "TIME"};
    struct orl_demo_ink dark = {0x05070F, 0.72}, label = {0x9FD8FF, 0.8};
    for (int i = 0; i < 2; i++) {
        double x = i ? ORL_DEMO_PANEL_X0 - 8 : -ORL_DEMO_PANEL_X1;
        struct orl_demo_box box =
            orl_demo_grid_box(g, x, ORL_DEMO_PANEL_Y0, x + 628, ORL_DEMO_PANEL_Y1);
        orl_demo_draw_round(d, box, 14 * g.scale, dark);
        orl_demo_draw_text(d, box.x0 + 20 * g.scale, box.y0 + 43 * g.scale, 3.4 * g.scale,
                           names[i], label);
    }
    struct orl_demo_box lane = orl_demo_grid_box(g, -ORL_DEMO_LANE_X, ORL_DEMO_LANE_Y0,
                                                 ORL_DEMO_LANE_X, ORL_DEMO_LANE_Y1);
    orl_demo_draw_round(d, lane, 50 * g.scale, dark);
    for (int i = 0; i <= 64; i++) {
        double x = -ORL_DEMO_LANE_X + i * ORL_DEMO_LANE_X / 32, high = i % 8 == 0 ? 24 : 12;
        struct orl_demo_box tick =
            orl_demo_grid_box(g, x, ORL_DEMO_RULER_Y0, x, ORL_DEMO_RULER_Y0 + high);
        tick.x0 = floor(tick.x0);
        tick.x1 = tick.x0 + fmax(1, rint(2 * g.scale));
        orl_demo_draw_box(d, tick, (struct orl_demo_ink){WHITE, 0.6});
    }
}

void orl_demo_card(const struct orl_demo_conf *conf, const struct orl_demo_draw *d)
{
    struct orl_demo_grid g = orl_demo_grid(conf);
    draw_sky(d);
    draw_grid(d);
    draw_geometry(d, g);
    draw_fine(d, g);
    draw_bars(d, g);
    draw_words(conf, d, g);
    draw_stage(d, g);
}
