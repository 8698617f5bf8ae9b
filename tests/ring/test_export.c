/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Memory handed on as descriptors: which memory can be, and that only whole pages inside of it are. */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <unistd.h>

#include "fds.h"
#include "rig.h"
#include "support/check.h"

#define PAGE  ((size_t)sysconf(_SC_PAGESIZE))
#define PAGES 16u

#ifndef F_SEAL_FUTURE_WRITE
#    define F_SEAL_FUTURE_WRITE 0x0010
#endif

static struct orl_shm sealed(int seals, enum orl_shm_mode mode)
{
    struct orl_shm shm;
    int fd = memfd_create("oriel-test", MFD_CLOEXEC | MFD_ALLOW_SEALING);
    assert_true(fd >= 0);
    assert_int_equal(ftruncate(fd, (off_t)(PAGES * PAGE)), 0);
    assert_int_equal(fcntl(fd, F_ADD_SEALS, seals), 0);
    assert_int_equal(orl_shm_map_fd(&shm, fd, PAGES * PAGE, mode), ORL_OK);
    return shm;
}

/* By udmabuf where this kernel and user have it. */
static bool is_exportable(const struct orl_shm *shm)
{
    bool has_node = access("/dev/udmabuf", R_OK | W_OK) == 0;
    return shm->export_by == ORL_EXPORT_MEMORY ||
           (has_node && shm->export_by == ORL_EXPORT_UDMABUF);
}

static void expect_refused(const struct orl_shm *shm, size_t off, size_t bytes)
{
    int fd = -77;
    size_t base = 1, size = 2;
    assert_int_equal(orl_shm_export(shm, off, bytes, &fd, &base, &size), ORL_EINVAL);
    assert_int_equal(fd, -77);
    assert_true(base == 1 && size == 2);
}

static void only_memory_that_cannot_shrink_is_exported(void **state)
{
    (void)state;
    int before = count_fds();
    struct orl_shm good = sealed(F_SEAL_SHRINK, ORL_SHM_READ_WRITE);
    struct orl_shm fixed =
        sealed(F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_SEAL, ORL_SHM_READ_WRITE);
    struct orl_shm grow = sealed(F_SEAL_GROW, ORL_SHM_READ_WRITE);
    struct orl_shm plain = rig_memory(PAGES * PAGE);
    assert_true(is_exportable(&good) && is_exportable(&fixed));
    assert_int_equal(grow.export_by, ORL_EXPORT_NONE);
    assert_int_equal(plain.export_by, ORL_EXPORT_NONE);
    expect_refused(&grow, 0, PAGE);
    expect_refused(&plain, 0, PAGE);
    orl_shm_close(&good);
    orl_shm_close(&fixed);
    orl_shm_close(&grow);
    orl_shm_close(&plain);
    expect_refused(&good, 0, PAGE); /* closed */
    assert_int_equal(count_fds(), before);
}

static void memory_sealed_against_writing_is_not_exported(void **state)
{
    (void)state;
    struct orl_shm a = sealed(F_SEAL_SHRINK | F_SEAL_WRITE, ORL_SHM_READ);
    struct orl_shm b = sealed(F_SEAL_SHRINK | F_SEAL_FUTURE_WRITE, ORL_SHM_READ);
    assert_int_equal(a.export_by, ORL_EXPORT_NONE);
    assert_int_equal(b.export_by, ORL_EXPORT_NONE);
    orl_shm_close(&a);
    orl_shm_close(&b);
}

static void file_in_a_memory_file_system_is_not_exported(void **state)
{
    (void)state;
    char path[] = "/dev/shm/oriel-test-export-XXXXXX";
    int fd = mkstemp(path);
    assert_true(fd >= 0);
    unlink(path);
    assert_int_equal(ftruncate(fd, (off_t)PAGE), 0);
    struct orl_shm shm;
    assert_int_equal(orl_shm_map_fd(&shm, fd, PAGE, ORL_SHM_READ_WRITE), ORL_OK);
    assert_int_equal(shm.export_by, ORL_EXPORT_NONE);
    orl_shm_close(&shm);
}

static void read_only_mapping_knows_the_way_but_does_not_export(void **state)
{
    (void)state;
    struct orl_shm shm = sealed(F_SEAL_SHRINK, ORL_SHM_READ);
    assert_true(is_exportable(&shm));
    expect_refused(&shm, 0, PAGE);
    orl_shm_close(&shm);
}

static void ranges_are_whole_pages_inside_of_the_memory(void **state)
{
    (void)state;
    struct orl_shm shm = sealed(F_SEAL_SHRINK, ORL_SHM_READ_WRITE);
    const size_t all = PAGES * PAGE;
    expect_refused(&shm, 0, 0);
    expect_refused(&shm, 0, all + PAGE);
    expect_refused(&shm, all, PAGE);
    expect_refused(&shm, PAGE, all);
    expect_refused(&shm, 1, PAGE);
    expect_refused(&shm, 0, PAGE - 1);
    expect_refused(&shm, 0, SIZE_MAX);
    expect_refused(&shm, PAGE, SIZE_MAX - PAGE + 1); /* the sum is 0 in size_t */
    expect_refused(&shm, SIZE_MAX - PAGE + 1, PAGE);
    expect_refused(&shm, SIZE_MAX - PAGE + 1, 2 * PAGE);
    orl_shm_close(&shm);
}

/* The memory's pages 3 and 4, through a descriptor that has outlived the mapping. */
static void descriptor_shows_the_same_memory_and_outlives_the_mapping(void **state)
{
    (void)state;
    int before = count_fds();
    struct orl_shm shm = sealed(F_SEAL_SHRINK, ORL_SHM_READ_WRITE);
    struct orl_shm writer;
    assert_int_equal(orl_shm_map_fd(&writer, dup(shm.fd), shm.size, ORL_SHM_READ_WRITE),
                     ORL_OK);
    int fd = -1;
    size_t base = 0, size = 0;
    assert_int_equal(orl_shm_export(&shm, 3 * PAGE, 2 * PAGE, &fd, &base, &size), ORL_OK);
    assert_true(fcntl(fd, F_GETFD) & FD_CLOEXEC);
    assert_true(base <= 3 * PAGE && base + size >= 5 * PAGE && size <= shm.size);
    if (shm.export_by == ORL_EXPORT_MEMORY) {
        assert_true(base == 0 && size == shm.size);
    } else {
        assert_true(base == 3 * PAGE && size == 2 * PAGE);
    }
    orl_shm_close(&shm);
    for (size_t i = 0; i < 2 * PAGE; i++) {
        writer.base[3 * PAGE + i] = (uint8_t)(i * 7 + i / 256);
    }
    const uint8_t *seen = mmap(NULL, size, PROT_READ, MAP_SHARED, fd, 0);
    assert_ptr_not_equal(seen, MAP_FAILED);
    assert_memory_equal(seen + (3 * PAGE - base), writer.base + 3 * PAGE, 2 * PAGE);
    munmap((void *)(uintptr_t)seen, size);
    close(fd);
    orl_shm_close(&writer);
    assert_int_equal(count_fds(), before);
}

/* QEMU's memory-backend-memfd has no other name. */
static void sealed_memory_is_opened_through_proc_and_exported(void **state)
{
    (void)state;
    struct orl_shm owner =
        sealed(F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_SEAL, ORL_SHM_READ_WRITE);
    struct orl_shm shm;
    enum orl_shm_fault fault;
    char path[64];
    snprintf(path, sizeof(path), "/proc/%d/fd/%d", (int)getpid(), owner.fd);
    assert_int_equal(orl_shm_open(&shm, path, ORL_SHM_READ_WRITE, &fault), ORL_OK);
    assert_true(is_exportable(&shm));
    assert_false(orl_shm_stale(&shm, path));
    owner.base[5] = 66;
    assert_int_equal(shm.base[5], 66);
    orl_shm_close(&owner);
    assert_true(orl_shm_stale(&shm, path)); /* its owner has ended, as far as the path tells */
    orl_shm_close(&shm);
}

/* udmabuf's size_limit_mb, where it is small enough to be tried. */
static void buffer_over_the_limit_of_udmabuf_is_an_error_of_the_system(void **state)
{
    (void)state;
    unsigned limit_mb = 0;
    char text[32] = "";
    FILE *f = fopen("/sys/module/udmabuf/parameters/size_limit_mb", "re");
    if (f) {
        limit_mb = fgets(text, sizeof(text), f) ? (unsigned)strtoul(text, NULL, 10) : 0;
        fclose(f);
    }
    if (limit_mb == 0 || limit_mb > 128 || access("/dev/udmabuf", R_OK | W_OK) != 0) {
        skip();
    }
    size_t limit = (size_t)limit_mb << 20;
    int memory = memfd_create("oriel-test", MFD_CLOEXEC | MFD_ALLOW_SEALING), fd = -77;
    assert_int_equal(ftruncate(memory, (off_t)(limit + PAGE)), 0);
    assert_int_equal(fcntl(memory, F_ADD_SEALS, F_SEAL_SHRINK), 0);
    struct orl_shm shm;
    size_t base, size;
    assert_int_equal(orl_shm_map_fd(&shm, memory, limit + PAGE, ORL_SHM_READ_WRITE), ORL_OK);
    assert_int_equal(shm.export_by, ORL_EXPORT_UDMABUF);
    assert_int_equal(orl_shm_export(&shm, 0, limit + PAGE, &fd, &base, &size), ORL_ESYS);
    assert_int_equal(errno, EINVAL);
    assert_int_equal(fd, -77);
    assert_int_equal(orl_shm_export(&shm, PAGE, limit, &fd, &base, &size), ORL_OK);
    close(fd);
    orl_shm_close(&shm);
}

static void export_without_free_descriptors_is_an_error_of_the_system(void **state)
{
    (void)state;
    struct orl_shm shm = sealed(F_SEAL_SHRINK, ORL_SHM_READ_WRITE);
    struct rlimit old, none = {0, 0};
    assert_int_equal(getrlimit(RLIMIT_NOFILE, &old), 0);
    none.rlim_max = old.rlim_max;
    assert_int_equal(setrlimit(RLIMIT_NOFILE, &none), 0);
    int fd = -77;
    size_t base, size;
    int err = orl_shm_export(&shm, 0, PAGE, &fd, &base, &size);
    int why = errno;
    assert_int_equal(setrlimit(RLIMIT_NOFILE, &old), 0);
    assert_int_equal(err, ORL_ESYS);
    assert_true(why == EMFILE || why == EINVAL); /* fcntl: the number is out of range */
    assert_int_equal(fd, -77);
    orl_shm_close(&shm);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(only_memory_that_cannot_shrink_is_exported),
        cmocka_unit_test(memory_sealed_against_writing_is_not_exported),
        cmocka_unit_test(file_in_a_memory_file_system_is_not_exported),
        cmocka_unit_test(read_only_mapping_knows_the_way_but_does_not_export),
        cmocka_unit_test(ranges_are_whole_pages_inside_of_the_memory),
        cmocka_unit_test(descriptor_shows_the_same_memory_and_outlives_the_mapping),
        cmocka_unit_test(sealed_memory_is_opened_through_proc_and_exported),
        cmocka_unit_test(buffer_over_the_limit_of_udmabuf_is_an_error_of_the_system),
        cmocka_unit_test(export_without_free_descriptors_is_an_error_of_the_system),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
