/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Memory from an ivshmem server: good ones, broken ones, and what is told later. */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include "base/clock.h"
#include "fake_server.h"
#include "fds.h"
#include "ring/ivshmem.h"
#include "support/check.h"

#define BYTES (64u * 1024)
#define LONG_NS                                                                                \
    (60 * ORL_NS_PER_S) /* for servers that answer: a busy machine may take its time */
#define SHORT_NS (50 * ORL_NS_PER_MS) /* for servers that never do */
#define COUNT(a) (sizeof(a) / sizeof((a)[0]))

static const char *name_of(const struct fake_server *f)
{
    static char name[128];
    snprintf(name, sizeof(name), ORL_IVSHMEM_PREFIX "%s", f->path);
    return name;
}

static int bell(void)
{
    int fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
    assert_true(fd >= 0);
    return fd;
}

static void ring(int fd)
{
    const uint64_t one = 1;
    assert_int_equal(write(fd, &one, sizeof(one)), sizeof(one));
}

/* Until a message of the server's thread has arrived; ctest ends a test that waits for ever. */
static void pause_a_little(void)
{
    orl_sleep_until(orl_now_ns() + ORL_NS_PER_MS);
}

static void peer_gets_memory_number_and_doorbell(void **state)
{
    (void)state;
    int memory = fake_memory(BYTES, 0x5a), own = bell(), other = bell();
    int before = count_fds();
    const struct fake_act acts[] = {{FAKE_SEND, 0, -1, 0},      {FAKE_SEND, 7, -1, 0},
                                    {FAKE_SEND, -1, memory, 1}, {FAKE_SEND, 3, other, 1},
                                    {FAKE_SEND, 3, other, 1},   {FAKE_SEND, 7, own, 1},
                                    {FAKE_SEND, 7, other, 1}};
    struct fake_server f;
    fake_start(&f, acts, COUNT(acts));
    struct orl_shm shm;
    enum orl_shm_fault fault = ORL_SHM_SYSTEM;
    assert_int_equal(orl_shm_open(&shm, name_of(&f), ORL_SHM_READ_WRITE, &fault), ORL_OK);
    assert_int_equal(fault, ORL_SHM_FINE);
    assert_int_equal(shm.size, BYTES);
    assert_int_equal(shm.base[0], 0x5a);
    assert_int_equal(shm.peer, 7);
    assert_true(shm.server >= 0 && shm.writable && !shm.is_device);
    assert_int_not_equal(shm.export_by, ORL_EXPORT_NONE);
    assert_true(shm.doorbell >= 0);
    assert_true(fcntl(shm.doorbell, F_GETFD) & FD_CLOEXEC);
    assert_true(fcntl(shm.fd, F_GETFD) & FD_CLOEXEC);
    assert_false(orl_shm_rang(&shm));
    ring(own);
    ring(own);
    assert_true(orl_shm_rang(&shm));
    assert_false(orl_shm_rang(&shm));
    ring(other); /* vector 1 is not waited for */
    assert_false(orl_shm_rang(&shm));
    assert_false(orl_shm_stale(&shm, name_of(&f)));
    assert_false(orl_shm_stale(&shm, NULL));
    orl_shm_close(&shm);
    assert_true(shm.server == -1 && shm.doorbell == -1);
    fake_stop(&f);
    assert_int_equal(count_fds(), before);
    close(memory);
    close(own);
    close(other);
}

/* ---- What is wrong ------------------------------------------------------------------------- */

static void expect_fault(const char *path, int err, enum orl_shm_fault expected)
{
    char name[300];
    struct orl_shm shm = {.fd = 12345};
    enum orl_shm_fault fault = ORL_SHM_FINE;
    snprintf(name, sizeof(name), ORL_IVSHMEM_PREFIX "%s", path);
    assert_int_equal(orl_shm_open(&shm, name, ORL_SHM_READ_WRITE, &fault), err);
    assert_int_equal(fault, expected);
    assert_int_equal(shm.fd, 12345);
    assert_true(strlen(orl_shm_fault_text(fault)) > 5);
}

static void what_is_no_server_is_told_apart(void **state)
{
    (void)state;
    int before = count_fds();
    char dir[] = "/tmp/oriel-ivshmem-XXXXXX";
    assert_non_null(mkdtemp(dir));
    struct sockaddr_un a = {.sun_family = AF_UNIX};
    snprintf(a.sun_path, sizeof(a.sun_path), "%s/s", dir);
    expect_fault("", ORL_EAGAIN, ORL_SHM_MISSING);
    expect_fault(a.sun_path, ORL_EAGAIN, ORL_SHM_MISSING);
    expect_fault(dir, ORL_EINVAL, ORL_SHM_NOT_MEMORY);
    close(open(a.sun_path, O_CREAT | O_WRONLY | O_CLOEXEC, 0600));
    expect_fault(a.sun_path, ORL_EINVAL, ORL_SHM_NOT_MEMORY);
    unlink(a.sun_path);
    int fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
    assert_int_equal(bind(fd, (struct sockaddr *)&a, sizeof(a)), 0);
    expect_fault(a.sun_path, ORL_EINVAL, ORL_SHM_NOT_MEMORY);
    close(fd);
    unlink(a.sun_path);
    fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    assert_int_equal(bind(fd, (struct sockaddr *)&a, sizeof(a)), 0);
    expect_fault(a.sun_path, ORL_EAGAIN, ORL_SHM_NO_SERVER);
    if (geteuid() != 0) {
        chmod(a.sun_path, 0);
        expect_fault(a.sun_path, ORL_ESYS, ORL_SHM_DENIED);
    }
    close(fd);
    unlink(a.sun_path);
    rmdir(dir);
    char too_long[200];
    memset(too_long, 'x', sizeof(too_long));
    too_long[sizeof(too_long) - 1] = '\0';
    expect_fault(too_long, ORL_ESYS, ORL_SHM_SYSTEM);
    assert_int_equal(errno, ENAMETOOLONG);
    assert_int_equal(count_fds(), before);
}

/* A server that plays these acts is refused for that reason, and nothing stays open. */
static void expect_refusal(const struct fake_act *acts, size_t count,
                           enum orl_shm_fault expected, uint64_t wait_ns)
{
    struct fake_server f;
    int before = count_fds();
    fake_start(&f, acts, count);
    struct orl_ivshmem c = {.sock = 12345};
    struct orl_ivshmem_peers peers = {.count = 99};
    assert_int_equal(orl_ivshmem_connect(&c, f.path, &peers, wait_ns), expected);
    assert_int_equal(c.sock, 12345);
    assert_int_equal(peers.count, 0);
    fake_stop(&f);
    assert_int_equal(count_fds(), before);
}

#define REFUSED(fault, wait_ns, ...)                                                           \
    do {                                                                                       \
        const struct fake_act acts_[] = {__VA_ARGS__};                                         \
        expect_refusal(acts_, COUNT(acts_), fault, wait_ns);                                   \
    } while (0)
#define SAY(value)                                                                             \
    {                                                                                          \
        FAKE_SEND, value, -1, 0                                                                \
    }
#define GIVE(value, fd)                                                                        \
    {                                                                                          \
        FAKE_SEND, value, fd, 1                                                                \
    }
#define GIVE_MANY(value, n)                                                                    \
    {                                                                                          \
        FAKE_SEND, value, fd, n                                                                \
    }
#define HANG_UP                                                                                \
    {                                                                                          \
        FAKE_HANG_UP, 0, -1, 0                                                                 \
    }

static void silent_server_is_given_up_in_time(void **state)
{
    (void)state;
    int fd = fake_memory(BYTES, 0);
    expect_refusal(NULL, 0, ORL_SHM_SERVER_SILENT, SHORT_NS);
    REFUSED(ORL_SHM_SERVER_SILENT, SHORT_NS, SAY(0));
    REFUSED(ORL_SHM_SERVER_SILENT, SHORT_NS, SAY(0), SAY(1));
    close(fd);
}

static void server_that_hangs_up_is_noticed(void **state)
{
    (void)state;
    int fd = fake_memory(BYTES, 0);
    REFUSED(ORL_SHM_SERVER_GONE, LONG_NS, HANG_UP);
    REFUSED(ORL_SHM_SERVER_GONE, LONG_NS, SAY(0), HANG_UP);
    REFUSED(ORL_SHM_SERVER_GONE, LONG_NS, SAY(0), SAY(1), HANG_UP);
    REFUSED(ORL_SHM_SERVER_GONE, LONG_NS, SAY(0), SAY(1), GIVE(-1, fd), HANG_UP);
    close(fd);
}

static void other_version_is_named(void **state)
{
    (void)state;
    REFUSED(ORL_SHM_SERVER_VERSION, LONG_NS, SAY(1));
    REFUSED(ORL_SHM_SERVER_VERSION, LONG_NS, SAY(65535));
}

static void server_without_memory_is_named(void **state)
{
    (void)state;
    REFUSED(ORL_SHM_SERVER_BARE, LONG_NS, SAY(0), SAY(1), SAY(-1));
}

static void garbage_is_refused(void **state)
{
    (void)state;
    int fd = fake_memory(BYTES, 0), plain = open("/dev/null", O_RDWR | O_CLOEXEC), pipes[2];
    assert_int_equal(pipe2(pipes, O_CLOEXEC), 0);
    const enum orl_shm_fault garbage = ORL_SHM_SERVER_GARBAGE;
    REFUSED(garbage, LONG_NS, {FAKE_BYTES, 3, -1, 0}, HANG_UP);
    REFUSED(garbage, LONG_NS, {FAKE_BYTES, 64, -1, 0});
    REFUSED(garbage, LONG_NS, SAY(-1));
    REFUSED(garbage, LONG_NS, SAY(65536));
    REFUSED(garbage, LONG_NS, SAY(INT64_MIN));
    REFUSED(garbage, LONG_NS, GIVE(0, fd));
    REFUSED(garbage, LONG_NS, SAY(0), SAY(-1));
    REFUSED(garbage, LONG_NS, SAY(0), SAY(65536));
    REFUSED(garbage, LONG_NS, SAY(0), SAY(INT64_C(1) << 32));
    REFUSED(garbage, LONG_NS, SAY(0), GIVE(1, fd));
    REFUSED(garbage, LONG_NS, SAY(0), SAY(1), GIVE(2, fd));
    REFUSED(garbage, LONG_NS, SAY(0), SAY(1), SAY(1));
    REFUSED(garbage, LONG_NS, SAY(0), SAY(1), GIVE(-1, fd), {FAKE_BYTES, 5, -1, 0}, HANG_UP);
    REFUSED(garbage, LONG_NS, SAY(0), SAY(1), GIVE(-1, fd), GIVE(-1, fd));
    REFUSED(garbage, LONG_NS, SAY(0), SAY(1), GIVE(-1, fd), GIVE(65536, fd));
    REFUSED(garbage, LONG_NS, SAY(0), SAY(1), GIVE(-1, fd), SAY(1)); /* we are gone? */
    /* what is no eventfd */
    REFUSED(garbage, LONG_NS, SAY(0), SAY(1), GIVE(-1, fd), GIVE(1, fd));
    REFUSED(garbage, LONG_NS, SAY(0), SAY(1), GIVE(-1, fd), GIVE(1, plain));
    REFUSED(garbage, LONG_NS, SAY(0), SAY(1), GIVE(-1, fd), GIVE(1, pipes[0]));
    REFUSED(garbage, LONG_NS, SAY(0), SAY(1), GIVE(-1, fd), GIVE(2, pipes[1]));
    close(fd);
    close(plain);
    close(pipes[0]);
    close(pipes[1]);
}

static void more_descriptors_than_one_are_refused_and_closed(void **state)
{
    (void)state;
    int fd = fake_memory(BYTES, 0);
    REFUSED(ORL_SHM_SERVER_GARBAGE, LONG_NS, GIVE_MANY(0, 2));
    REFUSED(ORL_SHM_SERVER_GARBAGE, LONG_NS, SAY(0), SAY(1), GIVE_MANY(-1, 2));
    REFUSED(ORL_SHM_SERVER_GARBAGE, LONG_NS, SAY(0), SAY(1), GIVE_MANY(-1, 4));
    REFUSED(ORL_SHM_SERVER_GARBAGE, LONG_NS, SAY(0), SAY(1), GIVE_MANY(-1, 5));
    REFUSED(ORL_SHM_SERVER_GARBAGE, LONG_NS, SAY(0), SAY(1), GIVE_MANY(-1, 16));
    close(fd);
}

static void lack_of_descriptors_is_our_own_fault(void **state)
{
    (void)state;
    int fd = fake_memory(BYTES, 0);
    const struct fake_act acts[] = {SAY(0), SAY(1), GIVE(-1, fd)};
    struct fake_server f;
    fake_start_in_two(&f, acts, COUNT(acts), 2);
    struct rlimit old, tight;
    assert_int_equal(getrlimit(RLIMIT_NOFILE, &old), 0);
    int first = dup(fd), second = dup(fd);
    close(first);
    close(second);
    tight = old;
    tight.rlim_cur = (rlim_t)second + 1; /* two sockets: here and in the server's thread */
    fake_go(&f);
    assert_int_equal(setrlimit(RLIMIT_NOFILE, &tight), 0);
    struct orl_ivshmem c;
    enum orl_shm_fault fault = orl_ivshmem_connect(&c, f.path, NULL, LONG_NS);
    int why = errno;
    assert_int_equal(setrlimit(RLIMIT_NOFILE, &old), 0);
    fake_stop(&f);
    assert_int_equal(fault, ORL_SHM_SYSTEM);
    assert_int_equal(why, EMFILE);
    close(fd);
}

static void open_memory_is_refused(int fd, int err, enum orl_shm_fault expected)
{
    const struct fake_act acts[] = {SAY(0), SAY(1), GIVE(-1, fd)};
    struct fake_server f;
    int before = count_fds();
    fake_start(&f, acts, COUNT(acts));
    expect_fault(f.path, err, expected);
    fake_stop(&f);
    assert_int_equal(count_fds(), before);
    close(fd);
}

static void memory_that_cannot_be_mapped_is_refused(void **state)
{
    (void)state;
    int pipes[2];
    assert_int_equal(pipe2(pipes, O_CLOEXEC), 0);
    close(pipes[1]);
    open_memory_is_refused(memfd_create("empty", MFD_CLOEXEC), ORL_EAGAIN, ORL_SHM_EMPTY);
    open_memory_is_refused(pipes[0], ORL_EINVAL, ORL_SHM_NOT_MEMORY);
    open_memory_is_refused(open("/dev/null", O_RDWR | O_CLOEXEC), ORL_EINVAL,
                           ORL_SHM_NOT_MEMORY);
    open_memory_is_refused(open("/", O_RDONLY | O_CLOEXEC), ORL_EINVAL, ORL_SHM_NOT_MEMORY);
}

/* ---- Later --------------------------------------------------------------------------------- */

static struct orl_shm open_at(const struct fake_server *f)
{
    struct orl_shm shm;
    enum orl_shm_fault fault;
    assert_int_equal(orl_shm_open(&shm, name_of(f), ORL_SHM_READ_WRITE, &fault), ORL_OK);
    return shm;
}

static void server_without_vectors_gives_no_doorbell(void **state)
{
    (void)state;
    int fd = fake_memory(BYTES, 1), other = bell();
    const struct fake_act acts[] = {SAY(0), SAY(1), GIVE(-1, fd), GIVE(2, other), SAY(2)};
    struct fake_server f;
    fake_start(&f, acts, COUNT(acts));
    struct orl_shm shm = open_at(&f);
    assert_int_equal(shm.doorbell, -1);
    assert_false(orl_shm_rang(&shm));
    assert_false(orl_shm_stale(&shm, NULL));
    orl_shm_close(&shm);
    fake_stop(&f);
    close(fd);
    close(other);
}

static void doorbell_may_come_later(void **state)
{
    (void)state;
    int fd = fake_memory(BYTES, 1), own = bell();
    const struct fake_act acts[] = {SAY(0), SAY(1), GIVE(-1, fd), GIVE(1, own)};
    struct fake_server f;
    fake_start_in_two(&f, acts, COUNT(acts), 3);
    struct orl_shm shm = open_at(&f);
    assert_int_equal(shm.doorbell, -1);
    fake_go(&f);
    while (shm.doorbell < 0) {
        assert_false(orl_shm_stale(&shm, NULL));
        pause_a_little();
    }
    ring(own);
    assert_true(orl_shm_rang(&shm));
    orl_shm_close(&shm);
    fake_stop(&f);
    close(fd);
    close(own);
}

static void becomes_stale(const struct fake_act *acts, size_t count)
{
    struct fake_server f;
    int before = count_fds();
    fake_start_in_two(&f, acts, count, 4);
    struct orl_shm shm = open_at(&f);
    assert_false(orl_shm_stale(&shm, NULL));
    fake_go(&f);
    while (!orl_shm_stale(&shm, NULL)) {
        pause_a_little();
    }
    shm.base[BYTES - 1] = 1; /* the memory is still there */
    orl_shm_close(&shm);
    fake_stop(&f);
    assert_int_equal(count_fds(), before);
}

static void mapping_is_stale_when_the_server_hangs_up_or_talks_nonsense(void **state)
{
    (void)state;
    int fd = fake_memory(BYTES, 1), own = bell();
    const struct fake_act hang_up[] = {SAY(0), SAY(1), GIVE(-1, fd), GIVE(1, own), HANG_UP};
    const struct fake_act nonsense[] = {SAY(0), SAY(1), GIVE(-1, fd), GIVE(1, own), SAY(-1)};
    const struct fake_act memory[] = {SAY(0), SAY(1), GIVE(-1, fd), GIVE(1, own), GIVE(-1, fd)};
    const struct fake_act many[] = {SAY(0), SAY(1), GIVE(-1, fd), GIVE(1, own),
                                    GIVE_MANY(2, 3)};
    becomes_stale(hang_up, COUNT(hang_up));
    becomes_stale(nonsense, COUNT(nonsense));
    becomes_stale(memory, COUNT(memory));
    becomes_stale(many, COUNT(many));
    close(fd);
    close(own);
}

static void served_memory_that_shrinks_is_lost_like_a_file(void **state)
{
    (void)state;
    assert_int_equal(orl_shm_guard(), ORL_OK);
    char path[] = "/dev/shm/oriel-test-ivshmem-XXXXXX";
    int fd = mkstemp(path), own = bell();
    assert_int_equal(ftruncate(fd, BYTES), 0);
    const struct fake_act acts[] = {SAY(0), SAY(1), GIVE(-1, fd), GIVE(1, own)};
    struct fake_server f;
    fake_start(&f, acts, COUNT(acts));
    struct orl_shm shm = open_at(&f);
    assert_int_equal(shm.export_by, ORL_EXPORT_NONE);
    assert_int_equal(ftruncate(fd, 4096), 0);
    assert_true(orl_shm_stale(&shm, NULL));
    assert_false(orl_shm_lost(&shm));
    assert_int_equal(shm.base[BYTES - 1], 0);
    assert_true(orl_shm_lost(&shm));
    orl_shm_close(&shm);
    fake_stop(&f);
    unlink(path);
    close(fd);
    close(own);
}

static void no_doorbell_can_hold_its_reader(void **state)
{
    (void)state;
    int blocking = eventfd(0, EFD_CLOEXEC);
    int counting = eventfd(3, EFD_CLOEXEC | EFD_SEMAPHORE);
    assert_false(orl_ivshmem_lower(blocking));
    ring(blocking);
    assert_true(orl_ivshmem_lower(blocking));
    assert_false(orl_ivshmem_lower(blocking));
    for (int i = 0; i < 3; i++) {
        assert_true(orl_ivshmem_lower(counting));
    }
    assert_false(orl_ivshmem_lower(counting));
    close(blocking);
    close(counting);
}

/* ---- Peers --------------------------------------------------------------------------------- */

static void peers_are_rung_once_while_they_are_there(void **state)
{
    (void)state;
    int fd = fake_memory(BYTES, 1), own = bell(), a0 = bell(), a1 = bell(), b0 = bell();
    const struct fake_act acts[] = {SAY(0),       SAY(1),      GIVE(-1, fd),
                                    GIVE(5, a0),  GIVE(5, a1), GIVE(9, b0),
                                    GIVE(1, own), SAY(5),      SAY(77)};
    struct fake_server f;
    int before = count_fds();
    fake_start_in_two(&f, acts, COUNT(acts), 7);
    struct orl_ivshmem c;
    struct orl_ivshmem_peers peers;
    assert_int_equal(orl_ivshmem_connect(&c, f.path, &peers, LONG_NS), ORL_SHM_FINE);
    assert_int_equal(peers.count, 2);
    orl_ivshmem_ring(&c);
    assert_true(orl_ivshmem_lower(a0) && orl_ivshmem_lower(b0));
    assert_false(orl_ivshmem_lower(a1) || orl_ivshmem_lower(own));
    fake_go(&f);
    while (peers.count == 2) {
        assert_true(orl_ivshmem_step(&c));
        pause_a_little();
    }
    orl_ivshmem_ring(&c);
    assert_true(orl_ivshmem_lower(b0));
    assert_false(orl_ivshmem_lower(a0));
    orl_ivshmem_close(&c);
    fake_stop(&f);
    assert_int_equal(count_fds(), before);
    close(fd);
    close(own);
    close(a0);
    close(a1);
    close(b0);
}

static void full_eventfd_of_a_peer_does_not_hold_who_rings(void **state)
{
    (void)state;
    int fd = fake_memory(BYTES, 1), own = bell();
    int full = eventfd(0, EFD_CLOEXEC); /* blocking */
    const uint64_t most = UINT64_MAX - 1;
    assert_int_equal(write(full, &most, sizeof(most)), sizeof(most));
    const struct fake_act acts[] = {SAY(0), SAY(1), GIVE(-1, fd), GIVE(4, full), GIVE(1, own)};
    struct fake_server f;
    fake_start(&f, acts, COUNT(acts));
    struct orl_ivshmem c;
    struct orl_ivshmem_peers peers;
    assert_int_equal(orl_ivshmem_connect(&c, f.path, &peers, LONG_NS), ORL_SHM_FINE);
    assert_int_equal(peers.count, 1);
    orl_ivshmem_ring(&c);
    orl_ivshmem_close(&c);
    fake_stop(&f);
    uint64_t rings = 0; /* a peer's rings are for the peer: none was taken off */
    assert_int_equal(read(full, &rings, sizeof(rings)), sizeof(rings));
    assert_true(rings == most);
    close(fd);
    close(own);
    close(full);
}

static void more_peers_than_are_remembered_do_no_harm(void **state)
{
    (void)state;
    int fd = fake_memory(BYTES, 1), own = bell(), other = bell();
    static struct fake_act acts[4 + 2 * (ORL_IVSHMEM_PEERS + 20)];
    size_t n = 0;
    acts[n++] = (struct fake_act)SAY(0);
    acts[n++] = (struct fake_act)SAY(1000);
    acts[n++] = (struct fake_act)GIVE(-1, fd);
    for (int i = 0; i < ORL_IVSHMEM_PEERS + 20; i++) {
        acts[n++] = (struct fake_act)GIVE(i, other);
    }
    acts[n++] = (struct fake_act)GIVE(1000, own);
    size_t first = n;
    for (int i = 0; i < ORL_IVSHMEM_PEERS + 20; i++) {
        acts[n++] = (struct fake_act)SAY(i);
    }
    struct fake_server f;
    int before = count_fds();
    fake_start_in_two(&f, acts, n, first);
    struct orl_ivshmem c;
    struct orl_ivshmem_peers peers;
    assert_int_equal(orl_ivshmem_connect(&c, f.path, &peers, LONG_NS), ORL_SHM_FINE);
    while (c.doorbell < 0) { /* a tenth of the wait may have been too short */
        assert_true(orl_ivshmem_step(&c));
        pause_a_little();
    }
    assert_int_equal(peers.count, ORL_IVSHMEM_PEERS);
    fake_go(&f);
    while (peers.count > 0) {
        assert_true(orl_ivshmem_step(&c));
        pause_a_little();
    }
    orl_ivshmem_close(&c);
    fake_stop(&f);
    assert_int_equal(count_fds(), before);
    close(fd);
    close(own);
    close(other);
}

static void name_of_a_socket_is_passed_on(void **state)
{
    (void)state;
    char got[64];
    assert_int_equal(orl_shm_resolve(got, sizeof(got), "ivshmem:/run/x/s", "/dev"), ORL_OK);
    assert_string_equal(got, "ivshmem:/run/x/s");
    assert_int_equal(orl_shm_resolve(got, sizeof(got), "ivshmem:s", "/dev"), ORL_OK);
    assert_string_equal(got, "ivshmem:s");
    assert_int_equal(orl_shm_resolve(got, 10, "ivshmem:/s", "/dev"), ORL_EINVAL);
    assert_true(orl_ivshmem_is("ivshmem:") && !orl_ivshmem_is("ivshmem"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(peer_gets_memory_number_and_doorbell),
        cmocka_unit_test(what_is_no_server_is_told_apart),
        cmocka_unit_test(silent_server_is_given_up_in_time),
        cmocka_unit_test(server_that_hangs_up_is_noticed),
        cmocka_unit_test(other_version_is_named),
        cmocka_unit_test(server_without_memory_is_named),
        cmocka_unit_test(garbage_is_refused),
        cmocka_unit_test(more_descriptors_than_one_are_refused_and_closed),
        cmocka_unit_test(lack_of_descriptors_is_our_own_fault),
        cmocka_unit_test(memory_that_cannot_be_mapped_is_refused),
        cmocka_unit_test(server_without_vectors_gives_no_doorbell),
        cmocka_unit_test(doorbell_may_come_later),
        cmocka_unit_test(mapping_is_stale_when_the_server_hangs_up_or_talks_nonsense),
        cmocka_unit_test(served_memory_that_shrinks_is_lost_like_a_file),
        cmocka_unit_test(no_doorbell_can_hold_its_reader),
        cmocka_unit_test(peers_are_rung_once_while_they_are_there),
        cmocka_unit_test(full_eventfd_of_a_peer_does_not_hold_who_rings),
        cmocka_unit_test(more_peers_than_are_remembered_do_no_harm),
        cmocka_unit_test(name_of_a_socket_is_passed_on),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
