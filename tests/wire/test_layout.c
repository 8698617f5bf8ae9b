/* SPDX-License-Identifier: GPL-2.0-or-later */
/* wire/layout.def and the other numbers of the rows against measured layouts of the guest software. */

#include "support/check.h"
#include "support/fields.h"
#include "support/guarded.h"
#include "support/vectors.h"
#include "wire/hid.h"
#include "wire/wire.h"

static struct json_object *layout;

static int load(void **state)
{
    (void)state;
    layout = orl_layout_json();
    return 0;
}
static int unload(void **state)
{
    (void)state;
    json_object_put(layout);
    return 0;
}

static struct json_object *constants(const struct orl_layout *lay)
{
    struct json_object *versions = json_object_object_get(layout, "versions");
    return json_object_object_get(json_object_object_get(versions, lay->name), "constants");
}

static void every_field_lies_where_it_was_measured(void **state)
{
    (void)state;
    for (int r = 0; r < ORL_RELEASES; r++) {
        const struct orl_layout *lay = orl_layout_get((enum orl_release)r);
        for (size_t i = 0; i < orl_fields_count; i++) {
            const struct orl_field *f = &orl_fields[i];
            struct json_object *s = orl_layout_json_struct(layout, lay->name, f->structure);
            assert_non_null(s);
            struct json_object *field = orl_layout_json_field(s, f->name);
            uint32_t want = field ? (uint32_t)orl_json_int(field, "offset") : ORL_ABSENT;
            if (f->offset[r] != want) {
                fail_msg("%s %s.%s is at %u, measured %u", lay->name, f->structure, f->name,
                         f->offset[r], want);
            }
        }
    }
}

static void every_structure_has_its_measured_size(void **state)
{
    (void)state;
    for (int r = 0; r < ORL_RELEASES; r++) {
        const struct orl_layout *lay = orl_layout_get((enum orl_release)r);
        for (size_t i = 0; i < orl_structs_count; i++) {
            const char *name = orl_structs[i].structure;
            struct json_object *s = orl_layout_json_struct(layout, lay->name, name);
            assert_non_null(s);
            assert_int_equal(orl_structs[i].offset[r], orl_json_int(s, "size"));
        }
    }
}

static void no_measured_field_is_missing_in_the_table(void **state)
{
    (void)state;
    for (int r = 0; r < ORL_RELEASES; r++) {
        const struct orl_layout *lay = orl_layout_get((enum orl_release)r);
        for (size_t i = 0; i < orl_structs_count; i++) {
            const char *structure = orl_structs[i].structure;
            struct json_object *s = orl_layout_json_struct(layout, lay->name, structure);
            struct json_object *fields = json_object_object_get(s, "fields");
            for (size_t k = 0; k < json_object_array_length(fields); k++) {
                struct json_object *f = json_object_array_get_idx(fields, k);
                const char *name = json_object_get_string(json_object_object_get(f, "name"));
                if (orl_field_offset(lay, structure, name) == ORL_ABSENT) {
                    fail_msg("%s %s.%s has no row", lay->name, structure, name);
                }
            }
        }
    }
}

/* The members that other code uses are the rows that were compared above. */
static void rows_fill_the_members_of_the_table(void **state)
{
    (void)state;
    for (int r = 0; r < ORL_RELEASES; r++) {
        const struct orl_layout *lay = orl_layout_get((enum orl_release)r);
        assert_int_equal(lay->release, r);
#define F(group, field, structure, b6, b7, master)                                             \
    assert_int_equal(lay->group##_##field, orl_field_offset(lay, #structure, #field));
#define S(group, structure, b6, b7, master)                                                    \
    assert_int_equal(lay->group##_bytes, ((const uint32_t[]){b6, b7, master})[r]);             \
    assert_true((uint32_t)ORL_BYTES_##group >= lay->group##_bytes);
#include "wire/layout.def"
#undef F
#undef S
    }
}

static int64_t size_of(const struct orl_layout *lay, const char *structure, const char *field)
{
    struct json_object *s = orl_layout_json_struct(layout, lay->name, structure);
    return orl_json_int(orl_layout_json_field(s, field), "size");
}

static void numbers_of_the_queues_equal_the_constants(void **state)
{
    (void)state;
    for (int r = 0; r < ORL_RELEASES; r++) {
        const struct orl_layout *lay = orl_layout_get((enum orl_release)r);
        struct json_object *c = constants(lay);
        assert_int_equal(lay->lgmp, orl_json_int(c, "lgmp_version"));
        assert_int_equal(lay->kvmfr, orl_json_int(c, "kvmfr_version"));
        assert_int_equal(lay->max_queues, orl_json_int(c, "max_queues"));
        assert_int_equal(lay->subscribers, orl_json_int(c, "max_subscribers"));
        assert_int_equal(lay->client_slots, orl_json_int(c, "client_slots"));
        assert_int_equal(lay->subs_on_shift, orl_json_int(c, "subs_on_shift"));
        assert_int_equal(0, orl_json_int(c, "subs_bad_shift"));
        assert_int_equal(lay->subs_bytes, size_of(lay, "lgmp_queue", "subs"));
        assert_int_equal(lay->lock_bytes, size_of(lay, "lgmp_queue", "lock"));
        assert_int_equal(lay->lock_bytes, size_of(lay, "lgmp_queue", "c_lock"));
        assert_int_equal(lay->tag_bytes, size_of(lay, "lgmp_message_slot", "tag"));
        assert_int_equal(lay->ring_spare, orl_json_int(c, "ring_slots_frame") -
                                              orl_json_int(c, "queue_frame_len"));
        assert_int_equal(ORL_LGMP_MAGIC, orl_json_int(c, "magic"));
        assert_int_equal(ORL_CLIENT_BYTES, orl_json_int(c, "client_data_bytes"));
        assert_int_equal(ORL_QUEUE_POINTER, orl_json_int(c, "queue_pointer"));
        assert_int_equal(ORL_QUEUE_FRAME, orl_json_int(c, "queue_frame"));
        assert_true(lay->max_queues <= ORL_MAX_QUEUES);
        assert_true(lay->subscribers <= ORL_MAX_SUBSCRIBERS);
        assert_true(lay->client_slots <= ORL_MAX_CLIENT_SLOTS);
    }
    const struct orl_layout *master = orl_layout_get(ORL_MASTER);
    struct json_object *c = constants(master);
    assert_int_equal(master->probe_ms, orl_json_int(c, "session_probe_ms"));
    assert_int_equal(ORL_QUEUE_OWNER_A, orl_json_int(c, "queue_frame_owner_base"));
    assert_int_equal(ORL_QUEUE_INPUT, orl_json_int(c, "queue_input"));
    assert_int_equal(ORL_QUEUE_CLIPBOARD, orl_json_int(c, "queue_clipboard"));
}

static void numbers_of_the_messages_equal_the_constants(void **state)
{
    (void)state;
    for (int r = 0; r < ORL_RELEASES; r++) {
        const struct orl_layout *lay = orl_layout_get((enum orl_release)r);
        struct json_object *c = constants(lay);
        int64_t highest = 0, flags = 0;
        json_object_object_foreach(json_object_object_get(c, "pixel_type"), type, number)
        {
            (void)type;
            int64_t n = json_object_get_int64(number);
            highest = n > highest ? n : highest;
        }
        json_object_object_foreach(json_object_object_get(c, "frame_flags"), flag, bit)
        {
            (void)flag;
            flags |= json_object_get_int64(bit);
        }
        assert_int_equal(lay->pixel_types, highest);
        assert_int_equal(lay->known_flags, flags);
        assert_int_equal(ORL_RECTS_MAX, orl_json_int(c, "max_damage_rects"));
        struct json_object *cursor = json_object_object_get(c, "cursor_flags");
        assert_int_equal(ORL_CURSOR_POSITION, orl_json_int(cursor, "position"));
        assert_int_equal(ORL_CURSOR_VISIBLE, orl_json_int(cursor, "visible"));
        assert_int_equal(ORL_CURSOR_SHAPE, orl_json_int(cursor, "shape"));
        struct json_object *kind = json_object_object_get(c, "cursor_shape_type");
        assert_int_equal(ORL_CURSOR_COLOR, orl_json_int(kind, "color"));
        assert_int_equal(ORL_CURSOR_MONO, orl_json_int(kind, "monochrome"));
        assert_int_equal(ORL_CURSOR_MASKED, orl_json_int(kind, "masked_color"));
        struct json_object *os = json_object_object_get(c, "os");
        assert_int_equal(ORL_OS_WINDOWS, orl_json_int(os, "windows"));
        assert_int_equal(ORL_OS_OTHER, orl_json_int(os, "other"));
    }
    struct json_object *c = constants(orl_layout_get(ORL_MASTER));
    struct json_object *cursor = json_object_object_get(c, "cursor_flags");
    assert_int_equal(ORL_CURSOR_TRANSFORM, orl_json_int(cursor, "color_transform"));
    assert_int_equal(ORL_CURSOR_VISIBLE_VALID, orl_json_int(cursor, "visible_valid"));
    struct json_object *features = json_object_object_get(c, "features");
    assert_int_equal(ORL_FEATURE_SET_CURSOR_POS, orl_json_int(features, "set_cursor_pos"));
    assert_int_equal(ORL_FEATURE_WINDOW_SIZE, orl_json_int(features, "window_size"));
    assert_int_equal(ORL_FEATURE_FRAME_SCHEDULE, orl_json_int(features, "frame_schedule"));
    assert_int_equal(ORL_FEATURE_INPUT, orl_json_int(features, "input"));
    assert_int_equal(ORL_FEATURE_CLIPBOARD, orl_json_int(features, "clipboard"));
    assert_int_equal(ORL_WHITE_NITS, orl_json_int(c, "sdr_white_default_nits"));
    assert_int_equal(ORL_RECOVERY_BYTES, orl_json_int(c, "recovery_region_bytes"));
}

/* Structures of one release: places.def, both ways. */
static const struct place {
    const char *structure, *field; /* field NULL: the size */
    uint32_t number;
} places[] = {
#define F(group, field, structure, offset) {#structure, #field, ORL_AT_##group##_##field},
#define S(group, structure, bytes)         {#structure, NULL, ORL_LEN_##group},
#include "wire/places.def"
#undef F
#undef S
};
#define PLACES (sizeof(places) / sizeof(places[0]))

static bool has_place(const char *structure, const char *field)
{
    for (size_t i = 0; i < PLACES; i++) {
        if (places[i].field && !strcmp(places[i].structure, structure) &&
            !strcmp(places[i].field, field)) {
            return true;
        }
    }
    return false;
}

static void masters_own_structures_are_as_measured(void **state)
{
    (void)state;
    for (size_t i = 0; i < PLACES; i++) {
        const struct place *p = &places[i];
        struct json_object *s = orl_layout_json_struct(layout, "master", p->structure);
        assert_non_null(s);
        if (p->field) {
            struct json_object *field = orl_layout_json_field(s, p->field);
            assert_non_null(field);
            assert_int_equal(p->number, orl_json_int(field, "offset"));
            continue;
        }
        assert_int_equal(p->number, orl_json_int(s, "size"));
        struct json_object *fields = json_object_object_get(s, "fields");
        for (size_t k = 0; k < json_object_array_length(fields); k++) {
            struct json_object *f = json_object_array_get_idx(fields, k);
            const char *name = json_object_get_string(json_object_object_get(f, "name"));
            if (!has_place(p->structure, name)) {
                fail_msg("%s.%s has no row", p->structure, name);
            }
        }
    }
}

static void numbers_of_streams_and_input_equal_the_constants(void **state)
{
    (void)state;
    struct json_object *c = constants(orl_layout_get(ORL_MASTER));
    assert_int_equal(ORL_STREAM_DESC_MAGIC, orl_json_int(c, "stream_descriptor_magic"));
    assert_int_equal(ORL_STREAM_REGION_MAGIC, orl_json_int(c, "stream_region_magic"));
    assert_int_equal(ORL_STREAM_VERSION, orl_json_int(c, "stream_descriptor_version"));
    assert_int_equal(ORL_STREAM_VERSION, orl_json_int(c, "stream_region_version"));
    assert_int_equal(ORL_STREAM_VERSION, orl_json_int(c, "input_stream_version"));
    assert_int_equal(ORL_STREAM_TO_VIEWER, orl_json_int(c, "stream_host_to_client"));
    assert_int_equal(ORL_STREAM_TO_GUEST, orl_json_int(c, "stream_client_to_host"));
    assert_int_equal(ORL_STREAM_POLICY_FIFO, orl_json_int(c, "stream_policy_fifo"));
    struct json_object *state_of = json_object_object_get(c, "stream_state");
    assert_int_equal(ORL_STREAM_UNBOUND, orl_json_int(state_of, "unbound"));
    assert_int_equal(ORL_STREAM_BINDING, orl_json_int(state_of, "binding"));
    assert_int_equal(ORL_STREAM_READY, orl_json_int(state_of, "ready"));
    assert_int_equal(ORL_STREAM_DRAINING, orl_json_int(state_of, "draining"));
    assert_int_equal(ORL_HID_VERSION, orl_json_int(c, "input_version"));
    assert_int_equal(ORL_HID_ENDPOINTS, orl_json_int(c, "input_endpoint_count"));
    assert_int_equal(ORL_HID_SLOT_COUNT, orl_json_int(c, "input_stream_slot_count"));
    assert_int_equal(ORL_HID_SLOT_BYTES, orl_json_int(c, "input_stream_slot_size"));
    assert_int_equal(ORL_HID_LEASE_MS, orl_json_int(c, "input_lease_ms"));
    struct json_object *type = json_object_object_get(c, "input_message_type");
    assert_int_equal(ORL_HID_CLAIM, orl_json_int(type, "claim"));
    assert_int_equal(ORL_HID_RELEASE, orl_json_int(type, "release"));
    assert_int_equal(ORL_HID_KEEPALIVE, orl_json_int(type, "keepalive"));
    assert_int_equal(ORL_HID_RESET, orl_json_int(type, "reset"));
    assert_int_equal(ORL_HID_MOUSE_RELATIVE, orl_json_int(type, "mouse_relative"));
    assert_int_equal(ORL_HID_MOUSE_ABSOLUTE, orl_json_int(type, "mouse_absolute"));
    assert_int_equal(ORL_HID_KEYS_HELD, orl_json_int(type, "keyboard"));
    struct json_object *caps = json_object_object_get(c, "input_caps");
    assert_int_equal(ORL_HID_RELATIVE, orl_json_int(caps, "mouse_relative"));
    assert_int_equal(ORL_HID_ABSOLUTE, orl_json_int(caps, "mouse_absolute"));
    assert_int_equal(ORL_HID_KEYBOARD, orl_json_int(caps, "keyboard"));
    struct json_object *leds = json_object_object_get(c, "input_leds");
    assert_int_equal(ORL_HID_LED_NUM, orl_json_int(leds, "num"));
    assert_int_equal(ORL_HID_LED_CAPS, orl_json_int(leds, "caps"));
    assert_int_equal(ORL_HID_LED_SCROLL, orl_json_int(leds, "scroll"));
    assert_int_equal(ORL_HID_LED_COMPOSE, orl_json_int(leds, "compose"));
    assert_int_equal(ORL_HID_LED_KANA, orl_json_int(leds, "kana"));
}

static void put_magic(struct orl_guarded *g, size_t off, uint32_t version)
{
    orl_put_u32(g->base + off, ORL_LGMP_MAGIC);
    orl_put_u32(g->base + off + 4, version);
}

static void probe_names_every_version_it_does_not_speak(void **state)
{
    (void)state;
    static const struct {
        size_t at;
        uint32_t version;
        int want;
        const char *name;
    } cases[] = {
        {0, 5, ORL_OK, "B6"},           {0, 6, ORL_OK, "B7"},
        {9664, 12, ORL_OK, "master"},   {0, 7, ORL_EVERSION, NULL},
        {0, 8, ORL_EVERSION, NULL},     {0, UINT32_MAX, ORL_EVERSION, NULL},
        {8064, 9, ORL_EVERSION, NULL},  {8064, 11, ORL_EVERSION, NULL},
        {9664, 13, ORL_EVERSION, NULL}, {9664, 0, ORL_EVERSION, NULL},
    };
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct orl_guarded g;
        orl_guarded_init(&g, 16384);
        put_magic(&g, cases[i].at, cases[i].version);
        struct orl_layout_found found;
        assert_int_equal(orl_layout_probe(&found, orl_guarded_mem(&g)), cases[i].want);
        assert_int_equal(found.lgmp, cases[i].version);
        if (cases[i].name) {
            assert_string_equal(found.lay->name, cases[i].name);
        } else {
            assert_null(found.lay);
        }
        orl_guarded_finish(&g);
    }
}

static void probe_prefers_the_older_control_block_over_what_stands_behind_it(void **state)
{
    (void)state;
    struct orl_guarded g;
    orl_guarded_init(&g, 16384);
    put_magic(&g, 0, 6);
    put_magic(&g, 9664, 12);
    struct orl_layout_found found;
    assert_int_equal(orl_layout_probe(&found, orl_guarded_mem(&g)), ORL_OK);
    assert_int_equal(found.lay->release, ORL_B7);
    orl_guarded_finish(&g);
}

static void probe_reads_nothing_behind_a_short_memory(void **state)
{
    (void)state;
    static const size_t sizes[] = {0, 1, 7, 8, 4096, 5759, 8064, 8071, 9664, 9671, 9727};
    for (size_t i = 0; i < sizeof(sizes) / sizeof(sizes[0]); i++) {
        struct orl_guarded g;
        orl_guarded_init(&g, sizes[i]);
        if (sizes[i] >= 8) {
            put_magic(&g, 0, sizes[i] < 5760 ? 5 : 0);
        }
        struct orl_layout_found found;
        assert_int_not_equal(orl_layout_probe(&found, orl_guarded_mem(&g)), ORL_OK);
        assert_null(found.lay);
        orl_guarded_finish(&g);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_field_lies_where_it_was_measured),
        cmocka_unit_test(every_structure_has_its_measured_size),
        cmocka_unit_test(no_measured_field_is_missing_in_the_table),
        cmocka_unit_test(rows_fill_the_members_of_the_table),
        cmocka_unit_test(numbers_of_the_queues_equal_the_constants),
        cmocka_unit_test(numbers_of_the_messages_equal_the_constants),
        cmocka_unit_test(masters_own_structures_are_as_measured),
        cmocka_unit_test(numbers_of_streams_and_input_equal_the_constants),
        cmocka_unit_test(probe_names_every_version_it_does_not_speak),
        cmocka_unit_test(probe_prefers_the_older_control_block_over_what_stands_behind_it),
        cmocka_unit_test(probe_reads_nothing_behind_a_short_memory),
    };
    return cmocka_run_group_tests(tests, load, unload);
}
