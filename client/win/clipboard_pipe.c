/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "win/clipboard_pipe.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/wake.h"

#define SLICE  65536u
#define ROUNDS 64 /* slices at a time, so that one program does not hold up the others */

int orl_win_pipe_open(struct orl_win_pipe *p, int fd, uint64_t now_ns)
{
    struct stat s;
    *p = (struct orl_win_pipe){
        fd, {NULL, 0, 0}, 0, now_ns + ORL_WIN_CLIP_QUIET, now_ns + ORL_WIN_CLIP_LONGEST};
    int flags = fcntl(fd, F_GETFL);
    if (flags < 0 || fstat(fd, &s) != 0 || fcntl(fd, F_SETFL, flags | O_NONBLOCK) != 0) {
        orl_win_pipe_close(p);
        return ORL_ESYS;
    }
    if (!S_ISFIFO(s.st_mode) && !S_ISSOCK(s.st_mode) && !S_ISREG(s.st_mode)) {
        orl_win_pipe_close(p); /* a device may block all the same */
        return ORL_EUNSUPPORTED;
    }
    return ORL_OK;
}

static enum orl_win_pipe_state waits(const struct orl_win_pipe *p, uint64_t now_ns)
{
    return now_ns >= orl_win_pipe_due(p) ? ORL_WIN_PIPE_FAILED : ORL_WIN_PIPE_RUNS;
}

enum orl_win_pipe_state orl_win_pipe_read(struct orl_win_pipe *p, size_t max, uint64_t now_ns)
{
    for (int i = 0; i < ROUNDS; i++) {
        size_t room = max - p->bytes.len < SLICE ? max - p->bytes.len + 1 : SLICE;
        if (!orl_win_bytes_room(&p->bytes, room, max + 1)) {
            return ORL_WIN_PIPE_FAILED;
        }
        ssize_t n = read(p->fd, p->bytes.data + p->bytes.len, room);
        if (n == 0) {
            return ORL_WIN_PIPE_DONE;
        }
        if (n < 0) {
            return errno == EAGAIN || errno == EINTR ? waits(p, now_ns) : ORL_WIN_PIPE_FAILED;
        }
        p->bytes.len += (size_t)n;
        if (p->bytes.len > max) {
            return ORL_WIN_PIPE_FAILED;
        }
        p->due_ns = now_ns + ORL_WIN_CLIP_QUIET;
    }
    return waits(p, now_ns);
}

enum orl_win_pipe_state orl_win_pipe_write(struct orl_win_pipe *p, uint64_t now_ns)
{
    for (int i = 0; i < ROUNDS && p->sent < p->bytes.len; i++) {
        size_t left = p->bytes.len - p->sent;
        ssize_t n = write(p->fd, p->bytes.data + p->sent, left < SLICE ? left : SLICE);
        if (n < 0) {
            return errno == EAGAIN || errno == EINTR ? waits(p, now_ns) : ORL_WIN_PIPE_FAILED;
        }
        p->sent += (size_t)n;
        p->due_ns = now_ns + ORL_WIN_CLIP_QUIET;
    }
    return p->sent == p->bytes.len ? ORL_WIN_PIPE_DONE : waits(p, now_ns);
}

uint64_t orl_win_pipe_due(const struct orl_win_pipe *p)
{
    return p->fd >= 0 ? orl_earlier(p->due_ns, p->end_ns) : ORL_WAKE_NEVER;
}

void orl_win_pipe_close(struct orl_win_pipe *p)
{
    if (p->fd >= 0) {
        close(p->fd);
    }
    p->fd = -1;
    orl_win_bytes_free(&p->bytes);
}
