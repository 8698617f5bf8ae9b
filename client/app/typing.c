/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The host's clipboard typed as keystrokes, for a guest without an agent. */
#include <stdlib.h>
#include <string.h>

#include "app/app_impl.h"
#include "base/clock.h"

/* More than this is asked about first: it was hardly meant. */
#define ASK_BEYOND 200

void orl_app_typing_ask(struct orl_app *app)
{
    if (app->receiver == ORL_TO_NOBODY) {
        orl_app_alert(app, "There is nobody to type to: no connection to the guest's keyboard");
        return;
    }
    if (!app->desk) {
        orl_app_alert(app, "The desktop's clipboard cannot be read here");
        return;
    }
    orl_win_clip_request(app->desk, ORL_WIN_CLIP_TEXT, ORL_APP_TYPING_ID);
}

void orl_app_typing_begin(struct orl_app *app)
{
    uint32_t skipped = 0;
    if (!app->typing) {
        return;
    }
    if (!app->typist) {
        int err = orl_typist_create(&app->typist, app->conf->input_type_layout);
        if (err) {
            orl_app_alert(app, "input:typeLayout: there is no keyboard layout %s",
                          app->conf->input_type_layout);
        }
    }
    if (app->typist) {
        int err = orl_typist_begin(app->typist, app->typing, strlen(app->typing), &skipped);
        if (err) {
            orl_app_alert(app, "The clipboard cannot be typed: %s",
                          err == ORL_EINVAL ? "it is too long, or no text" : orl_err_text(err));
        } else if (skipped) {
            orl_app_alert(app, "%u characters have no key on the layout %s and are left out",
                          skipped, app->conf->input_type_layout);
        }
    }
    free(app->typing);
    app->typing = NULL;
}

void orl_app_typing_text(struct orl_app *app, const void *text, size_t len)
{
    free(app->typing);
    app->typing = text && len ? malloc(len + 1) : NULL;
    if (!app->typing) {
        orl_app_alert(app, "There is no text in the clipboard");
        return;
    }
    memcpy(app->typing, text, len);
    app->typing[len] = '\0';
    if (strlen(app->typing) > ASK_BEYOND) {
        orl_app_dialog_open(app, ORL_DIALOG_FOR_TYPING);
    } else {
        orl_app_typing_begin(app);
    }
}

void orl_app_typing_stop(struct orl_app *app)
{
    if (app->typist) {
        orl_typist_cancel(app->typist);
    }
}

void orl_app_typing_cancel(struct orl_app *app)
{
    free(app->typing);
    app->typing = NULL;
    orl_app_typing_stop(app);
}

void orl_app_typing_tick(struct orl_app *app, uint64_t now_ns)
{
    struct orl_typist_key key;
    while (app->typist && orl_typist_next(app->typist, now_ns, &key)) {
        orl_input_inject(&app->input, key.usage, key.down, now_ns);
    }
}
