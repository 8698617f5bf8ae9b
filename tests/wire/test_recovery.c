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
    orl_guarded_finish(&g);
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
        cmocka_unit_test(region_that_breaks_a_rule_is_not_there),
        cmocka_unit_test(memory_of_the_region_alone_has_none),
        cmocka_unit_test(unstable_or_foreign_status_counts_as_unknown),
    };
    return cmocka_run_group_tests(tests, load, unload);
}
