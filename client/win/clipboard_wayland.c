/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "win/clipboard_wayland.h"

#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <SDL2/SDL_syswm.h>

#include "base/wake.h"

#define ORL_LOG_MODULE "clip"
#include "base/log.h"

/* ---- Offers of others. ---- */

uint32_t orl_wl_offer_types(const struct orl_wl_offer *offer)
{
    uint32_t types = 0;
    for (int i = 0; i < ORL_WIN_CLIP_NAMES; i++) {
        types |= offer->names & 1u << i ? orl_win_clip_names[i].type : 0;
    }
    return types;
}

static void drop_offer(struct orl_wl_offer *offer)
{
    if (offer->proxy) {
        wl_data_offer_destroy(offer->proxy);
    }
    *offer = (struct orl_wl_offer){NULL, 0, false};
}

static void offer_named(void *arg, struct wl_data_offer *proxy, const char *name)
{
    struct orl_wl_clip *w = arg;
    struct orl_wl_offer *offer = proxy == w->fresh.proxy       ? &w->fresh
                                 : proxy == w->selection.proxy ? &w->selection
                                                               : NULL;
    if (!offer) {
        return;
    }
    offer->ours = offer->ours || strcmp(name, w->mark) == 0;
    for (int i = 0; i < ORL_WIN_CLIP_NAMES; i++) {
        offer->names |= strcmp(name, orl_win_clip_names[i].name) == 0 ? 1u << i : 0;
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

static void device_offer(void *arg, struct wl_data_device *device, struct wl_data_offer *proxy)
{
    (void)device;
    struct orl_wl_clip *w = arg;
    drop_offer(&w->fresh);
    w->fresh.proxy = proxy;
    wl_data_offer_add_listener(proxy, &offer_listener, w);
}

/* Moves the offer that was announced to its purpose; the older one there is dropped. */
static void settle_offer(struct orl_wl_clip *w, struct orl_wl_offer *to,
                         struct wl_data_offer *proxy)
{
    if (to->proxy && to->proxy == proxy) {
        return;
    }
    drop_offer(to);
    if (proxy && proxy == w->fresh.proxy) {
        *to = w->fresh;
        w->fresh = (struct orl_wl_offer){NULL, 0, false};
    }
}

static void device_selection(void *arg, struct wl_data_device *device,
                             struct wl_data_offer *proxy)
{
    (void)device;
    struct orl_wl_clip *w = arg;
    settle_offer(w, &w->selection, proxy);
    w->news = true;
}

/*
 * Drags are SDL's business; compositors tell every data device of a program of them. Destroying the
 * offer of a drag that goes on, or whose drop is being fetched, would end it for SDL as well: it is
 * kept until the pointer left without a drop, or the next drag comes.
 */
static void device_enter(void *arg, struct wl_data_device *device, uint32_t serial,
                         struct wl_surface *surface, wl_fixed_t x, wl_fixed_t y,
                         struct wl_data_offer *proxy)
{
    (void)device;
    (void)serial;
    (void)surface;
    (void)x;
    (void)y;
    struct orl_wl_clip *w = arg;
    settle_offer(w, &w->drag, proxy);
    w->dropped = false;
}
static void device_leave(void *arg, struct wl_data_device *device)
{
    (void)device;
    struct orl_wl_clip *w = arg;
    if (!w->dropped) {
        drop_offer(&w->drag);
    }
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
    (void)device;
    struct orl_wl_clip *w = arg;
    w->dropped = true;
}
static const struct wl_data_device_listener device_listener = {
    device_offer, device_enter, device_leave, device_motion, device_drop, device_selection};

/* ---- Our own selection. ---- */

static void drop_source(struct orl_wl_clip *w)
{
    if (w->source) {
        wl_data_source_destroy(w->source);
        w->source = NULL;
    }
}

static void source_target(void *arg, struct wl_data_source *source, const char *name)
{
    (void)arg;
    (void)source;
    (void)name;
}
static void source_send(void *arg, struct wl_data_source *source, const char *name, int32_t fd)
{
    struct orl_wl_clip *w = arg;
    if (source == w->source) {
        orl_wl_io_send(w, name, fd);
    } else {
        close(fd);
    }
}
static void source_cancelled(void *arg, struct wl_data_source *source)
{
    struct orl_wl_clip *w = arg;
    if (source == w->source) {
        drop_source(w);
        w->own = 0;
    }
}
static void source_done(void *arg, struct wl_data_source *source)
{
    (void)arg;
    (void)source;
}
static void source_action(void *arg, struct wl_data_source *source, uint32_t action)
{
    (void)arg;
    (void)source;
    (void)action;
}
static const struct wl_data_source_listener source_listener = {
    source_target, source_send, source_cancelled, source_done, source_done, source_action};

static void settled(void *arg, struct wl_callback *callback, uint32_t serial)
{
    (void)serial;
    struct orl_wl_clip *w = arg;
    wl_callback_destroy(callback);
    w->settling = NULL;
    /*
     * With the focus we would have been told of our own by now. Compositors ignore a serial that is
     * older than the present selection, which a clipboard manager may have set just now.
     */
    w->refused = w->focused && w->source && !w->selection.ours;
}
static const struct wl_callback_listener settled_listener = {settled};

/* Without a serial it waits for the keyboard focus. */
static void set_selection(struct orl_wl_clip *w)
{
    struct wl_data_source *old = w->source;
    if (!w->own || !w->has_serial) {
        return;
    }
    w->source = wl_data_device_manager_create_data_source(w->manager);
    if (!w->source) {
        w->source = old;
        return;
    }
    wl_data_source_add_listener(w->source, &source_listener, w);
    for (int i = 0; i < ORL_WIN_CLIP_NAMES; i++) {
        if (orl_win_clip_widen(w->own) & orl_win_clip_names[i].type) {
            wl_data_source_offer(w->source, orl_win_clip_names[i].name);
        }
    }
    wl_data_source_offer(w->source, w->mark);
    wl_data_device_set_selection(w->device, w->source, w->serial);
    if (old) {
        wl_data_source_destroy(old); /* after the new one is set: no gap for others to see */
    }
    if (w->settling) {
        wl_callback_destroy(w->settling);
    }
    w->refused = false;
    w->settling = wl_display_sync(w->wrapper);
    if (w->settling) {
        wl_callback_add_listener(w->settling, &settled_listener, w);
    }
}

static void own(struct orl_wl_clip *w, uint32_t types)
{
    w->own = types;
    w->retried = false;
    if (types) {
        set_selection(w);
    } else {
        drop_source(w); /* which ends the selection, if it is still ours */
    }
}

/*
 * What does the newest selection mean? While ours is on its way nothing can be said. Afterwards a
 * foreign one, with ours not cancelled, means that the compositor ignored it, because the serial
 * was from before another window's focus: it is set once more with the serial of this focus.
 */
static void judge(struct orl_wl_clip *w)
{
    if (!w->news || w->settling || (w->own && !w->focused)) {
        return; /* the word of it comes just before that of the focus, whose serial is needed */
    }
    w->news = false;
    if (w->selection.ours) {
        return;
    }
    if (w->own && !w->retried) {
        w->retried = true;
        set_selection(w);
        w->news = true; /* looked at again when it has settled */
        return;
    }
    w->own = 0;
    drop_source(w);
    orl_win_clip_emit(w->clip, ORL_WIN_CLIP_OFFER,
                      orl_win_clip_widen(orl_wl_offer_types(&w->selection)), 0, NULL, 0);
}

/* ---- What the compositor has. ---- */

void orl_wl_serial(struct orl_wl_clip *w, uint32_t serial)
{
    w->serial = serial;
    w->has_serial = true;
    if (w->own && (!w->source || w->refused)) {
        set_selection(w);
    }
}

static uint32_t lower(uint32_t a, uint32_t b)
{
    return a < b ? a : b;
}

static void registry_global(void *arg, struct wl_registry *registry, uint32_t name,
                            const char *interface, uint32_t version)
{
    struct orl_wl_clip *w = arg;
    if (strcmp(interface, wl_seat_interface.name) == 0 && !w->seat) {
        w->seat = wl_registry_bind(registry, name, &wl_seat_interface, lower(version, 3));
        orl_wl_seat_open(w);
    } else if (strcmp(interface, wl_data_device_manager_interface.name) == 0 && !w->manager) {
        w->manager = wl_registry_bind(registry, name, &wl_data_device_manager_interface,
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

/* ---- The thread. ---- */

static void obey(struct orl_wl_clip *w, const struct orl_win_clip_command *command)
{
    switch (command->kind) {
    case ORL_WIN_CLIP_DO_OFFER: own(w, command->types); break;
    case ORL_WIN_CLIP_DO_REQUEST: orl_wl_io_fetch(w, command->types, command->id); break;
    case ORL_WIN_CLIP_DO_ANSWER:
        orl_wl_io_answer(w, command->id, command->data, command->len);
        break;
    }
}

static void step(struct orl_wl_clip *w)
{
    struct orl_win_clip_command command;
    w->now_ns = orl_now_ns();
    while (orl_win_clip_pull(w->clip, &command)) {
        obey(w, &command);
    }
    judge(w);
    orl_wl_io_step(w);
}

/*
 * SDL's thread reads the same connection. The rule of wl_display_prepare_read(3): announce the wish
 * to read while the own queue is empty, wait, then read or cancel; whoever reads sorts the events of
 * both into their queues.
 */
static void wait_and_read(struct orl_wl_clip *w)
{
    if (wl_display_prepare_read_queue(w->display, w->queue) != 0) {
        w->broken = wl_display_dispatch_queue_pending(w->display, w->queue) < 0;
        return;
    }
    struct pollfd fds[3 + ORL_WIN_CLIP_PEERS];
    bool full = wl_display_flush(w->display) < 0 && errno == EAGAIN;
    short events = (short)(POLLIN | (full ? POLLOUT : 0));
    fds[1] = (struct pollfd){wl_display_get_fd(w->display), events, 0};
    size_t n = 2 + orl_wl_io_poll(w, fds + 2);
    orl_win_clip_sleep(w->clip, fds, n, orl_wl_io_due(w));
    if (fds[1].revents & (POLLIN | POLLERR | POLLHUP)) {
        w->broken = wl_display_read_events(w->display) < 0;
    } else {
        wl_display_cancel_read(w->display);
    }
    w->now_ns = orl_now_ns();
    if (!w->broken && wl_display_dispatch_queue_pending(w->display, w->queue) < 0) {
        w->broken = true;
    }
}

static void run(void *arg)
{
    struct orl_win_clip *clip = arg;
    struct orl_wl_clip *w = clip->peer;
    while (!orl_flag_is_raised(&clip->stop) && !w->broken) {
        step(w);
        wait_and_read(w);
    }
    if (w->broken) {
        orl_warn("The connection to the Wayland compositor broke: no more clipboard.");
    }
}

/* ---- Lifecycle, main thread. ---- */

/* Told to the compositor: events for an object that only we destroyed would end the connection. */
static void drop_device(struct orl_wl_clip *w)
{
    if (!w->device) {
        return;
    }
    if (wl_data_device_get_version(w->device) >= WL_DATA_DEVICE_RELEASE_SINCE_VERSION) {
        wl_data_device_release(w->device);
    } else {
        wl_data_device_destroy(w->device);
    }
    w->device = NULL;
}

static void close_wayland(struct orl_win_clip *clip)
{
    struct orl_wl_clip *w = clip->peer;
    orl_wl_io_finish(w);
    drop_source(w);
    drop_offer(&w->fresh);
    drop_offer(&w->selection);
    drop_offer(&w->drag);
    orl_wl_seat_close(w);
    if (w->settling) {
        wl_callback_destroy(w->settling);
    }
    drop_device(w);
    if (w->manager) {
        wl_data_device_manager_destroy(w->manager);
    }
    if (w->registry) {
        wl_registry_destroy(w->registry);
    }
    if (w->wrapper) {
        wl_proxy_wrapper_destroy(w->wrapper);
    }
    if (w->queue) {
        wl_display_flush(w->display);
        wl_event_queue_destroy(w->queue);
    }
    free(w);
    clip->peer = NULL;
}

static int bind_all(struct orl_wl_clip *w)
{
    w->queue = wl_display_create_queue(w->display);
    w->wrapper = w->queue ? wl_proxy_create_wrapper(w->display) : NULL;
    if (!w->wrapper) {
        return ORL_ENOMEM;
    }
    wl_proxy_set_queue((struct wl_proxy *)w->wrapper, w->queue);
    w->registry = wl_display_get_registry(w->wrapper);
    if (!w->registry) {
        return ORL_ENOMEM;
    }
    wl_registry_add_listener(w->registry, &registry_listener, w);
    if (wl_display_roundtrip_queue(w->display, w->queue) < 0 || !w->seat || !w->manager) {
        return ORL_EUNSUPPORTED;
    }
    w->device = wl_data_device_manager_get_data_device(w->manager, w->seat);
    if (!w->device) {
        return ORL_ENOMEM;
    }
    wl_data_device_add_listener(w->device, &device_listener, w);
    return ORL_OK;
}

static int open_wayland(struct orl_win_clip *clip, const void *wm_info)
{
    const SDL_SysWMinfo *info = wm_info;
    struct orl_wl_clip *w = calloc(1, sizeof(*w));
    if (!w) {
        return ORL_ENOMEM;
    }
    w->clip = clip;
    w->display = info->info.wl.display;
    orl_wl_io_init(w);
    snprintf(w->mark, sizeof(w->mark), "application/x-oriel-clip.%ld.%llx", (long)getpid(),
             (unsigned long long)orl_now_ns());
    clip->peer = w;
    int err = bind_all(w);
    if (err) {
        close_wayland(clip);
    }
    return err;
}

const struct orl_win_clip_ops orl_win_clip_wayland = {open_wayland, close_wayland, run};
