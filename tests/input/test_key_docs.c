/* SPDX-License-Identifier: GPL-2.0-or-later */
/* docs/keys.md says what the program does: its table of defaults and its examples are read here. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "input/binds.h"
#include "support/check.h"

#define SCROLL_LOCK 71

struct page {
    char *text; /* owned */
    size_t size;
};

static int read_page(void **state)
{
    static struct page page;
    FILE *in = fopen(ORL_DOCS "/keys.md", "r");
    if (in == NULL) {
        return -1;
    }
    page.size = 0;
    ssize_t got = getdelim(&page.text, &page.size, '\0', in);
    fclose(in);
    *state = &page;
    return got > 0 ? 0 : -1;
}

static int free_page(void **state)
{
    free(((struct page *)*state)->text);
    return 0;
}

static void the_table_holds_every_default_in_order(void **state)
{
    const struct page *page = *state;
    struct orl_binds b;
    const char *at = strstr(page->text, "## Defaults");
    size_t rows = 0;
    assert_non_null(at);
    orl_binds_init(&b, SCROLL_LOCK, 1);
    for (size_t i = 0; i < b.count; i++) {
        char chord[ORL_BIND_TEXT_BYTES];
        char action[ORL_BIND_TEXT_BYTES];
        char row[2 * ORL_BIND_TEXT_BYTES + 128];
        if (b.bind[i].action == ORL_ACTION_SEND) {
            continue; /* one row for all of them, below */
        }
        orl_bind_line(&b.bind[i], chord, action);
        snprintf(row, sizeof(row), "\n| `%s` | `%s` | %s |\n", chord, action,
                 orl_action_text(b.bind[i].action));
        at = strstr(at, row);
        if (at == NULL) {
            fail_msg("docs/keys.md lacks, or has elsewhere: %s", row + 1);
        }
        at += strlen(row) - 1;
        rows++;
    }
    assert_int_equal(b.count, rows + 12);
    /* and nothing else */
    const char *last = "\n| `Escape+F1` to `Escape+F12` | `linuxSend Ctrl+Alt+F1` to `F12` | ";
    assert_int_equal(strncmp(at, last, strlen(last)), 0);
    assert_int_equal(strncmp(strchr(at + 1, '\n'), "\n\n", 2), 0);
}

static void every_example_is_understood(void **state)
{
    const struct page *page = *state;
    struct orl_binds b;
    int lines = 0;
    const char *at = strstr(page->text, "```ini\n[keys]\n");
    assert_non_null(at);
    at += strlen("```ini\n[keys]\n");
    orl_binds_init(&b, SCROLL_LOCK, 1);
    while (strncmp(at, "```", 3) != 0) {
        char chord[100];
        char action[100];
        char why[160] = "";
        size_t len = strcspn(at, "\n");
        if (at[0] != ';') {
            assert_int_equal(sscanf(at, "%99[^=]=%99[^\n]", chord, action), 2);
            if (orl_binds_add(&b, chord, action, why, sizeof(why)) != ORL_OK) {
                fail_msg("%.*s: %s", (int)len, at, why);
            }
            lines++;
        }
        at += len + 1;
    }
    assert_true(lines >= 6);
}

/* Each word in the first column of the trigger table is a trigger, and all five are there. */
static void all_triggers_are_described(void **state)
{
    const struct page *page = *state;
    static const char *const triggers[] = {"press", "tap", "hold", "double", "release"};
    for (size_t i = 0; i < 5; i++) {
        char row[32];
        snprintf(row, sizeof(row), "\n| `%s` | ", triggers[i]);
        assert_non_null(strstr(page->text, row));
    }
    assert_non_null(strstr(page->text, "within 400 ms"));
    assert_true(ORL_BIND_DOUBLE_NS == 400 * UINT64_C(1000000));
    assert_non_null(strstr(page->text, "at most 8"));
    assert_int_equal(ORL_SEND_MAX, 8);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_table_holds_every_default_in_order),
        cmocka_unit_test(every_example_is_understood),
        cmocka_unit_test(all_triggers_are_described),
    };
    return cmocka_run_group_tests(tests, read_page, free_page);
}
