/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <stdlib.h>
#include <string.h>

#include "demo/picture.h"
#include "support/check.h"

static struct orl_demo_conf small_conf(void)
{
    struct orl_demo_conf conf;
    orl_demo_conf_init(&conf);
    conf.w = 320;
    conf.h = 200;
    return conf;
}

static uint8_t *picture(const struct orl_demo_conf *conf, uint64_t frame)
{
    uint8_t *rgba = malloc((size_t)conf->w * conf->h * 4);
    assert_non_null(rgba);
    assert_int_equal(orl_demo_picture_rgba(conf, frame, rgba), ORL_OK);
    return rgba;
}

/* Encodes and decodes a sample of all colours; the largest difference of a component. */
static int round_trip(struct orl_demo_conf *conf)
{
    struct orl_demo_codec codec;
    orl_demo_codec_init(&codec, conf);
    int worst = 0;
    for (uint32_t r = 0; r < 256; r += 5) {
        for (uint32_t g = 0; g < 256; g += 5) {
            for (uint32_t b = 0; b < 256; b++) {
                uint8_t in[4] = {(uint8_t)r, (uint8_t)g, (uint8_t)b, 255}, stored[8], out[4];
                orl_demo_encode(&codec, in, stored, 1);
                orl_demo_decode(&codec, stored, out, 1);
                assert_int_equal(out[3], 255);
                for (int c = 0; c < 3; c++) {
                    int d = abs(in[c] - out[c]);
                    worst = d > worst ? d : worst;
                }
            }
        }
    }
    return worst;
}

static void codec_returns_every_colour_of_exact_formats(void **state)
{
    (void)state;
    static const enum orl_release releases[] = {ORL_B6, ORL_B7, ORL_MASTER};
    for (int i = 0; i < 3; i++) {
        for (uint32_t fmt = 1; fmt <= orl_layout_get(releases[i])->pixel_types; fmt++) {
            struct orl_demo_conf conf = small_conf();
            conf.release = releases[i];
            conf.fmt = (enum orl_pixfmt)fmt;
            assert_int_equal(round_trip(&conf), 0);
        }
    }
}

static void codec_returns_pq_colours_within_steps_of_light(void **state)
{
    (void)state;
    struct orl_demo_conf conf = small_conf();
    conf.fmt = ORL_PIX_RGB10A2;
    conf.flags = ORL_FRAME_HDR | ORL_FRAME_HDR_PQ;
    assert_int_equal(orl_demo_transfer_of(&conf), ORL_DEMO_PQ);
    struct orl_demo_codec codec;
    orl_demo_codec_init(&codec, &conf);
    for (uint32_t i = 0; i < 52 * 52 * 52; i++) {
        uint8_t in[4] = {(uint8_t)(i % 52 * 5), (uint8_t)(i / 52 % 52 * 5),
                         (uint8_t)(i / 52 / 52 * 5), 255};
        uint8_t stored[4], out[4];
        orl_demo_encode(&codec, in, stored, 1);
        orl_demo_decode(&codec, stored, out, 1);
        bool grey = in[0] == in[1] && in[1] == in[2];
        for (int c = 0; c < 3; c++) {
            /* Squares stand for linear light: a dark component beside a bright one is the small
             * difference of large numbers in BT.2020. */
            assert_in_range(abs(in[c] * in[c] - out[c] * out[c]) / 255, 0, 3);
            assert_in_range(abs(in[c] - out[c]), 0, grey ? 1 : 16);
        }
    }
}

static void codec_puts_components_where_the_format_says(void **state)
{
    (void)state;
    static const uint8_t in[4] = {0x11, 0x22, 0x33, 255};
    static const uint8_t want[6][8] = {{0x33, 0x22, 0x11, 0xFF}, {0x11, 0x22, 0x33, 0xFF},
                                       {0x44, 0x20, 0xC2, 0xCC}, {0},
                                       {0x33, 0x22, 0x11},       {0x11, 0x22, 0x33}};
    for (uint32_t fmt = 1; fmt <= 6; fmt++) {
        struct orl_demo_conf conf = small_conf();
        struct orl_demo_codec codec;
        uint8_t stored[8] = {0};
        conf.fmt = (enum orl_pixfmt)fmt;
        orl_demo_codec_init(&codec, &conf);
        orl_demo_encode(&codec, in, stored, 1);
        if (fmt != ORL_PIX_RGBA16F) {
            assert_memory_equal(stored, want[fmt - 1], orl_pixfmt_bytes(conf.fmt));
        }
    }
}

/* Independent numbers: half 1.0 is 0x3C00, PQ of 100 nits is 0.5081, of 80 nits 0.4839 (ST 2084). */
static void codec_puts_white_at_the_announced_luminance(void **state)
{
    (void)state;
    static const uint8_t white[4] = {255, 255, 255, 255};
    struct orl_demo_conf conf = small_conf();
    struct orl_demo_codec codec;
    uint8_t stored[8];
    conf.fmt = ORL_PIX_RGBA16F;
    conf.white_nits = 80;
    orl_demo_codec_init(&codec, &conf);
    orl_demo_encode(&codec, white, stored, 1);
    assert_int_equal(orl_get_u16(stored), 0x3C00);
    conf.white_nits = 160;
    orl_demo_codec_init(&codec, &conf);
    orl_demo_encode(&codec, white, stored, 1);
    assert_int_equal(orl_get_u16(stored), 0x4000);
    conf.fmt = ORL_PIX_RGB10A2;
    conf.flags = ORL_FRAME_HDR | ORL_FRAME_HDR_PQ;
    conf.white_nits = 100;
    orl_demo_codec_init(&codec, &conf);
    orl_demo_encode(&codec, white, stored, 1);
    assert_in_range(orl_get_u32(stored) & 1023u, 519, 521); /* 0.5081 * 1023 = 519.8 */
    conf.flags = ORL_FRAME_HDR;
    orl_demo_codec_init(&codec, &conf);
    orl_demo_encode(&codec, white, stored, 1);
    assert_int_equal(orl_get_u32(stored) & 1023u, 1023); /* B7: 1.0 is SDR white */
}

static void barcode_reads_back_the_frame_number(void **state)
{
    (void)state;
    static const uint64_t frames[] = {0, 1, 0x80000001u, 0xFFFFFFFFu, 123456789u};
    for (int i = 0; i < 5; i++) {
        struct orl_demo_conf conf = small_conf();
        uint8_t *rgba = picture(&conf, frames[i]);
        assert_int_equal(orl_demo_read_barcode(rgba, (size_t)conf.w * 4, 1), frames[i]);
        free(rgba);
    }
}

static void barcode_reads_back_from_an_enlarged_picture(void **state)
{
    (void)state;
    struct orl_demo_conf conf = small_conf();
    uint8_t *rgba = picture(&conf, 0xCAFE1234u);
    uint8_t *twice = malloc((size_t)conf.w * 2 * 16 * 4);
    assert_non_null(twice);
    for (uint32_t y = 0; y < 16; y++) {
        for (uint32_t x = 0; x < conf.w * 2; x++) {
            memcpy(twice + ((size_t)y * conf.w * 2 + x) * 4,
                   rgba + ((size_t)(y / 2) * conf.w + x / 2) * 4, 4);
        }
    }
    assert_int_equal(orl_demo_read_barcode(twice, (size_t)conf.w * 8, 2), 0xCAFE1234u);
    free(twice);
    free(rgba);
}

static void picture_moves_unless_damage_is_none(void **state)
{
    (void)state;
    for (uint32_t damage = ORL_DEMO_FULL; damage <= ORL_DEMO_TILE; damage++) {
        struct orl_demo_conf conf = small_conf();
        conf.damage = (enum orl_demo_damage)damage;
        uint8_t *a = picture(&conf, 3), *b = picture(&conf, 4);
        bool same = memcmp(a, b, (size_t)conf.w * conf.h * 4) == 0;
        assert_int_equal(same, damage == ORL_DEMO_NONE);
        free(a);
        free(b);
    }
}

static void picture_is_opaque_and_drawn_at_every_size(void **state)
{
    (void)state;
    static const uint32_t sizes[][2] = {{1, 1},   {7, 300},   {255, 8},
                                        {256, 8}, {333, 217}, {64, 64}};
    for (int i = 0; i < 6; i++) {
        for (uint32_t pattern = ORL_DEMO_CARD; pattern <= ORL_DEMO_SOLID; pattern++) {
            struct orl_demo_conf conf = small_conf();
            conf.w = sizes[i][0];
            conf.h = sizes[i][1];
            conf.pattern = (enum orl_demo_pattern)pattern;
            conf.damage = ORL_DEMO_RANDOM;
            uint8_t *rgba = picture(&conf, 40);
            for (size_t p = 0; p < (size_t)conf.w * conf.h; p++) {
                assert_int_equal(rgba[p * 4 + 3], 255);
            }
            free(rgba);
        }
    }
}

static void solid_picture_has_one_colour(void **state)
{
    (void)state;
    struct orl_demo_conf conf = small_conf();
    conf.pattern = ORL_DEMO_SOLID;
    conf.color = 0x8040C0;
    uint8_t *rgba = picture(&conf, 9);
    for (size_t p = 0; p < (size_t)conf.w * conf.h; p++) {
        assert_int_equal(rgba[p * 4], 0x80);
        assert_int_equal(rgba[p * 4 + 1], 0x40);
        assert_int_equal(rgba[p * 4 + 2], 0xC0);
    }
    free(rgba);
}

static void pitch_covers_the_row_with_the_release_s_padding(void **state)
{
    (void)state;
    assert_int_equal(orl_demo_pitch(ORL_B6, ORL_PIX_BGRA8, 1366), 5464);
    assert_int_equal(orl_demo_pitch(ORL_B7, ORL_PIX_BGRA8, 1366), 5632);
    assert_int_equal(orl_demo_pitch(ORL_B7, ORL_PIX_BGR24_IN_32, 1921), 5888);
    assert_int_equal(orl_demo_pitch(ORL_MASTER, ORL_PIX_RGB24, 257), 512 * 3);
    assert_int_equal(orl_demo_pitch(ORL_MASTER, ORL_PIX_RGBA16F, 100), 1024);
}

/* All four AND/XOR pairs must occur, or the viewer's monochrome path is not tested. */
static void mono_cursor_has_all_four_kinds_of_pixel(void **state)
{
    (void)state;
    struct orl_cursor_msg cur = {0};
    uint8_t stored[ORL_DEMO_SHAPE_BYTES];
    uint32_t seen[4] = {0};
    orl_demo_cursor_shape(ORL_DEMO_CURSOR_MONO, &cur, stored);
    assert_int_equal(cur.kind, ORL_CURSOR_MONO);
    assert_int_equal(cur.shape_bytes, (size_t)cur.pitch * cur.h * 2);
    for (uint32_t y = 0; y < cur.h; y++) {
        for (uint32_t x = 0; x < cur.w; x++) {
            uint32_t bit = 7 - x % 8;
            uint32_t and_bit = (uint32_t)stored[y * cur.pitch + x / 8] >> bit & 1u;
            uint32_t xor_bit = (uint32_t)stored[(y + cur.h) * cur.pitch + x / 8] >> bit & 1u;
            seen[and_bit * 2 + xor_bit]++;
        }
    }
    for (int i = 0; i < 4; i++) {
        assert_in_range(seen[i], 10, 1000);
    }
}

static void color_cursor_is_premultiplied_and_shows_something(void **state)
{
    (void)state;
    struct orl_cursor_msg cur = {0};
    uint8_t stored[ORL_DEMO_SHAPE_BYTES];
    uint32_t opaque = 0, clear = 0;
    orl_demo_cursor_shape(ORL_DEMO_CURSOR_COLOR, &cur, stored);
    for (uint32_t i = 0; i < cur.w * cur.h; i++) {
        const uint8_t *p = stored + i * 4;
        assert_true(p[0] <= p[3] && p[1] <= p[3] && p[2] <= p[3]);
        opaque += p[3] == 255 ? 1u : 0u;
        clear += p[3] == 0 ? 1u : 0u;
    }
    assert_in_range(opaque, 100, 500);
    assert_in_range(clear, 200, 900);
}

static void masked_cursor_has_opaque_inverting_and_empty_pixels(void **state)
{
    (void)state;
    struct orl_cursor_msg cur = {0};
    uint8_t stored[ORL_DEMO_SHAPE_BYTES];
    uint32_t seen[3] = {0};
    orl_demo_cursor_shape(ORL_DEMO_CURSOR_MASKED, &cur, stored);
    for (uint32_t i = 0; i < cur.w * cur.h; i++) {
        const uint8_t *p = stored + i * 4;
        seen[p[3] == 0 ? 0 : p[0] ? 1 : 2]++;
    }
    for (int i = 0; i < 3; i++) {
        assert_in_range(seen[i], 10, 1000);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(codec_returns_every_colour_of_exact_formats),
        cmocka_unit_test(codec_returns_pq_colours_within_steps_of_light),
        cmocka_unit_test(codec_puts_components_where_the_format_says),
        cmocka_unit_test(codec_puts_white_at_the_announced_luminance),
        cmocka_unit_test(barcode_reads_back_the_frame_number),
        cmocka_unit_test(barcode_reads_back_from_an_enlarged_picture),
        cmocka_unit_test(picture_moves_unless_damage_is_none),
        cmocka_unit_test(picture_is_opaque_and_drawn_at_every_size),
        cmocka_unit_test(solid_picture_has_one_colour),
        cmocka_unit_test(pitch_covers_the_row_with_the_release_s_padding),
        cmocka_unit_test(mono_cursor_has_all_four_kinds_of_pixel),
        cmocka_unit_test(color_cursor_is_premultiplied_and_shows_something),
        cmocka_unit_test(masked_cursor_has_opaque_inverting_and_empty_pixels),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
