/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/str.h"
#include "conf/paths.h"
#include "conf/report.h"
#include "conf/table.h"

static void write_option(const struct conf_option *o, FILE *out)
{
    char allowed[96];
    orl_conf_allowed(o, allowed, sizeof(allowed));
    fprintf(out, "\n; %s.\n; Allowed: %s.%s\n;%s=%s\n", o->help, allowed,
            o->when == CONF_LATER ? " Not yet: has no effect." : "", o->name, o->fallback);
}

static void write_keys(const struct orl_conf_bindings *keys, FILE *out)
{
    fputs(
        "\n[keys]\n; ---- Key bindings ----\n\n"
        "; [press|tap|hold|double|release] [MODIFIER+]...KEY = ACTION, where Escape is the key "
        "of\n"
        "; input:escapeKey, and MODIFIER is Escape, Ctrl, Alt, Shift, Win or one side such as\n"
        "; LeftCtrl. Besides the actions below there are: send KEY[+KEY]..., linuxSend\n"
        "; KEY[+KEY]... (when the guest runs Linux), and none, which takes a binding away.\n"
        "; Examples: Escape+Backspace = send Ctrl+Alt+Delete, double Escape = fullScreen.\n",
        out);
    for (size_t i = 0; i < keys->count; i++) {
        fprintf(out, "\n; %s.\n;%s=%s\n", keys->row[i].help, keys->row[i].chord,
                keys->row[i].action);
    }
}

void orl_conf_write_default(const struct orl_conf_bindings *keys, FILE *out)
{
    fputs("; Configuration of Oriel. Every option stands here with its default: remove the ;\n"
          "; in front of a name and change its value. Lines that start with ; or # are "
          "comments.\n",
          out);
    for (int s = 0; s < CONF_SECTIONS; s++) {
        fprintf(out, "\n[%s]\n; ---- %s ----\n", orl_conf_sections[s].name,
                orl_conf_sections[s].title);
        for (int i = 0; i < CONF_OPTIONS; i++) {
            if (strcmp(orl_conf_options[i].section, orl_conf_sections[s].name) == 0) {
                write_option(&orl_conf_options[i], out);
            }
        }
    }
    write_keys(keys, out);
}

/* Makes every missing folder above `path`, as mkdir -p would. */
static bool make_folders(const char *path)
{
    char part[PATH_MAX];
    if (!orl_str_copy(part, sizeof(part), path)) {
        errno = ENAMETOOLONG;
        return false;
    }
    for (char *p = strchr(part + 1, '/'); p != NULL; p = strchr(p + 1, '/')) {
        *p = '\0';
        if (mkdir(part, 0700) != 0 && errno != EEXIST) {
            return false;
        }
        *p = '/';
    }
    return true;
}

/* Writes to a new file and takes it away again when that fails. */
static bool fill(int fd, const char *path, const struct orl_conf_bindings *keys)
{
    FILE *out = fdopen(fd, "w");
    if (out == NULL) {
        close(fd);
        unlink(path);
        return false;
    }
    orl_conf_write_default(keys, out);
    bool ok = fflush(out) == 0 && !ferror(out);
    int saved = errno;
    ok = fclose(out) == 0 && ok;
    if (!ok) {
        unlink(path);
        errno = saved;
    }
    return ok;
}

int orl_conf_write_file(const char *path, const struct orl_conf_env *env,
                        const struct orl_conf_bindings *keys, char *where, size_t cap,
                        struct orl_conf_report *rep)
{
    char usual[PATH_MAX];
    if (path == NULL) {
        if (!orl_conf_own_file(env, CONF_OWN_FILES - 1, usual, sizeof(usual))) {
            orl_conf_error(rep,
                           "there is no folder for configuration files; set HOME, or name a "
                           "file with --write-config=FILE");
            return ORL_EINVAL;
        }
        path = usual;
    }
    orl_str_copy(where, cap, path);
    int fd = -1;
    if (path[0] != '\0' && make_folders(path)) {
        fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0644);
    }
    if (fd < 0 && errno == EEXIST) {
        orl_conf_error(
            rep,
            "%.180s is there already and was left alone; move it away first, or look "
            "at the defaults with --write-config=-",
            path);
        return ORL_EINVAL;
    }
    if (fd < 0 || !fill(fd, path, keys)) {
        /* Before any thread exists. NOLINTNEXTLINE(concurrency-mt-unsafe) */
        orl_conf_error(rep, "cannot write %.200s: %s", path, strerror(errno));
        return ORL_ESYS;
    }
    return ORL_OK;
}
