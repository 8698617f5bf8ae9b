/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "conf/paths.h"

#include <stdlib.h>

static bool join(const char *folder, const char *rest, char *dst, size_t cap)
{
    if (folder == NULL) {
        return false;
    }
    int len = snprintf(dst, cap, "%s/%s", folder, rest);
    return len > 0 && (size_t)len < cap;
}

static bool in_config_home(const struct orl_conf_env *env, const char *rest, char *dst,
                           size_t cap)
{
    if (env->xdg_config_home != NULL) {
        return join(env->xdg_config_home, rest, dst, cap);
    }
    char below[64];
    snprintf(below, sizeof(below), ".config/%s", rest);
    return join(env->home, below, dst, cap);
}

bool orl_conf_own_file(const struct orl_conf_env *env, int i, char *dst, size_t cap)
{
    return i == 0 ? join(env->etc_dir, "oriel.ini", dst, cap)
                  : in_config_home(env, "oriel/oriel.ini", dst, cap);
}

bool orl_conf_import_file(const struct orl_conf_env *env, int i, char *dst, size_t cap)
{
    switch (i) {
    case 0: return join(env->etc_dir, "looking-glass-client.ini", dst, cap);
    case 1: return join(env->home, ".looking-glass-client.ini", dst, cap);
    default: return in_config_home(env, "looking-glass/client.ini", dst, cap);
    }
}

static const char *absolute(const char *text)
{
    return text != NULL && text[0] == '/' ? text : NULL;
}

void orl_conf_env_from_process(struct orl_conf_env *env)
{
    /* Before any thread exists. NOLINTBEGIN(concurrency-mt-unsafe) */
    *env = (struct orl_conf_env){
        .etc_dir = "/etc",
        .home = absolute(getenv("HOME")),
        /* The XDG base directory specification has relative paths ignored. */
        .xdg_config_home = absolute(getenv("XDG_CONFIG_HOME")),
    };
    /* NOLINTEND(concurrency-mt-unsafe) */
}
