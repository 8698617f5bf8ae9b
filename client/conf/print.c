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

/* A secret is a comment, so that a file made of this does not hold "(set)" as the value. */
static void print_value(const struct orl_conf_state *state, int i, FILE *out)
{
    const struct conf_option *o = &orl_conf_options[i];
    bool hidden = o->secret && state->text[i][0] != '\0';
    const char *text = hidden ? "(set)" : state->text[i];
    int used = (int)strlen(o->name) + 1 + (int)strlen(text) + hidden;
    int gap = used < VALUE_COLUMN ? VALUE_COLUMN - used : 1;
    fprintf(out, "%s%s=%s%*s; ", hidden ? ";" : "", o->name, text, gap, " ");
    print_source(state, i, out);
}

static void print_keys(const struct orl_conf *conf, FILE *out)
{
    size_t n = 0;
    const struct orl_conf_key *keys = orl_conf_keys(conf, &n);
    for (size_t i = 0; i < n; i++) {
        int used = (int)strlen(keys[i].chord) + 1 + (int)strlen(keys[i].action);
        int gap = used < VALUE_COLUMN ? VALUE_COLUMN - used : 1;
        fprintf(out, "%s%s=%s%*s; %s\n", i == 0 ? "\n[keys]\n" : "", keys[i].chord,
                keys[i].action, gap, " ", keys[i].where);
    }
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
        print_value(state, i, out);
    }
    print_keys(conf, out);
}
