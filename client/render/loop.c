/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/str.h"
#include "render/pace.h"
#include "render/render_impl.h"

#define ORL_LOG_MODULE "render"
#include "base/log.h"

#define SHOTS        4
#define HELD_LOOK_NS (200 * ORL_NS_PER_US)
#define HELD_WAIT_NS ORL_NS_PER_S /* for GL at the end */

enum { UP_DONE = 1 };

int orl_render_link_init(struct orl_render_link *link)
{
    memset(link, 0, sizeof(*link));
    orl_mailbox_init(&link->view_mb);
    orl_wake_init(&link->wake);
    orl_counter_init(&link->stats.draws);
    orl_counter_init(&link->stats.frames);
    orl_counter_init(&link->stats.uploaded);
    orl_counter_init(&link->stats.fallback_frames);
    orl_counter_init(&link->stats.shown);
    orl_histogram_init(&link->stats.found_to_shown);
    orl_counter_init(&link->stats.first_frame_ns);
    orl_counter_init(&link->stats.found_before);
    orl_counter_init(&link->stats.failed);
    orl_counter_init(&link->stats.screenshots);
    orl_counter_init(&link->sound_delay_us);
    return orl_spsc_init(&link->shots, SHOTS, sizeof(struct orl_shot));
}

void orl_render_link_finish(struct orl_render_link *link)
{
    struct orl_shot shot;
    while (link->shots.items && orl_spsc_pull(&link->shots, &shot)) {
        free(shot.bgrx);
    }
    orl_spsc_finish(&link->shots);
}

struct orl_render_shown orl_render_shown(const struct orl_render_link *link)
{
    uint64_t packed = orl_counter_get(&link->stats.shown);
    return (struct orl_render_shown){.source = (enum orl_render_source)(packed >> 56 & 3),
                                     .w = packed & 0xffffff,
                                     .h = packed >> 24 & 0xffffff,
                                     .turns = packed >> 48 & 3};
}

static uint64_t draw_due(const struct orl_render *r)
{
    struct orl_pace_in in = {.hidden = r->want.hidden,
                             .frame = r->frame_waits,
                             .other = !orl_rects_empty(&r->repaint.now),
                             .urgent = r->shot_asked != r->shot_done,
                             .refresh_hz = r->want.refresh_hz,
                             .fps_min = r->want.fps_min,
                             .last_draw_ns = r->last_draw_ns};
    return orl_pace_due(&in);
}

/* GL tells nobody when it has finished with a frame in the guest's memory: it is asked. */
static uint64_t held_due(const struct orl_render *r, uint64_t now_ns)
{
    return r->held || r->display_held ? now_ns + HELD_LOOK_NS : ORL_WAKE_NEVER;
}

uint64_t orl_render_step(struct orl_render *r, uint32_t reasons, uint64_t now_ns, int *result)
{
    r->todo |= reasons;
    orl_render_release_held(r, 0);
    orl_render_take_view(r);
    *result = orl_render_take_guest(r, now_ns);
    if (*result != ORL_OK || r->scene.win_w == 0) {
        return held_due(r, now_ns);
    }
    orl_render_choose(r, now_ns);
    uint64_t overlay_due = orl_render_overlay(r, now_ns);
    orl_render_look(r);
    uint64_t due = draw_due(r);
    if (due <= now_ns) {
        *result = orl_render_draw(r);
        due = draw_due(r);
        orl_render_release_held(r, 0);
        due = orl_earlier(due, orl_render_graphs_due(r));
    }
    due = orl_earlier(due, held_due(r, now_ns));
    return orl_earlier(orl_earlier(due, overlay_due), r->choice_due_ns);
}

/* Everything that needs the context, on the thread that keeps it. */
static int set_up(struct orl_render *r)
{
    int err = orl_surface_make_current(r->surface);
    if (err) {
        return err;
    }
    struct orl_gfx_conf conf = {
        .debug = r->conf.debug, .offscreen = r->copy, .scale_pointer = r->conf.scale_pointer};
    err = orl_gfx_create(&r->gfx, &conf);
    if (err) {
        orl_surface_release_current(r->surface);
        return err;
    }
    orl_str_copy(r->renderer, sizeof(r->renderer), orl_gfx_renderer(r->gfx));
    orl_str_copy(r->upload_path, sizeof(r->upload_path), orl_gfx_upload_path(r->gfx));
    r->software = orl_gfx_is_software(r->gfx);
    orl_repaint_reset(&r->repaint);
    orl_render_tell_ways(r);
    return ORL_OK;
}

/* Without the context nothing is read any more, whatever GL has said. */
static void tear_down(struct orl_render *r)
{
    if (!r->gfx) {
        return;
    }
    orl_render_release_held(r, HELD_WAIT_NS);
    orl_gfx_frame_settle(r->gfx);
    orl_render_free_pools(r);
    orl_osd_destroy(&r->osd);
    free(r->timing);
    r->timing = NULL;
    orl_gfx_destroy(&r->gfx);
    orl_render_give_back(r);
    orl_surface_release_current(r->surface);
}

static struct orl_render *allocate(const struct orl_render_conf *conf,
                                   struct orl_surface *surface, struct orl_frame_link *frames,
                                   struct orl_render_link *link)
{
    struct orl_render *r = aligned_alloc(_Alignof(struct orl_render), sizeof(*r));
    if (r) {
        memset(r, 0, sizeof(*r));
        r->surface = surface;
        r->frames = frames;
        r->link = link;
        r->conf = *conf;
        r->copy = orl_surface_wants_pixels(surface);
        r->status.state = ORL_GUEST_STREAMING; /* nothing to say until a status comes */
        orl_wake_init(&r->up);
    }
    return r;
}

static void give_up(struct orl_render *r, int err)
{
    orl_error("drawing ends: %s", orl_err_text(err));
    orl_counter_set(&r->link->stats.failed, 1);
    if (r->link->wake_main) {
        r->link->wake_main(r->link->wake_main_arg);
    }
}

/* Until main asks to stop: the frame thread may write to the pools for as long. */
static void wait_for_stop(struct orl_render *r)
{
    while (!(orl_wake_wait(&r->link->wake, ORL_WAKE_NEVER) & ORL_RENDER_STOP)) {
    }
}

static void run(void *arg)
{
    struct orl_render *r = arg;
    r->start_err = set_up(r);
    bool up = r->start_err == ORL_OK;
    orl_wake_set(&r->up, UP_DONE);
    uint64_t due = 0;
    while (up) {
        int err = ORL_OK;
        uint32_t reasons = orl_wake_wait(&r->link->wake, due);
        if (reasons & ORL_RENDER_STOP) {
            break;
        }
        due = orl_render_step(r, reasons, orl_now_ns(), &err);
        if (err) {
            orl_render_release_held(r, HELD_WAIT_NS);
            give_up(r, err);
            wait_for_stop(r);
            break;
        }
    }
    tear_down(r);
}

int orl_render_start(struct orl_render **out, const struct orl_render_conf *conf,
                     struct orl_surface *surface, struct orl_frame_link *frames,
                     struct orl_render_link *link)
{
    struct orl_render *r = allocate(conf, surface, frames, link);
    if (!r) {
        return ORL_ENOMEM;
    }
    int err = orl_thread_start(&r->thread, "oriel-render", run, r);
    if (!err) {
        orl_wake_wait(&r->up, ORL_WAKE_NEVER);
        err = r->start_err;
        if (err) {
            orl_thread_join(&r->thread);
        }
    }
    if (err) {
        free(r);
        return err;
    }
    *out = r;
    return ORL_OK;
}

void orl_render_stop(struct orl_render **render)
{
    if (!*render) {
        return;
    }
    orl_wake_set(&(*render)->link->wake, ORL_RENDER_STOP);
    orl_thread_join(&(*render)->thread);
    free(*render);
    *render = NULL;
}

int orl_render_create(struct orl_render **out, const struct orl_render_conf *conf,
                      struct orl_surface *surface, struct orl_frame_link *frames,
                      struct orl_render_link *link)
{
    struct orl_render *r = allocate(conf, surface, frames, link);
    if (!r) {
        return ORL_ENOMEM;
    }
    int err = set_up(r);
    if (err) {
        free(r);
        return err;
    }
    *out = r;
    return ORL_OK;
}

void orl_render_let_go(struct orl_render *r)
{
    orl_render_release_held(r, HELD_WAIT_NS);
}

void orl_render_destroy(struct orl_render **render)
{
    if (!*render) {
        return;
    }
    tear_down(*render);
    free(*render);
    *render = NULL;
}

struct orl_render_info orl_render_info(const struct orl_render *r)
{
    struct orl_render_info info = {
        .renderer = r->renderer, .upload_path = r->upload_path, .software = r->software};
    orl_way_text(info.frames, orl_render_way(r));
    return info;
}
