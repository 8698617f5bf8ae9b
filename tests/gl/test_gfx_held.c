/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Frames uploaded straight from the guest's memory, and GL that cannot import: any Mesa. */
#include <stdlib.h>
#include <string.h>

#include <epoxy/egl.h>
#include <epoxy/gl.h>

#include "gl/rig.h"
#include "gl/shared_frame.h"
#include "support/check.h"

/* Picture 0 from the memory, picture 1 from the copy. Nothing is read once the call is over. */
static void show(struct orl_gfx *gfx, struct shared_frame *f)
{
    f->slot.kind = ORL_SLOT_HELD;
    f->copy.upload = f->slot.upload;
    orl_gfx_select(gfx, 0);
    assert_int_equal(orl_gfx_frame(gfx, &f->slot), ORL_OK);
    assert_string_equal(orl_gfx_upload_path(gfx), "held");
    assert_false(orl_gfx_frame_reads(gfx));
    assert_false(orl_gfx_frame_wait(gfx, 0));
    memset(f->map, 0x77, f->bytes);
    orl_gfx_select(gfx, 1);
    assert_int_equal(orl_gfx_frame(gfx, &f->copy), ORL_OK);
    assert_string_equal(orl_gfx_upload_path(gfx), "direct");
    shared_frame_compare(gfx, &f->slot);
}

static void held_pictures_are_what_staging_shows(void **state)
{
    struct orl_gfx *gfx = *state;
    for (enum orl_pixfmt fmt = ORL_PIX_BGRA8; fmt <= ORL_PIX_RGB24; fmt++) {
        for (uint32_t w = 1; w < 80; w += w < 9 ? 1 : 17) {
            for (uint32_t more = 0; more < 9; more++) {
                struct shared_frame f =
                    shared_frame(fmt, w, 7, w * rig_pixel_bytes(fmt) + more, 64 + more);
                show(gfx, &f);
                shared_frame_free(&f);
            }
        }
    }
}

static void only_what_changed_is_uploaded(void **state)
{
    struct orl_gfx *gfx = *state;
    for (enum orl_pixfmt fmt = ORL_PIX_BGRA8; fmt <= ORL_PIX_RGB24; fmt++) {
        struct shared_frame f = shared_frame(fmt, 67, 43, 67 * 8, 0);
        show(gfx, &f);
        for (int i = 0; i < 8; i++) {
            shared_frame_change(&f);
            f.slot.upload = (struct orl_rects){
                .n = 1, .r = {{rig_random() % 80, rig_random() % 50, rig_random() % 40, 17}}};
            show(gfx, &f);
        }
        shared_frame_free(&f);
    }
}

/* Debian 12's Mesa says by EGL that it imports nothing; newer ones try it at start. */
static void ways_are_what_egl_can(void **state)
{
    struct orl_gfx *gfx = *state;
    assert_true(orl_gfx_is_software(gfx));
    assert_true(orl_gfx_ways(gfx) & ORL_WAY_HELD);
    uint32_t imports = orl_gfx_ways(gfx) & (ORL_WAY_DMABUF | ORL_WAY_MEMORY);
    if (!epoxy_has_egl_extension(eglGetCurrentDisplay(), "EGL_EXT_image_dma_buf_import")) {
        assert_int_equal(imports, 0);
    }
    if (imports) {
        assert_int_equal(imports, ORL_WAY_DMABUF | ORL_WAY_MEMORY);
        orl_gfx_set_import(gfx, false);
        assert_int_equal(orl_gfx_ways(gfx), ORL_WAY_HELD);
    }
    struct shared_frame f = shared_frame(ORL_PIX_BGRA8, 40, 30, 256, 0);
    assert_int_equal(orl_gfx_frame(gfx, &f.slot), ORL_EAGAIN);
    assert_true(strlen(orl_gfx_refusal(gfx)) > 0);
    assert_false(orl_gfx_frame_reads(gfx));
    show(gfx, &f);
    shared_frame_free(&f);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        rig_gfx_test(held_pictures_are_what_staging_shows),
        rig_gfx_test(only_what_changed_is_uploaded),
        rig_gfx_test(ways_are_what_egl_can),
    };
    return cmocka_run_group_tests(tests, rig_setup, rig_teardown);
}
