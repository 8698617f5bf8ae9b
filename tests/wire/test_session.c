/* SPDX-License-Identifier: GPL-2.0-or-later */

#include "support/check.h"
#include "support/guarded.h"
#include "wire/wire.h"

#define INFO_BYTES 48

static const struct orl_session_info sample = {
    .host_version = "guest-1",
    .features = ORL_FEATURE_SET_CURSOR_POS,
    .has_vm = true,
    .has_os = true,
    .uuid = {1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16},
    .capture = "Some capture",
    .cpus = 8,
    .cores = 4,
    .sockets = 1,
    .model = "Some CPU",
    .os = ORL_OS_WINDOWS,
    .os_name = "Some OS",
};

/* The sample as B7's user data, in memory of exactly its size. */
static void make(struct orl_guarded *g)
{
    uint8_t raw[512];
    size_t n = orl_session_info_write(raw, sizeof(raw), orl_layout_get(ORL_B7), &sample);
    assert_true(n > INFO_BYTES);
    orl_guarded_copy(g, raw, n);
}

static int read_b7(struct orl_session_info *out, const struct orl_guarded *g, size_t len)
{
    return orl_session_info_read(out, orl_layout_get(ORL_B7), g->base, len);
}

static void what_is_written_reads_back_in_every_release(void **state)
{
    (void)state;
    for (int r = 0; r < ORL_RELEASES; r++) {
        const struct orl_layout *lay = orl_layout_get((enum orl_release)r);
        uint8_t raw[512];
        size_t n = orl_session_info_write(raw, sizeof(raw), lay, &sample);
        struct orl_session_info got;
        assert_int_equal(orl_session_info_read(&got, lay, raw, n), ORL_OK);
        assert_int_equal(got.kvmfr, lay->kvmfr);
        assert_int_equal(got.records, 2);
        assert_true(got.has_vm && got.has_os);
        assert_string_equal(got.host_version, sample.host_version);
        assert_string_equal(got.capture, sample.capture);
        assert_string_equal(got.model, sample.model);
        assert_string_equal(got.os_name, sample.os_name);
        assert_memory_equal(got.uuid, sample.uuid, sizeof(got.uuid));
        assert_int_equal(got.features, sample.features);
        assert_int_equal(got.cpus, 8);
        assert_int_equal(got.cores, 4);
        assert_int_equal(got.sockets, 1);
        assert_int_equal(got.os, ORL_OS_WINDOWS);
    }
}

static void write_refuses_a_short_buffer(void **state)
{
    (void)state;
    uint8_t raw[512];
    size_t n = orl_session_info_write(raw, sizeof(raw), orl_layout_get(ORL_B6), &sample);
    struct orl_guarded g;
    for (size_t cap = 0; cap < n; cap++) {
        orl_guarded_init(&g, cap);
        assert_int_equal(orl_session_info_write(g.base, cap, orl_layout_get(ORL_B6), &sample),
                         0);
        orl_guarded_finish(&g);
    }
    orl_guarded_init(&g, n);
    assert_int_equal(orl_session_info_write(g.base, n, orl_layout_get(ORL_B6), &sample), n);
    orl_guarded_finish(&g);
}

static void write_cuts_texts_that_have_no_terminator(void **state)
{
    (void)state;
    struct orl_session_info full = sample;
    memset(full.model, 'm', sizeof(full.model));
    memset(full.os_name, 'o', sizeof(full.os_name));
    memset(full.capture, 'c', sizeof(full.capture));
    memset(full.host_version, 'h', sizeof(full.host_version));
    uint8_t raw[1024];
    const struct orl_layout *lay = orl_layout_get(ORL_MASTER);
    size_t n = orl_session_info_write(raw, sizeof(raw), lay, &full);
    struct orl_session_info got;
    assert_int_equal(orl_session_info_read(&got, lay, raw, n), ORL_OK);
    assert_int_equal(strlen(got.model), sizeof(got.model) - 1);
    assert_int_equal(strlen(got.capture), 31);
    assert_int_equal(strlen(got.host_version), 31);
}

static void user_data_cut_anywhere_is_read_within_its_end(void **state)
{
    (void)state;
    struct orl_guarded whole;
    make(&whole);
    for (size_t len = 0; len <= whole.size; len++) {
        struct orl_guarded g;
        orl_guarded_copy(&g, whole.base, len);
        struct orl_session_info got;
        int err = read_b7(&got, &g, len);
        assert_int_equal(err, len < INFO_BYTES ? ORL_EMALFORMED : ORL_OK);
        if (err == ORL_OK && len < whole.size) {
            assert_false(got.has_os); /* its record is the last one */
        }
        orl_guarded_finish(&g);
    }
    orl_guarded_finish(&whole);
}

static void record_sizes_never_lead_outside(void **state)
{
    (void)state;
    static const uint32_t sizes[] = {0,          1,          50,         51,        0x7fffffff,
                                     0x80000000, 0xfffffff8, 0xffffffff, 0xfffffff7};
    for (size_t i = 0; i < sizeof(sizes) / sizeof(sizes[0]); i++) {
        struct orl_guarded g;
        make(&g);
        orl_put_u32(g.base + INFO_BYTES + 4, sizes[i]);
        struct orl_session_info got;
        assert_int_equal(read_b7(&got, &g, g.size), ORL_OK);
        assert_true(got.records <= g.size / 8);
        if (sizes[i] > g.size) {
            assert_int_equal(got.records, 0);
        }
        orl_guarded_finish(&g);
    }
}

static void short_vm_record_is_ignored(void **state)
{
    (void)state;
    uint8_t raw[INFO_BYTES + 8 + 50] = {0};
    struct orl_guarded g;
    make(&g);
    memcpy(raw, g.base, INFO_BYTES);
    raw[INFO_BYTES] = 1;
    orl_put_u32(raw + INFO_BYTES + 4, 50);
    struct orl_session_info got;
    assert_int_equal(orl_session_info_read(&got, orl_layout_get(ORL_B7), raw, sizeof(raw)),
                     ORL_OK);
    assert_int_equal(got.records, 1);
    assert_false(got.has_vm);
    orl_guarded_finish(&g);
}

static void unknown_record_is_skipped_and_counted(void **state)
{
    (void)state;
    struct orl_guarded g;
    make(&g);
    g.base[INFO_BYTES] = 200;
    struct orl_session_info got;
    assert_int_equal(read_b7(&got, &g, g.size), ORL_OK);
    assert_int_equal(got.records, 2);
    assert_false(got.has_vm);
    assert_true(got.has_os);
    orl_guarded_finish(&g);
}

static void wrong_magic_is_malformed_and_other_version_is_named(void **state)
{
    (void)state;
    struct orl_guarded g;
    make(&g);
    struct orl_session_info got;
    orl_put_u32(g.base + 8, 25);
    memset(g.base + 12, 'v', 32); /* no terminator */
    g.base[20] = 0x1b;
    assert_int_equal(read_b7(&got, &g, g.size), ORL_EVERSION);
    assert_int_equal(got.kvmfr, 25);
    assert_string_equal(got.host_version, "vvvvvvvv?vvvvvvvvvvvvvvvvvvvvvvv");
    g.base[7] = 'X';
    assert_int_equal(read_b7(&got, &g, g.size), ORL_EMALFORMED);
    orl_guarded_finish(&g);
}

static void texts_hold_only_printable_characters(void **state)
{
    (void)state;
    for (int c = 1; c < 256; c++) {
        struct orl_guarded g;
        make(&g);
        g.base[INFO_BYTES + 8 + 51] = (uint8_t)c; /* first letter of the model */
        struct orl_session_info got;
        assert_int_equal(read_b7(&got, &g, g.size), ORL_OK);
        assert_int_equal(got.model[0], c >= 0x20 && c < 0x7f ? c : '?');
        orl_guarded_finish(&g);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_is_written_reads_back_in_every_release),
        cmocka_unit_test(write_refuses_a_short_buffer),
        cmocka_unit_test(write_cuts_texts_that_have_no_terminator),
        cmocka_unit_test(user_data_cut_anywhere_is_read_within_its_end),
        cmocka_unit_test(record_sizes_never_lead_outside),
        cmocka_unit_test(short_vm_record_is_ignored),
        cmocka_unit_test(unknown_record_is_skipped_and_counted),
        cmocka_unit_test(wrong_magic_is_malformed_and_other_version_is_named),
        cmocka_unit_test(texts_hold_only_printable_characters),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
