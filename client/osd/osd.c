/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "osd/osd.h"

#include <stdlib.h>
#include <string.h>

#include "osd/gui.h"
#include "osd/panels.h"

struct orl_osd {
    struct orl_osd_gui *gui;
    struct orl_osd_state state; /* last seen */
    struct orl_osd_panels panels, next;
    struct orl_draw_list list;
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

const struct orl_draw_list *orl_osd_build(struct orl_osd *osd,
                                          const struct orl_osd_state *state)
{
    /* Most calls bring the very same bytes; others differ in nothing that can be seen. */
    if (osd->list.serial && same_bytes(&osd->state, state, sizeof(*state))) {
        return &osd->list;
    }
    memcpy(&osd->state, state, sizeof(*state));
    orl_osd_panels_make(&osd->next, state);
    if (osd->list.serial && same_bytes(&osd->panels, &osd->next, sizeof(osd->next))) {
        return &osd->list;
    }
    memcpy(&osd->panels, &osd->next, sizeof(osd->next));
    uint64_t serial = osd->list.serial + 1;
    orl_osd_gui_draw(osd->gui, &osd->panels, &osd->list);
    osd->list.serial = serial;
    return &osd->list;
}
