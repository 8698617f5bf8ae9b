/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Files to the guest: each dropped file is one transfer through the agent, several at once. The
 * library reads the file and paces the data; here is only who is on the way and how far.
 */
#include <stdlib.h>
#include <string.h>

#include "spice/part.h"

#define ORL_LOG_MODULE "spice"
#include "base/log.h"

#define TRANSFERS_MAX 32

enum { RUNS, DONE, FAILED, CANCELLED }; /* `b` of ORL_SPICE_FILE_STATE */

struct files;

struct transfer {
    struct files *files; /* NULL: the part is gone, only the callback is awaited */
    uint64_t id;
    GCancellable *cancel;
    char *name; /* for display */
    uint32_t percent;
};

struct files {
    struct orl_spice *spice;
    SpiceMainChannel *channel;                /* borrowed while attached; NULL: not connected */
    struct transfer *transfer[TRANSFERS_MAX]; /* those under way, packed */
    uint32_t count;
};

static void say(struct files *f, uint64_t id, uint32_t percent, uint32_t state,
                const char *text)
{
    orl_spice_emit(f->spice, ORL_SPICE_FILE_STATE, percent, state, id, text, strlen(text));
}

static void forget(struct transfer *t)
{
    struct files *f = t->files;
    for (uint32_t i = 0; f && i < f->count; i++) {
        if (f->transfer[i] == t) {
            f->transfer[i] = f->transfer[--f->count];
            break;
        }
    }
    g_object_unref(t->cancel);
    g_free(t->name);
    free(t);
}

static void on_progress(goffset done, goffset total, gpointer user)
{
    struct transfer *t = user;
    if (!t->files || total <= 0 || done < 0) {
        return;
    }
    double share = (double)done / (double)total;
    uint32_t percent = share < 1.0 ? (uint32_t)(100.0 * share) : 100;
    if (percent != t->percent) {
        t->percent = percent;
        say(t->files, t->id, percent, RUNS, t->name);
    }
}

static void on_end(GObject *source, GAsyncResult *result, gpointer user)
{
    struct transfer *t = user;
    GError *error = NULL;
    gboolean ok =
        spice_main_channel_file_copy_finish(SPICE_MAIN_CHANNEL(source), result, &error);
    if (t->files) {
        if (ok) {
            say(t->files, t->id, 100, DONE, t->name);
        } else if (g_cancellable_is_cancelled(t->cancel)) {
            say(t->files, t->id, t->percent, CANCELLED, t->name);
        } else {
            say(t->files, t->id, t->percent, FAILED,
                error ? error->message : "the guest refused it");
        }
    }
    g_clear_error(&error);
    forget(t);
}

/* Why nothing can be sent now; NULL: it can. */
static const char *obstacle(const struct files *f, const char *path)
{
    gboolean agent = FALSE;
    if (!f->channel) {
        return "there is no SPICE connection";
    }
    g_object_get(f->channel, "agent-connected", &agent, NULL);
    if (!agent) {
        return "the SPICE agent does not run in the guest (install spice-vdagent, or the SPICE "
               "guest tools on Windows)";
    }
    if (f->count >= TRANSFERS_MAX) {
        return "too many files are on their way already";
    }
    if (!g_file_test(path, G_FILE_TEST_IS_REGULAR)) {
        return "it is not a regular file; a folder can be sent as an archive";
    }
    return NULL;
}

static void send_file(struct files *f, uint64_t id, const char *path)
{
    const char *why = obstacle(f, path);
    struct transfer *t = why ? NULL : calloc(1, sizeof(*t));
    if (!t) {
        say(f, id, 0, FAILED, why ? why : "out of memory");
        return;
    }
    t->files = f;
    t->id = id;
    t->cancel = g_cancellable_new();
    t->name = g_path_get_basename(path);
    f->transfer[f->count++] = t;
    say(f, id, 0, RUNS, t->name);
    GFile *sources[] = {g_file_new_for_path(path), NULL};
    spice_main_channel_file_copy_async(f->channel, sources, G_FILE_COPY_NONE, t->cancel,
                                       on_progress, t, on_end, t);
    g_object_unref(sources[0]);
}

static void cancel_file(struct files *f, uint64_t id)
{
    for (uint32_t i = 0; i < f->count; i++) {
        if (f->transfer[i]->id == id) {
            g_cancellable_cancel(f->transfer[i]->cancel);
            return;
        }
    }
}

static bool on_request(void *self, const struct orl_spice_note *note)
{
    switch (note->kind) {
    case ORL_SPICE_FILE_SEND:
        if (note->data) {
            send_file(self, note->id, (const char *)note->data);
        }
        return true;
    case ORL_SPICE_FILE_CANCEL: cancel_file(self, note->id); return true;
    default: return false;
    }
}

static bool wanted(const struct orl_spice_conf *conf)
{
    return conf->files;
}

static int create(void **self, struct orl_spice *spice)
{
    struct files *f = calloc(1, sizeof(*f));
    if (!f) {
        return ORL_ENOMEM;
    }
    f->spice = spice;
    *self = f;
    return ORL_OK;
}

/* The library answers each transfer later, if its loop still runs; those then free themselves. */
static void destroy(void *self)
{
    struct files *f = self;
    for (uint32_t i = 0; i < f->count; i++) {
        f->transfer[i]->files = NULL;
        g_cancellable_cancel(f->transfer[i]->cancel);
    }
    free(f);
}

static void attach(void *self, SpiceChannel *channel)
{
    struct files *f = self;
    f->channel = SPICE_MAIN_CHANNEL(channel);
}

static void detach(void *self, SpiceChannel *channel)
{
    struct files *f = self;
    if (f->channel == SPICE_MAIN_CHANNEL(channel)) {
        f->channel = NULL;
    }
}

const struct orl_spice_part orl_spice_files = {
    .name = "files",
    .type = spice_main_channel_get_type,
    .wanted = wanted,
    .create = create,
    .destroy = destroy,
    .attach = attach,
    .detach = detach,
    .request = on_request,
};
