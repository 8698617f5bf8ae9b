/* SPDX-License-Identifier: GPL-2.0-or-later */

#include "base/serial.h"
#include "base/thread.h"
#include "support/check.h"
#include "support/guarded.h"
#include "wire/wire.h"

#define AT        64   /* where the message starts */
#define FB_OFFSET 1276 /* AT + FB_OFFSET is 4-aligned, beyond every header */
#define W         7u
#define H         5u
#define PITCH     32u
#define SIZE      (FB_OFFSET + 4 + H * PITCH)

/* One message, exactly as large as its pixels, at the very end of the memory. */
struct frame {
    const struct orl_layout *lay;
    struct orl_guarded g;
    struct orl_payload msg;
};

static void put(struct frame *f, uint32_t off, uint32_t v)
{
    if (off != ORL_ABSENT) {
        orl_put_u32(f->g.base + AT + off, v);
    }
}

static void make(struct frame *f, enum orl_release release)
{
    f->lay = orl_layout_get(release);
    orl_guarded_init(&f->g, AT + SIZE);
    f->msg = (struct orl_payload){.off = AT, .size = SIZE};
    put(f, f->lay->frame_serial, 41);
    put(f, f->lay->frame_format_ver, 3);
    put(f, f->lay->frame_pixel_type, ORL_PIX_BGRA8);
    put(f, f->lay->frame_screen_w, 14);
    put(f, f->lay->frame_screen_h, 10);
    put(f, f->lay->frame_data_w, W);
    put(f, f->lay->frame_data_h, H);
    put(f, f->lay->frame_frame_w, W);
    put(f, f->lay->frame_frame_h, H);
    put(f, f->lay->frame_pitch, PITCH);
    put(f, f->lay->frame_stride, PITCH / 4);
    put(f, f->lay->frame_fb_offset, FB_OFFSET);
}

static void finish(struct frame *f)
{
    orl_guarded_finish(&f->g);
}

static int read_frame(struct orl_frame_desc *d, const struct frame *f)
{
    return orl_frame_read(d, f->lay, orl_guarded_mem(&f->g), f->msg);
}

/* Whatever the guest wrote: what comes out may be used without another check. */
static void check_promises(const struct frame *f, const struct orl_frame_desc *d)
{
    uint64_t end = (uint64_t)f->msg.off + f->msg.size;
    assert_in_range(d->fmt, 1, f->lay->pixel_types);
    assert_in_range(d->w, 1, ORL_FRAME_SIDE_MAX);
    assert_in_range(d->h, 1, ORL_FRAME_SIDE_MAX);
    assert_in_range(d->rows, 1, d->h);
    assert_true(d->rows + d->extra_rows <= d->h);
    assert_int_equal(d->row_bytes, d->w * orl_pixfmt_bytes(d->fmt));
    assert_true(d->row_bytes <= d->pitch);
    assert_true(d->wp_off % 4 == 0 && d->pix_off == d->wp_off + 4);
    assert_true(d->wp_off >= f->msg.off + f->lay->frame_bytes);
    assert_true(d->pix_off + (uint64_t)(d->rows + d->extra_rows) * d->pitch <= end);
    assert_true(end <= f->g.size);
    assert_true(d->rotation <= 3);
    assert_in_range(d->screen_w, 1, 65535);
    assert_in_range(d->screen_h, 1, 65535);
    assert_in_range(d->white_nits, 1, 10000);
    assert_int_equal(d->flags & ~f->lay->known_flags, 0);
    assert_true(d->damage.n <= ORL_RECTS_MAX);
    for (uint32_t i = 0; i < d->damage.n; i++) {
        struct orl_rect r = d->damage.r[i];
        assert_true(r.w && r.h && (uint64_t)r.x + r.w <= d->w &&
                    (uint64_t)r.y + r.h <= d->rows);
    }
}

static void frame_read_takes_every_field_from_its_place(void **state)
{
    (void)state;
    for (int r = 0; r < ORL_RELEASES; r++) {
        struct frame f;
        make(&f, (enum orl_release)r);
        struct orl_frame_desc d;
        assert_int_equal(read_frame(&d, &f), ORL_OK);
        check_promises(&f, &d);
        assert_int_equal(d.serial, 41);
        assert_int_equal(d.format_id, 3);
        assert_int_equal(d.fmt, ORL_PIX_BGRA8);
        assert_int_equal(d.screen_w, 14);
        assert_int_equal(d.screen_h, 10);
        assert_int_equal(d.w, W);
        assert_int_equal(d.h, H);
        assert_int_equal(d.rows, H);
        assert_int_equal(d.extra_rows, 0);
        assert_int_equal(d.pitch, PITCH);
        assert_int_equal(d.wp_off, AT + FB_OFFSET);
        assert_int_equal(d.white_nits, 203);
        assert_true(d.damage.full);
        finish(&f);
    }
}

/* Every 4-byte word of the header, one at a time and also two at a time with the picture size. */
static void frame_read_keeps_its_promises_for_any_word(void **state)
{
    (void)state;
    static const uint32_t values[] = {0,      1,          2,          3,          4,
                                      5,      6,          7,          64,         65,
                                      0xffff, 0x10000,    0x7ffffffe, 0x7fffffff, 0x80000000,
                                      1275,   0xfffffffc, 0xfffffffe, 0xffffffff};
    const size_t n = sizeof(values) / sizeof(values[0]);
    for (int r = 0; r < ORL_RELEASES; r++) {
        struct frame f;
        make(&f, (enum orl_release)r);
        for (uint32_t off = 0; off + 4 <= f.lay->frame_bytes; off += 4) {
            uint32_t kept = orl_get_u32(f.g.base + AT + off);
            for (size_t i = 0; i < n; i++) {
                orl_put_u32(f.g.base + AT + off, values[i]);
                struct orl_frame_desc d;
                if (read_frame(&d, &f) == ORL_OK) {
                    check_promises(&f, &d);
                }
                put(&f, f.lay->frame_frame_h, ORL_FRAME_SIDE_MAX);
                put(&f, f.lay->frame_damage_count, ORL_RECTS_MAX);
                if (read_frame(&d, &f) == ORL_OK) {
                    check_promises(&f, &d);
                }
                put(&f, f.lay->frame_frame_h, H);
                put(&f, f.lay->frame_damage_count, 0);
            }
            orl_put_u32(f.g.base + AT + off, kept);
        }
        finish(&f);
    }
}

static void frame_read_rejects_what_breaks_a_rule(void **state)
{
    (void)state;
    for (int r = 0; r < ORL_RELEASES; r++) {
        const struct orl_layout *lay = orl_layout_get((enum orl_release)r);
        const struct {
            uint32_t off, value;
        } cases[] = {
            {lay->frame_pixel_type, 0},
            {lay->frame_pixel_type, lay->pixel_types + 1},
            {lay->frame_pixel_type, 0x80000001},
            {lay->frame_frame_w, 0},
            {lay->frame_frame_w, ORL_FRAME_SIDE_MAX + 1},
            {lay->frame_frame_w, PITCH / 4 + 1},
            {lay->frame_frame_w, 0x40000000}, /* times 4 wraps to 0 */
            {lay->frame_frame_h, 0},
            {lay->frame_frame_h, ORL_FRAME_SIDE_MAX + 1},
            {lay->frame_pitch, 0},
            {lay->frame_pitch, W * 4 - 1},
            {lay->frame_pitch, 0x80000000},
            {lay->frame_pitch, H * PITCH + 1}, /* not one row fits */
            {lay->frame_fb_offset, lay->frame_bytes - 4},
            {lay->frame_fb_offset, FB_OFFSET + 1},
            {lay->frame_fb_offset, FB_OFFSET + 2},
            {lay->frame_fb_offset, SIZE - 4},
            {lay->frame_fb_offset, SIZE - 3},
            {lay->frame_fb_offset, SIZE},
            {lay->frame_fb_offset, 0xfffffffc},
        };
        for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
            struct frame f;
            make(&f, (enum orl_release)r);
            put(&f, cases[i].off, cases[i].value);
            struct orl_frame_desc d = {.serial = 7};
            if (read_frame(&d, &f) != ORL_EMALFORMED) {
                fail_msg("%s: case %zu was accepted", lay->name, i);
            }
            assert_int_equal(d.serial, 7); /* untouched */
            finish(&f);
        }
    }
}

static void frame_read_rejects_messages_outside_the_memory(void **state)
{
    (void)state;
    static const struct orl_payload bad[] = {
        {.off = AT, .size = 1075},           {.off = AT, .size = 0},
        {.off = AT, .size = SIZE + 1},       {.off = AT + 1, .size = SIZE},
        {.off = AT + SIZE, .size = SIZE},    {.off = SIZE_MAX, .size = SIZE},
        {.off = AT, .size = UINT32_MAX},     {.off = SIZE_MAX - 3, .size = UINT32_MAX},
        {.off = AT + SIZE - 4, .size = 1300}};
    for (int r = 0; r < ORL_RELEASES; r++) {
        for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
            struct frame f;
            make(&f, (enum orl_release)r);
            f.msg = bad[i];
            struct orl_frame_desc d;
            assert_int_equal(read_frame(&d, &f), ORL_EMALFORMED);
            finish(&f);
        }
    }
}

static void frame_read_cuts_rows_to_what_the_message_holds(void **state)
{
    (void)state;
    for (int r = 0; r < ORL_RELEASES; r++) {
        struct frame f;
        make(&f, (enum orl_release)r);
        put(&f, f.lay->frame_frame_h, 100);
        put(&f, f.lay->frame_data_h, 100);
        struct orl_frame_desc d;
        assert_int_equal(read_frame(&d, &f), ORL_OK);
        assert_int_equal(d.h, 100);
        assert_int_equal(d.rows, H);
        f.msg.size -= 1; /* the last byte of the last row is missing */
        assert_int_equal(read_frame(&d, &f), ORL_OK);
        assert_int_equal(d.rows, H - 1);
        finish(&f);
    }
}

static void frame_read_knows_stored_rows_apart_since_b7(void **state)
{
    (void)state;
    static const struct {
        uint32_t data_w, data_h, rows;
    } cases[] = {{W, 3, 3}, {W, H, H},     {0, 0, H},          {W, 0, H},
                 {0, 3, H}, {W, H + 1, H}, {W, UINT32_MAX, H}, {UINT32_MAX, 1, 1}};
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct frame f;
        make(&f, ORL_B7);
        put(&f, f.lay->frame_data_w, cases[i].data_w);
        put(&f, f.lay->frame_data_h, cases[i].data_h);
        struct orl_frame_desc d;
        assert_int_equal(read_frame(&d, &f), ORL_OK);
        assert_int_equal(d.rows, cases[i].rows);
        assert_int_equal(d.extra_rows, 0);
        finish(&f);
    }
}

static void frame_read_sets_the_uncertain_row_of_bgr32_apart(void **state)
{
    (void)state;
    struct frame f;
    make(&f, ORL_B7);
    put(&f, f.lay->frame_pixel_type, ORL_PIX_BGR24_IN_32);
    put(&f, f.lay->frame_data_h, H - 1);
    struct orl_frame_desc d;
    assert_int_equal(read_frame(&d, &f), ORL_OK);
    assert_int_equal(d.rows, H - 1);
    assert_int_equal(d.extra_rows, 1);

    put(&f, f.lay->frame_flags, ORL_FRAME_TRUNCATED);
    assert_int_equal(read_frame(&d, &f), ORL_OK);
    assert_int_equal(d.extra_rows, 0);

    put(&f, f.lay->frame_flags, 0);
    put(&f, f.lay->frame_data_h, H - 2);
    assert_int_equal(read_frame(&d, &f), ORL_OK);
    assert_int_equal(d.rows, H - 2);
    assert_int_equal(d.extra_rows, 0);

    put(&f, f.lay->frame_data_h, H - 1);
    f.msg.size -= PITCH; /* no room for it */
    assert_int_equal(read_frame(&d, &f), ORL_OK);
    assert_int_equal(d.rows, H - 1);
    assert_int_equal(d.extra_rows, 0);
    finish(&f);
}

static void put_rect(struct frame *f, uint32_t i, uint32_t x, uint32_t y, uint32_t w,
                     uint32_t h)
{
    uint32_t off = f->lay->frame_damage + 16 * i;
    put(f, off, x);
    put(f, off + 4, y);
    put(f, off + 8, w);
    put(f, off + 12, h);
}

static void frame_read_clips_damage_to_the_stored_picture(void **state)
{
    (void)state;
    for (int r = 0; r < ORL_RELEASES; r++) {
        struct frame f;
        make(&f, (enum orl_release)r);
        put(&f, f.lay->frame_damage_count, 6);
        put_rect(&f, 0, 1, 2, 3, 2);
        put_rect(&f, 1, W, 0, 4, 4);                   /* outside */
        put_rect(&f, 2, UINT32_MAX, 0, 2, 2);          /* wraps to x 1 in 32 bits */
        put_rect(&f, 3, 5, 4, UINT32_MAX, UINT32_MAX); /* cut */
        put_rect(&f, 4, 2, 2, 0, 9);                   /* empty */
        put_rect(&f, 5, 0, 0, 1, 1);
        struct orl_frame_desc d;
        assert_int_equal(read_frame(&d, &f), ORL_OK);
        assert_false(d.damage.full);
        assert_int_equal(d.damage.n, 3);
        assert_memory_equal(&d.damage.r[0], (&(struct orl_rect){1, 2, 3, 2}), 16);
        assert_memory_equal(&d.damage.r[1], (&(struct orl_rect){5, 4, 2, 1}), 16);
        assert_memory_equal(&d.damage.r[2], (&(struct orl_rect){0, 0, 1, 1}), 16);
        finish(&f);
    }
}

static void frame_read_takes_a_list_clipped_to_nothing_as_no_change(void **state)
{
    (void)state;
    struct frame f;
    make(&f, ORL_B6);
    put(&f, f.lay->frame_damage_count, 1);
    put_rect(&f, 0, W, H, 4, 4);
    struct orl_frame_desc d;
    assert_int_equal(read_frame(&d, &f), ORL_OK);
    assert_true(orl_rects_empty(&d.damage));
    finish(&f);
}

static void frame_read_takes_too_many_rectangles_as_full_damage(void **state)
{
    (void)state;
    static const struct {
        uint32_t count;
        bool full;
    } cases[] = {{0, true}, {64, false}, {65, true}, {0x80000000, true}, {UINT32_MAX, true}};
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct frame f;
        make(&f, ORL_MASTER);
        for (uint32_t k = 0; k < ORL_RECTS_MAX; k++) {
            put_rect(&f, k, 0, 0, 1, 1);
        }
        put(&f, f.lay->frame_damage_count, cases[i].count);
        struct orl_frame_desc d;
        assert_int_equal(read_frame(&d, &f), ORL_OK);
        assert_int_equal(d.damage.full, cases[i].full);
        assert_int_equal(d.damage.n, cases[i].full ? 0 : 64);
        finish(&f);
    }
}

static void frame_read_mends_harmless_fields(void **state)
{
    (void)state;
    struct frame f;
    make(&f, ORL_MASTER);
    put(&f, f.lay->frame_rotation, 4);
    put(&f, f.lay->frame_screen_w, 65536);
    put(&f, f.lay->frame_flags, UINT32_MAX);
    put(&f, f.lay->frame_sdr_white_nits, 10001);
    memset(f.g.base + AT + f.lay->frame_hdr_primaries, 0xff, 32);
    struct orl_frame_desc d;
    assert_int_equal(read_frame(&d, &f), ORL_OK);
    assert_int_equal(d.rotation, 0);
    assert_int_equal(d.screen_w, W);
    assert_int_equal(d.screen_h, H);
    assert_int_equal(d.flags, 0x3f);
    assert_int_equal(d.white_nits, 10000);
    for (int i = 0; i < 6; i++) {
        assert_int_equal(d.hdr.primaries[i], 50000);
    }
    assert_int_equal(d.hdr.white[1], 50000);
    assert_int_equal(d.hdr.max_display_nits, 10000);
    assert_int_equal(d.hdr.min_display, 65535);
    assert_int_equal(d.hdr.max_cll, 10000);
    assert_int_equal(d.hdr.max_fall, 10000);
    put(&f, f.lay->frame_hdr_max_display_lum, 2);
    assert_int_equal(read_frame(&d, &f), ORL_OK);
    assert_int_equal(d.hdr.max_display_nits, 2);
    assert_int_equal(d.hdr.min_display, 0); /* not below the maximum: unknown */
    put(&f, f.lay->frame_flags, ORL_FRAME_HDR);
    assert_int_equal(read_frame(&d, &f), ORL_OK);
    assert_int_equal(d.hdr.max_cll, 0); /* not announced */
    finish(&f);
}

/* A guest that rewrites the header all the time, between valid and hostile. */
struct rewriter {
    struct frame *f;
    struct orl_flag stop;
};

static void rewrite(void *arg)
{
    struct rewriter *w = arg;
    const struct orl_layout *lay = w->f->lay;
    while (!orl_flag_is_raised(&w->stop)) {
        put(w->f, lay->frame_pitch, 0x7fffffff);
        put(w->f, lay->frame_fb_offset, 0xfffffffc);
        put(w->f, lay->frame_frame_w, ORL_FRAME_SIDE_MAX);
        put(w->f, lay->frame_damage_count, 0x10000);
        put(w->f, lay->frame_pitch, PITCH);
        put(w->f, lay->frame_fb_offset, FB_OFFSET);
        put(w->f, lay->frame_frame_w, W);
        put(w->f, lay->frame_damage_count, 3);
    }
}

static void frame_read_keeps_its_promises_while_the_header_changes(void **state)
{
    (void)state;
    struct frame f;
    make(&f, ORL_MASTER);
    struct rewriter w = {.f = &f};
    struct orl_thread thread;
    uint32_t read = 0;
    orl_flag_init(&w.stop);
    assert_int_equal(orl_thread_start(&thread, "guest", rewrite, &w), ORL_OK);
    for (int i = 0; i < 20000; i++) {
        struct orl_frame_desc d;
        if (read_frame(&d, &f) == ORL_OK) {
            check_promises(&f, &d);
            read++;
        }
    }
    orl_flag_raise(&w.stop);
    orl_thread_join(&thread);
    assert_int_equal(read_frame(&(struct orl_frame_desc){0}, &f), ORL_OK);
    print_message("%u of 20000 reads were accepted\n", read);
    finish(&f);
}

static void pixel_formats_have_sizes_and_names(void **state)
{
    (void)state;
    static const uint32_t bytes[] = {0, 4, 4, 4, 8, 3, 3, 0};
    for (uint32_t i = 0; i < 8; i++) {
        assert_int_equal(orl_pixfmt_bytes((enum orl_pixfmt)i), bytes[i]);
        assert_non_null(orl_pixfmt_name((enum orl_pixfmt)i));
    }
    assert_string_equal(orl_pixfmt_name(ORL_PIX_BGR24_IN_32), "BGR_32");
    assert_string_equal(orl_pixfmt_name((enum orl_pixfmt)0), "unknown");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(frame_read_takes_every_field_from_its_place),
        cmocka_unit_test(frame_read_keeps_its_promises_for_any_word),
        cmocka_unit_test(frame_read_rejects_what_breaks_a_rule),
        cmocka_unit_test(frame_read_rejects_messages_outside_the_memory),
        cmocka_unit_test(frame_read_cuts_rows_to_what_the_message_holds),
        cmocka_unit_test(frame_read_knows_stored_rows_apart_since_b7),
        cmocka_unit_test(frame_read_sets_the_uncertain_row_of_bgr32_apart),
        cmocka_unit_test(frame_read_clips_damage_to_the_stored_picture),
        cmocka_unit_test(frame_read_takes_a_list_clipped_to_nothing_as_no_change),
        cmocka_unit_test(frame_read_takes_too_many_rectangles_as_full_damage),
        cmocka_unit_test(frame_read_mends_harmless_fields),
        cmocka_unit_test(frame_read_keeps_its_promises_while_the_header_changes),
        cmocka_unit_test(pixel_formats_have_sizes_and_names),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
