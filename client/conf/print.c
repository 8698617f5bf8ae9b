/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <string.h>

#include "conf/state.h"

#define VALUE_COLUMN 40

static void print_source(const struct orl_conf_state *state, int i, FILE *out)
{
    struct conf_source src = state->source[i];
    if (src.file >= 0) {
        fprintf(out, "%s:%d", state->files[src.file], src.line);
    } else {
        fputs(src.file == CONF_FROM_COMMAND ? "command line" : "default", out);
    }
    if (orl_conf_options[i].when == CONF_LATER) {
        fputs(" (not yet)", out);
    }
    fputc('\n', out);
}

void orl_conf_print(const struct orl_conf *conf, FILE *out)
{
    const struct orl_conf_state *state = conf->state;
    const char *section = "";
    for (int i = 0; i < CONF_OPTIONS; i++) {
        const struct conf_option *o = &orl_conf_options[i];
        if (strcmp(section, o->section) != 0) {
            fprintf(out, "%s[%s]\n", i == 0 ? "" : "\n", o->section);
            section = o->section;
        }
        int used = (int)strlen(o->name) + 1 + (int)strlen(state->text[i]);
        int gap = used < VALUE_COLUMN ? VALUE_COLUMN - used : 1;
        fprintf(out, "%s=%s%*s; ", o->name, state->text[i], gap, " ");
        print_source(state, i, out);
    }
}
