/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "support/pixels.h"

#include <math.h>

size_t orl_pixels_canonical_bytes(enum orl_pixfmt fmt)
{
    return fmt == ORL_PIX_RGB10A2 ? 6 : fmt == ORL_PIX_RGBA16F ? 8 : 4;
}

static void canonical_pixel(uint8_t *dst, enum orl_pixfmt fmt, const uint8_t *p)
{
    bool bgr = fmt == ORL_PIX_BGRA8 || fmt == ORL_PIX_BGR24_IN_32;
    if (fmt == ORL_PIX_RGBA16F) {
        memcpy(dst, p, 8);
    } else if (fmt == ORL_PIX_RGB10A2) {
        uint32_t v = orl_get_u32(p);
        orl_put_u16(dst, v & 0x3ff);
        orl_put_u16(dst + 2, v >> 10 & 0x3ff);
        orl_put_u16(dst + 4, v >> 20 & 0x3ff);
    } else {
        dst[0] = bgr ? p[2] : p[0];
        dst[1] = p[1];
        dst[2] = bgr ? p[0] : p[2];
        dst[3] = 255;
    }
}

void orl_pixels_canonical(uint8_t *dst, enum orl_pixfmt fmt, uint32_t w, uint32_t rows,
                          uint32_t pitch, const uint8_t *src)
{
    size_t in = orl_pixfmt_bytes(fmt), out = orl_pixels_canonical_bytes(fmt);
    for (uint32_t y = 0; y < rows; y++) {
        for (uint32_t x = 0; x < w; x++, dst += out) {
            canonical_pixel(dst, fmt, src + (size_t)y * pitch + x * in);
        }
    }
}

double orl_pixels_half(uint16_t bits)
{
    int exponent = bits >> 10 & 0x1f, mantissa = bits & 0x3ff;
    double value = exponent == 0    ? ldexp(mantissa, -24)
                   : exponent == 31 ? (mantissa ? (double)NAN : (double)INFINITY)
                                    : ldexp(1024 + mantissa, exponent - 25);
    return bits & 0x8000 ? -value : value;
}

void orl_pixels_sample(double value[4], enum orl_pixfmt fmt, const uint8_t *pixel)
{
    uint8_t c[8];
    canonical_pixel(c, fmt, pixel);
    for (size_t i = 0; i < 4; i++) {
        value[i] = fmt == ORL_PIX_RGBA16F ? orl_pixels_half(orl_get_u16(c + 2 * i))
                   : fmt == ORL_PIX_RGB10A2
                       ? (i == 3 ? orl_get_u32(pixel) >> 30 : orl_get_u16(c + 2 * i))
                       : c[i];
    }
}

void orl_pixels_compose(uint8_t *dst, const struct orl_cursor_msg *cur, const uint8_t *rgba,
                        const uint8_t background[3])
{
    for (size_t i = 0; i < (size_t)cur->w * cur->h; i++) {
        const uint8_t *src = rgba + 4 * i;
        for (size_t c = 0; c < 3; c++) {
            if (cur->kind == ORL_CURSOR_COLOR) {
                int sum = src[c] + (background[c] * (255 - src[3]) + 127) / 255;
                dst[3 * i + c] = (uint8_t)(sum > 255 ? 255 : sum);
            } else {
                dst[3 * i + c] = (uint8_t)((background[c] & src[3]) ^ src[c]);
            }
        }
    }
}
