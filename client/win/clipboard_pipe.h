/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Content through pipes that other programs hold the other end of: never blocks, bounded in size
 * and in time. Private to win/; the thread of the clipboard or of a drop. Writing to a pipe that nobody reads raises
 * SIGPIPE, which is blocked in threads of base/thread.h.
 */
#ifndef ORL_WIN_CLIPBOARD_PIPE_H
#define ORL_WIN_CLIPBOARD_PIPE_H

#include "win/clipboard_impl.h"

struct orl_win_pipe {
    int fd; /* -1: none; owned */
    struct orl_win_bytes bytes;
    size_t sent;             /* when writing */
    uint64_t due_ns, end_ns; /* without progress; in any case */
};

enum orl_win_pipe_state { ORL_WIN_PIPE_RUNS, ORL_WIN_PIPE_DONE, ORL_WIN_PIPE_FAILED };

/* Takes `fd`, also when it fails: ORL_OK, ORL_EUNSUPPORTED (nothing one can wait for), ORL_ESYS. */
ORL_MUST int orl_win_pipe_open(struct orl_win_pipe *p, int fd, uint64_t now_ns);
/* As much as goes now. Reads into, or writes from, `bytes`. */
enum orl_win_pipe_state orl_win_pipe_read(struct orl_win_pipe *p, size_t max, uint64_t now_ns);
enum orl_win_pipe_state orl_win_pipe_write(struct orl_win_pipe *p, uint64_t now_ns);
uint64_t orl_win_pipe_due(const struct orl_win_pipe *p);
/* Closes and frees. */
void orl_win_pipe_close(struct orl_win_pipe *p);

#endif
