/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The actions that are about input itself. */
#include "input/input_impl.h"

/* USB HID usages, page 7. */
#define USAGE_MUTE        0x7F
#define USAGE_VOLUME_UP   0x80
#define USAGE_VOLUME_DOWN 0x81
#define USAGE_LEFT_WIN    0xE3
#define USAGE_RIGHT_WIN   0xE7

static void strike(struct orl_input *in, uint16_t usage, uint64_t now_ns)
{
    orl_input_park(in, &usage, 1, now_ns);
    orl_input_inject(in, usage, true, now_ns);
    orl_input_inject(in, usage, false, now_ns);
}

static void send_keys(struct orl_input *in, const struct orl_bind *bind, uint64_t now_ns)
{
    if (!bind) {
        return;
    }
    size_t n = bind->send_len < ORL_SEND_MAX ? bind->send_len : ORL_SEND_MAX;
    orl_input_park(in, bind->send, n, now_ns);
    for (size_t i = 0; i < n; i++) {
        orl_input_inject(in, bind->send[i], true, now_ns);
    }
    while (n > 0) {
        orl_input_inject(in, bind->send[--n], false, now_ns);
    }
}

static void toggle_capture(struct orl_input *in, uint64_t now_ns)
{
    bool on = !in->captured;
    orl_input_end_capture(in, now_ns);
    in->start_due = false;
    if (on) {
        in->capture_due = true;
        orl_input_try_capture(in);
        in->capture_due = false; /* a wish of now, not of later */
    }
}

static void toggle_input(struct orl_input *in, uint64_t now_ns)
{
    orl_input_end_capture(in, now_ns);
    orl_input_shut(in, true, now_ns);
    in->on = !in->on;
}

static void change_sens(struct orl_input *in, int by)
{
    int sens = in->conf.mouse_sens + by;
    in->conf.mouse_sens = sens > ORL_SENS_MAX    ? ORL_SENS_MAX
                          : sens < -ORL_SENS_MAX ? -ORL_SENS_MAX
                                                 : sens;
}

void orl_input_act(struct orl_input *in, const struct orl_bind_hit *hit, uint64_t now_ns)
{
    switch (hit->action) {
    case ORL_ACTION_CAPTURE: toggle_capture(in, now_ns); break;
    case ORL_ACTION_INPUT: toggle_input(in, now_ns); break;
    case ORL_ACTION_SENS_UP: change_sens(in, 1); break;
    case ORL_ACTION_SENS_DOWN: change_sens(in, -1); break;
    case ORL_ACTION_LEFT_WIN: strike(in, USAGE_LEFT_WIN, now_ns); break;
    case ORL_ACTION_RIGHT_WIN: strike(in, USAGE_RIGHT_WIN, now_ns); break;
    case ORL_ACTION_VOLUME_UP: strike(in, USAGE_VOLUME_UP, now_ns); break;
    case ORL_ACTION_VOLUME_DOWN: strike(in, USAGE_VOLUME_DOWN, now_ns); break;
    case ORL_ACTION_MUTE: strike(in, USAGE_MUTE, now_ns); break;
    case ORL_ACTION_SEND: send_keys(in, hit->bind, now_ns); break;
    default: break;
    }
}
