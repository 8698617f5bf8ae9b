/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Master's colour transform: flags u32, 12 matrix floats, scalar, 4096 x 4 table floats. */
#include "wire/wire.h"

enum { FLAG_MATRIX = 1, FLAG_LUT = 2 };
#define MATRIX_OFFSET 4
#define SCALAR_OFFSET 52
#define LUT_OFFSET    56
#define LUT_FLOATS    (4096 * 4)
#define FLOATS        (12 + 1 + LUT_FLOATS)
#define EXPONENT_BITS UINT32_C(0x7f800000) /* all set: infinity or not a number */

_Static_assert(MATRIX_OFFSET + FLOATS * sizeof(float) == ORL_TRANSFORM_BYTES,
               "flags and floats are all there is");

static float get_float(const uint8_t *p)
{
    uint32_t bits = orl_get_u32(p);
    float v;
    memcpy(&v, &bits, sizeof(v));
    return v;
}

static void put_float(uint8_t *p, float v)
{
    uint32_t bits;
    memcpy(&bits, &v, sizeof(bits));
    orl_put_u32(p, bits);
}

int orl_color_transform_read(struct orl_color_transform *out, struct orl_mem mem,
                             const struct orl_cursor_msg *cur)
{
    uint8_t
        raw[ORL_TRANSFORM_BYTES]; /* private copy; the caller's old transform stays on error */
    if (!cur->has_transform || !orl_mem_copy(raw, mem, cur->transform_off, sizeof(raw))) {
        return ORL_EMALFORMED;
    }
    for (uint32_t i = 0; i < FLOATS; i++) {
        uint32_t bits = orl_get_u32(raw + MATRIX_OFFSET + i * sizeof(float));
        if ((bits & EXPONENT_BITS) == EXPONENT_BITS) {
            return ORL_EMALFORMED;
        }
    }
    uint32_t flags = orl_get_u32(raw);
    out->has_matrix = flags & FLAG_MATRIX;
    out->has_lut = flags & FLAG_LUT;
    for (uint32_t i = 0; i < 12; i++) {
        out->matrix[i] = get_float(raw + MATRIX_OFFSET + i * sizeof(float));
    }
    out->scalar = get_float(raw + SCALAR_OFFSET);
    for (uint32_t i = 0; i < LUT_FLOATS; i++) {
        out->lut[i] = get_float(raw + LUT_OFFSET + i * sizeof(float));
    }
    return ORL_OK;
}

void orl_color_transform_write(uint8_t *dst, const struct orl_color_transform *t)
{
    orl_put_u32(dst, (t->has_matrix ? FLAG_MATRIX : 0u) | (t->has_lut ? FLAG_LUT : 0u));
    for (uint32_t i = 0; i < 12; i++) {
        put_float(dst + MATRIX_OFFSET + i * sizeof(float), t->matrix[i]);
    }
    put_float(dst + SCALAR_OFFSET, t->scalar);
    for (uint32_t i = 0; i < LUT_FLOATS; i++) {
        put_float(dst + LUT_OFFSET + i * sizeof(float), t->lut[i]);
    }
}
