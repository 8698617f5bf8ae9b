/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "gl/reference.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "gl/rig.h"

static double half_to_double(uint16_t h)
{
    int e = h >> 10 & 31, m = h & 1023;
    double v = e ? ldexp(1 + m / 1024.0, e - 15) : ldexp(m / 1024.0, -14);
    return h & 0x8000 ? -v : v;
}

static double encode(double l)
{
    l = l < 0 ? 0 : l > 1 ? 1 : l;
    return l <= 0.0031308 ? 12.92 * l : 1.055 * pow(l, 1 / 2.4) - 0.055;
}

/* SMPTE ST 2084 to cd/m2, with the constants as the standard writes them. */
static double pq_nits(double e)
{
    const double m1 = 2610.0 / 16384, m2 = 2523.0 / 4096 * 128;
    const double c1 = 3424.0 / 4096, c2 = 2413.0 / 4096 * 32, c3 = 2392.0 / 4096 * 32;
    double p = pow(e < 0 ? 0 : e > 1 ? 1 : e, 1 / m2);
    return 10000 * pow(fmax(p - c1, 0) / (c2 - c3 * p), 1 / m1);
}

static void color(const struct orl_frame_desc *d, double v[3])
{
    bool hdr = d->flags & ORL_FRAME_HDR, pq = hdr && (d->flags & ORL_FRAME_HDR_PQ);
    bool deep = d->fmt == ORL_PIX_RGB10A2 || d->fmt == ORL_PIX_RGBA16F;
    if (deep && pq) {
        double r = pq_nits(v[0]) / d->white_nits, g = pq_nits(v[1]) / d->white_nits;
        double b = pq_nits(v[2]) / d->white_nits;
        v[0] = encode(1.660491 * r - 0.587641 * g - 0.072850 * b);
        v[1] = encode(-0.124550 * r + 1.132900 * g - 0.008349 * b);
        v[2] = encode(-0.018151 * r - 0.100579 * g + 1.118730 * b);
    } else if (d->fmt == ORL_PIX_RGBA16F || (d->fmt == ORL_PIX_RGB10A2 && hdr)) {
        double gain = d->fmt == ORL_PIX_RGBA16F ? 80.0 / d->white_nits : 1;
        for (int i = 0; i < 3; i++) {
            v[i] = encode(v[i] * gain);
        }
    }
}

static void decode(const struct orl_frame_desc *d, const uint8_t *row, uint32_t x, double v[3])
{
    uint32_t u = 0;
    uint16_t h[4] = {0};
    const uint8_t *p = row + (size_t)x * rig_pixel_bytes(d->fmt);
    switch (d->fmt) {
    case ORL_PIX_BGRA8:
    case ORL_PIX_BGR24_IN_32:
        v[0] = p[2] / 255.0, v[1] = p[1] / 255.0, v[2] = p[0] / 255.0;
        break;
    case ORL_PIX_RGBA8:
    case ORL_PIX_RGB24: v[0] = p[0] / 255.0, v[1] = p[1] / 255.0, v[2] = p[2] / 255.0; break;
    case ORL_PIX_RGB10A2:
        memcpy(&u, p, 4);
        v[0] = (u & 1023) / 1023.0, v[1] = (u >> 10 & 1023) / 1023.0;
        v[2] = (u >> 20 & 1023) / 1023.0;
        break;
    case ORL_PIX_RGBA16F:
        memcpy(h, p, 8);
        for (int i = 0; i < 3; i++) {
            v[i] = half_to_double(h[i]);
        }
        break;
    }
    color(d, v);
}

struct ref_frame ref_decode(const struct orl_slot *slot)
{
    const struct orl_frame_desc *d = &slot->desc;
    struct ref_frame f = {d->w, d->h, calloc((size_t)d->w * d->h * 3, sizeof(double))};
    for (uint32_t y = 0; y < d->rows; y++) {
        for (uint32_t x = 0; x < d->w; x++) {
            decode(d, slot->map + (size_t)y * d->pitch, x, &f.rgb[3 * ((size_t)y * d->w + x)]);
        }
    }
    return f;
}

/* Unit square, turned back counter-clockwise. */
static void unturn(uint32_t turns, double *x, double *y)
{
    for (uint32_t i = 0; i < (turns & 3); i++) {
        double t = *x;
        *x = *y;
        *y = 1 - t;
    }
}

static uint32_t clamp_index(double v, uint32_t n)
{
    return v < 0 ? 0 : v >= n ? n - 1 : (uint32_t)v;
}

static void sample(const struct ref_frame *f, double x, double y, bool linear, double out[3])
{
    if (!linear) {
        const double *p =
            &f->rgb[3 * ((size_t)clamp_index(y, f->h) * f->w + clamp_index(x, f->w))];
        memcpy(out, p, 3 * sizeof(double));
        return;
    }
    double bx = floor(x - 0.5), by = floor(y - 0.5), ax = x - 0.5 - bx, ay = y - 0.5 - by;
    for (int i = 0; i < 3; i++) {
        double sum = 0;
        for (int k = 0; k < 4; k++) {
            uint32_t sx = clamp_index(bx + (k & 1), f->w),
                     sy = clamp_index(by + (k >> 1), f->h);
            sum += f->rgb[3 * ((size_t)sy * f->w + sx) + (size_t)i] * (k & 1 ? ax : 1 - ax) *
                   (k & 2 ? ay : 1 - ay);
        }
        out[i] = sum;
    }
}

static void mix_cursor(const struct orl_cursor_shape *c, const uint8_t *src, int dst[3])
{
    for (int i = 0; i < 3; i++) {
        if (c->kind == ORL_CURSOR_COLOR) {
            int v = src[i] + (dst[i] * (255 - src[3]) + 127) / 255;
            dst[i] = v > 255 ? 255 : v;
        } else {
            dst[i] = (dst[i] & src[3]) ^ src[i];
        }
    }
}

static void put_cursor(const struct orl_scene *s, const struct orl_cursor_shape *c, double ux,
                       double uy, int dst[3])
{
    bool sideways = (s->view.turns - s->view.user_turns) & 1;
    double desk_w = sideways ? s->screen_h : s->screen_w;
    double desk_h = sideways ? s->screen_w : s->screen_h;
    unturn(s->view.user_turns, &ux, &uy);
    double x = floor(ux * desk_w - s->cursor_x), y = floor(uy * desk_h - s->cursor_y);
    if (x >= 0 && y >= 0 && x < c->w && y < c->h) {
        mix_cursor(c, &c->rgba[4 * ((size_t)y * c->w + (size_t)x)], dst);
    }
}

/* shaders/picture.glsl */
static void see_at_night(const struct orl_scene *s, double rgb[3])
{
    double luma = 0.2126 * rgb[0] + 0.7152 * rgb[1] + 0.0722 * rgb[2];
    double up = pow(fmax(luma, 1.0 / 255), -(double)s->night_gain / (1.0 + s->night_gain));
    for (int i = 0; i < 3 && s->night_gain; i++) {
        rgb[i] *= up;
    }
}

uint8_t *ref_draw(const struct ref_frame *f, const struct orl_scene *s,
                  const struct orl_cursor_shape *shape)
{
    uint8_t *out = calloc((size_t)s->win_w * s->win_h, 4);
    const struct orl_view *v = &s->view;
    for (uint32_t y = 0; v->valid && y < v->h; y++) {
        for (uint32_t x = 0; x < v->w; x++) {
            double ux = (x + 0.5) / v->w, uy = (y + 0.5) / v->h, rgb[3];
            double sx = ux, sy = uy;
            unturn(v->turns, &sx, &sy);
            sample(f, sx * f->w, sy * f->h, v->linear, rgb);
            see_at_night(s, rgb);
            int dst[3];
            for (int i = 0; i < 3; i++) {
                dst[i] = (int)(fmin(fmax(rgb[i], 0), 1) * 255 + 0.5);
            }
            if (shape && s->cursor_visible) {
                put_cursor(s, shape, ux, uy, dst);
            }
            uint8_t *p =
                &out[4 * ((size_t)(y + (uint32_t)v->y) * s->win_w + x + (uint32_t)v->x)];
            for (int i = 0; i < 3; i++) {
                p[2 - i] = (uint8_t)(s->dim ? dst[i] / 2.0 + 0.5 : dst[i]);
            }
        }
    }
    return out;
}
