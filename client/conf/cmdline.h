/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * argv to a list of option settings and to what the program is asked to do. Private to conf/.
 */
#ifndef ORL_CONF_CMDLINE_H
#define ORL_CONF_CMDLINE_H

#include "conf/conf.h"

struct conf_arg {
    int option;        /* index into orl_conf_options, or -1 */
    int gone;          /* index into orl_conf_gones when option is -1 */
    bool is_key;       /* `keys:...`: neither of these */
    const char *typed; /* the argument, borrowed from argv */
    const char *value; /* borrowed from argv; NULL: named without a value */
};

struct conf_cmdline {
    struct conf_arg *arg; /* count entries in the order of the command line; owned */
    int count;
};

/*
 * Reads argv[1..argc-1]. Values are not checked here; unknown names and flags go to rep as errors.
 * Free *out with free(out->arg), also after an error. Errors: ORL_ENOMEM.
 */
ORL_MUST int orl_conf_cmdline_read(struct conf_cmdline *out, struct orl_conf_run *run, int argc,
                                   char **argv, struct orl_conf_report *rep);

#endif
