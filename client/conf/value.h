/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Text of a value to a field of struct orl_conf, with type and range check. Private to conf/.
 */
#ifndef ORL_CONF_VALUE_H
#define ORL_CONF_VALUE_H

#include "conf/conf.h"
#include "conf/table.h"

/* Longest canonical text of a value that is not a string, with its terminator. */
#define CONF_VALUE_TEXT 64

/*
 * Checks `text` and, when it is allowed, writes the spelling that output uses to *canonical: text
 * itself, a constant, or buf. Returns false when the value is not allowed.
 */
ORL_MUST bool orl_conf_check(const struct conf_option *opt, const char *text,
                             const char **canonical, char buf[CONF_VALUE_TEXT]);

/*
 * Stores a text that orl_conf_check() accepted in the field. Of strings only the pointer is kept:
 * text must live as long as conf.
 */
void orl_conf_store(struct orl_conf *conf, const struct conf_option *opt, const char *text);

#endif
