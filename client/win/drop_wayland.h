/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Files dropped on the window on Wayland. SDL 2.26 reads what was dropped for 14 ms and gives up, and
 * never says that it has finished. So each drop is read here by a thread of its own ("orl-drop"),
 * bounded in size and time: it blocks on a pipe of which another program holds the other end. SDL's
 * own word of drops is switched off with the first drag that we are told of; where a compositor
 * tells only SDL, SDL's way stays. Private to win/; main thread.
 */
#ifndef ORL_WIN_DROP_WAYLAND_H
#define ORL_WIN_DROP_WAYLAND_H

#include <wayland-client.h>

#include "base/serial.h"
#include "base/thread.h"
#include "win/clipboard_pipe.h"
#include "win/drop_list.h"

#define ORL_WL_FETCHES 4 /* drops that are read, or wait to be taken, at a time */

struct orl_wl_fetch {
    bool used, ended; /* ended: the thread is gone, the list or `why` waits for main */
    struct wl_data_offer *offer; /* NULL once ended; owned */
    const char *why;             /* it failed; NULL: it did not */
    struct orl_win_drop_list list;

    struct orl_win *win; /* fixed while the thread runs, like the next */
    int stop_fd;
    struct orl_thread thread;
    struct orl_flag done; /* thread -> main: the rest is main's again */
    struct orl_win_pipe pipe;
    enum orl_win_pipe_state state;
};

struct orl_wl_drop {
    struct orl_win *win;
    struct wl_display *display;
    int stop_fd;                 /* eventfd, raised once: all threads end */
    struct wl_data_offer *offer; /* of the drag over the window; owned, NULL: none */
    bool files;                  /* it has some */
    bool crowded;                /* a drop found no place; not said yet */
    char host[256];              /* this computer's name */
    struct orl_wl_fetch fetch[ORL_WL_FETCHES];
};

/* ORL_OK, ORL_ESYS. Finish joins the threads; also fine for what was only zeroed. */
ORL_MUST int orl_wl_drop_init(struct orl_wl_drop *drop, struct orl_win *win,
                              struct wl_display *display);
void orl_wl_drop_finish(struct orl_wl_drop *drop);

/* A drag comes over the window (the offer is taken, may be NULL), leaves it, ends in it. */
void orl_wl_drop_enter(struct orl_wl_drop *drop, uint32_t serial, struct wl_data_offer *offer,
                       bool files);
void orl_wl_drop_leave(struct orl_wl_drop *drop);
void orl_wl_drop_dropped(struct orl_wl_drop *drop);

/* Ends what has been read, after a wake-up; true: there is something to take. */
bool orl_wl_drop_collect(struct orl_wl_drop *drop);
enum orl_win_dropped orl_wl_drop_take(struct orl_wl_drop *drop, char *dst, size_t cap);

#endif
