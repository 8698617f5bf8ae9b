/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "guest.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "ring/mem.h"
#include "support/check.h"
#include "support/random.h"

#define ALIGN 4096

/* ---- Pictures ------------------------------------------------------------------------------ */

void picture_size(uint32_t serial, uint32_t *w, uint32_t *h)
{
    static const uint32_t sizes[][2] = {{64, 48}, {96, 40}, {33, 96}};
    uint32_t mode = serial / DRAWINGS_PER_MODE % 3;
    *w = sizes[mode][0];
    *h = sizes[mode][1];
}

void picture_damage(uint32_t seed, uint32_t serial, struct orl_rects *out)
{
    uint32_t w, h;
    picture_size(serial, &w, &h);
    *out = (struct orl_rects){0};
    if (serial % DRAWINGS_PER_MODE == 0) {
        orl_rects_set_full(out);
        return;
    }
    uint64_t rng = (uint64_t)seed << 32 | serial;
    uint32_t n = 1 + random_below(&rng, random_below(&rng, 8) == 0 ? 64 : 5);
    for (uint32_t i = 0; i < n; i++) {
        uint32_t x = random_below(&rng, w), y = random_below(&rng, h);
        uint32_t rw = 1 + random_below(&rng, w / 2), rh = 1 + random_below(&rng, h / 2);
        /* Some reach beyond the edge, as guests do. */
        out->r[out->n++] = (struct orl_rect){x, y, rw, rh};
    }
}

void picture_to(struct picture *p, uint32_t seed, uint32_t serial)
{
    struct orl_rects set;
    picture_size(serial, &p->w, &p->h);
    picture_damage(seed, serial, &set);
    if (set.full) {
        set = (struct orl_rects){.n = 1, .r = {{0, 0, p->w, p->h}}};
    }
    orl_rects_clip(&set, p->w, p->h);
    for (uint32_t i = 0; i < set.n; i++) {
        for (uint32_t y = set.r[i].y; y < set.r[i].y + set.r[i].h; y++) {
            for (uint32_t x = set.r[i].x; x < set.r[i].x + set.r[i].w; x++) {
                uint64_t v = ((uint64_t)seed << 40) ^ ((uint64_t)serial << 20) ^ (y << 8) ^ x;
                p->px[y * p->w + x] = (uint32_t)random_next(&v);
            }
        }
    }
    p->seed = seed;
    p->serial = serial;
    p->painted = true;
}

/* ---- Guest --------------------------------------------------------------------------------- */

static void open_memory(struct guest *g, enum orl_release release, size_t bytes)
{
    assert_int_equal(orl_shm_map_fd(&g->shm, dup(g->fd), bytes, ORL_SHM_READ_WRITE), ORL_OK);
    g->lay = orl_layout_get(release);
    g->seed = 100;
}

void guest_create(struct guest *g, enum orl_release release, size_t bytes)
{
    memset(g, 0, sizeof(*g));
    snprintf(g->path, sizeof(g->path), "/tmp/orl-test-frame-XXXXXX");
    g->fd = mkstemp(g->path);
    assert_true(g->fd >= 0);
    assert_int_equal(ftruncate(g->fd, (off_t)bytes), 0);
    open_memory(g, release, bytes);
}

void guest_create_sealed(struct guest *g, enum orl_release release, size_t bytes)
{
    memset(g, 0, sizeof(*g));
    g->sealed = true;
    g->fd = memfd_create("orl-test-frame", MFD_CLOEXEC | MFD_ALLOW_SEALING);
    assert_true(g->fd >= 0);
    assert_int_equal(ftruncate(g->fd, (off_t)bytes), 0);
    assert_int_equal(fcntl(g->fd, F_ADD_SEALS, F_SEAL_SHRINK | F_SEAL_GROW), 0);
    snprintf(g->path, sizeof(g->path), "/proc/self/fd/%d", g->fd);
    open_memory(g, release, bytes);
}

void guest_destroy(struct guest *g)
{
    orl_shm_close(&g->shm);
    close(g->fd);
    if (!g->sealed) {
        unlink(g->path);
    }
}

static void place_slots(struct guest *g)
{
    for (int i = 0; i < 8; i++) {
        g->pointer_slot[i] = orl_producer_alloc(&g->producer, 8192, 64);
        assert_true(g->pointer_slot[i] != 0);
    }
    size_t left = g->producer.size - g->producer.alloc;
    g->slot_bytes = (uint32_t)((left - 2 * ALIGN) / 2 / ALIGN * ALIGN);
    for (int i = 0; i < 2; i++) {
        g->slot[i] = orl_producer_alloc(&g->producer, g->slot_bytes, ALIGN);
        assert_true(g->slot[i] != 0);
    }
}

void guest_start(struct guest *g, uint64_t now_ms)
{
    uint8_t data[512];
    struct orl_session_info info = {.kvmfr = g->lay->kvmfr, .host_version = "test-guest"};
    info.features = g->features;
    size_t len = orl_session_info_write(data, sizeof(data), g->lay, &info);
    assert_true(len > 0);
    assert_int_equal(orl_producer_start(&g->producer, g->shm.base, g->shm.size, g->lay, data,
                                        (uint32_t)len, 0, now_ms),
                     ORL_OK);
    uint32_t pointers = g->lay->release == ORL_MASTER ? 32 : 20;
    assert_int_equal(
        orl_producer_add_queue(&g->producer, ORL_QUEUE_FRAME, 2, 1000, &g->frame_queue),
        ORL_OK);
    assert_int_equal(orl_producer_add_queue(&g->producer, ORL_QUEUE_POINTER, pointers, 1000,
                                            &g->pointer_queue),
                     ORL_OK);
    place_slots(g);
    g->seed++;
    g->serial = 0;
    g->next_slot = 0;
    g->picture.painted = false;
}

bool guest_can_post(const struct guest *g)
{
    return orl_producer_used(&g->producer, g->frame_queue) < 2;
}

struct orl_frame_desc guest_desc(const struct guest *g, uint32_t i, uint32_t w, uint32_t h)
{
    return (struct orl_frame_desc){
        .format_id = 1,
        .fmt = ORL_PIX_BGRA8,
        .screen_w = g->seed + 20000,
        .screen_h = h,
        .w = w,
        .h = h,
        .rows = h,
        .pitch = w * 4 + 16,
        .row_bytes = w * 4,
        .flags = g->flags,
        .white_nits = ORL_WHITE_NITS,
        .wp_off = g->slot[i] + ALIGN - 4,
        .pix_off = g->slot[i] + ALIGN,
    };
}

bool guest_post_desc(struct guest *g, uint32_t i, const struct orl_frame_desc *desc,
                     uint64_t now_ms)
{
    struct orl_payload msg = {g->slot[i], g->slot_bytes, 0};
    bool posted = false;
    assert_int_equal(orl_frame_write(g->shm.base, g->shm.size, g->lay, msg, desc), ORL_OK);
    g->last = *desc;
    g->last_slot = i;
    int err = orl_producer_post(&g->producer, g->frame_queue, msg, NULL, 0, now_ms, &posted);
    assert_int_equal(err, ORL_OK);
    return posted;
}

void guest_skip_frame(struct guest *g)
{
    picture_to(&g->picture, g->seed, g->serial++);
}

void guest_write(struct guest *g, uint32_t rows)
{
    uint8_t *dst = g->shm.base + g->last.pix_off;
    for (uint32_t y = 0; y < rows; y++) {
        memcpy(dst + (size_t)y * g->last.pitch, g->picture.px + (size_t)y * g->last.w,
               (size_t)g->last.w * 4);
        orl_w32_store(g->shm.base + g->last.wp_off, (y + 1) * g->last.pitch);
    }
}

bool guest_post_frame(struct guest *g, uint64_t now_ms)
{
    guest_skip_frame(g); /* paints */
    uint32_t i = g->next_slot;
    struct orl_frame_desc d = guest_desc(g, i, g->picture.w, g->picture.h);
    d.serial = g->picture.serial + (g->lay->release == ORL_MASTER); /* master starts at 1 */
    d.format_id = 1 + g->picture.serial / DRAWINGS_PER_MODE;
    picture_damage(g->seed, g->picture.serial, &d.damage);
    bool posted = guest_post_desc(g, i, &d, now_ms);
    g->next_slot ^= 1;
    if (!g->hold_written) {
        guest_write(g, d.rows);
    }
    return posted;
}

bool guest_repost(struct guest *g, uint64_t now_ms)
{
    struct orl_payload msg = {g->slot[g->last_slot], g->slot_bytes, 0};
    bool posted = false;
    assert_int_equal(
        orl_producer_post(&g->producer, g->frame_queue, msg, NULL, 0, now_ms, &posted), ORL_OK);
    return posted;
}

bool guest_post_cursor(struct guest *g, const struct orl_cursor_msg *cur, const uint8_t *shape,
                       uint32_t shape_bytes, uint64_t now_ms)
{
    size_t off = g->pointer_slot[g->next_pointer_slot];
    g->next_pointer_slot = (g->next_pointer_slot + 1) % 8;
    struct orl_payload msg = {off, 8192, 0};
    bool posted = false;
    assert_int_equal(orl_cursor_write(g->shm.base, g->shm.size, g->lay, msg, cur, shape,
                                      shape_bytes, &msg.tag),
                     ORL_OK);
    int err = orl_producer_post(&g->producer, g->pointer_queue, msg, NULL, 0, now_ms, &posted);
    assert_int_equal(err, ORL_OK);
    return posted;
}

void guest_pass(struct guest *g, uint64_t now_ms)
{
    assert_int_equal(orl_producer_pass(&g->producer, now_ms), ORL_OK);
}
