/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A window with a clipboard on the display server of the environment, and programs beside it that
 * copy and paste. The rig answers what they ask for from `content` while it waits.
 */
#ifndef ORL_TESTS_WIN_CLIP_RIG_H
#define ORL_TESTS_WIN_CLIP_RIG_H

#include <stdbool.h>
#include <sys/types.h>

#include "win/clipboard.h"
#include "win/win_impl.h"

#define RIG_MAX_BYTES (16u << 20)

struct rig_blob {
    uint8_t *data;
    size_t len;
};

struct rig {
    struct orl_win win;
    struct orl_win_clip *clip;
    char dir[64];
    uint32_t offer;                 /* the newest offer of another program */
    uint32_t offer_count;           /* of all */
    struct rig_blob text, png, bmp; /* what we own; data NULL: refused */
    bool deaf;                      /* answers no requests */
    uint32_t request_count;
    uint64_t got_id; /* of the newest data */
    uint32_t got_count;
    struct rig_blob got;
    uint64_t last_id;
};

/* cmocka setup and teardown; the state is a struct rig. */
int rig_start(void **state);
int rig_stop(void **state);

/* Handles what happens for so long. */
void rig_pass(struct rig *r, uint32_t ms);
/* Waits (at most 30 s) until another program offers exactly these types. */
void rig_wait_offer(struct rig *r, uint32_t types);
/* Asks and waits; the content is in r->got. False: refused. */
bool rig_fetch(struct rig *r, uint32_t type);
/* Starts a shell command in the rig's folder; the exit code once it ends (-1: had to be killed). */
pid_t rig_begin(struct rig *r, const char *command);
int rig_end(struct rig *r, pid_t pid);
int rig_run(struct rig *r, const char *command);
void rig_kill(pid_t pid);

/* Files in the rig's folder. */
void rig_write(struct rig *r, const char *name, const void *data, size_t len);
struct rig_blob rig_read(struct rig *r, const char *name);

/* Random content: text of `len` bytes; a PNG of about `len` bytes. */
struct rig_blob rig_text(size_t len);
struct rig_blob rig_png(size_t len);
void rig_same(struct rig_blob a, struct rig_blob b);
/* One is a PNG, the other a BMP: the same pixels? */
void rig_same_picture(struct rig_blob png, struct rig_blob bmp);
void rig_free(struct rig_blob *b);

#endif
