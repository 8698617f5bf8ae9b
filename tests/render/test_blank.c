/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <string.h>

#include "render/blank.h"
#include "support/check.h"
#include "support/random.h"

#define W 13
#define H 7

static uint8_t pixels[H * W * 4];

static struct orl_slot even(uint32_t color, uint64_t *random)
{
    for (size_t i = 0; i < W * H; i++) {
        pixels[4 * i] = (uint8_t)color;
        pixels[4 * i + 1] = (uint8_t)(color >> 8);
        pixels[4 * i + 2] = (uint8_t)(color >> 16);
        pixels[4 * i + 3] = (uint8_t)random_next(random); /* means nothing */
    }
    return (struct orl_slot){.kind = ORL_SLOT_STAGED,
                             .map = pixels,
                             .desc = {.w = W, .h = H, .rows = H, .pitch = W * 4}};
}

static void one_colour_is_blank_whatever_the_fourth_byte(void **state)
{
    (void)state;
    uint64_t random = 5;
    struct orl_blank b = {0};
    for (int i = 0; i < 100; i++) {
        struct orl_slot slot = even((uint32_t)random_next(&random), &random);
        assert_true(orl_blank_check(&b, &slot));
    }
}

static void a_single_pixel_anywhere_in_any_component_is_a_picture(void **state)
{
    (void)state;
    uint64_t random = 6;
    struct orl_blank b = {0};
    for (size_t i = 0; i < W * H; i++) {
        for (size_t k = 0; k < 3; k++) {
            struct orl_slot slot = even(0x123456, &random);
            pixels[4 * i + k] ^= 1;
            assert_false(orl_blank_check(&b, &slot));
            assert_false(orl_blank_check(&b, &slot)); /* from memory */
            slot = even(0x654321, &random);
            assert_true(orl_blank_check(&b, &slot));
        }
    }
}

static void a_place_remembered_from_a_larger_picture_is_not_looked_at(void **state)
{
    (void)state;
    uint64_t random = 7;
    struct orl_blank b = {0};
    struct orl_slot slot = even(0, &random);
    pixels[4 * (W * H - 1)] = 9;
    assert_false(orl_blank_check(&b, &slot));
    uint8_t small[4] = {1, 2, 3, 4};
    struct orl_slot one = {
        .kind = ORL_SLOT_STAGED, .map = small, .desc = {.w = 1, .h = 1, .rows = 1, .pitch = 4}};
    assert_true(orl_blank_check(&b, &one));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(one_colour_is_blank_whatever_the_fourth_byte),
        cmocka_unit_test(a_single_pixel_anywhere_in_any_component_is_a_picture),
        cmocka_unit_test(a_place_remembered_from_a_larger_picture_is_not_looked_at),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
