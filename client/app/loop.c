/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "app/app_impl.h"
#include "base/clock.h"

#define ORL_LOG_MODULE "app"
#include "base/log.h"

/* Without a render thread main waits on its wake word and looks at the window this often. */
#define POLL_NS (4 * ORL_NS_PER_MS)

void orl_app_publish(struct orl_app *app)
{
    if (!app->view_changed) {
        return;
    }
    app->view_changed = false;
    app->drawing.view[app->drawing.view_mb.back] = app->view;
    orl_mailbox_publish(&app->drawing.view_mb);
    orl_wake_set(&app->drawing.wake, ORL_RENDER_VIEW);
}

static void on_blur(struct orl_app *app)
{
    if (app->conf->win_minimize_on_focus_loss) {
        orl_win_call(app->win, ORL_WIN_MINIMIZE);
    }
}

/* What an event means for the window itself; keyboard and mouse are control.c's. */
static void on_window_event(struct orl_app *app, const struct orl_event *ev, uint64_t now_ns)
{
    switch (ev->kind) {
    case ORL_EVENT_DROP: orl_app_share_drop(app); break;
    case ORL_EVENT_RESIZED: orl_app_shape_resized(app, now_ns); break;
    case ORL_EVENT_EXPOSED:
        app->view.expose++;
        app->view_changed = true;
        break;
    case ORL_EVENT_HIDDEN:
    case ORL_EVENT_SHOWN:
        app->view_changed |= app->view.hidden != (ev->kind == ORL_EVENT_HIDDEN);
        app->view.hidden = ev->kind == ORL_EVENT_HIDDEN;
        break;
    case ORL_EVENT_FOCUS:
    case ORL_EVENT_BLUR:
        if (app->clip) {
            orl_clip_focus(app->clip, ev->kind == ORL_EVENT_FOCUS);
        }
        if (ev->kind == ORL_EVENT_BLUR) {
            on_blur(app);
        }
        break;
    case ORL_EVENT_QUIT: app->leave |= !app->conf->win_ignore_quit; break;
    default: break;
    }
}

static void on_event(struct orl_app *app, const struct orl_event *ev)
{
    uint64_t now_ns = orl_now_ns();
    if (ev->kind == ORL_EVENT_NONE || ev->kind == ORL_EVENT_WAKE) {
        return;
    }
    if (!orl_app_control_event(app, ev, now_ns)) {
        orl_app_dialog_event(app, ev);
    }
    on_window_event(app, ev, now_ns);
}

static void take_shown(struct orl_app *app)
{
    static const char *const words[] = {[ORL_SOURCE_NONE] = "none",
                                        [ORL_SOURCE_RING] = "from the guest's memory",
                                        [ORL_SOURCE_SPICE] = "from the SPICE display"};
    struct orl_render_shown shown = orl_render_shown(&app->drawing);
    if (shown.source != app->shown.source) {
        orl_info("picture: %s", words[shown.source]);
    }
    app->shown = shown;
}

/* What other threads have left for us. */
static void look(struct orl_app *app)
{
    if (orl_flag_is_raised(&app->asked_to_stop)) {
        app->leave = true;
    }
    if (orl_counter_get(&app->drawing.stats.failed)) {
        app->exit_code = ORL_EXIT_NO_DISPLAY;
        app->leave = true;
    }
    uint64_t now_ns = orl_now_ns();
    take_shown(app);
    orl_app_remote_look(app, now_ns);
    orl_app_share_desk(app, now_ns);
    orl_app_guest(app);
    orl_app_recovery_look(app);
    orl_app_shape_picture(app);
    orl_app_control_look(app, now_ns);
    if (app->title_changed) {
        orl_app_title(app);
    }
}

static uint64_t due_ns(const struct orl_app *app)
{
    uint64_t due = orl_app_control_due(app);
    due = orl_earlier(due, app->settle_ns ? app->settle_ns : ORL_WAKE_NEVER);
    due = orl_earlier(due, app->link_from_ns ? app->link_from_ns : ORL_WAKE_NEVER);
    due = orl_earlier(due, app->link_until_ns ? app->link_until_ns : ORL_WAKE_NEVER);
    due = orl_earlier(due, app->ask_due_ns);
    return app->clip ? orl_earlier(due, orl_clip_due(app->clip)) : due;
}

static void tick(struct orl_app *app, uint64_t now_ns)
{
    orl_app_control_tick(app, now_ns);
    orl_app_remote_tick(app, now_ns);
    orl_app_microphone_tick(app, now_ns);
    if (app->clip) {
        orl_clip_tick(app->clip, now_ns);
    }
    if (app->settle_ns && now_ns >= app->settle_ns) {
        orl_app_shape_settle(app);
    }
}

static void step_render(struct orl_app *app, uint64_t until_ns)
{
    uint64_t limit =
        orl_earlier(orl_earlier(until_ns, app->render_due), orl_now_ns() + POLL_NS);
    uint32_t reasons = orl_wake_wait(&app->drawing.wake, limit);
    uint64_t now_ns = orl_now_ns();
    if (reasons || now_ns >= app->render_due) {
        int err = ORL_OK;
        app->render_due = orl_render_step(app->render, reasons, now_ns, &err);
        if (err) {
            orl_error("drawing ends: %s", orl_err_text(err));
            app->exit_code = ORL_EXIT_NO_DISPLAY;
            app->leave = true;
        }
    }
}

/* Events of one turn; more than that wait until the mailboxes have been looked at. */
#define EVENTS_MAX 256

void orl_app_step(struct orl_app *app, uint64_t until_ns)
{
    orl_app_publish(app);
    uint64_t due = orl_earlier(until_ns, due_ns(app));
    if (!app->conf->render_thread) {
        step_render(app, due);
        due = 0;
    }
    struct orl_event ev = orl_win_wait(app->win, due);
    for (int i = 0; i < EVENTS_MAX && ev.kind != ORL_EVENT_NONE; i++) {
        on_event(app, &ev);
        ev = orl_win_wait(app->win, 0);
    }
    if (ev.kind != ORL_EVENT_NONE) {
        on_event(app, &ev);
    }
    tick(app, orl_now_ns());
    look(app);
}

void orl_app_loop(struct orl_app *app)
{
    uint64_t end_ns = ORL_WAKE_NEVER;
    if (app->conf->app_exit_after > 0) {
        end_ns = app->start_ns + (uint64_t)app->conf->app_exit_after * ORL_NS_PER_S;
    }
    /* What came before there was a window to wake; from now on each step looks after its wait. */
    look(app);
    while (!app->leave && orl_now_ns() < end_ns) {
        orl_app_step(app, end_ns);
    }
}
