/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Options of the program: read once from files and command line, then constant.
 *
 * orl_conf_load() runs before any thread exists; afterwards `const struct orl_conf *` may be read by
 * any thread. The conf owns every string reachable from it. Nothing here logs or exits: what there
 * is to say is collected in a report, and the caller prints it.
 */
#ifndef ORL_CONF_CONF_H
#define ORL_CONF_CONF_H

#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>

#include "base/err.h"

struct orl_conf_point {
    bool center; /* true: no place was given, x and y are 0 */
    int x;       /* screen coordinates, may be negative */
    int y;
};

struct orl_conf_size {
    int w; /* screen coordinates, at least 1 */
    int h;
};

/* Field type of each option type of options.def. Strings are UTF-8 and never NULL; "" is none. */
#define ORL_CONF_BOOL  bool
#define ORL_CONF_INT   int
#define ORL_CONF_FLOAT double
#define ORL_CONF_STR   const char *
#define ORL_CONF_PATH  const char * /* bytes as given; not expanded */
#define ORL_CONF_POINT struct orl_conf_point
#define ORL_CONF_SIZE  struct orl_conf_size

struct orl_conf_state; /* where each value comes from; private to conf/ */

/*
 * One field per OPT row, <section>_<name in snake case>: win:fullScreen is win_full_screen. They
 * stand in the order of the help, not by size.
 */
/* NOLINTNEXTLINE(clang-analyzer-optin.performance.Padding) */
struct orl_conf {
#define OPT(type, section, name, field, flag, fallback, limits, when, help)                    \
    ORL_CONF_##type field;
#include "conf/options.def"
    struct orl_conf_state *state;
};

/* One line of [keys], in words that only the caller understands. */
struct orl_conf_key {
    const char *chord;  /* "Escape+F" */
    const char *action; /* "fullScreen" */
    const char *where;  /* "FILE:LINE" or "command line" */
};

/* The bindings that the program has by itself, for the texts made below; borrowed for the call. */
struct orl_conf_binding {
    const char *chord;
    const char *action;
    const char *help; /* what it does, without a full stop */
};
struct orl_conf_bindings {
    const struct orl_conf_binding *row; /* count of them */
    size_t count;
};

enum orl_conf_action {
    ORL_CONF_RUN,
    ORL_CONF_HELP,
    ORL_CONF_VERSION,
    ORL_CONF_LIST_JSON,
    ORL_CONF_PRINT,
    ORL_CONF_WRITE,        /* path: target, "-" is standard output, NULL is the usual place */
    ORL_CONF_INSPECT,      /* path: the file to look into */
    ORL_CONF_INSPECT_JSON, /* path: the same */
    ORL_CONF_LICENSE,      /* -l, or app:license anywhere */
    ORL_CONF_MAN
};

/* What the command line asks for besides values. Strings point into argv or are constants. */
struct orl_conf_run {
    enum orl_conf_action action;
    const char *path; /* may be NULL: see the action */
    const char *demo; /* may be NULL: no demo; else "b6", "b7" or "master" */
    const char *log;  /* may be NULL; else text for orl_log_configure(), unchecked */
};

/* The part of the process environment that matters; a parameter so that tests need no real /etc. */
struct orl_conf_env {
    const char *etc_dir;         /* may be NULL: no system-wide files; without a final slash */
    const char *home;            /* may be NULL: no home */
    const char *xdg_config_home; /* may be NULL: <home>/.config */
};

#define ORL_CONF_REPORT_LINES 160
#define ORL_CONF_REPORT_BYTES 320

/*
 * Sentences for the user in the order in which they arose; zero-initialise. Bounded: a sentence is
 * cut at its limit, and of too many only the number is kept, but errors always count.
 */
struct orl_conf_report {
    struct {
        bool error;                       /* false: a warning */
        char text[ORL_CONF_REPORT_BYTES]; /* UTF-8, one line, no control characters */
    } line[ORL_CONF_REPORT_LINES];
    int count;   /* of line[] */
    int dropped; /* that found no room */
    int errors;  /* including dropped ones */
};

/* Fills env from the environment of the process; strings are borrowed from it. */
void orl_conf_env_from_process(struct orl_conf_env *env);

/*
 * Reads, in this order, defaults, files (see orl_conf_man) and argv[1..argc-1]; later wins. For an
 * action that needs no values (help, version, list, write, inspect, licence, manual) no file is
 * read. *out and *run are written on success only; free *out with orl_conf_destroy(). `rep` may
 * hold warnings on success too. Blocks on file access. Main thread.
 * Errors: ORL_EINVAL - rep says what is wrong, leave with ORL_EXIT_USAGE; ORL_ENOMEM.
 */
ORL_MUST int orl_conf_load(struct orl_conf **out, struct orl_conf_run *run, int argc,
                           char **argv, const struct orl_conf_env *env,
                           struct orl_conf_report *rep);

/* Frees *conf with all its strings and sets it to NULL; NULL is fine. */
void orl_conf_destroy(struct orl_conf **conf);

/*
 * The lines of [keys] from files and `keys:CHORD=ACTION` arguments, `*n` of them (at most
 * ORL_CONF_KEYS) in order: later ones win. They are text in UTF-8 and not checked further.
 */
#define ORL_CONF_KEYS 512
const struct orl_conf_key *orl_conf_keys(const struct orl_conf *conf, size_t *n);

/* Adds the error that `key` is not understood because of `why` (a phrase). */
void orl_conf_reject_key(const struct orl_conf_key *key, const char *why,
                         struct orl_conf_report *rep);

/* The same of the value that option section:name has. */
void orl_conf_reject_value(const struct orl_conf *conf, const char *section, const char *name,
                           const char *why, struct orl_conf_report *rep);

/* One line per sentence: "oriel: error: ..." or "oriel: warning: ...". */
void orl_conf_report_print(const struct orl_conf_report *rep, FILE *out);

/*
 * The effective values as a configuration file; behind each value a comment says its source. Of a
 * secret it says only that it is set.
 */
void orl_conf_print(const struct orl_conf *conf, FILE *out);

/* Text made from the option table and the bindings. `out` may be any stream; its errors are the
 * caller's. */
void orl_conf_help(const struct orl_conf_bindings *keys, FILE *out);
void orl_conf_man(const struct orl_conf_bindings *keys, FILE *out); /* mdoc(7) */
void orl_conf_list_json(const struct orl_conf_bindings *keys, FILE *out);
/* Every option and binding as a comment, with its meaning. */
void orl_conf_write_default(const struct orl_conf_bindings *keys, FILE *out);

/*
 * Writes the annotated default file to `path`, or with NULL to oriel/oriel.ini in the configuration
 * folder of env; missing folders are made, an existing file is left alone. `where` (cap bytes) gets
 * the path that was meant; rep gets one error on failure and nothing on success.
 * Errors: ORL_EINVAL - the file exists or there is no home; ORL_ESYS.
 */
ORL_MUST int orl_conf_write_file(const char *path, const struct orl_conf_env *env,
                                 const struct orl_conf_bindings *keys, char *where, size_t cap,
                                 struct orl_conf_report *rep);

#endif
