/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The SPICE session as the program sees it: its state in words, its notes to whom they concern. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "app/app_impl.h"
#include "base/clock.h"
#include "base/str.h"

#define ORL_LOG_MODULE "spice"
#include "base/log.h"

/* How long a new sentence about the session stays on the screen when it needs no answer. */
#define SENTENCE_NS (8 * ORL_NS_PER_S)
/* Not in the first moments: the overlay's font would be made before the first picture is drawn. */
#define QUIET_NS ORL_NS_PER_S

static void fill_conf(struct orl_app *app)
{
    const struct orl_conf *c = app->conf;
    app->spice_conf = (struct orl_spice_conf){
        .host = c->spice_host,
        .port = c->spice_port,
        .tls_port = c->spice_tls_port,
        .password = c->spice_password,
        .password_file = c->spice_password_file,
        .ca_file = c->spice_ca_file,
        .host_subject = c->spice_host_subject,
        .input = c->spice_input,
        .clipboard = c->spice_clipboard,
        .audio = c->spice_audio,
        .microphone = c->spice_audio && c->spice_microphone,
        .display = c->spice_display,
        .usb = c->spice_usb,
        .files = c->spice_files,
        .absolute = c->input_absolute,
        .share_dir = c->spice_share_dir,
        .share_read_only = c->spice_share_read_only,
        .usb_auto_filter = c->spice_usb_auto_filter,
        .usb_redirect_filter = c->spice_usb_redirect_filter,
    };
}

int orl_app_remote_init(struct orl_app *app)
{
    fill_conf(app);
    orl_fallback_init(&app->fallback, &app->drawing.wake);
    if (orl_spice_link_init(&app->remote) != ORL_OK) {
        orl_error("out of memory");
        return ORL_EXIT_FAILURE;
    }
    app->remote.input = &app->to_spice;
    app->remote.fallback = app->spice_conf.display ? &app->fallback : NULL;
    app->remote.wake_main = orl_app_wake;
    app->remote.wake_main_arg = app;
    return ORL_EXIT_OK;
}

int orl_app_remote_start(struct orl_app *app)
{
    app->remote.audio = app->audio;
    int err = orl_spice_start(&app->spice, &app->spice_conf, &app->remote);
    if (err) {
        orl_error("cannot start the SPICE session: %s", orl_err_text(err));
        return ORL_EXIT_FAILURE;
    }
    return ORL_EXIT_OK;
}

void orl_app_remote_stop(struct orl_app *app)
{
    orl_spice_stop(&app->spice);
}

void orl_app_remote_finish(struct orl_app *app)
{
    orl_spice_link_finish(&app->remote);
    orl_fallback_finish(&app->fallback);
}

void orl_app_ask(struct orl_app *app, enum orl_spice_note_kind kind, uint32_t a, uint64_t id,
                 const void *data, size_t len)
{
    struct orl_spice_note note = {.kind = kind, .a = a, .id = id, .len = len};
    if (!app->spice) {
        return;
    }
    if (data) {
        note.data = malloc(len + 1);
        if (!note.data) {
            return;
        }
        memcpy(note.data, data, len);
        note.data[len] = 0;
    }
    if (!orl_spice_request(app->spice, &note)) {
        orl_warn("the SPICE session does not take requests any more; one was dropped");
    }
}

/* ---- State ---------------------------------------------------------------------------------- */

static bool nonzero(const uint8_t uuid[16])
{
    for (int i = 0; i < 16; i++) {
        if (uuid[i]) {
            return true;
        }
    }
    return false;
}

static void uuid_text(const uint8_t u[16], char dst[40])
{
    int n = 0;
    for (int i = 0; i < 16; i++) {
        bool dash = i == 4 || i == 6 || i == 8 || i == 10;
        n += snprintf(dst + n, (size_t)(40 - n), dash ? "-%02x" : "%02x", u[i]);
    }
}

/* Keys typed into one machine while looking at another are held back. */
static bool compare_machines(const struct orl_app *app)
{
    const struct orl_spice_status *s = &app->spice_status;
    const struct orl_session_info *ring = &app->guest.info;
    return s->state == ORL_SPICE_READY && s->has_uuid && nonzero(s->uuid) &&
           app->guest.state >= ORL_GUEST_NO_FRAME && ring->has_vm && nonzero(ring->uuid) &&
           memcmp(s->uuid, ring->uuid, 16) != 0;
}

static void say_two_machines(const struct orl_app *app, char *dst, size_t cap)
{
    const struct orl_spice_status *s = &app->spice_status;
    char a[40];
    char b[40];
    uuid_text(s->uuid, a);
    uuid_text(app->guest.info.uuid, b);
    bool held = app->receiver != ORL_TO_MEMORY;
    snprintf(
        dst, cap,
        "%sSPICE leads to machine %s (%.32s), the picture comes from %s. Check spice:host, "
        "spice:port and app:shmFile.",
        held ? "Input is held back: " : "", a, s->name[0] ? s->name : "no name", b);
}

/* What the user can press, where there is a key for it. */
static void say_next_step(const struct orl_app *app, char *hint, size_t cap)
{
    char keys[ORL_BIND_TEXT_BYTES];
    bool taken = app->spice_status.state == ORL_SPICE_TAKEN;
    if (orl_app_remote_bad_file(app)) {
        return; /* the hint names the file */
    }
    orl_app_keys_for(app, taken ? ORL_ACTION_TAKE_BACK : ORL_ACTION_OVERLAY, keys,
                     sizeof(keys));
    if (keys[0] && taken) {
        snprintf(hint, cap, "%s takes it back.", keys);
    } else if (keys[0]) {
        snprintf(hint, cap, "Enter it with %s, or set spice:passwordFile.", keys);
    }
}

const char *orl_app_remote_bad_file(const struct orl_app *app)
{
    const struct orl_spice_status *s = &app->spice_status;
    bool bad = s->fault == ORL_SPICE_BAD_FILE &&
               (s->state == ORL_SPICE_WAITING || s->state == ORL_SPICE_CONNECTING);
    return bad ? s->detail : NULL;
}

/* It is the password's, which can be typed instead, and not the certificate's. */
static bool is_password_file(const struct orl_app *app, const char *detail)
{
    const char *path = app->conf->spice_password_file;
    return path[0] &&
           strncmp(detail, path, strnlen(path, sizeof(app->spice_status.detail) - 1)) == 0;
}

/* A sentence that waits for the user stays; the others go by themselves. */
static bool needs_answer(const struct orl_app *app)
{
    enum orl_spice_state state = app->spice_status.state;
    return app->two_machines || state == ORL_SPICE_PASSWORD || state == ORL_SPICE_TAKEN ||
           orl_app_remote_bad_file(app);
}

/* The state of the session, and what to do: both ORL_OSD_LINE bytes. */
static void session_words(const struct orl_app *app, char *headline, char *hint)
{
    const char *file = orl_app_remote_bad_file(app);
    orl_spice_sentence(&app->spice_status, &app->spice_conf, headline, ORL_OSD_LINE, hint,
                       ORL_OSD_LINE);
    if (file && file[0]) {
        snprintf(hint, ORL_OSD_LINE, "%s.", file);
    } else if (needs_answer(app)) {
        say_next_step(app, hint, ORL_OSD_LINE);
    }
}

/* What is wrong with keyboard, mouse and sound; "" nothing, or a dialog says it already. */
static void make_sentence(const struct orl_app *app, char *dst, size_t cap)
{
    char headline[ORL_OSD_LINE];
    char hint[ORL_OSD_LINE];
    const struct orl_spice_status *s = &app->spice_status;
    bool fine = s->state == ORL_SPICE_OFF || s->state == ORL_SPICE_READY ||
                (s->state == ORL_SPICE_CONNECTING && s->fault == ORL_SPICE_FINE);
    dst[0] = '\0';
    if (app->two_machines) {
        say_two_machines(app, dst, cap);
    } else if (!fine && app->dialog_for != ORL_DIALOG_FOR_PASSWORD) {
        session_words(app, headline, hint);
        snprintf(dst, cap, "%.120s %.130s", headline, hint);
    }
}

/* A sentence is shown when it is new: attempts that fail for one reason say so once. */
static void say(struct orl_app *app, uint64_t now_ns)
{
    char sentence[ORL_OSD_LINE];
    app->link_from_ns = now_ns < app->start_ns + QUIET_NS ? app->start_ns + QUIET_NS : 0;
    if (app->link_from_ns) {
        return;
    }
    make_sentence(app, sentence, sizeof(sentence));
    if (strcmp(sentence, app->link_said) == 0) {
        return;
    }
    memcpy(app->link_said, sentence, sizeof(sentence));
    memcpy(app->view.extra.link, sentence, sizeof(sentence));
    app->link_until_ns = !sentence[0]        ? 0
                         : needs_answer(app) ? UINT64_MAX
                                             : now_ns + SENTENCE_NS;
    app->view_changed = true;
}

/* A plain SPICE viewer has no other picture: why there is none is said for as long as that is so. */
static void say_none(struct orl_app *app)
{
    char headline[ORL_OSD_LINE];
    char hint[ORL_OSD_LINE];
    struct orl_view_state *v = &app->view;
    if (strcmp(app->conf->app_transport, "spice") != 0 ||
        app->shown.source == ORL_SOURCE_SPICE) {
        return; /* what stands there is not shown */
    }
    session_words(app, headline, hint);
    if (app->spice_status.state == ORL_SPICE_READY &&
        (app->spice_status.has & ORL_SPICE_HAS_DISPLAY)) {
        orl_str_copy(
            hint, sizeof(hint),
            "It sends no picture: the screen of the virtual machine may be switched off.");
    } else if (app->spice_status.state == ORL_SPICE_READY) {
        orl_str_copy(
            hint, sizeof(hint),
            "The virtual machine has no graphics card to show. Give it one (<video>, not "
            "none), or take the picture from its shared memory: app:transport=auto.");
    }
    if (strcmp(headline, v->none_status) != 0 || strcmp(hint, v->none_hint) != 0) {
        orl_str_copy(v->none_status, sizeof(v->none_status), headline);
        orl_str_copy(v->none_hint, sizeof(v->none_hint), hint);
        app->view_changed = true;
    }
}

/* The UUID comes some time after the connection; what was answered for it before counts now. */
static void name_guest(struct orl_app *app)
{
    char uuid[40] = "unknown";
    if (app->spice_status.has_uuid && nonzero(app->spice_status.uuid)) {
        uuid_text(app->spice_status.uuid, uuid);
    }
    orl_consent_set_guest(&app->consent, uuid);
    if (app->consent.wanted) {
        orl_app_microphone_wanted(app, true);
    }
}

static void follow_password(struct orl_app *app, enum orl_spice_state before)
{
    const char *file = orl_app_remote_bad_file(app);
    bool needed =
        app->spice_status.state == ORL_SPICE_PASSWORD || (file && is_password_file(app, file));
    if (app->spice_status.state == ORL_SPICE_READY) {
        app->password_asked = false;
        if (before != ORL_SPICE_READY && app->dialog_for == ORL_DIALOG_FOR_PASSWORD &&
            !app->dialog.entry[0]) {   /* else what he goes on typing would go to the guest */
            orl_app_dialog_close(app); /* the file can be read now */
        }
    } else if (needed && !app->password_asked) {
        app->password_asked = true;
        orl_app_dialog_open(app, ORL_DIALOG_FOR_PASSWORD);
    }
}

static bool same_pointer(const struct orl_spice_status *a, const struct orl_spice_status *b)
{
    return a->cursor_known == b->cursor_known && a->cursor_x == b->cursor_x &&
           a->cursor_y == b->cursor_y;
}

static void take_status(struct orl_app *app, uint64_t now_ns)
{
    struct orl_spice_status old = app->spice_status;
    app->spice_status = app->remote.status[app->remote.status_mb.front];
    const struct orl_spice_status *s = &app->spice_status;
    if (!same_pointer(s, &old) || s->epoch != old.epoch) {
        app->pointer_ns = now_ns;
    }
    if (s->epoch != old.epoch || s->has_uuid != old.has_uuid) {
        name_guest(app);
    }
    app->title_changed |= strcmp(s->name, old.name) != 0;
    follow_password(app, old.state);
    if (s->recording != old.recording) {
        app->view.extra.recording = s->recording && app->conf->audio_mic_show_indicator;
        app->view_changed = true;
    }
    if (s->clip_ready != old.clip_ready && app->clip) {
        orl_clip_guest_ready(app->clip, s->clip_ready);
    }
}

/* ---- Notes ---------------------------------------------------------------------------------- */

static void usb_result(struct orl_app *app, const struct orl_spice_note *note)
{
    if (note->data) {
        orl_app_alert(app, "USB: %s", (const char *)note->data);
    }
}

static void take_note(struct orl_app *app, struct orl_spice_note *note, uint64_t now_ns)
{
    switch (note->kind) {
    case ORL_SPICE_CLIP_OFFER:
    case ORL_SPICE_CLIP_REQUEST:
    case ORL_SPICE_CLIP_DATA: orl_app_share_guest(app, note, now_ns); break;
    case ORL_SPICE_MIC_WANTED: orl_app_microphone_wanted(app, note->a != 0); break;
    case ORL_SPICE_FILE_STATE: orl_app_share_file(app, note); break;
    case ORL_SPICE_USB_DEVICES: orl_app_dialog_usb(app, note); break;
    case ORL_SPICE_USB_RESULT: usb_result(app, note); break;
    case ORL_SPICE_MESSAGE:
        if (note->data) {
            orl_app_alert(app, "%s", (const char *)note->data);
        }
        break;
    default: break; /* those that go the other way */
    }
}

void orl_app_remote_look(struct orl_app *app, uint64_t now_ns)
{
    struct orl_spice_note note;
    if (!app->spice) {
        return;
    }
    if (orl_mailbox_take(&app->remote.status_mb)) {
        take_status(app, now_ns);
    }
    bool differ = compare_machines(app);
    if (differ && !app->two_machines) {
        orl_warn("SPICE and the shared memory belong to two machines; no input through SPICE");
    }
    app->two_machines = differ;
    say(app, now_ns);
    say_none(app);
    while (orl_spsc_pull(&app->remote.events, &note)) {
        take_note(app, &note, now_ns);
        free(note.data);
    }
}

void orl_app_remote_tick(struct orl_app *app, uint64_t now_ns)
{
    if (app->link_until_ns && now_ns >= app->link_until_ns) {
        app->link_until_ns = 0;
        app->view.extra.link[0] = '\0';
        app->view_changed = true;
    }
}
