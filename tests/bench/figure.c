/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "bench/figure.h"

#include <stdio.h>
#include <stdlib.h>

void bench_figure(const char *name, double value, const char *unit)
{
    printf("{\"name\": \"%s\", \"value\": %.4g, \"unit\": \"%s\"}\n", name, value, unit);
    fflush(stdout);
}

void bench_figure_beside(const char *name, double value, const char *unit, double yardstick)
{
    printf("{\"name\": \"%s\", \"value\": %.4g, \"unit\": \"%s\", \"yardstick\": %.4g}\n", name,
           value, unit, yardstick);
    fflush(stdout);
}

static int compare_u64(const void *a, const void *b)
{
    uint64_t x = *(const uint64_t *)a, y = *(const uint64_t *)b;
    return x < y ? -1 : x > y;
}

uint64_t bench_percentile(uint64_t *samples, uint32_t n, uint32_t percent)
{
    qsort(samples, n, sizeof(samples[0]), compare_u64);
    uint32_t i = (uint32_t)((uint64_t)n * percent / 100);
    return n ? samples[i < n ? i : n - 1] : 0;
}
