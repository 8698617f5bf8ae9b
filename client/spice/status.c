/* SPDX-License-Identifier: GPL-2.0-or-later */
#define ORL_LOG_MODULE "spice"
#include <stdlib.h>
#include <string.h>

#include "base/log.h"
#include "spice/impl.h"

void orl_status_init(struct orl_spice *s)
{
    /* Both are compared as bytes: filled once, changed field by field, padding never. */
    memset(&s->status, 0, sizeof(s->status));
    memset(&s->published, 0, sizeof(s->published));
}

void orl_status_clear_session(struct orl_spice *s)
{
    struct orl_spice_status *st = &s->status;
    st->has = 0;
    st->absolute = false;
    st->leds_known = false;
    st->leds = 0;
    st->has_uuid = false;
    memset(st->uuid, 0, sizeof(st->uuid));
    memset(st->name, 0, sizeof(st->name));
    st->display_w = st->display_h = 0;
    st->cursor_known = false;
    st->cursor_x = st->cursor_y = 0;
    st->clip_ready = false;
    st->recording = false;
}

struct orl_spice_status *orl_spice_status(struct orl_spice *s)
{
    return &s->status;
}

static void wake_main(struct orl_spice *s)
{
    if (s->link->wake_main) {
        s->link->wake_main(s->link->wake_main_arg);
    }
}

void orl_spice_publish(struct orl_spice *s)
{
    /* As bytes: see orl_status_init(). NOLINTNEXTLINE(bugprone-suspicious-memory-comparison) */
    if (memcmp(&s->status, &s->published, sizeof(s->status)) == 0) {
        return;
    }
    memcpy(&s->published, &s->status, sizeof(s->status));
    memcpy(&s->link->status[s->link->status_mb.back], &s->status, sizeof(s->status));
    orl_mailbox_publish(&s->link->status_mb);
    wake_main(s);
}

void orl_spice_emit(struct orl_spice *s, enum orl_spice_note_kind kind, uint32_t a, uint32_t b,
                    uint64_t id, const void *data, size_t len)
{
    struct orl_spice_note note = {.kind = kind, .a = a, .b = b, .id = id};
    if (data) {
        note.data = malloc(len + 1);
        if (note.data) {
            memcpy(note.data, data, len);
            note.data[len] = '\0';
            note.len = len;
        }
    }
    if ((data && !note.data) || !orl_spsc_push(&s->link->events, &note)) {
        free(note.data);
        if (s->notes_lost++ == 0) {
            orl_warn("the main thread does not take its messages: they are dropped");
        }
        return;
    }
    wake_main(s);
}
