/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A private /etc and home in a temporary folder, and orl_conf_load() on them. Every test has its
 * own; test thread only.
 */
#ifndef ORL_TESTS_CONF_FIXTURE_H
#define ORL_TESTS_CONF_FIXTURE_H

#include "conf/conf.h"
#include "support/check.h"

struct fixture {
    char root[64];
    char etc[96];
    char home[96];
    char xdg[96];
    struct orl_conf_env env;
    struct orl_conf *conf; /* of the last load; NULL after an error */
    struct orl_conf_run run;
    struct orl_conf_report rep;
};

int fixture_setup(void **state);
int fixture_teardown(void **state);

/* Writes `size` bytes, or the string, to a file below the root; folders are made. */
void fixture_write(struct fixture *f, const char *path, const char *text);
void fixture_write_bytes(struct fixture *f, const char *path, const void *bytes, size_t size);

/* Loads with the arguments up to NULL and returns what orl_conf_load() returned. */
int fixture_load(struct fixture *f, ...) __attribute__((sentinel));

/* Does a sentence of that kind contain the text? `%` in text stands for the root folder. */
bool fixture_said(const struct fixture *f, bool error, const char *text);

/* How many sentences contain the text. */
int fixture_count(const struct fixture *f, const char *text);

/* Some bindings of a program, as the makers of texts want them. */
extern const struct orl_conf_bindings fixture_bindings;

/* What `print` writes with fixture_bindings, as a string that the caller frees. */
char *fixture_text(void (*print)(const struct orl_conf_bindings *, FILE *));

/* What orl_conf_print() writes for the last load, as a string that the caller frees. */
char *fixture_print(const struct fixture *f);

#define assert_error(f, text)                                                                  \
    do {                                                                                       \
        if (!fixture_said((f), true, (text))) {                                                \
            orl_conf_report_print(&(f)->rep, stderr);                                          \
            fail_msg("no error says: %s", (text));                                             \
        }                                                                                      \
    } while (0)
#define assert_warning(f, text)                                                                \
    do {                                                                                       \
        if (!fixture_said((f), false, (text))) {                                               \
            orl_conf_report_print(&(f)->rep, stderr);                                          \
            fail_msg("no warning says: %s", (text));                                           \
        }                                                                                      \
    } while (0)
#define assert_quiet(f)                                                                        \
    do {                                                                                       \
        if ((f)->rep.count != 0) {                                                             \
            orl_conf_report_print(&(f)->rep, stderr);                                          \
            fail_msg("%s", "the report is not empty");                                         \
        }                                                                                      \
    } while (0)

#define conf_test(name) cmocka_unit_test_setup_teardown(name, fixture_setup, fixture_teardown)

#endif
