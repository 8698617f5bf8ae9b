/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A folder of the host for the guest, over WebDAV inside the SPICE session (spice:shareDir). The
 * library serves it, if it was built for that; the guest needs spice-webdavd and a virtio-serial port
 * org.spice-space.webdav.0. What is missing is said once.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "spice/part.h"
#include "spice/webdav.h"

#define ORL_LOG_MODULE "spice"
#include "base/log.h"

#define LOOK_MS                                                                                \
    1000 /* all channels of a session are announced together; they have come by then */

struct share {
    struct orl_spice *spice;
    SpiceSession *session; /* borrowed: between session and session_end */
    guint look;            /* timer: is there a channel? 0 none */
    bool attached;         /* a channel for the folder */
    bool read_only;
    bool said; /* what is wrong */
};

static void say_once(struct share *s, const char *what, const char *why)
{
    if (s->said) {
        return;
    }
    s->said = true;
    char *text = g_strdup_printf("spice:shareDir: %s is %s: %s",
                                 orl_spice_conf(s->spice)->share_dir, what, why);
    orl_warn("%s", text);
    orl_spice_emit(s->spice, ORL_SPICE_MESSAGE, 0, 0, 0, text, strlen(text));
    g_free(text);
}

static bool wanted(const struct orl_spice_conf *conf)
{
    return conf->share_dir[0] != '\0';
}

static int create(void **self, struct orl_spice *spice)
{
    struct share *s = calloc(1, sizeof(*s));
    if (!s) {
        return ORL_ENOMEM;
    }
    s->spice = spice;
    *self = s;
    return ORL_OK;
}

static void destroy(void *self)
{
    free(self);
}

/* Why the folder cannot be shared; NULL: it can. */
static const char *obstacle(SpiceSession *session, const char *path)
{
    struct stat st;
    /* The property is there only in builds that have a WebDAV server (phodav). */
    if (!g_object_class_find_property(G_OBJECT_GET_CLASS(session), "webdav-server")) {
        return "this build of the SPICE library has no WebDAV";
    }
    if (stat(path, &st) != 0) {
        return g_strerror(errno);
    }
    if (!S_ISDIR(st.st_mode)) {
        return "it is not a folder";
    }
    return access(path, R_OK | X_OK) == 0 ? NULL : g_strerror(errno);
}

static gboolean on_look(gpointer arg)
{
    struct share *s = arg;
    s->look = 0;
    if (!s->attached) {
        say_once(s, "not shared",
                 "the virtual machine has no channel org.spice-space.webdav.0");
    }
    return G_SOURCE_REMOVE;
}

static void on_channel(SpiceSession *session, SpiceChannel *channel, gpointer arg)
{
    struct share *s = arg;
    (void)session;
    if (!SPICE_IS_MAIN_CHANNEL(channel) && s->look == 0 && !s->attached) {
        s->look = g_timeout_add(LOOK_MS, on_look, s);
    }
}

static void on_session(void *self, SpiceSession *session)
{
    struct share *s = self;
    const struct orl_spice_conf *conf = orl_spice_conf(s->spice);
    const char *why = obstacle(session, conf->share_dir);
    s->session = session;
    if (why) {
        /* Else the library would share the desktop's public folder. */
        g_object_set(session, "shared-dir", NULL, NULL);
        say_once(s, "not shared", why);
        return;
    }
    g_object_set(session, "shared-dir", conf->share_dir, NULL);
    s->read_only = conf->share_read_only;
    if (!orl_webdav_guard(session) && !s->read_only) {
        s->read_only = true;
        say_once(s, "shared read only",
                 "this SPICE library would let the guest write elsewhere");
    }
    g_object_set(session, "share-dir-ro", s->read_only ? TRUE : FALSE, NULL);
    g_signal_connect(session, "channel-new", G_CALLBACK(on_channel), s);
}

static void on_session_end(void *self)
{
    struct share *s = self;
    if (s->look != 0) {
        g_source_remove(s->look);
        s->look = 0;
    }
    if (s->session) {
        g_signal_handlers_disconnect_by_data(s->session, s);
        s->session = NULL;
    }
}

static void on_guest(SpiceChannel *channel, GParamSpec *spec, gpointer arg)
{
    struct share *s = arg;
    const struct orl_spice_conf *conf = orl_spice_conf(s->spice);
    gboolean open = FALSE;
    (void)spec;
    g_object_get(channel, "port-opened", &open, NULL);
    if (open) {
        orl_info("the guest opened the shared folder %s%s", conf->share_dir,
                 s->read_only ? " (read only)" : "");
    }
}

static void attach(void *self, SpiceChannel *channel)
{
    struct share *s = self;
    s->attached = true;
    g_signal_connect(channel, "notify::port-opened", G_CALLBACK(on_guest), s);
}

static void detach(void *self, SpiceChannel *channel)
{
    struct share *s = self;
    s->attached = false;
    g_signal_handlers_disconnect_by_data(channel, s);
}

const struct orl_spice_part orl_spice_share = {
    .name = "the shared folder",
    .type = spice_webdav_channel_get_type,
    .wanted = wanted,
    .create = create,
    .destroy = destroy,
    .session = on_session,
    .session_end = on_session_end,
    .attach = attach,
    .detach = detach,
    .has = ORL_SPICE_HAS_SHARE,
};
