/* SPDX-License-Identifier: GPL-2.0-or-later */
#define ORL_LOG_MODULE "audio"
#include "audio/pw_sink.h"

#include <stdlib.h>
#include <string.h>

#include <pipewire/pipewire.h>
#include <spa/node/io.h>
#include <spa/param/props.h>

#include "base/clock.h"
#include "base/log.h"

/* When the device's idea of time is further off than this it is not the monotonic clock. */
#define CLOCK_OFF_NS (200 * ORL_NS_PER_MS)

struct orl_pw_sink {
    struct pw_stream *stream;
    struct spa_hook hook;
    struct orl_pw_sink_calls calls;
    bool ready; /* was said */
    struct orl_playback *playback;
    struct orl_pw_sink_delay delay;
    struct orl_pointer rate_match; /* struct spa_io_rate_match *, set by the loop thread */

    /* ---- data thread ---- */
    uint64_t ticks; /* of the cycle before */
    struct orl_rate_hz read;
};

/* ---- data thread ---------------------------------------------------------------------------- */

static struct orl_play_cycle cycle_of(struct orl_pw_sink *s)
{
    struct pw_time t;
    memset(&t, 0, sizeof(t));
    uint64_t now_ns = orl_now_ns();
    struct orl_play_cycle c = {.now_ns = now_ns, .serial = now_ns};
    if (pw_stream_get_time_n(s->stream, &t, sizeof(t)) < 0 || !t.rate.denom || t.now <= 0) {
        return c;
    }
    uint64_t off =
        now_ns > (uint64_t)t.now ? now_ns - (uint64_t)t.now : (uint64_t)t.now - now_ns;
    if (off < CLOCK_OFF_NS) {
        c.now_ns = (uint64_t)t.now;
    }
    c.serial = t.ticks;
    struct orl_audio_stats *stats = s->playback->stats;
    if (t.ticks > s->ticks && t.ticks - s->ticks < 65536) {
        orl_counter_set(&stats->quantum_frames, t.ticks - s->ticks);
    }
    s->ticks = t.ticks;
    orl_counter_set(&stats->rate_hz, t.rate.denom / (t.rate.num ? t.rate.num : 1));
    int64_t delay_us = t.delay > 0 ? t.delay * 1000000 * t.rate.num / t.rate.denom : 0;
    orl_counter_set(s->delay.device_us, (uint64_t)delay_us);
    return c;
}

static void set_rate(struct orl_pw_sink *s)
{
    struct spa_io_rate_match *match = orl_pointer_get(&s->rate_match);
    if (!match) {
        return;
    }
    uint32_t rate_hz = s->playback->format.rate_hz;
    uint32_t graph_hz = (uint32_t)orl_counter_get(&s->playback->stats->rate_hz);
    uint32_t read_hz = orl_rate_choose_hz(&s->read, rate_hz, graph_hz ? graph_hz : rate_hz,
                                          orl_playback_ratio(s->playback));
    /* The area's rate stretches the sound, so it is the inverse; the half is for the cutting. */
    match->rate = rate_hz / (read_hz + 0.5);
    match->flags |= SPA_IO_RATE_MATCH_FLAG_ACTIVE;
}

/* Stores of one word: fit for this thread. */
static void tell_delay(const struct orl_pw_sink *s)
{
    if (s->delay.added_us) {
        uint64_t us = orl_playback_fill_us(s->playback);
        us += us ? orl_counter_get(s->delay.device_us) : 0;
        orl_counter_set(s->delay.added_us, us);
    }
}

static void on_process(void *arg)
{
    struct orl_pw_sink *s = arg;
    struct pw_buffer *b = pw_stream_dequeue_buffer(s->stream);
    if (!b) {
        return;
    }
    struct spa_data *d = &b->buffer->datas[0];
    uint32_t frame_bytes = s->playback->format.channels * (uint32_t)sizeof(float);
    uint32_t frames = d->data ? d->maxsize / frame_bytes : 0;
    if (b->requested && b->requested < frames) {
        frames = (uint32_t)b->requested;
    }
    struct orl_play_cycle cycle = cycle_of(s);
    if (frames) {
        orl_playback_pull(s->playback, d->data, frames, &cycle);
        d->chunk->offset = 0;
        d->chunk->stride = (int32_t)frame_bytes;
        d->chunk->size = frames * frame_bytes;
        b->size = frames;
    }
    set_rate(s);
    tell_delay(s);
    pw_stream_queue_buffer(s->stream, b);
}

/* ---- loop thread ---------------------------------------------------------------------------- */

static void on_io_changed(void *arg, uint32_t id, void *area, uint32_t size)
{
    struct orl_pw_sink *s = arg;
    if (id == SPA_IO_RateMatch) {
        orl_pointer_set(&s->rate_match, size >= sizeof(struct spa_io_rate_match) ? area : NULL);
    }
}

static void on_state(void *arg, enum pw_stream_state old, enum pw_stream_state state,
                     const char *error)
{
    struct orl_pw_sink *s = arg;
    orl_debug("playback stream: %s to %s%s%s", pw_stream_state_as_string(old),
              pw_stream_state_as_string(state), error ? ": " : "", error ? error : "");
    if (state != PW_STREAM_STATE_STREAMING && s->delay.added_us) {
        orl_counter_set(s->delay.added_us, 0); /* no cycle will say so */
    }
    if (state == PW_STREAM_STATE_ERROR) {
        s->calls.failed(s->calls.arg);
    }
}

/* A stream has volumes only once its format is settled; that is before its first cycle. */
static void on_control(void *arg, uint32_t id, const struct pw_stream_control *control)
{
    struct orl_pw_sink *s = arg;
    if (id == SPA_PROP_channelVolumes && !s->ready &&
        control->n_values == s->playback->format.channels) {
        s->ready = true;
        s->calls.ready(s->calls.arg);
    }
}

static const struct pw_stream_events stream_events = {
    PW_VERSION_STREAM_EVENTS,    .state_changed = on_state, .control_info = on_control,
    .io_changed = on_io_changed, .process = on_process,
};

struct orl_pw_sink *orl_pw_sink_open(struct pw_core *core,
                                     const struct orl_pw_stream_conf *conf,
                                     struct orl_playback *p,
                                     const struct orl_pw_sink_delay *delay,
                                     const struct orl_pw_sink_calls *calls)
{
    struct orl_pw_sink *s = calloc(1, sizeof(*s));
    if (!s) {
        return NULL;
    }
    s->calls = *calls;
    s->playback = p;
    s->delay = *delay;
    orl_playback_rewind(p);
    s->stream = orl_pw_stream_new(core, true, conf);
    if (!s->stream) {
        free(s);
        return NULL;
    }
    pw_stream_add_listener(s->stream, &s->hook, &stream_events, s);
    if (!orl_pw_stream_connect(s->stream, true, true, conf->format)) {
        orl_pw_sink_close(&s);
        return NULL;
    }
    return s;
}

void orl_pw_sink_close(struct orl_pw_sink **sink)
{
    struct orl_pw_sink *s = *sink;
    if (!s) {
        return;
    }
    /* It takes the node out of the data thread first, and the hook out of the list last. */
    pw_stream_destroy(s->stream);
    free(s);
    *sink = NULL;
}

void orl_pw_sink_activate(struct orl_pw_sink *sink, bool on)
{
    pw_stream_set_active(sink->stream, on);
}

void orl_pw_sink_volume(struct orl_pw_sink *sink, const float *volume, uint32_t n, bool mute)
{
    orl_pw_stream_volume(sink->stream, volume, n, mute);
}
