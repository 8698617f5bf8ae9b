/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The desktop's clipboard (not the primary selection), with text and images: XCB selections with
 * INCR on X11, wl_data_device on SDL's display on Wayland. What other programs do arrives as
 * ORL_EVENT_CLIP of orl_win_wait() and is fetched with orl_win_clip_next(). Main thread.
 */
#ifndef ORL_WIN_CLIPBOARD_H
#define ORL_WIN_CLIPBOARD_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/err.h"

struct orl_win;
struct orl_win_clip;

enum orl_win_clip_type { /* the numbers of enum orl_clip_type; win may not include clip */
                         ORL_WIN_CLIP_TEXT = 1,
                         ORL_WIN_CLIP_PNG = 2,
                         ORL_WIN_CLIP_BMP = 4
};

enum orl_win_clip_kind {
    ORL_WIN_CLIP_OFFER,   /* another program owns the clipboard: types (0: nobody) */
    ORL_WIN_CLIP_REQUEST, /* another program wants what we own: type, id */
    ORL_WIN_CLIP_DATA     /* answer to orl_win_clip_request(): id, data (NULL: failed) */
};

struct orl_win_clip_note {
    enum orl_win_clip_kind kind;
    uint32_t types; /* offer: set; else one type */
    uint64_t id;
    uint8_t *data; /* malloc'ed; the caller frees */
    size_t len;
};

/* ORL_OK, ORL_ENOMEM, ORL_EUNSUPPORTED: this desktop offers no way. `max` bounds a transfer. */
ORL_MUST int orl_win_clip_create(struct orl_win_clip **out, struct orl_win *win, size_t max);
/* Before orl_win_destroy(); joins the thread. */
void orl_win_clip_destroy(struct orl_win_clip **clip);

/* True and the oldest note; false: none. */
bool orl_win_clip_next(struct orl_win_clip *clip, struct orl_win_clip_note *out);

/* We own the clipboard now, with these types (0: we give it up). Types convert by themselves:
 * whoever offers an image as PNG can be asked for BMP and the other way round. */
void orl_win_clip_offer(struct orl_win_clip *clip, uint32_t types);
/* Ask the present owner; `id` comes back with the data. */
void orl_win_clip_request(struct orl_win_clip *clip, enum orl_win_clip_type type, uint64_t id);
/* Answer a request; NULL: cannot. Borrowed during the call. */
void orl_win_clip_answer(struct orl_win_clip *clip, uint64_t id, const void *data, size_t len);

#endif
