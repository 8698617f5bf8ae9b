/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * SPICE's volume numbers as PipeWire's.
 *
 * SPICE carries 0..65535 a channel and does not say on which curve. QEMU fills in the guest's mixer
 * register, 0..255 times 257, and the register counts decibels (Intel's sound device: 1 dB a step).
 * PipeWire's SPA_PROP_channelVolumes are linear amplitudes. The cube is taken: it is the curve of
 * PulseAudio's volumes, which have the same range (65536 is full; "Writing Volume Control UIs"), and
 * of the simple ones the nearest to decibels. Half a slider is then -18 dB; taken as linear it would
 * be -6 dB, and the lower half of the slider would do next to nothing.
 */
#ifndef ORL_AUDIO_VOLUME_H
#define ORL_AUDIO_VOLUME_H

#include <stdint.h>

static inline float orl_volume_amplitude(uint16_t spice)
{
    float v = (float)spice / 65535.0f;
    return v * v * v;
}

/* `out` gets `channels` (1..8) amplitudes. Of the `n` given values (n >= 1) the last one serves
 * for channels that have none of their own. */
static inline void orl_volume_spread(float *out, uint32_t channels, const uint16_t *spice,
                                     uint32_t n)
{
    for (uint32_t i = 0; i < channels; i++) {
        out[i] = orl_volume_amplitude(spice[i < n ? i : n - 1]);
    }
}

#endif
