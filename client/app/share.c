/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Clipboard between desktop and guest, and files that are dropped on the window. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "app/app_impl.h"
#include "base/clock.h"
#include "base/str.h"

#define ORL_LOG_MODULE "clip"
#include "base/log.h"

/* ---- What the clipboard's state machine does -------------------------------------------------- */

static void host_offer(void *arg, uint32_t types)
{
    struct orl_app *app = arg;
    orl_win_clip_offer(app->desk, types);
}

static void host_request(void *arg, enum orl_clip_type type, uint64_t id)
{
    struct orl_app *app = arg;
    orl_win_clip_request(app->desk, (enum orl_win_clip_type)type, id);
}

static void host_data(void *arg, uint64_t id, enum orl_clip_type type, const void *data,
                      size_t len)
{
    struct orl_app *app = arg;
    (void)type;
    orl_win_clip_answer(app->desk, id, data, len);
}

static void guest_offer(void *arg, uint32_t types)
{
    orl_app_ask(arg, ORL_SPICE_CLIP_OFFER, types, 0, NULL, 0);
}

static void guest_request(void *arg, enum orl_clip_type type, uint64_t id)
{
    orl_app_ask(arg, ORL_SPICE_CLIP_REQUEST, type, id, NULL, 0);
}

static void guest_data(void *arg, uint64_t id, enum orl_clip_type type, const void *data,
                       size_t len)
{
    orl_app_ask(arg, ORL_SPICE_CLIP_DATA, type, id, data, len);
}

static void start_clip(struct orl_app *app)
{
    const struct orl_conf *c = app->conf;
    struct orl_clip_conf conf = {.to_guest = c->spice_clipboard_to_vm,
                                 .to_host = c->spice_clipboard_to_local};
    struct orl_clip_calls calls = {.arg = app,
                                   .host_offer = host_offer,
                                   .host_request = host_request,
                                   .host_data = host_data,
                                   .guest_offer = guest_offer,
                                   .guest_request = guest_request,
                                   .guest_data = guest_data};
    app->clip = orl_clip_create(&conf, &calls);
}

/* The desktop's side also serves the `type` action, so it is there with or without an agent. */
void orl_app_share_start(struct orl_app *app)
{
    int err = orl_win_clip_create(&app->desk, app->win, ORL_CLIP_MAX_BYTES);
    if (err) {
        app->desk = NULL;
        orl_warn("no clipboard: %s", orl_err_text(err));
        return;
    }
    if (app->conf->spice_enable && app->conf->spice_clipboard) {
        start_clip(app);
    }
}

void orl_app_share_stop(struct orl_app *app)
{
    orl_clip_destroy(&app->clip);
    orl_win_clip_destroy(&app->desk);
}

void orl_app_share_desk(struct orl_app *app, uint64_t now_ns)
{
    struct orl_win_clip_note note;
    while (app->desk && orl_win_clip_next(app->desk, &note)) {
        if (note.kind == ORL_WIN_CLIP_DATA && note.id == ORL_APP_TYPING_ID) {
            orl_app_typing_text(app, note.data, note.len);
        } else if (app->clip) {
            switch (note.kind) {
            case ORL_WIN_CLIP_OFFER: orl_clip_host_offers(app->clip, note.types); break;
            case ORL_WIN_CLIP_REQUEST:
                orl_clip_host_wants(app->clip, (enum orl_clip_type)note.types, note.id, now_ns);
                break;
            case ORL_WIN_CLIP_DATA:
                orl_clip_host_data(app->clip, note.id, note.data, note.len);
                break;
            }
        }
        free(note.data);
    }
}

void orl_app_share_guest(struct orl_app *app, struct orl_spice_note *note, uint64_t now_ns)
{
    if (!app->clip) {
        return;
    }
    switch (note->kind) {
    case ORL_SPICE_CLIP_OFFER: orl_clip_guest_offers(app->clip, note->a); break;
    case ORL_SPICE_CLIP_REQUEST:
        orl_clip_guest_wants(app->clip, (enum orl_clip_type)note->a, note->id, now_ns);
        break;
    case ORL_SPICE_CLIP_DATA:
        orl_clip_guest_data(app->clip, note->id, note->data, note->len);
        break;
    default: break;
    }
}

/* ---- Files ------------------------------------------------------------------------------------ */

void orl_app_share_drop(struct orl_app *app)
{
    char path[4096];
    while (orl_win_take_drop(app->win, path, sizeof(path))) {
        if (!app->spice || !app->conf->spice_files) {
            orl_app_alert(app, "Files cannot be sent: %s",
                          app->spice ? "spice:files is off" : "SPICE is off");
            continue;
        }
        orl_app_ask(app, ORL_SPICE_FILE_SEND, 0, ++app->next_file, path, strlen(path));
    }
}

static struct orl_app_file *find_file(struct orl_app *app, uint64_t id)
{
    for (size_t i = 0; i < ORL_APP_FILES; i++) {
        if (app->file[i].id == id) {
            return &app->file[i];
        }
    }
    return NULL;
}

static void show_files(struct orl_app *app)
{
    struct orl_osd_extra *e = &app->view.extra;
    e->transfers = 0;
    for (size_t i = 0; i < ORL_APP_FILES && e->transfers < ORL_OSD_TRANSFERS; i++) {
        if (app->file[i].id) {
            struct orl_osd_transfer *t = &e->transfer[e->transfers++];
            orl_str_copy(t->name, sizeof(t->name), app->file[i].name);
            t->percent = app->file[i].percent;
        }
    }
    app->view_changed = true;
}

void orl_app_share_file(struct orl_app *app, const struct orl_spice_note *note)
{
    enum { RUNS, DONE, FAILED, CANCELLED };
    const char *text = note->data ? (const char *)note->data : "";
    struct orl_app_file *file = find_file(app, note->id);
    if (!file && note->b == RUNS) {
        file = find_file(app, 0);
    }
    if (file && note->b == RUNS) {
        file->id = note->id;
        file->percent = note->a;
        orl_str_copy(file->name, sizeof(file->name), text);
    } else if (file) {
        file->id = 0;
    }
    switch (note->b) {
    case DONE: orl_app_alert(app, "%s is in the guest", text); break;
    case FAILED: orl_app_alert(app, "The file was not sent: %s", text); break;
    case CANCELLED: orl_app_alert(app, "%s: cancelled", text); break;
    default: break;
    }
    show_files(app);
}

void orl_app_share_cancel(struct orl_app *app)
{
    for (size_t i = 0; i < ORL_APP_FILES; i++) {
        if (app->file[i].id) {
            orl_app_ask(app, ORL_SPICE_FILE_CANCEL, 0, app->file[i].id, NULL, 0);
        }
    }
}
