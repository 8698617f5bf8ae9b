/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "win/drop_wayland.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include "base/wake.h"
#include "win/win_impl.h"

#define URI_LIST "text/uri-list"
#define COPY     WL_DATA_DEVICE_MANAGER_DND_ACTION_COPY
#define NOTHING  WL_DATA_DEVICE_MANAGER_DND_ACTION_NONE

/* ---- The thread. ---- */

static int wait_ms(uint64_t due_ns, uint64_t now_ns)
{
    return due_ns > now_ns ? (int)((due_ns - now_ns) / ORL_NS_PER_MS) + 1 : 0;
}

static void read_list(void *arg)
{
    struct orl_wl_fetch *f = arg;
    f->state = ORL_WIN_PIPE_RUNS;
    while (f->state == ORL_WIN_PIPE_RUNS) {
        struct pollfd fds[] = {{f->pipe.fd, POLLIN, 0}, {f->stop_fd, POLLIN, 0}};
        int n = poll(fds, 2, wait_ms(orl_win_pipe_due(&f->pipe), orl_now_ns()));
        if ((n < 0 && errno != EINTR) || fds[1].revents) {
            f->state = ORL_WIN_PIPE_FAILED;
        } else {
            f->state = orl_win_pipe_read(&f->pipe, ORL_WIN_DROP_LIST_MAX, orl_now_ns());
        }
    }
    orl_flag_raise(&f->done);
    orl_win_wake(f->win);
}

/* ---- A drop. ---- */

static void drop_offer(struct wl_data_offer **offer)
{
    if (*offer) {
        wl_data_offer_destroy(*offer);
    }
    *offer = NULL;
}

/* NULL: it is being read. */
static const char *start(struct orl_wl_drop *drop, struct orl_wl_fetch *f)
{
    int ends[2];
    if (pipe2(ends, O_CLOEXEC) != 0) {
        return "there are no file descriptors left";
    }
    wl_data_offer_receive(f->offer, URI_LIST, ends[1]);
    wl_display_flush(drop->display); /* the library has a copy of the descriptor until then */
    close(ends[1]);
    if (orl_win_pipe_open(&f->pipe, ends[0], orl_now_ns()) != ORL_OK) {
        return "the pipe for them cannot be used";
    }
    f->pipe.due_ns = f->pipe.end_ns; /* some fetch or unpack the files only now */
    f->win = drop->win;
    f->stop_fd = drop->stop_fd;
    orl_flag_init(&f->done);
    return orl_thread_start(&f->thread, "orl-drop", read_list, f) == ORL_OK
               ? NULL
               : "there is no memory left";
}

static struct orl_wl_fetch *free_place(struct orl_wl_drop *drop)
{
    for (int i = 0; i < ORL_WL_FETCHES; i++) {
        if (!drop->fetch[i].used) {
            return &drop->fetch[i];
        }
    }
    return NULL;
}

static void clear(struct orl_wl_fetch *f)
{
    orl_win_pipe_close(&f->pipe);
    drop_offer(&f->offer);
    *f = (struct orl_wl_fetch){.pipe.fd = -1};
}

/* Without "finish" the other program is told that the drop failed. */
static void end(struct orl_wl_fetch *f)
{
    f->ended = true;
    if (!f->why && f->offer &&
        wl_data_offer_get_version(f->offer) >= WL_DATA_OFFER_FINISH_SINCE_VERSION) {
        wl_data_offer_finish(f->offer);
    }
    drop_offer(&f->offer);
}

void orl_wl_drop_dropped(struct orl_wl_drop *drop)
{
    bool wanted = drop->offer && drop->files;
    struct orl_wl_fetch *f = wanted ? free_place(drop) : NULL;
    if (!f) {
        drop_offer(&drop->offer);
        drop->crowded |= wanted;
        orl_win_wake(drop->win);
        return;
    }
    *f = (struct orl_wl_fetch){.used = true, .offer = drop->offer, .pipe.fd = -1};
    drop->offer = NULL;
    f->why = start(drop, f);
    if (f->why) {
        end(f);
        orl_win_wake(drop->win);
    }
}

/* ---- A drag. ---- */

void orl_wl_drop_enter(struct orl_wl_drop *drop, uint32_t serial, struct wl_data_offer *offer,
                       bool files)
{
    SDL_EventState(SDL_DROPFILE, SDL_IGNORE); /* the same drop must not come twice */
    drop_offer(&drop->offer);
    drop->offer = offer;
    drop->files = files;
    if (!offer) {
        return;
    }
    wl_data_offer_accept(offer, serial, files ? URI_LIST : NULL);
    if (wl_data_offer_get_version(offer) >= WL_DATA_OFFER_SET_ACTIONS_SINCE_VERSION) {
        wl_data_offer_set_actions(offer, files ? COPY : NOTHING, files ? COPY : NOTHING);
    }
}

void orl_wl_drop_leave(struct orl_wl_drop *drop)
{
    drop_offer(&drop->offer);
}

/* ---- What main takes. ---- */

static void take_end(struct orl_wl_fetch *f)
{
    orl_thread_join(&f->thread);
    f->list = (struct orl_win_drop_list){(char *)f->pipe.bytes.data, f->pipe.bytes.len, 0};
    if (f->state != ORL_WIN_PIPE_DONE) {
        f->why = f->pipe.bytes.len > ORL_WIN_DROP_LIST_MAX
                     ? "there are too many files"
                     : "the other program did not name them";
    } else if (f->list.len == 0) {
        f->why = "the other program did not name them";
    }
    end(f);
}

bool orl_wl_drop_collect(struct orl_wl_drop *drop)
{
    bool any = drop->crowded;
    for (int i = 0; i < ORL_WL_FETCHES; i++) {
        struct orl_wl_fetch *f = &drop->fetch[i];
        if (f->used && !f->ended && orl_flag_is_raised(&f->done)) {
            take_end(f);
        }
        any |= f->used && f->ended;
    }
    return any;
}

enum orl_win_dropped orl_wl_drop_take(struct orl_wl_drop *drop, char *dst, size_t cap)
{
    for (int i = 0; i < ORL_WL_FETCHES; i++) {
        struct orl_wl_fetch *f = &drop->fetch[i];
        if (!f->used || !f->ended) {
            continue;
        }
        if (f->why) {
            snprintf(dst, cap, "dropped files: %s", f->why);
            clear(f);
            return ORL_WIN_DROP_BAD;
        }
        enum orl_win_dropped what = orl_win_drop_list_next(&f->list, drop->host, dst, cap);
        if (what != ORL_WIN_DROP_NONE) {
            return what;
        }
        clear(f);
    }
    if (drop->crowded) {
        drop->crowded = false;
        snprintf(dst, cap, "dropped files: others are still being waited for");
        return ORL_WIN_DROP_BAD;
    }
    return ORL_WIN_DROP_NONE;
}

/* ---- Lifecycle. ---- */

int orl_wl_drop_init(struct orl_wl_drop *drop, struct orl_win *win, struct wl_display *display)
{
    *drop = (struct orl_wl_drop){.win = win, .display = display};
    for (int i = 0; i < ORL_WL_FETCHES; i++) {
        drop->fetch[i].pipe.fd = -1;
    }
    if (gethostname(drop->host, sizeof(drop->host) - 1) != 0) {
        drop->host[0] = '\0';
    }
    drop->stop_fd = eventfd(0, EFD_CLOEXEC);
    return drop->stop_fd < 0 ? ORL_ESYS : ORL_OK;
}

void orl_wl_drop_finish(struct orl_wl_drop *drop)
{
    uint64_t one = 1;
    if (!drop->win || drop->stop_fd < 0) {
        return;
    }
    ssize_t n = write(drop->stop_fd, &one, sizeof(one));
    (void)n; /* an eventfd takes its first number */
    for (int i = 0; i < ORL_WL_FETCHES; i++) {
        orl_thread_join(&drop->fetch[i].thread);
        clear(&drop->fetch[i]);
    }
    drop_offer(&drop->offer);
    close(drop->stop_fd);
    *drop = (struct orl_wl_drop){.stop_fd = -1};
}
