/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * One SpiceSession per attempt, from connect to the decision what comes next:
 *
 *   attempt --complete--> ready --ended--> lost.c --taken by another client--> TAKEN
 *      |                    |                |-------a connection broke----> attempt again at once
 *      |                    |                `-------the server is gone----> pause, attempt again
 *      |                    `--stopped answering---------------------------> pause, attempt again
 *      `--failed--> pause 0.25 s .. 5 s, attempt again
 *
 * Complete is an attempt when the main channel has had its first message and, where input is wanted,
 * the inputs channel is open: a server that hangs in between must not pass for a session.
 *
 * A password that is refused makes the state PASSWORD: the user is asked. What he typed is not tried
 * again; a password of the options is, and its file is read again, because a virtual machine that
 * starts may get its password a moment later, and because a file may be corrected.
 *
 * In TAKEN nothing is tried before the user asks for it or the server has been gone.
 */
#define ORL_LOG_MODULE "spice"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#include "base/clock.h"
#include "base/log.h"
#include "base/str.h"
#include "spice/impl.h"
#include "spice/secret.h"

#define ATTEMPT_MS                                                                             \
    4000 /* to the main channel's first message; then to the open inputs channel */
#define PAUSE_FIRST_MS 250
#define PAUSE_LAST_MS  5000
#define SETTLED_NS     (2 * ORL_NS_PER_S) /* a session this old was a success: pauses start anew */
#define STOP_SEND_NS   (300 * ORL_NS_PER_MS)
#define STOP_CLOSE_NS  (400 * ORL_NS_PER_MS)

static void attempt(struct orl_spice *s);

/* ---- Saying it. ----------------------------------------------------------------------------- */

static void say(struct orl_spice *s)
{
    char headline[160], hint[240], line[sizeof(s->t.said)];
    orl_spice_sentence(&s->status, &s->conf, headline, sizeof(headline), hint, sizeof(hint));
    snprintf(line, sizeof(line), "%s", headline);
    if (strcmp(line, s->t.said) == 0) {
        return; /* the same as before: a server that is down is reported once, not per attempt */
    }
    memcpy(s->t.said, line, sizeof(line));
    const char *detail = s->status.detail;
    orl_log(s->status.state == ORL_SPICE_READY ? ORL_LOG_INFO : ORL_LOG_WARN, "%s%s%s%s",
            headline, detail[0] ? " (" : "", detail, detail[0] ? ")" : "");
}

static void enter(struct orl_spice *s, enum orl_spice_state state)
{
    struct orl_spice_status *st = &s->status;
    st->state = state;
    st->fault = s->t.reason.fault;
    memset(st->detail, 0, sizeof(st->detail));
    orl_str_copy(st->detail, sizeof(st->detail), s->t.reason.detail);
    if (state != ORL_SPICE_WAITING) {
        st->retry_ns = 0;
    }
    if (state != ORL_SPICE_CONNECTING && state != ORL_SPICE_OFF) {
        say(s);
    }
    orl_spice_publish(s);
}

/* ---- An attempt's life. --------------------------------------------------------------------- */

static void stop_timer(struct orl_spice *s)
{
    if (s->t.timer != 0) {
        g_source_remove(s->t.timer);
        s->t.timer = 0;
    }
}

static GSocket *main_socket(struct orl_spice *s)
{
    GSocket *socket = NULL;
    if (s->t.main) {
        g_object_get(s->t.main, "socket", &socket, NULL);
    }
    return socket;
}

/* Linux tells who listens behind a Unix socket: unix(7), SO_PEERCRED. */
static int64_t peer_pid(GSocket *socket)
{
    struct ucred who = {0};
    socklen_t len = sizeof(who);
    bool known = socket && g_socket_get_family(socket) == G_SOCKET_FAMILY_UNIX &&
                 getsockopt(g_socket_get_fd(socket), SOL_SOCKET, SO_PEERCRED, &who, &len) == 0;
    return known ? who.pid : 0;
}

static void complete(struct orl_spice *s)
{
    stop_timer(s);
    s->t.ready = true;
    s->t.ready_ns = orl_now_ns();
    s->t.reason = (struct orl_spice_reason){0};
    s->status.epoch++;
    enter(s, ORL_SPICE_READY);
    orl_main_opened(s);
}

static gboolean on_deadline(gpointer arg)
{
    struct orl_spice *s = arg;
    s->t.timer = 0;
    if (s->t.init && s->t.listed && !s->t.inputs_listed) {
        complete(s); /* a server without keyboard and mouse: the rest is of use */
        return G_SOURCE_REMOVE;
    }
    GSocket *socket = main_socket(s);
    orl_session_fail(s, socket ? ORL_SPICE_TIMEOUT : ORL_SPICE_NO_HOST,
                     s->t.init ? "keyboard and mouse do not open within 4 seconds"
                     : socket  ? "no answer within 4 seconds"
                               : "no connection within 4 seconds");
    g_clear_object(&socket);
    return G_SOURCE_REMOVE;
}

static void start_deadline(struct orl_spice *s)
{
    stop_timer(s);
    s->t.timer = g_timeout_add(ATTEMPT_MS, on_deadline, s);
}

/* The library opens the main channel when the server has let us in. The mouse mode, which is not 0,
 * is in the first message of the server, MAIN_INIT. */
static void on_first_message(GObject *channel, GParamSpec *spec, gpointer arg)
{
    struct orl_spice *s = arg;
    (void)spec;
    gint mode = 0;
    g_object_get(channel, "mouse-mode", &mode, NULL);
    if (mode == 0 || s->t.init || s->t.end != 0) {
        return;
    }
    s->t.init = true;
    if (s->conf.input) {
        start_deadline(s);
    } else {
        complete(s);
    }
}

static void on_inputs_event(SpiceChannel *channel, SpiceChannelEvent event, gpointer arg)
{
    struct orl_spice *s = arg;
    (void)channel;
    if (event == SPICE_CHANNEL_OPENED && s->t.init && !s->t.ready && s->t.end == 0) {
        complete(s);
    }
}

static void on_opened(struct orl_spice *s)
{
    GSocket *socket = main_socket(s);
    s->t.opened = true;
    s->t.peer_pid = peer_pid(socket);
    if (socket && s->t.guard == 0) {
        orl_lost_guard(s, socket);
    }
    g_clear_object(&socket);
}

static void on_main_event(SpiceChannel *channel, SpiceChannelEvent event, gpointer arg)
{
    struct orl_spice *s = arg;
    if (event == SPICE_CHANNEL_OPENED) {
        on_opened(s);
        return;
    }
    if (event == SPICE_CHANNEL_SWITCHING || event == SPICE_CHANNEL_NONE) {
        return;
    }
    s->t.main_over = true;
    const GError *error = spice_channel_get_error(channel);
    gulong heard = 0;
    g_object_get(channel, "total-read-bytes", &heard, NULL);
    orl_debug("main channel: event %d after %lu bytes%s%s", (int)event, heard,
              error ? ": " : "", error ? error->message : "");
    struct orl_spice_reason reason;
    if (s->t.opened) {
        orl_fault_set(&reason, ORL_SPICE_LOST, error ? error->message : NULL);
    } else {
        orl_fault_from_event(&reason, (int)event, error, heard, s->t.murmur);
    }
    orl_session_fail(s, reason.fault, reason.detail);
}

static void on_channel_new(SpiceSession *session, SpiceChannel *channel, gpointer arg)
{
    struct orl_spice *s = arg;
    (void)session;
    if (SPICE_IS_MAIN_CHANNEL(channel) && !s->t.main) {
        s->t.main = g_object_ref(SPICE_MAIN_CHANNEL(channel));
        g_signal_connect(channel, "channel-event", G_CALLBACK(on_main_event), s);
        g_signal_connect(channel, "notify::mouse-mode", G_CALLBACK(on_first_message), s);
        orl_main_attach(s);
    }
    bool inputs = SPICE_IS_INPUTS_CHANNEL(channel);
    s->t.listed = s->t.listed || !SPICE_IS_MAIN_CHANNEL(channel);
    s->t.inputs_listed = s->t.inputs_listed || inputs;
    orl_channels_offer(s, channel);
    if (inputs && s->conf.input) {
        g_signal_connect(channel, "channel-event", G_CALLBACK(on_inputs_event), s);
    }
}

static void on_channel_destroy(SpiceSession *session, SpiceChannel *channel, gpointer arg)
{
    (void)session;
    orl_channels_gone(arg, channel);
}

static void teardown(struct orl_spice *s)
{
    if (!s->t.session) {
        return;
    }
    orl_lost_unguard(s);
    orl_channels_end(s);
    if (s->t.main) {
        orl_main_detach(s);
        g_clear_object(&s->t.main);
    }
    g_signal_handlers_disconnect_by_data(s->t.session, s);
    spice_session_disconnect(s->t.session);
    g_clear_object(&s->t.session);
    s->t.opened = s->t.init = s->t.listed = s->t.inputs_listed = false;
    s->t.ready = s->t.main_over = s->t.losing = s->t.waited = false;
    orl_status_clear_session(s);
}

/* ---- What comes next. ----------------------------------------------------------------------- */

static gboolean on_pause_over(gpointer arg)
{
    struct orl_spice *s = arg;
    s->t.timer = 0;
    attempt(s);
    return G_SOURCE_REMOVE;
}

static void start_pause(struct orl_spice *s)
{
    s->t.timer = g_timeout_add(s->t.pause_ms, on_pause_over, s);
    s->t.pause_ms = MIN(s->t.pause_ms * 2, PAUSE_LAST_MS);
}

static void wait_then_attempt(struct orl_spice *s)
{
    s->status.retry_ns = orl_now_ns() + s->t.pause_ms * ORL_NS_PER_MS;
    start_pause(s);
    enter(s, ORL_SPICE_WAITING);
}

static void ask_for_password(struct orl_spice *s)
{
    const struct orl_spice_conf *c = &s->conf;
    bool option = c->password && c->password[0];
    bool file = !option && c->password_file && c->password_file[0];
    if (!s->t.password && file && !s->status.password_tried) {
        char why[160];
        snprintf(why, sizeof(why), "the first line of %s is empty", c->password_file);
        orl_fault_set(&s->t.reason, ORL_SPICE_AUTH, why);
    }
    if (!s->t.password && (option || file)) {
        start_pause(s);
    }
    enter(s, ORL_SPICE_PASSWORD);
}

void orl_session_next(struct orl_spice *s, enum orl_next next)
{
    teardown(s);
    if (next == ORL_NEXT_TAKEN) {
        enter(s, ORL_SPICE_TAKEN);
        orl_lost_watch(s);
    } else if (next == ORL_NEXT_NOW) {
        enter(s, ORL_SPICE_WAITING); /* to say what happened */
        attempt(s);
    } else {
        wait_then_attempt(s);
    }
}

static gboolean on_end(gpointer arg)
{
    struct orl_spice *s = arg;
    s->t.end = 0;
    stop_timer(s);
    bool was_ready = s->t.ready;
    if (was_ready && orl_now_ns() - s->t.ready_ns >= SETTLED_NS) {
        s->t.pause_ms = PAUSE_FIRST_MS;
    }
    if (was_ready && s->t.reason.fault == ORL_SPICE_LOST) {
        s->t.losing = true; /* it stands: which of its channels end tells what happened */
        orl_lost_ask(s);
        return G_SOURCE_REMOVE;
    }
    teardown(s);
    if (s->t.reason.fault == ORL_SPICE_AUTH) {
        ask_for_password(s);
    } else {
        wait_then_attempt(s);
    }
    return G_SOURCE_REMOVE;
}

void orl_session_fail(struct orl_spice *s, enum orl_spice_fault fault, const char *detail)
{
    if (s->t.end != 0 || s->t.losing) {
        return; /* the first reason counts */
    }
    orl_fault_set(&s->t.reason, fault, detail);
    /* From the loop: the caller may stand in a signal of an object that is about to go. */
    s->t.end = g_idle_add_full(G_PRIORITY_HIGH, on_end, s, NULL);
}

/* ---- Starting one. -------------------------------------------------------------------------- */

static void set_address(const struct orl_spice_conf *c, SpiceSession *session)
{
    if (c->port == 0 && c->tls_port == 0) {
        g_object_set(session, "unix-path", c->host, NULL);
        return;
    }
    char port[16];
    g_object_set(session, "host", c->host, NULL);
    if (c->port != 0) {
        snprintf(port, sizeof(port), "%d", c->port);
        g_object_set(session, "port", port, NULL);
    }
    if (c->tls_port == 0) {
        return;
    }
    static const char *const all[] = {"all", NULL};
    snprintf(port, sizeof(port), "%d", c->tls_port);
    /* With TLS asked for, nothing goes in the clear, whatever else the server would accept. */
    g_object_set(session, "tls-port", port, "secure-channels", all, NULL);
    if (c->ca_file && c->ca_file[0]) {
        g_object_set(session, "ca-file", c->ca_file, NULL);
    }
    if (c->host_subject && c->host_subject[0]) {
        g_object_set(session, "cert-subject", c->host_subject, "verify",
                     SPICE_SESSION_VERIFY_SUBJECT, NULL);
    } else {
        g_object_set(session, "verify", SPICE_SESSION_VERIFY_HOSTNAME, NULL);
    }
}

/* False: a file cannot be read, and the attempt has failed. */
static bool set_secrets(struct orl_spice *s)
{
    const struct orl_spice_conf *c = &s->conf;
    char why[160];
    if (c->tls_port != 0 && c->ca_file && c->ca_file[0] &&
        !orl_secret_readable(c->ca_file, why, sizeof(why))) {
        orl_session_fail(s, ORL_SPICE_BAD_FILE, why);
        return false;
    }
    char *password = orl_secret_choose(s->t.password, c, why, sizeof(why));
    if (!password) {
        orl_session_fail(s, ORL_SPICE_BAD_FILE, why);
        return false;
    }
    s->status.password_tried = password[0] != '\0';
    if (password[0]) {
        g_object_set(s->t.session, "password", password, NULL);
    }
    orl_secret_free(&password);
    return true;
}

static void attempt(struct orl_spice *s)
{
    stop_timer(s);
    s->t.murmur[0] = '\0';
    if (s->t.reason.fault != ORL_SPICE_AUTH) { /* else the user is being asked, meanwhile */
        enter(s, ORL_SPICE_CONNECTING);
    }
    SpiceSession *session = spice_session_new();
    s->t.session = session;
    set_address(&s->conf, session);
    g_object_set(session, "enable-audio", (gboolean)(s->conf.audio || s->conf.microphone),
                 "enable-usbredir", (gboolean)s->conf.usb, NULL);
    for (size_t i = 0; i < s->part_n; i++) {
        if (s->parts[i].part->session) {
            s->parts[i].part->session(s->parts[i].self, session);
        }
    }
    if (!set_secrets(s)) {
        return;
    }
    g_signal_connect(session, "channel-new", G_CALLBACK(on_channel_new), s);
    g_signal_connect(session, "channel-destroy", G_CALLBACK(on_channel_destroy), s);
    start_deadline(s);
    if (!spice_session_connect(session)) {
        orl_session_fail(s, ORL_SPICE_NO_HOST, "the library refuses the address");
    }
}

void orl_session_start(struct orl_spice *s)
{
    s->t.pause_ms = PAUSE_FIRST_MS;
    attempt(s);
}

/* ---- Requests. ------------------------------------------------------------------------------ */

/* Nothing is tried or asked any more; a session that stands, stays. */
static void cancel_plans(struct orl_spice *s)
{
    if (s->t.probing) {
        g_cancellable_cancel(s->t.probing);
        g_clear_object(&s->t.probing);
    }
    if (s->t.end != 0) {
        g_source_remove(s->t.end);
        s->t.end = 0;
    }
    s->t.losing = false;
    stop_timer(s);
}

static void connect_anew(struct orl_spice *s)
{
    cancel_plans(s);
    teardown(s);
    s->t.reason = (struct orl_spice_reason){0};
    s->t.pause_ms = PAUSE_FIRST_MS;
    s->t.said[0] = '\0';
    attempt(s);
}

bool orl_session_request(struct orl_spice *s, const struct orl_spice_note *note)
{
    switch (note->kind) {
    case ORL_SPICE_SET_PASSWORD:
        orl_secret_free(&s->t.password);
        s->t.password = orl_secret_copy(note->data ? (const char *)note->data : "");
        if (!s->t.ready || s->t.losing) {
            connect_anew(s);
        }
        return true;
    case ORL_SPICE_TAKE_BACK:
        if (!s->t.ready || s->t.losing || orl_channels_missing(s)) {
            connect_anew(s);
        }
        return true;
    case ORL_SPICE_SET_SIZE:
        if (s->t.ready) {
            orl_main_set_size(s, note->a, note->b);
        }
        return true;
    case ORL_SPICE_SET_ABSOLUTE: orl_main_set_absolute(s, note->a != 0); return true;
    default: return false;
    }
}

/* ---- The end. ------------------------------------------------------------------------------- */

static gboolean on_tick(gpointer arg)
{
    (void)arg; /* only so that the loop comes round */
    return G_SOURCE_CONTINUE;
}

static bool parts_busy(struct orl_spice *s)
{
    for (size_t i = 0; i < s->part_n; i++) {
        if (s->parts[i].part->busy && s->parts[i].part->busy(s->parts[i].self)) {
            return true;
        }
    }
    return false;
}

void orl_session_stop(struct orl_spice *s)
{
    guint tick = g_timeout_add(5, on_tick, NULL);
    uint64_t until = orl_now_ns() + STOP_SEND_NS;
    while (s->t.ready && s->t.end == 0 && parts_busy(s) && orl_now_ns() < until) {
        g_main_context_iteration(NULL, TRUE);
    }
    cancel_plans(s);
    SpiceSession *session = s->t.session;
    if (session) {
        /* Gone when the library's coroutines have ended; a weak reference tells. */
        g_object_add_weak_pointer(G_OBJECT(session), (gpointer *)&session);
        teardown(s);
    }
    until = orl_now_ns() + STOP_CLOSE_NS;
    while (session && orl_now_ns() < until) {
        g_main_context_iteration(NULL, TRUE);
    }
    if (session) {
        g_object_remove_weak_pointer(G_OBJECT(session), (gpointer *)&session);
        orl_debug("the library still holds the session: left behind");
    }
    g_source_remove(tick);
    orl_secret_free(&s->t.password);
    s->t.reason = (struct orl_spice_reason){0};
    enter(s, ORL_SPICE_OFF);
}
