/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * SPICE's volume numbers as PipeWire's.
 *
 * SPICE carries 0..65535 a channel without a unit. QEMU fills in the guest's mixer register, 0..255
 * times 257; the register counts decibels (Intel HDA: steps of 1 dB, USB audio: 1/256 dB), and the
 * protocol's own client hands the number to PulseAudio's volume scale, which is cubic: amplitude =
 * (v / norm)^3 (PulseAudio, "Writing Volume Control UIs"). PipeWire's SPA_PROP_channelVolumes are
 * linear amplitudes. So the cube it is: half a slider is -18 dB, as on a PulseAudio desktop; taken
 * as linear it would be -6 dB and the lower half of the slider would do next to nothing.
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
