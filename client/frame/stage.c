/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "frame/stage.h"

#include <string.h>

#include "base/clock.h"
#include "ring/mem.h"

#define SPINS        200                  /* looks before the first sleep: some microseconds */
#define SLEEP_MIN_NS (30 * ORL_NS_PER_US) /* guests that copy by CPU advance every 100-200 us */
#define SLEEP_MAX_NS (200 * ORL_NS_PER_US)
#define PACE_MAX_NS  ORL_NS_PER_MS /* between two looks for the end of a frame */
#define ALIVE_NS     (10 * ORL_NS_PER_MS)
#define BLOCK_BYTES  262144u
#define MERGE_GAP    64u /* bytes between two spans that are cheaper to copy than to skip */

/* Bytes [from, to) of a row. */
struct span {
    uint32_t from, to;
};

/* One copy under way. */
struct job {
    uint8_t *dst;
    const uint8_t *src;     /* first pixel in the shared memory */
    const uint8_t *counter; /* `written` */
    uint64_t written;       /* highest value seen */
    uint32_t pitch, row_bytes;
    const struct orl_stage_limits *limits;
    uint64_t waiting_since_ns; /* 0: there was no wait yet */
    uint64_t alive_ns;         /* when `alive` was asked last */
};

static int look(struct job *j)
{
    uint32_t now = orl_w32_load(j->counter);
    if (now < j->written) {
        return ORL_EMALFORMED;
    }
    j->written = now;
    return ORL_OK;
}

static int check_limits(struct job *j, uint64_t now_ns)
{
    if (j->waiting_since_ns == 0) {
        j->waiting_since_ns = now_ns;
        j->alive_ns = now_ns;
    }
    if (now_ns - j->alive_ns >= ALIVE_NS && j->limits->alive) {
        j->alive_ns = now_ns;
        if (!j->limits->alive(j->limits->arg)) {
            return ORL_ESESSION;
        }
    }
    return now_ns - j->waiting_since_ns >= j->limits->wait_ns ? ORL_ETIMEOUT : ORL_OK;
}

/* Waits until `need` bytes are written: a short spin, then sleeps that grow until it advances. */
static int wait_for(struct job *j, uint64_t need)
{
    int err = ORL_OK;
    for (int i = 0; i < SPINS && !err && j->written < need; i++) {
        err = look(j);
    }
    uint64_t step = SLEEP_MIN_NS;
    while (!err && j->written < need) {
        uint64_t now_ns = orl_now_ns();
        err = check_limits(j, now_ns);
        if (err) {
            break;
        }
        orl_sleep_until(now_ns + step);
        uint64_t before = j->written;
        err = look(j);
        step = j->written > before ? SLEEP_MIN_NS : step + step / 2;
        step = step > SLEEP_MAX_NS ? SLEEP_MAX_NS : step;
    }
    return err;
}

/* Waits for row `y` up to its byte `to`. *end becomes the row up to which that much is there. */
static int rows_ready(struct job *j, uint32_t y, uint32_t y1, uint32_t to, uint32_t *end)
{
    uint64_t need = (uint64_t)y * j->pitch + to;
    if (j->written < need) {
        int err = wait_for(j, need);
        if (err) {
            return err;
        }
    }
    uint64_t ready = (j->written - to) / j->pitch + 1;
    *end = ready < y1 ? (uint32_t)ready : y1;
    return ORL_OK;
}

/*
 * Rows y0..y1-1 as blocks. Not larger than BLOCK_BYTES: for more the C library writes around the
 * cache, which is slower here (4K picture: 3.0 instead of 2.6 ms) and the upload reads it next.
 */
static int copy_block(struct job *j, uint32_t y0, uint32_t y1)
{
    uint32_t most = BLOCK_BYTES / j->pitch + 1;
    uint32_t end = y0;
    for (uint32_t y = y0; y < y1; y = end) {
        int err = rows_ready(j, y, y1, j->row_bytes, &end);
        if (err) {
            return err;
        }
        end = end - y > most ? y + most : end;
        size_t at = (size_t)y * j->pitch;
        memcpy(j->dst + at, j->src + at, (size_t)(end - y - 1) * j->pitch + j->row_bytes);
    }
    return ORL_OK;
}

static void copy_column(const struct job *j, uint32_t y, uint32_t end, struct span s)
{
    size_t at = (size_t)y * j->pitch + s.from;
    size_t bytes = s.to - s.from;
    for (; y < end; y++, at += j->pitch) {
        memcpy(j->dst + at, j->src + at, bytes);
    }
}

static int copy_spans(struct job *j, uint32_t y0, uint32_t y1, const struct span *s, uint32_t n)
{
    uint32_t end = y0;
    for (uint32_t y = y0; y < y1; y = end) {
        int err = rows_ready(j, y, y1, s[n - 1].to, &end);
        if (err) {
            return err;
        }
        for (uint32_t i = 0; i < n; i++) {
            copy_column(j, y, end, s[i]);
        }
    }
    return ORL_OK;
}

/* The rectangles that touch rows y0..y1-1, sorted by x, as disjoint spans. Returns how many. */
static uint32_t spans_of(struct span *out, const struct orl_rects *set, uint32_t y0,
                         uint32_t px_bytes)
{
    uint32_t n = 0;
    for (uint32_t i = 0; i < set->n; i++) {
        const struct orl_rect *r = &set->r[i];
        if (y0 < r->y || y0 >= r->y + r->h) {
            continue;
        }
        struct span s = {r->x * px_bytes, (r->x + r->w) * px_bytes};
        if (n > 0 && s.from <= out[n - 1].to + MERGE_GAP) {
            out[n - 1].to = s.to > out[n - 1].to ? s.to : out[n - 1].to;
        } else {
            out[n++] = s;
        }
    }
    return n;
}

static void sort_by_x(struct orl_rects *set)
{
    for (uint32_t i = 1; i < set->n; i++) {
        struct orl_rect r = set->r[i];
        uint32_t at = i;
        for (; at > 0 && set->r[at - 1].x > r.x; at--) {
            set->r[at] = set->r[at - 1];
        }
        set->r[at] = r;
    }
}

/* The smallest upper or lower edge below `y`; UINT32_MAX when there is none. */
static uint32_t next_edge(const struct orl_rects *set, uint32_t y)
{
    uint32_t edge = UINT32_MAX;
    for (uint32_t i = 0; i < set->n; i++) {
        uint32_t top = set->r[i].y;
        uint32_t bottom = top + set->r[i].h;
        edge = top > y && top < edge ? top : edge;
        edge = bottom > y && bottom < edge ? bottom : edge;
    }
    return edge;
}

/* Between two edges every row has the same spans; overlaps are copied once. */
static int copy_bands(struct job *j, struct orl_rects *set, uint32_t px_bytes)
{
    struct span spans[ORL_RECTS_MAX];
    int err = ORL_OK;
    sort_by_x(set);
    uint32_t y0 = 0;
    uint32_t y1 = next_edge(set, 0);
    for (; !err && y1 != UINT32_MAX; y0 = y1, y1 = next_edge(set, y0)) {
        uint32_t n = spans_of(spans, set, y0, px_bytes);
        bool whole = n == 1 && spans[0].from == 0 && spans[0].to == j->row_bytes &&
                     j->pitch - j->row_bytes <= j->row_bytes / 8;
        if (whole) {
            err = copy_block(j, y0, y1);
        } else if (n > 0) {
            err = copy_spans(j, y0, y1, spans, n);
        }
    }
    return err;
}

static bool fits(size_t dst_bytes, struct orl_mem mem, const struct orl_frame_desc *f,
                 uint32_t px_bytes)
{
    if (f->rows == 0 || px_bytes == 0 || (uint64_t)f->w * px_bytes != f->row_bytes ||
        f->row_bytes == 0 || f->pitch < f->row_bytes) {
        return false;
    }
    uint64_t bytes = (uint64_t)(f->rows - 1) * f->pitch + f->row_bytes;
    return bytes <= dst_bytes && orl_mem_has(mem, f->pix_off, bytes) &&
           orl_mem_has(mem, f->wp_off, sizeof(uint32_t)) && f->wp_off % sizeof(uint32_t) == 0;
}

/* Only the entries in use: a whole set is a kilobyte, which a small copy would notice. */
static void take_rects(struct orl_rects *set, const struct orl_rects *what,
                       const struct orl_frame_desc *f)
{
    set->full = false;
    set->n = what->full ? 1 : what->n;
    if (what->full) {
        set->r[0] = (struct orl_rect){0, 0, f->w, f->rows};
    } else {
        memcpy(set->r, what->r, what->n * sizeof(what->r[0]));
    }
    orl_rects_clip(set, f->w, f->rows);
}

int orl_stage_copy(uint8_t *dst, size_t dst_bytes, struct orl_mem mem,
                   const struct orl_frame_desc *f, const struct orl_rects *what,
                   const struct orl_stage_limits *limits)
{
    uint32_t px_bytes = orl_pixfmt_bytes(f->fmt);
    if (!fits(dst_bytes, mem, f, px_bytes)) {
        return ORL_EINVAL;
    }
    struct job j = {.dst = dst,
                    .src = mem.base + f->pix_off,
                    .counter = mem.base + f->wp_off,
                    .pitch = f->pitch,
                    .row_bytes = f->row_bytes,
                    .limits = limits};
    struct orl_rects set;
    take_rects(&set, what, f);
    int err = look(&j);
    if (!err) {
        err = copy_bands(&j, &set, px_bytes);
    }
    /* A producer that gave the frame up puts the counter back: then nothing of it is valid. */
    return err ? err : look(&j);
}

/* When half of what is missing should be there, at the pace so far. */
static uint64_t pace_ns(const struct job *j, uint64_t need, uint64_t first, uint64_t spent_ns)
{
    uint64_t done = j->written - first;
    uint64_t left_ns = done ? spent_ns * (need - j->written) / done / 2 : SLEEP_MIN_NS;
    return left_ns < SLEEP_MIN_NS  ? SLEEP_MIN_NS
           : left_ns > PACE_MAX_NS ? PACE_MAX_NS
                                   : left_ns;
}

/* Only the end counts, so it is looked for rarely at first. */
static int wait_for_end(struct job *j, uint64_t need)
{
    uint64_t first = j->written;
    uint64_t begun_ns = orl_now_ns();
    int err = ORL_OK;
    for (int i = 0; i < SPINS && !err && j->written < need; i++) {
        err = look(j);
    }
    while (!err && j->written < need) {
        uint64_t now_ns = orl_now_ns();
        err = check_limits(j, now_ns);
        if (!err) {
            orl_sleep_until(now_ns + pace_ns(j, need, first, now_ns - begun_ns));
            err = look(j);
        }
    }
    return err;
}

int orl_stage_wait(struct orl_mem mem, const struct orl_frame_desc *f,
                   const struct orl_stage_limits *limits)
{
    if (!fits(SIZE_MAX, mem, f, orl_pixfmt_bytes(f->fmt))) {
        return ORL_EINVAL;
    }
    struct job j = {.counter = mem.base + f->wp_off, .limits = limits};
    int err = look(&j);
    return err ? err : wait_for_end(&j, (uint64_t)(f->rows - 1) * f->pitch + f->row_bytes);
}

bool orl_stage_extra_row(uint8_t *row, struct orl_mem mem, const struct orl_frame_desc *f)
{
    uint64_t at = (uint64_t)f->rows * f->pitch;
    if (f->extra_rows == 0 || !orl_mem_has(mem, f->pix_off + at, f->row_bytes) ||
        orl_w32_load(mem.base + f->wp_off) < at + f->row_bytes) {
        return false;
    }
    memcpy(row, mem.base + f->pix_off + at, f->row_bytes);
    return true;
}
