/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Copies pixels out of the guest's memory while the guest may still be writing them.
 * Frame thread. Nothing here allocates or logs.
 */
#ifndef ORL_FRAME_STAGE_H
#define ORL_FRAME_STAGE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/bytes.h"
#include "base/err.h"
#include "base/rect.h"
#include "wire/wire.h"

struct orl_stage_limits {
    uint64_t wait_ns;         /* longest sum of waits for the producer in one call */
    bool (*alive)(void *arg); /* asked every 10 ms of waiting, false gives up; may be NULL */
    void *arg;
};

/*
 * Copies the rectangles of `what` (pixels; parts outside of the stored rows are left out; `full`
 * copies all rows) from frame `f` in `mem` to the same place in `dst`: f->rows rows of f->pitch
 * bytes, of the last one only f->row_bytes.
 *
 * Rows are copied in ascending order, each as soon as the producer's `written` counter has passed
 * its end, so this overlaps with the guest's own copy. Pixel values are unchecked; addresses come
 * from `f` only, a counter beyond the end counts as complete.
 *
 * ORL_OK; ORL_ETIMEOUT: not written in time; ORL_ESESSION: `alive` said no; ORL_EMALFORMED: the
 * counter went backwards, what was copied is undefined; ORL_EINVAL: `dst` or `mem` is too small
 * for `f` (nothing copied). After the other errors `dst` is partly overwritten.
 */
ORL_MUST int orl_stage_copy(uint8_t *dst, size_t dst_bytes, struct orl_mem mem,
                            const struct orl_frame_desc *f, const struct orl_rects *what,
                            const struct orl_stage_limits *limits);

/* Waits until all of the frame's rows are written. Errors as orl_stage_copy(). */
ORL_MUST int orl_stage_wait(struct orl_mem mem, const struct orl_frame_desc *f,
                            const struct orl_stage_limits *limits);

/*
 * The row behind f->rows that may or may not be written (f->extra_rows is 1): copies its
 * f->row_bytes bytes to `row` when the counter covers it now. False, copying nothing, otherwise.
 */
bool orl_stage_extra_row(uint8_t *row, struct orl_mem mem, const struct orl_frame_desc *f);

#endif
