/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The stored values themselves, bit by bit, and what only the module below gfx shows. */
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <epoxy/gl.h>

#include "gfx/frame_tex.h"
#include "gfx/import.h"
#include "gfx/proof.h"
#include "gl/rig.h"
#include "gl/shared_frame.h"
#include "support/check.h"

struct bench {
    struct orl_caps caps;
    struct orl_programs programs;
    struct orl_upload upload;
    struct orl_import import;
    uint32_t vao, fbo;
    struct orl_frame_tex imported, staged;
};

static void open_bench(struct bench *b)
{
    memset(b, 0, sizeof(*b));
    assert_int_equal(orl_caps_read(&b->caps, false), ORL_OK);
    glGenVertexArrays(1, &b->vao);
    glGenFramebuffers(1, &b->fbo);
    glDisable(GL_DITHER);
    orl_upload_init(&b->upload, &b->caps);
    orl_import_init(&b->import, &b->caps, &b->programs, b->vao);
    assert_true(b->import.ways & ORL_WAY_MEMORY);
    b->import.images.made = 0; /* without the one of the check at start */
    b->import.proofs = 0;
}

static void close_bench(struct bench *b)
{
    orl_import_finish(&b->import);
    orl_upload_finish(&b->upload);
    orl_frame_tex_finish(&b->imported);
    orl_frame_tex_finish(&b->staged);
    orl_programs_finish(&b->programs);
    glDeleteVertexArrays(1, &b->vao);
    glDeleteFramebuffers(1, &b->fbo);
}

/* Four components per pixel, each as it is stored; 10 bits as whole words in the first. */
static uint32_t *read_values(struct bench *b, const struct orl_frame_tex *t)
{
    size_t n = (size_t)t->w * t->h * 4;
    uint32_t *out = calloc(n, sizeof(*out));
    uint8_t *bytes = calloc(n, 1);
    assert_true(out && bytes);
    glBindFramebuffer(GL_READ_FRAMEBUFFER, b->fbo);
    glFramebufferTexture2D(GL_READ_FRAMEBUFFER, GL_COLOR_ATTACHMENT0, GL_TEXTURE_2D, t->tex, 0);
    glPixelStorei(GL_PACK_ALIGNMENT, 1);
    GLsizei w = (GLsizei)t->w, h = (GLsizei)t->h;
    if (t->fmt == ORL_PIX_RGBA16F) {
        glReadPixels(0, 0, w, h, GL_RGBA, GL_FLOAT, out);
    } else if (t->fmt == ORL_PIX_RGB10A2) {
        glReadPixels(0, 0, w, h, GL_RGBA, GL_UNSIGNED_INT_2_10_10_10_REV, out);
    } else {
        glReadPixels(0, 0, w, h, GL_RGBA, GL_UNSIGNED_BYTE, bytes);
        for (size_t i = 0; i < n; i++) {
            out[i] = bytes[i];
        }
    }
    free(bytes);
    return out;
}

static void compare(struct bench *b, const struct shared_frame *f)
{
    struct orl_image *image = NULL;
    assert_int_equal(orl_import_prepare(&b->import, &f->slot, &image), ORL_OK);
    assert_int_equal(orl_frame_tex_import(&b->imported, &b->import, image, &f->slot), ORL_OK);
    assert_int_equal(orl_frame_tex_update(&b->staged, &b->caps, &b->upload, &f->copy), ORL_OK);
    uint32_t *got = read_values(b, &b->imported), *want = read_values(b, &b->staged);
    for (size_t i = 0; i < (size_t)f->slot.desc.w * f->slot.desc.h * 4; i++) {
        if (got[i] != want[i]) {
            fail_msg("type %d, %u wide: value %zu is %x instead of %x", (int)f->slot.desc.fmt,
                     f->slot.desc.w, i, got[i], want[i]);
        }
    }
    free(got);
    free(want);
}

static void compare_all(struct bench *b)
{
    for (enum orl_pixfmt fmt = ORL_PIX_BGRA8; fmt <= ORL_PIX_RGB24; fmt++) {
        for (uint32_t w = 1; w < 300; w += w < 20 ? 1 : 93) {
            struct shared_frame f = shared_frame(fmt, w, 9, (w * 8 + 7) / 8 * 8, 4 * (w % 40));
            compare(b, &f);
            shared_frame_free(&f);
        }
    }
    assert_true(b->import.images.made > 100);
}

static void stored_values_are_the_staged_ones(void **state)
{
    (void)state;
    struct bench b;
    open_bench(&b);
    compare_all(&b);
    close_bench(&b);
}

static void drivers_without_bgra_textures_get_the_same_values(void **state)
{
    (void)state;
    struct bench b;
    open_bench(&b);
    orl_import_finish(&b.import);
    b.caps.bgra = false;
    orl_import_init(&b.import, &b.caps, &b.programs, b.vao);
    compare_all(&b);
    close_bench(&b);
}

/* As NVIDIA's driver wants it. */
static void external_textures_give_the_same_values(void **state)
{
    (void)state;
    struct bench b;
    open_bench(&b);
    if (!b.import.images.external) {
        close_bench(&b);
        skip();
    }
    b.import.images.force_external = true;
    compare_all(&b);
    close_bench(&b);
}

/* Both ways of copying, and the types that have a shader in any case. */
static void rows_are_turned_over_the_same_way_by_blit_and_shader(void **state)
{
    (void)state;
    struct bench b;
    open_bench(&b);
    for (int i = 0; i < 12; i++) {
        enum orl_pixfmt fmt = (enum orl_pixfmt)(1 + i % 6);
        b.import.images.force_external = i >= 6 && b.import.images.external;
        struct shared_frame f = shared_frame(fmt, 37, 11, 37 * 8, 64);
        f.slot.shared.foreign = f.slot.shared.bottom_up = true;
        f.slot.map = NULL;
        for (uint32_t y = 0; y < 11; y++) {
            memcpy(f.map + 64 + (size_t)y * 37 * 8, f.copy.map + (size_t)(10 - y) * 37 * 8,
                   37 * 8);
        }
        compare(&b, &f);
        f.slot.upload = f.copy.upload =
            (struct orl_rects){.n = 2, .r = {{1, 2, 3, 4}, {20, 5, 99, 99}}};
        shared_frame_change(&f);
        for (uint32_t y = 0; y < 11; y++) {
            memcpy(f.map + 64 + (size_t)y * 37 * 8, f.copy.map + (size_t)(10 - y) * 37 * 8,
                   37 * 8);
        }
        compare(&b, &f);
        shared_frame_free(&f);
    }
    assert_int_equal(b.import.proofs, 0); /* nothing to compare with */
    close_bench(&b);
}

/* Every half that is a number, with the values next to it. */
static void every_finite_half_is_kept(void **state)
{
    (void)state;
    struct bench b;
    open_bench(&b);
    for (int external = 0; external < 2; external++) {
        b.import.images.force_external = external && b.import.images.external;
        struct shared_frame f = shared_frame(ORL_PIX_RGBA16F, 256, 256, 2048, 4096);
        for (uint32_t i = 0; i < 65536 * 4; i++) {
            uint16_t half = (uint16_t)(i / 4 + i % 4 * 16384);
            half = (half & 0x7c00) == 0x7c00 ? 0x3c00 : half;
            memcpy(f.map + 4096 + i * 2, &half, 2);
        }
        memcpy((void *)(uintptr_t)f.copy.map, f.map + 4096, 65536 * 8);
        compare(&b, &f);
        shared_frame_free(&f);
    }
    close_bench(&b);
}

static void after_the_proof_nothing_is_read_back(void **state)
{
    (void)state;
    struct bench b;
    open_bench(&b);
    struct shared_frame f = shared_frame(ORL_PIX_BGRA8, 64, 32, 256, 4096);
    memset(f.map, 0, f.bytes);
    memset((void *)(uintptr_t)f.copy.map, 0, 32 * 256);
    compare(&b, &f);
    compare(&b, &f);
    assert_int_equal(b.import.proofs, 2); /* black proves nothing */
    shared_frame_change(&f);
    compare(&b, &f);
    assert_int_equal(b.import.proofs, 3);
    for (int i = 0; i < 5; i++) {
        shared_frame_change(&f);
        compare(&b, &f);
    }
    assert_int_equal(b.import.proofs, 3);
    assert_int_equal(b.import.images.made, 1);
    f.slot.desc.w = f.copy.desc.w = 63; /* another shape: another image, another proof */
    compare(&b, &f);
    assert_int_equal(b.import.proofs, 4);
    assert_int_equal(b.import.images.made, 2);
    shared_frame_free(&f);
    close_bench(&b);
}

/* A driver that does not know a type stands in for one that does not like an alignment. */
static void a_shape_the_driver_refuses_is_not_tried_again(void **state)
{
    (void)state;
    struct bench b;
    open_bench(&b);
    struct orl_image *image = NULL;
    struct shared_frame odd = shared_frame(ORL_PIX_BGRA8, 64, 32, 260, 4096);
    struct shared_frame even = shared_frame(ORL_PIX_RGBA8, 64, 32, 260, 4096);
    uint32_t fourcc = b.import.fourcc[ORL_PIX_BGRA8];
    b.import.fourcc[ORL_PIX_BGRA8] = 0x20202020;
    assert_int_equal(orl_import_prepare(&b.import, &odd.slot, &image), ORL_EUNSUPPORTED);
    assert_true(strlen(b.import.why) > 0);
    b.import.fourcc[ORL_PIX_BGRA8] = fourcc;
    assert_int_equal(orl_import_prepare(&b.import, &odd.slot, &image), ORL_EUNSUPPORTED);
    assert_int_equal(b.import.images.made, 0);
    compare(&b, &even); /* others go on */
    shared_frame_free(&odd);
    odd = shared_frame(ORL_PIX_BGRA8, 64, 32, 256, 4096);
    compare(&b, &odd);

    /* With an alignment that suits everybody it is the driver that cannot. */
    b.import.fourcc[ORL_PIX_BGRA8] = 0x20202020;
    assert_int_equal(orl_import_prepare(&b.import, &odd.slot, &image), ORL_EAGAIN);
    assert_int_equal(b.import.ways, 0);
    b.import.fourcc[ORL_PIX_BGRA8] = 0; /* not in EGL's list */
    b.import.ways = ORL_WAY_DMABUF;
    assert_int_equal(orl_import_prepare(&b.import, &odd.slot, &image), ORL_EUNSUPPORTED);
    assert_int_equal(b.import.ways, ORL_WAY_DMABUF);
    shared_frame_free(&odd);
    shared_frame_free(&even);
    close_bench(&b);
}

static void images_fit_when_their_last_byte_does(void **state)
{
    (void)state;
    struct orl_image_key k = {.id = 1, .offset = 4096, .w = 10, .h = 3, .pitch = 64, .unit = 4};
    assert_true(orl_images_fits(&k, 4096 + 2 * 64 + 40));
    assert_false(orl_images_fits(&k, 4096 + 2 * 64 + 39));
    k.pitch = 39;
    assert_false(orl_images_fits(&k, UINT64_MAX));
    k.pitch = 64;
    k.h = UINT32_MAX;
    assert_false(orl_images_fits(&k, UINT32_MAX));
    assert_true(orl_images_fits(&k, UINT64_MAX));
    k.w = k.pitch = UINT32_MAX;
    assert_false(orl_images_fits(&k, UINT64_MAX));
    k = (struct orl_image_key){
        .id = 1, .offset = UINT64_MAX, .w = 1, .h = 1, .pitch = 4, .unit = 4};
    assert_false(orl_images_fits(&k, UINT64_MAX));
    k.offset = 0;
    k.w = 0;
    assert_false(orl_images_fits(&k, UINT64_MAX));
    k.w = 1;
    k.h = 0;
    assert_false(orl_images_fits(&k, UINT64_MAX));
}

static void proof_looks_inside_picture_and_changes(void **state)
{
    (void)state;
    for (int i = 0; i < 2000; i++) {
        struct orl_proof p;
        struct orl_slot slot = {.desc = {.w = 1 + rig_random() % 400, .h = 500}};
        slot.desc.rows = 1 + rig_random() % 300;
        slot.upload.n = rig_random() % 4;
        slot.upload.full = slot.upload.n == 3;
        for (uint32_t k = 0; k < slot.upload.n; k++) {
            slot.upload.r[k] = (struct orl_rect){rig_random(), rig_random() % 400, rig_random(),
                                                 rig_random() % 400};
        }
        if (slot.upload.n) {
            slot.upload.r[0] = (struct orl_rect){slot.desc.w - 1, slot.desc.rows - 1, 1, 1};
        }
        orl_proof_choose(&p, &slot);
        uint32_t seen = 0;
        assert_in_range(p.n, 16, 32);
        for (uint32_t k = 0; k < p.n; k++) {
            assert_true(p.x[k] < slot.desc.w && p.y[k] < slot.desc.rows);
            seen += p.x[k] == slot.desc.w - 1 && p.y[k] == slot.desc.rows - 1;
        }
        assert_true(seen > 0 || slot.upload.n == 0 || slot.upload.full);
    }
}

static void proof_wants_eight_pixels_with_content(void **state)
{
    (void)state;
    struct shared_frame f = shared_frame(ORL_PIX_RGBA8, 32, 1, 128, 0);
    struct orl_proof p = {.n = 32};
    union orl_proof_seen seen;
    memset(f.map, 0, f.bytes);
    for (uint32_t i = 0; i < 32; i++) {
        p.x[i] = i;
    }
    for (uint32_t i = 0; i < 9; i++) {
        memcpy(&seen, f.map, 128);
        assert_int_equal(orl_proof_compare(&p, &f.slot, false, &seen),
                         i < 8 ? ORL_PROOF_OPEN : ORL_PROOF_GOOD);
        f.map[i * 12 + i % 3] = 1;
    }
    f.map[3] = 0xff; /* the fourth byte means nothing */
    memcpy(&seen, f.map, 128);
    seen.bytes[31][3] = 7;
    assert_int_equal(orl_proof_compare(&p, &f.slot, false, &seen), ORL_PROOF_GOOD);
    seen.bytes[31][1] ^= 1;
    assert_int_equal(orl_proof_compare(&p, &f.slot, false, &seen), ORL_PROOF_WRONG);
    shared_frame_free(&f);
}

static void proof_knows_halves(void **state)
{
    (void)state;
    const struct {
        uint16_t half;
        float seen;
        bool same;
    } cases[] = {{0x3c00, 1.0f, true},      {0x3c01, 1.0f, false},    {0xc000, -2.0f, true},
                 {0x7bff, 65504.0f, true},  {0x7c00, INFINITY, true}, {0xfc00, -INFINITY, true},
                 {0xfc00, INFINITY, false}, {0x7e00, NAN, true},      {0x7e00, 1.0f, false},
                 {0x3c00, NAN, false},      {0x0001, 0x1p-24f, true}, {0x0001, 0.0f, true},
                 {0x8001, 0.0f, true},      {0x0400, 0x1p-14f, true}, {0x0400, 0.0f, false}};
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        uint16_t pixel[4] = {cases[i].half, 0x3c00, 0x3c00, 0};
        struct orl_slot slot = {
            .map = (const uint8_t *)pixel,
            .desc = {.fmt = ORL_PIX_RGBA16F, .w = 1, .rows = 1, .pitch = 8}};
        struct orl_proof p = {.n = 1};
        union orl_proof_seen seen = {.floats = {{cases[i].seen, 1, 1, 1}}};
        assert_int_equal(orl_proof_compare(&p, &slot, false, &seen),
                         cases[i].same ? ORL_PROOF_OPEN : ORL_PROOF_WRONG);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(stored_values_are_the_staged_ones),
        cmocka_unit_test(drivers_without_bgra_textures_get_the_same_values),
        cmocka_unit_test(external_textures_give_the_same_values),
        cmocka_unit_test(rows_are_turned_over_the_same_way_by_blit_and_shader),
        cmocka_unit_test(every_finite_half_is_kept),
        cmocka_unit_test(after_the_proof_nothing_is_read_back),
        cmocka_unit_test(a_shape_the_driver_refuses_is_not_tried_again),
        cmocka_unit_test(images_fit_when_their_last_byte_does),
        cmocka_unit_test(proof_looks_inside_picture_and_changes),
        cmocka_unit_test(proof_wants_eight_pixels_with_content),
        cmocka_unit_test(proof_knows_halves),
    };
    int skip_code = shared_frame_skip();
    return skip_code ? skip_code : cmocka_run_group_tests(tests, rig_setup, rig_teardown);
}
