/* SPDX-License-Identifier: GPL-2.0-or-later */
/* When to draw. Pure: time comes in as a parameter. Render thread. */
#ifndef ORL_RENDER_PACE_H
#define ORL_RENDER_PACE_H

#include <stdbool.h>
#include <stdint.h>

struct orl_pace_in {
    bool hidden;           /* nobody sees the window */
    bool frame;            /* a guest frame waits to be shown */
    bool other;            /* cursor, overlay or window changed */
    bool urgent;           /* a screenshot is wanted: draw, hidden or not */
    uint32_t refresh_hz;   /* of the display; 0 unknown, taken as 60 */
    int32_t fps_min;       /* win:fpsMin; > 0: draw at least that often */
    uint64_t last_draw_ns; /* 0: never drawn */
};

/*
 * When the next picture is due: 0 for at once, UINT64_MAX for not before something changes.
 * A guest frame is never held back. Everything else is merged to one picture per refresh of the
 * display, because the display could not show more.
 */
uint64_t orl_pace_due(const struct orl_pace_in *in);

#endif
