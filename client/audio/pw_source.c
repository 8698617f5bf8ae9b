/* SPDX-License-Identifier: GPL-2.0-or-later */
#define ORL_LOG_MODULE "audio"
#include "audio/pw_source.h"

#include <stdlib.h>

#include <pipewire/pipewire.h>
#include <spa/param/props.h>

#include "base/log.h"

struct orl_pw_source {
    struct pw_stream *stream;
    struct spa_hook hook;
    struct orl_pw_source_calls calls;
    bool ready;  /* was said */
    bool ending; /* by us */
    struct orl_capture *capture;
};

/* Data thread. */
static void on_process(void *arg)
{
    struct orl_pw_source *s = arg;
    struct pw_buffer *b = pw_stream_dequeue_buffer(s->stream);
    if (!b) {
        return;
    }
    struct spa_data *d = &b->buffer->datas[0];
    if (d->data && d->chunk->offset <= d->maxsize) {
        uint32_t bytes = d->chunk->size, room = d->maxsize - d->chunk->offset;
        bytes = bytes < room ? bytes : room;
        uint32_t frame_bytes = (uint32_t)orl_pcm_frame_bytes(s->capture->format);
        orl_capture_push(s->capture, (const uint8_t *)d->data + d->chunk->offset,
                         bytes / frame_bytes);
    }
    pw_stream_queue_buffer(s->stream, b);
}

static void on_state(void *arg, enum pw_stream_state old, enum pw_stream_state state,
                     const char *error)
{
    struct orl_pw_source *s = arg;
    orl_debug("recording stream: %s to %s%s%s", pw_stream_state_as_string(old),
              pw_stream_state_as_string(state), error ? ": " : "", error ? error : "");
    /* Unconnected: the session manager has taken it away, for want of the device. */
    if (state == PW_STREAM_STATE_ERROR ||
        (state == PW_STREAM_STATE_UNCONNECTED && !s->ending)) {
        s->calls.failed(s->calls.arg);
    }
}

/* A stream has volumes only once its format is settled; that is before its first cycle. */
static void on_control(void *arg, uint32_t id, const struct pw_stream_control *control)
{
    struct orl_pw_source *s = arg;
    if (id == SPA_PROP_channelVolumes && !s->ready &&
        control->n_values == s->capture->format.channels) {
        s->ready = true;
        s->calls.ready(s->calls.arg);
    }
}

static const struct pw_stream_events stream_events = {
    PW_VERSION_STREAM_EVENTS,
    .state_changed = on_state,
    .control_info = on_control,
    .process = on_process,
};

struct orl_pw_source *orl_pw_source_open(struct pw_core *core,
                                         const struct orl_pw_stream_conf *conf,
                                         struct orl_capture *c,
                                         const struct orl_pw_source_calls *calls)
{
    struct orl_pw_source *s = calloc(1, sizeof(*s));
    if (!s) {
        return NULL;
    }
    s->calls = *calls;
    s->capture = c;
    s->stream = orl_pw_stream_new(core, false, conf);
    if (!s->stream) {
        free(s);
        return NULL;
    }
    pw_stream_add_listener(s->stream, &s->hook, &stream_events, s);
    if (!orl_pw_stream_connect(s->stream, false, false, conf->format)) {
        orl_pw_source_close(&s);
        return NULL;
    }
    return s;
}

void orl_pw_source_close(struct orl_pw_source **source)
{
    struct orl_pw_source *s = *source;
    if (!s) {
        return;
    }
    s->ending = true;
    /* It takes the node out of the data thread first, and the hook out of the list last. */
    pw_stream_destroy(s->stream);
    free(s);
    *source = NULL;
}

void orl_pw_source_volume(struct orl_pw_source *source, const float *volume, uint32_t n,
                          bool mute)
{
    orl_pw_stream_volume(source->stream, volume, n, mute);
}
