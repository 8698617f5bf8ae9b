/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <stdlib.h>
#include <string.h>

#include "support/check.h"
#include "support/random.h"
#include "win/drop_list.h"

#define HOST "Studio"

static struct orl_win_drop_list list_of(const char *text)
{
    return (struct orl_win_drop_list){strdup(text), strlen(text), 0};
}

static void expect(const char *text, enum orl_win_dropped what, const char *words)
{
    char got[256];
    struct orl_win_drop_list list = list_of(text);
    enum orl_win_dropped is = orl_win_drop_list_next(&list, HOST, got, sizeof(got));
    if (is != what) {
        fail_msg("'%s' is %d, not %d", text, is, what);
    }
    if (what == ORL_WIN_DROP_PATH) {
        assert_string_equal(got, words);
    } else if (what == ORL_WIN_DROP_BAD && !strstr(got, words)) {
        fail_msg("'%s': '%s', not '%s'", text, got, words);
    }
    assert_int_equal(orl_win_drop_list_next(&list, HOST, got, sizeof(got)), ORL_WIN_DROP_NONE);
    free(list.text);
}

static void file_uris_become_paths(void **state)
{
    (void)state;
    static const char *const good[][2] = {
        {"file:///a/b", "/a/b"},
        {"file:///a/b\r\n", "/a/b"},
        {"file:/a/b\n", "/a/b"},
        {"FILE:///a", "/a"},
        {"file://localhost/a", "/a"},
        {"file://LOCALHOST/a", "/a"},
        {"file://studio/a", "/a"},
        {"file:///gr%c3%bc%C3%9fe%20an", "/gr\xc3\xbc\xc3\x9f"
                                         "e an"},
        {"file:///100%25", "/100%"},
        {"file:///a%2Fb", "/a/b"},
        {"file:///semi;colon%23hash%3f", "/semi;colon#hash?"},
        {"file:///not quoted?#",
         "/not quoted?#"}, /* some programs do so; it can mean nothing else */
        {"file:////double", "//double"},
        {"# a comment\r\n\r\nfile:///a\r\n\r\n", "/a"},
    };
    for (size_t i = 0; i < sizeof(good) / sizeof(good[0]); i++) {
        expect(good[i][0], ORL_WIN_DROP_PATH, good[i][1]);
    }
    expect("", ORL_WIN_DROP_NONE, "");
    expect("\r\n#\n\n", ORL_WIN_DROP_NONE, "");
}

static void other_uris_are_refused_with_a_reason(void **state)
{
    (void)state;
    static const char uri[] = "its name is not written as a URI";
    expect("https://localhost/a", ORL_WIN_DROP_BAD, "https://localhost/a: it is no file");
    expect("/a", ORL_WIN_DROP_BAD, "it is no file");
    expect("file", ORL_WIN_DROP_BAD, "it is no file");
    expect("file://elsewhere/a", ORL_WIN_DROP_BAD, "it is a file of another computer");
    expect("file://studio.example/a", ORL_WIN_DROP_BAD, "another computer");
    expect("file://stud/a", ORL_WIN_DROP_BAD, "another computer");
    expect("file:", ORL_WIN_DROP_BAD, uri);
    expect("file://", ORL_WIN_DROP_BAD, uri);
    expect("file:a", ORL_WIN_DROP_BAD, uri);
    expect("file:///a%", ORL_WIN_DROP_BAD, uri);
    expect("file:///a%4", ORL_WIN_DROP_BAD, uri);
    expect("file:///a%4g", ORL_WIN_DROP_BAD, uri);
    expect("file:///a%00b", ORL_WIN_DROP_BAD, uri);
    char longer[600] = "file:///";
    memset(longer + 8, 'x', 500);
    expect(longer, ORL_WIN_DROP_BAD, "its path is too long");
}

static void each_file_of_a_list_comes_once(void **state)
{
    (void)state;
    struct orl_win_drop_list list =
        list_of("file:///1\r\nhttp://x\r\n#file:///no\r\nfile:///3\nfile:///4");
    static const char *const want[] = {"/1", "http://x: it is no file", "/3", "/4"};
    char got[256];
    for (size_t i = 0; i < 4; i++) {
        enum orl_win_dropped what = orl_win_drop_list_next(&list, HOST, got, sizeof(got));
        assert_int_equal(what, i == 1 ? ORL_WIN_DROP_BAD : ORL_WIN_DROP_PATH);
        assert_string_equal(got, want[i]);
    }
    assert_int_equal(orl_win_drop_list_next(&list, HOST, got, sizeof(got)), ORL_WIN_DROP_NONE);
    free(list.text);
}

/* In a buffer of just its size, so that the sanitizer sees every byte read too far. */
static void any_bytes_end_and_stay_inside(void **state)
{
    (void)state;
    static const char *const pieces[] = {
        "file:", "//", "/",         "%",        "%4",   "%41",           "\r", "\n",
        "#",     "a",  "localhost", "Workshop", "\x80", "file:///x\r\n", "%0a"};
    uint64_t seed = 11;
    uint32_t paths = 0;
    for (int i = 0; i < 20000; i++) {
        char text[256] = "";
        for (uint32_t k = random_below(&seed, 16); k > 0; k--) {
            const char *p = pieces[random_below(&seed, sizeof(pieces) / sizeof(pieces[0]))];
            memcpy(text + strlen(text), p, strlen(p) + 1);
        }
        size_t len = strlen(text);
        struct orl_win_drop_list list = {malloc(len ? len : 1), len, 0};
        memcpy(list.text, text, len);
        size_t cap = 1 + random_below(&seed, 40);
        char *got = malloc(cap);
        size_t before = 0;
        enum orl_win_dropped what;
        while ((what = orl_win_drop_list_next(&list, HOST, got, cap)) != ORL_WIN_DROP_NONE) {
            assert_true(list.at > before && list.at <= len);
            before = list.at;
            assert_true(strlen(got) < cap);
            assert_true(what != ORL_WIN_DROP_PATH || got[0] == '/');
            paths += what == ORL_WIN_DROP_PATH;
        }
        free(list.text);
        free(got);
    }
    assert_true(paths > 1000);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(file_uris_become_paths),
        cmocka_unit_test(other_uris_are_refused_with_a_reason),
        cmocka_unit_test(each_file_of_a_list_comes_once),
        cmocka_unit_test(any_bytes_end_and_stay_inside),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
