/* SPDX-License-Identifier: GPL-2.0-or-later */

#include "support/check.h"
#include "support/fields.h"
#include "support/guarded.h"
#include "support/vectors.h"
#include "wire/wire.h"

#define MEM_BYTES (ORL_RECOVERY_BYTES + 4096)
#define AT        4096

static struct json_object *layout;

/* Places come from the measured layout, not from the reader's own numbers. */
static size_t at(const char *structure, const char *field)
{
    struct json_object *s = orl_layout_json_struct(layout, "master", structure);
    return (size_t)orl_json_int(orl_layout_json_field(s, field), "offset");
}

static size_t header(const char *field)
{
    return AT + at("recovery_region", "header") + at("recovery_header", field);
}
static size_t status(const char *field)
{
    return AT + at("recovery_region", "status") + at("recovery_status", field);
}

static void make(struct orl_guarded *g)
{
    orl_guarded_init(g, MEM_BYTES);
    uint8_t *p = g->base;
    memcpy(p + header("magic"), "KVMFRRCV", 8);
    orl_put_u16(p + header("abi_version"), 1);
    orl_put_u16(p + header("struct_size"), 1280);
    orl_put_u32(p + header("capabilities"), 1);
    orl_put_u32(p + header("lgmp_version"), 12);
    orl_put_u32(p + header("kvmfr_version"), 34);
    orl_put_u64(p + header("session"), 0x1122334455667788);
    memset(p + header("uuid"), 7, 16);
    orl_put_u32(p + header("heartbeat"), 99);
    orl_put_u32(p + header("ready"), 1);
    memset(p + AT + at("recovery_region", "info"), 'v', 48); /* no terminator */
    orl_put_u32(p + status("state"), 3);
    orl_put_u32(p + status("error"), 5);
    orl_put_u64(p + status("session"), 0x1122334455667788);
    orl_put_u32(p + status("serial"), 2);
    orl_put_u32(p + status("ack_serial"), 46);
    orl_put_u32(p + status("ack_request"), 2);
}

static int read_region(struct orl_recovery *r, const struct orl_guarded *g)
{
    return orl_recovery_read(r, orl_guarded_mem(g));
}

static void region_is_read_from_the_end_of_the_memory(void **state)
{
    (void)state;
    struct orl_guarded g;
    make(&g);
    struct orl_recovery r;
    assert_int_equal(read_region(&r, &g), ORL_OK);
    assert_int_equal(r.lgmp, 12);
    assert_int_equal(r.kvmfr, 34);
    assert_int_equal(r.heartbeat, 99);
    assert_int_equal(r.capabilities, 1);
    assert_int_equal(r.session, 0x1122334455667788);
    assert_int_equal(r.uuid[15], 7);
    assert_int_equal(strlen(r.version), 48);
    assert_int_equal(r.state, 3);
    assert_int_equal(r.error, 5);
    assert_int_equal(r.ack_serial, 46);
    assert_int_equal(r.ack_request, ORL_RECOVERY_ASK_FALLBACK);
    orl_guarded_finish(&g);
}

static void places_in_the_region_are_the_measured_ones(void **state)
{
    (void)state;
    const struct {
        size_t ours, measured;
    } places[] = {
        {ORL_RECOVERY_SESSION, header("session") - AT},
        {ORL_RECOVERY_HEARTBEAT, header("heartbeat") - AT},
        {ORL_RECOVERY_READY, header("ready") - AT},
        {ORL_RECOVERY_HEAD_BYTES, at("recovery_region", "request_head")},
        {ORL_RECOVERY_TICKET,
         at("recovery_region", "request_head") + at("recovery_request_head", "ticket")},
        {ORL_RECOVERY_LINE, at("recovery_region", "requests")},
        {ORL_RECOVERY_LINE_SERIAL, at("recovery_request", "serial")},
        {ORL_RECOVERY_LINE_REQUEST, at("recovery_request", "request")},
        {ORL_RECOVERY_LINE_SESSION, at("recovery_request", "session")},
        {ORL_RECOVERY_STATUS, at("recovery_region", "status")},
        {ORL_RECOVERY_STATUS_SERIAL, status("serial") - AT},
        {ORL_RECOVERY_LINE + ORL_RECOVERY_LINES * ORL_RECOVERY_LINE_BYTES,
         at("recovery_region", "status")},
        {ORL_RECOVERY_STATUS + ORL_RECOVERY_STATUS_BYTES, ORL_RECOVERY_STRUCT_BYTES},
    };
    for (size_t i = 0; i < sizeof(places) / sizeof(places[0]); i++) {
        assert_int_equal(places[i].ours, places[i].measured);
    }
}

static void written_region_is_read_back(void **state)
{
    (void)state;
    struct orl_guarded g;
    orl_guarded_init(&g, MEM_BYTES);
    struct orl_recovery in = {.lgmp = 13,
                              .kvmfr = 35,
                              .heartbeat = 7,
                              .capabilities = ORL_RECOVERY_CAN_SWITCH,
                              .session = UINT64_C(0x8877665544332211),
                              .uuid = {1, 2, 3},
                              .version = "a version of the driver with 47 letters, no more",
                              .state = ORL_RECOVERY_FAILED,
                              .error = ORL_RECOVERY_TOPOLOGY,
                              .ack_serial = 0xfffffffe,
                              .ack_request = ORL_RECOVERY_ASK_NORMAL};
    orl_recovery_write_head(g.base + AT, &in);
    orl_recovery_write_status(g.base + AT + ORL_RECOVERY_STATUS, &in, 4);
    struct orl_recovery out;
    assert_int_equal(read_region(&out, &g), ORL_OK);
    in.version[47] = '\0'; /* the end stays inside its field */
    assert_string_equal(out.version, in.version);
    assert_int_equal(out.lgmp, in.lgmp);
    assert_int_equal(out.kvmfr, in.kvmfr);
    assert_int_equal(out.heartbeat, in.heartbeat);
    assert_int_equal(out.capabilities, in.capabilities);
    assert_int_equal(out.session, in.session);
    assert_memory_equal(out.uuid, in.uuid, sizeof(in.uuid));
    assert_int_equal(out.state, in.state);
    assert_int_equal(out.error, in.error);
    assert_int_equal(out.ack_serial, in.ack_serial);
    assert_int_equal(out.ack_request, in.ack_request);
    orl_guarded_finish(&g);
}

static void tickets_are_compared_across_their_wrap(void **state)
{
    (void)state;
    assert_true(orl_recovery_newer(4, 2));
    assert_false(orl_recovery_newer(2, 4));
    assert_false(orl_recovery_newer(2, 2));
    assert_true(orl_recovery_newer(2, 0xfffffffe));
    assert_false(orl_recovery_newer(0xfffffffe, 2));
    assert_true(orl_recovery_newer(0x80000001, 2));
    assert_false(orl_recovery_newer(0x80000002, 2));
}

static void region_that_breaks_a_rule_is_not_there(void **state)
{
    (void)state;
    for (int i = 0; i < 7; i++) {
        struct orl_guarded g;
        make(&g);
        switch (i) {
        case 0: g.base[header("magic") + 7] = 'X'; break;
        case 1: orl_put_u16(g.base + header("abi_version"), 2); break;
        case 2: orl_put_u16(g.base + header("struct_size"), 1279); break;
        case 3: orl_put_u64(g.base + header("session"), 0); break;
        case 4: orl_put_u32(g.base + header("ready"), 0); break;
        case 5: orl_put_u32(g.base + header("ready"), UINT32_MAX); break;
        default: orl_put_u16(g.base + header("abi_version"), 0xffff); break;
        }
        struct orl_recovery r = {.lgmp = 1};
        assert_int_equal(read_region(&r, &g), ORL_EAGAIN);
        assert_int_equal(r.lgmp, 1);
        orl_guarded_finish(&g);
    }
}

static void memory_of_the_region_alone_has_none(void **state)
{
    (void)state;
    struct orl_guarded whole, g;
    make(&whole);
    struct orl_recovery r;
    orl_guarded_copy(&g, whole.base + AT, ORL_RECOVERY_BYTES);
    assert_int_equal(read_region(&r, &g), ORL_EAGAIN);
    orl_guarded_finish(&g);
    orl_guarded_init(&g, 0);
    assert_int_equal(read_region(&r, &g), ORL_EAGAIN);
    orl_guarded_finish(&g);
    orl_guarded_finish(&whole);
}

static void unstable_or_foreign_status_counts_as_unknown(void **state)
{
    (void)state;
    for (int i = 0; i < 3; i++) {
        struct orl_guarded g;
        make(&g);
        switch (i) {
        case 0: orl_put_u32(g.base + status("serial"), 3); break;
        case 1: orl_put_u32(g.base + status("serial"), 0); break;
        default: orl_put_u64(g.base + status("session"), 1); break;
        }
        struct orl_recovery r;
        assert_int_equal(read_region(&r, &g), ORL_OK);
        assert_int_equal(r.state, 0);
        assert_int_equal(r.error, 0);
        assert_int_equal(r.ack_serial, 0);
        orl_guarded_finish(&g);
    }
}

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

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(region_is_read_from_the_end_of_the_memory),
        cmocka_unit_test(places_in_the_region_are_the_measured_ones),
        cmocka_unit_test(written_region_is_read_back),
        cmocka_unit_test(tickets_are_compared_across_their_wrap),
        cmocka_unit_test(region_that_breaks_a_rule_is_not_there),
        cmocka_unit_test(memory_of_the_region_alone_has_none),
        cmocka_unit_test(unstable_or_foreign_status_counts_as_unknown),
    };
    return cmocka_run_group_tests(tests, load, unload);
}
