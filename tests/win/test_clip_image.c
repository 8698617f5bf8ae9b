/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <png.h>
#include <stdlib.h>
#include <string.h>

#include "support/check.h"
#include "support/random.h"
#include "win/clipboard.h"
#include "win/clipboard_image.h"

#define MAX_BYTES (8u << 20)

static void put(uint8_t *p, uint32_t v, int bytes)
{
    for (int i = 0; i < bytes; i++) {
        p[i] = (uint8_t)(v >> (8 * i));
    }
}

struct file {
    uint8_t bytes[4096];
    size_t len;
};

/* Headers of a BMP whose rows begin behind `extra` bytes of masks or palette. */
static struct file start(uint32_t info_bytes, int32_t w, int32_t h, uint32_t bpp,
                         uint32_t packing, uint32_t extra)
{
    struct file f = {{'B', 'M'}, 14 + info_bytes + extra};
    put(f.bytes + 10, (uint32_t)f.len, 4);
    put(f.bytes + 14, info_bytes, 4);
    put(f.bytes + 18, (uint32_t)w, 4);
    put(f.bytes + 22, (uint32_t)h, 4);
    put(f.bytes + 26, 1, 2);
    put(f.bytes + 28, bpp, 2);
    put(f.bytes + 30, packing, 4);
    return f;
}

static void append(struct file *f, const void *bytes, size_t n)
{
    memcpy(f->bytes + f->len, bytes, n);
    f->len += n;
}

/* `want`: text of hexadecimal rgba, one group per pixel, from the top left. */
static void expect(const struct file *f, uint32_t w, uint32_t h, const uint32_t *want)
{
    struct orl_win_image image;
    uint8_t *exact = malloc(f->len); /* so that the sanitizer sees a read beyond the end */
    memcpy(exact, f->bytes, f->len);
    assert_int_equal(orl_win_bmp_read(exact, f->len, &image), ORL_OK);
    assert_int_equal(image.w, w);
    assert_int_equal(image.h, h);
    for (size_t i = 0; i < (size_t)w * h; i++) {
        const uint8_t *p = image.rgba + i * 4;
        uint32_t got = (uint32_t)p[0] << 24 | (uint32_t)p[1] << 16 | (uint32_t)p[2] << 8 | p[3];
        assert_int_equal(got, want[i]);
    }
    free(image.rgba);
    for (size_t len = 0; len < f->len; len++) { /* every truncation is refused */
        uint8_t *cut = malloc(len ? len : 1);
        memcpy(cut, f->bytes, len);
        assert_int_not_equal(orl_win_bmp_read(cut, len, &image), ORL_OK);
        free(cut);
    }
    free(exact);
}

static void bmp_of_24_bit_is_read_from_bottom_and_top(void **state)
{
    (void)state;
    /* 2 x 2, rows of 6 bytes filled up to 8 */
    static const uint8_t rows[] = {1, 2, 3, 4, 5, 6, 0, 0, 7, 8, 9, 10, 11, 12, 0, 0};
    struct file up = start(40, 2, 2, 24, 0, 0);
    append(&up, rows, sizeof(rows));
    expect(&up, 2, 2, (uint32_t[]){0x090807FF, 0x0C0B0AFF, 0x030201FF, 0x060504FF});
    struct file down = start(40, 2, -2, 24, 0, 0);
    append(&down, rows, sizeof(rows));
    expect(&down, 2, 2, (uint32_t[]){0x030201FF, 0x060504FF, 0x090807FF, 0x0C0B0AFF});
}

static void bmp_of_32_bit_has_alpha_only_where_a_header_says_so(void **state)
{
    (void)state;
    static const uint8_t rows[] = {1, 2, 3, 0x80, 4, 5, 6, 0xFF};
    struct file plain = start(40, 2, 1, 32, 0, 0);
    append(&plain, rows, 8);
    expect(&plain, 2, 1, (uint32_t[]){0x030201FF, 0x060504FF});
    struct file v5 = start(124, 2, 1, 32, 3, 0);
    put(v5.bytes + 54, 0xFF0000, 4);
    put(v5.bytes + 58, 0xFF00, 4);
    put(v5.bytes + 62, 0xFF, 4);
    put(v5.bytes + 66, 0xFF000000, 4);
    append(&v5, rows, 8);
    expect(&v5, 2, 1, (uint32_t[]){0x03020180, 0x060504FF});
    struct file v4 = start(108, 2, 1, 32, 3, 0); /* other places: r lowest */
    put(v4.bytes + 54, 0xFF, 4);
    put(v4.bytes + 58, 0xFF00, 4);
    put(v4.bytes + 62, 0xFF0000, 4);
    append(&v4, rows, 8);
    expect(&v4, 2, 1, (uint32_t[]){0x010203FF, 0x040506FF});
    static const uint8_t zero[] = {1, 2, 3, 0, 4, 5, 6, 0};
    struct file unset = start(124, 2, 1, 32, 3, 0);
    memcpy(unset.bytes, v5.bytes, 138);
    append(&unset, zero, 8);
    expect(&unset, 2, 1, (uint32_t[]){0x030201FF, 0x060504FF});
}

static void bmp_masks_behind_the_small_header_are_used(void **state)
{
    (void)state;
    struct file f = start(40, 2, 1, 16, 3, 12); /* 5-6-5 */
    put(f.bytes + 54, 0xF800, 4);
    put(f.bytes + 58, 0x07E0, 4);
    put(f.bytes + 62, 0x001F, 4);
    static const uint8_t rows[] = {0x00, 0xF8, 0xE0, 0x07};
    append(&f, rows, 4);
    expect(&f, 2, 1, (uint32_t[]){0xFF0000FF, 0x00FF00FF});
    struct file five = start(40, 2, 1, 16, 0, 0); /* 5-5-5 */
    static const uint8_t fives[] = {0x00, 0x7C, 0x1F, 0x00};
    append(&five, fives, 4);
    expect(&five, 2, 1, (uint32_t[]){0xFF0000FF, 0x0000FFFF});
}

static void bmp_with_a_palette_is_read_and_missing_colours_are_black(void **state)
{
    (void)state;
    struct file f = start(40, 3, 1, 8, 0, 8);
    put(f.bytes + 46, 2, 4); /* two colours */
    put(f.bytes + 54, 0x112233, 4);
    put(f.bytes + 58, 0x445566, 4);
    static const uint8_t rows[] = {1, 0, 200, 0};
    append(&f, rows, 4);
    expect(&f, 3, 1, (uint32_t[]){0x445566FF, 0x112233FF, 0x000000FF});
    struct file mono = start(40, 9, 1, 1, 0, 8);
    put(mono.bytes + 58, 0xFFFFFF, 4);
    static const uint8_t bits[] = {0x81, 0x80, 0, 0};
    append(&mono, bits, 4);
    expect(
        &mono, 9, 1,
        (uint32_t[]){0xFFFFFFFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFFFFFFFF, 0xFFFFFFFF});
    struct file four = start(40, 2, 1, 4, 0, 64);
    put(four.bytes + 54 + 15 * 4, 0xABCDEF, 4);
    static const uint8_t nibbles[] = {0xF0, 0, 0, 0};
    append(&four, nibbles, 4);
    expect(&four, 2, 1, (uint32_t[]){0xABCDEFFF, 0x000000FF});
}

static void what_cannot_be_right_is_refused(void **state)
{
    (void)state;
    static const struct {
        uint32_t at, value;
        int bytes, err;
    } bad[] = {{0, 'X', 1, ORL_EMALFORMED},
               {14, 12, 4, ORL_EUNSUPPORTED},
               {14, 64, 4, ORL_EUNSUPPORTED},
               {14, 0xFFFFFFFF, 4, ORL_EUNSUPPORTED},
               {18, 0, 4, ORL_ENOSPC},
               {18, 0xFFFFFFFF, 4, ORL_ENOSPC},
               {18, 16385, 4, ORL_ENOSPC},
               {22, 0, 4, ORL_ENOSPC},
               {22, 0x80000000, 4, ORL_ENOSPC},
               {22, 16384, 4, ORL_EMALFORMED},
               {28, 0, 2, ORL_EUNSUPPORTED},
               {28, 64, 2, ORL_EUNSUPPORTED},
               {30, 1, 4, ORL_EUNSUPPORTED},
               {30, 3, 4, ORL_EUNSUPPORTED},
               {10, 0xFFFFFFFF, 4, ORL_EMALFORMED},
               {10, 13, 4, ORL_EMALFORMED},
               {10, 55, 4, ORL_EMALFORMED}};
    static const uint8_t rows[16] = {0};
    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
        struct file f = start(40, 2, 2, 24, 0, 0);
        append(&f, rows, 16);
        put(f.bytes + bad[i].at, bad[i].value, bad[i].bytes);
        struct orl_win_image image;
        assert_int_equal(orl_win_bmp_read(f.bytes, f.len, &image), bad[i].err);
    }
}

static struct orl_win_image random_image(uint64_t *seed, bool alpha)
{
    struct orl_win_image image = {1 + random_below(seed, 40), 1 + random_below(seed, 40), NULL};
    size_t bytes = (size_t)image.w * image.h * 4;
    image.rgba = malloc(bytes);
    for (size_t i = 0; i < bytes; i++) {
        image.rgba[i] = i % 4 == 3 && !alpha ? 255 : (uint8_t)random_next(seed);
    }
    if (alpha) {
        image.rgba[3] = 77;
    }
    return image;
}

/* A PNG made by libpng itself, so that the two ways do not share a mistake. */
static uint8_t *make_png(const struct orl_win_image *image, size_t *len)
{
    png_image png = {.version = PNG_IMAGE_VERSION,
                     .width = image->w,
                     .height = image->h,
                     .format = PNG_FORMAT_RGBA};
    png_alloc_size_t size = PNG_IMAGE_PNG_SIZE_MAX(png);
    uint8_t *file = malloc(size);
    assert_true(png_image_write_to_memory(&png, file, &size, 0, image->rgba, 0, NULL));
    *len = size;
    return file;
}

static void same_pixels(const struct orl_win_image *a, const uint8_t *png_file, size_t len)
{
    png_image png = {.version = PNG_IMAGE_VERSION};
    assert_true(png_image_begin_read_from_memory(&png, png_file, len));
    assert_int_equal(png.width, a->w);
    assert_int_equal(png.height, a->h);
    png.format = PNG_FORMAT_RGBA;
    uint8_t *rgba = malloc((size_t)a->w * a->h * 4);
    assert_true(png_image_finish_read(&png, NULL, rgba, 0, NULL));
    assert_memory_equal(rgba, a->rgba, (size_t)a->w * a->h * 4);
    free(rgba);
}

static void images_keep_every_pixel_on_the_way_there_and_back(void **state)
{
    (void)state;
    uint64_t seed = 11;
    for (int round = 0; round < 60; round++) {
        struct orl_win_image image = random_image(&seed, round % 2);
        size_t png_len = 0;
        size_t bmp_len = 0;
        size_t back_len = 0;
        uint8_t *bmp = NULL;
        uint8_t *back = NULL;
        uint8_t *png = make_png(&image, &png_len);
        assert_int_equal(orl_win_image_convert(ORL_WIN_CLIP_PNG, ORL_WIN_CLIP_BMP, png, png_len,
                                               MAX_BYTES, &bmp, &bmp_len),
                         ORL_OK);
        struct orl_win_image read;
        assert_int_equal(orl_win_bmp_read(bmp, bmp_len, &read), ORL_OK);
        assert_memory_equal(read.rgba, image.rgba, (size_t)image.w * image.h * 4);
        assert_int_equal(orl_win_image_convert(ORL_WIN_CLIP_BMP, ORL_WIN_CLIP_PNG, bmp, bmp_len,
                                               MAX_BYTES, &back, &back_len),
                         ORL_OK);
        same_pixels(&image, back, back_len);
        free(read.rgba);
        free(image.rgba);
        free(png);
        free(bmp);
        free(back);
    }
}

static void pictures_larger_than_the_bound_are_refused_before_memory_is_taken(void **state)
{
    (void)state;
    struct orl_win_image image = {4000, 4000, calloc(4000, 4000 * 4)};
    memset(image.rgba, 255, (size_t)4000 * 4000 * 4);
    size_t png_len = 0;
    size_t len = 0;
    uint8_t *out = NULL;
    uint8_t *png = make_png(&image, &png_len); /* some 60 KB */
    assert_true(png_len < 1000000);
    assert_int_equal(orl_win_image_convert(ORL_WIN_CLIP_PNG, ORL_WIN_CLIP_BMP, png, png_len,
                                           MAX_BYTES, &out, &len),
                     ORL_ENOSPC);
    assert_int_equal(orl_win_image_convert(ORL_WIN_CLIP_PNG, ORL_WIN_CLIP_BMP, png, png_len,
                                           48000054, &out, &len),
                     ORL_OK);
    assert_int_equal(len, 48000054);
    free(out);
    assert_int_equal(orl_win_image_convert(ORL_WIN_CLIP_PNG, ORL_WIN_CLIP_BMP, png, png_len,
                                           48000053, &out, &len),
                     ORL_ENOSPC);
    assert_int_equal(orl_win_image_convert(ORL_WIN_CLIP_TEXT, ORL_WIN_CLIP_BMP, png, png_len,
                                           MAX_BYTES, &out, &len),
                     ORL_EUNSUPPORTED);
    free(png);
    free(image.rgba);
}

/* Real files with bytes changed, cut and lengthened: an answer or a refusal, nothing else. */
static void broken_files_are_refused_or_read_without_harm(void **state)
{
    (void)state;
    uint64_t seed = 99;
    int good = 0;
    for (int round = 0; round < 6000; round++) {
        struct orl_win_image image = random_image(&seed, round % 2);
        bool from_png = round % 4 == 0;
        size_t len = 0;
        uint8_t *file = NULL;
        if (from_png) {
            file = make_png(&image, &len);
        } else {
            assert_int_equal(orl_win_bmp_write(&image, MAX_BYTES, &file, &len), ORL_OK);
        }
        for (uint32_t i = random_below(&seed, 4); i > 0; i--) {
            file[random_below(&seed, random_below(&seed, 2) && len > 60 ? 60 : (uint32_t)len)] =
                (uint8_t)(random_below(&seed, 3) ? random_next(&seed)
                                                 : 1u << random_below(&seed, 8));
        }
        len = random_below(&seed, 4) ? len : random_below(&seed, (uint32_t)len + 1);
        uint8_t *exact = malloc(len ? len : 1);
        memcpy(exact, file, len);
        uint8_t *out = NULL;
        size_t out_len = 0;
        int err = orl_win_image_convert(from_png ? ORL_WIN_CLIP_PNG : ORL_WIN_CLIP_BMP,
                                        from_png ? ORL_WIN_CLIP_BMP : ORL_WIN_CLIP_PNG, exact,
                                        len, MAX_BYTES, &out, &out_len);
        if (err == ORL_OK) {
            assert_true(out_len > 0 && out_len <= MAX_BYTES);
            good++;
        }
        free(err == ORL_OK ? out : NULL);
        free(exact);
        free(file);
        free(image.rgba);
    }
    assert_in_range(good, 600, 5400);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(bmp_of_24_bit_is_read_from_bottom_and_top),
        cmocka_unit_test(bmp_of_32_bit_has_alpha_only_where_a_header_says_so),
        cmocka_unit_test(bmp_masks_behind_the_small_header_are_used),
        cmocka_unit_test(bmp_with_a_palette_is_read_and_missing_colours_are_black),
        cmocka_unit_test(what_cannot_be_right_is_refused),
        cmocka_unit_test(images_keep_every_pixel_on_the_way_there_and_back),
        cmocka_unit_test(pictures_larger_than_the_bound_are_refused_before_memory_is_taken),
        cmocka_unit_test(broken_files_are_refused_or_read_without_harm),
    };
    return cmocka_run_group_tests_name("clip_image", tests, NULL, NULL);
}
