/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "gfx/image.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include <epoxy/egl.h>
#include <epoxy/gl.h>

#define MODIFIER_LINEAR  UINT64_C(0) /* drm_fourcc.h */
#define MODIFIER_INVALID UINT64_C(0x00ffffffffffffff)
#define FORMATS_MAX      256
#define MODIFIERS_MAX    128

/* Not only asked of libepoxy, because it ends the process when it cannot find a function. */
void orl_images_init(struct orl_images *m, bool software)
{
    memset(m, 0, sizeof(*m));
    m->software = software;
    m->driver = "";
    EGLDisplay display = epoxy_has_egl() ? eglGetCurrentDisplay() : EGL_NO_DISPLAY;
    if (display == EGL_NO_DISPLAY ||
        !epoxy_has_egl_extension(display, "EGL_EXT_image_dma_buf_import") ||
        !epoxy_has_egl_extension(display, "EGL_KHR_image_base") ||
        !epoxy_has_gl_extension("GL_OES_EGL_image")) {
        return;
    }
    m->display = display;
    m->modifiers = epoxy_has_egl_extension(display, "EGL_EXT_image_dma_buf_import_modifiers");
    m->external = epoxy_has_gl_extension("GL_OES_EGL_image_external_essl3");
    if (epoxy_has_egl_extension(display, "EGL_MESA_query_driver")) {
        const char *driver = eglGetDisplayDriverName(display);
        m->driver = driver ? driver : "";
    }
}

static bool listed(const struct orl_images *m, uint32_t fourcc)
{
    EGLint formats[FORMATS_MAX], n = 0;
    if (!eglQueryDmaBufFormatsEXT(m->display, FORMATS_MAX, formats, &n)) {
        return false;
    }
    for (EGLint i = 0; i < n && i < FORMATS_MAX; i++) {
        if ((uint32_t)formats[i] == fourcc) {
            return true;
        }
    }
    return false;
}

struct use {
    bool good, external_only;
};

/*
 * How buffers of a type may be used. `foreign`: those whose layout nobody tells, else linear ones.
 * An empty list says nothing and forbids nothing. NVIDIA's driver lists linear buffers as for external
 * textures only, and those of no known layout as for any.
 */
static struct use query_use(const struct orl_images *m, uint32_t fourcc, bool foreign)
{
    EGLuint64KHR modifiers[MODIFIERS_MAX];
    EGLBoolean external[MODIFIERS_MAX];
    EGLint n = 0;
    struct use answer = {.good = true};
    if (!m->modifiers || !eglQueryDmaBufModifiersEXT(m->display, (EGLint)fourcc, MODIFIERS_MAX,
                                                     modifiers, external, &n)) {
        return answer;
    }
    answer.good = n <= 0;
    for (EGLint i = 0; i < n && i < MODIFIERS_MAX; i++) {
        bool linear = modifiers[i] == MODIFIER_LINEAR;
        bool unknown = modifiers[i] == MODIFIER_INVALID;
        answer.good = answer.good || linear || unknown;
        if (foreign ? unknown : linear) {
            answer.external_only = external[i];
        }
    }
    return answer;
}

bool orl_images_know(const struct orl_images *m, uint32_t fourcc)
{
    if (!m->display || !fourcc) {
        return false;
    }
    return !m->modifiers || (listed(m, fourcc) && query_use(m, fourcc, false).good);
}

struct orl_image *orl_images_find(struct orl_images *m, const struct orl_image_key *key)
{
    m->calls++;
    for (uint32_t i = 0; i < ORL_IMAGES_MAX; i++) {
        struct orl_image *e = &m->entry[i];
        if (e->key.id && e->key.id == key->id && e->key.offset == key->offset &&
            e->key.fourcc == key->fourcc && e->key.w == key->w && e->key.h == key->h &&
            e->key.pitch == key->pitch && e->key.foreign == key->foreign) {
            e->used = m->calls;
            return e;
        }
    }
    return NULL;
}

bool orl_images_fits(const struct orl_image_key *key, uint64_t bytes)
{
    if (!key->w || !key->h || key->pitch > INT32_MAX || key->offset > INT32_MAX) {
        return false; /* EGL takes 31 bits */
    }
    uint64_t row = (uint64_t)key->w * key->unit;
    uint64_t end = key->offset + (uint64_t)(key->h - 1) * key->pitch + row;
    return row <= key->pitch && end <= bytes;
}

bool orl_images_fits_fd(const struct orl_image_key *key, int fd)
{
    off_t end = lseek(fd, 0, SEEK_END);
    return end >= 0 && orl_images_fits(key, (uint64_t)end);
}

static EGLImageKHR import(const struct orl_images *m, const struct orl_image_key *key, int fd,
                          bool modifier)
{
    EGLint attributes[] = {EGL_WIDTH,
                           (EGLint)key->w,
                           EGL_HEIGHT,
                           (EGLint)key->h,
                           EGL_LINUX_DRM_FOURCC_EXT,
                           (EGLint)key->fourcc,
                           EGL_DMA_BUF_PLANE0_FD_EXT,
                           fd,
                           EGL_DMA_BUF_PLANE0_OFFSET_EXT,
                           (EGLint)key->offset,
                           EGL_DMA_BUF_PLANE0_PITCH_EXT,
                           (EGLint)key->pitch,
                           modifier ? EGL_DMA_BUF_PLANE0_MODIFIER_LO_EXT : EGL_NONE,
                           (EGLint)(MODIFIER_LINEAR & UINT32_MAX),
                           EGL_DMA_BUF_PLANE0_MODIFIER_HI_EXT,
                           (EGLint)(MODIFIER_LINEAR >> 32),
                           EGL_NONE};
    return eglCreateImageKHR(m->display, EGL_NO_CONTEXT, EGL_LINUX_DMA_BUF_EXT, NULL,
                             attributes);
}

/* False: the driver does not make a texture of this kind from the image. */
static bool make_texture(struct orl_image *e, bool external)
{
    GLenum target = external ? GL_TEXTURE_EXTERNAL_OES : GL_TEXTURE_2D;
    while (glGetError() != GL_NO_ERROR) {
    }
    glActiveTexture(GL_TEXTURE0);
    glGenTextures(1, &e->tex);
    glBindTexture(target, e->tex);
    glTexParameteri(target, GL_TEXTURE_MIN_FILTER, GL_NEAREST);
    glTexParameteri(target, GL_TEXTURE_MAG_FILTER, GL_NEAREST);
    glTexParameteri(target, GL_TEXTURE_WRAP_S, GL_CLAMP_TO_EDGE);
    glTexParameteri(target, GL_TEXTURE_WRAP_T, GL_CLAMP_TO_EDGE);
    glEGLImageTargetTexture2DOES(target, e->egl);
    e->external = external;
    if (glGetError() == GL_NO_ERROR) {
        return true;
    }
    glDeleteTextures(1, &e->tex);
    e->tex = 0;
    return false;
}

static void attach(struct orl_image *e)
{
    if (e->external) {
        return;
    }
    glGenFramebuffers(1, &e->fbo);
    glBindFramebuffer(GL_READ_FRAMEBUFFER, e->fbo);
    glFramebufferTexture2D(GL_READ_FRAMEBUFFER, GL_COLOR_ATTACHMENT0, GL_TEXTURE_2D, e->tex, 0);
    bool good = glCheckFramebufferStatus(GL_READ_FRAMEBUFFER) == GL_FRAMEBUFFER_COMPLETE;
    glBindFramebuffer(GL_READ_FRAMEBUFFER, 0);
    if (!good) {
        glDeleteFramebuffers(1, &e->fbo);
        e->fbo = 0;
    }
}

/*
 * llvmpipe 25.0 lists every type as for external textures only, and takes them as any other: where
 * GL runs on the processor the list is not obeyed.
 */
static bool texture_of(const struct orl_images *m, struct orl_image *e)
{
    bool only = !m->software && query_use(m, e->key.fourcc, e->key.foreign).external_only;
    if (!only && !m->force_external && make_texture(e, false)) {
        attach(e);
        return true;
    }
    return m->external && make_texture(e, true);
}

static struct orl_image *oldest(struct orl_images *m)
{
    struct orl_image *e = &m->entry[0];
    for (uint32_t i = 1; i < ORL_IMAGES_MAX; i++) {
        if (m->entry[i].used < e->used) {
            e = &m->entry[i];
        }
    }
    return e;
}

struct orl_image *orl_images_make(struct orl_images *m, const struct orl_image_key *key, int fd,
                                  char *why, size_t why_size)
{
    struct orl_image *e = oldest(m);
    orl_image_free(m, e);
    e->key = *key;
    bool modifier = m->modifiers && !key->foreign;
    e->egl = import(m, key, fd, modifier);
    if (e->egl == EGL_NO_IMAGE_KHR && modifier) {
        e->egl =
            import(m, key, fd, false); /* some know the extension and refuse what it adds */
    }
    if (e->egl == EGL_NO_IMAGE_KHR) {
        snprintf(why, why_size, "the driver refused %ux%u %.4s, pitch %u, offset %llu (0x%x)",
                 key->w, key->h, (const char *)&key->fourcc, key->pitch,
                 (unsigned long long)key->offset, (unsigned)eglGetError());
        orl_image_free(m, e);
        return NULL;
    }
    if (!texture_of(m, e)) {
        snprintf(why, why_size, "the driver makes no texture of an imported %.4s",
                 (const char *)&key->fourcc);
        orl_image_free(m, e);
        return NULL;
    }
    e->used = m->calls;
    m->made++;
    return e;
}

void orl_image_free(struct orl_images *m, struct orl_image *image)
{
    glDeleteFramebuffers(1, &image->fbo);
    glDeleteTextures(1, &image->tex);
    if (image->egl) {
        eglDestroyImageKHR(m->display, image->egl);
    }
    memset(image, 0, sizeof(*image));
}

void orl_images_clear(struct orl_images *m)
{
    for (uint32_t i = 0; i < ORL_IMAGES_MAX; i++) {
        if (m->entry[i].key.id) {
            orl_image_free(m, &m->entry[i]);
        }
    }
}
