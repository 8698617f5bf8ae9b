/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "render/choice.h"

static void note_changes(struct orl_choice *c, const struct orl_choice_in *in, uint64_t now_ns)
{
    if (in->ring != c->ring) {
        c->ring = in->ring;
        c->ring_ns = now_ns;
    }
    if (in->display != c->display) {
        c->display = in->display;
        c->display_ns = now_ns;
    }
}

/* When the display may come, if it keeps its picture; 0 is at once. */
static uint64_t enter_due(const struct orl_choice *c, const struct orl_choice_in *in)
{
    if (in->display == ORL_DISPLAY_GONE ||
        (in->display == ORL_DISPLAY_BLANK && !in->spice_only)) {
        return UINT64_MAX;
    }
    uint64_t due = in->ring_picture && !in->spice_only ? c->ring_ns + ORL_CHOICE_LOST_NS : 0;
    if (c->back_ns && due < c->back_ns + ORL_CHOICE_GONE_NS) {
        due = c->back_ns + ORL_CHOICE_GONE_NS;
    }
    return due;
}

/* When the display has to go, if it gets no picture before. */
static uint64_t leave_due(const struct orl_choice *c, const struct orl_choice_in *in)
{
    if (in->display == ORL_DISPLAY_GONE) {
        return c->display_ns + ORL_CHOICE_GONE_NS;
    }
    if (in->display == ORL_DISPLAY_BLANK && !in->spice_only) {
        return c->display_ns + ORL_CHOICE_BLANK_NS;
    }
    return UINT64_MAX;
}

uint64_t orl_choice_step(struct orl_choice *c, const struct orl_choice_in *in, uint64_t now_ns)
{
    note_changes(c, in, now_ns);
    bool flows = in->ring == ORL_RING_FLOWS && !in->spice_only;
    bool off = in->ring == ORL_RING_OFF;
    enum orl_shown rest = in->ring_picture && !in->spice_only ? ORL_SHOWN_RING : ORL_SHOWN_NONE;
    c->wanted = !flows && !off && !in->hidden;
    if (flows || off) {
        c->shown = flows ? ORL_SHOWN_RING : rest;
        return UINT64_MAX;
    }
    bool on = c->shown == ORL_SHOWN_SPICE;
    uint64_t due = on ? leave_due(c, in) : enter_due(c, in);
    if (due > now_ns) {
        c->shown = on ? ORL_SHOWN_SPICE : rest;
        return due;
    }
    c->shown = on ? rest : ORL_SHOWN_SPICE;
    if (on) {
        c->back_ns = now_ns;
        return enter_due(c, in);
    }
    return leave_due(c, in);
}
