/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "demo/picture.h"
#include "demo/scene.h"

#define BARCODE_W (ORL_DEMO_BARCODE_BITS * ORL_DEMO_BARCODE_PX)
#define BALL_R    42.0 /* design units */
#define TEXT_MAX  24
#define TILE_AT   64.0 /* pixels */
#define TILE_PX   64.0

/* Frame numbers stand still when nothing may move. */
static uint64_t shown_frame(const struct orl_demo_conf *conf, uint64_t n)
{
    return conf->damage == ORL_DEMO_NONE || conf->damage == ORL_DEMO_TILE ? 0 : n;
}

/* There and back again, 0..1, `period` frames each way. */
static double swing(uint64_t n, uint32_t period)
{
    uint32_t at = (uint32_t)(n % (UINT64_C(2) * period));
    return at < period ? (double)at / period : 2.0 - (double)at / period;
}

static struct orl_demo_box ball_box(struct orl_demo_grid g, uint64_t n)
{
    double reach = ORL_DEMO_LANE_X - BALL_R - 8;
    double x = -reach + 2 * reach * swing(n, 150),
           y = (ORL_DEMO_LANE_Y0 + ORL_DEMO_LANE_Y1) / 2;
    return orl_demo_grid_box(g, x - BALL_R, y - BALL_R, x + BALL_R, y + BALL_R);
}

static struct orl_demo_box needle_box(struct orl_demo_grid g, uint64_t n)
{
    double x = -ORL_DEMO_LANE_X + 2 * ORL_DEMO_LANE_X * (double)(n % 120) / 120.0;
    struct orl_demo_box box = orl_demo_grid_box(g, x, ORL_DEMO_RULER_Y0, x, ORL_DEMO_RULER_Y1);
    box.x0 = rint(box.x0);
    box.x1 = box.x0 + fmax(2, rint(6 * g.scale));
    return box;
}

static void counter_text(uint64_t n, char *out)
{
    snprintf(out, TEXT_MAX, "%08" PRIu64, n % 100000000u);
}

static void clock_text(const struct orl_demo_conf *conf, uint64_t n, char *out)
{
    uint64_t ms = conf->fps ? n * 1000u / conf->fps : 0;
    snprintf(out, TEXT_MAX, "%02u:%02u:%02u.%03u", (unsigned)(ms / 3600000u % 100u),
             (unsigned)(ms / 60000u % 60u), (unsigned)(ms / 1000u % 60u),
             (unsigned)(ms % 1000u));
}

/* Pixels of a letter's cell in number `i`. */
static double number_cell(struct orl_demo_grid g, int i)
{
    return g.scale * (i ? ORL_DEMO_DIGIT * 0.72 : ORL_DEMO_DIGIT);
}

/* Where a number stands: right-aligned in its panel. `i`: 0 counter, 1 clock. */
static struct orl_demo_box number_box(struct orl_demo_grid g, int i)
{
    double cell = i ? ORL_DEMO_DIGIT * 0.72 : ORL_DEMO_DIGIT;
    double right = i ? ORL_DEMO_PANEL_X1 - 20 : -ORL_DEMO_PANEL_X0 - 12;
    double width = orl_demo_text_width(cell, i ? "00:00:00.000" : "00000000");
    double mid = (ORL_DEMO_PANEL_Y0 + ORL_DEMO_PANEL_Y1) / 2;
    return orl_demo_grid_box(g, right - width, mid - 3.5 * cell, right, mid + 3.5 * cell);
}

static struct orl_demo_box grow(struct orl_demo_box box, double by)
{
    return (struct orl_demo_box){box.x0 - by, box.y0 - by, box.x1 + by, box.y1 + by};
}

static bool has_barcode(const struct orl_demo_conf *conf)
{
    return conf->w >= BARCODE_W && conf->h >= ORL_DEMO_BARCODE_PX;
}

/* The smallest box around two; the ball covers most of its old place. */
static struct orl_demo_box around(struct orl_demo_box a, struct orl_demo_box b)
{
    return (struct orl_demo_box){fmin(a.x0, b.x0), fmin(a.y0, b.y0), fmax(a.x1, b.x1),
                                 fmax(a.y1, b.y1)};
}

/* Of number `i`, the characters from the first that differs. A letter's edge reaches half a cell
 * beyond its cells. */
static struct orl_demo_box number_change(const struct orl_demo_conf *conf,
                                         struct orl_demo_grid g, int i, uint64_t n)
{
    char before[TEXT_MAX], after[TEXT_MAX];
    struct orl_demo_box box = number_box(g, i);
    if (i) {
        clock_text(conf, n - 1, before);
        clock_text(conf, n, after);
    } else {
        counter_text(n - 1, before);
        counter_text(n, after);
    }
    size_t same = 0, len = strlen(after);
    while (same < len && before[same] == after[same]) {
        same++;
    }
    if (same == len) {
        return (struct orl_demo_box){0, 0, 0, 0};
    }
    double edge = ORL_DEMO_DIGIT * g.scale;
    box.x0 += (box.x1 - box.x0 + number_cell(g, i)) * (double)same / (double)len;
    return grow(box, edge);
}

static void part_changes(const struct orl_demo_conf *conf, uint64_t n, struct orl_rects *out)
{
    struct orl_demo_grid g = orl_demo_grid(conf);
    const struct orl_demo_draw d = {NULL, conf->w, conf->h, {0, 0, conf->w, conf->h}};
    const struct orl_demo_box box[] = {
        number_change(conf, g, 0, n),
        number_change(conf, g, 1, n),
        grow(around(ball_box(g, n - 1), ball_box(g, n)), 1.5),
        needle_box(g, n - 1),
        needle_box(g, n),
        {0, 0, has_barcode(conf) ? BARCODE_W : 0, ORL_DEMO_BARCODE_PX},
    };
    for (size_t i = 0; i < sizeof(box) / sizeof(box[0]); i++) {
        orl_rects_add_one(out, orl_demo_draw_cover(&d, box[i]));
    }
}

static struct orl_demo_box tile_box(void)
{
    return (struct orl_demo_box){TILE_AT, TILE_AT, TILE_AT + TILE_PX, TILE_AT + TILE_PX};
}

static void tile_changes(const struct orl_demo_conf *conf, struct orl_rects *out)
{
    const struct orl_demo_draw d = {NULL, conf->w, conf->h, {0, 0, conf->w, conf->h}};
    orl_rects_add_one(out, orl_demo_draw_cover(&d, tile_box()));
    if (has_barcode(conf)) {
        orl_rects_add_one(out, (struct orl_rect){0, 0, BARCODE_W, ORL_DEMO_BARCODE_PX});
    }
}

static void draw_barcode(const struct orl_demo_draw *d, uint32_t value)
{
    for (uint32_t i = 0; i < ORL_DEMO_BARCODE_BITS; i++) {
        bool on = (value >> (ORL_DEMO_BARCODE_BITS - 1 - i)) & 1u;
        double x = i * (double)ORL_DEMO_BARCODE_PX;
        orl_demo_draw_box(
            d, (struct orl_demo_box){x, 0, x + ORL_DEMO_BARCODE_PX, ORL_DEMO_BARCODE_PX},
            (struct orl_demo_ink){on ? 0xFFFFFF : 0x000000, 1});
    }
}

static void draw_parts(const struct orl_demo_conf *conf, uint64_t n,
                       const struct orl_demo_draw *d)
{
    struct orl_demo_grid g = orl_demo_grid(conf);
    struct orl_demo_ink white = {0xFFFFFF, 1};
    char text[TEXT_MAX];
    uint64_t frame = conf->damage == ORL_DEMO_NONE ? 0 : n;
    n = shown_frame(conf, n);
    counter_text(n, text);
    struct orl_demo_box at = number_box(g, 0);
    orl_demo_draw_text(d, at.x0, at.y0, number_cell(g, 0), text, white);
    clock_text(conf, n, text);
    at = number_box(g, 1);
    orl_demo_draw_text(d, at.x0, at.y0, number_cell(g, 1), text, white);
    at = ball_box(g, n);
    orl_demo_draw_ball(d, (at.x0 + at.x1) / 2, (at.y0 + at.y1) / 2, (at.x1 - at.x0) / 2,
                       (struct orl_demo_ink){0xFF9A2E, 1});
    orl_demo_draw_box(d, needle_box(g, n), (struct orl_demo_ink){0xFF5A5A, 1});
    if (conf->damage == ORL_DEMO_TILE) {
        uint32_t rgb = (uint32_t)orl_demo_hash(conf->seed, frame) & 0xFFFFFFu;
        orl_demo_draw_box(d, tile_box(), (struct orl_demo_ink){rgb, 1});
    }
    if (has_barcode(conf)) {
        draw_barcode(d, (uint32_t)frame);
    }
}

uint32_t orl_demo_random(const struct orl_demo_conf *conf, uint64_t n, struct orl_rect *out)
{
    if (conf->damage != ORL_DEMO_RANDOM || n == 0) {
        return 0;
    }
    for (uint32_t i = 0; i < ORL_DEMO_RANDOM_RECTS; i++) {
        uint64_t a = orl_demo_hash(conf->seed ^ n, i), b = orl_demo_hash(a, n);
        struct orl_rect r = {(uint32_t)(a & 0xFFFFFFFFu) % conf->w,
                             (uint32_t)(a >> 32) % conf->h,
                             1 + (uint32_t)(b & 0xFFFFu) % (conf->w / 6 + 1),
                             1 + (uint32_t)(b >> 16 & 0xFFFFu) % (conf->h / 6 + 1)};
        out[i] = orl_rect_intersect(r, (struct orl_rect){0, 0, conf->w, conf->h});
    }
    return ORL_DEMO_RANDOM_RECTS;
}

static void draw_random(const struct orl_demo_conf *conf, uint64_t n,
                        const struct orl_demo_draw *d)
{
    struct orl_rect born[ORL_DEMO_RANDOM_RECTS];
    uint64_t first = n >= ORL_DEMO_RANDOM_LIFE ? n - ORL_DEMO_RANDOM_LIFE + 1 : 0;
    for (uint64_t k = first; k <= n; k++) {
        uint32_t count = orl_demo_random(conf, k, born);
        for (uint32_t i = 0; i < count; i++) {
            struct orl_demo_box box = {born[i].x, born[i].y, (double)born[i].x + born[i].w,
                                       (double)born[i].y + born[i].h};
            uint32_t rgb = (uint32_t)orl_demo_hash(conf->seed + k, 77u + i) & 0xFFFFFFu;
            orl_demo_draw_box(d, box, (struct orl_demo_ink){rgb, 1});
        }
    }
}

void orl_demo_paint(const struct orl_demo_conf *conf, const uint8_t *background, uint64_t n,
                    const struct orl_demo_draw *d)
{
    for (uint32_t y = d->clip.y; y < d->clip.y + d->clip.h; y++) {
        size_t at = ((size_t)y * d->w + d->clip.x) * 4;
        memcpy(d->rgba + at, background + at, (size_t)d->clip.w * 4);
    }
    if (conf->damage == ORL_DEMO_RANDOM) {
        draw_random(conf, n, d);
    }
    if (conf->pattern != ORL_DEMO_SOLID) {
        draw_parts(conf, n, d);
    }
}

void orl_demo_changes(const struct orl_demo_conf *conf, uint64_t n, struct orl_rects *out)
{
    struct orl_rect r[2 * ORL_DEMO_RANDOM_RECTS];
    if (conf->damage == ORL_DEMO_NONE) {
        return;
    }
    if (conf->pattern != ORL_DEMO_SOLID) {
        if (conf->damage == ORL_DEMO_TILE) {
            tile_changes(conf, out);
        } else {
            part_changes(conf, n, out);
        }
    }
    uint32_t count = orl_demo_random(conf, n, r);
    if (n >= ORL_DEMO_RANDOM_LIFE) {
        count += orl_demo_random(conf, n - ORL_DEMO_RANDOM_LIFE, r + count);
    }
    for (uint32_t i = 0; i < count; i++) {
        orl_rects_add_one(out, r[i]);
    }
}
