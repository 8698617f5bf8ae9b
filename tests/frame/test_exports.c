/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The descriptors of a sealed memory: one per place, bounded, never the same number twice. */
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "frame/exports.h"
#include "support/check.h"

#define PAGE  ((size_t)sysconf(_SC_PAGESIZE))
#define PAGES 64

static struct orl_shm memory(void)
{
    struct orl_shm shm;
    int fd = memfd_create("orl-test-exports", MFD_CLOEXEC | MFD_ALLOW_SEALING);
    assert_true(fd >= 0);
    assert_int_equal(ftruncate(fd, (off_t)(PAGES * PAGE)), 0);
    assert_int_equal(fcntl(fd, F_ADD_SEALS, F_SEAL_SHRINK), 0);
    assert_int_equal(orl_shm_map_fd(&shm, fd, PAGES * PAGE, ORL_SHM_READ_WRITE), ORL_OK);
    assert_true(shm.export_by == ORL_EXPORT_MEMORY || shm.export_by == ORL_EXPORT_UDMABUF);
    return shm;
}

/* 16 rows of 64 bytes at `off`. */
static struct orl_frame_desc frame_at(size_t off)
{
    return (struct orl_frame_desc){.fmt = ORL_PIX_BGRA8,
                                   .w = 16,
                                   .h = 16,
                                   .rows = 16,
                                   .pitch = 64,
                                   .row_bytes = 64,
                                   .pix_off = off};
}

static unsigned open_files(void)
{
    unsigned n = 0;
    for (int fd = 0; fd < 256; fd++) {
        n += fcntl(fd, F_GETFD) >= 0;
    }
    return n;
}

static void check_content(const struct orl_shm *shm, const struct orl_shared *s, size_t off)
{
    assert_true(s->offset + 16 * 64 <= s->bytes);
    uint64_t from = s->offset / PAGE * PAGE;
    size_t bytes = (size_t)(s->offset - from) + 16 * 64;
    uint8_t *map = mmap(NULL, bytes, PROT_READ, MAP_SHARED, s->fd, (off_t)from);
    assert_true(map != MAP_FAILED);
    assert_memory_equal(map + (s->offset - from), shm->base + off, 16 * 64);
    munmap(map, bytes);
}

static void a_place_has_one_descriptor_that_shows_its_bytes(void **state)
{
    (void)state;
    struct orl_shm shm = memory();
    struct orl_exports e = {0};
    struct orl_shared a, b, again;
    for (size_t i = 0; i < PAGES * PAGE; i++) {
        shm.base[i] = (uint8_t)(i * 7 + i / 4096);
    }
    struct orl_frame_desc first = frame_at(3 * PAGE + 200);
    struct orl_frame_desc second = frame_at(9 * PAGE - 512); /* crosses a page */
    assert_int_equal(orl_exports_get(&e, &shm, &first, &a), ORL_OK);
    assert_int_equal(orl_exports_get(&e, &shm, &second, &b), ORL_OK);
    check_content(&shm, &a, first.pix_off);
    check_content(&shm, &b, second.pix_off);
    uint64_t made = e.last_id;
    for (int i = 0; i < 100; i++) {
        assert_int_equal(orl_exports_get(&e, &shm, &first, &again), ORL_OK);
        assert_int_equal(again.id, a.id);
        assert_int_equal(again.fd, a.fd);
    }
    assert_int_equal(e.last_id, made);
    orl_exports_clear(&e);
    orl_shm_close(&shm);
}

static void many_places_cost_no_more_than_the_bound(void **state)
{
    (void)state;
    struct orl_shm shm = memory();
    struct orl_exports e = {0};
    struct orl_shared s;
    unsigned before = open_files();
    uint64_t last = 0;
    for (unsigned i = 0; i < 500; i++) {
        struct orl_frame_desc f = frame_at((i * 5 % (PAGES - 1)) * PAGE);
        assert_int_equal(orl_exports_get(&e, &shm, &f, &s), ORL_OK);
        assert_true(s.id > last || shm.export_by == ORL_EXPORT_MEMORY);
        assert_true(s.id >= last);
        check_content(&shm, &s, f.pix_off);
        last = s.id;
        assert_true(open_files() <= before + ORL_EXPORTS_MAX);
    }
    orl_exports_clear(&e);
    assert_int_equal(open_files(), before);
    struct orl_frame_desc f = frame_at(0);
    assert_int_equal(orl_exports_get(&e, &shm, &f, &s), ORL_OK);
    assert_true(s.id > last); /* never the number of another one */
    orl_exports_clear(&e);
    orl_exports_clear(&e);
    orl_shm_close(&shm);
}

static void what_lies_outside_is_refused(void **state)
{
    (void)state;
    struct orl_shm shm = memory();
    struct orl_exports e = {0};
    struct orl_shared s = {.id = 99};
    struct orl_frame_desc f = frame_at(PAGES * PAGE - 16 * 64);
    assert_int_equal(orl_exports_get(&e, &shm, &f, &s), ORL_OK); /* to the last byte */
    s.id = 99;
    f.extra_rows = 1;
    assert_int_equal(orl_exports_get(&e, &shm, &f, &s), ORL_EINVAL);
    f = frame_at(PAGES * PAGE - 16 * 64 + 4);
    assert_int_equal(orl_exports_get(&e, &shm, &f, &s), ORL_EINVAL);
    f = frame_at(SIZE_MAX - 100);
    assert_int_equal(orl_exports_get(&e, &shm, &f, &s), ORL_EINVAL);
    f = frame_at(0);
    f.pitch = UINT32_MAX;
    f.rows = UINT32_MAX;
    assert_int_equal(orl_exports_get(&e, &shm, &f, &s), ORL_EINVAL);
    f.rows = 0;
    assert_int_equal(orl_exports_get(&e, &shm, &f, &s), ORL_EINVAL);
    assert_int_equal(s.id, 99);
    orl_exports_clear(&e);
    orl_shm_close(&shm);
}

static void a_plain_file_is_not_exported(void **state)
{
    (void)state;
    struct orl_shm shm;
    struct orl_exports e = {0};
    struct orl_shared s;
    char path[] = "/tmp/orl-test-exports-XXXXXX";
    int fd = mkstemp(path);
    assert_true(fd >= 0);
    unlink(path);
    assert_int_equal(ftruncate(fd, (off_t)(PAGES * PAGE)), 0);
    assert_int_equal(orl_shm_map_fd(&shm, fd, PAGES * PAGE, ORL_SHM_READ_WRITE), ORL_OK);
    struct orl_frame_desc f = frame_at(0);
    assert_int_equal(orl_exports_get(&e, &shm, &f, &s), ORL_EINVAL);
    assert_int_equal(e.last_id, 0);
    orl_shm_close(&shm);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_place_has_one_descriptor_that_shows_its_bytes),
        cmocka_unit_test(many_places_cost_no_more_than_the_bound),
        cmocka_unit_test(what_lies_outside_is_refused),
        cmocka_unit_test(a_plain_file_is_not_exported),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
