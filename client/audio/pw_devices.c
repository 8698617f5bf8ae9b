/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "audio/pw_devices.h"

#include <stdlib.h>
#include <string.h>

#include <pipewire/pipewire.h>

/* Nodes that answer to one name; more of them are as good as these. */
#define NODES_MAX 16

struct wish {
    const char *name, *class; /* what the node's media.class begins with */
    uint32_t node[NODES_MAX];
    uint32_t nodes;
};

struct orl_pw_devices {
    struct wish out, rec;
    void (*changed)(void *arg);
    void *arg;
    struct pw_core *core;
    struct pw_registry *registry;
    struct spa_hook core_hook, registry_hook;
    int seq;    /* of the question whose answer comes behind the list */
    bool known; /* it has come */
};

static bool has_wish(const struct wish *w)
{
    return w->name && w->name[0];
}

/* As the session manager finds a target. A number is a serial: a node's id may be the serial of another. */
static bool is_meant(const struct wish *w, const struct spa_dict *props)
{
    static const char *const keys[] = {PW_KEY_NODE_NAME, PW_KEY_OBJECT_PATH,
                                       PW_KEY_OBJECT_SERIAL};
    const char *class = spa_dict_lookup(props, PW_KEY_MEDIA_CLASS);
    if (!class || (strncmp(class, w->class, strlen(w->class)) != 0 &&
                   strcmp(class, "Audio/Duplex") != 0)) {
        return false;
    }
    for (size_t i = 0; i < sizeof(keys) / sizeof(keys[0]); i++) {
        const char *value = spa_dict_lookup(props, keys[i]);
        if (value && strcmp(value, w->name) == 0) {
            return true;
        }
    }
    return false;
}

/* True when there was none before. */
static bool add_node(struct wish *w, uint32_t id, const struct spa_dict *props)
{
    if (!has_wish(w) || w->nodes == NODES_MAX || !is_meant(w, props)) {
        return false;
    }
    w->node[w->nodes++] = id;
    return w->nodes == 1;
}

/* True when it was the last one. */
static bool remove_node(struct wish *w, uint32_t id)
{
    for (uint32_t i = 0; i < w->nodes; i++) {
        if (w->node[i] == id) {
            w->node[i] = w->node[--w->nodes];
            return w->nodes == 0;
        }
    }
    return false;
}

static void on_global(void *arg, uint32_t id, uint32_t permissions, const char *type,
                      uint32_t version, const struct spa_dict *props)
{
    struct orl_pw_devices *d = arg;
    (void)permissions;
    (void)version;
    if (strcmp(type, PW_TYPE_INTERFACE_Node) != 0 || !props) {
        return;
    }
    bool out = add_node(&d->out, id, props);
    bool rec = add_node(&d->rec, id, props);
    if ((out || rec) && d->known) {
        d->changed(d->arg);
    }
}

static void on_global_remove(void *arg, uint32_t id)
{
    struct orl_pw_devices *d = arg;
    bool out = remove_node(&d->out, id);
    bool rec = remove_node(&d->rec, id);
    if ((out || rec) && d->known) {
        d->changed(d->arg);
    }
}

static void on_done(void *arg, uint32_t id, int seq)
{
    struct orl_pw_devices *d = arg;
    if (id == PW_ID_CORE && seq == d->seq && !d->known) {
        d->known = true;
        d->changed(d->arg);
    }
}

static const struct pw_registry_events registry_events = {
    PW_VERSION_REGISTRY_EVENTS,
    .global = on_global,
    .global_remove = on_global_remove,
};
static const struct pw_core_events core_events = {PW_VERSION_CORE_EVENTS, .done = on_done};

struct orl_pw_devices *orl_pw_devices_open(struct pw_core *core, const char *out,
                                           const char *rec, void (*changed)(void *arg),
                                           void *arg)
{
    struct orl_pw_devices *d = calloc(1, sizeof(*d));
    if (!d) {
        return NULL;
    }
    *d = (struct orl_pw_devices){.out = {.name = out, .class = "Audio/Sink"},
                                 .rec = {.name = rec, .class = "Audio/Source"},
                                 .changed = changed,
                                 .arg = arg,
                                 .core = core};
    if (!has_wish(&d->out) && !has_wish(&d->rec)) {
        return d;
    }
    d->registry = pw_core_get_registry(core, PW_VERSION_REGISTRY, 0);
    if (!d->registry) {
        free(d);
        return NULL;
    }
    pw_registry_add_listener(d->registry, &d->registry_hook, &registry_events, d);
    pw_core_add_listener(core, &d->core_hook, &core_events, d);
    d->seq = pw_core_sync(core, PW_ID_CORE, 0);
    return d;
}

void orl_pw_devices_close(struct orl_pw_devices **devices)
{
    struct orl_pw_devices *d = *devices;
    if (!d) {
        return;
    }
    if (d->registry) {
        spa_hook_remove(&d->core_hook);
        spa_hook_remove(&d->registry_hook);
        pw_proxy_destroy((struct pw_proxy *)d->registry);
    }
    free(d);
    *devices = NULL;
}

enum orl_pw_presence orl_pw_devices_find(const struct orl_pw_devices *devices, bool output)
{
    const struct wish *w = !devices ? NULL : output ? &devices->out : &devices->rec;
    if (!w) {
        return ORL_PW_UNKNOWN;
    }
    if (!has_wish(w) || w->nodes) {
        return ORL_PW_PRESENT;
    }
    return devices->known ? ORL_PW_ABSENT : ORL_PW_UNKNOWN;
}
