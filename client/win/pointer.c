/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Holding keyboard and pointer, and what the host's pointer looks like. */
#include <SDL2/SDL_syswm.h>

#include "win/win_impl.h"

/* A white disc with a black edge; SDL wants one bit for white/black and one for "there". */
static SDL_Cursor *make_dot(int side, int radius)
{
    uint8_t data[16 * 2] = {0};
    uint8_t mask[16 * 2] = {0};
    int stride = side / 8;
    for (int y = 0; y < side; y++) {
        for (int x = 0; x < side; x++) {
            int dx = 2 * x + 1 - side;
            int dy = 2 * y + 1 - side;
            int distance = dx * dx + dy * dy; /* in half pixels, squared */
            unsigned bit = 0x80u >> (x % 8);
            int at = y * stride + x / 8;
            if (distance <= 4 * radius * radius) {
                mask[at] = (uint8_t)(mask[at] | bit);
                if (distance > 4 * (radius - 1) * (radius - 1)) {
                    data[at] = (uint8_t)(data[at] | bit);
                }
            }
        }
    }
    return SDL_CreateCursor(data, mask, side, side, side / 2, side / 2);
}

static void show_dot(struct orl_win *win, bool large)
{
    if (!win->dots[large]) {
        win->dots[large] = large ? make_dot(16, 6) : make_dot(8, 3);
    }
    if (win->dots[large]) {
        SDL_SetCursor(win->dots[large]);
    }
    SDL_ShowCursor(SDL_ENABLE);
}

static void set_look(struct orl_win *win, enum orl_win_look look)
{
    switch (look) {
    case ORL_WIN_LOOK_ARROW:
        SDL_SetCursor(SDL_GetDefaultCursor());
        SDL_ShowCursor(SDL_ENABLE);
        break;
    case ORL_WIN_LOOK_NONE: SDL_ShowCursor(SDL_DISABLE); break;
    case ORL_WIN_LOOK_DOT:
    case ORL_WIN_LOOK_LARGE_DOT: show_dot(win, look == ORL_WIN_LOOK_LARGE_DOT); break;
    }
}

/*
 * Where native relative mode fails, SDL warps the pointer back to the middle, which Wayland does not
 * let it; and while another program holds an X server's pointer, it tries for five seconds, and then
 * never again. While a button is down here, nobody else can hold it.
 */
static enum orl_win_refusal probe(struct orl_win *win)
{
    SDL_SysWMinfo info;
    SDL_VERSION(&info.version);
    if (!SDL_GetWindowWMInfo(win->window, &info)) {
        return ORL_WIN_GRANTED;
    }
    switch (info.subsystem) {
    case SDL_SYSWM_WAYLAND: return orl_pointer_probe_wayland(info.info.wl.display);
    case SDL_SYSWM_X11:
        return SDL_GetMouseState(NULL, NULL)
                   ? ORL_WIN_GRANTED
                   : orl_pointer_probe_x11((uint32_t)info.info.x11.window);
    default: return ORL_WIN_GRANTED;
    }
}

enum orl_win_refusal orl_win_set_grab(struct orl_win *win, const struct orl_win_grab *grab)
{
    struct orl_win_grab *old = &win->grab;
    if (grab->relative && !old->relative) {
        enum orl_win_refusal refusal = probe(win);
        if (refusal) {
            return refusal;
        }
        orl_win_start_raw(win);
        if (SDL_SetRelativeMouseMode(SDL_TRUE) != 0) {
            orl_win_stop_raw(win);
            return ORL_WIN_NO_LOCK;
        }
    } else if (old->relative && !grab->relative) {
        SDL_SetRelativeMouseMode(SDL_FALSE);
        orl_win_stop_raw(win);
    }
    if (grab->keyboard != old->keyboard) {
        SDL_SetWindowKeyboardGrab(win->window, grab->keyboard ? SDL_TRUE : SDL_FALSE);
    }
    if (grab->confine != old->confine) {
        SDL_SetWindowMouseGrab(win->window, grab->confine ? SDL_TRUE : SDL_FALSE);
    }
    if (grab->look != old->look || grab->relative != old->relative) {
        set_look(win, grab->look);
    }
    *old = *grab;
    return ORL_WIN_GRANTED;
}

void orl_win_finish_pointer(struct orl_win *win)
{
    if (win->window) {
        static const struct orl_win_grab none = {.look = ORL_WIN_LOOK_ARROW};
        (void)orl_win_set_grab(win, &none);
    }
    for (int i = 0; i < 2; i++) {
        if (win->dots[i]) {
            SDL_FreeCursor(win->dots[i]);
            win->dots[i] = NULL;
        }
    }
}
