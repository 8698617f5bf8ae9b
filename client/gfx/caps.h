/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What the current context can do; asked once, because glGet calls make drivers wait. */
#ifndef ORL_GFX_CAPS_H
#define ORL_GFX_CAPS_H

#include <stdbool.h>
#include <stdint.h>

#include "base/err.h"

struct orl_caps {
    bool software;       /* runs on the processor */
    bool bgra;           /* textures of B,G,R,A bytes */
    bool read_bgra;      /* glReadPixels to B,G,R,A bytes */
    bool buffer_storage; /* buffers that stay mapped */
    bool debug;          /* KHR_debug */
    bool opaque_window;  /* the default framebuffer has no alpha; false without one */
    uint32_t max_side;   /* pixels of a texture or target */
    char renderer[128];
};

/* ORL_OK, or ORL_EUNSUPPORTED: the context is not OpenGL ES 3.0 or later. */
ORL_MUST int orl_caps_read(struct orl_caps *out, bool window);

/* GL debug messages to the log from now on. */
void orl_caps_start_debug(void);

#endif
