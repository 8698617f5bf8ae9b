/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <stdlib.h>
#include <string.h>

#include "base/wake.h"
#include "win/clipboard_x11.h"

#define MAX_TARGETS 1024u      /* atoms that an owner may list */
#define SLICE       (1u << 20) /* bytes of one reply */

static int index_of(uint32_t type)
{
    return type == ORL_WIN_CLIP_TEXT ? 0 : type == ORL_WIN_CLIP_PNG ? 1 : 2;
}

static uint32_t available(const struct orl_x11_fetch *f)
{
    return (f->best[0] ? ORL_WIN_CLIP_TEXT : 0u) | (f->best[1] ? ORL_WIN_CLIP_PNG : 0u) |
           (f->best[2] ? ORL_WIN_CLIP_BMP : 0u);
}

static bool lists(const struct orl_win_bytes *targets, xcb_atom_t atom)
{
    for (size_t i = 0; i + sizeof(atom) <= targets->len; i += sizeof(atom)) {
        if (memcmp(targets->data + i, &atom, sizeof(atom)) == 0) {
            return true;
        }
    }
    return false;
}

/* The first name of each type that the owner lists: they are in order of preference. */
static void choose_targets(struct orl_x11_clip *x, const struct orl_win_bytes *targets)
{
    struct orl_x11_fetch *f = &x->fetch;
    memset(f->best, 0, sizeof(f->best));
    for (int n = 0; n < ORL_WIN_CLIP_NAMES; n++) {
        xcb_atom_t *best = &f->best[index_of(orl_win_clip_names[n].type)];
        if (*best == XCB_NONE && lists(targets, x->names[n])) {
            *best = x->names[n];
        }
    }
    orl_win_clip_emit(x->clip, ORL_WIN_CLIP_OFFER, orl_win_clip_widen(available(f)), 0, NULL,
                      0);
}

static void deliver(struct orl_x11_clip *x, struct orl_win_bytes *bytes, bool ok)
{
    struct orl_x11_fetch *f = &x->fetch;
    if (!ok) {
        orl_win_bytes_free(bytes);
    }
    uint8_t *data = orl_win_clip_as(x->clip, f->asked, f->now.type, bytes->data, &bytes->len);
    orl_win_clip_emit(x->clip, ORL_WIN_CLIP_DATA, f->now.type, f->now.id, data,
                      data ? bytes->len : 0);
}

static void conclude(struct orl_x11_clip *x, bool ok)
{
    struct orl_x11_fetch *f = &x->fetch;
    struct orl_win_bytes bytes = f->bytes;
    f->bytes = (struct orl_win_bytes){NULL, 0, 0};
    f->active = false;
    if (f->now.type == 0) {
        bytes.len = ok ? bytes.len : 0;
        choose_targets(x, &bytes);
        orl_win_bytes_free(&bytes);
    } else {
        deliver(x, &bytes, ok);
    }
}

static void ask(struct orl_x11_clip *x, struct orl_x11_job job)
{
    struct orl_x11_fetch *f = &x->fetch;
    f->now = job;
    f->active = true;
    f->incr = false;
    f->asked = job.type ? orl_win_clip_source(available(f), job.type) : 0;
    f->target = job.type == 0 ? x->targets : f->asked ? f->best[index_of(f->asked)] : XCB_NONE;
    f->property = x->properties[f->turn++ % ORL_X11_PROPERTIES];
    f->due_ns = x->now_ns + ORL_WIN_CLIP_QUIET;
    f->end_ns = x->now_ns + ORL_WIN_CLIP_LONGEST;
    if (f->target == XCB_NONE || x->own || !orl_win_bytes_room(&f->bytes, 0, x->clip->max)) {
        conclude(x, false);
        return;
    }
    xcb_delete_property(x->c, x->window, f->property);
    xcb_convert_selection(x->c, x->window, x->clipboard, f->target, f->property,
                          XCB_CURRENT_TIME);
}

/* One question at a time: owners may be confused by several, and so would be our memory. */
static void start_next(struct orl_x11_clip *x)
{
    struct orl_x11_fetch *f = &x->fetch;
    while (!f->active && f->count > 0) {
        struct orl_x11_job job = f->queue[0];
        f->count--;
        memmove(f->queue, f->queue + 1, f->count * sizeof(f->queue[0]));
        ask(x, job);
    }
}

/* The owner's list goes before what waits, which then asks for what the new owner has. */
void orl_x11_fetch_targets(struct orl_x11_clip *x)
{
    struct orl_x11_fetch *f = &x->fetch;
    const struct orl_x11_job job = {0, 0};
    if (f->active && f->now.type == 0) {
        orl_win_bytes_free(&f->bytes);
        ask(x, job);
        return;
    }
    if (f->count > 0 && f->queue[0].type == 0) {
        return; /* not asked yet */
    }
    if (f->count == ORL_WIN_CLIP_PEERS) {
        f->count--;
        orl_win_clip_emit(x->clip, ORL_WIN_CLIP_DATA, f->queue[f->count].type,
                          f->queue[f->count].id, NULL, 0);
    }
    memmove(f->queue + 1, f->queue, f->count * sizeof(f->queue[0]));
    f->queue[0] = job;
    f->count++;
    start_next(x);
}

void orl_x11_fetch_forget(struct orl_x11_clip *x)
{
    struct orl_x11_fetch *f = &x->fetch;
    if (f->count > 0 && f->queue[0].type == 0) {
        f->count--;
        memmove(f->queue, f->queue + 1, f->count * sizeof(f->queue[0]));
    }
    if (f->active && f->now.type == 0) {
        orl_win_bytes_free(&f->bytes);
        f->active = false;
        start_next(x);
    }
}

void orl_x11_fetch_type(struct orl_x11_clip *x, uint32_t type, uint64_t id)
{
    struct orl_x11_fetch *f = &x->fetch;
    if (f->count == ORL_WIN_CLIP_PEERS) {
        orl_win_clip_emit(x->clip, ORL_WIN_CLIP_DATA, type, id, NULL, 0);
        return;
    }
    f->queue[f->count++] = (struct orl_x11_job){type, id};
    start_next(x);
}

enum outcome { FAILED, WHOLE, PIECES }; /* PIECES: it comes by INCR */

/* Appends what is in the property and removes it. */
static enum outcome take_property(struct orl_x11_clip *x, size_t *got)
{
    struct orl_x11_fetch *f = &x->fetch;
    size_t max = f->now.type == 0 ? MAX_TARGETS * sizeof(xcb_atom_t) : x->clip->max;
    uint32_t at = 0; /* in units of 4 bytes */
    bool more = true;
    *got = 0;
    while (more) {
        xcb_get_property_reply_t *reply =
            xcb_get_property_reply(x->c,
                                   xcb_get_property(x->c, 0, x->window, f->property,
                                                    XCB_GET_PROPERTY_TYPE_ANY, at, SLICE / 4),
                                   NULL);
        size_t n = reply ? (size_t)xcb_get_property_value_length(reply) : 0;
        bool is_incr = reply && reply->type == x->incr;
        more = reply && reply->bytes_after > 0 && n == SLICE;
        bool ok =
            reply && reply->type != XCB_NONE &&
            (is_incr || reply->format == (f->now.type == 0 ? 32 : 8)) &&
            (is_incr || orl_win_bytes_add(&f->bytes, xcb_get_property_value(reply), n, max));
        free(reply);
        if (is_incr || !ok) {
            xcb_delete_property(x->c, x->window, f->property);
            return ok ? PIECES : FAILED;
        }
        at += SLICE / 4;
        *got += n;
    }
    xcb_delete_property(x->c, x->window, f->property);
    return WHOLE;
}

void orl_x11_fetch_notify(struct orl_x11_clip *x, const xcb_selection_notify_event_t *e)
{
    struct orl_x11_fetch *f = &x->fetch;
    bool expected = f->active && !f->incr && e->requestor == x->window &&
                    e->selection == x->clipboard && e->target == f->target;
    if (!expected || (e->property != XCB_NONE && e->property != f->property)) {
        if (e->property != XCB_NONE && e->requestor == x->window) {
            xcb_delete_property(x->c, x->window, e->property); /* too late */
        }
        return;
    }
    size_t got = 0;
    enum outcome outcome = e->property == XCB_NONE ? FAILED : take_property(x, &got);
    if (outcome == PIECES) {
        f->incr = true;
        f->due_ns = x->now_ns + ORL_WIN_CLIP_QUIET;
        return;
    }
    conclude(x, outcome == WHOLE);
    start_next(x);
}

void orl_x11_fetch_property(struct orl_x11_clip *x, const xcb_property_notify_event_t *e)
{
    struct orl_x11_fetch *f = &x->fetch;
    if (!f->active || !f->incr || e->window != x->window || e->atom != f->property ||
        e->state != XCB_PROPERTY_NEW_VALUE) {
        return;
    }
    size_t got = 0;
    enum outcome outcome = take_property(x, &got);
    if (outcome == WHOLE && got > 0) {
        f->due_ns = x->now_ns + ORL_WIN_CLIP_QUIET;
        return;
    }
    conclude(x, outcome == WHOLE); /* an empty piece is the end */
    start_next(x);
}

void orl_x11_fetch_tick(struct orl_x11_clip *x)
{
    if (x->now_ns >= orl_x11_fetch_due(x)) {
        conclude(x, false);
        start_next(x);
    }
}

uint64_t orl_x11_fetch_due(const struct orl_x11_clip *x)
{
    const struct orl_x11_fetch *f = &x->fetch;
    return f->active ? orl_earlier(f->due_ns, f->end_ns) : ORL_WAKE_NEVER;
}

void orl_x11_fetch_finish(struct orl_x11_clip *x)
{
    orl_win_bytes_free(&x->fetch.bytes);
}
