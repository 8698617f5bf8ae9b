/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "osd/osd.h"

#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#ifdef __GLIBC__
#    include <malloc.h>
#endif

#include "osd/gui.h"
#include "osd/panels.h"

struct orl_osd {
    struct orl_osd_gui *gui;
    struct orl_osd_state state; /* last seen */
    struct orl_osd_panels panels, next;
    struct orl_draw_list list;
    struct orl_rect graphs; /* what they cover in `list` */
    bool drawn;             /* there is something to free */
    uint64_t rests_ns;      /* nothing has been shown since then; 0: something is */
};

int orl_osd_create(struct orl_osd **out)
{
    struct orl_osd *o = calloc(1, sizeof(*o));
    if (!o) {
        return ORL_ENOMEM;
    }
    o->gui = orl_osd_gui_create();
    if (!o->gui) {
        free(o);
        return ORL_ENOMEM;
    }
    *out = o;
    return ORL_OK;
}

void orl_osd_destroy(struct orl_osd **osd)
{
    struct orl_osd *o = *osd;
    if (o) {
        orl_osd_gui_destroy(o->gui);
        free(o);
        *osd = NULL;
    }
}

/* Bytes, padding included: where they only look different, the overlay is made once too often. */
static bool same_bytes(const void *a, const void *b, size_t bytes)
{
    return memcmp(a, b, bytes) == 0;
}

static struct orl_rect around(struct orl_rect a, struct orl_rect b)
{
    struct orl_rects both = {0};
    orl_rects_add_one(&both, a);
    orl_rects_add_one(&both, b);
    return orl_rects_bounds(&both, UINT32_MAX, UINT32_MAX);
}

/* The graphs move ten times a second: when only they did, the rest need not be drawn again. */
static void draw(struct orl_osd *osd)
{
    const size_t others = offsetof(struct orl_osd_panels, graphs);
    bool only_graphs = osd->drawn && same_bytes(&osd->panels, &osd->next, others);
    struct orl_rect before = osd->graphs;
    uint64_t serial = osd->list.serial + 1;
    memcpy(&osd->panels, &osd->next, sizeof(osd->next));
    orl_osd_gui_draw(osd->gui, &osd->panels, &osd->list);
    osd->list.serial = serial;
    osd->graphs = osd->list.changed;
    osd->list.changed =
        only_graphs ? around(before, osd->graphs) : (struct orl_rect){0, 0, 0, 0};
    osd->drawn = true;
}

const struct orl_draw_list *orl_osd_build(struct orl_osd *osd,
                                          const struct orl_osd_state *state)
{
    osd->rests_ns = 0;
    /* Most calls bring the very same bytes; others differ in nothing that can be seen. */
    if (osd->drawn && same_bytes(&osd->state, state, sizeof(*state))) {
        return &osd->list;
    }
    memcpy(&osd->state, state, sizeof(*state));
    orl_osd_panels_make(&osd->next, state);
    if (osd->drawn && same_bytes(&osd->panels, &osd->next, sizeof(osd->next))) {
        return &osd->list;
    }
    draw(osd);
    return &osd->list;
}

uint64_t orl_osd_rest(struct orl_osd *osd, uint64_t now_ns)
{
    if (!osd || !osd->drawn) {
        return UINT64_MAX;
    }
    osd->rests_ns = osd->rests_ns ? osd->rests_ns : now_ns;
    if (now_ns - osd->rests_ns < ORL_OSD_REST_NS) {
        return osd->rests_ns + ORL_OSD_REST_NS;
    }
    uint64_t serial = osd->list.serial;
    orl_osd_gui_forget(osd->gui);
    osd->list = (struct orl_draw_list){.serial = serial};
    osd->drawn = false;
#ifdef __GLIBC__
    malloc_trim(0); /* glibc keeps what was freed and asked for again */
#endif
    return UINT64_MAX;
}
