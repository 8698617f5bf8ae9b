/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "gl/rig.h"

#include <stdlib.h>
#include <string.h>

#include <epoxy/egl.h>
#include <epoxy/gl.h>

#include "support/check.h"

static EGLDisplay display;
static EGLContext context;
static EGLSurface surface;

bool rig_open(bool window, uint32_t w, uint32_t h)
{
    static const EGLint wanted[] = {EGL_SURFACE_TYPE,
                                    EGL_PBUFFER_BIT,
                                    EGL_RENDERABLE_TYPE,
                                    EGL_OPENGL_ES3_BIT,
                                    EGL_RED_SIZE,
                                    8,
                                    EGL_GREEN_SIZE,
                                    8,
                                    EGL_BLUE_SIZE,
                                    8,
                                    EGL_ALPHA_SIZE,
                                    0,
                                    EGL_NONE};
    static const EGLint version[] = {EGL_CONTEXT_CLIENT_VERSION, 3, EGL_NONE};
    const EGLint size[] = {EGL_WIDTH, (EGLint)w, EGL_HEIGHT, (EGLint)h, EGL_NONE};
    EGLConfig configs[64];
    EGLint n = 0, alpha = 8;
    display =
        eglGetPlatformDisplayEXT(EGL_PLATFORM_SURFACELESS_MESA, EGL_DEFAULT_DISPLAY, NULL);
    if (!eglInitialize(display, NULL, NULL) || !eglBindAPI(EGL_OPENGL_ES_API) ||
        !eglChooseConfig(display, wanted, configs, 64, &n) || n < 1) {
        return false;
    }
    EGLConfig config = configs[0];
    for (EGLint i = 0; i < n && alpha; i++) { /* sorted the other way round: most alpha first */
        eglGetConfigAttrib(display, configs[i], EGL_ALPHA_SIZE, &alpha);
        config = configs[i];
    }
    context = eglCreateContext(display, config, EGL_NO_CONTEXT, version);
    surface = window ? eglCreatePbufferSurface(display, config, size) : EGL_NO_SURFACE;
    return eglMakeCurrent(display, surface, surface, context);
}

void rig_close(void)
{
    eglMakeCurrent(display, EGL_NO_SURFACE, EGL_NO_SURFACE, EGL_NO_CONTEXT);
    if (surface) {
        eglDestroySurface(display, surface);
    }
    eglDestroyContext(display, context);
    /* No eglTerminate(): it unloads the driver, and a leak report could not name it any more. */
}

int rig_setup(void **state)
{
    (void)state;
    return rig_open(false, 0, 0) ? 0 : -1;
}

int rig_teardown(void **state)
{
    (void)state;
    int errors = glGetError() == GL_NO_ERROR ? 0 : -1;
    rig_close();
    return errors;
}

struct orl_gfx *rig_gfx(void)
{
    const struct orl_gfx_conf conf = {.offscreen = true};
    struct orl_gfx *gfx = NULL;
    assert_int_equal(orl_gfx_create(&gfx, &conf), ORL_OK);
    return gfx;
}

int rig_gfx_setup(void **state)
{
    *state = rig_gfx();
    return 0;
}

int rig_gfx_teardown(void **state)
{
    struct orl_gfx *gfx = *state;
    orl_gfx_destroy(&gfx);
    return 0;
}

uint32_t rig_random(void)
{
    static uint64_t seed = 42;
    seed = seed * 6364136223846793005u + 1442695040888963407u;
    return (uint32_t)(seed >> 33);
}

uint32_t rig_pixel_bytes(enum orl_pixfmt fmt)
{
    static const uint32_t bytes[] = {0, 4, 4, 4, 8, 3, 3};
    return bytes[fmt];
}

struct orl_slot rig_slot(enum orl_pixfmt fmt, uint32_t w, uint32_t h, uint32_t pitch)
{
    struct orl_slot s = {.kind = ORL_SLOT_STAGED};
    s.desc = (struct orl_frame_desc){.fmt = fmt,
                                     .w = w,
                                     .h = h,
                                     .screen_w = w,
                                     .screen_h = h,
                                     .rows = h,
                                     .pitch = pitch,
                                     .white_nits = 203,
                                     .row_bytes = w * rig_pixel_bytes(fmt)};
    orl_rects_set_full(&s.upload);
    uint8_t *map = malloc((size_t)h * pitch);
    assert_non_null(map);
    for (size_t i = 0; i < (size_t)h * pitch; i++) {
        map[i] = (uint8_t)rig_random();
    }
    for (uint32_t y = 0; fmt == ORL_PIX_RGBA16F && y < h; y++) {
        for (uint32_t x = 0; x < w * 4; x++) {
            uint32_t r = rig_random();
            /* 2^-9..4, or one in eight negative down to -0.5 */
            uint16_t half =
                (uint16_t)(r % 8 ? 0x1800 + r / 8 % 0x2c00 : 0x9800 + r / 8 % 0x2000);
            memcpy(map + (size_t)y * pitch + x * 2, &half, 2);
        }
    }
    s.map = map;
    return s;
}

void rig_slot_free(struct orl_slot *slot)
{
    free((void *)(uintptr_t)slot->map);
    slot->map = NULL;
}

struct orl_scene rig_scene(const struct orl_slot *slot, uint32_t win_w, uint32_t win_h,
                           uint32_t turns, uint32_t user_turns, enum orl_view_filter filter)
{
    const struct orl_view_in in = {.frame_w = slot->desc.w,
                                   .frame_h = slot->desc.h,
                                   .win_w = win_w,
                                   .win_h = win_h,
                                   .turns = turns,
                                   .user_turns = user_turns,
                                   .keep_aspect = true,
                                   .filter = filter};
    struct orl_scene s = {.win_w = win_w,
                          .win_h = win_h,
                          .view = orl_view_make(&in),
                          .screen_w = slot->desc.screen_w,
                          .screen_h = slot->desc.screen_h};
    orl_rects_set_full(&s.damage);
    return s;
}

uint8_t *rig_read(struct orl_gfx *gfx, uint32_t w, uint32_t h)
{
    uint8_t *out = malloc((size_t)w * h * 4);
    assert_non_null(out);
    memset(out, 0xa5, (size_t)w * h * 4);
    orl_gfx_read(gfx, (struct orl_rect){0, 0, w, h}, out, w * 4);
    return out;
}

void rig_expect(const uint8_t *got, const uint8_t *want, uint32_t w, uint32_t h, int off)
{
    for (uint32_t i = 0; i < w * h; i++) {
        for (int k = 0; k < 3; k++) {
            int a = got[4 * i + (uint32_t)k], b = want[4 * i + (uint32_t)k];
            if (a - b > off || b - a > off) {
                fail_msg("pixel (%u, %u), component %d: %d instead of %d", i % w, i / w, k, a,
                         b);
            }
        }
    }
}
