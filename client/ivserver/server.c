/* SPDX-License-Identifier: GPL-2.0-or-later */
#define ORL_LOG_MODULE "ivserver"
#include "ivserver/server.h"

#include <errno.h>
#include <poll.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/log.h"
#include "ring/ivshmem.h"

#define RETRY_MS    100 /* when descriptors are short: nothing tells when there are some again */
#define SOCKET_ROOM 4096 /* bytes: a handful of messages, and of descriptors on their way */

/* ---- Coming and going ---------------------------------------------------------------------- */

static int64_t number_of(uint64_t serial)
{
    return (int64_t)serial - 1;
}

static void close_peer(struct orl_ivserver *s, struct orl_ivserver_peer *p)
{
    close(p->sock);
    for (uint32_t v = 0; v < s->vectors; v++) {
        close(p->bells[v]);
    }
    p->serial = 0;
    s->peer_count--;
}

static void dismiss(struct orl_ivserver *s, uint32_t place, const char *why)
{
    int64_t number = number_of(s->peer[place].serial);
    close_peer(s, &s->peer[place]);
    orl_debug("peer %d %s; %u left", (int)number, why, (unsigned)s->peer_count);
}

static bool make_bells(struct orl_ivserver *s, struct orl_ivserver_peer *p)
{
    for (uint32_t v = 0; v < s->vectors; v++) {
        p->bells[v] = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
        if (p->bells[v] < 0) {
            while (v > 0) {
                close(p->bells[--v]);
            }
            return false;
        }
    }
    return true;
}

static void admit(struct orl_ivserver *s, int sock)
{
    uint32_t place = 0;
    while (place < ORL_IVSERVER_PEERS && s->peer[place].serial != 0) {
        place++;
    }
    if (place == ORL_IVSERVER_PEERS) {
        orl_debug("no room for another peer");
        close(sock);
        return;
    }
    if (s->last_serial > ORL_IVSHMEM_ID_MAX) {
        if (!s->spent) {
            orl_warn(
                "all 65536 numbers of peers have been used: nobody else can connect until the "
                "server and the virtual machine are started again");
        }
        s->spent = true;
        close(sock);
        return;
    }
    struct orl_ivserver_peer *p = &s->peer[place];
    memset(p, 0, sizeof(*p));
    p->sock = sock;
    /*
     * Descriptors that nobody has received yet count against this user's limit. A peer that does not
     * read must not use it up for the others.
     */
    int room = SOCKET_ROOM;
    (void)setsockopt(sock, SOL_SOCKET, SO_SNDBUF, &room, sizeof(room));
    if (!make_bells(s, p)) {
        close(sock);
        s->starved = true;
        return;
    }
    p->serial = ++s->last_serial;
    s->peer_count++;
    orl_debug("peer %d has come; %u in all", (int)number_of(p->serial),
              (unsigned)s->peer_count);
}

static void accept_all(struct orl_ivserver *s)
{
    for (int i = 0; i < ORL_IVSERVER_PEERS; i++) { /* the rest waits for the next round */
        int sock = accept4(s->listener, NULL, NULL, SOCK_CLOEXEC | SOCK_NONBLOCK);
        if (sock < 0) {
            s->starved =
                errno == EMFILE || errno == ENFILE || errno == ENOMEM || errno == ENOBUFS;
            return;
        }
        admit(s, sock);
    }
}

/* ---- Telling ------------------------------------------------------------------------------- */

/* The next of the first three messages. */
static int greet(const struct orl_ivserver *s, const struct orl_ivserver_peer *p)
{
    switch (p->greeted) {
    case 0: return orl_ivshmem_send(p->sock, ORL_IVSHMEM_VERSION, -1);
    case 1: return orl_ivshmem_send(p->sock, number_of(p->serial), -1);
    default: return orl_ivshmem_send(p->sock, ORL_IVSHMEM_MEMORY, s->memory);
    }
}

/* Tells `p` what is new about a place, until nothing is. Errors as orl_ivshmem_send(). */
static int tell(const struct orl_ivserver *s, struct orl_ivserver_peer *p, uint32_t place)
{
    struct orl_ivserver_told *told = &p->told[place];
    const struct orl_ivserver_peer *who = &s->peer[place];
    if (told->serial != 0 && told->serial != who->serial) {
        int err = orl_ivshmem_send(p->sock, number_of(told->serial), -1);
        if (err) {
            return err;
        }
        *told = (struct orl_ivserver_told){0, 0};
    }
    while (who->serial != 0 && told->vectors < s->vectors) {
        int err = orl_ivshmem_send(p->sock, number_of(who->serial), who->bells[told->vectors]);
        if (err) {
            return err;
        }
        told->serial = who->serial;
        told->vectors++;
    }
    return ORL_OK;
}

/* All that the peer at place `own` does not know yet. Its own vectors come last, as in QEMU's server. */
static int tell_all(const struct orl_ivserver *s, uint32_t own, struct orl_ivserver_peer *p)
{
    while (p->greeted < 3) {
        int err = greet(s, p);
        if (err) {
            return err;
        }
        p->greeted++;
    }
    for (uint32_t place = 0; place < ORL_IVSERVER_PEERS; place++) {
        int err = place == own ? ORL_OK : tell(s, p, place);
        if (err) {
            return err;
        }
    }
    return tell(s, p, own);
}

/* Somebody who cannot be told may be gone, which is news for the others: at most once each. */
static void spread(struct orl_ivserver *s)
{
    bool again = true;
    while (again) {
        again = false;
        for (uint32_t place = 0; place < ORL_IVSERVER_PEERS; place++) {
            struct orl_ivserver_peer *p = &s->peer[place];
            if (p->serial == 0) {
                continue;
            }
            errno = 0;
            int err = tell_all(s, place, p);
            p->starved = err == ORL_EAGAIN && errno != EAGAIN;
            p->full = err == ORL_EAGAIN && !p->starved;
            if (err == ORL_ESYS) {
                dismiss(s, place, "has gone");
                again = true;
            }
        }
    }
}

/* ---- The loop ------------------------------------------------------------------------------ */

/* The peer says something, which none may, or its connection has ended. */
static void hear(struct orl_ivserver *s, uint32_t place)
{
    char byte;
    ssize_t got = recv(s->peer[place].sock, &byte, sizeof(byte), MSG_DONTWAIT);
    if (got > 0) {
        dismiss(s, place, "spoke out of turn");
    } else if (got == 0 || (errno != EAGAIN && errno != EINTR)) {
        dismiss(s, place, "has gone");
    }
}

struct round {
    struct pollfd fds[2 + ORL_IVSERVER_PEERS];
    uint32_t places[2 + ORL_IVSERVER_PEERS]; /* whose entry it is */
    nfds_t count;
    int wait_ms;
};

static void prepare(const struct orl_ivserver *s, int stop_fd, struct round *r)
{
    *r = (struct round){.count = 2, .wait_ms = s->starved ? RETRY_MS : -1};
    r->fds[0] = (struct pollfd){.fd = stop_fd, .events = POLLIN};
    r->fds[1] = (struct pollfd){.fd = s->starved ? -1 : s->listener, .events = POLLIN};
    for (uint32_t place = 0; place < ORL_IVSERVER_PEERS; place++) {
        const struct orl_ivserver_peer *p = &s->peer[place];
        if (p->serial != 0) {
            short events = (short)(POLLIN | (p->full ? POLLOUT : 0));
            r->fds[r->count] = (struct pollfd){.fd = p->sock, .events = events};
            r->places[r->count] = place;
            r->count++;
            r->wait_ms = p->starved ? RETRY_MS : r->wait_ms;
        }
    }
}

void orl_ivserver_init(struct orl_ivserver *s, int listener, int memory, uint32_t vectors)
{
    memset(s, 0, sizeof(*s));
    s->listener = listener;
    s->memory = memory;
    s->vectors = vectors;
}

int orl_ivserver_run(struct orl_ivserver *s, int stop_fd)
{
    struct round r;
    for (;;) {
        prepare(s, stop_fd, &r);
        int n = poll(r.fds, r.count, r.wait_ms);
        if (n < 0 && errno != EINTR) {
            return ORL_ESYS;
        }
        if (n < 0) {
            continue;
        }
        if (r.fds[0].revents) {
            return ORL_OK;
        }
        s->starved = false;
        for (nfds_t i = 2; i < r.count; i++) {
            if (r.fds[i].revents & (POLLIN | POLLERR | POLLHUP)) {
                hear(s, r.places[i]);
            }
        }
        if (r.fds[1].revents) {
            accept_all(s);
        }
        spread(s);
    }
}

void orl_ivserver_finish(struct orl_ivserver *s)
{
    for (uint32_t place = 0; place < ORL_IVSERVER_PEERS; place++) {
        if (s->peer[place].serial != 0) {
            close_peer(s, &s->peer[place]);
        }
    }
}
