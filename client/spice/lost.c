/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A session ended by the server's hand, or by the network's: has another client taken it, or is it
 * to be made again? libspice-server says nothing when it drops a client for another one. It ends all
 * of its connections in one go, the main channel's as the last, then serves on. So:
 *
 *   the server is gone, or another one     connect again, after a pause
 *   the main channel stands                nobody has taken anything: connect again at once
 *   another channel has outlived it        a connection broke: connect again at once
 *   all have ended, the server serves on   taken: hands off
 *
 * When the main channel breaks, the server ends the others as soon as it learns of it. Which was first
 * is therefore asked in the moment in which the main channel's socket ends, and of the sockets.
 *
 * Whether the server has anybody now cannot be asked; to connect takes the session. What looks broken
 * and was taken (a relay on the way may close late, or in another order) is taken back once. Therefore a
 * second end within AGAIN_NS counts as taken: two viewers that do so to each other stop after one
 * turn each. And a relay that ends all connections at once, while the server answers, looks like a
 * client that takes the session: that is told, and nothing is taken from anybody.
 */
#include <poll.h>

#include <glib-unix.h>

#include "base/clock.h"
#include "spice/impl.h"

/* The server's answer to the probe's hello shows that it is through with closing connections; this is
 * for what is on its way from there. */
#define ENDS_MS  250
#define AGAIN_NS (10 * ORL_NS_PER_S)
#define LATE_MS  3000 /* main stands after a second end: perhaps its own is only late */
#define WATCH_MS 5000

/* ---- Which ended first. ----------------------------------------------------------------------- */

static bool socket_ended(SpiceChannel *channel)
{
    GSocket *socket = NULL;
    struct pollfd p = {.fd = -1, .events = POLLRDHUP};
    g_object_get(channel, "socket", &socket, NULL);
    if (socket) {
        p.fd = g_socket_get_fd(socket);
    }
    bool ended = p.fd < 0 || poll(&p, 1, 0) != 0;
    g_clear_object(&socket);
    return ended;
}

static gboolean on_main_hangup(gint fd, GIOCondition condition, gpointer arg)
{
    struct orl_spice *s = arg;
    (void)fd;
    (void)condition;
    s->t.guard = 0;
    for (size_t i = 0; i < s->t.attached_n; i++) {
        const struct orl_spice_attached *a = &s->t.attached[i];
        s->t.main_first = s->t.main_first || (a->open && !socket_ended(a->channel));
    }
    return G_SOURCE_REMOVE;
}

void orl_lost_guard(struct orl_spice *s, GSocket *main_socket)
{
    /* GLib hands the bits on to poll(2). Before the library looks at the same socket. */
    s->t.guard = g_unix_fd_add_full(G_PRIORITY_HIGH, g_socket_get_fd(main_socket),
                                    (GIOCondition)(POLLRDHUP | POLLHUP | POLLERR),
                                    on_main_hangup, s, NULL);
}

void orl_lost_unguard(struct orl_spice *s)
{
    if (s->t.guard != 0) {
        g_source_remove(s->t.guard);
        s->t.guard = 0;
    }
    s->t.main_first = false;
}

/* ---- The verdict. ------------------------------------------------------------------------------ */

static bool all_ended(const struct orl_spice *s)
{
    for (size_t i = 0; i < s->t.attached_n; i++) {
        if (s->t.attached[i].open) {
            return false;
        }
    }
    return s->t.main_over;
}

static gboolean on_judged(gpointer arg)
{
    struct orl_spice *s = arg;
    uint64_t now_ns = orl_now_ns();
    bool again = s->t.lost_ns != 0 && now_ns - s->t.lost_ns < AGAIN_NS;
    bool ended = all_ended(s) && !s->t.main_first;
    s->t.timer = 0;
    if (!s->t.main_over && again && !s->t.waited) {
        s->t.waited = true;
        s->t.timer = g_timeout_add(LATE_MS, on_judged, s);
        return G_SOURCE_REMOVE;
    }
    s->t.waited = false;
    s->t.lost_ns = now_ns;
    if (!s->t.main_over) {
        orl_session_next(s, again ? ORL_NEXT_LATER : ORL_NEXT_NOW);
    } else {
        orl_session_next(s, ended || again ? ORL_NEXT_TAKEN : ORL_NEXT_NOW);
    }
    return G_SOURCE_REMOVE;
}

static void on_probed(struct orl_spice *s, enum orl_probe result)
{
    if (result == ORL_PROBE_SILENT) {
        s->t.lost_ns = orl_now_ns(); /* it may have been taken: then the next end tells */
    }
    if (result != ORL_PROBE_SAME) {
        orl_session_next(s, ORL_NEXT_LATER);
    } else if (all_ended(s)) {
        (void)on_judged(s);
    } else {
        /* After everything else that the loop has to do: ends that are there are seen by then. */
        s->t.timer = g_timeout_add_full(G_PRIORITY_LOW, ENDS_MS, on_judged, s, NULL);
    }
}

void orl_lost_ask(struct orl_spice *s)
{
    orl_probe_start(s, on_probed);
}

/* ---- While another client has it. ------------------------------------------------------------ */

static void on_looked(struct orl_spice *s, enum orl_probe result)
{
    if (result == ORL_PROBE_GONE || result == ORL_PROBE_OTHER) {
        orl_session_next(s, ORL_NEXT_LATER);
    } else {
        orl_lost_watch(s);
    }
}

static gboolean on_watch(gpointer arg)
{
    struct orl_spice *s = arg;
    s->t.timer = 0;
    orl_probe_start(s, on_looked);
    return G_SOURCE_REMOVE;
}

void orl_lost_watch(struct orl_spice *s)
{
    s->t.timer = g_timeout_add(WATCH_MS, on_watch, s);
}
