/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The timing graphs of one viewer: switched on and off, fed, and drawn again when they move on. */
#include <stdlib.h>

#include "base/clock.h"
#include "render/render_impl.h"

#define ORL_LOG_MODULE "render"
#include "base/log.h"

/* Sound begins without a word: it is looked for so often while there is none. */
#define SOUND_LOOK_NS ORL_NS_PER_S

/* The history is there only while it is shown; NULL is what "off" costs. */
static void switch_graphs(struct orl_render *r)
{
    if (!r->want.show_timing) {
        free(r->timing);
        r->timing = NULL;
        return;
    }
    r->timing = malloc(sizeof(*r->timing));
    if (!r->timing) {
        r->want.show_timing = false;
        orl_warn("no memory for the timing graphs");
        return;
    }
    orl_timing_init(r->timing);
    r->graphs = (struct orl_render_graphs){0};
}

static uint64_t look_at_sound(struct orl_render *r, uint64_t now_ns)
{
    struct orl_render_graphs *g = &r->graphs;
    if (now_ns >= g->sound_due_ns) {
        uint64_t us = orl_counter_get(&r->link->sound_delay_us);
        if (us) {
            uint64_t most = UINT64_MAX / ORL_NS_PER_US;
            orl_timing_add(r->timing, ORL_TIMING_SOUND, (us < most ? us : most) * ORL_NS_PER_US,
                           now_ns);
        }
        g->sound_due_ns = now_ns + (us ? ORL_TIMING_COLUMN_NS : SOUND_LOOK_NS);
    }
    return g->sound_due_ns;
}

uint64_t orl_render_graphs_due(const struct orl_render *r)
{
    return r->timing && r->timing->added != r->graphs.drawn ? r->graphs.due_ns : UINT64_MAX;
}

uint64_t orl_render_graphs(struct orl_render *r, uint64_t now_ns)
{
    if (r->want.show_timing != (r->timing != NULL)) {
        switch_graphs(r);
        r->text.changed = true;
    }
    if (!r->timing) {
        return UINT64_MAX;
    }
    uint64_t due = look_at_sound(r, now_ns);
    if (orl_render_graphs_due(r) <= now_ns) {
        r->graphs.drawn = r->timing->added;
        r->graphs.due_ns = now_ns + ORL_TIMING_COLUMN_NS;
        r->text.changed = true;
    }
    return orl_earlier(due, orl_render_graphs_due(r));
}

void orl_render_time_upload(struct orl_render *r, int which, const struct orl_slot *slot,
                            uint64_t taken_ns)
{
    struct orl_timing_frame f = {.found_ns = slot->t_seen_ns,
                                 .ready_ns = slot->t_ready_ns,
                                 .taken_ns = taken_ns,
                                 .uploaded_ns = orl_now_ns(),
                                 .in_place = slot->kind != ORL_SLOT_STAGED,
                                 .imported =
                                     slot->kind == ORL_SLOT_DMABUF && orl_gfx_imported(r->gfx)};
    orl_timing_took(r->timing, (uint32_t)which, &f);
}
