/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What a recorded sine says: frequency, level, and where it was cut. */
#ifndef ORL_TESTS_AUDIO_LISTEN_H
#define ORL_TESTS_AUDIO_LISTEN_H

#include <math.h>
#include <stdbool.h>
#include <stdint.h>

/* Sample `i` of what is judged. */
typedef double (*listen_get)(const void *from, uint64_t i);

struct heard {
    double hz, rms;
    uint64_t first, n; /* the longest piece without a break */
    unsigned breaks;   /* samples that do not follow from the two before */
    double steepest;   /* largest difference of two samples in a row */
};

#define LISTEN_LOUD 0.2
#define LISTEN_FADE 480 /* frames */

/* Leaves out silence and fades at the ends of the piece. */
static inline void listen_trim(listen_get get, const void *from, struct heard *h)
{
    uint64_t end = h->first + h->n;
    while (h->first < end && fabs(get(from, h->first)) < LISTEN_LOUD) {
        h->first++;
    }
    while (end > h->first && fabs(get(from, end - 1)) < LISTEN_LOUD) {
        end--;
    }
    h->n = end - h->first > 2 * LISTEN_FADE ? end - h->first - 2 * LISTEN_FADE : 0;
    h->first += LISTEN_FADE;
}

/*
 * A sine obeys x[i+1] = 2 cos(w) x[i] - x[i-1]; what breaks that by more than `tolerance` (of full
 * scale) is a click, a gap or a repeated block. The longest piece between breaks is measured.
 */
static inline struct heard listen(listen_get get, const void *from, uint64_t begin,
                                  uint64_t end, double expected_hz, double rate,
                                  double tolerance)
{
    struct heard h = {.first = begin};
    double k = 2 * cos(2 * M_PI * expected_hz / rate);
    uint64_t piece = begin;
    for (uint64_t i = begin + 2; i <= end; i++) {
        bool broken = i == end;
        if (!broken) {
            double a = get(from, i - 2), b = get(from, i - 1), c = get(from, i);
            broken = fabs(c - (k * b - a)) > tolerance;
            h.breaks += broken;
            h.steepest = fabs(c - b) > h.steepest ? fabs(c - b) : h.steepest;
        }
        if (broken) {
            if (i - piece > h.n) {
                h.first = piece;
                h.n = i - piece;
            }
            piece = i;
        }
    }
    /* Zero crossings upwards, each interpolated between two samples. */
    double first = -1, last = -1, sum = 0;
    unsigned crossings = 0;
    listen_trim(get, from, &h);
    for (uint64_t i = h.first + 1; i < h.first + h.n; i++) {
        double a = get(from, i - 1), b = get(from, i);
        sum += b * b;
        if (a < 0 && b >= 0) {
            last = (double)(i - 1) + a / (a - b);
            first = crossings++ ? first : last;
        }
    }
    h.hz = crossings > 1 ? (crossings - 1) * rate / (last - first) : 0;
    h.rms = h.n > 1 ? sqrt(sum / (double)(h.n - 1)) : 0;
    return h;
}

#endif
