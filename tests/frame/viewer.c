/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "viewer.h"

#include <stdlib.h>
#include <string.h>

#include "support/check.h"

void viewer_init(struct viewer *v, struct orl_frame_link *link, bool master)
{
    memset(v, 0, sizeof(*v));
    v->link = link;
    v->master = master;
}

static void free_pool(struct orl_pool *p)
{
    for (int i = 0; i < 3; i++) {
        free(p->map[i]);
        p->map[i] = NULL;
    }
}

void viewer_finish(struct viewer *v)
{
    free_pool(&v->pool);
    free_pool(&v->old);
    free(v->texture);
}

void viewer_new_pool(struct viewer *v, size_t bytes)
{
    assert_true(v->old.map[0] == NULL);
    v->old = v->pool;
    v->pool.generation++;
    v->pool.bytes = bytes;
    for (int i = 0; i < 3; i++) {
        v->pool.map[i] = malloc(bytes);
        assert_non_null(v->pool.map[i]);
        memset(v->pool.map[i], 0xEE, bytes);
    }
    v->link->pool[v->link->pool_mb.back] = v->pool;
    orl_mailbox_publish(&v->link->pool_mb);
}

bool viewer_serve_pool(struct viewer *v)
{
    if (v->old.map[0] || !orl_mailbox_take(&v->link->want_mb)) {
        return false; /* the exchange before is not confirmed yet */
    }
    viewer_new_pool(v, v->link->want[v->link->want_mb.front]);
    return true;
}

static void upload(struct viewer *v, const struct orl_slot *slot)
{
    struct orl_rects set = slot->upload;
    if (set.full) {
        set = (struct orl_rects){.n = 1, .r = {{0, 0, v->w, v->h}}};
    }
    orl_rects_clip(&set, v->w, v->h);
    for (uint32_t i = 0; i < set.n; i++) {
        struct orl_rect r = set.r[i];
        v->uploaded_px += (uint64_t)r.w * r.h;
        for (uint32_t y = r.y; y < r.y + r.h; y++) {
            memcpy(v->texture + ((size_t)y * v->w + r.x) * 4,
                   slot->map + (size_t)y * slot->desc.pitch + (size_t)r.x * 4, (size_t)r.w * 4);
        }
    }
}

static void expect(struct viewer *v, const struct orl_frame_desc *d)
{
    uint32_t seed = SEED_OF(d->screen_w);
    uint32_t serial = d->serial - (v->master ? 1 : 0);
    struct picture *p = &v->expected;
    uint32_t start = serial - serial % DRAWINGS_PER_MODE;
    if (p->painted && p->seed == seed && p->serial >= start && p->serial <= serial) {
        start = p->serial + 1;
    }
    for (uint32_t s = start; s <= serial; s++) {
        picture_to(p, seed, s);
    }
    assert_int_equal(p->w, d->w);
    assert_int_equal(p->h, d->h);
}

static void check(const struct viewer *v, const struct orl_slot *slot)
{
    if (memcmp(v->texture, v->expected.px, (size_t)v->w * v->h * 4) == 0) {
        return;
    }
    for (uint32_t i = 0; i < v->w * v->h; i++) {
        uint32_t px;
        memcpy(&px, v->texture + (size_t)i * 4, 4);
        if (px != v->expected.px[i]) {
            fail_msg("serial %u: pixel %u,%u is %08x and not %08x", slot->desc.serial, i % v->w,
                     i / v->w, px, v->expected.px[i]);
        }
    }
}

bool viewer_take(struct viewer *v)
{
    struct orl_frame_link *link = v->link;
    if (!orl_mailbox_take(&link->frame_mb)) {
        return false;
    }
    const struct orl_slot *slot = &link->frame[link->frame_mb.front];
    if (slot->pool == v->pool.generation) {
        free_pool(&v->old);
    }
    if (slot->kind == ORL_SLOT_NONE) {
        v->nones++;
        return true;
    }
    assert_int_equal(slot->kind, ORL_SLOT_STAGED);
    if (slot->pool != v->pool.generation) {
        assert_int_equal(slot->pool, v->old.generation);
    }
    if (!v->has_picture || slot->session != v->session || slot->desc.w != v->w ||
        slot->desc.h != v->h) {
        assert_true(slot->upload.full);
        free(v->texture);
        v->texture = malloc((size_t)slot->desc.w * slot->desc.h * 4);
        assert_non_null(v->texture);
    }
    v->has_picture = true;
    v->session = slot->session;
    v->w = slot->desc.w;
    v->h = slot->desc.h;
    upload(v, slot);
    expect(v, &slot->desc);
    check(v, slot);
    v->frames++;
    return true;
}
