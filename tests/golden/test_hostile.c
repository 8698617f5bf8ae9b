/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Damaged copies of the golden images (hostile.json), one test each: attach, take over subscriber
 * slot 0, read, copy, finish, send. Each must react as the file says. The memory has no byte
 * before its first and behind its last, so reading outside ends the test.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "frame/stage.h"
#include "ring/ring.h"
#include "support/check.h"
#include "support/pixels.h"
#include "support/vectors.h"

#define LONGEST_NS                                                                             \
    (2 * ORL_NS_PER_S) /* "bounded": a few lock waits of 100 ms, with sanitizers */

struct rig {
    struct json_object *c; /* the case */
    const char *id, *expect;
    struct orl_guarded g;
    struct orl_shm shm;
    struct orl_attach attach;
    struct orl_session session;
    struct orl_ring ring;
    uint32_t queue_id, base_client;
    uint8_t *before; /* the memory at the last snapshot() */
};

static const struct orl_layout *base_layout(const struct rig *r)
{
    const char *release = json_object_get_string(json_object_object_get(r->c, "release"));
    for (int i = 0; i < ORL_RELEASES; i++) {
        const struct orl_layout *lay = orl_layout_get((enum orl_release)i);
        if (!strcmp(lay->name, release)) {
            return lay;
        }
    }
    fail_msg("release %s", release);
    return NULL;
}

static struct json_object *get(const struct rig *r, const char *key)
{
    return json_object_object_get(r->c, key);
}
static bool expects(const struct rig *r, const char *what)
{
    return strcmp(r->expect, what) == 0;
}

/* Client id of subscriber slot 0 in the undamaged image. */
static uint32_t client_of(const struct rig *r)
{
    const struct orl_layout *lay = base_layout(r);
    const uint8_t *base = r->g.base;
    for (uint32_t i = 0; i < orl_get_u32(base + lay->hdr_queue_count); i++) {
        const uint8_t *q = base + lay->hdr_queues + (size_t)i * lay->queue_bytes;
        if (orl_get_u32(q + lay->queue_queue_id) == r->queue_id) {
            return orl_get_u32(q + lay->queue_sub_client);
        }
    }
    fail_msg("%s: no queue %u in the base image", r->id, r->queue_id);
    return 0;
}

static void apply_patches(struct rig *r)
{
    struct json_object *list = get(r, "patches");
    for (size_t i = 0; i < json_object_array_length(list); i++) {
        struct json_object *p = json_object_array_get_idx(list, i);
        size_t at = json_object_get_uint64(json_object_object_get(p, "offset"));
        const char *hex = json_object_get_string(json_object_object_get(p, "bytes"));
        size_t n = strlen(hex) / 2;
        assert_true(at + n <= r->g.size);
        for (size_t k = 0; k < n; k++) {
            char byte[3] = {hex[2 * k], hex[2 * k + 1], '\0'};
            r->g.base[at + k] = (uint8_t)strtoul(byte, NULL, 16);
        }
    }
}

static void snapshot(struct rig *r)
{
    if (r->g.size) {
        memcpy(r->before, r->g.base, r->g.size);
    }
}
static bool unchanged(const struct rig *r)
{
    return r->g.size == 0 || memcmp(r->before, r->g.base, r->g.size) == 0;
}

static void start(struct rig *r, struct json_object *c)
{
    *r = (struct rig){.c = c};
    r->id = json_object_get_string(get(r, "id"));
    r->expect = json_object_get_string(get(r, "expect"));
    r->queue_id = get(r, "queue_id") ? (uint32_t)json_object_get_uint64(get(r, "queue_id"))
                                     : ORL_QUEUE_FRAME;
    const char *base = json_object_get_string(get(r, "base"));
    struct json_object *cut = get(r, "truncate_to");
    if (cut) {
        orl_vectors_image(&r->g, base, json_object_get_uint64(cut));
    } else {
        orl_vectors_image(&r->g, base, SIZE_MAX);
        r->base_client = client_of(r);
    }
    apply_patches(r);
    r->before = malloc(r->g.size + 1);
    r->shm = (struct orl_shm){
        .base = r->g.base, .size = r->g.size, .fd = -1, .writable = true, .guard = -1};
    snapshot(r);
}

static void stop(struct rig *r)
{
    free(r->before);
    orl_guarded_finish(&r->g);
}

static int attach(struct rig *r)
{
    return orl_attach_step(&r->attach, &r->shm, ORL_NS_PER_S, false, &r->session);
}

static int adopt(struct rig *r)
{
    int err = orl_ring_adopt(&r->ring, &r->session, r->queue_id, 0, 0);
    r->session.client_id = r->base_client;
    return err;
}

static int send_something(struct rig *r)
{
    uint8_t data[ORL_CLIENT_BYTES];
    uint32_t len = orl_control_set_cursor_pos(data, 1, 2);
    return orl_ring_send(&r->ring, data, len, NULL);
}

/* The words of the queue block that a damaged queue must keep. */
static void check_indices_kept(const struct rig *r)
{
    const struct orl_layout *lay = r->session.lay;
    const uint32_t words[] = {lay->queue_head,    lay->queue_tail,   lay->queue_used,
                              lay->queue_lock,    lay->queue_subs,   lay->queue_c_free,
                              lay->queue_c_write, lay->queue_c_sent, lay->queue_head_deadline};
    for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++) {
        assert_memory_equal(r->g.base + r->ring.block + words[i],
                            r->before + r->ring.block + words[i], 4);
    }
}

/* ---- Reactions ----------------------------------------------------------------------------- */

static void check_not_opened(struct rig *r)
{
    assert_int_equal(attach(r), ORL_EAGAIN);
    assert_int_not_equal(r->attach.state, ORL_ATTACH_OPEN);
    if (expects(r, "no_session")) {
        assert_int_equal(r->attach.state, ORL_ATTACH_EMPTY);
    } else if (expects(r, "version_unsupported")) {
        assert_int_equal(r->attach.state, ORL_ATTACH_VERSION);
        assert_true(r->attach.lgmp != 0);
    }
    assert_true(unchanged(r));
}

static void check_no_queue(struct rig *r)
{
    int want = expects(r, "queue_missing") ? ORL_EAGAIN : ORL_EMALFORMED;
    struct orl_ring ring;
    assert_int_equal(adopt(r), want);
    assert_int_equal(orl_ring_subscribe(&ring, &r->session, r->queue_id), want);
    assert_true(unchanged(r));
}

static void check_corrupt(struct rig *r)
{
    struct orl_payload msg;
    bool seen = false;
    int err = orl_ring_next(&r->ring, &msg);
    seen |= err == ORL_ECORRUPT;
    if (err == ORL_OK) {
        seen |= orl_ring_done(&r->ring) == ORL_ECORRUPT;
    }
    seen |= orl_ring_skip_to_last(&r->ring) == ORL_ECORRUPT;
    assert_true(seen);
    check_indices_kept(r);
}

static void check_send(struct rig *r, int want)
{
    uint64_t began = orl_now_ns();
    assert_int_equal(send_something(r), want);
    assert_true(orl_now_ns() - began < LONGEST_NS);
    assert_true(unchanged(r));
}

static void check_lock_held(struct rig *r)
{
    struct orl_payload msg;
    struct orl_ring other;
    uint64_t began = orl_now_ns();
    int err = orl_ring_next(&r->ring, &msg);
    assert_true(err == ORL_OK || err == ORL_ETIMEOUT);
    err = orl_ring_done(&r->ring);
    assert_true(err == ORL_OK || err == ORL_ETIMEOUT);
    err = orl_ring_skip_to_last(&r->ring);
    assert_true(err == ORL_OK || err == ORL_EAGAIN || err == ORL_ETIMEOUT);
    assert_int_equal(orl_ring_subscribe(&other, &r->session, r->queue_id), ORL_ETIMEOUT);
    assert_true(orl_now_ns() - began < LONGEST_NS);
    check_indices_kept(r);
}

static void check_not_ours(struct rig *r, int want)
{
    struct orl_payload msg;
    assert_int_equal(orl_ring_next(&r->ring, &msg), want);
    assert_int_equal(orl_ring_done(&r->ring), want);
    assert_int_equal(orl_ring_skip_to_last(&r->ring), want);
    assert_int_equal(send_something(r), want);
    assert_true(unchanged(r));
}

static void check_session(const struct rig *r)
{
    const struct orl_session_info *info = &r->session.info;
    if (get(r, "records")) { /* records that were understood */
        assert_int_equal((info->has_vm ? 1 : 0) + (info->has_os ? 1 : 0),
                         json_object_get_int(get(r, "records")));
    }
    if (get(r, "model_length")) {
        assert_int_equal(strlen(info->model), json_object_get_int(get(r, "model_length")));
    }
    assert_true(strnlen(info->host_version, sizeof(info->host_version)) <= 32);
}

static void check_damage(const struct rig *r, const struct orl_frame_desc *d)
{
    struct json_object *list = get(r, "damage_clipped");
    if (!list) {
        return;
    }
    assert_false(d->damage.full);
    assert_int_equal(d->damage.n, json_object_array_length(list));
    for (size_t i = 0; i < d->damage.n; i++) {
        struct json_object *want = json_object_array_get_idx(list, i);
        const uint32_t got[] = {d->damage.r[i].x, d->damage.r[i].y, d->damage.r[i].w,
                                d->damage.r[i].h};
        for (size_t k = 0; k < 4; k++) {
            assert_int_equal(got[k], json_object_get_int(json_object_array_get_idx(want, k)));
        }
    }
}

/* Harmless fields that were damaged come out mended; `raw` is the header in the memory. */
static void check_mended(const struct rig *r, const struct orl_frame_desc *d,
                         const uint8_t *raw)
{
    const struct orl_layout *lay = r->session.lay;
    uint32_t rotation = orl_get_u32(raw + lay->frame_rotation);
    uint32_t screen_w = orl_get_u32(raw + lay->frame_screen_w);
    assert_int_equal(d->rotation, rotation <= 3 ? rotation : 0);
    assert_int_equal(d->screen_w, screen_w == 0 || screen_w > 65535 ? d->w : screen_w);
    assert_int_equal(d->flags, orl_get_u32(raw + lay->frame_flags) & lay->known_flags);
}

/* The picture that the base image holds; the patches of these cases leave the pixels alone. */
static void check_picture(const struct rig *r, const struct orl_frame_desc *d,
                          const uint8_t *staged)
{
    struct json_object *root = orl_vectors_json(json_object_get_string(get(r, "base")));
    struct json_object *payloads =
        json_object_object_get(json_object_object_get(root, "expect"), "payloads");
    struct json_object *frame =
        json_object_object_get(json_object_array_get_idx(payloads, 0), "frame");
    struct json_object *canonical = json_object_object_get(frame, "canonical");
    assert_int_equal(d->w, json_object_get_int(json_object_object_get(canonical, "width")));
    assert_int_equal(d->rows, json_object_get_int(json_object_object_get(canonical, "height")));
    size_t size = (size_t)d->w * d->rows * orl_pixels_canonical_bytes(d->fmt);
    uint8_t *rgba = malloc(size);
    orl_pixels_canonical(rgba, d->fmt, d->w, d->rows, d->pitch, staged);
    char sum[65];
    orl_sha256_hex(sum, rgba, size);
    assert_string_equal(sum,
                        json_object_get_string(json_object_object_get(canonical, "sha256")));
    free(rgba);
    json_object_put(root);
}

/* Copies the whole picture out with a short patience. */
static int stage(const struct rig *r, const struct orl_frame_desc *d, uint8_t **staged)
{
    size_t bytes = (size_t)d->rows * d->pitch;
    *staged = malloc(bytes);
    const struct orl_stage_limits limits = {.wait_ns = 5 * ORL_NS_PER_MS};
    const struct orl_rects all = {.full = true};
    return orl_stage_copy(*staged, bytes, orl_guarded_mem(&r->g), d, &all, &limits);
}

static void check_frame(struct rig *r, struct orl_payload msg)
{
    struct orl_frame_desc d;
    int err = orl_frame_read(&d, r->session.lay, r->session.mem, msg);
    if (expects(r, "message_rejected") ||
        (expects(r, "ok_or_rejected") && err == ORL_EMALFORMED)) {
        assert_int_equal(err, ORL_EMALFORMED);
        return;
    }
    assert_int_equal(err, ORL_OK);
    assert_true(d.pix_off + (uint64_t)(d.rows + d.extra_rows) * d.pitch <= msg.off + msg.size);
    uint8_t *staged = NULL;
    err = stage(r, &d, &staged);
    if (expects(r, "frame_timeout")) {
        assert_int_equal(err, ORL_ETIMEOUT);
    } else if (expects(r, "ok_clamped")) {
        assert_int_equal(err, ORL_OK);
        assert_int_equal(d.rows, json_object_get_int(get(r, "max_rows")));
    } else if (expects(r, "ok") || expects(r, "ok_full_damage")) {
        assert_int_equal(err, ORL_OK);
        check_picture(r, &d, staged);
        check_damage(r, &d);
        check_mended(r, &d, r->g.base + msg.off);
        assert_true(!expects(r, "ok_full_damage") || d.damage.full);
    } else {
        assert_true(expects(r, "ok_or_rejected") || expects(r, "ok_or_frame_timeout"));
        assert_true(err == ORL_OK || err == ORL_ETIMEOUT);
    }
    free(staged);
}

static void check_cursor(struct rig *r, struct orl_payload msg)
{
    const struct orl_layout *lay = r->session.lay;
    struct orl_cursor_msg c;
    int err = orl_cursor_read(&c, lay, r->session.mem, msg);
    if (expects(r, "message_rejected")) {
        assert_int_equal(err, ORL_EMALFORMED);
        return;
    }
    assert_int_equal(err, ORL_OK);
    assert_int_equal(c.has_position, (msg.tag & ORL_CURSOR_POSITION) != 0);
    if (c.has_position) {
        assert_int_equal(c.x, (int16_t)orl_get_u16(r->g.base + msg.off + lay->cursor_x));
        assert_int_equal(c.y, (int16_t)orl_get_u16(r->g.base + msg.off + lay->cursor_y));
    }
    if (c.has_shape) {
        uint8_t *stored = malloc(c.shape_bytes);
        uint8_t *rgba = malloc((size_t)c.w * c.h * 4);
        memcpy(stored, r->g.base + c.shape_off, c.shape_bytes);
        orl_cursor_unpack(rgba, &c, stored);
        free(rgba);
        free(stored);
    }
    if (expects(r, "shape_rejected")) {
        assert_true(c.bad_shape && !c.has_shape && c.has_visible && c.visible);
    } else if (expects(r, "transform_rejected")) {
        struct orl_color_transform *t = malloc(sizeof(*t));
        assert_true(c.bad_transform || c.has_transform);
        assert_int_equal(orl_color_transform_read(t, r->session.mem, &c), ORL_EMALFORMED);
        assert_int_equal(c.has_shape, (msg.tag & ORL_CURSOR_SHAPE) != 0);
        free(t);
    } else if (expects(r, "ok")) {
        assert_true(c.has_shape || !(msg.tag & ORL_CURSOR_SHAPE));
        assert_false(c.bad_shape || c.bad_transform);
        if (c.has_transform) {
            struct orl_color_transform *t = malloc(sizeof(*t));
            assert_int_equal(orl_color_transform_read(t, r->session.mem, &c), ORL_OK);
            free(t);
        }
    } else {
        assert_true(expects(r, "ok_or_shape_rejected"));
        assert_true(c.has_shape != c.bad_shape);
    }
}

static void check_message(struct rig *r)
{
    uint32_t slot = get(r, "slot") ? (uint32_t)json_object_get_int(get(r, "slot")) : 0;
    struct orl_payload msg;
    for (uint32_t i = 0; i < slot; i++) {
        assert_int_equal(orl_ring_next(&r->ring, &msg), ORL_OK);
        assert_int_equal(orl_ring_done(&r->ring), ORL_OK);
    }
    int err = orl_ring_next(&r->ring, &msg);
    assert_int_equal(r->ring.read, slot);
    if (err == ORL_EMALFORMED) {
        assert_true(expects(r, "message_rejected"));
    } else {
        assert_int_equal(err, ORL_OK);
        assert_int_equal(orl_ring_check(&r->ring), ORL_OK);
        if (r->queue_id == ORL_QUEUE_FRAME) {
            check_frame(r, msg);
        } else {
            check_cursor(r, msg);
        }
    }
    /* Whatever it was: finished, and the queue goes on. */
    assert_int_equal(orl_ring_done(&r->ring), ORL_OK);
    err = orl_ring_next(&r->ring, &msg);
    assert_true(err == ORL_OK || err == ORL_EAGAIN);
    assert_int_equal(send_something(r), ORL_OK);
}

static void react(struct rig *r)
{
    if (expects(r, "no_session") || expects(r, "version_unsupported") ||
        expects(r, "session_rejected")) {
        check_not_opened(r);
        return;
    }
    assert_int_equal(attach(r), ORL_OK);
    snapshot(r); /* master's client id counter has moved */
    check_session(r);
    if (expects(r, "queue_missing") || expects(r, "queue_rejected")) {
        check_no_queue(r);
        return;
    }
    assert_int_equal(adopt(r), ORL_OK);
    assert_true(unchanged(r));
    if (expects(r, "queue_corrupt")) {
        check_corrupt(r);
    } else if (expects(r, "send_corrupt")) {
        check_send(r, ORL_ECORRUPT);
    } else if (expects(r, "send_full")) {
        check_send(r, ORL_ENOSPC);
    } else if (expects(r, "lock_timeout_send")) {
        check_send(r, ORL_ETIMEOUT);
    } else if (expects(r, "lock_timeout")) {
        check_lock_held(r);
    } else if (expects(r, "slot_lost")) {
        check_not_ours(r, ORL_ELOST);
    } else if (expects(r, "timed_out")) {
        check_not_ours(r, ORL_ELATE);
    } else {
        check_message(r);
    }
}

/* A key of the file that this test does not know would be a demand that it does not check. */
static void check_keys(struct json_object *c)
{
    static const char *const known[] = {
        "id",      "base",     "release",     "patches",        "expect",
        "why",     "queue_id", "slot",        "damage_clipped", "truncate_to",
        "records", "max_rows", "model_length"};
    json_object_object_foreach(c, key, value)
    {
        (void)value;
        size_t i = 0;
        while (i < sizeof(known) / sizeof(known[0]) && strcmp(known[i], key) != 0) {
            i++;
        }
        if (i == sizeof(known) / sizeof(known[0])) {
            fail_msg("member %s is checked by nobody", key);
        }
    }
}

static void damaged_image_gets_its_reaction(void **state)
{
    struct rig r;
    check_keys(*state);
    start(&r, *state);
    react(&r);
    stop(&r);
}

/* True when a byte at `at` may be written by a consumer of queue block `q`. */
static bool may_write(const struct rig *r, size_t at)
{
    const struct orl_layout *lay = r->session.lay;
    if (lay->hdr_next_client_id != ORL_ABSENT && at >= lay->hdr_next_client_id &&
        at < lay->hdr_next_client_id + 4u) {
        return true;
    }
    if (at >= r->ring.block && at < r->ring.block + lay->queue_bytes) {
        size_t in = at - r->ring.block;
        bool constant = (in >= lay->queue_queue_id && in < lay->queue_queue_id + 4u) ||
                        (in >= lay->queue_ring_len && in < lay->queue_ring_len + 4u) ||
                        (in >= lay->queue_ring_offset && in < lay->queue_ring_offset + 4u) ||
                        (in >= lay->queue_timeout_ms && in < lay->queue_timeout_ms + 4u) ||
                        (in >= lay->queue_tail && in < lay->queue_tail + 4u);
        return !constant;
    }
    if (at < r->ring.ring_offset ||
        at >= r->ring.ring_offset + (size_t)r->ring.ring_len * lay->slot_bytes) {
        return false;
    }
    size_t in = (at - r->ring.ring_offset) % lay->slot_bytes;
    return in >= lay->slot_pending && in < lay->slot_pending + 4u;
}

/* Every operation one after the other, whatever the reaction: nothing else may be written. */
static void consumer_writes_only_where_it_may(void **state)
{
    struct rig r;
    start(&r, *state);
    if (attach(&r) == ORL_OK && adopt(&r) == ORL_OK) {
        struct orl_payload msg;
        struct orl_ring other;
        for (int i = 0; i < 4; i++) {
            (void)!orl_ring_next(&r.ring, &msg);
            (void)!orl_ring_done(&r.ring);
            (void)!send_something(&r);
        }
        (void)!orl_ring_skip_to_last(&r.ring);
        (void)!orl_ring_done(&r.ring);
        if (orl_ring_subscribe(&other, &r.session, r.queue_id) == ORL_OK) {
            orl_ring_unsubscribe(&other);
        }
        for (size_t i = 0; i < r.g.size; i++) {
            if (r.before[i] != r.g.base[i] && !may_write(&r, i)) {
                fail_msg("%s: byte %zu was written", r.id, i);
            }
        }
    }
    stop(&r);
}

int main(void)
{
    struct json_object *root = orl_vectors_json("hostile");
    struct json_object *cases = json_object_object_get(root, "cases");
    size_t n = cases ? json_object_array_length(cases) : 0;
    struct CMUnitTest *tests = calloc(2 * n + 1, sizeof(*tests));
    char(*names)[128] = calloc(2 * n + 1, sizeof(*names));
    if (n == 0 || !tests || !names) {
        fprintf(stderr, "%s/hostile.json: no cases\n", orl_vectors_dir());
        return 1;
    }
    for (size_t i = 0; i < n; i++) {
        struct json_object *c = json_object_array_get_idx(cases, i);
        const char *id = json_object_get_string(json_object_object_get(c, "id"));
        snprintf(names[2 * i], sizeof(names[0]), "%s", id);
        snprintf(names[2 * i + 1], sizeof(names[0]), "%s: writes", id);
        tests[2 * i] = (struct CMUnitTest){.name = names[2 * i],
                                           .test_func = damaged_image_gets_its_reaction,
                                           .initial_state = c};
        tests[2 * i + 1] = (struct CMUnitTest){.name = names[2 * i + 1],
                                               .test_func = consumer_writes_only_where_it_may,
                                               .initial_state = c};
    }
    int failed = _cmocka_run_group_tests("hostile images", tests, 2 * n, NULL, NULL);
    free(tests);
    free(names);
    json_object_put(root);
    return failed;
}
