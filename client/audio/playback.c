/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "audio/playback.h"

#include <string.h>

#include "base/clock.h"

#define FADE_MS 5
/* A reader that was away for longer finds only old sound. */
#define AWAY_NS (300 * ORL_NS_PER_MS)
/* More surplus than this is skipped; less is played a little faster (4 s at most). */
#define SKIP_MS 20
/* The line is not drawn further than this behind the newest packet. */
#define FORESIGHT_NS (100 * (int64_t)ORL_NS_PER_MS)
#define CHUNK_FRAMES 128u
/* A resampler asks for a few frames more or less from cycle to cycle. */
#define QUANTUM_SLACK 16u

int orl_playback_init(struct orl_playback *p, struct orl_audio_stats *stats, uint32_t extra_ms)
{
    memset(p, 0, sizeof(*p));
    p->stats = stats;
    p->extra_ms = extra_ms;
    orl_mailbox_init(&p->line_mb);
    orl_mailbox_init(&p->order_mb);
    orl_counter_init(&p->taken_frames);
    orl_flag_init(&p->heard);
    return orl_pcm_ring_init(&p->ring);
}

void orl_playback_finish(struct orl_playback *p)
{
    orl_pcm_ring_finish(&p->ring);
}

void orl_playback_shape(struct orl_playback *p, struct orl_pcm_format format)
{
    p->format = format;
    orl_pcm_ring_shape(&p->ring, format);
    orl_rate_init(&p->rate, format.rate_hz);
    orl_counter_set(&p->taken_frames, 0);
    orl_playback_rewind(p);
}

void orl_playback_rewind(struct orl_playback *p)
{
    orl_bulk_drop(&p->ring.frames, UINT64_MAX);
    p->state = ORL_PLAY_SILENT;
    p->has_line = false;
    p->last_ns = 0;
    p->last_serial = 0;
    p->cycle_frames = 0;
    p->quantum = 0;
    p->held_gain = 0;
    memset(p->last, 0, sizeof(p->last));
}

/* ---- SPICE thread --------------------------------------------------------------------------- */

static void publish_order(struct orl_playback *p)
{
    p->orders[p->order_mb.back] = p->order;
    orl_mailbox_publish(&p->order_mb);
}

void orl_playback_start(struct orl_playback *p)
{
    orl_arrival_init(&p->arrival, p->format.rate_hz);
    orl_target_init(&p->target, p->extra_ms, orl_counter_get(&p->stats->underruns));
    p->packet_frames = 0;
    p->order.active = true;
    p->order.begin = orl_bulk_pushed(&p->ring.frames);
    orl_flag_raise(&p->heard);
    publish_order(p);
}

void orl_playback_stop(struct orl_playback *p)
{
    if (p->order.active) {
        p->order.active = false;
        p->order.end = orl_bulk_pushed(&p->ring.frames);
        publish_order(p);
    }
}

static uint32_t target_frames(struct orl_playback *p, uint64_t now_ns, double late_ns,
                              uint32_t quantum)
{
    uint64_t quantum_ns = orl_pcm_ns(p->format, quantum);
    uint64_t packet_ns = orl_pcm_ns(p->format, p->packet_frames);
    uint64_t ns = orl_target_step(&p->target, now_ns, late_ns, (double)quantum_ns,
                                  (double)packet_ns, orl_counter_get(&p->stats->underruns));
    uint64_t frames = orl_pcm_frames(p->format, ns);
    /* Half of the ring stays for bursts. */
    return frames < ORL_PCM_RING_FRAMES / 2 ? (uint32_t)frames : ORL_PCM_RING_FRAMES / 2;
}

void orl_playback_push(struct orl_playback *p, const void *pcm, uint32_t frames,
                       uint64_t now_ns)
{
    if (!frames || !p->order.active) {
        return;
    }
    uint32_t taken = orl_bulk_push(&p->ring.frames, pcm, frames);
    orl_counter_add(&p->stats->overruns, frames - taken);
    orl_counter_add(&p->stats->packets, 1);
    if (frames > p->packet_frames) {
        p->packet_frames = frames;
    }
    bool jumped;
    double late_ns = orl_arrival_step(&p->arrival, now_ns, frames, &jumped);
    struct orl_play_line *line = &p->lines[p->line_mb.back];
    line->tail = orl_bulk_pushed(&p->ring.frames);
    line->at_ns = orl_arrival_at_ns(&p->arrival);
    line->ns_per_frame = p->arrival.ns_per_frame;
    line->quantum_frames = (uint32_t)orl_counter_get(&p->taken_frames);
    line->target_frames = target_frames(p, now_ns, late_ns, line->quantum_frames);
    line->floor_frames =
        line->target_frames > p->packet_frames ? line->target_frames - p->packet_frames : 0;
    orl_counter_set(&p->stats->target_frames, line->target_frames);
    orl_counter_set(&p->stats->jitter_us, orl_target_lateness_ns(&p->target) / ORL_NS_PER_US);
    orl_mailbox_publish(&p->line_mb);
}

/* ---- data thread ---------------------------------------------------------------------------- */

/* Frames that may be played now; *ends says that no more will come before the next stream. */
static uint64_t readable(const struct orl_playback *p, bool *ends)
{
    const struct orl_play_order *o = &p->now_order;
    uint64_t read = orl_bulk_pulled(&p->ring.frames);
    uint64_t tail = orl_bulk_pushed(&p->ring.frames);
    *ends = true;
    if (read < o->begin) {
        return o->begin - read;
    }
    if (!o->active) {
        return o->end > read ? o->end - read : 0;
    }
    *ends = false;
    return tail - read;
}

/* How many frames the sender's line is ahead of what was read. */
static double fill_level(const struct orl_playback *p, uint64_t now_ns)
{
    int64_t since_ns = (int64_t)(now_ns - p->line.at_ns);
    since_ns = since_ns > FORESIGHT_NS ? FORESIGHT_NS : since_ns;
    since_ns = since_ns < -FORESIGHT_NS ? -FORESIGHT_NS : since_ns;
    int64_t ahead = (int64_t)(p->line.tail - orl_bulk_pulled(&p->ring.frames));
    return (double)ahead + (double)since_ns / p->line.ns_per_frame;
}

static void take_news(struct orl_playback *p, uint64_t now_ns)
{
    if (orl_mailbox_take(&p->order_mb)) {
        p->now_order = p->orders[p->order_mb.front];
    }
    if (orl_mailbox_take(&p->line_mb)) {
        p->line = p->lines[p->line_mb.front];
        p->has_line = true;
    }
    if (p->last_ns && now_ns - p->last_ns > AWAY_NS) {
        const struct orl_play_order *o = &p->now_order;
        uint64_t fresh = o->active ? o->begin : o->end;
        uint64_t read = orl_bulk_pulled(&p->ring.frames);
        orl_bulk_drop(&p->ring.frames, fresh > read ? fresh - read : 0);
    }
}

static void hold_last(struct orl_playback *p)
{
    memcpy(p->held, p->last, sizeof(p->held));
    p->held_gain = 1;
    p->gain = 0;
}

/* Drops what is more than the target, but never so much that the floor is not there. */
static bool drop_surplus(struct orl_playback *p, double surplus, uint64_t there)
{
    if (surplus < 1 || there <= p->line.floor_frames) {
        return false;
    }
    uint64_t spare = there - p->line.floor_frames;
    orl_bulk_drop(&p->ring.frames, surplus < (double)spare ? (uint64_t)surplus : spare);
    return true;
}

static bool may_begin(struct orl_playback *p, uint32_t frames, uint64_t now_ns)
{
    bool ends;
    uint64_t there = readable(p, &ends);
    if (ends) {
        return there > 0;
    }
    /* The first target was made without knowing what the device takes. */
    if (!p->has_line || p->line.quantum_frames + QUANTUM_SLACK < p->quantum || there < frames ||
        there < p->line.floor_frames) {
        return false;
    }
    double surplus = fill_level(p, now_ns) - p->line.target_frames;
    if (surplus < 0) {
        return false;
    }
    drop_surplus(p, surplus, there);
    return true;
}

static void steer(struct orl_playback *p, uint64_t now_ns)
{
    bool ends;
    uint64_t there = readable(p, &ends);
    if (!p->has_line || p->state != ORL_PLAY_RUNNING || ends) {
        return;
    }
    double fill = fill_level(p, now_ns);
    double surplus = fill - p->line.target_frames;
    double dt_s =
        p->last_ns && now_ns > p->last_ns ? (double)(now_ns - p->last_ns) * 1e-9 : 0.001;
    if (surplus > SKIP_MS * 1e-3 * p->format.rate_hz && drop_surplus(p, surplus, there)) {
        orl_counter_add(&p->stats->resyncs, 1);
        hold_last(p);
        return;
    }
    orl_rate_step(&p->rate, surplus, dt_s);
    p->smooth_fill += (fill - p->smooth_fill) * (dt_s < 1 ? dt_s : 1);
    orl_counter_set(&p->stats->fill_frames, p->smooth_fill > 0 ? (uint64_t)p->smooth_fill : 0);
}

/* Writes `n` frames of the ring, or of silence, with what is left of the held frame over it. */
static void mix(struct orl_playback *p, float *dst, uint32_t n, bool sound)
{
    const uint32_t channels = p->format.channels;
    const float step = 1000.0f / (FADE_MS * (float)p->format.rate_hz);
    int16_t pcm[CHUNK_FRAMES * ORL_PCM_MAX_CHANNELS];
    if (sound) {
        orl_bulk_pull(&p->ring.frames, pcm, n);
        orl_pcm_to_float(dst, pcm, (size_t)n * channels);
    } else {
        memset(dst, 0, (size_t)n * channels * sizeof(*dst));
    }
    for (uint32_t i = 0; i < n && (p->gain < 1 || p->held_gain > 0); i++) {
        for (uint32_t c = 0; c < channels; c++) {
            float *v = &dst[i * channels + c];
            *v = *v * p->gain + p->held[c] * p->held_gain;
        }
        p->gain = p->gain + step < 1 ? p->gain + step : 1;
        p->held_gain = p->held_gain > step ? p->held_gain - step : 0;
    }
    memcpy(p->last, dst + (size_t)(n - 1) * channels, channels * sizeof(*dst));
}

static void write_all(struct orl_playback *p, float *dst, uint32_t frames, bool sound)
{
    while (frames) {
        uint32_t n = frames < CHUNK_FRAMES ? frames : CHUNK_FRAMES;
        mix(p, dst, n, sound);
        dst += (size_t)n * p->format.channels;
        frames -= n;
    }
}

/* The sound ran out in this cycle: in order, or because packets are late. */
static void run_dry(struct orl_playback *p, bool ends)
{
    if (!ends) {
        orl_counter_add(&p->stats->underruns, 1);
    }
    p->state = p->now_order.active ? ORL_PLAY_FILLING : ORL_PLAY_SILENT;
    if (p->state == ORL_PLAY_SILENT) {
        orl_flag_lower(&p->heard);
    }
    hold_last(p);
}

/* True when this pull begins a cycle; then it is known what the one before took. */
static bool begin_cycle(struct orl_playback *p, uint32_t frames, const struct orl_play_cycle *c)
{
    bool fresh = !p->last_ns || c->serial != p->last_serial;
    if (fresh) {
        p->quantum = p->last_ns ? p->cycle_frames : frames;
        p->cycle_frames = 0;
        orl_counter_set(&p->taken_frames, p->quantum);
    }
    p->cycle_frames += frames;
    p->last_serial = c->serial;
    return fresh;
}

void orl_playback_pull(struct orl_playback *p, float *dst, uint32_t frames,
                       const struct orl_play_cycle *cycle)
{
    take_news(p, cycle->now_ns);
    bool fresh = begin_cycle(p, frames, cycle);
    if (p->state != ORL_PLAY_RUNNING && may_begin(p, frames, cycle->now_ns)) {
        p->state = ORL_PLAY_RUNNING;
        p->gain = 0;
        p->smooth_fill = fill_level(p, cycle->now_ns);
    }
    if (fresh) {
        steer(p, cycle->now_ns);
    }
    p->last_ns = cycle->now_ns;
    if (p->state != ORL_PLAY_RUNNING) {
        write_all(p, dst, frames, false);
        return;
    }
    bool ends;
    uint64_t there = readable(p, &ends);
    uint32_t n = there < frames ? (uint32_t)there : frames;
    write_all(p, dst, n, true);
    if (n < frames || (ends && n == there)) {
        run_dry(p, ends);
        write_all(p, dst + (size_t)n * p->format.channels, frames - n, false);
    }
}

uint64_t orl_playback_fill_us(const struct orl_playback *p)
{
    double frames = p->smooth_fill > 0 ? p->smooth_fill : 0;
    return p->state == ORL_PLAY_RUNNING ? 1 + (uint64_t)(frames * 1e6 / p->format.rate_hz) : 0;
}
