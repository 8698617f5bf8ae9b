/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "conf/fixture.h"

#include <ftw.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static const struct orl_conf_binding bindings[] = {
    {"tap Escape", "capture", "Let go \"now\""},
    {"Escape+F", "fullScreen", "Full screen on or off"},
    {"Escape+F1", "linuxSend Ctrl+Alt+F1", "Console 1"},
};

const struct orl_conf_bindings fixture_bindings = {bindings, 3};

int fixture_setup(void **state)
{
    struct fixture *f = calloc(1, sizeof(*f));
    assert_non_null(f);
    snprintf(f->root, sizeof(f->root), "/tmp/oriel-conf-XXXXXX");
    assert_non_null(mkdtemp(f->root));
    snprintf(f->etc, sizeof(f->etc), "%s/etc", f->root);
    snprintf(f->home, sizeof(f->home), "%s/home", f->root);
    snprintf(f->xdg, sizeof(f->xdg), "%s/xdg", f->root);
    f->env =
        (struct orl_conf_env){.etc_dir = f->etc, .home = f->home, .xdg_config_home = f->xdg};
    *state = f;
    return 0;
}

static int remove_one(const char *path, const struct stat *st, int type, struct FTW *ftw)
{
    (void)st;
    (void)type;
    (void)ftw;
    return remove(path);
}

int fixture_teardown(void **state)
{
    struct fixture *f = *state;
    orl_conf_destroy(&f->conf);
    nftw(f->root, remove_one, 8, FTW_DEPTH | FTW_PHYS);
    free(f);
    return 0;
}

void fixture_write_bytes(struct fixture *f, const char *path, const void *bytes, size_t size)
{
    char full[256];
    snprintf(full, sizeof(full), "%s/%s", f->root, path);
    for (char *p = strchr(full + strlen(f->root) + 1, '/'); p != NULL; p = strchr(p + 1, '/')) {
        *p = '\0';
        mkdir(full, 0700);
        *p = '/';
    }
    FILE *out = fopen(full, "w");
    assert_non_null(out);
    assert_int_equal(fwrite(bytes, 1, size, out), size);
    fclose(out);
}

void fixture_write(struct fixture *f, const char *path, const char *text)
{
    fixture_write_bytes(f, path, text, strlen(text));
}

int fixture_load(struct fixture *f, ...)
{
    char program[] = "oriel";
    char *argv[64] = {program};
    int argc = 1;
    va_list args;
    va_start(args, f);
    for (char *a = va_arg(args, char *); a != NULL && argc < 63; a = va_arg(args, char *)) {
        argv[argc++] = a;
    }
    va_end(args);
    orl_conf_destroy(&f->conf);
    memset(&f->rep, 0, sizeof(f->rep));
    return orl_conf_load(&f->conf, &f->run, argc, argv, &f->env, &f->rep);
}

/* Does `line` contain `text`, whose `%` is the root folder? */
static bool contains(const struct fixture *f, const char *line, const char *text)
{
    char wanted[512] = "";
    for (size_t used = 0; *text != '\0' && used < sizeof(wanted); text++) {
        used += (size_t)(*text == '%'
                             ? snprintf(wanted + used, sizeof(wanted) - used, "%s", f->root)
                             : snprintf(wanted + used, sizeof(wanted) - used, "%c", *text));
    }
    return strstr(line, wanted) != NULL;
}

bool fixture_said(const struct fixture *f, bool error, const char *text)
{
    for (int i = 0; i < f->rep.count; i++) {
        if (f->rep.line[i].error == error && contains(f, f->rep.line[i].text, text)) {
            return true;
        }
    }
    return false;
}

int fixture_count(const struct fixture *f, const char *text)
{
    int n = 0;
    for (int i = 0; i < f->rep.count; i++) {
        n += contains(f, f->rep.line[i].text, text);
    }
    return n;
}

char *fixture_text(void (*print)(const struct orl_conf_bindings *, FILE *))
{
    char *text = NULL;
    size_t size = 0;
    FILE *out = open_memstream(&text, &size);
    assert_non_null(out);
    print(&fixture_bindings, out);
    fclose(out);
    return text;
}

char *fixture_print(const struct fixture *f)
{
    char *text = NULL;
    size_t size = 0;
    FILE *out = open_memstream(&text, &size);
    assert_non_null(out);
    orl_conf_print(f->conf, out);
    fclose(out);
    return text;
}
