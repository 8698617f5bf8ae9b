/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A user in front of the window, for the tests of the whole of client/input: events in, words out. */
#ifndef ORL_TESTS_INPUT_DESK_H
#define ORL_TESTS_INPUT_DESK_H

#include "input/input.h"
#include "record.h"
#include "support/check.h"

enum {
    A = 0x04,
    I = 0x0C,
    INSERT = 0x49,
    DELETE = 0x4C,
    UP = 0x52,
    DOWN = 0x51,
    M = 0x10,
    CAPS = 0x39,
    ESCAPE = 0x47, /* Scroll Lock */
    CTRL = 0xE0,
    SHIFT = 0xE1,
    ALT = 0xE2,
    LEFT_WIN = 0xE3
};

#define MS UINT64_C(1000000)

struct desk {
    struct orl_input in;
    struct orl_input_guest guest;
    struct record r;
    uint64_t now_ns;
};

static inline struct orl_input_conf usual(void)
{
    return (struct orl_input_conf){.grab_keyboard = true,
                                   .release_keys_on_focus_loss = true,
                                   .hide_cursor = true,
                                   .show_cursor_dot = true,
                                   .scale_cursor = true};
}

static inline void event(struct desk *d, struct orl_event ev)
{
    d->now_ns += MS;
    orl_input_event(&d->in, &ev, d->now_ns);
    orl_input_tick(&d->in, d->now_ns);
}

static inline void key(struct desk *d, uint16_t usage, bool down)
{
    event(d, (struct orl_event){.kind = ORL_EVENT_KEY, .scancode = usage, .down = down});
}

static inline void simple(struct desk *d, enum orl_event_kind kind)
{
    event(d, (struct orl_event){.kind = kind});
}

static inline void motion(struct desk *d, float x, float y)
{
    event(d, (struct orl_event){.kind = ORL_EVENT_MOTION, .x = x, .y = y});
}

static inline void counts(struct desk *d, float dx, float dy)
{
    event(d,
          (struct orl_event){.kind = ORL_EVENT_MOTION, .relative = true, .dx = dx, .dy = dy});
}

static inline void button(struct desk *d, float x, float y, bool down)
{
    event(d, (struct orl_event){
                 .kind = ORL_EVENT_BUTTON, .button = 1, .down = down, .x = x, .y = y});
}

static inline void tap_escape(struct desk *d)
{
    key(d, ESCAPE, true);
    key(d, ESCAPE, false);
}

static inline void with_escape(struct desk *d, uint16_t usage)
{
    key(d, ESCAPE, true);
    key(d, usage, true);
    key(d, usage, false);
    key(d, ESCAPE, false);
}

static inline void tell_guest(struct desk *d)
{
    orl_input_set_guest(&d->in, &d->guest, d->now_ns);
}

static inline void report(struct desk *d, int32_t x, int32_t y)
{
    struct orl_input_report r = {true, x, y, d->now_ns};
    orl_input_report(&d->in, &r);
}

/* Time passes until `ns` from now, the program waking when it is due. How often it woke. */
static inline int pass(struct desk *d, uint64_t ns)
{
    int wakes = 0;
    uint64_t end = d->now_ns + ns;
    while (orl_input_due(&d->in) <= end) {
        d->now_ns = orl_input_due(&d->in) > d->now_ns ? orl_input_due(&d->in) : d->now_ns;
        orl_input_tick(&d->in, d->now_ns);
        assert_true(++wakes < 1000);
    }
    d->now_ns = end;
    return wakes;
}

/* Not connected, not focused. 800 x 600 at 100, 0 of a window of 1000 x 600. */
static inline void open_desk(struct desk *d, struct orl_input_conf conf)
{
    struct orl_binds binds;
    struct orl_input_sink sink = record_sink(&d->r);
    struct orl_view_in view = {
        .frame_w = 800, .frame_h = 600, .win_w = 1000, .win_h = 600, .keep_aspect = true};
    struct orl_view made = orl_view_make(&view);
    orl_binds_init(&binds, ESCAPE, 200 * MS);
    orl_input_init(&d->in, &conf, &binds, &sink);
    orl_input_set_view(&d->in, &made);
    d->now_ns = 1000 * MS;
    d->guest = (struct orl_input_guest){.epoch = 0};
}

/* With a guest, the focus, and the pointer in the picture. */
static inline void sit_down(struct desk *d, struct orl_input_conf conf)
{
    open_desk(d, conf);
    d->guest.connected = true;
    d->guest.epoch = 1;
    tell_guest(d);
    simple(d, ORL_EVENT_FOCUS);
    report(d, 300, 300);
    event(d, (struct orl_event){.kind = ORL_EVENT_ENTER, .x = 400, .y = 300});
    record_take(&d->r);
}

#define SIT_DOWN(conf)                                                                         \
    struct desk d;                                                                             \
    sit_down(&d, conf);                                                                        \
    (void)state
#define GOT(words) assert_string_equal(record_take(&d.r), words)

#endif
