/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The host's clipboard typed as keystrokes, for a guest without an agent. */
#include <stdlib.h>
#include <string.h>

#include "app/app_impl.h"
#include "base/clock.h"

/* More characters than this are asked about first: they were hardly meant. */
#define ASK_BEYOND 200

static size_t characters(const char *utf8)
{
    size_t n = 0;
    for (const char *c = utf8; *c; c++) {
        n += ((unsigned char)*c & 0xc0) != 0x80; /* not the rest of a sequence */
    }
    return n;
}

static bool is_typing(const struct orl_app *app)
{
    return app->typist && orl_typist_due(app->typist) != UINT64_MAX;
}

/* The same key again stops it: long texts take minutes. */
void orl_app_typing_ask(struct orl_app *app)
{
    if (is_typing(app)) {
        orl_app_typing_stop(app);
        orl_app_alert(app, "Typing stopped");
        return;
    }
    if (!app->desk) {
        orl_app_alert(app, "The desktop's clipboard cannot be read here");
        return;
    }
    orl_win_clip_request(app->desk, ORL_WIN_CLIP_TEXT, ORL_APP_TYPING_ID);
}

static void begin(struct orl_app *app, const char *text)
{
    const char *layout = app->conf->input_type_layout;
    char key[ORL_BIND_TEXT_BYTES];
    uint32_t done = 0;
    uint32_t total = 0;
    uint32_t skipped = 0;
    if (!app->typist && orl_typist_create(&app->typist, layout) != ORL_OK) {
        orl_app_alert(app, "input:typeLayout: there is no keyboard layout %s", layout);
        return;
    }
    int err = orl_typist_begin(app->typist, text, strlen(text), &skipped);
    if (err) {
        orl_app_alert(app, "The clipboard cannot be typed: %s",
                      err == ORL_EINVAL ? "more than 64 KiB, or no text" : orl_err_text(err));
        return;
    }
    orl_typist_progress(app->typist, &done, &total);
    if (skipped) {
        orl_app_alert(app, "%u of %u characters have no key on the layout %s: left out",
                      skipped, total + skipped, layout);
    } else if (total > ASK_BEYOND) {
        orl_app_keys_for(app, ORL_ACTION_TYPE, key, sizeof(key));
        orl_app_alert(app, "Typing %u characters; %s stops it", total, key);
    }
}

void orl_app_typing_begin(struct orl_app *app)
{
    if (app->typing) {
        begin(app, app->typing);
    }
    free(app->typing);
    app->typing = NULL;
}

void orl_app_typing_text(struct orl_app *app, const void *text, size_t len)
{
    if (is_typing(app)) {
        return; /* asked for twice, and the first answer is being typed */
    }
    free(app->typing);
    app->typing = text && len ? malloc(len + 1) : NULL;
    if (!app->typing) {
        orl_app_alert(app, "There is no text in the clipboard");
        return;
    }
    memcpy(app->typing, text, len);
    app->typing[len] = '\0';
    if (characters(app->typing) > ASK_BEYOND) {
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

/* Input that is switched off or held back ends it: what is not sent would be missing in the text. */
void orl_app_typing_tick(struct orl_app *app, uint64_t now_ns)
{
    struct orl_typist_key key;
    const struct orl_input_guest *g = &app->input.guest;
    if (app->typist) {
        orl_typist_set_caps(app->typist, g->leds_known && (g->leds & ORL_LOCK_CAPS));
    }
    if (is_typing(app) && !orl_input_usable(&app->input)) {
        orl_app_typing_stop(app);
    }
    while (app->typist && orl_typist_next(app->typist, now_ns, &key)) {
        orl_input_type(&app->input, key.usage, key.down, now_ns);
    }
}
