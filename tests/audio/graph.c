/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "audio/graph.h"

#include <math.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

#include <pipewire/pipewire.h>
#include <spa/param/audio/format-utils.h>

#include "base/clock.h"

#define RATE     48000u
#define WAIT_NS  (5 * ORL_NS_PER_S)
#define MARK_MAX (1u << 20)

/* One connection with one stream. */
struct line {
    struct pw_thread_loop *loop;
    struct pw_context *context;
    struct pw_core *core;
    struct pw_stream *stream;
    struct spa_hook hook;
};

static void line_close(struct line *l)
{
    if (l->loop) {
        pw_thread_loop_stop(l->loop);
    }
    if (l->stream) {
        pw_stream_destroy(l->stream);
    }
    if (l->core) {
        pw_core_disconnect(l->core);
    }
    if (l->context) {
        pw_context_destroy(l->context);
    }
    if (l->loop) {
        pw_thread_loop_destroy(l->loop);
    }
    pw_deinit();
}

static bool line_connect(struct line *l)
{
    pw_init(NULL, NULL);
    l->loop = pw_thread_loop_new("test", NULL);
    l->context = l->loop ? pw_context_new(pw_thread_loop_get_loop(l->loop), NULL, 0) : NULL;
    l->core = l->context ? pw_context_connect(l->context, NULL, 0) : NULL;
    return l->core != NULL;
}

static bool line_open(struct line *l, struct pw_properties *props, bool output,
                      bool autoconnect, uint32_t channels,
                      const struct pw_stream_events *events, void *arg)
{
    static const uint32_t places[8] = {
        SPA_AUDIO_CHANNEL_FL, SPA_AUDIO_CHANNEL_FR, SPA_AUDIO_CHANNEL_FC, SPA_AUDIO_CHANNEL_LFE,
        SPA_AUDIO_CHANNEL_RL, SPA_AUDIO_CHANNEL_RR, SPA_AUDIO_CHANNEL_SL, SPA_AUDIO_CHANNEL_SR};
    if (!line_connect(l)) {
        pw_properties_free(props);
        return false;
    }
    l->stream = pw_stream_new(l->core, "test", props);
    if (!l->stream) {
        return false;
    }
    pw_stream_add_listener(l->stream, &l->hook, events, arg);
    struct spa_audio_info_raw info = {
        .format = SPA_AUDIO_FORMAT_F32, .rate = RATE, .channels = channels};
    memcpy(info.position, places, channels * sizeof(places[0]));
    uint8_t room[1024];
    struct spa_pod_builder builder = SPA_POD_BUILDER_INIT(room, sizeof(room));
    const struct spa_pod *params[1] = {
        spa_format_audio_raw_build(&builder, SPA_PARAM_EnumFormat, &info)};
    enum pw_stream_flags flags = PW_STREAM_FLAG_MAP_BUFFERS | PW_STREAM_FLAG_RT_PROCESS;
    if (autoconnect) {
        flags |= PW_STREAM_FLAG_AUTOCONNECT;
    }
    return pw_stream_connect(l->stream, output ? PW_DIRECTION_OUTPUT : PW_DIRECTION_INPUT,
                             PW_ID_ANY, flags, params, 1) >= 0 &&
           pw_thread_loop_start(l->loop) >= 0;
}

bool graph_is_up(void)
{
    uint64_t end = orl_now_ns() + WAIT_NS;
    for (bool up = false; orl_now_ns() < end; orl_sleep_until(orl_now_ns() + 20000000)) {
        struct line l = {0};
        up = line_connect(&l);
        line_close(&l);
        if (up) {
            return true;
        }
    }
    return false;
}

/* ---- tap ------------------------------------------------------------------------------------ */

struct mark {
    uint64_t frame, ns;
};

struct tap {
    struct line line;
    uint32_t channels;
    uint64_t room;
    float *samples;
    struct mark *marks;
    _Atomic uint64_t frames;
    _Atomic uint32_t mark_n;
};

static void on_heard(void *arg)
{
    struct tap *t = arg;
    struct pw_buffer *b = pw_stream_dequeue_buffer(t->line.stream);
    if (!b) {
        return;
    }
    struct spa_data *d = &b->buffer->datas[0];
    uint64_t at = atomic_load(&t->frames);
    uint64_t n = d->chunk->size / (t->channels * sizeof(float));
    struct pw_time time;
    memset(&time, 0, sizeof(time));
    pw_stream_get_time_n(t->line.stream, &time, sizeof(time));
    uint32_t mark = atomic_load(&t->mark_n);
    if (d->data && n && n <= t->room - at && mark < MARK_MAX) {
        memcpy(t->samples + at * t->channels, (uint8_t *)d->data + d->chunk->offset,
               n * t->channels * sizeof(float));
        t->marks[mark] = (struct mark){at, time.now > 0 ? (uint64_t)time.now : orl_now_ns()};
        atomic_store(&t->mark_n, mark + 1);
        atomic_store(&t->frames, at + n);
    }
    pw_stream_queue_buffer(t->line.stream, b);
}

static const struct pw_stream_events tap_events = {PW_VERSION_STREAM_EVENTS,
                                                   .process = on_heard};

struct tap *tap_open(const char *sink, uint32_t channels, double seconds)
{
    struct tap *t = calloc(1, sizeof(*t));
    if (!t) {
        return NULL;
    }
    t->channels = channels;
    t->room = (uint64_t)(seconds * RATE);
    t->samples = calloc(t->room * channels, sizeof(float));
    t->marks = calloc(MARK_MAX, sizeof(*t->marks));
    struct pw_properties *props =
        pw_properties_new(PW_KEY_MEDIA_TYPE, "Audio", PW_KEY_MEDIA_CATEGORY, "Capture",
                          PW_KEY_NODE_NAME, "tap", PW_KEY_NODE_LATENCY, "256/48000",
                          PW_KEY_STREAM_CAPTURE_SINK, "true", PW_KEY_TARGET_OBJECT, sink, NULL);
    bool good = t->samples && t->marks &&
                line_open(&t->line, props, false, true, channels, &tap_events, t);
    uint64_t end = orl_now_ns() + WAIT_NS;
    while (good && !tap_frames(t) && orl_now_ns() < end) {
        orl_sleep_until(orl_now_ns() + 10000000);
    }
    if (!good || !tap_frames(t)) {
        tap_close(t);
        return NULL;
    }
    return t;
}

void tap_close(struct tap *t)
{
    line_close(&t->line);
    free(t->samples);
    free(t->marks);
    free(t);
}

uint32_t tap_channels(const struct tap *t)
{
    return t->channels;
}

uint64_t tap_frames(const struct tap *t)
{
    return atomic_load(&t->frames);
}

float tap_sample(const struct tap *t, uint64_t i, uint32_t c)
{
    return t->samples[i * t->channels + c];
}

uint64_t tap_time_ns(const struct tap *t, uint64_t i)
{
    uint32_t low = 0, high = atomic_load(&t->mark_n);
    while (high - low > 1) {
        uint32_t mid = (low + high) / 2;
        if (t->marks[mid].frame <= i) {
            low = mid;
        } else {
            high = mid;
        }
    }
    return t->marks[low].ns + (i - t->marks[low].frame) * ORL_NS_PER_S / RATE;
}

/* ---- streams that make sound ---------------------------------------------------------------- */

struct bare {
    struct line line;
    void (*fill)(void *arg, float *out, uint32_t frames);
    void *arg;
};

static void on_wanted(void *arg)
{
    struct bare *s = arg;
    struct pw_buffer *b = pw_stream_dequeue_buffer(s->line.stream);
    if (!b) {
        return;
    }
    struct spa_data *d = &b->buffer->datas[0];
    uint32_t n = d->data ? d->maxsize / (2 * (uint32_t)sizeof(float)) : 0;
    if (b->requested && b->requested < n) {
        n = (uint32_t)b->requested;
    }
    if (n) {
        s->fill(s->arg, d->data, n);
        d->chunk->offset = 0;
        d->chunk->stride = 2 * sizeof(float);
        d->chunk->size = n * 2 * (uint32_t)sizeof(float);
    }
    pw_stream_queue_buffer(s->line.stream, b);
}

static const struct pw_stream_events bare_events = {PW_VERSION_STREAM_EVENTS,
                                                    .process = on_wanted};

static struct bare *make_sound(struct pw_properties *props, bool autoconnect,
                               void (*fill)(void *arg, float *out, uint32_t frames), void *arg)
{
    struct bare *b = calloc(1, sizeof(*b));
    if (!b) {
        pw_properties_free(props);
        return NULL;
    }
    b->fill = fill;
    b->arg = arg;
    if (!line_open(&b->line, props, true, autoconnect, 2, &bare_events, b)) {
        bare_close(b);
        return NULL;
    }
    return b;
}

struct bare *bare_open(const char *sink, uint32_t quantum,
                       void (*fill)(void *arg, float *out, uint32_t frames), void *arg)
{
    struct pw_properties *props =
        pw_properties_new(PW_KEY_MEDIA_TYPE, "Audio", PW_KEY_MEDIA_CATEGORY, "Playback",
                          PW_KEY_NODE_NAME, "bare", PW_KEY_TARGET_OBJECT, sink, NULL);
    pw_properties_setf(props, PW_KEY_NODE_LATENCY, "%u/%u", quantum, RATE);
    return make_sound(props, true, fill, arg);
}

void bare_close(struct bare *b)
{
    line_close(&b->line);
    free(b);
}

struct mic {
    struct bare *bare;
    double hz;
    uint64_t said;
};

static void say(void *arg, float *out, uint32_t frames)
{
    struct mic *m = arg;
    for (uint32_t i = 0; i < frames; i++, m->said++) {
        out[2 * i] = out[2 * i + 1] =
            (float)(0.5 * sin(2 * M_PI * fmod(m->hz * (double)m->said / RATE, 1)));
    }
}

struct mic *mic_open(const char *name, double hz)
{
    struct mic *m = calloc(1, sizeof(*m));
    if (!m) {
        return NULL;
    }
    m->hz = hz;
    m->bare = make_sound(pw_properties_new(PW_KEY_MEDIA_CLASS, "Audio/Source", PW_KEY_NODE_NAME,
                                           name, PW_KEY_NODE_DESCRIPTION, name, NULL),
                         false, say, m);
    if (!m->bare) {
        free(m);
        return NULL;
    }
    return m;
}

void mic_close(struct mic *m)
{
    bare_close(m->bare);
    free(m);
}
