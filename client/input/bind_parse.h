/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The two sides of a line of [keys] to a binding. Pure. Private to binds. */
#ifndef ORL_INPUT_BIND_PARSE_H
#define ORL_INPUT_BIND_PARSE_H

#include "input/binds.h"

/*
 * "tap Escape", "LeftCtrl+Alt+F" -> trigger and chord. `escape` is the position of the escape key:
 * naming it by its own name is naming Escape. ORL_OK or ORL_EINVAL with the reason in `why`.
 */
ORL_MUST int orl_bind_parse_chord(const char *text, uint16_t escape, struct orl_bind *out,
                                  char *why, size_t cap);

/*
 * "fullScreen", "send Ctrl+A", "none" -> action, send, linux_only. ORL_ACTION_NONE for none.
 * ORL_OK or ORL_EINVAL with the reason in `why`.
 */
ORL_MUST int orl_bind_parse_action(const char *text, struct orl_bind *out, char *why,
                                   size_t cap);

/* Word of a trigger: "press", "tap"... */
const char *orl_bind_trigger_name(enum orl_trigger trigger);

#endif
