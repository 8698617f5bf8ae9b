/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The guest's picture as a texture of our own, kept up to date from slots. */
#ifndef ORL_GFX_FRAME_TEX_H
#define ORL_GFX_FRAME_TEX_H

#include <stdbool.h>
#include <stdint.h>

#include "base/err.h"
#include "frame/slot.h"
#include "gfx/caps.h"
#include "gfx/import.h"
#include "gfx/program.h"
#include "gfx/upload.h"

struct orl_frame_tex {
    uint32_t tex;    /* GL name, 0 = no picture */
    uint32_t fbo;    /* GL name, reads `tex`; 0 when it cannot be copied to a target */
    uint32_t target; /* GL name, draws into `tex`; 0 until something was imported */
    uint32_t w, h;
    enum orl_pixfmt fmt;
    bool linear; /* the filter that is set */
    enum orl_color_mode mode;
    float gain; /* see shaders/color.glsl */
};

/* As orl_gfx_frame(), from slot->map. A picture that cannot be shown leaves no picture. */
ORL_MUST int orl_frame_tex_update(struct orl_frame_tex *t, const struct orl_caps *caps,
                                  struct orl_upload *up, const struct orl_slot *slot);
/* The same from the image that orl_import_prepare() gave for the slot. */
ORL_MUST int orl_frame_tex_import(struct orl_frame_tex *t, struct orl_import *imp,
                                  const struct orl_image *image, const struct orl_slot *slot);
void orl_frame_tex_finish(struct orl_frame_tex *t);

/* Binds to texture unit 0 with this filter. */
void orl_frame_tex_bind(struct orl_frame_tex *t, bool linear);

#endif
