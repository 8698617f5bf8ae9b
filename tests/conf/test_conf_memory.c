/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The linker sends the allocations of our own objects through the wrappers below. */
#include <stdlib.h>
#include <string.h>

#include "conf/fixture.h"

void *__real_calloc(size_t n, size_t size);
void *__real_realloc(void *p, size_t size);
char *__real_strdup(const char *text);
void *__wrap_calloc(size_t n, size_t size);
void *__wrap_realloc(void *p, size_t size);
char *__wrap_strdup(const char *text);

/* Allocations that still succeed; negative: all. */
static int left = -1;

static bool fails(void)
{
    if (left < 0) {
        return false;
    }
    if (left == 0) {
        return true;
    }
    left--;
    return false;
}

void *__wrap_calloc(size_t n, size_t size)
{
    return fails() ? NULL : __real_calloc(n, size);
}

void *__wrap_realloc(void *p, size_t size)
{
    return fails() ? NULL : __real_realloc(p, size);
}

char *__wrap_strdup(const char *text)
{
    return fails() ? NULL : __real_strdup(text);
}

static void every_allocation_may_fail_without_harm(void **state)
{
    struct fixture *f = *state;
    char extra[96];
    fixture_write(f, "xdg/oriel/oriel.ini", "[win]\ntitle=b\n");
    fixture_write(f, "etc/oriel.ini", "[win]\ntitle=a\nfpsMin=5\n");
    fixture_write(f, "extra.ini", "[egl]\nscale=1\n[keys]\nEscape+F=quit\nEscape+V=none\n");
    snprintf(extra, sizeof(extra), "-C%s/extra.ini", f->root);
    int err = ORL_ENOMEM;
    int n = 0;
    for (; err == ORL_ENOMEM && n < 100; n++) {
        left = n;
        err = fixture_load(f, extra, "-F", "keys:Escape+Q=none", NULL);
        left = -1;
        assert_int_equal(f->conf == NULL, err != ORL_OK);
    }
    assert_int_equal(err, ORL_OK);
    assert_true(n > 16);
    assert_true(f->conf != NULL && strcmp(f->conf->win_title, "b") == 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {conf_test(every_allocation_may_fail_without_harm)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
