/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "win/locks_x11.h"

#include <stdbool.h>
#include <stdlib.h>
#include <X11/keysym.h>
#include <X11/XKBlib.h>
#include <X11/Xlib.h>

#include "input/event.h"
#include "win/surface_impl.h"

#define ORL_LOG_MODULE "win"
#include "base/log.h"

#define EVENTS_MAX 256 /* of one look; the rest waits */
#define MAP_PARTS  (XkbModifierMapMask | XkbKeySymsMask)

struct orl_locks_x11 {
    Display *dpy; /* owned */
    int xkb_event;
    unsigned num; /* modifiers; 0: there is none */
    unsigned scroll;
    unsigned locked; /* modifiers that are */
};

/* The modifiers of a lock. */
static unsigned modifiers_of(const struct orl_locks_x11 *x, uint8_t locks)
{
    return (locks & ORL_LOCK_CAPS ? (unsigned)LockMask : 0) |
           (locks & ORL_LOCK_NUM ? x->num : 0) | (locks & ORL_LOCK_SCROLL ? x->scroll : 0);
}

/* A keymap may give one to several keys: only one that no other lock or key has can be locked. */
static unsigned find_modifier(Display *dpy, KeySym lock)
{
    static const KeySym others[] = {XK_Shift_L,     XK_Control_L,       XK_Alt_L,
                                    XK_Meta_L,      XK_Super_L,         XK_Hyper_L,
                                    XK_Mode_switch, XK_ISO_Level3_Shift};
    unsigned taken = ShiftMask | LockMask | ControlMask;
    for (size_t i = 0; i < sizeof(others) / sizeof(others[0]); i++) {
        taken |= XkbKeysymToModifiers(dpy, others[i]);
    }
    unsigned found = XkbKeysymToModifiers(dpy, lock);
    return found & taken ? 0 : found;
}

static void find_modifiers(struct orl_locks_x11 *x)
{
    x->num = find_modifier(x->dpy, XK_Num_Lock);
    x->scroll = find_modifier(x->dpy, XK_Scroll_Lock);
    if (x->scroll & x->num) {
        x->scroll = 0;
    }
}

/* Under Wayland a server of its own stands between, and takes the locks from the compositor. */
static bool is_real(Display *dpy)
{
    const char *wayland = getenv("WAYLAND_DISPLAY");
    int opcode, event, error;
    return !(wayland && wayland[0]) &&
           !XQueryExtension(dpy, "XWAYLAND", &opcode, &event, &error);
}

static bool begin(struct orl_locks_x11 *x)
{
    XkbStateRec state;
    if (!is_real(x->dpy) ||
        !XkbSelectEventDetails(x->dpy, XkbUseCoreKbd, XkbStateNotify, XkbModifierLockMask,
                               XkbModifierLockMask) ||
        !XkbSelectEventDetails(x->dpy, XkbUseCoreKbd, XkbMapNotify, MAP_PARTS, MAP_PARTS) ||
        XkbGetState(x->dpy, XkbUseCoreKbd, &state) != Success) {
        return false;
    }
    x->locked = state.locked_mods;
    find_modifiers(x);
    return true;
}

struct orl_locks_x11 *orl_locks_x11_open(const char *display)
{
    int major = XkbMajorVersion, minor = XkbMinorVersion, error = 0, reason = 0;
    struct orl_locks_x11 *x = calloc(1, sizeof(*x));
    if (!x) {
        return NULL;
    }
    orl_surface_x11_ignore_errors();
    x->dpy = XkbOpenDisplay(display, &x->xkb_event, &error, &major, &minor, &reason);
    if (!x->dpy || !begin(x)) {
        orl_debug("the host's lock keys cannot be set (%d)", reason);
        orl_locks_x11_close(&x);
    }
    return x;
}

void orl_locks_x11_close(struct orl_locks_x11 **px)
{
    struct orl_locks_x11 *x = *px;
    if (!x) {
        return;
    }
    if (x->dpy) {
        XCloseDisplay(x->dpy);
    }
    free(x);
    *px = NULL;
}

uint8_t orl_locks_x11_able(const struct orl_locks_x11 *x)
{
    unsigned able = ORL_LOCK_CAPS | (x->num ? (unsigned)ORL_LOCK_NUM : 0) |
                    (x->scroll ? (unsigned)ORL_LOCK_SCROLL : 0);
    return (uint8_t)able;
}

static void hear(struct orl_locks_x11 *x, XEvent *e)
{
    XkbEvent *xkb = (XkbEvent *)e;
    if (e->type == MappingNotify) { /* what Xlib makes of a new keyboard */
        XRefreshKeyboardMapping(&e->xmapping);
        find_modifiers(x);
    } else if (e->type != x->xkb_event) {
        return;
    } else if (xkb->any.xkb_type == XkbMapNotify) {
        XkbRefreshKeyboardMapping(&xkb->map);
        find_modifiers(x);
    } else if (xkb->any.xkb_type == XkbStateNotify) {
        x->locked = (unsigned)xkb->state.locked_mods;
    }
}

uint8_t orl_locks_x11_get(struct orl_locks_x11 *x)
{
    for (int i = 0; i < EVENTS_MAX && XPending(x->dpy) > 0; i++) {
        XEvent e;
        XNextEvent(x->dpy, &e);
        hear(x, &e);
    }
    uint8_t on = 0;
    for (unsigned lock = 1; lock <= ORL_LOCK_CAPS; lock *= 2) {
        on |= (uint8_t)(x->locked & modifiers_of(x, (uint8_t)lock) ? lock : 0);
    }
    return on;
}

void orl_locks_x11_set(struct orl_locks_x11 *x, uint8_t mask, uint8_t values)
{
    unsigned modifiers = modifiers_of(x, mask);
    unsigned on = modifiers_of(x, mask & values);
    if (!modifiers) {
        return;
    }
    x->locked = (x->locked & ~modifiers) | on;
    XkbLockModifiers(x->dpy, XkbUseCoreKbd, modifiers, on);
    XFlush(x->dpy);
}
