/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Commands on the keyboard. */
#include "input/keys.h"

#include <stdarg.h>
#include <stdio.h>

#include "app/app_impl.h"
#include "base/str.h"

void orl_app_alert(struct orl_app *app, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    vsnprintf(app->view.alert, sizeof(app->view.alert), format, args);
    va_end(args);
    app->view.alert_serial++;
    app->view_changed = true;
}

/* The layout may have changed since the last time, so the labels are asked for each time. */
static void fill_help(struct orl_app *app)
{
    const struct orl_binds *binds = &app->input.binds;
    uint32_t rows = 0;
    for (size_t i = 0; i < binds->count && rows < ORL_OSD_HELP_ROWS; i++) {
        const struct orl_bind *bind = &binds->bind[i];
        if (bind->action == ORL_ACTION_NONE ||
            (bind->linux_only && !app->input.guest.linux_os)) {
            continue;
        }
        struct orl_osd_help_row *row = &app->view.help[rows++];
        orl_bind_words(binds, bind, orl_win_key_label, row->key, sizeof(row->key), row->text,
                       sizeof(row->text));
    }
    app->view.help_rows = rows;
}

static void rotate(struct orl_app *app)
{
    app->view.turns = (app->view.turns + 1) % 4;
    orl_app_alert(app, "Rotated by %u degrees", app->view.turns * 90);
    orl_app_shape_picture(app);
}

static void ask_size(struct orl_app *app)
{
    uint32_t w = app->view.win_w;
    uint32_t h = app->view.win_h;
    if (app->frame && app->guest.state == ORL_GUEST_STREAMING &&
        (app->guest.info.features & ORL_FEATURE_WINDOW_SIZE)) {
        orl_frame_ask_size(app->frame, w, h);
    } else if (app->spice_status.has & ORL_SPICE_HAS_AGENT) {
        struct orl_spice_note note = {.kind = ORL_SPICE_SET_SIZE, .a = w, .b = h};
        (void)orl_spice_request(app->spice, &note);
    } else {
        orl_app_alert(app, "The guest cannot be asked for another size: neither its capture "
                           "program nor a SPICE agent offers it");
        return;
    }
    orl_app_alert(app, "Asked the guest for %u x %u", w, h);
}

static void toggle_video(struct orl_app *app)
{
    app->video_on = !app->video_on;
    app->view.no_video = !app->video_on;
    if (app->frame) {
        orl_frame_set_video(app->frame, app->video_on);
    }
}

/* What input has done already and the user should see. */
static void report(struct orl_app *app, enum orl_action action)
{
    switch (action) {
    case ORL_ACTION_CAPTURE:
        if (app->receiver == ORL_TO_NOBODY) {
            orl_app_alert(app, "There is nothing to capture for: no connection to the guest's "
                               "keyboard and mouse");
        } else if (orl_input_want(&app->input).captured) {
            char key[16];
            orl_win_key_label(app->input.binds.escape, key, sizeof(key));
            orl_app_alert(app, "Captured; %s lets go", key[0] ? key : "the escape key");
        }
        break;
    case ORL_ACTION_INPUT: orl_app_alert(app, app->input.on ? "Input on" : "Input off"); break;
    case ORL_ACTION_SENS_UP:
    case ORL_ACTION_SENS_DOWN:
        orl_app_alert(app, "Sensitivity %+d", app->input.conf.mouse_sens);
        break;
    default: break;
    }
}

static void help(struct orl_app *app, bool show)
{
    if (show) {
        fill_help(app);
    }
    app->view.show_help = show;
}

void orl_app_do(struct orl_app *app, const struct orl_bind_hit *hit)
{
    if (hit->action == ORL_ACTION_NONE) {
        return;
    }
    app->view_changed = true;
    switch (hit->action) {
    case ORL_ACTION_FULL_SCREEN:
        orl_win_set_full_screen(app->win, !orl_win_info(app->win).full_screen);
        break;
    case ORL_ACTION_VIDEO: toggle_video(app); break;
    case ORL_ACTION_ROTATE: rotate(app); break;
    case ORL_ACTION_FPS: app->view.show_fps = !app->view.show_fps; break;
    case ORL_ACTION_QUIT: app->leave = true; break;
    case ORL_ACTION_HELP:
    case ORL_ACTION_HELP_HIDE: help(app, hit->action == ORL_ACTION_HELP); break;
    case ORL_ACTION_OVERLAY: orl_app_dialog_open(app, ORL_DIALOG_FOR_MENU); break;
    case ORL_ACTION_USB: orl_app_dialog_open(app, ORL_DIALOG_FOR_USB); break;
    case ORL_ACTION_GUEST_SIZE: ask_size(app); break;
    case ORL_ACTION_MICROPHONE: orl_app_microphone_toggle(app); break;
    case ORL_ACTION_MIC_DEFAULT: orl_app_microphone_cycle(app); break;
    case ORL_ACTION_TYPE: orl_app_typing_ask(app); break;
    case ORL_ACTION_TAKE_BACK: orl_app_ask(app, ORL_SPICE_TAKE_BACK, 0, 0, NULL, 0); break;
    default: report(app, hit->action); break;
    }
}
