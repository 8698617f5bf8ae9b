/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Memory images written by real guest software, one test each: everything that the JSON file
 * beside an image says is compared with what our code decodes and with the raw bytes at the places
 * of our layout table. A member that no comparison takes fails the test.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "golden/expect.h"
#include "golden/image.h"
#include "support/check.h"
#include "support/fields.h"
#include "support/vectors.h"
#include "wire/wire.h"

/* ---- Header and session -------------------------------------------------------------------- */

static void check_file(struct json_object *root, struct golden_image *m)
{
    char sum[65];
    orl_expect_int(root, "image_bytes", (int64_t)m->g.size);
    orl_sha256_hex(sum, m->g.base, m->g.size);
    orl_expect_text(root, "image_sha256", sum);
    json_object_put(orl_expect_take(root, "file"));
    json_object_put(orl_expect_take(root, "what"));

    struct orl_layout_found found;
    assert_int_equal(orl_layout_probe(&found, golden_mem(m)), ORL_OK);
    m->lay = found.lay;
    orl_expect_text(root, "release", m->lay->name);
    orl_expect_int(root, "lgmp_version", m->lay->lgmp);
    orl_expect_int(root, "kvmfr_version", m->lay->kvmfr);
    int64_t beat = (int64_t)orl_get_u64(m->g.base + m->lay->hdr_heartbeat_ms);
    struct json_object *clock = orl_expect_take(root, "producer_clock_ms");
    assert_true(beat <= json_object_get_int64(clock));
    json_object_put(clock);
}

static void check_record(struct json_object *r, const struct orl_session_info *info)
{
    struct json_object *type = orl_expect_take(r, "type");
    if (!strcmp(json_object_get_string(type), "vminfo")) {
        assert_true(info->has_vm);
        orl_expect_hex(r, "uuid", info->uuid, sizeof(info->uuid));
        orl_expect_text(r, "capture", info->capture);
        orl_expect_int(r, "cpus", info->cpus);
        orl_expect_int(r, "cores", info->cores);
        orl_expect_int(r, "sockets", info->sockets);
        orl_expect_text(r, "model", info->model);
    } else {
        assert_string_equal(json_object_get_string(type), "osinfo");
        assert_true(info->has_os);
        orl_expect_int(r, "os", info->os);
        orl_expect_text(r, "name", info->os_name);
    }
    json_object_put(type);
    orl_expect_empty(r, "session_info.records");
}

static void check_session_info(struct json_object *s, struct golden_image *m)
{
    const struct orl_layout *lay = m->lay;
    uint32_t size = orl_get_u32(m->g.base + lay->hdr_user_data_size);
    uint8_t *data = malloc(size);
    assert_true(orl_mem_copy(data, golden_mem(m), lay->hdr_user_data, size));
    assert_int_equal(orl_session_info_read(&m->info, lay, data, size), ORL_OK);
    free(data);
    orl_expect_text(s, "magic", ORL_KVMFR_MAGIC);
    orl_expect_int(s, "version", m->info.kvmfr);
    orl_expect_int(s, "features", m->info.features);
    orl_expect_text(s, "host_version", m->info.host_version);
    struct json_object *records = orl_expect_take(s, "records");
    assert_int_equal(json_object_array_length(records), m->info.records);
    for (size_t i = 0; i < json_object_array_length(records); i++) {
        check_record(json_object_array_get_idx(records, i), &m->info);
    }
    json_object_put(records);
    orl_expect_empty(s, "session_info");
}

/* The images of the display driver end with a recovery region, which the JSON gives by its size. */
static void check_recovery(struct json_object *root, const struct golden_image *m)
{
    struct orl_recovery r;
    int err = orl_recovery_read(&r, golden_mem(m));
    if (!orl_expect_has(root, "lgmp_bytes")) {
        assert_int_equal(err, ORL_EAGAIN);
        return;
    }
    assert_int_equal(err, ORL_OK);
    orl_expect_int(root, "lgmp_bytes", (int64_t)(m->g.size - ORL_RECOVERY_BYTES));
    assert_int_equal(r.lgmp, m->lay->lgmp);
    assert_int_equal(r.kvmfr, m->lay->kvmfr);
    assert_memory_equal(r.uuid, m->info.uuid, sizeof(r.uuid));
}

/* ---- Queues -------------------------------------------------------------------------------- */

static uint64_t get_subs(const struct orl_layout *lay, const uint8_t *queue)
{
    return lay->subs_bytes == 8 ? orl_get_u64(queue + lay->queue_subs)
                                : orl_get_u32(queue + lay->queue_subs);
}

static void check_mask(struct json_object *q, const char *key, uint64_t mask)
{
    struct json_object *list = orl_expect_take(q, key);
    uint64_t want = 0;
    for (size_t i = 0; i < json_object_array_length(list); i++) {
        want |= UINT64_C(1) << json_object_get_int(json_object_array_get_idx(list, i));
    }
    assert_int_equal(want, mask);
    json_object_put(list);
}

static void check_subscribers(struct json_object *q, const struct golden_image *m,
                              const uint8_t *queue)
{
    const struct orl_layout *lay = m->lay;
    uint64_t word = get_subs(lay, queue);
    uint64_t half = (UINT64_C(1) << lay->subs_on_shift) - 1;
    orl_expect_int(q, "subs_word", (int64_t)word);
    check_mask(q, "subs_on", word >> lay->subs_on_shift);
    check_mask(q, "subs_bad", word & half);
    if (!orl_expect_has(q, "subscribers")) {
        return;
    }
    struct json_object *subs = orl_expect_take(q, "subscribers");
    uint64_t seen = 0;
    json_object_object_foreach(subs, key, sub)
    {
        uint32_t n = (uint32_t)strtoul(key, NULL, 10);
        assert_true(n < lay->subscribers);
        seen |= UINT64_C(1) << n;
        orl_expect_int(sub, "client_id", orl_get_u32(queue + lay->queue_sub_client + 4 * n));
        orl_expect_int(sub, "deadline",
                       (int64_t)orl_get_u64(queue + lay->queue_sub_deadline + 8 * n));
        orl_expect_empty(sub, "queues.subscribers");
    }
    assert_int_equal(seen, word >> lay->subs_on_shift);
    json_object_put(subs);
}

static void check_messages(struct json_object *q, const struct golden_image *m,
                           const uint8_t *queue)
{
    const struct orl_layout *lay = m->lay;
    struct json_object *list = orl_expect_take(q, "messages");
    uint32_t len = orl_get_u32(queue + lay->queue_ring_len);
    uint32_t slot = orl_get_u32(queue + lay->queue_head);
    uint32_t tail = orl_get_u32(queue + lay->queue_tail);
    uint32_t used = orl_get_u32(queue + lay->queue_used);
    assert_int_equal(json_object_array_length(list), used);
    for (uint32_t i = 0; i < used; i++, slot = (slot + 1) % len) {
        struct json_object *msg = json_object_array_get_idx(list, i);
        orl_expect_int(msg, "slot", slot);
        uint64_t at =
            orl_get_u32(queue + lay->queue_ring_offset) + (uint64_t)slot * lay->slot_bytes;
        assert_true(orl_mem_has(golden_mem(m), at, lay->slot_bytes));
        orl_expect_raw(msg, m->layout, lay, "lgmp_message_slot", m->g.base + at);
        orl_expect_empty(msg, "queues.messages");
    }
    assert_int_equal(slot, tail);
    json_object_put(list);
}

static void check_control(struct json_object *d, const struct golden_image *m,
                          const uint8_t *data, uint32_t size)
{
    struct json_object *type = orl_expect_take(d, "type");
    const char *name = json_object_get_string(type);
    uint8_t ours[ORL_CLIENT_BYTES];
    if (!strcmp(name, "set_cursor_pos")) {
        assert_int_equal(orl_control_set_cursor_pos(ours, (int32_t)orl_json_int(d, "x"),
                                                    (int32_t)orl_json_int(d, "y")),
                         size);
        assert_memory_equal(ours, data, size);
    } else if (!strcmp(name, "window_size")) {
        assert_int_equal(orl_control_window_size(ours, (uint32_t)orl_json_int(d, "width"),
                                                 (uint32_t)orl_json_int(d, "height")),
                         size);
        assert_memory_equal(ours, data, size);
    }
    char structure[64];
    snprintf(structure, sizeof(structure), "control_%s", name);
    orl_expect_raw(d, m->layout, m->lay, structure, data);
    orl_expect_empty(d, "client_messages.decoded");
    json_object_put(type);
}

static void check_client_messages(struct json_object *q, const struct golden_image *m,
                                  const uint8_t *queue)
{
    const struct orl_layout *lay = m->lay;
    struct json_object *list = orl_expect_take(q, "client_messages");
    size_t pending = lay->client_slots - orl_get_u32(queue + lay->queue_c_free);
    assert_int_equal(json_object_array_length(list), pending);
    for (size_t i = 0; i < pending; i++) {
        struct json_object *msg = json_object_array_get_idx(list, i);
        size_t slot =
            (orl_get_u32(queue + lay->queue_c_write) + lay->client_slots - pending + i) %
            lay->client_slots;
        const uint8_t *p = queue + lay->queue_c_slots + slot * lay->cslot_bytes;
        uint32_t size = orl_get_u32(p + lay->cslot_size);
        assert_true(size <= ORL_CLIENT_BYTES);
        orl_expect_int(msg, "slot", (int64_t)slot);
        orl_expect_int(msg, "size", size);
        if (lay->cslot_sender != ORL_ABSENT) {
            orl_expect_int(msg, "sender", orl_get_u32(p + lay->cslot_sender));
        }
        orl_expect_hex(msg, "data_hex", p + lay->cslot_data, size);
        struct json_object *decoded = orl_expect_take(msg, "decoded");
        check_control(decoded, m, p + lay->cslot_data, size);
        json_object_put(decoded);
        orl_expect_empty(msg, "queues.client_messages");
    }
    json_object_put(list);
}

static void check_queues(struct json_object *expect, const struct golden_image *m)
{
    const struct orl_layout *lay = m->lay;
    struct json_object *queues = orl_expect_take(expect, "queues");
    size_t n = json_object_array_length(queues);
    assert_int_equal(n, orl_get_u32(m->g.base + lay->hdr_queue_count));
    for (size_t i = 0; i < n; i++) {
        struct json_object *q = json_object_array_get_idx(queues, i);
        const uint8_t *queue = m->g.base + lay->hdr_queues + i * lay->queue_bytes;
        check_messages(q, m, queue);
        check_client_messages(q, m, queue);
        check_subscribers(q, m, queue);
        orl_expect_raw(q, m->layout, lay, "lgmp_queue", queue);
        orl_expect_empty(q, "queues");
    }
    json_object_put(queues);
}

static void image_decodes_as_its_json_says(void **state)
{
    const char *name = *state;
    struct golden_image m = {.layout = orl_layout_json()};
    struct json_object *root = orl_vectors_json(name);
    orl_vectors_image(&m.g, name, SIZE_MAX);
    orl_guarded_protect(&m.g, false);

    check_file(root, &m);
    struct json_object *expect = orl_expect_take(root, "expect");
    struct json_object *header = orl_expect_take(expect, "header");
    orl_expect_raw(header, m.layout, m.lay, "lgmp_header", m.g.base);
    orl_expect_empty(header, "header");
    json_object_put(header);
    struct json_object *session = orl_expect_take(expect, "session_info");
    check_session_info(session, &m);
    json_object_put(session);
    check_recovery(root, &m);
    golden_check_payloads(expect, &m);
    check_queues(expect, &m);
    orl_expect_empty(expect, "expect");
    orl_expect_empty(root, "file");

    json_object_put(expect);
    json_object_put(root);
    json_object_put(m.layout);
    orl_guarded_finish(&m.g);
}

int main(void)
{
    static char *names[ORL_VECTORS_MAX];
    static struct CMUnitTest tests[ORL_VECTORS_MAX];
    size_t n = orl_vectors_list(names);
    for (size_t i = 0; i < n; i++) {
        tests[i] = (struct CMUnitTest){.name = names[i],
                                       .test_func = image_decodes_as_its_json_says,
                                       .initial_state = names[i]};
    }
    if (n == 0) {
        fprintf(stderr, "%s: no images\n", orl_vectors_dir());
        return 1;
    }
    int failed = _cmocka_run_group_tests("golden images", tests, n, NULL, NULL);
    for (size_t i = 0; i < n; i++) {
        free(names[i]);
    }
    return failed;
}
