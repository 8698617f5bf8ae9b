/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "input/counts.h"

#define NEVER    UINT64_MAX
#define LIMIT    1e6 /* counts of one event; no mouse gives more */
#define FRACTION 10  /* the unit inside: tenths */

void orl_counts_init(struct orl_counts *c)
{
    *c = (struct orl_counts){.half_ns = NEVER};
}

static double sane(double v)
{
    return v > LIMIT ? LIMIT : v < -LIMIT ? -LIMIT : v == v ? v : 0;
}

static int32_t take_whole(double *rest)
{
    int32_t whole = (int32_t)(*rest / FRACTION); /* towards zero, for both directions alike */
    *rest -= (double)whole * FRACTION;
    return whole;
}

static bool take(struct orl_counts *c, int32_t *out_x, int32_t *out_y)
{
    *out_x = take_whole(&c->rest_x);
    *out_y = take_whole(&c->rest_y);
    return *out_x || *out_y;
}

bool orl_counts_add(struct orl_counts *c, double dx, double dy, int sens, bool smooth,
                    uint64_t now_ns, int32_t *out_x, int32_t *out_y)
{
    sens = sens > ORL_SENS_MAX ? ORL_SENS_MAX : sens < -ORL_SENS_MAX ? -ORL_SENS_MAX : sens;
    double x = sane(dx) * (FRACTION + sens), y = sane(dy) * (FRACTION + sens);
    c->rest_x += c->half_x + (smooth ? x / 2 : x);
    c->rest_y += c->half_y + (smooth ? y / 2 : y);
    c->half_x = smooth ? x / 2 : 0;
    c->half_y = smooth ? y / 2 : 0;
    bool half = c->half_x < 0 || c->half_x > 0 || c->half_y < 0 || c->half_y > 0;
    c->half_ns = half ? now_ns + ORL_COUNTS_FLUSH_NS : NEVER;
    return take(c, out_x, out_y);
}

bool orl_counts_flush(struct orl_counts *c, int32_t *out_x, int32_t *out_y)
{
    c->rest_x += c->half_x;
    c->rest_y += c->half_y;
    c->half_x = c->half_y = 0;
    c->half_ns = NEVER;
    return take(c, out_x, out_y);
}

uint64_t orl_counts_due(const struct orl_counts *c)
{
    return c->half_ns;
}
