/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "input/input.h"

#include "base/clock.h"
#include "input/input_impl.h"

#define NEVER           UINT64_MAX
#define USAGE_LEFT_WIN  0xE3
#define USAGE_RIGHT_WIN 0xE7

static const struct orl_bind_hit nothing = {.action = ORL_ACTION_NONE};

void orl_input_init(struct orl_input *in, const struct orl_input_conf *conf,
                    const struct orl_binds *binds, const struct orl_input_sink *sink)
{
    *in = (struct orl_input){.conf = *conf,
                             .sink = *sink,
                             .binds = *binds,
                             .on = true,
                             .start_due = conf->capture_on_start};
    orl_keyboard_init(&in->keyboard);
    orl_mouse_init(&in->mouse);
    orl_locks_init(&in->locks, binds->escape);
}

static bool is_windows_key(uint16_t usage)
{
    return usage == USAGE_LEFT_WIN || usage == USAGE_RIGHT_WIN;
}

static struct orl_bind_hit key(struct orl_input *in, const struct orl_event *ev,
                               uint64_t now_ns)
{
    struct orl_bind_hit hit = orl_binds_key(&in->binds, ev, in->guest.linux_os, now_ns);
    bool kept = hit.swallow || (in->conf.ignore_windows_keys && is_windows_key(ev->scancode));
    struct orl_keystroke s = {.usage = ev->scancode,
                              .down = ev->down,
                              .repeat = ev->repeat,
                              .pass = orl_input_live(in) && !kept,
                              .linked = in->guest.connected};
    bool told = orl_keyset_has(&in->keyboard.passed, s.usage);
    if (s.down ? s.pass && !s.repeat : told) {
        orl_locks_key(&in->locks, s.usage, s.down, now_ns);
    }
    orl_locks_host(&in->locks, ev->locks); /* after the key, which may explain it */
    orl_keyboard_key(&in->keyboard, &in->sink, &s, now_ns);
    orl_input_act(in, &hit, now_ns);
    return hit;
}

static void move(struct orl_input *in, double x, double y, bool entry, uint64_t now_ns)
{
    struct orl_mouse_how how = orl_input_how(in);
    in->placed = !in->captured;
    orl_mouse_move(&in->mouse, &in->sink, &how, x, y, entry, now_ns);
}

/* The guest listens, and its pointer is not where the host's rests. */
static bool rests(const struct orl_input *in)
{
    struct orl_mouse_how how = orl_input_how(in);
    return how.live && !how.captured && in->inside && in->placed && in->mouse.view.valid &&
           !orl_mouse_leads(&in->mouse, &how);
}

/* As if it had moved. */
static void lead_resting(struct orl_input *in, uint64_t now_ns)
{
    if (!rests(in)) {
        in->rest_ns = 0;
        return;
    }
    if (in->rest_ns == 0) {
        in->rest_ns = now_ns + (in->guest.can_align ? ORL_INPUT_REST_NS : 0);
    }
    if (now_ns >= in->rest_ns) {
        in->rest_ns = 0;
        move(in, in->mouse.at_x, in->mouse.at_y, false, now_ns);
    }
}

static void motion(struct orl_input *in, const struct orl_event *ev, uint64_t now_ns)
{
    struct orl_mouse_how how = orl_input_how(in);
    if (ev->relative) {
        orl_mouse_count(&in->mouse, &in->sink, &how, (double)ev->dx, (double)ev->dy, now_ns);
        return;
    }
    bool entry = !in->inside && in->mouse.told == 0; /* while dragging it may be outside */
    in->inside = in->inside || entry;
    move(in, (double)ev->x, (double)ev->y, entry, now_ns);
}

/* Buttons and the wheel mean something else with modifiers. */
static void resume(struct orl_input *in, uint64_t now_ns)
{
    if (orl_input_live(in)) {
        orl_keyboard_resume(&in->keyboard, &in->sink, now_ns);
    }
}

static void button(struct orl_input *in, const struct orl_event *ev, uint64_t now_ns)
{
    struct orl_mouse_how how = orl_input_how(in);
    if (!in->captured) { /* else x and y are nothing */
        /* A request to set the pointer goes another way than the button and may come after it. */
        how.can_align = how.can_align && !in->mouse.follow.newest.known;
        in->placed = true;
        orl_mouse_move(&in->mouse, &in->sink, &how, (double)ev->x, (double)ev->y, false,
                       now_ns);
    }
    if (ev->down) {
        resume(in, now_ns);
    }
    orl_mouse_button(&in->mouse, &in->sink, &how, ev->button, ev->down, now_ns);
}

static void wheel(struct orl_input *in, const struct orl_event *ev, uint64_t now_ns)
{
    struct orl_mouse_how how = orl_input_how(in);
    resume(in, now_ns);
    orl_mouse_wheel(&in->mouse, &in->sink, &how, (double)ev->dx, (double)ev->dy, now_ns);
}

static void focus(struct orl_input *in, const struct orl_event *ev, uint64_t now_ns)
{
    orl_input_shut(in, false, now_ns); /* what releaseKeysOnFocusLoss=no left down */
    orl_keyboard_forget(&in->keyboard);
    orl_mouse_forget(&in->mouse);
    in->focused = true;
    in->capture_due = in->capture_due || in->conf.capture_on_focus;
    orl_locks_host(&in->locks, ev->locks);
    orl_locks_arm(&in->locks);
    orl_input_try_capture(in);
}

static struct orl_bind_hit blur(struct orl_input *in, uint64_t now_ns)
{
    orl_input_end_capture(in, now_ns);
    if (in->conf.release_keys_on_focus_loss) {
        orl_input_shut(in, false, now_ns);
        orl_keyboard_forget(&in->keyboard);
    } else if (in->guest.connected) {
        orl_mouse_release(&in->mouse, &in->sink, now_ns);
    }
    orl_mouse_lose(&in->mouse);
    orl_mouse_forget(&in->mouse);
    in->focused = false;
    return orl_binds_blur(&in->binds);
}

static void enter(struct orl_input *in, const struct orl_event *ev, uint64_t now_ns)
{
    in->inside = true;
    in->escape_ns = 0;
    move(in, (double)ev->x, (double)ev->y, true, now_ns);
}

static void leave(struct orl_input *in, uint64_t now_ns)
{
    in->inside = false;
    if (in->captured) {
        in->escape_ns = now_ns + (in->left_once ? 0 : ORL_INPUT_ESCAPE_NS);
        in->left_once = true;
    }
}

/* A locked pointer does not leave; out and in again may have been something else, but not twice. */
static void watch_escape(struct orl_input *in, uint64_t now_ns)
{
    if (in->captured && in->escape_ns && now_ns >= in->escape_ns) {
        in->escapes++;
        orl_input_uncapture(in, now_ns);
    }
}

static struct orl_bind_hit dispatch(struct orl_input *in, const struct orl_event *ev,
                                    uint64_t now_ns)
{
    switch (ev->kind) {
    case ORL_EVENT_KEY: return key(in, ev, now_ns);
    case ORL_EVENT_BLUR: return blur(in, now_ns);
    case ORL_EVENT_FOCUS: focus(in, ev, now_ns); break;
    case ORL_EVENT_MOTION: motion(in, ev, now_ns); break;
    case ORL_EVENT_BUTTON: button(in, ev, now_ns); break;
    case ORL_EVENT_WHEEL: wheel(in, ev, now_ns); break;
    case ORL_EVENT_ENTER: enter(in, ev, now_ns); break;
    case ORL_EVENT_LEAVE: leave(in, now_ns); break;
    default: break;
    }
    return nothing;
}

/* After everything that may change who gets what the user does. */
static void settle(struct orl_input *in, uint64_t now_ns)
{
    const struct orl_input_guest *g = &in->guest;
    orl_input_update_auto(in);
    orl_locks_guest(&in->locks, &in->sink, orl_input_live(in) && g->leds_known, g->leds,
                    now_ns);
}

struct orl_bind_hit orl_input_event(struct orl_input *in, const struct orl_event *ev,
                                    uint64_t now_ns)
{
    struct orl_bind_hit hit = dispatch(in, ev, now_ns);
    settle(in, now_ns);
    return hit;
}

struct orl_bind_hit orl_input_tick(struct orl_input *in, uint64_t now_ns)
{
    struct orl_bind_hit hit = orl_binds_tick(&in->binds, now_ns);
    orl_input_act(in, &hit, now_ns);
    watch_escape(in, now_ns);
    lead_resting(in, now_ns);
    struct orl_mouse_how how = orl_input_how(in);
    in->mismatch_notes += orl_mouse_tick(&in->mouse, &in->sink, &how, now_ns) ? 1 : 0;
    if (in->guest.connected) {
        orl_keyboard_watch(&in->keyboard, &in->sink, now_ns);
        orl_mouse_watch(&in->mouse, &in->sink, now_ns);
    }
    if (now_ns >= in->watch_ns) {
        in->watch_ns = now_ns + ORL_INPUT_WATCH_NS;
    }
    settle(in, now_ns);
    orl_locks_tick(&in->locks, &in->sink, now_ns);
    return hit;
}

uint64_t orl_input_due(const struct orl_input *in)
{
    uint64_t due = orl_earlier(orl_binds_due(&in->binds), orl_mouse_due(&in->mouse));
    due = orl_earlier(due, orl_locks_due(&in->locks));
    if (in->captured && in->escape_ns) {
        due = orl_earlier(due, in->escape_ns);
    }
    if (rests(in)) {
        due = orl_earlier(due, in->rest_ns);
    }
    bool watched = in->focused && orl_keyboard_any(&in->keyboard);
    return orl_earlier(due, watched ? in->watch_ns : NEVER);
}

void orl_input_set_view(struct orl_input *in, const struct orl_view *view)
{
    orl_mouse_set_view(&in->mouse, view);
}

void orl_input_report(struct orl_input *in, const struct orl_input_report *r)
{
    orl_follow_report(&in->mouse.follow, r);
}

void orl_input_set_guest(struct orl_input *in, const struct orl_input_guest *g, uint64_t now_ns)
{
    struct orl_input_guest before = in->guest;
    bool renewed = g->epoch != before.epoch;
    if (g->hold && !before.hold && !renewed) { /* the releases are for the one it was told */
        orl_input_end_capture(in, now_ns);
        orl_input_shut(in, true, now_ns);
    }
    in->guest = *g;
    if (renewed) {
        orl_follow_session(&in->mouse.follow);
        orl_mouse_lose(&in->mouse);
        orl_locks_renew(&in->locks, &in->sink);
    }
    if (renewed || (g->connected && !before.connected)) {
        orl_input_release(in, now_ns); /* also what was told before the news came here */
    }
    if (g->absolute != before.absolute) {
        orl_mouse_lose(&in->mouse);
    }
    if (!orl_input_usable(in)) {
        bool due = in->capture_due;
        orl_input_end_capture(in, now_ns);
        in->capture_due = due;
        orl_mouse_lose(&in->mouse);
    }
    orl_input_try_capture(in);
    settle(in, now_ns);
}

void orl_input_set_dialog(struct orl_input *in, bool open, uint64_t now_ns)
{
    if (open == in->dialog) {
        return;
    }
    if (open) {
        bool again = in->captured || in->capture_due;
        orl_input_end_capture(in, now_ns);
        orl_input_shut(in, true, now_ns);
        in->capture_due = again;
    }
    in->dialog = open;
    orl_input_try_capture(in);
    settle(in, now_ns);
}

void orl_input_release(struct orl_input *in, uint64_t now_ns)
{
    struct orl_cmd cmd = {.kind = ORL_CMD_RELEASE_ALL, .t_ns = now_ns};
    orl_keyboard_void(&in->keyboard);
    orl_mouse_void(&in->mouse);
    if (in->guest.connected) {
        orl_sink_send(&in->sink, &cmd);
    }
}

void orl_input_uncapture(struct orl_input *in, uint64_t now_ns)
{
    orl_input_end_capture(in, now_ns);
    orl_input_shut(in, false, now_ns);
    settle(in, now_ns);
}

void orl_input_leave(struct orl_input *in, uint64_t now_ns)
{
    orl_input_release(in, now_ns);
    orl_locks_guest(&in->locks, &in->sink, false, 0, now_ns);
}

struct orl_bind_hit orl_input_believe(struct orl_input *in, const uint8_t *down, size_t n)
{
    bool missed = orl_keyboard_believe(&in->keyboard, down, n) > 0;
    return missed ? orl_binds_blur(&in->binds) : nothing;
}

void orl_input_park(struct orl_input *in, const uint16_t *but, size_t n, uint64_t now_ns)
{
    if (orl_input_usable(in)) {
        orl_keyboard_park(&in->keyboard, &in->sink, but, n, now_ns);
    }
}

void orl_input_type(struct orl_input *in, uint16_t usage, bool down, uint64_t now_ns)
{
    if (down) {
        orl_input_park(in, NULL, 0, now_ns);
    }
    orl_input_inject(in, usage, down, now_ns);
}

void orl_input_inject(struct orl_input *in, uint16_t usage, bool down, uint64_t now_ns)
{
    struct orl_keystroke s = {.usage = usage,
                              .down = down,
                              .pass = orl_input_usable(in),
                              .linked = in->guest.connected};
    orl_keyboard_make(&in->keyboard, &in->sink, &s, now_ns);
}
