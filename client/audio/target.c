/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "audio/target.h"

#include <string.h>

#define BUCKET_NS   UINT64_C(2000000000)
#define MARGIN_NS   1.5e6
#define QUANTUM_NS  5e6
#define FIRST_NS    6e6   /* lateness that is assumed for the first 4 s */
#define LATEST_NS   100e6 /* longer is a stall, which no buffer should cover */
#define PENALTY_NS  4e6
#define PENALTY_MAX 40e6
#define FADE_NS_S   0.25e6
#define FALL_NS_S   0.5e6

void orl_target_init(struct orl_target *t, uint32_t extra_ms, uint64_t underruns)
{
    memset(t, 0, sizeof(*t));
    t->extra_ns = extra_ms * 1e6;
    t->underruns = underruns;
    for (unsigned i = 0; i < ORL_TARGET_BUCKETS / 2; i++) {
        t->worst_ns[(i + 1) % ORL_TARGET_BUCKETS] = FIRST_NS;
    }
}

uint64_t orl_target_lateness_ns(const struct orl_target *t)
{
    double first = 0, second = 0;
    for (unsigned i = 0; i < ORL_TARGET_BUCKETS; i++) {
        double v = t->worst_ns[i];
        if (v > first) {
            second = first;
            first = v;
        } else if (v > second) {
            second = v;
        }
    }
    return (uint64_t)second;
}

static void note_lateness(struct orl_target *t, uint64_t now_ns, double late_ns)
{
    if (now_ns >= t->bucket_end_ns) {
        t->at = (t->at + 1) % ORL_TARGET_BUCKETS;
        t->worst_ns[t->at] = 0;
        t->bucket_end_ns = now_ns + BUCKET_NS;
    }
    late_ns = late_ns > LATEST_NS ? LATEST_NS : late_ns;
    if (late_ns > t->worst_ns[t->at]) {
        t->worst_ns[t->at] = late_ns;
    }
}

static void note_underruns(struct orl_target *t, uint64_t underruns, double dt_s)
{
    t->penalty_ns -= FADE_NS_S * dt_s;
    t->penalty_ns = t->penalty_ns > 0 ? t->penalty_ns : 0;
    if (underruns != t->underruns) {
        t->underruns = underruns;
        t->penalty_ns += PENALTY_NS;
        t->penalty_ns = t->penalty_ns < PENALTY_MAX ? t->penalty_ns : PENALTY_MAX;
    }
}

uint64_t orl_target_step(struct orl_target *t, uint64_t now_ns, double late_ns,
                         double quantum_ns, double packet_ns, uint64_t underruns)
{
    double dt_s = t->last_ns && now_ns > t->last_ns ? (double)(now_ns - t->last_ns) * 1e-9 : 0;
    t->last_ns = now_ns;
    note_lateness(t, now_ns, late_ns);
    note_underruns(t, underruns, dt_s);
    double wanted = (quantum_ns > 0 ? quantum_ns : QUANTUM_NS) + packet_ns +
                    (double)orl_target_lateness_ns(t) + MARGIN_NS + t->extra_ns + t->penalty_ns;
    double falling = t->current_ns - FALL_NS_S * dt_s;
    t->current_ns = wanted > falling ? wanted : falling;
    return (uint64_t)t->current_ns;
}
