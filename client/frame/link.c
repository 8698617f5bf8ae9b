/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "frame/link.h"

#include <stdlib.h>
#include <string.h>

void orl_frame_link_init(struct orl_frame_link *link, struct orl_wake *render_wake)
{
    memset(link, 0, sizeof(*link));
    orl_mailbox_init(&link->frame_mb);
    orl_mailbox_init(&link->want_mb);
    orl_mailbox_init(&link->pool_mb);
    orl_mailbox_init(&link->pos_mb);
    orl_mailbox_init(&link->shape_mb);
    orl_mailbox_init(&link->report_mb);
    orl_mailbox_init(&link->wish_mb);
    orl_mailbox_init(&link->recovery_mb);
    orl_mailbox_init(&link->status_mb);
    orl_mailbox_init(&link->status_main_mb);
    orl_counter_init(&link->frames_found);
    orl_counter_init(&link->frames_skipped);
    orl_counter_init(&link->frames_dropped);
    orl_counter_init(&link->ways);
    orl_counter_init(&link->released);
    orl_counter_init(&link->frames_held);
    orl_counter_init(&link->frames_late);
    orl_counter_init(&link->way);
    orl_histogram_init(&link->held_ns);
    orl_sleeper_init(&link->sleeper);
    link->render_wake = render_wake;
}

void orl_frame_link_set_ways(struct orl_frame_link *link, uint32_t ways)
{
    orl_counter_set(&link->ways, ways | ORL_WAYS_KNOWN);
    orl_sleeper_wake(&link->sleeper);
}

void orl_frame_link_release(struct orl_frame_link *link, uint64_t hold, bool shown)
{
    orl_counter_set(&link->released, hold * 2 + (shown ? 0 : 1));
    orl_sleeper_wake(&link->sleeper);
}

void orl_frame_link_finish(struct orl_frame_link *link)
{
    for (int i = 0; i < ORL_MAILBOX_SLOTS; i++) {
        free(link->shape[i].rgba);
        link->shape[i] = (struct orl_cursor_shape){0};
    }
    orl_sleeper_finish(&link->sleeper);
}
