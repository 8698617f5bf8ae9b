/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Every rule of the input's status, of its records and of stream descriptors: one breach each. */
#include <string.h>

#include "base/bytes.h"
#include "support/check.h"
#include "support/random.h"
#include "wire/hid.h"

static struct orl_hid_status good_status(void)
{
    struct orl_hid_status s = {.version = 3,
                               .capabilities = 7,
                               .available = true,
                               .has_owner = true,
                               .leds_valid = true,
                               .generation = 9,
                               .owner_client_id = 4,
                               .owner_generation = 77,
                               .lease_ms = ORL_HID_LEASE_MS,
                               .max_buttons = 32,
                               .stream_generation = 5,
                               .leds = 3};
    for (uint32_t i = 0; i < ORL_HID_ENDPOINTS; i++) {
        struct orl_stream_desc *d = &s.endpoints[i].stream;
        *d = (struct orl_stream_desc){.off = 65536 + i * 16640,
                                      .direction = ORL_STREAM_TO_GUEST,
                                      .slot_count = ORL_HID_SLOT_COUNT,
                                      .slot_bytes = ORL_HID_SLOT_BYTES};
        assert_int_equal(orl_stream_desc_complete(d), ORL_OK);
        if (i % 2 == 0) {
            s.endpoints[i].client_id = 10 + i;
            s.endpoints[i].epoch = 20 + i;
        }
    }
    return s;
}

static void a_status_survives_writing_and_reading(void **state)
{
    (void)state;
    struct orl_hid_status want = good_status(), got;
    uint8_t raw[ORL_LEN_hstat + 1];
    memset(raw, 0xee, sizeof(raw));
    memset(&got, 0, sizeof(got));
    orl_hid_status_write(raw, &want);
    assert_int_equal(raw[ORL_LEN_hstat], 0xee);
    assert_int_equal(orl_hid_status_read(&got, raw), ORL_OK);
    assert_int_equal(got.capabilities, 7);
    assert_true(got.available && got.has_owner && got.leds_valid);
    assert_int_equal(got.generation, 9);
    assert_int_equal(got.owner_client_id, 4);
    assert_int_equal(got.owner_generation, 77);
    assert_int_equal(got.lease_ms, 500);
    assert_int_equal(got.max_buttons, 32);
    assert_int_equal(got.stream_generation, 5);
    assert_int_equal(got.leds, 3);
    for (uint32_t i = 0; i < ORL_HID_ENDPOINTS; i++) {
        assert_int_equal(got.endpoints[i].stream.off, 65536 + i * 16640);
        assert_int_equal(got.endpoints[i].stream.region_bytes, 16640);
        assert_int_equal(got.endpoints[i].stream.slot_stride, 128);
        assert_int_equal(got.endpoints[i].client_id, i % 2 ? 0 : 10 + i);
        assert_int_equal(got.endpoints[i].epoch, i % 2 ? 0 : 20 + i);
    }
}

#define END(i)     (ORL_AT_hstat_endpoints + (i)*ORL_LEN_hend)
#define DESC(i, f) (END(i) + ORL_AT_hend_stream + ORL_AT_sdesc_##f)

static void every_breach_of_a_status_is_refused(void **state)
{
    (void)state;
    static const struct {
        uint32_t at, bytes, value;
    } bad[] = {
        {ORL_AT_hstat_version, 4, 0},
        {ORL_AT_hstat_version, 4, 4},
        {ORL_AT_hstat_capabilities, 4, 8 | 7},
        {ORL_AT_hstat_capabilities, 4, 1}, /* available needs mouse and keyboard */
        {ORL_AT_hstat_capabilities, 4, 4},
        {ORL_AT_hstat_flags, 4, 8 | 7},
        {ORL_AT_hstat_flags, 4, 5}, /* owner ids without an owner */
        {ORL_AT_hstat_generation, 4, 0},
        {ORL_AT_hstat_owner_client_id, 4, 0},
        {ORL_AT_hstat_owner_generation, 4, 0},
        {ORL_AT_hstat_lease_ms, 4, 0},
        {ORL_AT_hstat_max_buttons, 4, 0},
        {ORL_AT_hstat_max_buttons, 4, 33},
        {ORL_AT_hstat_stream_version, 4, 0},
        {ORL_AT_hstat_stream_version, 4, 2},
        {ORL_AT_hstat_endpoint_count, 4, 7},
        {ORL_AT_hstat_endpoint_count, 4, 9},
        {ORL_AT_hstat_stream_generation, 4, 0},
        {ORL_AT_hstat_keyboard_leds, 1, 32},
        {ORL_AT_hstat_status_reserved, 1, 1},
        {ORL_AT_hstat_status_reserved + 2, 1, 1},
        {ORL_AT_hstat_stream_reserved, 4, 1},
        {ORL_AT_hstat_stream_reserved + 12, 4, 0x80000000},
        {DESC(0, magic), 4, 1},
        {DESC(1, version), 2, 2},
        {DESC(2, size), 2, 31},
        {DESC(3, offset), 4, 65536 + 32}, /* not on a line */
        {DESC(4, offset), 4, 65536},      /* the first one's */
        {DESC(5, region_size), 4, 16641},
        {DESC(6, direction), 4, 1},
        {DESC(6, direction), 4, 0},
        {DESC(7, policy), 4, 2},
        {DESC(0, slot_count), 4, 64},
        {DESC(0, slot_count), 4, 0},
        {DESC(0, slot_size), 4, 32},
        {DESC(0, slot_size), 4, 0xFFFFFFC0},
        {END(0) + ORL_AT_hend_bound_client_id, 4, 0},
        {END(0) + ORL_AT_hend_binding_generation, 4, 0},
        {END(1) + ORL_AT_hend_bound_client_id, 4, 3}, /* free, and yet somebody's */
        {END(1) + ORL_AT_hend_binding_generation, 4, 3},
        {END(2) + ORL_AT_hend_bound_client_id, 4, 10}, /* two for one viewer */
        {END(0) + ORL_AT_hend_flags, 4, 1},
        {END(0) + ORL_AT_hend_flags, 4, 2},
        {END(0) + ORL_AT_hend_flags, 4, 7},
        {END(1) + ORL_AT_hend_flags, 4, 0},
        {END(1) + ORL_AT_hend_flags, 4, 3},
        {END(7) + ORL_AT_hend_reserved, 4, 1},
    };
    struct orl_hid_status good = good_status(), got;
    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
        uint8_t raw[ORL_LEN_hstat], value[4];
        orl_hid_status_write(raw, &good);
        orl_put_u32(value, bad[i].value);
        memcpy(raw + bad[i].at, value, bad[i].bytes);
        memset(&got, 0x5a, sizeof(got));
        if (orl_hid_status_read(&got, raw) != ORL_EMALFORMED) {
            fail_msg("breach %zu at %u was accepted", i, bad[i].at);
        }
        assert_int_equal(got.version, 0x5a5a5a5a);
    }
}

static void older_and_unavailable_statuses_are_read(void **state)
{
    (void)state;
    struct orl_hid_status s = good_status(), got;
    uint8_t raw[ORL_LEN_hstat];
    for (uint32_t version = 1; version <= 3; version++) {
        s.version = version;
        orl_hid_status_write(raw, &s);
        assert_int_equal(orl_hid_status_read(&got, raw), ORL_OK);
    }
    s.available = false;
    s.capabilities = 0;
    s.has_owner = false;
    s.owner_client_id = 0;
    s.owner_generation = 0;
    orl_hid_status_write(raw, &s);
    assert_int_equal(orl_hid_status_read(&got, raw), ORL_OK);
    assert_false(got.available);
    orl_put_u32(raw + ORL_AT_hstat_flags, 2 | 4); /* an owner without ids */
    assert_int_equal(orl_hid_status_read(&got, raw), ORL_EMALFORMED);
}

static struct orl_hid_record sample(uint32_t type)
{
    struct orl_hid_record r = {
        .type = (enum orl_hid_type)type, .generation = 3, .sequence = UINT32_MAX};
    if (type == ORL_HID_MOUSE_RELATIVE) {
        r.buttons = 0x80000005;
        r.dx = ORL_HID_DELTA_MIN;
        r.dy = ORL_HID_DELTA_MAX;
        r.wheel = -508;
    } else if (type == ORL_HID_MOUSE_ABSOLUTE) {
        r.buttons = 2;
        r.x = 32767;
        r.y = 1;
        r.wheel = 508;
    } else if (type == ORL_HID_KEYS_HELD) {
        const uint8_t keys[] = {4, 5, 0xE7, 0, 0, 1};
        r.modifiers = 0x81;
        memcpy(r.keys, keys, sizeof(keys));
    }
    return r;
}

static void every_record_survives_writing_and_reading(void **state)
{
    (void)state;
    for (uint32_t type = 1; type <= 7; type++) {
        struct orl_hid_record want = sample(type), got;
        uint8_t raw[ORL_LEN_hmsg + 1];
        raw[ORL_LEN_hmsg] = 0xee;
        memset(&got, 0, sizeof(got));
        assert_int_equal(orl_hid_record_write(raw, &want), ORL_OK);
        assert_int_equal(raw[ORL_LEN_hmsg], 0xee);
        assert_int_equal(orl_get_u32(raw), type);
        assert_int_equal(orl_hid_record_read(&got, raw, ORL_LEN_hmsg), ORL_OK);
        assert_int_equal(got.type, type);
        assert_int_equal(got.generation, 3);
        assert_int_equal(got.sequence, UINT32_MAX);
        assert_int_equal(got.buttons, want.buttons);
        assert_int_equal(got.dx, want.dx);
        assert_int_equal(got.dy, want.dy);
        assert_int_equal(got.x, want.x);
        assert_int_equal(got.y, want.y);
        assert_int_equal(got.wheel, want.wheel);
        assert_int_equal(got.modifiers, want.modifiers);
        assert_memory_equal(got.keys, want.keys, ORL_HID_KEYS);
    }
}

static void values_out_of_range_are_not_written(void **state)
{
    (void)state;
    uint8_t raw[ORL_LEN_hmsg];
    struct orl_hid_record r;
#define REFUSED(kind, change)                                                                  \
    r = sample(kind);                                                                          \
    r.change;                                                                                  \
    assert_int_equal(orl_hid_record_write(raw, &r), ORL_EINVAL)
    REFUSED(ORL_HID_CLAIM, generation = 0);
    REFUSED(ORL_HID_CLAIM, sequence = 0);
    REFUSED(ORL_HID_CLAIM, type = (enum orl_hid_type)0);
    REFUSED(ORL_HID_CLAIM, type = (enum orl_hid_type)8);
    REFUSED(ORL_HID_MOUSE_RELATIVE, dx = ORL_HID_DELTA_MIN - 1);
    REFUSED(ORL_HID_MOUSE_RELATIVE, dx = ORL_HID_DELTA_MAX + 1);
    REFUSED(ORL_HID_MOUSE_RELATIVE, dy = INT32_MIN);
    REFUSED(ORL_HID_MOUSE_RELATIVE, wheel = 509);
    REFUSED(ORL_HID_MOUSE_RELATIVE, wheel = -509);
    REFUSED(ORL_HID_MOUSE_ABSOLUTE, x = 32768);
    REFUSED(ORL_HID_MOUSE_ABSOLUTE, y = 65535);
    REFUSED(ORL_HID_MOUSE_ABSOLUTE, wheel = INT32_MIN);
    REFUSED(ORL_HID_KEYS_HELD, keys[5] = 0xE8);
#undef REFUSED
}

static void every_breach_of_a_record_is_refused(void **state)
{
    (void)state;
    static const struct {
        uint32_t type, at, bytes, value;
    } bad[] = {
        {1, ORL_AT_hmsg_type, 4, 0},
        {1, ORL_AT_hmsg_type, 4, 8},
        {1, ORL_AT_hmsg_type, 4, UINT32_MAX},
        {1, ORL_AT_hmsg_generation, 4, 0},
        {3, ORL_AT_hmsg_sequence, 4, 0},
        {5, ORL_AT_hmsg_reserved, 4, 1},
        {1, ORL_AT_hmsg_payload, 4, 1},
        {2, ORL_AT_hmsg_payload + 15, 1, 1},
        {3, ORL_AT_hmsg_payload + 8, 4, 1},
        {4, ORL_AT_hmsg_payload + 4, 4, 1},
        {5, ORL_AT_hmsg_payload + ORL_AT_hrel_dx, 4, (uint32_t)(ORL_HID_DELTA_MIN - 1)},
        {5, ORL_AT_hmsg_payload + ORL_AT_hrel_dy, 4, ORL_HID_DELTA_MAX + 1},
        {5, ORL_AT_hmsg_payload + ORL_AT_hrel_wheel, 4, 509},
        {6, ORL_AT_hmsg_payload + ORL_AT_habs_x, 2, 32768},
        {6, ORL_AT_hmsg_payload + ORL_AT_habs_y, 2, 65535},
        {6, ORL_AT_hmsg_payload + ORL_AT_habs_wheel, 4, 0x80000000},
        {6, ORL_AT_hmsg_payload + ORL_AT_habs_reserved, 4, 1},
        {7, ORL_AT_hmsg_payload + ORL_AT_hkey_keys, 1, 0xE8},
        {7, ORL_AT_hmsg_payload + ORL_AT_hkey_reserved, 1, 1},
        {7, ORL_AT_hmsg_payload + 15, 1, 1},
    };
    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
        uint8_t raw[ORL_LEN_hmsg], value[4];
        struct orl_hid_record r = sample(bad[i].type), got;
        assert_int_equal(orl_hid_record_write(raw, &r), ORL_OK);
        orl_put_u32(value, bad[i].value);
        memcpy(raw + bad[i].at, value, bad[i].bytes);
        if (orl_hid_record_read(&got, raw, ORL_LEN_hmsg) != ORL_EMALFORMED) {
            fail_msg("breach %zu was accepted", i);
        }
    }
    uint8_t raw[64] = {0};
    struct orl_hid_record r = sample(1), got;
    assert_int_equal(orl_hid_record_write(raw, &r), ORL_OK);
    assert_int_equal(orl_hid_record_read(&got, raw, 31), ORL_EMALFORMED);
    assert_int_equal(orl_hid_record_read(&got, raw, 33), ORL_EMALFORMED);
    assert_int_equal(orl_hid_record_read(&got, raw, 0), ORL_EMALFORMED);
}

static void impossible_geometries_are_refused(void **state)
{
    (void)state;
    static const uint32_t bad[][3] = {
        /* off, slot count, slot bytes */
        {0, 0, 64},       {0, 1, 64},          {0, 3, 64},         {0, 4, 0},
        {32, 4, 64},      {0, 0x80000000, 64}, {0, 2, UINT32_MAX}, {0, 0x80000000, UINT32_MAX},
        {0, 65536, 65536}};
    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
        struct orl_stream_desc d = {.off = bad[i][0],
                                    .direction = ORL_STREAM_TO_GUEST,
                                    .slot_count = bad[i][1],
                                    .slot_bytes = bad[i][2]};
        assert_int_equal(orl_stream_desc_complete(&d), ORL_EMALFORMED);
    }
    struct orl_stream_desc clip = {
        .off = 64, .direction = ORL_STREAM_TO_VIEWER, .slot_count = 4, .slot_bytes = 262208};
    assert_int_equal(orl_stream_desc_complete(&clip), ORL_OK);
    assert_int_equal(clip.slot_stride, 262272);
    assert_int_equal(clip.region_bytes, 256 + 4 * 262272);
}

/* Whatever the bytes are: no crash, and what is accepted keeps the rules. */
static void random_bytes_are_read_safely(void **state)
{
    (void)state;
    uint64_t rng = 11;
    uint32_t accepted = 0;
    struct orl_hid_status good = good_status(), s;
    for (int round = 0; round < 20000; round++) {
        uint8_t raw[ORL_LEN_hstat];
        orl_hid_status_write(raw, &good);
        uint32_t changes = random_below(&rng, 4);
        for (uint32_t i = 0; i < changes; i++) {
            raw[random_below(&rng, sizeof(raw))] = (uint8_t)random_next(&rng);
        }
        if (orl_hid_status_read(&s, raw) == ORL_OK) {
            accepted++;
            assert_in_range(s.max_buttons, 1, 32);
            for (int i = 0; i < ORL_HID_ENDPOINTS; i++) {
                assert_int_equal(s.endpoints[i].stream.region_bytes, 16640);
                assert_int_equal(s.endpoints[i].stream.off % 64, 0);
            }
        }
    }
    assert_in_range(accepted, 5000, 19999);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_status_survives_writing_and_reading),
        cmocka_unit_test(every_breach_of_a_status_is_refused),
        cmocka_unit_test(older_and_unavailable_statuses_are_read),
        cmocka_unit_test(every_record_survives_writing_and_reading),
        cmocka_unit_test(values_out_of_range_are_not_written),
        cmocka_unit_test(every_breach_of_a_record_is_refused),
        cmocka_unit_test(impossible_geometries_are_refused),
        cmocka_unit_test(random_bytes_are_read_safely),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
