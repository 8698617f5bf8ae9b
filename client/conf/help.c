/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <string.h>

#include "conf/conf.h"
#include "conf/exit_codes.h"
#include "conf/table.h"

static void print_option(const struct conf_option *o, FILE *out)
{
    char allowed[96];
    char flag[] = {o->flag != 0 ? '-' : ' ', o->flag != 0 ? o->flag : ' ', '\0'};
    orl_conf_allowed(o, allowed, sizeof(allowed));
    fprintf(out, "  %s  %s:%s  (%s, default %s)%s\n", flag, o->section, o->name,
            orl_conf_type_name(o->type), o->fallback[0] != '\0' ? o->fallback : "none",
            o->when == CONF_LATER ? " (not yet)" : "");
    fprintf(out, "        %s.", o->help);
    bool plain = o->type == CONF_BOOL || o->type == CONF_PATH;
    if (!plain && (o->type != CONF_STR || o->choices != NULL)) {
        fprintf(out, " Allowed: %s.", allowed);
    }
    fputc('\n', out);
}

static void print_flags(FILE *out)
{
#define FLAG(spelling, argument, action, meaning)                                              \
    fprintf(out, "  %-28s %s\n", spelling argument, meaning);
#include "conf/flags.def"
}

static void print_files(FILE *out)
{
    fputs("\nSources, later ones win: defaults, /etc/oriel.ini,\n"
          "$XDG_CONFIG_HOME/oriel/oriel.ini, the file of -C, the command line. If neither of "
          "the\n"
          "two files exists, the files of the Looking Glass client are read in their place:\n"
          "/etc/looking-glass-client.ini, ~/.looking-glass-client.ini and\n"
          "$XDG_CONFIG_HOME/looking-glass/client.ini.\n",
          out);
}

static void print_other_names(FILE *out)
{
    fputs("\nOther names of the same options:\n", out);
    for (int i = 0; i < CONF_ALIASES; i++) {
        const struct conf_alias *a = &orl_conf_aliases[i];
        fprintf(out, "  %s:%s is %s:%s\n", a->section, a->name, a->to_section, a->to_name);
    }
    fputs("\nNames that are accepted without effect:\n", out);
    for (int i = 0; i < CONF_GONES; i++) {
        const struct conf_gone *g = &orl_conf_gones[i];
        fprintf(out, "  %s:%s is %s\n", g->section, g->name, g->reason);
    }
}

static void print_keys(const struct orl_conf_bindings *keys, FILE *out)
{
    fputs("\nKey bindings, as keys:CHORD=ACTION or in the section [keys] of a file:\n", out);
    for (size_t i = 0; i < keys->count; i++) {
        fprintf(out, "  %-20s %-22s %s\n", keys->row[i].chord, keys->row[i].action,
                keys->row[i].help);
    }
    fputs("  Escape is the key of input:escapeKey. Before a chord may stand press, tap, hold,\n"
          "  double or release. Other actions: send KEY[+KEY]..., linuxSend KEY[+KEY]... (to\n"
          "  Linux guests only), none.\n",
          out);
}

void orl_conf_help(const struct orl_conf_bindings *keys, FILE *out)
{
    fputs("Usage: oriel [--flag] [-f value] [section:name=value] [section:name]...\n"
          "\n"
          "Shows the screen of a virtual machine whose frames arrive in shared memory.\n"
          "\n"
          "A bool named without a value takes the opposite of its default: -F is\n"
          "win:fullScreen=yes, and -q is win:alerts=no. Short flags of bools may be joined "
          "(-Fk),\n"
          "and a value may stick to its flag (-f/dev/kvmfr0).\n"
          "\n",
          out);
    print_flags(out);
    for (int s = 0; s < CONF_SECTIONS; s++) {
        fprintf(out, "\n%s:\n", orl_conf_sections[s].title);
        for (int i = 0; i < CONF_OPTIONS; i++) {
            if (strcmp(orl_conf_options[i].section, orl_conf_sections[s].name) == 0) {
                print_option(&orl_conf_options[i], out);
            }
        }
    }
    print_keys(keys, out);
    print_other_names(out);
    print_files(out);
    fputs("\nExit codes:\n", out);
#define ROW(name, number, meaning) fprintf(out, "  %d  %s\n", number, meaning);
    ORL_EXIT_CODES(ROW)
#undef ROW
}
