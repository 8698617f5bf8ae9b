/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The two sources' pictures: what was sent goes into them, and one of them is shown. */
#include "base/clock.h"
#include "render/render_impl.h"

#define ORL_LOG_MODULE "render"
#include "base/log.h"

static bool is_shown(const struct orl_render *r, int which)
{
    return r->choice.shown == (which == ORL_PICTURE_SPICE ? ORL_SHOWN_SPICE : ORL_SHOWN_RING);
}

const struct orl_render_picture *orl_render_shown_picture(const struct orl_render *r)
{
    static const struct orl_render_picture none = {.has = false};
    switch (r->choice.shown) {
    case ORL_SHOWN_RING: return &r->pictures[ORL_PICTURE_RING];
    case ORL_SHOWN_SPICE: return &r->pictures[ORL_PICTURE_SPICE];
    default: return &none;
    }
}

static void damage_frame(struct orl_render *r, const struct orl_slot *slot)
{
    const struct orl_view *v = &r->scene.view;
    if (!v->valid) {
        return;
    }
    if (slot->upload.full) {
        orl_repaint_add(&r->repaint,
                        (struct orl_rect){(uint32_t)v->x, (uint32_t)v->y, v->w, v->h});
    }
    for (uint32_t i = 0; i < slot->upload.n; i++) {
        orl_repaint_add(&r->repaint, orl_view_to_window(v, slot->upload.r[i]));
    }
}

int orl_render_put(struct orl_render *r, int which, const struct orl_slot *slot,
                   uint64_t now_ns)
{
    struct orl_render_picture *p = &r->pictures[which];
    orl_gfx_select(r->gfx, (uint32_t)which);
    uint64_t taken_ns = r->timing ? orl_now_ns() : 0;
    int err = orl_gfx_frame(r->gfx, slot);
    if (err == ORL_EAGAIN) {
        return err;
    }
    if (r->timing && !err) {
        orl_render_time_upload(r, which, slot, taken_ns);
    }
    if (err) {
        orl_warn("a picture of %ux%u cannot be shown: %s", slot->desc.w, slot->desc.h,
                 orl_err_text(err));
        orl_render_alert(r, "The picture is larger than this graphics driver can show",
                         10 * ORL_NS_PER_S, now_ns);
    }
    p->has = err == ORL_OK;
    p->w = slot->desc.w;
    p->h = slot->desc.h;
    p->turns = slot->desc.rotation;
    p->screen_w = slot->desc.screen_w;
    p->screen_h = slot->desc.screen_h;
    if (is_shown(r, which)) {
        orl_render_place(r);
        damage_frame(r, slot);
    }
    return err;
}

void orl_render_forget_imports(struct orl_render *r, int which, const struct orl_slot *none)
{
    orl_gfx_select(r->gfx, (uint32_t)which);
    (void)!orl_gfx_frame(r->gfx, none); /* shows nothing, so it cannot fail */
}

static void take_shape(struct orl_render *r, int which, const struct orl_render_pointer *from)
{
    if (!orl_mailbox_take(from->shape_mb)) {
        return;
    }
    const struct orl_cursor_shape *shape = &from->shape[from->shape_mb->front];
    orl_gfx_select(r->gfx, (uint32_t)which);
    orl_gfx_cursor(r->gfx, shape);
    r->pictures[which].shape = shape->serial;
    if (is_shown(r, which)) {
        orl_repaint_add(&r->repaint, r->cursor_rect);
        r->cursor_rect = (struct orl_rect){0, 0, 0, 0}; /* look again, even at the same place */
    }
}

/* A shape is sent before the position that belongs to it; both may arrive between the two takes. */
void orl_render_take_pointer(struct orl_render *r, int which,
                             const struct orl_render_pointer *from)
{
    struct orl_render_picture *p = &r->pictures[which];
    take_shape(r, which, from);
    if (orl_mailbox_take(from->pos_mb)) {
        p->pos = from->pos[from->pos_mb->front];
        if (p->pos.shape != p->shape) {
            take_shape(r, which, from);
        }
    }
}

static void take_display(struct orl_render *r, const struct orl_slot *slot, uint64_t now_ns)
{
    struct orl_fallback *f = r->link->fallback;
    int err = orl_render_put(r, ORL_PICTURE_SPICE, slot, now_ns);
    if (slot->kind != ORL_SLOT_STAGED && err) {
        orl_info("the emulated card's buffer is not taken: %s", orl_gfx_refusal(r->gfx));
        orl_fallback_release(f, slot->hold, false);
    } else if (slot->kind != ORL_SLOT_STAGED) {
        r->display_held = slot->hold;
        orl_render_release_held(r, 0);
    }
    if (!err) {
        /* Of a buffer in the GPU nobody here knows the pixels. */
        bool blank = slot->map && orl_blank_check(&r->blank, slot);
        r->display = blank ? ORL_DISPLAY_BLANK : ORL_DISPLAY_PICTURE;
        r->fallback_waits = true;
        r->spice_found++;
    }
}

/* Slots own their pixels, which gfx copies at once, or are held: nothing to settle before a take. */
void orl_render_take_fallback(struct orl_render *r, uint64_t now_ns)
{
    struct orl_fallback *f = r->link->fallback;
    if (!f) {
        return;
    }
    if (orl_mailbox_take(&f->frame_mb)) {
        const struct orl_slot *slot = &f->frame[f->frame_mb.front];
        r->display = ORL_DISPLAY_GONE;
        if (slot->kind != ORL_SLOT_NONE) {
            take_display(r, slot, now_ns);
        } else {
            orl_render_forget_imports(r, ORL_PICTURE_SPICE, slot);
        }
    }
    const struct orl_render_pointer from = {&f->pos_mb, f->pos, &f->shape_mb, f->shape};
    orl_render_take_pointer(r, ORL_PICTURE_SPICE, &from);
}

static enum orl_choice_ring ring_state(const struct orl_render *r)
{
    enum orl_guest_state state = r->status.state;
    if (state == ORL_GUEST_VIDEO_OFF || r->want.no_video) {
        return ORL_RING_OFF;
    }
    bool streams = state == ORL_GUEST_STREAMING || state == ORL_GUEST_NO_FRAME;
    return r->ring_has && r->pictures[ORL_PICTURE_RING].has && streams ? ORL_RING_FLOWS
                                                                       : ORL_RING_QUIET;
}

static void want_display(struct orl_render *r, bool wanted)
{
    struct orl_fallback *f = r->link->fallback;
    if (f && wanted != orl_flag_is_raised(&f->wanted)) {
        if (wanted) {
            r->display = ORL_DISPLAY_GONE; /* until something newer than this moment comes */
        }
        orl_fallback_want(f, wanted);
    }
}

void orl_render_choose(struct orl_render *r, uint64_t now_ns)
{
    struct orl_choice_in in = {.ring = ring_state(r),
                               .ring_picture = r->pictures[ORL_PICTURE_RING].has,
                               .display = r->display,
                               .spice_only = r->conf.spice_only,
                               .hidden = r->want.hidden && r->shot_asked == r->shot_done};
    enum orl_shown before = r->choice.shown;
    r->choice_due_ns = orl_choice_step(&r->choice, &in, now_ns);
    want_display(r, r->choice.wanted);
    bool dim = r->ring_old && r->choice.shown == ORL_SHOWN_RING;
    if (r->choice.shown != before) {
        orl_render_place(r);
        r->text.changed = true;
    }
    if (r->choice.shown != before || dim != r->scene.dim) {
        r->scene.dim = dim;
        if (orl_render_shown_picture(r)->has || before != ORL_SHOWN_NONE) {
            orl_repaint_reset(&r->repaint);
        }
    }
}
