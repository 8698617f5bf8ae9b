/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "frame/exports.h"

#include <string.h>
#include <unistd.h>

static void drop(struct orl_export *x)
{
    if (x->shared.id) {
        close(x->shared.fd);
        memset(x, 0, sizeof(*x));
    }
}

/* Page-aligned bytes [*from, *to) around the rows. False: they are not inside the memory. */
static bool range_of(const struct orl_shm *shm, const struct orl_frame_desc *f, size_t *from,
                     size_t *to)
{
    uint64_t page = (uint64_t)sysconf(_SC_PAGESIZE);
    uint64_t bytes = ((uint64_t)f->rows + f->extra_rows) * f->pitch;
    if (bytes == 0 || f->pix_off >= shm->size || bytes > shm->size - f->pix_off) {
        return false;
    }
    *from = f->pix_off / page * page;
    *to = (f->pix_off + bytes + page - 1) / page * page;
    return *to <= shm->size;
}

static struct orl_export *find(struct orl_exports *e, size_t from, size_t to)
{
    for (int i = 0; i < ORL_EXPORTS_MAX; i++) {
        struct orl_export *x = &e->entry[i];
        if (x->shared.id && x->from <= from && to <= x->to) {
            return x;
        }
    }
    return NULL;
}

/* A free entry, or the one that was not used for the longest time. */
static struct orl_export *oldest(struct orl_exports *e)
{
    struct orl_export *best = &e->entry[0];
    for (int i = 0; i < ORL_EXPORTS_MAX; i++) {
        struct orl_export *x = &e->entry[i];
        if (x->shared.id == 0) {
            return x;
        }
        best = x->used < best->used ? x : best;
    }
    return best;
}

static int make(struct orl_exports *e, const struct orl_shm *shm, size_t from, size_t to,
                struct orl_export **out)
{
    int fd = -1;
    size_t base = 0;
    size_t size = 0;
    int err = orl_shm_export(shm, from, to - from, &fd, &base, &size);
    if (err) {
        return err;
    }
    if (base > from || size < to - base) {
        close(fd);
        return ORL_EINVAL;
    }
    struct orl_export *x = oldest(e);
    drop(x);
    x->shared.id = ++e->last_id;
    x->shared.fd = fd;
    x->shared.bytes = size;
    x->from = base;
    x->to = base + size;
    *out = x;
    return ORL_OK;
}

int orl_exports_get(struct orl_exports *e, const struct orl_shm *shm,
                    const struct orl_frame_desc *f, struct orl_shared *out)
{
    size_t from, to;
    if (!range_of(shm, f, &from, &to)) {
        return ORL_EINVAL;
    }
    struct orl_export *x = find(e, from, to);
    if (!x) {
        int err = make(e, shm, from, to, &x);
        if (err) {
            return err;
        }
    }
    x->used = ++e->calls;
    *out = x->shared;
    out->offset = f->pix_off - x->from;
    return ORL_OK;
}

void orl_exports_clear(struct orl_exports *e)
{
    for (int i = 0; i < ORL_EXPORTS_MAX; i++) {
        drop(&e->entry[i]);
    }
}
