/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "spice/screen.h"

#include <stdlib.h>
#include <string.h>

#include "base/clock.h"

#define PX_BYTES 4u /* of the slots */

void orl_screen_init(struct orl_screen *s, struct orl_fallback *out)
{
    memset(s, 0, sizeof(*s));
    s->out = out;
    orl_damage_reset(&s->damage);
}

static void wake_render(const struct orl_screen *s)
{
    if (s->out->render_wake) {
        orl_wake_set(s->out->render_wake, ORL_RENDER_FALLBACK);
    }
}

static bool same_rect(struct orl_rect a, struct orl_rect b)
{
    return a.x == b.x && a.y == b.y && a.w == b.w && a.h == b.h;
}

bool orl_screen_place(struct orl_screen *s, int w, int h, struct orl_rect head)
{
    if (w < 1 || h < 1) {
        return false;
    }
    struct orl_rect all = {0, 0, (uint32_t)w, (uint32_t)h};
    struct orl_rect cut = orl_rect_intersect(head, all);
    if (cut.w == 0 || cut.h == 0) {
        cut = all; /* heads of a mode that is not there yet */
    }
    if (cut.w > ORL_FRAME_SIDE_MAX || cut.h > ORL_FRAME_SIDE_MAX) {
        return false;
    }
    if (!same_rect(cut, s->head)) {
        s->head = cut;
        s->surfaces++;
        s->out->origin_x = cut.x;
        s->out->origin_y = cut.y;
        orl_damage_reset(&s->damage);
    }
    return true;
}

static int64_t clamp(int64_t v, int64_t low, int64_t high)
{
    return v < low ? low : v > high ? high : v;
}

void orl_screen_damage(struct orl_screen *s, int64_t x, int64_t y, int64_t w, int64_t h)
{
    const int64_t far = INT64_C(1) << 32; /* beyond any surface; sums stay in range */
    const int64_t left = s->head.x, top = s->head.y;
    x = clamp(x, -far, far);
    y = clamp(y, -far, far);
    int64_t right = clamp(x + clamp(w, 0, far), left, left + s->head.w);
    int64_t bottom = clamp(y + clamp(h, 0, far), top, top + s->head.h);
    x = clamp(x, left, left + s->head.w);
    y = clamp(y, top, top + s->head.h);
    if (right > x && bottom > y) {
        orl_rects_add_one(&s->damage.fresh,
                          (struct orl_rect){(uint32_t)(x - left), (uint32_t)(y - top),
                                            (uint32_t)(right - x), (uint32_t)(bottom - y)});
    }
}

void orl_screen_damage_all(struct orl_screen *s)
{
    orl_rects_set_full(&s->damage.fresh);
}

bool orl_screen_is_damaged(const struct orl_screen *s)
{
    return !orl_rects_empty(&s->damage.fresh);
}

/* ---- Pixels -------------------------------------------------------------------------------- */

static uint32_t bytes_of(int format)
{
    switch (format) {
    case ORL_SURFACE_RGB555:
    case ORL_SURFACE_RGB565: return 2;
    case ORL_SURFACE_XRGB8888:
    case ORL_SURFACE_ARGB8888: return 4;
    default: return 0;
    }
}

/* The upper bits once more below them: 31 of 31 becomes 255 of 255. */
static uint8_t widen(uint32_t v, uint32_t bits)
{
    return (uint8_t)(v << (8 - bits) | v >> (2 * bits - 8));
}

static void convert_row(uint8_t *dst, const uint8_t *src, uint32_t n, int format)
{
    uint32_t green = format == ORL_SURFACE_RGB565 ? 6 : 5;
    for (size_t i = 0; i < n; i++) {
        uint16_t v;
        memcpy(&v, src + i * 2, 2);
        dst[4 * i] = widen(v & 31u, 5);
        dst[4 * i + 1] = widen((uint32_t)v >> 5 & ((1u << green) - 1), green);
        dst[4 * i + 2] = widen((uint32_t)v >> (5 + green) & 31u, 5);
        dst[4 * i + 3] = 255;
    }
}

static void copy_rect(const struct orl_screen *s, uint8_t *map,
                      const struct orl_surface_view *from, struct orl_rect r)
{
    uint32_t px = bytes_of(from->format);
    for (uint32_t y = r.y; y < r.y + r.h; y++) {
        const uint8_t *src = from->data + ((size_t)s->head.y + y) * (size_t)from->pitch +
                             ((size_t)s->head.x + r.x) * px;
        uint8_t *dst = map + ((size_t)y * s->head.w + r.x) * PX_BYTES;
        if (px == PX_BYTES) {
            memcpy(dst, src, (size_t)r.w * PX_BYTES);
        } else {
            convert_row(dst, src, r.w, from->format);
        }
    }
}

static int check(const struct orl_screen *s, const struct orl_surface_view *from)
{
    uint32_t px = bytes_of(from->format);
    if (px == 0) {
        return ORL_EUNSUPPORTED;
    }
    bool fits = from->data && s->head.w > 0 && from->w > 0 && from->h > 0 &&
                (uint64_t)s->head.x + s->head.w <= (uint64_t)from->w &&
                (uint64_t)s->head.y + s->head.h <= (uint64_t)from->h &&
                (int64_t)from->pitch >= (int64_t)from->w * px;
    return fits ? ORL_OK : ORL_EINVAL;
}

/* ---- Hand-over ----------------------------------------------------------------------------- */

static uint8_t *room_for(struct orl_screen *s, uint32_t back, size_t bytes)
{
    uint8_t **pixels = &s->out->pixels[back];
    if (bytes > s->cap[back]) {
        free(*pixels);
        *pixels = malloc(bytes);
        s->cap[back] = *pixels ? bytes : 0;
        orl_rects_set_full(&s->damage.stale[back]);
    }
    return *pixels;
}

static void describe(struct orl_screen *s, struct orl_slot *slot)
{
    slot->kind = ORL_SLOT_STAGED;
    slot->session = s->surfaces;
    slot->desc = (struct orl_frame_desc){.serial = ++s->serial,
                                         .format_id = s->surfaces,
                                         .fmt = ORL_PIX_BGRA8,
                                         .screen_w = s->head.w,
                                         .screen_h = s->head.h,
                                         .w = s->head.w,
                                         .h = s->head.h,
                                         .rows = s->head.h,
                                         .pitch = s->head.w * PX_BYTES,
                                         .row_bytes = s->head.w * PX_BYTES,
                                         .white_nits = ORL_WHITE_NITS};
}

int orl_screen_copy(struct orl_screen *s, const struct orl_surface_view *from, uint64_t seen_ns)
{
    int err = check(s, from);
    if (err) {
        return err;
    }
    uint32_t back = s->out->frame_mb.back;
    struct orl_slot *slot = &s->out->frame[back];
    uint8_t *map = room_for(s, back, (size_t)s->head.w * s->head.h * PX_BYTES);
    if (!map) {
        return ORL_ENOMEM;
    }
    struct orl_rects todo;
    orl_damage_todo(&s->damage, back, &todo);
    if (todo.full) {
        todo = (struct orl_rects){.n = 1, .r = {{0, 0, s->head.w, s->head.h}}};
    }
    orl_rects_clip(&todo, s->head.w, s->head.h);
    for (uint32_t i = 0; i < todo.n; i++) {
        copy_rect(s, map, from, todo.r[i]);
    }
    int unread = orl_mailbox_unread(&s->out->frame_mb);
    orl_damage_staged(&s->damage, back, unread >= 0 ? &s->out->frame[unread].upload : NULL,
                      &slot->upload);
    describe(s, slot);
    slot->map = map;
    slot->t_seen_ns = seen_ns;
    slot->t_ready_ns = orl_now_ns();
    orl_mailbox_publish(&s->out->frame_mb);
    s->shown = true;
    wake_render(s);
    return ORL_OK;
}

void orl_screen_forget(struct orl_screen *s)
{
    s->shown = false;
    orl_screen_damage_all(s);
}

void orl_screen_gone(struct orl_screen *s)
{
    if (!s->shown) {
        return;
    }
    struct orl_slot *slot = &s->out->frame[s->out->frame_mb.back];
    slot->kind = ORL_SLOT_NONE; /* keeps its memory */
    orl_rects_set_full(&slot->upload);
    orl_rects_set_full(&s->damage.fresh);
    orl_mailbox_publish(&s->out->frame_mb);
    s->shown = false;
    wake_render(s);
}
