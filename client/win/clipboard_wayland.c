/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "win/clipboard_wayland.h"

#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <SDL2/SDL_syswm.h>

#include "base/wake.h"
#include "win/win_impl.h"

#define ORL_LOG_MODULE "clip"
#include "base/log.h"

#define SETTLE_NS (10 * ORL_NS_PER_MS)

/* ---- Offers of others. ---- */

uint32_t orl_wl_offer_types(const struct orl_wl_offer *offer)
{
    uint32_t types = 0;
    for (int i = 0; i < ORL_WIN_CLIP_NAMES; i++) {
        types |= offer->names & 1u << i ? orl_win_clip_names[i].type : 0;
    }
    return types;
}

static void drop_offer(struct orl_wl_offer *offer)
{
    if (offer->proxy) {
        wl_data_offer_destroy(offer->proxy);
    }
    *offer = (struct orl_wl_offer){NULL, 0, false};
}

/* ---- Our own selection. ---- */

static void drop_source(struct orl_wl_clip *w)
{
    if (w->source) {
        wl_data_source_destroy(w->source);
        w->source = NULL;
    }
}

static void settled(void *arg, struct wl_callback *callback, uint32_t serial)
{
    (void)serial;
    struct orl_wl_clip *w = arg;
    wl_callback_destroy(callback);
    w->settling = NULL;
    /*
     * With the focus we would have been told of our own by now. Compositors ignore a serial that is
     * older than the present selection, which a clipboard manager may have set just now.
     */
    w->refused = w->focused && w->source && !w->selection.ours;
}
static const struct wl_callback_listener settled_listener = {settled};

/*
 * Without a serial it waits for the keyboard focus. The source gets no event before it is the
 * selection: main cannot find it without its listener.
 */
static void set_selection(struct orl_wl_clip *w)
{
    struct wl_data_source *old = w->source;
    uint64_t serial = orl_counter_get(&w->serial);
    if (!w->own || !serial) {
        return;
    }
    w->source = wl_data_device_manager_create_data_source(w->data->manager);
    if (!w->source) {
        w->source = old;
        return;
    }
    wl_data_source_add_listener(w->source, &orl_wl_source_listener, w);
    for (int i = 0; i < ORL_WIN_CLIP_NAMES; i++) {
        if (orl_win_clip_widen(w->own) & orl_win_clip_names[i].type) {
            wl_data_source_offer(w->source, orl_win_clip_names[i].name);
        }
    }
    wl_data_source_offer(w->source, w->mark);
    w->serial_used = serial;
    wl_data_device_set_selection(w->data->device, w->source, (uint32_t)serial);
    if (old) {
        wl_data_source_destroy(old); /* after the new one is set: no gap for others to see */
    }
    if (w->settling) {
        wl_callback_destroy(w->settling);
    }
    w->refused = false;
    w->settling = wl_display_sync(w->wrapper);
    if (w->settling) {
        wl_callback_add_listener(w->settling, &settled_listener, w);
    }
}

static void own(struct orl_wl_clip *w, uint32_t types)
{
    w->own = types;
    w->retried = false;
    if (types) {
        set_selection(w);
    } else {
        drop_source(w); /* which ends the selection, if it is still ours */
    }
}

/*
 * What does the newest selection mean? While ours is on its way nothing can be said. Afterwards a
 * foreign one, with ours not cancelled, means that the compositor ignored it, because the serial
 * was from before another window's focus: it is set once more with the serial of this focus.
 */
static void judge(struct orl_wl_clip *w)
{
    if (!w->news_of_selection || w->settling || (w->own && !w->focused)) {
        return; /* the word of it comes just before that of the focus, whose serial is needed */
    }
    w->news_of_selection = false;
    if (w->selection.ours) {
        return;
    }
    if (w->own && !w->retried) {
        w->retried = true;
        set_selection(w);
        w->news_of_selection = true; /* looked at again when it has settled */
        return;
    }
    w->own = 0;
    drop_source(w);
    orl_win_clip_emit(w->clip, ORL_WIN_CLIP_OFFER,
                      orl_win_clip_widen(orl_wl_offer_types(&w->selection)), 0, NULL, 0);
}

/*
 * What waits for a newer serial than the compositor has refused is set with the next one. Main looks
 * at the flag after it has published the serial, this thread the other way round; both may miss each
 * other, and then it is the serial after that: a key that goes down also goes up.
 */
static void retry_with_newer(struct orl_wl_clip *w)
{
    if (!w->own || (w->source && !w->refused)) {
        orl_flag_lower(&w->serial_wanted);
        return;
    }
    orl_flag_raise(&w->serial_wanted);
    if (orl_counter_get(&w->serial) != w->serial_used) {
        set_selection(w);
    }
}

/* ---- News. ---- */

static void hear_selection(struct orl_wl_clip *w, const struct orl_wl_news *news)
{
    drop_offer(&w->selection);
    w->selection =
        (struct orl_wl_offer){news->proxy, news->value, (news->value & ORL_WL_OURS) != 0};
    w->news_of_selection = true;
}

static void hear_source(struct orl_wl_clip *w, const struct orl_wl_news *news)
{
    bool present = w->source && news->proxy == w->source;
    if (news->word == ORL_WL_SEND && present) {
        orl_wl_io_send(w, news->value, news->fd);
    } else if (news->word == ORL_WL_SEND) {
        close(news->fd);
    } else if (present) {
        drop_source(w);
        w->own = 0;
    }
}

static void hear(struct orl_wl_clip *w, const struct orl_wl_news *news)
{
    switch (news->word) {
    case ORL_WL_SELECTION: hear_selection(w, news); break;
    case ORL_WL_SEND:
    case ORL_WL_CANCELLED: hear_source(w, news); break;
    case ORL_WL_FOCUS:
        w->focused = news->value != 0;
        w->retried = w->retried && !w->focused;
        break;
    }
}

/* ---- The thread. ---- */

static void obey(struct orl_wl_clip *w, const struct orl_win_clip_command *command)
{
    switch (command->kind) {
    case ORL_WIN_CLIP_DO_OFFER: own(w, command->types); break;
    case ORL_WIN_CLIP_DO_REQUEST: orl_wl_io_fetch(w, command->types, command->id); break;
    case ORL_WIN_CLIP_DO_ANSWER:
        orl_wl_io_answer(w, command->id, command->data, command->len);
        break;
    }
}

static void step(struct orl_wl_clip *w)
{
    struct orl_win_clip_command command;
    w->now_ns = orl_now_ns();
    struct orl_wl_news news;
    while (orl_win_clip_pull(w->clip, &command)) {
        obey(w, &command);
    }
    while (orl_spsc_pull(&w->news, &news)) {
        hear(w, &news);
    }
    /* Main has read it, but cannot know whose it is: looked for while one is awaited. */
    w->broken = wl_display_dispatch_queue_pending(w->display, w->queue) < 0;
    retry_with_newer(w);
    judge(w);
    orl_wl_io_step(w);
}

static void rest(struct orl_wl_clip *w)
{
    struct pollfd fds[3 + ORL_WIN_CLIP_PEERS];
    bool full = wl_display_flush(w->display) < 0 && errno == EAGAIN;
    uint64_t due = orl_wl_io_due(w);
    if (w->settling) {
        due = orl_earlier(due, w->now_ns + SETTLE_NS);
    }
    fds[1] = (struct pollfd){full ? wl_display_get_fd(w->display) : -1, POLLOUT, 0};
    size_t n = 2 + orl_wl_io_poll(w, fds + 2);
    orl_win_clip_sleep(w->clip, fds, n, due);
}

static void run(void *arg)
{
    struct orl_win_clip *clip = arg;
    struct orl_wl_clip *w = clip->peer;
    while (!orl_flag_is_raised(&clip->stop) && !w->broken) {
        step(w);
        rest(w);
    }
    if (w->broken) {
        orl_warn("The connection to the Wayland compositor broke: no more clipboard.");
    }
}

/* ---- Lifecycle, main thread. ---- */

static void close_wayland(struct orl_win_clip *clip)
{
    struct orl_wl_clip *w = clip->peer;
    orl_wl_io_finish(w);
    drop_source(w);
    drop_offer(&w->selection);
    if (w->settling) {
        wl_callback_destroy(w->settling);
    }
    orl_wl_relay_close(w);
    free(w);
    clip->peer = NULL;
}

static int open_wayland(struct orl_win_clip *clip, const void *wm_info)
{
    const SDL_SysWMinfo *info = wm_info;
    struct orl_wl_clip *w = clip->win->data ? calloc(1, sizeof(*w)) : NULL;
    if (!w) {
        return clip->win->data ? ORL_ENOMEM : ORL_EUNSUPPORTED;
    }
    w->clip = clip;
    w->data = clip->win->data;
    w->display = info->info.wl.display;
    orl_wl_io_init(w);
    snprintf(w->mark, sizeof(w->mark), "application/x-oriel-clip.%ld.%llx", (long)getpid(),
             (unsigned long long)orl_now_ns());
    clip->peer = w;
    int err = orl_wl_relay_open(w);
    if (err) {
        close_wayland(clip);
    }
    return err;
}

const struct orl_win_clip_ops orl_win_clip_wayland = {open_wayland, close_wayland, run};
