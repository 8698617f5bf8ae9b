/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "audio/pcm.h"

#include <string.h>

#include "base/clock.h"

bool orl_pcm_is_valid(struct orl_pcm_format f)
{
    return f.rate_hz >= ORL_PCM_MIN_RATE && f.rate_hz <= ORL_PCM_MAX_RATE && f.channels >= 1 &&
           f.channels <= ORL_PCM_MAX_CHANNELS;
}

uint64_t orl_pcm_frames(struct orl_pcm_format f, uint64_t ns)
{
    return (ns * f.rate_hz + ORL_NS_PER_S / 2) / ORL_NS_PER_S;
}

uint64_t orl_pcm_ns(struct orl_pcm_format f, uint64_t frames)
{
    return (frames * ORL_NS_PER_S + f.rate_hz / 2) / f.rate_hz;
}

void orl_pcm_places(uint32_t channels, enum orl_pcm_place places[ORL_PCM_MAX_CHANNELS])
{
    static const enum orl_pcm_place tables[ORL_PCM_MAX_CHANNELS][ORL_PCM_MAX_CHANNELS] = {
        {ORL_PCM_MONO},
        {ORL_PCM_FL, ORL_PCM_FR},
        {ORL_PCM_FL, ORL_PCM_FR, ORL_PCM_FC},
        {ORL_PCM_FL, ORL_PCM_FR, ORL_PCM_RL, ORL_PCM_RR},
        {ORL_PCM_FL, ORL_PCM_FR, ORL_PCM_FC, ORL_PCM_RL, ORL_PCM_RR},
        {ORL_PCM_FL, ORL_PCM_FR, ORL_PCM_FC, ORL_PCM_LFE, ORL_PCM_RL, ORL_PCM_RR},
        {ORL_PCM_FL, ORL_PCM_FR, ORL_PCM_FC, ORL_PCM_LFE, ORL_PCM_RC, ORL_PCM_SL, ORL_PCM_SR},
        {ORL_PCM_FL, ORL_PCM_FR, ORL_PCM_FC, ORL_PCM_LFE, ORL_PCM_RL, ORL_PCM_RR, ORL_PCM_SL,
         ORL_PCM_SR},
    };
    if (channels >= 1 && channels <= ORL_PCM_MAX_CHANNELS) {
        memcpy(places, tables[channels - 1], sizeof(tables[0]));
    }
}

void orl_pcm_to_float(float *dst, const int16_t *src, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        dst[i] = (float)src[i] * (1.0f / 32768.0f);
    }
}
