/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A folder of the host for the guest, over WebDAV inside the SPICE session (spice:shareDir). The
 * library serves it; the guest needs spice-webdavd and a virtio-serial port org.spice-space.webdav.0.
 */
#include <stdlib.h>
#include <string.h>

#include "spice/part.h"

#define ORL_LOG_MODULE "spice"
#include "base/log.h"

struct share {
    struct orl_spice *spice;
    bool said; /* that the folder cannot be shared */
};

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

static void on_session(void *self, SpiceSession *session)
{
    struct share *s = self;
    const struct orl_spice_conf *conf = orl_spice_conf(s->spice);
    if (!g_file_test(conf->share_dir, G_FILE_TEST_IS_DIR)) {
        if (!s->said) {
            char *text = g_strdup_printf(
                "spice:shareDir: %s is not a folder: nothing is shared", conf->share_dir);
            orl_warn("%s", text);
            orl_spice_emit(s->spice, ORL_SPICE_MESSAGE, 0, 0, 0, text, strlen(text));
            g_free(text);
        }
        s->said = true;
        return;
    }
    g_object_set(session, "shared-dir", conf->share_dir, "share-dir-ro",
                 conf->share_read_only ? TRUE : FALSE, NULL);
}

static void attach(void *self, SpiceChannel *channel)
{
    struct share *s = self;
    (void)channel;
    orl_spice_status(s->spice)->has |= ORL_SPICE_HAS_SHARE;
    orl_spice_publish(s->spice);
}

static void detach(void *self, SpiceChannel *channel)
{
    struct share *s = self;
    (void)channel;
    orl_spice_status(s->spice)->has &= ~(uint32_t)ORL_SPICE_HAS_SHARE;
    orl_spice_publish(s->spice);
}

const struct orl_spice_part orl_spice_share = {
    .name = "shared folder",
    .type = spice_webdav_channel_get_type,
    .wanted = wanted,
    .create = create,
    .destroy = destroy,
    .session = on_session,
    .attach = attach,
    .detach = detach,
};
