/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <fcntl.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/wake.h"
#include "win/clipboard_wayland.h"

void orl_wl_io_init(struct orl_wl_clip *w)
{
    w->fetch.fd = -1;
    for (int i = 0; i < ORL_WIN_CLIP_PEERS; i++) {
        w->serve[i].pipe.fd = -1;
    }
}

/* The best name under which the selection has this type. */
static const char *name_for(const struct orl_wl_offer *offer, uint32_t type)
{
    for (int i = 0; i < ORL_WIN_CLIP_NAMES; i++) {
        if (orl_win_clip_names[i].type == type && (offer->names & 1u << i)) {
            return orl_win_clip_names[i].name;
        }
    }
    return NULL;
}

static void conclude(struct orl_wl_clip *w, bool ok)
{
    size_t len = w->fetch.bytes.len;
    uint8_t *data = w->fetch.bytes.data;
    if (ok) {
        w->fetch.bytes = (struct orl_win_bytes){NULL, 0, 0};
        data = orl_win_clip_as(w->clip, w->job_asked, w->job.type, data, &len);
    } else {
        data = NULL;
    }
    orl_win_pipe_close(&w->fetch);
    orl_win_clip_emit(w->clip, ORL_WIN_CLIP_DATA, w->job.type, w->job.id, data, data ? len : 0);
}

static bool begin(struct orl_wl_clip *w)
{
    int ends[2];
    w->job_asked = orl_win_clip_source(orl_wl_offer_types(&w->selection), w->job.type);
    const char *name = w->job_asked ? name_for(&w->selection, w->job_asked) : NULL;
    if (!name || w->own || w->selection.ours || pipe2(ends, O_CLOEXEC) != 0) {
        return false;
    }
    wl_data_offer_receive(w->selection.proxy, name, ends[1]);
    wl_display_flush(w->display); /* the library has a copy of the descriptor until then */
    close(ends[1]);
    return orl_win_pipe_open(&w->fetch, ends[0], w->now_ns) == ORL_OK;
}

static void start_next(struct orl_wl_clip *w)
{
    while (w->fetch.fd < 0 && w->job_count > 0) {
        w->job = w->queue_of_jobs[0];
        w->job_count--;
        memmove(w->queue_of_jobs, w->queue_of_jobs + 1, w->job_count * sizeof(w->job));
        if (!begin(w)) {
            conclude(w, false);
        }
    }
}

void orl_wl_io_fetch(struct orl_wl_clip *w, uint32_t type, uint64_t id)
{
    if (w->job_count == ORL_WIN_CLIP_PEERS) {
        orl_win_clip_emit(w->clip, ORL_WIN_CLIP_DATA, type, id, NULL, 0);
        return;
    }
    w->queue_of_jobs[w->job_count++] = (struct orl_wl_job){type, id};
    start_next(w);
}

static void end(struct orl_wl_serve *s)
{
    orl_win_pipe_close(&s->pipe);
    s->used = false;
}

void orl_wl_io_send(struct orl_wl_clip *w, uint32_t wanted, int fd)
{
    struct orl_wl_serve *s = NULL;
    for (int i = 0; i < ORL_WIN_CLIP_PEERS; i++) {
        s = w->serve[i].used ? s : &w->serve[i];
    }
    uint32_t asked = orl_win_clip_source(w->own, wanted);
    if (!s || !asked || orl_win_pipe_open(&s->pipe, fd, w->now_ns) != ORL_OK) {
        if (!s || !asked) {
            close(fd);
        }
        return;
    }
    s->used = true;
    s->answered = false;
    s->id = ++w->clip->last_id;
    s->wanted = wanted;
    s->asked = asked;
    s->due_ns = w->now_ns + ORL_WIN_CLIP_ANSWER;
    orl_win_clip_emit(w->clip, ORL_WIN_CLIP_REQUEST, asked, s->id, NULL, 0);
}

void orl_wl_io_answer(struct orl_wl_clip *w, uint64_t id, uint8_t *data, size_t len)
{
    for (int i = 0; i < ORL_WIN_CLIP_PEERS; i++) {
        struct orl_wl_serve *s = &w->serve[i];
        if (!s->used || s->answered || s->id != id) {
            continue;
        }
        data = orl_win_clip_as(w->clip, s->asked, s->wanted, data, &len);
        if (!data) {
            end(s); /* the program sees an empty pipe: there is no other way to refuse */
            return;
        }
        s->answered = true;
        s->pipe.bytes = (struct orl_win_bytes){data, len, len};
        s->pipe.due_ns = w->now_ns + ORL_WIN_CLIP_QUIET;
        s->pipe.end_ns = w->now_ns + ORL_WIN_CLIP_LONGEST;
        return;
    }
    free(data);
}

size_t orl_wl_io_poll(const struct orl_wl_clip *w, struct pollfd *fds)
{
    size_t n = 0;
    if (w->fetch.fd >= 0) {
        fds[n++] = (struct pollfd){w->fetch.fd, POLLIN, 0};
    }
    for (int i = 0; i < ORL_WIN_CLIP_PEERS; i++) {
        if (w->serve[i].used && w->serve[i].answered) {
            fds[n++] = (struct pollfd){w->serve[i].pipe.fd, POLLOUT, 0};
        }
    }
    return n;
}

static void step_serve(struct orl_wl_clip *w, struct orl_wl_serve *s)
{
    bool over = s->answered ? orl_win_pipe_write(&s->pipe, w->now_ns) != ORL_WIN_PIPE_RUNS
                            : w->now_ns >= s->due_ns;
    if (over) {
        end(s);
    }
}

void orl_wl_io_step(struct orl_wl_clip *w)
{
    if (w->fetch.fd >= 0) {
        enum orl_win_pipe_state state = orl_win_pipe_read(&w->fetch, w->clip->max, w->now_ns);
        if (state != ORL_WIN_PIPE_RUNS) {
            conclude(w, state == ORL_WIN_PIPE_DONE);
            start_next(w);
        }
    }
    for (int i = 0; i < ORL_WIN_CLIP_PEERS; i++) {
        if (w->serve[i].used) {
            step_serve(w, &w->serve[i]);
        }
    }
}

uint64_t orl_wl_io_due(const struct orl_wl_clip *w)
{
    uint64_t due = orl_win_pipe_due(&w->fetch);
    for (int i = 0; i < ORL_WIN_CLIP_PEERS; i++) {
        const struct orl_wl_serve *s = &w->serve[i];
        if (s->used) {
            due = orl_earlier(due, s->answered ? orl_win_pipe_due(&s->pipe) : s->due_ns);
        }
    }
    return due;
}

void orl_wl_io_finish(struct orl_wl_clip *w)
{
    orl_win_pipe_close(&w->fetch);
    for (int i = 0; i < ORL_WIN_CLIP_PEERS; i++) {
        end(&w->serve[i]);
    }
}
