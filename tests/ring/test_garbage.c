/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Memory full of nonsense between two pages that cannot be touched: whatever is in there, every
 * call returns, soon, and stays inside. Locks are freed beforehand, or each case would cost the
 * whole wait for one.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "rig.h"
#include "support/check.h"
#include "support/vectors.h"

#define RANDOM_MEMORIES 10000
#define MEMORY_BYTES    (128 * 1024)
#define FLIPS_PER_IMAGE 150
#define STEPS           12

static uint64_t random_state = 0x1234567;

static uint64_t next_random(void)
{
    random_state ^= random_state << 13;
    random_state ^= random_state >> 7;
    random_state ^= random_state << 17;
    return random_state;
}

static void free_locks(uint8_t *base, const struct orl_layout *lay)
{
    for (uint32_t i = 0; i < lay->max_queues; i++) {
        uint8_t *block = base + lay->hdr_queues + (size_t)i * lay->queue_bytes;
        memset(block + lay->queue_lock, 0, 4);
        memset(block + lay->queue_c_lock, 0, 4);
    }
}

/* A payload that next() gave must be readable in full. */
static void touch(const struct orl_shm *shm, struct orl_payload msg)
{
    assert_true(msg.off <= shm->size && msg.size <= shm->size - msg.off);
    if (msg.size > 0) {
        volatile const uint8_t *p = shm->base + msg.off;
        (void)p[0];
        (void)p[msg.size - 1];
    }
}

/* Random calls on one subscription; returns how many succeeded. */
static unsigned use(struct orl_ring *ring)
{
    const struct orl_shm *shm = ring->session->shm;
    unsigned good = 0;
    for (int i = 0; i < STEPS; i++) {
        struct orl_payload msg;
        int err = ORL_OK;
        switch (next_random() % 6) {
        case 0:
        case 1:
            err = orl_ring_next(ring, &msg);
            if (err == ORL_OK) {
                touch(shm, msg);
            }
            break;
        case 2: err = orl_ring_done(ring); break;
        case 3: err = orl_ring_skip_to_last(ring); break;
        case 4: err = orl_ring_send(ring, "0123456789", 10, NULL); break;
        case 5: err = orl_ring_has_newer(ring) ? ORL_OK : ORL_EAGAIN; break;
        }
        good += err == ORL_OK;
        assert_true(ring->read < ring->ring_len);
        assert_int_not_equal(err, ORL_EVERSION);
    }
    return good;
}

/* Everything a viewer would do with this memory. */
static unsigned attack(const struct orl_shm *shm)
{
    struct orl_attach a = {0};
    struct orl_session s;
    unsigned good = 0;
    if (orl_attach_step(&a, shm, 0, false, &s) != ORL_OK) {
        return 0;
    }
    for (uint32_t id = 1; id <= 3; id++) {
        struct orl_ring ring;
        if (orl_ring_adopt(&ring, &s, id, 0, (uint32_t)(next_random() % 2)) == ORL_OK) {
            good += 1 + use(&ring);
        }
        if (orl_ring_subscribe(&ring, &s, id) == ORL_OK) {
            good += 1 + use(&ring);
            orl_ring_unsubscribe(&ring);
        }
    }
    return good;
}

/* Random words, with enough truth in the header to get further than the first check. */
static void fill_memory(struct orl_guarded *g, const struct orl_layout *lay)
{
    for (size_t i = 0; i < g->size; i += 8) {
        orl_put_u64(g->base + i, next_random());
    }
    orl_put_u32(g->base + lay->hdr_magic, ORL_LGMP_MAGIC);
    orl_put_u32(g->base + lay->hdr_proto_version, lay->lgmp);
    orl_put_u32(g->base + lay->hdr_queue_count,
                (uint32_t)(next_random() % (lay->max_queues + 2)));
    orl_put_u32(g->base + lay->hdr_user_data_size, (uint32_t)(48 + next_random() % 100));
    rig_user_data(g->base + lay->hdr_user_data, lay);
    for (uint32_t i = 0; i < lay->max_queues; i++) {
        uint8_t *block = g->base + lay->hdr_queues + (size_t)i * lay->queue_bytes;
        orl_put_u32(block + lay->queue_queue_id, i % 3 + 1);
        if (next_random() % 4 != 0) {
            orl_put_u32(block + lay->queue_ring_len, 1u << next_random() % 13);
            orl_put_u32(block + lay->queue_ring_offset,
                        (uint32_t)(next_random() % (g->size / 16) * 16));
            orl_put_u32(block + lay->queue_head, (uint32_t)(next_random() % 4));
            orl_put_u32(block + lay->queue_tail, (uint32_t)(next_random() % 4));
            orl_put_u32(block + lay->queue_used, (uint32_t)(next_random() % 6));
        }
        if (next_random() % 2 != 0) {
            orl_put_u64(block + lay->queue_subs, UINT64_C(0x00000001000100) << 8 & ~255u);
            orl_put_u32(block + lay->queue_c_free, (uint32_t)(next_random() % 18));
            orl_put_u32(block + lay->queue_c_write, (uint32_t)(next_random() % 18));
        }
    }
    free_locks(g->base, lay);
}

static void random_memory_is_survived(void **state)
{
    (void)state;
    unsigned good = 0;
    struct orl_guarded g;
    orl_guarded_init(&g, MEMORY_BYTES);
    uint64_t start_ns = orl_now_ns();
    for (int i = 0; i < RANDOM_MEMORIES; i++) {
        fill_memory(&g, orl_layout_get((enum orl_release)(i % ORL_RELEASES)));
        struct orl_shm shm = {.base = g.base, .size = g.size, .fd = -1, .writable = true};
        good += attack(&shm);
    }
    assert_true(good > RANDOM_MEMORIES / 10); /* or the checks would all end at the header */
    assert_true(orl_now_ns() - start_ns < 100 * ORL_NS_PER_S);
    orl_guarded_finish(&g);
}

static void memory_of_any_size_is_survived(void **state)
{
    (void)state;
    for (size_t size = 8; size < 16384; size += 8 * (1 + size / 700)) {
        struct orl_guarded g;
        orl_guarded_init(&g, size);
        for (int i = 0; i < ORL_RELEASES; i++) {
            const struct orl_layout *lay = orl_layout_get((enum orl_release)i);
            if (size >= lay->hdr_magic + 8) {
                orl_put_u32(g.base + lay->hdr_magic, ORL_LGMP_MAGIC);
                orl_put_u32(g.base + lay->hdr_proto_version, lay->lgmp);
            }
            struct orl_shm shm = {.base = g.base, .size = size, .fd = -1, .writable = true};
            struct orl_attach a = {0};
            struct orl_session s;
            assert_int_equal(orl_attach_step(&a, &shm, 0, false, &s), ORL_EAGAIN);
        }
        orl_guarded_finish(&g);
    }
}

/* Half of the flips hit the queue blocks and rings, where they matter most. */
static void flip(struct orl_guarded *g, const uint8_t *original, const struct orl_layout *lay)
{
    size_t control = (size_t)lay->hdr_bytes + 1024;
    memcpy(g->base, original, g->size);
    for (uint64_t n = 1 + next_random() % 8; n > 0; n--) {
        size_t at = next_random() % (next_random() % 8 ? control : g->size);
        g->base[at] ^= (uint8_t)(1u << next_random() % 8);
    }
    free_locks(g->base, lay);
}

static void flipped_images_are_survived(void **state)
{
    (void)state;
    char *names[ORL_VECTORS_MAX];
    size_t count = orl_vectors_list(names);
    unsigned good = 0;
    assert_true(count > 20);
    for (size_t i = 0; i < count; i++) {
        struct orl_guarded g;
        orl_vectors_image(&g, names[i], SIZE_MAX);
        uint8_t *original = malloc(g.size);
        assert_non_null(original);
        memcpy(original, g.base, g.size);
        struct orl_layout_found found;
        assert_int_equal(orl_layout_probe(&found, orl_guarded_mem(&g)), ORL_OK);
        for (int k = 0; k < FLIPS_PER_IMAGE; k++) {
            flip(&g, original, found.lay);
            struct orl_shm shm = {.base = g.base, .size = g.size, .fd = -1, .writable = true};
            good += attack(&shm) > 0;
        }
        free(original);
        orl_guarded_finish(&g);
        free(names[i]);
    }
    assert_true(good > count * FLIPS_PER_IMAGE / 2);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(random_memory_is_survived),
        cmocka_unit_test(memory_of_any_size_is_survived),
        cmocka_unit_test(flipped_images_are_survived),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
