/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "spice/pulse.h"

#include <string.h>

void orl_pulse_init(struct orl_pulse *p)
{
    memset(p, 0, sizeof(*p));
}

bool orl_pulse_look(struct orl_pulse *p, const struct orl_pulse_signs *signs, uint64_t now_ns)
{
    const struct orl_pulse_signs *last = &p->last;
    bool first = p->looked_ns == 0;
    bool slept = !first && now_ns - p->looked_ns > ORL_PULSE_GAP_NS;
    bool debt = signs->owes || signs->unread > 0;
    bool moved = signs->read_bytes != last->read_bytes || signs->flushed != last->flushed ||
                 signs->unread < last->unread;
    if (first || slept || !debt || moved) {
        p->alive_ns = now_ns;
    }
    p->last = *signs;
    p->looked_ns = now_ns;
    return now_ns - p->alive_ns > ORL_PULSE_LIMIT_NS;
}
