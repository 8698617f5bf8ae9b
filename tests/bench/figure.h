/* SPDX-License-Identifier: GPL-2.0-or-later */
/* How the programs here hand figures to bench.py: one JSON object a line on standard output. */
#ifndef ORL_BENCH_FIGURE_H
#define ORL_BENCH_FIGURE_H

#include <stdint.h>

void bench_figure(const char *name, double value, const char *unit);

/* With what a bare loop of the libraries took in the same run. */
void bench_figure_beside(const char *name, double value, const char *unit, double yardstick);

/* Sorts the samples. 0 when there are none. */
uint64_t bench_percentile(uint64_t *samples, uint32_t n, uint32_t percent);

#endif
