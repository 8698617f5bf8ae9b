/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What the command line may ask for instead of a window. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "app/app_impl.h"
#include "input/keys.h"

/* The bindings that the program has by itself, as text for help, manual and the written file. */
struct texts {
    struct orl_binds binds;
    struct orl_conf_binding row[ORL_BINDS_MAX];
    struct orl_conf_bindings all;
    char chord[ORL_BINDS_MAX][ORL_BIND_TEXT_BYTES];
    char action[ORL_BINDS_MAX][ORL_BIND_TEXT_BYTES];
    char help[ORL_BINDS_MAX][ORL_BIND_TEXT_BYTES];
};

static struct texts *make_texts(void)
{
    struct texts *t = calloc(1, sizeof(*t));
    char keys[ORL_BIND_TEXT_BYTES];
    uint16_t escape = 0;
    if (!t || !orl_key_parse("KEY_SCROLLLOCK", &escape)) {
        free(t);
        return NULL;
    }
    orl_binds_init(&t->binds, escape, 0);
    for (size_t i = 0; i < t->binds.count; i++) {
        const struct orl_bind *bind = &t->binds.bind[i];
        orl_bind_line(bind, t->chord[i], t->action[i]);
        orl_bind_words(&t->binds, bind, NULL, keys, sizeof(keys), t->help[i],
                       sizeof(t->help[i]));
        t->row[i] = (struct orl_conf_binding){t->chord[i], t->action[i], t->help[i]};
    }
    t->all = (struct orl_conf_bindings){t->row, t->binds.count};
    return t;
}

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

static int write_config(const char *path, const struct orl_conf_bindings *keys)
{
    if (path && strcmp(path, "-") == 0) {
        orl_conf_write_default(keys, stdout);
        return ORL_EXIT_OK;
    }
    struct orl_conf_env env;
    char where[4096] = "";
    struct orl_conf_report *rep = calloc(1, sizeof(*rep));
    if (!rep) {
        return ORL_EXIT_FAILURE;
    }
    orl_conf_env_from_process(&env);
    int err = orl_conf_write_file(path, &env, keys, where, sizeof(where), rep);
    orl_conf_report_print(rep, stderr);
    free(rep);
    if (!err) {
        printf("%s\n", where);
    }
    return err ? ORL_EXIT_FAILURE : ORL_EXIT_OK;
}

static int print_text(const struct orl_conf_run *run)
{
    int code = ORL_EXIT_OK;
    struct texts *t = make_texts();
    if (!t) {
        return ORL_EXIT_FAILURE;
    }
    switch (run->action) {
    case ORL_CONF_HELP: orl_conf_help(&t->all, stdout); break;
    case ORL_CONF_LIST_JSON: orl_conf_list_json(&t->all, stdout); break;
    case ORL_CONF_MAN: orl_conf_man(&t->all, stdout); break;
    default: code = write_config(run->path, &t->all); break;
    }
    free(t);
    return code;
}

bool orl_app_action(const struct orl_conf *conf, const struct orl_conf_run *run, int *exit_code)
{
    *exit_code = ORL_EXIT_OK;
    switch (run->action) {
    case ORL_CONF_RUN: break;
    case ORL_CONF_VERSION: *exit_code = print_version(); return true;
    case ORL_CONF_PRINT: orl_conf_print(conf, stdout); return true;
    case ORL_CONF_LICENSE: *exit_code = print_license(); return true;
    case ORL_CONF_HELP:
    case ORL_CONF_LIST_JSON:
    case ORL_CONF_MAN:
    case ORL_CONF_WRITE: *exit_code = print_text(run); return true;
    case ORL_CONF_INSPECT:
    case ORL_CONF_INSPECT_JSON: *exit_code = orl_app_inspect(run); return true;
    }
    if (strcmp(conf->input_escape_key, "help") == 0) {
        orl_key_list(stdout);
        return true;
    }
    return false;
}
