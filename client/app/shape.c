/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The window's size: what it is, and what it should be for the guest's picture. */
#include "app/app_impl.h"
#include "base/clock.h"
#include "win/fit.h"

/* A resize by hand is over when nothing came for so long. */
#define SETTLE_NS (250 * ORL_NS_PER_MS)

static void read_window(struct orl_app *app)
{
    struct orl_win_info info = orl_win_info(app->win);
    struct orl_view_state *v = &app->view;
    float scale = info.scale * (float)app->conf->win_ui_size / 14.0f;
    app->win_info = info;
    if (v->win_w != info.w_px || v->win_h != info.h_px || v->scale != scale ||
        v->refresh_hz != info.refresh_hz) {
        v->win_w = info.w_px;
        v->win_h = info.h_px;
        v->scale = scale;
        v->refresh_hz = info.refresh_hz;
        app->view_changed = true;
    }
}

void orl_app_shape_init(struct orl_app *app)
{
    static const enum orl_view_filter filters[] = {ORL_FILTER_AUTO, ORL_FILTER_NEAREST,
                                                   ORL_FILTER_LINEAR};
    const struct orl_conf *c = app->conf;
    struct orl_view_state *v = &app->view;
    v->turns = (uint32_t)c->win_rotate / 90;
    v->keep_aspect = c->win_keep_aspect;
    v->dont_upscale = c->win_dont_upscale;
    v->int_upscale = c->win_int_upscale;
    v->filter = filters[c->egl_scale];
    v->show_fps = c->win_show_fps;
    v->night_gain = (uint32_t)c->egl_nv_gain;
    v->alerts = c->win_alerts;
    v->fps_min = c->win_fps_min;
    read_window(app);
    app->old_w = v->win_w;
    app->old_h = v->win_h;
    app->area = (uint64_t)v->win_w * v->win_h;
    app->view_changed = true;
}

/* Asks the desktop for the size that fits. Only once for each: it may refuse. */
static void fit(struct orl_app *app, bool new_picture)
{
    const struct orl_conf *c = app->conf;
    const struct orl_view_state *v = &app->view;
    struct orl_fit_in in = {.pic_w = app->pic_w,
                            .pic_h = app->pic_h,
                            .win_w = v->win_w,
                            .win_h = v->win_h,
                            .old_w = app->old_w,
                            .old_h = app->old_h,
                            .area = app->area,
                            .max_w = app->win_info.max_w_px,
                            .max_h = app->win_info.max_h_px,
                            .new_picture = new_picture,
                            .auto_resize = c->win_auto_resize,
                            .force_aspect = c->win_force_aspect && c->win_keep_aspect,
                            .shrink = c->win_dont_upscale && c->win_shrink_on_upscale};
    uint32_t w = 0;
    uint32_t h = 0;
    if (app->win_info.full_screen || app->win_info.maximized || !orl_fit_window(&in, &w, &h) ||
        (w == app->asked_w && h == app->asked_h)) {
        return;
    }
    app->asked_w = w;
    app->asked_h = h;
    float scale = app->win_info.scale;
    orl_win_set_size(app->win, (uint32_t)((float)w / scale + 0.5f),
                     (uint32_t)((float)h / scale + 0.5f));
}

void orl_app_shape_resized(struct orl_app *app, uint64_t now_ns)
{
    read_window(app);
    app->settle_ns = now_ns + SETTLE_NS;
}

void orl_app_shape_settle(struct orl_app *app)
{
    app->settle_ns = 0;
    read_window(app);
    if (app->view.win_w != app->asked_w || app->view.win_h != app->asked_h) {
        app->area = (uint64_t)app->view.win_w * app->view.win_h;
    }
    fit(app, false);
    app->old_w = app->view.win_w;
    app->old_h = app->view.win_h;
}

void orl_app_shape_picture(struct orl_app *app)
{
    bool fallback = app->shown.source == ORL_SOURCE_SPICE;
    uint32_t turns = (fallback ? app->shown.turns : app->guest.rotation) + app->view.turns;
    uint32_t pic_w = fallback ? app->shown.w : app->guest.w;
    uint32_t pic_h = fallback ? app->shown.h : app->guest.h;
    uint32_t w = turns % 2 ? pic_h : pic_w;
    uint32_t h = turns % 2 ? pic_w : pic_h;
    if (w == 0 || h == 0 || (w == app->pic_w && h == app->pic_h)) {
        return;
    }
    app->pic_w = w;
    app->pic_h = h;
    app->asked_w = 0;
    read_window(app);
    fit(app, true);
}
