/* SPDX-License-Identifier: GPL-2.0-or-later */
#define ORL_LOG_MODULE "audio"
#include "audio/audio.h"

#include <stdlib.h>
#include <string.h>

#include "audio/capture.h"
#include "audio/playback.h"
#include "audio/pw.h"
#include "audio/pw_sink.h"
#include "audio/pw_source.h"
#include "audio/volume.h"
#include "base/clock.h"
#include "base/log.h"

#define CACHE_LINE 64u
/* What is asked of the device: see audio.h. */
#define QUANTUM_FRAMES 256u
#define QUANTUM_RATE   48000u
#define LEAST_FRAMES   32u /* PipeWire's own lower bound, unless a user changes it */
#define TICK_MS        250u
/* A stopped stream is kept running, then asleep, so that the next sound starts at once. */
#define SLEEP_NS (500 * ORL_NS_PER_MS)
#define CLOSE_NS (5 * ORL_NS_PER_S)
/* A stream that failed (no device) is tried again after so long. */
#define RETRY_NS (2 * ORL_NS_PER_S)

/* What both directions have; under PipeWire's lock. */
struct side {
    bool started; /* the guest wants it */
    bool failed;  /* the stream said so; the next tick closes it */
    bool missed;  /* the log says that the device is not there */
    uint64_t retry_ns;
    struct orl_pcm_format format;
    bool volume_known, mute;
    float volume[ORL_PCM_MAX_CHANNELS];
};

struct orl_audio {
    struct orl_audio_conf conf;
    struct orl_audio_stats stats;
    struct orl_counter delay_us; /* from the data thread to the speaker */
    struct orl_pw *pw;
    struct orl_playback playback;
    struct orl_capture capture;

    /* ---- under PipeWire's lock ---- */
    struct orl_pw_sink *sink;
    struct orl_pw_source *source;
    struct side play, rec;
    uint64_t stopped_ns;
    bool asleep;
};

/* ---- streams (with the lock) ---------------------------------------------------------------- */

static void apply_volume(struct orl_audio *a, struct side *s)
{
    if (!a->conf.sync_volume || !s->volume_known) {
        return;
    }
    if (s == &a->play && a->sink) {
        orl_pw_sink_volume(a->sink, s->volume, s->format.channels, s->mute);
    } else if (s == &a->rec && a->source) {
        orl_pw_source_volume(a->source, s->volume, s->format.channels, s->mute);
    }
}

static void on_play_ready(void *arg)
{
    struct orl_audio *a = arg;
    apply_volume(a, &a->play);
}

static void on_rec_ready(void *arg)
{
    struct orl_audio *a = arg;
    apply_volume(a, &a->rec);
}

static void note_failure(struct orl_audio *a, struct side *s)
{
    s->failed = true;
    s->retry_ns = orl_now_ns() + RETRY_NS;
    orl_pw_tick_in(a->pw, TICK_MS);
}

static void on_play_failed(void *arg)
{
    struct orl_audio *a = arg;
    note_failure(a, &a->play);
}

static void on_rec_failed(void *arg)
{
    struct orl_audio *a = arg;
    note_failure(a, &a->rec);
}

/* One line when a device that is in use is not there, and one when it is again. */
static void follow_device(struct orl_audio *a, struct side *s)
{
    bool output = s == &a->play;
    enum orl_pw_presence there = orl_pw_find(a->pw, output);
    const char *option = output ? "pipewire:outDevice" : "pipewire:recDevice";
    const char *name = output ? a->conf.out_device : a->conf.rec_device;
    if (there == ORL_PW_ABSENT && s->started && !s->missed) {
        s->missed = true;
        orl_warn("%s: there is no device \"%s\" now; until there is, %s", option, name,
                 output ? "sound goes to the default one"
                        : "the guest hears silence from its microphone");
    } else if (there == ORL_PW_PRESENT && s->missed) {
        s->missed = false;
        orl_info("%s: the device \"%s\" is there", option, name);
    }
}

static struct orl_pw_stream_conf stream_conf(const struct orl_audio *a, const struct side *s,
                                             const char *device)
{
    uint32_t frames = a->conf.period_frames ? a->conf.period_frames : s->format.rate_hz / 100;
    uint32_t small =
        (uint32_t)(((uint64_t)QUANTUM_FRAMES * s->format.rate_hz + QUANTUM_RATE - 1) /
                   QUANTUM_RATE);
    frames = frames < small ? frames : small;
    return (struct orl_pw_stream_conf){
        .app_name = a->conf.app_name,
        .device = device,
        .only = s == &a->rec,
        .format = s->format,
        .latency_frames = frames > LEAST_FRAMES ? frames : LEAST_FRAMES,
    };
}

/* The data thread is out of it then, so the counter of what plays is ours. */
static void close_sink(struct orl_audio *a)
{
    orl_pw_sink_close(&a->sink);
    if (a->conf.delay_us) {
        orl_counter_set(a->conf.delay_us, 0);
    }
}

static void open_sink(struct orl_audio *a)
{
    struct pw_core *core = orl_pw_core(a->pw);
    if (!core || a->sink || !a->play.started) {
        return;
    }
    follow_device(a, &a->play);
    struct orl_pw_stream_conf conf = stream_conf(a, &a->play, a->conf.out_device);
    struct orl_pw_sink_calls calls = {a, on_play_ready, on_play_failed};
    struct orl_pw_sink_delay delay = {&a->delay_us, a->conf.delay_us};
    a->asleep = false;
    a->sink = orl_pw_sink_open(core, &conf, &a->playback, &delay, &calls);
    if (!a->sink) {
        note_failure(a, &a->play);
    }
}

static void open_source(struct orl_audio *a)
{
    struct pw_core *core = orl_pw_core(a->pw);
    if (!core || a->source || !a->rec.started) {
        return;
    }
    follow_device(a, &a->rec);
    if (orl_pw_find(a->pw, false) != ORL_PW_PRESENT) {
        return; /* the user has consented to that one, and to no other */
    }
    struct orl_pw_stream_conf conf = stream_conf(a, &a->rec, a->conf.rec_device);
    struct orl_pw_source_calls calls = {a, on_rec_ready, on_rec_failed};
    a->source = orl_pw_source_open(core, &conf, &a->capture, &calls);
    if (!a->source) {
        note_failure(a, &a->rec);
    }
}

/* ---- what the connection says (loop thread, with the lock) ---------------------------------- */

static void on_connected(void *arg)
{
    struct orl_audio *a = arg;
    orl_counter_set(&a->stats.connected, 1);
    open_sink(a);
    open_source(a);
}

static void on_devices(void *arg)
{
    struct orl_audio *a = arg;
    follow_device(a, &a->play); /* the session manager moves what plays */
    follow_device(a, &a->rec);
    if (orl_pw_find(a->pw, false) != ORL_PW_PRESENT) {
        orl_pw_source_close(&a->source);
    } else if (!a->rec.failed) {
        open_source(a);
    }
}

static void on_lost(void *arg)
{
    struct orl_audio *a = arg;
    orl_counter_set(&a->stats.connected, 0);
    close_sink(a);
    orl_pw_source_close(&a->source);
    a->play.failed = a->rec.failed = false;
}

static void rest(struct orl_audio *a, uint64_t now_ns)
{
    if (!a->sink || a->play.started) {
        return;
    }
    if (now_ns - a->stopped_ns >= CLOSE_NS) {
        close_sink(a);
    } else if (!a->asleep && now_ns - a->stopped_ns >= SLEEP_NS &&
               !orl_playback_is_heard(&a->playback)) {
        orl_pw_sink_activate(a->sink, false);
        a->asleep = true;
    }
}

static void on_tick(void *arg)
{
    struct orl_audio *a = arg;
    uint64_t now_ns = orl_now_ns();
    if (a->play.failed) {
        close_sink(a);
        if (now_ns >= a->play.retry_ns) {
            a->play.failed = false;
            open_sink(a);
        }
    }
    if (a->rec.failed) {
        orl_pw_source_close(&a->source);
        if (now_ns >= a->rec.retry_ns) {
            a->rec.failed = false;
            open_source(a);
        }
    }
    rest(a, now_ns);
    if (a->play.failed || a->rec.failed || (a->sink && !a->play.started)) {
        orl_pw_tick_in(a->pw, TICK_MS);
    }
}

/* ---- life ----------------------------------------------------------------------------------- */

int orl_audio_start(struct orl_audio **out, const struct orl_audio_conf *conf)
{
    size_t bytes = (sizeof(struct orl_audio) + CACHE_LINE - 1) / CACHE_LINE * CACHE_LINE;
    struct orl_audio *a = aligned_alloc(CACHE_LINE, bytes);
    if (!a) {
        return ORL_ENOMEM;
    }
    memset(a, 0, sizeof(*a));
    a->conf = *conf;
    for (uint32_t i = 0; i < ORL_PCM_MAX_CHANNELS; i++) {
        a->play.volume[i] = a->rec.volume[i] = 1;
    }
    struct orl_pw_calls calls = {a,          on_connected,       on_lost,           on_tick,
                                 on_devices, a->conf.out_device, a->conf.rec_device};
    int err = orl_playback_init(&a->playback, &a->stats, conf->extra_ms);
    if (!err) {
        err = orl_capture_init(&a->capture);
    }
    if (!err) {
        err = orl_pw_start(&a->pw, conf->app_name, &calls);
    }
    if (err) {
        orl_audio_stop(&a);
        return err;
    }
    *out = a;
    return ORL_OK;
}

void orl_audio_stop(struct orl_audio **audio)
{
    struct orl_audio *a = *audio;
    if (!a) {
        return;
    }
    orl_pw_stop(&a->pw);
    orl_capture_finish(&a->capture);
    orl_playback_finish(&a->playback);
    free(a);
    *audio = NULL;
}

const struct orl_audio_stats *orl_audio_stats(const struct orl_audio *a)
{
    return &a->stats;
}

/* ---- playback (SPICE thread) ---------------------------------------------------------------- */

int orl_audio_play_start(struct orl_audio *a, uint32_t rate, uint32_t channels)
{
    struct orl_pcm_format format = {rate, channels};
    if (!orl_pcm_is_valid(format)) {
        return ORL_EINVAL;
    }
    orl_pw_lock(a->pw);
    if (format.rate_hz != a->play.format.rate_hz ||
        format.channels != a->play.format.channels) {
        close_sink(a);
        orl_playback_shape(&a->playback, format);
        a->play.format = format;
    }
    orl_playback_start(&a->playback);
    a->play.started = true;
    if (a->sink && a->asleep) {
        orl_pw_sink_activate(a->sink, true);
        a->asleep = false;
    } else if (!a->play.failed) {
        open_sink(a);
    }
    orl_pw_unlock(a->pw);
    orl_debug("the guest plays %u channels at %u Hz", channels, rate);
    return ORL_OK;
}

void orl_audio_play_data(struct orl_audio *a, const void *pcm, uint32_t bytes, uint64_t now_ns)
{
    size_t frame_bytes = orl_pcm_frame_bytes(a->playback.format);
    if (frame_bytes) {
        orl_playback_push(&a->playback, pcm, (uint32_t)(bytes / frame_bytes), now_ns);
    }
}

void orl_audio_play_stop(struct orl_audio *a)
{
    orl_pw_lock(a->pw);
    if (a->play.started) {
        orl_playback_stop(&a->playback);
        a->play.started = false;
        a->stopped_ns = orl_now_ns();
        orl_pw_tick_in(a->pw, TICK_MS);
    }
    orl_pw_unlock(a->pw);
}

static void set_volume(struct orl_audio *a, struct side *s, const uint16_t *volume, uint32_t n)
{
    if (!a->conf.sync_volume || !n) {
        return;
    }
    orl_pw_lock(a->pw);
    orl_volume_spread(s->volume, ORL_PCM_MAX_CHANNELS, volume, n);
    s->volume_known = true;
    apply_volume(a, s);
    orl_pw_unlock(a->pw);
}

static void set_mute(struct orl_audio *a, struct side *s, bool mute)
{
    if (!a->conf.sync_volume) {
        return;
    }
    orl_pw_lock(a->pw);
    s->mute = mute;
    s->volume_known = true;
    apply_volume(a, s);
    orl_pw_unlock(a->pw);
}

void orl_audio_play_volume(struct orl_audio *a, const uint16_t *volume, uint32_t channels)
{
    set_volume(a, &a->play, volume, channels);
}

void orl_audio_play_mute(struct orl_audio *a, bool mute)
{
    set_mute(a, &a->play, mute);
}

uint32_t orl_audio_play_delay_ms(const struct orl_audio *a)
{
    uint64_t fill = orl_counter_get(&a->stats.fill_frames);
    uint64_t rate = a->playback.format.rate_hz ? a->playback.format.rate_hz : 48000;
    uint64_t us = fill * 1000000 / rate + orl_counter_get(&a->delay_us);
    return (uint32_t)((us + 500) / 1000);
}

/* ---- recording (SPICE thread) --------------------------------------------------------------- */

int orl_audio_rec_start(struct orl_audio *a, uint32_t rate, uint32_t channels,
                        void (*ready)(void *arg), void *arg)
{
    struct orl_pcm_format format = {rate, channels};
    if (!orl_pcm_is_valid(format)) {
        return ORL_EINVAL;
    }
    orl_pw_lock(a->pw);
    orl_pw_source_close(&a->source);
    orl_capture_shape(&a->capture, format, ready, arg);
    a->rec.format = format;
    a->rec.started = true;
    a->rec.failed = false;
    open_source(a);
    orl_pw_unlock(a->pw);
    return ORL_OK;
}

uint32_t orl_audio_rec_read(struct orl_audio *a, int16_t *pcm, uint32_t max_frames)
{
    return orl_capture_read(&a->capture, pcm, max_frames);
}

void orl_audio_rec_stop(struct orl_audio *a)
{
    orl_pw_lock(a->pw);
    a->rec.started = false;
    a->rec.failed = false;
    orl_pw_source_close(&a->source);
    orl_pw_unlock(a->pw);
}

void orl_audio_rec_volume(struct orl_audio *a, const uint16_t *volume, uint32_t channels)
{
    set_volume(a, &a->rec, volume, channels);
}

void orl_audio_rec_mute(struct orl_audio *a, bool mute)
{
    set_mute(a, &a->rec, mute);
}
