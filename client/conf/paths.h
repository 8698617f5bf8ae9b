/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Names of the configuration files. Private to conf/. Any thread.
 */
#ifndef ORL_CONF_PATHS_H
#define ORL_CONF_PATHS_H

#include "conf/conf.h"

#define CONF_OWN_FILES    2
#define CONF_IMPORT_FILES 3

/*
 * File i, in reading order, to dst (cap bytes). False when the environment lacks the folder or the
 * name is too long.
 */
bool orl_conf_own_file(const struct orl_conf_env *env, int i, char *dst, size_t cap);
bool orl_conf_import_file(const struct orl_conf_env *env, int i, char *dst, size_t cap);

#endif
