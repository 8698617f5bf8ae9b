/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Sound from the push of a packet to what the sink plays, listened to with a stream of its own.
 * Packets of 10 ms hold one short pulse every 150 ms; a pulse is dated by its push, and by the
 * sender's own even clock, against which jitter of packets does not count.
 *
 *   bare stream   a pw_stream that makes its sound when it is asked
 *   bare loop     a pw_stream behind a plain buffer, started when `prefill` is there, never corrected
 *   ours          client/audio
 *
 *   bench_audio QUIET_SECONDS JITTER_SECONDS   beside tests/support/pipewire.sh
 */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "audio/audio.h"
#include "audio/graph.h"
#include "base/bulk.h"
#include "base/clock.h"
#include "base/log.h"
#include "bench/figure.h"
#include "support/random.h"

#define SINK          "orl-sink"
#define RATE          48000u
#define PACKET        480u
#define QUANTUM       256u
#define PULSE_EVERY   7214u /* frames: not a whole number of packets or periods */
#define PULSE_FRAMES  24u
#define PULSE_LEVEL   0.5
#define PULSES_MAX    8192u
#define JITTER_NS     (5 * ORL_NS_PER_MS)
#define HELD_UP_NS    (3 * ORL_NS_PER_MS)
#define DRAIN_NS      (200 * ORL_NS_PER_MS) /* until the last pulse was heard */
#define BLAME_NS      (500 * ORL_NS_PER_MS) /* after a packet that the machine sent late */
#define FOUND_NS      (120 * ORL_NS_PER_MS) /* a pulse that comes later is the next one */
#define SETTLE_PULSES 40u                   /* not counted: six seconds */

struct pulses {
    uint32_t n;
    uint64_t due_ns[PULSES_MAX], push_ns[PULSES_MAX];
};

struct source {
    void (*push)(void *to, const int16_t *pcm, uint32_t frames, uint64_t now_ns);
    void *to;
    uint64_t jitter_ns; /* +- */
    struct pulses pulses;
    const struct orl_counter *underruns; /* of the receiver */
    /* ---- what happened ---- */
    uint32_t held_up; /* packets that this machine sent late */
    uint64_t worst_ns;
    uint64_t own_underruns; /* with no such packet shortly before */
};

static void die(const char *why)
{
    fprintf(stderr, "bench_audio: %s\n", why);
    exit(EXIT_FAILURE);
}

static void say(const char *who, const char *what, double value, const char *unit)
{
    char name[128];
    snprintf(name, sizeof(name), "sound, %s: %s", who, what);
    bench_figure(name, value, unit);
}

static void say_beside(const char *who, const char *what, double value, const char *unit,
                       double yardstick)
{
    char name[128];
    snprintf(name, sizeof(name), "sound, %s: %s", who, what);
    bench_figure_beside(name, value, unit, yardstick);
}

/* ---- what is sent --------------------------------------------------------------------------- */

static void send_packet(struct source *s, uint64_t frame, uint64_t due_ns)
{
    int16_t pcm[2 * PACKET];
    uint64_t now_ns = orl_now_ns();
    for (uint32_t i = 0; i < PACKET; i++) {
        uint64_t at = (frame + i) % PULSE_EVERY;
        pcm[2 * i] = pcm[2 * i + 1] =
            at < PULSE_FRAMES ? (int16_t)lrint(PULSE_LEVEL * 32767) : (int16_t)0;
        if (at == 0 && s->pulses.n < PULSES_MAX) {
            s->pulses.push_ns[s->pulses.n] = now_ns;
            s->pulses.due_ns[s->pulses.n++] = due_ns + i * ORL_NS_PER_S / RATE;
        }
    }
    s->push(s->to, pcm, PACKET, now_ns);
}

static void send_for(struct source *s, double seconds)
{
    uint64_t seed = 1, start_ns = orl_now_ns() + 20 * ORL_NS_PER_MS;
    uint64_t packets = (uint64_t)(seconds * RATE / PACKET);
    uint64_t held_up_ns = 0, seen = orl_counter_get(s->underruns);
    for (uint64_t i = 0; i < packets; i++) {
        uint64_t due_ns = start_ns + i * PACKET * ORL_NS_PER_S / RATE;
        /* From -jitter to +jitter; order stays, as on a connection. */
        uint64_t late_ns =
            s->jitter_ns ? random_below(&seed, (uint32_t)(2 * s->jitter_ns + 1)) : 0;
        uint64_t at_ns = due_ns + late_ns - s->jitter_ns;
        orl_sleep_until(at_ns);
        uint64_t behind_ns = orl_now_ns() - at_ns;
        if (behind_ns > HELD_UP_NS) {
            s->held_up++;
            held_up_ns = at_ns + behind_ns;
        }
        s->worst_ns = behind_ns > s->worst_ns ? behind_ns : s->worst_ns;
        send_packet(s, i * PACKET, due_ns);
        uint64_t underruns = orl_counter_get(s->underruns);
        s->own_underruns += at_ns > held_up_ns + BLAME_NS ? underruns - seen : 0;
        seen = underruns;
    }
}

/* ---- what is heard -------------------------------------------------------------------------- */

struct heard {
    uint32_t n, missing;
    uint64_t from_push[PULSES_MAX], from_due[PULSES_MAX]; /* us; due: +1 s, may be negative */
    double worst_step_ms; /* two pulses in a row against their distance as sent */
};

#define DUE_OFFSET_US 1000000

static bool next_pulse(const struct tap *t, uint64_t *at, uint64_t frames)
{
    while (*at < frames && (double)tap_sample(t, *at, 0) < PULSE_LEVEL / 2) {
        ++*at;
    }
    return *at < frames;
}

static void listen_for(struct heard *h, const struct tap *t, const struct pulses *p)
{
    uint64_t frames = tap_frames(t), at = 0, before = 0;
    memset(h, 0, sizeof(*h));
    for (uint32_t i = 0; i < p->n; i++) {
        bool found = next_pulse(t, &at, frames);
        /* Half a millisecond of patience: the time of a cycle is smoothed. */
        while (found && tap_time_ns(t, at) + ORL_NS_PER_MS / 2 < p->push_ns[i]) {
            at += PULSE_FRAMES * 2;
            found = next_pulse(t, &at, frames);
        }
        uint64_t ns = found ? tap_time_ns(t, at) : 0;
        if (!found || ns > p->push_ns[i] + FOUND_NS) {
            h->missing += i >= SETTLE_PULSES;
            before = 0;
            continue;
        }
        if (i >= SETTLE_PULSES && h->n < PULSES_MAX) {
            uint64_t from_push = ns > p->push_ns[i] ? ns - p->push_ns[i] : 0;
            h->from_push[h->n] = from_push / ORL_NS_PER_US;
            h->from_due[h->n++] =
                (ns + DUE_OFFSET_US * ORL_NS_PER_US - p->due_ns[i]) / ORL_NS_PER_US;
            double step_ms =
                before ? fabs((double)(at - before) - PULSE_EVERY) * 1e3 / RATE : 0;
            h->worst_step_ms = step_ms > h->worst_step_ms ? step_ms : h->worst_step_ms;
        }
        before = at;
        at += PULSE_FRAMES * 2;
    }
}

/* What a listener and a lip-syncing eye notice of it. */
struct sound {
    double p50_ms, p99_ms; /* push to captured */
    double wander_ms;      /* p1 to p99 against an even clock: jitter that is left */
};

static struct sound judge(struct heard *h)
{
    if (h->n < 8) {
        die("no pulses were heard");
    }
    return (struct sound){
        .p50_ms = (double)bench_percentile(h->from_push, h->n, 50) / 1e3,
        .p99_ms = (double)bench_percentile(h->from_push, h->n, 99) / 1e3,
        .wander_ms = (double)(bench_percentile(h->from_due, h->n, 99) -
                              bench_percentile(h->from_due, h->n, 1)) /
                     1e3,
    };
}

/* beside: NULL: this is the yardstick. */
static void say_sound(const char *who, struct heard *h, const struct sound *s,
                      const struct sound *beside)
{
    if (beside) {
        say_beside(who, "push to captured, p50", s->p50_ms, "ms", beside->p50_ms);
        say_beside(who, "push to captured, p99", s->p99_ms, "ms", beside->p99_ms);
    } else {
        say(who, "push to captured, p50", s->p50_ms, "ms");
        say(who, "push to captured, p99", s->p99_ms, "ms");
    }
    say(who, "wander, p1 to p99", s->wander_ms, "ms");
    say(who, "largest step between two pulses", h->worst_step_ms, "ms");
    say(who, "pulses not heard", h->missing, "");
}

static struct tap *open_tap(double seconds)
{
    struct tap *t = tap_open(SINK, 2, seconds + 10);
    if (!t) {
        die("the sink cannot be listened to");
    }
    return t;
}

/* ---- floor ---------------------------------------------------------------------------------- */

struct maker {
    uint64_t made;
    struct pulses pulses;
};

static void make(void *arg, float *out, uint32_t frames)
{
    struct maker *m = arg;
    uint64_t now_ns = orl_now_ns();
    for (uint32_t i = 0; i < frames; i++, m->made++) {
        uint64_t at = m->made % PULSE_EVERY;
        out[2 * i] = out[2 * i + 1] = at < PULSE_FRAMES ? (float)PULSE_LEVEL : 0;
        if (at == 0 && m->pulses.n < PULSES_MAX) {
            m->pulses.push_ns[m->pulses.n] = now_ns;
            m->pulses.due_ns[m->pulses.n++] = now_ns;
        }
    }
}

/* Only the way through the graph: a stream is one period ahead, and the place of the pulse in its
 * period counts too. */
static double run_floor(double seconds)
{
    static struct maker m;
    static struct heard h;
    struct tap *t = open_tap(seconds);
    struct bare *b = bare_open(SINK, QUANTUM, make, &m);
    if (!b) {
        die("no bare stream");
    }
    orl_sleep_until(orl_now_ns() + (uint64_t)(seconds * 1e9));
    bare_close(b);
    listen_for(&h, t, &m.pulses);
    tap_close(t);
    double median = (double)bench_percentile(h.from_push, h.n, 50) / 1e3;
    say("bare stream", "made to captured, p50", median, "ms");
    return median;
}

/* ---- bare ----------------------------------------------------------------------------------- */

struct plain {
    struct orl_bulk ring; /* stereo S16 */
    uint32_t prefill;
    bool running;                 /* data thread */
    struct orl_counter underruns; /* data thread writes */
};

static void plain_push(void *to, const int16_t *pcm, uint32_t frames, uint64_t now_ns)
{
    struct plain *p = to;
    (void)now_ns;
    (void)orl_bulk_push(&p->ring, pcm, frames);
}

static void plain_fill(void *arg, float *out, uint32_t frames)
{
    struct plain *p = arg;
    int16_t pcm[2 * 2048];
    memset(out, 0, frames * 2 * sizeof(out[0]));
    if (!p->running) {
        p->running = orl_bulk_fill(&p->ring) >= p->prefill;
    }
    if (!p->running || frames > 2048) {
        return;
    }
    uint32_t n = orl_bulk_pull(&p->ring, pcm, frames);
    for (uint32_t i = 0; i < 2 * n; i++) {
        out[i] = (float)pcm[i] / 32768;
    }
    if (n < frames) {
        orl_counter_add(&p->underruns, 1);
    }
}

static struct sound run_plain(const char *who, double seconds, uint64_t jitter_ns,
                              uint32_t prefill)
{
    static struct source s;
    static struct plain p;
    static struct heard h;
    p = (struct plain){.prefill = prefill};
    s = (struct source){
        .push = plain_push, .to = &p, .jitter_ns = jitter_ns, .underruns = &p.underruns};
    if (orl_bulk_init(&p.ring, 65536, 2 * sizeof(int16_t)) != ORL_OK) {
        die("no memory");
    }
    struct tap *t = open_tap(seconds);
    struct bare *b = bare_open(SINK, QUANTUM, plain_fill, &p);
    if (!b) {
        die("no bare stream");
    }
    orl_sleep_until(orl_now_ns() + 500 * ORL_NS_PER_MS);
    send_for(&s, seconds);
    uint64_t underruns = orl_counter_get(&p.underruns);
    orl_sleep_until(orl_now_ns() + DRAIN_NS);
    listen_for(&h, t, &s.pulses);
    bare_close(b);
    tap_close(t);
    orl_bulk_finish(&p.ring);
    struct sound sound = judge(&h);
    say_sound(who, &h, &sound, NULL);
    say(who, "underruns", (double)underruns, "");
    return sound;
}

/* ---- ours ----------------------------------------------------------------------------------- */

static void our_push(void *to, const int16_t *pcm, uint32_t frames, uint64_t now_ns)
{
    orl_audio_play_data(to, pcm, frames * 2 * (uint32_t)sizeof(int16_t), now_ns);
}

static void say_stats(const char *who, const struct orl_audio_stats *st)
{
    say(who, "underruns", (double)orl_counter_get(&st->underruns), "");
    say(who, "skips", (double)orl_counter_get(&st->resyncs), "");
    say(who, "buffer wanted at the end",
        (double)orl_counter_get(&st->target_frames) * 1e3 / RATE, "ms");
    say(who, "lateness measured at the end", (double)orl_counter_get(&st->jitter_us) / 1e3,
        "ms");
}

static void run_ours(const char *who, double seconds, uint64_t jitter_ns, double floor_ms,
                     const struct sound *bare)
{
    static struct source s;
    static struct heard h;
    struct orl_audio *a = NULL;
    struct orl_audio_conf conf = {.app_name = "oriel-bench",
                                  .out_device = SINK,
                                  .rec_device = "",
                                  .period_frames = 2048, /* the default of audio:periodSize */
                                  .sync_volume = true};
    if (orl_audio_start(&a, &conf) != ORL_OK || orl_audio_play_start(a, RATE, 2) != ORL_OK) {
        die("client/audio does not start");
    }
    const struct orl_audio_stats *st = orl_audio_stats(a);
    s = (struct source){
        .push = our_push, .to = a, .jitter_ns = jitter_ns, .underruns = &st->underruns};
    struct tap *t = open_tap(seconds);
    send_for(&s, seconds);
    say_stats(who, st);
    orl_sleep_until(orl_now_ns() + DRAIN_NS);
    listen_for(&h, t, &s.pulses);
    tap_close(t);
    struct sound sound = judge(&h);
    say_sound(who, &h, &sound, bare);
    say(who, "beyond a bare stream, p50", sound.p50_ms - floor_ms, "ms");
    say(who, "underruns that no late machine explains", (double)s.own_underruns, "");
    say(who, "packets sent late by the machine", s.held_up, "");
    say(who, "latest of them", (double)s.worst_ns / 1e6, "ms");
    orl_audio_play_stop(a);
    orl_audio_stop(&a);
}

int main(int argc, char **argv)
{
    if (argc != 3 || atof(argv[1]) < 10 || atof(argv[2]) < 10) {
        fprintf(stderr, "usage: bench_audio QUIET_SECONDS JITTER_SECONDS (10 or more)\n");
        return 2;
    }
    double quiet = atof(argv[1]), jitter = atof(argv[2]);
    (void)orl_log_configure("error");
    if (!graph_is_up()) {
        die("there is no PipeWire daemon");
    }
    double floor_ms = run_floor(quiet);
    struct sound even = run_plain("bare loop, even packets", quiet, 0, PACKET + QUANTUM);
    run_ours("ours, even packets", quiet, 0, floor_ms, &even);
    /* Enough for the jitter and not more, as somebody who knew it would choose. */
    uint32_t enough = PACKET + QUANTUM + (uint32_t)(2 * JITTER_NS * RATE / ORL_NS_PER_S);
    struct sound uneven = run_plain("bare loop, packets +-5 ms", quiet, JITTER_NS, enough);
    run_ours("ours, packets +-5 ms", jitter, JITTER_NS, floor_ms, &uneven);
    return 0;
}
