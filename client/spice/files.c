/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Files to the guest: each dropped file is one transfer through the agent, several at once. The
 * library reads the file and paces the data; here is only who is on the way and how far. A transfer
 * ends exactly once for main: done, failed or cancelled, also when the session goes under it.
 *
 * The library announces a size and then sends what it reads until there is no more. Of a file that has
 * become longer the guest would get too much; of one that has become shorter, too little, and then both
 * sides wait for each other. So the size is looked at before each block, and once a second, because the
 * block is read a moment later. (When only the latter finds it, the guest is not told: the library has
 * nothing under way then that a cancellation would end.)
 */
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/clock.h"
#include "spice/part.h"

#define TRANSFERS_MAX 32
#define PROGRESS_NS   (50 * ORL_NS_PER_MS) /* between two notes of progress, of all together */
#define LOOK_MS       1000
#define CHANGED       "it changed while it was sent"

enum { RUNS, DONE, FAILED, CANCELLED }; /* `b` of ORL_SPICE_FILE_STATE */

struct files;

struct transfer {
    struct files *files; /* NULL: the part is gone, only the callback is awaited */
    uint64_t id;
    GFile *file;
    int fd;                  /* the same file, for its size */
    struct timespec written; /* when it was changed last, as it began */
    uint64_t looked_at;      /* bytes sent when it was looked at last */
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
    guint look; /* timer while any are under way; 0 none */
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
    close(t->fd);
    g_free(t->why);
    g_free(t->name);
    free(t);
}

/* Ends it for main; the library's callbacks come while its loop runs, and free what is left. */
static void give_up(struct transfer *t, const char *why)
{
    say_failed(t->files, t->id, t->percent, t->name, why);
    leave(t);
    g_cancellable_cancel(t->cancel);
}

/* ---- A file that changes -------------------------------------------------------------------- */

static uint64_t sent(const struct transfer *t)
{
    return spice_file_transfer_task_get_transferred_bytes(t->task);
}

static uint64_t announced(const struct transfer *t)
{
    return spice_file_transfer_task_get_total_bytes(t->task);
}

static bool has_other_size(const struct transfer *t)
{
    struct stat st;
    return sent(t) > announced(t) || (sent(t) < announced(t) && fstat(t->fd, &st) == 0 &&
                                      (uint64_t)st.st_size != announced(t));
}

/* Also: emptied and written anew, and the library has seen its end in between. */
static bool stands_still_changed(const struct transfer *t)
{
    struct stat st;
    return sent(t) == t->looked_at && sent(t) < announced(t) && fstat(t->fd, &st) == 0 &&
           (st.st_mtim.tv_sec != t->written.tv_sec || st.st_mtim.tv_nsec != t->written.tv_nsec);
}

static void on_block(GObject *task, GParamSpec *spec, gpointer user)
{
    struct transfer *t = user;
    (void)task;
    (void)spec;
    if (t->files && has_other_size(t)) {
        give_up(t, CHANGED); /* before the block is read: the library tells the guest */
    }
}

static gboolean on_look(gpointer user)
{
    struct files *f = user;
    for (uint32_t i = f->count; i-- > 0;) {
        struct transfer *t = f->transfer[i];
        if (!t->task || announced(t) == 0) {
            continue; /* not begun */
        }
        if (has_other_size(t) || stands_still_changed(t)) {
            give_up(t, CHANGED);
        } else {
            t->looked_at = sent(t);
        }
    }
    if (f->count == 0) {
        f->look = 0;
        return G_SOURCE_REMOVE;
    }
    return G_SOURCE_CONTINUE;
}

/* ---- What the library tells ----------------------------------------------------------------- */

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
            g_signal_connect(task, "notify::progress", G_CALLBACK(on_block), t);
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
        if (t->files && t->task && has_other_size(t)) {
            say_failed(t->files, t->id, t->percent, t->name, CHANGED);
        } else if (t->files) {
            say(t->files, t->id, 100, DONE, t->name);
        }
        forget(t);
    } else {
        /* "finished" is yet to be emitted. */
        g_idle_add(on_failed, t);
    }
    g_clear_error(&error);
}

/* ---- Requests ------------------------------------------------------------------------------- */

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
    return S_ISREG(st.st_mode) ? NULL : "it is not a regular file";
}

/* NULL: `t` has it open. */
static const char *open_file(struct transfer *t, const char *path)
{
    struct stat st;
    t->fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
    if (t->fd < 0 || fstat(t->fd, &st) != 0) {
        const char *why = g_strerror(errno);
        if (t->fd >= 0) {
            close(t->fd);
        }
        return why;
    }
    t->written = st.st_mtim;
    return NULL;
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
    if (t) {
        why = open_file(t, path);
    }
    if (!t || why) {
        say_failed(f, id, 0, name, why ? why : "out of memory");
        g_free(name);
        free(t);
        return;
    }
    t->files = f;
    t->id = id;
    t->file = g_file_new_for_path(path);
    t->cancel = g_cancellable_new();
    t->name = name;
    f->transfer[f->count++] = t;
    if (!f->look) {
        f->look = g_timeout_add(LOOK_MS, on_look, f);
    }
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

static void give_up_all(struct files *f, const char *why)
{
    while (f->count > 0) {
        give_up(f->transfer[f->count - 1], why);
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
    struct files *f = self; /* detach came before */
    if (f->look) {
        g_source_remove(f->look);
    }
    free(f);
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
        give_up_all(f, "the SPICE connection ended");
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
