/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * After a session ended by the server's hand: has the server ended too (the machine was shut down or
 * restarted: connect again), or does it live on (another client took the session: hands off)?
 *
 * Asked by a connection that says hello as a SPICE client does and hangs up at the server's reply.
 * libspice-server drops the client it has only after the new one has authenticated, so this takes
 * nothing from anybody. A bare connect would not do: a tunnel (ssh -L) or a proxy accepts
 * connections for a server that is gone; they do not answer the hello. The reply is read to its end:
 * who hangs up before it leaves a warning in the server's log.
 *
 * A machine that is restarted in the very moment must not pass for the one we had. On a Unix socket
 * the kernel says which process listens: another number is another server, and our connection is
 * free to be made again. On TCP nothing says so, but it is asked at once: a server that is just
 * dying may still have the connection queued, it cannot answer it any more, and a new one needs many
 * times longer to start. Should one ever be that fast, the user is told that the session was taken
 * and one key takes it back: wrong, but it steals from nobody.
 *
 * With TLS the hello would have to be wrapped. There a connection is taken as an answer, and the look
 * is taken a moment later, when a server that ended is gone for certain.
 */
#define ORL_LOG_MODULE "spice"
#include <gio/gio.h>
#include <gio/gunixsocketaddress.h>
#include <string.h>
#include <sys/socket.h>

#include <spice/protocol.h>

#include "base/log.h"
#include "spice/impl.h"

#define TLS_LOOK_AFTER_MS 50
#define ANSWER_S          2
#define REPLY_MAX         4096 /* libspice-server: about 200 bytes, the most of it a public key */

static const char magic[4] = {'R', 'E', 'D', 'Q'}; /* SPICE_MAGIC as bytes */

struct probe {
    struct orl_spice *s; /* not to be touched once cancelled */
    void (*done)(struct orl_spice *s, enum orl_probe r);
    GCancellable *cancel;
    GSocketConnection *connection;
    uint8_t hello[sizeof(SpiceLinkHeader) + sizeof(SpiceLinkMess) + sizeof(uint32_t)];
    SpiceLinkHeader header;
    uint8_t rest[REPLY_MAX];
    enum orl_probe if_alive;
};

static void finish(struct probe *p, enum orl_probe result)
{
    bool cancelled = g_cancellable_is_cancelled(p->cancel);
    if (!cancelled) {
        struct orl_spice *s = p->s;
        g_clear_object(&s->t.probing);
        p->done(s, result);
    }
    if (p->connection) {
        g_io_stream_close(G_IO_STREAM(p->connection), NULL, NULL); /* a socket: does not wait */
        g_object_unref(p->connection);
    }
    g_object_unref(p->cancel);
    g_free(p);
}

static enum orl_probe from_error(const GError *error)
{
    bool gone = g_error_matches(error, G_IO_ERROR, G_IO_ERROR_CONNECTION_REFUSED) ||
                g_error_matches(error, G_IO_ERROR, G_IO_ERROR_NOT_FOUND) ||
                g_error_matches(error, G_IO_ERROR, G_IO_ERROR_CONNECTION_CLOSED) ||
                g_error_matches(error, G_IO_ERROR, G_IO_ERROR_BROKEN_PIPE);
    return gone ? ORL_PROBE_GONE : ORL_PROBE_SILENT;
}

static void on_rest(GObject *stream, GAsyncResult *result, gpointer arg)
{
    struct probe *p = arg;
    /* Read or not: it has answered. */
    g_input_stream_read_all_finish(G_INPUT_STREAM(stream), result, NULL, NULL);
    finish(p, p->if_alive);
}

static void on_reply(GObject *stream, GAsyncResult *result, gpointer arg)
{
    struct probe *p = arg;
    gsize n = 0;
    GError *error = NULL;
    if (!g_input_stream_read_all_finish(G_INPUT_STREAM(stream), result, &n, &error)) {
        finish(p, from_error(error));
        g_clear_error(&error);
        return;
    }
    if (n != sizeof(p->header) || memcmp(&p->header.magic, magic, sizeof(magic)) != 0) {
        finish(p, ORL_PROBE_GONE);
        return;
    }
    gsize size = MIN(GUINT32_FROM_LE(p->header.size), sizeof(p->rest));
    g_input_stream_read_all_async(G_INPUT_STREAM(stream), p->rest, size, G_PRIORITY_DEFAULT,
                                  p->cancel, on_rest, p);
}

static void on_hello_sent(GObject *stream, GAsyncResult *result, gpointer arg)
{
    struct probe *p = arg;
    GError *error = NULL;
    if (!g_output_stream_write_all_finish(G_OUTPUT_STREAM(stream), result, NULL, &error)) {
        finish(p, from_error(error));
        g_clear_error(&error);
        return;
    }
    GInputStream *in = g_io_stream_get_input_stream(G_IO_STREAM(p->connection));
    g_input_stream_read_all_async(in, &p->header, sizeof(p->header), G_PRIORITY_DEFAULT,
                                  p->cancel, on_reply, p);
}

/* The first message of the protocol: spice/protocol.h, all numbers little endian. */
static void make_hello(struct probe *p)
{
    SpiceLinkHeader header = {
        .major_version = GUINT32_TO_LE(SPICE_VERSION_MAJOR),
        .minor_version = GUINT32_TO_LE(SPICE_VERSION_MINOR),
        .size = GUINT32_TO_LE((uint32_t)(sizeof(SpiceLinkMess) + sizeof(uint32_t))),
    };
    SpiceLinkMess mess = {
        .channel_type = SPICE_CHANNEL_MAIN,
        .num_common_caps = GUINT32_TO_LE(1),
        .caps_offset = GUINT32_TO_LE((uint32_t)sizeof(SpiceLinkMess)),
    };
    /* What every client can; without it, servers write a warning. */
    uint32_t caps = GUINT32_TO_LE((1u << SPICE_COMMON_CAP_PROTOCOL_AUTH_SELECTION) |
                                  (1u << SPICE_COMMON_CAP_AUTH_SPICE) |
                                  (1u << SPICE_COMMON_CAP_MINI_HEADER));
    memcpy(&header.magic, magic, sizeof(header.magic));
    memcpy(p->hello, &header, sizeof(header));
    memcpy(p->hello + sizeof(header), &mess, sizeof(mess));
    memcpy(p->hello + sizeof(header) + sizeof(mess), &caps, sizeof(caps));
}

static bool other_process(const struct probe *p)
{
    GSocket *socket = g_socket_connection_get_socket(p->connection);
    struct ucred who = {0};
    socklen_t len = sizeof(who);
    if (p->s->t.peer_pid == 0 ||
        getsockopt(g_socket_get_fd(socket), SOL_SOCKET, SO_PEERCRED, &who, &len) != 0) {
        return false;
    }
    return who.pid != 0 && who.pid != p->s->t.peer_pid;
}

static void on_connected(GObject *client, GAsyncResult *result, gpointer arg)
{
    struct probe *p = arg;
    GError *error = NULL;
    p->connection = g_socket_client_connect_finish(G_SOCKET_CLIENT(client), result, &error);
    if (!p->connection || g_cancellable_is_cancelled(p->cancel)) {
        finish(p, from_error(error));
        g_clear_error(&error);
        return;
    }
    p->if_alive = other_process(p) ? ORL_PROBE_OTHER : ORL_PROBE_SAME;
    if (p->s->conf.tls_port != 0) {
        finish(p, p->if_alive);
        return;
    }
    make_hello(p);
    GOutputStream *out = g_io_stream_get_output_stream(G_IO_STREAM(p->connection));
    g_output_stream_write_all_async(out, p->hello, sizeof(p->hello), G_PRIORITY_DEFAULT,
                                    p->cancel, on_hello_sent, p);
}

static gboolean on_look(gpointer arg)
{
    struct probe *p = arg;
    if (g_cancellable_is_cancelled(p->cancel)) {
        finish(p, ORL_PROBE_GONE);
        return G_SOURCE_REMOVE;
    }
    const struct orl_spice_conf *c = &p->s->conf;
    int port = c->tls_port != 0 ? c->tls_port : c->port;
    GSocketConnectable *address = port == 0
                                      ? G_SOCKET_CONNECTABLE(g_unix_socket_address_new(c->host))
                                      : g_network_address_new(c->host, (guint16)port);
    GSocketClient *client = g_socket_client_new();
    g_socket_client_set_enable_proxy(client, FALSE);
    g_socket_client_set_timeout(client, ANSWER_S);
    g_socket_client_connect_async(client, address, p->cancel, on_connected, p);
    g_object_unref(client);
    g_object_unref(address);
    return G_SOURCE_REMOVE;
}

void orl_probe_start(struct orl_spice *s, void (*done)(struct orl_spice *s, enum orl_probe r))
{
    struct probe *p = g_new0(struct probe, 1);
    p->s = s;
    p->done = done;
    p->cancel = g_cancellable_new();
    s->t.probing = g_object_ref(p->cancel);
    g_timeout_add(s->conf.tls_port != 0 ? TLS_LOOK_AFTER_MS : 0, on_look, p);
}
