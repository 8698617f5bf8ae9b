/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Memory files: what can be opened, what happens when they shrink, grow or are replaced. */
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "rig.h"
#include "support/check.h"

static char dir[] = "/tmp/oriel-shm-XXXXXX";

static const char *path_of(const char *name)
{
    static char path[256];
    snprintf(path, sizeof(path), "%s/%s", dir, name);
    return path;
}

static int make_dirs(void **state)
{
    (void)state;
    bool ok = mkdtemp(dir) && mkdir(path_of("dev"), 0700) == 0 &&
              mkdir(path_of("dev/shm"), 0700) == 0;
    return ok ? 0 : -1;
}

static int remove_dirs(void **state)
{
    (void)state;
    static const char *const files[] = {"mem", "other", "fifo", "dev/kvmfr0", "dev/kvmfr3"};
    for (size_t i = 0; i < sizeof(files) / sizeof(files[0]); i++) {
        unlink(path_of(files[i]));
    }
    rmdir(path_of("dev/shm"));
    rmdir(path_of("dev"));
    return rmdir(dir);
}

static void make_file(const char *name, size_t bytes)
{
    int fd = open(path_of(name), O_RDWR | O_CREAT | O_TRUNC, 0600);
    assert_true(fd >= 0);
    assert_int_equal(ftruncate(fd, (off_t)bytes), 0);
    close(fd);
}

static struct orl_shm open_file(const char *name, enum orl_shm_mode mode)
{
    struct orl_shm shm;
    enum orl_shm_fault fault = ORL_SHM_SYSTEM;
    assert_int_equal(orl_shm_open(&shm, path_of(name), mode, &fault), ORL_OK);
    assert_int_equal(fault, ORL_SHM_FINE);
    return shm;
}

static void whole_file_is_mapped_and_shared(void **state)
{
    (void)state;
    make_file("mem", 3 * 4096);
    struct orl_shm a = open_file("mem", ORL_SHM_READ_WRITE);
    struct orl_shm b = open_file("mem", ORL_SHM_READ);
    assert_int_equal(a.size, 3 * 4096);
    assert_true(a.writable && !b.writable && !a.is_device);
    a.base[12287] = 77;
    assert_int_equal(b.base[12287], 77);
    assert_false(orl_shm_stale(&a, path_of("mem")));
    assert_false(orl_shm_stale(&a, NULL));
    orl_shm_close(&a);
    orl_shm_close(&a); /* closing twice is harmless */
    orl_shm_close(&b);
}

static void expect_fault(const char *path, int err, enum orl_shm_fault expected)
{
    struct orl_shm shm = {.fd = 12345};
    enum orl_shm_fault fault = ORL_SHM_FINE;
    assert_int_equal(orl_shm_open(&shm, path, ORL_SHM_READ_WRITE, &fault), err);
    assert_int_equal(fault, expected);
    assert_int_equal(shm.fd, 12345);
}

static void faults_of_opening_are_told_apart(void **state)
{
    (void)state;
    expect_fault(path_of("missing"), ORL_EAGAIN, ORL_SHM_MISSING);
    expect_fault(path_of("missing/mem"), ORL_EAGAIN, ORL_SHM_MISSING);
    make_file("other", 0);
    expect_fault(path_of("other"), ORL_EAGAIN, ORL_SHM_EMPTY);
    expect_fault(path_of("other/mem"), ORL_EAGAIN, ORL_SHM_MISSING);
    expect_fault(dir, ORL_EINVAL, ORL_SHM_NOT_MEMORY);
    expect_fault("/dev/null", ORL_EINVAL, ORL_SHM_NOT_MEMORY);
    assert_int_equal(mkfifo(path_of("fifo"), 0600), 0);
    expect_fault(path_of("fifo"), ORL_EINVAL, ORL_SHM_NOT_MEMORY);
    if (geteuid() != 0) {
        chmod(path_of("other"), 0);
        expect_fault(path_of("other"), ORL_ESYS, ORL_SHM_DENIED);
    }
}

static void file_where_a_device_belongs_is_not_memory(void **state)
{
    (void)state;
    make_file("dev/kvmfr3", 65536);
    expect_fault(path_of("dev/kvmfr3"), ORL_EINVAL, ORL_SHM_NOT_MEMORY);
}

static void descriptor_smaller_than_asked_is_refused(void **state)
{
    (void)state;
    struct orl_shm shm;
    int fd = memfd_create("oriel-test", MFD_CLOEXEC);
    assert_int_equal(ftruncate(fd, 4096), 0);
    assert_int_equal(orl_shm_map_fd(&shm, fd, 8192, ORL_SHM_READ), ORL_EINVAL);
    assert_int_equal(orl_shm_map_fd(&shm, fd, 0, ORL_SHM_READ), ORL_EINVAL);
    assert_int_equal(orl_shm_map_fd(&shm, fd, 4096, ORL_SHM_READ), ORL_OK);
    orl_shm_close(&shm);
}

static void shrunk_file_reads_as_zero_and_is_lost(void **state)
{
    (void)state;
    assert_int_equal(orl_shm_guard(), ORL_OK); /* cmocka puts its own handler there */
    make_file("mem", 16 * 4096);
    struct orl_shm shm = open_file("mem", ORL_SHM_READ_WRITE);
    struct orl_shm other = open_file("mem", ORL_SHM_READ);
    memset(shm.base, 0x55, shm.size);
    assert_int_equal(truncate(path_of("mem"), 4 * 4096), 0);
    assert_false(orl_shm_lost(&shm));
    assert_true(orl_shm_stale(&shm, NULL));
    uint8_t copy[8192];
    memcpy(copy, shm.base + 4 * 4096 - 100, sizeof(copy)); /* runs over the new end */
    for (size_t i = 0; i < sizeof(copy); i++) {
        assert_int_equal(copy[i], i < 100 ? 0x55 : 0);
    }
    assert_true(orl_shm_lost(&shm));
    assert_false(orl_shm_lost(&other)); /* each mapping has its own fault */
    shm.base[15 * 4096] = 1;            /* writing is harmless, too */
    assert_int_equal(other.base[0], 0x55);
    assert_int_equal(truncate(path_of("mem"), 16 * 4096), 0);
    assert_true(orl_shm_stale(&shm, NULL)); /* the old size does not heal it */
    orl_shm_close(&shm);
    orl_shm_close(&other);
}

static void shrunk_session_ends(void **state)
{
    (void)state;
    assert_int_equal(orl_shm_guard(), ORL_OK);
    struct rig r;
    rig_start(&r, ORL_B7);
    struct orl_session s = rig_attach(&r);
    struct orl_ring ring = rig_subscribe(&s, ORL_QUEUE_FRAME);
    struct orl_payload msg;
    assert_int_equal(rig_post(&r), ORL_OK);
    assert_int_equal(orl_ring_next(&ring, &msg), ORL_OK);
    assert_int_equal(ftruncate(r.shm.fd, 4096), 0);
    int err = orl_ring_next(&ring, &msg);
    assert_int_equal(err, ORL_ESESSION);
    assert_int_equal(orl_session_check(&s, 0), ORL_ESESSION);
    struct orl_attach a = {0};
    assert_int_equal(orl_attach_step(&a, &r.shm, 0, false, &s), ORL_EAGAIN);
    rig_stop(&r);
}

static void grown_and_replaced_files_are_stale(void **state)
{
    (void)state;
    make_file("mem", 4096);
    struct orl_shm shm = open_file("mem", ORL_SHM_READ_WRITE);
    assert_int_equal(truncate(path_of("mem"), 8192), 0);
    assert_true(orl_shm_stale(&shm, path_of("mem")));
    assert_int_equal(truncate(path_of("mem"), 4096), 0);
    assert_false(orl_shm_stale(&shm, path_of("mem")));
    make_file("other", 4096);
    assert_int_equal(unlink(path_of("mem")), 0);
    assert_true(orl_shm_stale(&shm, path_of("mem")));
    char from[256];
    snprintf(from, sizeof(from), "%s", path_of("other"));
    assert_int_equal(rename(from, path_of("mem")), 0);
    assert_true(orl_shm_stale(&shm, path_of("mem")));
    assert_false(orl_shm_stale(&shm, NULL));
    orl_shm_close(&shm);
}

static void on_foreign_fault(int sig)
{
    (void)sig;
    _exit(42);
}

/* In children: what a fault outside of our mappings does, with and without an older handler. */
static int child_status(bool older_handler)
{
    pid_t pid = fork();
    if (pid == 0) {
        char exe[] = "/proc/self/exe";
        execl(exe, "test_shm", older_handler ? "fault-handler" : "fault-default", NULL);
        _exit(1);
    }
    int status = 0;
    waitpid(pid, &status, 0);
    return status;
}

static void foreign_faults_keep_their_meaning(void **state)
{
    (void)state;
    int status = child_status(false);
    assert_true(WIFSIGNALED(status));
    assert_int_equal(WTERMSIG(status), SIGBUS);
    status = child_status(true);
    assert_true(WIFEXITED(status));
    assert_int_equal(WEXITSTATUS(status), 42);
}

/* Faults in a mapping that is not ours, with one of ours beside it. */
static int fault_outside(bool older_handler)
{
    signal(SIGBUS, older_handler ? on_foreign_fault : SIG_DFL);
    if (orl_shm_guard() != ORL_OK || orl_shm_guard() != ORL_OK) {
        return 1;
    }
    struct orl_shm ours = rig_memory(4096);
    int fd = memfd_create("foreign", MFD_CLOEXEC);
    if (ftruncate(fd, 4096) != 0) {
        return 2;
    }
    volatile uint8_t *p = mmap(NULL, 4096, PROT_READ, MAP_SHARED, fd, 0);
    if (ftruncate(fd, 0) != 0) {
        return 3;
    }
    return p[0] + ours.base[0] + 4; /* not reached */
}

static void names_resolve_to_paths(void **state)
{
    (void)state;
    char dev[64];
    char got[128];
    char want[128];
    snprintf(dev, sizeof(dev), "%s/dev", dir);
    assert_int_equal(orl_shm_resolve(got, sizeof(got), "auto", dev), ORL_OK);
    snprintf(want, sizeof(want), "%s/shm/looking-glass", dev);
    assert_string_equal(got, want);
    make_file("dev/kvmfr0", 0);
    assert_int_equal(orl_shm_resolve(got, sizeof(got), "auto", dev), ORL_OK);
    snprintf(want, sizeof(want), "%s/kvmfr0", dev);
    assert_string_equal(got, want);
    assert_int_equal(orl_shm_resolve(got, sizeof(got), "kvmfr1", "/dev"), ORL_OK);
    assert_string_equal(got, "/dev/kvmfr1");
    assert_int_equal(orl_shm_resolve(got, sizeof(got), "vm", "/dev"), ORL_OK);
    assert_string_equal(got, "/dev/shm/vm");
    assert_int_equal(orl_shm_resolve(got, sizeof(got), "./vm", "/dev"), ORL_OK);
    assert_string_equal(got, "./vm");
    assert_int_equal(orl_shm_resolve(got, sizeof(got), "", "/dev"), ORL_EINVAL);
    assert_int_equal(orl_shm_resolve(got, 11, "kvmfr1", "/dev"), ORL_EINVAL);
    assert_int_equal(orl_shm_resolve(got, 12, "kvmfr1", "/dev"), ORL_OK);
}

static void many_mappings_outlive_the_guard_table(void **state)
{
    (void)state;
    struct orl_shm shm[40];
    for (size_t i = 0; i < 40; i++) {
        shm[i] = rig_memory(4096);
        assert_int_equal(shm[i].guard > 0, i < 16);
        assert_false(orl_shm_lost(&shm[i]));
    }
    for (size_t i = 0; i < 40; i++) {
        orl_shm_close(&shm[i]);
    }
    struct orl_shm again = rig_memory(4096);
    assert_true(again.guard > 0);
    orl_shm_close(&again);
}

int main(int argc, char **argv)
{
    if (argc > 1) {
        return fault_outside(strcmp(argv[1], "fault-handler") == 0);
    }
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(whole_file_is_mapped_and_shared),
        cmocka_unit_test(faults_of_opening_are_told_apart),
        cmocka_unit_test(file_where_a_device_belongs_is_not_memory),
        cmocka_unit_test(descriptor_smaller_than_asked_is_refused),
        cmocka_unit_test(shrunk_file_reads_as_zero_and_is_lost),
        cmocka_unit_test(shrunk_session_ends),
        cmocka_unit_test(grown_and_replaced_files_are_stale),
        cmocka_unit_test(foreign_faults_keep_their_meaning),
        cmocka_unit_test(names_resolve_to_paths),
        cmocka_unit_test(many_mappings_outlive_the_guard_table),
    };
    return cmocka_run_group_tests(tests, make_dirs, remove_dirs);
}
