/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 *   orl_fake_spice (--unix PATH | --port N | --tls-port N --cert DIR)
 *                  [--password TEXT] [--name TEXT] [--uuid 32-HEX-DIGITS]
 *
 * Says "ready" when it listens. Commands of its own: `stall MS` (serves nobody for that time),
 * `password TEXT`, `quit`; the rest goes to the parts. An unknown command is answered by "unknown".
 * DIR holds ca-cert.pem, server-cert.pem and server-key.pem. Ends when standard input does.
 */
#include <getopt.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <glib-unix.h>

#include "fake/core.h"

/* A part whose file does not exist is a null pointer. */
#pragma weak fake_sound
#pragma weak fake_agent
static const struct fake_part *const parts[] = {&fake_inputs, &fake_sound, &fake_agent};

struct options {
    const char *unix_path, *password, *name, *uuid, *cert;
    int port, tls_port;
};

struct console {
    struct fake *fake;
    GMainLoop *loop;
    char line[4096];
    size_t fill;
};

static void set_uuid(SpiceServer *server, const char *hex)
{
    uint8_t uuid[16];
    for (size_t i = 0; i < sizeof(uuid); i++) {
        unsigned v;
        if (sscanf(hex + 2 * i, "%2x", &v) != 1) {
            return;
        }
        uuid[i] = (uint8_t)v;
    }
    spice_server_set_uuid(server, uuid);
}

static void set_tls(SpiceServer *server, const struct options *o)
{
    char ca[512], cert[512], key[512];
    snprintf(ca, sizeof(ca), "%s/ca-cert.pem", o->cert);
    snprintf(cert, sizeof(cert), "%s/server-cert.pem", o->cert);
    snprintf(key, sizeof(key), "%s/server-key.pem", o->cert);
    spice_server_set_tls(server, o->tls_port, ca, cert, key, NULL, NULL, NULL);
}

static bool serve(struct fake *f, const struct options *o)
{
    f->server = spice_server_new();
    if (o->unix_path) {
        spice_server_set_addr(f->server, o->unix_path, SPICE_ADDR_FLAG_UNIX_ONLY);
    } else {
        spice_server_set_addr(f->server, "127.0.0.1", SPICE_ADDR_FLAG_IPV4_ONLY);
    }
    if (o->port != 0) {
        spice_server_set_port(f->server, o->port);
    }
    if (o->tls_port != 0 && o->cert) {
        set_tls(f->server, o);
    }
    if (o->password) {
        spice_server_set_ticket(f->server, o->password, 0, 0, 0);
    } else {
        spice_server_set_noauth(f->server);
    }
    if (o->name) {
        spice_server_set_name(f->server, o->name);
    }
    if (o->uuid && strlen(o->uuid) == 32) {
        set_uuid(f->server, o->uuid);
    }
    fake_core_fill(&f->core);
    return spice_server_init(f->server, &f->core) == 0;
}

static void obey(struct console *c, char *line)
{
    char *args = strchr(line, ' ');
    if (args) {
        *args++ = '\0';
    } else {
        args = line + strlen(line);
    }
    if (strcmp(line, "quit") == 0) {
        g_main_loop_quit(c->loop);
        return;
    }
    if (strcmp(line, "stall") == 0) {
        g_usleep((gulong)strtoul(args, NULL, 10) * 1000);
        fake_say("stalled");
        return;
    }
    if (strcmp(line, "password") == 0) {
        spice_server_set_ticket(c->fake->server, args, 0, 0, 0);
        return;
    }
    for (size_t i = 0; i < G_N_ELEMENTS(parts); i++) {
        if (parts[i] && parts[i]->command && parts[i]->command(c->fake, line, args)) {
            return;
        }
    }
    fake_say("unknown %s", line);
}

static gboolean on_stdin(gint fd, GIOCondition condition, gpointer arg)
{
    struct console *c = arg;
    (void)condition;
    ssize_t n = read(fd, c->line + c->fill, sizeof(c->line) - 1 - c->fill);
    if (n <= 0) {
        g_main_loop_quit(c->loop);
        return G_SOURCE_REMOVE;
    }
    c->fill += (size_t)n;
    char *end;
    while ((end = memchr(c->line, '\n', c->fill))) {
        *end = '\0';
        size_t used = (size_t)(end - c->line) + 1;
        char line[sizeof(c->line)];
        memcpy(line, c->line, used);
        c->fill -= used;
        memmove(c->line, c->line + used, c->fill);
        obey(c, line);
    }
    return G_SOURCE_CONTINUE;
}

static void read_options(struct options *o, int argc, char **argv)
{
    static const struct option known[] = {
        {"unix", required_argument, NULL, 'u'},     {"port", required_argument, NULL, 'p'},
        {"tls-port", required_argument, NULL, 't'}, {"cert", required_argument, NULL, 'c'},
        {"password", required_argument, NULL, 'w'}, {"name", required_argument, NULL, 'n'},
        {"uuid", required_argument, NULL, 'i'},     {0},
    };
    for (int c; (c = getopt_long(argc, argv, "", known, NULL)) != -1;) {
        switch (c) {
        case 'u': o->unix_path = optarg; break;
        case 'p': o->port = (int)strtol(optarg, NULL, 10); break;
        case 't': o->tls_port = (int)strtol(optarg, NULL, 10); break;
        case 'c': o->cert = optarg; break;
        case 'w': o->password = optarg; break;
        case 'n': o->name = optarg; break;
        case 'i': o->uuid = optarg; break;
        default: exit(EXIT_FAILURE);
        }
    }
}

int main(int argc, char **argv)
{
    struct options options = {0};
    struct fake fake = {0};
    signal(SIGPIPE, SIG_IGN); /* clients go away at any time; QEMU does the same */
    read_options(&options, argc, argv);
    if (!serve(&fake, &options)) {
        fake_say("failed");
        return EXIT_FAILURE;
    }
    for (size_t i = 0; i < G_N_ELEMENTS(parts); i++) {
        if (parts[i]) {
            parts[i]->start(&fake);
        }
    }
    spice_server_vm_start(fake.server);
    struct console console = {.fake = &fake, .loop = g_main_loop_new(NULL, FALSE)};
    g_unix_fd_add(0, G_IO_IN | G_IO_HUP, on_stdin, &console);
    fake_say("ready");
    g_main_loop_run(console.loop);
    spice_server_destroy(fake.server);
    return EXIT_SUCCESS;
}
