/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A captured mouse on a real X server: what another program makes it count is what the window tells. */
#include <stdio.h>
#include <stdlib.h>

#include "base/clock.h"
#include "support/check.h"
#include "win/win.h"

#define PATIENCE_NS (20 * ORL_NS_PER_S)
#define REST_NS     (100 * ORL_NS_PER_MS) /* no more than this is waited for what shall not come */

struct rig {
    struct orl_win *win;
    double x, y; /* the counts that came */
    uint32_t downs;
    double x_at_down[256]; /* those before each button that went down */
    uint32_t places;       /* motion that was no count */
};

/* What xdotool is told, which sends all in one go. */
struct words {
    char text[32768];
    size_t n;
};

static void say(struct words *w, const char *more)
{
    int n = snprintf(w->text + w->n, sizeof(w->text) - w->n, " %s", more);
    assert_true(n > 0 && (size_t)n < sizeof(w->text) - w->n);
    w->n += (size_t)n;
}

static void do_it(const struct words *w)
{
    char line[sizeof(w->text) + 16];
    snprintf(line, sizeof(line), "exec xdotool%s", w->text);
    assert_int_equal(system(line), 0);
}

static void take(struct rig *r, const struct orl_event *ev)
{
    if (ev->kind == ORL_EVENT_MOTION && ev->relative) {
        r->x += (double)ev->dx;
        r->y += (double)ev->dy;
    } else if (ev->kind == ORL_EVENT_MOTION) {
        r->places++;
    } else if (ev->kind == ORL_EVENT_BUTTON && ev->down) {
        assert_true(r->downs < 256);
        r->x_at_down[r->downs++] = r->x;
    }
}

static bool has(const struct rig *r, double x, double y, uint32_t downs)
{
    return r->x == x && r->y == y && r->downs == downs;
}

/* Until that much has come, and then for a while whether it was all. */
static void hear(struct rig *r, double x, double y, uint32_t downs)
{
    uint64_t end_ns = orl_now_ns() + PATIENCE_NS;
    uint64_t rest_ns = 0;
    while (orl_now_ns() < end_ns && (!rest_ns || orl_now_ns() < rest_ns)) {
        struct orl_event ev = orl_win_wait(r->win, orl_now_ns() + 5 * ORL_NS_PER_MS);
        take(r, &ev);
        rest_ns = rest_ns ? rest_ns : has(r, x, y, downs) ? orl_now_ns() + REST_NS : 0;
    }
    if (!has(r, x, y, downs)) {
        fail_msg("%g, %g and %u buttons came instead of %g, %g and %u", r->x, r->y, r->downs, x,
                 y, downs);
    }
}

static void drain(struct rig *r)
{
    uint64_t end_ns = orl_now_ns() + REST_NS;
    while (orl_now_ns() < end_ns) {
        struct orl_event ev = orl_win_wait(r->win, orl_now_ns() + 5 * ORL_NS_PER_MS);
        take(r, &ev);
    }
}

static void capture(struct rig *r, bool on)
{
    struct orl_win_grab grab = {.confine = on, .relative = on, .look = ORL_WIN_LOOK_NONE};
    assert_int_equal(orl_win_set_grab(r->win, &grab), ORL_WIN_GRANTED);
    r->x = r->y = 0;
    r->downs = r->places = 0;
}

static int setup(void **state)
{
    char why[200] = "";
    struct rig *r = calloc(1, sizeof(*r));
    struct orl_win_conf conf = {
        .title = "steps", .app_id = "steps", .w = 400, .h = 300, .soft_present = true};
    *state = r;
    orl_win_prepare();
    if (orl_win_create(&r->win, &conf, why, sizeof(why)) != ORL_OK) {
        fprintf(stderr, "no window: %s\n", why);
        return -1;
    }
    struct words into = {.n = 0};
    say(&into, "mousemove 100 100"); /* and no more: the first step of all counts, too */
    do_it(&into);
    drain(r);
    return 0;
}

static int teardown(void **state)
{
    struct rig *r = *state;
    orl_win_destroy(&r->win);
    free(r);
    return 0;
}

/* A mouse of 8 kHz tells the same step eight times in a millisecond. */
static void no_step_of_a_fast_mouse_is_lost(void **state)
{
    struct rig *r = *state;
    struct words all = {.n = 0};
    capture(r, true);
    for (int i = 0; i < 400; i++) {
        say(&all, "mousemove_relative -- 3 -1");
    }
    for (int i = 1; i <= 3; i++) {
        do_it(&all);
        hear(r, 1200.0 * i, -400.0 * i, 0);
    }
    assert_int_equal(r->places, 0);
    capture(r, false);
}

static void buttons_come_after_the_steps_before_them(void **state)
{
    struct rig *r = *state;
    struct words all = {.n = 0};
    capture(r, true);
    for (int i = 0; i < 60; i++) {
        for (int k = 0; k < 7; k++) {
            say(&all, "mousemove_relative -- 2 1");
        }
        say(&all, "mousedown 1 mouseup 1");
    }
    do_it(&all);
    hear(r, 60 * 7 * 2, 60 * 7, 60);
    for (int i = 0; i < 60; i++) {
        assert_true(r->x_at_down[i] >= (i + 1) * 7 * 2);
    }
    assert_true(r->x_at_down[0] < 60 * 7 * 2); /* nor does one wait for all */
    capture(r, false);
}

/* Main was busy: the rest of a step is due when the button, and what was moved after it, come. */
static void what_is_dragged_is_dragged_after_a_busy_time_too(void **state)
{
    struct rig *r = *state;
    struct words step = {.n = 0};
    struct words drag = {.n = 0};
    say(&step, "mousemove_relative -- 5 0");
    say(&drag, "mousedown 1 sleep 0.01 mousemove_relative -- 40 0 sleep 0.01 mouseup 1");
    capture(r, true);
    for (int i = 0; i < 10; i++) {
        do_it(&step);
        hear(r, 50.0 * i + 5, 0, (uint32_t)i);
        do_it(&step); /* heard of, and not waited for */
        struct orl_event ev = orl_win_wait(r->win, orl_now_ns() + PATIENCE_NS);
        take(r, &ev);
        do_it(&drag);
        orl_sleep_until(orl_now_ns() + 20 * ORL_NS_PER_MS);
        hear(r, 50.0 * i + 50, 0, (uint32_t)i + 1);
        assert_true(r->x_at_down[i] <= 50.0 * i + 10);
    }
    capture(r, false);
}

static void a_capture_begins_and_ends_with_nothing_left_over(void **state)
{
    struct rig *r = *state;
    struct words some = {.n = 0};
    for (int i = 0; i < 50; i++) {
        say(&some, "mousemove_relative -- 1 0");
    }
    capture(r, true);
    for (int i = 0; i < 4; i++) {
        do_it(&some);
        capture(r, false); /* before anybody has asked for what came */
        drain(r);
        assert_true(r->x == 0);
        do_it(&some);
        capture(r, true);
        do_it(&some);
        hear(r, 50, 0, 0);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(no_step_of_a_fast_mouse_is_lost),
        cmocka_unit_test(buttons_come_after_the_steps_before_them),
        cmocka_unit_test(what_is_dragged_is_dragged_after_a_busy_time_too),
        cmocka_unit_test(a_capture_begins_and_ends_with_nothing_left_over),
    };
    return cmocka_run_group_tests(tests, setup, teardown);
}
