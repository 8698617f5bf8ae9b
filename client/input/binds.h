/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Combinations with the escape key: held, it makes other keys commands of the viewer; held for a
 * while, it asks for the list of them. Keys are positions, so a combination stays where it is on
 * every layout. Pure: time comes in as a parameter. Main thread.
 */
#ifndef ORL_INPUT_BINDS_H
#define ORL_INPUT_BINDS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "input/event.h"

enum orl_action {
    ORL_ACTION_NONE,
    ORL_ACTION_FULL_SCREEN,
    ORL_ACTION_VIDEO,
    ORL_ACTION_ROTATE,
    ORL_ACTION_FPS,
    ORL_ACTION_QUIT,
    ORL_ACTION_HELP_SHOW,
    ORL_ACTION_HELP_HIDE
};

struct orl_bind {
    uint16_t scancode;
    enum orl_action action;
    const char *text; /* what it does, for the list */
};

struct orl_binds {
    uint16_t escape; /* position of the escape key */
    uint64_t delay_ns;
    bool held;       /* the escape key is down */
    bool used;       /* a combination was made since: no list any more */
    bool help;       /* the list is shown */
    uint64_t due_ns; /* when to show the list */
};

void orl_binds_init(struct orl_binds *b, uint16_t escape, uint64_t delay_ns);

/* A key event. ORL_ACTION_NONE when it means nothing here. */
enum orl_action orl_binds_key(struct orl_binds *b, const struct orl_event *ev, uint64_t now_ns);

/* Time has passed: ORL_ACTION_HELP_SHOW once when the list is due. */
enum orl_action orl_binds_tick(struct orl_binds *b, uint64_t now_ns);

/* When orl_binds_tick() has something to say; UINT64_MAX for never. */
uint64_t orl_binds_due(const struct orl_binds *b);

/* The keyboard went elsewhere: key-ups will not come. ORL_ACTION_HELP_HIDE when shown. */
enum orl_action orl_binds_blur(struct orl_binds *b);

/* All combinations, `*n` rows, constant. */
const struct orl_bind *orl_binds_table(size_t *n);

#endif
