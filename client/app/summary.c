/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Figures of a run with app:exitAfter, one "name: value" a line, for people and scripts. */
#include <stdio.h>
#include <sys/resource.h>

#include "app/app_impl.h"
#include "base/clock.h"

static double per_second(uint64_t n, uint64_t ns)
{
    return ns ? (double)n * (double)ORL_NS_PER_S / (double)ns : 0.0;
}

static double ms(uint64_t ns)
{
    return (double)ns / (double)ORL_NS_PER_MS;
}

void orl_app_summary(const struct orl_app *app)
{
    const struct orl_render_stats *stats = &app->drawing.stats;
    uint64_t frames = orl_counter_get(&stats->frames);
    uint64_t found = orl_counter_get(&app->frames.frames_found);
    uint64_t before = orl_counter_get(&stats->found_before);
    uint64_t first_ns = orl_counter_get(&stats->first_frame_ns);
    uint64_t now_ns = orl_now_ns();
    uint64_t span_ns = first_ns ? now_ns - first_ns : 0;
    struct orl_render_info info = orl_render_info(app->render);
    struct rusage use = {0};
    getrusage(RUSAGE_SELF, &use);

    printf("renderer: %s%s\n", info.renderer, info.software ? " (on the processor)" : "");
    printf("upload: %s\n", info.upload_path);
    printf("frames: %s\n", info.frames);
    printf("display: %s, %s\n", app->win_info.driver,
           orl_surface_wants_pixels(orl_win_surface(app->win)) ? "shared memory" : "EGL swap");
    printf("window: %ux%u\n", app->view.win_w, app->view.win_h);
    if (first_ns) {
        printf("first frame: %.1f ms after the start\n", ms(first_ns - app->start_ns));
    }
    printf("frames shown: %llu (%.1f fps)\n", (unsigned long long)frames,
           per_second(frames, span_ns));
    printf("guest frames found: %llu (%.1f ups)\n", (unsigned long long)found,
           per_second(found - before, span_ns));
    printf("guest frames skipped: %llu, dropped: %llu\n",
           (unsigned long long)orl_counter_get(&app->frames.frames_skipped),
           (unsigned long long)orl_counter_get(&app->frames.frames_dropped));
    printf("latency, found to shown: p50 %.2f ms, p99 %.2f ms\n",
           ms(orl_histogram_percentile(&stats->found_to_shown, 50)),
           ms(orl_histogram_percentile(&stats->found_to_shown, 99)));
    printf("pictures drawn: %llu\n", (unsigned long long)orl_counter_get(&stats->draws));
    if (app->spice) {
        char headline[ORL_OSD_LINE];
        char hint[ORL_OSD_LINE];
        orl_spice_sentence(&app->spice_status, &app->spice_conf, headline, sizeof(headline),
                           hint, sizeof(hint));
        printf("SPICE: %s\n", headline);
    }
    if (app->audio) {
        const struct orl_audio_stats *audio = orl_audio_stats(app->audio);
        printf("sound: %llu packets, %llu underruns, jitter %.1f ms\n",
               (unsigned long long)orl_counter_get(&audio->packets),
               (unsigned long long)orl_counter_get(&audio->underruns),
               (double)orl_counter_get(&audio->jitter_us) / 1000.0);
    }
    printf("processor time: %.2f s user, %.2f s system\n",
           (double)use.ru_utime.tv_sec + (double)use.ru_utime.tv_usec / 1e6,
           (double)use.ru_stime.tv_sec + (double)use.ru_stime.tv_usec / 1e6);
    printf("peak memory: %.1f MiB\n", (double)use.ru_maxrss / 1024.0);
}
