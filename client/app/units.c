/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What runs, as a table in the order of starting. The frame threads start before the window, so that
 * finding the guest overlaps with setting up the display, and stop before the render thread, because
 * they fill its buffers.
 */
#include <string.h>

#include "app/app_impl.h"
#include "base/str.h"

#define ORL_LOG_MODULE "app"
#include "base/log.h"

struct unit {
    bool (*wanted)(const struct orl_app *app); /* NULL: always */
    int (*start)(struct orl_app *app);         /* enum orl_exit; says what is wrong itself */
    void (*stop)(struct orl_app *app);         /* NULL: nothing; also after a failed start */
};

void orl_app_wake(void *arg)
{
    struct orl_app *app = arg;
    if (orl_flag_is_raised(&app->awake)) {
        orl_win_wake(app->win);
    }
}

static int start_memory(struct orl_app *app)
{
    if (orl_shm_guard() != ORL_OK) {
        orl_error("cannot guard against a guest memory that shrinks: no signal handler");
        return ORL_EXIT_FAILURE;
    }
    if (orl_shm_resolve(app->shm_path, sizeof(app->shm_path), app->conf->app_shm_file,
                        "/dev") != ORL_OK) {
        orl_error("app:shmFile: the path is longer than %zu bytes", sizeof(app->shm_path) - 1);
        return ORL_EXIT_USAGE;
    }
    return ORL_EXIT_OK;
}

static bool wants_demo(const struct orl_app *app)
{
    return app->run->demo != NULL;
}

static int start_demo(struct orl_app *app)
{
    struct orl_demo_conf conf;
    orl_demo_conf_init(&conf);
    conf.release = strcmp(app->run->demo, "b6") == 0       ? ORL_B6
                   : strcmp(app->run->demo, "master") == 0 ? ORL_MASTER
                                                           : ORL_B7;
    if (orl_demo_spawn(&app->demo, &conf) != ORL_OK) {
        orl_error("the synthetic guest of --demo did not start");
        return ORL_EXIT_FAILURE;
    }
    orl_str_copy(app->shm_path, sizeof(app->shm_path), app->demo.path);
    return ORL_EXIT_OK;
}

static void stop_demo(struct orl_app *app)
{
    orl_demo_reap(&app->demo);
}

/* The synthetic guest has no SPICE server; whatever listens on this machine is another one's. */
static bool wants_spice(const struct orl_app *app)
{
    return app->conf->spice_enable && !app->run->demo;
}

static int start_links(struct orl_app *app)
{
    orl_flag_init(&app->awake);
    orl_flag_init(&app->asked_to_stop);
    if (orl_render_link_init(&app->drawing) != ORL_OK) {
        orl_error("out of memory");
        return ORL_EXIT_FAILURE;
    }
    app->drawing.wake_main = orl_app_wake;
    app->drawing.wake_main_arg = app;
    orl_frame_link_init(&app->frames, &app->drawing.wake);
    app->frames.wake_main = orl_app_wake;
    app->frames.wake_main_arg = app;
    app->video_on = true;
    int code = orl_app_remote_init(app);
    if (code == ORL_EXIT_OK && wants_spice(app)) {
        app->drawing.fallback = app->remote.fallback;
    }
    orl_app_microphone_init(app);
    return code == ORL_EXIT_OK ? orl_app_control_init(app) : code;
}

static void stop_links(struct orl_app *app)
{
    orl_cmdq_finish(&app->to_spice);
    orl_cmdq_finish(&app->to_memory);
    orl_app_remote_finish(app);
    orl_frame_link_finish(&app->frames);
    orl_render_link_finish(&app->drawing);
}

static bool wants_frame(const struct orl_app *app)
{
    return app->run->demo || strcmp(app->conf->app_transport, "spice") != 0;
}

static int start_frame(struct orl_app *app)
{
    struct orl_frame_conf conf = {
        .path = app->shm_path,
        .frame_poll_us = (uint32_t)app->conf->app_frame_poll_interval,
        .cursor_poll_us = (uint32_t)app->conf->app_cursor_poll_interval,
        .allow_dma = app->conf->app_allow_dma,
    };
    int err = orl_frame_start(&app->frame, &conf, &app->frames);
    if (err) {
        orl_error("cannot start to read the guest's memory: %s", orl_err_text(err));
        return ORL_EXIT_FAILURE;
    }
    return ORL_EXIT_OK;
}

static void stop_frame(struct orl_app *app)
{
    if (app->frame) {
        orl_frame_stop(&app->frame);
    }
}

static int start_window(struct orl_app *app)
{
    const struct orl_conf *c = app->conf;
    struct orl_win_conf conf = {
        .title = c->win_title,
        .app_id = c->win_app_id,
        .center = c->win_position.center,
        .x = c->win_position.x,
        .y = c->win_position.y,
        .w = c->win_size.w,
        .h = c->win_size.h,
        .borderless = c->win_borderless,
        .maximize = c->win_maximize,
        .full_screen = c->win_full_screen,
        .resizable = c->win_allow_resize,
        .no_screensaver = c->win_no_screensaver,
        .raw_mouse = c->input_raw_mouse,
        .soft_present = c->render_soft_present,
        .surface = {.vsync = c->egl_vsync,
                    .no_buffer_age = c->egl_no_buffer_age,
                    .no_swap_damage = c->egl_no_swap_damage},
    };
    char why[256];
    int err = orl_win_create(&app->win, &conf, why, sizeof(why));
    if (err) {
        orl_error(
            "no window: %s. A desktop is needed: is DISPLAY or WAYLAND_DISPLAY set, and may "
            "this user draw there with OpenGL ES 3?",
            err == ORL_ENOMEM ? orl_err_text(err) : why);
        return ORL_EXIT_NO_DISPLAY;
    }
    orl_app_shape_init(app);
    return ORL_EXIT_OK;
}

static void stop_window(struct orl_app *app)
{
    orl_win_destroy(&app->win);
}

static int start_render(struct orl_app *app)
{
    const struct orl_conf *c = app->conf;
    struct orl_render_conf conf = {.debug = c->egl_debug,
                                   .scale_pointer = c->egl_scale_pointer,
                                   .partial = true,
                                   .mouse_redraw = c->input_mouse_redraw,
                                   .spice_only = !wants_frame(app)};
    struct orl_surface *surface = orl_win_surface(app->win);
    int err =
        c->render_thread
            ? orl_render_start(&app->render, &conf, surface, &app->frames, &app->drawing)
            : orl_render_create(&app->render, &conf, surface, &app->frames, &app->drawing);
    if (err) {
        orl_error(
            "no OpenGL ES 3.0: %s. Is a graphics driver installed (Mesa, or the vendor's)?",
            orl_err_text(err));
        return ORL_EXIT_NO_DISPLAY;
    }
    orl_info("drawing with %s, upload by %s", orl_render_info(app->render).renderer,
             orl_render_info(app->render).upload_path);
    orl_app_publish(app); /* it draws while the rest is started */
    return ORL_EXIT_OK;
}

static void stop_render(struct orl_app *app)
{
    if (app->render && !app->conf->render_thread) {
        orl_render_let_go(app->render); /* the frame thread waits for what is out */
    }
    stop_frame(app);
    if (!app->render) {
        return;
    }
    if (app->conf->render_thread) {
        orl_render_stop(&app->render);
    } else {
        orl_render_destroy(&app->render);
    }
}

/* On the thread of the signals. */
static void on_signal(void *arg)
{
    struct orl_app *app = arg;
    orl_flag_raise(&app->asked_to_stop);
    orl_app_wake(app);
}

static int start_signals(struct orl_app *app)
{
    orl_flag_raise(&app->awake);
    if (orl_signals_start(&app->signals, on_signal, app) != ORL_OK) {
        orl_error("cannot wait for signals");
        return ORL_EXIT_FAILURE;
    }
    return ORL_EXIT_OK;
}

static void stop_signals(struct orl_app *app)
{
    orl_signals_stop(&app->signals);
}

static int start_share(struct orl_app *app)
{
    orl_app_share_start(app);
    return ORL_EXIT_OK;
}

static bool wants_audio(const struct orl_app *app)
{
    return wants_spice(app) && app->conf->spice_audio;
}

static int start_audio(struct orl_app *app)
{
    const struct orl_conf *c = app->conf;
    struct orl_audio_conf conf = {
        .app_name = c->win_title,
        .out_device = c->pipewire_out_device,
        .rec_device = c->pipewire_rec_device,
        .period_frames = (uint32_t)c->audio_period_size,
        .extra_ms = (uint32_t)c->audio_buffer_latency,
        .sync_volume = c->audio_sync_volume,
        .delay_us = &app->drawing.sound_delay_us,
    };
    int err = orl_audio_start(&app->audio, &conf);
    if (err) {
        orl_error("cannot start the sound: %s", orl_err_text(err));
        return ORL_EXIT_FAILURE;
    }
    return ORL_EXIT_OK;
}

static void stop_audio(struct orl_app *app)
{
    orl_audio_stop(&app->audio);
}

static const struct unit units[] = {
    {NULL, start_memory, NULL},
    {wants_demo, start_demo, stop_demo}, /* forks: before any thread */
    {NULL, start_links, stop_links},
    {wants_frame, start_frame, stop_frame},
    {NULL, start_window, stop_window},
    {NULL, start_render, stop_render},
    {NULL, start_signals, stop_signals},
    {NULL, start_share, orl_app_share_stop},
    {wants_audio, start_audio, stop_audio},
    {wants_spice, orl_app_remote_start, orl_app_remote_stop},
    {NULL, orl_app_control_start, orl_app_control_stop},
};

#define UNITS (sizeof(units) / sizeof(units[0]))

static void stop_from(struct orl_app *app, size_t n)
{
    while (n-- > 0) {
        bool wanted = !units[n].wanted || units[n].wanted(app);
        if (wanted && units[n].stop) {
            units[n].stop(app);
        }
    }
}

bool orl_app_start(struct orl_app *app)
{
    orl_win_prepare();
    orl_signals_block();
    for (size_t i = 0; i < UNITS; i++) {
        if (units[i].wanted && !units[i].wanted(app)) {
            continue;
        }
        app->exit_code = units[i].start(app);
        if (app->exit_code != ORL_EXIT_OK) {
            stop_from(app, i);
            return false;
        }
    }
    return true;
}

void orl_app_stop(struct orl_app *app)
{
    stop_from(app, UNITS);
}
