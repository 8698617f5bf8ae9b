/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "input/binds.h"

/* Positions as USB HID usages; the letters are those of a US layout. */
static const struct orl_bind table[] = {
    {9, ORL_ACTION_FULL_SCREEN, "Full screen on or off"},        /* F */
    {7, ORL_ACTION_FPS, "Frames and updates per second"},        /* D */
    {21, ORL_ACTION_ROTATE, "Rotate the picture by 90 degrees"}, /* R */
    {25, ORL_ACTION_VIDEO, "Video on or off"},                   /* V */
    {20, ORL_ACTION_QUIT, "Quit"},                               /* Q */
};

const struct orl_bind *orl_binds_table(size_t *n)
{
    *n = sizeof(table) / sizeof(table[0]);
    return table;
}

void orl_binds_init(struct orl_binds *b, uint16_t escape, uint64_t delay_ns)
{
    *b = (struct orl_binds){.escape = escape, .delay_ns = delay_ns};
}

static enum orl_action release(struct orl_binds *b)
{
    enum orl_action action = b->help ? ORL_ACTION_HELP_HIDE : ORL_ACTION_NONE;
    b->held = false;
    b->help = false;
    return action;
}

static enum orl_action combination(struct orl_binds *b, uint16_t scancode)
{
    for (size_t i = 0; i < sizeof(table) / sizeof(table[0]); i++) {
        if (table[i].scancode == scancode) {
            b->used = true;
            return table[i].action;
        }
    }
    return ORL_ACTION_NONE;
}

enum orl_action orl_binds_key(struct orl_binds *b, const struct orl_event *ev, uint64_t now_ns)
{
    if (ev->repeat) {
        return ORL_ACTION_NONE;
    }
    if (ev->scancode == b->escape) {
        if (!ev->down) {
            return release(b);
        }
        if (!b->held) {
            b->held = true;
            b->used = false;
            b->due_ns = now_ns + b->delay_ns;
        }
        return ORL_ACTION_NONE;
    }
    return b->held && ev->down ? combination(b, ev->scancode) : ORL_ACTION_NONE;
}

enum orl_action orl_binds_tick(struct orl_binds *b, uint64_t now_ns)
{
    if (now_ns < orl_binds_due(b)) {
        return ORL_ACTION_NONE;
    }
    b->help = true;
    return ORL_ACTION_HELP_SHOW;
}

uint64_t orl_binds_due(const struct orl_binds *b)
{
    return b->held && !b->used && !b->help ? b->due_ns : UINT64_MAX;
}

enum orl_action orl_binds_blur(struct orl_binds *b)
{
    return release(b);
}
