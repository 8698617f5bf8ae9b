/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <json-c/json.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "conf/exit_codes.h"
#include "conf/fixture.h"

/* Options whose default is not that of B7, each with its reason. */
struct deviation {
    const char *option;
    const char *fallback;
    const char *reason;
};

static const struct deviation deviations[] = {
    {"app:cursorPollInterval", "0",
     "0 adapts to the guest; a fixed sleep costs latency or power"},
    {"win:title", "Oriel", "the program's own name"},
    {"win:appId", "oriel", "the program's own name; also names its desktop entry"},
    {"audio:bufferLatency", "0",
     "the buffer follows the measured jitter; 13 ms more would be heard"},
    {"app:framePollInterval", "0",
     "0 adapts to the guest; a fixed sleep costs latency or power"},
};

/* Options that B7 does not have. */
static const char *const additions[] = {
    "app:exitAfter",          "app:screenshot",      "app:transport",     "render:thread",
    "render:softPresent",     "input:absolute",      "input:memory",      "input:typeLayout",
    "spice:tlsPort",          "spice:caFile",        "spice:hostSubject", "spice:password",
    "spice:passwordFile",     "spice:display",       "spice:microphone",  "spice:files",
    "spice:shareDir",         "spice:shareReadOnly", "spice:usb",         "spice:usbAutoFilter",
    "spice:usbRedirectFilter"};

static const char *text_of(struct json_object *o, const char *member)
{
    struct json_object *v;
    return json_object_object_get_ex(o, member, &v) ? json_object_get_string(v) : "";
}

static struct json_object *list_options(void)
{
    char *text = fixture_text(orl_conf_list_json);
    enum json_tokener_error err;
    struct json_object *root = json_tokener_parse_verbose(text, &err);
    assert_int_equal(err, json_tokener_success);
    assert_non_null(root);
    free(text);
    return root;
}

static struct json_object *array_of(struct json_object *root, const char *member)
{
    struct json_object *array;
    assert_true(json_object_object_get_ex(root, member, &array));
    assert_true(json_object_is_type(array, json_type_array));
    return array;
}

static struct json_object *find_option(struct json_object *options, const char *full)
{
    for (size_t i = 0; i < json_object_array_length(options); i++) {
        struct json_object *o = json_object_array_get_idx(options, i);
        char name[96];
        snprintf(name, sizeof(name), "%s:%s", text_of(o, "section"), text_of(o, "name"));
        if (strcmp(name, full) == 0) {
            return o;
        }
    }
    return NULL;
}

static const char *expected_default(const char *option, const char *of_b7)
{
    for (size_t i = 0; i < sizeof(deviations) / sizeof(deviations[0]); i++) {
        if (strcmp(deviations[i].option, option) == 0) {
            return deviations[i].fallback;
        }
    }
    return of_b7;
}

/* One line of the table: name, flag, type, default, with tabs between. */
static void check_row(struct json_object *options, char *line)
{
    char *field[4] = {NULL};
    for (int i = 0; i < 4; i++) {
        field[i] = strsep(&line, "\t\n");
        assert_non_null(field[i]);
    }
    struct json_object *o = find_option(options, field[0]);
    if (o == NULL) {
        fail_msg("%s is missing", field[0]);
    }
    if (strcmp(text_of(o, "flag"), field[1]) != 0 ||
        strcmp(text_of(o, "type"), field[2]) != 0 ||
        strcmp(text_of(o, "default"), expected_default(field[0], field[3])) != 0) {
        fail_msg("%s: %s", field[0], json_object_to_json_string(o));
    }
}

static void every_option_of_b7_has_its_name_flag_type_and_default(void **state)
{
    (void)state;
    struct json_object *root = list_options();
    struct json_object *options = array_of(root, "options");
    char line[256];
    size_t rows = 0;
    FILE *in = fopen(ORL_TEST_DATA "/conf/b7-options.tsv", "r");
    assert_non_null(in);
    while (fgets(line, sizeof(line), in) != NULL) {
        if (line[0] != '#') {
            check_row(options, line);
            rows++;
        }
    }
    fclose(in);
    assert_int_equal(rows, 102);
    size_t added = sizeof(additions) / sizeof(additions[0]);
    for (size_t i = 0; i < added; i++) {
        assert_non_null(find_option(options, additions[i]));
    }
    assert_int_equal(json_object_array_length(options), rows + added);
    json_object_put(root);
}

static void the_json_list_tells_limits_and_availability(void **state)
{
    (void)state;
    struct json_object *root = list_options();
    struct json_object *options = array_of(root, "options");
    struct json_object *o = find_option(options, "win:fpsMin");
    assert_string_equal(text_of(o, "min"), "-1");
    assert_string_equal(text_of(o, "max"), "1000");
    assert_string_equal(text_of(o, "available"), "now");
    o = find_option(options, "win:rotate");
    assert_string_equal(text_of(o, "choices"), "[ \"0\", \"90\", \"180\", \"270\" ]");
    o = find_option(options, "win:jitRender");
    assert_string_equal(text_of(o, "available"), "not yet");
    assert_int_equal(json_object_array_length(array_of(root, "aliases")), 11);
    assert_true(json_object_array_length(array_of(root, "ignored")) > 0);
    json_object_put(root);
}

static void exactly_the_working_options_are_available(void **state)
{
    (void)state;
    static const char *const now[] = {"app:configFile",
                                      "app:license",
                                      "app:cursorPollInterval",
                                      "app:framePollInterval",
                                      "app:shmFile",
                                      "app:exitAfter",
                                      "app:screenshot",
                                      "app:transport",
                                      "render:thread",
                                      "render:softPresent",
                                      "egl:vsync",
                                      "egl:nvGainMax",
                                      "egl:nvGain",
                                      "egl:scale",
                                      "egl:debug",
                                      "egl:noBufferAge",
                                      "app:allowDMA",
                                      "egl:noSwapDamage",
                                      "egl:scalePointer"};
    static const char *const whole[] = {"input", "spice", "audio", "pipewire"};
    static const char *const later[] = {"win:jitRender", "win:quickSplash", "win:uiFont",
                                        "win:overlayDimsDesktop"};
    struct json_object *root = list_options();
    struct json_object *options = array_of(root, "options");
    size_t count = 0;
    for (size_t i = 0; i < json_object_array_length(options); i++) {
        struct json_object *o = json_object_array_get_idx(options, i);
        bool is_now = strcmp(text_of(o, "available"), "now") == 0;
        bool in_whole = false;
        for (size_t k = 0; k < sizeof(whole) / sizeof(whole[0]); k++) {
            in_whole = in_whole || strcmp(text_of(o, "section"), whole[k]) == 0;
        }
        assert_true(is_now || !in_whole);
        count += is_now && !in_whole && strcmp(text_of(o, "section"), "win") != 0;
        assert_true(is_now || strcmp(text_of(o, "section"), "win") != 0 ||
                    find_option(options, later[0]) == o ||
                    find_option(options, later[1]) == o ||
                    find_option(options, later[2]) == o || find_option(options, later[3]) == o);
    }
    assert_int_equal(count, sizeof(now) / sizeof(now[0]));
    for (size_t i = 0; i < sizeof(now) / sizeof(now[0]); i++) {
        assert_string_equal(text_of(find_option(options, now[i]), "available"), "now");
    }
    for (size_t i = 0; i < sizeof(later) / sizeof(later[0]); i++) {
        assert_string_equal(text_of(find_option(options, later[i]), "available"), "not yet");
    }
    json_object_put(root);
}

static void help_and_manual_mention_every_option_flag_and_exit_code(void **state)
{
    (void)state;
    struct json_object *root = list_options();
    struct json_object *options = array_of(root, "options");
    char *help = fixture_text(orl_conf_help);
    char *man = fixture_text(orl_conf_man);
    for (size_t i = 0; i < json_object_array_length(options); i++) {
        struct json_object *o = json_object_array_get_idx(options, i);
        char text[512];
        const char *later = strcmp(text_of(o, "available"), "not yet") == 0 ? " (not yet)" : "";
        const char *flag = text_of(o, "flag");
        const char *fallback = text_of(o, "default");
        snprintf(text, sizeof(text), "  %s%s  %s:%s  (%s, default %s)%s\n        %s.",
                 flag[0] != '\0' ? "-" : "  ", flag, text_of(o, "section"), text_of(o, "name"),
                 text_of(o, "type"), fallback[0] != '\0' ? fallback : "none", later,
                 text_of(o, "help"));
        if (strstr(help, text) == NULL) {
            fail_msg("help lacks: %s", text);
        }
        snprintf(text, sizeof(text), ".It Cm %s : Ns Cm %s", text_of(o, "section"),
                 text_of(o, "name"));
        assert_non_null(strstr(man, text));
    }
    static const char *const wanted[] = {"--print-config",
                                         "--write-config[=FILE]",
                                         "--man",
                                         "--inspect[=json] FILE",
                                         "--demo[=b6|b7|master]",
                                         "  5  --inspect found no session in the file",
                                         "-1 to 1000",
                                         "0, 90, 180 or 270",
                                         "lgmp:shmDevice is"};
    for (size_t i = 0; i < sizeof(wanted) / sizeof(wanted[0]); i++) {
        assert_non_null(strstr(help, wanted[i]));
    }
    assert_non_null(strstr(man, ".Sh EXIT STATUS"));
    assert_non_null(strstr(man, ".It 5\n"));
    free(help);
    free(man);
    json_object_put(root);
}

static void the_manual_passes_the_linter(void **state)
{
    struct fixture *f = *state;
    char *man = fixture_text(orl_conf_man);
    char command[256];
    if (system("command -v mandoc >/dev/null 2>&1") != 0) {
        free(man);
        skip();
        return;
    }
    fixture_write(f, "oriel.1", man);
    free(man);
    snprintf(command, sizeof(command), "mandoc -T lint -W warning %s/oriel.1 >&2", f->root);
    assert_int_equal(system(command), 0);
}

static void exit_codes_keep_their_numbers(void **state)
{
    (void)state;
    assert_int_equal(ORL_EXIT_OK, 0);
    assert_int_equal(ORL_EXIT_FAILURE, 1);
    assert_int_equal(ORL_EXIT_USAGE, 2);
    assert_int_equal(ORL_EXIT_NO_DISPLAY, 3);
    assert_int_equal(ORL_EXIT_NO_MEMORY, 4);
    assert_int_equal(ORL_EXIT_NO_SESSION, 5);
}

/* Does `text` have a line "name=value", spaces, "; source"? */
static bool has_line(const char *text, const char *value, const char *source)
{
    for (const char *p = strstr(text, value); p != NULL; p = strstr(p + 1, value)) {
        const char *after = p + strlen(value) + strspn(p + strlen(value), " ");
        if (p[-1] == '\n' && strncmp(after, "; ", 2) == 0 &&
            strncmp(after + 2, source, strlen(source)) == 0 &&
            after[2 + strlen(source)] == '\n') {
            return true;
        }
    }
    return false;
}

static void the_printed_configuration_names_every_source(void **state)
{
    struct fixture *f = *state;
    char source[128];
    fixture_write(f, "xdg/oriel/oriel.ini", "[win]\n\nsize=800X600\n[egl]\ncbMode=1\n");
    assert_int_equal(fixture_load(f, "--print-config", "-F", "-K60", NULL), ORL_OK);
    char *text = fixture_print(f);
    assert_true(has_line(text, "fullScreen=yes", "command line"));
    assert_true(has_line(text, "fpsMin=60", "command line"));
    assert_true(has_line(text, "alerts=yes", "default"));
    assert_true(has_line(text, "allowDMA=yes", "default"));
    assert_true(has_line(text, "quickSplash=no", "default (not yet)"));
    assert_true(has_line(text, "screenshot=", "default"));
    snprintf(source, sizeof(source), "%s/oriel/oriel.ini:3", f->xdg);
    assert_true(has_line(text, "size=800x600", source));
    snprintf(source, sizeof(source), "%s/oriel/oriel.ini:5 (not yet)", f->xdg);
    assert_true(has_line(text, "cbMode=1", source));
    free(text);
}

/* The values of `text`, which orl_conf_print() wrote, without the sources behind them. */
static void cut_sources(char *text)
{
    char *to = text;
    for (char *from = text; *from != '\0';) {
        size_t line = strcspn(from, "\n");
        size_t keep = line;
        for (size_t i = 1; i + 1 < line; i++) {
            if (from[i - 1] == ' ' && from[i] == ';') {
                keep = i;
                break;
            }
        }
        memmove(to, from, keep);
        to += keep;
        *to++ = '\n';
        from += line + (from[line] == '\n');
    }
    *to = '\0';
}

static void a_password_is_never_shown(void **state)
{
    struct fixture *f = *state;
    assert_int_equal(fixture_load(f, "spice:password=sesame", NULL), ORL_OK);
    assert_string_equal(f->conf->spice_password, "sesame");
    char *text = fixture_print(f);
    assert_null(strstr(text, "sesame"));
    assert_true(has_line(text, ";password=(set)", "command line"));
    fixture_write(f, "xdg/oriel/oriel.ini", text);
    free(text);
    assert_int_equal(fixture_load(f, NULL), ORL_OK);
    assert_string_equal(f->conf->spice_password, ""); /* and not "(set)" */
    text = fixture_print(f);
    assert_true(has_line(text, "password=", "default"));
    free(text);
    assert_int_equal(fixture_load(f, "spice:password=ses\xFF", NULL), ORL_EINVAL);
    assert_error(f, "spice:password=(hidden) is not allowed; allowed: any text");
    assert_int_equal(fixture_count(f, "ses"), 0);
}

static void bindings_are_printed_with_their_source_and_read_back(void **state)
{
    struct fixture *f = *state;
    char source[128];
    fixture_write(f, "xdg/oriel/oriel.ini", "[keys]\ntap  Escape = capture\nEscape+F=none\n");
    assert_int_equal(fixture_load(f, "keys:Escape+A=send Ctrl+Alt+Delete", NULL), ORL_OK);
    char *first = fixture_print(f);
    snprintf(source, sizeof(source), "%s/oriel/oriel.ini:2", f->xdg);
    assert_true(has_line(first, "tap  Escape=capture", source));
    assert_true(has_line(first, "Escape+A=send Ctrl+Alt+Delete", "command line"));
    fixture_write(f, "xdg/oriel/oriel.ini", first);
    assert_int_equal(fixture_load(f, NULL), ORL_OK);
    char *second = fixture_print(f);
    cut_sources(first);
    cut_sources(second);
    assert_string_equal(first, second);
    free(first);
    free(second);
}

static void every_text_lists_the_bindings(void **state)
{
    (void)state;
    char *help = fixture_text(orl_conf_help);
    char *man = fixture_text(orl_conf_man);
    char *file = fixture_text(orl_conf_write_default);
    struct json_object *root = list_options();
    struct json_object *keys = array_of(root, "keys");
    assert_int_equal(json_object_array_length(keys), fixture_bindings.count);
    for (size_t i = 0; i < fixture_bindings.count; i++) {
        const struct orl_conf_binding *b = &fixture_bindings.row[i];
        struct json_object *o = json_object_array_get_idx(keys, i);
        assert_string_equal(text_of(o, "keys"), b->chord);
        assert_string_equal(text_of(o, "action"), b->action);
        assert_string_equal(text_of(o, "help"), b->help);
        assert_non_null(strstr(help, b->chord));
        assert_non_null(strstr(help, b->help));
        assert_non_null(strstr(man, b->chord));
        assert_non_null(strstr(file, b->help));
    }
    assert_non_null(strstr(man, ".It Sy Escape+F = fullScreen\nFull screen on or off.\n"));
    assert_non_null(strstr(file, "\n[keys]\n"));
    assert_non_null(strstr(file, "\n;tap Escape=capture\n"));
    free(help);
    free(man);
    free(file);
    json_object_put(root);
}

static void the_printed_configuration_reads_back_as_itself(void **state)
{
    struct fixture *f = *state;
    assert_int_equal(fixture_load(f, "-FkK60", "win:position=-5x6", "win:title=a b", NULL),
                     ORL_OK);
    char *first = fixture_print(f);
    fixture_write(f, "xdg/oriel/oriel.ini", first);
    assert_int_equal(fixture_load(f, NULL), ORL_OK);
    char *second = fixture_print(f);
    assert_string_not_equal(first, second); /* the sources differ */
    cut_sources(first);
    cut_sources(second);
    assert_string_equal(first, second);
    free(first);
    free(second);
}

static void the_written_file_reads_back_as_the_defaults(void **state)
{
    struct fixture *f = *state;
    char where[PATH_MAX];
    assert_int_equal(fixture_load(f, NULL), ORL_OK);
    char *defaults = fixture_print(f);
    assert_int_equal(mkdir(f->xdg, 0700), 0);
    assert_int_equal(
        orl_conf_write_file(NULL, &f->env, &fixture_bindings, where, sizeof(where), &f->rep),
        ORL_OK);
    assert_quiet(f);
    assert_non_null(strstr(where, "/xdg/oriel/oriel.ini"));
    assert_int_equal(fixture_load(f, NULL), ORL_OK);
    assert_quiet(f);
    char *again = fixture_print(f);
    assert_string_equal(defaults, again);
    free(again);
    free(defaults);
}

/* Takes the `;` away in front of each name=value, as a user would. */
static void uncomment(char *text)
{
    for (char *p = text; p != NULL && *p != '\0'; p = strchr(p, '\n'), p += p != NULL) {
        if (p[0] == ';' && p[1] != ' ') {
            p[0] = ' ';
        }
    }
}

static void the_written_file_holds_every_default_to_uncomment(void **state)
{
    struct fixture *f = *state;
    assert_int_equal(fixture_load(f, NULL), ORL_OK);
    char *defaults = fixture_print(f);
    char *text = fixture_text(orl_conf_write_default);
    uncomment(text);
    fixture_write(f, "xdg/oriel/oriel.ini", text);
    assert_int_equal(fixture_load(f, NULL), ORL_OK);
    assert_int_equal(fixture_count(f, "has no effect yet") + fixture_count(f, "configFile"),
                     f->rep.count);
    char *again = fixture_print(f);
    assert_int_equal(strstr(again, "; default\n") != NULL, 1); /* app:configFile alone */
    size_t n = 0;
    const struct orl_conf_key *keys = orl_conf_keys(f->conf, &n);
    assert_int_equal(n, fixture_bindings.count);
    for (size_t i = 0; i < n; i++) {
        assert_string_equal(keys[i].chord, fixture_bindings.row[i].chord);
        assert_string_equal(keys[i].action, fixture_bindings.row[i].action);
    }
    *strstr(again, "\n[keys]\n") = '\0'; /* the print of the defaults has none */
    cut_sources(defaults);
    cut_sources(again);
    assert_string_equal(defaults, again);
    free(text);
    free(again);
    free(defaults);
}

static void writing_leaves_an_existing_file_alone(void **state)
{
    struct fixture *f = *state;
    char where[PATH_MAX];
    fixture_write(f, "xdg/oriel/oriel.ini", "[win]\nfpsMin=7\n");
    assert_int_equal(
        orl_conf_write_file(NULL, &f->env, &fixture_bindings, where, sizeof(where), &f->rep),
        ORL_EINVAL);
    assert_error(f, "%/xdg/oriel/oriel.ini is there already and was left alone; move it away");
    assert_int_equal(fixture_load(f, NULL), ORL_OK);
    assert_int_equal(f->conf->win_fps_min, 7);
}

static void writing_makes_folders_and_names_what_fails(void **state)
{
    struct fixture *f = *state;
    char where[PATH_MAX];
    char path[128];
    snprintf(path, sizeof(path), "%s/a/b/c.ini", f->root);
    assert_int_equal(
        orl_conf_write_file(path, &f->env, &fixture_bindings, where, sizeof(where), &f->rep),
        ORL_OK);
    assert_string_equal(where, path);
    assert_int_equal(access(path, R_OK), 0);
    snprintf(path, sizeof(path), "%s/a/b/c.ini/d.ini", f->root);
    assert_int_equal(
        orl_conf_write_file(path, &f->env, &fixture_bindings, where, sizeof(where), &f->rep),
        ORL_ESYS);
    assert_error(f, "cannot write %/a/b/c.ini/d.ini: Not a directory");
    f->env = (struct orl_conf_env){0};
    assert_int_equal(
        orl_conf_write_file(NULL, &f->env, &fixture_bindings, where, sizeof(where), &f->rep),
        ORL_EINVAL);
    assert_error(f, "there is no folder for configuration files; set HOME");
}

static void the_process_environment_ignores_relative_folders(void **state)
{
    (void)state;
    struct orl_conf_env env;
    assert_int_equal(setenv("HOME", "/home/u", 1), 0);
    assert_int_equal(setenv("XDG_CONFIG_HOME", "relative", 1), 0);
    orl_conf_env_from_process(&env);
    assert_string_equal(env.etc_dir, "/etc");
    assert_string_equal(env.home, "/home/u");
    assert_null(env.xdg_config_home);
    assert_int_equal(setenv("XDG_CONFIG_HOME", "/x", 1), 0);
    orl_conf_env_from_process(&env);
    assert_string_equal(env.xdg_config_home, "/x");
}

static void the_printed_report_marks_errors_and_warnings(void **state)
{
    struct fixture *f = *state;
    char *text = NULL;
    size_t size = 0;
    assert_int_equal(fixture_load(f, "win:jitRender", "win:nope", NULL), ORL_EINVAL);
    FILE *out = open_memstream(&text, &size);
    assert_non_null(out);
    orl_conf_report_print(&f->rep, out);
    fclose(out);
    assert_non_null(strstr(text, "oriel: error: command line: unknown option 'win:nope'"));
    assert_non_null(
        strstr(text, "oriel: warning: command line: win:jitRender has no effect yet\n"));
    free(text);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        conf_test(every_option_of_b7_has_its_name_flag_type_and_default),
        conf_test(the_json_list_tells_limits_and_availability),
        conf_test(exactly_the_working_options_are_available),
        conf_test(help_and_manual_mention_every_option_flag_and_exit_code),
        conf_test(the_manual_passes_the_linter),
        conf_test(exit_codes_keep_their_numbers),
        conf_test(the_printed_configuration_names_every_source),
        conf_test(a_password_is_never_shown),
        conf_test(bindings_are_printed_with_their_source_and_read_back),
        conf_test(every_text_lists_the_bindings),
        conf_test(the_printed_configuration_reads_back_as_itself),
        conf_test(the_written_file_reads_back_as_the_defaults),
        conf_test(the_written_file_holds_every_default_to_uncomment),
        conf_test(writing_leaves_an_existing_file_alone),
        conf_test(writing_makes_folders_and_names_what_fails),
        conf_test(the_process_environment_ignores_relative_folders),
        conf_test(the_printed_report_marks_errors_and_warnings),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
