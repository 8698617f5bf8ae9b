/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Whether the compositor has what it takes to lock a pointer. */
#include <string.h>
#include <wayland-client.h>

#include "win/win_impl.h"

struct found {
    bool locks, counts;
};

static void global(void *arg, struct wl_registry *registry, uint32_t name,
                   const char *interface, uint32_t version)
{
    (void)registry;
    (void)name;
    (void)version;
    struct found *f = arg;
    f->locks |= strcmp(interface, "zwp_pointer_constraints_v1") == 0;
    f->counts |= strcmp(interface, "zwp_relative_pointer_manager_v1") == 0;
}

static void global_remove(void *arg, struct wl_registry *registry, uint32_t name)
{
    (void)arg;
    (void)registry;
    (void)name;
}

static const struct wl_registry_listener listener = {global, global_remove};

/* In a queue of its own, so that nothing of SDL's runs meanwhile. False: nobody answers. */
static bool look(struct wl_display *display, struct wl_event_queue *queue, struct found *f)
{
    bool ok = false;
    struct wl_display *wrapper = wl_proxy_create_wrapper(display);
    if (wrapper) {
        wl_proxy_set_queue((struct wl_proxy *)wrapper, queue);
        struct wl_registry *registry = wl_display_get_registry(wrapper);
        if (registry) {
            wl_registry_add_listener(registry, &listener, f);
            ok = wl_display_roundtrip_queue(display, queue) >= 0;
            wl_registry_destroy(registry);
        }
        wl_proxy_wrapper_destroy(wrapper);
    }
    return ok;
}

enum orl_win_refusal orl_pointer_probe_wayland(void *display)
{
    struct found f = {.locks = false};
    struct wl_event_queue *queue = wl_display_create_queue(display);
    bool ok = queue && look(display, queue, &f);
    if (queue) {
        wl_event_queue_destroy(queue);
    }
    return ok && !(f.locks && f.counts) ? ORL_WIN_NO_LOCK : ORL_WIN_GRANTED;
}
