/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "bench/x11_keys.h"

#include <stdio.h>
#include <stdlib.h>

/* Xlib's headers depend on this order. */
/* clang-format off */
#include <X11/Xlib.h>
#include <X11/keysym.h>
#include <X11/extensions/XInput2.h>
#include <xcb/xcb.h>
#include <xcb/xcbext.h>
/* clang-format on */

#include "base/clock.h"
#include "base/thread.h"
#include "bench/spice_ends.h"

#define SMALLEST_WINDOW 320

struct bench_x11 {
    Display *display; /* the listening thread's once that runs */
    xcb_connection_t *hand;
    uint8_t keycode;
    int xinput;
    struct orl_thread thread;
    struct orl_flag stop;
    struct orl_counter seen;
    uint64_t seen_ns[BENCH_KEYS_MAX];
};

/* XTestFakeInput of the XTEST protocol 2.2; written out, so that no library is needed for it. */
struct fake_input {
    uint8_t major, minor; /* xcb fills in these and the length */
    uint16_t length;
    uint8_t type, detail;
    uint16_t pad_0;
    uint32_t time, root, pad_1[2];
    int16_t x, y;
    uint32_t pad_2;
    uint16_t pad_3;
    uint8_t pad_4, device;
};

uint64_t bench_x11_key(struct bench_x11 *x, bool down)
{
    static xcb_extension_t xtest = {"XTEST", 0};
    struct fake_input in = {.type = down ? XCB_KEY_PRESS : XCB_KEY_RELEASE,
                            .detail = x->keycode};
    struct iovec parts[4] = {[2] = {.iov_base = &in, .iov_len = sizeof(in)}};
    xcb_protocol_request_t request = {.count = 1, .ext = &xtest, .opcode = 2, .isvoid = 1};
    uint64_t now_ns = orl_now_ns();
    xcb_send_request(x->hand, 0, parts + 2, &request);
    xcb_flush(x->hand);
    return now_ns;
}

static void listen_to_keys(void *arg)
{
    struct bench_x11 *x = arg;
    while (!orl_flag_is_raised(&x->stop)) {
        XEvent event;
        XNextEvent(x->display, &event);
        uint64_t now_ns = orl_now_ns();
        uint64_t n = orl_counter_get(&x->seen);
        bool raw = event.xcookie.type == GenericEvent && event.xcookie.extension == x->xinput;
        if (raw && n < BENCH_KEYS_MAX) {
            x->seen_ns[n] = now_ns;
            orl_counter_add(&x->seen, 1);
        }
    }
}

static void fail(const char *why)
{
    fprintf(stderr, "bench: %s\n", why);
    exit(EXIT_FAILURE);
}

struct bench_x11 *bench_x11_open(void)
{
    struct bench_x11 *x = calloc(1, sizeof(*x));
    int event, error;
    XInitThreads();
    if (!x || !(x->display = XOpenDisplay(NULL)) ||
        !XQueryExtension(x->display, "XInputExtension", &x->xinput, &event, &error)) {
        fail("no X display with XInput");
    }
    int major = 2, minor = 1;
    unsigned char bits[XIMaskLen(XI_LASTEVENT)] = {0};
    XIEventMask mask = {.deviceid = XIAllMasterDevices, .mask_len = sizeof(bits), .mask = bits};
    XISetMask(bits, XI_RawKeyPress);
    XISetMask(bits, XI_RawKeyRelease);
    XIQueryVersion(x->display, &major, &minor);
    XISelectEvents(x->display, DefaultRootWindow(x->display), &mask, 1);
    XSync(x->display, False);
    x->keycode = XKeysymToKeycode(x->display, XK_a);
    x->hand = xcb_connect(NULL, NULL);
    if (xcb_connection_has_error(x->hand)) {
        fail("no second connection to the X display");
    }
    /* So that the first key does not wait for the answer about the extension. */
    bench_x11_key(x, true);
    bench_x11_key(x, false);
    orl_flag_init(&x->stop);
    orl_counter_init(&x->seen);
    if (orl_thread_start(&x->thread, "bench-x11", listen_to_keys, x) != ORL_OK) {
        fail("no thread");
    }
    return x;
}

void bench_x11_close(struct bench_x11 *x)
{
    orl_flag_raise(&x->stop);
    bench_x11_key(x, true); /* wakes the thread */
    bench_x11_key(x, false);
    orl_thread_join(&x->thread);
    xcb_disconnect(x->hand);
    XCloseDisplay(x->display);
    free(x);
}

/* By a connection of its own: the other one belongs to the thread. */
bool bench_x11_focus(struct bench_x11 *x)
{
    (void)x;
    Display *d = XOpenDisplay(NULL);
    Window root, parent, *children = NULL;
    unsigned n = 0;
    bool found = false;
    if (!d) {
        return false;
    }
    XQueryTree(d, DefaultRootWindow(d), &root, &parent, &children, &n);
    for (unsigned i = 0; i < n && !found; i++) {
        XWindowAttributes a;
        found = XGetWindowAttributes(d, children[i], &a) && a.map_state == IsViewable &&
                a.width >= SMALLEST_WINDOW;
        if (found) {
            XSetInputFocus(d, children[i], RevertToParent, CurrentTime);
            XWarpPointer(d, None, children[i], 0, 0, 0, 0, a.width / 2, a.height / 2);
        }
    }
    XFree(children);
    XSync(d, False);
    XCloseDisplay(d);
    return found;
}

const struct orl_counter *bench_x11_seen(const struct bench_x11 *x)
{
    return &x->seen;
}

uint64_t bench_x11_seen_ns(const struct bench_x11 *x, uint64_t i)
{
    return x->seen_ns[i];
}
