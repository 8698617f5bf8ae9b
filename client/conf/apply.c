/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "conf/ini_file.h"
#include "conf/load.h"
#include "conf/report.h"
#include "conf/state.h"
#include "conf/value.h"

#define WHERE_MAX 256

void orl_conf_apply_defaults(struct orl_conf *conf)
{
    for (int i = 0; i < CONF_OPTIONS; i++) {
        const struct conf_option *o = &orl_conf_options[i];
        conf->state->text[i] = o->fallback;
        conf->state->source[i].file = CONF_FROM_DEFAULT;
        orl_conf_store(conf, o, o->fallback);
    }
}

/* "FILE:LINE" or "command line": how every sentence begins. */
static void where_text(const struct conf_loader *l, struct conf_source src, char *dst)
{
    if (src.file < 0) {
        snprintf(dst, WHERE_MAX, "command line");
        return;
    }
    /* The end of a long path says more than its start. */
    const char *path = l->conf->state->files[src.file];
    size_t len = strlen(path);
    bool cut = len > WHERE_MAX - 32;
    snprintf(dst, WHERE_MAX, "%s%s:%d", cut ? "..." : "",
             cut ? path + len - (WHERE_MAX - 32) : path, src.line);
}

static bool is_option(const struct conf_option *o, const char *section, const char *name)
{
    return strcmp(o->section, section) == 0 && strcmp(o->name, name) == 0;
}

static void set(struct conf_loader *l, int i, const char *text, struct conf_source src)
{
    struct orl_conf_state *state = l->conf->state;
    char *copy = strdup(text);
    if (copy == NULL) {
        l->err = ORL_ENOMEM;
        return;
    }
    orl_conf_store(l->conf, &orl_conf_options[i], copy);
    free(state->owned[i]);
    state->owned[i] = copy;
    state->text[i] = copy;
    state->source[i] = src;
}

static void complain_value(struct conf_loader *l, int i, const char *value, const char *where)
{
    const struct conf_option *o = &orl_conf_options[i];
    char allowed[96];
    orl_conf_allowed(o, allowed, sizeof(allowed));
    value = o->secret ? "(hidden)" : value;
    if (l->lenient) {
        orl_conf_warn(l->rep, "%s: %s:%s=%.64s is not allowed and ignored; allowed: %s", where,
                      o->section, o->name, value, allowed);
    } else {
        orl_conf_error(l->rep, "%s: %s:%s=%.64s is not allowed; allowed: %s", where, o->section,
                       o->name, value, allowed);
    }
}

static void apply_option(struct conf_loader *l, int i, const char *value,
                         struct conf_source src)
{
    const struct conf_option *o = &orl_conf_options[i];
    char where[WHERE_MAX];
    char buf[CONF_VALUE_TEXT];
    const char *canonical;
    where_text(l, src, where);
    if (!orl_conf_check(o, value, &canonical, buf)) {
        complain_value(l, i, value, where);
        return;
    }
    if (src.file >= 0 && is_option(o, "app", "configFile")) {
        orl_conf_warn(
            l->rep, "%s: app:configFile is ignored; it counts on the command line only", where);
        return;
    }
    if (o->when == CONF_LATER && !l->later_said[i]) {
        l->later_said[i] = true;
        orl_conf_warn(l->rep, "%s: %s:%s has no effect yet", where, o->section, o->name);
    }
    set(l, i, canonical, src);
}

/* True the first time for each name; FNV-1a, and a collision only hides one warning. */
static bool first_time(struct conf_loader *l, const char *section, const char *name)
{
    uint64_t h = UINT64_C(0xcbf29ce484222325);
    const char *parts[] = {section, ":", name};
    for (int i = 0; i < 3; i++) {
        for (const char *p = parts[i]; *p != '\0'; p++) {
            h = (h ^ (unsigned char)*p) * UINT64_C(0x100000001b3);
        }
    }
    for (int i = 0; i < l->seen_count; i++) {
        if (l->seen[i] == h) {
            return false;
        }
    }
    if (l->seen_count < CONF_SEEN_MAX) {
        l->seen[l->seen_count++] = h;
    }
    return true;
}

static void apply_gone(struct conf_loader *l, int i, const char *name, struct conf_source src)
{
    char where[WHERE_MAX];
    if (first_time(l, orl_conf_gones[i].section, name)) {
        where_text(l, src, where);
        orl_conf_warn(l->rep, "%s: %s:%s is %s", where, orl_conf_gones[i].section, name,
                      orl_conf_gones[i].reason);
    }
}

/* A bool named without a value: the opposite of its default. */
static const char *toggled(const struct conf_option *o)
{
    return strcmp(o->fallback, "yes") == 0 ? "no" : "yes";
}

/* "keys:CHORD=ACTION" */
static void apply_key_argument(struct conf_loader *l, const char *typed)
{
    const char *chord = strchr(typed, ':') + 1;
    size_t len = strcspn(chord, "=");
    const char *action = chord[len] == '=' ? chord + len + 1 : "";
    orl_conf_apply_key(l, chord, len, action, "command line");
}

void orl_conf_apply_cmdline(struct conf_loader *l, const struct conf_cmdline *line)
{
    struct conf_source src = {.file = CONF_FROM_COMMAND};
    l->lenient = false;
    for (int n = 0; n < line->count; n++) {
        const struct conf_arg *a = &line->arg[n];
        if (a->is_key) {
            apply_key_argument(l, a->typed);
            continue;
        }
        if (a->option < 0) {
            const char *name = strchr(a->typed, ':') + 1;
            char buf[64];
            snprintf(buf, sizeof(buf), "%.*s", (int)strcspn(name, "="), name);
            apply_gone(l, a->gone, buf, src);
            continue;
        }
        const struct conf_option *o = &orl_conf_options[a->option];
        if (a->value != NULL) {
            apply_option(l, a->option, a->value, src);
        } else if (o->type == CONF_BOOL) {
            apply_option(l, a->option, toggled(o), src);
        } else {
            char allowed[96];
            orl_conf_allowed(o, allowed, sizeof(allowed));
            orl_conf_error(l->rep, "command line: %s needs a value: %s", a->typed, allowed);
        }
    }
}

static void complain_name(struct conf_loader *l, const char *section, const char *name,
                          struct conf_source src)
{
    char where[WHERE_MAX];
    char whole[128];
    char like[64];
    where_text(l, src, where);
    snprintf(whole, sizeof(whole), "%.40s:%.60s", section, name);
    if (l->lenient) {
        if (first_time(l, section, name)) {
            orl_conf_warn(l->rep, "%s: %s is unknown and ignored", where, whole);
        }
    } else if (section[0] == '\0') {
        orl_conf_error(l->rep, "%s: '%.60s' stands above the first [section]", where, name);
    } else if (orl_conf_suggest(whole, like, sizeof(like))) {
        orl_conf_error(l->rep, "%s: unknown option '%s'; did you mean '%s'?", where, whole,
                       like);
    } else {
        orl_conf_error(l->rep, "%s: unknown option '%s'; --help lists all", where, whole);
    }
}

static void on_file_value(void *user, int line, const char *section, const char *name,
                          const char *value)
{
    struct conf_loader *l = user;
    struct conf_source src = {.file = l->file, .line = line};
    int option = orl_conf_find(section, name);
    int gone = orl_conf_find_gone(section, name);
    if (strcmp(section, CONF_KEYS) == 0) {
        char where[WHERE_MAX];
        where_text(l, src, where);
        orl_conf_apply_key(l, name, strlen(name), value, where);
    } else if (option >= 0) {
        apply_option(l, option, value, src);
    } else if (gone >= 0) {
        apply_gone(l, gone, name, src);
    } else {
        complain_name(l, section, name, src);
    }
}

static void on_bad_line(void *user, int line, const char *what)
{
    struct conf_loader *l = user;
    char where[WHERE_MAX];
    where_text(l, (struct conf_source){.file = l->file, .line = line}, where);
    if (l->lenient) {
        orl_conf_warn(l->rep, "%s: the line is ignored: %s", where, what);
    } else {
        orl_conf_error(l->rep, "%s: the line cannot be read: %s", where, what);
    }
}

/* Remembers the path for sources; -1 without memory. */
static int add_file(struct conf_loader *l, const char *path)
{
    struct orl_conf_state *state = l->conf->state;
    size_t count = (size_t)state->file_count;
    char *copy = strdup(path);
    char **files = realloc(state->files, (count + 1) * sizeof(*files));
    if (files != NULL) {
        state->files = files;
    }
    if (copy == NULL || files == NULL) {
        free(copy);
        l->err = ORL_ENOMEM;
        return -1;
    }
    files[count] = copy;
    return state->file_count++;
}

static void complain_file(struct conf_loader *l, const char *path, int why)
{
    const char *next = why == EACCES   ? "allow your user to read it, or remove it"
                       : why == EISDIR ? "a folder is there where a file should be"
                                       : "correct the name";
    /* Before any thread exists. NOLINTNEXTLINE(concurrency-mt-unsafe) */
    orl_conf_error(l->rep, "cannot read %.200s: %s; %s", path, strerror(why), next);
}

void orl_conf_apply_file(struct conf_loader *l, const char *path, bool must, bool *found)
{
    const struct conf_ini_calls calls = {
        .user = l, .value = on_file_value, .bad_line = on_bad_line};
    FILE *in = fopen(path, "re");
    bool missing = in == NULL && (errno == ENOENT || errno == ENOTDIR);
    if (found != NULL) {
        *found = !missing;
    }
    if (in == NULL) {
        if (must || !missing) {
            complain_file(l, path, errno);
        }
        return;
    }
    l->file = add_file(l, path);
    if (l->file >= 0) {
        int rc = orl_conf_ini_read(in, &calls);
        if (rc == ORL_ESYS) {
            complain_file(l, path, errno);
        } else if (rc != ORL_OK) {
            l->err = rc;
        }
    }
    fclose(in);
}
