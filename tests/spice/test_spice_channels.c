/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What becomes of single channels: who listens to those that carry sound, and what happens when one of
 * them is cut. The library tells, by emission hooks, which channels of the session under test open, what
 * their sockets are, and how many handlers a signal has.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#include <spice-client.h>

#include "base/clock.h"
#include "spice/rig.h"
#include "support/check.h"

#define KINDS 16 /* of channels: numbers of the protocol */
/* VD_AGENT_CAP bits: clipboard on demand, selections, LF, size bound, volume. */
#define AGENT_CAPS "d60"

/* Filled on the SPICE thread. */
static struct {
    struct orl_counter opened[KINDS], socket[KINDS];
    struct orl_counter starts; /* playback or recording: signals emitted, */
    struct orl_counter heard;  /* those that anybody took */
} watch;

static gboolean on_event(GSignalInvocationHint *hint, guint n, const GValue *values,
                         gpointer arg)
{
    SpiceChannel *channel = g_value_get_object(&values[0]);
    GSocket *at = NULL;
    int kind = 0;
    (void)hint;
    (void)n;
    (void)arg;
    if (g_value_get_enum(&values[1]) != SPICE_CHANNEL_OPENED) {
        return TRUE;
    }
    g_object_get(channel, "channel-type", &kind, "socket", &at, NULL);
    if (at && kind >= 0 && kind < KINDS) {
        orl_counter_set(&watch.socket[kind], (uint64_t)g_socket_get_fd(at));
        orl_counter_add(&watch.opened[kind], 1);
    }
    g_clear_object(&at);
    return TRUE;
}

static gboolean on_start(GSignalInvocationHint *hint, guint n, const GValue *values,
                         gpointer arg)
{
    (void)n;
    (void)arg;
    gpointer channel = g_value_get_object(&values[0]);
    if (g_signal_has_handler_pending(channel, hint->signal_id, 0, TRUE)) {
        orl_counter_add(&watch.heard, 1);
    }
    orl_counter_add(&watch.starts, 1);
    return TRUE;
}

static void add_hook(GType type, const char *name, GSignalEmissionHook hook)
{
    g_type_class_unref(g_type_class_ref(type)); /* signals exist with the class */
    g_signal_add_emission_hook(g_signal_lookup(name, type), 0, hook, NULL, NULL);
}

static int begin(void **state)
{
    struct rig *r = calloc(1, sizeof(*r));
    struct orl_audio_conf conf = {.app_name = "oriel-test", .out_device = "", .rec_device = ""};
    memset(&watch, 0, sizeof(watch));
    rig_init(r);
    assert_int_equal(orl_audio_start(&r->link.audio, &conf), ORL_OK); /* needs no daemon */
    rig_serve(r, NULL);
    *state = r;
    return 0;
}

static int end(void **state)
{
    struct rig *r = *state;
    rig_disconnect(r);
    orl_audio_stop(&r->link.audio);
    rig_finish(r);
    free(r);
    return 0;
}

static void wait_for(const struct orl_counter *c, uint64_t n)
{
    uint64_t until = orl_now_ns() + RIG_MS * ORL_NS_PER_MS;
    while (orl_counter_get(c) < n && orl_now_ns() < until) {
        orl_sleep_until(orl_now_ns() + ORL_NS_PER_MS);
    }
    assert_true(orl_counter_get(c) >= n);
}

/* The newest connection of that kind ends, as if somebody had pulled a cable. */
static void cut(int kind)
{
    assert_int_equal(shutdown((int)orl_counter_get(&watch.socket[kind]), SHUT_RDWR), 0);
}

static bool has_agent(const struct orl_spice_status *s)
{
    return s->has & ORL_SPICE_HAS_AGENT;
}
static bool hears_and_records(const struct orl_spice_status *s)
{
    return (s->has & ORL_SPICE_HAS_PLAYBACK) && (s->has & ORL_SPICE_HAS_RECORD);
}
static bool does_not_play(const struct orl_spice_status *s)
{
    return !(s->has & ORL_SPICE_HAS_PLAYBACK);
}
static bool second_session(const struct orl_spice_status *s)
{
    return rig_has_inputs(s) && s->epoch == 2;
}

/* An agent announces itself; when this returns, the library has done all that it does then. */
static void announce_agent(struct rig *r)
{
    rig_tell(r, "agent-caps " AGENT_CAPS);
    rig_tell(r, "agent 1");
    rig_wait(r, has_agent);
    rig_expect(r, "caps ");
    rig_tell(r, "agent-request 77"); /* refused by us, in order */
    rig_expect(r, "data none 0 ");
}

/* ---- Nobody but us ever plays or records ----------------------------------------------------- */

/* With these switches: signals of playback (5) and recording (6) that anybody took. */
static uint64_t taken(struct rig *r, bool audio, bool microphone)
{
    r->conf.audio = audio;
    r->conf.microphone = microphone;
    rig_connect(r);
    rig_wait(r, rig_has_inputs);
    announce_agent(r);
    rig_tell(r, "record 1");
    rig_tell(r, "tone 440 0.2");
    wait_for(&watch.starts, 2);
    return orl_counter_get(&watch.heard);
}

static void a_microphone_that_is_off_is_recorded_by_nobody(void **state)
{
    assert_int_equal(taken(*state, true, false), 1); /* our playback */
}

static void sound_that_is_off_is_played_by_nobody(void **state)
{
    assert_int_equal(taken(*state, false, true), 1); /* our recording */
}

static void with_both_on_each_has_one_listener(void **state)
{
    assert_int_equal(taken(*state, true, true), 2);
}

static void with_both_off_there_is_no_sound_channel(void **state)
{
    struct rig *r = *state;
    r->conf.audio = r->conf.microphone = false;
    rig_connect(r);
    rig_wait(r, rig_has_inputs);
    announce_agent(r);
    rig_tell(r, "record 1");
    rig_tell(r, "tone 440 0.2");
    rig_expect(r, "tone done");
    rig_tell(r, "agent-request 77");
    rig_expect(r, "data none 0 ");
    assert_int_equal(orl_counter_get(&watch.opened[SPICE_CHANNEL_PLAYBACK]), 0);
    assert_int_equal(orl_counter_get(&watch.opened[SPICE_CHANNEL_RECORD]), 0);
}

/* Between the loss of a channel and the next attempt it is not connected. */
static void an_agent_that_comes_while_a_channel_is_lost_changes_nothing(void **state)
{
    struct rig *r = *state;
    r->conf.microphone = false;
    rig_connect(r);
    rig_wait(r, rig_has_inputs);
    wait_for(&watch.opened[SPICE_CHANNEL_RECORD], 1);
    wait_for(&watch.opened[SPICE_CHANNEL_PLAYBACK], 1);
    cut(SPICE_CHANNEL_RECORD);
    cut(SPICE_CHANNEL_PLAYBACK);
    rig_wait(r, does_not_play);
    announce_agent(r);
    wait_for(&watch.opened[SPICE_CHANNEL_PLAYBACK], 2); /* ours, again */
    rig_tell(r, "record 1");
    rig_tell(r, "tone 440 0.2");
    wait_for(&watch.starts, 1);
    rig_expect(r, "tone done");
    rig_tell(r, "agent-request 77");
    rig_expect(r, "data none 0 ");
    assert_int_equal(orl_counter_get(&watch.opened[SPICE_CHANNEL_RECORD]), 1);
    assert_int_equal(orl_counter_get(&watch.heard), 1);
}

/* ---- Lost and found -------------------------------------------------------------------------- */

static void a_channel_that_is_cut_comes_back_alone(void **state)
{
    struct rig *r = *state;
    rig_connect(r);
    rig_wait(r, rig_has_inputs);
    rig_wait(r, hears_and_records);
    for (uint64_t round = 2; round < 5; round++) {
        cut(SPICE_CHANNEL_PLAYBACK);
        cut(SPICE_CHANNEL_RECORD);
        wait_for(&watch.opened[SPICE_CHANNEL_PLAYBACK], round);
        wait_for(&watch.opened[SPICE_CHANNEL_RECORD], round);
    }
    rig_wait(r, hears_and_records);
    assert_int_equal(r->status.epoch, 1);
    assert_int_equal(orl_counter_get(&watch.opened[SPICE_CHANNEL_MAIN]), 1);
    rig_tell(r, "record 1");
    rig_tell(r, "tone 440 0.2");
    wait_for(&watch.starts, 2);
    assert_int_equal(orl_counter_get(&watch.heard), 2);
}

static void a_recording_that_is_cut_is_over(void **state)
{
    struct rig *r = *state;
    struct orl_spice_note note;
    rig_connect(r);
    rig_wait(r, hears_and_records);
    for (uint64_t round = 2; round < 4; round++) {
        rig_tell(r, "record 1");
        assert_true(rig_event(r, ORL_SPICE_MIC_WANTED, &note, RIG_MS));
        assert_int_equal(note.a, 1);
        cut(SPICE_CHANNEL_RECORD);
        assert_true(rig_event(r, ORL_SPICE_MIC_WANTED, &note, RIG_MS));
        assert_int_equal(note.a, 0);
        rig_tell(r, "record 0");
        wait_for(&watch.opened[SPICE_CHANNEL_RECORD], round);
    }
}

static void a_channel_that_does_not_come_back_is_said_once(void **state)
{
    struct rig *r = *state;
    struct orl_spice_note note;
    rig_connect(r);
    rig_wait(r, hears_and_records);
    rig_tell(r, "unplug-speakers");
    rig_wait(r, does_not_play);
    assert_true(rig_event(r, ORL_SPICE_MESSAGE, &note, RIG_MS));
    assert_non_null(
        strstr((const char *)note.data, "for sound was cut and does not come back"));
    free(note.data);
    assert_false(rig_event(r, ORL_SPICE_MESSAGE, &note, 6000)); /* a further attempt */
    assert_int_equal(r->status.epoch, 1);
    /* All of it anew when the user asks, but only then. */
    rig_request(r, ORL_SPICE_TAKE_BACK, 0, 0, 0, NULL, 0);
    rig_wait(r, second_session);
    rig_request(r, ORL_SPICE_TAKE_BACK, 0, 0, 0, NULL, 0); /* nothing is missing now */
    assert_false(rig_event(r, ORL_SPICE_MESSAGE, &note, 500));
    rig_wait(r, second_session);
}

static void a_lost_channel_does_not_keep_the_session_from_ending(void **state)
{
    struct rig *r = *state;
    rig_connect(r);
    rig_wait(r, hears_and_records);
    cut(SPICE_CHANNEL_PLAYBACK);
    rig_wait(r, does_not_play);
    rig_disconnect(r);
    rig_connect(r);
    rig_wait(r, hears_and_records);
    cut(SPICE_CHANNEL_PLAYBACK);
    rig_wait(r, does_not_play);
    rig_kill_server(r);
    rig_wait_state(r, ORL_SPICE_WAITING);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, begin, end)

int main(void)
{
    add_hook(SPICE_TYPE_CHANNEL, "channel-event", on_event);
    add_hook(SPICE_TYPE_RECORD_CHANNEL, "record-start", on_start);
    add_hook(SPICE_TYPE_PLAYBACK_CHANNEL, "playback-start", on_start);
    const struct CMUnitTest tests[] = {
        TEST(a_microphone_that_is_off_is_recorded_by_nobody),
        TEST(sound_that_is_off_is_played_by_nobody),
        TEST(with_both_on_each_has_one_listener),
        TEST(with_both_off_there_is_no_sound_channel),
        TEST(an_agent_that_comes_while_a_channel_is_lost_changes_nothing),
        TEST(a_channel_that_is_cut_comes_back_alone),
        TEST(a_recording_that_is_cut_is_over),
        TEST(a_channel_that_does_not_come_back_is_said_once),
        TEST(a_lost_channel_does_not_keep_the_session_from_ending),
    };
    return cmocka_run_group_tests_name("spice_channels", tests, NULL, NULL);
}
