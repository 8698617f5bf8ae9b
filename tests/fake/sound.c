/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A sound card. Says "tone done" and, for each second of a recording and at its end,
 * "heard FRAMES HZ RMS PEAK MS" (MS: since the line before).
 * Obeys:
 *   rate HZ              of playback and recording, before they start; 48000
 *   compress 1|0         may the library use Opus? 0
 *   jitter MS            packets come up to so much early or late
 *   drift PPM            the card's clock runs so much faster
 *   tone HZ SECONDS      plays a sine at half of full scale; right is inverted; "tone 0 S": silence
 *   hold MS              keeps packets back for so long, then sends them all at once
 *   lose MS              makes no packets for so long and does not make up for it
 *   shut                 ends the tone
 *   volume L R   mute 1|0   of playback          mic-volume L R   mic-mute 1|0   of recording
 *   record 1|0
 *   unplug-speakers      there is no playback channel any more, for good
 */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include <glib.h>

#include "fake/fake.h"

#define LEVEL      16384.0
#define LOOK_MS    2
#define LISTEN_MS  20
#define LOUD       1000 /* a crossing counts after the sample was this far below zero */
#define HEARD_ROOM 192000

struct sound {
    SpicePlaybackInstance play;
    SpiceRecordInstance rec;
    uint32_t rate;
    double jitter_ms, drift_ppm;
    /* ---- tone ---- */
    double hz;
    gint64 start_us, late_us, hold_until_us;
    uint64_t frames, due_frames; /* made, of the tone */
    guint timer;                 /* 0: none plays */
    /* ---- recording ---- */
    guint ear; /* 0: none */
    gint64 last_us;
    int16_t *heard; /* left channel since the line before */
    uint32_t heard_n;
};

static struct sound g; /* one server a process; the library's callbacks carry no argument */

static const SpicePlaybackInterface playback_interface = {
    .base = {SPICE_INTERFACE_PLAYBACK, "fake speakers", SPICE_INTERFACE_PLAYBACK_MAJOR,
             SPICE_INTERFACE_PLAYBACK_MINOR},
};
static const SpiceRecordInterface record_interface = {
    .base = {SPICE_INTERFACE_RECORD, "fake microphone", SPICE_INTERFACE_RECORD_MAJOR,
             SPICE_INTERFACE_RECORD_MINOR},
};

/* ---- playback ------------------------------------------------------------------------------- */

static void roll_jitter(void)
{
    g.late_us = (gint64)(g_random_double() * 2 * g.jitter_ms * 1000);
}

static uint32_t frame_at(uint64_t i)
{
    int16_t v = (int16_t)lrint(LEVEL * sin(2 * M_PI * fmod(g.hz * (double)i / g.rate, 1)));
    return (uint32_t)(uint16_t)v | (uint32_t)(uint16_t)-v << 16;
}

/* One packet of the library's size. Without a client, or when it does not keep up, there is no
 * buffer and the sound is lost, as with a real guest. */
static void make_packet(void)
{
    uint32_t *samples, n;
    spice_server_playback_get_buffer(&g.play, &samples, &n);
    if (!samples) {
        g.frames += g.rate / 100;
        return;
    }
    for (uint32_t i = 0; i < n; i++) {
        samples[i] = frame_at(g.frames++);
    }
    spice_server_playback_put_samples(&g.play, samples);
}

static void shut(void)
{
    if (g.timer) {
        g_source_remove(g.timer);
        g.timer = 0;
        spice_server_playback_stop(&g.play);
        fake_say("tone done");
    }
}

static gboolean on_look(gpointer arg)
{
    (void)arg;
    gint64 now_us = g_get_monotonic_time();
    while (g.frames < g.due_frames && now_us >= g.hold_until_us) {
        double made_s = (double)g.frames / (g.rate * (1 + g.drift_ppm * 1e-6));
        if (now_us < g.start_us + (gint64)(made_s * 1e6) + g.late_us) {
            break;
        }
        make_packet();
        roll_jitter();
    }
    if (g.frames >= g.due_frames) {
        g.timer = 0;
        spice_server_playback_stop(&g.play);
        fake_say("tone done");
        return G_SOURCE_REMOVE;
    }
    return G_SOURCE_CONTINUE;
}

static void play_tone(const char *args)
{
    char *rest;
    shut();
    g.hz = strtod(args, &rest);
    g.frames = 0;
    g.due_frames = (uint64_t)(strtod(rest, NULL) * g.rate);
    g.start_us = g_get_monotonic_time();
    roll_jitter();
    spice_server_playback_start(&g.play);
    g.timer = g_timeout_add(LOOK_MS, on_look, NULL);
}

static void pair(const char *args, uint16_t out[2])
{
    char *rest;
    out[0] = (uint16_t)strtoul(args, &rest, 0);
    out[1] = (uint16_t)strtoul(rest, NULL, 0);
}

static bool play_command(struct fake *f, const char *verb, const char *args)
{
    uint16_t volume[2];
    if (strcmp(verb, "tone") == 0) {
        play_tone(args);
    } else if (strcmp(verb, "shut") == 0) {
        shut();
    } else if (strcmp(verb, "hold") == 0) {
        g.hold_until_us = g_get_monotonic_time() + strtol(args, NULL, 10) * 1000;
    } else if (strcmp(verb, "lose") == 0) {
        g.start_us += strtol(args, NULL, 10) * 1000;
    } else if (strcmp(verb, "jitter") == 0) {
        g.jitter_ms = strtod(args, NULL);
    } else if (strcmp(verb, "drift") == 0) {
        g.drift_ppm = strtod(args, NULL);
    } else if (strcmp(verb, "compress") == 0) {
        spice_server_set_playback_compression(f->server, args[0] == '1');
    } else if (strcmp(verb, "volume") == 0) {
        pair(args, volume);
        spice_server_playback_set_volume(&g.play, 2, volume);
    } else if (strcmp(verb, "mute") == 0) {
        spice_server_playback_set_mute(&g.play, args[0] == '1');
    } else {
        return false;
    }
    return true;
}

/* ---- recording ------------------------------------------------------------------------------ */

static int by_value(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;
    return x < y ? -1 : x > y;
}

/* The middle one of all periods: libspice-server 0.15.1 spoils a piece of the sound each time its
 * ring of 8192 frames wraps, which an average would show. */
static double heard_hz(void)
{
    static double periods[HEARD_ROOM / 2];
    uint32_t n = 0;
    double last = -1;
    bool below = false;
    for (uint32_t i = 1; i < g.heard_n; i++) {
        int before = g.heard[i - 1], v = g.heard[i];
        below = below || before < -LOUD;
        if (below && before < 0 && v >= 0) {
            double at = i - 1 + (double)before / (before - v);
            if (last >= 0 && n < HEARD_ROOM / 2) {
                periods[n++] = at - last;
            }
            last = at;
            below = false;
        }
    }
    qsort(periods, n, sizeof(periods[0]), by_value);
    return n ? g.rate / periods[n / 2] : 0;
}

static void say_heard(void)
{
    double sum = 0;
    int peak = 0;
    for (uint32_t i = 0; i < g.heard_n; i++) {
        int v = g.heard[i];
        sum += (double)v * v;
        peak = abs(v) > peak ? abs(v) : peak;
    }
    gint64 now_us = g_get_monotonic_time();
    fake_say("heard %u %.2f %.4f %.4f %d", g.heard_n, heard_hz(),
             g.heard_n ? sqrt(sum / g.heard_n) / 32768 : 0, peak / 32768.0,
             (int)((now_us - g.last_us) / 1000));
    g.heard_n = 0;
    g.last_us = now_us;
}

static gboolean on_listen(gpointer arg)
{
    (void)arg;
    uint32_t samples[960], n;
    while ((n = spice_server_record_get_samples(&g.rec, samples, G_N_ELEMENTS(samples))) > 0) {
        for (uint32_t i = 0; i < n && g.heard_n < HEARD_ROOM; i++) {
            g.heard[g.heard_n++] = (int16_t)(samples[i] & 0xffff);
        }
    }
    if (g_get_monotonic_time() - g.last_us >= G_USEC_PER_SEC) {
        say_heard();
    }
    return G_SOURCE_CONTINUE;
}

static void record(bool on)
{
    if (on && !g.ear) {
        g.heard_n = 0;
        g.last_us = g_get_monotonic_time();
        spice_server_record_start(&g.rec);
        g.ear = g_timeout_add(LISTEN_MS, on_listen, NULL);
    } else if (!on && g.ear) {
        g_source_remove(g.ear);
        g.ear = 0;
        spice_server_record_stop(&g.rec);
        say_heard();
    }
}

static bool record_command(const char *verb, const char *args)
{
    uint16_t volume[2];
    if (strcmp(verb, "record") == 0) {
        record(args[0] == '1');
    } else if (strcmp(verb, "mic-volume") == 0) {
        pair(args, volume);
        spice_server_record_set_volume(&g.rec, 2, volume);
    } else if (strcmp(verb, "mic-mute") == 0) {
        spice_server_record_set_mute(&g.rec, args[0] == '1');
    } else {
        return false;
    }
    return true;
}

/* ---- the part ------------------------------------------------------------------------------- */

static void set_rate(uint32_t rate)
{
    g.rate = rate;
    spice_server_set_playback_rate(&g.play, rate);
    spice_server_set_record_rate(&g.rec, rate);
}

static void sound_start(struct fake *f)
{
    g.play.base.sif = &playback_interface.base;
    g.rec.base.sif = &record_interface.base;
    g.heard = g_new(int16_t, HEARD_ROOM);
    spice_server_set_playback_compression(f->server, 0);
    spice_server_add_interface(f->server, &g.play.base);
    spice_server_add_interface(f->server, &g.rec.base);
    set_rate(48000);
}

static bool sound_command(struct fake *f, const char *verb, const char *args)
{
    if (strcmp(verb, "unplug-speakers") == 0) {
        shut();
        spice_server_remove_interface(&g.play.base);
        return true;
    }
    if (strcmp(verb, "rate") == 0) {
        set_rate((uint32_t)strtoul(args, NULL, 10));
        return true;
    }
    return play_command(f, verb, args) || record_command(verb, args);
}

const struct fake_part fake_sound = {
    .name = "sound",
    .start = sound_start,
    .command = sound_command,
};
