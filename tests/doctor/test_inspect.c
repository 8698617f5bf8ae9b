/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/serial.h"
#include "base/thread.h"
#include "doctor/inspect.h"
#include "support/check.h"
#include "support/vectors.h"
#include "wire/wire.h"

/* One look at `g`, as text. Caller frees. */
static char *describe(const struct orl_guarded *g, bool json, int want)
{
    char *text = NULL;
    size_t size = 0;
    FILE *out = open_memstream(&text, &size);
    assert_int_equal(orl_inspect_mem(out, orl_guarded_mem(g), json, false), want);
    fclose(out);
    return text;
}

static struct json_object *parse(const struct orl_guarded *g, int want)
{
    char *text = describe(g, true, want);
    struct json_object *root = json_tokener_parse(text);
    if (!root) {
        fail_msg("not JSON: %s", text);
    }
    free(text);
    return root;
}

static struct json_object *at(struct json_object *o, const char *key)
{
    struct json_object *v = NULL;
    if (!json_object_object_get_ex(o, key, &v)) {
        fail_msg("no member %s", key);
    }
    return v;
}

/* Members of that name are equal in both objects, when the image's JSON has them. */
static void same(struct json_object *got, struct json_object *want, const char *const *keys,
                 size_t n)
{
    for (size_t i = 0; i < n; i++) {
        struct json_object *v = NULL;
        if (json_object_object_get_ex(want, keys[i], &v) &&
            json_object_get_int64(at(got, keys[i])) != json_object_get_int64(v)) {
            fail_msg("%s is %s, expected %s", keys[i], json_object_get_string(at(got, keys[i])),
                     json_object_get_string(v));
        }
    }
}

static void compare_messages(struct json_object *got, struct json_object *want)
{
    static const char *const keys[] = {"slot", "tag", "size", "offset", "pending"};
    struct json_object *a = at(got, "messages"), *b = at(want, "messages");
    assert_int_equal(json_object_array_length(a), json_object_array_length(b));
    for (size_t i = 0; i < json_object_array_length(a); i++) {
        same(json_object_array_get_idx(a, i), json_object_array_get_idx(b, i), keys, 5);
    }
}

static void compare_client_messages(struct json_object *got, struct json_object *want)
{
    static const char *const keys[] = {"slot", "size", "sender"};
    struct json_object *a = at(got, "client_messages"), *b = at(want, "client_messages");
    assert_int_equal(json_object_array_length(a), json_object_array_length(b));
    for (size_t i = 0; i < json_object_array_length(a); i++) {
        struct json_object *x = json_object_array_get_idx(a, i);
        struct json_object *y = json_object_array_get_idx(b, i);
        same(x, y, keys, 3);
        assert_string_equal(json_object_get_string(at(x, "data")),
                            json_object_get_string(at(y, "data_hex")));
        assert_string_equal(json_object_get_string(at(x, "type")),
                            json_object_get_string(at(at(y, "decoded"), "type")));
    }
}

static void compare_queues(struct json_object *got, struct json_object *want)
{
    static const char *const keys[] = {
        "ring_len", "ring_offset", "timeout_ms", "new_sub_count", "head",
        "tail",     "used",        "lock",       "c_lock",        "head_deadline",
        "c_free",   "c_write",     "c_sent",     "c_acked"};
    assert_int_equal(json_object_array_length(got), json_object_array_length(want));
    for (size_t i = 0; i < json_object_array_length(got); i++) {
        struct json_object *a = json_object_array_get_idx(got, i);
        struct json_object *b = json_object_array_get_idx(want, i);
        assert_int_equal(json_object_get_int(at(a, "id")),
                         json_object_get_int(at(b, "queue_id")));
        same(a, b, keys, sizeof(keys) / sizeof(keys[0]));
        struct json_object *subs = NULL;
        size_t n = json_object_object_get_ex(b, "subscribers", &subs)
                       ? (size_t)json_object_object_length(subs)
                       : 0;
        assert_int_equal(json_object_array_length(at(a, "subscribers")), n);
        compare_messages(a, b);
        compare_client_messages(a, b);
        assert_false(json_object_object_get_ex(a, "problems", NULL));
    }
}

static struct json_object *find_message(struct json_object *queues, struct json_object *payload)
{
    for (size_t i = 0; i < json_object_array_length(queues); i++) {
        struct json_object *q = json_object_array_get_idx(queues, i);
        struct json_object *list = at(q, "messages");
        for (size_t k = 0; k < json_object_array_length(list); k++) {
            struct json_object *m = json_object_array_get_idx(list, k);
            if (json_object_get_int(at(q, "id")) ==
                    json_object_get_int(at(payload, "queue_id")) &&
                json_object_get_int(at(m, "slot")) ==
                    json_object_get_int(at(payload, "slot"))) {
                return m;
            }
        }
    }
    fail_msg("a payload has no message");
    return NULL;
}

static void compare_payloads(struct json_object *queues, struct json_object *payloads)
{
    static const char *const frame_keys[] = {
        "format_ver", "serial",  "pixel_type",   "screen_w", "screen_h",       "data_w",
        "data_h",     "frame_w", "frame_h",      "rotation", "pitch",          "fb_offset",
        "flags",      "written", "damage_count", "copy_ns",  "sdr_white_nits", "timing_valid"};
    static const char *const cursor_keys[] = {
        "x", "y", "shape_type", "hot_x", "hot_y", "width", "height", "pitch", "sdr_white_nits"};
    for (size_t i = 0; i < json_object_array_length(payloads); i++) {
        struct json_object *p = json_object_array_get_idx(payloads, i), *want = NULL;
        struct json_object *m = find_message(queues, p);
        bool is_frame = json_object_object_get_ex(p, "frame", &want);
        if (is_frame) {
            struct json_object *f = at(m, "frame");
            same(f, want, frame_keys, sizeof(frame_keys) / sizeof(frame_keys[0]));
            assert_true(json_object_get_boolean(at(f, "accepted")));
            bool incomplete = json_object_object_get_ex(f, "problems", NULL);
            assert_int_equal(incomplete, !json_object_get_boolean(at(want, "complete")));
            size_t rects = json_object_array_length(at(want, "damage"));
            assert_int_equal(json_object_object_get_ex(f, "damage", NULL), rects > 0);
        } else {
            struct json_object *c = at(m, "cursor");
            want = at(p, "cursor");
            same(c, want, cursor_keys, sizeof(cursor_keys) / sizeof(cursor_keys[0]));
            assert_true(json_object_get_boolean(at(c, "accepted")));
            assert_int_equal(json_object_get_boolean(at(c, "has_shape")),
                             json_object_object_get_ex(want, "shape_bytes", NULL));
        }
    }
}

static void image_is_described_as_its_json_says(void **state)
{
    const char *name = *state;
    struct orl_guarded g;
    orl_vectors_image(&g, name, SIZE_MAX);
    orl_guarded_protect(&g, false); /* a write would end the test */
    struct json_object *want = orl_vectors_json(name), *expect = at(want, "expect");
    struct json_object *got = parse(&g, ORL_OK);

    assert_string_equal(json_object_get_string(at(got, "result")), "found");
    struct json_object *session = at(got, "session"), *header = at(expect, "header");
    static const char *const keys[] = {"heartbeat_ms", "queue_count", "next_client_id"};
    same(session, header, keys, 3);
    assert_string_equal(json_object_get_string(at(session, "release")),
                        json_object_get_string(at(want, "release")));
    assert_int_equal(json_object_get_int64(at(session, "id")),
                     json_object_get_int64(at(header, "session_id")));
    assert_false(json_object_object_get_ex(session, "heartbeat_moves", NULL));
    struct json_object *lgmp_bytes = NULL;
    if (json_object_object_get_ex(want, "lgmp_bytes", &lgmp_bytes)) {
        assert_int_equal(json_object_get_int64(at(session, "usable_bytes")),
                         json_object_get_int64(lgmp_bytes));
        /* All were taken in one state of the driver: its first request, for the normal display. */
        struct json_object *rec = at(got, "recovery");
        assert_int_equal(json_object_get_int(at(rec, "kvmfr")), 34);
        assert_true(json_object_get_boolean(at(rec, "can_switch")));
        assert_string_equal(json_object_get_string(at(rec, "state")), "switching");
        assert_int_equal(json_object_get_int(at(rec, "answered")), 2);
        assert_int_equal(json_object_get_int(at(rec, "answered_request")), 1);
    }
    struct json_object *guest = at(got, "guest"), *info = at(expect, "session_info");
    struct json_object *vm = json_object_array_get_idx(at(info, "records"), 0);
    assert_string_equal(json_object_get_string(at(guest, "version")),
                        json_object_get_string(at(info, "host_version")));
    assert_string_equal(json_object_get_string(at(guest, "uuid")),
                        json_object_get_string(at(vm, "uuid")));
    assert_string_equal(json_object_get_string(at(guest, "model")),
                        json_object_get_string(at(vm, "model")));
    compare_queues(at(got, "queues"), at(expect, "queues"));
    compare_payloads(at(got, "queues"), at(expect, "payloads"));
    json_object_put(got);
    json_object_put(want);
    orl_guarded_finish(&g);
}

static void text_form_has_a_line_per_thing(void **state)
{
    (void)state;
    struct orl_guarded g;
    orl_vectors_image(&g, "b6-04-two-frames-pending", SIZE_MAX);
    char *text = describe(&g, false, ORL_OK);
    assert_non_null(strstr(text, "result=\"found\""));
    assert_non_null(strstr(text, "\nsession release=\"B6\" lgmp=5 kvmfr=19 "));
    assert_non_null(strstr(text, "\nqueues[0] id=2 name=\"frame\" ring_len=3 "));
    assert_non_null(strstr(text, "\n  messages[1] slot=1 "));
    assert_non_null(strstr(text, "\n    frame format_ver="));
    assert_null(strstr(text, "!"));
    free(text);
    orl_guarded_finish(&g);
}

/* Field of the first frame of b7-20-fmt-bgra damaged, and the sentence that must appear. */
static void oddities_are_named(void **state)
{
    (void)state;
    const struct orl_layout *lay = orl_layout_get(ORL_B7);
    const struct {
        uint32_t off, value;
        const char *sentence;
    } cases[] = {
        {lay->frame_pitch, 255, "pitch shorter than row: rejected"},
        {lay->frame_pitch, 0xfffffffc, "pitch beyond any row: rejected"},
        {lay->frame_pitch, 0x7ffffff0, "no room for a row: rejected"},
        {lay->frame_pixel_type, 7, "pixel type 7 is not one of this release: rejected"},
        {lay->frame_frame_w, 0, "picture of 0x32 pixels: rejected"},
        {lay->frame_fb_offset, 8, "frame buffer inside the frame header: rejected"},
        {lay->frame_fb_offset, 0xfffffffc, "frame buffer outside the message: rejected"},
        {lay->frame_fb_offset, 4094, "frame buffer not aligned to 4 bytes: rejected"},
        {lay->frame_rotation, 4, "rotation out of range: taken as 0"},
        {lay->frame_screen_w, 0, "screen size out of range: picture size used"},
        {lay->frame_damage_count, 65, "more than 64 damage rectangles"},
        {lay->frame_flags, 0x100, "unknown flags 0x100 ignored"},
        {lay->frame_data_h, 33, "33 stored rows announced, 32 can be used"},
        {4092, 8191, "pixels not complete yet"},
    };
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct orl_guarded g;
        orl_vectors_image(&g, "b7-20-fmt-bgra", SIZE_MAX);
        orl_put_u32(g.base + 57344 + cases[i].off, cases[i].value);
        char *text = describe(&g, false, ORL_OK);
        if (!strstr(text, cases[i].sentence)) {
            fail_msg("\"%s\" is missing in: %s", cases[i].sentence, text);
        }
        free(text);
        json_object_put(parse(&g, ORL_OK));
        orl_guarded_finish(&g);
    }
}

static void guest_text_cannot_break_the_json(void **state)
{
    (void)state;
    struct orl_guarded g;
    orl_vectors_image(&g, "b7-20-fmt-bgra", SIZE_MAX);
    const char evil[] = "\"},{\\\x1b[2J\x80\xff\n";
    memcpy(g.base + 5756 + 12, evil, sizeof(evil));
    struct json_object *got = parse(&g, ORL_OK);
    assert_string_equal(json_object_get_string(at(at(got, "guest"), "version")),
                        "\"},{\\?[2J???");
    json_object_put(got);
    char *text = describe(&g, false, ORL_OK);
    assert_null(strchr(text, '\x1b'));
    free(text);
    orl_guarded_finish(&g);
}

static void memory_without_a_session_says_so(void **state)
{
    (void)state;
    static const size_t sizes[] = {0, 7, 4096, 65536, 1 << 20};
    for (size_t i = 0; i < sizeof(sizes) / sizeof(sizes[0]); i++) {
        struct orl_guarded g;
        orl_guarded_init(&g, sizes[i]);
        struct json_object *got = parse(&g, ORL_EAGAIN);
        assert_string_equal(json_object_get_string(at(got, "result")), "no session");
        assert_int_equal(json_object_get_int64(at(got, "memory_bytes")), sizes[i]);
        json_object_put(got);
        orl_guarded_finish(&g);
    }
}

static void other_versions_are_named(void **state)
{
    (void)state;
    struct orl_guarded g;
    orl_vectors_image(&g, "b7-01-init", SIZE_MAX);
    orl_put_u32(g.base + 4, 7);
    struct json_object *got = parse(&g, ORL_EVERSION);
    assert_int_equal(json_object_get_int(at(got, "lgmp")), 7);
    json_object_put(got);
    orl_put_u32(g.base + 4, 6);
    orl_put_u32(g.base + 5756 + 8, 21);
    got = parse(&g, ORL_EVERSION);
    assert_int_equal(json_object_get_int(at(at(got, "guest"), "kvmfr")), 21);
    assert_string_equal(json_object_get_string(at(at(got, "guest"), "version")), "vector-b7");
    json_object_put(got);
    orl_guarded_finish(&g);
}

static void recovery_region_is_described_with_its_last_answer(void **state)
{
    (void)state;
    static uint8_t memory[2 * ORL_RECOVERY_BYTES];
    uint8_t *region = memory + ORL_RECOVERY_BYTES;
    for (uint32_t error = 0; error < 9; error++) {
        struct orl_recovery r = {.lgmp = 13,
                                 .kvmfr = 35,
                                 .capabilities = ORL_RECOVERY_CAN_SWITCH,
                                 .session = 1,
                                 .state = error ? ORL_RECOVERY_FAILED : ORL_RECOVERY_ACTIVE,
                                 .error = error,
                                 .ack_serial = 8,
                                 .ack_request = ORL_RECOVERY_ASK_FALLBACK};
        orl_recovery_write_head(region, &r);
        orl_recovery_write_status(region + ORL_RECOVERY_STATUS, &r, 2);
        char *text = NULL;
        size_t size = 0;
        FILE *out = open_memstream(&text, &size);
        struct orl_mem mem = {memory, sizeof(memory)};
        assert_int_equal(orl_inspect_mem(out, mem, true, false), ORL_EAGAIN);
        fclose(out);
        struct json_object *got = json_tokener_parse(text), *rec = at(got, "recovery"), *name;
        assert_true(json_object_get_boolean(at(rec, "can_switch")));
        assert_string_equal(json_object_get_string(at(rec, "state")),
                            error ? "failed" : "active");
        assert_int_equal(json_object_object_get_ex(rec, "error_name", &name), error != 0);
        if (error == ORL_RECOVERY_NO_DISPLAY || error > ORL_RECOVERY_CAPACITY) {
            assert_string_equal(json_object_get_string(name), error == ORL_RECOVERY_NO_DISPLAY
                                                                  ? "no fallback display"
                                                                  : "unknown");
        }
        assert_int_equal(json_object_get_int(at(rec, "answered")), 8);
        assert_int_equal(json_object_get_int(at(rec, "answered_request")), 2);
        json_object_put(got);
        free(text);
    }
}

/* ---- Live memory --------------------------------------------------------------------------- */

struct beater {
    struct orl_flag stop;
    uint8_t *heartbeat;
};

/* A guest that does nothing but live. */
static void beat(void *arg)
{
    struct beater *b = arg;
    while (!orl_flag_is_raised(&b->stop)) {
        uint64_t *p = (uint64_t *)(void *)b->heartbeat;
        __atomic_add_fetch(p, 10, __ATOMIC_RELEASE);
        orl_sleep_until(orl_now_ns() + 5 * ORL_NS_PER_MS);
    }
}

/* The image in a file, mapped twice: writable for the guest, read-only for us. */
static int make_file(const char *name, struct orl_shm *shm, uint8_t **guest)
{
    struct orl_guarded g;
    orl_vectors_image(&g, name, SIZE_MAX);
    int fd = memfd_create("oriel-test", MFD_CLOEXEC);
    assert_true(fd >= 0 && ftruncate(fd, (off_t)g.size) == 0);
    *guest = mmap(NULL, g.size, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
    uint8_t *ours = mmap(NULL, g.size, PROT_READ, MAP_SHARED, fd, 0);
    assert_true(*guest != MAP_FAILED && ours != MAP_FAILED);
    memcpy(*guest, g.base, g.size);
    *shm = (struct orl_shm){
        .base = ours, .size = g.size, .fd = fd, .server = -1, .doorbell = -1, .guard = -1};
    orl_guarded_finish(&g);
    return fd;
}

static bool moves_in_report(const struct orl_shm *shm)
{
    char *text = NULL;
    size_t size = 0;
    FILE *out = open_memstream(&text, &size);
    assert_int_equal(orl_inspect(out, shm, true), ORL_OK);
    fclose(out);
    struct json_object *got = json_tokener_parse(text);
    assert_non_null(got);
    bool moves = json_object_get_boolean(at(at(got, "session"), "heartbeat_moves"));
    assert_int_equal(json_object_object_get_ex(got, "problems", NULL), !moves);
    json_object_put(got);
    free(text);
    return moves;
}

static void live_memory_is_told_from_a_dead_one_and_not_written(void **state)
{
    (void)state;
    struct orl_shm shm;
    uint8_t *guest;
    int fd = make_file("b7-20-fmt-bgra", &shm, &guest);
    const struct orl_layout *lay = orl_layout_get(ORL_B7);
    struct beater b = {.heartbeat = guest + lay->hdr_heartbeat_ms};
    char before[65], after[65];
    size_t rest = lay->hdr_heartbeat_ms + 8;

    orl_sha256_hex(before, guest + rest, shm.size - rest);
    uint64_t began_ns = orl_now_ns();
    assert_false(moves_in_report(&shm));
    assert_true(orl_now_ns() - began_ns < 2 * ORL_NS_PER_S);

    orl_flag_init(&b.stop);
    struct orl_thread thread;
    assert_int_equal(orl_thread_start(&thread, "guest", beat, &b), ORL_OK);
    assert_true(moves_in_report(&shm));
    orl_flag_raise(&b.stop);
    orl_thread_join(&thread);
    orl_sha256_hex(after, guest + rest, shm.size - rest);
    assert_string_equal(before, after);
    munmap(guest, shm.size);
    munmap(shm.base, shm.size);
    close(fd);
}

static void report_says_where_memory_comes_from_and_if_it_can_be_exported(void **state)
{
    (void)state;
    static const char *const ways[] = {[ORL_EXPORT_NONE] = "no: it can shrink",
                                       [ORL_EXPORT_KVMFR] = "kvmfr device",
                                       [ORL_EXPORT_UDMABUF] = "udmabuf",
                                       [ORL_EXPORT_MEMORY] = "memory only: no udmabuf"};
    static uint8_t nothing[4096];
    struct orl_shm shm = {
        .base = nothing, .size = sizeof(nothing), .server = -1, .doorbell = -1, .guard = -1};
    for (int i = 0; i < 8; i++) {
        shm.export_by = (enum orl_shm_export)(i % 4);
        shm.server = i < 4 ? -1 : 5;
        shm.peer = 3;
        char *text = NULL;
        size_t size = 0;
        FILE *out = open_memstream(&text, &size);
        assert_int_equal(orl_inspect(out, &shm, true), ORL_EAGAIN);
        fclose(out);
        struct json_object *got = json_tokener_parse(text), *memory = at(got, "memory");
        assert_string_equal(json_object_get_string(at(memory, "from")),
                            i < 4 ? "file" : "ivshmem server");
        assert_string_equal(json_object_get_string(at(memory, "zero_copy")), ways[i % 4]);
        assert_int_equal(json_object_object_get_ex(memory, "peer", NULL), i >= 4);
        if (i >= 4) {
            assert_int_equal(json_object_get_int(at(memory, "peer")), 3);
            assert_false(json_object_get_boolean(at(memory, "doorbell")));
        }
        json_object_put(got);
        free(text);
    }
}

int main(void)
{
    static char *names[ORL_VECTORS_MAX];
    static struct CMUnitTest tests[ORL_VECTORS_MAX + 16];
    const struct CMUnitTest fixed[] = {
        cmocka_unit_test(text_form_has_a_line_per_thing),
        cmocka_unit_test(oddities_are_named),
        cmocka_unit_test(guest_text_cannot_break_the_json),
        cmocka_unit_test(memory_without_a_session_says_so),
        cmocka_unit_test(other_versions_are_named),
        cmocka_unit_test(recovery_region_is_described_with_its_last_answer),
        cmocka_unit_test(report_says_where_memory_comes_from_and_if_it_can_be_exported),
        cmocka_unit_test(live_memory_is_told_from_a_dead_one_and_not_written),
    };
    size_t n = orl_vectors_list(names), more = sizeof(fixed) / sizeof(fixed[0]);
    for (size_t i = 0; i < n; i++) {
        tests[i] = (struct CMUnitTest){.name = names[i],
                                       .test_func = image_is_described_as_its_json_says,
                                       .initial_state = names[i]};
    }
    memcpy(tests + n, fixed, sizeof(fixed));
    int failed = _cmocka_run_group_tests("inspect", tests, n + more, NULL, NULL);
    for (size_t i = 0; i < n; i++) {
        free(names[i]);
    }
    return failed;
}
