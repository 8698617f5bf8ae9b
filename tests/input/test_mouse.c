/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <math.h>
#include <stdlib.h>

#include "input/event.h"
#include "input/mouse.h"
#include "record.h"
#include "support/check.h"
#include "support/random.h"

#define MS UINT64_C(1000000)

struct mouse {
    struct orl_mouse p;
    struct orl_mouse_how how;
    struct record r;
    struct orl_input_sink sink;
    uint64_t now_ns;
};

static struct orl_view view_of(uint32_t frame_w, uint32_t frame_h, uint32_t win_w,
                               uint32_t win_h, uint32_t turns)
{
    struct orl_view_in in = {.frame_w = frame_w,
                             .frame_h = frame_h,
                             .win_w = win_w,
                             .win_h = win_h,
                             .turns = turns,
                             .user_turns = turns,
                             .keep_aspect = true};
    return orl_view_make(&in);
}

static void open_mouse(struct mouse *m, struct orl_view view)
{
    orl_mouse_init(&m->p);
    orl_mouse_set_view(&m->p, &view);
    m->how = (struct orl_mouse_how){.live = true, .linked = true, .scale = true};
    m->sink = record_sink(&m->r);
    m->now_ns = 1000 * MS;
}

#define START(...)                                                                             \
    struct mouse m;                                                                            \
    open_mouse(&m, view_of(__VA_ARGS__));                                                      \
    (void)state

static void move(struct mouse *m, double x, double y)
{
    orl_mouse_move(&m->p, &m->sink, &m->how, x, y, false, m->now_ns);
}

static void enter(struct mouse *m, double x, double y)
{
    orl_mouse_move(&m->p, &m->sink, &m->how, x, y, true, m->now_ns);
}

static void count(struct mouse *m, double dx, double dy)
{
    orl_mouse_count(&m->p, &m->sink, &m->how, dx, dy, m->now_ns);
}

static void button(struct mouse *m, uint8_t number, bool down)
{
    orl_mouse_button(&m->p, &m->sink, &m->how, number, down, m->now_ns);
}

static void wheel(struct mouse *m, double dx, double dy)
{
    orl_mouse_wheel(&m->p, &m->sink, &m->how, dx, dy, m->now_ns);
}

static void report(struct mouse *m, int32_t x, int32_t y)
{
    struct orl_input_report r = {true, x, y, m->now_ns};
    orl_follow_report(&m->p.follow, &r);
}

/* Lets time pass, in the steps that the module asks for; how often acceleration was told. */
static int pass(struct mouse *m, uint64_t ns)
{
    int notes = 0;
    uint64_t end = m->now_ns + ns;
    while (orl_mouse_due(&m->p) <= end) {
        if (orl_mouse_due(&m->p) > m->now_ns) {
            m->now_ns = orl_mouse_due(&m->p);
        }
        notes += orl_mouse_tick(&m->p, &m->sink, &m->how, m->now_ns);
    }
    m->now_ns = end;
    return notes;
}

#define GOT(m, words) assert_string_equal(record_take(&(m).r), words)

static void the_entry_goes_from_where_the_guest_reports_its_pointer(void **state)
{
    START(800, 600, 800, 600, 0);
    report(&m, 100, 200);
    enter(&m, 300, 150);
    GOT(m, "m200,-50");
    move(&m, 301, 150);
    move(&m, 301, 155);
    GOT(m, "m1,0 m0,5");
}

static void without_a_report_only_differences_are_sent(void **state)
{
    START(800, 600, 800, 600, 0);
    enter(&m, 300, 150);
    GOT(m, "");
    move(&m, 310, 140);
    GOT(m, "m10,-10");
}

static void a_report_that_comes_later_corrects_without_a_complaint(void **state)
{
    START(800, 600, 800, 600, 0);
    enter(&m, 300, 150);
    move(&m, 310, 140);
    GOT(m, "m10,-10");
    pass(&m, 200 * MS);
    report(&m, 20, 20);
    GOT(m, "");
    assert_int_equal(pass(&m, 150 * MS), 0);
    GOT(m, "m290,120");
    report(&m, 310, 140);
    pass(&m, 1000 * MS);
    GOT(m, "");
    assert_int_equal(m.p.follow.odd, 0);
}

static void a_guest_that_can_is_asked_to_set_its_pointer(void **state)
{
    START(800, 600, 800, 600, 0);
    m.how.can_align = true;
    report(&m, 1, 1);
    enter(&m, 300, 150);
    GOT(m, "a300,150");
    report(&m, 300, 150);
    move(&m, 299, 150);
    GOT(m, "m-1,0");
    enter(&m, 500, 150); /* came in again elsewhere */
    GOT(m, "a500,150");
}

static void a_drag_that_returns_is_not_torn_by_setting_the_pointer(void **state)
{
    START(800, 600, 800, 600, 0);
    m.how.can_align = true;
    enter(&m, 300, 150);
    button(&m, ORL_BUTTON_LEFT, true);
    GOT(m, "a300,150 +b1");
    enter(&m, 310, 150);
    GOT(m, "m10,0");
}

static void an_entry_that_was_missed_is_set_by_a_guest_that_can(void **state)
{
    START(800, 600, 800, 600, 0);
    m.how.can_align = true;
    report(&m, 1, 1);
    move(&m, 300, 150);
    GOT(m, "a300,150");
    move(&m, 301, 150);
    GOT(m, "m1,0");
    orl_mouse_lose(&m.p); /* captured for a while */
    report(&m, 700, 500);
    move(&m, 10, 10);
    GOT(m, "a10,10");
    button(&m, ORL_BUTTON_LEFT, true);
    orl_mouse_lose(&m.p);
    report(&m, 20, 20);
    move(&m, 30, 30); /* a drag is not torn */
    GOT(m, "+b1 m10,10");
}

static void an_enlarged_picture_keeps_the_part_of_a_pixel(void **state)
{
    START(300, 200, 1000, 800, 0); /* 1000 x 667 at 0, 66 */
    report(&m, 0, 0);
    enter(&m, 0, 66);
    int32_t sum = 0;
    for (int x = 1; x < 1000; x++) {
        record_take(&m.r);
        m.r.last.dx = 0;
        move(&m, x, 66);
        sum += m.r.last.dx;
        assert_int_equal(sum, (int32_t)floor((x + 0.5) * 300 / 1000));
    }
    assert_int_equal(sum, 299);
}

static void a_reduced_picture_reaches_every_edge(void **state)
{
    START(3840, 2160, 400, 225, 0);
    report(&m, 1000, 1000);
    enter(&m, 0, 0);
    GOT(m, "m-1000,-1000");
    move(&m, 399, 224);
    GOT(m, "m3839,2159");
}

static void beyond_the_edge_nothing_is_sent_and_nothing_drifts(void **state)
{
    START(400, 300, 800, 300, 0); /* bars left and right */
    report(&m, 5, 100);
    enter(&m, 205, 100);
    GOT(m, "");
    move(&m, 100, 100);
    GOT(m, "m-5,0");
    move(&m, 10, 100);
    move(&m, -300, 120);
    GOT(m, "m0,20");
    move(&m, 205, 120);
    GOT(m, "m5,0");
}

static void a_turned_picture_turns_the_motion(void **state)
{
    static const struct {
        uint32_t turns;
        int32_t dx, dy;
    } cases[] = {{0, 10, 0}, {1, 0, -10}, {2, -10, 0}, {3, 0, 10}};
    for (size_t i = 0; i < 4; i++) {
        uint32_t side = cases[i].turns & 1;
        START(400, 300, side ? 300 : 400, side ? 400 : 300, cases[i].turns);
        enter(&m, 100, 100);
        move(&m, 110, 100);
        assert_int_equal(m.r.last.dx, cases[i].dx);
        assert_int_equal(m.r.last.dy, cases[i].dy);
        m.how.captured = true;
        count(&m, 10, 0);
        assert_int_equal(m.r.last.dx, cases[i].dx);
        assert_int_equal(m.r.last.dy, cases[i].dy);
    }
}

static void unscaled_motion_is_in_window_pixels(void **state)
{
    START(400, 300, 800, 600, 0);
    m.how.scale = false;
    report(&m, 100, 100);
    enter(&m, 200, 200); /* over 100, 100 */
    move(&m, 210, 200);
    move(&m, 210.5, 200);
    move(&m, 211, 199.25);
    move(&m, 211, 199);
    GOT(m, "m10,0 m1,0 m0,-1");
    report(&m, 300, 300); /* nothing is corrected: it cannot agree */
    assert_true(orl_mouse_due(&m.p) == UINT64_MAX);
    enter(&m, 300, 200); /* over 150, 100 */
    GOT(m, "m-150,-200");
    move(&m, 310, 200);
    button(&m, ORL_BUTTON_LEFT, true);
    enter(&m, 330, 200); /* a drag that returns goes on */
    GOT(m, "m10,0 +b1 m20,0");
}

static void a_button_comes_after_the_motion_to_its_place(void **state)
{
    START(800, 600, 800, 600, 0);
    report(&m, 0, 0);
    for (uint8_t b = ORL_BUTTON_LEFT; b <= ORL_BUTTON_EXTRA; b++) {
        move(&m, 10 * b, 7);
        button(&m, b, true);
        move(&m, 10 * b + 5, 7);
        button(&m, b, false);
    }
    button(&m, 0, true);
    button(&m, 6, true);
    GOT(m, "m10,7 +b1 m5,0 -b1 m5,0 +b2 m5,0 -b2 m5,0 +b3 m5,0 -b3 m5,0 +b4 m5,0 -b4 "
           "m5,0 +b5 m5,0 -b5");
}

static void a_drag_goes_on_beyond_the_edge(void **state)
{
    START(400, 300, 800, 300, 0);
    report(&m, 100, 100);
    move(&m, 300, 100);
    button(&m, ORL_BUTTON_LEFT, true);
    move(&m, 1000, 100);
    move(&m, 1000, 50);
    button(&m, ORL_BUTTON_LEFT, false);
    GOT(m, "+b1 m299,0 m0,-50 -b1");
}

static void a_press_beside_the_picture_is_not_the_guests(void **state)
{
    START(400, 300, 800, 300, 0);
    report(&m, 0, 100);
    move(&m, 100, 100);
    button(&m, ORL_BUTTON_LEFT, true);
    wheel(&m, 0, 1);
    move(&m, 300, 100);
    button(&m, ORL_BUTTON_LEFT, false);
    GOT(m, "m100,0");
}

static void every_button_that_was_told_is_released(void **state)
{
    START(800, 600, 800, 600, 0);
    move(&m, 10, 10);
    button(&m, ORL_BUTTON_LEFT, true);
    button(&m, ORL_BUTTON_SIDE, true);
    GOT(m, "+b1 +b4");
    orl_mouse_release(&m.p, &m.sink, 1);
    button(&m, ORL_BUTTON_LEFT, false);
    GOT(m, "-b1 -b4");
    button(&m, ORL_BUTTON_RIGHT, true);
    orl_mouse_forget(&m.p);
    orl_mouse_watch(&m.p, &m.sink, 1);
    GOT(m, "+b3 -b3");
    assert_int_equal(m.p.corrections, 1);
}

static void a_wrong_pointer_is_corrected_when_it_is_quiet(void **state)
{
    START(800, 600, 800, 600, 0);
    report(&m, 100, 100);
    enter(&m, 200, 100);
    GOT(m, "m100,0");
    pass(&m, 20 * MS);
    report(&m, 150, 100); /* on its way, or half of it was lost */
    pass(&m, 90 * MS);
    GOT(m, "");
    pass(&m, 20 * MS);
    GOT(m, "m50,0");
    pass(&m, 10 * MS);
    report(&m, 200, 100);
    assert_int_equal(pass(&m, 5000 * MS), 0);
    GOT(m, "");
}

static void a_report_older_than_the_motion_corrects_nothing(void **state)
{
    START(800, 600, 800, 600, 0);
    report(&m, 100, 100);
    pass(&m, 10 * MS);
    enter(&m, 200, 100);
    pass(&m, 1000 * MS);
    GOT(m, "m100,0"); /* a hidden pointer is not reported */
    assert_true(orl_mouse_due(&m.p) == UINT64_MAX);
    report(&m, 190, 100);
    pass(&m, 110 * MS);
    GOT(m, "m10,0");
}

static void one_pixel_is_close_enough(void **state)
{
    START(800, 600, 800, 600, 0);
    report(&m, 100, 100);
    enter(&m, 200, 100);
    GOT(m, "m100,0");
    report(&m, 199, 101);
    pass(&m, 1000 * MS);
    GOT(m, "");
    move(&m, 200, 101);
    GOT(m, "m1,0");
}

static void a_pointer_that_the_guest_moves_stays_there(void **state)
{
    START(800, 600, 800, 600, 0);
    report(&m, 100, 100);
    enter(&m, 200, 100);
    report(&m, 200, 100);
    pass(&m, 1000 * MS);
    GOT(m, "m100,0");
    report(&m, 400, 300); /* a dialog puts it on its button */
    pass(&m, 1000 * MS);
    GOT(m, "");
    move(&m, 201, 100); /* the user's hand counts */
    GOT(m, "m-199,-200");
}

static void corrections_come_to_an_end(void **state)
{
    START(800, 600, 800, 600, 0);
    report(&m, 100, 100);
    enter(&m, 200, 100);
    for (int i = 0; i < 100; i++) {
        pass(&m, 30 * MS);
        report(&m, i % 2 ? 50 : 55, 50); /* a guest that holds its pointer */
        pass(&m, 200 * MS);
    }
    assert_int_equal(m.p.follow.corrections, ORL_FOLLOW_TRIES);
}

static void positions_are_clamped_and_told_once(void **state)
{
    START(400, 300, 800, 300, 0);
    m.how.absolute = true;
    move(&m, 300, 100);
    move(&m, 300, 100);
    move(&m, 0, -5);
    move(&m, 5, -5);
    move(&m, 2000, 299);
    GOT(m, "p100,100 p0,0 p399,299");
    assert_int_equal(m.r.last.w, 400);
    assert_int_equal(m.r.last.h, 300);
}

static void captured_counts_move_a_position_when_there_is_no_motion(void **state)
{
    START(400, 300, 400, 300, 0);
    m.how.absolute = true;
    move(&m, 100, 100);
    m.how.captured = true;
    count(&m, 5, -7);
    count(&m, -300, 0);
    count(&m, 1, 0);
    GOT(m, "p100,100 p105,93 p0,93 p1,93");
}

static void sensitivity_loses_no_counts(void **state)
{
    for (int sens = -9; sens <= 9; sens++) {
        for (int smooth = 0; smooth < 2; smooth++) {
            START(800, 600, 800, 600, 0);
            uint64_t seed = (uint64_t)(sens + 100);
            int64_t in_x = 0, in_y = 0, out_x = 0, out_y = 0;
            m.how = (struct orl_mouse_how){
                .live = true, .captured = true, .sens = sens, .smooth = smooth};
            for (int i = 0; i <= 1000; i++) {
                int dx = (int)random_below(&seed, 9) - 4, dy = (int)random_below(&seed, 40);
                m.r.last = (struct orl_cmd){.kind = ORL_CMD_MOTION};
                record_take(&m.r);
                if (i < 1000) {
                    count(&m, dx, dy);
                    in_x += dx;
                    in_y += dy;
                } else {
                    pass(&m, ORL_COUNTS_FLUSH_NS);
                }
                out_x += m.r.last.dx;
                out_y += m.r.last.dy;
            }
            assert_true(llabs(out_x * 10 - in_x * (10 + sens)) < 10); /* less than one count */
            assert_true(llabs(out_y * 10 - in_y * (10 + sens)) < 10);
            assert_true(orl_mouse_due(&m.p) == UINT64_MAX);
        }
    }
}

static void smoothing_is_the_mean_of_two_events(void **state)
{
    START(800, 600, 800, 600, 0);
    m.how.captured = m.how.smooth = true;
    count(&m, 10, 0);
    count(&m, 20, 0);
    count(&m, 0, 4);
    GOT(m, "m5,0 m15,0 m10,2");
    pass(&m, ORL_COUNTS_FLUSH_NS);
    GOT(m, "m0,2");
    m.how.smooth = false;
    count(&m, 10, 0);
    GOT(m, "m10,0");
}

static void smoothed_counts_do_not_come_after_the_button(void **state)
{
    START(800, 600, 800, 600, 0);
    m.how.captured = m.how.smooth = true;
    count(&m, 10, 0);
    button(&m, ORL_BUTTON_LEFT, true);
    count(&m, 10, 0);
    wheel(&m, 0, -1);
    GOT(m, "m5,0 m5,0 +b1 m5,0 m5,0 w0,-1");
}

static void wheel_fractions_add_up_and_turning_back_starts_anew(void **state)
{
    START(800, 600, 800, 600, 0);
    move(&m, 10, 10);
    for (int i = 0; i < 10; i++) {
        wheel(&m, 0, (double)0.1f);
    }
    GOT(m, "w0,1");
    for (int i = 0; i < 9; i++) {
        wheel(&m, 1.0 / 3, 0);
    }
    GOT(m, "w1,0 w1,0 w1,0");
    wheel(&m, 0, 0.9);
    wheel(&m, 0, -0.5);
    wheel(&m, 0, -0.5);
    GOT(m, "w0,-1");
    wheel(&m, 2.5, -3);
    wheel(&m, 0.5, 0);
    GOT(m, "w2,-3 w1,0");
}

static void nothing_goes_to_a_guest_that_does_not_listen(void **state)
{
    START(800, 600, 800, 600, 0);
    m.how.live = false;
    enter(&m, 10, 10);
    move(&m, 20, 10);
    button(&m, ORL_BUTTON_LEFT, true);
    wheel(&m, 0, 5);
    m.how.captured = true;
    count(&m, 5, 5);
    GOT(m, "");
}

static void without_a_picture_there_is_no_place(void **state)
{
    START(0, 0, 800, 600, 0);
    enter(&m, 10, 10);
    move(&m, 50, 50);
    button(&m, ORL_BUTTON_LEFT, true);
    GOT(m, "");
    m.how.captured = true; /* motion has no place to begin with */
    count(&m, 3, 4);
    button(&m, ORL_BUTTON_RIGHT, true);
    GOT(m, "m3,4 +b3");
}

static void another_desktop_is_entered_again(void **state)
{
    START(800, 600, 800, 600, 0);
    report(&m, 0, 0);
    move(&m, 700, 500);
    GOT(m, "m700,500");
    struct orl_view small = view_of(400, 300, 800, 600, 0);
    orl_mouse_set_view(&m.p, &small);
    report(&m, 200, 150); /* the guest has put it in the middle */
    move(&m, 600, 400);
    GOT(m, "m100,50");
}

static void mad_numbers_do_no_harm(void **state)
{
    static const double mad[] = {NAN, INFINITY, -INFINITY, 1e300, -1e300, 4e9, -4e9, 0.0};
    START(800, 600, 800, 600, 0);
    for (int way = 0; way < 4; way++) {
        for (size_t i = 0; i < 64; i++) {
            double a = mad[i / 8], b = mad[i % 8];
            m.how.captured = way & 1;
            m.how.absolute = way & 2;
            m.how.scale = i & 1;
            move(&m, a, b);
            count(&m, a, b);
            wheel(&m, a, b);
            pass(&m, 20 * MS);
            record_take(&m.r);
        }
    }
    m.how = (struct orl_mouse_how){.live = true, .scale = true};
    report(&m, INT32_MIN, INT32_MAX);
    orl_mouse_lose(&m.p);
    move(&m, 10, 10);
    report(&m, INT32_MAX, INT32_MIN);
    pass(&m, 5000 * MS);
    assert_true(m.p.follow.corrections > 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_entry_goes_from_where_the_guest_reports_its_pointer),
        cmocka_unit_test(without_a_report_only_differences_are_sent),
        cmocka_unit_test(a_report_that_comes_later_corrects_without_a_complaint),
        cmocka_unit_test(a_guest_that_can_is_asked_to_set_its_pointer),
        cmocka_unit_test(a_drag_that_returns_is_not_torn_by_setting_the_pointer),
        cmocka_unit_test(an_entry_that_was_missed_is_set_by_a_guest_that_can),
        cmocka_unit_test(an_enlarged_picture_keeps_the_part_of_a_pixel),
        cmocka_unit_test(a_reduced_picture_reaches_every_edge),
        cmocka_unit_test(beyond_the_edge_nothing_is_sent_and_nothing_drifts),
        cmocka_unit_test(a_turned_picture_turns_the_motion),
        cmocka_unit_test(unscaled_motion_is_in_window_pixels),
        cmocka_unit_test(a_button_comes_after_the_motion_to_its_place),
        cmocka_unit_test(a_drag_goes_on_beyond_the_edge),
        cmocka_unit_test(a_press_beside_the_picture_is_not_the_guests),
        cmocka_unit_test(every_button_that_was_told_is_released),
        cmocka_unit_test(a_wrong_pointer_is_corrected_when_it_is_quiet),
        cmocka_unit_test(a_report_older_than_the_motion_corrects_nothing),
        cmocka_unit_test(one_pixel_is_close_enough),
        cmocka_unit_test(a_pointer_that_the_guest_moves_stays_there),
        cmocka_unit_test(corrections_come_to_an_end),
        cmocka_unit_test(positions_are_clamped_and_told_once),
        cmocka_unit_test(captured_counts_move_a_position_when_there_is_no_motion),
        cmocka_unit_test(sensitivity_loses_no_counts),
        cmocka_unit_test(smoothing_is_the_mean_of_two_events),
        cmocka_unit_test(smoothed_counts_do_not_come_after_the_button),
        cmocka_unit_test(wheel_fractions_add_up_and_turning_back_starts_anew),
        cmocka_unit_test(nothing_goes_to_a_guest_that_does_not_listen),
        cmocka_unit_test(without_a_picture_there_is_no_place),
        cmocka_unit_test(another_desktop_is_entered_again),
        cmocka_unit_test(mad_numbers_do_no_harm),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
