/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Copying behind the guest's write counter. Source and destination end at a page that must not be
 * touched, so a byte too many ends the test.
 */
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/thread.h"
#include "frame/stage.h"
#include "ring/mem.h"
#include "support/check.h"
#include "support/random.h"

#define MS UINT64_C(1000000)

/* `bytes` that end at an inaccessible page. */
struct fenced {
    uint8_t *base;
    size_t mapped, bytes;
    uint8_t *p;
};

static struct fenced fence(size_t bytes)
{
    size_t page = (size_t)sysconf(_SC_PAGESIZE);
    struct fenced f = {.mapped = (bytes + page - 1) / page * page + page, .bytes = bytes};
    f.base = mmap(NULL, f.mapped, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    assert_true(f.base != MAP_FAILED);
    assert_int_equal(mprotect(f.base + f.mapped - page, page, PROT_NONE), 0);
    f.p = f.base + f.mapped - page - bytes;
    return f;
}

static void unfence(struct fenced *f)
{
    munmap(f->base, f->mapped);
}

struct bench {
    struct orl_frame_desc f;
    struct fenced src, dst;
    struct orl_mem mem;
    uint64_t rng;
};

#define HEAD 64 /* bytes before the pixels; the counter is in the last four */

static struct bench setup(enum orl_pixfmt fmt, uint32_t w, uint32_t rows, uint32_t padding)
{
    struct bench b = {.rng = 5};
    uint32_t row_bytes = w * orl_pixfmt_bytes(fmt);
    b.f = (struct orl_frame_desc){.fmt = fmt,
                                  .w = w,
                                  .h = rows,
                                  .rows = rows,
                                  .row_bytes = row_bytes,
                                  .pitch = row_bytes + padding,
                                  .wp_off = HEAD - 4,
                                  .pix_off = HEAD};
    size_t pixels = (size_t)(rows - 1) * b.f.pitch + row_bytes;
    size_t front = (4 - pixels % 4) % 4; /* keeps the counter aligned */
    b.src = fence(front + HEAD + pixels);
    b.f.wp_off += front;
    b.f.pix_off += front;
    b.dst = fence(pixels);
    b.mem = (struct orl_mem){b.src.p, b.src.bytes};
    for (size_t i = 0; i < pixels; i++) {
        b.src.p[b.f.pix_off + i] = (uint8_t)random_next(&b.rng);
    }
    return b;
}

static void teardown(struct bench *b)
{
    unfence(&b->src);
    unfence(&b->dst);
}

static void set_written(const struct bench *b, uint32_t n)
{
    orl_w32_store(b->src.p + b->f.wp_off, n);
}

static const struct orl_stage_limits patient = {2000 * MS, NULL, NULL};
static const struct orl_stage_limits hasty = {5 * MS, NULL, NULL};

static int copy(struct bench *b, const struct orl_rects *what,
                const struct orl_stage_limits *limits)
{
    return orl_stage_copy(b->dst.p, b->dst.bytes, b->mem, &b->f, what, limits);
}

/* Every byte of the rectangles is the source's; all others of the pictures are `before`, unless
 * they lie between two spans that are closer than 64 bytes. */
static void check_rects(const struct bench *b, const struct orl_rects *what, uint8_t before)
{
    uint32_t px = orl_pixfmt_bytes(b->f.fmt);
    const uint8_t *src = b->src.p + b->f.pix_off;
    for (uint32_t y = 0; y < b->f.rows; y++) {
        for (uint32_t x = 0; x < b->f.w; x++) {
            bool in = false, near = false;
            for (uint32_t i = 0; i < what->n; i++) {
                struct orl_rect r = what->r[i];
                bool row = y >= r.y && y < r.y + r.h;
                in |= row && x >= r.x && x < r.x + r.w;
                near |= row && x + 64 >= r.x && x < r.x + r.w + 64;
            }
            size_t at = (size_t)y * b->f.pitch + (size_t)x * px;
            if (in) {
                assert_memory_equal(b->dst.p + at, src + at, px);
            } else if (!near) {
                for (uint32_t k = 0; k < px; k++) {
                    assert_int_equal(b->dst.p[at + k], before);
                }
            }
        }
    }
}

static void full_copies_all_rows_and_not_a_byte_more(void **state)
{
    (void)state;
    const enum orl_pixfmt fmts[] = {ORL_PIX_BGRA8, ORL_PIX_RGBA16F, ORL_PIX_BGR24_IN_32,
                                    ORL_PIX_RGB24};
    const uint32_t paddings[] = {0, 4, 60, 4096};
    for (size_t i = 0; i < 4; i++) {
        for (size_t k = 0; k < 4; k++) {
            struct bench b = setup(fmts[i], 64, 33, paddings[k]);
            set_written(&b, (uint32_t)(b.dst.bytes));
            struct orl_rects all = {.full = true};
            assert_int_equal(copy(&b, &all, &patient), ORL_OK);
            struct orl_rects one = {.n = 1, .r = {{0, 0, 64, 33}}};
            check_rects(&b, &one, 0);
            teardown(&b);
        }
    }
}

static void random_rectangles_are_copied_exactly(void **state)
{
    (void)state;
    for (uint32_t run = 0; run < 300; run++) {
        enum orl_pixfmt fmt = run % 2 ? ORL_PIX_BGRA8 : ORL_PIX_RGB24;
        struct bench b = setup(fmt, 200, 40, run % 3 * 12);
        b.rng = run;
        memset(b.dst.p, 0xA5, b.dst.bytes);
        set_written(&b, UINT32_MAX);
        struct orl_rects what = {0};
        uint32_t n = 1 + random_below(&b.rng, run % 10 == 0 ? 64 : 4);
        for (uint32_t i = 0; i < n; i++) {
            struct orl_rect r = {random_below(&b.rng, 200), random_below(&b.rng, 40), 0, 0};
            r.w = 1 + random_below(&b.rng, 200 - r.x);
            r.h = 1 + random_below(&b.rng, 40 - r.y);
            r.w = random_below(&b.rng, 4) == 0 ? 200 - r.x : r.w;
            what.r[what.n++] = r;
        }
        assert_int_equal(copy(&b, &what, &patient), ORL_OK);
        check_rects(&b, &what, 0xA5);
        teardown(&b);
    }
}

static void rectangles_outside_of_the_stored_rows_are_left_out(void **state)
{
    (void)state;
    struct bench b = setup(ORL_PIX_BGRA8, 32, 8, 0);
    set_written(&b, UINT32_MAX);
    struct orl_rects what = {.n = 3,
                             .r = {{0, 8, 32, 1}, {30, 6, 1000, 1000}, {UINT32_MAX, 3, 5, 5}}};
    assert_int_equal(copy(&b, &what, &patient), ORL_OK);
    struct orl_rects cut = {.n = 1, .r = {{30, 6, 2, 2}}};
    check_rects(&b, &cut, 0);
    teardown(&b);
}

static void rows_that_are_not_written_time_out(void **state)
{
    (void)state;
    struct bench b = setup(ORL_PIX_BGRA8, 16, 16, 0);
    struct orl_rects top = {.n = 1, .r = {{0, 0, 16, 8}}};
    struct orl_rects bottom = {.n = 1, .r = {{0, 8, 16, 8}}};
    set_written(&b, 8 * 64);
    assert_int_equal(copy(&b, &top, &hasty), ORL_OK);
    check_rects(&b, &top, 0);
    uint64_t before = orl_now_ns();
    assert_int_equal(copy(&b, &bottom, &hasty), ORL_ETIMEOUT);
    assert_true(orl_now_ns() - before >= 5 * MS);
    set_written(&b, 16 * 64 - 1); /* one byte short of the last row */
    assert_int_equal(copy(&b, &bottom, &hasty), ORL_ETIMEOUT);
    set_written(&b, 16 * 64);
    assert_int_equal(copy(&b, &bottom, &hasty), ORL_OK);
    teardown(&b);
}

static void only_the_bytes_of_the_rectangle_must_be_written(void **state)
{
    (void)state;
    struct bench b = setup(ORL_PIX_BGRA8, 16, 4, 0);
    struct orl_rects left = {.n = 1, .r = {{0, 3, 8, 1}}};
    set_written(&b, 3 * 64 + 32);
    assert_int_equal(copy(&b, &left, &hasty), ORL_OK);
    teardown(&b);
}

static bool says_no(void *arg)
{
    (*(int *)arg)++;
    return false;
}

static void a_session_that_ends_stops_the_wait(void **state)
{
    (void)state;
    struct bench b = setup(ORL_PIX_BGRA8, 16, 4, 0);
    int asked = 0;
    struct orl_stage_limits limits = {5000 * MS, says_no, &asked};
    struct orl_rects all = {.full = true};
    uint64_t before = orl_now_ns();
    assert_int_equal(copy(&b, &all, &limits), ORL_ESESSION);
    assert_int_equal(asked, 1);
    assert_true(orl_now_ns() - before < 1000 * MS);
    teardown(&b);
}

static void frames_that_do_not_fit_are_refused(void **state)
{
    (void)state;
    struct bench b = setup(ORL_PIX_BGRA8, 16, 4, 0);
    struct orl_rects all = {.full = true};
    set_written(&b, UINT32_MAX);
    assert_int_equal(orl_stage_copy(b.dst.p, b.dst.bytes - 1, b.mem, &b.f, &all, &hasty),
                     ORL_EINVAL);
    struct orl_mem small = {b.mem.base, b.mem.size - 1};
    assert_int_equal(orl_stage_copy(b.dst.p, b.dst.bytes, small, &b.f, &all, &hasty),
                     ORL_EINVAL);
    struct orl_frame_desc odd = b.f;
    odd.wp_off += 2;
    assert_int_equal(orl_stage_copy(b.dst.p, b.dst.bytes, b.mem, &odd, &all, &hasty),
                     ORL_EINVAL);
    odd = b.f;
    odd.pix_off = SIZE_MAX - 8;
    assert_int_equal(orl_stage_copy(b.dst.p, b.dst.bytes, b.mem, &odd, &all, &hasty),
                     ORL_EINVAL);
    teardown(&b);
}

/* ---- A writer beside us: touches the counter only, so it is clean under ThreadSanitizer ------ */

struct writer {
    struct bench *b;
    uint32_t from, to, step;
    uint64_t pause_ns;
    uint32_t afterwards; /* value at the end */
};

static void count_up(void *arg)
{
    struct writer *w = arg;
    for (uint64_t n = w->from; n <= w->to; n += w->step) {
        set_written(w->b, (uint32_t)n);
        orl_sleep_until(orl_now_ns() + w->pause_ns);
    }
    set_written(w->b, w->afterwards);
}

static void copying_follows_a_counter_that_grows(void **state)
{
    (void)state;
    struct bench b = setup(ORL_PIX_BGRA8, 64, 64, 0);
    uint32_t total = 64 * 64 * 4;
    struct writer w = {&b, 0, total, 997, 300000, total + 5000};
    struct orl_rects all = {.full = true};
    struct orl_thread t = {0};
    assert_int_equal(orl_thread_start(&t, "writer", count_up, &w), ORL_OK);
    assert_int_equal(copy(&b, &all, &patient), ORL_OK);
    orl_thread_join(&t);
    assert_memory_equal(b.dst.p, b.src.p + b.f.pix_off, total);
    teardown(&b);
}

static void a_counter_that_goes_back_spoils_the_frame(void **state)
{
    (void)state;
    struct bench b = setup(ORL_PIX_BGRA8, 64, 64, 0);
    struct writer w = {&b, 4096, 8192, 4096, 5 * MS, 0};
    struct orl_rects all = {.full = true};
    struct orl_thread t = {0};
    set_written(&b, 4096);
    assert_int_equal(orl_thread_start(&t, "writer", count_up, &w), ORL_OK);
    assert_int_equal(copy(&b, &all, &patient), ORL_EMALFORMED);
    orl_thread_join(&t);
    teardown(&b);
}

static void the_extra_row_is_taken_only_when_it_is_covered(void **state)
{
    (void)state;
    struct bench b = setup(ORL_PIX_BGR24_IN_32, 7, 4, 43);
    uint8_t row[21];
    b.f.rows = 3;
    b.f.extra_rows = 1;
    memset(row, 0, sizeof(row));
    set_written(&b, 3 * 64 + 20);
    assert_false(orl_stage_extra_row(row, b.mem, &b.f));
    set_written(&b, 3 * 64 + 21);
    assert_true(orl_stage_extra_row(row, b.mem, &b.f));
    assert_memory_equal(row, b.src.p + b.f.pix_off + 3 * 64, 21);
    b.f.extra_rows = 0;
    assert_false(orl_stage_extra_row(row, b.mem, &b.f));
    teardown(&b);
}

static void waiting_ends_with_the_last_byte_of_the_last_row(void **state)
{
    (void)state;
    struct bench b = setup(ORL_PIX_BGRA8, 16, 4, 12);
    set_written(&b, 3 * 76 + 63);
    assert_int_equal(orl_stage_wait(b.mem, &b.f, &hasty), ORL_ETIMEOUT);
    set_written(&b, 3 * 76 + 64); /* the padding behind it is nobody's business */
    assert_int_equal(orl_stage_wait(b.mem, &b.f, &hasty), ORL_OK);
    set_written(&b, UINT32_MAX);
    assert_int_equal(orl_stage_wait(b.mem, &b.f, &hasty), ORL_OK);
    int asked = 0;
    struct orl_stage_limits limits = {5000 * MS, says_no, &asked};
    set_written(&b, 0);
    assert_int_equal(orl_stage_wait(b.mem, &b.f, &limits), ORL_ESESSION);
    struct orl_mem small = {b.mem.base, b.mem.size - 1};
    set_written(&b, UINT32_MAX);
    assert_int_equal(orl_stage_wait(small, &b.f, &hasty), ORL_EINVAL);
    struct orl_frame_desc odd = b.f;
    odd.wp_off += 2;
    assert_int_equal(orl_stage_wait(b.mem, &odd, &hasty), ORL_EINVAL);
    odd = b.f;
    odd.wp_off = SIZE_MAX - 3;
    assert_int_equal(orl_stage_wait(b.mem, &odd, &hasty), ORL_EINVAL);
    odd = b.f;
    odd.rows = 0;
    assert_int_equal(orl_stage_wait(b.mem, &odd, &hasty), ORL_EINVAL);
    teardown(&b);
}

static void waiting_follows_a_counter_that_grows_and_notices_one_that_goes_back(void **state)
{
    (void)state;
    struct bench b = setup(ORL_PIX_BGRA8, 64, 64, 0);
    uint32_t total = 64 * 64 * 4;
    struct writer up = {&b, 0, total, 997, 300000, total};
    struct orl_thread t = {0};
    assert_int_equal(orl_thread_start(&t, "writer", count_up, &up), ORL_OK);
    assert_int_equal(orl_stage_wait(b.mem, &b.f, &patient), ORL_OK);
    orl_thread_join(&t);
    struct writer back = {&b, 4096, 8192, 4096, 5 * MS, 0};
    set_written(&b, 4096);
    assert_int_equal(orl_thread_start(&t, "writer", count_up, &back), ORL_OK);
    assert_int_equal(orl_stage_wait(b.mem, &b.f, &patient), ORL_EMALFORMED);
    orl_thread_join(&t);
    teardown(&b);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(full_copies_all_rows_and_not_a_byte_more),
        cmocka_unit_test(random_rectangles_are_copied_exactly),
        cmocka_unit_test(rectangles_outside_of_the_stored_rows_are_left_out),
        cmocka_unit_test(rows_that_are_not_written_time_out),
        cmocka_unit_test(only_the_bytes_of_the_rectangle_must_be_written),
        cmocka_unit_test(a_session_that_ends_stops_the_wait),
        cmocka_unit_test(frames_that_do_not_fit_are_refused),
        cmocka_unit_test(copying_follows_a_counter_that_grows),
        cmocka_unit_test(a_counter_that_goes_back_spoils_the_frame),
        cmocka_unit_test(the_extra_row_is_taken_only_when_it_is_covered),
        cmocka_unit_test(waiting_ends_with_the_last_byte_of_the_last_row),
        cmocka_unit_test(waiting_follows_a_counter_that_grows_and_notices_one_that_goes_back),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
