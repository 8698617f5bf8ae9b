/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Our producer and consumer against memory images of the guest software: the same steps must
 * leave the same bytes in the control block and the rings. Payloads are not compared.
 */
#include <stdlib.h>
#include <string.h>

#include "rig.h"
#include "support/check.h"
#include "support/vectors.h"

/* An image with what its JSON says. */
struct image {
    struct orl_guarded mem;
    struct json_object *json, *expect;
    const struct orl_layout *lay;
    uint64_t clock_ms;
};

static struct json_object *member(struct json_object *o, const char *key)
{
    struct json_object *v;
    assert_true(json_object_object_get_ex(o, key, &v));
    return v;
}
static uint64_t number(struct json_object *o, const char *key)
{
    return (uint64_t)json_object_get_int64(member(o, key));
}

static struct image load(const char *name)
{
    struct image im;
    orl_vectors_image(&im.mem, name, SIZE_MAX);
    im.json = orl_vectors_json(name);
    im.expect = member(im.json, "expect");
    im.clock_ms = number(im.json, "producer_clock_ms");
    uint64_t lgmp = number(im.json, "lgmp_version");
    im.lay = orl_layout_get(lgmp == 5 ? ORL_B6 : lgmp == 6 ? ORL_B7 : ORL_MASTER);
    return im;
}

static void unload(struct image *im)
{
    json_object_put(im->json);
    orl_guarded_finish(&im->mem);
}

static struct json_object *queue_of(const struct image *im, uint32_t index)
{
    return json_object_array_get_idx(member(im->expect, "queues"), index);
}
static uint32_t client_of(const struct image *im, uint32_t index, const char *slot)
{
    return (uint32_t)number(member(member(queue_of(im, index), "subscribers"), slot),
                            "client_id");
}
static struct orl_payload message_of(const struct image *im, uint32_t index, size_t at)
{
    struct json_object *m =
        json_object_array_get_idx(member(queue_of(im, index), "messages"), at);
    return (struct orl_payload){.off = number(m, "offset"),
                                .size = (uint32_t)number(m, "size"),
                                .tag = number(m, "tag")};
}

/* A memory to work on, optionally with the bytes of an image. */
struct work {
    struct orl_shm shm;
    const struct orl_layout *lay;
    struct orl_producer p;
    uint64_t now_ms;
};

static struct work work_on(const struct image *from)
{
    struct work w = {.shm = rig_memory(from->mem.size), .lay = from->lay};
    memcpy(w.shm.base, from->mem.base, from->mem.size);
    w.now_ms = from->clock_ms;
    return w;
}

/* The producer as it must have been when the image was taken. */
static void resume_producer(struct work *w, const struct image *from, uint32_t c_read)
{
    w->p = (struct orl_producer){
        .base = w->shm.base,
        .size = w->shm.size,
        .lay = from->lay,
        .beat_ms = from->clock_ms,
        .queue_count = (uint32_t)number(member(from->expect, "header"), "queue_count")};
    for (uint32_t i = 0; i < w->p.queue_count; i++) {
        struct json_object *q = queue_of(from, i);
        w->p.queues[i] =
            (struct orl_producer_queue){.id = (uint32_t)number(q, "queue_id"),
                                        .ring_len = (uint32_t)number(q, "ring_len"),
                                        .ring_offset = number(q, "ring_offset"),
                                        .tail = (uint32_t)number(q, "tail"),
                                        .c_read = c_read};
    }
}

/* Starts the session that the image shows, in memory filled with `fill`. */
static struct work start_like(const struct image *im, int fill)
{
    struct work w = {.shm = rig_memory(im->mem.size), .lay = im->lay, .now_ms = im->clock_ms};
    memset(w.shm.base, fill, w.shm.size);
    if (im->lay->release == ORL_MASTER) { /* the recovery region belongs to others */
        size_t at = im->mem.size - ORL_RECOVERY_BYTES;
        memcpy(w.shm.base + at, im->mem.base + at, ORL_RECOVERY_BYTES);
    }
    struct json_object *h = member(im->expect, "header");
    assert_int_equal(orl_producer_start(&w.p, w.shm.base, w.shm.size, im->lay,
                                        im->mem.base + im->lay->hdr_user_data,
                                        (uint32_t)number(h, "user_data_size"),
                                        (uint32_t)number(h, "session_id"), w.now_ms),
                     ORL_OK);
    for (uint32_t i = 0; i < number(h, "queue_count"); i++) {
        struct json_object *q = queue_of(im, i);
        uint32_t capacity = (uint32_t)number(q, "ring_len") - im->lay->ring_spare;
        uint32_t index;
        if (number(q, "queue_id") == ORL_QUEUE_INPUT) { /* payloads were allocated before it */
            w.p.alloc = number(q, "ring_offset") - 3;
        }
        assert_int_equal(orl_producer_add_queue(&w.p, (uint32_t)number(q, "queue_id"), capacity,
                                                (uint32_t)number(q, "timeout_ms"), &index),
                         ORL_OK);
        assert_int_equal(index, i);
        if (number(q, "queue_id") == ORL_QUEUE_INPUT) {
            w.p.alloc = number(queue_of(im, i + 1), "ring_offset") - 3;
        }
    }
    return w;
}

static void expect_range(const struct work *w, const struct image *im, size_t from, size_t to)
{
    for (size_t i = from; i < to; i++) {
        if (w->shm.base[i] != im->mem.base[i]) {
            fail_msg("%s: byte %zu is %02x, the guest software has %02x",
                     json_object_get_string(member(im->json, "file")), i, w->shm.base[i],
                     im->mem.base[i]);
        }
    }
}

/* Control block and rings. */
static void expect_like(const struct work *w, const struct image *im)
{
    size_t after_header = im->lay->hdr_bytes;
    expect_range(w, im, 0, im->lay->hdr_user_data);
    expect_range(w, im, im->lay->hdr_user_data, after_header);
    for (uint32_t i = 0; i < number(member(im->expect, "header"), "queue_count"); i++) {
        size_t offset = number(queue_of(im, i), "ring_offset");
        size_t bytes = number(queue_of(im, i), "ring_len") * im->lay->slot_bytes;
        expect_range(w, im, offset, offset + bytes);
    }
}

static void finish(struct work *w)
{
    orl_shm_close(&w->shm);
}

static struct orl_session attach(struct work *w)
{
    struct orl_attach a = {0};
    struct orl_session s;
    assert_int_equal(orl_attach_step(&a, &w->shm, 0, false, &s), ORL_OK);
    return s;
}

static void pass(struct work *w, uint64_t now_ms)
{
    w->now_ms = now_ms;
    assert_int_equal(orl_producer_pass(&w->p, now_ms), ORL_OK);
}

static void post(struct work *w, uint32_t index, struct orl_payload msg, int expected)
{
    assert_int_equal(orl_producer_post(&w->p, index, msg, NULL, 0, w->now_ms, NULL), expected);
}

/* ---- Session start ------------------------------------------------------------------------- */

static void session_start_writes_the_same_bytes(void **state)
{
    static const struct {
        const char *name;
        int fill;
    } cases[] = {{"b6-01-init", 0},
                 {"b6-02-init-dirty", 0xcc},
                 {"b7-01-init", 0},
                 {"b7-02-init-dirty", 0xcc},
                 {"m34-01-init", 0}};
    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct image im = load(cases[i].name);
        struct work w = start_like(&im, cases[i].fill);
        expect_like(&w, &im);
        finish(&w);
        unload(&im);
    }
}

/* ---- B6 and B7 ----------------------------------------------------------------------------- */

static void subscribe_both(struct work *w, const struct image *im, struct orl_session *s,
                           struct orl_ring rings[2])
{
    *s = attach(w);
    s->client_id = client_of(im, 0, "0");
    rings[0] = rig_subscribe(s, ORL_QUEUE_FRAME);
    rings[1] = rig_subscribe(s, ORL_QUEUE_POINTER);
}

/* Images 03, 04, 05 of one session, step by step. */
static void run_first_session(const char *const names[3])
{
    struct image subscribed = load(names[0]), pending = load(names[1]);
    struct image one_done = load(names[2]);
    struct work w = start_like(&subscribed, 0);
    struct orl_session s;
    struct orl_ring rings[2];
    subscribe_both(&w, &subscribed, &s, rings);
    expect_like(&w, &subscribed);
    post(&w, 0, message_of(&pending, 0, 0), ORL_OK);
    post(&w, 0, message_of(&pending, 0, 1), ORL_OK);
    post(&w, 0, message_of(&pending, 0, 1), ORL_ENOSPC);
    expect_like(&w, &pending);
    struct orl_payload msg;
    assert_int_equal(orl_ring_next(&rings[0], &msg), ORL_OK);
    assert_int_equal(msg.off, message_of(&pending, 0, 0).off);
    assert_int_equal(orl_ring_done(&rings[0]), ORL_OK);
    expect_like(&w, &one_done);
    finish(&w);
    unload(&subscribed);
    unload(&pending);
    unload(&one_done);
}

static void first_session_goes_through_the_same_states(void **state)
{
    static const char *const b6[] = {"b6-03-subscribed", "b6-04-two-frames-pending",
                                     "b6-05-one-done"};
    static const char *const b7[] = {"b7-03-subscribed", "b7-04-two-frames-pending",
                                     "b7-05-one-done"};
    (void)state;
    run_first_session(b6);
    run_first_session(b7);
}

static void wrapped_ring_looks_the_same(void **state)
{
    (void)state;
    struct image before = load("b6-05-one-done"), after = load("b6-06-wrapped-one-pending");
    struct work w = work_on(&before);
    struct orl_session s = attach(&w);
    struct orl_ring ring;
    resume_producer(&w, &before, 0);
    assert_int_equal(orl_ring_adopt(&ring, &s, ORL_QUEUE_FRAME, 0, 1), ORL_OK);
    assert_int_equal(orl_ring_done(&ring), ORL_OK);
    for (size_t i = 0; i < 5; i++) { /* the two payloads take turns */
        struct orl_payload msg = message_of(&after, 0, 0);
        msg.off = i % 2 == 0 ? 57344 : 286720;
        post(&w, 0, msg, ORL_OK);
        assert_int_equal(orl_ring_done(&ring), ORL_OK);
    }
    w.now_ms = after.clock_ms;
    post(&w, 0, message_of(&after, 0, 0), ORL_OK);
    expect_like(&w, &after);
    finish(&w);
    unload(&before);
    unload(&after);
}

static void skip_leaves_the_same_queue(void **state)
{
    (void)state;
    struct image before = load("b7-07-two-subscribers-one-done");
    struct image after = load("b7-08-advance-to-last");
    struct work w = work_on(&before);
    struct orl_session s = attach(&w);
    struct orl_ring ring;
    assert_int_equal(orl_ring_adopt(&ring, &s, ORL_QUEUE_FRAME, 0, 0), ORL_OK);
    assert_int_equal(orl_ring_skip_to_last(&ring), ORL_OK);
    expect_like(&w, &after);
    finish(&w);
    unload(&before);
    unload(&after);
}

/* Two consumers, one frame, one of them never finishes it. */
static void run_late_subscriber(const char *name)
{
    struct image im = load(name);
    struct work w = start_like(&im, 0);
    w.now_ms = im.clock_ms - 1001;
    pass(&w, w.now_ms);
    struct orl_session s[2] = {attach(&w), attach(&w)};
    struct orl_ring rings[2];
    for (int i = 0; i < 2; i++) {
        s[i].client_id = client_of(&im, 0, i == 0 ? "0" : "1");
        rings[i] = rig_subscribe(&s[i], ORL_QUEUE_FRAME);
    }
    struct orl_payload msg = {.off = 57344, .size = 229376};
    post(&w, 0, msg, ORL_OK);
    assert_int_equal(orl_ring_done(&rings[1]), ORL_OK);
    pass(&w, im.clock_ms);
    assert_int_equal(orl_ring_check(&rings[0]), ORL_ELATE);
    assert_int_equal(orl_ring_check(&rings[1]), ORL_OK);
    expect_like(&w, &im);
    finish(&w);
    unload(&im);
}

static void late_subscriber_is_marked_the_same_way(void **state)
{
    (void)state;
    run_late_subscriber("b6-09-subscriber0-bad");
    run_late_subscriber("b7-09-subscriber0-bad");
}

static void post_after_a_late_subscriber_looks_the_same(void **state)
{
    (void)state;
    struct image before = load("b6-09-subscriber0-bad"), after = load("b6-10-post-after-bad");
    struct work w = work_on(&before);
    resume_producer(&w, &before, 0);
    post(&w, 0, message_of(&after, 0, 0), ORL_OK);
    expect_like(&w, &after);
    finish(&w);
    unload(&before);
    unload(&after);
}

static void reaped_slot_is_reused_the_same_way(void **state)
{
    (void)state;
    struct image before = load("b7-09-subscriber0-bad");
    struct image after = load("b7-11-reaped-and-reused");
    struct work w = work_on(&before);
    resume_producer(&w, &before, 0);
    struct orl_payload msg = {.off = 286720, .size = 229376};
    post(&w, 0, msg, ORL_OK);
    pass(&w, before.clock_ms + 1001);
    pass(&w, after.clock_ms);
    struct orl_session s = attach(&w);
    s.client_id = client_of(&after, 0, "0");
    struct orl_ring ring = rig_subscribe(&s, ORL_QUEUE_FRAME);
    assert_int_equal(ring.slot, 0);
    expect_like(&w, &after);
    finish(&w);
    unload(&before);
    unload(&after);
}

static void run_cursor_posts(const char *const names[5])
{
    struct image im = load(names[0]);
    struct work w = work_on(&im);
    resume_producer(&w, &im, 0);
    for (size_t i = 1; i < 5; i++) {
        struct image next = load(names[i]);
        post(&w, 1, message_of(&next, 1, i), ORL_OK);
        expect_like(&w, &next);
        unload(&next);
    }
    finish(&w);
    unload(&im);
}

static void cursor_posts_look_the_same(void **state)
{
    static const char *const b6[] = {"b6-12-cursor-position", "b6-13-cursor-color",
                                     "b6-14-cursor-mono", "b6-15-cursor-masked",
                                     "b6-16-cursor-hidden"};
    static const char *const b7[] = {"b7-12-cursor-position", "b7-13-cursor-color",
                                     "b7-14-cursor-mono", "b7-15-cursor-masked",
                                     "b7-16-cursor-hidden"};
    (void)state;
    run_cursor_posts(b6);
    run_cursor_posts(b7);
}

/* ---- Client messages ----------------------------------------------------------------------- */

/* The bytes of client message `at` as the image holds them. */
static uint32_t client_message(const struct image *im, uint32_t index, uint32_t at,
                               uint8_t *dst)
{
    const uint8_t *slot = im->mem.base + im->lay->hdr_queues + index * im->lay->queue_bytes +
                          im->lay->queue_c_slots + at * im->lay->cslot_bytes;
    uint32_t len = orl_get_u32(slot + im->lay->cslot_size);
    memcpy(dst, slot + im->lay->cslot_data, len);
    return len;
}

static void run_client_messages(const char *sent, const char *acked)
{
    struct image after = load(sent), last = load(acked);
    struct work w = start_like(&after, 0);
    struct orl_session s = attach(&w);
    s.client_id = client_of(&after, 1, "0");
    struct orl_ring ring = rig_subscribe(&s, ORL_QUEUE_POINTER);
    uint8_t data[ORL_CLIENT_BYTES];
    uint32_t len, serial;
    for (uint32_t i = 0; i < 2; i++) {
        len = client_message(&after, 1, i, data);
        assert_int_equal(orl_ring_send(&ring, data, len, &serial), ORL_OK);
        assert_int_equal(serial, i + 1);
    }
    expect_like(&w, &after);
    assert_int_equal(orl_producer_read(&w.p, 1, data, &len, NULL), ORL_OK);
    orl_producer_ack(&w.p, 1);
    expect_like(&w, &last);
    assert_true(orl_ring_acked(&ring, 1));
    assert_false(orl_ring_acked(&ring, 2));
    finish(&w);
    unload(&after);
    unload(&last);
}

static void client_messages_look_the_same(void **state)
{
    (void)state;
    run_client_messages("b6-17-client-messages", "b6-18-client-message-acked");
    run_client_messages("b7-17-client-messages", "b7-18-client-message-acked");
}

/* ---- Master -------------------------------------------------------------------------------- */

static void master_subscriptions_look_the_same(void **state)
{
    static const uint32_t ids[] = {ORL_QUEUE_FRAME, ORL_QUEUE_OWNER_A, ORL_QUEUE_OWNER_B,
                                   ORL_QUEUE_POINTER};
    (void)state;
    struct image before = load("m34-01-init"), after = load("m34-02-subscribed");
    struct work w = work_on(&before);
    struct orl_session one = attach(&w), two = attach(&w);
    assert_int_equal(one.client_id, 1);
    assert_int_equal(one.mem.size, number(before.json, "lgmp_bytes"));
    for (size_t i = 0; i < 4; i++) {
        rig_subscribe(&one, ids[i]);
    }
    rig_subscribe(&two, ORL_QUEUE_FRAME);
    expect_like(&w, &after);
    finish(&w);
    unload(&before);
    unload(&after);
}

static void master_targeted_posts_and_done_look_the_same(void **state)
{
    (void)state;
    struct image before = load("m34-02-subscribed");
    struct image posted = load("m34-04-owner-frame-hdr10-timed");
    struct image after = load("m34-05-second-client-done");
    struct work w = work_on(&before);
    resume_producer(&w, &before, 0);
    const uint32_t first = 1, second = 2;
    assert_int_equal(
        orl_producer_post(&w.p, 0, message_of(&posted, 0, 0), &second, 1, w.now_ms, NULL),
        ORL_OK);
    assert_int_equal(
        orl_producer_post(&w.p, 1, message_of(&posted, 1, 0), &first, 1, w.now_ms, NULL),
        ORL_OK);
    expect_like(&w, &posted);
    struct orl_session s = attach(&w);
    struct orl_ring ring;
    struct orl_payload msg;
    assert_int_equal(orl_ring_adopt(&ring, &s, ORL_QUEUE_FRAME, 1, 0), ORL_OK);
    assert_int_equal(orl_ring_next(&ring, &msg), ORL_OK);
    assert_int_equal(orl_ring_done(&ring), ORL_OK);
    orl_put_u32(w.shm.base + w.lay->hdr_next_client_id, 2); /* our attach counted as well */
    expect_like(&w, &after);
    finish(&w);
    unload(&before);
    unload(&posted);
    unload(&after);
}

static void master_post_to_nobody_looks_the_same(void **state)
{
    (void)state;
    struct image im = load("m34-06-untargeted-without-subscribers");
    struct work w = start_like(&im, 0);
    post(&w, 3, message_of(&im, 3, 0), ORL_OK);
    expect_like(&w, &im);
    pass(&w, im.clock_ms); /* nobody wants it: it is taken back */
    assert_int_equal(orl_producer_used(&w.p, 3), 0);
    assert_int_equal(w.p.queues[3].tail, 0);
    finish(&w);
    unload(&im);
}

static void master_client_messages_look_the_same(void **state)
{
    (void)state;
    struct image before = load("m34-09-color-transform");
    struct image sent = load("m34-10-client-messages");
    struct image acked = load("m34-11-client-message-acked");
    struct work w = work_on(&before);
    resume_producer(&w, &before, 0);
    uint32_t ids = orl_get_u32(w.shm.base + w.lay->hdr_next_client_id);
    struct orl_session s = attach(&w);
    orl_put_u32(w.shm.base + w.lay->hdr_next_client_id, ids);
    struct orl_ring ring;
    uint8_t data[ORL_CLIENT_BYTES];
    uint32_t len, sender;
    assert_int_equal(orl_ring_adopt(&ring, &s, ORL_QUEUE_POINTER, 0, 0), ORL_OK);
    for (uint32_t i = 0; i < 2; i++) {
        len = client_message(&sent, 3, i, data);
        assert_int_equal(orl_ring_send(&ring, data, len, NULL), ORL_OK);
    }
    expect_like(&w, &sent);
    assert_int_equal(orl_producer_read(&w.p, 3, data, &len, &sender), ORL_OK);
    assert_int_equal(sender, 1);
    orl_producer_ack(&w.p, 3);
    expect_like(&w, &acked);
    finish(&w);
    unload(&before);
    unload(&sent);
    unload(&acked);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(session_start_writes_the_same_bytes),
        cmocka_unit_test(first_session_goes_through_the_same_states),
        cmocka_unit_test(wrapped_ring_looks_the_same),
        cmocka_unit_test(skip_leaves_the_same_queue),
        cmocka_unit_test(late_subscriber_is_marked_the_same_way),
        cmocka_unit_test(post_after_a_late_subscriber_looks_the_same),
        cmocka_unit_test(reaped_slot_is_reused_the_same_way),
        cmocka_unit_test(cursor_posts_look_the_same),
        cmocka_unit_test(client_messages_look_the_same),
        cmocka_unit_test(master_subscriptions_look_the_same),
        cmocka_unit_test(master_targeted_posts_and_done_look_the_same),
        cmocka_unit_test(master_post_to_nobody_looks_the_same),
        cmocka_unit_test(master_client_messages_look_the_same),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
