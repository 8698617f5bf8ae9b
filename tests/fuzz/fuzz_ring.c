/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Input: release u8, queue u8, number of patches u8, patches, then steps: one byte says what to do
 * next, among other things to patch the memory once more, as a guest may at any moment.
 */
#include "fuzz/guest.h"
#include "fuzz/input.h"
#include "ring/ring.h"

#define PATCHES 16
#define STEPS   24

/* Held locks cost 100 ms each and have their own tests. */
static void free_locks(uint8_t *base, const struct orl_layout *lay)
{
    for (uint32_t i = 0; i < lay->max_queues; i++) {
        uint8_t *q = base + lay->hdr_queues + (size_t)i * lay->queue_bytes;
        orl_put_u32(q + lay->queue_lock, 0);
        if (lay->lock_bytes == 4) {
            orl_put_u32(q + lay->queue_c_lock, 0);
        } else {
            q[lay->queue_c_lock] = 0;
        }
    }
}

static void read_payload(const struct orl_session *s, uint32_t queue, struct orl_payload msg)
{
    FUZZ_REQUIRE(orl_mem_has(s->mem, msg.off, msg.size));
    struct orl_frame_desc frame;
    struct orl_cursor_msg cursor;
    if (queue == ORL_QUEUE_FRAME) {
        (void)!orl_frame_read(&frame, s->lay, s->mem, msg);
    } else {
        (void)!orl_cursor_read(&cursor, s->lay, s->mem, msg);
    }
}

static void step(struct fuzz_input *in, struct orl_ring *ring, struct orl_session *s)
{
    struct orl_payload msg;
    uint8_t message[ORL_CLIENT_BYTES] = {0};
    switch (fuzz_u8(in) % 8) {
    case 0:
    case 1:
        if (orl_ring_next(ring, &msg) == ORL_OK) {
            read_payload(s, ring->queue_id, msg);
        }
        break;
    case 2: (void)!orl_ring_done(ring); break;
    case 3: (void)!orl_ring_skip_to_last(ring); break;
    case 4: (void)!orl_ring_send(ring, message, fuzz_u8(in), NULL); break;
    case 5: (void)!orl_ring_check(ring); break;
    case 6:
        fuzz_patch(in, s->shm->base, s->shm->size);
        free_locks(s->shm->base, s->lay);
        break;
    default: (void)!orl_session_check(s, fuzz_u8(in)); break;
    }
    FUZZ_REQUIRE(ring->read < ring->ring_len);
}

static void run(struct fuzz_input *in, const struct orl_shm *shm, uint32_t queue)
{
    struct orl_attach attach = {0};
    struct orl_session session;
    struct orl_ring ring, other;
    if (orl_attach_step(&attach, shm, 0, false, &session) != ORL_OK ||
        orl_ring_adopt(&ring, &session, queue, 0, 0) != ORL_OK) {
        return;
    }
    for (int i = 0; i < STEPS && in->size; i++) {
        step(in, &ring, &session);
    }
    if (orl_ring_subscribe(&other, &session, queue) == ORL_OK) {
        orl_ring_unsubscribe(&other);
    }
    orl_ring_unsubscribe(&ring);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct fuzz_input in = {data, size};
    enum orl_release release = (enum orl_release)(fuzz_u8(&in) % ORL_RELEASES);
    uint32_t queue = fuzz_u8(&in) % 2 ? ORL_QUEUE_POINTER : ORL_QUEUE_FRAME;
    uint8_t patches = fuzz_u8(&in) % PATCHES;
    uint8_t *base = aligned_alloc(64, GUEST_BYTES);
    FUZZ_REQUIRE(base);
    memcpy(base, fuzz_guest(release), GUEST_BYTES);
    for (int i = 0; i < patches; i++) {
        fuzz_patch(&in, base, GUEST_BYTES);
    }
    free_locks(base, orl_layout_get(release));
    struct orl_shm shm = {
        .base = base, .size = GUEST_BYTES, .fd = -1, .writable = true, .guard = -1};
    run(&in, &shm, queue);
    free(base);
    return 0;
}
