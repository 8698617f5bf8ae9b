/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Frames that GL reads from the guest's memory by itself: which descriptors it takes, the proof that
 * it sees what the processor sees, the copy into our texture and the fence that ends it.
 *
 * Drivers. Mesa on a GPU: which pitches and offsets it takes is the driver's business (amdgpu wants
 * multiples of 256 bytes); a shape that it refuses is uploaded from the mapping instead.
 *
 * NVIDIA's own driver was not at hand. It has the extension and lists linear buffers as for external
 * textures only (seen in logs of its release 545): hence the shader for those. If its kernel part refuses
 * memory of other modules when the image is made, everything goes through the staging buffers from the
 * first frame on. If it takes the buffer and reads something else, the proof finds that out, with
 * the same end. Nothing has to be configured for either.
 *
 * Mesa on the processor maps any descriptor (since 24.2), but not when it draws through a kernel
 * device ("kms_swrast"), where a foreign buffer is refused or crashes the process: that one is told
 * by its name and never asked.
 */
#ifndef ORL_GFX_IMPORT_H
#define ORL_GFX_IMPORT_H

#include <stdbool.h>
#include <stdint.h>

#include "base/err.h"
#include "frame/slot.h"
#include "gfx/caps.h"
#include "gfx/image.h"
#include "gfx/program.h"

#define ORL_IMPORT_TYPES (ORL_PIX_RGB24 + 1)

/* What a shape is, whoever the buffer belongs to: one that was refused is not tried again. */
struct orl_import_shape {
    enum orl_pixfmt fmt; /* 0: none */
    uint32_t w, rows, pitch, offset;
};

struct orl_import {
    const struct orl_caps *caps;
    struct orl_programs *programs;
    uint32_t vao;  /* without attributes */
    bool able;     /* imports work at all, found at start */
    uint32_t ways; /* of enum orl_slot_way, found at start; 0 after a refusal */
    bool off;      /* as if EGL could not */
    uint32_t fourcc[ORL_IMPORT_TYPES]; /* by enum orl_pixfmt; 0: cannot be imported */
    struct orl_images images;
    struct orl_import_shape refused;
    struct {
        uint32_t tex, fbo;
        enum orl_pixfmt fmt;
    } scratch;       /* ORL_PROOF_PIXELS x 1, like the texture of a picture */
    uint32_t proofs; /* pictures looked at */
    void *fence;     /* GLsync after the last copy, or NULL */
    char why[160];
};

/* Finds the ways: a few ms with software GL, which imports some memory to see if it can. */
void orl_import_init(struct orl_import *imp, const struct orl_caps *caps,
                     struct orl_programs *programs, uint32_t vao);
void orl_import_finish(struct orl_import *imp);

/*
 * The proved image of a DMABUF slot; no picture's texture is touched. ORL_OK; ORL_EAGAIN: refused,
 * nothing of the guest's memory will be imported any more; ORL_EUNSUPPORTED: not in this shape (type,
 * pitch, offset, side of the picture), others may do. `why` tells. A foreign buffer has no pixels to
 * compare with and is imported unproved; ORL_EAGAIN is about that buffer only then.
 */
ORL_MUST int orl_import_prepare(struct orl_import *imp, const struct orl_slot *slot,
                                struct orl_image **out);

/*
 * Between the two files: the proof for one picture, as orl_import_prepare() says; image->proved is
 * set when it is enough. And a refusal for good: ORL_EAGAIN.
 */
ORL_MUST int orl_import_prove(struct orl_import *imp, struct orl_image *image,
                              const struct orl_slot *slot);
ORL_MUST int orl_import_refuse(struct orl_import *imp, const char *why);

/* Copies `r` (inside the image) to the same place of the texture behind `fbo`. */
void orl_import_copy(struct orl_import *imp, const struct orl_image *image, enum orl_pixfmt fmt,
                     uint32_t fbo, struct orl_rect r);
/* After the last copy of a picture: orl_import_wait() is about all that came before. */
void orl_import_end_copies(struct orl_import *imp);

/* True when GL has not finished after `wait_ns` (0: only asks). */
bool orl_import_wait(struct orl_import *imp, uint64_t wait_ns);

/* Lets go of all memory. */
void orl_import_forget(struct orl_import *imp);

#endif
