/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What the guest's status means for the window: caption, screen saver, attention. */
#include <stdio.h>
#include <string.h>

#include "app/app_impl.h"

void orl_app_title(struct orl_app *app)
{
    char title[512];
    char key[32];
    const char *name = app->spice_status.name; /* the machine's own, else its system's */
    if (!name[0] && app->guest.info.has_os) {
        name = app->guest.info.os_name;
    }
    int len =
        snprintf(title, sizeof(title), name[0] ? "%s - %s" : "%s", app->conf->win_title, name);
    if (app->captured && len > 0 && (size_t)len < sizeof(title)) {
        orl_win_key_label(app->input.binds.escape, key, sizeof(key));
        snprintf(title + len, sizeof(title) - (size_t)len, " (captured, %s lets go)",
                 key[0] ? key : "the escape key");
    }
    orl_win_set_title(app->win, title);
    app->title_changed = false;
}

void orl_app_guest(struct orl_app *app)
{
    if (!orl_mailbox_take(&app->frames.status_main_mb)) {
        return;
    }
    struct orl_guest_status old = app->guest;
    app->guest = app->frames.status_main[app->frames.status_main_mb.front];
    if (app->guest.session != old.session ||
        strcmp(app->guest.info.os_name, old.info.os_name) != 0) {
        app->title_changed = true;
    }
    if (app->conf->win_auto_screensaver) {
        orl_win_hold_screensaver(app->win, app->guest.block_screensaver &&
                                               app->guest.state == ORL_GUEST_STREAMING);
    }
    if (app->guest.activations != old.activations && app->conf->win_request_activation) {
        orl_win_call(app->win, ORL_WIN_ATTENTION);
    }
}
