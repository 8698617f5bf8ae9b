/* SPDX-License-Identifier: GPL-2.0-or-later */

#include "support/check.h"
#include "support/guarded.h"
#include "wire/wire.h"

static struct orl_color_transform sample, got;

/* A message that holds nothing but header and transform, at the end of the memory. */
static void make(struct orl_guarded *g, struct orl_cursor_msg *c)
{
    const struct orl_layout *lay = orl_layout_get(ORL_MASTER);
    uint32_t size = lay->cursor_bytes + ORL_TRANSFORM_BYTES;
    orl_guarded_init(g, size);
    sample.has_matrix = true;
    sample.has_lut = true;
    sample.scalar = 0.5f;
    for (int i = 0; i < 12; i++) {
        sample.matrix[i] = (float)i - 6;
    }
    for (int i = 0; i < 4096 * 4; i++) {
        sample.lut[i] = (float)i / 16384;
    }
    struct orl_payload msg = {.off = 0, .size = size};
    const struct orl_cursor_msg send = {.has_transform = true};
    assert_int_equal(orl_cursor_write(g->base, size, lay, msg, &send, NULL, 0, &msg.tag),
                     ORL_OK);
    orl_color_transform_write(g->base + lay->cursor_bytes, &sample);
    assert_int_equal(orl_cursor_read(c, lay, orl_guarded_mem(g), msg), ORL_OK);
    assert_true(c->has_transform);
}

static void transform_reads_back(void **state)
{
    (void)state;
    struct orl_guarded g;
    struct orl_cursor_msg c;
    make(&g, &c);
    assert_int_equal(orl_color_transform_read(&got, orl_guarded_mem(&g), &c), ORL_OK);
    assert_true(got.has_matrix && got.has_lut);
    assert_memory_equal(got.matrix, sample.matrix, sizeof(got.matrix));
    assert_memory_equal(got.lut, sample.lut, sizeof(got.lut));
    assert_true(got.scalar == 0.5f);
    orl_guarded_finish(&g);
}

static void value_that_is_not_finite_keeps_the_old_transform(void **state)
{
    (void)state;
    static const uint32_t places[] = {4, 48, 52, 56, 60, ORL_TRANSFORM_BYTES - 4};
    static const uint32_t values[] = {0x7f800000, 0xff800000, 0x7fc00000, 0x7f800001,
                                      0xffffffff};
    for (size_t p = 0; p < sizeof(places) / sizeof(places[0]); p++) {
        for (size_t v = 0; v < sizeof(values) / sizeof(values[0]); v++) {
            struct orl_guarded g;
            struct orl_cursor_msg c;
            make(&g, &c);
            orl_put_u32(g.base + c.transform_off + places[p], values[v]);
            got.scalar = 42;
            assert_int_equal(orl_color_transform_read(&got, orl_guarded_mem(&g), &c),
                             ORL_EMALFORMED);
            assert_true(got.scalar == 42);
            orl_guarded_finish(&g);
        }
    }
}

static void extreme_finite_values_pass(void **state)
{
    (void)state;
    static const uint32_t values[] = {0x7f7fffff, 0xff7fffff, 0x00000001, 0x80000000};
    struct orl_guarded g;
    struct orl_cursor_msg c;
    make(&g, &c);
    for (size_t v = 0; v < sizeof(values) / sizeof(values[0]); v++) {
        orl_put_u32(g.base + c.transform_off + 52, values[v]);
        assert_int_equal(orl_color_transform_read(&got, orl_guarded_mem(&g), &c), ORL_OK);
    }
    orl_guarded_finish(&g);
}

static void transform_without_room_is_flagged(void **state)
{
    (void)state;
    const struct orl_layout *lay = orl_layout_get(ORL_MASTER);
    struct orl_guarded g;
    struct orl_cursor_msg c;
    make(&g, &c);
    struct orl_payload msg = {.size = (uint32_t)g.size - 1,
                              .tag = ORL_CURSOR_TRANSFORM | ORL_CURSOR_POSITION};
    assert_int_equal(orl_cursor_read(&c, lay, orl_guarded_mem(&g), msg), ORL_OK);
    assert_true(c.bad_transform && !c.has_transform && c.has_position);
    assert_int_equal(orl_color_transform_read(&got, orl_guarded_mem(&g), &c), ORL_EMALFORMED);
    orl_guarded_finish(&g);
}

static void transform_lies_behind_the_shape_and_is_lost_with_it(void **state)
{
    (void)state;
    const struct orl_layout *lay = orl_layout_get(ORL_MASTER);
    struct orl_guarded g;
    orl_guarded_init(&g, lay->cursor_bytes + 64 + ORL_TRANSFORM_BYTES);
    struct orl_cursor_msg c = {
        .has_shape = true, .has_transform = true, .w = 4, .h = 4, .pitch = 16};
    struct orl_payload msg = {.size = (uint32_t)g.size};
    const uint8_t shape[64] = {0};
    assert_int_equal(orl_cursor_write(g.base, g.size, lay, msg, &c, shape, 64, &msg.tag),
                     ORL_OK);
    assert_int_equal(orl_cursor_read(&c, lay, orl_guarded_mem(&g), msg), ORL_OK);
    assert_true(c.has_shape && c.has_transform);
    assert_int_equal(c.transform_off, lay->cursor_bytes + 64);
    orl_put_u32(g.base + lay->cursor_pitch, 15);
    assert_int_equal(orl_cursor_read(&c, lay, orl_guarded_mem(&g), msg), ORL_OK);
    assert_true(c.bad_shape && c.bad_transform);
    orl_guarded_finish(&g);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(transform_reads_back),
        cmocka_unit_test(value_that_is_not_finite_keeps_the_old_transform),
        cmocka_unit_test(extreme_finite_values_pass),
        cmocka_unit_test(transform_without_room_is_flagged),
        cmocka_unit_test(transform_lies_behind_the_shape_and_is_lost_with_it),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
