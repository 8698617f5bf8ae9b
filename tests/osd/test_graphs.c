/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The timing graphs: what the rows say, and that they stay where they belong. */
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "osd/graphs.h"
#include "osd/osd.h"
#include "osd/panels.h"
#include "support/check.h"

#define LAST (ORL_OSD_GRAPH_COLUMNS - 1)

static struct orl_osd_graphs rows_of(uint32_t rows)
{
    struct orl_osd_graphs g = {.shown = true, .column_ms = 100, .rows = rows};
    for (uint32_t i = 0; i < rows; i++) {
        struct orl_osd_graph *r = &g.row[i];
        snprintf(r->name, sizeof(r->name), "Stage %u", i % 10);
        r->rank = (i + 3) % rows;
        r->p50 = 1.25f;
        r->p99 = 7;
        r->max = 12;
        for (uint32_t c = 0; c < ORL_OSD_GRAPH_COLUMNS; c++) {
            float v = (float)((c * 7 + i) % 11);
            r->column[c] = (struct orl_osd_column){v / 2, v, v + 1};
        }
        r->column[40].mean = -1;
    }
    return g;
}

/* About those of the fonts. */
static const struct orl_osd_graph_words words = {4, 2.8f, 2.8f};

static void figures_have_three_digits(void **state)
{
    (void)state;
    static const struct {
        float ms;
        const char *text;
    } cases[] = {{0, "0.00"},      {0.416f, "0.42"},    {9.99f, "9.99"},   {9.996f, "10.0"},
                 {16.66f, "16.7"}, {99.97f, "100"},     {4321.4f, "4321"}, {12345, "12s"},
                 {1e9f, "5000s"},  {INFINITY, "5000s"}, {-1, "-"},         {NAN, "-"}};
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct orl_osd_graph_panel p;
        struct orl_osd_graphs g = rows_of(1);
        g.row[0].p50 = g.row[0].p99 = g.row[0].max = cases[i].ms;
        orl_osd_graphs_make(&p, &g);
        for (int k = 0; k < 3; k++) {
            assert_string_equal(p.row[0].figure[k], cases[i].text);
        }
    }
}

static void the_scale_goes_in_steps_and_holds_the_usual(void **state)
{
    (void)state;
    static const struct {
        float p99;
        const char *top;
    } cases[] = {{0, "1"},
                 {0.3f, "1"},
                 {1, "1"},
                 {1.1f, "2"},
                 {3, "5"},
                 {16, "20"},
                 {21, "50"},
                 {70, "100"},
                 {2500, "5000"},
                 {7000, "10s"},
                 {NAN, "1"},
                 {-1, "1"},
                 {INFINITY, "5000s"},
                 {1e30f, "5000s"}};
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct orl_osd_graph_panel p;
        struct orl_osd_graphs g = rows_of(1);
        g.row[0].p99 = cases[i].p99;
        orl_osd_graphs_make(&p, &g);
        assert_string_equal(p.row[0].top, cases[i].top);
    }
}

static void bars_are_heights_of_their_scale(void **state)
{
    (void)state;
    struct orl_osd_graph_panel p;
    struct orl_osd_graphs g = rows_of(1);
    g.row[0].p99 = 10;
    g.row[0].column[0] = (struct orl_osd_column){1, 5, 10};
    g.row[0].column[1] = (struct orl_osd_column){0, 0, 0};
    g.row[0].column[2] = (struct orl_osd_column){1, 9, 10.5f};
    g.row[0].column[3] = (struct orl_osd_column){NAN, NAN, 3};
    g.row[0].column[4] = (struct orl_osd_column){NAN, 2, INFINITY};
    g.row[0].column[5] = (struct orl_osd_column){9, 5, 1}; /* upside down */
    orl_osd_graphs_make(&p, &g);
    const struct orl_osd_bar *b = p.row[0].bar;
    assert_true(b[0].low == 100 && b[0].mean == 500 && b[0].high == ORL_OSD_GRAPH_TOP);
    assert_true(b[1].low == 0 && b[1].mean == 0 && b[1].high == 0);
    assert_int_equal(b[2].high, ORL_OSD_GRAPH_OVER);
    assert_int_equal(b[3].mean, ORL_OSD_GRAPH_NONE);
    assert_true(b[4].low == 200 && b[4].mean == 200 && b[4].high == ORL_OSD_GRAPH_OVER);
    assert_true(b[5].low == 500 && b[5].mean == 500 && b[5].high == 500);
    assert_int_equal(b[40].mean, ORL_OSD_GRAPH_NONE);
}

static void what_is_not_shown_says_nothing(void **state)
{
    (void)state;
    struct orl_osd_panels p;
    static struct orl_osd_state s;
    s = (struct orl_osd_state){.win_w = 640, .win_h = 360, .scale = 1, .graphs = rows_of(8)};
    s.graphs.shown = false;
    orl_osd_panels_make(&p, &s);
    assert_true(orl_osd_panels_empty(&p));
    s.graphs.shown = true;
    s.graphs.rows = 4000000;
    memset(s.graphs.row[0].name, 'A', sizeof(s.graphs.row[0].name)); /* no end */
    orl_osd_panels_make(&p, &s);
    assert_false(orl_osd_panels_empty(&p));
    assert_int_equal(p.graphs.rows, ORL_OSD_GRAPHS);
    assert_int_equal(strlen(p.graphs.row[0].name), sizeof(p.graphs.row[0].name) - 1);
}

/* ---- Geometry ------------------------------------------------------------------------------- */

static struct orl_osd_graph_room room_of(float w, float h, float scale)
{
    return (struct orl_osd_graph_room){.left = 10 * scale,
                                       .top = 37 * scale,
                                       .right = w - 10 * scale,
                                       .bottom = h - 10 * scale,
                                       .scale = scale,
                                       .text = roundf(15 * scale)};
}

static void check_boxes(const struct orl_osd_graph_panel *p,
                        const struct orl_osd_graph_layout *l, uint32_t place)
{
    struct orl_osd_box b[ORL_OSD_BOXES];
    uint32_t n = orl_osd_graphs_boxes(p, l, place, b);
    assert_true(n > 0 && n <= ORL_OSD_BOXES);
    float y0 = l->row_y + (float)place * l->step;
    for (uint32_t i = 0; i < n; i++) {
        assert_true(b[i].x0 < b[i].x1 && b[i].y0 < b[i].y1);
        assert_true(b[i].x0 >= l->graph_x && b[i].x1 <= l->graph_x + l->graph_w);
        assert_true(b[i].y0 >= y0 && b[i].y1 <= y0 + l->graph_h);
    }
}

/* All of it inside the room, nothing over anything else. */
static void check_layout(const struct orl_osd_graph_panel *p,
                         const struct orl_osd_graph_layout *l,
                         const struct orl_osd_graph_room *room)
{
    assert_true(l->x >= room->left && l->x + l->w <= room->right);
    assert_true(l->y >= room->top && l->y + l->h <= room->bottom);
    assert_true(l->name_x > l->x && l->name_x + words.name * l->text < l->figure_x[0]);
    assert_true(l->figure_x[0] + words.figure * l->text < l->figure_x[1] + 1);
    assert_true(l->figure_x[2] < l->graph_x);
    assert_true(l->graph_x + l->graph_w <= l->top_x);
    assert_true(l->top_x + words.top * l->text <= l->x + l->w + 1);
    assert_true(l->head_y >= l->y && l->head_y + l->text <= l->row_y);
    assert_true(l->row_y + l->step * (float)l->rows <= l->y + l->h + 0.5f);
    assert_true(l->text >= fminf(9, room->text) && l->step >= l->text);
    assert_true(l->columns <= ORL_OSD_GRAPH_COLUMNS && l->column_w >= 1);
    for (uint32_t i = 0; i < l->rows; i++) {
        assert_true(l->row[i] < p->rows && (i == 0 || l->row[i] > l->row[i - 1]));
        check_boxes(p, l, i);
    }
}

static void the_panel_stays_inside_every_window(void **state)
{
    (void)state;
    struct orl_osd_graph_panel p;
    struct orl_osd_graphs g = rows_of(8);
    orl_osd_graphs_make(&p, &g);
    const float wins[][2] = {{640, 360}, {1280, 720}, {3840, 2160}, {320, 200}, {300, 900},
                             {900, 90},  {40, 30},    {1, 1},       {0, 0},     {16384, 16384}};
    const float scales[] = {0.5f, 0.75f, 1, 1.25f, 1.5f, 2, 3, 4};
    unsigned shown = 0;
    for (size_t i = 0; i < 10 * 8; i++) {
        float scale = scales[i / 10];
        struct orl_osd_graph_room room = room_of(wins[i % 10][0], wins[i % 10][1], scale);
        struct orl_osd_graph_layout l = orl_osd_graphs_lay(&p, &words, &room);
        if (l.w > 0) {
            shown++;
            check_layout(&p, &l, &room);
        }
        /* A common window always has them, up to twice the size with all rows. */
        if (wins[i % 10][0] >= 640 && wins[i % 10][1] >= 360) {
            assert_true(l.w > 0 && l.rows >= (scale <= 2 ? 8 : 4));
        }
    }
    assert_true(shown > 30);
}

static void rows_of_high_rank_go_first(void **state)
{
    (void)state;
    struct orl_osd_graph_panel p;
    struct orl_osd_graphs g = rows_of(8); /* ranks 3 4 5 6 7 0 1 2 */
    orl_osd_graphs_make(&p, &g);
    uint32_t before = 8;
    for (float h = 400; h > 40; h -= 1) {
        struct orl_osd_graph_room room = room_of(640, h, 1);
        struct orl_osd_graph_layout l = orl_osd_graphs_lay(&p, &words, &room);
        assert_true(l.rows <= before && l.rows + 1 >= before);
        before = l.rows;
        for (uint32_t i = 0; i < l.rows; i++) {
            assert_true(p.row[l.row[i]].rank < l.rows);
        }
    }
    assert_int_equal(before, 0);
    g = rows_of(8);
    for (uint32_t i = 0; i < 8; i++) {
        g.row[i].rank = 5; /* all alike */
    }
    orl_osd_graphs_make(&p, &g);
    struct orl_osd_graph_room room = room_of(640, 140, 1);
    struct orl_osd_graph_layout l = orl_osd_graphs_lay(&p, &words, &room);
    assert_true(l.rows > 0 && l.rows < 8 && l.row[0] == 0);
    check_layout(&p, &l, &room);
}

static void numbers_that_are_none_do_no_harm(void **state)
{
    (void)state;
    struct orl_osd_graph_panel p;
    struct orl_osd_graphs g = rows_of(8);
    for (uint32_t i = 0; i < 8; i++) {
        const float odd[] = {NAN, INFINITY, -INFINITY, 1e38f, -1, 0, 1e-38f, 3};
        for (uint32_t c = 0; c < ORL_OSD_GRAPH_COLUMNS; c++) {
            g.row[i].column[c] = (struct orl_osd_column){odd[(c + i) % 8], odd[(c / 8 + i) % 8],
                                                         odd[(c / 3) % 8]};
        }
        g.row[i].p50 = g.row[i].p99 = g.row[i].max = odd[i];
        g.row[i].rank = UINT32_MAX;
    }
    orl_osd_graphs_make(&p, &g);
    struct orl_osd_graph_room room = room_of(1280, 720, 1);
    struct orl_osd_graph_layout l = orl_osd_graphs_lay(&p, &words, &room);
    assert_int_equal(l.rows, 8);
    check_layout(&p, &l, &room);
    const float bad[] = {NAN, INFINITY, -INFINITY, -5};
    for (int i = 0; i < 4; i++) {
        room = room_of(640, 360, 1);
        room.right = bad[i];
        l = orl_osd_graphs_lay(&p, &words, &room);
        assert_true(!(l.w > 0) || bad[i] > 640);
        room = room_of(640, 360, 1);
        room.bottom = bad[i];
        l = orl_osd_graphs_lay(&p, &words, &room);
        assert_true(!(l.w > 0) || bad[i] > 360);
    }
}

/* Boxes of one ink in the row's last columns. */
static uint32_t count(const struct orl_osd_graph_panel *p, enum orl_osd_ink ink, float *x0)
{
    struct orl_osd_graph_room room = room_of(1280, 720, 1);
    struct orl_osd_graph_layout l = orl_osd_graphs_lay(p, &words, &room);
    struct orl_osd_box b[ORL_OSD_BOXES];
    uint32_t n = orl_osd_graphs_boxes(p, &l, 0, b), found = 0;
    for (uint32_t i = n; i-- > 0;) {
        if (b[i].ink == ink) {
            *x0 = (b[i].x0 - l.graph_x) / l.column_w;
            found++;
        }
    }
    return found;
}

static void gaps_stay_empty_and_equal_neighbours_are_one_box(void **state)
{
    (void)state;
    struct orl_osd_graph_panel p;
    struct orl_osd_graphs g = rows_of(1);
    float x0 = -1;
    for (uint32_t c = 0; c < ORL_OSD_GRAPH_COLUMNS; c++) {
        g.row[0].column[c] = (struct orl_osd_column){1, 2, 3};
    }
    orl_osd_graphs_make(&p, &g);
    assert_int_equal(count(&p, ORL_OSD_INK_BAND, &x0), 1);
    assert_int_equal(count(&p, ORL_OSD_INK_MEAN, &x0), 1);
    assert_int_equal(count(&p, ORL_OSD_INK_OVER, &x0), 0);
    g.row[0].column[50].mean = -1;
    orl_osd_graphs_make(&p, &g);
    assert_int_equal(count(&p, ORL_OSD_INK_BAND, &x0), 2);
    assert_int_equal(count(&p, ORL_OSD_INK_MEAN, &x0), 2);
    g.row[0].column[LAST].high = 1000;
    orl_osd_graphs_make(&p, &g);
    assert_int_equal(count(&p, ORL_OSD_INK_OVER, &x0), 1);
    assert_int_equal((int)x0, LAST);
    for (uint32_t c = 0; c < ORL_OSD_GRAPH_COLUMNS; c++) {
        g.row[0].column[c].mean = -1;
    }
    orl_osd_graphs_make(&p, &g);
    assert_int_equal(count(&p, ORL_OSD_INK_BAND, &x0) + count(&p, ORL_OSD_INK_MEAN, &x0) +
                         count(&p, ORL_OSD_INK_OVER, &x0),
                     0);
}

/* ---- With text, as it is drawn -------------------------------------------------------------- */

static struct orl_osd_state graphs_in(uint32_t w, uint32_t h, float scale)
{
    return (struct orl_osd_state){.win_w = w, .win_h = h, .scale = scale, .graphs = rows_of(8)};
}

static void the_drawn_panel_fits_a_small_window_at_every_scale(void **state)
{
    (void)state;
    static struct orl_osd_state s;
    struct orl_osd *osd = NULL;
    assert_int_equal(orl_osd_create(&osd), ORL_OK);
    const float scales[] = {0.5f, 1, 1.5f, 2, 4};
    for (int i = 0; i < 5; i++) {
        s = graphs_in(640, 360, scales[i]);
        const struct orl_draw_list *l = orl_osd_build(osd, &s);
        assert_true(l->bounds.w > 100 && l->bounds.h > 50);
        for (uint32_t k = 0; k < l->n_vertices; k++) {
            const struct orl_vertex *v = &l->vertices[k];
            assert_true(v->x >= 0 && v->y >= 0 && v->x <= 640 && v->y <= 360);
        }
    }
    orl_osd_destroy(&osd);
}

static bool holds(struct orl_rect a, struct orl_rect b)
{
    return b.x >= a.x && b.y >= a.y && b.x + b.w <= a.x + a.w && b.y + b.h <= a.y + a.h;
}

static void graphs_that_move_change_nothing_else(void **state)
{
    (void)state;
    static struct orl_osd_state s;
    struct orl_osd *osd = NULL;
    assert_int_equal(orl_osd_create(&osd), ORL_OK);
    s = graphs_in(1280, 720, 1);
    const struct orl_draw_list *l = orl_osd_build(osd, &s);
    struct orl_rect alone = l->bounds; /* nothing else is shown */
    assert_int_equal(l->changed.w, 0);
    s.show_fps = true;
    snprintf(s.extra.link, sizeof(s.extra.link), "Frames: copied");
    l = orl_osd_build(osd, &s);
    assert_int_equal(l->changed.w, 0); /* other things came */
    assert_true(l->bounds.w > 1200 && l->bounds.h > 680);
    uint64_t serial = l->serial;
    s.graphs.row[3].p50 = 2;
    l = orl_osd_build(osd, &s);
    assert_int_equal(l->serial, serial + 1);
    assert_true(l->changed.w > 0 && holds(l->changed, alone));
    assert_true(l->changed.w <= alone.w + 4 && l->changed.h <= alone.h + 4);
    s.graphs.row[3].p50 = 2.0001f; /* reads the same */
    assert_int_equal(orl_osd_build(osd, &s)->serial, serial + 1);
    s.graphs.rows = 3; /* smaller: what it leaves is in it */
    l = orl_osd_build(osd, &s);
    assert_true(holds(l->changed, alone));
    s.fps = 60;
    assert_int_equal(orl_osd_build(osd, &s)->changed.w, 0);
    orl_osd_destroy(&osd);
}

static void the_panel_keeps_clear_of_status_and_corner(void **state)
{
    (void)state;
    static struct orl_osd_state s;
    struct orl_osd *osd = NULL;
    assert_int_equal(orl_osd_create(&osd), ORL_OK);
    s = graphs_in(640, 480, 1);
    (void)orl_osd_build(osd, &s);
    s.graphs.row[0].p50 = 2;
    struct orl_rect free_standing = orl_osd_build(osd, &s)->changed;
    uint32_t bottom = free_standing.y + free_standing.h;
    snprintf(s.status, sizeof(s.status), "Waiting for the guest");
    (void)orl_osd_build(osd, &s);
    s.graphs.row[0].p50 = 3;
    struct orl_rect above = orl_osd_build(osd, &s)->changed;
    assert_true(above.w > 0 && above.y + above.h + 20 < bottom);
    s.status[0] = '\0';
    snprintf(s.extra.link, sizeof(s.extra.link),
             "Keyboard and mouse: the machine does not answer, it is tried again");
    (void)orl_osd_build(osd, &s);
    s.graphs.row[0].p50 = 4;
    above = orl_osd_build(osd, &s)->changed;
    assert_true(above.w > 0 && above.y + above.h + 20 < bottom);
    s.win_w = 1920; /* side by side */
    (void)orl_osd_build(osd, &s);
    s.graphs.row[0].p50 = 5;
    above = orl_osd_build(osd, &s)->changed;
    assert_int_equal(above.y + above.h, bottom);
    orl_osd_destroy(&osd);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(figures_have_three_digits),
        cmocka_unit_test(the_scale_goes_in_steps_and_holds_the_usual),
        cmocka_unit_test(bars_are_heights_of_their_scale),
        cmocka_unit_test(what_is_not_shown_says_nothing),
        cmocka_unit_test(the_panel_stays_inside_every_window),
        cmocka_unit_test(rows_of_high_rank_go_first),
        cmocka_unit_test(numbers_that_are_none_do_no_harm),
        cmocka_unit_test(gaps_stay_empty_and_equal_neighbours_are_one_box),
        cmocka_unit_test(the_drawn_panel_fits_a_small_window_at_every_scale),
        cmocka_unit_test(graphs_that_move_change_nothing_else),
        cmocka_unit_test(the_panel_keeps_clear_of_status_and_corner),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
