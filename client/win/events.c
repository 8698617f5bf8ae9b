/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <stdio.h>
#include <string.h>

#include "base/clock.h"
#include "base/wake.h"
#include "win/data_wayland.h"
#include "win/win_impl.h"

#define KEYS_MAX 32 /* that somebody may hold at a time */

void orl_win_ignore_events(void)
{
    static const uint32_t unread[] = {SDL_FINGERDOWN,      SDL_FINGERUP,      SDL_FINGERMOTION,
                                      SDL_TEXTEDITING,     SDL_DROPTEXT,      SDL_DROPBEGIN,
                                      SDL_CLIPBOARDUPDATE, SDL_KEYMAPCHANGED, SDL_SYSWMEVENT};
    for (size_t i = 0; i < sizeof(unread) / sizeof(unread[0]); i++) {
        SDL_EventState(unread[i], SDL_IGNORE);
    }
    SDL_EventState(SDL_DROPFILE, SDL_ENABLE);
    SDL_EventState(SDL_DROPCOMPLETE, SDL_IGNORE);
    /* Text input would start an input method, which SDL polls; only dialogs switch it on. */
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
    case SDL_WINDOWEVENT_ENTER: return ORL_EVENT_ENTER;
    case SDL_WINDOWEVENT_LEAVE: return ORL_EVENT_LEAVE;
    case SDL_WINDOWEVENT_CLOSE: return ORL_EVENT_QUIT;
    default: return ORL_EVENT_NONE;
    }
}

/* SDL gives positions in the desktop's units, as whole numbers. */
static float pixels_per_unit(const struct orl_win *win)
{
    int w = 0;
    int w_px = 0;
    int h = 0;
    SDL_GetWindowSize(win->window, &w, &h);
    SDL_GetWindowSizeInPixels(win->window, &w_px, &h);
    return w > 0 && w_px > 0 ? (float)w_px / (float)w : 1.0f;
}

static void place(const struct orl_win *win, struct orl_event *out, int x, int y)
{
    float scale = pixels_per_unit(win);
    out->x = (float)x * scale;
    out->y = (float)y * scale;
}

static void translate_key(struct orl_win *win, struct orl_event *out,
                          const SDL_KeyboardEvent *key)
{
    out->kind = ORL_EVENT_KEY;
    out->down = key->type == SDL_KEYDOWN;
    out->repeat = key->repeat != 0;
    out->scancode = (uint16_t)key->keysym.scancode;
    out->locks = orl_win_locks(win);
}

static void translate_motion(const struct orl_win *win, struct orl_event *out,
                             const SDL_MouseMotionEvent *motion)
{
    if (motion->which == ORL_WIN_RAW_MOUSE && !win->grab.relative) {
        return; /* counted before the capture ended */
    }
    out->kind = ORL_EVENT_MOTION;
    out->relative = win->grab.relative;
    if (out->relative) {
        out->dx = (float)motion->xrel;
        out->dy = (float)motion->yrel;
    } else {
        place(win, out, motion->x, motion->y);
    }
}

static void translate_button(const struct orl_win *win, struct orl_event *out,
                             const SDL_MouseButtonEvent *button)
{
    if (button->button < 1 || button->button > 5) {
        return;
    }
    out->kind = ORL_EVENT_BUTTON;
    out->button = button->button; /* SDL counts like we do: left, middle, right, two more */
    out->down = button->type == SDL_MOUSEBUTTONDOWN;
    place(win, out, button->x, button->y);
}

static void translate_wheel(struct orl_event *out, const SDL_MouseWheelEvent *wheel)
{
    float sign = wheel->direction == SDL_MOUSEWHEEL_FLIPPED ? -1.0f : 1.0f;
    out->kind = ORL_EVENT_WHEEL;
    out->dx = wheel->preciseX * sign;
    out->dy = wheel->preciseY * sign;
}

static void translate_window(struct orl_win *win, struct orl_event *out, uint8_t what)
{
    out->kind = window_event(what);
    if (out->kind == ORL_EVENT_FOCUS) {
        out->locks = orl_win_locks(win);
    } else if (out->kind == ORL_EVENT_ENTER) {
        int x = 0;
        int y = 0;
        SDL_GetMouseState(&x, &y);
        place(win, out, x, y);
    }
}

static void keep_drop(struct orl_win *win, struct orl_event *out, char *path)
{
    if (!path || win->drop_count >= ORL_WIN_DROPS) {
        SDL_free(path);
        return;
    }
    win->drops[win->drop_count++] = path;
    out->kind = ORL_EVENT_DROP;
}

static struct orl_event translate(struct orl_win *win, const SDL_Event *e)
{
    struct orl_event out = {.kind = ORL_EVENT_NONE};
    if (e->type == win->wake_type) {
        bool dropped = win->data && orl_wl_drop_collect(&win->data->drop);
        out.kind = dropped ? ORL_EVENT_DROP : ORL_EVENT_WAKE;
        return out;
    }
    switch (e->type) {
    case SDL_QUIT: out.kind = ORL_EVENT_QUIT; break;
    case SDL_WINDOWEVENT: translate_window(win, &out, e->window.event); break;
    case SDL_KEYDOWN:
    case SDL_KEYUP: translate_key(win, &out, &e->key); break;
    case SDL_MOUSEMOTION: translate_motion(win, &out, &e->motion); break;
    case SDL_MOUSEBUTTONDOWN:
    case SDL_MOUSEBUTTONUP: translate_button(win, &out, &e->button); break;
    case SDL_MOUSEWHEEL: translate_wheel(&out, &e->wheel); break;
    case SDL_TEXTINPUT:
        out.kind = ORL_EVENT_TEXT;
        snprintf(out.text, sizeof(out.text), "%s", e->text.text);
        break;
    case SDL_DROPFILE: keep_drop(win, &out, e->drop.file); break;
    default: break;
    }
    return out;
}

/*
 * A mouse reports up to 8000 times a second: what follows in the queue without anything between is
 * one motion.
 */
static void merge_motion(SDL_Event *e)
{
    SDL_Event next;
    while (SDL_PeepEvents(&next, 1, SDL_PEEKEVENT, SDL_FIRSTEVENT, SDL_LASTEVENT) == 1 &&
           next.type == SDL_MOUSEMOTION && next.motion.windowID == e->motion.windowID &&
           next.motion.which == e->motion.which &&
           SDL_PeepEvents(&next, 1, SDL_GETEVENT, SDL_FIRSTEVENT, SDL_LASTEVENT) == 1) {
        next.motion.xrel += e->motion.xrel;
        next.motion.yrel += e->motion.yrel;
        *e = next;
    }
}

/*
 * When the focus goes, SDL lets go of all keys just before it says so, as if the user had. They are
 * held still: whether the guest is to let go of them is not decided here, and an escape key that
 * goes up in this way was not tapped. `e` becomes the loss of focus.
 */
static void skip_made_up_releases(SDL_Event *e)
{
    SDL_Event next[KEYS_MAX];
    int n = SDL_PeepEvents(next, KEYS_MAX, SDL_PEEKEVENT, SDL_FIRSTEVENT, SDL_LASTEVENT);
    int at = 0;
    while (at < n && next[at].type == SDL_KEYUP) {
        at++;
    }
    if (at < n && next[at].type == SDL_WINDOWEVENT &&
        next[at].window.event == SDL_WINDOWEVENT_FOCUS_LOST &&
        SDL_PeepEvents(next, at + 1, SDL_GETEVENT, SDL_FIRSTEVENT, SDL_LASTEVENT) == at + 1) {
        *e = next[at];
    }
}

struct orl_event orl_win_wait(struct orl_win *win, uint64_t deadline_ns)
{
    SDL_Event e;
    int got = 0;
    orl_win_settle_raw(win);
    if (win->raw_due_ns && win->raw_due_ns < deadline_ns) {
        deadline_ns = win->raw_due_ns;
    }
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
        return (struct orl_event){.kind = ORL_EVENT_NONE};
    }
    if (e.type == SDL_MOUSEMOTION) {
        merge_motion(&e);
    } else if (e.type == SDL_KEYUP) {
        skip_made_up_releases(&e);
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

const uint8_t *orl_win_keys(struct orl_win *win, size_t *n)
{
    int count = 0;
    const uint8_t *keys = SDL_GetKeyboardState(&count);
    if (SDL_HasEvents(SDL_KEYDOWN, SDL_KEYUP)) {
        return NULL; /* SDL's account is that of the last event in its queue */
    }
    *n = count > 0 ? (size_t)count : 0;
    return orl_win_with_odd_keys(win, keys, *n);
}

void orl_win_text_input(struct orl_win *win, bool on)
{
    (void)win;
    if (on) {
        SDL_StartTextInput();
    } else {
        SDL_StopTextInput();
    }
}

enum orl_win_dropped orl_win_take_drop(struct orl_win *win, char *dst, size_t cap)
{
    if (win->drop_count == 0) {
        return win->data ? orl_wl_drop_take(&win->data->drop, dst, cap) : ORL_WIN_DROP_NONE;
    }
    char *path = win->drops[0];
    win->drop_count--;
    memmove(win->drops, win->drops + 1, win->drop_count * sizeof(win->drops[0]));
    int len = snprintf(dst, cap, "%s", path);
    SDL_free(path);
    if (len < 0 || (size_t)len >= cap) {
        snprintf(dst, cap, "dropped file: its path is too long");
        return ORL_WIN_DROP_BAD;
    }
    return ORL_WIN_DROP_PATH;
}

void orl_win_finish_drops(struct orl_win *win)
{
    while (win->drop_count > 0) {
        SDL_free(win->drops[--win->drop_count]);
    }
}
