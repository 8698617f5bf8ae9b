/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "viewer.h"

#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "support/check.h"

void viewer_init(struct viewer *v, struct orl_frame_link *link, bool master)
{
    memset(v, 0, sizeof(*v));
    v->link = link;
    v->master = master;
    viewer_set_ways(v, 0);
}

void viewer_set_ways(struct viewer *v, uint32_t ways)
{
    v->ways |= ways;
    orl_frame_link_set_ways(v->link, ways);
}

void viewer_release(struct viewer *v, bool shown)
{
    assert_true(v->held != 0);
    uint64_t held = v->held;
    v->held = 0;
    orl_frame_link_release(v->link, held, shown);
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

static void upload(struct viewer *v, const struct orl_slot *slot, const uint8_t *pixels)
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
                   pixels + (size_t)y * slot->desc.pitch + (size_t)r.x * 4, (size_t)r.w * 4);
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

/* As GL does: the pixels by the descriptor alone, which must lie inside it. */
static void upload_shared(struct viewer *v, const struct orl_slot *slot)
{
    uint64_t page = (uint64_t)sysconf(_SC_PAGESIZE);
    const struct orl_shared *s = &slot->shared;
    uint64_t bytes = (uint64_t)slot->desc.rows * slot->desc.pitch;
    assert_true(s->id != 0 && s->offset <= s->bytes && bytes <= s->bytes - s->offset);
    uint64_t from = s->offset / page * page;
    size_t size = (size_t)(s->offset + bytes - from);
    uint8_t *map = mmap(NULL, size, PROT_READ, MAP_SHARED, s->fd, (off_t)from);
    assert_true(map != MAP_FAILED);
    upload(v, slot, map + (s->offset - from));
    munmap(map, size);
    v->imported++;
}

static void upload_slot(struct viewer *v, const struct orl_slot *slot)
{
    if (slot->kind == ORL_SLOT_DMABUF) {
        upload_shared(v, slot);
        return;
    }
    v->in_place += slot->kind == ORL_SLOT_HELD;
    upload(v, slot, slot->map);
}

static void check_kind(const struct viewer *v, const struct orl_slot *slot)
{
    if (slot->kind == ORL_SLOT_HELD) {
        assert_true(v->ways & ORL_WAY_HELD);
    } else if (slot->kind == ORL_SLOT_DMABUF) {
        assert_true(v->ways & (ORL_WAY_DMABUF | ORL_WAY_MEMORY));
    } else {
        assert_int_equal(slot->kind, ORL_SLOT_STAGED);
        assert_int_equal(slot->hold, 0);
        return;
    }
    assert_true(slot->hold != 0);
}

static void show(struct viewer *v)
{
    const struct orl_frame_link *link = v->link;
    const struct orl_slot *slot = &link->frame[link->frame_mb.front];
    assert_int_equal(v->held, 0); /* one at a time */
    if (slot->pool == v->pool.generation) {
        free_pool(&v->old);
    }
    if (slot->kind == ORL_SLOT_NONE) {
        v->nones++;
        return;
    }
    check_kind(v, slot);
    v->held = slot->hold;
    if (slot->kind == ORL_SLOT_STAGED && slot->pool != v->pool.generation) {
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
    upload_slot(v, slot);
    v->frames++;
    if (slot->hold && v->live_seed && v->live_seed != SEED_OF(slot->desc.screen_w)) {
        v->dead++; /* the new session has written over it */
        return;
    }
    expect(v, &slot->desc);
    check(v, slot);
}

bool viewer_take(struct viewer *v)
{
    if (!orl_mailbox_take(&v->link->frame_mb)) {
        return false;
    }
    show(v);
    return true;
}

bool viewer_refuse(struct viewer *v)
{
    struct orl_frame_link *link = v->link;
    assert_int_equal(v->held, 0);
    if (!orl_mailbox_take(&link->frame_mb)) {
        return false;
    }
    const struct orl_slot *slot = &link->frame[link->frame_mb.front];
    if (slot->hold == 0) {
        show(v);
        return false;
    }
    v->held = slot->hold;
    viewer_release(v, false);
    return true;
}
