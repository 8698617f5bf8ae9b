/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "conf/cmdline.h"

#include <stdlib.h>
#include <string.h>

#include "base/str.h"
#include "conf/load.h"
#include "conf/report.h"
#include "conf/table.h"

struct scan {
    struct conf_cmdline *out;
    struct orl_conf_run *run;
    struct orl_conf_report *rep;
    const char *action_flag; /* that set run->action; NULL: none yet */
    char **argv;
    int argc;
    int next; /* index of the first argument not used yet */
};

struct long_flag {
    const char *spelling;
    const char *argument;
    enum orl_conf_action action;
};

static const struct long_flag long_flags[] = {
#define FLAG(spelling, argument, action, meaning) {spelling, argument, ORL_CONF_##action},
#include "conf/flags.def"
};

static void unknown(struct scan *s, const char *what, const char *text)
{
    char like[64];
    if (orl_conf_suggest(text, like, sizeof(like))) {
        orl_conf_error(s->rep, "command line: unknown %s '%s'; did you mean '%s'?", what, text,
                       like);
    } else {
        orl_conf_error(s->rep, "command line: unknown %s '%s'; --help lists all", what, text);
    }
}

static void push_key(struct scan *s, const char *typed)
{
    s->out->arg[s->out->count++] =
        (struct conf_arg){.option = -1, .gone = -1, .is_key = true, .typed = typed};
}

static void push(struct scan *s, int option, int gone, const char *typed, const char *value)
{
    s->out->arg[s->out->count++] =
        (struct conf_arg){.option = option, .gone = gone, .typed = typed, .value = value};
}

static void set_action(struct scan *s, const char *flag, enum orl_conf_action action)
{
    if (action == ORL_CONF_RUN) {
        return;
    }
    if (s->action_flag != NULL && strcmp(s->action_flag, flag) != 0) {
        orl_conf_error(s->rep, "command line: %s and %s cannot be used together",
                       s->action_flag, flag);
        return;
    }
    s->action_flag = flag;
    s->run->action = action;
}

static void read_short(struct scan *s, const char *arg)
{
    for (const char *p = arg + 1; *p != '\0'; p++) {
        char flag[] = {'-', *p, '\0'};
        if (*p == 'h') {
            set_action(s, "--help", ORL_CONF_HELP);
            continue;
        }
        int i = orl_conf_find_flag(*p);
        if (i < 0) {
            unknown(s, "flag", p == arg + 1 && p[1] != '\0' ? arg : flag);
            return;
        }
        const struct conf_option *o = &orl_conf_options[i];
        if (o->type == CONF_BOOL) {
            push(s, i, -1, arg, NULL);
            continue;
        }
        const char *value = p + 1;
        if (*value == '\0' && s->next < s->argc) {
            value = s->argv[s->next++];
        } else if (*value == '\0') {
            char allowed[96];
            orl_conf_allowed(o, allowed, sizeof(allowed));
            orl_conf_error(s->rep, "command line: %s (%s:%s) needs a value: %s", flag,
                           o->section, o->name, allowed);
            return;
        }
        push(s, i, -1, arg, value);
        return;
    }
}

/* "section:name", "section:name=value" or "keys:chord=action". */
static void read_named(struct scan *s, const char *arg)
{
    char section[32];
    char name[64];
    char whole[sizeof(section) + sizeof(name)];
    size_t len = strcspn(arg, "=");
    const char *value = arg[len] == '=' ? arg + len + 1 : NULL;
    const char *colon = memchr(arg, ':', len);
    snprintf(whole, sizeof(whole), "%.*s", (int)len, arg);
    if (strncmp(arg, CONF_KEYS ":", sizeof(CONF_KEYS)) == 0) {
        push_key(s, arg);
        return;
    }
    if (colon == NULL) {
        unknown(s, "argument", whole);
        return;
    }
    snprintf(section, sizeof(section), "%.*s", (int)(colon - arg), arg);
    snprintf(name, sizeof(name), "%.*s", (int)(arg + len - colon - 1), colon + 1);
    int option = orl_conf_find(section, name);
    int gone = orl_conf_find_gone(section, name);
    if (option < 0 && gone < 0) {
        unknown(s, "option", whole);
        return;
    }
    push(s, option, gone, arg, value);
}

static void read_demo(struct scan *s, const char *value)
{
    static const char *const versions[] = {"b6", "b7", "master"};
    if (value == NULL) {
        s->run->demo = "b7";
        return;
    }
    for (size_t i = 0; i < sizeof(versions) / sizeof(versions[0]); i++) {
        if (strcmp(value, versions[i]) == 0) {
            s->run->demo = versions[i];
            return;
        }
    }
    orl_conf_error(s->rep, "command line: --demo=%s is not allowed; use b6, b7 or master",
                   value);
}

static void read_inspect(struct scan *s, const char *value)
{
    if (value != NULL) {
        s->run->action = ORL_CONF_INSPECT_JSON;
    }
    if (s->next < s->argc) {
        s->run->path = s->argv[s->next++];
    } else {
        orl_conf_error(s->rep, "command line: --inspect needs the name of a file behind it");
    }
}

/* Does the form of the value fit the flag's "", "=x", "[=x]" or "[=x] FILE"? */
static bool form_fits(struct scan *s, const struct long_flag *f, const char *value)
{
    bool never = f->argument[0] == '\0';
    bool must = f->argument[0] == '=';
    const char *json = strstr(f->argument, "=json");
    if (value != NULL && never) {
        orl_conf_error(s->rep, "command line: %s takes no value", f->spelling);
        return false;
    }
    bool empty = value != NULL && value[0] == '\0';
    bool wrong = json != NULL && value != NULL && strcmp(value, "json") != 0;
    if ((value == NULL && must) || empty || wrong) {
        orl_conf_error(s->rep, "command line: write it as %s%s", f->spelling, f->argument);
        return false;
    }
    return true;
}

static void read_long(struct scan *s, const char *arg)
{
    size_t len = strcspn(arg, "=");
    const char *value = arg[len] == '=' ? arg + len + 1 : NULL;
    const struct long_flag *f = NULL;
    for (size_t i = 0; i < sizeof(long_flags) / sizeof(long_flags[0]); i++) {
        const char *name = long_flags[i].spelling;
        if (strlen(name) == len && strncmp(name, arg, len) == 0) {
            f = &long_flags[i];
        }
    }
    if (f == NULL) {
        unknown(s, "flag", arg);
        return;
    }
    if (!form_fits(s, f, value)) {
        return;
    }
    set_action(s, f->spelling, f->action);
    if (f->action == ORL_CONF_INSPECT) {
        read_inspect(s, value);
    } else if (f->action == ORL_CONF_WRITE) {
        s->run->path = value;
    } else if (strcmp(f->spelling, "--demo") == 0) {
        read_demo(s, value);
    } else if (strcmp(f->spelling, "--log") == 0) {
        s->run->log = value;
    }
}

int orl_conf_cmdline_read(struct conf_cmdline *out, struct orl_conf_run *run, int argc,
                          char **argv, struct orl_conf_report *rep)
{
    size_t most = 1; /* -abc is three settings */
    for (int i = 1; i < argc; i++) {
        most += strlen(argv[i]);
    }
    *run = (struct orl_conf_run){.action = ORL_CONF_RUN};
    *out = (struct conf_cmdline){.arg = calloc(most, sizeof(struct conf_arg))};
    if (out->arg == NULL) {
        return ORL_ENOMEM;
    }
    struct scan s = {.out = out, .run = run, .rep = rep, .argv = argv, .argc = argc, .next = 1};
    while (s.next < argc) {
        const char *arg = argv[s.next++];
        if (strncmp(arg, "--", 2) == 0) {
            read_long(&s, arg);
        } else if (arg[0] == '-' && arg[1] != '\0') {
            read_short(&s, arg);
        } else {
            read_named(&s, arg);
        }
    }
    return ORL_OK;
}
