/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The guest's microphone. When the guest opens it, main is told (MIC_WANTED) and decides (SET_MIC);
 * until it allows and from when it refuses, the guest gets silence, in real time, because a guest
 * whose recording gets nothing at all hangs in it. Silence also stands in when PipeWire gives
 * nothing. A guest that opens the device again is a new question.
 */
#define ORL_LOG_MODULE "spice"
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include <glib-unix.h>

#include "audio/audio.h"
#include "base/clock.h"
#include "base/log.h"
#include "spice/part.h"

#define CHANNELS_MAX 8
#define RATE_MIN     8000
#define RATE_MAX     192000
#define CHUNK_FRAMES 480u
#define TICK_MS      20u
/* The microphone may pause so long before silence takes its place. */
#define PATIENCE_NS (100 * ORL_NS_PER_MS)
/* After a stall of this program no more silence than this is made up for. */
#define OWED_NS (200 * ORL_NS_PER_MS)

struct record {
    struct orl_spice *spice;
    struct orl_audio *audio;
    SpiceChannel *channel; /* the one that is served; NULL: none */
    bool wanted;           /* the guest has the device open, in this format: */
    uint32_t rate, channels;
    bool volume_told; /* the guest changed the microphone's volume, or muted it */
    bool open;        /* allowed, and PipeWire was asked */
    uint64_t paid_ns; /* what the guest should have heard up to here was sent */
    int wake_fd;      /* eventfd: PipeWire's thread says that there is something */
    guint wake, tick; /* sources of the loop */
};

static bool wanted(const struct orl_spice_conf *conf)
{
    return conf->microphone;
}

/* ---- sending -------------------------------------------------------------------------------- */

static void send_frames(struct record *r, int16_t *pcm, uint32_t frames, uint64_t now_ns)
{
    /* The time is the guest's affair: libspice-server passes it by. */
    spice_record_channel_send_data(SPICE_RECORD_CHANNEL(r->channel), pcm,
                                   (gsize)frames * r->channels * sizeof(*pcm),
                                   (guint32)(now_ns / ORL_NS_PER_MS));
}

static void say_recording(struct record *r, bool recording)
{
    struct orl_spice_status *st = orl_spice_status(r->spice);
    if (st->recording != recording) {
        st->recording = recording;
        orl_spice_publish(r->spice);
    }
}

static void send_microphone(struct record *r, uint64_t now_ns)
{
    int16_t pcm[CHUNK_FRAMES * CHANNELS_MAX];
    uint32_t n;
    while ((n = orl_audio_rec_read(r->audio, pcm, CHUNK_FRAMES)) > 0) {
        send_frames(r, pcm, n, now_ns);
        r->paid_ns = now_ns;
        say_recording(r, true);
    }
}

static void send_silence(struct record *r, uint64_t now_ns)
{
    int16_t pcm[CHUNK_FRAMES * CHANNELS_MAX];
    memset(pcm, 0, sizeof(pcm));
    uint64_t owed_ns = now_ns - r->paid_ns;
    owed_ns = owed_ns < OWED_NS ? owed_ns : OWED_NS;
    uint64_t owed = owed_ns * r->rate / ORL_NS_PER_S;
    while (owed > 0) {
        uint32_t n = owed < CHUNK_FRAMES ? (uint32_t)owed : CHUNK_FRAMES;
        send_frames(r, pcm, n, now_ns);
        owed -= n;
    }
    r->paid_ns = now_ns;
}

static gboolean on_tick(gpointer arg)
{
    struct record *r = arg;
    uint64_t now_ns = orl_now_ns();
    if (r->open) {
        send_microphone(r, now_ns);
    }
    if (!r->open || now_ns - r->paid_ns > PATIENCE_NS) {
        send_silence(r, now_ns);
    }
    return G_SOURCE_CONTINUE;
}

static gboolean on_wake(gint fd, GIOCondition condition, gpointer arg)
{
    struct record *r = arg;
    uint64_t count;
    (void)condition;
    if (read(fd, &count, sizeof(count)) == (ssize_t)sizeof(count) && r->open && r->channel) {
        send_microphone(r, orl_now_ns());
    }
    return G_SOURCE_CONTINUE;
}

/* PipeWire's data thread: does not block, the descriptor is non-blocking. */
static void on_ready(void *arg)
{
    const struct record *r = arg;
    uint64_t one = 1;
    ssize_t written = write(r->wake_fd, &one, sizeof(one));
    (void)written; /* full: then it is readable anyway */
}

/* ---- opening and closing -------------------------------------------------------------------- */

static void close_microphone(struct record *r)
{
    if (r->open) {
        orl_audio_rec_stop(r->audio);
        r->open = false;
    }
    say_recording(r, false);
}

static void open_microphone(struct record *r)
{
    if (r->wanted && !r->open && r->audio) {
        r->open = orl_audio_rec_start(r->audio, r->rate, r->channels, on_ready, r) == ORL_OK;
    }
}

static void finish(struct record *r)
{
    close_microphone(r);
    if (r->tick) {
        g_source_remove(r->tick);
        r->tick = 0;
    }
    if (r->wanted) {
        r->wanted = false;
        orl_spice_emit(r->spice, ORL_SPICE_MIC_WANTED, 0, 0, 0, NULL, 0);
    }
}

static void on_start(SpiceRecordChannel *channel, gint format, gint channels, gint rate,
                     gpointer arg)
{
    struct record *r = arg;
    (void)channel;
    finish(r);
    if (format != SPICE_AUDIO_FMT_S16 || channels < 1 || channels > CHANNELS_MAX ||
        rate < RATE_MIN || rate > RATE_MAX) {
        orl_warn("the guest's recording is not served: format %d, %d channels, %d Hz", format,
                 channels, rate);
        return;
    }
    r->channels = (uint32_t)channels;
    r->rate = (uint32_t)rate;
    r->wanted = true;
    r->paid_ns = orl_now_ns();
    r->tick = g_timeout_add(TICK_MS, on_tick, r);
    orl_spice_emit(r->spice, ORL_SPICE_MIC_WANTED, 1, 0, 0, NULL, 0);
}

static void on_stop(SpiceRecordChannel *channel, gpointer arg)
{
    (void)channel;
    finish(arg);
}

static void on_volume(SpiceChannel *channel, GParamSpec *spec, gpointer arg)
{
    struct record *r = arg;
    (void)spec;
    guint n = 0;
    guint16 *volume = NULL; /* the channel's own array */
    g_object_get(channel, "nchannels", &n, "volume", &volume, NULL);
    if (volume && n > 0 && r->audio) {
        r->volume_told = true;
        orl_audio_rec_volume(r->audio, volume, n < CHANNELS_MAX ? n : CHANNELS_MAX);
    }
}

static void on_mute(SpiceChannel *channel, GParamSpec *spec, gpointer arg)
{
    struct record *r = arg;
    (void)spec;
    gboolean mute = FALSE;
    g_object_get(channel, "mute", &mute, NULL);
    if (r->audio) {
        r->volume_told = true;
        orl_audio_rec_mute(r->audio, mute != FALSE);
    }
}

static void on_event(SpiceChannel *channel, SpiceChannelEvent event, gpointer arg)
{
    (void)channel;
    if (event != SPICE_CHANNEL_OPENED) {
        finish(arg); /* cut: the library does not say that it stops */
    }
}

/* The next guest may say nothing about its volume. */
static void forget_volume(struct record *r)
{
    static const uint16_t full = UINT16_MAX;
    if (r->volume_told) {
        orl_audio_rec_volume(r->audio, &full, 1);
        orl_audio_rec_mute(r->audio, false);
        r->volume_told = false;
    }
}

/* ---- the part ------------------------------------------------------------------------------- */

static int create(void **self, struct orl_spice *spice)
{
    struct record *r = calloc(1, sizeof(*r));
    if (!r) {
        return ORL_ENOMEM;
    }
    r->spice = spice;
    r->audio = orl_spice_link(spice)->audio;
    r->wake_fd = eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC);
    if (r->wake_fd < 0) {
        free(r);
        return ORL_ENOMEM;
    }
    r->wake = g_unix_fd_add(r->wake_fd, G_IO_IN, on_wake, r);
    *self = r;
    return ORL_OK;
}

static void destroy(void *self)
{
    struct record *r = self;
    close_microphone(r); /* nobody writes to the descriptor from here on */
    if (r->tick) {
        g_source_remove(r->tick);
    }
    g_source_remove(r->wake);
    close(r->wake_fd);
    free(r);
}

static void attach(void *self, SpiceChannel *channel)
{
    struct record *r = self;
    if (r->channel) {
        orl_debug("a second recording channel is not served");
        return;
    }
    r->channel = channel;
    g_signal_connect(channel, "record-start", G_CALLBACK(on_start), r);
    g_signal_connect(channel, "record-stop", G_CALLBACK(on_stop), r);
    g_signal_connect(channel, "notify::volume", G_CALLBACK(on_volume), r);
    g_signal_connect(channel, "notify::mute", G_CALLBACK(on_mute), r);
    g_signal_connect(channel, "channel-event", G_CALLBACK(on_event), r);
}

static void detach(void *self, SpiceChannel *channel)
{
    struct record *r = self;
    if (r->channel == channel) {
        g_signal_handlers_disconnect_by_data(channel, r);
        finish(r);
        r->channel = NULL;
        forget_volume(r);
    }
}

static bool request(void *self, const struct orl_spice_note *note)
{
    struct record *r = self;
    if (note->kind != ORL_SPICE_SET_MIC) {
        return false;
    }
    if (note->a) {
        open_microphone(r);
    } else {
        close_microphone(r);
    }
    return true;
}

const struct orl_spice_part orl_spice_record = {
    .name = "the microphone",
    .type = spice_record_channel_get_type,
    .wanted = wanted,
    .create = create,
    .destroy = destroy,
    .attach = attach,
    .detach = detach,
    .request = request,
    .has = ORL_SPICE_HAS_RECORD,
};
