/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Streams: both ends in one memory, one operation at a time, and a guest that breaks every rule. */
#include <stdlib.h>
#include <string.h>

#include "rig.h"
#include "ring/mem.h"
#include "ring/stream_bind.h"
#include "support/check.h"
#include "support/random.h"

#define SLOTS 4
#define BYTES 48

struct pair {
    struct rig rig;
    struct orl_session session;
    struct orl_stream guest, viewer;
};

static struct orl_stream_desc make_desc(struct rig *r, enum orl_stream_direction direction)
{
    struct orl_stream_desc d = {
        .direction = direction, .slot_count = SLOTS, .slot_bytes = BYTES};
    assert_int_equal(orl_stream_desc_complete(&d), ORL_OK);
    d.off = (uint32_t)orl_producer_alloc(&r->p, d.region_bytes, 64);
    assert_int_not_equal(d.off, 0);
    return d;
}

static void pair_start(struct pair *p, enum orl_stream_direction direction)
{
    rig_start(&p->rig, ORL_MASTER);
    struct orl_stream_desc d = make_desc(&p->rig, direction);
    p->session = rig_attach(&p->rig);
    orl_stream_create(&p->guest, p->rig.p.base, p->rig.p.session_id, &d);
    assert_int_equal(orl_stream_bind(&p->guest, p->session.client_id), ORL_OK);
    assert_int_equal(orl_stream_attach(&p->viewer, &p->session, &d), ORL_OK);
    assert_int_equal(orl_stream_activate(&p->viewer), ORL_OK);
}

static uint32_t get(const struct pair *p, uint32_t at)
{
    return orl_get_u32(p->guest.region + at);
}
static void put(struct pair *p, uint32_t at, uint32_t v)
{
    orl_put_u32(p->guest.region + at, v);
}

static uint32_t read_number(struct orl_stream *s)
{
    uint8_t data[BYTES];
    uint32_t len = 0;
    assert_int_equal(orl_stream_read(s, data, sizeof(data), &len), ORL_OK);
    assert_int_equal(len, 4);
    return orl_get_u32(data);
}

static int write_number(struct orl_stream *s, uint32_t n)
{
    uint8_t data[4];
    orl_put_u32(data, n);
    return orl_stream_write(s, data, sizeof(data));
}

static void records_arrive_in_order_in_both_directions(void **state)
{
    (void)state;
    for (int d = ORL_STREAM_TO_VIEWER; d <= ORL_STREAM_TO_GUEST; d++) {
        struct pair p;
        pair_start(&p, (enum orl_stream_direction)d);
        struct orl_stream *w = d == ORL_STREAM_TO_GUEST ? &p.viewer : &p.guest;
        struct orl_stream *r = d == ORL_STREAM_TO_GUEST ? &p.guest : &p.viewer;
        uint8_t data[BYTES];
        uint32_t len, in = 0, out = 0;
        assert_int_equal(orl_stream_read(r, data, sizeof(data), &len), ORL_EAGAIN);
        for (int round = 0; round < 50; round++) {
            uint32_t burst = 1 + (uint32_t)round % SLOTS;
            for (uint32_t i = 0; i < burst; i++) {
                assert_int_equal(write_number(w, in++), ORL_OK);
            }
            assert_int_equal(orl_stream_used(r), burst);
            while (out < in) {
                assert_int_equal(read_number(r), out++);
            }
            assert_int_equal(orl_stream_read(r, data, sizeof(data), &len), ORL_EAGAIN);
        }
        assert_int_equal(orl_stream_write(r, data, 1), ORL_EINVAL); /* one end, one way */
        assert_int_equal(orl_stream_read(w, data, sizeof(data), &len), ORL_EINVAL);
        rig_stop(&p.rig);
    }
}

static void a_full_stream_takes_nothing_and_loses_nothing(void **state)
{
    (void)state;
    struct pair p;
    pair_start(&p, ORL_STREAM_TO_GUEST);
    for (uint32_t i = 0; i < SLOTS; i++) {
        assert_int_equal(write_number(&p.viewer, i), ORL_OK);
    }
    uint8_t *before = rig_snapshot(&p.rig);
    assert_int_equal(write_number(&p.viewer, 99), ORL_ENOSPC);
    assert_memory_equal(before, p.rig.shm.base, p.rig.shm.size);
    free(before);
    assert_int_equal(read_number(&p.guest), 0);
    assert_int_equal(write_number(&p.viewer, SLOTS), ORL_OK);
    for (uint32_t i = 1; i <= SLOTS; i++) {
        assert_int_equal(read_number(&p.guest), i);
    }
    rig_stop(&p.rig);
}

static void sequences_wrap(void **state)
{
    (void)state;
    struct pair p;
    pair_start(&p, ORL_STREAM_TO_GUEST);
    uint8_t *cursors[] = {p.guest.region + ORL_AT_sreg_producer,
                          p.guest.region + ORL_AT_sreg_consumer};
    for (int i = 0; i < 2; i++) {
        for (uint32_t k = 0; k < 2; k++) {
            orl_put_u32(cursors[i] + ORL_AT_scur_value + k * ORL_LEN_sval +
                            ORL_AT_sval_sequence,
                        UINT32_MAX - 2);
        }
        orl_put_u32(cursors[i] + ORL_AT_scur_stamp, UINT32_MAX);
    }
    for (uint32_t i = 0; i < 10; i++) {
        assert_int_equal(write_number(&p.viewer, i), ORL_OK);
        assert_int_equal(write_number(&p.viewer, i + 100), ORL_OK);
        assert_int_equal(read_number(&p.guest), i);
        assert_int_equal(read_number(&p.guest), i + 100);
    }
    rig_stop(&p.rig);
}

static void payloads_of_every_length_arrive_whole(void **state)
{
    (void)state;
    struct pair p;
    pair_start(&p, ORL_STREAM_TO_GUEST);
    for (uint32_t len = 0; len <= BYTES; len++) {
        uint8_t data[BYTES], got[BYTES];
        uint32_t n = 99;
        memset(data, (int)len + 1, sizeof(data));
        memset(got, 0, sizeof(got));
        assert_int_equal(orl_stream_write(&p.viewer, data, len), ORL_OK);
        assert_int_equal(orl_stream_read(&p.guest, got, BYTES - 1, &n), ORL_EINVAL);
        assert_int_equal(orl_stream_read(&p.guest, got, BYTES, &n), ORL_OK);
        assert_int_equal(n, len);
        assert_memory_equal(got, data, len);
    }
    uint8_t big[BYTES + 1] = {0};
    assert_int_equal(orl_stream_write(&p.viewer, big, sizeof(big)), ORL_EINVAL);
    rig_stop(&p.rig);
}

static void every_record_carries_epoch_sequence_and_length(void **state)
{
    (void)state;
    struct pair p;
    pair_start(&p, ORL_STREAM_TO_GUEST);
    assert_int_equal(write_number(&p.viewer, 7), ORL_OK);
    assert_int_equal(write_number(&p.viewer, 8), ORL_OK);
    uint32_t at = ORL_LEN_sreg + p.viewer.desc.slot_stride;
    assert_int_equal(p.viewer.desc.slot_stride, 128);
    assert_int_equal(get(&p, at + ORL_AT_sslot_epoch), p.viewer.epoch);
    assert_int_equal(get(&p, at + ORL_AT_sslot_sequence), 1);
    assert_int_equal(get(&p, at + ORL_AT_sslot_length), 4);
    assert_int_equal(get(&p, at + ORL_AT_sslot_reserved), 0);
    assert_int_equal(get(&p, at + ORL_LEN_sslot), 8);
    /* Published twice since the binding: stamp, and the newer value by its low bit. */
    uint32_t stamp = get(&p, ORL_AT_sreg_producer + ORL_AT_scur_stamp);
    uint32_t value =
        ORL_AT_sreg_producer + ORL_AT_scur_value + (stamp & 1) * (uint32_t)ORL_LEN_sval;
    assert_int_equal(get(&p, value + ORL_AT_sval_sequence), 2);
    assert_int_equal(get(&p, value + ORL_AT_sval_epoch), p.viewer.epoch);
    assert_int_equal(get(&p, ORL_AT_sreg_producer + ORL_AT_scur_active), 0);
    assert_int_equal(get(&p, ORL_AT_sreg_producer + ORL_AT_scur_active + 4), 0);
    rig_stop(&p.rig);
}

static void draining_stops_writing_and_lets_the_rest_be_read(void **state)
{
    (void)state;
    struct pair p;
    pair_start(&p, ORL_STREAM_TO_GUEST);
    uint32_t epoch = p.viewer.epoch;
    assert_int_equal(write_number(&p.viewer, 1), ORL_OK);
    orl_stream_drain(&p.guest);
    assert_int_equal(orl_stream_check(&p.viewer, false), ORL_ELOST);
    assert_int_equal(orl_stream_check(&p.viewer, true), ORL_OK);
    assert_int_equal(write_number(&p.viewer, 2), ORL_ELOST);
    assert_int_equal(orl_stream_unbind(&p.guest), ORL_EAGAIN);
    assert_int_equal(read_number(&p.guest), 1);
    assert_int_equal(orl_stream_unbind(&p.guest), ORL_OK);
    assert_int_equal(orl_stream_check(&p.viewer, true), ORL_ELOST);
    assert_int_equal(orl_stream_activate(&p.viewer), ORL_EAGAIN);
    assert_int_equal(write_number(&p.viewer, 3), ORL_EINVAL);

    assert_int_equal(orl_stream_bind(&p.guest, p.session.client_id + 1), ORL_OK);
    assert_int_equal(orl_stream_activate(&p.viewer), ORL_EAGAIN); /* somebody else's */
    orl_stream_drain(&p.guest);
    assert_int_equal(orl_stream_unbind(&p.guest), ORL_OK);
    assert_int_equal(orl_stream_bind(&p.guest, p.session.client_id), ORL_OK);
    assert_int_equal(orl_stream_bind(&p.guest, p.session.client_id), ORL_EAGAIN);
    assert_int_equal(orl_stream_activate(&p.viewer), ORL_OK);
    assert_int_not_equal(p.viewer.epoch, epoch);
    assert_int_equal(write_number(&p.viewer, 4), ORL_OK);
    assert_int_equal(read_number(&p.guest), 4);
    rig_stop(&p.rig);
}

/* A viewer that died within an operation leaves its mark. */
static void a_mark_holds_the_binding_until_it_is_forced(void **state)
{
    (void)state;
    struct pair p;
    pair_start(&p, ORL_STREAM_TO_GUEST);
    uint32_t mark =
        ORL_AT_sreg_producer + ORL_AT_scur_active + (p.viewer.epoch & 1) * (uint32_t)4;
    assert_int_equal(write_number(&p.viewer, 1), ORL_OK);
    put(&p, mark, p.viewer.epoch);
    orl_stream_drain(&p.guest);
    assert_int_equal(read_number(&p.guest), 1);
    assert_int_equal(orl_stream_unbind(&p.guest), ORL_EAGAIN);
    uint32_t epoch = p.viewer.epoch;
    orl_stream_force_unbind(&p.guest);
    assert_int_equal(get(&p, mark), 0);
    assert_int_equal(get(&p, ORL_AT_sreg_state), ORL_STREAM_UNBOUND);
    assert_int_equal(write_number(&p.viewer, 2), ORL_ELOST);
    assert_int_equal(orl_stream_bind(&p.guest, p.session.client_id), ORL_OK);
    assert_int_equal(write_number(&p.viewer, 2), ORL_ELOST); /* still the old epoch */
    assert_int_equal(orl_stream_activate(&p.viewer), ORL_OK);
    assert_int_equal(p.viewer.epoch, epoch + 2);
    assert_int_equal(write_number(&p.viewer, 3), ORL_OK);
    assert_int_equal(read_number(&p.guest), 3);
    rig_stop(&p.rig);
}

static void epochs_skip_zero(void **state)
{
    (void)state;
    struct pair p;
    pair_start(&p, ORL_STREAM_TO_GUEST);
    orl_stream_drain(&p.guest);
    assert_int_equal(orl_stream_unbind(&p.guest), ORL_OK);
    put(&p, ORL_AT_sreg_epoch, UINT32_MAX);
    assert_int_equal(orl_stream_bind(&p.guest, p.session.client_id), ORL_OK);
    assert_int_equal(orl_stream_activate(&p.viewer), ORL_OK);
    assert_int_equal(p.viewer.epoch, 1);
    rig_stop(&p.rig);
}

/* Not a byte of a session that is not ours any more is touched. */
static void a_new_session_is_noticed_and_left_alone(void **state)
{
    (void)state;
    struct pair p;
    pair_start(&p, ORL_STREAM_TO_GUEST);
    rig_restart(&p.rig);
    uint8_t *before = rig_snapshot(&p.rig);
    assert_int_equal(write_number(&p.viewer, 1), ORL_ESESSION);
    assert_int_equal(orl_stream_check(&p.viewer, true), ORL_ESESSION);
    assert_int_equal(orl_stream_activate(&p.viewer), ORL_ESESSION);
    struct orl_stream again;
    struct orl_stream_desc desc = p.viewer.desc;
    assert_int_equal(orl_stream_attach(&again, &p.session, &desc), ORL_ESESSION);
    assert_memory_equal(before, p.rig.shm.base, p.rig.shm.size);
    free(before);
    /* The region alone may be of another session, too. */
    struct orl_session s = rig_attach(&p.rig);
    assert_int_equal(orl_stream_attach(&again, &s, &desc), ORL_EMALFORMED);
    rig_stop(&p.rig);
}

static void every_breach_of_a_region_is_refused(void **state)
{
    (void)state;
    static const uint32_t fields[] = {
        ORL_AT_sreg_magic,       ORL_AT_sreg_version,     ORL_AT_sreg_header_size,
        ORL_AT_sreg_region_size, ORL_AT_sreg_session_id,  ORL_AT_sreg_direction,
        ORL_AT_sreg_policy,      ORL_AT_sreg_slot_count,  ORL_AT_sreg_slot_size,
        ORL_AT_sreg_slot_stride, ORL_AT_sreg_slots_offset};
    struct pair p;
    struct orl_stream s;
    pair_start(&p, ORL_STREAM_TO_GUEST);
    for (size_t i = 0; i < sizeof(fields) / sizeof(fields[0]); i++) {
        uint8_t *byte = p.guest.region + fields[i];
        *byte ^= 1;
        assert_int_equal(orl_stream_attach(&s, &p.session, &p.guest.desc), ORL_EMALFORMED);
        *byte ^= 1;
    }
    assert_int_equal(orl_stream_attach(&s, &p.session, &p.guest.desc), ORL_OK);
    rig_stop(&p.rig);
}

static void regions_outside_of_the_memory_are_refused(void **state)
{
    (void)state;
    struct pair p;
    struct orl_stream s;
    pair_start(&p, ORL_STREAM_TO_GUEST);
    static const uint32_t offs[] = {RIG_BYTES, RIG_BYTES - 64, 0xFFFFFFC0, 0x80000000, 0, 64};
    for (size_t i = 0; i < sizeof(offs) / sizeof(offs[0]); i++) {
        struct orl_stream_desc d = p.guest.desc;
        d.off = offs[i];
        assert_int_equal(orl_stream_attach(&s, &p.session, &d), ORL_EMALFORMED);
    }
    struct orl_stream_desc d = p.guest.desc;
    d.slot_count = 1u << 20;
    assert_int_equal(orl_stream_attach(&s, &p.session, &d), ORL_EMALFORMED);
    rig_stop(&p.rig);
}

static void cursors_that_contradict_are_corrupt(void **state)
{
    (void)state;
    struct pair p;
    uint8_t data[BYTES];
    uint32_t len;
    pair_start(&p, ORL_STREAM_TO_GUEST);
    assert_int_equal(write_number(&p.viewer, 1), ORL_OK);
    uint32_t stamp = get(&p, ORL_AT_sreg_consumer + ORL_AT_scur_stamp);
    uint32_t reader = ORL_AT_sreg_consumer + ORL_AT_scur_value + (stamp & 1) * ORL_LEN_sval;
    static const uint32_t far[] = {2, SLOTS + 2, 0x80000000, UINT32_MAX - SLOTS};
    for (size_t i = 0; i < sizeof(far) / sizeof(far[0]); i++) {
        put(&p, reader + ORL_AT_sval_sequence, far[i]);
        assert_int_equal(write_number(&p.viewer, 2), ORL_ECORRUPT);
        assert_int_equal(orl_stream_read(&p.guest, data, BYTES, &len), ORL_ECORRUPT);
        assert_int_equal(orl_stream_used(&p.viewer), 0);
    }
    put(&p, reader + ORL_AT_sval_sequence, 0);
    put(&p, reader + ORL_AT_sval_epoch, 77);
    assert_int_equal(write_number(&p.viewer, 2), ORL_ECORRUPT);
    assert_int_equal(orl_stream_activate(&p.viewer), ORL_ECORRUPT);
    put(&p, reader + ORL_AT_sval_epoch, p.guest.epoch);
    assert_int_equal(orl_stream_activate(&p.viewer), ORL_OK);
    assert_int_equal(write_number(&p.viewer, 2), ORL_OK);
    /* No mark is left behind by what was refused. */
    assert_int_equal(get(&p, ORL_AT_sreg_producer + ORL_AT_scur_active), 0);
    assert_int_equal(get(&p, ORL_AT_sreg_producer + ORL_AT_scur_active + 4), 0);
    rig_stop(&p.rig);
}

static void records_that_contradict_are_corrupt(void **state)
{
    (void)state;
    static const struct {
        uint32_t at, value;
    } bad[] = {{ORL_AT_sslot_epoch, 0},
               {ORL_AT_sslot_sequence, 1},
               {ORL_AT_sslot_length, BYTES + 1},
               {ORL_AT_sslot_length, UINT32_MAX}};
    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
        struct pair p;
        uint8_t data[BYTES + 1];
        uint32_t len = 4711;
        pair_start(&p, ORL_STREAM_TO_VIEWER);
        assert_int_equal(write_number(&p.guest, 1), ORL_OK);
        put(&p, ORL_LEN_sreg + bad[i].at, bad[i].value);
        memset(data, 0xee, sizeof(data));
        assert_int_equal(orl_stream_read(&p.viewer, data, BYTES, &len), ORL_ECORRUPT);
        assert_int_equal(len, 4711);
        assert_int_equal(data[BYTES], 0xee);
        rig_stop(&p.rig);
    }
}

/* Random words in the region: nothing outside of it is written, nothing crashes, nothing hangs. */
static void garbage_stays_in_its_region(void **state)
{
    (void)state;
    uint64_t rng = 3;
    uint32_t wrote = 0, was_read = 0;
    for (int round = 0; round < 400; round++) {
        struct pair p;
        bool to_guest = round % 2;
        pair_start(&p, to_guest ? ORL_STREAM_TO_GUEST : ORL_STREAM_TO_VIEWER);
        uint8_t *before = rig_snapshot(&p.rig);
        size_t from = p.viewer.desc.off, end = from + p.viewer.desc.region_bytes;
        for (int i = 0; i < 60; i++) {
            uint32_t words =
                (random_below(&rng, 2) ? ORL_LEN_sreg : p.viewer.desc.region_bytes) / 4;
            uint8_t data[BYTES];
            uint32_t len = 0;
            if (random_below(&rng, 3) == 0) {
                uint32_t v =
                    random_below(&rng, 2) ? random_below(&rng, 8) : (uint32_t)random_next(&rng);
                put(&p, 4 * random_below(&rng, words), v);
            }
            if (to_guest) {
                wrote += write_number(&p.viewer, 5) == ORL_OK;
            } else {
                (void)!write_number(&p.guest, 5);
                was_read += orl_stream_read(&p.viewer, data, BYTES, &len) == ORL_OK;
                assert_true(len <= BYTES);
            }
            if (random_below(&rng, 4) == 0) {
                (void)!orl_stream_activate(&p.viewer);
            }
        }
        assert_memory_equal(before, p.rig.shm.base, from);
        assert_memory_equal(before + end, p.rig.shm.base + end, p.rig.shm.size - end);
        free(before);
        rig_stop(&p.rig);
    }
    assert_true(wrote > 100 && was_read > 100);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(records_arrive_in_order_in_both_directions),
        cmocka_unit_test(a_full_stream_takes_nothing_and_loses_nothing),
        cmocka_unit_test(sequences_wrap),
        cmocka_unit_test(payloads_of_every_length_arrive_whole),
        cmocka_unit_test(every_record_carries_epoch_sequence_and_length),
        cmocka_unit_test(draining_stops_writing_and_lets_the_rest_be_read),
        cmocka_unit_test(a_mark_holds_the_binding_until_it_is_forced),
        cmocka_unit_test(epochs_skip_zero),
        cmocka_unit_test(a_new_session_is_noticed_and_left_alone),
        cmocka_unit_test(every_breach_of_a_region_is_refused),
        cmocka_unit_test(regions_outside_of_the_memory_are_refused),
        cmocka_unit_test(cursors_that_contradict_are_corrupt),
        cmocka_unit_test(records_that_contradict_are_corrupt),
        cmocka_unit_test(garbage_stays_in_its_region),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
