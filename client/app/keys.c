/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Commands on the keyboard: what they do, and what the user is told of it. */
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

static void rotate(struct orl_app *app)
{
    app->view.turns = (app->view.turns + 1) % 4;
    orl_app_alert(app, "Rotated by %u degrees", app->view.turns * 90);
    orl_app_shape_picture(app);
}

/* Off, 1, 2, ... egl:nvGainMax, off. */
static void night_vision(struct orl_app *app)
{
    uint32_t most = (uint32_t)app->conf->egl_nv_gain_max;
    if (most == 0) {
        orl_app_alert(app, "Night vision is switched off by egl:nvGainMax=0");
        return;
    }
    app->view.night_gain = app->view.night_gain < most ? app->view.night_gain + 1 : 0;
    if (app->view.night_gain == 0) {
        orl_app_alert(app, "Night vision off");
    } else if (most == 1) {
        orl_app_alert(app, "Night vision on");
    } else {
        orl_app_alert(app, "Night vision %u of %u", app->view.night_gain, most);
    }
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

/* Why nothing of what the user does reaches the guest, as an alert behind `what`. */
static void say_no_input(struct orl_app *app, const char *what)
{
    char headline[ORL_OSD_LINE] = "";
    char hint[ORL_OSD_LINE];
    char key[ORL_BIND_TEXT_BYTES];
    if (app->input.guest.hold) {
        orl_app_alert(app, "%s: input is held back, SPICE leads to another machine", what);
    } else if (!app->input.on) {
        orl_app_keys_for(app, ORL_ACTION_INPUT, key, sizeof(key));
        orl_app_alert(app, "%s: input is off%s%s", what, key[0] ? "; it comes back with " : "",
                      key);
    } else if (app->inject && app->inject_status.taken) {
        orl_app_alert(app, "%s: another viewer has keyboard and mouse", what);
    } else if (!app->spice) {
        orl_app_alert(app,
                      app->run->demo ? "%s: this is only a test picture"
                                     : "%s: without SPICE this window is only for looking",
                      what);
    } else if (!app->conf->spice_input) {
        orl_app_alert(app, "%s: spice:input is off", what);
    } else if (app->view.extra.link[0]) {
        orl_app_alert(app, "%s", what); /* the reason stands below */
    } else {
        orl_spice_sentence(&app->spice_status, &app->spice_conf, headline, sizeof(headline),
                           hint, sizeof(hint));
        orl_app_alert(app, "%s. %.180s", what, headline);
    }
}

static void report_capture(struct orl_app *app)
{
    char key[16];
    if (orl_input_want(&app->input).captured) {
        orl_win_key_label(app->input.binds.escape, key, sizeof(key));
        orl_app_alert(app, "Captured; %s lets go", key[0] ? key : "the escape key");
    } else if (!orl_input_usable(&app->input)) {
        say_no_input(app, "There is nothing to capture for");
    }
}

/* What input has done already and the user should see. */
static void report(struct orl_app *app, enum orl_action action)
{
    switch (action) {
    case ORL_ACTION_CAPTURE: report_capture(app); break;
    case ORL_ACTION_INPUT:
        orl_app_alert(app, app->input.on ? "Keyboard and mouse are on"
                                         : "Keyboard and mouse are off");
        break;
    case ORL_ACTION_SENS_UP:
    case ORL_ACTION_SENS_DOWN:
        orl_app_alert(app, "Mouse sensitivity %+d", app->input.conf.mouse_sens);
        break;
    default: /* keys for the guest */
        if (!orl_input_usable(&app->input)) {
            say_no_input(app, "The keys went nowhere");
        }
        break;
    }
}

static void take_back(struct orl_app *app)
{
    if (!app->spice) {
        orl_app_alert(app, "There is nothing to take back: SPICE is off");
    } else if (app->spice_status.state == ORL_SPICE_READY) {
        orl_app_alert(app, "Keyboard, mouse and sound are here already");
    } else {
        orl_app_ask(app, ORL_SPICE_TAKE_BACK, 0, 0, NULL, 0);
    }
}

static void type_clipboard(struct orl_app *app)
{
    if (orl_input_usable(&app->input)) {
        orl_app_typing_ask(app);
    } else {
        say_no_input(app, "The clipboard cannot be typed");
    }
}

static void help(struct orl_app *app, bool show)
{
    if (show) {
        app->view.help_rows = orl_app_help(app, app->view.help);
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
    case ORL_ACTION_TIMING: app->view.show_timing = !app->view.show_timing; break;
    case ORL_ACTION_NIGHT_VISION: night_vision(app); break;
    case ORL_ACTION_QUIT: app->leave = true; break;
    case ORL_ACTION_HELP:
    case ORL_ACTION_HELP_HIDE: help(app, hit->action == ORL_ACTION_HELP); break;
    case ORL_ACTION_OVERLAY: orl_app_dialog_open(app, ORL_DIALOG_FOR_MENU); break;
    case ORL_ACTION_USB: orl_app_dialog_open(app, ORL_DIALOG_FOR_USB); break;
    case ORL_ACTION_GUEST_SIZE: ask_size(app); break;
    case ORL_ACTION_MICROPHONE: orl_app_microphone_toggle(app); break;
    case ORL_ACTION_MIC_DEFAULT: orl_app_microphone_cycle(app); break;
    case ORL_ACTION_TYPE: type_clipboard(app); break;
    case ORL_ACTION_TAKE_BACK: take_back(app); break;
    case ORL_ACTION_RECOVERY: orl_app_recovery(app); break;
    default: report(app, hit->action); break;
    }
}
