/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "spice/scanout.h"

#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include <drm_fourcc.h>

#include "base/clock.h"
#include "frame/link.h"

#define LAST_WAIT_NS (100 * ORL_NS_PER_MS)

void orl_scanout_init(struct orl_scanout *s, struct orl_fallback *out)
{
    *s = (struct orl_scanout){.out = out, .old_fd = -1};
    s->now.shared.fd = -1;
}

static bool format_of(uint32_t fourcc, enum orl_pixfmt *fmt)
{
    switch (fourcc) {
    case DRM_FORMAT_XRGB8888:
    case DRM_FORMAT_ARGB8888: *fmt = ORL_PIX_BGRA8; return true;
    case DRM_FORMAT_XBGR8888:
    case DRM_FORMAT_ABGR8888: *fmt = ORL_PIX_RGBA8; return true;
    case DRM_FORMAT_XBGR2101010:
    case DRM_FORMAT_ABGR2101010: *fmt = ORL_PIX_RGB10A2; return true;
    default: return false;
    }
}

static int check(const struct orl_scanout_info *info, enum orl_pixfmt *fmt)
{
    if (info->fd < 0 || info->w == 0 || info->h == 0 || info->w > ORL_FRAME_SIDE_MAX ||
        info->h > ORL_FRAME_SIDE_MAX || info->pitch / 4 < info->w) {
        return ORL_EINVAL;
    }
    return format_of(info->fourcc, fmt) ? ORL_OK : ORL_EUNSUPPORTED;
}

/* The render thread may be importing the descriptor of the slot that is out: that one stays. */
static void let_go(struct orl_scanout *s)
{
    if (s->hold && orl_mailbox_withdraw(&s->out->frame_mb)) {
        s->hold = 0;
    }
    if (s->now.shared.fd >= 0 && s->hold && s->old_fd < 0) {
        s->old_fd = s->now.shared.fd;
    } else if (s->now.shared.fd >= 0) {
        close(s->now.shared.fd);
    }
    s->now.shared.fd = -1;
    s->active = false;
}

void orl_scanout_damage_all(struct orl_scanout *s)
{
    orl_rects_set_full(&s->damage);
}

void orl_scanout_draw(struct orl_scanout *s, uint32_t x, uint32_t y, uint32_t w, uint32_t h)
{
    s->owed = true;
    const struct orl_rect all = {0, 0, s->now.desc.w, s->now.desc.h};
    if (!s->active || x >= all.w || y >= all.h) {
        return;
    }
    struct orl_rect r = {x, y, w < all.w - x ? w : all.w - x, h < all.h - y ? h : all.h - y};
    if (r.w && r.h) {
        orl_rects_add_one(&s->damage, r);
    }
}

static void look_for_release(struct orl_scanout *s)
{
    uint64_t word = orl_counter_get(&s->out->released);
    if (s->hold == 0 || word / 2 != s->hold) {
        return;
    }
    s->hold = 0;
    if (s->old_fd >= 0) {
        close(s->old_fd); /* it was a former buffer's */
        s->old_fd = -1;
    } else if (word & 1) {
        s->refused = true;
    }
}

static void publish(struct orl_scanout *s)
{
    orl_mailbox_publish(&s->out->frame_mb);
    if (s->out->render_wake) {
        orl_wake_set(s->out->render_wake, ORL_RENDER_FALLBACK);
    }
}

void orl_scanout_gone(struct orl_scanout *s)
{
    if (!s->active) {
        return;
    }
    let_go(s);
    struct orl_slot *slot = &s->out->frame[s->out->frame_mb.back];
    *slot = (struct orl_slot){.kind = ORL_SLOT_NONE};
    orl_rects_set_full(&slot->upload);
    publish(s);
}

int orl_scanout_set(struct orl_scanout *s, const struct orl_scanout_info *info)
{
    enum orl_pixfmt fmt;
    int err = check(info, &fmt);
    int fd = err ? -1 : fcntl(info->fd, F_DUPFD_CLOEXEC, 0);
    if (fd < 0) {
        orl_scanout_gone(s);
        return err ? err : ORL_ESYS;
    }
    let_go(s);
    s->now = (struct orl_slot){
        .kind = ORL_SLOT_DMABUF,
        .shared = {.id = ++s->last_id, .fd = fd, .foreign = true, .bottom_up = !info->top_down},
        .desc = {.format_id = (uint32_t)s->last_id,
                 .fmt = fmt,
                 .screen_w = info->w,
                 .screen_h = info->h,
                 .w = info->w,
                 .h = info->h,
                 .rows = info->h,
                 .pitch = info->pitch,
                 .row_bytes = info->w * 4,
                 .white_nits = ORL_WHITE_NITS}};
    s->active = true;
    s->refused = false;
    orl_scanout_damage_all(s);
    return ORL_OK;
}

static void hand_over(struct orl_scanout *s, uint64_t now_ns)
{
    struct orl_slot *slot = &s->out->frame[s->out->frame_mb.back];
    *slot = s->now;
    slot->upload = s->damage;
    slot->hold = ++s->last_hold;
    slot->desc.serial = ++s->serial;
    slot->t_seen_ns = now_ns;
    slot->t_ready_ns = now_ns;
    s->hold = slot->hold;
    orl_rects_clear(&s->damage);
    publish(s);
}

bool orl_scanout_step(struct orl_scanout *s, uint64_t now_ns)
{
    look_for_release(s);
    bool show = s->active && !s->refused && orl_flag_is_raised(&s->out->wanted);
    if (s->hold == 0 && show && !orl_rects_empty(&s->damage)) {
        hand_over(s, now_ns);
    }
    bool answer = s->owed && (s->hold == 0 || !show);
    s->owed = s->owed && !answer;
    return answer;
}

bool orl_scanout_give_up_waiting(struct orl_scanout *s)
{
    bool answer = s->owed;
    s->owed = false;
    return answer;
}

void orl_scanout_finish(struct orl_scanout *s)
{
    let_go(s);
    uint64_t end_ns = orl_now_ns() + LAST_WAIT_NS;
    for (look_for_release(s); s->hold && orl_now_ns() < end_ns; look_for_release(s)) {
        orl_sleep_until(orl_now_ns() + ORL_NS_PER_MS);
    }
    if (s->old_fd >= 0) {
        close(s->old_fd);
        s->old_fd = -1;
    }
}
