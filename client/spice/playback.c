/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The guest's sound: signals of the playback channel become calls of audio/audio.h. A server may
 * offer several such channels (QEMU 9.1.1 does by mistake); the first one is served.
 */
#define ORL_LOG_MODULE "spice"
#include <stdlib.h>

#include "audio/audio.h"
#include "base/clock.h"
#include "base/log.h"
#include "spice/part.h"

#define CHANNELS_MAX 8

struct playback {
    struct orl_audio *audio;
    SpiceChannel *channel; /* the one that is served; NULL: none */
    bool playing;
    bool volume_told; /* the guest changed its volume, or muted it */
    bool said_format; /* the line about a format that cannot be played */
};

static bool wanted(const struct orl_spice_conf *conf)
{
    return conf->audio;
}

static int create(void **self, struct orl_spice *spice)
{
    struct playback *p = calloc(1, sizeof(*p));
    if (!p) {
        return ORL_ENOMEM;
    }
    p->audio = orl_spice_link(spice)->audio;
    *self = p;
    return ORL_OK;
}

static void stop(struct playback *p)
{
    if (p->playing) {
        orl_audio_play_stop(p->audio);
        p->playing = false;
    }
}

static void destroy(void *self)
{
    struct playback *p = self;
    stop(p);
    free(p);
}

/* ---- signals -------------------------------------------------------------------------------- */

static void on_start(SpicePlaybackChannel *channel, gint format, gint channels, gint rate,
                     gpointer arg)
{
    struct playback *p = arg;
    (void)channel;
    stop(p);
    if (format == SPICE_AUDIO_FMT_S16 && channels > 0 && rate > 0 &&
        orl_audio_play_start(p->audio, (uint32_t)rate, (uint32_t)channels) == ORL_OK) {
        p->playing = true;
    } else if (!p->said_format) {
        orl_warn("the guest's sound cannot be played: format %d, %d channels, %d Hz", format,
                 channels, rate);
        p->said_format = true;
    }
}

static void on_data(SpicePlaybackChannel *channel, gpointer data, gint size, gpointer arg)
{
    struct playback *p = arg;
    (void)channel;
    if (p->playing && data && size > 0) {
        orl_audio_play_data(p->audio, data, (uint32_t)size, orl_now_ns());
    }
}

static void on_stop(SpicePlaybackChannel *channel, gpointer arg)
{
    (void)channel;
    stop(arg);
}

/* The library asks when it wants to show video in time with the sound. */
static void on_get_delay(SpicePlaybackChannel *channel, gpointer arg)
{
    struct playback *p = arg;
    spice_playback_channel_set_delay(channel, orl_audio_play_delay_ms(p->audio));
}

static void on_volume(SpiceChannel *channel, GParamSpec *spec, gpointer arg)
{
    struct playback *p = arg;
    (void)spec;
    guint n = 0;
    guint16 *volume = NULL; /* the channel's own array */
    g_object_get(channel, "nchannels", &n, "volume", &volume, NULL);
    if (volume && n > 0) {
        p->volume_told = true;
        orl_audio_play_volume(p->audio, volume, n < CHANNELS_MAX ? n : CHANNELS_MAX);
    }
}

static void on_mute(SpiceChannel *channel, GParamSpec *spec, gpointer arg)
{
    struct playback *p = arg;
    (void)spec;
    gboolean mute = FALSE;
    g_object_get(channel, "mute", &mute, NULL);
    p->volume_told = true;
    orl_audio_play_mute(p->audio, mute != FALSE);
}

static void on_event(SpiceChannel *channel, SpiceChannelEvent event, gpointer arg)
{
    (void)channel;
    if (event != SPICE_CHANNEL_OPENED) {
        stop(arg); /* cut: the library does not say that it stops */
    }
}

/* The next guest may say nothing about its volume. */
static void forget_volume(struct playback *p)
{
    static const uint16_t full = UINT16_MAX;
    if (p->volume_told) {
        orl_audio_play_volume(p->audio, &full, 1);
        orl_audio_play_mute(p->audio, false);
        p->volume_told = false;
    }
}

static void attach(void *self, SpiceChannel *channel)
{
    struct playback *p = self;
    if (!p->audio || p->channel) {
        orl_debug("a playback channel is not served");
        return;
    }
    p->channel = channel;
    g_signal_connect(channel, "playback-start", G_CALLBACK(on_start), p);
    g_signal_connect(channel, "playback-data", G_CALLBACK(on_data), p);
    g_signal_connect(channel, "playback-stop", G_CALLBACK(on_stop), p);
    g_signal_connect(channel, "playback-get-delay", G_CALLBACK(on_get_delay), p);
    g_signal_connect(channel, "notify::volume", G_CALLBACK(on_volume), p);
    g_signal_connect(channel, "notify::mute", G_CALLBACK(on_mute), p);
    g_signal_connect(channel, "channel-event", G_CALLBACK(on_event), p);
}

static void detach(void *self, SpiceChannel *channel)
{
    struct playback *p = self;
    if (p->channel == channel) {
        g_signal_handlers_disconnect_by_data(channel, p);
        p->channel = NULL;
        stop(p);
        forget_volume(p);
    }
}

const struct orl_spice_part orl_spice_playback = {
    .name = "sound",
    .type = spice_playback_channel_get_type,
    .wanted = wanted,
    .create = create,
    .destroy = destroy,
    .attach = attach,
    .detach = detach,
    .has = ORL_SPICE_HAS_PLAYBACK,
};
