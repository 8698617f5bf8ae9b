/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <string.h>

#include "render/choice.h"
#include "support/check.h"
#include "support/random.h"

#define MS UINT64_C(1000000)
#define S  (1000 * MS)

enum { OFF = ORL_RING_OFF, QUIET = ORL_RING_QUIET, FLOWS = ORL_RING_FLOWS };
enum { GONE = ORL_DISPLAY_GONE, BLANK = ORL_DISPLAY_BLANK, PIC = ORL_DISPLAY_PICTURE };
enum { NONE = ORL_SHOWN_NONE, RING = ORL_SHOWN_RING, SPICE = ORL_SHOWN_SPICE };

struct row {
    uint64_t at_ms;
    int ring, ring_picture, display;
    int shown, wanted;
};

static void play(const struct row *rows, size_t n, bool spice_only)
{
    struct orl_choice c = {.shown = ORL_SHOWN_NONE};
    for (size_t i = 0; i < n; i++) {
        struct orl_choice_in in = {.ring = (enum orl_choice_ring)rows[i].ring,
                                   .ring_picture = rows[i].ring_picture,
                                   .display = (enum orl_choice_display)rows[i].display,
                                   .spice_only = spice_only};
        orl_choice_step(&c, &in, 100 * S + rows[i].at_ms * MS);
        if (c.shown != (enum orl_shown)rows[i].shown || c.wanted != (rows[i].wanted != 0)) {
            fail_msg("row %zu: shows %d, wanted %d", i, (int)c.shown, c.wanted);
        }
    }
}
#define PLAY(rows, only) play(rows, sizeof(rows) / sizeof((rows)[0]), only)

static void the_boot_picture_is_shown_at_once_until_the_rings_first_frame(void **state)
{
    (void)state;
    static const struct row rows[] = {{0, QUIET, 0, GONE, NONE, 1},
                                      {1, QUIET, 0, PIC, SPICE, 1},
                                      {5000, QUIET, 0, PIC, SPICE, 1},
                                      {5001, FLOWS, 1, PIC, RING, 0},
                                      {5002, FLOWS, 1, GONE, RING, 0}};
    PLAY(rows, false);
}

static void a_short_restart_of_the_guest_program_keeps_its_last_picture(void **state)
{
    (void)state;
    static const struct row rows[] = {{0, FLOWS, 1, GONE, RING, 0},
                                      {1000, QUIET, 1, GONE, RING, 1},
                                      {1010, QUIET, 1, PIC, RING, 1},
                                      {1499, QUIET, 1, PIC, RING, 1},
                                      {1499, FLOWS, 1, PIC, RING, 0}};
    PLAY(rows, false);
}

static void a_lost_ring_gives_way_after_half_a_second_and_comes_back_at_once(void **state)
{
    (void)state;
    static const struct row rows[] = {
        {0, FLOWS, 1, GONE, RING, 0},   {1000, QUIET, 1, GONE, RING, 1},
        {1010, QUIET, 1, PIC, RING, 1}, {1500, QUIET, 1, PIC, SPICE, 1},
        {1501, FLOWS, 1, PIC, RING, 0}, {1502, QUIET, 1, PIC, RING, 1},
        {2001, QUIET, 1, PIC, RING, 1}, {2002, QUIET, 1, PIC, SPICE, 1}};
    PLAY(rows, false);
}

static void a_lost_ring_stays_when_the_display_has_nothing_to_show(void **state)
{
    (void)state;
    static const struct row rows[] = {{0, FLOWS, 1, GONE, RING, 0},
                                      {1000, QUIET, 1, GONE, RING, 1},
                                      {9000, QUIET, 1, BLANK, RING, 1},
                                      {20000, QUIET, 1, BLANK, RING, 1},
                                      {20001, QUIET, 1, PIC, SPICE, 1}};
    PLAY(rows, false);
}

static void a_change_of_mode_is_bridged_by_the_displays_last_picture(void **state)
{
    (void)state;
    static const struct row rows[] = {
        {0, QUIET, 0, PIC, SPICE, 1},    {100, QUIET, 0, GONE, SPICE, 1},
        {599, QUIET, 0, GONE, SPICE, 1}, {599, QUIET, 0, PIC, SPICE, 1},
        {700, QUIET, 0, GONE, SPICE, 1}, {1200, QUIET, 0, GONE, NONE, 1},
        {1300, QUIET, 0, PIC, NONE, 1},  {1699, QUIET, 0, PIC, NONE, 1},
        {1700, QUIET, 0, PIC, SPICE, 1}};
    PLAY(rows, false);
}

static void an_even_picture_is_not_begun_with_and_left_after_a_while(void **state)
{
    (void)state;
    static const struct row rows[] = {
        {0, QUIET, 0, BLANK, NONE, 1},      {9000, QUIET, 0, BLANK, NONE, 1},
        {9001, QUIET, 0, PIC, SPICE, 1}, /* a cursor that blinks */
        {9268, QUIET, 0, BLANK, SPICE, 1},  {9535, QUIET, 0, PIC, SPICE, 1},
        {10000, QUIET, 0, BLANK, SPICE, 1}, {12999, QUIET, 0, BLANK, SPICE, 1},
        {13000, QUIET, 0, BLANK, NONE, 1}};
    PLAY(rows, false);
}

static void video_off_shows_neither(void **state)
{
    (void)state;
    static const struct row rows[] = {
        {0, QUIET, 0, PIC, SPICE, 1},   {10, OFF, 0, PIC, NONE, 0},
        {2000, OFF, 0, PIC, NONE, 0},   {2001, QUIET, 0, PIC, SPICE, 1},
        {2002, FLOWS, 1, PIC, RING, 0}, {2003, OFF, 1, PIC, RING, 0},
        {9003, OFF, 1, PIC, RING, 0}};
    PLAY(rows, false);
}

static void spice_only_ignores_the_ring_and_shows_even_pictures(void **state)
{
    (void)state;
    static const struct row rows[] = {{0, FLOWS, 1, GONE, NONE, 1},
                                      {1, FLOWS, 1, BLANK, SPICE, 1},
                                      {60000, FLOWS, 1, BLANK, SPICE, 1},
                                      {60001, FLOWS, 1, GONE, SPICE, 1},
                                      {60501, FLOWS, 1, GONE, NONE, 1}};
    PLAY(rows, true);
}

static void nothing_is_copied_for_a_hidden_window(void **state)
{
    (void)state;
    struct orl_choice c = {.shown = ORL_SHOWN_NONE};
    struct orl_choice_in in = {.ring = ORL_RING_QUIET, .display = ORL_DISPLAY_PICTURE};
    orl_choice_step(&c, &in, S);
    assert_true(c.wanted);
    in.hidden = true;
    orl_choice_step(&c, &in, 2 * S);
    assert_false(c.wanted);
    assert_int_equal(c.shown, SPICE);
}

/* What a random life may never show. */
struct life {
    struct orl_choice c;
    struct orl_choice_in in;
    uint64_t now_ns, entered_ns, left_ns, display_ns, ring_ns;
};

static void check_switch(struct life *l, enum orl_shown before)
{
    bool entered = l->c.shown == ORL_SHOWN_SPICE && before != ORL_SHOWN_SPICE;
    bool left = l->c.shown != ORL_SHOWN_SPICE && before == ORL_SHOWN_SPICE;
    if (entered) {
        assert_int_equal(l->in.ring, QUIET);
        assert_int_equal(l->in.display, PIC);
        if (l->in.ring_picture) {
            assert_true(l->now_ns - l->ring_ns >= ORL_CHOICE_LOST_NS);
            assert_true(!l->entered_ns || l->now_ns - l->entered_ns >= ORL_CHOICE_LOST_NS);
        }
        l->entered_ns = l->now_ns;
    }
    if (left && l->in.ring == ORL_RING_QUIET) {
        assert_int_not_equal(l->in.display, PIC);
        assert_true(l->now_ns - l->display_ns >= ORL_CHOICE_GONE_NS);
        assert_true(!l->left_ns || l->now_ns - l->left_ns >= ORL_CHOICE_GONE_NS);
        l->left_ns = l->now_ns;
    }
}

static void change_something(struct life *l, uint64_t *random)
{
    if (random_below(random, 2)) {
        enum orl_choice_ring ring = (enum orl_choice_ring)random_below(random, 3);
        l->ring_ns = ring != l->in.ring ? l->now_ns : l->ring_ns;
        l->in.ring = ring;
        l->in.ring_picture |= ring == ORL_RING_FLOWS;
    } else {
        enum orl_choice_display d = (enum orl_choice_display)random_below(random, 3);
        l->display_ns = d != l->in.display ? l->now_ns : l->display_ns;
        l->in.display = d;
    }
}

static void a_random_life_never_flickers_and_is_never_late(void **state)
{
    (void)state;
    uint64_t random = 3;
    struct life l = {.in = {.ring = ORL_RING_QUIET}, .now_ns = 10 * S};
    for (int i = 0; i < 100000; i++) {
        enum orl_shown before = l.c.shown;
        uint64_t due = orl_choice_step(&l.c, &l.in, l.now_ns);
        check_switch(&l, before);
        if (l.in.ring == ORL_RING_FLOWS) {
            assert_int_equal(l.c.shown, RING);
        }
        assert_true(due > l.now_ns);
        before = l.c.shown;
        uint64_t next = l.now_ns + 1 + random_below(&random, 1200) * MS;
        if (due <= next) { /* nothing happens before, something at the time */
            struct orl_choice early = l.c;
            orl_choice_step(&early, &l.in, due - 1);
            assert_int_equal(early.shown, before);
            l.now_ns = due;
            orl_choice_step(&l.c, &l.in, l.now_ns);
            check_switch(&l, before);
            assert_int_not_equal(l.c.shown, before);
        }
        l.now_ns = next > l.now_ns ? next : l.now_ns + 1;
        change_something(&l, &random);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_boot_picture_is_shown_at_once_until_the_rings_first_frame),
        cmocka_unit_test(a_short_restart_of_the_guest_program_keeps_its_last_picture),
        cmocka_unit_test(a_lost_ring_gives_way_after_half_a_second_and_comes_back_at_once),
        cmocka_unit_test(a_lost_ring_stays_when_the_display_has_nothing_to_show),
        cmocka_unit_test(a_change_of_mode_is_bridged_by_the_displays_last_picture),
        cmocka_unit_test(an_even_picture_is_not_begun_with_and_left_after_a_while),
        cmocka_unit_test(video_off_shows_neither),
        cmocka_unit_test(spice_only_ignores_the_ring_and_shows_even_pictures),
        cmocka_unit_test(nothing_is_copied_for_a_hidden_window),
        cmocka_unit_test(a_random_life_never_flickers_and_is_never_late),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
