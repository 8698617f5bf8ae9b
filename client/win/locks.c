/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The host's lock keys: the X server's where it can be had, else what SDL makes of the keys. */
#include <SDL2/SDL_syswm.h>

#include "win/locks_x11.h"
#include "win/win_impl.h"

static bool is_on_x11(const struct orl_win *win)
{
    SDL_SysWMinfo info;
    SDL_VERSION(&info.version);
    return SDL_GetWindowWMInfo(win->window, &info) && info.subsystem == SDL_SYSWM_X11;
}

uint8_t orl_win_open_locks(struct orl_win *win)
{
    if (!win->locks && is_on_x11(win)) {
        win->locks = orl_locks_x11_open(NULL); /* the display of the environment, as SDL's */
    }
    return win->locks ? orl_locks_x11_able(win->locks) : 0;
}

uint8_t orl_win_locks(struct orl_win *win)
{
    if (win->locks) {
        return orl_locks_x11_get(win->locks);
    }
    SDL_Keymod mod = SDL_GetModState();
    return (uint8_t)((mod & KMOD_SCROLL ? (unsigned)ORL_LOCK_SCROLL : 0u) |
                     (mod & KMOD_NUM ? (unsigned)ORL_LOCK_NUM : 0u) |
                     (mod & KMOD_CAPS ? (unsigned)ORL_LOCK_CAPS : 0u));
}

void orl_win_set_locks(struct orl_win *win, uint8_t mask, uint8_t values)
{
    if (win->locks) {
        orl_locks_x11_set(win->locks, mask, values);
    }
}
