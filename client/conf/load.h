/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Settings from one source into a conf while it is being loaded. Private to conf/.
 */
#ifndef ORL_CONF_LOAD_H
#define ORL_CONF_LOAD_H

#include <stdint.h>

#include "conf/cmdline.h"
#include "conf/conf.h"
#include "conf/table.h"

#define CONF_SEEN_MAX 256

struct conf_loader {
    struct orl_conf *conf;
    struct orl_conf_report *rep;
    bool lenient; /* the file being read is another program's */
    int file;     /* being read: index into state->files */
    int err;      /* first ORL_ENOMEM; 0: none */
    bool keys_full_said;
    bool later_said[CONF_OPTIONS];
    uint64_t seen[CONF_SEEN_MAX]; /* hashes of ignored names that were reported */
    int seen_count;
};

/* The section whose names are chords and not options. */
#define CONF_KEYS "keys"

/*
 * Adds a line of [keys], chord_len bytes of chord; `where` is as in struct orl_conf_key. Complaints
 * go to the report.
 */
void orl_conf_apply_key(struct conf_loader *l, const char *chord, size_t chord_len,
                        const char *action, const char *where);

/* Puts every default into the conf; source CONF_FROM_DEFAULT. */
void orl_conf_apply_defaults(struct orl_conf *conf);

/* Puts the settings of the command line into the conf; complaints go to the report. */
void orl_conf_apply_cmdline(struct conf_loader *l, const struct conf_cmdline *line);

/*
 * Reads the file at `path` into the conf. A missing file is an error only if `must`. *found (may be
 * NULL) tells whether something is there. `path` is copied.
 */
void orl_conf_apply_file(struct conf_loader *l, const char *path, bool must, bool *found);

#endif
