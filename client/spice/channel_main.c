/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The main channel: mouse mode, name and UUID of the machine, presence of its agent. */
#define ORL_LOG_MODULE "spice"
#include <string.h>

#include "base/log.h"
#include "base/str.h"
#include "spice/impl.h"

#define SIZE_MIN   64
#define SIZE_LIMIT 16384

static void on_mouse_mode(GObject *object, GParamSpec *spec, gpointer arg)
{
    struct orl_spice *s = arg;
    (void)spec;
    gint mode = 0;
    g_object_get(object, "mouse-mode", &mode, NULL);
    s->status.absolute = mode == SPICE_MOUSE_MODE_CLIENT;
    orl_spice_publish(s);
}

static void ask_mouse_mode(struct orl_spice *s)
{
    if (s->conf.input) {
        spice_main_channel_request_mouse_mode(
            s->t.main, s->conf.absolute ? SPICE_MOUSE_MODE_CLIENT : SPICE_MOUSE_MODE_SERVER);
    }
}

/* A tablet was plugged in or out, or the agent came: the server may agree now. It also changes the
 * mode by itself when an agent comes, hence in both directions. */
static void on_mouse_update(SpiceChannel *channel, gpointer arg)
{
    struct orl_spice *s = arg;
    gint mode = 0;
    g_object_get(channel, "mouse-mode", &mode, NULL);
    bool is_absolute = mode == SPICE_MOUSE_MODE_CLIENT;
    on_mouse_mode(G_OBJECT(channel), NULL, s);
    if (is_absolute != s->conf.absolute) {
        ask_mouse_mode(s);
    }
}

static void on_agent(GObject *object, GParamSpec *spec, gpointer arg)
{
    struct orl_spice *s = arg;
    (void)spec;
    gboolean connected = FALSE;
    g_object_get(object, "agent-connected", &connected, NULL);
    if (connected) {
        s->status.has |= ORL_SPICE_HAS_AGENT;
    } else {
        s->status.has &= ~(uint32_t)ORL_SPICE_HAS_AGENT;
    }
    orl_spice_publish(s);
    if (connected) {
        on_mouse_update(SPICE_CHANNEL(object), s);
    }
}

static void on_name(GObject *session, GParamSpec *spec, gpointer arg)
{
    struct orl_spice *s = arg;
    (void)spec;
    gchar *name = NULL;
    g_object_get(session, "name", &name, NULL);
    memset(s->status.name, 0, sizeof(s->status.name));
    if (name && orl_str_is_utf8(name)) {
        orl_str_copy(s->status.name, sizeof(s->status.name), name);
    }
    g_free(name);
    orl_spice_publish(s);
}

static void on_uuid(GObject *session, GParamSpec *spec, gpointer arg)
{
    struct orl_spice *s = arg;
    (void)spec;
    static const uint8_t none[16];
    const guint8 *uuid = NULL;
    g_object_get(session, "uuid", &uuid, NULL);
    if (uuid && memcmp(uuid, none, sizeof(none)) != 0) {
        memcpy(s->status.uuid, uuid, sizeof(s->status.uuid));
        s->status.has_uuid = true;
        orl_spice_publish(s);
    }
}

void orl_main_attach(struct orl_spice *s)
{
    g_signal_connect(s->t.main, "notify::mouse-mode", G_CALLBACK(on_mouse_mode), s);
    g_signal_connect(s->t.main, "main-mouse-update", G_CALLBACK(on_mouse_update), s);
    g_signal_connect(s->t.main, "notify::agent-connected", G_CALLBACK(on_agent), s);
    g_signal_connect(s->t.session, "notify::name", G_CALLBACK(on_name), s);
    g_signal_connect(s->t.session, "notify::uuid", G_CALLBACK(on_uuid), s);
}

void orl_main_detach(struct orl_spice *s)
{
    g_signal_handlers_disconnect_by_data(s->t.main, s);
    g_signal_handlers_disconnect_by_data(s->t.session, s);
}

void orl_main_opened(struct orl_spice *s)
{
    ask_mouse_mode(s);
    on_mouse_mode(G_OBJECT(s->t.main), NULL, s);
    on_agent(G_OBJECT(s->t.main), NULL, s);
    on_name(G_OBJECT(s->t.session), NULL, s);
    on_uuid(G_OBJECT(s->t.session), NULL, s);
}

void orl_main_set_absolute(struct orl_spice *s, bool absolute)
{
    bool differs = absolute != s->conf.absolute;
    s->conf.absolute = absolute;
    if (differs && s->t.ready) {
        ask_mouse_mode(s);
    }
}

void orl_main_set_size(struct orl_spice *s, uint32_t w, uint32_t h)
{
    if (w >= SIZE_MIN && h >= SIZE_MIN && w <= SIZE_LIMIT && h <= SIZE_LIMIT) {
        /* The library sends it on to the agent, a moment later and once for several changes. */
        spice_main_channel_update_display(s->t.main, 0, 0, 0, (int)w, (int)h, TRUE);
    }
}
