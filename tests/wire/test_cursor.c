/* SPDX-License-Identifier: GPL-2.0-or-later */

#include "support/check.h"
#include "support/guarded.h"
#include "wire/wire.h"

#define AT    32
#define SHAPE 512 /* room behind the header */

struct pointer {
    const struct orl_layout *lay;
    struct orl_guarded g;
    struct orl_payload msg;
};

static void put(struct pointer *p, uint32_t off, uint32_t v)
{
    orl_put_u32(p->g.base + AT + off, v);
}

/* A colour shape of 8 x 16 pixels that fills the message. */
static void make(struct pointer *p, enum orl_release release, uint32_t tag)
{
    p->lay = orl_layout_get(release);
    uint32_t size = p->lay->cursor_bytes + SHAPE;
    orl_guarded_init(&p->g, AT + size);
    p->msg = (struct orl_payload){.off = AT, .size = size, .tag = tag};
    orl_put_u16(p->g.base + AT + p->lay->cursor_x, (uint16_t)-300);
    orl_put_u16(p->g.base + AT + p->lay->cursor_y, 40);
    put(p, p->lay->cursor_shape_type, ORL_CURSOR_COLOR);
    p->g.base[AT + p->lay->cursor_hot_x] = (uint8_t)-1;
    p->g.base[AT + p->lay->cursor_hot_y] = 15;
    put(p, p->lay->cursor_width, 8);
    put(p, p->lay->cursor_height, 16);
    put(p, p->lay->cursor_pitch, 32);
}

static int read_cursor(struct orl_cursor_msg *c, const struct pointer *p)
{
    return orl_cursor_read(c, p->lay, orl_guarded_mem(&p->g), p->msg);
}

static void cursor_read_takes_every_field_from_its_place(void **state)
{
    (void)state;
    for (int r = 0; r < ORL_RELEASES; r++) {
        struct pointer p;
        make(&p, (enum orl_release)r, ORL_CURSOR_POSITION | ORL_CURSOR_SHAPE);
        struct orl_cursor_msg c;
        assert_int_equal(read_cursor(&c, &p), ORL_OK);
        assert_true(c.has_position && c.has_shape);
        assert_false(c.bad_shape || c.bad_transform || c.has_transform);
        assert_int_equal(c.x, -300);
        assert_int_equal(c.y, 40);
        assert_int_equal(c.hot_x, -1);
        assert_int_equal(c.hot_y, 15);
        assert_int_equal(c.kind, ORL_CURSOR_COLOR);
        assert_int_equal(c.w, 8);
        assert_int_equal(c.h, 16);
        assert_int_equal(c.pitch, 32);
        assert_int_equal(c.shape_off, AT + p.lay->cursor_bytes);
        assert_int_equal(c.shape_bytes, 512);
        assert_int_equal(c.white_nits, 203);
        orl_guarded_finish(&p.g);
    }
}

static void visibility_follows_the_rule_of_the_release(void **state)
{
    (void)state;
    static const struct {
        uint32_t tag;
        bool old_visible, new_has, new_visible;
    } cases[] = {
        {0, false, false, false},
        {ORL_CURSOR_VISIBLE, true, false, false},
        {ORL_CURSOR_VISIBLE_VALID, false, true, false},
        {ORL_CURSOR_VISIBLE | ORL_CURSOR_VISIBLE_VALID, true, true, true},
    };
    for (int r = 0; r < ORL_RELEASES; r++) {
        for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
            struct pointer p;
            make(&p, (enum orl_release)r, cases[i].tag);
            struct orl_cursor_msg c;
            assert_int_equal(read_cursor(&c, &p), ORL_OK);
            bool master = r == ORL_MASTER;
            assert_int_equal(c.has_visible, master ? cases[i].new_has : true);
            assert_int_equal(c.visible, master ? cases[i].new_visible : cases[i].old_visible);
            assert_false(c.has_position || c.has_shape);
            assert_int_equal(c.x, 0);
            orl_guarded_finish(&p.g);
        }
    }
}

static void older_releases_have_no_transform(void **state)
{
    (void)state;
    for (int r = ORL_B6; r <= ORL_B7; r++) {
        struct pointer p;
        make(&p, (enum orl_release)r, UINT32_MAX);
        struct orl_cursor_msg c;
        assert_int_equal(read_cursor(&c, &p), ORL_OK);
        assert_true(c.has_shape);
        assert_false(c.has_transform || c.bad_transform);
        orl_guarded_finish(&p.g);
    }
}

static void broken_shape_leaves_position_and_visibility(void **state)
{
    (void)state;
    const struct {
        uint32_t type, w, h, pitch;
    } cases[] = {
        {3, 8, 16, 32},         {UINT32_MAX, 8, 16, 32},
        {0, 0, 16, 32},         {0, 8, 0, 32},
        {0, 9, 16, 32},         {0, 8, 17, 32},
        {0, 8, 16, 31},         {0, 8, 16, 33},
        {0, 4097, 1, 16388},    {0, 1, 4097, 4},
        {0, 0x40000000, 1, 4},  {0, 8, 0x08000000, 32},
        {0, 8, 4096, 0x100000}, {0, 8, UINT32_MAX, UINT32_MAX},
        {0, 8, 0x80000000, 32}, {1, 8, 1, 32},
        {1, 257, 16, 32},       {2, 9, 16, 32},
    };
    for (int r = 0; r < ORL_RELEASES; r++) {
        for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
            struct pointer p;
            make(&p, (enum orl_release)r,
                 ORL_CURSOR_POSITION | ORL_CURSOR_VISIBLE | ORL_CURSOR_SHAPE |
                     ORL_CURSOR_VISIBLE_VALID);
            put(&p, p.lay->cursor_shape_type, cases[i].type);
            put(&p, p.lay->cursor_width, cases[i].w);
            put(&p, p.lay->cursor_height, cases[i].h);
            put(&p, p.lay->cursor_pitch, cases[i].pitch);
            struct orl_cursor_msg c;
            assert_int_equal(read_cursor(&c, &p), ORL_OK);
            if (!c.bad_shape || c.has_shape) {
                fail_msg("shape %zu was accepted", i);
            }
            assert_true(c.has_position && c.visible);
            assert_int_equal(c.x, -300);
            assert_int_equal(c.shape_bytes, 0);
            orl_guarded_finish(&p.g);
        }
    }
}

/* Every word of the header, one at a time: an accepted shape lies inside the message. */
static void accepted_shapes_lie_inside_the_message(void **state)
{
    (void)state;
    static const uint32_t values[] = {
        0,  1,   2,   3,    7,      8,          9,          31,         32,
        33, 127, 512, 4096, 0xffff, 0x7fffffff, 0x80000000, 0xfffffffe, 0xffffffff};
    for (int r = 0; r < ORL_RELEASES; r++) {
        struct pointer p;
        make(&p, (enum orl_release)r, UINT32_MAX);
        for (uint32_t off = 0; off + 4 <= p.lay->cursor_bytes; off += 4) {
            uint32_t kept = orl_get_u32(p.g.base + AT + off);
            for (size_t i = 0; i < sizeof(values) / sizeof(values[0]); i++) {
                put(&p, off, values[i]);
                struct orl_cursor_msg c;
                assert_int_equal(read_cursor(&c, &p), ORL_OK);
                assert_in_range(c.white_nits, 1, 10000);
                assert_true(c.has_shape != c.bad_shape);
                if (c.has_shape) {
                    uint64_t rows = c.kind == ORL_CURSOR_MONO ? 2ull * c.h : c.h;
                    assert_true(c.w >= 1 && c.h >= 1);
                    assert_true(rows * c.pitch <= c.shape_bytes);
                    assert_true(c.shape_off + c.shape_bytes <= p.g.size);
                }
            }
            put(&p, off, kept);
        }
        orl_guarded_finish(&p.g);
    }
}

static void message_shorter_than_the_header_is_malformed(void **state)
{
    (void)state;
    for (int r = 0; r < ORL_RELEASES; r++) {
        struct pointer p;
        make(&p, (enum orl_release)r, ORL_CURSOR_POSITION);
        struct orl_cursor_msg c;
        const struct orl_payload bad[] = {{AT, p.lay->cursor_bytes - 1, 1},
                                          {AT, 0, 1},
                                          {AT, UINT32_MAX, 1},
                                          {AT + 1, p.msg.size, 1},
                                          {SIZE_MAX, 64, 1},
                                          {p.g.size, p.lay->cursor_bytes, 1}};
        for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
            p.msg = bad[i];
            assert_int_equal(read_cursor(&c, &p), ORL_EMALFORMED);
        }
        p.msg = (struct orl_payload){p.g.size - p.lay->cursor_bytes, p.lay->cursor_bytes, 0};
        assert_int_equal(read_cursor(&c, &p), ORL_OK);
        orl_guarded_finish(&p.g);
    }
}

static void unpack_color_swaps_to_rgba(void **state)
{
    (void)state;
    const uint8_t stored[] = {1, 2, 3, 4, 5, 6, 7, 8, 99, 99, 11, 12, 13, 14, 15, 16, 17, 18};
    const struct orl_cursor_msg c = {.kind = ORL_CURSOR_COLOR, .w = 2, .h = 2, .pitch = 10};
    const uint8_t want[] = {3, 2, 1, 4, 7, 6, 5, 8, 13, 12, 11, 14, 17, 16, 15, 18};
    uint8_t rgba[16];
    orl_cursor_unpack(rgba, &c, stored);
    assert_memory_equal(rgba, want, sizeof(want));
}

static void unpack_masked_makes_an_and_mask_of_alpha(void **state)
{
    (void)state;
    const uint8_t stored[] = {1, 2, 3, 0, 4, 5, 6, 255, 7, 8, 9, 1};
    const struct orl_cursor_msg c = {.kind = ORL_CURSOR_MASKED, .w = 3, .h = 1, .pitch = 12};
    const uint8_t want[] = {3, 2, 1, 0, 6, 5, 4, 255, 9, 8, 7, 255};
    uint8_t rgba[12];
    orl_cursor_unpack(rgba, &c, stored);
    assert_memory_equal(rgba, want, sizeof(want));
}

/* All four AND/XOR pairs in one row of 9 pixels, so that the second byte counts too. */
static void unpack_mono_gives_black_white_screen_and_inverse(void **state)
{
    (void)state;
    struct orl_guarded stored;
    const uint8_t bytes[] = {0x33, 0x80, 0x55, 0x80};
    orl_guarded_copy(&stored, bytes, sizeof(bytes));
    const struct orl_cursor_msg c = {.kind = ORL_CURSOR_MONO, .w = 9, .h = 1, .pitch = 2};
    uint8_t rgba[36];
    orl_cursor_unpack(rgba, &c, stored.base);
    static const uint8_t and_mask[] = {0, 0, 255, 255, 0, 0, 255, 255, 255};
    static const uint8_t xor_mask[] = {0, 255, 0, 255, 0, 255, 0, 255, 255};
    for (int i = 0; i < 9; i++) {
        assert_int_equal(rgba[4 * i], xor_mask[i]);
        assert_int_equal(rgba[4 * i + 1], xor_mask[i]);
        assert_int_equal(rgba[4 * i + 2], xor_mask[i]);
        assert_int_equal(rgba[4 * i + 3], and_mask[i]);
    }
    orl_guarded_finish(&stored);
}

static void odd_mono_height_is_rounded_down(void **state)
{
    (void)state;
    struct pointer p;
    make(&p, ORL_B7, ORL_CURSOR_SHAPE);
    put(&p, p.lay->cursor_shape_type, ORL_CURSOR_MONO);
    put(&p, p.lay->cursor_height, 15);
    struct orl_cursor_msg c;
    assert_int_equal(read_cursor(&c, &p), ORL_OK);
    assert_true(c.has_shape);
    assert_int_equal(c.h, 7);
    assert_int_equal(c.shape_bytes, 15 * 32);
    memset(p.g.base + c.shape_off, 0, c.shape_bytes);
    p.g.base[c.shape_off + 7 * 32] = 0x80; /* first row of the second half: XOR */
    uint8_t rgba[8 * 7 * 4];
    orl_cursor_unpack(rgba, &c, p.g.base + c.shape_off);
    assert_int_equal(rgba[0], 255);
    assert_int_equal(rgba[3], 0);
    assert_int_equal(rgba[4], 0);
    orl_guarded_finish(&p.g);
}

static void what_is_written_reads_back(void **state)
{
    (void)state;
    uint8_t shape[8 * 2 * 4];
    for (size_t i = 0; i < sizeof(shape); i++) {
        shape[i] = (uint8_t)(i + 1);
    }
    for (int r = 0; r < ORL_RELEASES; r++) {
        for (int kind = 0; kind < 3; kind++) {
            const struct orl_layout *lay = orl_layout_get((enum orl_release)r);
            bool mono = kind == ORL_CURSOR_MONO;
            struct orl_cursor_msg c = {.has_position = true,
                                       .has_visible = true,
                                       .visible = true,
                                       .has_shape = true,
                                       .x = -7,
                                       .y = 9,
                                       .hot_x = -3,
                                       .hot_y = 4,
                                       .kind = (enum orl_cursor_kind)kind,
                                       .w = 8,
                                       .h = mono ? 1 : 2,
                                       .pitch = 32,
                                       .white_nits = 80};
            struct orl_guarded g;
            uint32_t size = lay->cursor_bytes + (uint32_t)sizeof(shape);
            orl_guarded_init(&g, AT + size);
            struct orl_payload msg = {.off = AT, .size = size};
            assert_int_equal(
                orl_cursor_write(g.base, g.size, lay, msg, &c, shape, sizeof(shape), &msg.tag),
                ORL_OK);
            struct orl_cursor_msg got;
            assert_int_equal(orl_cursor_read(&got, lay, orl_guarded_mem(&g), msg), ORL_OK);
            assert_true(got.has_position && got.has_visible && got.visible && got.has_shape);
            assert_int_equal(got.x, -7);
            assert_int_equal(got.hot_x, -3);
            assert_int_equal(got.kind, kind);
            assert_int_equal(got.h, c.h);
            assert_int_equal(got.white_nits, r == ORL_MASTER ? 80 : 203);
            assert_memory_equal(g.base + got.shape_off, shape, sizeof(shape));
            c.visible = false;
            c.has_shape = false;
            assert_int_equal(orl_cursor_write(g.base, g.size, lay, msg, &c, NULL, 0, &msg.tag),
                             ORL_OK);
            assert_int_equal(orl_cursor_read(&got, lay, orl_guarded_mem(&g), msg), ORL_OK);
            assert_true(got.has_visible && !got.visible && !got.has_shape);
            orl_guarded_finish(&g);
        }
    }
}

static void cursor_write_refuses_what_does_not_fit(void **state)
{
    (void)state;
    const struct orl_layout *lay = orl_layout_get(ORL_B7);
    const uint8_t shape[64] = {0};
    struct orl_guarded g;
    orl_guarded_init(&g, 128);
    orl_guarded_protect(&g, false);
    uint64_t tag = 5;
    for (int i = 0; i < 7; i++) {
        struct orl_cursor_msg c = {.has_shape = true, .w = 4, .h = 4, .pitch = 16};
        struct orl_payload msg = {.off = 0, .size = 128};
        uint32_t bytes = 64;
        switch (i) {
        case 0: bytes = 63; break;
        case 1: c.pitch = 15; break;
        case 2: c.h = 3; break;
        case 3: msg.size = 24 + 63; break;
        case 4: msg.size = 129; break;
        case 5: c.has_transform = true; break;
        default: msg.off = SIZE_MAX; break;
        }
        assert_int_equal(orl_cursor_write(g.base, g.size, lay, msg, &c, shape, bytes, &tag),
                         ORL_EINVAL);
        assert_int_equal(tag, 5);
    }
    orl_guarded_finish(&g);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(cursor_read_takes_every_field_from_its_place),
        cmocka_unit_test(visibility_follows_the_rule_of_the_release),
        cmocka_unit_test(older_releases_have_no_transform),
        cmocka_unit_test(broken_shape_leaves_position_and_visibility),
        cmocka_unit_test(accepted_shapes_lie_inside_the_message),
        cmocka_unit_test(message_shorter_than_the_header_is_malformed),
        cmocka_unit_test(unpack_color_swaps_to_rgba),
        cmocka_unit_test(unpack_masked_makes_an_and_mask_of_alpha),
        cmocka_unit_test(unpack_mono_gives_black_white_screen_and_inverse),
        cmocka_unit_test(odd_mono_height_is_rounded_down),
        cmocka_unit_test(what_is_written_reads_back),
        cmocka_unit_test(cursor_write_refuses_what_does_not_fit),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
