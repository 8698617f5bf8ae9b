/* SPDX-License-Identifier: GPL-2.0-or-later */
/* oriel-ivshmem-server as a program: options, exit codes, what it finds and leaves at its socket. */
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include "programs.h"
#include "support/check.h"

static int run(const char *a, const char *b, const char *c)
{
    const char *argv[] = {ORL_SERVER, a, b, c, NULL};
    return program_wait(program_start(argv, -1, -1));
}

static const char *socket_option(const struct scratch *s)
{
    static char text[128];
    snprintf(text, sizeof(text), "--socket=%s", s->socket);
    return text;
}

static void bad_options_are_refused(void **state)
{
    (void)state;
    static const char *const bad[] = {"--size=3M",
                                      "--size=0",
                                      "--size=1K",
                                      "--size=",
                                      "--size=-64M",
                                      "--size=64MB",
                                      "--size=128G",
                                      "--size= 64M",
                                      "--vectors=0",
                                      "--vectors=17",
                                      "--vectors=",
                                      "--mode=1777",
                                      "--mode=0888",
                                      "--mode=rw",
                                      "--group=",
                                      "--what",
                                      "memory",
                                      "--hugepages=",
                                      "--size=99999999999999999999",
                                      "--socket=",
                                      "--log=shouting"};
    struct scratch s;
    scratch_make(&s);
    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
        assert_int_equal(run(socket_option(&s), bad[i], NULL), 2);
    }
    assert_int_equal(run(NULL, NULL, NULL), 2);
    assert_int_equal(run(socket_option(&s), "--group=no such group", NULL), 2);
    char too_long[300] = "--socket=/tmp/";
    memset(too_long + 14, 'x', 200);
    too_long[214] = '\0';
    assert_int_equal(run(too_long, NULL, NULL), 2);
    assert_int_equal(run("--help", NULL, NULL), 0);
    scratch_remove(&s);
}

static void memory_that_is_not_there_is_refused_at_once(void **state)
{
    (void)state;
    struct scratch s;
    scratch_make(&s);
    assert_int_equal(run(socket_option(&s), "--hugepages", "--size=1M"), 4); /* half a page */
    uint64_t pages = (uint64_t)sysconf(_SC_PHYS_PAGES);
    if (pages * (uint64_t)sysconf(_SC_PAGESIZE) < UINT64_C(64) << 30) {
        assert_int_equal(run(socket_option(&s), "--size=64G", NULL), 4);
    }
    assert_int_equal(run("--socket=/no/such/folder/socket", "--size=1M", NULL), 1);
    scratch_remove(&s);
}

static void memory_has_the_size_asked_for_and_can_be_exported(void **state)
{
    (void)state;
    struct scratch s;
    scratch_make(&s);
    pid_t pid = server_start(&s, "--size=2M", NULL);
    struct orl_shm shm = open_served(&s);
    assert_int_equal(shm.size, 2u << 20);
    assert_true(shm.export_by == ORL_EXPORT_MEMORY || shm.export_by == ORL_EXPORT_UDMABUF);
    int fd;
    size_t base, size;
    assert_int_equal(orl_shm_export(&shm, 1u << 20, 65536, &fd, &base, &size), ORL_OK);
    close(fd);
    assert_int_equal(program_end(pid), 0);
    while (!orl_shm_stale(&shm, s.name)) {
        pause_a_little();
    }
    shm.base[shm.size - 1] = 1; /* who has it keeps it */
    orl_shm_close(&shm);
    assert_int_equal(access(s.socket, F_OK), -1);
    scratch_remove(&s);
}

static void socket_has_the_mode_that_was_asked_for(void **state)
{
    (void)state;
    struct scratch s;
    struct stat st;
    scratch_make(&s);
    mode_t before = umask(0);
    pid_t pid = server_start(&s, "--size=1M", NULL);
    assert_int_equal(stat(s.socket, &st), 0);
    assert_int_equal(st.st_mode & 0777, 0600);
    assert_int_equal(program_end(pid), 0);
    umask(077);
    pid = server_start(&s, "--size=1M", "--mode=0660");
    umask(before);
    assert_int_equal(stat(s.socket, &st), 0);
    assert_int_equal(st.st_mode & 0777, 0660);
    assert_int_equal(program_end(pid), 0);
    scratch_remove(&s);
}

static void every_ending_signal_removes_the_socket(void **state)
{
    (void)state;
    static const int signals[] = {SIGTERM, SIGINT, SIGHUP};
    struct scratch s;
    scratch_make(&s);
    for (size_t i = 0; i < 3; i++) {
        pid_t pid = server_start(&s, "--size=1M", NULL);
        kill(pid, signals[i]);
        assert_int_equal(program_wait(pid), 0);
        assert_int_equal(access(s.socket, F_OK), -1);
    }
    scratch_remove(&s);
}

static void dead_socket_is_replaced_and_a_living_one_respected(void **state)
{
    (void)state;
    struct scratch s;
    char lock[128];
    scratch_make(&s);
    pid_t pid = server_start(&s, "--size=1M", NULL);
    assert_int_equal(run(socket_option(&s), "--size=1M", NULL), 3);
    kill(pid, SIGKILL);
    assert_int_equal(program_wait(pid), 128 + SIGKILL);
    assert_int_equal(access(s.socket, F_OK), 0);
    enum orl_shm_fault fault;
    struct orl_shm shm;
    assert_int_equal(orl_shm_open(&shm, s.name, ORL_SHM_READ_WRITE, &fault), ORL_EAGAIN);
    assert_int_equal(fault, ORL_SHM_NO_SERVER);
    pid = server_start(&s, "--size=1M", NULL);
    assert_int_equal(program_end(pid), 0);
    snprintf(lock, sizeof(lock), "%s.lock", s.socket);
    assert_int_equal(access(lock, F_OK), -1);
    scratch_remove(&s);
}

static void what_others_have_at_the_path_is_left_alone(void **state)
{
    (void)state;
    struct scratch s;
    scratch_make(&s);
    int fd = open(s.socket, O_CREAT | O_WRONLY | O_CLOEXEC, 0600);
    assert_int_equal(write(fd, "mine", 4), 4);
    close(fd);
    assert_int_equal(run(socket_option(&s), "--size=1M", NULL), 3);
    struct stat st;
    assert_int_equal(stat(s.socket, &st), 0);
    assert_int_equal(st.st_size, 4);
    unlink(s.socket);
    struct sockaddr_un a = {.sun_family = AF_UNIX}; /* a server of another kind */
    snprintf(a.sun_path, sizeof(a.sun_path), "%s", s.socket);
    fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    assert_int_equal(bind(fd, (struct sockaddr *)&a, sizeof(a)), 0);
    assert_int_equal(listen(fd, 1), 0);
    assert_int_equal(run(socket_option(&s), "--size=1M", NULL), 3);
    assert_int_equal(access(s.socket, F_OK), 0);
    close(fd);
    scratch_remove(&s);
}

/* Only one of many that start at once may serve, and its socket must be the one that is there. */
static void one_of_many_that_start_together_wins(void **state)
{
    (void)state;
    struct scratch s;
    scratch_make(&s);
    for (int round = 0; round < 5; round++) {
        pid_t pid = server_start(&s, "--size=1M", NULL); /* leaves a dead socket */
        kill(pid, SIGKILL);
        program_wait(pid);
        pid_t pids[6];
        const char *argv[] = {ORL_SERVER, socket_option(&s), "--size=1M", NULL};
        for (int i = 0; i < 6; i++) {
            pids[i] = program_start(argv, -1, -1);
        }
        struct orl_shm shm = open_served(&s);
        int won = 0, refused = 0;
        for (int i = 0; i < 6; i++) {
            kill(pids[i], SIGTERM); /* one that has not come far is ended by it, as a loser */
        }
        for (int i = 0; i < 6; i++) {
            int code = program_wait(pids[i]);
            won += code == 0;
            refused += code == 3 || code == 128 + SIGTERM;
        }
        assert_int_equal(won + refused, 6);
        assert_true(won >= 1);
        while (!orl_shm_stale(&shm, NULL)) {
            pause_a_little();
        }
        orl_shm_close(&shm);
    }
    scratch_remove(&s);
}

/* With room for few descriptors, those who come too early wait until others have gone. */
static void server_short_of_descriptors_goes_on_when_it_has_some_again(void **state)
{
    (void)state;
    struct scratch s;
    char command[512];
    scratch_make(&s);
    snprintf(command, sizeof(command), "ulimit -n 24 && exec %s --socket=%s --size=1M",
             ORL_SERVER, s.socket);
    const char *argv[] = {"/bin/sh", "-c", command, NULL};
    pid_t pid = program_start(argv, -1, -1);
    struct orl_shm first = open_served(&s);
    int waiting[20];
    struct sockaddr_un a = {.sun_family = AF_UNIX};
    snprintf(a.sun_path, sizeof(a.sun_path), "%s", s.socket);
    for (int i = 0; i < 20; i++) { /* two descriptors each: more than there are */
        waiting[i] = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
        assert_int_equal(connect(waiting[i], (struct sockaddr *)&a, sizeof(a)), 0);
    }
    assert_false(orl_shm_stale(&first, NULL));
    for (int i = 0; i < 20; i++) {
        close(waiting[i]);
    }
    struct orl_shm late = open_served(&s);
    orl_shm_close(&late);
    assert_false(orl_shm_stale(&first, NULL));
    orl_shm_close(&first);
    assert_int_equal(program_end(pid), 0);
    scratch_remove(&s);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(bad_options_are_refused),
        cmocka_unit_test(memory_that_is_not_there_is_refused_at_once),
        cmocka_unit_test(memory_has_the_size_asked_for_and_can_be_exported),
        cmocka_unit_test(socket_has_the_mode_that_was_asked_for),
        cmocka_unit_test(every_ending_signal_removes_the_socket),
        cmocka_unit_test(dead_socket_is_replaced_and_a_living_one_respected),
        cmocka_unit_test(what_others_have_at_the_path_is_left_alone),
        cmocka_unit_test(one_of_many_that_start_together_wins),
        cmocka_unit_test(server_short_of_descriptors_goes_on_when_it_has_some_again),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
