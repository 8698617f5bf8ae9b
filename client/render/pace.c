/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "render/pace.h"

#include "base/clock.h"

uint64_t orl_pace_due(const struct orl_pace_in *in)
{
    uint64_t due = UINT64_MAX;
    if (in->urgent) {
        return 0;
    }
    if (in->hidden) {
        return UINT64_MAX;
    }
    if (in->frame || ((in->other || in->fps_min > 0) && in->last_draw_ns == 0)) {
        return 0;
    }
    if (in->other) {
        uint32_t hz = in->refresh_hz ? in->refresh_hz : 60;
        due = in->last_draw_ns + ORL_NS_PER_S / hz;
    }
    if (in->fps_min > 0) {
        uint64_t floor_ns = in->last_draw_ns + ORL_NS_PER_S / (uint64_t)in->fps_min;
        due = floor_ns < due ? floor_ns : due;
    }
    return due;
}
