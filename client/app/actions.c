/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What the command line may ask for instead of a window. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "app/app_impl.h"
#include "input/keys.h"

static int print_version(void)
{
    puts("Oriel " ORL_VERSION);
    return ORL_EXIT_OK;
}

static int print_license(void)
{
    puts(
        "Oriel " ORL_VERSION "\n"
        "This program is free software; you can redistribute it and/or modify it under the "
        "terms\n"
        "of the GNU General Public License as published by the Free Software Foundation; "
        "either\n"
        "version 2 of the License, or (at your option) any later version.\n\n"
        "It is distributed in the hope that it will be useful, but WITHOUT ANY WARRANTY; "
        "without\n"
        "even the implied warranty of MERCHANTABILITY or FITNESS FOR A PARTICULAR PURPOSE. "
        "The\n"
        "full text is in the file LICENSE of the source and at https://www.gnu.org/licenses/.");
    return ORL_EXIT_OK;
}

static int write_config(const char *path)
{
    if (path && strcmp(path, "-") == 0) {
        orl_conf_write_default(stdout);
        return ORL_EXIT_OK;
    }
    struct orl_conf_env env;
    char where[4096] = "";
    struct orl_conf_report *rep = calloc(1, sizeof(*rep));
    if (!rep) {
        return ORL_EXIT_FAILURE;
    }
    orl_conf_env_from_process(&env);
    int err = orl_conf_write_file(path, &env, where, sizeof(where), rep);
    orl_conf_report_print(rep, stderr);
    free(rep);
    if (!err) {
        printf("%s\n", where);
    }
    return err ? ORL_EXIT_FAILURE : ORL_EXIT_OK;
}

bool orl_app_action(const struct orl_conf *conf, const struct orl_conf_run *run, int *exit_code)
{
    *exit_code = ORL_EXIT_OK;
    switch (run->action) {
    case ORL_CONF_RUN: break;
    case ORL_CONF_HELP: orl_conf_help(stdout); return true;
    case ORL_CONF_VERSION: *exit_code = print_version(); return true;
    case ORL_CONF_LIST_JSON: orl_conf_list_json(stdout); return true;
    case ORL_CONF_PRINT: orl_conf_print(conf, stdout); return true;
    case ORL_CONF_WRITE: *exit_code = write_config(run->path); return true;
    case ORL_CONF_LICENSE: *exit_code = print_license(); return true;
    case ORL_CONF_MAN: orl_conf_man(stdout); return true;
    case ORL_CONF_INSPECT:
    case ORL_CONF_INSPECT_JSON: *exit_code = orl_app_inspect(run); return true;
    }
    if (strcmp(conf->input_escape_key, "help") == 0) {
        orl_key_list(stdout);
        return true;
    }
    return false;
}
