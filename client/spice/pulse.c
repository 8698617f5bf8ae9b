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
    bool debt = signs->owes || signs->acks || signs->unread > 0;
    /* What the library got rid of counts when nothing of it lies about. While an acknowledgement is
     * due, only what the server says counts: the rest may be its kernel's doing. */
    bool taken =
        signs->unread < last->unread || (signs->unread == 0 && signs->flushed != last->flushed);
    bool moved = signs->read_bytes != last->read_bytes || (taken && !signs->acks);
    if (first || slept || !debt || moved) {
        p->alive_ns = now_ns;
    }
    p->last = *signs;
    p->looked_ns = now_ns;
    return now_ns - p->alive_ns > ORL_PULSE_LIMIT_NS;
}
