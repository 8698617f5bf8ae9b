/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "fake_server.h"

#include <fcntl.h>
#include <poll.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "base/bytes.h"
#include "support/check.h"

#define FDS_MOST 16

static bool send_fds(int sock, const void *data, size_t bytes, int fd, int fd_count)
{
    union {
        struct cmsghdr align;
        char room[CMSG_SPACE(FDS_MOST * sizeof(int))];
    } control;
    int fds[FDS_MOST];
    for (int i = 0; i < FDS_MOST; i++) {
        fds[i] = fd;
    }
    memset(&control, 0, sizeof(control));
    struct iovec io = {(void *)(uintptr_t)data, bytes};
    struct msghdr m = {.msg_iov = &io, .msg_iovlen = 1};
    if (fd_count > 0) {
        m.msg_control = control.room;
        m.msg_controllen = CMSG_SPACE((size_t)fd_count * sizeof(int));
        struct cmsghdr *h = CMSG_FIRSTHDR(&m);
        h->cmsg_level = SOL_SOCKET;
        h->cmsg_type = SCM_RIGHTS;
        h->cmsg_len = CMSG_LEN((size_t)fd_count * sizeof(int));
        memcpy(CMSG_DATA(h), fds, (size_t)fd_count * sizeof(int));
    }
    return sendmsg(sock, &m, MSG_NOSIGNAL) == (ssize_t)bytes;
}

/* True: `fd` has something to read; false: the test is over. */
static bool wait_for(const struct fake_server *f, int fd)
{
    struct pollfd p[2] = {{f->stop_pipe[0], POLLIN, 0}, {fd, POLLIN, 0}};
    while (poll(p, 2, -1) < 0) {
    }
    return p[0].revents == 0;
}

static bool act(int sock, const struct fake_act *a)
{
    uint8_t raw[64] = {0};
    if (a->what == FAKE_BYTES) {
        memset(raw, 0xa5, sizeof(raw));
        return send_fds(sock, raw, (size_t)a->value, -1, 0);
    }
    orl_put_u64(raw, (uint64_t)a->value);
    return a->what == FAKE_SEND && send_fds(sock, raw, 8, a->fd, a->fd_count);
}

/* True when the peer is gone, false when the test is over. */
static bool serve(const struct fake_server *f, int sock)
{
    for (size_t i = 0; i < f->count; i++) {
        char byte;
        if (i == f->at_once &&
            (!wait_for(f, f->go_pipe[0]) || read(f->go_pipe[0], &byte, 1) != 1)) {
            return false;
        }
        if (!act(sock, &f->acts[i])) {
            return true;
        }
    }
    return wait_for(f, sock); /* hung up: a peer never says anything */
}

static void run(void *arg)
{
    struct fake_server *f = arg;
    bool on = true;
    while (on && wait_for(f, f->listener)) {
        int sock = accept4(f->listener, NULL, NULL, SOCK_CLOEXEC);
        on = sock < 0 || serve(f, sock);
        if (sock >= 0) {
            close(sock);
        }
    }
}

void fake_start_in_two(struct fake_server *f, const struct fake_act *acts, size_t count,
                       size_t at_once)
{
    *f = (struct fake_server){.acts = acts, .count = count, .at_once = at_once};
    strcpy(f->dir, "/tmp/oriel-ivshmem-XXXXXX");
    assert_non_null(mkdtemp(f->dir));
    snprintf(f->path, sizeof(f->path), "%s/socket", f->dir);
    struct sockaddr_un a = {.sun_family = AF_UNIX};
    snprintf(a.sun_path, sizeof(a.sun_path), "%s", f->path);
    f->listener = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    assert_int_equal(bind(f->listener, (struct sockaddr *)&a, sizeof(a)), 0);
    assert_int_equal(listen(f->listener, 4), 0);
    assert_int_equal(pipe2(f->stop_pipe, O_CLOEXEC), 0);
    assert_int_equal(pipe2(f->go_pipe, O_CLOEXEC), 0);
    assert_int_equal(orl_thread_start(&f->thread, "server", run, f), 0);
}

void fake_start(struct fake_server *f, const struct fake_act *acts, size_t count)
{
    fake_start_in_two(f, acts, count, SIZE_MAX);
}

void fake_go(struct fake_server *f)
{
    assert_int_equal(write(f->go_pipe[1], "g", 1), 1);
}

void fake_stop(struct fake_server *f)
{
    assert_int_equal(write(f->stop_pipe[1], "s", 1), 1);
    orl_thread_join(&f->thread);
    close(f->listener);
    for (int i = 0; i < 2; i++) {
        close(f->stop_pipe[i]);
        close(f->go_pipe[i]);
    }
    unlink(f->path);
    rmdir(f->dir);
}

int fake_memory(size_t bytes, uint8_t mark)
{
    int fd = memfd_create("oriel-test", MFD_CLOEXEC | MFD_ALLOW_SEALING);
    assert_true(fd >= 0);
    assert_int_equal(ftruncate(fd, (off_t)bytes), 0);
    assert_int_equal(fcntl(fd, F_ADD_SEALS, F_SEAL_SHRINK | F_SEAL_GROW), 0);
    assert_int_equal(pwrite(fd, &mark, 1, 0), 1);
    return fd;
}
