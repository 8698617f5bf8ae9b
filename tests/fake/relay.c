/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A relay between a SPICE client and its server, both on Unix sockets, that breaks what it is told to:
 *
 *   orl_relay FROM TO       listens at FROM, connects each client to TO
 *
 * Says "ready", then "link TYPE" for each connection (TYPE: number of the channel, SPICE_CHANNEL_*).
 * Obeys lines of standard input and repeats each when done:
 *   cut TYPE    ends the connections of that channel, 0: all; the server does not learn of it
 *   break TYPE  the same, and the server does
 *   stall TYPE  new connections of it: what the server says after it has let the client in is kept
 *   close TYPE  the same, and the connection is cut there
 *   mute TYPE   new connections of it: all that the server says is kept
 *   pass        new connections go through again
 *   linger      from now on an end by the server is passed on for the main channel only
 * Ends when standard input does.
 */
#include <poll.h>
#include <signal.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#define LINKS_MAX    256
#define HEADER       16 /* of both first messages: magic, major, minor, size */
#define TYPE_AT      20 /* in the client's first message */
#define CHANNEL_MAIN 1

enum fate { PASS, STALL, CLOSE, MUTE };

struct link {
    int client, server; /* -1: not in use */
    int type;           /* 0: not known yet */
    enum fate fate;
    bool kept_open; /* the server has ended it, the client does not know */
    uint8_t head[HEADER];
    uint64_t up, down; /* bytes so far */
};

struct relay {
    const char *to;
    struct link links[LINKS_MAX];
    enum fate fate;
    int fate_type;
    bool linger;
};

static struct sockaddr_un address(const char *path)
{
    struct sockaddr_un a = {.sun_family = AF_UNIX};
    snprintf(a.sun_path, sizeof(a.sun_path), "%s", path);
    return a;
}

static void end_link(struct link *l)
{
    close(l->client);
    if (l->server >= 0) {
        close(l->server);
    }
    l->client = l->server = -1;
}

static void accept_link(struct relay *r, int listener)
{
    struct sockaddr_un a = address(r->to);
    int client = accept(listener, NULL, NULL);
    for (size_t i = 0; client >= 0 && i < LINKS_MAX; i++) {
        if (r->links[i].client >= 0 || r->links[i].server >= 0) {
            continue;
        }
        int server = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
        if (server < 0 || connect(server, (struct sockaddr *)&a, sizeof(a)) != 0) {
            close(server);
            break;
        }
        r->links[i] = (struct link){.client = client, .server = server};
        return;
    }
    close(client);
}

/* How much of what the server says goes through: its reply with its header, and the result of the
 * authentication, 4 bytes. */
static uint64_t limit(const struct link *l)
{
    uint32_t size;
    memcpy(&size, l->head + HEADER - sizeof(size), sizeof(size));
    return l->fate == PASS    ? UINT64_MAX
           : l->fate == MUTE  ? 0
           : l->down < HEADER ? HEADER
                              : HEADER + (uint64_t)size + 4;
}

static void learn_type(struct relay *r, struct link *l, const uint8_t *bytes, size_t n)
{
    if (l->type == 0 && l->up <= TYPE_AT && l->up + n > TYPE_AT) {
        l->type = bytes[TYPE_AT - l->up];
        l->fate = l->type == r->fate_type ? r->fate : PASS;
        printf("link %d\n", l->type);
        fflush(stdout);
    }
    l->up += n;
}

static void from_client(struct relay *r, struct link *l)
{
    uint8_t bytes[65536];
    ssize_t n = read(l->client, bytes, sizeof(bytes));
    if (n <= 0) {
        end_link(l);
        return;
    }
    learn_type(r, l, bytes, (size_t)n);
    if (!l->kept_open) {
        (void)!write(l->server, bytes, (size_t)n);
    }
}

static void from_server(struct relay *r, struct link *l)
{
    uint8_t bytes[65536];
    uint64_t left = limit(l) - l->down;
    ssize_t n = read(l->server, bytes, left < sizeof(bytes) ? left : sizeof(bytes));
    if (n <= 0 && r->linger && l->type != CHANNEL_MAIN) {
        close(l->server);
        l->server = -1;
        l->kept_open = true;
        return;
    }
    if (n <= 0) {
        end_link(l);
        return;
    }
    for (size_t i = 0; i < (size_t)n && l->down + i < HEADER; i++) {
        l->head[l->down + i] = bytes[i];
    }
    l->down += (size_t)n;
    (void)!write(l->client, bytes, (size_t)n);
    if (l->fate == CLOSE && l->down >= HEADER && l->down == limit(l)) {
        end_link(l);
    }
}

static void obey(struct relay *r, const char *line)
{
    int type = 0;
    if (sscanf(line, "cut %d", &type) == 1) {
        for (size_t i = 0; i < LINKS_MAX; i++) {
            if (r->links[i].client >= 0 && (type == 0 || r->links[i].type == type)) {
                close(r->links[i].client);
                r->links[i].client = -1;
            }
        }
    } else if (sscanf(line, "break %d", &type) == 1) {
        for (size_t i = 0; i < LINKS_MAX; i++) {
            if (r->links[i].client >= 0 && r->links[i].type == type) {
                end_link(&r->links[i]);
            }
        }
    } else if (strcmp(line, "pass") == 0) {
        r->fate = PASS;
    } else if (strcmp(line, "linger") == 0) {
        r->linger = true;
    } else if (sscanf(line, "%*s %d", &r->fate_type) == 1) {
        r->fate = line[0] == 's' ? STALL : line[0] == 'c' ? CLOSE : MUTE;
    }
    printf("%s\n", line);
    fflush(stdout);
}

/* Commands come one at a time: the sender waits for the echo. */
static void from_stdin(struct relay *r)
{
    char line[128];
    ssize_t n = read(0, line, sizeof(line) - 1);
    if (n <= 0) {
        exit(EXIT_SUCCESS);
    }
    line[n] = '\0';
    line[strcspn(line, "\n")] = '\0';
    obey(r, line);
}

static void turn(struct relay *r, int listener)
{
    struct pollfd fds[2 + 2 * LINKS_MAX] = {{.fd = 0, .events = POLLIN},
                                            {.fd = listener, .events = POLLIN}};
    for (size_t i = 0; i < LINKS_MAX; i++) {
        struct link *l = &r->links[i];
        bool hear = l->client >= 0 && l->server >= 0 && l->type != 0 && l->down < limit(l);
        fds[2 + 2 * i] = (struct pollfd){.fd = l->client, .events = POLLIN};
        fds[3 + 2 * i] = (struct pollfd){.fd = hear ? l->server : -1, .events = POLLIN};
    }
    if (poll(fds, sizeof(fds) / sizeof(fds[0]), -1) < 0) {
        return;
    }
    for (size_t n = 0; n < 2 * LINKS_MAX; n++) {
        size_t i = n % LINKS_MAX;
        struct link *l = &r->links[i];
        if ((l->type == CHANNEL_MAIN) != (n >= LINKS_MAX)) {
            continue; /* the main channels at last: when all end, the server ends them so */
        }
        if (fds[3 + 2 * i].revents != 0) {
            from_server(r, l);
        }
        if (l->client >= 0 && fds[2 + 2 * i].revents != 0) {
            from_client(r, l);
        }
        fds[2 + 2 * i].revents = fds[3 + 2 * i].revents = 0; /* its type may be new */
    }
    if (fds[1].revents != 0) {
        accept_link(r, listener);
    }
    if (fds[0].revents != 0) {
        from_stdin(r);
    }
}

int main(int argc, char **argv)
{
    static struct relay r;
    if (argc != 3) {
        return EXIT_FAILURE;
    }
    signal(SIGPIPE, SIG_IGN);
    r.to = argv[2];
    for (size_t i = 0; i < LINKS_MAX; i++) {
        r.links[i].client = r.links[i].server = -1;
    }
    struct sockaddr_un a = address(argv[1]);
    int listener = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    unlink(argv[1]);
    if (listener < 0 || bind(listener, (struct sockaddr *)&a, sizeof(a)) != 0 ||
        listen(listener, 64) != 0) {
        return EXIT_FAILURE;
    }
    printf("ready\n");
    fflush(stdout);
    for (;;) {
        turn(&r, listener);
    }
}
