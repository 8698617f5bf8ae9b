/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Passwords: read, kept and wiped. None of these functions logs. Any thread. */
#ifndef ORL_SPICE_SECRET_H
#define ORL_SPICE_SECRET_H

#include "spice/spice.h"

/* The password to try: `given` when not NULL, else the option's, else the first line of the file,
 * else "". The caller frees it with orl_secret_free(). NULL: the file cannot be read (or no
 * memory), `why` says so. */
char *orl_secret_choose(const char *given, const struct orl_spice_conf *conf, char *why,
                        size_t why_cap);

char *orl_secret_copy(const char *text); /* NULL: out of memory */
void orl_secret_free(char **secret);     /* wipes; accepts NULL inside */

/* Whether a file can be opened for reading; else `why` says what stands in the way. */
bool orl_secret_readable(const char *path, char *why, size_t why_cap);

#endif
