/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The steps of the mice between SDL's other events. */
#include "base/clock.h"
#include "win/raw_x11.h"
#include "win/win_impl.h"

/* SDL's connection may tell of a step before ours has it: a rest is asked for so much later. */
#define REST_NS (2 * ORL_NS_PER_MS)

/* True: there was something. */
static bool push(struct orl_win *win)
{
    bool any = false;
    int32_t dx, dy;
    while (orl_raw_x11_take(win->raw, &dx, &dy)) {
        SDL_Event e;
        SDL_zero(e);
        e.motion.type = SDL_MOUSEMOTION;
        e.motion.windowID = SDL_GetWindowID(win->window);
        e.motion.which = ORL_WIN_RAW_MOUSE;
        e.motion.xrel = dx;
        e.motion.yrel = dy;
        if (SDL_PeepEvents(&e, 1, SDL_ADDEVENT, SDL_FIRSTEVENT, SDL_LASTEVENT) != 1) {
            orl_raw_x11_return(win->raw, dx, dy); /* the queue is full */
            win->raw_due_ns = orl_now_ns() + REST_NS;
            return true;
        }
        any = true;
    }
    return any;
}

/* A wait of SDL's that began before raw_due_ns was set ends. */
static void end_wait(struct orl_win *win)
{
    SDL_Event e;
    SDL_zero(e);
    e.type = win->wake_type;
    (void)SDL_PeepEvents(&e, 1, SDL_ADDEVENT, SDL_FIRSTEVENT, SDL_LASTEVENT);
}

void orl_win_raw_step(struct orl_win *win, uint32_t time)
{
    if (!win->raw_on) {
        return;
    }
    orl_raw_x11_look(win->raw, time);
    if (!win->raw_heard) {
        orl_raw_x11_return(win->raw, -win->raw_told_x, -win->raw_told_y);
        win->raw_heard = true;
    }
    bool waits = win->raw_due_ns == 0;
    if (!push(win) && waits) {
        end_wait(win);
    }
    win->raw_due_ns = orl_now_ns() + REST_NS;
}

void orl_win_raw_reach(struct orl_win *win, uint32_t time)
{
    if (win->raw_on && win->raw_heard) {
        orl_raw_x11_reach(win->raw, time);
        (void)push(win);
    }
}

bool orl_win_raw_stays(struct orl_win *win, const SDL_MouseMotionEvent *motion)
{
    if (!win->raw_on || motion->which == SDL_TOUCH_MOUSEID) {
        return true;
    }
    if (!win->raw_heard) {
        win->raw_told_x += motion->xrel;
        win->raw_told_y += motion->yrel;
    }
    return !win->raw_heard;
}

void orl_win_start_raw(struct orl_win *win)
{
    /* With this the user has SDL move the pointer back all the time, for servers without steps. */
    bool warps = SDL_GetHintBoolean(SDL_HINT_MOUSE_RELATIVE_MODE_WARP, SDL_FALSE);
    if (!win->filtered || warps) {
        return;
    }
    if (!win->raw) {
        win->raw = orl_raw_x11_open(NULL, !win->raw_mouse);
    }
    if (win->raw) {
        orl_raw_x11_start(win->raw);
        win->raw_on = true;
        win->raw_told_x = win->raw_told_y = 0;
    }
}

void orl_win_stop_raw(struct orl_win *win)
{
    if (win->raw_on) {
        orl_raw_x11_stop(win->raw);
    }
    win->raw_on = false;
    win->raw_due_ns = 0;
}

void orl_win_settle_raw(struct orl_win *win)
{
    if (!win->raw_due_ns || orl_now_ns() < win->raw_due_ns) {
        return;
    }
    /* Keys and buttons among the steps that are here now take their place first. */
    orl_raw_x11_fetch(win->raw);
    SDL_PumpEvents();
    win->raw_due_ns = 0;
    orl_raw_x11_rest(win->raw);
    (void)push(win);
}
