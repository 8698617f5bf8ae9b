/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Every pixel type, with pitches GL can and cannot express, and the colours they mean. */
#include <stdlib.h>
#include <string.h>

#include "gl/reference.h"
#include "gl/rig.h"
#include "support/check.h"

/* Draws the slot 1:1 and compares with the reference. */
static void check(struct orl_gfx *gfx, const struct orl_slot *slot, int off)
{
    assert_int_equal(orl_gfx_frame(gfx, slot), ORL_OK);
    orl_gfx_frame_settle(gfx);
    struct orl_scene scene = rig_scene(slot, slot->desc.w, slot->desc.h, 0, 0, ORL_FILTER_AUTO);
    orl_gfx_draw(gfx, &scene);
    struct ref_frame f = ref_decode(slot);
    uint8_t *want = ref_draw(&f, &scene, NULL);
    uint8_t *got = rig_read(gfx, slot->desc.w, slot->desc.h);
    rig_expect(got, want, slot->desc.w, slot->desc.h, off);
    free(f.rgb);
    free(want);
    free(got);
}

/* More than 8 bits: halves may be rounded either way. */
static bool deep(enum orl_pixfmt fmt)
{
    return fmt == ORL_PIX_RGB10A2 || fmt == ORL_PIX_RGBA16F;
}

static void every_type_is_exact_at_any_width_and_pitch(void **state)
{
    struct orl_gfx *gfx = *state;
    for (enum orl_pixfmt fmt = ORL_PIX_BGRA8; fmt <= ORL_PIX_RGB24; fmt++) {
        for (uint32_t w = 1; w < 70; w += w < 9 ? 1 : 13) {
            for (uint32_t more = 0; more < 20; more++) {
                struct orl_slot slot = rig_slot(fmt, w, 7, w * rig_pixel_bytes(fmt) + more);
                check(gfx, &slot, deep(fmt) ? 1 : 0);
                rig_slot_free(&slot);
            }
        }
    }
}

static void packed_rows_of_known_guests_are_exact(void **state)
{
    struct orl_gfx *gfx = *state;
    const uint32_t widths[] = {1366, 1367, 641, 640, 85, 86};
    for (size_t i = 0; i < 6; i++) {
        struct orl_slot slot =
            rig_slot(ORL_PIX_BGR24_IN_32, widths[i], 5, (3 * widths[i] + 255) / 256 * 256);
        check(gfx, &slot, 0);
        rig_slot_free(&slot);
        slot = rig_slot(ORL_PIX_RGB24, widths[i], 5, (widths[i] + 255) / 256 * 256 * 3);
        check(gfx, &slot, 0);
        rig_slot_free(&slot);
    }
}

static void rows_missing_in_a_new_picture_are_black(void **state)
{
    (void)state;
    for (enum orl_pixfmt fmt = ORL_PIX_BGRA8; fmt <= ORL_PIX_RGB24; fmt++) {
        struct orl_gfx *gfx = rig_gfx();
        struct orl_slot slot = rig_slot(fmt, 33, 20, 33 * rig_pixel_bytes(fmt) + 1);
        slot.desc.rows = 13;
        check(gfx, &slot, 1);
        rig_slot_free(&slot);
        orl_gfx_destroy(&gfx);
    }
}

static void rows_missing_later_keep_their_content(void **state)
{
    struct orl_gfx *gfx = *state;
    struct orl_slot slot = rig_slot(ORL_PIX_BGRA8, 33, 20, 33 * 4);
    check(gfx, &slot, 0);
    uint8_t *map = (uint8_t *)(uintptr_t)slot.map;
    memset(map, 0x33, 13 * 33 * 4);
    slot.desc.rows = 13;
    assert_int_equal(orl_gfx_frame(gfx, &slot), ORL_OK);
    slot.desc.rows = 20; /* the reference: new rows above, old rows below */
    slot.upload.full = false;
    check(gfx, &slot, 0);
    rig_slot_free(&slot);
}

static void type_and_size_may_change_with_every_frame(void **state)
{
    struct orl_gfx *gfx = *state;
    for (int i = 0; i < 60; i++) {
        enum orl_pixfmt fmt = (enum orl_pixfmt)(1 + rig_random() % 6);
        uint32_t w = 1 + rig_random() % 50, h = 1 + rig_random() % 50;
        struct orl_slot slot = rig_slot(fmt, w, h, w * rig_pixel_bytes(fmt) + rig_random() % 9);
        /* A texture of another kind needs everything, whatever the list says. */
        slot.upload.full = i & 1;
        if (i & 1 || i % 4 == 0) {
            check(gfx, &slot, 1);
        } else {
            slot.upload.n = 1;
            slot.upload.r[0] = (struct orl_rect){0, 0, 1, 1};
            check(gfx, &slot, 1);
        }
        rig_slot_free(&slot);
    }
}

/*
 * Up to 100 cd/m2. Noise up to 10000 holds colours where components of fifty times white cancel
 * in the change of primaries; single precision is a few steps off there.
 */
static void darken(struct orl_slot *slot)
{
    uint8_t *p = (uint8_t *)(uintptr_t)slot->map;
    for (size_t i = 0; i < (size_t)slot->desc.w * slot->desc.h; i++) {
        uint32_t u;
        memcpy(&u, p + 4 * i, 4);
        u &= 0x1ff7fdff;
        memcpy(p + 4 * i, &u, 4);
    }
}

static void color_follows_type_and_flags(void **state)
{
    const uint32_t hdr = ORL_FRAME_HDR, pq = ORL_FRAME_HDR | ORL_FRAME_HDR_PQ;
    static const uint32_t nits[] = {203, 80, 100, 480};
    struct orl_gfx *gfx = *state;
    const struct {
        enum orl_pixfmt fmt;
        uint32_t flags;
    } cases[] = {
        {ORL_PIX_RGB10A2, 0},
        {ORL_PIX_RGB10A2, hdr},
        {ORL_PIX_RGB10A2, pq},
        {ORL_PIX_RGBA16F, 0},
        {ORL_PIX_RGBA16F, hdr},
        {ORL_PIX_RGBA16F, hdr | ORL_FRAME_HDR_METADATA},
        {ORL_PIX_RGBA16F, pq},
        {ORL_PIX_RGB10A2, ORL_FRAME_HDR_PQ}, /* means nothing without HDR */
        {ORL_PIX_BGRA8, pq},                 /* 8 bits are never HDR */
    };
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]) * 4; i++) {
        uint32_t bytes = rig_pixel_bytes(cases[i / 4].fmt);
        struct orl_slot slot = rig_slot(cases[i / 4].fmt, 64, 64, 64 * bytes);
        slot.desc.flags = cases[i / 4].flags;
        slot.desc.white_nits = nits[i % 4];
        if (slot.desc.fmt == ORL_PIX_RGB10A2 && (slot.desc.flags & ORL_FRAME_HDR_PQ)) {
            darken(&slot);
        }
        check(gfx, &slot, 1);
        rig_slot_free(&slot);
    }
}

/* Known points, so that reference and shader cannot share a mistake. */
static void check_gray10(struct orl_gfx *gfx, uint32_t v, uint32_t flags, int want)
{
    struct orl_slot slot = rig_slot(ORL_PIX_RGB10A2, 1, 1, 4);
    uint32_t u = v | v << 10 | v << 20;
    memcpy((void *)(uintptr_t)slot.map, &u, 4);
    slot.desc.flags = flags;
    assert_int_equal(orl_gfx_frame(gfx, &slot), ORL_OK);
    struct orl_scene scene = rig_scene(&slot, 1, 1, 0, 0, ORL_FILTER_AUTO);
    orl_gfx_draw(gfx, &scene);
    uint8_t *got = rig_read(gfx, 1, 1);
    for (int i = 0; i < 3; i++) {
        assert_in_range(got[i] + 1, want, want + 2);
    }
    free(got);
    rig_slot_free(&slot);
}

static void pq_reference_white_is_white(void **state)
{
    struct orl_gfx *gfx = *state;
    const uint32_t pq = ORL_FRAME_HDR | ORL_FRAME_HDR_PQ;
    check_gray10(gfx, 0, pq, 0);
    check_gray10(gfx, 594, pq, 255);            /* BT.2408: 203 cd/m2 is 58 % PQ */
    check_gray10(gfx, 1023, pq, 255);           /* brighter is clipped */
    check_gray10(gfx, 450, pq, 136);            /* 49.8 cd/m2, 0.245 of white */
    check_gray10(gfx, 512, ORL_FRAME_HDR, 188); /* linear half */
    check_gray10(gfx, 512, 0, 128);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        rig_gfx_test(every_type_is_exact_at_any_width_and_pitch),
        rig_gfx_test(packed_rows_of_known_guests_are_exact),
        cmocka_unit_test(rows_missing_in_a_new_picture_are_black),
        rig_gfx_test(rows_missing_later_keep_their_content),
        rig_gfx_test(type_and_size_may_change_with_every_frame),
        rig_gfx_test(color_follows_type_and_flags),
        rig_gfx_test(pq_reference_white_is_white),
    };
    return cmocka_run_group_tests(tests, rig_setup, rig_teardown);
}
