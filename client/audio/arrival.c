/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "audio/arrival.h"

#define BANDWIDTH_HZ 0.1
#define TWO_PI       6.283185307179586
#define SQRT_2       1.4142135623730951
/* Clocks differ by 500 ppm at the very most; the rest is noise. */
#define MAX_DRIFT 0.001
/* Until then the slope is taken as nominal: half a second of 500 ppm is 0.25 ms. */
#define SLOPE_FROM      50
#define LATE_AT_MOST_NS 15e6
#define JUMP_NS         20e6

void orl_arrival_init(struct orl_arrival *a, uint32_t rate_hz)
{
    *a = (struct orl_arrival){.nominal_ns = 1e9 / rate_hz, .ns_per_frame = 1e9 / rate_hz};
}

uint64_t orl_arrival_at_ns(const struct orl_arrival *a)
{
    double ns = a->line_ns + (double)a->epoch_ns;
    /* Large sums lose bits, so add as integers; the line may start a little before its epoch. */
    int64_t off = (int64_t)a->line_ns;
    return ns < 0 ? 0 : (uint64_t)((int64_t)a->epoch_ns + off);
}

static double clamp(double v, double low, double high)
{
    return v < low ? low : v > high ? high : v;
}

/* How far all newest packets are off in the same direction; 0 when they are not. */
static double common_shift(const struct orl_arrival *a)
{
    double least = a->recent[0], most = a->recent[0];
    for (uint32_t i = 1; i < ORL_ARRIVAL_WINDOW; i++) {
        least = a->recent[i] < least ? a->recent[i] : least;
        most = a->recent[i] > most ? a->recent[i] : most;
    }
    return least > JUMP_NS ? least : most < -JUMP_NS ? most : 0;
}

static bool jump(struct orl_arrival *a, double late)
{
    a->recent[a->recent_n % ORL_ARRIVAL_WINDOW] = late;
    a->recent_n++;
    if (a->recent_n < ORL_ARRIVAL_WINDOW) {
        return false;
    }
    double shift = common_shift(a);
    a->line_ns += shift;
    if (shift != 0) {
        a->recent_n = 0;
    }
    return shift != 0;
}

/* A packet that is very late may also be the first of a line that has moved. It counts when a later
 * one is in time again: then it was held up. */
static double proven_lateness(struct orl_arrival *a, double late, bool jumped)
{
    if (jumped) {
        a->pending_ns = 0;
        return 0;
    }
    double worst = late > a->pending_ns ? late : a->pending_ns;
    if (late > JUMP_NS) {
        a->pending_ns = worst;
        return 0;
    }
    a->pending_ns = 0;
    return worst;
}

double orl_arrival_step(struct orl_arrival *a, uint64_t now_ns, uint32_t frames, bool *jumped)
{
    *jumped = false;
    if (a->packets++ == 0) {
        a->epoch_ns = now_ns;
        return 0;
    }
    double late = (double)(now_ns - a->epoch_ns) - (a->line_ns + frames * a->ns_per_frame);
    double used = clamp(late, -LATE_AT_MOST_NS, LATE_AT_MOST_NS);
    double w = TWO_PI * BANDWIDTH_HZ * frames * a->nominal_ns * 1e-9;
    double b = clamp(SQRT_2 * w, 1.0 / (double)a->packets, 1);
    a->line_ns += frames * a->ns_per_frame + b * used;
    /* A packet that was held up says nothing about clocks. */
    if (a->packets > SLOPE_FROM && used == late) {
        a->ns_per_frame =
            clamp(a->ns_per_frame + b * b / 2 * used / frames, a->nominal_ns * (1 - MAX_DRIFT),
                  a->nominal_ns * (1 + MAX_DRIFT));
    }
    *jumped = jump(a, late);
    return proven_lateness(a, late, *jumped);
}
