/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Opening and watching a session, with simulated time. */
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "rig.h"
#include "support/check.h"

#define MS ORL_NS_PER_MS

static int step(struct rig *r, struct orl_attach *a, uint64_t now_ns, struct orl_session *s)
{
    return orl_attach_step(a, &r->shm, now_ns, true, s);
}

static void set_heartbeat(struct rig *r, uint64_t beat)
{
    orl_put_u64(r->shm.base + r->lay->hdr_heartbeat_ms, beat);
}

static void session_opens_as_soon_as_the_heartbeat_moves(void **state)
{
    struct rig r;
    struct orl_attach a = {0};
    struct orl_session s;
    rig_start(&r, RIG_RELEASE(state));
    assert_int_equal(step(&r, &a, 0, &s), ORL_EAGAIN);
    assert_in_range(a.next_ns, 1, 20 * MS);
    assert_int_equal(step(&r, &a, 50 * MS, &s), ORL_EAGAIN);
    assert_int_equal(a.state, ORL_ATTACH_EMPTY);
    set_heartbeat(&r, 3); /* any other value, even a smaller one */
    assert_int_equal(step(&r, &a, 60 * MS, &s), ORL_OK);
    assert_int_equal(a.state, ORL_ATTACH_OPEN);
    assert_ptr_equal(s.lay, r.lay);
    assert_int_equal(s.id, r.p.session_id);
    assert_int_equal(s.queue_count, 2);
    assert_int_not_equal(s.client_id, 0);
    assert_int_equal(s.mem.size, RIG_BYTES);
    assert_string_equal(s.info.host_version, "rig");
    assert_int_equal(s.rings_from, r.lay->hdr_user_data + 48);
    rig_stop(&r);
}

static void constant_heartbeat_is_a_dead_guest_that_may_come_back(void **state)
{
    struct rig r;
    struct orl_attach a = {0};
    struct orl_session s;
    rig_start(&r, RIG_RELEASE(state));
    uint64_t patience_ns = r.lay->probe_ms * MS;
    assert_int_equal(step(&r, &a, 0, &s), ORL_EAGAIN);
    assert_int_equal(step(&r, &a, patience_ns - 1, &s), ORL_EAGAIN);
    assert_int_equal(a.state, ORL_ATTACH_EMPTY);
    assert_int_equal(step(&r, &a, patience_ns, &s), ORL_EAGAIN);
    assert_int_equal(a.state, ORL_ATTACH_DEAD);
    assert_int_equal(a.next_ns, patience_ns + 1000 * MS);
    set_heartbeat(&r, r.now_ms + 1);
    assert_int_equal(step(&r, &a, a.next_ns, &s), ORL_OK);
    rig_stop(&r);
}

static void new_session_id_starts_the_wait_for_a_heartbeat_anew(void **state)
{
    struct rig r;
    struct orl_attach a = {0};
    struct orl_session s;
    rig_start(&r, RIG_RELEASE(state));
    assert_int_equal(step(&r, &a, 0, &s), ORL_EAGAIN);
    r.now_ms += 500;
    rig_restart(&r); /* writes another heartbeat, but of another session */
    assert_int_equal(step(&r, &a, 100 * MS, &s), ORL_EAGAIN);
    set_heartbeat(&r, r.now_ms + 10);
    assert_int_equal(step(&r, &a, 105 * MS, &s), ORL_OK);
    rig_stop(&r);
}

static void empty_memory_is_asked_about_once_a_second(void **state)
{
    (void)state;
    struct rig r = {.shm = rig_memory(RIG_BYTES)};
    struct orl_attach a = {.state = ORL_ATTACH_OPEN};
    struct orl_session s;
    assert_int_equal(step(&r, &a, 5, &s), ORL_EAGAIN);
    assert_int_equal(a.state, ORL_ATTACH_EMPTY);
    assert_int_equal(a.next_ns, 5 + 1000 * MS);
    rig_stop(&r);
}

static void unknown_queue_protocols_are_named(void **state)
{
    (void)state;
    static const struct {
        uint32_t off, version;
    } cases[] = {{0, 7}, {0, 8}, {0, 4}, {8064, 9}, {8064, 10}, {8064, 11}, {9664, 13}};
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct rig r = {.shm = rig_memory(RIG_BYTES)};
        struct orl_attach a = {0};
        struct orl_session s;
        orl_put_u32(r.shm.base + cases[i].off, ORL_LGMP_MAGIC);
        orl_put_u32(r.shm.base + cases[i].off + 4, cases[i].version);
        assert_int_equal(step(&r, &a, 0, &s), ORL_EAGAIN);
        assert_int_equal(a.state, ORL_ATTACH_VERSION);
        assert_int_equal(a.lgmp, cases[i].version);
        assert_int_equal(a.kvmfr, 0);
        rig_stop(&r);
    }
}

static void unknown_message_protocol_is_named_with_the_guest_version(void **state)
{
    struct rig r;
    struct orl_attach a = {0};
    struct orl_session s;
    rig_start(&r, RIG_RELEASE(state));
    orl_put_u32(r.shm.base + r.lay->hdr_user_data + r.lay->info_version, 27);
    assert_int_equal(step(&r, &a, 0, &s), ORL_EAGAIN);
    assert_int_equal(a.state, ORL_ATTACH_VERSION);
    assert_int_equal(a.lgmp, r.lay->lgmp);
    assert_int_equal(a.kvmfr, 27);
    assert_string_equal(a.host_version, "rig");
    rig_stop(&r);
}

static void broken_headers_are_invalid(void **state)
{
    struct rig r;
    rig_start(&r, RIG_RELEASE(state));
    const uint32_t cases[][2] = {{r.lay->hdr_queue_count, r.lay->max_queues + 1},
                                 {r.lay->hdr_queue_count, UINT32_MAX},
                                 {r.lay->hdr_user_data_size, UINT32_MAX},
                                 {r.lay->hdr_user_data_size, RIG_BYTES - r.lay->hdr_user_data},
                                 {r.lay->hdr_user_data_size, 47},
                                 {r.lay->hdr_user_data_size, 0},
                                 {r.lay->hdr_user_data, 0x41414141}};
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct orl_attach a = {0};
        struct orl_session s;
        uint8_t *p = r.shm.base + cases[i][0];
        uint32_t good = orl_get_u32(p);
        orl_put_u32(p, cases[i][1]);
        assert_int_equal(orl_attach_step(&a, &r.shm, 0, false, &s), ORL_EAGAIN);
        assert_int_equal(a.state, ORL_ATTACH_INVALID);
        orl_put_u32(p, good);
    }
    rig_attach(&r);
    rig_stop(&r);
}

static void master_counts_its_clients_and_skips_zero(void **state)
{
    (void)state;
    struct rig r;
    rig_start(&r, ORL_MASTER);
    assert_int_equal(rig_attach(&r).client_id, 1);
    assert_int_equal(rig_attach(&r).client_id, 2);
    orl_put_u32(r.shm.base + r.lay->hdr_next_client_id, UINT32_MAX);
    assert_int_equal(rig_attach(&r).client_id, 1);
    rig_stop(&r);
}

static void b6_and_b7_clients_choose_different_ids(void **state)
{
    struct rig r;
    rig_start(&r, RIG_RELEASE(state));
    uint8_t *before = rig_snapshot(&r);
    uint32_t one = rig_attach(&r).client_id;
    uint32_t two = rig_attach(&r).client_id;
    assert_int_not_equal(one, 0);
    assert_int_not_equal(one, two); /* wrong once in 2^32 runs */
    assert_memory_equal(before, r.shm.base, r.shm.size);
    free(before);
    rig_stop(&r);
}

static void session_is_dead_after_a_second_without_heartbeat(void **state)
{
    struct rig r;
    rig_start(&r, RIG_RELEASE(state));
    struct orl_session s = rig_attach(&r);
    assert_int_equal(orl_session_check(&s, 0), ORL_OK);
    assert_int_equal(orl_session_check(&s, 1000 * MS), ORL_OK);
    set_heartbeat(&r, 1);
    assert_int_equal(orl_session_check(&s, 1000 * MS), ORL_OK);
    assert_int_equal(orl_session_check(&s, 2000 * MS), ORL_OK);
    assert_int_equal(orl_session_same(&s), ORL_OK);
    assert_int_equal(orl_session_check(&s, 2000 * MS + 1), ORL_ESESSION);
    rig_stop(&r);
}

static void session_ends_when_id_magic_or_version_change(void **state)
{
    struct rig r;
    rig_start(&r, RIG_RELEASE(state));
    struct orl_session s = rig_attach(&r);
    const uint32_t fields[] = {r.lay->hdr_session_id, r.lay->hdr_magic,
                               r.lay->hdr_proto_version};
    for (size_t i = 0; i < 3; i++) {
        uint8_t *p = r.shm.base + fields[i];
        uint32_t good = orl_get_u32(p);
        orl_put_u32(p, good + 1);
        assert_int_equal(orl_session_check(&s, 0), ORL_ESESSION);
        orl_put_u32(p, good);
        assert_int_equal(orl_session_check(&s, 0), ORL_OK);
    }
    rig_stop(&r);
}

/* ---- Recovery region ----------------------------------------------------------------------- */

static uint8_t *put_region(struct rig *r)
{
    uint8_t *at = r->shm.base + RIG_BYTES - ORL_RECOVERY_BYTES;
    memset(at, 0, ORL_RECOVERY_BYTES);
    memcpy(at, "KVMFRRCV", 8);
    orl_put_u16(at + 8, 1);
    orl_put_u16(at + 10, 1280);
    orl_put_u32(at + 16, 12);
    orl_put_u32(at + 20, 34);
    orl_put_u64(at + 24, 99);
    orl_put_u32(at + 48, 5); /* heartbeat */
    orl_put_u32(at + 60, 1);
    return at;
}

static void live_recovery_region_is_taken_from_the_usable_memory(void **state)
{
    (void)state;
    struct rig r;
    struct orl_attach a = {0};
    struct orl_session s;
    rig_start(&r, ORL_MASTER);
    uint8_t *region = put_region(&r);
    assert_int_equal(step(&r, &a, 0, &s), ORL_EAGAIN);
    set_heartbeat(&r, 1);
    assert_int_equal(step(&r, &a, 200 * MS, &s), ORL_EAGAIN); /* not known yet */
    orl_put_u32(region + 48, 6);
    assert_int_equal(step(&r, &a, 240 * MS, &s), ORL_OK);
    assert_int_equal(s.mem.size, RIG_BYTES - ORL_RECOVERY_BYTES);
    rig_stop(&r);
}

static void still_recovery_region_is_ordinary_memory(void **state)
{
    (void)state;
    struct rig r;
    struct orl_attach a = {0};
    struct orl_session s;
    rig_start(&r, ORL_MASTER);
    put_region(&r);
    assert_int_equal(step(&r, &a, 0, &s), ORL_EAGAIN);
    set_heartbeat(&r, 1);
    assert_int_equal(step(&r, &a, 749 * MS, &s), ORL_EAGAIN);
    assert_int_equal(step(&r, &a, 750 * MS, &s), ORL_OK);
    assert_int_equal(s.mem.size, RIG_BYTES);
    rig_stop(&r);
}

static void recovery_look_alike_in_older_releases_is_ignored(void **state)
{
    struct rig r;
    rig_start(&r, RIG_RELEASE(state));
    put_region(&r);
    assert_int_equal(rig_attach(&r).mem.size, RIG_BYTES);
    rig_stop(&r);
}

static void still_image_with_a_valid_region_loses_it(void **state)
{
    (void)state;
    struct rig r;
    rig_start(&r, ORL_MASTER);
    put_region(&r);
    assert_int_equal(rig_attach(&r).mem.size, RIG_BYTES - ORL_RECOVERY_BYTES);
    rig_stop(&r);
}

#define OLDER(test)                                                                            \
    {#test " (B6)", test, NULL, NULL, &rig_releases[ORL_B6]},                                  \
    {                                                                                          \
#        test " (B7)", test, NULL, NULL, &rig_releases[ORL_B7]                                 \
    }

int main(void)
{
    const struct CMUnitTest tests[] = {
        RIG_EACH(session_opens_as_soon_as_the_heartbeat_moves),
        RIG_EACH(constant_heartbeat_is_a_dead_guest_that_may_come_back),
        RIG_EACH(new_session_id_starts_the_wait_for_a_heartbeat_anew),
        cmocka_unit_test(empty_memory_is_asked_about_once_a_second),
        cmocka_unit_test(unknown_queue_protocols_are_named),
        RIG_EACH(unknown_message_protocol_is_named_with_the_guest_version),
        RIG_EACH(broken_headers_are_invalid),
        cmocka_unit_test(master_counts_its_clients_and_skips_zero),
        OLDER(b6_and_b7_clients_choose_different_ids),
        RIG_EACH(session_is_dead_after_a_second_without_heartbeat),
        RIG_EACH(session_ends_when_id_magic_or_version_change),
        cmocka_unit_test(live_recovery_region_is_taken_from_the_usable_memory),
        cmocka_unit_test(still_recovery_region_is_ordinary_memory),
        OLDER(recovery_look_alike_in_older_releases_is_ignored),
        cmocka_unit_test(still_image_with_a_valid_region_loses_it),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
