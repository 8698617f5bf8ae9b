/* SPDX-License-Identifier: GPL-2.0-or-later */
#define ORL_LOG_MODULE "audio"
#include "audio/pw.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include <pipewire/pipewire.h>
#include <spa/param/audio/format-utils.h>
#include <spa/param/props.h>

#include "base/clock.h"
#include "base/log.h"

#define FIRST_RETRY_MS 200u
#define LAST_RETRY_MS  5000u

struct orl_pw {
    struct orl_pw_calls calls;
    struct pw_thread_loop *loop;
    struct pw_context *context;
    struct pw_core *core; /* NULL: not connected */
    struct orl_pw_devices *devices;
    struct spa_hook core_hook;
    struct spa_source *connect_timer, *tick_timer;
    uint32_t retry_ms;
    bool answered;     /* the daemon has spoken on this connection */
    bool said_missing; /* the line about no daemon was written */
};

static void arm(struct orl_pw *pw, struct spa_source *timer, uint32_t ms)
{
    struct timespec t = {.tv_sec = ms / 1000, .tv_nsec = (long)(ms % 1000) * 1000000};
    if (ms == 0) {
        t.tv_nsec = 1; /* all zero would disarm it */
    }
    pw_loop_update_timer(pw_thread_loop_get_loop(pw->loop), timer, &t, NULL, false);
}

static void retry_later(struct orl_pw *pw)
{
    arm(pw, pw->connect_timer, pw->retry_ms);
    pw->retry_ms = pw->retry_ms * 2 < LAST_RETRY_MS ? pw->retry_ms * 2 : LAST_RETRY_MS;
}

static void say_missing(struct orl_pw *pw, const char *why)
{
    if (!pw->said_missing) {
        orl_warn("no sound: PipeWire %s; looking for it again every few seconds", why);
        pw->said_missing = true;
    }
}

static void drop_core(struct orl_pw *pw)
{
    if (pw->core) {
        if (pw->answered) {
            pw->calls.lost(pw->calls.arg);
        }
        orl_pw_devices_close(&pw->devices);
        spa_hook_remove(&pw->core_hook);
        pw_core_disconnect(pw->core);
        pw->core = NULL;
        pw->answered = false;
    }
}

/* The daemon's first words: from here on it is there. */
static void on_core_info(void *arg, const struct pw_core_info *info)
{
    struct orl_pw *pw = arg;
    if (pw->answered) {
        return;
    }
    pw->answered = true;
    pw->retry_ms = FIRST_RETRY_MS;
    pw->said_missing = false;
    orl_info("connected to PipeWire %s", info->version ? info->version : "");
    pw->devices = orl_pw_devices_open(pw->core, pw->calls.out_device, pw->calls.rec_device,
                                      pw->calls.devices, pw->calls.arg);
    pw->calls.connected(pw->calls.arg);
}

static void on_core_error(void *arg, uint32_t id, int seq, int res, const char *message)
{
    (void)seq;
    struct orl_pw *pw = arg;
    if (id != PW_ID_CORE || res != -EPIPE) {
        orl_debug("PipeWire: object %u: %s", id, message ? message : strerror(-res));
        return;
    }
    /* The core is in use below us: the timer takes it down and connects again. */
    say_missing(pw, pw->answered ? "has gone" : "hung up");
    arm(pw, pw->connect_timer, 0);
}

static const struct pw_core_events core_events = {
    PW_VERSION_CORE_EVENTS,
    .info = on_core_info,
    .error = on_core_error,
};

static void on_connect_timer(void *arg, uint64_t expirations)
{
    (void)expirations;
    struct orl_pw *pw = arg;
    bool was_lost = pw->core != NULL;
    drop_core(pw);
    if (was_lost) {
        retry_later(pw);
        return;
    }
    pw->core = pw_context_connect(pw->context, NULL, 0);
    if (!pw->core) {
        say_missing(pw, errno == ECONNREFUSED || errno == ENOENT || errno == EHOSTDOWN
                            ? "is not running"
                            : strerror(errno));
        retry_later(pw);
        return;
    }
    memset(&pw->core_hook, 0, sizeof(pw->core_hook));
    pw_core_add_listener(pw->core, &pw->core_hook, &core_events, pw);
}

static void on_tick_timer(void *arg, uint64_t expirations)
{
    (void)expirations;
    struct orl_pw *pw = arg;
    pw->calls.tick(pw->calls.arg);
}

static int make_loop(struct orl_pw *pw, const char *app_name)
{
    pw->loop = pw_thread_loop_new("audio", NULL);
    if (!pw->loop) {
        return ORL_ESYS;
    }
    struct pw_loop *loop = pw_thread_loop_get_loop(pw->loop);
    pw->connect_timer = pw_loop_add_timer(loop, on_connect_timer, pw);
    pw->tick_timer = pw_loop_add_timer(loop, on_tick_timer, pw);
    if (!pw->connect_timer || !pw->tick_timer) {
        return ORL_ESYS;
    }
    /* client-rt.conf: PipeWire's data thread asks for real-time priority where it may. */
    struct pw_properties *props = pw_properties_new(PW_KEY_CONFIG_NAME, "client-rt.conf",
                                                    PW_KEY_APP_NAME, app_name, NULL);
    pw->context = props ? pw_context_new(loop, props, 0) : NULL;
    if (!pw->context) {
        return props ? ORL_ESYS : ORL_ENOMEM;
    }
    arm(pw, pw->connect_timer, 0);
    return pw_thread_loop_start(pw->loop) < 0 ? ORL_ESYS : ORL_OK;
}

int orl_pw_start(struct orl_pw **out, const char *app_name, const struct orl_pw_calls *calls)
{
    struct orl_pw *pw = calloc(1, sizeof(*pw));
    if (!pw) {
        return ORL_ENOMEM;
    }
    pw->calls = *calls;
    pw->retry_ms = FIRST_RETRY_MS;
    *out = pw; /* before the loop runs: its callbacks use it */
    pw_init(NULL, NULL);
    int err = make_loop(pw, app_name);
    if (err) {
        orl_pw_stop(out);
    }
    return err;
}

static void take_down(struct orl_pw *pw)
{
    if (pw->loop) {
        pw_thread_loop_stop(pw->loop);
    }
    drop_core(pw);
    if (pw->context) {
        pw_context_destroy(pw->context);
    }
    if (pw->loop) {
        struct pw_loop *loop = pw_thread_loop_get_loop(pw->loop);
        if (pw->connect_timer) {
            pw_loop_destroy_source(loop, pw->connect_timer);
        }
        if (pw->tick_timer) {
            pw_loop_destroy_source(loop, pw->tick_timer);
        }
        pw_thread_loop_destroy(pw->loop);
    }
    pw_deinit();
    free(pw);
}

void orl_pw_stop(struct orl_pw **pw)
{
    if (*pw) {
        take_down(*pw);
        *pw = NULL;
    }
}

void orl_pw_lock(struct orl_pw *pw)
{
    pw_thread_loop_lock(pw->loop);
}

void orl_pw_unlock(struct orl_pw *pw)
{
    pw_thread_loop_unlock(pw->loop);
}

struct pw_core *orl_pw_core(struct orl_pw *pw)
{
    return pw->answered ? pw->core : NULL;
}

enum orl_pw_presence orl_pw_find(const struct orl_pw *pw, bool output)
{
    return orl_pw_devices_find(pw->devices, output);
}

void orl_pw_tick_in(struct orl_pw *pw, uint32_t ms)
{
    arm(pw, pw->tick_timer, ms);
}

/* ---- streams -------------------------------------------------------------------------------- */

struct pw_stream *orl_pw_stream_new(struct pw_core *core, bool output,
                                    const struct orl_pw_stream_conf *conf)
{
    struct pw_properties *props = pw_properties_new(
        PW_KEY_MEDIA_TYPE, "Audio", PW_KEY_MEDIA_CATEGORY, output ? "Playback" : "Capture",
        PW_KEY_MEDIA_ROLE, output ? "Game" : "Communication", PW_KEY_APP_NAME, conf->app_name,
        PW_KEY_NODE_NAME, conf->app_name, PW_KEY_NODE_DESCRIPTION, conf->app_name, NULL);
    if (!props) {
        return NULL;
    }
    pw_properties_setf(props, PW_KEY_NODE_LATENCY, "%u/%u", conf->latency_frames,
                       conf->format.rate_hz);
    if (conf->device && conf->device[0]) {
        /* The second name is for session managers older than PipeWire 0.3.64. */
        pw_properties_set(props, PW_KEY_TARGET_OBJECT, conf->device);
        pw_properties_set(props, "node.target", conf->device);
        if (conf->only) {
            /* The second name is for WirePlumber 0.5 and later. */
            pw_properties_set(props, PW_KEY_NODE_DONT_RECONNECT, "true");
            pw_properties_set(props, "node.dont-fallback", "true");
        }
    }
    return pw_stream_new(core, output ? "Guest sound" : "Guest microphone", props);
}

static uint32_t spa_position(enum orl_pcm_place place)
{
    static const uint32_t table[] = {
        [ORL_PCM_MONO] = SPA_AUDIO_CHANNEL_MONO, [ORL_PCM_FL] = SPA_AUDIO_CHANNEL_FL,
        [ORL_PCM_FR] = SPA_AUDIO_CHANNEL_FR,     [ORL_PCM_FC] = SPA_AUDIO_CHANNEL_FC,
        [ORL_PCM_LFE] = SPA_AUDIO_CHANNEL_LFE,   [ORL_PCM_RL] = SPA_AUDIO_CHANNEL_RL,
        [ORL_PCM_RR] = SPA_AUDIO_CHANNEL_RR,     [ORL_PCM_RC] = SPA_AUDIO_CHANNEL_RC,
        [ORL_PCM_SL] = SPA_AUDIO_CHANNEL_SL,     [ORL_PCM_SR] = SPA_AUDIO_CHANNEL_SR,
    };
    return table[place];
}

bool orl_pw_stream_connect(struct pw_stream *stream, bool output, bool floats,
                           struct orl_pcm_format format)
{
    struct spa_audio_info_raw info = {
        .format = floats ? SPA_AUDIO_FORMAT_F32 : SPA_AUDIO_FORMAT_S16,
        .rate = format.rate_hz,
        .channels = format.channels,
    };
    enum orl_pcm_place places[ORL_PCM_MAX_CHANNELS] = {0};
    orl_pcm_places(format.channels, places);
    for (uint32_t i = 0; i < format.channels; i++) {
        info.position[i] = spa_position(places[i]);
    }
    uint8_t room[1024];
    struct spa_pod_builder builder = SPA_POD_BUILDER_INIT(room, sizeof(room));
    const struct spa_pod *params[1] = {
        spa_format_audio_raw_build(&builder, SPA_PARAM_EnumFormat, &info)};
    enum pw_stream_flags flags =
        PW_STREAM_FLAG_AUTOCONNECT | PW_STREAM_FLAG_MAP_BUFFERS | PW_STREAM_FLAG_RT_PROCESS;
    return pw_stream_connect(stream, output ? PW_DIRECTION_OUTPUT : PW_DIRECTION_INPUT,
                             PW_ID_ANY, flags, params, 1) >= 0;
}

void orl_pw_stream_volume(struct pw_stream *stream, const float *volume, uint32_t n, bool mute)
{
    float values[ORL_PCM_MAX_CHANNELS], off = mute ? 1.0f : 0.0f;
    n = n <= ORL_PCM_MAX_CHANNELS ? n : ORL_PCM_MAX_CHANNELS;
    memcpy(values, volume, n * sizeof(*values));
    pw_stream_set_control(stream, SPA_PROP_channelVolumes, n, values, 0);
    pw_stream_set_control(stream, SPA_PROP_mute, 1, &off, 0);
}
