/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The staging buffers that the frame thread fills, and which kind of memory they are.
 * "pixel buffer": GL buffers that stay mapped; GL reads them later, a fence tells when.
 * "direct": plain memory; glTexSubImage2D has copied it when it returns.
 */
#ifndef ORL_GFX_UPLOAD_H
#define ORL_GFX_UPLOAD_H

#include <stdbool.h>
#include <stdint.h>

#include "base/err.h"
#include "frame/slot.h"
#include "gfx/caps.h"

/* An old set stays until its last slot was drawn; more than a few at once are a caller's leak. */
#define ORL_UPLOAD_POOLS 8

struct orl_upload_set {
    uint64_t generation; /* 0 = free entry */
    uint32_t pbo[3];     /* GL names; 0 = plain memory */
    size_t bytes;
};

struct orl_upload {
    bool pixel_buffer;
    uint64_t last_generation;
    struct orl_upload_set sets[ORL_UPLOAD_POOLS];
    void *fence; /* GLsync after the last read from a pixel buffer, or NULL */
};

/*
 * Chooses the kind. On the processor both kinds are one memcpy (1920x1080: 0.21 ms direct, 0.23 ms
 * pixel buffer, llvmpipe 22.3), so direct is taken, which needs no fence. Else a measurement of at
 * most about 3 ms decides.
 */
void orl_upload_init(struct orl_upload *u, const struct orl_caps *caps);
void orl_upload_finish(struct orl_upload *u);

ORL_MUST int orl_upload_alloc(struct orl_upload *u, size_t bytes, struct orl_pool *out);
void orl_upload_free(struct orl_upload *u, struct orl_pool *pool);

/*
 * Binds the slot's pixel buffer, if it has one that holds `need` bytes. The result is what
 * glTexSubImage2D wants as the address of the slot's first pixel.
 */
const uint8_t *orl_upload_bind(struct orl_upload *u, const struct orl_slot *slot, size_t need);
/* Unbinds; sets a fence when GL still has to read. */
void orl_upload_unbind(struct orl_upload *u, const uint8_t *bound, const struct orl_slot *slot);

/* Waits for the fence of the last unbind. */
void orl_upload_settle(struct orl_upload *u);

#endif
