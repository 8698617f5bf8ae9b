/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What a channel's file gives to the session: one constant table each. The session offers every new
 * channel to all parts whose class it is. Private to spice/; SPICE thread.
 */
#ifndef ORL_SPICE_PART_H
#define ORL_SPICE_PART_H

#include <spice-client.h>

#include "spice/spice.h"

struct orl_spice_part {
    const char *name;    /* for the log */
    GType (*type)(void); /* class of channel it serves; NULL: none, requests only */
    bool (*wanted)(const struct orl_spice_conf *conf);
    /* *self may stay NULL. ORL_OK or ORL_ENOMEM; ends with destroy. Once per thread. */
    int (*create)(void **self, struct orl_spice *spice);
    void (*destroy)(void *self);
    /* A SpiceSession was made / will be dropped (each attempt has its own). May be NULL. */
    void (*session)(void *self, SpiceSession *session);
    void (*session_end)(void *self);
    /* A channel of that class: connect signals. The session connects it to the server afterwards. */
    void (*attach)(void *self, SpiceChannel *channel);
    /* It is gone; its signals are no longer wanted. Also for every attached one at the end. */
    void (*detach)(void *self, SpiceChannel *channel);
    /* A note of main's; true when it was for this part (which does not keep note->data). NULL ok */
    bool (*request)(void *self, const struct orl_spice_note *note);
    /* orl_spice_wake() was called: new input commands, or a picture is wanted. NULL ok */
    void (*woken)(void *self);
    /* At the end: true while it has something to send that is worth a short wait. NULL ok */
    bool (*busy)(void *self);
    uint32_t has; /* enum orl_spice_has: set in the status while one of its channels is open */
};

/* All parts in the order in which they are made; the last is NULL. Ends in the opposite order. */
extern const struct orl_spice_part *const orl_spice_parts[];
#define ORL_SPICE_PARTS_MAX 16

extern const struct orl_spice_part orl_spice_inputs;
extern const struct orl_spice_part orl_spice_playback;
extern const struct orl_spice_part orl_spice_record;
extern const struct orl_spice_part orl_spice_clipboard;
extern const struct orl_spice_part orl_spice_display;
extern const struct orl_spice_part orl_spice_cursor;
extern const struct orl_spice_part orl_spice_files; /* dropped files */
extern const struct orl_spice_part orl_spice_share; /* shared folder: webdav */
extern const struct orl_spice_part orl_spice_usb;

/* What parts may use of the session. */
const struct orl_spice_conf *orl_spice_conf(const struct orl_spice *s);
struct orl_spice_link *orl_spice_link(struct orl_spice *s);

/* Change the status, then publish: wakes main when it differs from what was published last. */
struct orl_spice_status *orl_spice_status(struct orl_spice *s);
void orl_spice_publish(struct orl_spice *s);

/* A note to main; `data` (may be NULL) is copied. When main does not take them (256 wait), notes are
 * dropped and counted, said once. */
void orl_spice_emit(struct orl_spice *s, enum orl_spice_note_kind kind, uint32_t a, uint32_t b,
                    uint64_t id, const void *data, size_t len);

#endif
