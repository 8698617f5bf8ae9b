/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "base/histogram.h"

#define UNIT_SHIFT 10 /* 1024 ns */
#define PER_OCTAVE 8u

/* Below 8 units one bucket a unit; above, the top bit and the three bits behind it. */
static unsigned bucket_of(uint64_t ns)
{
    uint64_t v = ns >> UNIT_SHIFT;
    if (v < PER_OCTAVE) {
        return (unsigned)v;
    }
    unsigned top = 63u - (unsigned)__builtin_clzll(v);
    unsigned bucket = (top - 2) * PER_OCTAVE + (unsigned)((v >> (top - 3)) & (PER_OCTAVE - 1));
    return bucket < ORL_HISTOGRAM_BUCKETS ? bucket : ORL_HISTOGRAM_BUCKETS - 1;
}

/* First duration behind the bucket. */
static uint64_t end_of(unsigned bucket)
{
    uint64_t v = bucket + 1;
    if (bucket >= PER_OCTAVE) {
        v = (uint64_t)(PER_OCTAVE + bucket % PER_OCTAVE + 1) << (bucket / PER_OCTAVE - 1);
    }
    return v << UNIT_SHIFT;
}

void orl_histogram_init(struct orl_histogram *h)
{
    for (unsigned i = 0; i < ORL_HISTOGRAM_BUCKETS; i++) {
        atomic_init(&h->n[i], 0);
    }
}

void orl_histogram_add(struct orl_histogram *h, uint64_t ns)
{
    _Atomic uint32_t *n = &h->n[bucket_of(ns)];
    atomic_store_explicit(n, atomic_load_explicit(n, memory_order_relaxed) + 1,
                          memory_order_relaxed);
}

uint64_t orl_histogram_percentile(const struct orl_histogram *h, unsigned percent)
{
    uint32_t copy[ORL_HISTOGRAM_BUCKETS];
    uint64_t all = 0, seen = 0;
    for (unsigned i = 0; i < ORL_HISTOGRAM_BUCKETS; i++) {
        copy[i] = atomic_load_explicit(&h->n[i], memory_order_relaxed);
        all += copy[i];
    }
    for (unsigned i = 0; i < ORL_HISTOGRAM_BUCKETS; i++) {
        seen += copy[i];
        if (copy[i] && seen * 100 >= all * percent) {
            return end_of(i);
        }
    }
    return 0;
}
