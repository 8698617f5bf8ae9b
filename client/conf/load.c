/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "conf/load.h"

#include <limits.h>
#include <stdlib.h>
#include <string.h>

#include "conf/paths.h"
#include "conf/report.h"
#include "conf/state.h"

/* Where option `i` got its value, as a word for a sentence. */
static void source_text(const struct orl_conf *conf, const char *section, const char *name,
                        char *dst, size_t cap)
{
    struct conf_source src = conf->state->source[orl_conf_find(section, name)];
    if (src.file >= 0) {
        snprintf(dst, cap, "%.100s:%d", conf->state->files[src.file], src.line);
    } else {
        snprintf(dst, cap, "command line");
    }
}

void orl_conf_reject_value(const struct orl_conf *conf, const char *section, const char *name,
                           const char *why, struct orl_conf_report *rep)
{
    char where[128];
    source_text(conf, section, name, where, sizeof(where));
    orl_conf_error(rep, "%s: %s:%s=%.64s is not allowed: %s", where, section, name,
                   conf->state->text[orl_conf_find(section, name)], why);
}

/* A plain SPICE viewer without SPICE, or without its display, could never show anything. */
static void check_spice_picture(const struct orl_conf *conf, struct orl_conf_report *rep)
{
    const char *off = !conf->spice_enable ? "enable" : !conf->spice_display ? "display" : NULL;
    if (off && strcmp(conf->app_transport, "spice") == 0) {
        char a[128];
        char b[128];
        source_text(conf, "app", "transport", a, sizeof(a));
        source_text(conf, "spice", off, b, sizeof(b));
        orl_conf_error(
            rep,
            "app:transport=spice (%s) and spice:%s=no (%s) exclude each other: there "
            "would be no picture",
            a, off, b);
    }
}

/* What no single value can show. */
static void check_rules(const struct orl_conf *conf, struct orl_conf_report *rep)
{
    if (conf->win_no_screensaver && conf->win_auto_screensaver) {
        char a[128];
        char b[128];
        source_text(conf, "win", "noScreensaver", a, sizeof(a));
        source_text(conf, "win", "autoScreensaver", b, sizeof(b));
        orl_conf_error(
            rep,
            "win:noScreensaver (%s) and win:autoScreensaver (%s) exclude each other; "
            "set one of them to no",
            a, b);
    }
    if (strcmp(conf->app_renderer, "OpenGL") == 0) {
        orl_conf_warn(rep, "app:renderer=OpenGL: only the EGL renderer exists, and it is used");
    }
}

static bool needs_values(enum orl_conf_action action)
{
    return action == ORL_CONF_RUN || action == ORL_CONF_PRINT;
}

static void read_own_files(struct conf_loader *l, const struct orl_conf_env *env, bool *found)
{
    char path[PATH_MAX];
    *found = false;
    for (int i = 0; i < CONF_OWN_FILES; i++) {
        bool there = false;
        if (orl_conf_own_file(env, i, path, sizeof(path))) {
            orl_conf_apply_file(l, path, false, &there);
        }
        *found = *found || there;
    }
}

/* The files of the Looking Glass client, in its order. */
static void import_files(struct conf_loader *l, const struct orl_conf_env *env)
{
    char path[PATH_MAX];
    l->lenient = true;
    for (int i = 0; i < CONF_IMPORT_FILES; i++) {
        if (orl_conf_import_file(env, i, path, sizeof(path))) {
            orl_conf_apply_file(l, path, false, NULL);
        }
    }
    l->lenient = false;
}

static void read_files(struct conf_loader *l, const struct orl_conf_env *env,
                       const struct conf_cmdline *line)
{
    bool found;
    read_own_files(l, env, &found);
    if (!found) {
        import_files(l, env);
    }
    int option = orl_conf_find("app", "configFile");
    for (int i = 0; i < line->count; i++) {
        if (line->arg[i].option == option && line->arg[i].value != NULL &&
            line->arg[i].value[0] != '\0') {
            orl_conf_apply_file(l, line->arg[i].value, true, NULL);
        }
    }
}

static int load_into(struct orl_conf *conf, struct orl_conf_run *run,
                     const struct conf_cmdline *line, const struct orl_conf_env *env,
                     struct orl_conf_report *rep)
{
    struct conf_loader *l = calloc(1, sizeof(*l));
    if (l == NULL) {
        return ORL_ENOMEM;
    }
    l->conf = conf;
    l->rep = rep;
    orl_conf_apply_defaults(conf);
    if (needs_values(run->action)) {
        read_files(l, env, line);
    }
    orl_conf_apply_cmdline(l, line);
    check_rules(conf, rep);
    if (run->demo == NULL) {
        check_spice_picture(conf, rep);
    }
    if (run->action == ORL_CONF_RUN && conf->app_license) {
        run->action = ORL_CONF_LICENSE;
    }
    int err = l->err;
    free(l);
    return err != ORL_OK ? err : rep->errors > 0 ? ORL_EINVAL : ORL_OK;
}

static struct orl_conf *create(void)
{
    struct orl_conf *conf = calloc(1, sizeof(*conf));
    if (conf == NULL) {
        return NULL;
    }
    conf->state = calloc(1, sizeof(*conf->state));
    if (conf->state == NULL) {
        free(conf);
        return NULL;
    }
    return conf;
}

int orl_conf_load(struct orl_conf **out, struct orl_conf_run *run, int argc, char **argv,
                  const struct orl_conf_env *env, struct orl_conf_report *rep)
{
    struct conf_cmdline line;
    struct orl_conf_run asked;
    struct orl_conf *conf = NULL;
    int err = orl_conf_cmdline_read(&line, &asked, argc, argv, rep);
    if (err != ORL_OK) {
        return err;
    }
    conf = create();
    err = conf == NULL ? ORL_ENOMEM : load_into(conf, &asked, &line, env, rep);
    free(line.arg);
    if (err != ORL_OK) {
        orl_conf_destroy(&conf);
        return err;
    }
    *out = conf;
    *run = asked;
    return ORL_OK;
}

void orl_conf_destroy(struct orl_conf **conf)
{
    if (conf == NULL || *conf == NULL) {
        return;
    }
    struct orl_conf_state *state = (*conf)->state;
    for (int i = 0; i < CONF_OPTIONS; i++) {
        free(state->owned[i]);
    }
    for (int i = 0; i < state->file_count; i++) {
        free(state->files[i]);
    }
    free(state->files);
    for (size_t i = 0; i < state->key_count; i++) {
        free((char *)state->keys[i].chord);
    }
    free(state->keys);
    free(state);
    free(*conf);
    *conf = NULL;
}
