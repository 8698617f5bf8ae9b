/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <string.h>

#include "demo/guest.h"

static uint32_t side(uint32_t v)
{
    return v < 1 ? 1 : v > ORL_FRAME_SIDE_MAX ? ORL_FRAME_SIDE_MAX : v;
}

void orl_demo_set_size(struct orl_demo_guest *g, uint32_t w, uint32_t h)
{
    if (side(w) == g->conf.w && side(h) == g->conf.h) {
        return;
    }
    g->conf.w = side(w);
    g->conf.h = side(h);
    g->conf.screen_w = 0;
    g->conf.screen_h = 0;
    g->frames.new_scene = true;
}

static void wipe(struct orl_demo_guest *g)
{
    memset(g->shm.base, 0, g->shm.size);
    g->paused = true;
    g->restart = true; /* nothing is left to resume */
}

static void act(struct orl_demo_guest *g, const struct orl_demo_event *e)
{
    switch (e->action) {
    case ORL_DEMO_DO_SIZE: orl_demo_set_size(g, e->a, e->b); return;
    case ORL_DEMO_DO_FORMAT: g->conf.fmt = (enum orl_pixfmt)e->a; break;
    case ORL_DEMO_DO_ROTATION: g->conf.rotation = (uint8_t)(e->a & 3u); break;
    case ORL_DEMO_DO_FPS: g->conf.fps = e->a; break;
    case ORL_DEMO_DO_FLAGS: g->conf.flags = e->a; break;
    case ORL_DEMO_DO_ACTIVATE: g->frames.activate = true; return;
    case ORL_DEMO_DO_CURSOR:
        g->conf.cursor = (enum orl_demo_cursor)e->a;
        g->pointer.want_shape = true;
        return;
    case ORL_DEMO_DO_HOSTILE: g->conf.hostile = e->a; return;
    case ORL_DEMO_DO_RESTART:
        g->restart = true;
        g->paused = false;
        return;
    case ORL_DEMO_DO_PAUSE: g->paused = true; return;
    case ORL_DEMO_DO_RESUME: g->paused = false; return;
    case ORL_DEMO_DO_WIPE: wipe(g); return;
    case ORL_DEMO_DO_QUIT: g->quit = true; return;
    }
    g->frames.new_scene = true;
    g->frames.next_ns = g->now_ns;
}

void orl_demo_events_step(struct orl_demo_guest *g)
{
    while (g->next_event < g->conf.event_count &&
           g->now_ns - g->start_ns >= g->conf.events[g->next_event].at_ns) {
        act(g, &g->conf.events[g->next_event++]);
    }
}
