/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <string.h>

#include "conf/fixture.h"

static void every_short_flag_of_a_bool_takes_the_opposite_of_its_default(void **state)
{
    struct fixture *f = *state;
    assert_int_equal(fixture_load(f, "-F", "-s", "-k", "-S", "-a", "-n", "-r", "-d", "-T", "-Q",
                                  "-G", "-M", "-j", "-q", NULL),
                     ORL_OK);
    const struct orl_conf *c = f->conf;
    assert_true(c->win_full_screen && c->win_show_fps && c->win_no_screensaver);
    assert_true(c->win_auto_resize && c->win_borderless && c->win_maximize);
    assert_true(c->win_ignore_quit);
    assert_false(c->spice_enable || c->win_allow_resize || c->win_keep_aspect);
    assert_false(c->input_grab_keyboard || c->input_hide_cursor || c->spice_scale_cursor);
    assert_false(c->win_alerts);
}

static void every_short_flag_with_a_value_takes_the_next_argument(void **state)
{
    struct fixture *f = *state;
    assert_int_equal(fixture_load(f, "-f", "/dev/kvmfr1", "-c", "/run/spice.sock", "-p", "0",
                                  "-m", "KEY_RIGHTCTRL", "-g", "egl", "-K", "-1", NULL),
                     ORL_OK);
    assert_string_equal(f->conf->app_shm_file, "/dev/kvmfr1");
    assert_string_equal(f->conf->spice_host, "/run/spice.sock");
    assert_int_equal(f->conf->spice_port, 0);
    assert_string_equal(f->conf->input_escape_key, "KEY_RIGHTCTRL");
    assert_string_equal(f->conf->app_renderer, "EGL");
    assert_int_equal(f->conf->win_fps_min, -1);
}

static void a_value_may_stick_to_its_flag_and_bools_may_be_joined(void **state)
{
    struct fixture *f = *state;
    assert_int_equal(fixture_load(f, "-f/dev/shm/x", "-FkK60", "-mhelp", NULL), ORL_OK);
    assert_string_equal(f->conf->app_shm_file, "/dev/shm/x");
    assert_true(f->conf->win_full_screen);
    assert_true(f->conf->win_show_fps);
    assert_int_equal(f->conf->win_fps_min, 60);
    assert_string_equal(f->conf->input_escape_key, "help");
}

static void a_bool_without_value_is_the_opposite_of_its_default(void **state)
{
    struct fixture *f = *state;
    assert_int_equal(fixture_load(f, "win:fullScreen", "win:alerts", NULL), ORL_OK);
    assert_true(f->conf->win_full_screen);
    assert_false(f->conf->win_alerts);
    fixture_write(f, "etc/oriel.ini", "[win]\nfullScreen=yes\n");
    assert_int_equal(fixture_load(f, "-F", "-F", NULL), ORL_OK);
    assert_true(f->conf->win_full_screen);
}

static void the_last_of_equal_arguments_wins(void **state)
{
    struct fixture *f = *state;
    assert_int_equal(
        fixture_load(f, "win:fpsMin=1", "-K2", "win:fpsMin=3", "-F", "win:fullScreen=no", NULL),
        ORL_OK);
    assert_int_equal(f->conf->win_fps_min, 3);
    assert_false(f->conf->win_full_screen);
}

static void a_value_may_hold_anything(void **state)
{
    struct fixture *f = *state;
    assert_int_equal(fixture_load(f, "win:title=a:b=c ; d", "app:screenshot=", NULL), ORL_OK);
    assert_string_equal(f->conf->win_title, "a:b=c ; d");
    assert_string_equal(f->conf->app_screenshot, "");
}

static void other_names_work_on_the_command_line(void **state)
{
    struct fixture *f = *state;
    assert_int_equal(fixture_load(f, "lgmp:shmDevice=kvmfr2", "input:scaleCursor", NULL),
                     ORL_OK);
    assert_string_equal(f->conf->app_shm_file, "kvmfr2");
    assert_false(f->conf->spice_scale_cursor);
}

static void options_without_effect_are_accepted_with_a_warning(void **state)
{
    struct fixture *f = *state;
    assert_int_equal(fixture_load(f, "win:setGuestRes=no", "test:width=5", "win:jitRender",
                                  "app:renderer=opengl", NULL),
                     ORL_OK);
    assert_warning(f, "command line: win:setGuestRes is not there yet: the window asks");
    assert_warning(f, "command line: test:width is ignored: use --demo");
    assert_warning(f, "command line: win:jitRender has no effect yet");
    assert_warning(f, "app:renderer=OpenGL: only the EGL renderer exists, and it is used");
    assert_int_equal(f->rep.count, 4);
    assert_true(f->conf->win_jit_render);
}

struct bad_line {
    const char *args[3];
    const char *sentence;
};

static void each_mistake_has_its_sentence(void **state)
{
    struct fixture *f = *state;
    static const struct bad_line cases[] = {
        {{"win:fullscren"}, "unknown option 'win:fullscren'; did you mean 'win:fullScreen'?"},
        {{"win:fullscren=yes"},
         "unknown option 'win:fullscren'; did you mean 'win:fullScreen'?"},
        {{"window:fullScreen"}, "did you mean 'win:fullScreen'?"},
        {{"fullScreen"}, "unknown argument 'fullScreen'; did you mean 'win:fullScreen'?"},
        {{"--win:fullScreen"},
         "unknown flag '--win:fullScreen'; did you mean 'win:fullScreen'?"},
        {{"--verison"}, "unknown flag '--verison'; did you mean '--version'?"},
        {{"-version"}, "unknown flag '-version'; did you mean '--version'?"},
        {{"-x"}, "unknown flag '-x'"},
        {{"-Fx"}, "unknown flag '-x'"},
        {{"-"}, "unknown argument '-'"},
        {{"--"}, "unknown flag '--'"},
        {{""}, "unknown argument ''"},
        {{"xyzzy:plugh"}, "unknown option 'xyzzy:plugh'; --help lists all"},
        {{"win:"}, "unknown option 'win:'"},
        {{":"}, "unknown option ':'"},
        {{"win:rotate"}, "win:rotate needs a value: 0, 90, 180 or 270"},
        {{"win:rotate=1"}, "win:rotate=1 is not allowed; allowed: 0, 90, 180 or 270"},
        {{"-K", "fast"}, "win:fpsMin=fast is not allowed; allowed: -1 to 1000"},
        {{"-f"}, "-f (app:shmFile) needs a value: a path, not empty"},
        {{"-F", "-K"}, "-K (win:fpsMin) needs a value: -1 to 1000"},
        {{"--help=all"}, "--help takes no value"},
        {{"--list-options"}, "write it as --list-options=json"},
        {{"--list-options=xml"}, "write it as --list-options=json"},
        {{"--log"}, "write it as --log=LEVELS"},
        {{"--log="}, "write it as --log=LEVELS"},
        {{"--demo="}, "write it as --demo[=b6|b7|master]"},
        {{"--demo=b5"}, "--demo=b5 is not allowed; use b6, b7 or master"},
        {{"--inspect"}, "--inspect needs the name of a file behind it"},
        {{"--inspect=text", "x"}, "write it as --inspect[=json] FILE"},
        {{"--help", "--version"}, "--help and --version cannot be used together"},
    };
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        const char *const *a = cases[i].args;
        f->run.action = ORL_CONF_MAN;
        assert_int_equal(fixture_load(f, a[0], a[1], a[2], NULL), ORL_EINVAL);
        assert_null(f->conf);
        assert_int_equal(f->run.action, ORL_CONF_MAN); /* untouched */
        assert_error(f, cases[i].sentence);
        assert_error(f, "command line: ");
    }
}

struct good_line {
    const char *args[3];
    enum orl_conf_action action;
    const char *path;
    const char *demo;
    const char *log;
};

static bool same(const char *a, const char *b)
{
    return a == b || (a != NULL && b != NULL && strcmp(a, b) == 0);
}

static void each_flag_asks_for_its_action(void **state)
{
    struct fixture *f = *state;
    static const struct good_line cases[] = {
        {{NULL}, ORL_CONF_RUN, NULL, NULL, NULL},
        {{"-h"}, ORL_CONF_HELP, NULL, NULL, NULL},
        {{"--help", "-h"}, ORL_CONF_HELP, NULL, NULL, NULL},
        {{"-Fh"}, ORL_CONF_HELP, NULL, NULL, NULL},
        {{"--version"}, ORL_CONF_VERSION, NULL, NULL, NULL},
        {{"--man"}, ORL_CONF_MAN, NULL, NULL, NULL},
        {{"--list-options=json"}, ORL_CONF_LIST_JSON, NULL, NULL, NULL},
        {{"--print-config", "-F"}, ORL_CONF_PRINT, NULL, NULL, NULL},
        {{"--write-config"}, ORL_CONF_WRITE, NULL, NULL, NULL},
        {{"--write-config=-"}, ORL_CONF_WRITE, "-", NULL, NULL},
        {{"--write-config=/x/y.ini"}, ORL_CONF_WRITE, "/x/y.ini", NULL, NULL},
        {{"--inspect", "/dev/kvmfr0"}, ORL_CONF_INSPECT, "/dev/kvmfr0", NULL, NULL},
        {{"--inspect=json", "-x"}, ORL_CONF_INSPECT_JSON, "-x", NULL, NULL},
        {{"-l"}, ORL_CONF_LICENSE, NULL, NULL, NULL},
        {{"app:license=yes"}, ORL_CONF_LICENSE, NULL, NULL, NULL},
        {{"--demo"}, ORL_CONF_RUN, NULL, "b7", NULL},
        {{"--demo=b6"}, ORL_CONF_RUN, NULL, "b6", NULL},
        {{"--demo=master", "--log=info,ring=trace"},
         ORL_CONF_RUN,
         NULL,
         "master",
         "info,ring=trace"},
    };
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        const struct good_line *c = &cases[i];
        assert_int_equal(fixture_load(f, c->args[0], c->args[1], c->args[2], NULL), ORL_OK);
        assert_quiet(f);
        assert_int_equal(f->run.action, c->action);
        assert_true(same(f->run.path, c->path));
        assert_true(same(f->run.demo, c->demo));
        assert_true(same(f->run.log, c->log));
    }
}

static void help_works_with_a_broken_file_and_printing_does_not(void **state)
{
    struct fixture *f = *state;
    fixture_write(f, "etc/oriel.ini", "[win]\nnope=1\n");
    assert_int_equal(fixture_load(f, "--help", NULL), ORL_OK);
    assert_int_equal(fixture_load(f, "--write-config=-", NULL), ORL_OK);
    assert_int_equal(fixture_load(f, "--print-config", NULL), ORL_EINVAL);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        conf_test(every_short_flag_of_a_bool_takes_the_opposite_of_its_default),
        conf_test(every_short_flag_with_a_value_takes_the_next_argument),
        conf_test(a_value_may_stick_to_its_flag_and_bools_may_be_joined),
        conf_test(a_bool_without_value_is_the_opposite_of_its_default),
        conf_test(the_last_of_equal_arguments_wins),
        conf_test(a_value_may_hold_anything),
        conf_test(other_names_work_on_the_command_line),
        conf_test(options_without_effect_are_accepted_with_a_warning),
        conf_test(each_mistake_has_its_sentence),
        conf_test(each_flag_asks_for_its_action),
        conf_test(help_works_with_a_broken_file_and_printing_does_not),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
