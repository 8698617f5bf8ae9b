/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "win/clipboard_x11.h"

#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <xcb/xfixes.h>

#include "base/wake.h"

#define ORL_LOG_MODULE "clip"
#include "base/log.h"

#define MAX_CHUNK ((size_t)256 * 1024)

static const char *const fixed_names[] = {"CLIPBOARD",  "TARGETS",    "TIMESTAMP",
                                          "INCR",       "ORL_CLIP_0", "ORL_CLIP_1",
                                          "ORL_CLIP_2", "ORL_CLIP_3"};
#define FIXED (sizeof(fixed_names) / sizeof(fixed_names[0]))

/* All questions first, then all answers: one round trip. */
static bool intern_all(struct orl_x11_clip *x)
{
    xcb_intern_atom_cookie_t cookies[FIXED + ORL_WIN_CLIP_NAMES];
    xcb_atom_t atoms[FIXED + ORL_WIN_CLIP_NAMES];
    for (size_t i = 0; i < FIXED + ORL_WIN_CLIP_NAMES; i++) {
        const char *name = i < FIXED ? fixed_names[i] : orl_win_clip_names[i - FIXED].name;
        cookies[i] = xcb_intern_atom(x->c, 0, (uint16_t)strlen(name), name);
    }
    bool ok = true;
    for (size_t i = 0; i < FIXED + ORL_WIN_CLIP_NAMES; i++) {
        xcb_intern_atom_reply_t *reply = xcb_intern_atom_reply(x->c, cookies[i], NULL);
        ok = ok && reply;
        atoms[i] = reply ? reply->atom : XCB_NONE;
        free(reply);
    }
    x->clipboard = atoms[0];
    x->targets = atoms[1];
    x->timestamp = atoms[2];
    x->incr = atoms[3];
    memcpy(x->properties, atoms + 4, sizeof(x->properties));
    memcpy(x->names, atoms + FIXED, sizeof(x->names));
    return ok;
}

/* Without XFixes there is no word when another program takes the clipboard. */
static bool watch_owner(struct orl_x11_clip *x)
{
    const xcb_query_extension_reply_t *fixes = xcb_get_extension_data(x->c, &xcb_xfixes_id);
    if (!fixes || !fixes->present) {
        return false;
    }
    x->fixes_event = fixes->first_event;
    xcb_xfixes_query_version_reply_t *version =
        xcb_xfixes_query_version_reply(x->c, xcb_xfixes_query_version(x->c, 1, 0), NULL);
    if (!version) {
        return false;
    }
    free(version);
    xcb_xfixes_select_selection_input(
        x->c, x->window, x->clipboard,
        XCB_XFIXES_SELECTION_EVENT_MASK_SET_SELECTION_OWNER |
            XCB_XFIXES_SELECTION_EVENT_MASK_SELECTION_WINDOW_DESTROY |
            XCB_XFIXES_SELECTION_EVENT_MASK_SELECTION_CLIENT_CLOSE);
    return true;
}

static bool connect_all(struct orl_x11_clip *x)
{
    int screen_number = 0;
    x->c = xcb_connect(NULL, &screen_number); /* the display of the environment, as SDL's */
    if (xcb_connection_has_error(x->c)) {
        return false;
    }
    xcb_screen_iterator_t screens = xcb_setup_roots_iterator(xcb_get_setup(x->c));
    for (; screens.rem > 1 && screen_number > 0; screen_number--) {
        xcb_screen_next(&screens);
    }
    const uint32_t events = XCB_EVENT_MASK_PROPERTY_CHANGE;
    x->window = xcb_generate_id(x->c);
    xcb_create_window(x->c, 0, x->window, screens.data->root, -1, -1, 1, 1, 0,
                      XCB_WINDOW_CLASS_INPUT_ONLY, XCB_COPY_FROM_PARENT, XCB_CW_EVENT_MASK,
                      &events);
    size_t request = (size_t)xcb_get_maximum_request_length(x->c) * 4 - 64;
    x->chunk = request < MAX_CHUNK ? request : MAX_CHUNK;
    return intern_all(x) && watch_owner(x);
}

static void close_x11(struct orl_win_clip *clip)
{
    struct orl_x11_clip *x = clip->peer;
    orl_x11_fetch_finish(x);
    orl_x11_serve_finish(x);
    xcb_disconnect(x->c);
    free(x);
    clip->peer = NULL;
}

static int open_x11(struct orl_win_clip *clip, const void *wm_info)
{
    (void)wm_info;
    struct orl_x11_clip *x = calloc(1, sizeof(*x));
    if (!x) {
        return ORL_ENOMEM;
    }
    x->clip = clip;
    clip->peer = x;
    if (!connect_all(x)) {
        close_x11(clip);
        return ORL_EUNSUPPORTED;
    }
    return ORL_OK;
}

/* The time of a giving-up is that of the taking: if another took it since, nothing happens. */
static void own(struct orl_x11_clip *x, uint32_t types)
{
    uint32_t before = x->own;
    x->own = types;
    if (types) {
        orl_x11_fetch_forget(x);
        xcb_set_selection_owner(x->c, x->window, x->clipboard, XCB_CURRENT_TIME);
        x->taking++;
    } else if (before) {
        xcb_set_selection_owner(x->c, XCB_NONE, x->clipboard,
                                x->taking ? XCB_CURRENT_TIME : x->own_since);
    }
}

static void obey(struct orl_x11_clip *x, const struct orl_win_clip_command *command)
{
    switch (command->kind) {
    case ORL_WIN_CLIP_DO_OFFER: own(x, command->types); break;
    case ORL_WIN_CLIP_DO_REQUEST: orl_x11_fetch_type(x, command->types, command->id); break;
    case ORL_WIN_CLIP_DO_ANSWER:
        orl_x11_serve_answer(x, command->id, command->data, command->len);
        break;
    }
}

static void owner_changed(struct orl_x11_clip *x, const xcb_xfixes_selection_notify_event_t *e)
{
    if (e->selection != x->clipboard) {
        return;
    }
    if (e->owner == x->window) {
        x->own_since = e->selection_timestamp;
        x->taking -= x->taking > 0;
    } else if (x->own) {
        /* It was the owner until we took it: this is old. A loss begins with a SelectionClear. */
        return;
    } else if (e->owner == XCB_NONE) {
        orl_win_clip_emit(x->clip, ORL_WIN_CLIP_OFFER, 0, 0, NULL, 0);
    } else {
        orl_x11_fetch_targets(x);
    }
}

static void selection_cleared(struct orl_x11_clip *x, const xcb_selection_clear_event_t *e)
{
    /* Before the server confirmed our last taking, this is about an earlier one. */
    if (e->selection == x->clipboard && x->taking == 0) {
        x->own = 0;
    }
}

static void handle(struct orl_x11_clip *x, const xcb_generic_event_t *e)
{
    uint8_t kind = e->response_type & 0x7F;
    const void *any = e;
    if (kind == x->fixes_event + XCB_XFIXES_SELECTION_NOTIFY) {
        owner_changed(x, any);
        return;
    }
    switch (kind) {
    case XCB_SELECTION_NOTIFY: orl_x11_fetch_notify(x, any); break;
    case XCB_SELECTION_REQUEST: orl_x11_serve_request(x, any); break;
    case XCB_SELECTION_CLEAR: selection_cleared(x, any); break;
    case XCB_PROPERTY_NOTIFY:
        orl_x11_fetch_property(x, any);
        orl_x11_serve_property(x, any);
        break;
    case XCB_DESTROY_NOTIFY:
        orl_x11_serve_gone(x, ((const xcb_destroy_notify_event_t *)any)->window);
        break;
    default: break; /* 0 is an error: windows of other programs vanish at any time */
    }
}

static void step(struct orl_x11_clip *x)
{
    struct orl_win_clip_command command;
    x->now_ns = orl_now_ns();
    while (orl_win_clip_pull(x->clip, &command)) {
        obey(x, &command);
    }
    xcb_generic_event_t *e = NULL;
    while ((e = xcb_poll_for_event(x->c))) {
        handle(x, e);
        free(e);
    }
    orl_x11_fetch_tick(x);
    orl_x11_serve_tick(x);
    xcb_flush(x->c);
}

static void find_owner(struct orl_x11_clip *x)
{
    xcb_get_selection_owner_reply_t *reply =
        xcb_get_selection_owner_reply(x->c, xcb_get_selection_owner(x->c, x->clipboard), NULL);
    if (reply && reply->owner != XCB_NONE) {
        x->now_ns = orl_now_ns();
        orl_x11_fetch_targets(x);
    }
    free(reply);
}

static void run(void *arg)
{
    struct orl_win_clip *clip = arg;
    struct orl_x11_clip *x = clip->peer;
    find_owner(x);
    while (!orl_flag_is_raised(&clip->stop) && !xcb_connection_has_error(x->c)) {
        step(x);
        /* Answers that were waited for may have brought events along. */
        xcb_generic_event_t *e = xcb_poll_for_queued_event(x->c);
        if (e) {
            handle(x, e);
            free(e);
            continue;
        }
        struct pollfd fds[2] = {{0}, {xcb_get_file_descriptor(x->c), POLLIN, 0}};
        orl_win_clip_sleep(clip, fds, 2,
                           orl_earlier(orl_x11_fetch_due(x), orl_x11_serve_due(x)));
    }
    if (xcb_connection_has_error(x->c)) {
        orl_warn("The connection to the X server broke: no more clipboard.");
    }
}

const struct orl_win_clip_ops orl_win_clip_x11 = {open_x11, close_x11, run};
