/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What the guest's status means for the window: caption, screen saver, attention. */
#include <stdio.h>
#include <string.h>

#include "app/app_impl.h"

static void set_title(struct orl_app *app)
{
    char title[512];
    const char *name = app->guest.info.has_os ? app->guest.info.os_name : "";
    snprintf(title, sizeof(title), name[0] ? "%s - %s" : "%s", app->conf->win_title, name);
    orl_win_set_title(app->win, title);
}

bool orl_app_guest(struct orl_app *app)
{
    if (!orl_mailbox_take(&app->frames.status_main_mb)) {
        return false;
    }
    struct orl_guest_status old = app->guest;
    app->guest = app->frames.status_main[app->frames.status_main_mb.front];
    if (app->guest.session != old.session ||
        strcmp(app->guest.info.os_name, old.info.os_name) != 0) {
        set_title(app);
    }
    if (app->conf->win_auto_screensaver) {
        orl_win_hold_screensaver(app->win, app->guest.block_screensaver &&
                                               app->guest.state == ORL_GUEST_STREAMING);
    }
    if (app->guest.activations != old.activations && app->conf->win_request_activation) {
        orl_win_call(app->win, ORL_WIN_ATTENTION);
    }
    return true;
}
