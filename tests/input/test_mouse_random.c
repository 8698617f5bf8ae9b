/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * One to one: with any picture size, letterbox and rotation, any delay and any wandering of the host's
 * pointer, the guest's ends up under it, within a pixel; at once if the guest takes motion as it is,
 * after corrections if it accelerates, and then the user is told once.
 */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#include "input/event.h"
#include "input/mouse.h"
#include "support/check.h"
#include "support/random.h"

#define SEEDS     3000
#define MS        UINT64_C(1000000)
#define IN_FLIGHT 4096

struct flight { /* a command on its way to the guest, or a report on its way back */
    uint64_t at_ns;
    bool report;
    struct orl_cmd cmd;
    struct orl_input_report news;
};

struct table {
    uint64_t seed, rng, now_ns;
    struct orl_mouse p;
    struct orl_mouse_how how;
    struct orl_input_sink sink;
    /* guest */
    int32_t w, h;
    double gx, gy;       /* its pointer */
    double gain, faster; /* factor of motion, and for steps of more than 8 */
    uint8_t buttons;
    struct orl_point press_goal; /* where the user pressed last ... */
    double press_x, press_y;     /* ... and where the guest's pointer was then */
    uint64_t there_ns, back_ns;  /* delays */
    struct flight flights[IN_FLIGHT];
    size_t head, tail;
    int notes;
};

#define CHECK(t, what)                                                                         \
    do {                                                                                       \
        if (!(what)) {                                                                         \
            fail_msg("seed %llu: %s (guest %g,%g of %d,%d; model %d,%d goal %d,%d; host "      \
                     "%g,%g; picture %d,%d %ux%u turn %u)",                                    \
                     (unsigned long long)(t)->seed, #what, (t)->gx, (t)->gy, (t)->w, (t)->h,   \
                     (t)->p.follow.model.x, (t)->p.follow.model.y, (t)->p.follow.goal.x,       \
                     (t)->p.follow.goal.y, (t)->p.at_x, (t)->p.at_y, (t)->p.view.x,            \
                     (t)->p.view.y, (t)->p.view.w, (t)->p.view.h, (t)->p.view.user_turns);     \
        }                                                                                      \
    } while (0)

/* Sorted by time; equal times keep their order. */
static void depart(struct table *t, struct flight f)
{
    size_t i = t->tail++;
    CHECK(t, t->tail - t->head < IN_FLIGHT);
    while (i > t->head && t->flights[(i - 1) % IN_FLIGHT].at_ns > f.at_ns) {
        t->flights[i % IN_FLIGHT] = t->flights[(i - 1) % IN_FLIGHT];
        i--;
    }
    t->flights[i % IN_FLIGHT] = f;
}

static void send(void *arg, const struct orl_cmd *cmd)
{
    struct table *t = arg;
    depart(t, (struct flight){.at_ns = t->now_ns + t->there_ns, .cmd = *cmd});
}

static void set_pointer(struct table *t, double x, double y)
{
    x = fmin(fmax(x, 0), t->w - 1);
    y = fmin(fmax(y, 0), t->h - 1);
    bool moved = floor(x) < floor(t->gx) || floor(x) > floor(t->gx) ||
                 floor(y) < floor(t->gy) || floor(y) > floor(t->gy);
    t->gx = x;
    t->gy = y;
    if (moved) {
        struct flight f = {.at_ns = t->now_ns + t->back_ns, .report = true};
        f.news = (struct orl_input_report){true, (int32_t)x, (int32_t)y, f.at_ns};
        depart(t, f);
    }
}

static void align(void *arg, int32_t x, int32_t y)
{
    set_pointer(arg, x, y);
}

static double accelerated(const struct table *t, int32_t d)
{
    return d * (abs(d) > 8 ? t->faster : t->gain);
}

static void arrive(struct table *t, const struct flight *f)
{
    if (f->report) {
        orl_follow_report(&t->p.follow, &f->news);
    } else if (f->cmd.kind == ORL_CMD_MOTION) {
        set_pointer(t, t->gx + accelerated(t, f->cmd.dx), t->gy + accelerated(t, f->cmd.dy));
    } else if (f->cmd.kind == ORL_CMD_BUTTON && f->cmd.down) {
        t->press_x = t->gx;
        t->press_y = t->gy;
    }
}

static void pass(struct table *t, uint64_t ns)
{
    uint64_t end = t->now_ns + ns;
    for (;;) {
        uint64_t next = t->head < t->tail ? t->flights[t->head % IN_FLIGHT].at_ns : UINT64_MAX;
        uint64_t due = orl_mouse_due(&t->p);
        if (next > end && due > end) {
            break;
        }
        if (next <= due) {
            struct flight f = t->flights[t->head++ % IN_FLIGHT];
            t->now_ns = next > t->now_ns ? next : t->now_ns;
            arrive(t, &f);
        } else {
            t->now_ns = due > t->now_ns ? due : t->now_ns;
            t->notes += orl_mouse_tick(&t->p, &t->sink, &t->how, t->now_ns);
        }
    }
    t->now_ns = end;
}

static double any(struct table *t, double from, double to)
{
    return from + (to - from) * random_below(&t->rng, 1 << 20) / (1 << 20);
}

static struct orl_view any_view(struct table *t)
{
    static const uint32_t sizes[] = {1, 2, 64, 320, 640, 800, 1080, 1366, 1920, 3840};
    struct orl_view_in in = {.frame_w = sizes[random_below(&t->rng, 10)],
                             .frame_h = sizes[random_below(&t->rng, 10)],
                             .win_w = 1 + random_below(&t->rng, 2000),
                             .win_h = 1 + random_below(&t->rng, 2000),
                             .user_turns = random_below(&t->rng, 4),
                             .keep_aspect = random_below(&t->rng, 2),
                             .int_upscale = random_below(&t->rng, 2)};
    in.turns = in.user_turns + random_below(&t->rng, 4); /* the guest may be turned as well */
    return orl_view_make(&in);
}

static void open_table(struct table *t, uint64_t seed)
{
    *t = (struct table){.seed = seed, .rng = seed * 104729, .now_ns = 1000 * MS};
    struct orl_view view = any_view(t);
    orl_mouse_init(&t->p);
    orl_mouse_set_view(&t->p, &view);
    t->how = (struct orl_mouse_how){.live = true, .linked = true, .scale = true};
    t->how.can_align = random_below(&t->rng, 4) == 0;
    t->sink = (struct orl_input_sink){.send = send, .align = align, .arg = t};
    t->w = (int32_t)(view.user_turns & 1 ? view.up_h : view.up_w);
    t->h = (int32_t)(view.user_turns & 1 ? view.up_w : view.up_h);
    t->gx = random_below(&t->rng, (uint32_t)t->w);
    t->gy = random_below(&t->rng, (uint32_t)t->h);
    t->gain = t->faster = 1;
    t->there_ns = random_below(&t->rng, 40) * MS;
    t->back_ns = random_below(&t->rng, 40) * MS;
    if (random_below(&t->rng, 2)) { /* the guest has already said where its pointer is */
        struct orl_input_report r = {true, (int32_t)t->gx, (int32_t)t->gy, t->now_ns};
        orl_follow_report(&t->p.follow, &r);
    }
}

/* How far `at` is from the guest pixels between a and b, or from the nearest one on the desktop. */
static double distance(double at, double a, double b, int32_t size)
{
    double low = fmin(fmax(fmin(a, b), 0), size - 1),
           high = fmin(fmax(fmax(a, b), 0), size - 1);
    return fmax(fmax(floor(low) - at, at - ceil(high)), 0);
}

/* All guest pixels that the host's pixel covers are right, and `slack` around them. */
static bool is_there(const struct table *t, double gx, double gy, double slack)
{
    double x0, y0, x1, y1, wx = floor(t->p.at_x), wy = floor(t->p.at_y);
    orl_view_to_guest(&t->p.view, wx, wy, &x0, &y0);
    orl_view_to_guest(&t->p.view, wx + 1, wy + 1, &x1, &y1);
    return distance(floor(gx), x0, x1, t->w) <= slack &&
           distance(floor(gy), y0, y1, t->h) <= slack;
}

static void wander(struct table *t)
{
    const struct orl_view *v = &t->p.view;
    double x = any(t, v->x - 50.0, v->x + (v->w + 50.0));
    double y = any(t, v->y - 50.0, v->y + (v->h + 50.0));
    int steps = 1 + (int)random_below(&t->rng, 12);
    double from_x = t->p.at_x, from_y = t->p.at_y;
    for (int i = 1; i <= steps; i++) {
        double part = (double)i / steps;
        orl_mouse_move(&t->p, &t->sink, &t->how, from_x + (x - from_x) * part,
                       from_y + (y - from_y) * part, !t->p.at_known, t->now_ns);
        pass(t, random_below(&t->rng, 9) * MS);
    }
}

static void press(struct table *t)
{
    orl_mouse_button(&t->p, &t->sink, &t->how, ORL_BUTTON_LEFT, true, t->now_ns);
    orl_mouse_button(&t->p, &t->sink, &t->how, ORL_BUTTON_LEFT, false, t->now_ns);
}

static void the_pointers_agree_without_acceleration(void **state)
{
    (void)state;
    for (uint64_t seed = 1; seed < SEEDS; seed++) {
        static struct table t;
        open_table(&t, seed);
        for (int i = 0; i < 3 || (!t.p.follow.verified && i < 50); i++) {
            wander(&t); /* until the guest has reported a position */
            pass(&t, 2000 * MS);
        }
        uint32_t corrections = t.p.follow.corrections;
        for (int i = 0; i < 10; i++) {
            wander(&t);
            if (orl_mouse_over(&t.p)) {
                press(&t);
                pass(&t, 100 * MS);
                CHECK(&t, is_there(&t, t.press_x, t.press_y, 1)); /* motion came first */
            }
            pass(&t, random_below(&t.rng, 2) * 500 * MS);
        }
        pass(&t, 500 * MS);
        CHECK(&t, is_there(&t, t.gx, t.gy, 1));
        CHECK(&t, t.p.follow.corrections == corrections);
        CHECK(&t, t.notes == 0);
        CHECK(&t, orl_mouse_due(&t.p) == UINT64_MAX);
    }
}

static void acceleration_is_corrected_and_told_once(void **state)
{
    (void)state;
    int told = 0, large = 0;
    for (uint64_t seed = 1; seed < SEEDS; seed++) {
        static struct table t;
        open_table(&t, seed);
        t.how.can_align = false;
        t.gain = any(&t, 0.5, 1.2);
        t.faster = any(&t, 1.3, 3.5);
        for (int i = 0; i < 12; i++) {
            wander(&t);
            wander(&t);
            pass(&t, 4000 * MS);
            /* Two: with a gain of less than one a step of one count may not show. */
            CHECK(&t, !t.p.follow.newest.known || is_there(&t, t.gx, t.gy, 2));
        }
        CHECK(&t, t.notes <= 1);
        large += t.w > 300 && t.h > 300 && t.p.view.w > 300 && t.p.view.h > 300;
        told += t.w > 300 && t.h > 300 && t.p.view.w > 300 && t.p.view.h > 300 && t.notes == 1;
    }
    assert_true(large > SEEDS / 20);
    assert_int_equal(told, large);
}

static void a_lost_motion_is_made_good(void **state)
{
    (void)state;
    int lost = 0;
    for (uint64_t seed = 1; seed < SEEDS; seed++) {
        static struct table t;
        open_table(&t, seed);
        wander(&t);
        wander(&t);
        if (t.head < t.tail && !t.flights[t.head % IN_FLIGHT].report) {
            t.head++;
            lost++;
        }
        wander(&t);
        pass(&t, 3000 * MS);
        wander(&t);
        pass(&t, 3000 * MS);
        CHECK(&t, is_there(&t, t.gx, t.gy, 1));
    }
    assert_true(lost > SEEDS / 10);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_pointers_agree_without_acceleration),
        cmocka_unit_test(acceleration_is_corrected_and_told_once),
        cmocka_unit_test(a_lost_motion_is_made_good),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
