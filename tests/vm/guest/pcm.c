/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The kernel's sound interface without its library: one format, one period size. */
#include <errno.h>
#include <fcntl.h>
#include <sound/asound.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "guest.h"

static void set_mask(struct snd_pcm_hw_params *hw, int which, unsigned value)
{
    struct snd_mask *mask = &hw->masks[which - SNDRV_PCM_HW_PARAM_FIRST_MASK];
    memset(mask, 0, sizeof *mask);
    mask->bits[value / 32] = 1u << (value % 32);
}

static void set_interval(struct snd_pcm_hw_params *hw, int which, unsigned value)
{
    struct snd_interval *interval = &hw->intervals[which - SNDRV_PCM_HW_PARAM_FIRST_INTERVAL];
    *interval = (struct snd_interval){.min = value, .max = value, .integer = 1};
}

static void any_hw(struct snd_pcm_hw_params *hw)
{
    memset(hw, 0, sizeof *hw);
    memset(hw->masks, 0xFF, sizeof hw->masks);
    for (size_t i = 0; i < sizeof hw->intervals / sizeof hw->intervals[0]; i++) {
        hw->intervals[i].max = ~0u;
    }
    hw->rmask = hw->info = ~0u;
}

static bool set_up(const struct pcm *pcm, bool capture)
{
    struct snd_pcm_hw_params hw;
    any_hw(&hw);
    set_mask(&hw, SNDRV_PCM_HW_PARAM_ACCESS, 3 /* interleaved, by read and write */);
    set_mask(&hw, SNDRV_PCM_HW_PARAM_FORMAT, 2 /* S16_LE */);
    set_mask(&hw, SNDRV_PCM_HW_PARAM_SUBFORMAT, 0);
    set_interval(&hw, SNDRV_PCM_HW_PARAM_CHANNELS, pcm->channels);
    set_interval(&hw, SNDRV_PCM_HW_PARAM_RATE, pcm->rate);
    set_interval(&hw, SNDRV_PCM_HW_PARAM_PERIOD_SIZE, PCM_PERIOD_FRAMES);
    set_interval(&hw, SNDRV_PCM_HW_PARAM_PERIODS, PCM_PERIODS);
    if (ioctl(pcm->fd, SNDRV_PCM_IOCTL_HW_PARAMS, &hw)) {
        return false;
    }
    const snd_pcm_uframes_t buffer = PCM_PERIOD_FRAMES * PCM_PERIODS;
    struct snd_pcm_sw_params sw = {.period_step = 1,
                                   .avail_min = PCM_PERIOD_FRAMES,
                                   .start_threshold = capture ? 1 : buffer,
                                   .stop_threshold = buffer,
                                   .boundary = buffer << 16};
    return !ioctl(pcm->fd, SNDRV_PCM_IOCTL_SW_PARAMS, &sw) &&
           !ioctl(pcm->fd, SNDRV_PCM_IOCTL_PREPARE);
}

bool pcm_open(struct pcm *pcm, bool capture, unsigned rate, unsigned channels)
{
    const char *path = capture ? "/dev/snd/pcmC0D0c" : "/dev/snd/pcmC0D0p";
    *pcm = (struct pcm){open(path, O_RDWR | O_CLOEXEC), rate, channels};
    return pcm->fd >= 0 && set_up(pcm, capture);
}

static bool transfer(struct pcm *pcm, unsigned long request, int16_t *frames, size_t count,
                     unsigned *xruns)
{
    while (count > 0) {
        struct snd_xferi x = {.buf = frames, .frames = count};
        if (ioctl(pcm->fd, request, &x) == 0) {
            frames += (size_t)x.result * pcm->channels;
            count -= (size_t)x.result;
        } else if (errno == EPIPE) {
            ++*xruns;
            if (ioctl(pcm->fd, SNDRV_PCM_IOCTL_PREPARE)) {
                return false;
            }
        } else if (errno != EINTR) {
            return false;
        }
    }
    return true;
}

bool pcm_write(struct pcm *pcm, int16_t *frames, size_t count, unsigned *xruns)
{
    return transfer(pcm, SNDRV_PCM_IOCTL_WRITEI_FRAMES, frames, count, xruns);
}

bool pcm_read(struct pcm *pcm, int16_t *frames, size_t count, unsigned *xruns)
{
    return transfer(pcm, SNDRV_PCM_IOCTL_READI_FRAMES, frames, count, xruns);
}

void pcm_drain(struct pcm *pcm)
{
    ioctl(pcm->fd, SNDRV_PCM_IOCTL_DRAIN);
    close(pcm->fd);
}
