/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "audio/pcm.h"
#include "audio/volume.h"
#include "support/check.h"

static void only_sane_formats_are_valid(void **state)
{
    (void)state;
    static const struct {
        struct orl_pcm_format f;
        bool valid;
    } cases[] = {
        {{48000, 2}, true},       {{44100, 1}, true},           {{192000, 8}, true},
        {{8000, 6}, true},        {{7999, 2}, false},           {{192001, 2}, false},
        {{48000, 0}, false},      {{48000, 9}, false},          {{0, 0}, false},
        {{UINT32_MAX, 2}, false}, {{48000, UINT32_MAX}, false},
    };
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        assert_int_equal(orl_pcm_is_valid(cases[i].f), cases[i].valid);
    }
}

static void frames_and_times_convert_both_ways(void **state)
{
    (void)state;
    struct orl_pcm_format cd = {44100, 2}, dat = {48000, 6};
    assert_int_equal(orl_pcm_frame_bytes(dat), 12);
    assert_int_equal(orl_pcm_frames(dat, 10000000), 480);
    assert_int_equal(orl_pcm_ns(dat, 480), 10000000);
    for (uint64_t n = 0; n < 10 * 3600 * UINT64_C(44100); n = n * 3 + 1) {
        assert_int_equal(orl_pcm_frames(cd, orl_pcm_ns(cd, n)), n);
    }
}

static void each_count_of_channels_has_distinct_places(void **state)
{
    (void)state;
    for (uint32_t n = 1; n <= ORL_PCM_MAX_CHANNELS; n++) {
        enum orl_pcm_place p[ORL_PCM_MAX_CHANNELS];
        uint32_t seen = 0;
        orl_pcm_places(n, p);
        for (uint32_t i = 0; i < n; i++) {
            assert_int_equal(seen & (1u << p[i]), 0);
            seen |= 1u << p[i];
        }
        assert_int_equal((seen >> ORL_PCM_MONO) & 1, n == 1);
        if (n >= 2) {
            assert_int_equal(p[0], ORL_PCM_FL);
            assert_int_equal(p[1], ORL_PCM_FR);
        }
    }
    enum orl_pcm_place p[ORL_PCM_MAX_CHANNELS];
    orl_pcm_places(6, p); /* 5.1 as in a WAVE file */
    assert_int_equal(p[2], ORL_PCM_FC);
    assert_int_equal(p[3], ORL_PCM_LFE);
    assert_int_equal(p[4], ORL_PCM_RL);
}

static void samples_become_floats_exactly(void **state)
{
    (void)state;
    int16_t in[] = {INT16_MIN, -1, 0, 1, 16384, INT16_MAX};
    float out[6];
    orl_pcm_to_float(out, in, 6);
    assert_true(out[0] == -1.0f && out[2] == 0.0f && out[4] == 0.5f);
    for (int i = 0; i < 6; i++) {
        assert_true(out[i] * 32768.0f == (float)in[i]);
    }
}

static void volume_is_cubic_and_ends_at_the_ends(void **state)
{
    (void)state;
    assert_true(orl_volume_amplitude(0) == 0.0f);
    assert_true(orl_volume_amplitude(65535) == 1.0f);
    assert_float_equal(orl_volume_amplitude(32768), 0.125f, 1e-4f); /* -18 dB */
    for (uint32_t v = 1; v <= 65535; v++) {
        assert_true(orl_volume_amplitude((uint16_t)v) >=
                    orl_volume_amplitude((uint16_t)(v - 1)));
    }
    float out[4];
    uint16_t in[] = {65535, 0};
    orl_volume_spread(out, 4, in, 2);
    assert_true(out[0] == 1.0f && out[1] == 0.0f && out[2] == 0.0f && out[3] == 0.0f);
    orl_volume_spread(out, 2, in, 1);
    assert_true(out[1] == 1.0f);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(only_sane_formats_are_valid),
        cmocka_unit_test(frames_and_times_convert_both_ways),
        cmocka_unit_test(each_count_of_channels_has_distinct_places),
        cmocka_unit_test(samples_become_floats_exactly),
        cmocka_unit_test(volume_is_cubic_and_ends_at_the_ends),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
