/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * From the window's events to whoever brings them to the guest: tells input what there is (picture,
 * pointer, receiver), and carries its commands to the right queue. What it wants of the desktop: grab.c.
 */
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "app/app_impl.h"
#include "base/clock.h"
#include "view/view.h"

#define ORL_LOG_MODULE "input"
#include "base/log.h"

/* How soon a full queue is tried again. */
#define QUEUE_RETRY_NS (5 * ORL_NS_PER_MS)
/* Another viewer that had the input so recently goes on using it. */
#define TURNS_NS (30 * ORL_NS_PER_S)
/* How soon a user is told of it again. */
#define TAKEN_AGAIN_NS (5 * ORL_NS_PER_S)

/* ---- Commands --------------------------------------------------------------------------------- */

static bool spice_ready(const struct orl_app *app)
{
    return app->spice && app->conf->spice_input && app->spice_status.state == ORL_SPICE_READY &&
           (app->spice_status.has & ORL_SPICE_HAS_INPUTS);
}

/* Media keys have no place in the reports of the memory's endpoint. */
static bool is_media(const struct orl_cmd *cmd)
{
    return cmd->kind == ORL_CMD_KEY && cmd->usage == 0;
}

/* They go through SPICE, where that is there and leads to the same machine, and so does the word that
 * everything goes up. */
static bool is_for_spice_too(const struct orl_app *app, const struct orl_cmd *cmd)
{
    bool key = is_media(cmd) && (!cmd->down || !app->two_machines);
    return (key || cmd->kind == ORL_CMD_RELEASE_ALL) && spice_ready(app);
}

static void send_cmd(void *arg, const struct orl_cmd *cmd)
{
    struct orl_app *app = arg;
    bool memory = app->receiver == ORL_TO_MEMORY;
    bool spice = memory ? is_for_spice_too(app, cmd) : app->receiver == ORL_TO_SPICE;
    /* What does not fit is answered in tend_queues(). */
    if (spice) {
        (void)orl_cmdq_push(&app->to_spice, cmd);
    }
    if (memory && !is_media(cmd)) {
        (void)orl_cmdq_push(&app->to_memory, cmd);
    }
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
    struct orl_binds *binds = malloc(sizeof(*binds));
    struct orl_conf_report *rep = calloc(1, sizeof(*rep));
    struct orl_input_conf conf;
    struct orl_input_sink sink = {
        .send = send_cmd, .align = align, .set_host_locks = orl_app_grab_set_locks, .arg = app};
    bool ok = binds && rep && orl_cmdq_init(&app->to_spice) == ORL_OK &&
              orl_cmdq_init(&app->to_memory) == ORL_OK;
    /* The bindings were understood before anything was started: app.c. */
    if (ok && orl_app_binds(app->conf, binds, rep)) {
        fill_conf(&conf, app->conf);
        orl_input_init(&app->input, &conf, binds, &sink);
        app->suspend_ns = slept_ns();
    } else {
        orl_error("out of memory");
        ok = false;
    }
    free(rep);
    free(binds);
    return ok ? ORL_EXIT_OK : ORL_EXIT_FAILURE;
}

int orl_app_control_start(struct orl_app *app)
{
    orl_inject_link_init(&app->inject_link);
    app->inject_link.input = &app->to_memory;
    app->inject_link.wake_main = orl_app_wake;
    app->inject_link.wake_main_arg = app;
    return ORL_EXIT_OK;
}

void orl_app_control_stop(struct orl_app *app)
{
    orl_input_leave(&app->input, orl_now_ns());
    orl_inject_stop(&app->inject);
    orl_typist_destroy(&app->typist);
    free(app->typing);
}

/* The endpoint in the guest's memory exists in sessions that say so; the thread costs nothing else. */
static void follow_endpoint(struct orl_app *app)
{
    bool offered = app->frame && app->conf->input_memory && !app->inject_failed &&
                   app->guest.state >= ORL_GUEST_NO_FRAME &&
                   (app->guest.info.features & ORL_FEATURE_INPUT);
    if (!offered || app->inject) {
        return;
    }
    int err = orl_inject_start(&app->inject, app->shm_path, &app->inject_link);
    if (err) {
        orl_warn("no input through the guest's memory: %s", orl_err_text(err));
        app->inject_failed = true;
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

static void say_taken(struct orl_app *app, uint64_t now_ns)
{
    if (app->receiver == ORL_TO_NOBODY && now_ns >= app->taken_said_ns) {
        app->taken_said_ns = now_ns + TAKEN_AGAIN_NS;
        orl_app_alert(app,
                      "Another viewer has keyboard and mouse: they come here when it rests "
                      "for half a second");
    }
}

/* The other viewer's pauses make the input ours and take it again: that is not worth a line each. */
static bool takes_turns(const struct orl_app *app, enum orl_app_receiver next, uint64_t now_ns)
{
    bool leaves = app->receiver == ORL_TO_MEMORY && app->inject_status.taken;
    bool returns = next == ORL_TO_MEMORY && app->taken_ns && now_ns < app->taken_ns + TURNS_NS;
    return leaves || (returns && app->said_memory);
}

static void switch_receiver(struct orl_app *app, uint64_t now_ns)
{
    enum orl_app_receiver next = choose(app);
    if (next == app->receiver) {
        return;
    }
    bool quiet = takes_turns(app, next, now_ns);
    orl_input_release(&app->input, now_ns); /* the old one lets go of everything */
    orl_app_typing_stop(app);
    app->receiver = next;
    app->receiver_epoch++;
    app->said_memory |= next == ORL_TO_MEMORY;
    orl_log(quiet ? ORL_LOG_DEBUG : ORL_LOG_INFO, "input goes %s",
            next == ORL_TO_SPICE    ? "through SPICE"
            : next == ORL_TO_MEMORY ? "through the guest's memory"
                                    : "nowhere");
}

/* Another viewer has the input: said when that is new, and then to a user whose keys go nowhere. */
static void follow_turns(struct orl_app *app, bool taken_before, uint64_t now_ns)
{
    bool taken = app->inject_status.taken;
    if (taken && !taken_before && (!app->taken_ns || now_ns - app->taken_ns > TURNS_NS)) {
        orl_info("another viewer has keyboard and mouse of the guest; they are free again when "
                 "it has sent nothing for half a second");
        say_taken(app, now_ns);
    }
    app->taken_ns = taken ? now_ns : app->taken_ns;
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
    orl_app_grab_locks(app, &g, now_ns);
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

/* Where the guest's pointer is in the picture that is shown. */
static void tell_pointer(struct orl_app *app)
{
    const struct orl_spice_status *s = &app->spice_status;
    struct orl_input_report r = {s->cursor_known, s->cursor_x, s->cursor_y, app->pointer_ns};
    if (app->shown.source != ORL_SOURCE_SPICE) {
        (void)orl_mailbox_take(&app->frames.report_mb); /* without a new one the last holds */
        const struct orl_cursor_report *c = &app->frames.report[app->frames.report_mb.front];
        r = (struct orl_input_report){c->known, c->x, c->y, c->t_ns};
    }
    orl_input_report(&app->input, &r);
}

void orl_app_control_look(struct orl_app *app, uint64_t now_ns)
{
    follow_endpoint(app);
    bool taken = app->inject_status.taken;
    if (app->inject && orl_mailbox_take(&app->inject_link.status_mb)) {
        app->inject_status = app->inject_link.status[app->inject_link.status_mb.front];
    }
    app->taken_ns = taken ? now_ns : app->taken_ns;
    switch_receiver(app, now_ns);
    follow_turns(app, taken, now_ns);
    tell_guest(app, now_ns);
    tell_view(app);
    tell_pointer(app);
    if (app->input.dialog != app->dialog_known) {
        app->dialog_known = app->input.dialog;
        orl_debug("the keyboard is %s", app->dialog_known ? "a dialog's" : "the guest's again");
    }
}

/* What the user does here while another viewer has the input is lost: that is said. */
static void watch_lost(struct orl_app *app, const struct orl_event *ev, bool swallowed,
                       uint64_t now_ns)
{
    bool act = ev->down && (ev->kind == ORL_EVENT_KEY || ev->kind == ORL_EVENT_BUTTON);
    bool meant = app->input.focused && app->input.on && !app->input.dialog && !swallowed;
    if (act && meant && app->inject && app->inject_status.taken) {
        say_taken(app, now_ns);
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
    watch_lost(app, ev, hit.swallow, now_ns);
    orl_app_grab_apply(app, now_ns);
    return hit.swallow;
}

/* A queue without room: the rest waits here, and the guest's keys are let go. */
static void tend_queues(struct orl_app *app, uint64_t now_ns)
{
    bool clear = orl_cmdq_flush(&app->to_spice);
    app->queue_full = !orl_cmdq_flush(&app->to_memory) || !clear;
    uint64_t overflows =
        orl_cmdq_overflows(&app->to_spice) + orl_cmdq_overflows(&app->to_memory);
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
    woke_from_suspend(app, now_ns);
    tend_queues(app, now_ns);
    compare_keys(app);
    tell_pointer(app);
    orl_app_grab_locks(app, &app->input.guest, now_ns);
    struct orl_bind_hit hit = orl_input_tick(&app->input, now_ns);
    orl_app_do(app, &hit);
    orl_app_typing_tick(app, now_ns);
    if (app->input.mismatch_notes != app->mismatch_said) {
        app->mismatch_said = app->input.mismatch_notes;
        orl_app_alert(app, "The guest moves its pointer farther than told: switch pointer "
                           "acceleration off in the guest");
    }
    orl_app_grab_apply(app, now_ns);
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
