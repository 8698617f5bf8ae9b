/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Somebody else's viewer: connects to a SPICE server (which drops the client that it had), says
 * "opened", stays until its standard input ends, leaves properly.
 *
 *   orl_second_client PATH                 a Unix socket
 *   orl_second_client HOST PORT [PASSWORD]
 */
#include <stdio.h>
#include <stdlib.h>

#include <glib-unix.h>
#include <spice-client.h>

static void on_main_event(SpiceChannel *channel, SpiceChannelEvent event, gpointer loop)
{
    (void)channel;
    if (event == SPICE_CHANNEL_OPENED) {
        printf("opened\n");
    } else {
        printf("event %d\n", (int)event);
        g_main_loop_quit(loop);
    }
    fflush(stdout);
}

static void on_channel(SpiceSession *session, SpiceChannel *channel, gpointer loop)
{
    (void)session;
    if (SPICE_IS_MAIN_CHANNEL(channel)) {
        g_signal_connect(channel, "channel-event", G_CALLBACK(on_main_event), loop);
    }
}

static gboolean on_input_end(gint fd, GIOCondition condition, gpointer loop)
{
    (void)fd;
    (void)condition;
    g_main_loop_quit(loop);
    return G_SOURCE_REMOVE;
}

int main(int argc, char **argv)
{
    if (argc < 2) {
        return EXIT_FAILURE;
    }
    GMainLoop *loop = g_main_loop_new(NULL, FALSE);
    SpiceSession *session = spice_session_new();
    if (argc == 2) {
        g_object_set(session, "unix-path", argv[1], NULL);
    } else {
        g_object_set(session, "host", argv[1], "port", argv[2], NULL);
    }
    if (argc > 3) {
        g_object_set(session, "password", argv[3], NULL);
    }
    g_signal_connect(session, "channel-new", G_CALLBACK(on_channel), loop);
    g_unix_fd_add(0, G_IO_IN | G_IO_HUP, on_input_end, loop);
    if (!spice_session_connect(session)) {
        return EXIT_FAILURE;
    }
    g_main_loop_run(loop);
    spice_session_disconnect(session);
    return EXIT_SUCCESS;
}
