/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * From the window's events to whoever brings them to the guest: tells input what there is (picture,
 * pointer, receiver), carries its commands to the right queue, and does to the window what it wants.
 */
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "app/app_impl.h"
#include "base/clock.h"
#include "input/keys.h"
#include "view/view.h"

#define ORL_LOG_MODULE "input"
#include "base/log.h"

/* How soon a full queue is tried again. */
#define QUEUE_RETRY_NS (5 * ORL_NS_PER_MS)

static void wake_main(void *arg)
{
    struct orl_app *app = arg;
    orl_win_wake(app->win);
}

/* ---- Commands --------------------------------------------------------------------------------- */

static struct orl_cmdq *queue(struct orl_app *app)
{
    switch (app->receiver) {
    case ORL_TO_SPICE: return &app->to_spice;
    case ORL_TO_MEMORY: return &app->to_memory;
    default: return NULL;
    }
}

/* The last usage of page 7 that a keyboard report can hold; media keys are not in it. */
#define HID_KEYBOARD_MAX 0xE7

static bool spice_ready(const struct orl_app *app)
{
    return app->spice && app->conf->spice_input && app->spice_status.state == ORL_SPICE_READY &&
           (app->spice_status.has & ORL_SPICE_HAS_INPUTS);
}

/* Media keys have no place in the reports of the memory's endpoint; they go through SPICE. */
static void send_cmd(void *arg, const struct orl_cmd *cmd)
{
    struct orl_app *app = arg;
    struct orl_cmdq *q = queue(app);
    if (!q) {
        return;
    }
    if (app->receiver == ORL_TO_MEMORY && cmd->kind == ORL_CMD_KEY &&
        cmd->usage > HID_KEYBOARD_MAX && spice_ready(app)) {
        q = &app->to_spice;
    }
    (void)orl_cmdq_push(q, cmd); /* what did not fit is answered in tend_queue() */
    if (app->frame) {
        orl_frame_poke(app->frame); /* a picture will follow */
    }
}

static void align(void *arg, int32_t x, int32_t y)
{
    struct orl_app *app = arg;
    if (app->frame) {
        orl_frame_align(app->frame, x, y);
    }
}

/* ---- Start ------------------------------------------------------------------------------------ */

/* The lines of [keys]; what is not understood is said, each in a sentence. */
static bool add_user_binds(struct orl_app *app, struct orl_binds *binds)
{
    char why[160];
    size_t n = 0;
    const struct orl_conf_key *key = orl_conf_keys(app->conf, &n);
    struct orl_conf_report *rep = calloc(1, sizeof(*rep));
    if (!rep) {
        return false;
    }
    for (size_t i = 0; i < n; i++) {
        if (orl_binds_add(binds, key[i].chord, key[i].action, why, sizeof(why)) != ORL_OK) {
            orl_conf_reject_key(&key[i], why, rep);
        }
    }
    bool ok = rep->errors == 0;
    orl_conf_report_print(rep, stderr);
    free(rep);
    return ok;
}

static void fill_conf(struct orl_input_conf *out, const struct orl_conf *c)
{
    *out = (struct orl_input_conf){
        .grab_keyboard = c->input_grab_keyboard,
        .grab_keyboard_on_focus = c->input_grab_keyboard_on_focus,
        .release_keys_on_focus_loss = c->input_release_keys_on_focus_loss,
        .capture_on_focus = c->input_capture_on_focus,
        .capture_only = c->input_capture_only,
        .capture_on_start = c->spice_capture_on_start,
        .auto_capture = c->input_auto_capture,
        .ignore_windows_keys = c->input_ignore_windows_keys,
        .hide_cursor = c->input_hide_cursor,
        .always_show_cursor = c->spice_always_show_cursor,
        .show_cursor_dot = c->spice_show_cursor_dot,
        .large_cursor_dot = c->spice_large_cursor_dot,
        .scale_cursor = c->spice_scale_cursor,
        .raw_mouse = c->input_raw_mouse,
        .mouse_smoothing = c->input_mouse_smoothing,
        .mouse_sens = c->input_mouse_sens,
    };
}

/* How long the machine has slept since it was started. */
static int64_t slept_ns(void)
{
    struct timespec with;
    struct timespec without;
    clock_gettime(CLOCK_MONOTONIC, &without);
    clock_gettime(CLOCK_BOOTTIME, &with);
    return (with.tv_sec - without.tv_sec) * (int64_t)ORL_NS_PER_S +
           (with.tv_nsec - without.tv_nsec);
}

int orl_app_control_init(struct orl_app *app)
{
    uint16_t escape = 0;
    struct orl_binds *binds = malloc(sizeof(*binds));
    struct orl_input_conf conf;
    struct orl_input_sink sink = {.send = send_cmd, .align = align, .arg = app};
    if (!binds || orl_cmdq_init(&app->to_spice) != ORL_OK ||
        orl_cmdq_init(&app->to_memory) != ORL_OK) {
        free(binds);
        orl_error("out of memory");
        return ORL_EXIT_FAILURE;
    }
    if (!orl_key_parse(app->conf->input_escape_key, &escape)) {
        orl_error("input:escapeKey: there is no key %s; input:escapeKey=help lists all",
                  app->conf->input_escape_key);
        free(binds);
        return ORL_EXIT_USAGE;
    }
    orl_binds_init(binds, escape, (uint64_t)app->conf->input_help_menu_delay * ORL_NS_PER_MS);
    bool ok = add_user_binds(app, binds);
    fill_conf(&conf, app->conf);
    orl_input_init(&app->input, &conf, binds, &sink);
    free(binds);
    app->suspend_ns = slept_ns();
    return ok ? ORL_EXIT_OK : ORL_EXIT_USAGE;
}

int orl_app_control_start(struct orl_app *app)
{
    orl_inject_link_init(&app->inject_link);
    app->inject_link.input = &app->to_memory;
    app->inject_link.wake_main = wake_main;
    app->inject_link.wake_main_arg = app;
    return ORL_EXIT_OK;
}

void orl_app_control_stop(struct orl_app *app)
{
    orl_input_release(&app->input, orl_now_ns());
    orl_inject_stop(&app->inject);
    orl_typist_destroy(&app->typist);
    free(app->typing);
}

/* The endpoint in the guest's memory exists in sessions that say so; the thread costs nothing else. */
static void follow_endpoint(struct orl_app *app)
{
    bool offered = app->frame && app->conf->input_memory &&
                   app->guest.state >= ORL_GUEST_NO_FRAME &&
                   (app->guest.info.features & ORL_FEATURE_INPUT);
    if (offered && !app->inject &&
        orl_inject_start(&app->inject, app->shm_path, &app->inject_link) != ORL_OK) {
        app->inject = NULL;
    }
}

/* ---- What there is ---------------------------------------------------------------------------- */

/* Who gets the input: the guest's memory when the guest offers it, else SPICE. */
static enum orl_app_receiver choose(const struct orl_app *app)
{
    if (app->inject && app->inject_status.ready) {
        return ORL_TO_MEMORY;
    }
    return spice_ready(app) ? ORL_TO_SPICE : ORL_TO_NOBODY;
}

static void switch_receiver(struct orl_app *app, uint64_t now_ns)
{
    enum orl_app_receiver next = choose(app);
    if (next == app->receiver) {
        return;
    }
    orl_input_release(&app->input, now_ns); /* the old one lets go of everything */
    orl_app_typing_stop(app);
    app->receiver = next;
    app->receiver_epoch++;
    app->overflows = 0;
    struct orl_cmdq *q = queue(app);
    if (q) {
        app->overflows = (uint32_t)orl_counter_get(&q->overflows);
    }
    orl_info("input goes %s", next == ORL_TO_SPICE    ? "through SPICE"
                              : next == ORL_TO_MEMORY ? "through the guest's memory"
                                                      : "nowhere");
}

static void tell_guest(struct orl_app *app, uint64_t now_ns)
{
    const struct orl_spice_status *s = &app->spice_status;
    const struct orl_session_info *info = &app->guest.info;
    bool ring = app->guest.state >= ORL_GUEST_NO_FRAME && app->guest.state != ORL_GUEST_LOST;
    bool memory = app->receiver == ORL_TO_MEMORY;
    uint32_t epoch = memory ? app->inject_status.epoch : s->epoch;
    struct orl_input_guest g = {
        .connected = app->receiver != ORL_TO_NOBODY,
        .hold = app->two_machines && !memory,
        .absolute =
            memory ? app->inject_status.absolute && app->conf->input_absolute : s->absolute,
        .can_align = ring && (info->features & ORL_FEATURE_SET_CURSOR_POS) != 0,
        .linux_os = ring && info->has_os && info->os == ORL_OS_LINUX,
        .leds_known = memory ? app->inject_status.leds_known : s->leds_known,
        .leds = memory ? app->inject_status.leds : s->leds,
        .epoch = app->receiver_epoch * 65536 + epoch,
    };
    orl_input_set_guest(&app->input, &g, now_ns);
}

/* The same mapping that the render thread draws with. */
static void tell_view(struct orl_app *app)
{
    const struct orl_view_state *v = &app->view;
    struct orl_view_in in = {
        .frame_w = app->shown.w,
        .frame_h = app->shown.h,
        .win_w = v->win_w,
        .win_h = v->win_h,
        .turns = (app->shown.turns + v->turns) % 4,
        .user_turns = v->turns % 4,
        .keep_aspect = v->keep_aspect,
        .dont_upscale = v->dont_upscale,
        .int_upscale = v->int_upscale,
        .filter = v->filter,
    };
    struct orl_view view = orl_view_make(&in);
    orl_input_set_view(&app->input, &view);
}

static void tell_pointer(struct orl_app *app)
{
    struct orl_input_report r = {0};
    if (app->shown.source == ORL_SOURCE_SPICE) {
        const struct orl_spice_status *s = &app->spice_status;
        r = (struct orl_input_report){s->cursor_known, s->cursor_x, s->cursor_y,
                                      app->spice_status_ns};
    } else if (orl_mailbox_take(&app->frames.report_mb)) {
        const struct orl_cursor_report *c = &app->frames.report[app->frames.report_mb.front];
        r = (struct orl_input_report){c->known, c->x, c->y, c->t_ns};
    } else {
        return;
    }
    orl_input_report(&app->input, &r);
}

void orl_app_control_look(struct orl_app *app, uint64_t now_ns)
{
    follow_endpoint(app);
    if (app->inject && orl_mailbox_take(&app->inject_link.status_mb)) {
        app->inject_status = app->inject_link.status[app->inject_link.status_mb.front];
    }
    switch_receiver(app, now_ns);
    tell_guest(app, now_ns);
    tell_view(app);
    tell_pointer(app);
}

/* ---- What the window shall do ----------------------------------------------------------------- */

static void apply(struct orl_app *app, uint64_t now_ns)
{
    static const enum orl_win_look looks[] = {
        [ORL_LOOK_ARROW] = ORL_WIN_LOOK_ARROW,
        [ORL_LOOK_NONE] = ORL_WIN_LOOK_NONE,
        [ORL_LOOK_DOT] = ORL_WIN_LOOK_DOT,
        [ORL_LOOK_LARGE_DOT] = ORL_WIN_LOOK_LARGE_DOT,
    };
    struct orl_input_want want = orl_input_want(&app->input);
    struct orl_win_grab grab = {.keyboard = want.grab_keyboard,
                                .confine = want.confine,
                                .relative = want.relative,
                                .look = looks[want.look]};
    if (!orl_win_set_grab(app->win, &grab)) {
        orl_input_uncapture(&app->input, now_ns);
        orl_app_alert(app, "The desktop does not let this window capture the pointer");
    }
    if (want.captured != app->captured) {
        app->captured = want.captured;
        app->title_changed = true;
    }
}

/* ---- Turns of the main loop ------------------------------------------------------------------- */

static void woke_from_suspend(struct orl_app *app, uint64_t now_ns)
{
    int64_t slept = slept_ns();
    if (slept > app->suspend_ns + (int64_t)ORL_NS_PER_S / 2) {
        orl_info("the machine slept; all keys are released in the guest");
        orl_input_release(&app->input, now_ns);
    }
    app->suspend_ns = slept;
}

bool orl_app_control_event(struct orl_app *app, const struct orl_event *ev, uint64_t now_ns)
{
    woke_from_suspend(app, now_ns);
    if (ev->kind == ORL_EVENT_MOTION || ev->kind == ORL_EVENT_ENTER) {
        tell_pointer(app);
    }
    struct orl_bind_hit hit = orl_input_event(&app->input, ev, now_ns);
    orl_app_do(app, &hit);
    apply(app, now_ns);
    return hit.swallow;
}

/* A queue without room: the rest waits here, and the guest's keys are let go. */
static void tend_queue(struct orl_app *app, uint64_t now_ns)
{
    struct orl_cmdq *q = queue(app);
    app->queue_full = q && !orl_cmdq_flush(q);
    if (!q) {
        return;
    }
    uint32_t overflows = (uint32_t)orl_counter_get(&q->overflows);
    if (overflows != app->overflows) {
        app->overflows = overflows;
        orl_warn("the guest does not take input fast enough: all keys are released");
        orl_app_typing_stop(app);
        orl_input_release(&app->input, now_ns);
    }
}

/* While focused, the desktop knows which keys are down: one whose release got lost goes up here. */
static void compare_keys(struct orl_app *app)
{
    size_t n = 0;
    const uint8_t *down = orl_win_keys(app->win, &n);
    if (app->input.focused && down) {
        struct orl_bind_hit hit = orl_input_believe(&app->input, down, n);
        orl_app_do(app, &hit);
    }
}

void orl_app_control_tick(struct orl_app *app, uint64_t now_ns)
{
    tend_queue(app, now_ns);
    compare_keys(app);
    tell_pointer(app);
    struct orl_bind_hit hit = orl_input_tick(&app->input, now_ns);
    orl_app_do(app, &hit);
    orl_app_typing_tick(app, now_ns);
    if (app->input.mismatch_notes != app->mismatch_said) {
        app->mismatch_said = app->input.mismatch_notes;
        orl_app_alert(app, "The guest moves its pointer farther than told: switch pointer "
                           "acceleration off in the guest");
    }
    apply(app, now_ns);
}

uint64_t orl_app_control_due(const struct orl_app *app)
{
    uint64_t due = orl_input_due(&app->input);
    if (app->queue_full) {
        due = orl_earlier(due, orl_now_ns() + QUEUE_RETRY_NS);
    }
    if (app->typist) {
        due = orl_earlier(due, orl_typist_due(app->typist));
    }
    return due;
}
