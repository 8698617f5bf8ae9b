/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "audio/rate.h"

#include <stdbool.h>

/* Low enough that the noise which the arrival line leaves (0.2 ms) moves the pitch by 0.2 cents,
 * high enough that a drift of 500 ppm shifts the fill by less than 1 ms before it is learned. */
#define BANDWIDTH_HZ 0.05
#define TWO_PI       6.283185307179586
#define SQRT_2       1.4142135623730951
#define LONGEST_S    0.2

void orl_rate_init(struct orl_rate *r, uint32_t rate_hz)
{
    r->rate_hz = rate_hz;
    r->integral = 0;
    r->ratio = 1;
}

static double clamp(double v, double low, double high)
{
    return v < low ? low : v > high ? high : v;
}

double orl_rate_step(struct orl_rate *r, double error_frames, double dt_s)
{
    const double w = TWO_PI * BANDWIDTH_HZ;
    double error_s = error_frames / r->rate_hz;
    dt_s = clamp(dt_s, 0, LONGEST_S);
    double learned = r->integral + w * w * error_s * dt_s;
    double offset = SQRT_2 * w * error_s + learned;
    double bounded = clamp(offset, -ORL_RATE_MAX_OFFSET, ORL_RATE_MAX_OFFSET);
    /* At the bound nothing is learned: the error says how far away it is, not how clocks drift. */
    if (bounded == offset) {
        r->integral = learned;
    }
    double step = ORL_RATE_MAX_SLEW * dt_s;
    r->ratio = clamp(1 + bounded, r->ratio - step, r->ratio + step);
    return r->ratio;
}

/* Phases are then exact to 1/3000 of a sample or better. */
#define LARGEST_DIVISOR 16u
#define KEEP_WITHIN_HZ  1.0

static uint32_t common_divisor(uint32_t a, uint32_t b)
{
    while (b) {
        uint32_t rest = a % b;
        a = b;
        b = rest;
    }
    return a;
}

uint32_t orl_rate_choose_hz(struct orl_rate_hz *r, uint32_t rate_hz, uint32_t graph_hz,
                            double ratio)
{
    double wish = rate_hz * ratio;
    double off = wish - r->read_hz;
    bool usable = r->read_hz && common_divisor(r->read_hz, graph_hz) <= LARGEST_DIVISOR;
    if (usable && off <= KEEP_WITHIN_HZ && off >= -KEEP_WITHIN_HZ) {
        return r->read_hz;
    }
    uint32_t near = (uint32_t)(wish + 0.5);
    int side = wish >= near ? 1 : -1;
    /* Of any three numbers in a row one is good enough, unless rates are very small or odd. */
    for (int i = 0; i < 8; i++) {
        uint32_t hz = near + (uint32_t)(i % 2 ? side * (i + 1) / 2 : -side * i / 2);
        if (common_divisor(hz, graph_hz) <= LARGEST_DIVISOR) {
            near = hz;
            break;
        }
    }
    r->read_hz = near;
    return near;
}
