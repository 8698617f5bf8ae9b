/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Sound: the guest's to the speakers, the microphone to the guest, through PipeWire. The SPICE
 * thread pushes and pulls PCM here; PipeWire's own threads do the rest. A missing or restarted
 * PipeWire daemon is no error: it is looked for again with a bounded back-off, said once.
 *
 * Path of a sound: spice/playback.c -> audio/playback.c -> pcm_ring -> rate.c -> pw_sink.c.
 */
#ifndef ORL_AUDIO_AUDIO_H
#define ORL_AUDIO_AUDIO_H

#include <stdbool.h>
#include <stdint.h>

#include "base/err.h"
#include "base/histogram.h"
#include "base/serial.h"

struct orl_audio_conf {
    const char *app_name;   /* shown in mixers; borrowed until stop */
    const char *out_device; /* pipewire:outDevice, "" default; borrowed until stop */
    const char *rec_device; /* pipewire:recDevice */
    uint32_t period_frames; /* audio:periodSize: an upper bound, see below; 0: 10 ms */
    uint32_t extra_ms;      /* audio:bufferLatency: added to the measured minimum */
    bool sync_volume;       /* audio:syncVolume */
    /* Borrowed until stop, may be NULL: what buffers here and in the device add to the sound that
     * plays now, us; 0 while none plays. Set once a cycle of the device. */
    struct orl_counter *delay_us;
};

/*
 * Latency. What is buffered is one period of the device, one packet, the packets' measured lateness
 * and 1.5 ms (target.h). The device is asked for a period of 256 frames at 48 kHz (5.3 ms), or of
 * period_frames when that is less: users' files carry 2048 (43 ms), which was chosen for a buffer
 * that does not measure, and no device needs it. A device or a user's PipeWire settings may still
 * impose a longer one; what it really is comes into the buffer by itself.
 */

struct orl_audio;

/* Never fails for want of a daemon. ORL_OK, ORL_ENOMEM, ORL_ESYS. Main thread. */
ORL_MUST int orl_audio_start(struct orl_audio **out, const struct orl_audio_conf *conf);
void orl_audio_stop(struct orl_audio **audio);

/* ---- Playback: SPICE thread. S16 interleaved, native endian. -------------------------------- */

/* A stream begins. rate: 8000..192000 Hz, channels: 1..8, else it is refused (ORL_EINVAL). */
ORL_MUST int orl_audio_play_start(struct orl_audio *a, uint32_t rate, uint32_t channels);
void orl_audio_play_data(struct orl_audio *a, const void *pcm, uint32_t bytes, uint64_t now_ns);
void orl_audio_play_stop(struct orl_audio *a); /* what is buffered is played to the end */
/* volume: 0..65535 a channel; ignored without sync_volume (then full, not muted). */
void orl_audio_play_volume(struct orl_audio *a, const uint16_t *volume, uint32_t channels);
void orl_audio_play_mute(struct orl_audio *a, bool mute);
/* From push to speaker, milliseconds: for spice_playback_channel_set_delay(). */
uint32_t orl_audio_play_delay_ms(const struct orl_audio *a);

/* ---- Recording: SPICE thread. --------------------------------------------------------------- */

/* `ready(arg)` is called on a PipeWire thread when there is something to read; must not block. */
ORL_MUST int orl_audio_rec_start(struct orl_audio *a, uint32_t rate, uint32_t channels,
                                 void (*ready)(void *arg), void *arg);
/* Up to `max_frames` frames of S16; returns how many. */
uint32_t orl_audio_rec_read(struct orl_audio *a, int16_t *pcm, uint32_t max_frames);
void orl_audio_rec_stop(struct orl_audio *a);
void orl_audio_rec_volume(struct orl_audio *a, const uint16_t *volume, uint32_t channels);
void orl_audio_rec_mute(struct orl_audio *a, bool mute);

/* ---- State: any thread. --------------------------------------------------------------------- */

struct orl_audio_stats {
    struct orl_counter connected; /* 1 while there is a daemon */
    struct orl_counter packets;   /* pushed */
    struct orl_counter underruns; /* the device asked and there was too little, while playing */
    struct orl_counter overruns;  /* frames thrown away because the buffer was full */
    struct orl_counter resyncs;   /* skips to catch up after a stall */
    struct orl_counter fill_frames; /* newest smoothed fill level */
    struct orl_counter target_frames;
    struct orl_counter jitter_us;               /* measured spread of packet arrival */
    struct orl_counter quantum_frames, rate_hz; /* of the graph */
};
const struct orl_audio_stats *orl_audio_stats(const struct orl_audio *a);

#endif
