/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Clipboard between desktop and guest. */
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
    orl_app_share_forget(app);
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
