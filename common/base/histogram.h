/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * How often durations occurred, in buckets an eighth of an octave wide (at most 12.5 % off), from
 * 1 us to some hours. One thread adds, any thread reads; a reader beside a writer may miss the
 * newest entries. Nothing allocates.
 */
#ifndef ORL_BASE_HISTOGRAM_H
#define ORL_BASE_HISTOGRAM_H

#include <stdatomic.h>
#include <stdint.h>

#define ORL_HISTOGRAM_BUCKETS 256

struct orl_histogram {
    _Atomic uint32_t n[ORL_HISTOGRAM_BUCKETS];
};

void orl_histogram_init(struct orl_histogram *h);

/* The one writer. RT safe. */
void orl_histogram_add(struct orl_histogram *h, uint64_t ns);

/* The duration that `percent` (0..100) of the entries do not exceed, in ns, rounded up to the end
 * of its bucket; 0 when there are no entries. */
uint64_t orl_histogram_percentile(const struct orl_histogram *h, unsigned percent);

#endif
