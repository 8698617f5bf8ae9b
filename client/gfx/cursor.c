/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "gfx/cursor.h"

#include <math.h>
#include <string.h>

#include <epoxy/gl.h>

/* Sums of exact fractions may miss a whole number by this much. */
#define TINY 1e-6

void orl_cursor_tex_set(struct orl_cursor_tex *c, const struct orl_cursor_shape *shape,
                        uint32_t max_side)
{
    if (!shape->rgba || shape->w > max_side || shape->h > max_side) {
        c->w = c->h = 0;
        return;
    }
    glActiveTexture(GL_TEXTURE1);
    if (!c->tex) {
        glGenTextures(1, &c->tex);
        glBindTexture(GL_TEXTURE_2D, c->tex);
        glTexParameteri(GL_TEXTURE_2D, GL_TEXTURE_MIN_FILTER, GL_NEAREST);
        glTexParameteri(GL_TEXTURE_2D, GL_TEXTURE_MAG_FILTER, GL_NEAREST);
    }
    glBindTexture(GL_TEXTURE_2D, c->tex);
    if (shape->w > c->tex_w || shape->h > c->tex_h) {
        c->tex_w = shape->w > c->tex_w ? shape->w : c->tex_w;
        c->tex_h = shape->h > c->tex_h ? shape->h : c->tex_h;
        glTexImage2D(GL_TEXTURE_2D, 0, GL_RGBA8, (GLsizei)c->tex_w, (GLsizei)c->tex_h, 0,
                     GL_RGBA, GL_UNSIGNED_BYTE, NULL);
    }
    glPixelStorei(GL_UNPACK_ALIGNMENT, 1);
    glTexSubImage2D(GL_TEXTURE_2D, 0, 0, 0, (GLsizei)shape->w, (GLsizei)shape->h, GL_RGBA,
                    GL_UNSIGNED_BYTE, shape->rgba);
    c->w = shape->w;
    c->h = shape->h;
    c->hot_x = shape->hot_x;
    c->hot_y = shape->hot_y;
    c->kind = shape->kind;
}

void orl_cursor_tex_finish(struct orl_cursor_tex *c)
{
    glDeleteTextures(1, &c->tex);
    memset(c, 0, sizeof(*c));
}

/* A step in the window, turned back by the user's quarter turns into the guest's axes. */
static void unturn(uint32_t turns, double x, double y, double *out_x, double *out_y)
{
    switch (turns) {
    case 1: *out_x = y, *out_y = -x; break;
    case 2: *out_x = -x, *out_y = -y; break;
    case 3: *out_x = -y, *out_y = x; break;
    default: *out_x = x, *out_y = y; break;
    }
}

/* Guest screen position, in the axes of the guest's desktop, to the window. */
static void to_window(const struct orl_scene *s, double x, double y, double *wx, double *wy)
{
    const struct orl_view *v = &s->view;
    bool sideways = v->user_turns & 1;
    /* The view counts frame pixels; a guest that down-scales has more screen pixels. */
    double desk_w = (v->turns - v->user_turns) & 1 ? s->screen_h : s->screen_w;
    double desk_h = (v->turns - v->user_turns) & 1 ? s->screen_w : s->screen_h;
    double guest_w = sideways ? v->up_h : v->up_w, guest_h = sideways ? v->up_w : v->up_h;
    orl_view_from_guest(v, x * guest_w / desk_w, y * guest_h / desk_h, wx, wy);
}

/* Window pixels per guest screen pixel, along the window's axes. */
static void window_scale(const struct orl_scene *s, double *sx, double *sy)
{
    bool sideways = s->view.turns & 1;
    *sx = s->view.w / (double)(sideways ? s->screen_h : s->screen_w);
    *sy = s->view.h / (double)(sideways ? s->screen_w : s->screen_h);
}

/* Whole window pixels around [x0, x1) x [y0, y1), cut to the picture. */
static struct orl_rect cover(const struct orl_view *v, double x0, double y0, double x1,
                             double y1, double margin)
{
    double left = fmax(floor(fmin(x0, x1) + TINY) - margin, v->x);
    double top = fmax(floor(fmin(y0, y1) + TINY) - margin, v->y);
    double right = fmin(ceil(fmax(x0, x1) - TINY) + margin, v->x + (double)v->w);
    double bottom = fmin(ceil(fmax(y0, y1) - TINY) + margin, v->y + (double)v->h);
    if (right <= left || bottom <= top) {
        return (struct orl_rect){0, 0, 0, 0};
    }
    return (struct orl_rect){(uint32_t)left, (uint32_t)top, (uint32_t)(right - left),
                             (uint32_t)(bottom - top)};
}

struct orl_cursor_place orl_cursor_locate(const struct orl_cursor_tex *c,
                                          const struct orl_scene *s, bool keep_size)
{
    struct orl_cursor_place p = {.rect = {0, 0, 0, 0}};
    if (!s->cursor_visible || !s->view.valid || !c->w || !s->screen_w || !s->screen_h) {
        return p;
    }
    double sx, sy, wx, wy, ax, ay;
    window_scale(s, &sx, &sy);
    bool one_to_one = keep_size && (sx < 1 || sy < 1);
    if (one_to_one) {
        /* The window pixel under the middle of the hot spot becomes the hot spot. */
        ax = c->hot_x + 0.5;
        ay = c->hot_y + 0.5;
        to_window(s, s->cursor_x + ax, s->cursor_y + ay, &wx, &wy);
        wx = floor(wx + TINY) + 0.5;
        wy = floor(wy + TINY) + 0.5;
        sx = sy = 1;
    } else {
        ax = ay = 0;
        to_window(s, s->cursor_x, s->cursor_y, &wx, &wy);
    }
    /* Shape position (ax, ay) stands at the window position (wx, wy). */
    uint32_t turns = s->view.user_turns;
    unturn(turns, 1 / sx, 0, &p.axes[0], &p.axes[1]);
    unturn(turns, 0, 1 / sy, &p.axes[2], &p.axes[3]);
    p.origin[0] = ax - p.axes[0] * wx - p.axes[2] * wy;
    p.origin[1] = ay - p.axes[1] * wx - p.axes[3] * wy;
    /* The shape's opposite corners; turning a step forth is turning it back by the rest. */
    double ex, ey, fx, fy;
    unturn((4 - turns) & 3, -ax, -ay, &ex, &ey);
    unturn((4 - turns) & 3, c->w - ax, c->h - ay, &fx, &fy);
    bool exact = sx == 1 && sy == 1;
    p.rect =
        cover(&s->view, wx + ex * sx, wy + ey * sy, wx + fx * sx, wy + fy * sy, exact ? 0 : 1);
    return p;
}
