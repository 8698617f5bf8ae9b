/* SPDX-License-Identifier: GPL-2.0-or-later */
/* How the guest's pixel types are stored in GL. Pure. */
#ifndef ORL_GFX_FORMAT_H
#define ORL_GFX_FORMAT_H

#include <stdbool.h>
#include <stdint.h>

#include "wire/wire.h"

struct orl_gl_format {
    int32_t internal;                 /* GL names */
    uint32_t format, type;            /* GL names */
    uint32_t pixel_bytes, unit_bytes; /* a unit is what GL wants addresses to be multiples of */
    bool swap;                        /* red and blue change places when sampled */
};

/* `bgra`: the driver has textures of B,G,R,A bytes. False: no such type. */
bool orl_gl_format_of(enum orl_pixfmt fmt, bool bgra, struct orl_gl_format *out);

/* Three bytes per pixel; imported as pixels of four. */
bool orl_format_is_packed(enum orl_pixfmt fmt);

/* The type of a DMA-BUF whose red, green and blue are the texture's own (drm_fourcc.h). */
struct orl_import_format {
    uint32_t fourcc[2]; /* the second one where the driver has not the first */
    uint32_t unit;      /* bytes of one of its pixels */
};

bool orl_import_format_of(enum orl_pixfmt fmt, bool bgra, struct orl_import_format *out);

#endif
