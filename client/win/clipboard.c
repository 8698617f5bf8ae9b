/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "win/clipboard.h"

#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include <SDL2/SDL_syswm.h>

#include "base/wake.h"
#include "win/clipboard_image.h"
#include "win/clipboard_impl.h"
#include "win/win_impl.h"

#define ORL_LOG_MODULE "clip"
#include "base/log.h"

#define QUEUE_LENGTH 64
#define RETRY_NS     (50 * ORL_NS_PER_MS)

const struct orl_win_clip_name orl_win_clip_names[ORL_WIN_CLIP_NAMES] = {
    {"text/plain;charset=utf-8", ORL_WIN_CLIP_TEXT},
    {"UTF8_STRING", ORL_WIN_CLIP_TEXT},
    {"text/plain", ORL_WIN_CLIP_TEXT},
    {"image/png", ORL_WIN_CLIP_PNG},
    {"image/bmp", ORL_WIN_CLIP_BMP},
    {"image/x-bmp", ORL_WIN_CLIP_BMP},
    {"image/x-MS-bmp", ORL_WIN_CLIP_BMP},
};

struct orl_win_clip_late {
    struct orl_win_clip_note note;
    struct orl_win_clip_late *next;
};

static const struct orl_win_clip_ops *choose(const SDL_SysWMinfo *info)
{
    switch (info->subsystem) {
    case SDL_SYSWM_X11: return &orl_win_clip_x11;
    case SDL_SYSWM_WAYLAND: return &orl_win_clip_wayland;
    default: return NULL;
    }
}

static int open_and_start(struct orl_win_clip *clip)
{
    SDL_SysWMinfo info;
    SDL_VERSION(&info.version);
    if (!SDL_GetWindowWMInfo(clip->win->window, &info)) {
        return ORL_EUNSUPPORTED;
    }
    const struct orl_win_clip_ops *ops = choose(&info);
    if (!ops) {
        return ORL_EUNSUPPORTED;
    }
    clip->wake_fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
    if (clip->wake_fd < 0 ||
        orl_spsc_init(&clip->commands, QUEUE_LENGTH,
                      (uint32_t)sizeof(struct orl_win_clip_command)) ||
        orl_spsc_init(&clip->notes, QUEUE_LENGTH, (uint32_t)sizeof(struct orl_win_clip_note))) {
        return ORL_ENOMEM;
    }
    int err = ops->open(clip, &info);
    if (err) {
        return err;
    }
    clip->ops = ops;
    return orl_thread_start(&clip->thread, "orl-clip", ops->run, clip);
}

int orl_win_clip_create(struct orl_win_clip **out, struct orl_win *win, size_t max)
{
    struct orl_win_clip *clip = calloc(1, sizeof(*clip));
    if (!clip) {
        return ORL_ENOMEM;
    }
    clip->win = win;
    clip->max = max;
    clip->wake_fd = -1;
    orl_flag_init(&clip->stop);
    int err = open_and_start(clip);
    if (err) {
        orl_win_clip_destroy(&clip);
        return err == ORL_ENOMEM ? err : ORL_EUNSUPPORTED;
    }
    *out = clip;
    return ORL_OK;
}

void orl_win_clip_wake(struct orl_win_clip *clip)
{
    uint64_t one = 1;
    ssize_t n = write(clip->wake_fd, &one, sizeof(one));
    (void)n; /* it can only fail when it is awake already */
}

void orl_win_clip_destroy(struct orl_win_clip **pclip)
{
    struct orl_win_clip *clip = *pclip;
    if (!clip) {
        return;
    }
    orl_flag_raise(&clip->stop);
    if (clip->wake_fd >= 0) {
        orl_win_clip_wake(clip);
    }
    orl_thread_join(&clip->thread);
    if (clip->ops) {
        clip->ops->close(clip);
    }
    struct orl_win_clip_command command;
    while (clip->commands.items && orl_win_clip_pull(clip, &command)) {
        free(command.data);
    }
    struct orl_win_clip_note note;
    while (clip->notes.items && orl_win_clip_next(clip, &note)) {
        free(note.data);
    }
    while (clip->late) {
        struct orl_win_clip_late *late = clip->late;
        clip->late = late->next;
        free(late->note.data);
        free(late);
    }
    orl_spsc_finish(&clip->commands);
    orl_spsc_finish(&clip->notes);
    if (clip->wake_fd >= 0) {
        close(clip->wake_fd);
    }
    free(clip);
    *pclip = NULL;
}

bool orl_win_clip_next(struct orl_win_clip *clip, struct orl_win_clip_note *out)
{
    while (orl_spsc_pull(&clip->notes, out)) {
        if (out->kind != ORL_WIN_CLIP_OFFER) {
            return true;
        }
        /* In an offer's id the thread says which of our own it had carried out. */
        bool old = out->id != clip->offers_made;
        out->id = 0;
        if (!old) {
            return true;
        }
    }
    return false;
}

static bool command(struct orl_win_clip *clip, const struct orl_win_clip_command *c)
{
    bool taken = orl_spsc_push(&clip->commands, c);
    if (!taken) {
        /* 64 wait: the display server does not answer. Whoever asked has a timeout. */
        orl_debug("The clipboard's thread takes no commands.");
        free(c->data);
    }
    orl_win_clip_wake(clip);
    return taken;
}

void orl_win_clip_offer(struct orl_win_clip *clip, uint32_t types)
{
    const struct orl_win_clip_command c = {ORL_WIN_CLIP_DO_OFFER, types,
                                           clip->offers_made + (types != 0), NULL, 0};
    if (command(clip, &c)) {
        clip->offers_made = c.id;
    }
}

void orl_win_clip_request(struct orl_win_clip *clip, enum orl_win_clip_type type, uint64_t id)
{
    const struct orl_win_clip_command c = {ORL_WIN_CLIP_DO_REQUEST, (uint32_t)type, id, NULL,
                                           0};
    (void)command(clip, &c);
}

void orl_win_clip_answer(struct orl_win_clip *clip, uint64_t id, const void *data, size_t len)
{
    struct orl_win_clip_command c = {ORL_WIN_CLIP_DO_ANSWER, 0, id, NULL, 0};
    if (data && len <= clip->max) {
        c.data = malloc(len + 1);
        c.len = len;
        if (c.data) {
            memcpy(c.data, data, len);
            c.data[len] = 0;
        }
    }
    (void)command(clip, &c);
}

bool orl_win_clip_pull(struct orl_win_clip *clip, struct orl_win_clip_command *out)
{
    if (!orl_spsc_pull(&clip->commands, out)) {
        return false;
    }
    if (out->kind == ORL_WIN_CLIP_DO_OFFER) {
        clip->offers_done = out->id;
    }
    return true;
}

bool orl_win_clip_flush(struct orl_win_clip *clip)
{
    bool any = false;
    while (clip->late && orl_spsc_push(&clip->notes, &clip->late->note)) {
        struct orl_win_clip_late *late = clip->late;
        clip->late = late->next;
        free(late);
        any = true;
    }
    if (any) {
        orl_win_wake(clip->win);
    }
    return !clip->late;
}

void orl_win_clip_emit(struct orl_win_clip *clip, enum orl_win_clip_kind kind, uint32_t types,
                       uint64_t id, uint8_t *data, size_t len)
{
    id = kind == ORL_WIN_CLIP_OFFER ? clip->offers_done : id;
    const struct orl_win_clip_note note = {kind, types, id, data, len};
    struct orl_win_clip_late **end = &clip->late;
    struct orl_win_clip_late *last = NULL;
    for (; *end; end = &(*end)->next) {
        last = *end;
    }
    if (last && kind == ORL_WIN_CLIP_OFFER && last->note.kind == kind) {
        last->note = note;
        return;
    }
    struct orl_win_clip_late *late = calloc(1, sizeof(*late));
    if (!late) {
        free(data); /* main's timeout ends it */
        return;
    }
    late->note = note;
    *end = late;
    (void)orl_win_clip_flush(clip);
}

void orl_win_clip_sleep(struct orl_win_clip *clip, struct pollfd *fds, size_t count,
                        uint64_t due_ns)
{
    uint64_t now = orl_now_ns();
    if (!orl_win_clip_flush(clip)) {
        due_ns = orl_earlier(due_ns, now + RETRY_NS);
    }
    uint64_t wait_ms = due_ns > now ? (due_ns - now + ORL_NS_PER_MS - 1) / ORL_NS_PER_MS : 0;
    fds[0] = (struct pollfd){clip->wake_fd, POLLIN, 0};
    int timeout = due_ns == ORL_WAKE_NEVER ? -1 : wait_ms > 60000 ? 60000 : (int)wait_ms;
    if (poll(fds, count, timeout) < 0) {
        for (size_t i = 0; i < count; i++) {
            fds[i].revents = 0;
        }
    }
    uint64_t value = 0;
    ssize_t n = read(clip->wake_fd, &value, sizeof(value));
    (void)n;
}

uint32_t orl_win_clip_widen(uint32_t types)
{
    uint32_t images = ORL_WIN_CLIP_PNG | ORL_WIN_CLIP_BMP;
    return types & images ? types | images : types;
}

uint32_t orl_win_clip_source(uint32_t have, uint32_t want)
{
    if (have & want) {
        return want;
    }
    return orl_win_clip_widen(have) & want ? have & (ORL_WIN_CLIP_PNG | ORL_WIN_CLIP_BMP) : 0;
}

uint8_t *orl_win_clip_as(struct orl_win_clip *clip, uint32_t from, uint32_t to, uint8_t *data,
                         size_t *len)
{
    if (from == to || !data) {
        return data;
    }
    uint8_t *out = NULL;
    size_t out_len = 0;
    int err = orl_win_image_convert(from, to, data, *len, clip->max, &out, &out_len);
    free(data);
    if (err) {
        orl_debug("An image of the clipboard was not converted: %s.", orl_err_text(err));
        return NULL;
    }
    *len = out_len;
    return out;
}

bool orl_win_bytes_room(struct orl_win_bytes *b, size_t more, size_t max)
{
    if (b->len > max || more > max - b->len) {
        return false;
    }
    size_t need = b->len + more + 1;
    if (need > b->cap) {
        size_t cap = b->cap < 2048 ? 4096 : b->cap * 2;
        cap = cap < need ? need : cap;
        uint8_t *data = realloc(b->data, cap);
        if (!data) {
            return false;
        }
        b->data = data;
        b->cap = cap;
    }
    return true;
}

bool orl_win_bytes_add(struct orl_win_bytes *b, const void *data, size_t len, size_t max)
{
    if (!orl_win_bytes_room(b, len, max)) {
        return false;
    }
    if (len) {
        memcpy(b->data + b->len, data, len);
    }
    b->len += len;
    return true;
}

void orl_win_bytes_free(struct orl_win_bytes *b)
{
    free(b->data);
    *b = (struct orl_win_bytes){NULL, 0, 0};
}
