/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <stdlib.h>
#include <string.h>

#include "demo/demo.h"
#include "support/check.h"

#define ARGS_MAX 48

/* Parses a list of arguments that ends with NULL; *said is what was written, to be freed. */
static enum orl_demo_parsed parse(struct orl_demo_conf *conf, const char *const *args,
                                  char **said)
{
    char *argv[ARGS_MAX] = {NULL};
    int argc = 0;
    size_t len = 0;
    argv[argc++] = strdup("oriel-guest");
    for (; *args; args++) {
        argv[argc++] = strdup(*args);
    }
    FILE *text = open_memstream(said, &len);
    assert_non_null(text);
    orl_demo_conf_init(conf);
    enum orl_demo_parsed got = orl_demo_parse(conf, argc, argv, text, text);
    fclose(text);
    for (int i = 0; i < argc; i++) {
        free(argv[i]);
    }
    return got;
}

static void options_fill_the_configuration(void **state)
{
    (void)state;
    static const char *const args[] = {"--release=master",
                                       "--size=800x600",
                                       "--screen=1600x1200",
                                       "--fps=144",
                                       "--format=rgb24",
                                       "--damage=random",
                                       "--cursor=masked",
                                       "--rotation=270",
                                       "--pq",
                                       "--memory=64",
                                       "--hostile=header,written",
                                       "--color=FfA010",
                                       "--os=linux",
                                       "--duration=1.5",
                                       "--seed=77",
                                       "--input=no",
                                       "--recovery=topology",
                                       "--log-input=told",
                                       "/nowhere",
                                       NULL};
    struct orl_demo_conf conf;
    char *said;
    assert_int_equal(parse(&conf, args, &said), ORL_DEMO_GO);
    assert_string_equal(said, "");
    free(said);
    assert_int_equal(conf.release, ORL_MASTER);
    assert_int_equal(conf.w, 800);
    assert_int_equal(conf.h, 600);
    assert_int_equal(conf.screen_w, 1600);
    assert_int_equal(conf.screen_h, 1200);
    assert_int_equal(conf.fps, 144);
    assert_int_equal(conf.fmt, ORL_PIX_RGB24);
    assert_int_equal(conf.damage, ORL_DEMO_RANDOM);
    assert_int_equal(conf.cursor, ORL_DEMO_CURSOR_MASKED);
    assert_int_equal(conf.rotation, 3);
    assert_int_equal(conf.flags, ORL_FRAME_HDR | ORL_FRAME_HDR_PQ);
    assert_int_equal(conf.mem_bytes, 64u << 20);
    assert_int_equal(conf.hostile, ORL_DEMO_BAD_HEADER | ORL_DEMO_BAD_WRITTEN);
    assert_int_equal(conf.color, 0xFFA010);
    assert_int_equal(conf.os, ORL_OS_LINUX);
    assert_int_equal(conf.recovery, ORL_DEMO_RECOVERY_FAIL + ORL_RECOVERY_TOPOLOGY);
    assert_int_equal(conf.duration_ns, 1500000000u);
    assert_int_equal(conf.seed, 77);
    assert_false(conf.input);
    assert_non_null(conf.log_input);
}

static void input_is_offered_and_can_be_printed(void **state)
{
    (void)state;
    static const char *const args[] = {"--print-input", "/nowhere", NULL};
    static const char *const yes[] = {"--input=no", "--input=yes", "/nowhere", NULL};
    struct orl_demo_conf conf;
    char *said;
    assert_int_equal(parse(&conf, args, &said), ORL_DEMO_GO);
    free(said);
    assert_true(conf.input);
    assert_string_equal(conf.log_input, "-");
    assert_null(conf.log_posts);
    assert_int_equal(parse(&conf, yes, &said), ORL_DEMO_GO);
    free(said);
    assert_true(conf.input);
    assert_null(conf.log_input);
}

static void events_are_sorted_by_time(void **state)
{
    (void)state;
    static const char *const args[] = {"--at=2:restart",
                                       "--at=0.5:size=640x480",
                                       "--at=2:quit",
                                       "--at=1:format=rgba",
                                       "x",
                                       NULL};
    static const enum orl_demo_action want[] = {ORL_DEMO_DO_SIZE, ORL_DEMO_DO_FORMAT,
                                                ORL_DEMO_DO_RESTART, ORL_DEMO_DO_QUIT};
    struct orl_demo_conf conf;
    char *said;
    assert_int_equal(parse(&conf, args, &said), ORL_DEMO_GO);
    free(said);
    assert_int_equal(conf.event_count, 4);
    for (int i = 0; i < 4; i++) {
        assert_int_equal(conf.events[i].action, want[i]);
    }
    assert_int_equal(conf.events[0].a, 640);
    assert_int_equal(conf.events[0].b, 480);
    assert_int_equal(conf.events[1].a, ORL_PIX_RGBA8);
}

static void every_bad_value_gives_one_sentence(void **state)
{
    (void)state;
    static const char *const bad[] = {"--release=b8",
                                      "--size=800",
                                      "--size=0x600",
                                      "--size=20000x600",
                                      "--fps=-1",
                                      "--fps=1001",
                                      "--fps=",
                                      "--fps",
                                      "--format=yuv",
                                      "--rotation=45",
                                      "--hdr=yes",
                                      "--hostile=header,",
                                      "--hostile=,",
                                      "--color=12345",
                                      "--color=12345g",
                                      "--duration=-2",
                                      "--duration=soon",
                                      "--memory=4096",
                                      "--seed=99999999999999999999",
                                      "--log-posts=",
                                      "--log-input=",
                                      "--print-input=yes",
                                      "--input",
                                      "--input=maybe",
                                      "--at=1",
                                      "--at=1:size",
                                      "--at=1:restart=2",
                                      "--at=:quit",
                                      "--at=x:quit",
                                      "--at=1:dance",
                                      "--nonsense",
                                      "--siz=1x1",
                                      "-x",
                                      ""};
    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
        const char *const args[] = {bad[i], "/nowhere", NULL};
        struct orl_demo_conf conf;
        char *said;
        assert_int_equal(parse(&conf, args, &said), ORL_DEMO_BAD_USAGE);
        size_t len = strlen(said);
        assert_true(len > 20);
        assert_string_equal(said + len - 2, ".\n");
        assert_ptr_equal(strchr(said, '\n'), said + len - 1);
        free(said);
    }
}

static void missing_and_second_file_are_refused(void **state)
{
    (void)state;
    static const char *const none[] = {"--fps=1", NULL}, *const two[] = {"a", "b", NULL};
    struct orl_demo_conf conf;
    char *said;
    assert_int_equal(parse(&conf, none, &said), ORL_DEMO_BAD_USAGE);
    free(said);
    assert_int_equal(parse(&conf, two, &said), ORL_DEMO_BAD_USAGE);
    free(said);
}

static void formats_that_the_release_lacks_are_refused(void **state)
{
    (void)state;
    static const char *const start[] = {"--release=b6", "--format=bgr32", "a", NULL};
    static const char *const later[] = {"--release=b6", "--at=1:format=rgb24", "a", NULL};
    struct orl_demo_conf conf;
    char *said;
    assert_int_equal(parse(&conf, start, &said), ORL_DEMO_BAD_USAGE);
    free(said);
    assert_int_equal(parse(&conf, later, &said), ORL_DEMO_BAD_USAGE);
    free(said);
}

static void too_many_events_are_refused(void **state)
{
    (void)state;
    const char *args[ORL_DEMO_EVENTS + 3];
    for (int i = 0; i <= ORL_DEMO_EVENTS; i++) {
        args[i] = "--at=1:restart";
    }
    args[ORL_DEMO_EVENTS + 1] = "a";
    args[ORL_DEMO_EVENTS + 2] = NULL;
    struct orl_demo_conf conf;
    char *said;
    assert_int_equal(parse(&conf, args, &said), ORL_DEMO_BAD_USAGE);
    free(said);
    assert_int_equal(parse(&conf, args + 1, &said), ORL_DEMO_GO);
    free(said);
}

static void help_names_every_option_and_wins(void **state)
{
    (void)state;
    static const char *const args[] = {"--help", NULL};
    static const char *const names[] = {
        "--release", "--size",      "--pattern",    "--damage", "--cursor",     "--hostile",
        "--at",      "--log-posts", "--slow-write", "--input",  "--print-input"};
    struct orl_demo_conf conf;
    char *said;
    assert_int_equal(parse(&conf, args, &said), ORL_DEMO_HELP);
    for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
        assert_non_null(strstr(said, names[i]));
    }
    free(said);
}

/* The usual rule for real machines gives 32 MiB at 1080p and 128 MiB at 2160p. */
static void memory_is_a_power_of_two_that_holds_every_mode(void **state)
{
    (void)state;
    struct orl_demo_conf conf;
    orl_demo_conf_init(&conf);
    conf.w = 1920;
    conf.h = 1080;
    assert_int_equal(orl_demo_memory(&conf), 32u << 20);
    conf.event_count = 1;
    conf.events[0] = (struct orl_demo_event){0, ORL_DEMO_DO_SIZE, 3840, 2160};
    assert_int_equal(orl_demo_memory(&conf), 128u << 20);
    conf.mem_bytes = 1u << 20;
    assert_int_equal(orl_demo_memory(&conf), 1u << 20);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(options_fill_the_configuration),
        cmocka_unit_test(input_is_offered_and_can_be_printed),
        cmocka_unit_test(events_are_sorted_by_time),
        cmocka_unit_test(every_bad_value_gives_one_sentence),
        cmocka_unit_test(missing_and_second_file_are_refused),
        cmocka_unit_test(formats_that_the_release_lacks_are_refused),
        cmocka_unit_test(too_many_events_are_refused),
        cmocka_unit_test(help_names_every_option_and_wins),
        cmocka_unit_test(memory_is_a_power_of_two_that_holds_every_mode),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
