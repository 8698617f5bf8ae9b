/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What GL cannot do, the staging buffers, and use that is out of order. */
#include <stdlib.h>
#include <string.h>

#include <epoxy/gl.h>

#include "gfx/upload.h"
#include "gl/reference.h"
#include "gl/rig.h"
#include "support/check.h"

static struct orl_gfx *make(void)
{
    const struct orl_gfx_conf conf = {.offscreen = true, .debug = true};
    struct orl_gfx *gfx = NULL;
    assert_int_equal(orl_gfx_create(&gfx, &conf), ORL_OK);
    return gfx;
}

static void renderer_is_known_as_software(void **state)
{
    (void)state;
    struct orl_gfx *gfx = make();
    assert_true(orl_gfx_is_software(gfx));
    assert_non_null(strstr(orl_gfx_renderer(gfx), "pipe"));
    assert_string_equal(orl_gfx_upload_path(gfx), "direct");
    orl_gfx_destroy(&gfx);
    orl_gfx_destroy(&gfx); /* nothing left to do */
}

static void picture_larger_than_the_driver_takes_is_refused(void **state)
{
    (void)state;
    struct orl_gfx *gfx = make();
    struct orl_slot slot = rig_slot(ORL_PIX_BGRA8, 8, 8, 32);
    assert_int_equal(orl_gfx_frame(gfx, &slot), ORL_OK);
    struct orl_slot large = slot;
    large.desc.w = 1 << 20; /* only the header says so: nothing may be read */
    assert_int_equal(orl_gfx_frame(gfx, &large), ORL_EUNSUPPORTED);
    large = slot;
    large.desc.h = large.desc.rows = 1 << 20;
    assert_int_equal(orl_gfx_frame(gfx, &large), ORL_EUNSUPPORTED);
    /* Nothing is shown instead of the old picture, until there is one again. */
    struct orl_scene scene = rig_scene(&slot, 8, 8, 0, 0, ORL_FILTER_AUTO);
    orl_gfx_draw(gfx, &scene);
    uint8_t black[8 * 8 * 4] = {0};
    uint8_t *got = rig_read(gfx, 8, 8);
    rig_expect(got, black, 8, 8, 0);
    free(got);
    assert_int_equal(orl_gfx_frame(gfx, &slot), ORL_OK);
    orl_gfx_draw(gfx, &scene);
    got = rig_read(gfx, 8, 8);
    rig_expect(got, slot.map, 8, 8, 0);
    free(got);
    rig_slot_free(&slot);
    orl_gfx_destroy(&gfx);
}

static void slot_without_a_picture_changes_nothing(void **state)
{
    (void)state;
    struct orl_gfx *gfx = make();
    struct orl_slot slot = rig_slot(ORL_PIX_BGRA8, 8, 8, 32);
    const struct orl_slot none = {.kind = ORL_SLOT_NONE};
    assert_int_equal(orl_gfx_frame(gfx, &none), ORL_OK);
    assert_int_equal(orl_gfx_frame(gfx, &slot), ORL_OK);
    assert_int_equal(orl_gfx_frame(gfx, &none), ORL_OK);
    struct orl_scene scene = rig_scene(&slot, 8, 8, 0, 0, ORL_FILTER_AUTO);
    orl_gfx_draw(gfx, &scene);
    uint8_t *got = rig_read(gfx, 8, 8);
    rig_expect(got, slot.map, 8, 8, 0);
    free(got);
    rig_slot_free(&slot);
    orl_gfx_destroy(&gfx);
}

static void window_of_impossible_size_is_not_drawn(void **state)
{
    (void)state;
    struct orl_gfx *gfx = make();
    struct orl_slot slot = rig_slot(ORL_PIX_BGRA8, 8, 8, 32);
    assert_int_equal(orl_gfx_frame(gfx, &slot), ORL_OK);
    struct orl_scene scene = rig_scene(&slot, 0, 0, 0, 0, ORL_FILTER_AUTO);
    orl_gfx_draw(gfx, &scene);
    scene = rig_scene(&slot, 1 << 24, 1, 0, 0, ORL_FILTER_AUTO);
    orl_gfx_draw(gfx, &scene);
    uint8_t untouched[4] = {1, 2, 3, 4};
    orl_gfx_read(gfx, (struct orl_rect){0, 0, 1, 1}, untouched, 4);
    orl_gfx_read(gfx, (struct orl_rect){UINT32_MAX, 0, 1, 1}, untouched, 4);
    assert_int_equal(untouched[0], 1);
    assert_int_equal(glGetError(), GL_NO_ERROR);
    rig_slot_free(&slot);
    orl_gfx_destroy(&gfx);
}

static void pool_buffers_are_aligned_and_apart(void **state)
{
    (void)state;
    struct orl_gfx *gfx = make();
    struct orl_pool a = {0}, b = {0};
    orl_gfx_pool_free(gfx, &a); /* a zeroed pool is fine */
    assert_int_equal(orl_gfx_pool_alloc(gfx, 12345, &a), ORL_OK);
    assert_int_equal(orl_gfx_pool_alloc(gfx, 777, &b), ORL_OK);
    assert_true(a.generation && b.generation > a.generation && a.bytes == 12345);
    for (int i = 0; i < 3; i++) {
        assert_int_equal((uintptr_t)a.map[i] % 64, 0);
        memset(a.map[i], i, 12345);
        memset(b.map[i], 9, 777);
    }
    assert_true(a.map[0][0] == 0 && a.map[1][12344] == 1 && a.map[2][12344] == 2);
    assert_int_equal(orl_gfx_pool_alloc(gfx, 0, &b), ORL_ENOMEM);
    assert_int_equal(orl_gfx_pool_alloc(gfx, SIZE_MAX, &b), ORL_ENOMEM);
    assert_int_equal(b.bytes, 777); /* untouched on error */
    orl_gfx_pool_free(gfx, &a);
    assert_true(a.generation == 0 && a.map[0] == NULL);
    orl_gfx_pool_free(gfx, &b);
    orl_gfx_destroy(&gfx);
}

static void too_many_pools_are_refused(void **state)
{
    (void)state;
    struct orl_gfx *gfx = make();
    struct orl_pool pools[ORL_UPLOAD_POOLS], more;
    for (int i = 0; i < ORL_UPLOAD_POOLS; i++) {
        assert_int_equal(orl_gfx_pool_alloc(gfx, 64, &pools[i]), ORL_OK);
    }
    assert_int_equal(orl_gfx_pool_alloc(gfx, 64, &more), ORL_ENOMEM);
    for (int i = 0; i < ORL_UPLOAD_POOLS; i++) {
        orl_gfx_pool_free(gfx, &pools[i]);
    }
    orl_gfx_destroy(&gfx);
}

/* Software GL never chooses pixel buffers by itself; the path is the same with a real driver. */
static void pixel_buffer_gives_its_pixels_to_the_texture(void **state)
{
    (void)state;
    if (!epoxy_has_gl_extension("GL_EXT_buffer_storage")) {
        skip();
    }
    struct orl_upload up = {.pixel_buffer = true};
    struct orl_pool pool;
    assert_int_equal(orl_upload_alloc(&up, 40 * 4, &pool), ORL_OK);
    uint32_t tex = 0, fbo = 0;
    glGenTextures(1, &tex);
    glBindTexture(GL_TEXTURE_2D, tex);
    glTexStorage2D(GL_TEXTURE_2D, 1, GL_RGBA8, 8, 5);
    glGenFramebuffers(1, &fbo);
    glBindFramebuffer(GL_FRAMEBUFFER, fbo);
    glFramebufferTexture2D(GL_FRAMEBUFFER, GL_COLOR_ATTACHMENT0, GL_TEXTURE_2D, tex, 0);
    for (uint32_t i = 0; i < 9; i++) {
        struct orl_slot slot = {
            .pool = pool.generation, .buffer = i % 3, .map = pool.map[i % 3]};
        memset(pool.map[i % 3], (int)(i * 17 + 1), 160);
        const uint8_t *at = orl_upload_bind(&up, &slot, 160);
        assert_null(at); /* an offset in the bound buffer */
        glTexSubImage2D(GL_TEXTURE_2D, 0, 0, 0, 8, 5, GL_RGBA, GL_UNSIGNED_BYTE, at);
        orl_upload_unbind(&up, at, &slot);
        assert_non_null(up.fence);
        orl_upload_settle(&up);
        assert_null(up.fence);
        uint8_t got[160];
        glReadPixels(0, 0, 8, 5, GL_RGBA, GL_UNSIGNED_BYTE, got);
        assert_memory_equal(got, pool.map[i % 3], 160);
    }
    struct orl_slot slot = {.pool = pool.generation, .buffer = 0, .map = pool.map[0]};
    /* More than the buffer holds, or of a pool that is gone: the address itself. */
    assert_ptr_equal(orl_upload_bind(&up, &slot, 1 << 20), pool.map[0]);
    slot.pool = 77;
    assert_ptr_equal(orl_upload_bind(&up, &slot, 160), pool.map[0]);
    orl_upload_free(&up, &pool);
    orl_upload_finish(&up);
    glDeleteFramebuffers(1, &fbo);
    glDeleteTextures(1, &tex);
    assert_int_equal(glGetError(), GL_NO_ERROR);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(renderer_is_known_as_software),
        cmocka_unit_test(picture_larger_than_the_driver_takes_is_refused),
        cmocka_unit_test(slot_without_a_picture_changes_nothing),
        cmocka_unit_test(window_of_impossible_size_is_not_drawn),
        cmocka_unit_test(pool_buffers_are_aligned_and_apart),
        cmocka_unit_test(too_many_pools_are_refused),
        cmocka_unit_test(pixel_buffer_gives_its_pixels_to_the_texture),
    };
    return cmocka_run_group_tests(tests, rig_setup, rig_teardown);
}
