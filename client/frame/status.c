/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "frame/status.h"

#include "ring/session.h"

#define MIB UINT64_C(1048576)

size_t orl_needed_memory(enum orl_release release, uint32_t w, uint32_t h,
                         uint32_t bytes_per_px)
{
    uint64_t need;
    if (release == ORL_MASTER) {
        uint64_t pixel = bytes_per_px > 4 ? bytes_per_px : 4;
        uint64_t row = (w * pixel + 255) / 256 * 256;
        need = row * h * 3 + 4 * MIB;
    } else {
        need = (uint64_t)w * h * bytes_per_px * 2 + 10 * MIB;
    }
    uint64_t size = MIB;
    while (size < need) {
        size *= 2;
    }
    return size;
}

unsigned orl_status_enter(struct orl_guest_status *s, enum orl_guest_state state,
                          uint64_t now_ns)
{
    /* A zeroed status has not entered its first state yet. */
    if (s->state == state && s->since_ns) {
        return 0;
    }
    s->state = state;
    s->since_ns = now_ns;
    return ORL_STATUS_STATE;
}

unsigned orl_status_no_session(struct orl_guest_status *s, enum orl_guest_state state,
                               uint64_t now_ns)
{
    bool no_guest = state == ORL_GUEST_NO_SESSION || state == ORL_GUEST_NOT_ALIVE;
    if (s->state == ORL_GUEST_LOST && no_guest) {
        return 0;
    }
    return orl_status_enter(s, state, now_ns);
}

unsigned orl_status_open(struct orl_guest_status *s, const struct orl_session *session,
                         uint64_t now_ns)
{
    s->lgmp = session->lay->lgmp;
    s->kvmfr = session->info.kvmfr;
    s->release = session->lay->name;
    s->info = session->info;
    s->session++;
    s->w = 0;
    s->h = 0;
    s->truncated = false;
    s->needed_bytes = 0;
    return orl_status_enter(s, ORL_GUEST_NO_FRAME, now_ns);
}

/* B6 cuts the picture height itself; the screen height tells what the mode really has. */
static uint32_t full_height(const struct orl_frame_desc *f)
{
    uint64_t scaled = (uint64_t)f->screen_h * f->w / (f->screen_w ? f->screen_w : f->w);
    return scaled > f->h && scaled <= ORL_FRAME_SIDE_MAX ? (uint32_t)scaled : f->h;
}

unsigned orl_status_frame(struct orl_guest_status *s, enum orl_release release,
                          const struct orl_frame_desc *f)
{
    unsigned changes = 0;
    if (s->w != f->w || s->h != f->h || s->rotation != f->rotation || s->fmt != f->fmt) {
        s->w = f->w;
        s->h = f->h;
        s->rotation = f->rotation;
        s->fmt = f->fmt;
        changes |= ORL_STATUS_MODE;
    }
    bool cut = (f->flags & ORL_FRAME_TRUNCATED) || f->rows + f->extra_rows + 1 < f->h;
    size_t needed =
        cut ? orl_needed_memory(release, f->w, full_height(f), orl_pixfmt_bytes(f->fmt)) : 0;
    if (cut != s->truncated || needed != s->needed_bytes) {
        s->truncated = cut;
        s->needed_bytes = needed;
        changes |= ORL_STATUS_TRUNCATED;
    }
    bool block = (f->flags & ORL_FRAME_BLOCK_SCREENSAVER) != 0;
    if (block != s->block_screensaver) {
        s->block_screensaver = block;
        changes |= ORL_STATUS_DESKTOP;
    }
    if (f->flags & ORL_FRAME_REQUEST_ACTIVATION) {
        s->activations++;
        changes |= ORL_STATUS_DESKTOP;
    }
    return changes;
}
