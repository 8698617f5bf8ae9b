/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "fuzz/guest.h"

#include "fuzz/input.h"
#include "ring/producer.h"
#include "ring/ring.h"
#include "wire/wire.h"

static void post_frame(struct orl_producer *p, uint32_t queue)
{
    const uint32_t size = 4096, fb = 1276;
    struct orl_payload msg = {.off = orl_producer_alloc(p, size, 64), .size = size};
    const struct orl_frame_desc d = {.serial = 1,
                                     .fmt = ORL_PIX_BGRA8,
                                     .w = 16,
                                     .h = 8,
                                     .rows = 8,
                                     .pitch = 64,
                                     .screen_w = 16,
                                     .screen_h = 8,
                                     .pix_off = msg.off + fb + 4};
    FUZZ_REQUIRE(orl_frame_write(p->base, p->size, p->lay, msg, &d) == ORL_OK);
    orl_put_u32(p->base + msg.off + fb, 8 * 64);
    FUZZ_REQUIRE(orl_producer_post(p, queue, msg, NULL, 0, 100, NULL) == ORL_OK);
}

static void post_cursor(struct orl_producer *p, uint32_t queue)
{
    uint8_t shape[256] = {0};
    struct orl_payload msg = {.off = orl_producer_alloc(p, 512, 64), .size = 512};
    const struct orl_cursor_msg c = {.has_position = true,
                                     .has_visible = true,
                                     .visible = true,
                                     .has_shape = true,
                                     .w = 8,
                                     .h = 8,
                                     .pitch = 32};
    FUZZ_REQUIRE(orl_cursor_write(p->base, p->size, p->lay, msg, &c, shape, sizeof(shape),
                                  &msg.tag) == ORL_OK);
    FUZZ_REQUIRE(orl_producer_post(p, queue, msg, NULL, 0, 100, NULL) == ORL_OK);
}

static void build(uint8_t *base, const struct orl_layout *lay)
{
    const struct orl_session_info info = {
        .host_version = "guest", .has_vm = true, .capture = "capture", .model = "model"};
    uint8_t data[512];
    struct orl_producer p;
    struct orl_session session;
    struct orl_attach attach = {0};
    struct orl_shm shm = {
        .base = base, .size = GUEST_BYTES, .fd = -1, .writable = true, .guard = -1};
    uint32_t frames = 0, pointer = 0;
    size_t used = orl_session_info_write(data, sizeof(data), lay, &info);
    FUZZ_REQUIRE(orl_producer_start(&p, base, GUEST_BYTES, lay, data, (uint32_t)used, 1, 100) ==
                 ORL_OK);
    FUZZ_REQUIRE(orl_producer_add_queue(&p, ORL_QUEUE_FRAME, 2, 1000, &frames) == ORL_OK);
    FUZZ_REQUIRE(orl_producer_add_queue(&p, ORL_QUEUE_POINTER, 4, 1000, &pointer) == ORL_OK);
    FUZZ_REQUIRE(orl_attach_step(&attach, &shm, 0, false, &session) == ORL_OK);
    session.client_id = 7;
    for (uint32_t id = ORL_QUEUE_POINTER; id <= ORL_QUEUE_FRAME; id++) {
        struct orl_ring ring;
        uint8_t message[ORL_CLIENT_BYTES];
        uint32_t len = orl_control_set_cursor_pos(message, 1, 2);
        FUZZ_REQUIRE(orl_ring_subscribe(&ring, &session, id) == ORL_OK);
        FUZZ_REQUIRE(orl_ring_send(&ring, message, len, NULL) == ORL_OK);
    }
    post_frame(&p, frames);
    post_frame(&p, frames);
    post_cursor(&p, pointer);
    post_cursor(&p, pointer);
}

const uint8_t *fuzz_guest(enum orl_release release)
{
    static _Alignas(64) uint8_t memory[ORL_RELEASES][GUEST_BYTES];
    static bool built[ORL_RELEASES];
    if (!built[release]) {
        build(memory[release], orl_layout_get(release));
        built[release] = true;
    }
    return memory[release];
}
