/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Frames that GL reads from the guest's memory: the same picture as the staged way, or a refusal. */
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <epoxy/gl.h>

#include "gl/rig.h"
#include "gl/shared_frame.h"
#include "support/check.h"

#define WAIT_NS UINT64_C(20000000000)

/* Picture 0 from the memory, picture 1 from the copy; the same damage for both. */
static void show(struct orl_gfx *gfx, struct shared_frame *f, const char *path)
{
    f->copy.upload = f->slot.upload;
    orl_gfx_select(gfx, 0);
    assert_int_equal(orl_gfx_frame(gfx, &f->slot), ORL_OK);
    assert_string_equal(orl_gfx_upload_path(gfx), path);
    assert_false(orl_gfx_frame_wait(gfx, WAIT_NS));
    assert_false(orl_gfx_frame_reads(gfx));
    orl_gfx_select(gfx, 1);
    assert_int_equal(orl_gfx_frame(gfx, &f->copy), ORL_OK);
    shared_frame_compare(gfx, &f->slot);
}

static void software_gl_offers_all_ways(void **state)
{
    assert_int_equal(orl_gfx_ways(*state), ORL_WAY_HELD | ORL_WAY_DMABUF | ORL_WAY_MEMORY);
}

static void expect_refusal(struct orl_gfx *gfx, const struct orl_slot *slot)
{
    orl_gfx_select(gfx, 0);
    assert_int_equal(orl_gfx_frame(gfx, slot), ORL_EAGAIN);
    assert_int_equal(orl_gfx_ways(gfx), ORL_WAY_HELD);
    assert_true(strlen(orl_gfx_refusal(gfx)) > 0);
    assert_false(orl_gfx_frame_wait(gfx, WAIT_NS));
}

static void every_type_at_any_width_pitch_and_offset_is_what_staging_shows(void **state)
{
    struct orl_gfx *gfx = *state;
    const uint32_t offsets[] = {0, 64, 68, 4096};
    uint32_t round = 0;
    for (enum orl_pixfmt fmt = ORL_PIX_BGRA8; fmt <= ORL_PIX_RGB24; fmt++) {
        for (uint32_t w = 1; w < 80; w += w < 9 ? 1 : 17) {
            for (uint32_t more = 0; more < 4; more++) {
                uint32_t unit = fmt == ORL_PIX_RGBA16F ? 8 : 4;
                uint32_t pitch = (w * rig_pixel_bytes(fmt) + unit - 1) / unit * unit;
                pitch += more * unit * 3;
                struct shared_frame f = shared_frame(fmt, w, 7, pitch, offsets[round++ % 4]);
                show(gfx, &f, "import");
                shared_frame_free(&f);
            }
        }
    }
}

static void odd_pitches_are_uploaded_and_the_way_stays_open(void **state)
{
    struct orl_gfx *gfx = *state;
    for (enum orl_pixfmt fmt = ORL_PIX_BGRA8; fmt <= ORL_PIX_RGB24; fmt++) {
        for (uint32_t more = 1; more < 4; more++) {
            uint32_t pitch = (33 * rig_pixel_bytes(fmt) + 7) / 8 * 8 + more;
            struct shared_frame f = shared_frame(fmt, 33, 5, pitch, 64);
            show(gfx, &f, "held");
            assert_true(strlen(orl_gfx_refusal(gfx)) > 0);
            shared_frame_free(&f);
        }
        struct shared_frame f = shared_frame(fmt, 33, 5, 33 * 8, 64);
        show(gfx, &f, "import");
        shared_frame_free(&f);
    }
}

static void missing_rows_keep_their_content_or_are_black(void **state)
{
    struct orl_gfx *gfx = *state;
    for (enum orl_pixfmt fmt = ORL_PIX_BGRA8; fmt <= ORL_PIX_RGB24; fmt++) {
        struct shared_frame f = shared_frame(fmt, 32, 20, 256, 4096);
        f.slot.desc.rows = f.copy.desc.rows = 13;
        show(gfx, &f, "import");
        f.slot.desc.rows = f.copy.desc.rows = 20;
        show(gfx, &f, "import");
        shared_frame_change(&f);
        f.slot.desc.rows = f.copy.desc.rows = 13;
        show(gfx, &f, "import");
        shared_frame_free(&f);
    }
}

static void only_what_changed_is_copied(void **state)
{
    struct orl_gfx *gfx = *state;
    for (enum orl_pixfmt fmt = ORL_PIX_BGRA8; fmt <= ORL_PIX_RGB24; fmt++) {
        struct shared_frame f = shared_frame(fmt, 67, 43, 67 * 8, 0);
        show(gfx, &f, "import");
        for (int i = 0; i < 8; i++) {
            /* All pixels become new, but only those inside the rectangles may be seen. */
            shared_frame_change(&f);
            f.slot.upload = (struct orl_rects){.n = 3};
            for (uint32_t k = 0; k < 3; k++) {
                f.slot.upload.r[k] = (struct orl_rect){rig_random() % 80, rig_random() % 50,
                                                       rig_random() % 40, rig_random() % 40};
            }
            show(gfx, &f, "import");
        }
        shared_frame_free(&f);
    }
}

static void type_and_size_may_change_with_every_frame(void **state)
{
    struct orl_gfx *gfx = *state;
    for (int i = 0; i < 60; i++) {
        enum orl_pixfmt fmt = (enum orl_pixfmt)(1 + rig_random() % 6);
        uint32_t w = 1 + rig_random() % 60, h = 1 + rig_random() % 60;
        struct shared_frame f = shared_frame(fmt, w, h, w * 8, 4 * (rig_random() % 40));
        show(gfx, &f, "import");
        shared_frame_free(&f);
    }
}

static void ways_may_change_with_every_frame(void **state)
{
    struct orl_gfx *gfx = *state;
    for (enum orl_pixfmt fmt = ORL_PIX_BGRA8; fmt <= ORL_PIX_RGB24; fmt++) {
        struct shared_frame f = shared_frame(fmt, 40, 30, 40 * 8, 4096);
        for (int i = 0; i < 12; i++) {
            static const char *const paths[] = {"direct", "held", "import"};
            f.slot.kind = (enum orl_slot_kind)(ORL_SLOT_STAGED + rig_random() % 3);
            show(gfx, &f, paths[f.slot.kind - ORL_SLOT_STAGED]);
            shared_frame_change(&f);
            f.slot.upload = (struct orl_rects){.n = 1, .r = {{3, 4, 20, 9}}};
        }
        shared_frame_free(&f);
    }
}

static void new_content_is_seen_through_the_old_image(void **state)
{
    struct orl_gfx *gfx = *state;
    struct shared_frame f = shared_frame(ORL_PIX_BGRA8, 64, 64, 256, 4096);
    for (int i = 0; i < 10; i++) {
        show(gfx, &f, "import");
        assert_int_equal(shared_frame_maps(), 2); /* ours and the image's */
        shared_frame_change(&f);
    }
    shared_frame_free(&f);
}

static void memory_may_change_once_the_picture_was_read(void **state)
{
    struct orl_gfx *gfx = *state;
    struct shared_frame f = shared_frame(ORL_PIX_RGBA8, 64, 64, 256, 0);
    show(gfx, &f, "import");
    memset(f.map, 0x11, f.bytes);
    shared_frame_compare(gfx, &f.slot);
    shared_frame_free(&f);
}

static void many_buffers_leave_only_some_images(void **state)
{
    struct orl_gfx *gfx = *state;
    for (int i = 0; i < 40; i++) {
        struct shared_frame f = shared_frame(ORL_PIX_BGRA8, 32, 32, 128, 0);
        show(gfx, &f, "import");
        shared_frame_free(&f);
        assert_true(shared_frame_maps() <= 8);
    }
    const struct orl_slot none = {.kind = ORL_SLOT_NONE};
    orl_gfx_select(gfx, 1);
    assert_int_equal(orl_gfx_frame(gfx, &none), ORL_OK); /* the other source's business */
    assert_true(shared_frame_maps() > 0);
    orl_gfx_select(gfx, 0);
    assert_int_equal(orl_gfx_frame(gfx, &none), ORL_OK);
    assert_int_equal(shared_frame_maps(), 0); /* the guest's memory is free */
}

static void a_short_descriptor_is_refused(void **state)
{
    (void)state;
    for (int lies = 0; lies < 2; lies++) {
        struct orl_gfx *gfx = rig_gfx();
        struct shared_frame f = shared_frame(ORL_PIX_BGRA8, 64, 64, 256, 4096);
        show(gfx, &f, "import");
        struct shared_frame shorter = shared_frame(ORL_PIX_BGRA8, 64, 64, 256, 4096);
        if (lies) {
            shorter.slot.shared.bytes = UINT64_MAX;
            shorter.slot.shared.offset = 4096 + 4;
        } else {
            shorter.slot.shared.bytes = 4096 + 64 * 256 - 1;
        }
        expect_refusal(gfx, &shorter.slot);
        shared_frame_compare(gfx, &f.slot); /* as before */
        shared_frame_free(&shorter);
        shared_frame_free(&f);
        orl_gfx_destroy(&gfx);
    }
}

static void offsets_beyond_everything_are_refused(void **state)
{
    (void)state;
    const uint64_t offsets[] = {INT32_MAX + UINT64_C(1), UINT64_C(1) << 32, UINT64_MAX - 4095,
                                UINT64_MAX / 4 * 4};
    for (size_t i = 0; i < 4; i++) {
        struct orl_gfx *gfx = rig_gfx();
        struct shared_frame f = shared_frame(ORL_PIX_RGBA8, 16, 16, 64, 0);
        f.slot.shared.offset = offsets[i];
        f.slot.shared.bytes = UINT64_MAX;
        expect_refusal(gfx, &f.slot);
        shared_frame_free(&f);
        orl_gfx_destroy(&gfx);
    }
}

static void other_pixels_than_the_processors_are_refused(void **state)
{
    (void)state;
    for (enum orl_pixfmt fmt = ORL_PIX_BGRA8; fmt <= ORL_PIX_RGB24; fmt++) {
        struct orl_gfx *gfx = rig_gfx();
        struct shared_frame f = shared_frame(fmt, 32, 24, 256, 4096);
        struct shared_frame other = shared_frame(fmt, 32, 24, 256, 4096);
        show(gfx, &f, "import");
        struct orl_slot wrong = f.slot;
        wrong.shared = other.slot.shared;
        expect_refusal(gfx, &wrong);
        shared_frame_compare(gfx, &f.slot); /* as before */

        /* Everything else goes on, with the changed pixels only. */
        shared_frame_change(&f);
        f.slot.upload = (struct orl_rects){.n = 1, .r = {{1, 2, 9, 8}}};
        f.slot.kind = ORL_SLOT_STAGED;
        show(gfx, &f, "direct");
        f.slot.kind = ORL_SLOT_HELD;
        show(gfx, &f, "held");
        f.slot.kind = ORL_SLOT_DMABUF;
        expect_refusal(gfx, &f.slot);
        shared_frame_free(&other);
        shared_frame_free(&f);
        orl_gfx_destroy(&gfx);
    }
}

/* The first descriptor is wrong but black where we look; the first content tells. */
static void expect_proof_by_content(struct orl_gfx *gfx, size_t from, size_t bytes,
                                    struct orl_rects upload)
{
    struct shared_frame f = shared_frame(ORL_PIX_BGRA8, 64, 64, 256, 0);
    struct shared_frame other = shared_frame(ORL_PIX_BGRA8, 64, 64, 256, 0);
    memset(f.map, 0, f.bytes);
    memset(other.map, 0, other.bytes);
    memset((void *)(uintptr_t)f.copy.map, 0, f.bytes);
    struct orl_shared right = f.slot.shared;
    f.slot.shared = other.slot.shared;
    show(gfx, &f, "import");
    show(gfx, &f, "import");
    memset(f.map + from, 0x55, bytes);
    f.slot.upload = upload;
    expect_refusal(gfx, &f.slot);
    f.slot.shared = right;
    shared_frame_free(&other);
    shared_frame_free(&f);
}

static void a_black_first_picture_is_proved_by_a_later_one(void **state)
{
    expect_proof_by_content(*state, 0, 64 * 256, (struct orl_rects){.full = true});
}

static void a_small_change_in_a_black_picture_proves_it(void **state)
{
    expect_proof_by_content(*state, 20 * 256 + 20 * 4, 1,
                            (struct orl_rects){.n = 1, .r = {{20, 20, 1, 1}}});
}

static void what_is_no_memory_is_refused(void **state)
{
    (void)state;
    int ends[2];
    assert_int_equal(pipe(ends), 0);
    const int wrong[] = {ends[0], -1};
    for (int i = 0; i < 2; i++) {
        struct orl_gfx *gfx = rig_gfx();
        struct shared_frame f = shared_frame(ORL_PIX_BGRA8, 64, 64, 256, 0);
        int fd = f.slot.shared.fd;
        f.slot.shared.fd = wrong[i];
        expect_refusal(gfx, &f.slot);
        f.slot.shared.fd = fd;
        shared_frame_free(&f);
        orl_gfx_destroy(&gfx);
    }
    close(ends[0]);
    close(ends[1]);
}

static void import_can_be_switched_off_and_on(void **state)
{
    struct orl_gfx *gfx = *state;
    struct shared_frame f = shared_frame(ORL_PIX_BGRA8, 64, 64, 256, 0);
    show(gfx, &f, "import");
    orl_gfx_set_import(gfx, false);
    expect_refusal(gfx, &f.slot);
    shared_frame_compare(gfx, &f.slot);
    assert_int_equal(shared_frame_maps(), 1);
    orl_gfx_set_import(gfx, true);
    assert_true(orl_gfx_ways(gfx) & ORL_WAY_MEMORY);
    show(gfx, &f, "import");
    shared_frame_free(&f);
}

static void turn_over(struct shared_frame *f)
{
    const struct orl_frame_desc *d = &f->slot.desc;
    for (uint32_t y = 0; y < d->rows; y++) {
        memcpy(f->map + f->slot.shared.offset + (size_t)y * d->pitch,
               f->copy.map + (size_t)(d->rows - 1 - y) * d->pitch, d->pitch);
    }
}

/* What a card with OpenGL hands over: no size, no mapping, perhaps the other way up. */
static void a_buffer_of_a_gpu_is_shown_without_a_mapping(void **state)
{
    struct orl_gfx *gfx = *state;
    for (int i = 0; i < 8; i++) {
        struct shared_frame f = shared_frame(ORL_PIX_BGRA8, 61, 43, 256, 0);
        f.slot.shared.foreign = true;
        f.slot.shared.bottom_up = i & 1;
        f.slot.shared.bytes = 0;
        f.slot.map = NULL;
        for (int k = 0; k < 4; k++) {
            if (i & 1) {
                turn_over(&f);
            }
            show(gfx, &f, "import");
            shared_frame_change(&f);
            f.slot.upload = (struct orl_rects){.n = 2, .r = {{3, 4, 20, 9}, {40, 30, 90, 90}}};
        }
        shared_frame_free(&f);
    }
}

static void a_gpus_buffer_that_is_refused_closes_no_way(void **state)
{
    struct orl_gfx *gfx = *state;
    struct shared_frame memory = shared_frame(ORL_PIX_BGRA8, 64, 64, 256, 0);
    struct shared_frame f = shared_frame(ORL_PIX_BGRA8, 64, 64, 256, 0);
    show(gfx, &memory, "import");
    struct orl_slot slot = f.slot;
    slot.map = NULL;
    slot.shared.foreign = true;
    slot.shared.bytes = 0;
    for (int i = 0; i < 5; i++) {
        struct orl_slot wrong = slot;
        wrong.shared.id = 500;
        wrong.shared.fd = i == 0 ? -1 : wrong.shared.fd;
        wrong.desc.pitch = i == 1 ? 258 : i == 2 ? 1 << 20 : 256;
        wrong.desc.w = i == 3 ? 1 << 20 : 64;
        wrong.desc.fmt = i == 4 ? (enum orl_pixfmt)77 : ORL_PIX_BGRA8;
        orl_gfx_select(gfx, 0);
        assert_int_equal(orl_gfx_frame(gfx, &wrong), ORL_EAGAIN);
        assert_true(orl_gfx_ways(gfx) & ORL_WAY_MEMORY);
        shared_frame_compare(gfx, &memory.slot);
    }
    /* The same number from another source is another buffer. */
    slot.shared.id = memory.slot.shared.id;
    assert_int_equal(orl_gfx_frame(gfx, &slot), ORL_OK);
    orl_gfx_select(gfx, 0);
    assert_int_equal(orl_gfx_frame(gfx, &slot), ORL_OK);
    orl_gfx_select(gfx, 1);
    assert_int_equal(orl_gfx_frame(gfx, &f.copy), ORL_OK);
    shared_frame_compare(gfx, &f.slot);
    shared_frame_free(&f);
    shared_frame_free(&memory);
}

static void memory_without_a_mapping_is_refused(void **state)
{
    struct orl_gfx *gfx = *state;
    struct shared_frame f = shared_frame(ORL_PIX_BGRA8, 64, 64, 256, 0);
    struct orl_slot slot = f.slot;
    slot.map = NULL;
    expect_refusal(gfx, &slot);
    shared_frame_free(&f);
}

static void a_picture_larger_than_the_driver_takes_closes_no_way(void **state)
{
    struct orl_gfx *gfx = *state;
    struct shared_frame f = shared_frame(ORL_PIX_BGRA8, 64, 64, 256, 0);
    struct orl_slot large = f.slot;
    large.desc.w = 1 << 20;
    assert_int_equal(orl_gfx_frame(gfx, &large), ORL_EUNSUPPORTED);
    assert_true(orl_gfx_ways(gfx) & ORL_WAY_MEMORY);
    show(gfx, &f, "import");
    shared_frame_free(&f);
}

struct scribbler {
    uint8_t *map;
    size_t bytes;
    int stop;
};

static void *scribble(void *arg)
{
    struct scribbler *s = arg;
    for (int v = 1; !__atomic_load_n(&s->stop, __ATOMIC_RELAXED); v++) {
        memset(s->map, v, s->bytes);
    }
    return NULL;
}

/* What is shown then is the guest's own fault; the answer is one of two and nothing breaks. */
static void a_guest_that_writes_all_the_time_breaks_nothing(void **state)
{
    (void)state;
    struct orl_gfx *gfx = rig_gfx();
    struct shared_frame f = shared_frame(ORL_PIX_BGR24_IN_32, 200, 100, 640, 4096);
    struct scribbler s = {f.map, f.bytes, 0};
    pthread_t thread;
    assert_int_equal(pthread_create(&thread, NULL, scribble, &s), 0);
    for (int i = 0; i < 50; i++) {
        f.slot.shared.id += 100;
        int err = orl_gfx_frame(gfx, &f.slot);
        assert_true(err == ORL_OK || err == ORL_EAGAIN);
        if (err) {
            orl_gfx_destroy(&gfx);
            gfx = rig_gfx();
        }
    }
    __atomic_store_n(&s.stop, 1, __ATOMIC_RELAXED);
    pthread_join(thread, NULL);
    shared_frame_free(&f);
    orl_gfx_destroy(&gfx);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        rig_gfx_test(software_gl_offers_all_ways),
        rig_gfx_test(every_type_at_any_width_pitch_and_offset_is_what_staging_shows),
        rig_gfx_test(odd_pitches_are_uploaded_and_the_way_stays_open),
        rig_gfx_test(missing_rows_keep_their_content_or_are_black),
        rig_gfx_test(only_what_changed_is_copied),
        rig_gfx_test(type_and_size_may_change_with_every_frame),
        rig_gfx_test(ways_may_change_with_every_frame),
        rig_gfx_test(new_content_is_seen_through_the_old_image),
        rig_gfx_test(memory_may_change_once_the_picture_was_read),
        rig_gfx_test(many_buffers_leave_only_some_images),
        cmocka_unit_test(a_short_descriptor_is_refused),
        cmocka_unit_test(offsets_beyond_everything_are_refused),
        cmocka_unit_test(other_pixels_than_the_processors_are_refused),
        rig_gfx_test(a_black_first_picture_is_proved_by_a_later_one),
        rig_gfx_test(a_small_change_in_a_black_picture_proves_it),
        cmocka_unit_test(what_is_no_memory_is_refused),
        rig_gfx_test(import_can_be_switched_off_and_on),
        rig_gfx_test(a_buffer_of_a_gpu_is_shown_without_a_mapping),
        rig_gfx_test(a_gpus_buffer_that_is_refused_closes_no_way),
        rig_gfx_test(memory_without_a_mapping_is_refused),
        rig_gfx_test(a_picture_larger_than_the_driver_takes_closes_no_way),
        cmocka_unit_test(a_guest_that_writes_all_the_time_breaks_nothing),
    };
    int skip_code = shared_frame_skip();
    return skip_code ? skip_code : cmocka_run_group_tests(tests, rig_setup, rig_teardown);
}
