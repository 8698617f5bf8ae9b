/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The server's loop in a thread, seen by real peers (ring/ivshmem.h) and by ones that misbehave. Waits
 * have no end of their own: ctest ends a test that hangs.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "base/bytes.h"
#include "base/clock.h"
#include "base/thread.h"
#include "ivserver/door.h"
#include "ivserver/memory.h"
#include "ivserver/server.h"
#include "ring/ivshmem.h"
#include "support/check.h"

#ifndef F_SEAL_FUTURE_WRITE
#    define F_SEAL_FUTURE_WRITE 0x0010
#endif

#define BYTES   ((size_t)ORL_IVSERVER_SIZE_MIN)
#define LONG_NS (60 * ORL_NS_PER_S)

struct rig {
    char dir[64], path[96];
    struct orl_ivserver_conf conf;
    struct orl_ivserver_door door;
    struct orl_ivserver server;
    int memory, stop[2], result;
    struct orl_thread thread;
};

struct member {
    struct orl_ivshmem c;
    struct orl_ivshmem_peers peers;
};

static void serve(void *arg)
{
    struct rig *r = arg;
    r->result = orl_ivserver_run(&r->server, r->stop[0]);
}

static struct rig *start(uint32_t vectors)
{
    struct rig *r = calloc(1, sizeof(*r));
    assert_non_null(r);
    strcpy(r->dir, "/tmp/oriel-ivserver-XXXXXX");
    assert_non_null(mkdtemp(r->dir));
    snprintf(r->path, sizeof(r->path), "%s/socket", r->dir);
    r->conf = (struct orl_ivserver_conf){
        .path = r->path, .bytes = BYTES, .vectors = vectors, .mode = 0600};
    r->memory = orl_ivserver_memory(BYTES, false);
    assert_true(r->memory >= 0);
    assert_int_equal(orl_ivserver_door_open(&r->door, &r->conf), ORL_OK);
    assert_int_equal(pipe2(r->stop, O_CLOEXEC), 0);
    orl_ivserver_init(&r->server, r->door.listener, r->memory, vectors);
    assert_int_equal(orl_thread_start(&r->thread, "server", serve, r), ORL_OK);
    return r;
}

static void stop(struct rig *r)
{
    assert_int_equal(write(r->stop[1], "s", 1), 1);
    orl_thread_join(&r->thread);
    assert_int_equal(r->result, ORL_OK);
    orl_ivserver_finish(&r->server);
    assert_int_equal(r->server.peer_count, 0);
    orl_ivserver_door_close(&r->door);
    close(r->stop[0]);
    close(r->stop[1]);
    close(r->memory);
    assert_int_equal(access(r->path, F_OK), -1);
    assert_int_equal(rmdir(r->dir), 0); /* nothing is left in it */
    free(r);
}

static void pause_a_little(void)
{
    orl_sleep_until(orl_now_ns() + ORL_NS_PER_MS);
}

static void join_as(struct member *m, const struct rig *r, int id)
{
    assert_int_equal(orl_ivshmem_connect(&m->c, r->path, &m->peers, LONG_NS), ORL_SHM_FINE);
    assert_int_equal(m->c.id, id);
    assert_true(m->c.doorbell >= 0);
}

/* One that forgets the others: many of them would need more descriptors than a process may have. */
static void join_quietly(struct member *m, const struct rig *r, int id)
{
    assert_int_equal(orl_ivshmem_connect(&m->c, r->path, NULL, LONG_NS), ORL_SHM_FINE);
    assert_int_equal(m->c.id, id);
}

static void expect_peers(struct member *m, uint32_t count)
{
    while (m->peers.count != count) {
        assert_true(orl_ivshmem_step(&m->c));
        pause_a_little();
    }
}

static bool rang(const struct member *m)
{
    return orl_ivshmem_lower(m->c.doorbell);
}

static int dial(const struct rig *r)
{
    struct sockaddr_un a = {.sun_family = AF_UNIX};
    snprintf(a.sun_path, sizeof(a.sun_path), "%s", r->path);
    int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    assert_int_equal(connect(fd, (struct sockaddr *)&a, sizeof(a)), 0);
    return fd;
}

/* One message of 8 bytes, waiting for it; *fd is -1 or the caller's. False: the server hung up. */
static bool hear(int sock, int64_t *value, int *fd)
{
    uint8_t raw[8];
    union {
        struct cmsghdr align;
        char room[CMSG_SPACE(sizeof(int))];
    } control;
    struct iovec io = {raw, sizeof(raw)};
    struct msghdr m = {.msg_iov = &io,
                       .msg_iovlen = 1,
                       .msg_control = control.room,
                       .msg_controllen = sizeof(control.room)};
    ssize_t got = recvmsg(sock, &m, MSG_CMSG_CLOEXEC);
    *fd = -1;
    if (got <= 0) {
        return false;
    }
    assert_int_equal(got, 8);
    assert_false(m.msg_flags & MSG_CTRUNC);
    struct cmsghdr *h = CMSG_FIRSTHDR(&m);
    if (h) {
        memcpy(fd, CMSG_DATA(h), sizeof(*fd));
    }
    *value = (int64_t)orl_get_u64(raw);
    return true;
}

static void expect_message(int sock, int64_t value, bool with_fd)
{
    int64_t got = -99;
    int fd = -1;
    assert_true(hear(sock, &got, &fd));
    assert_int_equal(got, value);
    assert_int_equal(fd >= 0, with_fd);
    if (fd >= 0) {
        close(fd);
    }
}

static void expect_hang_up(int sock)
{
    int64_t value;
    int fd;
    while (hear(sock, &value, &fd)) {
        if (fd >= 0) {
            close(fd);
        }
    }
    close(sock);
}

/* ---- Good peers ---------------------------------------------------------------------------- */

static void peers_share_memory_that_nobody_can_resize(void **state)
{
    (void)state;
    struct rig *r = start(1);
    struct member a, b;
    join_as(&a, r, 0);
    join_as(&b, r, 1);
    assert_int_equal(ftruncate(a.c.memory, 4096), -1);
    assert_int_equal(ftruncate(a.c.memory, 2 * (off_t)BYTES), -1);
    assert_int_equal(fcntl(a.c.memory, F_ADD_SEALS, F_SEAL_FUTURE_WRITE), -1);
    uint8_t *pa = mmap(NULL, BYTES, PROT_READ | PROT_WRITE, MAP_SHARED, a.c.memory, 0);
    uint8_t *pb = mmap(NULL, BYTES, PROT_READ | PROT_WRITE, MAP_SHARED, b.c.memory, 0);
    assert_true(pa != MAP_FAILED && pb != MAP_FAILED);
    pa[BYTES - 1] = 200;
    assert_int_equal(pb[BYTES - 1], 200);
    munmap(pa, BYTES);
    munmap(pb, BYTES);
    orl_ivshmem_close(&a.c);
    orl_ivshmem_close(&b.c);
    stop(r);
}

static void peers_ring_each_other_and_not_themselves(void **state)
{
    (void)state;
    struct rig *r = start(1);
    struct member m[3];
    for (int i = 0; i < 3; i++) {
        join_as(&m[i], r, i);
    }
    for (int i = 0; i < 3; i++) {
        expect_peers(&m[i], 2);
    }
    for (int i = 0; i < 3; i++) {
        orl_ivshmem_ring(&m[i].c);
        for (int k = 0; k < 3; k++) {
            assert_int_equal(rang(&m[k]), k != i);
        }
    }
    for (int i = 0; i < 3; i++) {
        orl_ivshmem_close(&m[i].c);
    }
    stop(r);
}

static void leaving_is_told_and_no_number_is_given_twice(void **state)
{
    (void)state;
    struct rig *r = start(2);
    struct member a, b, c;
    join_as(&a, r, 0);
    int next = 1;
    for (; next <= 20; next++) {
        join_as(&b, r, next);
        expect_peers(&a, 1);
        assert_int_equal(a.peers.peer[0].id, next);
        orl_ivshmem_ring(&a.c);
        assert_true(rang(&b)); /* the new one at this place, not the old one */
        orl_ivshmem_close(&b.c);
        expect_peers(&a, 0);
    }
    join_as(&b, r, next);
    orl_ivshmem_close(&a.c);
    expect_peers(&b, 0);
    join_as(&c, r, next + 1);
    expect_peers(&b, 1);
    orl_ivshmem_close(&b.c);
    orl_ivshmem_close(&c.c);
    stop(r);
}

static void messages_come_in_the_order_of_the_protocol(void **state)
{
    (void)state;
    struct rig *r = start(3);
    int a = dial(r);
    expect_message(a, 0, false);
    expect_message(a, 0, false);
    expect_message(a, -1, true);
    for (int v = 0; v < 3; v++) {
        expect_message(a, 0, true);
    }
    int b = dial(r);
    expect_message(b, 0, false);
    expect_message(b, 1, false);
    expect_message(b, -1, true);
    for (int64_t id = 0; id < 2; id++) { /* the other one, then its own */
        for (int v = 0; v < 3; v++) {
            expect_message(b, id, true);
        }
    }
    for (int v = 0; v < 3; v++) {
        expect_message(a, 1, true);
    }
    close(b);
    expect_message(a, 1, false);
    close(a);
    stop(r);
}

/* ---- Others -------------------------------------------------------------------------------- */

static void peer_that_speaks_is_sent_away(void **state)
{
    (void)state;
    struct rig *r = start(1);
    struct member good;
    join_as(&good, r, 0);
    int bad = dial(r);
    expect_peers(&good, 1);
    assert_int_equal(send(bad, "hello", 5, MSG_NOSIGNAL), 5);
    expect_hang_up(bad);
    expect_peers(&good, 0);
    orl_ivshmem_close(&good.c);
    stop(r);
}

static void server_is_full_at_its_limit_and_takes_more_when_somebody_leaves(void **state)
{
    (void)state;
    struct rig *r = start(1);
    static struct member m[ORL_IVSERVER_PEERS];
    join_as(&m[0], r, 0);
    for (int i = 1; i < ORL_IVSERVER_PEERS; i++) {
        join_quietly(&m[i], r, i);
    }
    struct member late;
    assert_int_equal(orl_ivshmem_connect(&late.c, r->path, &late.peers, LONG_NS),
                     ORL_SHM_SERVER_GONE);
    expect_peers(&m[0], ORL_IVSERVER_PEERS - 1);
    orl_ivshmem_close(&m[17].c);
    expect_peers(&m[0], ORL_IVSERVER_PEERS - 2);
    join_as(&late, r, ORL_IVSERVER_PEERS);
    expect_peers(&late, ORL_IVSERVER_PEERS - 1);
    orl_ivshmem_close(&late.c);
    for (int i = 0; i < ORL_IVSERVER_PEERS; i++) {
        if (i != 17) {
            orl_ivshmem_close(&m[i].c);
        }
    }
    stop(r);
}

#define SLEEPERS 12

static void peers_that_never_read_hold_nobody_up(void **state)
{
    (void)state;
    struct rig *r = start(ORL_IVSERVER_VECTORS_MAX);
    int asleep[SLEEPERS];
    for (int i = 0; i < SLEEPERS; i++) {
        asleep[i] = dial(r);
    }
    struct member a, b;
    join_as(&a, r, SLEEPERS);
    expect_peers(&a, SLEEPERS);
    for (int i = 0; i < 200; i++) { /* far more messages than a socket holds */
        join_as(&b, r, SLEEPERS + 1 + i);
        expect_peers(&b, SLEEPERS + 1);
        expect_peers(&a, SLEEPERS + 1);
        orl_ivshmem_close(&b.c);
        expect_peers(&a, SLEEPERS);
    }
    for (int i = 0; i < SLEEPERS; i++) {
        close(asleep[i]);
    }
    expect_peers(&a, 0);
    orl_ivshmem_close(&a.c);
    stop(r);
}

/* What it has missed it is not told; what is so now, it is. */
static void peer_that_wakes_up_learns_who_is_there(void **state)
{
    (void)state;
    struct rig *r = start(1);
    int sock = dial(r);
    static struct member m[40];
    join_as(&m[0], r, 1);
    for (int round = 0; round < 3; round++) {
        for (int i = 1; i < 40; i++) {
            join_quietly(&m[i], r, 39 * round + i + 1);
        }
        for (int i = 39; i >= 1; i -= round == 2 ? 2 : 1) { /* at last every other one stays */
            orl_ivshmem_close(&m[i].c);
        }
        expect_peers(&m[0], round == 2 ? 20 : 1); /* with the one that sleeps */
    }
    bool there[128] = {false};
    int count = 0;
    while (count != 20 || !there[78 + 39] || there[78 + 40]) {
        int64_t id;
        int fd;
        assert_true(hear(sock, &id, &fd));
        if (id > 0 && id < 128) {
            count += (fd >= 0) - there[id];
            there[id] = fd >= 0;
        }
        if (fd >= 0) {
            close(fd);
        }
    }
    for (int i = 0; i < 40; i += 2) {
        assert_true(there[i == 0 ? 1 : 78 + i + 1]); /* those of the last round */
        orl_ivshmem_close(&m[i].c);
    }
    close(sock);
    stop(r);
}

/* Connections that come and go in every state of the conversation, by the hundred. */
static void restless_peers_leave_nothing_behind(void **state)
{
    (void)state;
    struct rig *r = start(2);
    struct member good;
    join_as(&good, r, 0);
    unsigned random = 12345;
    int socks[32];
    for (int i = 0; i < 32; i++) {
        socks[i] = dial(r);
    }
    for (int i = 0; i < 600; i++) {
        random = random * 1664525u + 1013904223u;
        unsigned k = random >> 27;
        int64_t value;
        int fd = -1;
        for (unsigned n = random >> 16 & 3; n > 0 && hear(socks[k], &value, &fd); n--) {
            if (fd >= 0) {
                close(fd);
            }
        }
        if ((random >> 20 & 3) == 0) {
            (void)!send(socks[k], "x", 1, MSG_NOSIGNAL);
        }
        close(socks[k]);
        socks[k] = dial(r);
        assert_true(orl_ivshmem_step(&good.c));
    }
    for (int i = 0; i < 32; i++) {
        close(socks[i]);
    }
    expect_peers(&good, 0);
    orl_ivshmem_close(&good.c);
    stop(r);
}

static void one_server_for_each_socket(void **state)
{
    (void)state;
    struct rig *r = start(1);
    struct orl_ivserver_door second;
    assert_int_equal(orl_ivserver_door_open(&second, &r->conf), ORL_ENOSPC);
    struct orl_ivserver_conf other = r->conf;
    char path[128];
    snprintf(path, sizeof(path), "%s/other", r->dir);
    other.path = path;
    other.group = "no such group";
    assert_int_equal(orl_ivserver_door_open(&second, &other), ORL_EINVAL);
    other.group = NULL;
    assert_int_equal(orl_ivserver_door_open(&second, &other), ORL_OK);
    orl_ivserver_door_close(&second);
    struct member m;
    join_as(&m, r, 0); /* the first one is unharmed */
    orl_ivshmem_close(&m.c);
    stop(r);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(peers_share_memory_that_nobody_can_resize),
        cmocka_unit_test(peers_ring_each_other_and_not_themselves),
        cmocka_unit_test(leaving_is_told_and_no_number_is_given_twice),
        cmocka_unit_test(messages_come_in_the_order_of_the_protocol),
        cmocka_unit_test(peer_that_speaks_is_sent_away),
        cmocka_unit_test(server_is_full_at_its_limit_and_takes_more_when_somebody_leaves),
        cmocka_unit_test(peers_that_never_read_hold_nobody_up),
        cmocka_unit_test(peer_that_wakes_up_learns_who_is_there),
        cmocka_unit_test(restless_peers_leave_nothing_behind),
        cmocka_unit_test(one_server_for_each_socket),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
