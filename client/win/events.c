/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "base/clock.h"
#include "base/wake.h"
#include "win/win_impl.h"

void orl_win_ignore_events(void)
{
    static const uint32_t unread[] = {
        SDL_MOUSEMOTION,   SDL_MOUSEBUTTONDOWN, SDL_MOUSEBUTTONUP, SDL_MOUSEWHEEL,
        SDL_FINGERDOWN,    SDL_FINGERUP,        SDL_FINGERMOTION,  SDL_TEXTINPUT,
        SDL_TEXTEDITING,   SDL_DROPFILE,        SDL_DROPTEXT,      SDL_CLIPBOARDUPDATE,
        SDL_KEYMAPCHANGED, SDL_SYSWMEVENT};
    for (size_t i = 0; i < sizeof(unread) / sizeof(unread[0]); i++) {
        SDL_EventState(unread[i], SDL_IGNORE);
    }
    /* Text input would start an input method, which SDL polls. */
    SDL_StopTextInput();
}

static enum orl_event_kind window_event(uint8_t what)
{
    switch (what) {
    case SDL_WINDOWEVENT_SIZE_CHANGED:
    case SDL_WINDOWEVENT_DISPLAY_CHANGED: return ORL_EVENT_RESIZED;
    case SDL_WINDOWEVENT_EXPOSED: return ORL_EVENT_EXPOSED;
    case SDL_WINDOWEVENT_MINIMIZED:
    case SDL_WINDOWEVENT_HIDDEN: return ORL_EVENT_HIDDEN;
    case SDL_WINDOWEVENT_SHOWN:
    case SDL_WINDOWEVENT_MAXIMIZED:
    case SDL_WINDOWEVENT_RESTORED: return ORL_EVENT_SHOWN;
    case SDL_WINDOWEVENT_FOCUS_GAINED: return ORL_EVENT_FOCUS;
    case SDL_WINDOWEVENT_FOCUS_LOST: return ORL_EVENT_BLUR;
    case SDL_WINDOWEVENT_CLOSE: return ORL_EVENT_QUIT;
    default: return ORL_EVENT_NONE;
    }
}

static struct orl_event translate(const struct orl_win *win, const SDL_Event *e)
{
    struct orl_event out = {ORL_EVENT_NONE, false, false, 0};
    if (e->type == win->wake_type) {
        out.kind = ORL_EVENT_WAKE;
        return out;
    }
    switch (e->type) {
    case SDL_QUIT: out.kind = ORL_EVENT_QUIT; break;
    case SDL_WINDOWEVENT: out.kind = window_event(e->window.event); break;
    case SDL_KEYDOWN:
    case SDL_KEYUP:
        out.kind = ORL_EVENT_KEY;
        out.down = e->type == SDL_KEYDOWN;
        out.repeat = e->key.repeat != 0;
        out.scancode = (uint16_t)e->key.keysym.scancode;
        break;
    default: break;
    }
    return out;
}

struct orl_event orl_win_wait(struct orl_win *win, uint64_t deadline_ns)
{
    SDL_Event e;
    int got = 0;
    if (deadline_ns == ORL_WAKE_NEVER) {
        got = SDL_WaitEvent(&e);
    } else {
        uint64_t now = orl_now_ns();
        uint64_t wait_ms =
            deadline_ns > now ? (deadline_ns - now + ORL_NS_PER_MS - 1) / ORL_NS_PER_MS : 0;
        if (wait_ms > 3600000) {
            wait_ms = 3600000;
        }
        got = wait_ms ? SDL_WaitEventTimeout(&e, (int)wait_ms) : SDL_PollEvent(&e);
    }
    if (!got) {
        return (struct orl_event){ORL_EVENT_NONE, false, false, 0};
    }
    return translate(win, &e);
}

/*
 * One event is enough for any number of calls. The question whether one is there is asked under the
 * lock of SDL's queue, under which main also takes it out: so whoever finds one there has published
 * before main looks at the mailboxes.
 */
void orl_win_wake(struct orl_win *win)
{
    if (SDL_HasEvent(win->wake_type)) {
        return;
    }
    SDL_Event e;
    SDL_zero(e);
    e.type = win->wake_type;
    SDL_PushEvent(&e);
}
