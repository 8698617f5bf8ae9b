/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A 5 x 7 letter: 7 rows, bit 4 is the left column. Pure. */
#ifndef ORL_DEMO_FONT_H
#define ORL_DEMO_FONT_H

#include <stdint.h>

#define ORL_DEMO_GLYPH_W 5
#define ORL_DEMO_GLYPH_H 7

/* Small letters give capitals; unknown characters a blank. Never NULL. */
const uint8_t *orl_demo_glyph(char c);

#endif
