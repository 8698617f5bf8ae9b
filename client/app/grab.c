/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What input wants of the desktop: that keyboard and pointer are held, with a sentence where they cannot
 * be, and that the host's lock keys follow the guest's.
 */
#include "app/app_impl.h"

#define ORL_LOG_MODULE "input"
#include "base/log.h"

/* ---- Keyboard and pointer --------------------------------------------------------------------- */

static enum orl_win_refusal set_grab(struct orl_app *app, const struct orl_input_want *want)
{
    static const enum orl_win_look looks[] = {
        [ORL_LOOK_ARROW] = ORL_WIN_LOOK_ARROW,
        [ORL_LOOK_NONE] = ORL_WIN_LOOK_NONE,
        [ORL_LOOK_DOT] = ORL_WIN_LOOK_DOT,
        [ORL_LOOK_LARGE_DOT] = ORL_WIN_LOOK_LARGE_DOT,
    };
    struct orl_win_grab grab = {.keyboard = want->grab_keyboard,
                                .confine = want->confine,
                                .relative = want->relative,
                                .look = looks[want->look]};
    return orl_win_set_grab(app->win, &grab);
}

/* Shown each time, because the user has asked for it; on the log once. */
static void say_lock(struct orl_app *app, const char *sentence)
{
    orl_app_alert(app, "%s", sentence);
    orl_log(app->lock_said == sentence ? ORL_LOG_DEBUG : ORL_LOG_WARN, "%s", sentence);
    app->lock_said = sentence;
}

static void say_refusal(struct orl_app *app, enum orl_win_refusal why)
{
    say_lock(app,
             why == ORL_WIN_HELD
                 ? "Not captured: another program holds the pointer; close its menu, or let "
                   "go of what it drags, and try again"
                 : "Not captured: this desktop has no way to lock the pointer; without "
                   "capture keyboard and mouse work as before");
}

void orl_app_grab_apply(struct orl_app *app, uint64_t now_ns)
{
    if (app->input.escapes != app->escapes_said) {
        app->escapes_said = app->input.escapes;
        say_lock(app,
                 "The capture has ended: the desktop let the pointer leave the window; allow "
                 "locking the pointer in the desktop's settings");
    }
    struct orl_input_want want = orl_input_want(&app->input);
    enum orl_win_refusal refusal = set_grab(app, &want);
    if (refusal) {
        say_refusal(app, refusal);
        orl_input_uncapture(&app->input, now_ns);
        want = orl_input_want(&app->input);
        (void)set_grab(app, &want);
    }
    if (want.captured == app->captured) {
        return;
    }
    app->captured = want.captured;
    app->title_changed = true;
    if (app->conf->input_absolute) { /* positions mean nothing while the pointer is locked */
        orl_app_ask(app, ORL_SPICE_SET_ABSOLUTE, !want.captured, 0, NULL, 0);
    }
}

/* ---- Lock keys -------------------------------------------------------------------------------- */

void orl_app_grab_set_locks(void *arg, uint8_t mask, uint8_t values)
{
    struct orl_app *app = arg;
    orl_debug("the lock keys %u of the host are set to %u", (unsigned)mask, (unsigned)values);
    orl_win_set_locks(app->win, mask, values);
}

void orl_app_grab_locks(struct orl_app *app, const struct orl_input_guest *g, uint64_t now_ns)
{
    struct orl_locks *l = &app->input.locks;
    bool first = !app->locks_open && g->connected && g->leds_known;
    if (first) {
        app->locks_open = true;
        orl_locks_able(l, orl_win_open_locks(app->win));
    }
    if (l->settable && (first || orl_locks_due(l) <= now_ns)) {
        orl_locks_host(l, orl_win_locks(app->win));
    }
}
