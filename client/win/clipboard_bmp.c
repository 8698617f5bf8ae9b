/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Sources: "Bitmap Storage" and BITMAPINFOHEADER, BITMAPV4HEADER, BITMAPV5HEADER of the Windows GDI
 * documentation. A file is a 14-byte file header, one of those headers, masks or a palette, rows.
 */
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "base/bytes.h"
#include "win/clipboard_image.h"

#define FILE_BYTES   14u
#define INFO_BYTES   40u /* BITMAPINFOHEADER */
#define V4_BYTES     108u
#define BI_RGB       0u
#define BI_BITFIELDS 3u
#define BI_ALPHA     6u /* BI_ALPHABITFIELDS */

struct mask {
    uint32_t bits;
    uint32_t shift, max; /* value = (pixel & bits) >> shift, 0..max */
};

struct bmp {
    uint32_t w, h;
    uint32_t bpp;
    bool from_top;
    struct mask mask[4];    /* r, g, b, a; 16 and 32 bit */
    const uint8_t *palette; /* entries of 4 bytes b, g, r, x */
    uint32_t colors;        /* entries of it */
    const uint8_t *rows;    /* h x pitch bytes */
    uint64_t pitch;         /* bytes per row */
};

static uint64_t pitch_of(uint32_t w, uint32_t bpp)
{
    return ((uint64_t)w * bpp + 31) / 32 * 4;
}

static struct mask make_mask(uint32_t bits)
{
    struct mask m = {bits, 0, 0};
    if (bits) {
        m.shift = (uint32_t)__builtin_ctz(bits);
        m.max = bits >> m.shift;
    }
    return m;
}

/* Width, height, depth; false: outside of what is read. */
static bool read_shape(const uint8_t *info, struct bmp *b)
{
    uint32_t w = orl_get_u32(info + 4);
    uint32_t h = orl_get_u32(info + 8); /* a signed number: negative is from the top */
    b->from_top = (h & 0x80000000u) != 0;
    b->w = w;
    b->h = b->from_top ? 0u - h : h;
    b->bpp = orl_get_u16(info + 14);
    return b->w >= 1 && b->w <= ORL_WIN_IMAGE_MAX_SIDE && b->h >= 1 &&
           b->h <= ORL_WIN_IMAGE_MAX_SIDE && b->w * b->h <= ORL_WIN_IMAGE_MAX_PX;
}

/*
 * The masks of 16 and 32 bit: fixed, in the larger headers, or behind the small one; *extra is how
 * many bytes they take there. Without BI_BITFIELDS the fourth byte means nothing, unless a larger
 * header claims it for alpha.
 */
static int read_masks(const uint8_t *info, uint32_t info_bytes, size_t left, uint32_t packing,
                      struct bmp *b, uint32_t *extra)
{
    bool wide = b->bpp == 32;
    uint32_t bits[4] = {wide ? 0xFF0000u : 0x7C00u, wide ? 0xFF00u : 0x3E0u,
                        wide ? 0xFFu : 0x1Fu, 0};
    *extra = 0;
    if (packing == BI_BITFIELDS || packing == BI_ALPHA) {
        uint32_t count = info_bytes >= 56 || packing == BI_ALPHA ? 4 : 3;
        *extra = info_bytes == INFO_BYTES ? count * 4 : 0;
        if (*extra > left) {
            return ORL_EMALFORMED;
        }
        for (uint32_t i = 0; i < count && (i < 3 || info_bytes != 52); i++) {
            bits[i] = orl_get_u32(info + INFO_BYTES + (size_t)i * 4);
        }
    } else if (packing == BI_RGB && info_bytes >= 56 && wide &&
               orl_get_u32(info + INFO_BYTES + 12) == 0xFF000000u) {
        bits[3] = 0xFF000000u;
    } else if (packing != BI_RGB) {
        return ORL_EUNSUPPORTED;
    }
    for (int i = 0; i < 4; i++) {
        b->mask[i] = make_mask(bits[i]);
    }
    return ORL_OK;
}

static int read_palette(const uint8_t *info, uint32_t info_bytes, size_t left, struct bmp *b)
{
    uint32_t room = 1u << b->bpp;
    uint32_t used = orl_get_u32(info + 32);
    b->colors = used == 0 || used > room ? room : used;
    if ((uint64_t)b->colors * 4 > left) {
        return ORL_EMALFORMED;
    }
    b->palette = info + info_bytes;
    return ORL_OK;
}

/* Everything before the rows; afterwards they lie inside the file. */
static int read_headers(const uint8_t *data, size_t len, struct bmp *b)
{
    if (len < FILE_BYTES + INFO_BYTES || data[0] != 'B' || data[1] != 'M') {
        return ORL_EMALFORMED;
    }
    const uint8_t *info = data + FILE_BYTES;
    uint32_t info_bytes = orl_get_u32(info);
    if (info_bytes != INFO_BYTES && info_bytes != 52 && info_bytes != 56 &&
        info_bytes != V4_BYTES && info_bytes != 124) {
        return ORL_EUNSUPPORTED;
    }
    if (info_bytes > len - FILE_BYTES) {
        return ORL_EMALFORMED;
    }
    if (!read_shape(info, b)) {
        return ORL_ENOSPC;
    }
    size_t left = len - FILE_BYTES - info_bytes;
    uint32_t packing = orl_get_u32(info + 16);
    uint32_t extra = 0;
    int err = ORL_EUNSUPPORTED;
    if (b->bpp == 16 || b->bpp == 32) {
        err = read_masks(info, info_bytes, left, packing, b, &extra);
    } else if ((b->bpp == 1 || b->bpp == 4 || b->bpp == 8) && packing == BI_RGB) {
        err = read_palette(info, info_bytes, left, b);
    } else if (b->bpp == 24 && packing == BI_RGB) {
        err = ORL_OK;
    }
    if (err) {
        return err;
    }
    uint64_t at = orl_get_u32(data + 10);
    b->pitch = pitch_of(b->w, b->bpp);
    if (at < FILE_BYTES + (uint64_t)info_bytes + extra || at > len ||
        b->pitch * b->h > len - at) {
        return ORL_EMALFORMED;
    }
    b->rows = data + at;
    return ORL_OK;
}

static uint8_t masked(const struct mask *m, uint32_t pixel)
{
    if (m->max == 0) {
        return 0;
    }
    uint64_t value = (pixel & m->bits) >> m->shift;
    return (uint8_t)((value * 255 + m->max / 2) / m->max);
}

static void read_masked_row(const struct bmp *b, const uint8_t *row, uint8_t *out)
{
    for (uint32_t x = 0; x < b->w; x++, out += 4) {
        uint32_t pixel =
            b->bpp == 32 ? orl_get_u32(row + (size_t)x * 4) : orl_get_u16(row + (size_t)x * 2);
        for (int i = 0; i < 3; i++) {
            out[i] = masked(&b->mask[i], pixel);
        }
        out[3] = b->mask[3].bits ? masked(&b->mask[3], pixel) : 255;
    }
}

static void read_24_row(const struct bmp *b, const uint8_t *row, uint8_t *out)
{
    for (uint32_t x = 0; x < b->w; x++, out += 4, row += 3) {
        out[0] = row[2];
        out[1] = row[1];
        out[2] = row[0];
        out[3] = 255;
    }
}

static void read_palette_row(const struct bmp *b, const uint8_t *row, uint8_t *out)
{
    static const uint8_t black[4] = {0, 0, 0, 0};
    for (uint32_t x = 0; x < b->w; x++, out += 4) {
        uint32_t bit = x * b->bpp; /* from the high end of each byte */
        uint32_t index =
            (uint32_t)(row[bit / 8] >> (8 - b->bpp - bit % 8)) & ((1u << b->bpp) - 1);
        const uint8_t *color = index < b->colors ? b->palette + (size_t)index * 4 : black;
        out[0] = color[2];
        out[1] = color[1];
        out[2] = color[0];
        out[3] = 255;
    }
}

/* Programs that know nothing of alpha leave 0 everywhere, which cannot be meant. */
static void mend_alpha(struct orl_win_image *image)
{
    size_t bytes = (size_t)image->w * image->h * 4;
    for (size_t i = 3; i < bytes; i += 4) {
        if (image->rgba[i]) {
            return;
        }
    }
    for (size_t i = 3; i < bytes; i += 4) {
        image->rgba[i] = 255;
    }
}

int orl_win_bmp_read(const uint8_t *data, size_t len, struct orl_win_image *out)
{
    struct bmp b = {0};
    int err = read_headers(data, len, &b);
    if (err) {
        return err;
    }
    struct orl_win_image image = {b.w, b.h, malloc((size_t)b.w * b.h * 4)};
    if (!image.rgba) {
        return ORL_ENOMEM;
    }
    for (uint32_t y = 0; y < b.h; y++) {
        const uint8_t *row = b.rows + b.pitch * (b.from_top ? y : b.h - 1 - y);
        uint8_t *to = image.rgba + (size_t)y * b.w * 4;
        if (b.bpp == 24) {
            read_24_row(&b, row, to);
        } else if (b.bpp < 16) {
            read_palette_row(&b, row, to);
        } else {
            read_masked_row(&b, row, to);
        }
    }
    mend_alpha(&image);
    *out = image;
    return ORL_OK;
}

static bool is_opaque(const struct orl_win_image *image)
{
    size_t bytes = (size_t)image->w * image->h * 4;
    for (size_t i = 3; i < bytes; i += 4) {
        if (image->rgba[i] != 255) {
            return false;
        }
    }
    return true;
}

static void write_headers(uint8_t *p, const struct orl_win_image *image, uint32_t info_bytes,
                          uint32_t bpp, uint32_t total)
{
    p[0] = 'B';
    p[1] = 'M';
    orl_put_u32(p + 2, total);
    orl_put_u32(p + 10, FILE_BYTES + info_bytes);
    uint8_t *info = p + FILE_BYTES;
    orl_put_u32(info, info_bytes);
    orl_put_u32(info + 4, image->w);
    orl_put_u32(info + 8, image->h); /* from the bottom: what every program reads */
    orl_put_u16(info + 12, 1);
    orl_put_u16(info + 14, (uint16_t)bpp);
    orl_put_u32(info + 20, total - FILE_BYTES - info_bytes);
    orl_put_u32(info + 24, 3780); /* pixels per metre: 96 dpi */
    orl_put_u32(info + 28, 3780);
    if (info_bytes == V4_BYTES) {
        orl_put_u32(info + 16, BI_BITFIELDS);
        orl_put_u32(info + 40, 0xFF0000u);
        orl_put_u32(info + 44, 0xFF00u);
        orl_put_u32(info + 48, 0xFFu);
        orl_put_u32(info + 52, 0xFF000000u);
        orl_put_u32(info + 56, 0x73524742u); /* LCS_sRGB */
    }
}

int orl_win_bmp_write(const struct orl_win_image *image, size_t max_bytes, uint8_t **out,
                      size_t *out_len)
{
    bool opaque = is_opaque(image);
    uint32_t bpp = opaque ? 24 : 32;
    uint32_t info_bytes = opaque ? INFO_BYTES : V4_BYTES;
    uint64_t pitch = pitch_of(image->w, bpp);
    uint64_t total = FILE_BYTES + info_bytes + pitch * image->h;
    if (total > max_bytes || total > INT32_MAX) {
        return ORL_ENOSPC;
    }
    uint8_t *file = calloc(1, (size_t)total);
    if (!file) {
        return ORL_ENOMEM;
    }
    write_headers(file, image, info_bytes, bpp, (uint32_t)total);
    for (uint32_t y = 0; y < image->h; y++) {
        const uint8_t *in = image->rgba + (size_t)(image->h - 1 - y) * image->w * 4;
        uint8_t *to = file + FILE_BYTES + info_bytes + pitch * y;
        for (uint32_t x = 0; x < image->w; x++, in += 4, to += bpp / 8) {
            to[0] = in[2];
            to[1] = in[1];
            to[2] = in[0];
            if (!opaque) {
                to[3] = in[3];
            }
        }
    }
    *out = file;
    *out_len = (size_t)total;
    return ORL_OK;
}
