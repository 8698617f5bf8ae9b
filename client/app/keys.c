/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Commands on the keyboard. */
#include "input/keys.h"

#include <stdio.h>

#include "app/app_impl.h"
#include "base/str.h"

static void alert(struct orl_app *app, const char *text)
{
    orl_str_copy(app->view.alert, sizeof(app->view.alert), text);
    app->view.alert_serial++;
}

/* The layout may have changed since the last time, so the labels are asked for each time. */
static void fill_help(struct orl_app *app)
{
    size_t n = 0;
    const struct orl_bind *table = orl_binds_table(&n);
    char escape[16];
    orl_win_key_label(app->binds.escape, escape, sizeof(escape));
    if (!escape[0]) {
        const char *name = orl_key_name(app->binds.escape);
        orl_str_copy(escape, sizeof(escape), name ? name : "Escape key");
    }
    for (size_t i = 0; i < n && i < ORL_OSD_HELP_ROWS; i++) {
        struct orl_osd_help_row *row = &app->view.help[i];
        char key[12];
        orl_win_key_label(table[i].scancode, key, sizeof(key));
        snprintf(row->key, sizeof(row->key), "%s + %s", escape, key);
        orl_str_copy(row->text, sizeof(row->text), table[i].text);
        app->view.help_rows = (uint32_t)i + 1;
    }
}

static void rotate(struct orl_app *app)
{
    char text[64];
    app->view.turns = (app->view.turns + 1) % 4;
    snprintf(text, sizeof(text), "Rotated by %u degrees", app->view.turns * 90);
    alert(app, text);
    orl_app_shape_picture(app);
}

void orl_app_do(struct orl_app *app, enum orl_action action)
{
    if (action == ORL_ACTION_NONE) {
        return;
    }
    app->view_changed = true;
    switch (action) {
    case ORL_ACTION_NONE: break;
    case ORL_ACTION_FULL_SCREEN:
        orl_win_set_full_screen(app->win, !orl_win_info(app->win).full_screen);
        break;
    case ORL_ACTION_VIDEO:
        app->video_on = !app->video_on;
        orl_frame_set_video(app->frame, app->video_on);
        break;
    case ORL_ACTION_ROTATE: rotate(app); break;
    case ORL_ACTION_FPS: app->view.show_fps = !app->view.show_fps; break;
    case ORL_ACTION_QUIT: app->leave = true; break;
    case ORL_ACTION_HELP_SHOW:
        fill_help(app);
        app->view.show_help = true;
        break;
    case ORL_ACTION_HELP_HIDE: app->view.show_help = false; break;
    }
}
