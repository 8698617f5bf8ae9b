/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "frame/fallback.h"

#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <unistd.h>

void orl_fallback_init(struct orl_fallback *f, struct orl_wake *render_wake)
{
    memset(f, 0, sizeof(*f));
    orl_mailbox_init(&f->frame_mb);
    orl_mailbox_init(&f->pos_mb);
    orl_mailbox_init(&f->shape_mb);
    orl_flag_init(&f->wanted);
    orl_flag_init(&f->all);
    orl_counter_init(&f->released);
    f->render_wake = render_wake;
    f->source_fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
    if (f->source_fd < 0) {
        orl_flag_raise(&f->wanted);
    }
}

void orl_fallback_finish(struct orl_fallback *f)
{
    for (int i = 0; i < ORL_MAILBOX_SLOTS; i++) {
        free(f->pixels[i]);
        f->pixels[i] = NULL;
        free(f->shape[i].rgba);
        f->frame[i] = (struct orl_slot){.kind = ORL_SLOT_NONE};
        f->shape[i] = (struct orl_cursor_shape){0};
    }
    if (f->source_fd >= 0) {
        close(f->source_fd);
        f->source_fd = -1;
    }
}

/* Fails only when the counter is full: then the source has been told often enough. */
static void tell_source(struct orl_fallback *f)
{
    (void)!write(f->source_fd, &(uint64_t){1}, sizeof(uint64_t));
}

void orl_fallback_want(struct orl_fallback *f, bool wanted)
{
    if (f->source_fd < 0 || wanted == orl_flag_is_raised(&f->wanted)) {
        return;
    }
    if (!wanted) {
        orl_flag_lower(&f->wanted);
        return;
    }
    orl_flag_raise(&f->wanted);
    orl_flag_raise(&f->all);
    tell_source(f);
}

void orl_fallback_release(struct orl_fallback *f, uint64_t hold, bool shown)
{
    orl_counter_set(&f->released, hold * 2 + (shown ? 0 : 1));
    if (f->source_fd >= 0) {
        tell_source(f);
    }
}
