/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What the compositor says of selections, from SDL's event wait to the clipboard's thread. Main
 * thread; the listeners belong to objects in SDL's own event queue.
 */
#include <string.h>
#include <unistd.h>

#include "win/clipboard_wayland.h"

#define ORL_LOG_MODULE "clip"
#include "base/log.h"

/* The focus changing a few times while the thread converts an image. */
#define NEWS 256

static void drop(const struct orl_wl_news *news)
{
    if (news->word == ORL_WL_SELECTION && news->proxy) {
        wl_data_offer_destroy(news->proxy);
    } else if (news->word == ORL_WL_SEND) {
        close(news->fd);
    }
}

void orl_wl_tell(struct orl_wl_clip *w, const struct orl_wl_news *news)
{
    if (orl_spsc_push(&w->news, news)) {
        orl_win_clip_wake(w->clip);
        return;
    }
    orl_debug("The clipboard's thread does not listen.");
    drop(news);
}

void orl_wl_serial(struct orl_wl_clip *w, uint32_t serial)
{
    orl_counter_set(&w->serial, ORL_WL_SERIAL_KNOWN | serial);
    if (orl_flag_is_raised(&w->serial_wanted)) {
        orl_win_clip_wake(w->clip);
    }
}

static void tell(struct orl_wl_clip *w, enum orl_wl_word word, void *proxy, uint32_t value)
{
    const struct orl_wl_news news = {word, proxy, value, -1};
    orl_wl_tell(w, &news);
}

static int index_of(const char *name)
{
    for (int i = 0; i < ORL_WIN_CLIP_NAMES; i++) {
        if (strcmp(name, orl_win_clip_names[i].name) == 0) {
            return i;
        }
    }
    return -1;
}

void orl_wl_relay_selection(struct orl_wl_clip *w, struct wl_data_offer *proxy, uint32_t names)
{
    tell(w, ORL_WL_SELECTION, proxy, names);
}

/* ---- Our own selection. ---- */

static void source_target(void *arg, struct wl_data_source *source, const char *name)
{
    (void)arg;
    (void)source;
    (void)name;
}
static void source_send(void *arg, struct wl_data_source *source, const char *name, int32_t fd)
{
    int at = index_of(name);
    const struct orl_wl_news news = {ORL_WL_SEND, source,
                                     at >= 0 ? orl_win_clip_names[at].type : 0, fd};
    orl_wl_tell(arg, &news);
}
static void source_cancelled(void *arg, struct wl_data_source *source)
{
    tell(arg, ORL_WL_CANCELLED, source, 0);
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
const struct wl_data_source_listener orl_wl_source_listener = {
    source_target, source_send, source_cancelled, source_done, source_done, source_action};

/* ---- What the compositor has. ---- */

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
    }
}
static void registry_remove(void *arg, struct wl_registry *registry, uint32_t name)
{
    (void)arg;
    (void)registry;
    (void)name;
}
static const struct wl_registry_listener registry_listener = {registry_global, registry_remove};

/* Objects are found in a queue of their own, so that nothing of SDL's runs meanwhile. */
static int find(struct orl_wl_clip *w)
{
    struct wl_registry *registry = wl_display_get_registry(w->wrapper);
    if (!registry) {
        return ORL_ENOMEM;
    }
    wl_registry_add_listener(registry, &registry_listener, w);
    int err = wl_display_roundtrip_queue(w->display, w->queue);
    wl_registry_destroy(registry);
    return err < 0 || !w->seat ? ORL_EUNSUPPORTED : ORL_OK;
}

/* From now on in SDL's queue, with all that it makes; what came before is in the other one. */
static int move_to_sdl(struct orl_wl_clip *w)
{
    wl_proxy_set_queue((struct wl_proxy *)w->seat, NULL);
    if (wl_display_dispatch_queue_pending(w->display, w->queue) < 0) {
        return ORL_EUNSUPPORTED;
    }
    orl_wl_data_clip(w->data, w);
    wl_display_flush(w->display);
    return ORL_OK;
}

int orl_wl_relay_open(struct orl_wl_clip *w)
{
    orl_counter_init(&w->serial);
    orl_flag_init(&w->serial_wanted);
    if (orl_spsc_init(&w->news, NEWS, (uint32_t)sizeof(struct orl_wl_news)) != ORL_OK) {
        return ORL_ENOMEM;
    }
    w->queue = wl_display_create_queue(w->display);
    w->wrapper = w->queue ? wl_proxy_create_wrapper(w->display) : NULL;
    if (!w->wrapper) {
        return ORL_ENOMEM;
    }
    wl_proxy_set_queue((struct wl_proxy *)w->wrapper, w->queue);
    int err = find(w);
    return err ? err : move_to_sdl(w);
}

static void drop_news(struct orl_wl_clip *w)
{
    struct orl_wl_news news;
    while (w->news.items && orl_spsc_pull(&w->news, &news)) {
        drop(&news);
    }
}

void orl_wl_relay_close(struct orl_wl_clip *w)
{
    orl_wl_seat_close(w);
    orl_wl_data_clip(w->data, NULL);
    drop_news(w);
    if (w->wrapper) {
        wl_proxy_wrapper_destroy(w->wrapper);
    }
    if (w->queue) {
        wl_display_flush(w->display);
        wl_event_queue_destroy(w->queue);
    }
    orl_spsc_finish(&w->news);
}
