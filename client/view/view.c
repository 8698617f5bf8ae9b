/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "view/view.h"

struct size {
    uint32_t w, h;
};

/* A point of a unit square turned clockwise by quarter turns. */
static void turn(uint32_t turns, double x, double y, double *out_x, double *out_y)
{
    switch (turns & 3) {
    case 1: *out_x = 1 - y, *out_y = x; break;
    case 2: *out_x = 1 - x, *out_y = 1 - y; break;
    case 3: *out_x = y, *out_y = 1 - x; break;
    default: *out_x = x, *out_y = y; break;
    }
}

/* The largest size of the picture's shape inside the window; rounding errs by half a pixel. */
static struct size fit_aspect(struct size win, struct size pic)
{
    uint64_t across = (uint64_t)win.w * pic.h, down = (uint64_t)win.h * pic.w;
    struct size out = win;
    if (across <= down) {
        out.h = (uint32_t)((across + pic.w / 2) / pic.w);
    } else {
        out.w = (uint32_t)((down + pic.h / 2) / pic.h);
    }
    out.w = out.w ? out.w : 1;
    out.h = out.h ? out.h : 1;
    return out;
}

static uint32_t fit_axis(const struct orl_view_in *in, uint32_t win, uint32_t pic)
{
    if (pic > win) {
        return win;
    }
    if (in->dont_upscale) {
        return pic;
    }
    return in->int_upscale ? win / pic * pic : win;
}

static struct size fit(const struct orl_view_in *in, struct size pic)
{
    struct size win = {in->win_w, in->win_h};
    if (!in->keep_aspect) {
        return (struct size){fit_axis(in, win.w, pic.w), fit_axis(in, win.h, pic.h)};
    }
    bool larger = win.w >= pic.w && win.h >= pic.h;
    if (larger && in->dont_upscale) {
        return pic;
    }
    if (larger && in->int_upscale) {
        uint32_t kx = win.w / pic.w, ky = win.h / pic.h;
        uint32_t k = kx < ky ? kx : ky;
        return (struct size){pic.w * k, pic.h * k};
    }
    return fit_aspect(win, pic);
}

struct orl_view orl_view_make(const struct orl_view_in *in)
{
    struct orl_view v = {.frame_w = in->frame_w,
                         .frame_h = in->frame_h,
                         .turns = in->turns & 3,
                         .user_turns = in->user_turns & 3};
    if (!in->frame_w || !in->frame_h || !in->win_w || !in->win_h) {
        return v;
    }
    bool sideways = v.turns & 1;
    v.up_w = sideways ? in->frame_h : in->frame_w;
    v.up_h = sideways ? in->frame_w : in->frame_h;
    struct size s = fit(in, (struct size){v.up_w, v.up_h});
    v.w = s.w;
    v.h = s.h;
    v.x = (int32_t)((in->win_w - s.w) / 2);
    v.y = (int32_t)((in->win_h - s.h) / 2);
    v.exact = s.w == v.up_w && s.h == v.up_h;
    bool whole = s.w % v.up_w == 0 && s.h % v.up_h == 0;
    switch (in->filter) {
    case ORL_FILTER_NEAREST: v.linear = false; break;
    case ORL_FILTER_LINEAR: v.linear = !v.exact; break;
    case ORL_FILTER_AUTO: v.linear = !whole; break;
    }
    v.valid = true;
    return v;
}

/* Stored interval [from, to) of an axis with `size` pixels, widened by what filtering reaches. */
static void widen(const struct orl_view *v, uint64_t size, uint64_t *from, uint64_t *to)
{
    uint64_t more = v->linear ? 1 : 0;
    *to = *to + more < size ? *to + more : size;
    *from = *from > more ? *from - more : 0;
}

/* Upright interval -> window interval that covers it. */
static void scale_out(bool exact, uint64_t out_size, uint64_t in_size, uint64_t *from,
                      uint64_t *to)
{
    uint64_t more = exact ? 0 : 1;
    uint64_t a = *from * out_size / in_size;
    uint64_t b = (*to * out_size + in_size - 1) / in_size + more;
    *from = a > more ? a - more : 0;
    *to = b < out_size ? b : out_size;
}

struct orl_rect orl_view_to_window(const struct orl_view *v, struct orl_rect stored)
{
    struct orl_rect r =
        orl_rect_intersect(stored, (struct orl_rect){0, 0, v->frame_w, v->frame_h});
    if (!v->valid || !r.w || !r.h) {
        return (struct orl_rect){0, 0, 0, 0};
    }
    uint64_t x0 = r.x, y0 = r.y, x1 = x0 + r.w, y1 = y0 + r.h;
    widen(v, v->frame_w, &x0, &x1);
    widen(v, v->frame_h, &y0, &y1);
    uint64_t fw = v->frame_w, fh = v->frame_h;
    uint64_t ux0 = x0, ux1 = x1, uy0 = y0, uy1 = y1;
    switch (v->turns) {
    case 1: ux0 = fh - y1, ux1 = fh - y0, uy0 = x0, uy1 = x1; break;
    case 2: ux0 = fw - x1, ux1 = fw - x0, uy0 = fh - y1, uy1 = fh - y0; break;
    case 3: ux0 = y0, ux1 = y1, uy0 = fw - x1, uy1 = fw - x0; break;
    default: break;
    }
    scale_out(v->exact, v->w, v->up_w, &ux0, &ux1);
    scale_out(v->exact, v->h, v->up_h, &uy0, &uy1);
    return (struct orl_rect){(uint32_t)(ux0 + (uint64_t)v->x), (uint32_t)(uy0 + (uint64_t)v->y),
                             (uint32_t)(ux1 - ux0), (uint32_t)(uy1 - uy0)};
}

/* The size of the picture in the guest's axes. */
static void guest_size(const struct orl_view *v, double *w, double *h)
{
    *w = v->user_turns & 1 ? v->up_h : v->up_w;
    *h = v->user_turns & 1 ? v->up_w : v->up_h;
}

void orl_view_to_guest(const struct orl_view *v, double win_x, double win_y, double *x,
                       double *y)
{
    if (!v->valid) {
        *x = *y = 0;
        return;
    }
    double w, h, gx, gy;
    guest_size(v, &w, &h);
    turn(4 - v->user_turns, (win_x - v->x) / v->w, (win_y - v->y) / v->h, &gx, &gy);
    *x = gx * w;
    *y = gy * h;
}

void orl_view_from_guest(const struct orl_view *v, double x, double y, double *win_x,
                         double *win_y)
{
    if (!v->valid) {
        *win_x = *win_y = 0;
        return;
    }
    double w, h, ux, uy;
    guest_size(v, &w, &h);
    turn(v->user_turns, x / w, y / h, &ux, &uy);
    *win_x = v->x + ux * v->w;
    *win_y = v->y + uy * v->h;
}
