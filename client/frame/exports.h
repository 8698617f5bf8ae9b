/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The guest's frame buffers as descriptors: one is made per place and kept, since a guest uses two
 * or three places over and over. A hostile guest can show a new place with every frame: then the
 * oldest goes. Frame thread.
 *
 * A descriptor is closed only while no held frame is out: the render thread may be importing it.
 */
#ifndef ORL_FRAME_EXPORTS_H
#define ORL_FRAME_EXPORTS_H

#include <stdbool.h>
#include <stdint.h>

#include "base/err.h"
#include "frame/slot.h"
#include "ring/shm.h"

#define ORL_EXPORTS_MAX 8

struct orl_export {
    struct orl_shared shared; /* id 0: free */
    size_t from, to;          /* bytes of the memory that it covers */
    uint64_t used;            /* when, as a count of calls */
};

struct orl_exports {
    struct orl_export entry[ORL_EXPORTS_MAX];
    uint64_t last_id; /* never starts again: GL's cache goes by it */
    uint64_t calls;
};

/*
 * The descriptor for the pixels of `f` (all rows, the extra one too; offsets are rounded to pages outwards).
 * ORL_OK: *out is borrowed until the next call; ORL_EINVAL: the range is not inside the memory, or
 * the memory cannot be exported; ORL_ESYS: errno. Makes system calls only for a new place.
 */
ORL_MUST int orl_exports_get(struct orl_exports *e, const struct orl_shm *shm,
                             const struct orl_frame_desc *f, struct orl_shared *out);

/* Closes all; the memory is about to go. */
void orl_exports_clear(struct orl_exports *e);

#endif
