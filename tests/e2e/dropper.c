/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A file manager's half of a drop, as a program: dropper WINDOW X Y PATH...
 *
 * Speaks version 5 of XDND (freedesktop.org, "Drag-and-Drop Protocol for the X Window System"):
 * enters the window, moves to X Y of the screen, drops, and hands out the paths as text/uri-list.
 * A PATH that begins with "file:" goes as it is. Ends with 0 when the window has taken the drop,
 * 1 when it did not want it or never said so, 2 for wrong use.
 */
#include <poll.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <xcb/xcb.h>

#define PATIENCE_S 20
#define VERSION    5u

enum atom {
    AWARE,
    SELECTION,
    ENTER,
    POSITION,
    STATUS,
    DROP,
    FINISHED,
    COPY,
    URI_LIST,
    TARGETS,
    ATOMS
};

static const char *const atom_names[ATOMS] = {
    "XdndAware", "XdndSelection", "XdndEnter",      "XdndPosition",  "XdndStatus",
    "XdndDrop",  "XdndFinished",  "XdndActionCopy", "text/uri-list", "TARGETS"};

struct dropper {
    xcb_connection_t *c;
    xcb_atom_t atom[ATOMS];
    xcb_window_t self, target;
    char *list; /* the content: URIs, each with CR LF */
    bool dropped;
    time_t until;
};

static int fail(const char *sentence)
{
    fprintf(stderr, "dropper: %s\n", sentence);
    return 1;
}

static void find_atoms(struct dropper *d)
{
    xcb_intern_atom_cookie_t asked[ATOMS];
    for (int i = 0; i < ATOMS; i++) {
        asked[i] = xcb_intern_atom(d->c, 0, (uint16_t)strlen(atom_names[i]), atom_names[i]);
    }
    for (int i = 0; i < ATOMS; i++) {
        xcb_intern_atom_reply_t *reply = xcb_intern_atom_reply(d->c, asked[i], NULL);
        d->atom[i] = reply ? reply->atom : XCB_ATOM_NONE;
        free(reply);
    }
}

/* RFC 3986: what is not unreserved is written as %XX; "/" stays. */
static void add_path(char *list, const char *path)
{
    static const char plain[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
                                "0123456789-._~/";
    list += strlen(list);
    if (strncmp(path, "file:", 5) == 0) {
        sprintf(list, "%s\r\n", path);
        return;
    }
    list += sprintf(list, "file://");
    for (; *path; path++) {
        list += sprintf(list, strchr(plain, *path) ? "%c" : "%%%02X", (unsigned char)*path);
    }
    memcpy(list, "\r\n", sizeof("\r\n"));
}

static char *make_list(int count, char **paths)
{
    size_t cap = 1;
    for (int i = 0; i < count; i++) {
        cap += 3 * strlen(paths[i]) + sizeof("file://\r\n");
    }
    char *list = calloc(1, cap);
    for (int i = 0; list && i < count; i++) {
        add_path(list, paths[i]);
    }
    return list;
}

static void tell(struct dropper *d, enum atom what, uint32_t b, uint32_t c, uint32_t e,
                 uint32_t f)
{
    xcb_client_message_event_t m = {.response_type = XCB_CLIENT_MESSAGE,
                                    .format = 32,
                                    .window = d->target,
                                    .type = d->atom[what],
                                    .data.data32 = {d->self, b, c, e, f}};
    xcb_send_event(d->c, 0, d->target, 0, (const char *)&m);
    xcb_flush(d->c);
}

static void serve(struct dropper *d, const xcb_selection_request_event_t *r)
{
    xcb_selection_notify_event_t answer = {.response_type = XCB_SELECTION_NOTIFY,
                                           .time = r->time,
                                           .requestor = r->requestor,
                                           .selection = r->selection,
                                           .target = r->target,
                                           .property = r->property};
    if (r->target == d->atom[URI_LIST]) {
        xcb_change_property(d->c, XCB_PROP_MODE_REPLACE, r->requestor, r->property, r->target,
                            8, (uint32_t)strlen(d->list), d->list);
    } else if (r->target == d->atom[TARGETS]) {
        xcb_change_property(d->c, XCB_PROP_MODE_REPLACE, r->requestor, r->property,
                            XCB_ATOM_ATOM, 32, 1, &d->atom[URI_LIST]);
    } else {
        answer.property = XCB_ATOM_NONE;
    }
    xcb_send_event(d->c, 0, r->requestor, 0, (const char *)&answer);
    xcb_flush(d->c);
}

/* Drops when the window says that it would take it. Returns the exit code, or -1 to go on. */
static int message(struct dropper *d, const xcb_client_message_event_t *m)
{
    if (m->type == d->atom[STATUS] && !d->dropped) {
        if (!(m->data.data32[1] & 1)) {
            return fail("the window does not want files");
        }
        d->dropped = true;
        tell(d, DROP, 0, XCB_CURRENT_TIME, 0, 0);
    } else if (m->type == d->atom[FINISHED] && d->dropped) {
        return 0; /* SDL does not set the flag that says it was accepted */
    }
    return -1;
}

static int converse(struct dropper *d)
{
    struct pollfd wait = {.fd = xcb_get_file_descriptor(d->c), .events = POLLIN};
    while (time(NULL) < d->until && !xcb_connection_has_error(d->c)) {
        xcb_generic_event_t *event = xcb_poll_for_event(d->c);
        if (!event) {
            (void)poll(&wait, 1, 100);
            continue;
        }
        int code = -1;
        switch (event->response_type & 0x7f) {
        case XCB_SELECTION_REQUEST: serve(d, (xcb_selection_request_event_t *)event); break;
        case XCB_CLIENT_MESSAGE: code = message(d, (xcb_client_message_event_t *)event); break;
        default: break;
        }
        free(event);
        if (code >= 0) {
            return code;
        }
    }
    return fail(d->dropped ? "the window never finished" : "the window never answered");
}

static bool is_aware(struct dropper *d)
{
    xcb_get_property_reply_t *reply = xcb_get_property_reply(
        d->c, xcb_get_property(d->c, 0, d->target, d->atom[AWARE], XCB_ATOM_ATOM, 0, 1), NULL);
    bool aware = reply && xcb_get_property_value_length(reply) == 4;
    free(reply);
    return aware;
}

static int drop(struct dropper *d, uint32_t x, uint32_t y)
{
    const xcb_setup_t *setup = xcb_get_setup(d->c);
    xcb_screen_t *screen = xcb_setup_roots_iterator(setup).data;
    d->self = xcb_generate_id(d->c);
    xcb_create_window(d->c, XCB_COPY_FROM_PARENT, d->self, screen->root, -10, -10, 1, 1, 0,
                      XCB_WINDOW_CLASS_INPUT_OUTPUT, screen->root_visual, 0, NULL);
    find_atoms(d);
    if (!is_aware(d)) {
        return fail("the window knows nothing of drag and drop");
    }
    xcb_set_selection_owner(d->c, d->self, d->atom[SELECTION], XCB_CURRENT_TIME);
    tell(d, ENTER, VERSION << 24, d->atom[URI_LIST], 0, 0);
    tell(d, POSITION, 0, x << 16 | y, XCB_CURRENT_TIME, d->atom[COPY]);
    return converse(d);
}

int main(int argc, char **argv)
{
    if (argc < 5) {
        fprintf(stderr, "usage: dropper WINDOW X Y PATH...\n");
        return 2;
    }
    struct dropper d = {.target = (xcb_window_t)strtoul(argv[1], NULL, 0),
                        .until = time(NULL) + PATIENCE_S,
                        .list = make_list(argc - 4, argv + 4)};
    d.c = xcb_connect(NULL, NULL);
    int code = !d.list || xcb_connection_has_error(d.c)
                   ? fail("there is no X server")
                   : drop(&d, (uint32_t)strtoul(argv[2], NULL, 0),
                          (uint32_t)strtoul(argv[3], NULL, 0));
    xcb_disconnect(d.c);
    free(d.list);
    return code;
}
