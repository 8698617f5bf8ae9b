/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * One INI stream to (section, name, value, line) calls. Private to conf/.
 *
 * Rules, the same whatever way inih was built: `;` and `#` start a comment at the start of a line,
 * ` ;` starts one behind a value, a line never continues the one above, a BOM is skipped, and lines
 * may have up to CONF_LINE_MAX bytes.
 */
#ifndef ORL_CONF_INI_FILE_H
#define ORL_CONF_INI_FILE_H

#include <stdio.h>

#include "base/err.h"

#define CONF_LINE_MAX 8192

struct conf_ini_calls {
    void *user;
    /* Strings are valid during the call; section is "" above the first heading. */
    void (*value)(void *user, int line, const char *section, const char *name,
                  const char *value);
    /* A line that cannot be read; `what` is a phrase that says why. */
    void (*bad_line)(void *user, int line, const char *what);
};

/* Reads to the end of `in`. Errors: ORL_ESYS - reading failed, errno says why; ORL_ENOMEM. */
ORL_MUST int orl_conf_ini_read(FILE *in, const struct conf_ini_calls *calls);

#endif
