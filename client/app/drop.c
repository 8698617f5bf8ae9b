/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Files that are dropped on the window: a few are sent at a time, the others wait here. When none is
 * left, one sentence says what became of them all.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "app/app_impl.h"
#include "base/clock.h"
#include "base/str.h"

#define ORL_LOG_MODULE "spice"
#include "base/log.h"

#define WAITING_MAX 10000
#define AGAIN_NS    ORL_NS_PER_S

static struct orl_app_file *find_file(struct orl_app_drop *d, uint64_t id)
{
    for (size_t i = 0; i < ORL_APP_FILES; i++) {
        if (d->file[i].id == id) {
            return &d->file[i];
        }
    }
    return NULL;
}

static size_t under_way(const struct orl_app_drop *d)
{
    size_t n = 0;
    for (size_t i = 0; i < ORL_APP_FILES; i++) {
        n += d->file[i].id != 0;
    }
    return n;
}

/* ---- Saying it ---------------------------------------------------------------------------------- */

/* When some wait, the last place is for them all, with the share of files that have ended. */
static void show_files(struct orl_app *app)
{
    const struct orl_app_drop *d = &app->drop;
    struct orl_osd_extra *e = &app->view.extra;
    size_t places = ORL_OSD_TRANSFERS - (d->waiting_n > 0);
    size_t hidden = d->waiting_n + under_way(d);
    e->transfers = 0;
    for (size_t i = 0; i < ORL_APP_FILES && e->transfers < places; i++) {
        if (d->file[i].id) {
            struct orl_osd_transfer *t = &e->transfer[e->transfers++];
            orl_str_copy(t->name, sizeof(t->name), d->file[i].name);
            t->percent = d->file[i].percent;
            hidden--;
        }
    }
    if (hidden > 0) {
        struct orl_osd_transfer *t = &e->transfer[e->transfers++];
        size_t ended = (size_t)d->done + d->failed + d->cancelled;
        snprintf(t->name, sizeof(t->name), "and %zu more", hidden);
        t->percent = (uint32_t)(100 * ended / (ended + d->waiting_n + under_way(d)));
    }
    app->view_changed = true;
}

static void say_one(struct orl_app *app)
{
    struct orl_app_drop *d = &app->drop;
    if (d->done) {
        orl_app_alert(app, "%s is in the guest", d->name);
    } else if (d->failed) {
        orl_app_alert(app, "Not sent: %s", d->why);
    } else {
        orl_app_alert(app, "%s: cancelled", d->name);
    }
}

static void say_all(struct orl_app *app)
{
    struct orl_app_drop *d = &app->drop;
    char cancelled[32] = "";
    char failed[sizeof(d->why) + 32] = "";
    if (d->failed && !d->done && !d->cancelled) {
        orl_app_alert(app, "%u files not sent: %s", d->failed, d->why);
        return;
    }
    if (d->cancelled) {
        snprintf(cancelled, sizeof(cancelled), ", %u cancelled", d->cancelled);
    }
    if (d->failed) {
        snprintf(failed, sizeof(failed), ", %u not sent (%s)", d->failed, d->why);
    }
    orl_app_alert(app, "%u of %u files in the guest%s%s", d->done,
                  d->done + d->failed + d->cancelled, cancelled, failed);
}

/* The end of it when nothing is under way any more. */
static void conclude(struct orl_app *app)
{
    struct orl_app_drop *d = &app->drop;
    uint32_t ended = d->done + d->failed + d->cancelled;
    if (d->waiting_n > 0 || under_way(d) > 0 || ended == 0) {
        return;
    }
    if (ended == 1) {
        say_one(app);
    } else {
        say_all(app);
    }
    orl_log(d->failed ? ORL_LOG_WARN : ORL_LOG_INFO, "%s", app->view.alert);
    d->done = d->failed = d->cancelled = 0;
    d->why[0] = '\0';
}

static void count_failed(struct orl_app_drop *d, uint32_t n, const char *why)
{
    if (d->failed == 0) {
        orl_str_copy(d->why, sizeof(d->why), why);
    }
    d->failed += n;
}

/* ---- Sending ------------------------------------------------------------------------------------ */

static const char *base_name(const char *path)
{
    const char *slash = strrchr(path, '/');
    return slash && slash[1] ? slash + 1 : path;
}

/* Why no file at all can be sent now; NULL: it can. */
static const char *obstacle(const struct orl_app *app)
{
    if (!app->spice) {
        return "SPICE is off";
    }
    if (!app->conf->spice_files) {
        return "spice:files is off";
    }
    if (app->spice_status.state != ORL_SPICE_READY) {
        return "there is no SPICE connection";
    }
    if (!(app->spice_status.has & ORL_SPICE_HAS_AGENT)) {
        return "the SPICE agent does not run in the guest (install spice-vdagent, or the SPICE "
               "guest tools on Windows)";
    }
    return NULL;
}

static bool ask_for(struct orl_app *app, uint64_t id, const char *path)
{
    struct orl_spice_note note = {.kind = ORL_SPICE_FILE_SEND, .id = id, .len = strlen(path)};
    note.data = (uint8_t *)strdup(path);
    return note.data && orl_spice_request(app->spice, &note);
}

static void drop_first(struct orl_app_drop *d)
{
    free(d->waiting[0]);
    memmove(d->waiting, d->waiting + 1, --d->waiting_n * sizeof(d->waiting[0]));
}

static void drop_waiting(struct orl_app_drop *d)
{
    while (d->waiting_n > 0) {
        free(d->waiting[--d->waiting_n]);
    }
}

static void send_first(struct orl_app_drop *d, struct orl_app *app, struct orl_app_file *file)
{
    const char *path = d->waiting[0];
    *file = (struct orl_app_file){.id = ++d->next_id};
    orl_str_copy(file->name, sizeof(file->name), base_name(path));
    if (!ask_for(app, file->id, path)) {
        file->id = 0;
        count_failed(d, 1, "the SPICE session takes no requests");
    }
    drop_first(d);
}

/* The files of one drop come one by one, so that the sentence would, too. */
static void refuse_all(struct orl_app *app, const char *why)
{
    char text[sizeof(app->view.alert)];
    uint64_t now_ns = orl_now_ns();
    drop_waiting(&app->drop);
    snprintf(text, sizeof(text), "Files cannot be sent: %s", why);
    if (now_ns - app->drop.refused_ns >= AGAIN_NS || strcmp(text, app->view.alert) != 0) {
        orl_app_alert(app, "%s", text);
        orl_warn("%s", text);
    }
    app->drop.refused_ns = now_ns;
}

static void go_on(struct orl_app *app)
{
    struct orl_app_drop *d = &app->drop;
    struct orl_app_file *file = NULL;
    const char *why = d->waiting_n > 0 ? obstacle(app) : NULL;
    if (why && under_way(d) == 0 && d->done + d->failed + d->cancelled == 0) {
        refuse_all(app, why);
    } else if (why) {
        count_failed(d, (uint32_t)d->waiting_n, why);
        drop_waiting(d);
    }
    while (d->waiting_n > 0 && (file = find_file(d, 0)) != NULL) {
        send_first(d, app, file);
    }
    conclude(app);
    show_files(app);
}

static bool keep(struct orl_app_drop *d, const char *path)
{
    if (d->waiting_n == d->waiting_cap) {
        size_t cap = 2 * d->waiting_cap + 16;
        char **more = realloc(d->waiting, cap * sizeof(*more));
        if (!more) {
            return false;
        }
        d->waiting = more;
        d->waiting_cap = cap;
    }
    char *copy = d->waiting_n < WAITING_MAX ? strdup(path) : NULL;
    if (copy) {
        d->waiting[d->waiting_n++] = copy;
    }
    return copy != NULL;
}

void orl_app_share_drop(struct orl_app *app)
{
    char path[4096]; /* or why there is none */
    enum orl_win_dropped what;
    while ((what = orl_win_take_drop(app->win, path, sizeof(path))) != ORL_WIN_DROP_NONE) {
        if (what == ORL_WIN_DROP_BAD) {
            count_failed(&app->drop, 1, path);
        } else if (!keep(&app->drop, path)) {
            count_failed(&app->drop, 1, "too many files");
        }
    }
    go_on(app);
}

void orl_app_share_file(struct orl_app *app, const struct orl_spice_note *note)
{
    enum { RUNS, DONE, FAILED, CANCELLED };
    struct orl_app_drop *d = &app->drop;
    struct orl_app_file *file = note->id ? find_file(d, note->id) : NULL;
    if (!file) {
        return;
    }
    if (note->b == RUNS) {
        file->percent = note->a;
        show_files(app);
        return;
    }
    orl_str_copy(d->name, sizeof(d->name), file->name);
    file->id = 0;
    switch (note->b) {
    case DONE: d->done++; break;
    case CANCELLED: d->cancelled++; break;
    default: count_failed(d, 1, note->data ? (const char *)note->data : file->name); break;
    }
    go_on(app);
}

void orl_app_share_cancel(struct orl_app *app)
{
    struct orl_app_drop *d = &app->drop;
    d->cancelled += (uint32_t)d->waiting_n;
    drop_waiting(d);
    for (size_t i = 0; i < ORL_APP_FILES; i++) {
        if (d->file[i].id) {
            orl_app_ask(app, ORL_SPICE_FILE_CANCEL, 0, d->file[i].id, NULL, 0);
        }
    }
    show_files(app);
}

void orl_app_share_forget(struct orl_app *app)
{
    drop_waiting(&app->drop);
    free(app->drop.waiting);
    app->drop.waiting = NULL;
    app->drop.waiting_cap = 0;
}
