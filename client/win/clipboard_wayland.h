/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The selection on Wayland: wl_data_device on SDL's connection, with a queue, a seat and a keyboard
 * of its own (a selection is set with the serial of an input event, and a window hears of other
 * programs' only while it has the keyboard). clipboard_wayland.c has the thread and the selection,
 * _seat.c the input events, _io.c the content. Private to win/; the clipboard's thread.
 */
#ifndef ORL_WIN_CLIPBOARD_WAYLAND_H
#define ORL_WIN_CLIPBOARD_WAYLAND_H

#include <wayland-client.h>

#include "win/clipboard_impl.h"
#include "win/clipboard_pipe.h"

/* What another program offers, by selection or by drag. */
struct orl_wl_offer {
    struct wl_data_offer *proxy; /* NULL: none */
    uint32_t names;              /* set of 1 << index into orl_win_clip_names */
    bool ours;                   /* it carries our mark */
};

struct orl_wl_job {
    uint32_t type;
    uint64_t id;
};

struct orl_wl_serve {
    bool used, answered;
    uint64_t id;
    uint32_t wanted, asked; /* types: by the program, by us of main */
    uint64_t due_ns;        /* for main's answer */
    struct orl_win_pipe pipe;
};

struct orl_wl_clip {
    struct orl_win_clip *clip;
    struct wl_display *display; /* SDL's */
    struct wl_event_queue *queue;
    struct wl_display *wrapper;
    struct wl_registry *registry;
    struct wl_seat *seat;
    uint32_t seat_name;
    struct wl_keyboard *keyboard; /* may be NULL: none is plugged in */
    struct wl_pointer *pointer;   /* the same */
    struct wl_data_device_manager *manager;
    struct wl_data_device *device;
    bool broken; /* the connection ended */

    uint32_t serial; /* of the newest key, button or focus event */
    bool has_serial, focused;

    uint32_t own;                  /* types we shall own */
    struct wl_data_source *source; /* NULL: not set yet, or not ours */
    struct wl_callback *settling;  /* our set_selection is on its way */
    bool retried;                  /* set again since the last focus */
    bool refused;                  /* it was too old: set again with the next serial */
    char mark[64];                 /* a type that tells our own offer from others' */

    struct orl_wl_offer fresh; /* told of, purpose unknown */
    struct orl_wl_offer selection;
    bool news; /* selection changed and has not been judged */
    struct orl_wl_offer drag;
    bool dropped;

    uint64_t now_ns;
    struct orl_wl_job queue_of_jobs[ORL_WIN_CLIP_PEERS];
    uint32_t job_count;
    struct orl_wl_job job; /* of the running fetch */
    uint32_t job_asked;
    struct orl_win_pipe fetch;
    struct orl_wl_serve serve[ORL_WIN_CLIP_PEERS];
};

/* A new serial: what waited for one is set now. */
void orl_wl_serial(struct orl_wl_clip *w, uint32_t serial);

/* clipboard_wayland_seat.c: listens to w->seat; NULL is fine for close. */
void orl_wl_seat_open(struct orl_wl_clip *w);
void orl_wl_seat_close(struct orl_wl_clip *w);

uint32_t orl_wl_offer_types(const struct orl_wl_offer *offer);

/* clipboard_wayland_io.c */
void orl_wl_io_init(struct orl_wl_clip *w);
void orl_wl_io_fetch(struct orl_wl_clip *w, uint32_t type, uint64_t id);
/* A program wants content of ours under this name through `fd`, which is taken. */
void orl_wl_io_send(struct orl_wl_clip *w, const char *name, int fd);
void orl_wl_io_answer(struct orl_wl_clip *w, uint64_t id, uint8_t *data, size_t len);
/* Descriptors to wait for: at most 1 + ORL_WIN_CLIP_PEERS into fds; their number. */
size_t orl_wl_io_poll(const struct orl_wl_clip *w, struct pollfd *fds);
void orl_wl_io_step(struct orl_wl_clip *w);
uint64_t orl_wl_io_due(const struct orl_wl_clip *w);
void orl_wl_io_finish(struct orl_wl_clip *w);

#endif
