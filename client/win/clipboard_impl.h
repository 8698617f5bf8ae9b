/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What the two kinds of clipboard share: a thread of their own ("orl-clip") that talks to the
 * desktop, two queues to and from the main thread, the names of types, and the conversion of
 * images. The thread exists because it blocks on descriptors that SDL's event wait cannot include:
 * the connection to X, and on Wayland the pipes of other programs. Private to win/; "thread:"
 * functions belong to that thread.
 */
#ifndef ORL_WIN_CLIPBOARD_IMPL_H
#define ORL_WIN_CLIPBOARD_IMPL_H

#include "base/clock.h"
#include "base/serial.h"
#include "base/spsc.h"
#include "base/thread.h"
#include "win/clipboard.h"

#define ORL_WIN_CLIP_PEERS   16 /* transfers at a time, each way; more are refused */
#define ORL_WIN_CLIP_QUIET   (5 * ORL_NS_PER_S)  /* a peer without progress is given up */
#define ORL_WIN_CLIP_LONGEST (30 * ORL_NS_PER_S) /* and one that drips */
#define ORL_WIN_CLIP_ANSWER                                                                    \
    (15 * ORL_NS_PER_S) /* main's answer; longer than its own patience */

/* Names of types as X11 targets and Wayland MIME types; the better come first. */
struct orl_win_clip_name {
    const char *name;
    uint32_t type; /* enum orl_win_clip_type */
};
#define ORL_WIN_CLIP_NAMES 7
extern const struct orl_win_clip_name orl_win_clip_names[ORL_WIN_CLIP_NAMES];

enum orl_win_clip_command_kind {
    ORL_WIN_CLIP_DO_OFFER,   /* types */
    ORL_WIN_CLIP_DO_REQUEST, /* types: one; id */
    ORL_WIN_CLIP_DO_ANSWER   /* id, data */
};
struct orl_win_clip_command { /* main -> thread */
    enum orl_win_clip_command_kind kind;
    uint32_t types;
    uint64_t id;
    uint8_t *data; /* malloc'ed, the receiver's; NULL: failed */
    size_t len;
};

struct orl_win_clip_ops {
    /* Main thread, with an SDL_SysWMinfo. ORL_OK, ORL_ENOMEM, ORL_EUNSUPPORTED. */
    int (*open)(struct orl_win_clip *clip, const void *wm_info);
    void (*close)(struct orl_win_clip *clip); /* main thread, after the thread's end */
    void (*run)(void *clip);                  /* the thread */
};
extern const struct orl_win_clip_ops orl_win_clip_x11;
extern const struct orl_win_clip_ops orl_win_clip_wayland;

struct orl_win_clip_late;

struct orl_win_clip {
    const struct orl_win_clip_ops *ops; /* fixed while the thread runs, like the next three */
    struct orl_win *win;
    size_t max;
    int wake_fd; /* eventfd: commands wait, or stop */
    struct orl_thread thread;
    struct orl_flag stop;
    struct orl_spsc commands, notes;
    uint64_t offers_made; /* main's: real offers, so that what another program had before one of
                             them is not reported after it */
    /* the thread's: */
    void *peer;                     /* of the ops */
    struct orl_win_clip_late *late; /* notes that found the queue full, oldest first */
    uint64_t last_id;               /* of requests to main */
    uint64_t offers_done;           /* of offers_made, what was carried out */
};

/* Thread: the oldest command; false: none. Its data is the caller's. */
bool orl_win_clip_pull(struct orl_win_clip *clip, struct orl_win_clip_command *out);
/* Thread: hands a note to main, which owns `data` then. Kept while the queue is full; of offers
 * that wait, only the newest. */
void orl_win_clip_emit(struct orl_win_clip *clip, enum orl_win_clip_kind kind, uint32_t types,
                       uint64_t id, uint8_t *data, size_t len);
/* Thread: hands over what was kept; false: some is still there, come back in 50 ms. */
bool orl_win_clip_flush(struct orl_win_clip *clip);
/* Any thread: ends a sleep. */
void orl_win_clip_wake(struct orl_win_clip *clip);
/* Thread: polls `fds` until one of them shows something, commands wait, or it is `due_ns`. The first
 * one is for the wake-up: the caller leaves it free. */
struct pollfd;
void orl_win_clip_sleep(struct orl_win_clip *clip, struct pollfd *fds, size_t count,
                        uint64_t due_ns);

/* The set with what conversion adds. */
uint32_t orl_win_clip_widen(uint32_t types);
/* The type to ask for by an owner of `have` to get `want`; 0: there is no way. */
uint32_t orl_win_clip_source(uint32_t have, uint32_t want);
/* Content of type `from` as type `to`: takes `data` (malloc'ed, may be NULL), returns it or another
 * buffer, NULL when it cannot be had. */
uint8_t *orl_win_clip_as(struct orl_win_clip *clip, uint32_t from, uint32_t to, uint8_t *data,
                         size_t *len);

/* Bytes that grow up to `max`. */
struct orl_win_bytes {
    uint8_t *data;
    size_t len, cap;
};
/* Makes room for `more`; false: larger than max, or no memory. */
bool orl_win_bytes_room(struct orl_win_bytes *b, size_t more, size_t max);
bool orl_win_bytes_add(struct orl_win_bytes *b, const void *data, size_t len, size_t max);
void orl_win_bytes_free(struct orl_win_bytes *b);

#endif
