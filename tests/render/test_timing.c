/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The history behind the timing graphs: what goes in, what is shown of it. */
#include <stdlib.h>
#include <string.h>

#include "render/timing.h"
#include "support/check.h"
#include "support/random.h"

#define MS  UINT64_C(1000000)
#define T0  (1000 * ORL_NS_PER_S + 5 * MS)
#define COL ORL_TIMING_COLUMN_NS

static struct orl_timing timing; /* large */

static void samples_fall_into_their_columns(void **state)
{
    (void)state;
    struct orl_timing *t = &timing;
    orl_timing_init(t);
    orl_timing_add(t, ORL_TIMING_DRAW, 4 * MS, T0);
    orl_timing_add(t, ORL_TIMING_DRAW, 2 * MS, T0 + 1 * MS);
    orl_timing_add(t, ORL_TIMING_DRAW, 9 * MS, T0 + 2 * MS);
    orl_timing_add(t, ORL_TIMING_DRAW, 7 * MS, T0 + 2 * COL);
    struct orl_timing_bucket b = orl_timing_bucket(t, ORL_TIMING_DRAW, 2);
    assert_int_equal(b.n, 3);
    assert_int_equal(b.low, 2000);
    assert_int_equal(b.high, 9000);
    assert_int_equal(b.sum, 15000);
    assert_int_equal(orl_timing_bucket(t, ORL_TIMING_DRAW, 1).n, 0); /* a gap, no zero */
    b = orl_timing_bucket(t, ORL_TIMING_DRAW, 0);
    assert_true(b.n == 1 && b.low == 7000 && b.high == 7000);
    assert_int_equal(orl_timing_bucket(t, ORL_TIMING_PRESENT, 0).n, 0);
    assert_int_equal(orl_timing_bucket(t, ORL_TIMING_DRAW, ORL_TIMING_COLUMNS).n, 0);
    assert_int_equal(orl_timing_bucket(t, ORL_TIMING_DRAW, UINT32_MAX).n, 0);
}

static void the_first_columns_of_a_clock_have_nothing_before_them(void **state)
{
    (void)state;
    struct orl_timing *t = &timing;
    orl_timing_init(t);
    orl_timing_add(t, ORL_TIMING_DRAW, 0, 0);
    struct orl_timing_bucket b = orl_timing_bucket(t, ORL_TIMING_DRAW, 0);
    assert_true(b.n == 1 && b.low == 0 && b.high == 0 && b.sum == 0);
    for (uint32_t i = 1; i < ORL_TIMING_COLUMNS; i++) {
        assert_int_equal(orl_timing_bucket(t, ORL_TIMING_DRAW, i).n, 0);
    }
}

static void what_is_older_than_the_span_is_gone(void **state)
{
    (void)state;
    struct orl_timing *t = &timing;
    orl_timing_init(t);
    orl_timing_add(t, ORL_TIMING_DRAW, 50 * MS, T0);
    for (uint32_t i = 1; i < ORL_TIMING_COLUMNS; i++) {
        orl_timing_add(t, ORL_TIMING_DRAW, i * MS / 100, T0 + i * COL);
    }
    assert_int_equal(orl_timing_figures(t, ORL_TIMING_DRAW).max, 50000);
    assert_int_equal(orl_timing_figures(t, ORL_TIMING_DRAW).n, ORL_TIMING_COLUMNS);
    orl_timing_add(t, ORL_TIMING_PRESENT, 1, T0 + ORL_TIMING_COLUMNS * COL);
    assert_int_equal(orl_timing_figures(t, ORL_TIMING_DRAW).max, 990);
    assert_int_equal(orl_timing_figures(t, ORL_TIMING_DRAW).n, ORL_TIMING_COLUMNS - 1);
    /* Far ahead: nothing of it all is left. */
    orl_timing_add(t, ORL_TIMING_PRESENT, 1, T0 + 3600 * ORL_NS_PER_S);
    struct orl_timing_figures f = orl_timing_figures(t, ORL_TIMING_DRAW);
    assert_true(f.n == 0 && f.p50 == 0 && f.p99 == 0 && f.max == 0);
    for (uint32_t i = 0; i < ORL_TIMING_COLUMNS; i++) {
        assert_int_equal(orl_timing_bucket(t, ORL_TIMING_DRAW, i).n, 0);
    }
}

static void a_clock_that_goes_back_adds_to_the_newest_column(void **state)
{
    (void)state;
    struct orl_timing *t = &timing;
    orl_timing_init(t);
    orl_timing_add(t, ORL_TIMING_DRAW, 3 * MS, T0);
    orl_timing_add(t, ORL_TIMING_DRAW, 5 * MS, T0 - 700 * ORL_NS_PER_S);
    orl_timing_add(t, ORL_TIMING_DRAW, 1 * MS, 0);
    assert_int_equal(orl_timing_bucket(t, ORL_TIMING_DRAW, 0).n, 3);
    assert_int_equal(orl_timing_figures(t, ORL_TIMING_DRAW).n, 3);
    assert_int_equal(orl_timing_figures(t, ORL_TIMING_DRAW).p50, 3000);
}

static void huge_values_end_at_the_largest_number(void **state)
{
    (void)state;
    struct orl_timing *t = &timing;
    orl_timing_init(t);
    for (int i = 0; i < 1000; i++) {
        orl_timing_add(t, ORL_TIMING_DRAW, UINT64_MAX, UINT64_MAX);
    }
    struct orl_timing_bucket b = orl_timing_bucket(t, ORL_TIMING_DRAW, 0);
    assert_true(b.low == UINT32_MAX && b.sum == UINT64_C(1000) * UINT32_MAX);
    struct orl_timing_figures f = orl_timing_figures(t, ORL_TIMING_DRAW);
    assert_true(f.p50 == UINT32_MAX && f.p99 == UINT32_MAX && f.max == UINT32_MAX);
}

static int by_value(const void *a, const void *b)
{
    const uint32_t x = *(const uint32_t *)a, y = *(const uint32_t *)b;
    return (x > y) - (x < y);
}

/* The least value that `percent` of them do not exceed, the plain way. */
static uint32_t sorted_percentile(uint32_t *v, uint32_t n, uint32_t percent)
{
    qsort(v, n, sizeof(*v), by_value);
    uint32_t i = 0;
    while ((uint64_t)(i + 1) * 100 < (uint64_t)n * percent) {
        i++;
    }
    return v[i];
}

static void percentiles_are_those_of_the_sorted_samples(void **state)
{
    (void)state;
    static uint32_t v[ORL_TIMING_SAMPLES];
    struct orl_timing *t = &timing;
    uint64_t seed = 7;
    const uint32_t counts[] = {1, 2, 3, 99, 100, 101, 600, ORL_TIMING_SAMPLES};
    for (size_t k = 0; k < sizeof(counts) / sizeof(counts[0]); k++) {
        orl_timing_init(t);
        for (uint32_t i = 0; i < counts[k]; i++) {
            /* Some wide apart, some alike. */
            v[i] = (uint32_t)(random_next(&seed) >> (random_next(&seed) % 24));
            orl_timing_add(t, ORL_TIMING_TOTAL, (uint64_t)v[i] * 1000 + 999, T0 + i * MS);
        }
        struct orl_timing_figures f = orl_timing_figures(t, ORL_TIMING_TOTAL);
        assert_int_equal(f.n, counts[k]);
        assert_int_equal(f.p50, sorted_percentile(v, counts[k], 50));
        assert_int_equal(f.p99, sorted_percentile(v, counts[k], 99));
        assert_int_equal(f.max, v[counts[k] - 1]);
    }
}

static void percentiles_of_more_samples_than_are_kept_are_of_the_newest(void **state)
{
    (void)state;
    struct orl_timing *t = &timing;
    orl_timing_init(t);
    for (uint32_t i = 0; i < 3 * ORL_TIMING_SAMPLES; i++) {
        uint64_t us = i < 2 * ORL_TIMING_SAMPLES ? 9000 : 1000;
        orl_timing_add(t, ORL_TIMING_DRAW, us * 1000, T0 + i * UINT64_C(1000));
    }
    struct orl_timing_figures f = orl_timing_figures(t, ORL_TIMING_DRAW);
    assert_int_equal(f.n, ORL_TIMING_SAMPLES);
    assert_int_equal(f.p99, 1000);
    assert_int_equal(f.max, 9000); /* of all */
}

/* What the buckets say is compared with a list of everything that went in. */
static void random_samples_and_gaps_are_kept_exactly(void **state)
{
    (void)state;
    enum { SAMPLES = 20000 };
    static struct {
        uint64_t column;
        uint32_t us;
    } all[SAMPLES];
    struct orl_timing *t = &timing;
    uint64_t seed = 3;
    uint64_t now = T0;
    orl_timing_init(t);
    for (uint32_t n = 0; n < SAMPLES; n++) {
        uint64_t dice = random_next(&seed) % 1000;
        now += dice < 2 ? 12 * ORL_NS_PER_S : dice < 30 ? 450 * MS : dice * 20000;
        all[n].column = now / COL;
        all[n].us = (uint32_t)(random_next(&seed) % 50000);
        orl_timing_add(t, ORL_TIMING_WAIT, all[n].us * UINT64_C(1000), now);
        if (n % 997 != 0) {
            continue;
        }
        for (uint32_t back = 0; back < ORL_TIMING_COLUMNS; back++) {
            struct orl_timing_bucket want = {0};
            for (uint32_t i = n + 1; i-- > 0 && all[i].column + back >= now / COL;) {
                if (all[i].column + back == now / COL) {
                    want.low = !want.n || all[i].us < want.low ? all[i].us : want.low;
                    want.high = all[i].us > want.high ? all[i].us : want.high;
                    want.sum += all[i].us;
                    want.n++;
                }
            }
            struct orl_timing_bucket got = orl_timing_bucket(t, ORL_TIMING_WAIT, back);
            assert_true(got.n == want.n && got.sum == want.sum);
            assert_true(got.low == want.low && got.high == want.high);
        }
    }
}

/* ---- Frames --------------------------------------------------------------------------------- */

static uint32_t newest_us(enum orl_timing_stage stage)
{
    struct orl_timing_bucket b = orl_timing_bucket(&timing, stage, 0);
    assert_int_equal(b.n, 1);
    return b.low;
}

/* Found at `at_ns`; each stage takes another time. */
static void show_frame(uint32_t source, uint64_t at_ns)
{
    struct orl_timing_frame f = {.found_ns = at_ns,
                                 .ready_ns = at_ns + 1 * MS,
                                 .taken_ns = at_ns + 3 * MS,
                                 .uploaded_ns = at_ns + 7 * MS};
    orl_timing_took(&timing, source, &f);
    orl_timing_shown(&timing, source, at_ns + 15 * MS, at_ns + 31 * MS, at_ns + 63 * MS);
}

static void stages_follow_each_other_without_a_hole(void **state)
{
    (void)state;
    orl_timing_init(&timing);
    show_frame(0, T0);
    assert_int_equal(orl_timing_bucket(&timing, ORL_TIMING_INTERVAL, 0).n, 0);
    assert_int_equal(newest_us(ORL_TIMING_COPY), 1000);
    assert_int_equal(newest_us(ORL_TIMING_WAIT), 2000 + 8000);
    assert_int_equal(newest_us(ORL_TIMING_UPLOAD), 4000);
    assert_int_equal(newest_us(ORL_TIMING_DRAW), 16000);
    assert_int_equal(newest_us(ORL_TIMING_PRESENT), 32000);
    assert_int_equal(newest_us(ORL_TIMING_TOTAL), 63000);
    show_frame(0, T0 + 3 * COL);
    assert_int_equal(newest_us(ORL_TIMING_INTERVAL), 300000);
}

static void drawing_without_a_new_frame_is_no_sample(void **state)
{
    (void)state;
    orl_timing_init(&timing);
    orl_timing_shown(&timing, 0, T0, T0 + MS, T0 + 2 * MS);
    assert_int_equal(timing.added, 0);
    show_frame(0, T0);
    uint64_t added = timing.added;
    assert_true(added > 0);
    orl_timing_shown(&timing, 0, T0 + 70 * MS, T0 + 71 * MS, T0 + 72 * MS);
    orl_timing_shown(&timing, 1, T0 + 70 * MS, T0 + 71 * MS, T0 + 72 * MS);
    assert_int_equal(timing.added, added);
}

static void times_out_of_order_count_as_nothing(void **state)
{
    (void)state;
    orl_timing_init(&timing);
    show_frame(0, T0);
    struct orl_timing_frame f = {.found_ns = T0 - MS, .ready_ns = T0 - 2 * MS};
    orl_timing_took(&timing, 0, &f);
    orl_timing_shown(&timing, 0, 30 * MS, 20 * MS, 10 * MS);
    struct orl_timing_figures total = orl_timing_figures(&timing, ORL_TIMING_TOTAL);
    assert_true(total.n == 2 && total.p50 == 0 && total.max == 63000);
    assert_int_equal(orl_timing_figures(&timing, ORL_TIMING_INTERVAL).n, 0);
    assert_int_equal(orl_timing_figures(&timing, ORL_TIMING_COPY).max, 1000);
}

static void another_source_begins_anew(void **state)
{
    (void)state;
    orl_timing_init(&timing);
    show_frame(0, T0);
    show_frame(0, T0 + COL);
    uint64_t added = timing.added;
    show_frame(1, T0 + 2 * COL);
    assert_true(timing.added > added); /* who watches it sees that something came */
    assert_int_equal(orl_timing_figures(&timing, ORL_TIMING_TOTAL).n, 1);
    assert_int_equal(orl_timing_figures(&timing, ORL_TIMING_INTERVAL).n, 0);
    show_frame(1, T0 + 3 * COL);
    assert_int_equal(orl_timing_figures(&timing, ORL_TIMING_INTERVAL).max, 100000);
}

/* ---- Rows ----------------------------------------------------------------------------------- */

static const struct orl_osd_graph *row(const struct orl_osd_graphs *g, const char *name)
{
    for (uint32_t i = 0; i < g->rows; i++) {
        if (strcmp(g->row[i].name, name) == 0) {
            return &g->row[i];
        }
    }
    return NULL;
}

static void rows_say_how_the_frame_came(void **state)
{
    (void)state;
    static struct orl_osd_graphs g;
    orl_timing_init(&timing);
    orl_timing_graphs(&timing, &g);
    assert_true(g.shown && g.rows == 7 && !row(&g, "Sound"));
    for (uint32_t i = 0; i < g.rows; i++) {
        assert_true(g.row[i].p50 < 0 && g.row[i].p99 < 0 && g.row[i].max < 0);
        for (uint32_t c = 0; c < ORL_OSD_GRAPH_COLUMNS; c++) {
            assert_true(g.row[i].column[c].mean < 0);
        }
    }
    show_frame(0, T0);
    orl_timing_add(&timing, ORL_TIMING_SOUND, 21 * MS, T0 + 65 * MS);
    orl_timing_graphs(&timing, &g);
    assert_true(g.rows == 8 && row(&g, "Copy") && row(&g, "Upload") && row(&g, "Sound"));
    assert_true(row(&g, "Sound") == &g.row[7] && row(&g, "Interval") == &g.row[0]);
    const struct orl_osd_graph *total = row(&g, "Total");
    const struct orl_osd_column *last = &total->column[ORL_OSD_GRAPH_COLUMNS - 1];
    assert_float_equal(total->p50, 63, 1e-3);
    assert_true(last->low == last->high);
    assert_float_equal(last->mean, 63, 1e-3);
    assert_true(total->column[ORL_OSD_GRAPH_COLUMNS - 2].mean < 0);
    assert_int_equal(total->rank, 0);
    struct orl_timing_frame f = {.found_ns = T0 + COL, .in_place = true, .imported = true};
    orl_timing_took(&timing, 0, &f);
    orl_timing_shown(&timing, 0, T0 + COL, T0 + COL, T0 + COL);
    orl_timing_graphs(&timing, &g);
    assert_true(row(&g, "In place") && row(&g, "Import"));
    assert_true(!row(&g, "Copy") && !row(&g, "Upload"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(samples_fall_into_their_columns),
        cmocka_unit_test(the_first_columns_of_a_clock_have_nothing_before_them),
        cmocka_unit_test(what_is_older_than_the_span_is_gone),
        cmocka_unit_test(a_clock_that_goes_back_adds_to_the_newest_column),
        cmocka_unit_test(huge_values_end_at_the_largest_number),
        cmocka_unit_test(percentiles_are_those_of_the_sorted_samples),
        cmocka_unit_test(percentiles_of_more_samples_than_are_kept_are_of_the_newest),
        cmocka_unit_test(random_samples_and_gaps_are_kept_exactly),
        cmocka_unit_test(stages_follow_each_other_without_a_hole),
        cmocka_unit_test(drawing_without_a_new_frame_is_no_sample),
        cmocka_unit_test(times_out_of_order_count_as_nothing),
        cmocka_unit_test(another_source_begins_anew),
        cmocka_unit_test(rows_say_how_the_frame_came),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
