/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The rows of options.def as constant arrays, and how to find one. Private to conf/. Any thread.
 */
#ifndef ORL_CONF_TABLE_H
#define ORL_CONF_TABLE_H

#include <stdbool.h>
#include <stddef.h>

enum conf_type { CONF_BOOL, CONF_INT, CONF_FLOAT, CONF_STR, CONF_PATH, CONF_POINT, CONF_SIZE };

enum conf_when { CONF_NOW, CONF_LATER, CONF_FIXED };

struct conf_option {
    const char *section;
    const char *name;
    const char *fallback; /* default as text */
    const char *choices;  /* may be NULL; else "a|b|c" */
    const char *help;
    double min; /* when ranged */
    double max;
    size_t offset; /* of the field in struct orl_conf */
    enum conf_type type;
    enum conf_when when;
    bool ranged;
    bool zero_too; /* 0 is allowed besides min..max */
    bool secret;   /* the value is never shown */
    char flag;     /* 0: none */
};

struct conf_alias {
    const char *section;
    const char *name;
    const char *to_section;
    const char *to_name;
    const char *origin;
};

struct conf_gone {
    const char *section;
    const char *name; /* "*": any */
    const char *reason;
};

struct conf_section {
    const char *name;
    const char *title;
};

/*
 * Number of rows of each kind, as constants for array sizes: 0 +1 +1...
 * NOLINTBEGIN(bugprone-macro-parentheses)
 */
enum {
#define OPT(...) +1
    CONF_OPTIONS = 0
#include "conf/options.def"
    ,
#define ALIAS(...) +1
    CONF_ALIASES = 0
#include "conf/options.def"
    ,
#define GONE(...) +1
    CONF_GONES = 0
#include "conf/options.def"
    ,
#define SECTION(...) +1
    CONF_SECTIONS = 0
#include "conf/options.def"
};
/* NOLINTEND(bugprone-macro-parentheses) */

extern const struct conf_option orl_conf_options[CONF_OPTIONS];
extern const struct conf_alias orl_conf_aliases[CONF_ALIASES];
extern const struct conf_gone orl_conf_gones[CONF_GONES];
extern const struct conf_section orl_conf_sections[CONF_SECTIONS];

/* Index into orl_conf_options, aliases followed; -1 when there is none. */
int orl_conf_find(const char *section, const char *name);
int orl_conf_find_flag(char flag);

/* Index into orl_conf_gones; -1 when there is none. */
int orl_conf_find_gone(const char *section, const char *name);

/*
 * Writes the known name most like `text` ("section:name", a bare name, or a long flag) to dst (cap
 * bytes). False when nothing is near enough.
 */
bool orl_conf_suggest(const char *text, char *dst, size_t cap);

/* "yes or no", "-9 to 9", "0, 90, 180 or 270"...: what the option accepts, to dst (cap bytes). */
void orl_conf_allowed(const struct conf_option *opt, char *dst, size_t cap);

/* "bool", "int"...: the word for the type. Never NULL. */
const char *orl_conf_type_name(enum conf_type type);

#endif
