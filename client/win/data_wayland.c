/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "win/data_wayland.h"

#include <stdlib.h>
#include <string.h>

#include <SDL2/SDL_syswm.h>

#include "win/clipboard_wayland.h"
#include "win/win_impl.h"

#define ORL_LOG_MODULE "win"
#include "base/log.h"

/* ---- Offers. ---- */

static void drop_offer(struct wl_data_offer **offer)
{
    if (*offer) {
        wl_data_offer_destroy(*offer);
    }
    *offer = NULL;
}

static uint32_t bit_of(const struct orl_wl_data *d, const char *name)
{
    for (int i = 0; i < ORL_WIN_CLIP_NAMES; i++) {
        if (strcmp(name, orl_win_clip_names[i].name) == 0) {
            return 1u << i;
        }
    }
    if (strcmp(name, "text/uri-list") == 0) {
        return ORL_WL_FILES;
    }
    return d->clip && strcmp(name, d->clip->mark) == 0 ? ORL_WL_OURS : 0;
}

/* All names come before it is said what the offer is for. */
static void offer_named(void *arg, struct wl_data_offer *proxy, const char *name)
{
    struct orl_wl_data *d = arg;
    if (proxy == d->fresh) {
        d->names |= bit_of(d, name);
    }
}
static void offer_actions(void *arg, struct wl_data_offer *proxy, uint32_t actions)
{
    (void)arg;
    (void)proxy;
    (void)actions;
}
static const struct wl_data_offer_listener offer_listener = {offer_named, offer_actions,
                                                             offer_actions};

/* Hands over the fresh one; any other has been dealt with. */
static struct wl_data_offer *take_fresh(struct orl_wl_data *d, struct wl_data_offer *proxy)
{
    if (!proxy || proxy != d->fresh) {
        return NULL;
    }
    d->fresh = NULL;
    return proxy;
}

/* ---- The device. ---- */

static void device_offer(void *arg, struct wl_data_device *device, struct wl_data_offer *proxy)
{
    struct orl_wl_data *d = arg;
    (void)device;
    drop_offer(&d->fresh);
    d->fresh = proxy;
    d->names = 0;
    wl_data_offer_add_listener(proxy, &offer_listener, d);
}
static void hand_over(struct orl_wl_data *d)
{
    if (d->clip && d->told) {
        orl_wl_relay_selection(d->clip, d->selection, d->selection_names);
        d->selection = NULL;
        d->told = false;
    }
}
static void device_selection(void *arg, struct wl_data_device *device,
                             struct wl_data_offer *proxy)
{
    struct orl_wl_data *d = arg;
    (void)device;
    if (proxy && proxy != d->fresh) {
        return; /* the same once more */
    }
    drop_offer(&d->selection);
    d->selection = take_fresh(d, proxy);
    d->selection_names = d->selection ? d->names : 0;
    d->told = true;
    hand_over(d);
}
static void device_enter(void *arg, struct wl_data_device *device, uint32_t serial,
                         struct wl_surface *surface, wl_fixed_t x, wl_fixed_t y,
                         struct wl_data_offer *proxy)
{
    struct orl_wl_data *d = arg;
    (void)device;
    (void)surface;
    (void)x;
    (void)y;
    orl_wl_drop_enter(&d->drop, serial, take_fresh(d, proxy), (d->names & ORL_WL_FILES) != 0);
}
static void device_leave(void *arg, struct wl_data_device *device)
{
    struct orl_wl_data *d = arg;
    (void)device;
    orl_wl_drop_leave(&d->drop);
}
static void device_motion(void *arg, struct wl_data_device *device, uint32_t time, wl_fixed_t x,
                          wl_fixed_t y)
{
    (void)arg;
    (void)device;
    (void)time;
    (void)x;
    (void)y;
}
static void device_drop(void *arg, struct wl_data_device *device)
{
    struct orl_wl_data *d = arg;
    (void)device;
    orl_wl_drop_dropped(&d->drop);
}
static const struct wl_data_device_listener device_listener = {
    device_offer, device_enter, device_leave, device_motion, device_drop, device_selection};

/* ---- What the compositor has. ---- */

static uint32_t lower(uint32_t a, uint32_t b)
{
    return a < b ? a : b;
}

static void registry_global(void *arg, struct wl_registry *registry, uint32_t name,
                            const char *interface, uint32_t version)
{
    struct orl_wl_data *d = arg;
    if (strcmp(interface, wl_seat_interface.name) == 0 && !d->seat) {
        d->seat = wl_registry_bind(registry, name, &wl_seat_interface, 1);
    } else if (strcmp(interface, wl_data_device_manager_interface.name) == 0 && !d->manager) {
        d->manager = wl_registry_bind(registry, name, &wl_data_device_manager_interface,
                                      lower(version, 3));
    }
}
static void registry_remove(void *arg, struct wl_registry *registry, uint32_t name)
{
    (void)arg;
    (void)registry;
    (void)name;
}
static const struct wl_registry_listener registry_listener = {registry_global, registry_remove};

static bool look(struct orl_wl_data *d, struct wl_event_queue *queue)
{
    struct wl_display *wrapper = wl_proxy_create_wrapper(d->display);
    if (!wrapper) {
        return false;
    }
    wl_proxy_set_queue((struct wl_proxy *)wrapper, queue);
    struct wl_registry *registry = wl_display_get_registry(wrapper);
    bool ok = registry && wl_registry_add_listener(registry, &registry_listener, d) == 0 &&
              wl_display_roundtrip_queue(d->display, queue) >= 0;
    if (registry) {
        wl_registry_destroy(registry);
    }
    wl_proxy_wrapper_destroy(wrapper);
    return ok && d->seat && d->manager;
}

/* Objects are found in a queue of their own, so that nothing of SDL's runs meanwhile. */
static bool find(struct orl_wl_data *d)
{
    struct wl_event_queue *queue = wl_display_create_queue(d->display);
    bool found = queue && look(d, queue);
    /* From now on in SDL's queue, with all that they make; nobody listens to the seat. */
    if (d->seat) {
        wl_proxy_set_queue((struct wl_proxy *)d->seat, NULL);
    }
    if (d->manager) {
        wl_proxy_set_queue((struct wl_proxy *)d->manager, NULL);
    }
    if (queue) {
        wl_event_queue_destroy(queue);
    }
    return found;
}

static bool open_device(struct orl_wl_data *d)
{
    if (!find(d) || orl_wl_drop_init(&d->drop, d->win, d->display) != ORL_OK) {
        return false;
    }
    d->device = wl_data_device_manager_get_data_device(d->manager, d->seat);
    if (!d->device) {
        return false;
    }
    wl_data_device_add_listener(d->device, &device_listener, d);
    wl_display_flush(d->display);
    return true;
}

void orl_win_open_data(struct orl_win *win)
{
    SDL_SysWMinfo info;
    SDL_VERSION(&info.version);
    if (!SDL_GetWindowWMInfo(win->window, &info) || info.subsystem != SDL_SYSWM_WAYLAND) {
        return;
    }
    win->data = calloc(1, sizeof(*win->data));
    if (!win->data) {
        return;
    }
    win->data->win = win;
    win->data->display = info.info.wl.display;
    if (!open_device(win->data)) {
        orl_debug("this desktop has no wl_data_device for us");
        orl_win_close_data(win);
    }
}

/* Told to the compositor: events for an object that only we destroyed would end the connection. */
static void drop_device(struct orl_wl_data *d)
{
    if (!d->device) {
        return;
    }
    if (wl_data_device_get_version(d->device) >= WL_DATA_DEVICE_RELEASE_SINCE_VERSION) {
        wl_data_device_release(d->device);
    } else {
        wl_data_device_destroy(d->device);
    }
}

void orl_win_close_data(struct orl_win *win)
{
    struct orl_wl_data *d = win->data;
    if (!d) {
        return;
    }
    orl_wl_drop_finish(&d->drop);
    drop_offer(&d->fresh);
    drop_offer(&d->selection);
    drop_device(d);
    if (d->manager) {
        wl_data_device_manager_destroy(d->manager);
    }
    if (d->seat) {
        wl_seat_destroy(d->seat);
    }
    wl_display_flush(d->display);
    free(d);
    win->data = NULL;
}

void orl_wl_data_clip(struct orl_wl_data *d, struct orl_wl_clip *clip)
{
    d->clip = clip;
    hand_over(d);
}
