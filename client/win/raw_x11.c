/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "win/raw_x11.h"

#include <math.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <X11/extensions/XInput2.h>
#include <X11/Xlib.h>

#include "base/clock.h"
#include "win/surface_impl.h"

#define ORL_LOG_MODULE "win"
#include "base/log.h"

#define SOURCES  16
#define FAR      1e6 /* a step beyond this is cut */
#define REACH_NS (5 * ORL_NS_PER_MS)

struct axis {
    bool absolute;
    double scale; /* absolute: pixels for one unit */
    bool known;   /* absolute: where it was last */
    double last;
};

struct source {
    int id;
    struct axis axis[2];
};

struct orl_raw_x11 {
    Display *dpy; /* owned */
    int opcode;
    bool accelerated;
    bool lost;   /* the server went away */
    XEvent held; /* read, and later than what was asked for */
    bool holds;
    uint32_t mark_time; /* the last key or button: its time, and how many of that time */
    uint32_t marks;     /* nobody has asked for yet */
    double sum[2];
    struct source source[SOURCES];
    size_t sources;
    size_t newest; /* the one to be forgotten last */
};

static void on_server_gone(Display *dpy, void *arg)
{
    struct orl_raw_x11 *x = arg;
    (void)dpy;
    x->lost = true;
}

/* From 2.1 on they come also while another program, SDL, holds the pointer. */
static bool begin(struct orl_raw_x11 *x)
{
    int event, error, major = 2, minor = 2;
    return XQueryExtension(x->dpy, "XInputExtension", &x->opcode, &event, &error) &&
           XIQueryVersion(x->dpy, &major, &minor) == Success &&
           (major > 2 || (major == 2 && minor >= 1));
}

struct orl_raw_x11 *orl_raw_x11_open(const char *display, bool accelerated)
{
    struct orl_raw_x11 *x = calloc(1, sizeof(*x));
    if (!x) {
        return NULL;
    }
    x->accelerated = accelerated;
    orl_surface_x11_ignore_errors();
    x->dpy = XOpenDisplay(display);
    if (x->dpy) {
        XSetIOErrorExitHandler(x->dpy, on_server_gone, x);
    }
    if (!x->dpy || !begin(x)) {
        orl_debug("the X server tells nothing of the steps of its mice");
        orl_raw_x11_close(&x);
    }
    return x;
}

void orl_raw_x11_close(struct orl_raw_x11 **px)
{
    struct orl_raw_x11 *x = *px;
    if (!x) {
        return;
    }
    if (x->holds) {
        XFreeEventData(x->dpy, &x->held.xcookie);
    }
    if (x->dpy && !x->lost) {
        XCloseDisplay(x->dpy);
    }
    free(x);
    *px = NULL;
}

/* ---- Devices. --------------------------------------------------------------------------------- */

static void learn_axis(struct orl_raw_x11 *x, struct source *s, const XIValuatorClassInfo *v)
{
    if (v->number < 0 || v->number > 1 || v->mode != XIModeAbsolute) {
        return;
    }
    int screen = DefaultScreen(x->dpy);
    int pixels = v->number == 0 ? DisplayWidth(x->dpy, screen) : DisplayHeight(x->dpy, screen);
    double range = v->max - v->min;
    s->axis[v->number] =
        (struct axis){.absolute = true, .scale = range > 0 ? (double)pixels / (range + 1) : 1};
}

static struct source *learn(struct orl_raw_x11 *x, int id)
{
    size_t at = x->sources < SOURCES ? x->sources++ : (x->newest + 1) % SOURCES;
    struct source *s = &x->source[at];
    *s = (struct source){.id = id};
    x->newest = at;
    int n = 0;
    XIDeviceInfo *info = XIQueryDevice(x->dpy, id, &n);
    for (int i = 0; info && n == 1 && i < info->num_classes; i++) {
        if (info->classes[i]->type == XIValuatorClass) {
            learn_axis(x, s, (const XIValuatorClassInfo *)info->classes[i]);
        }
    }
    if (info) {
        XIFreeDeviceInfo(info);
    }
    return s;
}

static struct source *source_of(struct orl_raw_x11 *x, int id)
{
    for (size_t i = 0; i < x->sources; i++) {
        if (x->source[i].id == id) {
            return &x->source[i];
        }
    }
    return learn(x, id);
}

/* ---- Events. ---------------------------------------------------------------------------------- */

static double step(struct axis *a, double count, double place)
{
    if (a->absolute) {
        count = a->known ? (place - a->last) * a->scale : 0;
        a->last = place;
        a->known = true;
    }
    return count > FAR ? FAR : count < -FAR ? -FAR : count;
}

/* Values stand there only for the axes of the mask, in their order. */
static void count(struct orl_raw_x11 *x, const XIRawEvent *ev)
{
    struct source *s = source_of(x, ev->sourceid);
    int at = 0;
    for (int i = 0; i < 2 && i < ev->valuators.mask_len * 8; i++) {
        if (XIMaskIsSet(ev->valuators.mask, i)) {
            double raw = ev->raw_values[at];
            double value = x->accelerated ? ev->valuators.values[at] : raw;
            x->sum[i] += step(&s->axis[i], value, raw);
            at++;
        }
    }
}

static void mark(struct orl_raw_x11 *x, uint32_t time)
{
    x->marks = time == x->mark_time ? x->marks + 1 : 1;
    x->mark_time = time;
}

/* Of another kind, or later than `until`: not read. */
static bool read_event(struct orl_raw_x11 *x, XGenericEventCookie *cookie,
                       const uint32_t *until)
{
    if (cookie->type != GenericEvent || cookie->extension != x->opcode || !cookie->data) {
        return true;
    }
    const XIRawEvent *ev = cookie->data;
    switch (cookie->evtype) {
    case XI_HierarchyChanged: x->sources = 0; return true;
    case XI_RawMotion:
    case XI_RawKeyPress:
    case XI_RawKeyRelease:
    case XI_RawButtonPress:
    case XI_RawButtonRelease: break;
    default: return true;
    }
    if (until && (int32_t)((uint32_t)ev->time - *until) > 0) {
        return false;
    }
    if (cookie->evtype == XI_RawMotion) {
        count(x, ev);
    } else {
        mark(x, (uint32_t)ev->time);
    }
    return true;
}

/* True: something later has come, so nothing is missing. */
static bool read_until(struct orl_raw_x11 *x, const uint32_t *until)
{
    while (!x->lost && (x->holds || XPending(x->dpy) > 0)) {
        if (!x->holds) {
            XNextEvent(x->dpy, &x->held);
            XGetEventData(x->dpy, &x->held.xcookie);
        }
        x->holds = !read_event(x, &x->held.xcookie, until);
        if (x->holds) {
            return true;
        }
        XFreeEventData(x->dpy, &x->held.xcookie);
    }
    return x->lost;
}

void orl_raw_x11_look(struct orl_raw_x11 *x, uint32_t time)
{
    (void)read_until(x, &time);
}

static bool is_marked(const struct orl_raw_x11 *x, uint32_t time)
{
    return x->marks > 0 && x->mark_time == time;
}

/* False: nothing has come until `end_ns`. */
static bool wait_for_more(struct orl_raw_x11 *x, uint64_t end_ns)
{
    struct pollfd p = {.fd = ConnectionNumber(x->dpy), .events = POLLIN};
    uint64_t now_ns = orl_now_ns();
    return now_ns < end_ns &&
           poll(&p, 1, (int)((end_ns - now_ns + ORL_NS_PER_MS - 1) / ORL_NS_PER_MS)) > 0;
}

void orl_raw_x11_reach(struct orl_raw_x11 *x, uint32_t time)
{
    uint64_t end_ns = orl_now_ns() + REACH_NS;
    bool all = read_until(x, &time);
    while (!all && !is_marked(x, time) && wait_for_more(x, end_ns)) {
        all = read_until(x, &time);
    }
    if (is_marked(x, time)) { /* the key or button itself */
        x->marks--;
    }
}

void orl_raw_x11_fetch(struct orl_raw_x11 *x)
{
    if (!x->lost) {
        XSync(x->dpy, False);
    }
}

void orl_raw_x11_rest(struct orl_raw_x11 *x)
{
    (void)read_until(x, NULL);
}

static void listen(struct orl_raw_x11 *x, bool on)
{
    unsigned char raw[XIMaskLen(XI_LASTEVENT)] = {0};
    unsigned char changes[XIMaskLen(XI_LASTEVENT)] = {0};
    XIEventMask masks[2] = {{XIAllMasterDevices, (int)sizeof(raw), raw},
                            {XIAllDevices, (int)sizeof(changes), changes}};
    if (on) {
        XISetMask(raw, XI_RawMotion);
        XISetMask(raw, XI_RawKeyPress);
        XISetMask(raw, XI_RawKeyRelease);
        XISetMask(raw, XI_RawButtonPress);
        XISetMask(raw, XI_RawButtonRelease);
        XISetMask(changes, XI_HierarchyChanged);
    }
    if (!x->lost) {
        XISelectEvents(x->dpy, DefaultRootWindow(x->dpy), masks, 2);
        orl_raw_x11_fetch(x);
        orl_raw_x11_rest(x);
    }
}

void orl_raw_x11_start(struct orl_raw_x11 *x)
{
    x->sources = 0;
    listen(x, true);
    x->sum[0] = x->sum[1] = 0;
    x->marks = 0;
}

void orl_raw_x11_stop(struct orl_raw_x11 *x)
{
    listen(x, false);
}

static int32_t whole(double *sum)
{
    double max = ORL_RAW_MAX;
    double n = trunc(*sum > max ? max : *sum < -max ? -max : *sum);
    *sum -= n;
    return (int32_t)n;
}

bool orl_raw_x11_take(struct orl_raw_x11 *x, int32_t *dx, int32_t *dy)
{
    *dx = whole(&x->sum[0]);
    *dy = whole(&x->sum[1]);
    return *dx != 0 || *dy != 0;
}

void orl_raw_x11_return(struct orl_raw_x11 *x, int32_t dx, int32_t dy)
{
    x->sum[0] += dx;
    x->sum[1] += dy;
}
