/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Levels per module, and lines that stay lines whatever a guest puts into them. */
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include "base/err.h"
#include "base/log.h"
#include "support/check.h"

static void levels_follow_the_configuration(void **state)
{
    (void)state;
    assert_true(orl_log_configure("warn,frame=trace,ring=error"));
    assert_true(orl_log_enabled("app", ORL_LOG_WARN));
    assert_false(orl_log_enabled("app", ORL_LOG_INFO));
    assert_true(orl_log_enabled("frame", ORL_LOG_TRACE));
    assert_true(orl_log_enabled("ring", ORL_LOG_ERROR));
    assert_false(orl_log_enabled("ring", ORL_LOG_WARN));
}

static void misunderstood_configuration_changes_nothing(void **state)
{
    (void)state;
    static const char *const bad[] = {"loud",
                                      "frame=",
                                      "frame=loud",
                                      "=info",
                                      "warn,,x=",
                                      "INFO",
                                      "a-module-name-too-long=info"};
    assert_true(orl_log_configure("error,frame=debug"));
    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
        assert_false(orl_log_configure(bad[i]));
        assert_true(orl_log_enabled("frame", ORL_LOG_DEBUG));
        assert_false(orl_log_enabled("app", ORL_LOG_WARN));
    }
}

/* What one call writes to standard error. */
static size_t captured(char *dst, size_t cap, const char *text)
{
    int pipe_fds[2];
    int saved = dup(STDERR_FILENO);
    assert_int_equal(pipe(pipe_fds), 0);
    dup2(pipe_fds[1], STDERR_FILENO);
    orl_log_write("ring", ORL_LOG_WARN, "%s", text);
    dup2(saved, STDERR_FILENO);
    close(pipe_fds[1]);
    close(saved);
    ssize_t len = read(pipe_fds[0], dst, cap - 1);
    close(pipe_fds[0]);
    assert_true(len > 0);
    dst[len] = '\0';
    return (size_t)len;
}

static void line_has_level_module_and_text(void **state)
{
    (void)state;
    char line[2048];
    captured(line, sizeof(line), "guest is gone");
    assert_string_equal(line, "oriel: warn: ring: guest is gone\n");
}

static void control_characters_of_a_guest_are_replaced(void **state)
{
    (void)state;
    char line[2048];
    captured(line, sizeof(line), "a\nb\033[31mc\x7f");
    assert_string_equal(line, "oriel: warn: ring: a?b?[31mc?\n");
}

static void long_text_is_cut_and_still_one_line(void **state)
{
    (void)state;
    char line[4096];
    char text[3000];
    memset(text, 'x', sizeof(text) - 1);
    text[sizeof(text) - 1] = '\0';
    size_t len = captured(line, sizeof(line), text);
    assert_true(len <= 1024);
    assert_int_equal(line[len - 1], '\n');
    assert_ptr_equal(strchr(line, '\n'), line + len - 1);
}

static void gate_opens_once_per_gap(void **state)
{
    (void)state;
    struct orl_log_gate g = {0};
    assert_true(orl_log_gate_open(&g, 100, 50));
    assert_false(orl_log_gate_open(&g, 149, 50));
    assert_true(orl_log_gate_open(&g, 150, 50));
}

static void every_error_has_its_own_words(void **state)
{
    (void)state;
    for (int a = ORL_OK; a >= ORL_ELOST; a--) {
        assert_string_not_equal(orl_err_text(a), orl_err_text(12345));
        for (int b = a - 1; b >= ORL_ELOST; b--) {
            assert_string_not_equal(orl_err_text(a), orl_err_text(b));
        }
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(levels_follow_the_configuration),
        cmocka_unit_test(misunderstood_configuration_changes_nothing),
        cmocka_unit_test(line_has_level_module_and_text),
        cmocka_unit_test(control_characters_of_a_guest_are_replaced),
        cmocka_unit_test(long_text_is_cut_and_still_one_line),
        cmocka_unit_test(gate_opens_once_per_gap),
        cmocka_unit_test(every_error_has_its_own_words),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
