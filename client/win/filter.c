/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What SDL does not tell of keyboard and mouse on X11. It shows each event of the X server to a filter, on
 * the main thread, before it makes its own of it: so what a filter adds to the queue at a key or button
 * stands before it there, and the next key event of SDL's is the one of that key.
 */
#include <string.h>
#include <X11/extensions/XInput2.h>

#include <SDL2/SDL_syswm.h>

#include "win/win_impl.h"

/* Positions that SDL takes for others: X's keycode (evdev), SDL's number, USB HID usage. */
static const struct {
    uint8_t code;
    uint16_t sdl, usage;
} odd_keys[ORL_WIN_ODD_KEYS] = {
    {129, SDL_SCANCODE_KP_PERIOD, 133}, /* the point of Brazilian keypads */
    {93, SDL_SCANCODE_MODE, 148},       /* Zenkaku/Hankaku of Japanese keyboards */
};

static void see_key(struct orl_win *win, const XKeyEvent *key)
{
    uint8_t code = (uint8_t)key->keycode;
    bool down = key->type == KeyPress;
    bool repeats = down && win->x_down[code];
    win->x_code = code;
    win->x_down[code] = down;
    for (size_t i = 0; i < ORL_WIN_ODD_KEYS;
         i++) { /* SDL may take the release for another key's */
        win->odd_down[i] = win->odd_down[i] && (down || odd_keys[i].code != code);
    }
    if (!repeats) {
        orl_win_raw_reach(win, (uint32_t)key->time);
    }
}

static void see(struct orl_win *win, const XEvent *e)
{
    const XIRawEvent *raw = NULL;
    win->x_code = 0;
    switch (e->type) {
    case KeyPress:
    case KeyRelease: see_key(win, &e->xkey); break;
    case ButtonPress:
    case ButtonRelease: orl_win_raw_reach(win, (uint32_t)e->xbutton.time); break;
    case GenericEvent:
        raw = e->xcookie.evtype == XI_RawMotion ? e->xcookie.data : NULL;
        if (raw) {
            orl_win_raw_step(win, (uint32_t)raw->time);
        }
        break;
    default: break;
    }
}

static void correct_key(struct orl_win *win, SDL_KeyboardEvent *key)
{
    for (size_t i = 0; i < ORL_WIN_ODD_KEYS; i++) {
        if (win->x_code == odd_keys[i].code &&
            (uint16_t)key->keysym.scancode == odd_keys[i].sdl) {
            key->keysym.scancode = (SDL_Scancode)odd_keys[i].usage;
            win->odd_down[i] = key->type == SDL_KEYDOWN;
        }
    }
}

const uint8_t *orl_win_with_odd_keys(struct orl_win *win, const uint8_t *keys, size_t n)
{
    bool any = false;
    for (size_t i = 0; i < ORL_WIN_ODD_KEYS; i++) {
        any = any || win->odd_down[i];
    }
    if (!any || n > sizeof(win->keys)) {
        return keys;
    }
    memcpy(win->keys, keys, n);
    for (size_t i = 0; i < ORL_WIN_ODD_KEYS && odd_keys[i].usage < n; i++) {
        win->keys[odd_keys[i].usage] = win->odd_down[i];
    }
    return win->keys;
}

/* 0: the event does not get into the queue. */
static int filter(void *arg, SDL_Event *e)
{
    struct orl_win *win = arg;
    switch (e->type) {
    case SDL_SYSWMEVENT:
        if (e->syswm.msg->subsystem == SDL_SYSWM_X11) {
            see(win, &e->syswm.msg->msg.x11.event);
        }
        return 0;
    case SDL_MOUSEMOTION: return orl_win_raw_stays(win, &e->motion);
    case SDL_KEYDOWN:
    case SDL_KEYUP: correct_key(win, &e->key); return 1;
    case SDL_WINDOWEVENT:
        if (e->window.event == SDL_WINDOWEVENT_FOCUS_LOST) {
            memset(win->odd_down, 0, sizeof(win->odd_down)); /* SDL forgets all keys, too */
            memset(win->x_down, 0, sizeof(win->x_down));
        }
        return 1;
    default: return 1;
    }
}

void orl_win_filter_events(struct orl_win *win)
{
    const char *driver = SDL_GetCurrentVideoDriver();
    if (driver && strcmp(driver, "x11") == 0) {
        SDL_SetEventFilter(filter, win);
        SDL_EventState(SDL_SYSWMEVENT, SDL_ENABLE);
        win->filtered = true;
    }
}
