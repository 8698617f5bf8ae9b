/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "frame/damage.h"

void orl_damage_reset(struct orl_damage *d)
{
    orl_rects_set_full(&d->fresh);
    for (uint32_t i = 0; i < ORL_DAMAGE_BUFFERS; i++) {
        orl_rects_set_full(&d->stale[i]);
    }
}

bool orl_damage_follows(const struct orl_frame_desc *prev, const struct orl_frame_desc *f,
                        bool skips_zero)
{
    uint32_t next = prev->serial + 1;
    if (next == 0 && skips_zero) {
        next = 1;
    }
    return f->serial == next && f->format_id == prev->format_id && f->fmt == prev->fmt &&
           f->w == prev->w && f->h == prev->h && f->rows == prev->rows &&
           f->extra_rows == prev->extra_rows && f->pitch == prev->pitch;
}

void orl_damage_add(struct orl_damage *d, const struct orl_frame_desc *f, bool follows)
{
    if (!follows) {
        orl_damage_reset(d);
        return;
    }
    orl_rects_add(&d->fresh, &f->damage);
    if (f->extra_rows) {
        /* Damage lists never mention the row that may be missing. */
        orl_rects_add_one(&d->fresh, (struct orl_rect){0, f->rows, f->w, f->extra_rows});
    }
}

void orl_damage_todo(const struct orl_damage *d, uint32_t back, struct orl_rects *out)
{
    *out = d->stale[back];
    orl_rects_add(out, &d->fresh);
}

void orl_damage_staged(struct orl_damage *d, uint32_t back, const struct orl_rects *unread,
                       struct orl_rects *upload)
{
    for (uint32_t i = 0; i < ORL_DAMAGE_BUFFERS; i++) {
        if (i != back) {
            orl_rects_add(&d->stale[i], &d->fresh);
        }
    }
    orl_rects_clear(&d->stale[back]);
    *upload = d->fresh;
    if (unread) {
        orl_rects_add(upload, unread);
    }
    orl_rects_clear(&d->fresh);
}

void orl_damage_held(struct orl_damage *d, const struct orl_rects *unread,
                     struct orl_rects *upload)
{
    for (uint32_t i = 0; i < ORL_DAMAGE_BUFFERS; i++) {
        orl_rects_add(&d->stale[i], &d->fresh);
    }
    *upload = d->fresh;
    if (unread) {
        orl_rects_add(upload, unread);
    }
    orl_rects_clear(&d->fresh);
}

void orl_damage_returned(struct orl_damage *d, const struct orl_rects *upload)
{
    orl_rects_add(&d->fresh, upload);
}

void orl_damage_failed(struct orl_damage *d, uint32_t back)
{
    orl_rects_set_full(&d->stale[back]);
    orl_rects_set_full(&d->fresh);
}
