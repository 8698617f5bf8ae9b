/* SPDX-License-Identifier: GPL-2.0-or-later */
/* From the scene to the window: what changed, draw it, hand it over. */
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "render/render_impl.h"

#define ORL_LOG_MODULE "render"
#include "base/log.h"

static bool same_rect(struct orl_rect a, struct orl_rect b)
{
    return a.x == b.x && a.y == b.y && a.w == b.w && a.h == b.h;
}

static bool same_view(const struct orl_view *a, const struct orl_view *b)
{
    return a->valid == b->valid && a->x == b->x && a->y == b->y && a->w == b->w &&
           a->h == b->h && a->frame_w == b->frame_w && a->frame_h == b->frame_h &&
           a->turns == b->turns && a->user_turns == b->user_turns && a->linear == b->linear;
}

/* Tells main about another source, size or turn: pointers and the window's size go by it. */
static void tell_shown(struct orl_render *r, const struct orl_render_picture *p)
{
    uint64_t source = r->choice.shown == ORL_SHOWN_SPICE ? ORL_SOURCE_SPICE : ORL_SOURCE_RING;
    uint64_t now =
        p->has ? p->w | (uint64_t)p->h << 24 | (uint64_t)p->turns << 48 | source << 56 : 0;
    if (now != orl_counter_get(&r->link->stats.shown)) {
        orl_counter_set(&r->link->stats.shown, now);
        if (r->link->wake_main) {
            r->link->wake_main(r->link->wake_main_arg);
        }
    }
}

void orl_render_place(struct orl_render *r)
{
    const struct orl_view_state *want = &r->want;
    const struct orl_render_picture *p = orl_render_shown_picture(r);
    struct orl_view_in in = {.frame_w = p->has ? p->w : 0,
                             .frame_h = p->has ? p->h : 0,
                             .win_w = want->win_w,
                             .win_h = want->win_h,
                             .turns = (p->turns + want->turns) % 4,
                             .user_turns = want->turns % 4,
                             .keep_aspect = want->keep_aspect,
                             .dont_upscale = want->dont_upscale,
                             .int_upscale = want->int_upscale,
                             .filter = want->filter};
    struct orl_view view = orl_view_make(&in);
    if (!same_view(&view, &r->scene.view)) {
        r->scene.view = view;
        orl_repaint_reset(&r->repaint);
    }
    tell_shown(r, p);
}

void orl_render_take_view(struct orl_render *r)
{
    if (!orl_mailbox_take(&r->link->view_mb)) {
        return;
    }
    const struct orl_view_state *v = &r->link->view[r->link->view_mb.front];
    bool resized = v->win_w != r->want.win_w || v->win_h != r->want.win_h;
    if (resized || v->expose != r->want.expose || v->hidden != r->want.hidden ||
        v->night_gain != r->want.night_gain) {
        orl_repaint_reset(&r->repaint);
    }
    r->shot_asked = v->screenshot_serial;
    r->want = *v;
    r->scene.win_w = v->win_w;
    r->scene.win_h = v->win_h;
    r->scene.night_gain = v->night_gain;
    r->text.changed = true;
    orl_render_place(r);
}

static struct orl_rect cursor_rect(const struct orl_render *r)
{
    bool seen = r->scene.cursor_visible && r->scene.view.valid;
    return seen ? orl_gfx_cursor_rect(r->gfx, &r->scene) : (struct orl_rect){0, 0, 0, 0};
}

static void look_at_overlay(struct orl_render *r)
{
    const struct orl_draw_list *overlay = r->scene.overlay;
    uint64_t serial = overlay ? overlay->serial : 0;
    if (serial != r->overlay_serial) {
        struct orl_rect bounds = overlay ? overlay->bounds : (struct orl_rect){0, 0, 0, 0};
        if (overlay && serial == r->overlay_serial + 1 && overlay->changed.w) {
            orl_repaint_add(&r->repaint, overlay->changed);
        } else {
            orl_repaint_add(&r->repaint, r->overlay_rect);
            orl_repaint_add(&r->repaint, bounds);
        }
        r->overlay_rect = bounds;
        r->overlay_serial = serial;
    }
}

/* With input:mouseRedraw=no a pointer that has only moved comes with the next picture. */
static bool waits(const struct orl_render *r, struct orl_rect cursor)
{
    bool moved_only = cursor.w != 0 && r->cursor_rect.w != 0;
    return moved_only && !r->conf.mouse_redraw && !r->frame_waits &&
           orl_rects_empty(&r->repaint.now) && r->shot_asked == r->shot_done;
}

static void look_at_cursor(struct orl_render *r, const struct orl_render_picture *p)
{
    struct orl_scene *s = &r->scene;
    int32_t x = s->cursor_x;
    int32_t y = s->cursor_y;
    s->cursor_visible = p->pos.visible && p->shape != 0 && p->has && !r->want.hide_guest_cursor;
    s->cursor_x = p->pos.x;
    s->cursor_y = p->pos.y;
    struct orl_rect cursor = cursor_rect(r);
    if (same_rect(cursor, r->cursor_rect)) {
        return;
    }
    if (waits(r, cursor)) {
        s->cursor_x = x; /* what may be drawn before agrees with what stands in the window */
        s->cursor_y = y;
        return;
    }
    orl_repaint_add(&r->repaint, r->cursor_rect);
    orl_repaint_add(&r->repaint, cursor);
    r->cursor_rect = cursor;
}

static uint32_t shown_source(const struct orl_render *r)
{
    return r->choice.shown == ORL_SHOWN_SPICE ? ORL_PICTURE_SPICE : ORL_PICTURE_RING;
}

void orl_render_look(struct orl_render *r)
{
    struct orl_scene *s = &r->scene;
    const struct orl_render_picture *p = orl_render_shown_picture(r);
    s->screen_w = p->screen_w;
    s->screen_h = p->screen_h;
    /* All that follows, drawing included, is about the shown picture. */
    orl_gfx_select(r->gfx, shown_source(r));
    look_at_overlay(r);
    look_at_cursor(r, p);
    orl_rects_clip(&r->repaint.now, s->win_w, s->win_h);
}

/* Copy kind: what was drawn off screen goes into the window's memory. */
static int read_back(struct orl_render *r, const struct orl_rects *what)
{
    uint32_t pitch = 0;
    uint8_t *pixels = orl_surface_pixels(r->surface, r->scene.win_w, r->scene.win_h, &pitch);
    if (!pixels) {
        return ORL_ESYS;
    }
    struct orl_rect all = {0, 0, r->scene.win_w, r->scene.win_h};
    uint32_t n = what->full ? 1 : what->n;
    for (uint32_t i = 0; i < n; i++) {
        struct orl_rect rect = what->full ? all : what->r[i];
        orl_gfx_read(r->gfx, rect, pixels + (size_t)rect.y * pitch + (size_t)rect.x * 4, pitch);
    }
    return ORL_OK;
}

/* A copy of the whole window for main. Called with the complete picture in the drawing buffer. */
static void serve_shot(struct orl_render *r)
{
    struct orl_shot shot = {.w = r->scene.win_w, .h = r->scene.win_h, .serial = r->shot_asked};
    r->shot_done = r->shot_asked;
    shot.bgrx = malloc((size_t)shot.w * shot.h * 4);
    if (shot.bgrx) {
        orl_gfx_read(r->gfx, (struct orl_rect){0, 0, shot.w, shot.h}, shot.bgrx, shot.w * 4);
    }
    if (!shot.bgrx || !orl_spsc_push(&r->link->shots, &shot)) {
        free(shot.bgrx);
        orl_warn("no memory for a screenshot");
    }
    orl_counter_set(&r->link->stats.screenshots, r->shot_asked);
    if (r->link->wake_main) {
        r->link->wake_main(r->link->wake_main_arg);
    }
}

static void count(struct orl_render *r, uint64_t now_ns)
{
    struct orl_render_stats *stats = &r->link->stats;
    orl_counter_add(&stats->draws, 1);
    if (r->fallback_waits) {
        r->fallback_waits = false;
        orl_counter_add(&stats->fallback_frames, r->choice.shown == ORL_SHOWN_SPICE);
    }
    if (!r->frame_waits) {
        return;
    }
    r->frame_waits = false;
    orl_counter_add(&stats->frames, 1);
    orl_histogram_add(&stats->found_to_shown, now_ns - r->t_seen_ns);
    if (orl_counter_get(&stats->first_frame_ns) == 0) {
        orl_counter_set(&stats->found_before, orl_counter_get(&r->frames->frames_found));
        orl_counter_set(&stats->first_frame_ns, now_ns);
    }
}

int orl_render_draw(struct orl_render *r)
{
    struct orl_scene *s = &r->scene;
    uint32_t age = r->conf.partial ? orl_surface_age(r->surface) : 0;
    orl_repaint_since(&r->repaint, age, s->win_w, s->win_h, &s->damage);
    uint64_t draw_ns = r->timing ? orl_now_ns() : 0;
    orl_gfx_draw(r->gfx, s);
    if (r->copy && read_back(r, &r->repaint.now) != ORL_OK) {
        return ORL_ESYS;
    }
    if (r->shot_asked != r->shot_done) {
        serve_shot(r);
    }
    orl_render_release_held(r, 0); /* presenting may take as long as the display likes */
    uint64_t present_ns = r->timing ? orl_now_ns() : 0;
    orl_surface_present(r->surface, &r->repaint.now, s->win_w, s->win_h);
    orl_repaint_presented(&r->repaint);
    r->last_draw_ns = orl_now_ns();
    if (r->timing) {
        orl_timing_shown(r->timing, shown_source(r), draw_ns, present_ns, r->last_draw_ns);
    }
    count(r, r->last_draw_ns);
    return ORL_OK;
}
