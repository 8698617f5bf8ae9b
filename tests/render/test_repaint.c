/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "render/repaint.h"
#include "support/check.h"

#define SIDE 40

/* A window of bytes that is drawn through buffers of any age must always equal the scene. */
static void paint(uint8_t *dst, const uint8_t *scene, const struct orl_rects *what)
{
    if (what->full) {
        memcpy(dst, scene, SIDE * SIDE);
    }
    for (uint32_t i = 0; i < what->n; i++) {
        for (uint32_t y = what->r[i].y; y < what->r[i].y + what->r[i].h; y++) {
            memcpy(dst + y * SIDE + what->r[i].x, scene + y * SIDE + what->r[i].x,
                   what->r[i].w);
        }
    }
}

static void change(struct orl_repaint *d, uint8_t *scene, uint32_t seed)
{
    struct orl_rect r = {seed % 30, seed / 30 % 30, 1 + seed % 9, 1 + seed % 7};
    for (uint32_t y = r.y; y < r.y + r.h; y++) {
        memset(scene + y * SIDE + r.x, (int)(seed % 251), r.w);
    }
    orl_repaint_add(d, r);
}

static void partial_drawing_into_buffers_of_any_age_gives_the_whole_scene(void **state)
{
    (void)state;
    static uint8_t scene[SIDE * SIDE];
    static uint8_t buffers[6][SIDE * SIDE]; /* more than the history can serve */
    uint32_t shown_at[6] = {0};
    struct orl_repaint d = {.n = 0};
    uint32_t seed = 12345;
    memset(buffers, 0xee, sizeof(buffers));
    orl_repaint_reset(&d);
    uint32_t partial = 0;
    for (uint32_t now = 1; now < 3000; now++) {
        seed = seed * 1664525 + 1013904223;
        for (uint32_t i = 0; i < seed >> 8 && i < 3; i++) {
            change(&d, scene, (seed >> 8) + i * 77);
        }
        if (now % 500 == 0) {
            orl_repaint_reset(&d);
        }
        uint32_t buffer = (seed >> 20) % 6;
        uint32_t age = shown_at[buffer] ? now - shown_at[buffer] : 0;
        struct orl_rects what;
        orl_repaint_since(&d, age, SIDE, SIDE, &what);
        partial += !what.full;
        paint(buffers[buffer], scene, &what);
        assert_memory_equal(buffers[buffer], scene, SIDE * SIDE);
        shown_at[buffer] = now;
        orl_repaint_presented(&d);
    }
    assert_true(partial > 500);
}

static void an_unknown_buffer_is_drawn_completely(void **state)
{
    (void)state;
    struct orl_repaint d = {.n = 0};
    struct orl_rects what;
    orl_repaint_add(&d, (struct orl_rect){1, 2, 3, 4});
    orl_repaint_since(&d, 0, SIDE, SIDE, &what);
    assert_true(what.full);
    orl_repaint_since(&d, 2, SIDE, SIDE, &what);
    assert_true(what.full);
    orl_repaint_since(&d, 1, SIDE, SIDE, &what);
    assert_false(what.full);
    assert_int_equal(what.n, 1);
}

static void nothing_changed_is_empty(void **state)
{
    (void)state;
    struct orl_repaint d = {.n = 0};
    orl_repaint_reset(&d);
    orl_repaint_presented(&d);
    assert_true(orl_rects_empty(&d.now));
    orl_repaint_add(&d, (struct orl_rect){0, 0, 0, 0});
    assert_true(orl_rects_empty(&d.now));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(partial_drawing_into_buffers_of_any_age_gives_the_whole_scene),
        cmocka_unit_test(an_unknown_buffer_is_drawn_completely),
        cmocka_unit_test(nothing_changed_is_empty),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
