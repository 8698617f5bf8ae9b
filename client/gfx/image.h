/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Memory that somebody else writes, as GL textures: EGLImages of DMA-BUF descriptors
 * (EGL_EXT_image_dma_buf_import and _modifiers), kept by the descriptor's id. The guest's memory is
 * linear, and EGL is told so; of a GPU's own buffer nothing is known, and nothing is said.
 */
#ifndef ORL_GFX_IMAGE_H
#define ORL_GFX_IMAGE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/err.h"
#include "frame/slot.h"

/* A guest uses two or three buffers in turn; a hostile one may show a new one with every frame. */
#define ORL_IMAGES_MAX 8

struct orl_image_key {
    uint64_t id, offset; /* struct orl_shared; id 0: nothing */
    uint32_t fourcc;     /* drm_fourcc.h */
    uint32_t w, h;       /* in pixels of `fourcc` */
    uint32_t pitch;      /* bytes */
    uint32_t unit;       /* bytes of a pixel */
    bool foreign;        /* a GPU's own buffer, laid out as its driver likes; ids of its own */
};

struct orl_image {
    struct orl_image_key key;
    void *egl;      /* EGLImage */
    uint32_t tex;   /* GL name */
    uint32_t fbo;   /* GL name, reads `tex`; 0: it can only be sampled */
    bool external;  /* `tex` is a GL_TEXTURE_EXTERNAL_OES */
    bool bottom_up; /* its first row is the lowest of the picture */
    bool proved; /* what GL reads through it is what the processor reads, or nobody can tell */
    uint64_t used; /* when, as a count of calls */
};

struct orl_images {
    void *display;       /* EGLDisplay; NULL: this context cannot import */
    const char *driver;  /* "swrast", "radeonsi" ...; "" where EGL does not say */
    bool modifiers;      /* EGL_EXT_image_dma_buf_import_modifiers */
    bool external;       /* GL_OES_EGL_image_external_essl3 */
    bool software;       /* GL runs on the processor */
    bool force_external; /* sample everything as an external texture; for tests */
    uint64_t calls;
    uint32_t made; /* images made so far */
    struct orl_image entry[ORL_IMAGES_MAX];
};

/* Asks EGL and GL; `display` stays NULL where they cannot import. */
void orl_images_init(struct orl_images *m, bool software);

/* Whether linear buffers of this type can be imported, as far as EGL tells. */
bool orl_images_know(const struct orl_images *m, uint32_t fourcc);

/* The image of this key if it is there. */
struct orl_image *orl_images_find(struct orl_images *m, const struct orl_image_key *key);

/*
 * Makes the image of `key` from the descriptor, in place of the one that was not used for the
 * longest time; the caller has waited for GL to finish. NULL: refused, `why` (a clause) is filled.
 * The descriptor is needed for the call only. Bytes that the image covers must be in it:
 * see orl_images_fits().
 */
struct orl_image *orl_images_make(struct orl_images *m, const struct orl_image_key *key, int fd,
                                  char *why, size_t why_size);

/*
 * Whether an image of `key` lies inside the first `bytes` bytes of the descriptor, as was said of
 * it, and as the kernel says (DMA-BUFs and memory can be asked). Software GL does not check that.
 */
bool orl_images_fits(const struct orl_image_key *key, uint64_t bytes);
bool orl_images_fits_fd(const struct orl_image_key *key, int fd);

/* Frees one (it becomes all zero) or all. GL keeps what it is still reading. */
void orl_image_free(struct orl_images *m, struct orl_image *image);
void orl_images_clear(struct orl_images *m);

#endif
