/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "input/mouse.h"

#include <math.h>

#include "base/clock.h"
#include "input/event.h"

#define FAR_PX     1e6 /* positions and steps beyond this are cut */
#define NOTCHES    100.0
#define NOTCH_SLOP 1e-3 /* thirds and tenths of a notch shall add up to a whole one */

static double sane(double v, double limit)
{
    return v > limit ? limit : v < -limit ? -limit : v == v ? v : 0;
}

void orl_mouse_init(struct orl_mouse *p)
{
    *p = (struct orl_mouse){.held = 0};
    orl_follow_init(&p->follow);
    orl_counts_init(&p->counts);
}

/* Size of the guest's desktop. */
static struct orl_point desktop(const struct orl_view *v)
{
    bool sideways = v->user_turns & 1;
    return (struct orl_point){(int32_t)(sideways ? v->up_h : v->up_w),
                              (int32_t)(sideways ? v->up_w : v->up_h)};
}

void orl_mouse_lose(struct orl_mouse *p)
{
    orl_follow_lose(&p->follow);
    p->unscaled = false;
    p->pos_known = false;
    p->rest_x = p->rest_y = 0;
}

void orl_mouse_set_view(struct orl_mouse *p, const struct orl_view *view)
{
    struct orl_point before = desktop(&p->view), now = desktop(view);
    p->view = *view;
    if (before.x != now.x || before.y != now.y) {
        orl_follow_resize(&p->follow, now);
        orl_mouse_lose(p);
    }
}

bool orl_mouse_over(const struct orl_mouse *p)
{
    const struct orl_view *v = &p->view;
    return v->valid && p->at_known && p->at_x >= v->x && p->at_x < (double)v->x + v->w &&
           p->at_y >= v->y && p->at_y < (double)v->y + v->h;
}

/* Middle of the pixel, and out at the picture's edge. */
static double reach(double at, int32_t from, uint32_t size)
{
    double first = from, last = (double)from + size - 1;
    return at < first + 1 ? first - 1 : at >= last ? last + 2 : floor(at) + 0.5;
}

static double clamp(double v, int32_t size)
{
    return v < 0 ? 0 : v > size - 1 ? size - 1 : v;
}

/* The guest pixel under the host's pointer, or the nearest one. */
static struct orl_point target(const struct orl_mouse *p)
{
    const struct orl_view *v = &p->view;
    struct orl_point size = desktop(v);
    double x, y;
    orl_view_to_guest(v, reach(p->at_x, v->x, v->w), reach(p->at_y, v->y, v->h), &x, &y);
    return (struct orl_point){(int32_t)clamp(floor(x), size.x),
                              (int32_t)clamp(floor(y), size.y)};
}

static void send_motion(const struct orl_input_sink *sink, int32_t dx, int32_t dy,
                        uint64_t now_ns)
{
    struct orl_cmd cmd = {.kind = ORL_CMD_MOTION, .dx = dx, .dy = dy, .t_ns = now_ns};
    if (dx || dy) {
        orl_sink_send(sink, &cmd);
    }
}

static uint16_t cut_16(int32_t v)
{
    return (uint16_t)(v > UINT16_MAX ? UINT16_MAX : v);
}

/* Says a position if its pixel is another one than before. */
static void send_position(struct orl_mouse *p, const struct orl_input_sink *sink, double x,
                          double y, uint64_t now_ns)
{
    struct orl_point size = desktop(&p->view);
    struct orl_cmd cmd = {.kind = ORL_CMD_POSITION,
                          .dx = (int32_t)clamp(x, size.x),
                          .dy = (int32_t)clamp(y, size.y),
                          .w = cut_16(size.x),
                          .h = cut_16(size.y),
                          .t_ns = now_ns};
    bool same = p->pos_known && cmd.dx == (int32_t)p->pos_x && cmd.dy == (int32_t)p->pos_y;
    p->pos_known = true;
    p->pos_x = clamp(x, size.x);
    p->pos_y = clamp(y, size.y);
    if (!same) {
        orl_sink_send(sink, &cmd);
    }
}

/* A step as seen -> a step in the guest's axes: the user's quarter turns are taken back. */
static void turn_back(const struct orl_view *v, double *dx, double *dy)
{
    double x = *dx, y = *dy;
    switch (v->user_turns & 3) {
    case 1: *dx = y, *dy = -x; break;
    case 2: *dx = -x, *dy = -y; break;
    case 3: *dx = -y, *dy = x; break;
    default: break;
    }
}

/* spice:scaleCursor=no: window pixels are counts. Only the entry knows where the pointer is. */
static void step_unscaled(struct orl_mouse *p, const struct orl_input_sink *sink, double dx,
                          double dy, uint64_t now_ns)
{
    turn_back(&p->view, &dx, &dy);
    p->rest_x += dx;
    p->rest_y += dy;
    double x = trunc(p->rest_x), y = trunc(p->rest_y);
    p->rest_x -= x;
    p->rest_y -= y;
    send_motion(sink, (int32_t)x, (int32_t)y, now_ns);
}

static void lead(struct orl_mouse *p, const struct orl_input_sink *sink,
                 const struct orl_mouse_how *how, bool entry, uint64_t now_ns)
{
    struct orl_point goal = target(p);
    bool dragging = p->told != 0; /* the guest shall see where it went */
    bool align = how->can_align && sink->align && (!dragging || !p->follow.newest.known);
    if (!p->follow.entered || (entry && align && !dragging)) {
        orl_follow_enter(&p->follow, sink, align, goal, now_ns);
    } else {
        orl_follow_to(&p->follow, sink, goal, now_ns);
    }
}

bool orl_mouse_leads(const struct orl_mouse *p, const struct orl_mouse_how *how)
{
    return how->absolute                 ? p->pos_known
           : how->scale || p->view.exact ? p->follow.entered
                                         : p->unscaled;
}

void orl_mouse_move(struct orl_mouse *p, const struct orl_input_sink *sink,
                    const struct orl_mouse_how *how, double x, double y, bool entry,
                    uint64_t now_ns)
{
    double dx = sane(x, FAR_PX) - p->at_x, dy = sane(y, FAR_PX) - p->at_y;
    p->at_x = sane(x, FAR_PX);
    p->at_y = sane(y, FAR_PX);
    p->at_known = true;
    if (!how->live || how->captured || !p->view.valid) {
        return;
    }
    if (how->absolute) {
        struct orl_point at = target(p);
        send_position(p, sink, at.x, at.y, now_ns);
    } else if (how->scale || p->view.exact) {
        p->unscaled = false;
        lead(p, sink, how, entry, now_ns);
    } else if (p->unscaled && (!entry || p->told)) {
        step_unscaled(p, sink, dx, dy, now_ns);
    } else {
        lead(p, sink, how, entry, now_ns);
        orl_follow_lose(&p->follow); /* from here on positions differ by design */
        p->unscaled = true;
    }
}

void orl_mouse_count(struct orl_mouse *p, const struct orl_input_sink *sink,
                     const struct orl_mouse_how *how, double dx, double dy, uint64_t now_ns)
{
    int32_t x, y;
    if (!how->live || !how->captured) {
        return;
    }
    turn_back(&p->view, &dx, &dy);
    if (!orl_counts_add(&p->counts, dx, dy, how->sens, how->smooth, now_ns, &x, &y)) {
        return;
    }
    if (!how->absolute) {
        send_motion(sink, x, y, now_ns);
    } else if (p->view.valid) {
        send_position(p, sink, p->pos_x + x, p->pos_y + y, now_ns);
    }
}

static void flush_counts(struct orl_mouse *p, const struct orl_input_sink *sink,
                         const struct orl_mouse_how *how, uint64_t now_ns)
{
    int32_t x, y;
    bool any = orl_counts_flush(&p->counts, &x, &y);
    if (!any || !how->live || !how->captured) {
        return;
    }
    if (!how->absolute) {
        send_motion(sink, x, y, now_ns);
    } else if (p->view.valid) {
        send_position(p, sink, p->pos_x + x, p->pos_y + y, now_ns);
    }
}

static void tell_button(struct orl_mouse *p, const struct orl_input_sink *sink, uint8_t button,
                        bool down, uint64_t now_ns)
{
    struct orl_cmd cmd = {.kind = ORL_CMD_BUTTON, .code = button, .down = down, .t_ns = now_ns};
    uint8_t bit = (uint8_t)(1u << button);
    p->told = (uint8_t)(down ? p->told | bit : p->told & ~bit);
    orl_sink_send(sink, &cmd);
}

void orl_mouse_button(struct orl_mouse *p, const struct orl_input_sink *sink,
                      const struct orl_mouse_how *how, uint8_t button, bool down,
                      uint64_t now_ns)
{
    if (button < ORL_BUTTON_LEFT || button > ORL_BUTTON_EXTRA) {
        return;
    }
    uint8_t bit = (uint8_t)(1u << button);
    bool told = p->told & bit;
    p->held = (uint8_t)(down ? p->held | bit : p->held & ~bit);
    flush_counts(p, sink, how, now_ns);
    if (down && !told && how->live && (how->captured || orl_mouse_over(p))) {
        tell_button(p, sink, button, true, now_ns);
    } else if (!down && told && how->linked) {
        tell_button(p, sink, button, false, now_ns);
    }
}

static int32_t notches(double *sum, double by)
{
    by = sane(by, NOTCHES);
    *sum = *sum * by < 0 ? by : *sum + by;
    double whole = trunc(*sum + (*sum > 0 ? NOTCH_SLOP : -NOTCH_SLOP));
    *sum -= whole;
    return (int32_t)whole;
}

void orl_mouse_wheel(struct orl_mouse *p, const struct orl_input_sink *sink,
                     const struct orl_mouse_how *how, double dx, double dy, uint64_t now_ns)
{
    if (!how->live || !(how->captured || orl_mouse_over(p))) {
        return;
    }
    flush_counts(p, sink, how, now_ns);
    struct orl_cmd cmd = {.kind = ORL_CMD_WHEEL, .t_ns = now_ns};
    cmd.dx = notches(&p->wheel_x, dx);
    cmd.dy = notches(&p->wheel_y, dy);
    if (cmd.dx || cmd.dy) {
        orl_sink_send(sink, &cmd);
    }
}

static uint32_t release(struct orl_mouse *p, const struct orl_input_sink *sink, uint8_t which,
                        uint64_t now_ns)
{
    uint32_t n = 0;
    for (int b = ORL_BUTTON_LEFT; b <= ORL_BUTTON_EXTRA; b++) {
        if (p->told & which & 1u << b) {
            tell_button(p, sink, (uint8_t)b, false, now_ns);
            n++;
        }
    }
    return n;
}

void orl_mouse_release(struct orl_mouse *p, const struct orl_input_sink *sink, uint64_t now_ns)
{
    release(p, sink, UINT8_MAX, now_ns);
}

void orl_mouse_void(struct orl_mouse *p)
{
    p->told = 0;
}

void orl_mouse_forget(struct orl_mouse *p)
{
    p->held = 0;
}

void orl_mouse_watch(struct orl_mouse *p, const struct orl_input_sink *sink, uint64_t now_ns)
{
    p->corrections += release(p, sink, (uint8_t)~p->held, now_ns);
}

bool orl_mouse_tick(struct orl_mouse *p, const struct orl_input_sink *sink,
                    const struct orl_mouse_how *how, uint64_t now_ns)
{
    if (now_ns >= orl_counts_due(&p->counts)) {
        flush_counts(p, sink, how, now_ns);
    }
    if (!how->live || how->captured || how->absolute) {
        orl_follow_lose(&p->follow); /* a check that was planned is of no use any more */
        return false;
    }
    return orl_follow_tick(&p->follow, sink, now_ns);
}

uint64_t orl_mouse_due(const struct orl_mouse *p)
{
    return orl_earlier(orl_counts_due(&p->counts), orl_follow_due(&p->follow));
}
