/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <malloc.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "osd/osd.h"
#include "osd/panels.h"
#include "support/check.h"

static struct orl_osd_state streaming(void)
{
    return (struct orl_osd_state){.win_w = 1280, .win_h = 720, .scale = 1};
}

static struct orl_osd_state everything(uint32_t w, uint32_t h, float scale)
{
    struct orl_osd_state s = {.win_w = w,
                              .win_h = h,
                              .scale = scale,
                              .show_fps = true,
                              .fps = 60,
                              .ups = 59.94f,
                              .show_help = true,
                              .help_rows = ORL_OSD_HELP_ROWS,
                              .status = "Waiting for the guest",
                              .hint =
                                  "The guest has not started its capture program yet. Check "
                                  "that the service runs and the user is logged in.",
                              .alert = "Keyboard and mouse are captured"};
    for (uint32_t i = 0; i < ORL_OSD_HELP_ROWS; i++) {
        snprintf(s.help[i].key, sizeof(s.help[i].key), "ScrLk + F%u", i);
        snprintf(s.help[i].text, sizeof(s.help[i].text), "Send Ctrl+Alt+F%u to the guest", i);
    }
    return s;
}

static void nothing_to_say_draws_nothing(void **state)
{
    (void)state;
    struct orl_osd *osd = NULL;
    assert_int_equal(orl_osd_create(&osd), ORL_OK);
    struct orl_osd_state s = streaming();
    const struct orl_draw_list *list = orl_osd_build(osd, &s);
    assert_true(list->n_cmds == 0 && list->bounds.w == 0);
    s = everything(0, 0, 1); /* no window */
    list = orl_osd_build(osd, &s);
    assert_true(list->n_cmds == 0 && list->bounds.w == 0);
    orl_osd_destroy(&osd);
    assert_null(osd);
    orl_osd_destroy(&osd);
}

static void same_state_keeps_its_serial(void **state)
{
    (void)state;
    struct orl_osd *osd = NULL;
    assert_int_equal(orl_osd_create(&osd), ORL_OK);
    struct orl_osd_state s = everything(1280, 720, 1);
    uint64_t first = orl_osd_build(osd, &s)->serial;
    assert_int_equal(orl_osd_build(osd, &s)->serial, first);
    s.fps = 60.01f;      /* reads the same */
    s.status[200] = 'x'; /* behind the end */
    assert_int_equal(orl_osd_build(osd, &s)->serial, first);
    s.fps = 61;
    uint64_t second = orl_osd_build(osd, &s)->serial;
    assert_int_not_equal(second, first);
    s.show_fps = s.show_help = false;
    uint64_t third = orl_osd_build(osd, &s)->serial;
    assert_int_not_equal(third, second);
    s.fps = 12; /* not shown */
    assert_int_equal(orl_osd_build(osd, &s)->serial, third);
    orl_osd_destroy(&osd);
}

static void atlas_changes_with_the_scale_only(void **state)
{
    (void)state;
    struct orl_osd *osd = NULL;
    assert_int_equal(orl_osd_create(&osd), ORL_OK);
    struct orl_osd_state s = everything(1280, 720, 1);
    uint64_t first = orl_osd_build(osd, &s)->atlas_serial;
    assert_int_not_equal(first, 0);
    s.win_w = 1920;
    assert_int_equal(orl_osd_build(osd, &s)->atlas_serial, first);
    s.scale = 2;
    assert_int_not_equal(orl_osd_build(osd, &s)->atlas_serial, first);
    orl_osd_destroy(&osd);
}

/* The sanitizers' allocator counts for itself. */
extern size_t __sanitizer_get_current_allocated_bytes(void) __attribute__((weak));

static size_t bytes_in_use(void)
{
    if (__sanitizer_get_current_allocated_bytes) {
        return __sanitizer_get_current_allocated_bytes();
    }
    struct mallinfo2 info = mallinfo2();
    return info.uordblks + info.hblkhd;
}

static void a_resting_overlay_frees_its_font_and_comes_back(void **state)
{
    (void)state;
    const uint64_t start = 1000;
    struct orl_osd *osd = NULL;
    struct orl_osd_state s = everything(1280, 720, 1);
    assert_int_equal(orl_osd_create(&osd), ORL_OK);
    assert_true(orl_osd_rest(NULL, start) == UINT64_MAX);
    assert_true(orl_osd_rest(osd, start) == UINT64_MAX); /* nothing to free yet */
    (void)orl_osd_build(osd, &s); /* what Dear ImGui keeps for good is there now */
    (void)orl_osd_rest(osd, start);
    (void)orl_osd_rest(osd, start + ORL_OSD_REST_NS);
    size_t bare = bytes_in_use();
    const struct orl_draw_list *l = orl_osd_build(osd, &s);
    size_t drawn = bytes_in_use();
    uint64_t serial = l->serial;
    uint64_t atlas = l->atlas_serial;
    size_t pixels = (size_t)l->atlas_w * l->atlas_h;
    assert_true(drawn >= bare + pixels);
    uint64_t due = orl_osd_rest(osd, start);
    assert_true(due == start + ORL_OSD_REST_NS);
    assert_true(orl_osd_rest(osd, due - 1) == due);
    assert_int_equal(orl_osd_build(osd, &s)->serial,
                     serial); /* it is shown again: all is there */
    assert_int_equal(l->atlas_serial, atlas);
    assert_true(orl_osd_rest(osd, due) == due + ORL_OSD_REST_NS);
    assert_true(orl_osd_rest(osd, due + ORL_OSD_REST_NS) == UINT64_MAX);
    assert_true(orl_osd_rest(osd, due + 2 * ORL_OSD_REST_NS) == UINT64_MAX);
    assert_true(bytes_in_use() <= bare);
    l = orl_osd_build(osd, &s); /* the very same state */
    assert_true(l->serial > serial && l->atlas_serial > atlas && l->atlas && l->n_cmds > 0);
    printf("          the overlay holds %zu KiB while it rests, %zu KiB more otherwise\n",
           bare / 1024, (drawn - bare) / 1024);
    orl_osd_destroy(&osd);
}

static void a_long_list_has_a_bar(void **state)
{
    (void)state;
    struct orl_osd *osd = NULL;
    struct orl_osd_state s = streaming();
    struct orl_osd_dialog *d = &s.extra.dialog;
    assert_int_equal(orl_osd_create(&osd), ORL_OK);
    snprintf(d->title, sizeof(d->title), "USB");
    d->rows = d->total = ORL_OSD_ROWS;
    uint32_t plain = orl_osd_build(osd, &s)->n_vertices;
    d->total = 30;
    uint32_t bar = orl_osd_build(osd, &s)->n_vertices;
    assert_int_equal(bar, plain + 2 * 4); /* two rectangles */
    uint64_t serial = orl_osd_build(osd, &s)->serial;
    d->first = 18;
    assert_int_not_equal(orl_osd_build(osd, &s)->serial, serial);
    d->first = 19; /* behind the end: not believed */
    assert_int_equal(orl_osd_build(osd, &s)->n_vertices, plain);
    orl_osd_destroy(&osd);
}

static void check_list(const struct orl_draw_list *l, uint32_t w, uint32_t h)
{
    assert_true(l->n_cmds > 0 && l->bounds.w > 0 && l->bounds.h > 0);
    assert_true(l->bounds.x + l->bounds.w <= w && l->bounds.y + l->bounds.h <= h);
    assert_true(l->atlas && l->atlas_w > 0 && l->atlas_h > 0);
    uint32_t used = 0;
    for (uint32_t i = 0; i < l->n_cmds; i++) {
        const struct orl_draw_cmd *c = &l->cmds[i];
        assert_true(c->first + c->count <= l->n_indices && c->count % 3 == 0);
        assert_true(c->clip.x + c->clip.w <= w && c->clip.y + c->clip.h <= h);
        for (uint32_t k = c->first; k < c->first + c->count; k++) {
            assert_true(l->indices[k] + c->base < l->n_vertices);
        }
        used += c->count;
    }
    assert_int_equal(used, l->n_indices);
    for (uint32_t i = 0; i < l->n_vertices; i++) {
        const struct orl_vertex *v = &l->vertices[i];
        assert_true(v->u >= 0 && v->u <= 1 && v->v >= 0 && v->v <= 1);
        /* What lies outside the bounds lies outside the window. */
        assert_true(v->x >= (float)l->bounds.x || l->bounds.x == 0);
        assert_true(v->x <= (float)(l->bounds.x + l->bounds.w) ||
                    l->bounds.x + l->bounds.w == w);
        assert_true(v->y >= (float)l->bounds.y || l->bounds.y == 0);
        assert_true(v->y <= (float)(l->bounds.y + l->bounds.h) ||
                    l->bounds.y + l->bounds.h == h);
    }
}

static void triangles_are_sound_in_every_window_and_scale(void **state)
{
    (void)state;
    struct orl_osd *osd = NULL;
    assert_int_equal(orl_osd_create(&osd), ORL_OK);
    const uint32_t wins[][2] = {{1, 1},      {40, 30},     {320, 200},
                                {1280, 720}, {3840, 2160}, {90, 900}};
    const float scales[] = {1, 2, 0.1f, 1.5f, 100, NAN, -1};
    for (size_t i = 0; i < 6 * 7; i++) {
        struct orl_osd_state s = everything(wins[i % 6][0], wins[i % 6][1], scales[i / 6]);
        check_list(orl_osd_build(osd, &s), s.win_w, s.win_h);
    }
    orl_osd_destroy(&osd);
}

static void whole_help_fits_into_a_common_window(void **state)
{
    (void)state;
    struct orl_osd *osd = NULL;
    assert_int_equal(orl_osd_create(&osd), ORL_OK);
    for (uint32_t i = 0; i < 4; i++) {
        struct orl_osd_state s = everything(640u << (i & 1), 480u << (i & 1), i < 2 ? 1 : 2);
        s.show_fps = false;
        s.status[0] = s.hint[0] = s.alert[0] = '\0';
        const struct orl_draw_list *l = orl_osd_build(osd, &s);
        for (uint32_t k = 0; k < l->n_vertices; k++) {
            const struct orl_vertex *v = &l->vertices[k];
            assert_true(v->x >= 0 && v->y >= 0 && v->x <= (float)s.win_w &&
                        v->y <= (float)s.win_h);
        }
    }
    orl_osd_destroy(&osd);
}

static void panels_hold_what_is_shown_only(void **state)
{
    (void)state;
    struct orl_osd_panels p;
    struct orl_osd_state s = streaming();
    orl_osd_panels_make(&p, &s);
    assert_true(orl_osd_panels_empty(&p));
    s.fps = 60;
    s.help_rows = 3;
    orl_osd_panels_make(&p, &s);
    assert_true(orl_osd_panels_empty(&p));
    s.show_fps = true;
    s.ups = 144.04f;
    orl_osd_panels_make(&p, &s);
    assert_string_equal(p.rate, "60.0 FPS  144.0 UPS");
    s.fps = NAN;
    s.ups = INFINITY;
    orl_osd_panels_make(&p, &s);
    assert_string_equal(p.rate, "0.0 FPS  9999.0 UPS");
    s.show_help = true;
    s.help_rows = 1000000;
    orl_osd_panels_make(&p, &s);
    assert_int_equal(p.help_rows, ORL_OSD_HELP_ROWS);
}

static void the_sign_of_the_microphone_goes_before_the_guests_question(void **state)
{
    (void)state;
    struct orl_osd_panels p;
    struct orl_osd_state s = streaming();
    snprintf(s.extra.ask, sizeof(s.extra.ask), "May I?");
    orl_osd_panels_make(&p, &s);
    assert_false(orl_osd_panels_empty(&p));
    assert_string_equal(p.sign, "May I?");
    assert_false(p.dot);
    s.extra.recording = true;
    orl_osd_panels_make(&p, &s);
    assert_string_equal(p.sign, "Microphone on");
    assert_true(p.dot);
}

static void broken_text_becomes_readable(void **state)
{
    (void)state;
    struct orl_osd_panels p;
    struct orl_osd_state s = streaming();
    snprintf(s.status, sizeof(s.status), "caf\xc3\xa9");
    snprintf(s.hint, sizeof(s.hint), "bad \xff byte\tand tab");
    memset(s.alert, 'A', sizeof(s.alert)); /* no end */
    orl_osd_panels_make(&p, &s);
    assert_string_equal(p.status, "caf\xc3\xa9");
    assert_string_equal(p.hint, "bad ? byte and tab");
    assert_int_equal(strlen(p.alert), sizeof(p.alert) - 1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(nothing_to_say_draws_nothing),
        cmocka_unit_test(same_state_keeps_its_serial),
        cmocka_unit_test(atlas_changes_with_the_scale_only),
        cmocka_unit_test(triangles_are_sound_in_every_window_and_scale),
        cmocka_unit_test(whole_help_fits_into_a_common_window),
        cmocka_unit_test(a_resting_overlay_frees_its_font_and_comes_back),
        cmocka_unit_test(a_long_list_has_a_bar),
        cmocka_unit_test(panels_hold_what_is_shown_only),
        cmocka_unit_test(the_sign_of_the_microphone_goes_before_the_guests_question),
        cmocka_unit_test(broken_text_becomes_readable),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
