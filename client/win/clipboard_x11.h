/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * CLIPBOARD on X11 (ICCCM, section 2): one connection and one window of its own, so that neither
 * Xlib's lock nor SDL's event loop is involved. clipboard_x11.c has the thread, _fetch.c asks other
 * programs, _serve.c answers them. Private to win/; the clipboard's thread.
 */
#ifndef ORL_WIN_CLIPBOARD_X11_H
#define ORL_WIN_CLIPBOARD_X11_H

#include <xcb/xcb.h>

#include "win/clipboard_impl.h"

#define ORL_X11_PROPERTIES                                                                     \
    4 /* taken in turn, so that a late answer does not hit the next one */

/* One question to the present owner. */
struct orl_x11_job {
    uint32_t type; /* 0: which targets it has */
    uint64_t id;
};

struct orl_x11_fetch {
    struct orl_x11_job queue[ORL_WIN_CLIP_PEERS];
    uint32_t count;
    xcb_atom_t best[3]; /* the owner's best target for text, PNG, BMP; 0: none */
    bool active, incr;
    struct orl_x11_job now;
    uint32_t asked; /* the type asked for; differs from now.type when it will be converted */
    xcb_atom_t target, property;
    uint32_t turn;
    uint64_t due_ns, end_ns;
    struct orl_win_bytes bytes;
};

/* One program that wants our content. */
struct orl_x11_serve {
    bool used;
    uint64_t id;
    xcb_window_t requestor;
    xcb_atom_t selection, target, property;
    xcb_timestamp_t time;
    uint32_t wanted, asked; /* types: by the program, by us of main */
    uint8_t *data;          /* NULL: main has not answered yet */
    size_t len, sent;
    bool incr;
    uint64_t due_ns, end_ns;
};

struct orl_x11_clip {
    struct orl_win_clip *clip;
    xcb_connection_t *c;
    xcb_window_t window;
    uint8_t fixes_event; /* number of XFixes' first event */
    xcb_atom_t clipboard, targets, timestamp, incr;
    xcb_atom_t names[ORL_WIN_CLIP_NAMES];
    xcb_atom_t properties[ORL_X11_PROPERTIES];
    size_t chunk;              /* bytes that fit into one request */
    uint32_t own;              /* types we own; 0: we are not the owner */
    uint32_t taking;           /* times we took it that the server has not confirmed */
    xcb_timestamp_t own_since; /* server's time */
    uint64_t now_ns;           /* of this round */
    struct orl_x11_fetch fetch;
    struct orl_x11_serve serve[ORL_WIN_CLIP_PEERS];
};

/* The owner changed: asks it what it has, and reports an offer then. */
void orl_x11_fetch_targets(struct orl_x11_clip *x);
/* We are the owner now: what another has is of no interest. */
void orl_x11_fetch_forget(struct orl_x11_clip *x);
void orl_x11_fetch_type(struct orl_x11_clip *x, uint32_t type, uint64_t id);
void orl_x11_fetch_notify(struct orl_x11_clip *x, const xcb_selection_notify_event_t *e);
void orl_x11_fetch_property(struct orl_x11_clip *x, const xcb_property_notify_event_t *e);
void orl_x11_fetch_tick(struct orl_x11_clip *x);
uint64_t orl_x11_fetch_due(const struct orl_x11_clip *x);
void orl_x11_fetch_finish(struct orl_x11_clip *x);

void orl_x11_serve_request(struct orl_x11_clip *x, const xcb_selection_request_event_t *e);
/* Main's answer: takes `data` (NULL: failed). */
void orl_x11_serve_answer(struct orl_x11_clip *x, uint64_t id, uint8_t *data, size_t len);
void orl_x11_serve_property(struct orl_x11_clip *x, const xcb_property_notify_event_t *e);
void orl_x11_serve_gone(struct orl_x11_clip *x, xcb_window_t window);
void orl_x11_serve_tick(struct orl_x11_clip *x);
uint64_t orl_x11_serve_due(const struct orl_x11_clip *x);
void orl_x11_serve_finish(struct orl_x11_clip *x);

#endif
