/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The microphone: asks the user, tells the SPICE session. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "app/app_impl.h"

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
    find_path(app->consent_path, sizeof(app->consent_path));
    orl_consent_init(&app->consent, fallback, app->consent_path[0] ? app->consent_path : NULL);
}

static void apply(struct orl_app *app)
{
    enum orl_mic_state state = app->consent.state;
    if (state == ORL_MIC_ASKING) {
        orl_app_dialog_open(app, ORL_DIALOG_FOR_MICROPHONE);
    } else if (app->dialog_for == ORL_DIALOG_FOR_MICROPHONE) {
        orl_app_dialog_close(app);
    }
    orl_app_ask(app, ORL_SPICE_SET_MIC, state == ORL_MIC_OPEN, 0, NULL, 0);
}

void orl_app_microphone_wanted(struct orl_app *app, bool wanted)
{
    if (orl_consent_wanted(&app->consent, wanted)) {
        apply(app);
        if (app->consent.state == ORL_MIC_REFUSED) {
            orl_app_alert(app, "The guest wanted the microphone and was refused");
        }
    }
}

void orl_app_microphone_answer(struct orl_app *app, bool allow, bool remember)
{
    if (remember) {
        make_folders(app->consent_path);
    }
    if (orl_consent_answer(&app->consent, allow, remember)) {
        apply(app);
    }
}

void orl_app_microphone_toggle(struct orl_app *app)
{
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
    if (orl_consent_cycle_default(&app->consent)) {
        apply(app);
    }
    orl_app_alert(app, "Microphone: %s", words[app->consent.setting]);
}
