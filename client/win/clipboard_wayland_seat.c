/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Keyboard and pointer of our own, for what their events carry: the focus, and serials, without
 * which no compositor lets a program set the selection. Main thread, from SDL's event wait.
 */
#include <unistd.h>

#include "win/clipboard_wayland.h"

static void keyboard_keymap(void *arg, struct wl_keyboard *keyboard, uint32_t format,
                            int32_t fd, uint32_t size)
{
    (void)arg;
    (void)keyboard;
    (void)format;
    (void)size;
    close(fd);
}
static void keyboard_enter(void *arg, struct wl_keyboard *keyboard, uint32_t serial,
                           struct wl_surface *surface, struct wl_array *keys)
{
    (void)keyboard;
    (void)surface;
    (void)keys;
    struct orl_wl_clip *w = arg;
    const struct orl_wl_news news = {ORL_WL_FOCUS, NULL, 1, -1};
    orl_wl_serial(w, serial);
    orl_wl_tell(w, &news);
}
static void keyboard_leave(void *arg, struct wl_keyboard *keyboard, uint32_t serial,
                           struct wl_surface *surface)
{
    (void)keyboard;
    (void)serial;
    (void)surface;
    const struct orl_wl_news news = {ORL_WL_FOCUS, NULL, 0, -1};
    orl_wl_tell(arg, &news);
}
static void keyboard_key(void *arg, struct wl_keyboard *keyboard, uint32_t serial,
                         uint32_t time, uint32_t key, uint32_t state)
{
    (void)keyboard;
    (void)time;
    (void)key;
    (void)state;
    orl_wl_serial(arg, serial);
}
static void keyboard_modifiers(void *arg, struct wl_keyboard *keyboard, uint32_t serial,
                               uint32_t depressed, uint32_t latched, uint32_t locked,
                               uint32_t group)
{
    (void)arg;
    (void)keyboard;
    (void)serial;
    (void)depressed;
    (void)latched;
    (void)locked;
    (void)group;
}
static void keyboard_repeat(void *arg, struct wl_keyboard *keyboard, int32_t rate,
                            int32_t delay)
{
    (void)arg;
    (void)keyboard;
    (void)rate;
    (void)delay;
}
static const struct wl_keyboard_listener keyboard_listener = {
    keyboard_keymap, keyboard_enter,     keyboard_leave,
    keyboard_key,    keyboard_modifiers, keyboard_repeat};

static void drop_keyboard(struct orl_wl_clip *w)
{
    if (!w->keyboard) {
        return;
    }
    if (wl_keyboard_get_version(w->keyboard) >= WL_KEYBOARD_RELEASE_SINCE_VERSION) {
        wl_keyboard_release(w->keyboard);
    } else {
        wl_keyboard_destroy(w->keyboard);
    }
    w->keyboard = NULL;
    const struct orl_wl_news news = {ORL_WL_FOCUS, NULL, 0, -1};
    orl_wl_tell(w, &news);
}

static void pointer_enter(void *arg, struct wl_pointer *pointer, uint32_t serial,
                          struct wl_surface *surface, wl_fixed_t x, wl_fixed_t y)
{
    (void)arg;
    (void)pointer;
    (void)serial;
    (void)surface;
    (void)x;
    (void)y;
}
static void pointer_leave(void *arg, struct wl_pointer *pointer, uint32_t serial,
                          struct wl_surface *surface)
{
    (void)arg;
    (void)pointer;
    (void)serial;
    (void)surface;
}
static void pointer_motion(void *arg, struct wl_pointer *pointer, uint32_t time, wl_fixed_t x,
                           wl_fixed_t y)
{
    (void)arg;
    (void)pointer;
    (void)time;
    (void)x;
    (void)y;
}
static void pointer_button(void *arg, struct wl_pointer *pointer, uint32_t serial,
                           uint32_t time, uint32_t button, uint32_t state)
{
    (void)pointer;
    (void)time;
    (void)button;
    (void)state;
    orl_wl_serial(arg, serial);
}
static void pointer_axis(void *arg, struct wl_pointer *pointer, uint32_t time, uint32_t axis,
                         wl_fixed_t value)
{
    (void)arg;
    (void)pointer;
    (void)time;
    (void)axis;
    (void)value;
}
static const struct wl_pointer_listener pointer_listener = {.enter = pointer_enter,
                                                            .leave = pointer_leave,
                                                            .motion = pointer_motion,
                                                            .button = pointer_button,
                                                            .axis = pointer_axis};

static void drop_pointer(struct orl_wl_clip *w)
{
    if (!w->pointer) {
        return;
    }
    if (wl_pointer_get_version(w->pointer) >= WL_POINTER_RELEASE_SINCE_VERSION) {
        wl_pointer_release(w->pointer);
    } else {
        wl_pointer_destroy(w->pointer);
    }
    w->pointer = NULL;
}

static void seat_capabilities(void *arg, struct wl_seat *seat, uint32_t capabilities)
{
    struct orl_wl_clip *w = arg;
    bool has = (capabilities & WL_SEAT_CAPABILITY_KEYBOARD) != 0;
    if (has && !w->keyboard) {
        w->keyboard = wl_seat_get_keyboard(seat);
        /* The first news of the seat may come while it is still in the queue of the search. */
        wl_proxy_set_queue((struct wl_proxy *)w->keyboard, NULL);
        wl_keyboard_add_listener(w->keyboard, &keyboard_listener, w);
    } else if (!has) {
        drop_keyboard(w);
    }
    bool points = (capabilities & WL_SEAT_CAPABILITY_POINTER) != 0;
    if (points && !w->pointer) {
        w->pointer = wl_seat_get_pointer(seat);
        wl_proxy_set_queue((struct wl_proxy *)w->pointer, NULL);
        wl_pointer_add_listener(w->pointer, &pointer_listener, w);
    } else if (!points) {
        drop_pointer(w);
    }
}
static void seat_name(void *arg, struct wl_seat *seat, const char *name)
{
    (void)arg;
    (void)seat;
    (void)name;
}
static const struct wl_seat_listener seat_listener = {seat_capabilities, seat_name};

void orl_wl_seat_open(struct orl_wl_clip *w)
{
    wl_seat_add_listener(w->seat, &seat_listener, w);
}

void orl_wl_seat_close(struct orl_wl_clip *w)
{
    drop_keyboard(w);
    drop_pointer(w);
    if (w->seat) {
        wl_seat_destroy(w->seat);
        w->seat = NULL;
    }
}
