/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <stdlib.h>
#include <string.h>

#include "demo/canvas.h"
#include "support/check.h"

#define FRAMES 48 /* three times the life of a random rectangle */

/* A viewer that trusts the damage, and slots that are filled as the guest fills them. */
struct bench {
    struct orl_demo_canvas canvas;
    uint8_t *slot[2], *viewer, *want;
    struct orl_rects stale[2];
    size_t bytes;
};

static void bench_init(struct bench *b, const struct orl_demo_conf *conf)
{
    memset(b, 0, sizeof(*b));
    assert_int_equal(orl_demo_canvas_reset(&b->canvas, conf), ORL_OK);
    b->bytes = (size_t)b->canvas.pitch * conf->h;
    for (int i = 0; i < 2; i++) {
        b->slot[i] = calloc(1, b->bytes);
        assert_non_null(b->slot[i]);
        orl_rects_set_full(&b->stale[i]);
    }
    b->viewer = calloc(1, b->bytes);
    b->want = malloc((size_t)conf->w * conf->h * 4);
    assert_non_null(b->viewer);
    assert_non_null(b->want);
}

static void bench_finish(struct bench *b)
{
    orl_demo_canvas_finish(&b->canvas);
    free(b->slot[0]);
    free(b->slot[1]);
    free(b->viewer);
    free(b->want);
}

static void view(struct bench *b, const uint8_t *from, const struct orl_rects *what)
{
    const struct orl_demo_canvas *c = &b->canvas;
    if (what->full) {
        memcpy(b->viewer, from, b->bytes);
    }
    for (uint32_t i = 0; i < what->n; i++) {
        struct orl_rect r = what->r[i];
        for (uint32_t y = r.y; y < r.y + r.h; y++) {
            size_t at = (size_t)y * c->pitch + (size_t)r.x * c->pixel_bytes;
            memcpy(b->viewer + at, from + at, (size_t)r.w * c->pixel_bytes);
        }
    }
}

static void assert_shows(const struct bench *b, const uint8_t *stored, uint64_t n)
{
    const struct orl_demo_canvas *c = &b->canvas;
    uint8_t *row = malloc((size_t)c->conf.w * 4);
    assert_non_null(row);
    assert_int_equal(orl_demo_picture_rgba(&c->conf, n, b->want), ORL_OK);
    for (uint32_t y = 0; y < c->conf.h; y++) {
        orl_demo_decode(&c->codec, stored + (size_t)y * c->pitch, row, c->conf.w);
        assert_memory_equal(row, b->want + (size_t)y * c->conf.w * 4, (size_t)c->conf.w * 4);
    }
    free(row);
}

/* Slots are taken in an irregular order, as when a viewer is slow. */
static void run_from(struct orl_demo_conf *conf, uint64_t first, uint32_t most_rects)
{
    struct bench b;
    bench_init(&b, conf);
    for (uint64_t n = first; n < first + FRAMES; n++) {
        struct orl_rects changed;
        int slot = n % 5 == 2 ? 0 : (int)(n & 1);
        orl_demo_canvas_step(&b.canvas, n, &changed);
        assert_int_equal(changed.full, n == first);
        assert_in_range(changed.n, 0, most_rects);
        orl_rects_add(&b.stale[0], &changed);
        orl_rects_add(&b.stale[1], &changed);
        orl_demo_canvas_copy(&b.canvas, &b.stale[slot], 0, 31, b.slot[slot]);
        orl_demo_canvas_copy(&b.canvas, &b.stale[slot], 31, conf->h, b.slot[slot]);
        orl_rects_clear(&b.stale[slot]);
        view(&b, b.slot[slot], &changed);
        assert_shows(&b, b.slot[slot], n);
        assert_shows(&b, b.viewer, n);
    }
    bench_finish(&b);
}

static void run(struct orl_demo_conf *conf, uint32_t most_rects)
{
    run_from(conf, 0, most_rects);
}

static struct orl_demo_conf small_conf(enum orl_demo_damage damage)
{
    struct orl_demo_conf conf;
    orl_demo_conf_init(&conf);
    conf.w = 260;
    conf.h = 110;
    conf.damage = damage;
    return conf;
}

static void moving_damage_is_complete_in_eight_rectangles(void **state)
{
    (void)state;
    struct orl_demo_conf conf = small_conf(ORL_DEMO_MOVING);
    run(&conf, 8);
}

/* Frame 3600 is also the first of a new minute. */
static void moving_damage_is_complete_when_numbers_carry(void **state)
{
    (void)state;
    struct orl_demo_conf conf = small_conf(ORL_DEMO_MOVING);
    conf.w = 400;
    conf.h = 225;
    run_from(&conf, 3580, 8);
    run_from(&conf, 99980, 8);
}

static void random_damage_is_complete_in_every_format(void **state)
{
    (void)state;
    for (uint32_t fmt = 1; fmt <= 6; fmt++) {
        struct orl_demo_conf conf = small_conf(ORL_DEMO_RANDOM);
        conf.fmt = (enum orl_pixfmt)fmt;
        run(&conf, 16);
    }
}

static void random_damage_is_complete_over_other_pictures(void **state)
{
    (void)state;
    struct orl_demo_conf conf = small_conf(ORL_DEMO_RANDOM);
    conf.pattern = ORL_DEMO_PHOTO;
    run(&conf, 16);
    conf.pattern = ORL_DEMO_SOLID;
    run(&conf, 16);
}

static void tile_damage_is_complete_in_two_rectangles(void **state)
{
    (void)state;
    struct orl_demo_conf conf = small_conf(ORL_DEMO_TILE);
    run(&conf, 2);
}

static void nothing_changes_without_damage(void **state)
{
    (void)state;
    struct orl_demo_conf conf = small_conf(ORL_DEMO_NONE);
    run(&conf, 0);
}

static void a_skipped_frame_number_changes_everything(void **state)
{
    (void)state;
    struct orl_demo_conf conf = small_conf(ORL_DEMO_MOVING);
    struct bench b;
    struct orl_rects changed;
    bench_init(&b, &conf);
    orl_demo_canvas_step(&b.canvas, 0, &changed);
    orl_demo_canvas_step(&b.canvas, 1, &changed);
    assert_false(changed.full);
    orl_demo_canvas_step(&b.canvas, 7, &changed);
    assert_true(changed.full);
    assert_shows(&b, b.canvas.stored, 7);
    bench_finish(&b);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(moving_damage_is_complete_in_eight_rectangles),
        cmocka_unit_test(moving_damage_is_complete_when_numbers_carry),
        cmocka_unit_test(random_damage_is_complete_in_every_format),
        cmocka_unit_test(random_damage_is_complete_over_other_pictures),
        cmocka_unit_test(tile_damage_is_complete_in_two_rectangles),
        cmocka_unit_test(nothing_changes_without_damage),
        cmocka_unit_test(a_skipped_frame_number_changes_everything),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
