/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The microphone: asks the user, tells the SPICE session. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "app/app_impl.h"
#include "base/clock.h"

#define ORL_LOG_MODULE "audio"
#include "base/log.h"

/* How soon the same is said again: the guest may ask as often as it likes. */
#define SAID_AGAIN_NS (60 * ORL_NS_PER_S)

static void make_folders(char *path)
{
    for (char *slash = strchr(path + 1, '/'); slash; slash = strchr(slash + 1, '/')) {
        *slash = '\0';
        (void)mkdir(path, 0700); /* it may be there; writing the file tells the rest */
        *slash = '/';
    }
}

/* $XDG_STATE_HOME/oriel/microphone (XDG Base Directory Specification); "" without a home. */
static void find_path(char *dst, size_t cap)
{
    const char *state = getenv("XDG_STATE_HOME");
    const char *home = getenv("HOME");
    int len = -1;
    if (state && state[0] == '/') {
        len = snprintf(dst, cap, "%s/oriel/microphone", state);
    } else if (home && home[0] == '/') {
        len = snprintf(dst, cap, "%s/.local/state/oriel/microphone", home);
    }
    if (len < 0 || (size_t)len >= cap) {
        dst[0] = '\0';
    }
}

void orl_app_microphone_init(struct orl_app *app)
{
    const char *setting = app->conf->audio_mic_default;
    enum orl_mic_default fallback = strcmp(setting, "allow") == 0  ? ORL_MIC_ALLOW
                                    : strcmp(setting, "deny") == 0 ? ORL_MIC_DENY
                                                                   : ORL_MIC_PROMPT;
    app->ask_due_ns = UINT64_MAX;
    find_path(app->consent_path, sizeof(app->consent_path));
    orl_consent_init(&app->consent, fallback, app->consent_path[0] ? app->consent_path : NULL);
}

/* ---- The question --------------------------------------------------------------------------- */

/* Which keys open the question; "" none do. */
static void answer_keys(const struct orl_app *app, char *dst, size_t cap)
{
    orl_app_keys_for(app, ORL_ACTION_MICROPHONE, dst, cap);
    if (!dst[0]) {
        orl_app_keys_for(app, ORL_ACTION_OVERLAY, dst, cap);
    }
}

static void begin_line(struct orl_app *app, uint64_t now_ns)
{
    char keys[ORL_BIND_TEXT_BYTES];
    char *line = app->view.extra.ask;
    size_t cap = sizeof(app->view.extra.ask);
    answer_keys(app, keys, sizeof(keys));
    if (keys[0]) {
        snprintf(line, cap, "The guest asks for the microphone. Answer: %s", keys);
    } else {
        snprintf(line, cap, "The guest asks for the microphone, and no key answers");
    }
    if (now_ns >= app->ask_said_ns) {
        app->ask_said_ns = now_ns + SAID_AGAIN_NS;
        orl_info("the guest asks for the microphone; until that is answered it gets silence");
    }
}

/* The guest's question takes no key and no capture away: it is a line until somebody opens it. */
static void show_line(struct orl_app *app, uint64_t now_ns)
{
    bool shown = app->view.extra.ask[0] != '\0';
    bool show = orl_consent_line(&app->consent, now_ns, &app->ask_due_ns);
    if (show == shown) {
        return;
    }
    app->view.extra.ask[0] = '\0';
    if (show) {
        begin_line(app, now_ns);
    }
    app->view_changed = true;
}

static void apply(struct orl_app *app)
{
    enum orl_mic_state state = app->consent.state;
    if (state != ORL_MIC_ASKING && app->dialog_for == ORL_DIALOG_FOR_MICROPHONE) {
        orl_app_dialog_close(app);
    }
    show_line(app, orl_now_ns());
    orl_app_ask(app, ORL_SPICE_SET_MIC, state == ORL_MIC_OPEN, 0, NULL, 0);
}

void orl_app_microphone_tick(struct orl_app *app, uint64_t now_ns)
{
    if (now_ns >= app->ask_due_ns) {
        show_line(app, now_ns);
    }
}

/* ---- Who decides ---------------------------------------------------------------------------- */

static void say_refused(struct orl_app *app, uint64_t now_ns)
{
    char keys[ORL_BIND_TEXT_BYTES];
    if (now_ns < app->refused_said_ns) {
        return;
    }
    app->refused_said_ns = now_ns + SAID_AGAIN_NS;
    orl_app_keys_for(app, ORL_ACTION_MICROPHONE, keys, sizeof(keys));
    orl_app_alert(app, "The guest wanted the microphone and was refused%s%s",
                  keys[0] ? "; it is switched on with " : "", keys);
}

void orl_app_microphone_wanted(struct orl_app *app, bool wanted)
{
    uint64_t now_ns = orl_now_ns();
    if (orl_consent_wanted(&app->consent, wanted, now_ns)) {
        apply(app);
        if (app->consent.state == ORL_MIC_REFUSED) {
            say_refused(app, now_ns);
        }
    }
}

void orl_app_microphone_answer(struct orl_app *app, bool allow, bool remember)
{
    if (remember) {
        make_folders(app->consent_path);
    }
    if (orl_consent_answer(&app->consent, allow, remember, orl_now_ns())) {
        apply(app);
    }
    if (app->consent.trouble[0]) {
        orl_app_alert(app, "The answer is not kept for the next time: %s",
                      app->consent.trouble);
    }
}

void orl_app_microphone_toggle(struct orl_app *app)
{
    if (app->consent.state == ORL_MIC_ASKING) {
        if (app->dialog_for != ORL_DIALOG_FOR_MICROPHONE) {
            orl_app_dialog_open(app, ORL_DIALOG_FOR_MICROPHONE);
        }
        return;
    }
    if (!orl_consent_toggle(&app->consent)) {
        orl_app_alert(app, "No program in the guest uses the microphone");
        return;
    }
    apply(app);
    orl_app_alert(app, app->consent.state == ORL_MIC_OPEN ? "Microphone on" : "Microphone off");
}

void orl_app_microphone_cycle(struct orl_app *app)
{
    static const char *const words[] = {"ask each time", "always allow", "always deny"};
    if (orl_consent_cycle_default(&app->consent, orl_now_ns())) {
        apply(app);
    }
    orl_app_alert(app, "Microphone: %s", words[app->consent.setting]);
}
