/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The manual page in mdoc(7). Its date is that of the last change of this file's wording, so that
 * the same source always gives the same page.
 */
#include <string.h>

#include "conf/conf.h"
#include "conf/exit_codes.h"
#include "conf/table.h"

#define PAGE_DATE "August 22, 2026"

/* Text that roff prints as it is; `first` when it may stand at the start of a line. */
static void put(FILE *out, const char *text, bool first)
{
    if (first && (*text == '.' || *text == '\'')) {
        fputs("\\&", out);
    }
    for (; *text != '\0'; text++) {
        switch (*text) {
        case '\\': fputs("\\e", out); break;
        case '-': fputs("\\-", out); break;
        case '"': fputs("\\(dq", out); break;
        case '~': fputs("\\(ti", out); break;
        case '^': fputs("\\(ha", out); break;
        case '\'': fputs("\\(aq", out); break;
        default: fputc(*text, out); break;
        }
    }
}

static void put_option(const struct conf_option *o, FILE *out)
{
    char allowed[96];
    orl_conf_allowed(o, allowed, sizeof(allowed));
    fprintf(out, ".It Cm %s : Ns Cm %s", o->section, o->name);
    if (o->flag != 0) {
        fprintf(out, " Pq Fl %c", o->flag);
    }
    fputc('\n', out);
    put(out, o->help, true);
    fputs(".\nAllowed: ", out);
    put(out, allowed, false);
    fputs(".\nDefault: ", out);
    put(out, o->fallback[0] != '\0' ? o->fallback : "none", false);
    fprintf(out, ".\n%s", o->when == CONF_LATER ? "Not yet: has no effect.\n" : "");
}

static void put_options(FILE *out)
{
    fputs(".Sh OPTIONS\n"
          "On the command line an option is written\n"
          ".Ar section : Ns Ar name Ns = Ns Ar value .\n"
          "A bool written without a value takes the opposite of its default.\n"
          "Short flags of bools may be joined, and a value may stick to its short flag.\n",
          out);
    for (int s = 0; s < CONF_SECTIONS; s++) {
        fprintf(out, ".Ss %s\n.Bl -tag -width Ds\n", orl_conf_sections[s].title);
        for (int i = 0; i < CONF_OPTIONS; i++) {
            if (strcmp(orl_conf_options[i].section, orl_conf_sections[s].name) == 0) {
                put_option(&orl_conf_options[i], out);
            }
        }
        fputs(".El\n", out);
    }
    fputs(".Ss Other names\n"
          "These names of other versions are accepted too.\n"
          ".Bl -tag -width Ds\n",
          out);
    for (int i = 0; i < CONF_ALIASES; i++) {
        const struct conf_alias *a = &orl_conf_aliases[i];
        fprintf(out, ".It Cm %s : Ns Cm %s\nIs\n.Cm %s : Ns Cm %s .\n", a->section, a->name,
                a->to_section, a->to_name);
    }
    for (int i = 0; i < CONF_GONES; i++) {
        const struct conf_gone *g = &orl_conf_gones[i];
        fprintf(out, ".It Cm %s : Ns Cm %s\nIs ", g->section, g->name);
        put(out, g->reason, false);
        fputs(".\n", out);
    }
    fputs(".El\n", out);
}

static void put_keys(const struct orl_conf_bindings *keys, FILE *out)
{
    fputs(".Sh KEYS\n"
          "A key binding is a line of the section\n"
          ".Cm [keys]\n"
          "of a file, or an argument with\n"
          ".Cm keys:\n"
          "in front of it:\n"
          ".Pp\n"
          ".D1 Oo Ar trigger Oc Oo Ar modifier Ns + Oc Ns Ar ... Ns Ar key No = Ar action\n"
          ".Pp\n"
          "Keys are named by their position on a US keyboard.\n"
          ".Cm Escape\n"
          "is the key of\n"
          ".Cm input : Ns Cm escapeKey .\n"
          "Modifiers are\n"
          ".Cm Escape , Ctrl , Alt , Shift , Win ,\n"
          "or one side such as\n"
          ".Cm LeftCtrl .\n"
          "Triggers are\n"
          ".Cm press\n"
          "(the usual),\n"
          ".Cm tap , hold , double\n"
          "and\n"
          ".Cm release .\n"
          "A later line for the same keys replaces an earlier one.\n"
          "Besides the actions below there are\n"
          ".Cm send Ar key Ns Op + Ns Ar key ,\n"
          "the same as\n"
          ".Cm linuxSend\n"
          "for guests that run Linux, and\n"
          ".Cm none ,\n"
          "which takes a binding away.\n"
          ".Bl -tag -width Ds\n",
          out);
    for (size_t i = 0; i < keys->count; i++) {
        fputs(".It Sy ", out);
        put(out, keys->row[i].chord, false);
        fputs(" = ", out);
        put(out, keys->row[i].action, false);
        fputc('\n', out);
        put(out, keys->row[i].help, true);
        fputs(".\n", out);
    }
    fputs(".El\n", out);
}

static void put_flags(FILE *out)
{
    fputs(".Sh DESCRIPTION\n"
          ".Nm\n"
          "shows the screen of a virtual machine whose frames arrive in shared memory.\n"
          "Without flags it opens a window and waits for the guest, forever if need be.\n"
          ".Bl -tag -width Ds\n",
          out);
#define FLAG(spelling, argument, action, meaning)                                              \
    fputs(".It Sy ", out);                                                                     \
    put(out, spelling argument, false);                                                        \
    fputc('\n', out);                                                                          \
    put(out, meaning, true);                                                                   \
    fputs(".\n", out);
#include "conf/flags.def"
    fputs(".El\n", out);
}

static void put_files(FILE *out)
{
    fputs(".Sh ENVIRONMENT\n"
          ".Bl -tag -width XDG_CONFIG_HOME\n"
          ".It Ev XDG_CONFIG_HOME\n"
          "Folder of the user's configuration files;\n"
          ".Pa \\(ti/.config\n"
          "if it is not set.\n"
          ".El\n"
          ".Sh FILES\n"
          "Later sources win over earlier ones: defaults, the first two files below, the files "
          "of\n"
          ".Fl C ,\n"
          "the command line.\n"
          "If neither of the two exists, the files of the Looking Glass client below them are\n"
          "read instead, and each name in them that has no meaning here is reported once.\n"
          "Files are UTF-8.\n"
          "Lines that start with ; or # are comments, and so is the rest of a line behind a "
          "space\n"
          "and a semicolon.\n"
          ".Bl -tag -width Ds\n"
          ".It Pa /etc/oriel.ini\n"
          "System-wide.\n"
          ".It Pa $XDG_CONFIG_HOME/oriel/oriel.ini\n"
          "Of the user.\n"
          ".It Pa /etc/looking-glass-client.ini\n"
          ".It Pa \\(ti/.looking-glass-client.ini\n"
          ".It Pa $XDG_CONFIG_HOME/looking-glass/client.ini\n"
          "Of the Looking Glass client.\n"
          ".It Pa /dev/kvmfr0 , /dev/shm/looking-glass\n"
          "The shared memory, unless\n"
          ".Cm app : Ns Cm shmFile\n"
          "names another.\n"
          ".El\n",
          out);
}

static void put_exit_codes(FILE *out)
{
    fputs(".Sh EXIT STATUS\n.Bl -tag -width Ds\n", out);
#define ROW(name, number, meaning)                                                             \
    fprintf(out, ".It %d\n", number);                                                          \
    put(out, meaning, true);                                                                   \
    fputs(".\n", out);
    ORL_EXIT_CODES(ROW)
#undef ROW
    fputs(".El\n"
          ".Pp\n"
          "SIGINT, SIGTERM and SIGHUP end the program with 0; a second one ends it at once, "
          "with\n"
          "128 and the number of the signal.\n",
          out);
}

static void put_examples(FILE *out)
{
    fputs(".Sh EXAMPLES\n"
          "Full screen on the second kvmfr device:\n"
          ".Dl oriel \\-F \\-f kvmfr1\n"
          ".Pp\n"
          "A window of a given size without messages:\n"
          ".Dl oriel win:size=1920x1080 win:alerts=no\n"
          ".Pp\n"
          "Where does each value come from?\n"
          ".Dl oriel \\-\\-print\\-config\n"
          ".Pp\n"
          "Ctrl+Alt+Delete for the guest, on two keys:\n"
          ".Dl oriel \\(aqkeys:Escape+Backspace=send Ctrl+Alt+Delete\\(aq\n"
          ".Pp\n"
          "A test picture without any virtual machine, for ten seconds:\n"
          ".Dl oriel \\-\\-demo app:exitAfter=10\n",
          out);
}

void orl_conf_man(const struct orl_conf_bindings *keys, FILE *out)
{
    fputs(".\\\" SPDX-License-Identifier: GPL-2.0-or-later\n"
          ".Dd " PAGE_DATE "\n"
          ".Dt ORIEL 1\n"
          ".Os Oriel\n"
          ".Sh NAME\n"
          ".Nm oriel\n"
          ".Nd viewer for virtual machine frames in shared memory\n"
          ".Sh SYNOPSIS\n"
          ".Nm\n"
          ".Op Ar flags\n"
          ".Op Ar section : Ns Ar name Ns Op = Ns Ar value\n"
          ".Ar ...\n",
          out);
    put_flags(out);
    put_options(out);
    put_keys(keys, out);
    put_files(out);
    put_exit_codes(out);
    put_examples(out);
}
