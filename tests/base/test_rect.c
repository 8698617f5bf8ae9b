/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Rectangle sets against a bitmap: merging may add pixels, it must never lose one. */
#include <string.h>

#include "base/rect.h"
#include "support/check.h"

#define SIDE 96

static uint64_t random_state = 88172645463325252u;

static uint32_t next_random(uint32_t below)
{
    random_state ^= random_state << 13;
    random_state ^= random_state >> 7;
    random_state ^= random_state << 17;
    return (uint32_t)(random_state >> 20) % below;
}

struct bitmap {
    uint8_t set[SIDE * SIDE];
};

static void paint(struct bitmap *b, struct orl_rect r)
{
    for (uint32_t y = r.y; y < SIDE && y - r.y < r.h; y++) {
        for (uint32_t x = r.x; x < SIDE && x - r.x < r.w; x++) {
            b->set[y * SIDE + x] = 1;
        }
    }
}

static struct bitmap painted(const struct orl_rects *s)
{
    struct bitmap b = {{0}};
    for (uint32_t i = 0; i < s->n; i++) {
        paint(&b, s->r[i]);
    }
    return b;
}

static struct orl_rect random_rect(void)
{
    uint32_t small = next_random(200) == 0 ? SIDE : 6;
    return (struct orl_rect){next_random(SIDE), next_random(SIDE), next_random(small),
                             next_random(small)};
}

static void merging_never_loses_a_pixel(void **state)
{
    (void)state;
    unsigned merged = 0;
    for (int round = 0; round < 300; round++) {
        struct orl_rects set = {0};
        struct bitmap model = {{0}};
        uint32_t adds = 1 + next_random(200);
        for (uint32_t i = 0; i < adds; i++) {
            struct orl_rect r = random_rect();
            orl_rects_add_one(&set, r);
            paint(&model, r);
            assert_true(set.n <= ORL_RECTS_MAX && !set.full);
        }
        struct bitmap got = painted(&set);
        for (int i = 0; i < SIDE * SIDE; i++) {
            assert_true(got.set[i] >= model.set[i]);
        }
        merged += memcmp(&got, &model, sizeof(got)) != 0;
        struct orl_rect all = orl_rects_bounds(&set, SIDE, SIDE);
        for (uint32_t i = 0; i < set.n; i++) {
            struct orl_rect in =
                orl_rect_intersect(set.r[i], (struct orl_rect){0, 0, SIDE, SIDE});
            struct orl_rect both = orl_rect_intersect(in, all);
            assert_memory_equal(&both, &in, sizeof(in));
        }
    }
    assert_true(merged > 10); /* the full list was reached at all */
}

static void few_rectangles_stay_exact(void **state)
{
    (void)state;
    for (int round = 0; round < 300; round++) {
        struct orl_rects set = {0};
        struct bitmap model = {{0}};
        for (uint32_t i = 0; i < ORL_RECTS_MAX; i++) {
            struct orl_rect r = random_rect();
            orl_rects_add_one(&set, r);
            paint(&model, r);
        }
        struct bitmap got = painted(&set);
        assert_memory_equal(&got, &model, sizeof(got));
    }
}

static void sum_of_two_sets_covers_both(void **state)
{
    (void)state;
    for (int round = 0; round < 200; round++) {
        struct orl_rects a = {0}, b = {0};
        for (uint32_t i = next_random(80); i > 0; i--) {
            orl_rects_add_one(&a, random_rect());
        }
        for (uint32_t i = next_random(80); i > 0; i--) {
            orl_rects_add_one(&b, random_rect());
        }
        struct bitmap pa = painted(&a), pb = painted(&b);
        orl_rects_add(&a, &b);
        struct bitmap sum = painted(&a);
        for (int i = 0; i < SIDE * SIDE; i++) {
            assert_true(sum.set[i] >= (pa.set[i] | pb.set[i]));
        }
    }
}

static void full_wins_over_everything(void **state)
{
    (void)state;
    struct orl_rects set = {0}, more = {0};
    orl_rects_add_one(&set, (struct orl_rect){1, 2, 3, 4});
    assert_false(orl_rects_empty(&set));
    orl_rects_set_full(&more);
    orl_rects_add(&set, &more);
    assert_true(set.full);
    assert_int_equal(set.n, 0);
    orl_rects_add_one(&set, (struct orl_rect){1, 2, 3, 4});
    orl_rects_clip(&set, 10, 10);
    assert_true(set.full);
    assert_int_equal(set.n, 0);
    assert_int_equal(orl_rects_area(&set, 10, 20), 200);
    struct orl_rect all = orl_rects_bounds(&set, 10, 20);
    assert_int_equal(all.w * all.h, 200);
    orl_rects_clear(&set);
    assert_true(orl_rects_empty(&set));
    assert_int_equal(orl_rects_bounds(&set, 10, 20).w, 0);
}

static void empty_and_contained_rectangles_add_nothing(void **state)
{
    (void)state;
    struct orl_rects set = {0};
    orl_rects_add_one(&set, (struct orl_rect){5, 5, 0, 9});
    orl_rects_add_one(&set, (struct orl_rect){5, 5, 9, 0});
    assert_true(orl_rects_empty(&set));
    orl_rects_add_one(&set, (struct orl_rect){10, 10, 5, 5});
    orl_rects_add_one(&set, (struct orl_rect){11, 11, 2, 2});
    assert_int_equal(set.n, 1);
    orl_rects_add_one(&set, (struct orl_rect){0, 0, 40, 40}); /* swallows the first */
    assert_int_equal(set.n, 1);
    assert_int_equal(set.r[0].w, 40);
}

static void wrapping_coordinates_are_clipped_away(void **state)
{
    (void)state;
    static const struct orl_rect cases[][2] = {
        {{UINT32_MAX, 0, 2, 2}, {0, 0, 0, 0}},
        {{0, UINT32_MAX, 2, 2}, {0, 0, 0, 0}},
        {{UINT32_MAX, UINT32_MAX, UINT32_MAX, UINT32_MAX}, {0, 0, 0, 0}},
        {{1, 1, UINT32_MAX, UINT32_MAX}, {1, 1, 49, 19}},
        {{48, 18, 10, 10}, {48, 18, 2, 2}},
        {{50, 0, 1, 1}, {0, 0, 0, 0}},
        {{0, 0, UINT32_MAX, 1}, {0, 0, 50, 1}},
    };
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct orl_rects set = {0};
        orl_rects_add_one(&set, cases[i][0]);
        orl_rects_clip(&set, 50, 20);
        assert_int_equal(set.n, cases[i][1].w ? 1 : 0);
        if (set.n) {
            assert_memory_equal(&set.r[0], &cases[i][1], sizeof(struct orl_rect));
        }
    }
}

/* A hostile guest can fill the list with rectangles whose far ends do not fit in 32 bits. */
static void merging_huge_rectangles_keeps_what_lies_inside_the_picture(void **state)
{
    (void)state;
    struct orl_rects set = {0};
    for (uint32_t i = 0; i < 3 * ORL_RECTS_MAX; i++) {
        orl_rects_add_one(&set,
                          (struct orl_rect){i * 3 + 1, (i * 7) % 500, UINT32_MAX - i, 1 + i});
    }
    assert_true(set.n <= ORL_RECTS_MAX);
    orl_rects_clip(&set, 2000, 2000);
    for (uint32_t i = 0; i < 3 * ORL_RECTS_MAX; i++) {
        bool covered = false;
        for (uint32_t k = 0; k < set.n; k++) {
            struct orl_rect corner = {i * 3 + 1, (i * 7) % 500, 1, 1};
            covered |= orl_rect_intersect(set.r[k], corner).w == 1;
        }
        assert_true(covered);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(merging_never_loses_a_pixel),
        cmocka_unit_test(few_rectangles_stay_exact),
        cmocka_unit_test(sum_of_two_sets_covers_both),
        cmocka_unit_test(full_wins_over_everything),
        cmocka_unit_test(empty_and_contained_rectangles_add_nothing),
        cmocka_unit_test(wrapping_coordinates_are_clipped_away),
        cmocka_unit_test(merging_huge_rectangles_keeps_what_lies_inside_the_picture),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
