/* SPDX-License-Identifier: GPL-2.0-or-later */
/* When the guest gets input, when it is captured, and what the window shall look like then. */
#include "input/input_impl.h"

bool orl_input_usable(const struct orl_input *in)
{
    return in->guest.connected && !in->guest.hold && in->on && !in->dialog;
}

bool orl_input_live(const struct orl_input *in)
{
    return orl_input_usable(in) && in->focused && (in->captured || !in->conf.capture_only);
}

struct orl_mouse_how orl_input_how(const struct orl_input *in)
{
    return (struct orl_mouse_how){.live = orl_input_live(in),
                                  .linked = in->guest.connected,
                                  .captured = in->captured,
                                  .absolute = in->guest.absolute,
                                  .can_align = in->guest.can_align,
                                  .scale = in->conf.scale_cursor,
                                  .smooth = in->conf.mouse_smoothing && !in->conf.raw_mouse,
                                  .sens = in->conf.mouse_sens};
}

void orl_input_shut(struct orl_input *in, bool made, uint64_t now_ns)
{
    if (in->guest.connected) {
        orl_keyboard_release(&in->keyboard, &in->sink, made, now_ns);
        orl_mouse_release(&in->mouse, &in->sink, now_ns);
    }
    orl_mouse_lose(&in->mouse);
}

void orl_input_end_capture(struct orl_input *in, uint64_t now_ns)
{
    in->capture_due = false;
    if (in->captured) {
        orl_input_shut(in, false, now_ns);
        in->captured = false;
    }
}

void orl_input_try_capture(struct orl_input *in)
{
    if ((in->capture_due || in->start_due) && in->focused && orl_input_usable(in)) {
        in->capture_due = in->start_due = false;
        in->captured = true;
        in->escape_ns = 0;
        in->left_once = false;
        in->placed = false; /* where it is afterwards, the desktop decides */
        orl_mouse_lose(&in->mouse);
        orl_locks_arm(&in->locks);
    }
}

/* A drag that leaves the window keeps the grab to its end. */
void orl_input_update_auto(struct orl_input *in)
{
    bool there = in->inside || (in->autocaptured && in->mouse.told != 0);
    in->autocaptured = in->conf.auto_capture && in->focused && orl_input_usable(in) && there;
}

/* Uncaptured: what stands for the host's pointer over this window. */
static enum orl_cursor_look look(const struct orl_input *in)
{
    const struct orl_input_conf *c = &in->conf;
    if (c->always_show_cursor || !orl_input_usable(in) || !orl_mouse_over(&in->mouse)) {
        return ORL_LOOK_ARROW;
    }
    if (!in->focused) {
        return !c->show_cursor_dot   ? ORL_LOOK_ARROW
               : c->large_cursor_dot ? ORL_LOOK_LARGE_DOT
                                     : ORL_LOOK_DOT;
    }
    bool led = orl_input_live(in) && in->mouse.follow.newest.known;
    return c->hide_cursor && led ? ORL_LOOK_NONE : ORL_LOOK_ARROW;
}

struct orl_input_want orl_input_want(const struct orl_input *in)
{
    bool keys = (in->captured && in->conf.grab_keyboard) || in->autocaptured ||
                (in->focused && in->conf.grab_keyboard_on_focus && orl_input_usable(in));
    return (struct orl_input_want){.captured = in->captured,
                                   .grab_keyboard = keys,
                                   .confine = in->captured,
                                   .relative = in->captured,
                                   .look = in->captured ? ORL_LOOK_NONE : look(in)};
}
