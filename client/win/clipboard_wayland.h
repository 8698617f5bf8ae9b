/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The selection on Wayland: the window's wl_data_device (data_wayland.h), with a seat and a keyboard of
 * its own (a selection is set with the serial of an input event, and a window hears of other programs' only
 * while it has the keyboard).
 *
 * Main reads the connection, in SDL's event wait, and the listeners run there (_relay.c, _seat.c):
 * they hand over what matters by a queue. The thread (clipboard_wayland.c, _io.c for the content)
 * sends requests, but never reads: it would wake for every motion of the pointer, and a program with
 * two readers delivers an event only when both are awake, so each key would wait for this thread.
 * Private to win/.
 */
#ifndef ORL_WIN_CLIPBOARD_WAYLAND_H
#define ORL_WIN_CLIPBOARD_WAYLAND_H

#include <wayland-client.h>

#include "win/clipboard_impl.h"
#include "win/clipboard_pipe.h"
#include "win/data_wayland.h"

/* What another program offers, by selection or by drag. */
struct orl_wl_offer {
    struct wl_data_offer *proxy; /* NULL: none */
    uint32_t names;              /* set of 1 << index into orl_win_clip_names */
    bool ours;                   /* it carries our mark */
};

enum orl_wl_word {
    ORL_WL_SELECTION, /* proxy with the names value, or NULL: nobody owns it */
    ORL_WL_SEND,      /* a program wants of the source proxy the type value, through fd */
    ORL_WL_CANCELLED, /* the source proxy */
    ORL_WL_FOCUS      /* value: 1 we have the keyboard, 0 not */
};
struct orl_wl_news { /* main -> thread */
    enum orl_wl_word word;
    void *proxy; /* compared, and used if it is one that the thread has not destroyed */
    uint32_t value;
    int fd; /* owned; only with ORL_WL_SEND */
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
    struct orl_win_clip *clip;    /* fixed while the thread runs, like the next six */
    struct wl_display *display;   /* SDL's */
    struct wl_event_queue *queue; /* for what the thread waits for itself */
    struct wl_display *wrapper;   /* makes objects in it */
    struct orl_wl_data *data;     /* the window's, with its manager and device */
    char mark[64];                /* a type that tells our own offer from others' */

    struct wl_seat *seat;         /* main's, with the next two */
    struct wl_keyboard *keyboard; /* may be NULL: none is plugged in */
    struct wl_pointer *pointer;   /* the same */

    struct orl_spsc news;
    struct orl_counter serial; /* of the newest key, button or focus event, plus SERIAL_KNOWN */
    struct orl_flag serial_wanted; /* wake the thread with the next one */

    /* the thread's: */
    bool broken; /* the connection ended */
    uint64_t serial_used;
    bool focused;

    uint32_t own;                  /* types we shall own */
    struct wl_data_source *source; /* NULL: not set yet, or not ours */
    struct wl_callback *settling;  /* our set_selection is on its way */
    bool retried;                  /* set again since the last focus */
    bool refused;                  /* it was too old: set again with the next serial */

    struct orl_wl_offer selection;
    bool news_of_selection; /* it changed and has not been judged */

    uint64_t now_ns;
    struct orl_wl_job queue_of_jobs[ORL_WIN_CLIP_PEERS];
    uint32_t job_count;
    struct orl_wl_job job; /* of the running fetch */
    uint32_t job_asked;
    struct orl_win_pipe fetch;
    struct orl_wl_serve serve[ORL_WIN_CLIP_PEERS];
};

#define ORL_WL_SERIAL_KNOWN (UINT64_C(1) << 32)

/* clipboard_wayland_relay.c, main. Open finds what the compositor has: ORL_OK, ORL_ENOMEM,
 * ORL_EUNSUPPORTED. Close is for the time after the thread. */
ORL_MUST int orl_wl_relay_open(struct orl_wl_clip *w);
void orl_wl_relay_close(struct orl_wl_clip *w);
/* What the clipboard holds now: an offer, which is taken, with its names (data_wayland.h), or NULL. */
void orl_wl_relay_selection(struct orl_wl_clip *w, struct wl_data_offer *proxy, uint32_t names);
/* To the thread; what does not fit is lost. */
void orl_wl_tell(struct orl_wl_clip *w, const struct orl_wl_news *news);
void orl_wl_serial(struct orl_wl_clip *w, uint32_t serial);
/* Thread: the listeners of objects that it makes; they run on main. */
extern const struct wl_data_source_listener orl_wl_source_listener;

/* clipboard_wayland_seat.c, main: listens to w->seat; NULL is fine for close. */
void orl_wl_seat_open(struct orl_wl_clip *w);
void orl_wl_seat_close(struct orl_wl_clip *w);

uint32_t orl_wl_offer_types(const struct orl_wl_offer *offer);

/* clipboard_wayland_io.c */
void orl_wl_io_init(struct orl_wl_clip *w);
void orl_wl_io_fetch(struct orl_wl_clip *w, uint32_t type, uint64_t id);
/* A program wants content of ours of this type through `fd`, which is taken. */
void orl_wl_io_send(struct orl_wl_clip *w, uint32_t wanted, int fd);
void orl_wl_io_answer(struct orl_wl_clip *w, uint64_t id, uint8_t *data, size_t len);
/* Descriptors to wait for: at most 1 + ORL_WIN_CLIP_PEERS into fds; their number. */
size_t orl_wl_io_poll(const struct orl_wl_clip *w, struct pollfd *fds);
void orl_wl_io_step(struct orl_wl_clip *w);
uint64_t orl_wl_io_due(const struct orl_wl_clip *w);
void orl_wl_io_finish(struct orl_wl_clip *w);

#endif
