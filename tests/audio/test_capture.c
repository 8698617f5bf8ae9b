/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "audio/capture.h"
#include "base/clock.h"
#include "base/serial.h"
#include "base/thread.h"
#include "support/check.h"

struct rig {
    struct orl_capture c;
    struct orl_counter calls;
};

static void ready(void *arg)
{
    struct rig *r = arg;
    orl_counter_add(&r->calls, 1);
}

static void what_was_said_arrives_in_order(void **state)
{
    (void)state;
    static struct rig r;
    int16_t in[480 * 2], out[480 * 2];
    assert_int_equal(orl_capture_init(&r.c), ORL_OK);
    orl_capture_shape(&r.c, (struct orl_pcm_format){48000, 2}, ready, &r);
    int16_t next = 0, seen = 0;
    for (unsigned i = 0; i < 500; i++) {
        for (unsigned k = 0; k < 480 * 2; k++) {
            in[k] = next++;
        }
        orl_capture_push(&r.c, in, 480);
        assert_int_equal(orl_counter_get(&r.calls), i + 1);
        uint32_t n;
        while ((n = orl_capture_read(&r.c, out, 100)) > 0) {
            for (unsigned k = 0; k < n * 2; k++) {
                assert_int_equal(out[k], seen++);
            }
        }
        assert_int_equal(seen, next);
    }
    orl_capture_push(&r.c, in, 0);
    assert_int_equal(orl_counter_get(&r.calls), 500);
    orl_capture_finish(&r.c);
}

static void old_sound_is_thrown_away(void **state)
{
    (void)state;
    static struct rig r;
    static int16_t in[480], out[65536];
    assert_int_equal(orl_capture_init(&r.c), ORL_OK);
    orl_capture_shape(&r.c, (struct orl_pcm_format){48000, 1}, NULL, NULL);
    for (int16_t i = 0; i < 300; i++) { /* three seconds: more than the ring holds */
        for (unsigned k = 0; k < 480; k++) {
            in[k] = i;
        }
        orl_capture_push(&r.c, in, 480);
    }
    uint32_t n = orl_capture_read(&r.c, out, 65536);
    assert_int_equal(n, 1920); /* 40 ms */
    /* The ring took the first 65536 frames; of those the newest are kept. */
    assert_int_equal(out[n - 1], (65536 - 1) / 480);
    assert_int_equal(orl_capture_read(&r.c, out, 65536), 0);
    orl_capture_finish(&r.c);
}

static void speak(void *arg)
{
    struct rig *r = arg;
    int16_t in[256 * 2] = {0};
    for (unsigned i = 0; i < 5000; i++) {
        orl_capture_push(&r->c, in, 256);
    }
}

static void speaking_and_reading_at_once_is_no_race(void **state)
{
    (void)state;
    static struct rig r;
    static int16_t out[4096 * 2];
    assert_int_equal(orl_capture_init(&r.c), ORL_OK);
    orl_capture_shape(&r.c, (struct orl_pcm_format){48000, 2}, ready, &r);
    struct orl_thread t;
    assert_int_equal(orl_thread_start(&t, "speak", speak, &r), ORL_OK);
    while (orl_counter_get(&r.calls) < 5000) {
        orl_capture_read(&r.c, out, 4096);
    }
    orl_thread_join(&t);
    orl_capture_finish(&r.c);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_was_said_arrives_in_order),
        cmocka_unit_test(old_sound_is_thrown_away),
        cmocka_unit_test(speaking_and_reading_at_once_is_no_race),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
