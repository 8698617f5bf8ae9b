/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The whole way: a SPICE server's sound card (tests/fake/sound.c), our session, our streams, a real
 * PipeWire daemon, listened to at its sink; and back from a microphone to the card.
 */
#include <math.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "audio/graph.h"
#include "audio/listen.h"
#include "base/clock.h"
#include "spice/rig.h"
#include "support/check.h"

#define LEVEL 0.5
#define TRIES 5

static struct {
    struct rig rig;
    struct orl_audio *audio;
} v;

static int begin(void **state)
{
    (void)state;
    memset(&v, 0, sizeof(v));
    struct orl_audio_conf conf = {.app_name = "oriel-test",
                                  .out_device = "orl-sink",
                                  .rec_device = "orl-mic",
                                  .sync_volume = true};
    rig_init(&v.rig);
    if (orl_audio_start(&v.audio, &conf) != ORL_OK) {
        return -1;
    }
    v.rig.link.audio = v.audio;
    v.rig.conf.audio = v.rig.conf.microphone = true;
    v.rig.conf.clipboard = v.rig.conf.display = v.rig.conf.files = v.rig.conf.input = false;
    rig_serve(&v.rig, NULL);
    return 0;
}

static int end(void **state)
{
    (void)state;
    rig_finish(&v.rig);
    orl_audio_stop(&v.audio);
    return 0;
}

static bool has_sound(const struct orl_spice_status *s)
{
    return (s->has & ORL_SPICE_HAS_PLAYBACK) && (s->has & ORL_SPICE_HAS_RECORD);
}

static bool is_recording(const struct orl_spice_status *s)
{
    return s->recording;
}

static bool is_not_recording(const struct orl_spice_status *s)
{
    return !s->recording;
}

static void connect_sound(void)
{
    rig_connect(&v.rig);
    rig_wait(&v.rig, has_sound);
}

static void pause_ms(uint64_t ms)
{
    orl_sleep_until(orl_now_ns() + ms * ORL_NS_PER_MS);
}

static double get_sample(const void *from, uint64_t i)
{
    return (double)tap_sample(from, i, 0);
}

static double level_now(const struct tap *t, uint32_t c)
{
    uint64_t n = tap_frames(t);
    double peak = 0;
    for (uint64_t i = n > 9600 ? n - 9600 : 0; i < n; i++) {
        peak = fmax(peak, fabs((double)tap_sample(t, i, c)));
    }
    return peak;
}

/* ---- playback ------------------------------------------------------------------------------- */

static struct heard hear_tone(double hz, double seconds)
{
    struct tap *t = tap_open("orl-sink", 2, seconds + 5);
    assert_non_null(t);
    rig_tell(&v.rig, "tone %g %g", hz, seconds);
    rig_expect(&v.rig, "tone done");
    pause_ms(100);
    struct heard h = listen(get_sample, t, 0, tap_frames(t), hz, 48000, 0.004);
    print_message("%.3f Hz for %g, rms %.4f, %.2f s whole\n", h.hz, hz, h.rms,
                  (double)h.n / 48000);
    tap_close(t);
    return h;
}

static void a_guests_tone_is_heard(void **state)
{
    (void)state;
    connect_sound();
    bool good = false;
    for (int i = 0; i < TRIES && !good; i++) {
        struct heard h = hear_tone(440, 1.5);
        good = h.n > 24000 && fabs(h.hz / 440 - 1) < 0.001 &&
               fabs(h.rms / (LEVEL / sqrt(2)) - 1) < 0.02;
    }
    assert_true(good);
}

static void other_rates_and_compressed_sound_are_heard(void **state)
{
    (void)state;
    rig_tell(&v.rig, "rate 44100");
    connect_sound();
    struct heard h = {0};
    for (int i = 0; i < TRIES && h.n < 12000; i++) {
        h = hear_tone(440, 1);
    }
    assert_true(fabs(h.hz / 440 - 1) < 0.001);
    rig_disconnect(&v.rig);
    rig_tell(&v.rig, "rate 48000");
    rig_tell(&v.rig, "compress 1");
    connect_sound();
    for (int i = 0; i < TRIES; i++) {
        h = hear_tone(440, 1);
        if (h.n > 12000) {
            break;
        }
    }
    assert_true(fabs(h.hz / 440 - 1) < 0.002);
}

static void volume_and_mute_are_followed(void **state)
{
    (void)state;
    struct tap *t = tap_open("orl-sink", 2, 30);
    assert_non_null(t);
    rig_tell(&v.rig, "volume 32768 65535"); /* before the client comes */
    connect_sound();
    rig_tell(&v.rig, "tone 500 20");
    pause_ms(1500);
    assert_float_equal(level_now(t, 0), LEVEL / 8, 0.006);
    assert_float_equal(level_now(t, 1), LEVEL, 0.02);
    rig_tell(&v.rig, "mute 1");
    pause_ms(800);
    assert_true(level_now(t, 0) < 1e-4 && level_now(t, 1) < 1e-4);
    rig_tell(&v.rig, "mute 0");
    rig_tell(&v.rig, "volume 65535 65535");
    pause_ms(800);
    assert_float_equal(level_now(t, 0), LEVEL, 0.02);
    rig_tell(&v.rig, "shut");
    rig_expect(&v.rig, "tone done");
    pause_ms(800);
    assert_true(level_now(t, 0) < 1e-6);
    tap_close(t);
}

static void what_the_server_does_wrong_is_overcome(void **state)
{
    (void)state;
    const struct orl_audio_stats *st = orl_audio_stats(v.audio);
    struct tap *t = tap_open("orl-sink", 2, 40);
    assert_non_null(t);
    connect_sound();
    rig_tell(&v.rig, "jitter 5");
    rig_tell(&v.rig, "drift -300");
    rig_tell(&v.rig, "tone 500 30");
    pause_ms(3000);
    uint64_t before = orl_counter_get(&st->underruns);
    rig_tell(&v.rig, "hold 200");
    pause_ms(2000);
    assert_true(orl_counter_get(&st->underruns) > before);
    assert_true(level_now(t, 0) > 0.4);
    rig_tell(&v.rig, "lose 300");
    pause_ms(2000);
    assert_true(level_now(t, 0) > 0.4);
    /* The latency came back: what is buffered is near what should be. */
    double fill = (double)orl_counter_get(&st->fill_frames);
    double target = (double)orl_counter_get(&st->target_frames);
    assert_true(fabs(fill - target) < 48 * 30);
    /* The server dies in the middle of it, and comes again. */
    rig_kill_server(&v.rig);
    pause_ms(800);
    assert_true(level_now(t, 0) < 1e-4);
    rig_serve(&v.rig, NULL);
    rig_wait(&v.rig, has_sound);
    rig_tell(&v.rig, "tone 500 5");
    pause_ms(1500);
    assert_true(level_now(t, 0) > 0.4);
    tap_close(t);
}

/* It says nothing about volume. */
static void the_next_guest_is_as_loud_as_it_is(void **state)
{
    (void)state;
    struct tap *t = tap_open("orl-sink", 2, 60);
    assert_non_null(t);
    connect_sound();
    rig_tell(&v.rig, "volume 20000 20000");
    rig_tell(&v.rig, "mute 1");
    rig_tell(&v.rig, "tone 500 20");
    pause_ms(1500);
    assert_true(level_now(t, 0) < 1e-4);
    rig_kill_server(&v.rig);
    rig_wait_state(&v.rig, ORL_SPICE_WAITING);
    rig_serve(&v.rig, NULL);
    rig_wait(&v.rig, has_sound);
    rig_tell(&v.rig, "tone 500 30");
    bool heard = false;
    for (int i = 0; i < 100 && !heard; i++) {
        pause_ms(200);
        heard = fabs(level_now(t, 0) - LEVEL) < 0.02 && fabs(level_now(t, 1) - LEVEL) < 0.02;
    }
    assert_true(heard);
    tap_close(t);
}

static void without_audio_nothing_breaks(void **state)
{
    (void)state;
    v.rig.link.audio = NULL;
    connect_sound();
    rig_tell(&v.rig, "volume 100 100");
    rig_tell(&v.rig, "tone 500 0.3");
    rig_expect(&v.rig, "tone done");
    rig_tell(&v.rig, "record 1");
    struct orl_spice_note note;
    assert_true(rig_event(&v.rig, ORL_SPICE_MIC_WANTED, &note, RIG_MS));
    rig_request(&v.rig, ORL_SPICE_SET_MIC, 1, 0, 0, NULL, 0);
    pause_ms(300);
    rig_tell(&v.rig, "record 0");
    rig_expect(&v.rig, "heard");
}

/* ---- recording ------------------------------------------------------------------------------ */

struct report {
    unsigned frames;
    double hz, rms, peak;
    int ms;
};

/* The server's next line about what it recorded. */
static struct report next_report(void)
{
    char line[256];
    struct report r = {0};
    for (uint64_t until = orl_now_ns() + RIG_MS * ORL_NS_PER_MS; orl_now_ns() < until;) {
        if (rig_line(&v.rig.server, line, sizeof(line), 1000) &&
            sscanf(line, "heard %u %lf %lf %lf %d", &r.frames, &r.hz, &r.rms, &r.peak, &r.ms) ==
                5) {
            print_message("%s\n", line);
            return r;
        }
    }
    fail_msg("the server recorded nothing");
    return r;
}

static void expect_wanted(uint32_t wanted)
{
    struct orl_spice_note note;
    assert_true(rig_event(&v.rig, ORL_SPICE_MIC_WANTED, &note, RIG_MS));
    assert_int_equal(note.a, wanted);
    assert_null(note.data);
}

/* About as many frames as time has passed: neither starved nor flooded. */
static bool in_real_time(const struct report *r)
{
    double want = r->ms * 48.0;
    return r->frames > want * 0.8 && r->frames < want * 1.2;
}

static void the_guest_hears_silence_until_it_may_listen(void **state)
{
    (void)state;
    struct mic *m = mic_open("orl-mic", 330);
    assert_non_null(m);
    connect_sound();
    rig_tell(&v.rig, "record 1");
    expect_wanted(1);
    next_report();
    struct report silent = next_report();
    assert_true(in_real_time(&silent));
    assert_true(silent.peak == 0);
    rig_wait(&v.rig, is_not_recording);

    rig_request(&v.rig, ORL_SPICE_SET_MIC, 1, 0, 0, NULL, 0);
    rig_wait(&v.rig, is_recording);
    bool good = false;
    for (int i = 0; i < TRIES && !good; i++) {
        struct report r = next_report();
        good = in_real_time(&r) && fabs(r.hz / 330 - 1) < 0.005 &&
               fabs(r.rms / (LEVEL / sqrt(2)) - 1) < 0.05;
    }
    assert_true(good);

    rig_request(&v.rig, ORL_SPICE_SET_MIC, 0, 0, 0, NULL, 0);
    rig_wait(&v.rig, is_not_recording);
    next_report();
    silent = next_report();
    assert_true(in_real_time(&silent));
    assert_true(silent.peak == 0);

    rig_tell(&v.rig, "record 0");
    expect_wanted(0);
    mic_close(m);
}

static void opening_again_is_a_new_question(void **state)
{
    (void)state;
    struct mic *m = mic_open("orl-mic", 330);
    assert_non_null(m);
    connect_sound();
    for (int i = 0; i < 2; i++) {
        rig_tell(&v.rig, "record 1");
        expect_wanted(1);
        next_report();
        struct report silent = next_report();
        assert_true(silent.peak == 0 && in_real_time(&silent));
        rig_request(&v.rig, ORL_SPICE_SET_MIC, 1, 0, 0, NULL, 0);
        rig_wait(&v.rig, is_recording);
        rig_tell(&v.rig, "record 0");
        expect_wanted(0);
        rig_wait(&v.rig, is_not_recording);
        next_report();
    }
    /* An answer that comes after the guest has closed it opens nothing. */
    rig_request(&v.rig, ORL_SPICE_SET_MIC, 1, 0, 0, NULL, 0);
    pause_ms(200);
    rig_tell(&v.rig, "record 1");
    expect_wanted(1);
    next_report();
    assert_true(next_report().peak == 0);
    /* The server's end is the end of the recording. */
    rig_request(&v.rig, ORL_SPICE_SET_MIC, 1, 0, 0, NULL, 0);
    rig_wait(&v.rig, is_recording);
    rig_kill_server(&v.rig);
    rig_wait(&v.rig, is_not_recording);
    expect_wanted(0);
    mic_close(m);
}

static void a_microphone_that_goes_away_becomes_silence(void **state)
{
    (void)state;
    struct mic *m = mic_open("orl-mic", 330);
    assert_non_null(m);
    connect_sound();
    rig_tell(&v.rig, "record 1");
    expect_wanted(1);
    rig_request(&v.rig, ORL_SPICE_SET_MIC, 1, 0, 0, NULL, 0);
    rig_wait(&v.rig, is_recording);
    mic_close(m);
    next_report();
    next_report();
    struct report silent = next_report();
    assert_true(silent.peak == 0 && in_real_time(&silent));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(a_guests_tone_is_heard, begin, end),
        cmocka_unit_test_setup_teardown(other_rates_and_compressed_sound_are_heard, begin, end),
        cmocka_unit_test_setup_teardown(volume_and_mute_are_followed, begin, end),
        cmocka_unit_test_setup_teardown(the_next_guest_is_as_loud_as_it_is, begin, end),
        cmocka_unit_test_setup_teardown(what_the_server_does_wrong_is_overcome, begin, end),
        cmocka_unit_test_setup_teardown(without_audio_nothing_breaks, begin, end),
        cmocka_unit_test_setup_teardown(the_guest_hears_silence_until_it_may_listen, begin,
                                        end),
        cmocka_unit_test_setup_teardown(opening_again_is_a_new_question, begin, end),
        cmocka_unit_test_setup_teardown(a_microphone_that_goes_away_becomes_silence, begin,
                                        end),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
