/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Where each value of a conf comes from, and the strings it owns. Private to conf/. Constant after
 * orl_conf_load().
 */
#ifndef ORL_CONF_STATE_H
#define ORL_CONF_STATE_H

#include "conf/conf.h"
#include "conf/table.h"

#define CONF_FROM_DEFAULT (-1)
#define CONF_FROM_COMMAND (-2)

struct conf_source {
    int file; /* index into orl_conf_state.files, or one of CONF_FROM_* */
    int line; /* in that file, from 1 */
};

struct orl_conf_state {
    const char *text[CONF_OPTIONS]; /* canonical spelling of each value, never NULL */
    char *owned[CONF_OPTIONS];      /* what text points to when it is ours; may be NULL */
    struct conf_source source[CONF_OPTIONS];
    char **files; /* file_count owned paths that were read */
    int file_count;
    struct orl_conf_key *keys; /* key_count of them; each owns one block, which chord starts */
    size_t key_count;
};

#endif
