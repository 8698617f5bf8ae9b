/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <stdlib.h>
#include <string.h>

#include "base/wake.h"
#include "win/clipboard_x11.h"

static void notify(struct orl_x11_clip *x, const struct orl_x11_serve *s, bool ok)
{
    union { /* an event on the wire has 32 bytes, this one fewer */
        xcb_selection_notify_event_t event;
        char bytes[32];
    } u;
    memset(&u, 0, sizeof(u));
    u.event.response_type = XCB_SELECTION_NOTIFY;
    u.event.time = s->time;
    u.event.requestor = s->requestor;
    u.event.selection = s->selection;
    u.event.target = s->target;
    u.event.property = ok ? s->property : XCB_NONE;
    xcb_send_event(x->c, 0, s->requestor, 0, u.bytes);
}

static void watch(struct orl_x11_clip *x, xcb_window_t window, bool on)
{
    for (int i = 0; !on && i < ORL_WIN_CLIP_PEERS; i++) {
        on = x->serve[i].used && x->serve[i].incr && x->serve[i].requestor == window;
    }
    const uint32_t events =
        on ? XCB_EVENT_MASK_PROPERTY_CHANGE | XCB_EVENT_MASK_STRUCTURE_NOTIFY : 0;
    xcb_change_window_attributes(x->c, window, XCB_CW_EVENT_MASK, &events);
}

static void end(struct orl_x11_clip *x, struct orl_x11_serve *s)
{
    bool watched = s->incr;
    xcb_window_t window = s->requestor;
    free(s->data);
    *s = (struct orl_x11_serve){.used = false};
    if (watched) {
        watch(x, window, false);
    }
}

static void refuse(struct orl_x11_clip *x, struct orl_x11_serve *s)
{
    notify(x, s, false);
    end(x, s);
}

static void put(struct orl_x11_clip *x, const struct orl_x11_serve *s, xcb_atom_t type,
                uint8_t format, size_t count, const void *data)
{
    xcb_change_property(x->c, XCB_PROP_MODE_REPLACE, s->requestor, s->property, type, format,
                        (uint32_t)count, data);
}

static void send_targets(struct orl_x11_clip *x, const struct orl_x11_serve *s)
{
    xcb_atom_t atoms[2 + ORL_WIN_CLIP_NAMES] = {x->targets, x->timestamp};
    size_t n = 2;
    for (int i = 0; i < ORL_WIN_CLIP_NAMES; i++) {
        if (orl_win_clip_widen(x->own) & orl_win_clip_names[i].type) {
            atoms[n++] = x->names[i];
        }
    }
    put(x, s, XCB_ATOM_ATOM, 32, n, atoms);
    notify(x, s, true);
}

static uint32_t type_of(const struct orl_x11_clip *x, xcb_atom_t target)
{
    for (int i = 0; i < ORL_WIN_CLIP_NAMES; i++) {
        if (x->names[i] == target) {
            return orl_win_clip_names[i].type;
        }
    }
    return 0;
}

static struct orl_x11_serve *free_place(struct orl_x11_clip *x)
{
    for (int i = 0; i < ORL_WIN_CLIP_PEERS; i++) {
        if (!x->serve[i].used) {
            return &x->serve[i];
        }
    }
    return NULL;
}

/* The same property of the same window: it has given up on the older one. */
static void drop_older(struct orl_x11_clip *x, const struct orl_x11_serve *s)
{
    for (int i = 0; i < ORL_WIN_CLIP_PEERS; i++) {
        struct orl_x11_serve *old = &x->serve[i];
        if (old->used && old->requestor == s->requestor && old->property == s->property) {
            end(x, old);
        }
    }
}

void orl_x11_serve_request(struct orl_x11_clip *x, const xcb_selection_request_event_t *e)
{
    struct orl_x11_serve s = {.used = true,
                              .requestor = e->requestor,
                              .selection = e->selection,
                              .target = e->target,
                              /* clients of before 1989 leave the choice to the owner */
                              .property = e->property ? e->property : e->target,
                              .time = e->time};
    s.wanted = type_of(x, e->target);
    s.asked = orl_win_clip_source(x->own, s.wanted);
    bool ours = x->own && e->selection == x->clipboard && e->requestor != x->window;
    if (ours && e->target == x->targets) {
        send_targets(x, &s);
        return;
    }
    if (ours && e->target == x->timestamp) {
        put(x, &s, XCB_ATOM_INTEGER, 32, 1, &x->own_since);
        notify(x, &s, true);
        return;
    }
    drop_older(x, &s);
    struct orl_x11_serve *place = ours && s.asked ? free_place(x) : NULL;
    if (!place) {
        notify(x, &s, false);
        return;
    }
    s.id = ++x->clip->last_id;
    s.due_ns = x->now_ns + ORL_WIN_CLIP_ANSWER;
    s.end_ns = s.due_ns;
    *place = s;
    orl_win_clip_emit(x->clip, ORL_WIN_CLIP_REQUEST, s.asked, s.id, NULL, 0);
}

static void begin_pieces(struct orl_x11_clip *x, struct orl_x11_serve *s)
{
    const uint32_t size = (uint32_t)(s->len < INT32_MAX ? s->len : INT32_MAX);
    s->incr = true;
    s->due_ns = x->now_ns + ORL_WIN_CLIP_QUIET;
    s->end_ns = x->now_ns + ORL_WIN_CLIP_LONGEST;
    watch(x, s->requestor, true); /* before the property, so that its removal is seen */
    put(x, s, x->incr, 32, 1, &size);
    notify(x, s, true);
}

void orl_x11_serve_answer(struct orl_x11_clip *x, uint64_t id, uint8_t *data, size_t len)
{
    for (int i = 0; i < ORL_WIN_CLIP_PEERS; i++) {
        struct orl_x11_serve *s = &x->serve[i];
        if (!s->used || s->id != id || s->data) {
            continue;
        }
        s->data = orl_win_clip_as(x->clip, s->asked, s->wanted, data, &len);
        s->len = len;
        if (!s->data) {
            refuse(x, s);
        } else if (len > x->chunk) {
            begin_pieces(x, s);
        } else {
            put(x, s, s->target, 8, len, s->data);
            notify(x, s, true);
            end(x, s);
        }
        return;
    }
    free(data); /* the program went away, or took too long */
}

/* The requestor removed the property: it wants the next piece; an empty one is the end. */
void orl_x11_serve_property(struct orl_x11_clip *x, const xcb_property_notify_event_t *e)
{
    for (int i = 0; i < ORL_WIN_CLIP_PEERS; i++) {
        struct orl_x11_serve *s = &x->serve[i];
        if (!s->used || !s->incr || e->state != XCB_PROPERTY_DELETE ||
            e->window != s->requestor || e->atom != s->property) {
            continue;
        }
        size_t left = s->len - s->sent;
        size_t n = left < x->chunk ? left : x->chunk;
        put(x, s, s->target, 8, n, s->data + s->sent);
        s->sent += n;
        s->due_ns = x->now_ns + ORL_WIN_CLIP_QUIET;
        if (n == 0) {
            end(x, s);
        }
        return;
    }
}

void orl_x11_serve_gone(struct orl_x11_clip *x, xcb_window_t window)
{
    for (int i = 0; i < ORL_WIN_CLIP_PEERS; i++) {
        if (x->serve[i].used && x->serve[i].requestor == window) {
            x->serve[i].incr = false; /* there is nothing left to watch */
            end(x, &x->serve[i]);
        }
    }
}

void orl_x11_serve_tick(struct orl_x11_clip *x)
{
    for (int i = 0; i < ORL_WIN_CLIP_PEERS; i++) {
        struct orl_x11_serve *s = &x->serve[i];
        if (!s->used || x->now_ns < orl_earlier(s->due_ns, s->end_ns)) {
            continue;
        }
        if (s->incr) {
            end(x, s);
        } else {
            refuse(x, s);
        }
    }
}

uint64_t orl_x11_serve_due(const struct orl_x11_clip *x)
{
    uint64_t due = ORL_WAKE_NEVER;
    for (int i = 0; i < ORL_WIN_CLIP_PEERS; i++) {
        const struct orl_x11_serve *s = &x->serve[i];
        due = s->used ? orl_earlier(due, orl_earlier(s->due_ns, s->end_ns)) : due;
    }
    return due;
}

void orl_x11_serve_finish(struct orl_x11_clip *x)
{
    for (int i = 0; i < ORL_WIN_CLIP_PEERS; i++) {
        free(x->serve[i].data);
    }
}
