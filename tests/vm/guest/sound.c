/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <errno.h>
#include <fcntl.h>
#include <math.h>
#include <sound/asound.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "guest.h"

enum { TONE_AMPLITUDE = 16000, HEARD = 400, CHANNELS_MAX = 8 };

bool sound_ready(void)
{
    return access("/dev/snd/controlC0", F_OK) == 0 && access("/dev/snd/pcmC0D0p", F_OK) == 0;
}

/* --- mixer --- */

static void set_element(int fd, const struct snd_ctl_elem_id *id, int volume_percent, int muted)
{
    struct snd_ctl_elem_info info = {.id = *id};
    if (ioctl(fd, SNDRV_CTL_IOCTL_ELEM_INFO, &info)) {
        return;
    }
    struct snd_ctl_elem_value value = {.id = *id};
    long set;
    if (info.type == SNDRV_CTL_ELEM_TYPE_BOOLEAN && muted >= 0) {
        set = !muted;
    } else if (info.type == SNDRV_CTL_ELEM_TYPE_INTEGER && volume_percent >= 0) {
        long min = info.value.integer.min, max = info.value.integer.max;
        set = min + (max - min) * volume_percent / 100;
    } else {
        return;
    }
    for (unsigned i = 0; i < info.count && i < CHANNELS_MAX; i++) {
        value.value.integer.value[i] = set;
    }
    ioctl(fd, SNDRV_CTL_IOCTL_ELEM_WRITE, &value);
}

void sound_mixer(int volume_percent, int muted, int report)
{
    struct snd_ctl_elem_id ids[64] = {0};
    struct snd_ctl_elem_list list = {.space = 64, .pids = ids};
    int fd = open("/dev/snd/controlC0", O_RDWR | O_CLOEXEC);
    if (fd < 0 || ioctl(fd, SNDRV_CTL_IOCTL_ELEM_LIST, &list)) {
        say(report, "failed mixer: %s", strerror(errno));
    }
    for (unsigned i = 0; fd >= 0 && i < list.used && i < 64; i++) {
        set_element(fd, &ids[i], volume_percent, muted);
    }
    if (fd >= 0) {
        close(fd);
        say(report, "mixer %d %d", volume_percent, muted);
    }
}

/* --- playing --- */

int sound_tone(double hz, double seconds, unsigned rate, unsigned channels, int report)
{
    struct pcm pcm;
    int16_t period[PCM_PERIOD_FRAMES * CHANNELS_MAX];
    unsigned xruns = 0;
    if (channels > CHANNELS_MAX || !pcm_open(&pcm, false, rate, channels)) {
        say(report, "failed tone: %s", strerror(errno));
        return 1;
    }
    say(report, "tone-start %g %g %u %u", hz, seconds, rate, channels);
    unsigned long total = (unsigned long)(seconds * rate), done = 0;
    while (done < total) {
        for (unsigned i = 0; i < PCM_PERIOD_FRAMES; i++) {
            double phase = fmod(hz * (double)(done + i) / rate, 1.0) * 2 * M_PI;
            for (unsigned c = 0; c < channels; c++) {
                period[i * channels + c] = (int16_t)lrint(TONE_AMPLITUDE * sin(phase));
            }
        }
        if (!pcm_write(&pcm, period, PCM_PERIOD_FRAMES, &xruns)) {
            say(report, "failed tone: %s", strerror(errno));
            return 1;
        }
        done += PCM_PERIOD_FRAMES;
    }
    pcm_drain(&pcm);
    say(report, "tone-done %lu %u", done, xruns);
    return 0;
}

/* --- recording --- */

struct wave wave_measure(const int16_t *samples, size_t count, unsigned rate)
{
    struct wave w = {0};
    size_t start = 0, quiet = 0, gap = 0, crossings = 0;
    double first = 0, last = 0, squares = 0;
    while (start < count && abs(samples[start]) < HEARD) {
        start++;
    }
    for (size_t i = start; i < count; i++) {
        squares += (double)samples[i] * samples[i];
        quiet = abs(samples[i]) < HEARD ? quiet + 1 : 0;
        gap = quiet > gap ? quiet : gap;
        if (i > start && samples[i - 1] < 0 && samples[i] >= 0) {
            /* between two samples, where the straight line through them is 0 */
            double at = (double)i - (double)samples[i] / (samples[i] - samples[i - 1]);
            first = crossings++ == 0 ? at : first;
            last = at;
        }
    }
    size_t heard = count - start;
    w.start_ms = (double)start * 1000 / rate;
    w.heard_ms = (double)heard * 1000 / rate;
    w.gap_ms = (double)gap * 1000 / rate;
    w.rms = heard ? sqrt(squares / (double)heard) / 32768 : 0;
    w.hz = crossings > 1 ? (double)(crossings - 1) * rate / (last - first) : 0;
    return w;
}

int sound_record(double seconds, unsigned rate, int report)
{
    struct pcm pcm;
    size_t periods = (size_t)(seconds * rate / PCM_PERIOD_FRAMES), count = 0;
    int16_t period[PCM_PERIOD_FRAMES * 2];
    int16_t *samples = calloc(periods + 1, PCM_PERIOD_FRAMES * sizeof *samples);
    unsigned xruns = 0;
    if (!samples || !pcm_open(&pcm, true, rate, 2)) {
        say(report, "failed record: %s", strerror(errno));
        free(samples);
        return 1;
    }
    say(report, "record-start %g %u", seconds, rate);
    for (size_t p = 0; p < periods; p++) {
        if (!pcm_read(&pcm, period, PCM_PERIOD_FRAMES, &xruns)) {
            say(report, "failed record: %s", strerror(errno));
            break;
        }
        for (size_t i = 0; i < PCM_PERIOD_FRAMES; i++) {
            samples[count++] = period[2 * i];
        }
    }
    close(pcm.fd);
    struct wave w = wave_measure(samples, count, rate);
    say(report, "record-done %zu xruns %u hz %.3f rms %.4f start %.1f heard %.1f gap %.1f",
        count, xruns, w.hz, w.rms, w.start_ms, w.heard_ms, w.gap_ms);
    free(samples);
    return 0;
}
