/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The GLSL programs and where their uniforms are. Compiled when first needed, then kept. */
#ifndef ORL_GFX_PROGRAM_H
#define ORL_GFX_PROGRAM_H

#include <stdbool.h>
#include <stdint.h>

#include "base/err.h"

/* How stored values become sRGB; the numbers are those of shaders/color.glsl. */
enum orl_color_mode { ORL_COLOR_ENCODED, ORL_COLOR_LINEAR, ORL_COLOR_PQ };
#define ORL_COLOR_MODES 3

/* Uniform locations; -1 where the program has none, which GL ignores. */
struct orl_program {
    uint32_t id; /* GL name, 0 = not compiled */
    int32_t rect, frame_axes, frame_origin, gain, night, dim;
    int32_t shape_axes, shape_origin, shape_size, masked;
    int32_t map;
    int32_t shift, last;
};

struct orl_programs {
    struct orl_program frame[ORL_COLOR_MODES], cursor[ORL_COLOR_MODES], overlay;
    struct orl_program import[2][2]; /* external, packed */
};

/* Makes frame and cursor of one mode (and the overlay) ready. ORL_OK; ORL_EUNSUPPORTED: the driver
 * does not compile them, the log says why. Cheap when they are there. */
ORL_MUST int orl_programs_prepare(struct orl_programs *p, enum orl_color_mode mode);
/* The same for one that copies out of an imported image; see shaders/import.frag. */
ORL_MUST int orl_programs_prepare_import(struct orl_programs *p, bool external, bool packed);
void orl_programs_finish(struct orl_programs *p);

#endif
