/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Slow and plain reference of what stored pixels and cursor shapes mean, for comparison. */
#ifndef ORL_TESTS_SUPPORT_PIXELS_H
#define ORL_TESTS_SUPPORT_PIXELS_H

#include <stddef.h>
#include <stdint.h>

#include "wire/wire.h"

/* Bytes per pixel of the canonical form: 4 (8-bit), 6 (10-bit), 8 (half float). */
size_t orl_pixels_canonical_bytes(enum orl_pixfmt fmt);

/*
 * `rows` rows of `w` pixels, `pitch` bytes apart, to the canonical form without row gaps:
 * 8-bit formats R,G,B,255; RGB10A2 three little-endian u16 of 10 bits; RGBA16F as stored.
 */
void orl_pixels_canonical(uint8_t *dst, enum orl_pixfmt fmt, uint32_t w, uint32_t rows,
                          uint32_t pitch, const uint8_t *src);

/* One pixel as numbers: 0..255, 0..1023 (alpha 0..3) or the half floats' values. The 8-bit
 * formats give alpha 255. */
void orl_pixels_sample(double value[4], enum orl_pixfmt fmt, const uint8_t *pixel);

/* Value of an IEEE half float. */
double orl_pixels_half(uint16_t bits);

/*
 * Draws an unpacked shape (orl_cursor_unpack) over a plain background; dst is w x h x 3 bytes
 * R,G,B. Colour rounds to nearest.
 */
void orl_pixels_compose(uint8_t *dst, const struct orl_cursor_msg *cur, const uint8_t *rgba,
                        const uint8_t background[3]);

#endif
