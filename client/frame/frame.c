/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "frame/frame.h"

#include <stdlib.h>
#include <string.h>

#include "base/thread.h"
#include "frame/cursor_pump.h"
#include "frame/pump.h"

struct orl_frame {
    struct orl_pump pump;
    struct orl_cursor_pump cursor;
    struct orl_thread frame_thread, cursor_thread;
    struct orl_frame_link *link; /* borrowed */
    struct orl_guest_wish wish;  /* main thread: the newest of each kind */
};

/* Mailboxes and the wake word want cache lines of their own. */
static struct orl_frame *allocate(void)
{
    size_t align = _Alignof(struct orl_frame);
    size_t bytes = (sizeof(struct orl_frame) + align - 1) / align * align;
    struct orl_frame *f = aligned_alloc(align, bytes);
    if (f) {
        memset(f, 0, sizeof(*f));
    }
    return f;
}

int orl_frame_start(struct orl_frame **out, const struct orl_frame_conf *conf,
                    struct orl_frame_link *link)
{
    int err = orl_shm_guard();
    if (err) {
        return err;
    }
    struct orl_frame *f = allocate();
    if (!f) {
        return ORL_ENOMEM;
    }
    f->link = link;
    orl_pump_init(&f->pump, conf, link);
    orl_cursor_pump_init(&f->cursor, conf, link);
    err = orl_thread_start(&f->frame_thread, "orl-frame", orl_pump_run, &f->pump);
    if (!err) {
        err =
            orl_thread_start(&f->cursor_thread, "orl-cursor", orl_cursor_pump_run, &f->cursor);
    }
    if (err) {
        orl_frame_stop(&f);
        return err;
    }
    *out = f;
    return ORL_OK;
}

void orl_frame_stop(struct orl_frame **frame)
{
    struct orl_frame *f = *frame;
    if (!f) {
        return;
    }
    orl_sleeper_stop(f->pump.sleeper);
    orl_sleeper_stop(&f->cursor.sleeper);
    orl_thread_join(&f->frame_thread);
    orl_thread_join(&f->cursor_thread);
    orl_pump_finish(&f->pump);
    orl_cursor_pump_finish(&f->cursor);
    free(f);
    *frame = NULL;
}

void orl_frame_poke(struct orl_frame *frame)
{
    orl_sleeper_poke(frame->pump.sleeper);
    orl_sleeper_poke(&frame->cursor.sleeper);
}

void orl_frame_set_video(struct orl_frame *frame, bool on)
{
    if (on) {
        orl_flag_lower(&frame->pump.video_off);
    } else {
        orl_flag_raise(&frame->pump.video_off);
    }
    orl_sleeper_wake(frame->pump.sleeper);
}

/* All kinds travel together, so that one that is not taken yet is not replaced by the other. */
static void publish_wish(struct orl_frame *f)
{
    f->link->wish[f->link->wish_mb.back] = f->wish;
    orl_mailbox_publish(&f->link->wish_mb);
    orl_sleeper_poke(&f->cursor.sleeper);
}

/* 0 means that nothing was ever asked. */
static uint32_t next_serial(uint32_t serial)
{
    return serial == UINT32_MAX ? 1 : serial + 1;
}

void orl_frame_align(struct orl_frame *frame, int32_t x, int32_t y)
{
    frame->wish.x = x;
    frame->wish.y = y;
    frame->wish.align_serial = next_serial(frame->wish.align_serial);
    publish_wish(frame);
}

uint32_t orl_frame_ask_recovery(struct orl_frame *frame, bool active)
{
    frame->wish.recovery_active = active;
    frame->wish.recovery_serial = next_serial(frame->wish.recovery_serial);
    publish_wish(frame);
    return frame->wish.recovery_serial;
}

void orl_frame_put_aside(struct orl_frame *frame)
{
    orl_flag_raise(&frame->pump.aside);
    orl_sleeper_wake(frame->pump.sleeper);
}

void orl_frame_ask_size(struct orl_frame *frame, uint32_t w, uint32_t h)
{
    frame->wish.w = w;
    frame->wish.h = h;
    frame->wish.size_serial = next_serial(frame->wish.size_serial);
    publish_wish(frame);
}
