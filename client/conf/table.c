/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "conf/table.h"

#include <stdio.h>
#include <string.h>

#include "base/str.h"
#include "conf/conf.h"

#define ANY
#define RANGE(lo, hi)   .ranged = true, .min = (lo), .max = (hi),
#define ZERO_OR(lo, hi) .ranged = true, .zero_too = true, .min = (lo), .max = (hi),
#define ONE_OF(list)    .choices = (list),
#define SECRET          .secret = true,

/* `limits` is a list of initialisers. NOLINTBEGIN(bugprone-macro-parentheses) */
const struct conf_option orl_conf_options[CONF_OPTIONS] = {
#define OPT(type_, section_, name_, field, flag_, fallback_, limits, when_, help_)             \
    {.section = #section_,                                                                     \
     .name = #name_,                                                                           \
     .fallback = (fallback_),                                                                  \
     .help = (help_),                                                                          \
     .offset = offsetof(struct orl_conf, field),                                               \
     .type = CONF_##type_,                                                                     \
     .when = CONF_##when_,                                                                     \
     limits.flag = (flag_)},
#include "conf/options.def"
};
/* NOLINTEND(bugprone-macro-parentheses) */

const struct conf_alias orl_conf_aliases[CONF_ALIASES] = {
#define ALIAS(section, name, to_section, to_name, origin)                                      \
    {#section, #name, #to_section, #to_name, origin},
#include "conf/options.def"
};

const struct conf_gone orl_conf_gones[CONF_GONES] = {
#define GONE(section, name, reason) {#section, #name, reason},
#include "conf/options.def"
};

const struct conf_section orl_conf_sections[CONF_SECTIONS] = {
#define SECTION(name, title) {#name, title},
#include "conf/options.def"
};

static const char *const long_flags[] = {
#define FLAG(spelling, argument, action, meaning) spelling,
#include "conf/flags.def"
};

static int find_exact(const char *section, const char *name)
{
    for (int i = 0; i < CONF_OPTIONS; i++) {
        const struct conf_option *o = &orl_conf_options[i];
        if (strcmp(o->name, name) == 0 && strcmp(o->section, section) == 0) {
            return i;
        }
    }
    return -1;
}

int orl_conf_find(const char *section, const char *name)
{
    for (int i = 0; i < CONF_ALIASES; i++) {
        const struct conf_alias *a = &orl_conf_aliases[i];
        if (strcmp(a->name, name) == 0 && strcmp(a->section, section) == 0) {
            return find_exact(a->to_section, a->to_name);
        }
    }
    return find_exact(section, name);
}

int orl_conf_find_flag(char flag)
{
    for (int i = 0; i < CONF_OPTIONS; i++) {
        if (orl_conf_options[i].flag == flag && flag != 0) {
            return i;
        }
    }
    return -1;
}

int orl_conf_find_gone(const char *section, const char *name)
{
    for (int i = 0; i < CONF_GONES; i++) {
        const struct conf_gone *g = &orl_conf_gones[i];
        bool any = strcmp(g->name, "*") == 0;
        if (strcmp(g->section, section) == 0 && (any || strcmp(g->name, name) == 0)) {
            return i;
        }
    }
    return -1;
}

struct best {
    const char *text;
    char name[64];
    int distance;
};

/* The right name in a wrong section, or without any, is nearly right. */
static int distance_to(const char *text, const char *full, const char *name)
{
    const char *colon = strchr(text, ':');
    const char *last = colon != NULL ? colon + 1 : text;
    int whole = orl_str_distance(text, full);
    int tail = orl_str_distance(last, name) + 1;
    return tail < whole ? tail : whole;
}

static void consider(struct best *best, const char *section, const char *name)
{
    char full[sizeof(best->name)];
    snprintf(full, sizeof(full), "%s%s%s", section, section[0] != '\0' ? ":" : "", name);
    int d = distance_to(best->text, full, name);
    if (d < best->distance) {
        best->distance = d;
        orl_str_copy(best->name, sizeof(best->name), full);
    }
}

bool orl_conf_suggest(const char *text, char *dst, size_t cap)
{
    /* A third of the letters wrong is still a typing error; more is another word. */
    size_t len = strnlen(text, 63);
    int limit = len < 6 ? 2 : (int)len / 3;
    struct best best = {.text = text, .distance = limit + 1};
    if (text[0] == '-') {
        for (size_t i = 0; i < sizeof(long_flags) / sizeof(long_flags[0]); i++) {
            consider(&best, "", long_flags[i]);
        }
        best.text = text + strspn(text, "-");
    }
    for (int i = 0; i < CONF_OPTIONS; i++) {
        consider(&best, orl_conf_options[i].section, orl_conf_options[i].name);
    }
    for (int i = 0; i < CONF_ALIASES; i++) {
        consider(&best, orl_conf_aliases[i].section, orl_conf_aliases[i].name);
    }
    if (best.distance > limit) {
        return false;
    }
    orl_str_copy(dst, cap, best.name);
    return true;
}

/* "a|b|c" as "a, b or c". */
static void list_choices(const char *choices, char *dst, size_t cap)
{
    size_t used = 0;
    dst[0] = '\0';
    while (*choices != '\0' && used < cap) {
        size_t len = strcspn(choices, "|");
        bool last = choices[len] == '\0';
        const char *before = used == 0 ? "" : last ? " or " : ", ";
        used += (size_t)snprintf(dst + used, cap - used, "%s%.*s", before, (int)len, choices);
        choices += len + !last;
    }
}

void orl_conf_allowed(const struct conf_option *o, char *dst, size_t cap)
{
    char range[64] = "";
    if (o->ranged) {
        snprintf(range, sizeof(range), "%s%d to %d", o->zero_too ? "0, or " : "", (int)o->min,
                 (int)o->max);
    }
    if (o->choices != NULL) {
        list_choices(o->choices, dst, cap);
        return;
    }
    switch (o->type) {
    case CONF_BOOL: orl_str_copy(dst, cap, "yes or no"); break;
    case CONF_INT:
    case CONF_FLOAT: orl_str_copy(dst, cap, o->ranged ? range : "any number"); break;
    case CONF_POINT: snprintf(dst, cap, "center, or XxY, each %s", range); break;
    case CONF_SIZE: snprintf(dst, cap, "WxH, each %s", range); break;
    case CONF_STR:
    case CONF_PATH:
        snprintf(dst, cap, "%s%s", o->type == CONF_PATH ? "a path" : "any text",
                 o->fallback[0] != '\0' ? ", not empty" : ", or empty for none");
        break;
    }
}

const char *orl_conf_type_name(enum conf_type type)
{
    static const char *const names[] = {"bool", "int",   "float", "string",
                                        "path", "point", "size"};
    return names[type];
}
