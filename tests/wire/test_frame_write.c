/* SPDX-License-Identifier: GPL-2.0-or-later */

#include "support/check.h"
#include "support/guarded.h"
#include "wire/wire.h"

#define AT   128
#define PIX  4096
#define SIZE (PIX - AT + 64 * 16)

static const struct orl_payload msg = {.off = AT, .size = SIZE};

static struct orl_frame_desc sample(void)
{
    struct orl_frame_desc d = {
        .serial = 77,
        .format_id = 5,
        .fmt = ORL_PIX_RGBA8,
        .screen_w = 32,
        .screen_h = 32,
        .w = 16,
        .h = 16,
        .rows = 16,
        .pitch = 64,
        .row_bytes = 64,
        .rotation = 1,
        .flags = ORL_FRAME_BLOCK_SCREENSAVER,
        .white_nits = 80,
        .wp_off = PIX - 4,
        .pix_off = PIX,
    };
    d.damage.n = 2;
    d.damage.r[0] = (struct orl_rect){1, 2, 3, 4};
    d.damage.r[1] = (struct orl_rect){8, 8, 8, 8};
    return d;
}

static int write_to(struct orl_guarded *g, enum orl_release r, const struct orl_frame_desc *d)
{
    return orl_frame_write(g->base, g->size, orl_layout_get(r), msg, d);
}

static void what_is_written_reads_back(void **state)
{
    (void)state;
    for (int r = 0; r < ORL_RELEASES; r++) {
        const struct orl_layout *lay = orl_layout_get((enum orl_release)r);
        struct orl_guarded g;
        orl_guarded_init(&g, AT + SIZE);
        memset(g.base, 0xee, g.size);
        struct orl_frame_desc d = sample(), got;
        assert_int_equal(write_to(&g, lay->release, &d), ORL_OK);
        assert_int_equal(orl_frame_read(&got, lay, orl_guarded_mem(&g), msg), ORL_OK);
        if (lay->release != ORL_MASTER) {
            d.white_nits = 203;
        }
        assert_int_equal(got.serial, d.serial);
        assert_int_equal(got.format_id, d.format_id);
        assert_int_equal(got.fmt, d.fmt);
        assert_int_equal(got.screen_w, d.screen_w);
        assert_int_equal(got.w, d.w);
        assert_int_equal(got.h, d.h);
        assert_int_equal(got.rows, d.rows);
        assert_int_equal(got.pitch, d.pitch);
        assert_int_equal(got.rotation, d.rotation);
        assert_int_equal(got.flags, d.flags);
        assert_int_equal(got.white_nits, d.white_nits);
        assert_int_equal(got.pix_off, d.pix_off);
        assert_int_equal(got.damage.n, 2);
        assert_memory_equal(got.damage.r, d.damage.r, 2 * sizeof(d.damage.r[0]));
        assert_int_equal(orl_get_u32(g.base + PIX - 4), 0);
        assert_int_equal(g.base[PIX], 0xee);
        assert_int_equal(g.base[AT - 1], 0xee);
        assert_int_equal(g.base[AT + lay->frame_bytes], 0xee);
        orl_guarded_finish(&g);
    }
}

static void master_carries_colour_and_timing(void **state)
{
    (void)state;
    struct orl_guarded g;
    orl_guarded_init(&g, AT + SIZE);
    struct orl_frame_desc d = sample(), got;
    d.flags |= ORL_FRAME_HDR | ORL_FRAME_HDR_PQ | ORL_FRAME_HDR_METADATA;
    d.hdr = (struct orl_hdr){{1, 2, 3, 4, 5, 6}, {7, 8}, 1000, 50, 800, 400};
    d.capture_ns = UINT64_C(0x123456789abc);
    d.ready_lead_ns = 6;
    d.timing_serial = 77;
    d.timing_valid = 1;
    d.sched_deadline_serial = 9;
    assert_int_equal(write_to(&g, ORL_MASTER, &d), ORL_OK);
    assert_int_equal(orl_frame_read(&got, orl_layout_get(ORL_MASTER), orl_guarded_mem(&g), msg),
                     ORL_OK);
    assert_memory_equal(&got.hdr, &d.hdr, sizeof(d.hdr));
    assert_int_equal(got.capture_ns, d.capture_ns);
    assert_int_equal(got.ready_lead_ns, 6);
    assert_int_equal(got.timing_serial, 77);
    assert_int_equal(got.timing_valid, 1);
    assert_int_equal(got.sched_deadline_serial, 9);
    orl_guarded_finish(&g);
}

static void truncated_pictures_read_back_with_fewer_rows(void **state)
{
    (void)state;
    for (int r = 0; r < ORL_RELEASES; r++) {
        const struct orl_layout *lay = orl_layout_get((enum orl_release)r);
        struct orl_guarded g;
        orl_guarded_init(&g, AT + SIZE);
        struct orl_frame_desc d = sample(), got;
        d.h = 20;
        d.flags = ORL_FRAME_TRUNCATED;
        assert_int_equal(write_to(&g, lay->release, &d), ORL_OK);
        assert_int_equal(orl_frame_read(&got, lay, orl_guarded_mem(&g), msg), ORL_OK);
        assert_int_equal(got.rows, 16);
        assert_int_equal(got.h, lay->release == ORL_B6 ? 16 : 20);
        orl_guarded_finish(&g);
    }
}

static void full_and_no_damage_stay_what_they_are(void **state)
{
    (void)state;
    struct orl_guarded g;
    orl_guarded_init(&g, AT + SIZE);
    const struct orl_layout *lay = orl_layout_get(ORL_B7);
    struct orl_frame_desc d = sample(), got;
    orl_rects_set_full(&d.damage);
    assert_int_equal(write_to(&g, ORL_B7, &d), ORL_OK);
    assert_int_equal(orl_frame_read(&got, lay, orl_guarded_mem(&g), msg), ORL_OK);
    assert_true(got.damage.full);
    orl_rects_clear(&d.damage);
    assert_int_equal(write_to(&g, ORL_B7, &d), ORL_OK);
    assert_int_equal(orl_frame_read(&got, lay, orl_guarded_mem(&g), msg), ORL_OK);
    assert_true(orl_rects_empty(&got.damage));
    orl_guarded_finish(&g);
}

static void frame_write_refuses_what_no_reader_takes(void **state)
{
    (void)state;
    for (int i = 0; i < 12; i++) {
        struct orl_frame_desc d = sample();
        switch (i) {
        case 0: d.fmt = ORL_PIX_RGB24; break; /* not in B6 */
        case 1: d.fmt = (enum orl_pixfmt)0; break;
        case 2: d.w = 0; break;
        case 3: d.w = 17; break;
        case 4: d.rows = 17; break;
        case 5: d.rows = 0; break;
        case 6: d.h = 20, d.rows = 17; break;
        case 7: d.pix_off = PIX + 1; break;
        case 8: d.pix_off = AT + 1076; break;
        case 9: d.pix_off = AT - 4; break;
        case 10: d.rotation = 4; break;
        default: d.pix_off = SIZE_MAX - 3; break;
        }
        struct orl_guarded g;
        orl_guarded_init(&g, AT + SIZE);
        orl_guarded_protect(&g, false); /* it must not write either */
        assert_int_equal(write_to(&g, ORL_B6, &d), ORL_EINVAL);
        struct orl_frame_desc fine = sample();
        assert_int_equal(
            orl_frame_write(g.base, g.size - 1, orl_layout_get(ORL_B6), msg, &fine),
            ORL_EINVAL);
        orl_guarded_finish(&g);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_is_written_reads_back),
        cmocka_unit_test(master_carries_colour_and_timing),
        cmocka_unit_test(truncated_pictures_read_back_with_fewer_rows),
        cmocka_unit_test(full_and_no_damage_stay_what_they_are),
        cmocka_unit_test(frame_write_refuses_what_no_reader_takes),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
