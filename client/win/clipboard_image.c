/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "win/clipboard_image.h"

#include <png.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "win/clipboard.h"

/* `max_bytes` bounds the pixels: a small PNG file can hold a very large picture. */
static int png_read(const void *data, size_t len, uint64_t max_bytes, struct orl_win_image *out)
{
    png_image png = {.version = PNG_IMAGE_VERSION};
    if (!png_image_begin_read_from_memory(&png, data, len)) {
        png_image_free(&png);
        return ORL_EMALFORMED;
    }
    struct orl_win_image image = {png.width, png.height, NULL};
    uint64_t bytes = (uint64_t)image.w * image.h * 4;
    if (image.w == 0 || image.h == 0 || image.w > ORL_WIN_IMAGE_MAX_SIDE ||
        image.h > ORL_WIN_IMAGE_MAX_SIDE || bytes > max_bytes ||
        image.w * image.h > ORL_WIN_IMAGE_MAX_PX) {
        png_image_free(&png);
        return ORL_ENOSPC;
    }
    image.rgba = malloc((size_t)bytes);
    if (!image.rgba) {
        png_image_free(&png);
        return ORL_ENOMEM;
    }
    png.format = PNG_FORMAT_RGBA;
    if (!png_image_finish_read(&png, NULL, image.rgba, (png_int_32)(image.w * 4), NULL)) {
        png_image_free(&png);
        free(image.rgba);
        return ORL_EMALFORMED;
    }
    *out = image;
    return ORL_OK;
}

static int png_write(const struct orl_win_image *image, size_t max_bytes, uint8_t **out,
                     size_t *out_len)
{
    png_image png = {.version = PNG_IMAGE_VERSION,
                     .width = image->w,
                     .height = image->h,
                     .format = PNG_FORMAT_RGBA,
                     .flags = PNG_IMAGE_FLAG_FAST};
    png_alloc_size_t size = PNG_IMAGE_PNG_SIZE_MAX(png);
    uint8_t *file = malloc(size);
    if (!file) {
        return ORL_ENOMEM;
    }
    if (!png_image_write_to_memory(&png, file, &size, 0, image->rgba,
                                   (png_int_32)(image->w * 4), NULL)) {
        free(file);
        return ORL_ENOMEM; /* the size is enough for any picture: only memory can be missing */
    }
    if (size > max_bytes) {
        free(file);
        return ORL_ENOSPC;
    }
    uint8_t *fitting = realloc(file, size);
    if (fitting) {
        file = fitting;
    }
    *out = file;
    *out_len = size;
    return ORL_OK;
}

int orl_win_image_convert(uint32_t from, uint32_t to, const void *data, size_t len,
                          size_t max_bytes, uint8_t **out, size_t *out_len)
{
    struct orl_win_image image = {0, 0, NULL};
    bool to_bmp = from == ORL_WIN_CLIP_PNG && to == ORL_WIN_CLIP_BMP;
    if (!to_bmp && !(from == ORL_WIN_CLIP_BMP && to == ORL_WIN_CLIP_PNG)) {
        return ORL_EUNSUPPORTED;
    }
    /* A BMP has at least 3 bytes for what are 4 here: whatever is larger could not be written. */
    int err = to_bmp ? png_read(data, len, (uint64_t)max_bytes / 3 * 4, &image)
                     : orl_win_bmp_read(data, len, &image);
    if (err) {
        return err;
    }
    err = to_bmp ? orl_win_bmp_write(&image, max_bytes, out, out_len)
                 : png_write(&image, max_bytes, out, out_len);
    free(image.rgba);
    return err;
}
