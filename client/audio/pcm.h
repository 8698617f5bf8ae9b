/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What PCM is here: S16, native endian, channels interleaved; a frame is one sample of each
 * channel. Sizes, times, order of channels, conversion to float. Pure; RT safe; any thread.
 */
#ifndef ORL_AUDIO_PCM_H
#define ORL_AUDIO_PCM_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define ORL_PCM_MAX_CHANNELS 8
#define ORL_PCM_MIN_RATE     8000
#define ORL_PCM_MAX_RATE     192000

struct orl_pcm_format {
    uint32_t rate_hz, channels;
};

bool orl_pcm_is_valid(struct orl_pcm_format f);

static inline size_t orl_pcm_frame_bytes(struct orl_pcm_format f)
{
    return f.channels * sizeof(int16_t);
}

/* Rounded to the nearest; times up to some hours. */
uint64_t orl_pcm_frames(struct orl_pcm_format f, uint64_t ns);
uint64_t orl_pcm_ns(struct orl_pcm_format f, uint64_t frames);

enum orl_pcm_place {
    ORL_PCM_MONO,
    ORL_PCM_FL,
    ORL_PCM_FR,
    ORL_PCM_FC,
    ORL_PCM_LFE,
    ORL_PCM_RL,
    ORL_PCM_RR,
    ORL_PCM_RC,
    ORL_PCM_SL,
    ORL_PCM_SR
};

/*
 * Which speaker each channel is for: `places` gets `channels` (1..8) entries. SPICE sends only a
 * count (its protocol, SpiceMsgPlaybackStart); the order is that of WAVE files (WAVE_FORMAT_
 * EXTENSIBLE, dwChannelMask), which is what Windows' drivers and USB sound cards use.
 */
void orl_pcm_places(uint32_t channels, enum orl_pcm_place places[ORL_PCM_MAX_CHANNELS]);

/* `n` samples (not frames); full scale 32768 becomes 1.0, so -1.0 <= value < 1.0. */
void orl_pcm_to_float(float *dst, const int16_t *src, size_t n);

#endif
