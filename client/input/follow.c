/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "input/follow.h"

#include <stdlib.h>

#define NEVER     UINT64_MAX
#define TOLERANCE 1 /* guest pixels */
#define DAMP_MAX  6
#define BRIEF_MAX 3

void orl_follow_init(struct orl_follow *f)
{
    *f = (struct orl_follow){.check_ns = NEVER};
}

void orl_follow_session(struct orl_follow *f)
{
    uint32_t corrections = f->corrections;
    struct orl_point size = f->size;
    orl_follow_init(f);
    f->corrections = corrections;
    f->size = size;
}

void orl_follow_lose(struct orl_follow *f)
{
    f->entered = false;
    f->verified = false;
    f->waiting = false;
    f->check_ns = NEVER;
}

void orl_follow_resize(struct orl_follow *f, struct orl_point size)
{
    f->size = size;
    orl_follow_lose(f);
}

static struct orl_point reported(const struct orl_follow *f)
{
    return (struct orl_point){f->newest.x, f->newest.y};
}

static bool is_far(struct orl_point a, struct orl_point b)
{
    return llabs((int64_t)a.x - b.x) > TOLERANCE || llabs((int64_t)a.y - b.y) > TOLERANCE;
}

static int32_t cap(int64_t v)
{
    return (int32_t)(v > INT32_MAX ? INT32_MAX : v < -INT32_MAX ? -INT32_MAX : v);
}

static struct orl_point minus(struct orl_point a, struct orl_point b)
{
    return (struct orl_point){cap((int64_t)a.x - b.x), cap((int64_t)a.y - b.y)};
}

/* Something was sent: look at the answer when it has been quiet for a while. */
static void plan_check(struct orl_follow *f, struct orl_point by, uint64_t now_ns)
{
    if (f->check_ns == NEVER) {
        f->burst_ns = now_ns;
        f->sum = (struct orl_point){0, 0};
    }
    f->sum.x = cap((int64_t)f->sum.x + by.x);
    f->sum.y = cap((int64_t)f->sum.y + by.y);
    f->check_ns = now_ns + ORL_FOLLOW_QUIET_NS;
    f->waiting = false;
}

static void send_motion(struct orl_follow *f, const struct orl_input_sink *sink,
                        struct orl_point by, uint64_t now_ns)
{
    struct orl_cmd cmd = {.kind = ORL_CMD_MOTION, .dx = by.x, .dy = by.y, .t_ns = now_ns};
    orl_sink_send(sink, &cmd);
    f->model.x = cap((int64_t)f->model.x + by.x);
    f->model.y = cap((int64_t)f->model.y + by.y);
    plan_check(f, by, now_ns);
}

/* The user's hand, or an entry: corrections so far are history. */
static void start_over(struct orl_follow *f)
{
    f->tries = 0;
    f->damp_x = f->damp_y = f->brief_x = f->brief_y = 0;
    f->step = (struct orl_point){0, 0};
}

void orl_follow_to(struct orl_follow *f, const struct orl_input_sink *sink,
                   struct orl_point goal, uint64_t now_ns)
{
    struct orl_point by = minus(goal, f->model);
    f->goal = goal;
    if (by.x || by.y) {
        start_over(f);
        send_motion(f, sink, by, now_ns);
    }
}

void orl_follow_enter(struct orl_follow *f, const struct orl_input_sink *sink, bool align,
                      struct orl_point goal, uint64_t now_ns)
{
    f->entered = true;
    f->verified = f->newest.known;
    f->model = f->newest.known && !align ? reported(f) : goal;
    if (align) {
        sink->align(sink->arg, goal.x, goal.y);
        f->goal = goal;
        start_over(f);
        plan_check(f, (struct orl_point){0, 0}, now_ns);
    } else {
        orl_follow_to(f, sink, goal, now_ns);
    }
}

/* Pushed against an edge or not at all, so that there was nothing to report. */
static bool is_pinned(int32_t at, int32_t size, int32_t sum)
{
    return sum == 0 || (sum < 0 && at <= 0) || (sum > 0 && at >= size - 1);
}

/* A correction so small that a guest with a factor below one may not show it. */
static bool is_tiny(const struct orl_follow *f)
{
    return f->tries > 0 && abs(f->sum.x) <= 2 && abs(f->sum.y) <= 2;
}

/* The newest report is about what was sent. */
static bool is_answer(const struct orl_follow *f)
{
    const struct orl_input_report *r = &f->newest;
    bool pushed = f->sum.x || f->sum.y;
    return r->known && (r->t_ns >= f->burst_ns || is_tiny(f) ||
                        (pushed && is_pinned(r->x, f->size.x, f->sum.x) &&
                         is_pinned(r->y, f->size.y, f->sum.y)));
}

void orl_follow_report(struct orl_follow *f, const struct orl_input_report *r)
{
    bool moved = r->known && (!f->newest.known || r->x != f->newest.x || r->y != f->newest.y);
    f->newest = *r;
    if (!f->entered || !r->known) {
        return;
    }
    if (f->check_ns != NEVER) {
        if (moved && r->t_ns + ORL_FOLLOW_QUIET_NS > f->check_ns) {
            f->check_ns = r->t_ns + ORL_FOLLOW_QUIET_NS; /* it still moves */
        }
    } else if (f->waiting || !f->verified) {
        if (r->t_ns >= f->burst_ns) {
            f->waiting = false;
            f->check_ns = r->t_ns + ORL_FOLLOW_QUIET_NS;
        }
    } else {
        f->model = reported(f);
    }
}

/* One more disagreement: true when it is the one that makes it acceleration. */
static bool count_odd(struct orl_follow *f, uint64_t now_ns)
{
    if (f->odd == 0 || now_ns - f->odd_ns > ORL_FOLLOW_SPAN_NS) {
        f->odd = 0;
        f->odd_ns = now_ns;
    }
    f->odd++;
    if (f->noted || f->odd < ORL_FOLLOW_ODD) {
        return false;
    }
    return f->noted = true;
}

static bool turned_back(int32_t before, int32_t now)
{
    return (before > 0 && now < 0) || (before < 0 && now > 0);
}

/* The next step of one axis: a part of the way, and at least one pixel of it. Guests give more to
 * large steps than to small ones, so one step that was too short says little. */
static int32_t step_of(int32_t way, int32_t before, uint8_t *damp, uint8_t *brief)
{
    if (turned_back(before, way)) {
        *damp = *damp < DAMP_MAX ? (uint8_t)(*damp + 1) : *damp;
        *brief = 0;
    } else if (*damp > 0 && ++*brief >= BRIEF_MAX) {
        *damp = (uint8_t)(*damp - 1);
        *brief = 0;
    }
    int32_t part = way / (1 << *damp);
    return part || !way ? part : way > 0 ? 1 : -1;
}

static void correct(struct orl_follow *f, const struct orl_input_sink *sink, uint64_t now_ns)
{
    struct orl_point way = minus(f->goal, f->model);
    f->step.x = step_of(way.x, f->step.x, &f->damp_x, &f->brief_x);
    f->step.y = step_of(way.y, f->step.y, &f->damp_y, &f->brief_y);
    f->tries++;
    f->corrections++;
    send_motion(f, sink, f->step, now_ns);
}

bool orl_follow_tick(struct orl_follow *f, const struct orl_input_sink *sink, uint64_t now_ns)
{
    if (now_ns < f->check_ns || f->check_ns == NEVER) {
        return false;
    }
    f->check_ns = NEVER;
    if (!is_answer(f)) {
        f->waiting = true;
        return false;
    }
    bool note = f->verified && is_far(reported(f), f->model) && count_odd(f, now_ns);
    f->verified = true;
    f->model = reported(f);
    if (is_far(f->model, f->goal) && f->tries < ORL_FOLLOW_TRIES) {
        correct(f, sink, now_ns);
    }
    return note;
}

uint64_t orl_follow_due(const struct orl_follow *f)
{
    return f->check_ns;
}
