/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Files to the guest: each dropped file is one transfer through the agent, several at once. The
 * library reads the file and paces the data; here is only who is on the way and how far. A transfer
 * ends exactly once for main: done, failed or cancelled, also when the session goes under it.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/clock.h"
#include "spice/part.h"

#define TRANSFERS_MAX 32
#define PROGRESS_NS   (50 * ORL_NS_PER_MS) /* between two notes of progress, of all together */

enum { RUNS, DONE, FAILED, CANCELLED }; /* `b` of ORL_SPICE_FILE_STATE */

struct files;

struct transfer {
    struct files *files; /* NULL: the part is gone, only the callback is awaited */
    uint64_t id;
    GFile *file;
    GCancellable *cancel;
    SpiceFileTransferTask *task; /* the library's account of it; NULL: not begun */
    char *why;                   /* the library's reason for its failure */
    char *name;                  /* for display */
    uint32_t percent;
    uint64_t said_ns; /* when `percent` was told last */
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

static void say_failed(struct files *f, uint64_t id, uint32_t percent, const char *name,
                       const char *why)
{
    char *text = g_strdup_printf("%s: %s", name, why);
    say(f, id, percent, FAILED, text);
    g_free(text);
}

/* Nothing is said for it any more; its callback is still to come. */
static void leave(struct transfer *t)
{
    struct files *f = t->files;
    for (uint32_t i = 0; f && i < f->count; i++) {
        if (f->transfer[i] == t) {
            f->transfer[i] = f->transfer[--f->count];
            break;
        }
    }
    t->files = NULL;
}

static void forget(struct transfer *t)
{
    leave(t);
    if (t->task) {
        g_signal_handlers_disconnect_by_data(t->task, t);
        g_object_unref(t->task);
    }
    g_object_unref(t->file);
    g_object_unref(t->cancel);
    g_free(t->why);
    g_free(t->name);
    free(t);
}

static void on_finished(SpiceFileTransferTask *task, const GError *error, gpointer user)
{
    struct transfer *t = user;
    (void)task;
    if (error && !t->why) {
        t->why = g_strdup(error->message);
    }
}

/* The copy's own error only counts files; why one failed is told by its task. */
static void on_task(SpiceMainChannel *channel, SpiceFileTransferTask *task, gpointer user)
{
    struct files *f = user;
    GFile *file = NULL;
    (void)channel;
    g_object_get(task, "file", &file, NULL);
    for (uint32_t i = 0; file && i < f->count; i++) {
        struct transfer *t = f->transfer[i];
        if (!t->task && g_file_equal(t->file, file)) {
            t->task = g_object_ref(task);
            g_signal_connect(task, "finished", G_CALLBACK(on_finished), t);
            break;
        }
    }
    g_clear_object(&file);
}

/* The library calls for every block of 64 KiB it reads; main wants to know a few times a second. */
static void on_progress(goffset done, goffset total, gpointer user)
{
    struct transfer *t = user;
    if (!t->files || total <= 0 || done < 0) {
        return;
    }
    double share = (double)done / (double)total;
    uint32_t percent = share < 1.0 ? (uint32_t)(100.0 * share) : 100;
    uint64_t now_ns = orl_now_ns();
    if (percent != t->percent && now_ns - t->said_ns >= t->files->count * PROGRESS_NS) {
        t->percent = percent;
        t->said_ns = now_ns;
        say(t->files, t->id, percent, RUNS, t->name);
    }
}

static gboolean on_failed(gpointer user)
{
    struct transfer *t = user;
    if (t->files) {
        say_failed(t->files, t->id, t->percent, t->name,
                   t->why ? t->why : "the guest refused it");
    }
    forget(t);
    return G_SOURCE_REMOVE;
}

static void on_end(GObject *source, GAsyncResult *result, gpointer user)
{
    struct transfer *t = user;
    GError *error = NULL;
    if (spice_main_channel_file_copy_finish(SPICE_MAIN_CHANNEL(source), result, &error)) {
        if (t->files) {
            say(t->files, t->id, 100, DONE, t->name);
        }
        forget(t);
    } else {
        /* "finished" is yet to be emitted. */
        g_idle_add(on_failed, t);
    }
    g_clear_error(&error);
}

/* Why this path cannot be sent; NULL: it can. The library would open a folder or a pipe, too. */
static const char *path_obstacle(const char *path)
{
    struct stat st;
    if (stat(path, &st) != 0) {
        return g_strerror(errno);
    }
    if (S_ISDIR(st.st_mode)) {
        return "it is a folder, which can be sent as an archive, or shared with spice:shareDir";
    }
    if (!S_ISREG(st.st_mode)) {
        return "it is not a regular file";
    }
    return access(path, R_OK) == 0 ? NULL : g_strerror(errno);
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
    return f->count < TRANSFERS_MAX ? path_obstacle(path)
                                    : "too many files are on their way already";
}

static void send_file(struct files *f, uint64_t id, const char *path)
{
    char *name = g_path_get_basename(path);
    const char *why = obstacle(f, path);
    struct transfer *t = why ? NULL : calloc(1, sizeof(*t));
    if (!t) {
        say_failed(f, id, 0, name, why ? why : "out of memory");
        g_free(name);
        return;
    }
    t->files = f;
    t->id = id;
    t->file = g_file_new_for_path(path);
    t->cancel = g_cancellable_new();
    t->name = name;
    f->transfer[f->count++] = t;
    say(f, id, 0, RUNS, name);
    GFile *sources[] = {t->file, NULL};
    spice_main_channel_file_copy_async(f->channel, sources, G_FILE_COPY_NONE, t->cancel,
                                       on_progress, t, on_end, t);
}

/* The library ends a transfer that the guest has not answered yet only when it does: not awaited. */
static void cancel_file(struct files *f, uint64_t id)
{
    for (uint32_t i = 0; i < f->count; i++) {
        struct transfer *t = f->transfer[i];
        if (t->id == id) {
            say(f, id, t->percent, CANCELLED, t->name);
            leave(t);
            g_cancellable_cancel(t->cancel);
            return;
        }
    }
}

/* Ends all for main; the library's callbacks come while its loop runs, and free what is left. */
static void give_up(struct files *f, const char *why)
{
    while (f->count > 0) {
        struct transfer *t = f->transfer[f->count - 1];
        say_failed(f, t->id, t->percent, t->name, why);
        leave(t);
        g_cancellable_cancel(t->cancel);
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

static void destroy(void *self)
{
    free(self); /* detach came before */
}

static void attach(void *self, SpiceChannel *channel)
{
    struct files *f = self;
    f->channel = SPICE_MAIN_CHANNEL(channel);
    g_signal_connect(channel, "new-file-transfer", G_CALLBACK(on_task), f);
}

static void detach(void *self, SpiceChannel *channel)
{
    struct files *f = self;
    if (f->channel == SPICE_MAIN_CHANNEL(channel)) {
        f->channel = NULL;
        g_signal_handlers_disconnect_by_data(channel, f);
        give_up(f, "the SPICE connection ended");
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
