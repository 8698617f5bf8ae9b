/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Memory that ends where its content ends: the byte before the first and the one after the last
 * cannot be read. Stands for the guest's memory in tests of readers.
 */
#ifndef ORL_TESTS_SUPPORT_GUARDED_H
#define ORL_TESTS_SUPPORT_GUARDED_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/bytes.h"

struct orl_guarded {
    uint8_t *base; /* page aligned when size is a multiple of the page, else 64-byte aligned */
    size_t size;
    uint8_t *map; /* private */
    size_t map_bytes;
};

/* Zero-filled; a size of 0 gives a base that cannot be read. Aborts when memory is short. */
void orl_guarded_init(struct orl_guarded *g, size_t size);
/* The same with a copy of `src`. */
void orl_guarded_copy(struct orl_guarded *g, const void *src, size_t size);
/* Makes the content readable only, or writable again. */
void orl_guarded_protect(struct orl_guarded *g, bool writable);
void orl_guarded_finish(struct orl_guarded *g);

static inline struct orl_mem orl_guarded_mem(const struct orl_guarded *g)
{
    return (struct orl_mem){g->base, g->size};
}

#endif
