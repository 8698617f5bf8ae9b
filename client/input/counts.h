/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Counts of a captured mouse -> whole counts for the guest. The factor of input:mouseSens s is
 * 1 + s / 10, from 0.1 to 1.9, as users of other viewers know it; what is less than a count waits for
 * the next event. Smoothing gives out the mean of two consecutive events: half of each event waits
 * for the next one, or for orl_counts_flush(). In sum nothing is lost: with whole counts from
 * the device the arithmetic (tenths and halves) is exact.
 *
 * Pure; time is a parameter. Main thread.
 */
#ifndef ORL_INPUT_COUNTS_H
#define ORL_INPUT_COUNTS_H

#include <stdbool.h>
#include <stdint.h>

#define ORL_SENS_MAX 9
#define ORL_COUNTS_FLUSH_NS                                                                    \
    UINT64_C(10000000) /* the second half of the last event waits so long */

struct orl_counts {
    double rest_x, rest_y; /* tenths of a count, less than ten */
    double half_x, half_y; /* tenths; second half of the last event */
    uint64_t half_ns;      /* when it is due; UINT64_MAX: there is none */
};

void orl_counts_init(struct orl_counts *c);

/* One event; false: nothing to send yet. */
bool orl_counts_add(struct orl_counts *c, double dx, double dy, int sens, bool smooth,
                    uint64_t now_ns, int32_t *out_x, int32_t *out_y);

/* The waiting half; false: nothing to send. */
bool orl_counts_flush(struct orl_counts *c, int32_t *out_x, int32_t *out_y);

/* When the half is due; UINT64_MAX for never. */
uint64_t orl_counts_due(const struct orl_counts *c);

#endif
