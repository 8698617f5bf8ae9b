/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The program's own state and its parts. Private to app/; main thread unless stated. */
#ifndef ORL_APP_IMPL_H
#define ORL_APP_IMPL_H

#include "app/app.h"
#include "app/signals.h"
#include "base/serial.h"
#include "conf/conf.h"
#include "conf/exit_codes.h"
#include "demo/demo.h"
#include "frame/frame.h"
#include "input/binds.h"
#include "render/render.h"
#include "win/win.h"

struct orl_app {
    const struct orl_conf *conf; /* borrowed */
    const struct orl_conf_run *run;
    char shm_path[256];
    uint64_t start_ns;

    struct orl_demo_child demo;
    struct orl_signals *signals;
    struct orl_frame_link frames;
    struct orl_render_link drawing;
    struct orl_frame *frame;
    struct orl_win *win;
    struct orl_render *render;

    /* Raised while `win` stands: before, there is nobody to wake. Read by all threads. */
    struct orl_flag awake;
    struct orl_flag asked_to_stop; /* by a signal */

    bool leave;
    int exit_code; /* enum orl_exit */

    struct orl_binds binds;
    struct orl_view_state view; /* what render shall do; published when view_changed */
    bool view_changed;
    struct orl_guest_status guest;
    bool video_on;
    uint64_t render_due; /* without a render thread: when to step */

    /* The window's size and the picture's. */
    struct orl_win_info win_info;
    uint32_t pic_w, pic_h;     /* upright */
    uint32_t old_w, old_h;     /* window when it last stood still, physical pixels */
    uint64_t area;             /* of the window as the user or the desktop sized it */
    uint32_t asked_w, asked_h; /* what we asked the desktop for last */
    uint64_t settle_ns;        /* when a resize by hand counts as finished; 0 none going on */
};

/* actions.c: what the program does instead of running. True when it was such an action. */
bool orl_app_action(const struct orl_conf *conf, const struct orl_conf_run *run,
                    int *exit_code);

/* inspect.c: --inspect. Returns the exit code. */
int orl_app_inspect(const struct orl_conf_run *run);

/* units.c: starts all; false with app->exit_code set, and everything stopped again, on failure. */
bool orl_app_start(struct orl_app *app);
void orl_app_stop(struct orl_app *app);

/* loop.c: until something ends the program. */
void orl_app_loop(struct orl_app *app);

/* Publishes the view, waits for an event until `until_ns` at most, handles what came. */
void orl_app_step(struct orl_app *app, uint64_t until_ns);

/* shape.c: window and picture. */
void orl_app_shape_init(struct orl_app *app);
void orl_app_shape_resized(struct orl_app *app, uint64_t now_ns);
void orl_app_shape_settle(struct orl_app *app);
void orl_app_shape_picture(struct orl_app *app);

/* guest.c: what the guest's status means for the window; true when there was a new one. */
bool orl_app_guest(struct orl_app *app);

/* keys.c: commands on the keyboard. */
void orl_app_do(struct orl_app *app, enum orl_action action);

/* screenshot.c: asks for a picture, waits for it, writes it. */
bool orl_app_screenshot(struct orl_app *app, const char *path);

/* summary.c: figures on standard output. */
void orl_app_summary(const struct orl_app *app);

#endif
