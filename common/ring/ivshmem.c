/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "ring/ivshmem.h"

#include <endian.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/uio.h>
#include <sys/un.h>
#include <unistd.h>

#include "base/clock.h"

#define STEP_MESSAGES 256 /* a full socket holds about so many */
#define FD_ROOM       4   /* one is allowed: more are taken in to be closed */

struct note {
    int64_t value;
    int fd; /* -1 none; else ours */
};

bool orl_ivshmem_is(const char *path)
{
    return strncmp(path, ORL_IVSHMEM_PREFIX, strlen(ORL_IVSHMEM_PREFIX)) == 0;
}

static void drop(int *fd)
{
    if (*fd >= 0) {
        close(*fd);
        *fd = -1;
    }
}

/* ---- Messages ------------------------------------------------------------------------------ */

/* The descriptors of a message, of which at most FD_ROOM are put into `fds`. */
static size_t take_fds(struct msghdr *m, int fds[FD_ROOM])
{
    size_t count = 0;
    for (struct cmsghdr *h = CMSG_FIRSTHDR(m); h; h = CMSG_NXTHDR(m, h)) {
        if (h->cmsg_level != SOL_SOCKET || h->cmsg_type != SCM_RIGHTS) {
            continue;
        }
        size_t have = (h->cmsg_len - CMSG_LEN(0)) / sizeof(int);
        for (size_t i = 0; i < have; i++) {
            int fd;
            memcpy(&fd, CMSG_DATA(h) + i * sizeof(int), sizeof(fd));
            if (count < FD_ROOM) {
                fds[count++] = fd;
            } else {
                close(fd);
            }
        }
    }
    return count;
}

static enum orl_shm_fault fault_of_recv(void)
{
    return errno == ECONNRESET || errno == EPIPE ? ORL_SHM_SERVER_GONE : ORL_SHM_SYSTEM;
}

/*
 * One message if there is one. A message is sent with one call and a stream socket keeps the bytes of
 * a call together, so that a part of one is not waited for: it is garbage.
 */
static int receive(int sock, struct note *out, enum orl_shm_fault *fault)
{
    uint64_t raw = 0;
    union {
        struct cmsghdr align;
        char room[CMSG_SPACE(FD_ROOM * sizeof(int))];
    } control;
    struct iovec io = {&raw, sizeof(raw)};
    struct msghdr m = {.msg_iov = &io,
                       .msg_iovlen = 1,
                       .msg_control = control.room,
                       .msg_controllen = sizeof(control.room)};
    ssize_t got = recvmsg(sock, &m, MSG_DONTWAIT | MSG_CMSG_CLOEXEC);
    if (got < 0) {
        bool later = errno == EAGAIN || errno == EINTR;
        *fault = later ? ORL_SHM_FINE : fault_of_recv();
        return later ? ORL_EAGAIN : ORL_ESYS;
    }
    int fds[FD_ROOM];
    size_t count = take_fds(&m, fds);
    bool cut = (m.msg_flags & MSG_CTRUNC) != 0;
    if (got == (ssize_t)sizeof(raw) && count <= 1 && !cut) {
        *out = (struct note){(int64_t)le64toh(raw), count == 1 ? fds[0] : -1};
        return ORL_OK;
    }
    for (size_t i = 0; i < count; i++) {
        close(fds[i]);
    }
    *fault = got == 0 ? ORL_SHM_SERVER_GONE : ORL_SHM_SERVER_GARBAGE;
    if (got > 0 && cut &&
        count == 0) { /* there was room for it: this process may have no more */
        *fault = ORL_SHM_SYSTEM;
        errno = EMFILE;
    }
    return ORL_ESYS;
}

/* False when `deadline_ns` has passed and nothing has come. */
static bool wait_for(int sock, uint64_t deadline_ns)
{
    for (;;) {
        uint64_t now_ns = orl_now_ns();
        uint64_t left_ns = deadline_ns > now_ns ? deadline_ns - now_ns : 0;
        struct pollfd p = {.fd = sock, .events = POLLIN};
        int n = poll(&p, 1, (int)((left_ns + ORL_NS_PER_MS - 1) / ORL_NS_PER_MS));
        if (n != 0 && !(n < 0 && errno == EINTR)) {
            return true;
        }
        if (left_ns == 0) {
            return false;
        }
    }
}

static enum orl_shm_fault await(int sock, struct note *out, uint64_t deadline_ns)
{
    for (;;) {
        enum orl_shm_fault fault;
        int err = receive(sock, out, &fault);
        if (err != ORL_EAGAIN) {
            return err ? fault : ORL_SHM_FINE;
        }
        if (!wait_for(sock, deadline_ns)) {
            return ORL_SHM_SERVER_SILENT;
        }
    }
}

int orl_ivshmem_send(int sock, int64_t value, int fd)
{
    uint64_t raw = htole64((uint64_t)value);
    union {
        struct cmsghdr align;
        char room[CMSG_SPACE(sizeof(int))];
    } control;
    memset(&control, 0, sizeof(control));
    struct iovec io = {&raw, sizeof(raw)};
    struct msghdr m = {.msg_iov = &io, .msg_iovlen = 1};
    if (fd >= 0) {
        m.msg_control = control.room;
        m.msg_controllen = sizeof(control.room);
        struct cmsghdr *h = CMSG_FIRSTHDR(&m);
        h->cmsg_level = SOL_SOCKET;
        h->cmsg_type = SCM_RIGHTS;
        h->cmsg_len = CMSG_LEN(sizeof(int));
        memcpy(CMSG_DATA(h), &fd, sizeof(fd));
    }
    ssize_t sent = sendmsg(sock, &m, MSG_DONTWAIT | MSG_NOSIGNAL);
    if (sent == (ssize_t)sizeof(raw)) {
        return ORL_OK;
    }
    bool later = sent < 0 && (errno == EAGAIN || errno == EINTR || errno == ENOBUFS ||
                              errno == ETOOMANYREFS);
    return later ? ORL_EAGAIN : ORL_ESYS;
}

/* ---- Eventfds ------------------------------------------------------------------------------ */

/*
 * Whether reads block is written in the open file, which the server and all peers share and can
 * change, so it is said with each read. A full eventfd has the value in one word.
 */
static ssize_t read_bell(int fd)
{
    uint64_t value;
    struct iovec io = {&value, sizeof(value)};
    return preadv2(fd, &io, 1, -1, RWF_NOWAIT);
}

bool orl_ivshmem_lower(int doorbell)
{
    return read_bell(doorbell) == (ssize_t)sizeof(uint64_t);
}

/* A pipe, a file on a slow disk or a terminal could hold whoever writes to it or reads from it: an
 * eventfd is a file without a type. Non-blocking for those who forget; nobody may rely on that. */
static bool is_bell(int fd)
{
    struct stat st;
    int flags = fcntl(fd, F_GETFL);
    return fstat(fd, &st) == 0 && (st.st_mode & S_IFMT) == 0 && flags >= 0 &&
           fcntl(fd, F_SETFL, flags | O_NONBLOCK) == 0;
}

/* It is also read as one is. Only for our own: from a peer's, that would take a ring away. */
static bool is_own_bell(int fd)
{
    if (!is_bell(fd)) {
        return false;
    }
    ssize_t got = read_bell(fd);
    return got == (ssize_t)sizeof(uint64_t) || (got < 0 && errno == EAGAIN);
}

static void add_peer(struct orl_ivshmem_peers *p, int id, int fd)
{
    bool useless = p->count == ORL_IVSHMEM_PEERS;
    for (uint32_t i = 0; i < p->count; i++) {
        useless |= p->peer[i].id == id; /* another of its vectors */
    }
    if (useless) {
        close(fd);
        return;
    }
    p->peer[p->count].id = id;
    p->peer[p->count].bell = fd;
    p->count++;
}

static void remove_peer(struct orl_ivshmem_peers *p, int id)
{
    for (uint32_t i = 0; i < p->count; i++) {
        if (p->peer[i].id == id) {
            close(p->peer[i].bell);
            p->count--;
            p->peer[i] = p->peer[p->count];
            return;
        }
    }
}

void orl_ivshmem_ring(const struct orl_ivshmem *c)
{
    static const uint64_t one = 1;
    for (uint32_t i = 0; c->peers && i < c->peers->count; i++) {
        ssize_t done = write(c->peers->peer[i].bell, &one, sizeof(one));
        (void)done; /* full: it is rung already */
    }
}

/* ---- The connection ------------------------------------------------------------------------ */

/* One of our own vectors; 0 is the first that comes. */
static bool take_own(struct orl_ivshmem *c, struct note *n)
{
    if (c->doorbell >= 0 && n->fd >= 0) {
        drop(&n->fd);
        return true;
    }
    if (n->fd < 0 || !is_own_bell(n->fd)) {
        drop(&n->fd);
        return false;
    }
    c->doorbell = n->fd;
    return true;
}

/* A message after the first three; takes n->fd. False: it breaks a rule. */
static bool take(struct orl_ivshmem *c, struct note *n)
{
    if (n->value < 0 || n->value > ORL_IVSHMEM_ID_MAX) {
        drop(&n->fd);
        return false;
    }
    if (n->value == c->id) {
        return take_own(c, n);
    }
    if (!c->peers) {
        drop(&n->fd);
    } else if (n->fd < 0) {
        remove_peer(c->peers, (int)n->value);
    } else if (is_bell(n->fd)) {
        add_peer(c->peers, (int)n->value, n->fd);
    } else {
        drop(&n->fd);
        return false;
    }
    return true;
}

bool orl_ivshmem_step(struct orl_ivshmem *c)
{
    for (int i = 0; i < STEP_MESSAGES; i++) {
        struct note n;
        enum orl_shm_fault fault;
        int err = receive(c->sock, &n, &fault);
        if (err == ORL_EAGAIN) {
            return true;
        }
        /* No room for a descriptor of a peer is our lack, not the server's fault. */
        if (err && !(fault == ORL_SHM_SYSTEM && errno == EMFILE)) {
            return false;
        }
        if (!err && !take(c, &n)) {
            return false;
        }
    }
    return true;
}

/* The first three messages. */
static enum orl_shm_fault greet(struct orl_ivshmem *c, uint64_t deadline_ns)
{
    struct note n;
    enum orl_shm_fault fault = await(c->sock, &n, deadline_ns);
    if (fault == ORL_SHM_FINE && (n.fd >= 0 || n.value != ORL_IVSHMEM_VERSION)) {
        /* Servers before QEMU 2.5 send their peer's number first. */
        bool other = n.fd < 0 && n.value > 0 && n.value <= ORL_IVSHMEM_ID_MAX;
        fault = other ? ORL_SHM_SERVER_VERSION : ORL_SHM_SERVER_GARBAGE;
        drop(&n.fd);
    }
    if (fault != ORL_SHM_FINE) {
        return fault;
    }
    fault = await(c->sock, &n, deadline_ns);
    if (fault == ORL_SHM_FINE && (n.fd >= 0 || n.value < 0 || n.value > ORL_IVSHMEM_ID_MAX)) {
        fault = ORL_SHM_SERVER_GARBAGE;
        drop(&n.fd);
    }
    if (fault != ORL_SHM_FINE) {
        return fault;
    }
    c->id = (int)n.value;
    fault = await(c->sock, &n, deadline_ns);
    if (fault != ORL_SHM_FINE) {
        return fault;
    }
    if (n.value != ORL_IVSHMEM_MEMORY) {
        drop(&n.fd);
        return ORL_SHM_SERVER_GARBAGE;
    }
    c->memory = n.fd;
    return n.fd >= 0 ? ORL_SHM_FINE : ORL_SHM_SERVER_BARE;
}

/* Until our vector 0 has come: there is no last message, and a server may have no vectors. */
static enum orl_shm_fault get_doorbell(struct orl_ivshmem *c, uint64_t deadline_ns)
{
    while (c->doorbell < 0 && orl_now_ns() < deadline_ns) {
        struct note n;
        enum orl_shm_fault fault = await(c->sock, &n, deadline_ns);
        if (fault == ORL_SHM_SERVER_SILENT) {
            return ORL_SHM_FINE;
        }
        if (fault != ORL_SHM_FINE) {
            return fault;
        }
        if (!take(c, &n)) {
            return ORL_SHM_SERVER_GARBAGE;
        }
    }
    return ORL_SHM_FINE;
}

static enum orl_shm_fault fault_of_connect(int error)
{
    switch (error) {
    case ENOENT:
    case ENOTDIR: return ORL_SHM_MISSING;
    case EACCES:
    case EPERM:
    case EROFS: return ORL_SHM_DENIED;
    case EPROTOTYPE: return ORL_SHM_NOT_MEMORY;
    case ECONNREFUSED: return ORL_SHM_NO_SERVER;
    case EAGAIN: return ORL_SHM_SERVER_SILENT; /* its queue of connections is full */
    default: return ORL_SHM_SYSTEM;
    }
}

/* A connected socket, or -1. A Unix socket is connected at once or not at all. */
static int dial(const char *path, enum orl_shm_fault *fault)
{
    struct sockaddr_un to = {.sun_family = AF_UNIX};
    struct stat st;
    size_t len = strlen(path);
    *fault = ORL_SHM_SYSTEM;
    if (len >= sizeof(to.sun_path)) {
        errno = ENAMETOOLONG;
        return -1;
    }
    if (len == 0) {
        *fault = ORL_SHM_MISSING; /* an empty address is none, but no error either */
        return -1;
    }
    memcpy(to.sun_path, path, len + 1);
    int sock = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    if (sock < 0) {
        return -1;
    }
    if (connect(sock, (const struct sockaddr *)&to, sizeof(to)) == 0) {
        return sock;
    }
    *fault = fault_of_connect(errno);
    if (*fault == ORL_SHM_NO_SERVER && stat(path, &st) == 0 && !S_ISSOCK(st.st_mode)) {
        *fault = ORL_SHM_NOT_MEMORY;
    }
    int saved = errno;
    close(sock);
    errno = saved;
    return -1;
}

enum orl_shm_fault orl_ivshmem_connect(struct orl_ivshmem *c, const char *socket,
                                       struct orl_ivshmem_peers *peers, uint64_t wait_ns)
{
    uint64_t start_ns = orl_now_ns();
    enum orl_shm_fault fault;
    struct orl_ivshmem now = {.id = -1, .memory = -1, .doorbell = -1, .peers = peers};
    if (peers) {
        peers->count = 0;
    }
    now.sock = dial(socket, &fault);
    if (now.sock < 0) {
        return fault;
    }
    fault = greet(&now, start_ns + wait_ns);
    if (fault == ORL_SHM_FINE) {
        uint64_t end_ns = orl_now_ns() + wait_ns / 10;
        fault = get_doorbell(&now, end_ns);
    }
    if (fault != ORL_SHM_FINE) {
        int saved = errno;
        orl_ivshmem_close(&now);
        errno = saved;
        return fault;
    }
    *c = now;
    return ORL_SHM_FINE;
}

void orl_ivshmem_close(struct orl_ivshmem *c)
{
    for (uint32_t i = 0; c->peers && i < c->peers->count; i++) {
        close(c->peers->peer[i].bell);
    }
    if (c->peers) {
        c->peers->count = 0;
    }
    drop(&c->doorbell);
    drop(&c->memory);
    drop(&c->sock);
}
