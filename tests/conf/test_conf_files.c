/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "conf/fixture.h"

#define ETC "etc/oriel.ini"
#define XDG "xdg/oriel/oriel.ini"

static void without_any_file_everything_has_its_default(void **state)
{
    struct fixture *f = *state;
    assert_int_equal(fixture_load(f, NULL), ORL_OK);
    assert_quiet(f);
    assert_int_equal(f->run.action, ORL_CONF_RUN);
    assert_null(f->run.demo);
    assert_null(f->run.log);
    assert_string_equal(f->conf->app_shm_file, "auto");
    assert_int_equal(f->conf->win_fps_min, -1);
    assert_true(f->conf->win_position.center);
    assert_int_equal(f->conf->win_size.w, 1024);
    assert_int_equal(f->conf->win_size.h, 768);
    assert_true(f->conf->win_alerts);
    assert_true(f->conf->render_thread);
    assert_true(f->conf->egl_filter_downscale_pixel_size == 2.0);
    assert_string_equal(f->conf->egl_preset, "");
}

static void an_environment_without_folders_is_enough(void **state)
{
    struct fixture *f = *state;
    f->env = (struct orl_conf_env){0};
    assert_int_equal(fixture_load(f, NULL), ORL_OK);
    assert_quiet(f);
}

static void without_xdg_folder_the_one_in_home_counts(void **state)
{
    struct fixture *f = *state;
    f->env.xdg_config_home = NULL;
    fixture_write(f, "home/.config/oriel/oriel.ini", "[win]\ntitle=home\n");
    assert_int_equal(fixture_load(f, NULL), ORL_OK);
    assert_string_equal(f->conf->win_title, "home");
}

static void later_sources_win_over_earlier_ones(void **state)
{
    struct fixture *f = *state;
    char extra[96];
    fixture_write(f, ETC, "[win]\nfpsMin=1\nuiSize=11\nrotate=90\ntitle=etc\n");
    fixture_write(f, XDG, "[win]\nfpsMin=2\nuiSize=12\nrotate=180\n");
    fixture_write(f, "extra.ini", "[win]\nfpsMin=3\nuiSize=13\n");
    snprintf(extra, sizeof(extra), "%s/extra.ini", f->root);
    assert_int_equal(fixture_load(f, "win:fpsMin=4", "-C", extra, NULL), ORL_OK);
    assert_quiet(f);
    assert_int_equal(f->conf->win_fps_min, 4);
    assert_int_equal(f->conf->win_ui_size, 13);
    assert_int_equal(f->conf->win_rotate, 180);
    assert_string_equal(f->conf->win_title, "etc");
    assert_string_equal(f->conf->app_config_file, extra);
}

static void two_extra_files_are_read_in_order(void **state)
{
    struct fixture *f = *state;
    char a[96];
    char b[96];
    fixture_write(f, "a.ini", "[win]\nfpsMin=1\nuiSize=11\n");
    fixture_write(f, "b.ini", "[win]\nfpsMin=2\n");
    snprintf(a, sizeof(a), "app:configFile=%s/a.ini", f->root);
    snprintf(b, sizeof(b), "-C%s/b.ini", f->root);
    assert_int_equal(fixture_load(f, a, b, NULL), ORL_OK);
    assert_int_equal(f->conf->win_fps_min, 2);
    assert_int_equal(f->conf->win_ui_size, 11);
}

static void the_last_of_equal_names_in_a_file_wins(void **state)
{
    struct fixture *f = *state;
    fixture_write(f, ETC, "[win]\nfpsMin=5\n[egl]\nvsync=on\n[win]\nfpsMin=6\n");
    assert_int_equal(fixture_load(f, NULL), ORL_OK);
    assert_int_equal(f->conf->win_fps_min, 6);
    assert_true(f->conf->egl_vsync);
}

static void comments_blanks_and_line_ends_do_not_matter(void **state)
{
    struct fixture *f = *state;
    fixture_write(f, XDG,
                  "\xEF\xBB\xBF; first\r\n# second\r\n\r\n  [win]  \r\n   ; third\n"
                  "  title =  a b  ; behind\r\n\tfpsMin\t=\t30\n[egl]\nscale=2");
    assert_int_equal(fixture_load(f, NULL), ORL_OK);
    assert_quiet(f);
    assert_string_equal(f->conf->win_title, "a b");
    assert_int_equal(f->conf->win_fps_min, 30);
    assert_int_equal(f->conf->egl_scale, 2);
}

static void values_may_hold_equal_signs_and_hashes(void **state)
{
    struct fixture *f = *state;
    fixture_write(f, XDG, "[win]\ntitle=a=b #1;c: d\n");
    assert_int_equal(fixture_load(f, NULL), ORL_OK);
    assert_string_equal(f->conf->win_title, "a=b #1;c: d");
}

static void text_beyond_ascii_is_kept(void **state)
{
    struct fixture *f = *state;
    fixture_write(f, XDG, "[win]\ntitle=F\xC3\xA4nster \xE7\xAA\x93\n");
    assert_int_equal(fixture_load(f, NULL), ORL_OK);
    assert_string_equal(f->conf->win_title, "F\xC3\xA4nster \xE7\xAA\x93");
}

static void text_that_is_not_utf8_is_an_error_but_a_path_may_be(void **state)
{
    struct fixture *f = *state;
    fixture_write(f, XDG, "[app]\nshmFile=/dev/shm/\xE4\n");
    assert_int_equal(fixture_load(f, NULL), ORL_OK);
    assert_string_equal(f->conf->app_shm_file, "/dev/shm/\xE4");
    fixture_write(f, XDG, "[win]\ntitle=\xE4\n");
    assert_int_equal(fixture_load(f, NULL), ORL_EINVAL);
    assert_error(f, "oriel.ini:2: win:title=");
}

static void a_long_line_keeps_its_whole_value(void **state)
{
    struct fixture *f = *state;
    char text[4096];
    char value[3001];
    memset(value, 'p', sizeof(value) - 1);
    value[sizeof(value) - 1] = '\0';
    value[0] = '/';
    snprintf(text, sizeof(text), "[app]\nscreenshot = %s ; behind\n[win]\nfpsMin=7\n", value);
    fixture_write(f, XDG, text);
    assert_int_equal(fixture_load(f, NULL), ORL_OK);
    assert_quiet(f);
    assert_string_equal(f->conf->app_screenshot, value);
    assert_int_equal(f->conf->win_fps_min, 7);
}

/* inih is given lines of at most some 200 bytes: try every length around that. */
static void lines_around_the_reader_limit_are_whole_and_numbered(void **state)
{
    struct fixture *f = *state;
    for (int len = 170; len < 215; len++) {
        char text[512];
        snprintf(text, sizeof(text), "[win]\ntitle=%0*d\n[egl]\nvsync=x\n", len, 1);
        fixture_write(f, XDG, text);
        assert_int_equal(fixture_load(f, NULL), ORL_EINVAL);
        assert_error(f, "oriel.ini:4: egl:vsync=x");
        assert_int_equal(f->rep.count, 1);
        snprintf(text, sizeof(text), "[win]\ntitle=%0*d\n", len, 1);
        fixture_write(f, XDG, text);
        assert_int_equal(fixture_load(f, NULL), ORL_OK);
        assert_int_equal(strlen(f->conf->win_title), len);
    }
}

static void a_line_beyond_every_limit_is_an_error(void **state)
{
    struct fixture *f = *state;
    static char text[20000];
    memset(text, 'x', sizeof(text) - 1);
    memcpy(text, "[win]\ntitle=", 12);
    fixture_write(f, XDG, text);
    assert_int_equal(fixture_load(f, NULL), ORL_EINVAL);
    assert_error(f, "oriel.ini:2: the line cannot be read: it is too long");
}

static void a_zero_byte_is_an_error(void **state)
{
    struct fixture *f = *state;
    static const char bytes[] = "[win]\nfpsMin=\0005\nuiSize=20\n";
    fixture_write_bytes(f, XDG, bytes, sizeof(bytes) - 1);
    assert_int_equal(fixture_load(f, NULL), ORL_EINVAL);
    assert_error(f, "oriel.ini:2: the line cannot be read: it contains a zero byte");
    assert_int_equal(f->rep.count, 1);
}

static void lines_that_are_nothing_are_named_one_by_one(void **state)
{
    struct fixture *f = *state;
    fixture_write(f, XDG, "[win]\nborderless\n[egl ; x]\nvsync=yes\n[egl\nnonsense");
    assert_int_equal(fixture_load(f, NULL), ORL_EINVAL);
    assert_error(f, "oriel.ini:2: the line cannot be read: it is neither [section] nor");
    assert_error(f, "oriel.ini:3: the line cannot be read");
    assert_error(f, "oriel.ini:5: the line cannot be read");
    assert_error(f, "oriel.ini:6: the line cannot be read");
}

static void an_indented_line_does_not_continue_the_one_above(void **state)
{
    struct fixture *f = *state;
    fixture_write(f, XDG, "[win]\ntitle=one\n  uiSize=20\n");
    assert_int_equal(fixture_load(f, NULL), ORL_OK);
    assert_string_equal(f->conf->win_title, "one");
    assert_int_equal(f->conf->win_ui_size, 20);
}

static void an_unknown_name_is_an_error_with_file_line_and_guess(void **state)
{
    struct fixture *f = *state;
    fixture_write(f, ETC, "\n[win]\nfulscreen=yes\n");
    assert_int_equal(fixture_load(f, NULL), ORL_EINVAL);
    assert_null(f->conf);
    assert_error(f, "%/etc/oriel.ini:3: unknown option 'win:fulscreen'; did you mean "
                    "'win:fullScreen'?");
    fixture_write(f, ETC, "[qqqqqqqq]\nzzzzzzzz=yes\n");
    assert_int_equal(fixture_load(f, NULL), ORL_EINVAL);
    assert_error(f, "%/etc/oriel.ini:2: unknown option 'qqqqqqqq:zzzzzzzz'; --help lists all");
    fixture_write(f, ETC, "fullScreen=yes\n");
    assert_int_equal(fixture_load(f, NULL), ORL_EINVAL);
    assert_error(f, "%/etc/oriel.ini:1: 'fullScreen' stands above the first [section]");
}

static void a_name_in_the_wrong_section_is_guessed(void **state)
{
    struct fixture *f = *state;
    fixture_write(f, ETC, "[spice]\nmouseSens=1\n");
    assert_int_equal(fixture_load(f, NULL), ORL_EINVAL);
    assert_error(f, "did you mean 'input:mouseSens'?");
}

struct bad_value {
    const char *section;
    const char *line;
    const char *sentence;
};

static void an_invalid_value_names_file_line_option_and_range(void **state)
{
    struct fixture *f = *state;
    static const struct bad_value cases[] = {
        {"win", "rotate=45", "win:rotate=45 is not allowed; allowed: 0, 90, 180 or 270"},
        {"win", "fullScreen=maybe", "win:fullScreen=maybe is not allowed; allowed: yes or no"},
        {"win", "fpsMin=-2", "win:fpsMin=-2 is not allowed; allowed: -1 to 1000"},
        {"win", "fpsMin=", "win:fpsMin= is not allowed; allowed: -1 to 1000"},
        {"win", "fpsMin=1x", "win:fpsMin=1x is not allowed"},
        {"win", "fpsMin=99999999999", "win:fpsMin=99999999999 is not allowed"},
        {"win", "size=0x5", "win:size=0x5 is not allowed; allowed: WxH, each 1 to 32767"},
        {"win", "size=10x20 px", "win:size=10x20 px is not allowed"},
        {"win", "position=left",
         "win:position=left is not allowed; allowed: center, or XxY, each "
         "-32768 to 32767"},
        {"win", "title=", "win:title= is not allowed; allowed: any text, not empty"},
        {"app", "shmFile=", "app:shmFile= is not allowed; allowed: a path, not empty"},
        {"app", "framePollInterval=49", "allowed: 0, or 50 to 10000"},
        {"app", "renderer=Vulkan", "allowed: auto, EGL or OpenGL"},
        {"audio", "micDefault=ask", "allowed: prompt, allow or deny"},
        {"eglFilter", "ffxCASSharpness=1.5", "allowed: 0 to 1"},
        {"egl", "scale=3", "egl:scale=3 is not allowed; allowed: 0 to 2"},
    };
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        char text[128];
        char sentence[160];
        snprintf(text, sizeof(text), "[%s]\n\n%s\n", cases[i].section, cases[i].line);
        fixture_write(f, XDG, text);
        assert_int_equal(fixture_load(f, NULL), ORL_EINVAL);
        snprintf(sentence, sizeof(sentence), "%s", cases[i].sentence);
        assert_error(f, sentence);
        assert_error(f, "%/xdg/oriel/oriel.ini:3: ");
        assert_int_equal(f->rep.count, 1);
    }
}

static void all_errors_of_a_file_are_named_at_once(void **state)
{
    struct fixture *f = *state;
    fixture_write(f, ETC, "[win]\nrotate=1\nnope=2\nsize=x\n");
    assert_int_equal(fixture_load(f, NULL), ORL_EINVAL);
    assert_int_equal(f->rep.errors, 3);
    assert_non_null(strstr(f->rep.line[0].text, ":2:"));
    assert_non_null(strstr(f->rep.line[1].text, ":3:"));
    assert_non_null(strstr(f->rep.line[2].text, ":4:"));
}

static void odd_spellings_become_the_usual_one(void **state)
{
    struct fixture *f = *state;
    fixture_write(f, XDG,
                  "[win]\nrotate=+090\nfullScreen=ON\nposition=CENTER\n[app]\nrenderer=egl\n"
                  "[audio]\nmicDefault=Deny\n");
    assert_int_equal(fixture_load(f, NULL), ORL_OK);
    assert_int_equal(f->conf->win_rotate, 90);
    assert_true(f->conf->win_full_screen);
    assert_true(f->conf->win_position.center);
    assert_string_equal(f->conf->app_renderer, "EGL");
    assert_string_equal(f->conf->audio_mic_default, "deny");
}

static void a_position_may_be_left_of_the_origin(void **state)
{
    struct fixture *f = *state;
    fixture_write(f, XDG, "[win]\nposition=-100x20\n");
    assert_int_equal(fixture_load(f, NULL), ORL_OK);
    assert_false(f->conf->win_position.center);
    assert_int_equal(f->conf->win_position.x, -100);
    assert_int_equal(f->conf->win_position.y, 20);
}

static void a_missing_file_of_the_command_line_is_an_error(void **state)
{
    struct fixture *f = *state;
    char path[96];
    snprintf(path, sizeof(path), "%s/none.ini", f->root);
    assert_int_equal(fixture_load(f, "-C", path, NULL), ORL_EINVAL);
    assert_error(f, "cannot read %/none.ini: No such file or directory; correct the name");
}

static void a_folder_in_place_of_a_file_is_an_error(void **state)
{
    struct fixture *f = *state;
    fixture_write(f, "etc/oriel.ini/inside", "");
    assert_int_equal(fixture_load(f, NULL), ORL_EINVAL);
    assert_error(f, "cannot read %/etc/oriel.ini: Is a directory; a folder is there");
}

static void an_unreadable_file_is_an_error_with_a_next_step(void **state)
{
    struct fixture *f = *state;
    char path[128];
    fixture_write(f, ETC, "[win]\n");
    snprintf(path, sizeof(path), "%s/%s", f->root, ETC);
    assert_int_equal(chmod(path, 0), 0);
    uid_t user = geteuid();
    if (user == 0) {
        assert_int_equal(seteuid(65534), 0); /* root reads everything */
    }
    int err = fixture_load(f, NULL);
    assert_int_equal(seteuid(user), 0);
    assert_int_equal(err, ORL_EINVAL);
    assert_error(f, "Permission denied; allow your user to read it, or remove it");
}

static void the_extra_file_named_in_a_file_is_not_followed(void **state)
{
    struct fixture *f = *state;
    fixture_write(f, XDG, "[app]\nconfigFile=/nowhere.ini\n");
    assert_int_equal(fixture_load(f, NULL), ORL_OK);
    assert_warning(
        f, "oriel.ini:2: app:configFile is ignored; it counts on the command line only");
    assert_string_equal(f->conf->app_config_file, "");
}

static void the_peer_files_are_read_in_their_order(void **state)
{
    struct fixture *f = *state;
    fixture_write(f, "etc/looking-glass-client.ini", "[win]\nfpsMin=1\nuiSize=11\nrotate=90\n");
    fixture_write(f, "home/.looking-glass-client.ini", "[win]\nfpsMin=2\nuiSize=12\n");
    fixture_write(f, "xdg/looking-glass/client.ini", "[win]\nfpsMin=3\n");
    assert_int_equal(fixture_load(f, NULL), ORL_OK);
    assert_quiet(f);
    assert_int_equal(f->conf->win_fps_min, 3);
    assert_int_equal(f->conf->win_ui_size, 12);
    assert_int_equal(f->conf->win_rotate, 90);
}

static void the_peer_files_are_not_read_beside_our_own(void **state)
{
    struct fixture *f = *state;
    fixture_write(f, "home/.looking-glass-client.ini", "[win]\nfpsMin=2\n");
    fixture_write(f, ETC, "");
    assert_int_equal(fixture_load(f, NULL), ORL_OK);
    assert_int_equal(f->conf->win_fps_min, -1);
}

static void an_extra_file_does_not_hide_the_peer_files(void **state)
{
    struct fixture *f = *state;
    char path[96];
    fixture_write(f, "home/.looking-glass-client.ini", "[win]\nfpsMin=2\nuiSize=12\n");
    fixture_write(f, "vm.ini", "[win]\nuiSize=13\n");
    snprintf(path, sizeof(path), "%s/vm.ini", f->root);
    assert_int_equal(fixture_load(f, "-C", path, NULL), ORL_OK);
    assert_int_equal(f->conf->win_fps_min, 2);
    assert_int_equal(f->conf->win_ui_size, 13);
}

static void names_ignored_in_peer_files_are_reported_once(void **state)
{
    struct fixture *f = *state;
    fixture_write(f, "etc/looking-glass-client.ini",
                  "[foo]\nbar=1\n[win]\nrotate=45\njitRender=yes\n[test]\nwidth=1\nheight=2\n"
                  "[spice]\nusbAudio=yes\nnonsense\n[win]\nfullScreen=yes\n");
    fixture_write(f, "home/.looking-glass-client.ini",
                  "[foo]\nbar=2\n[win]\njitRender=yes\n[test]\nwidth=1\n[spice]\nusbAudio=yes\n"
                  "[app]\ntransport=lgmp\n");
    assert_int_equal(fixture_load(f, NULL), ORL_OK);
    assert_true(f->conf->win_full_screen);
    assert_int_equal(f->conf->win_rotate, 0);
    assert_warning(f, "%/etc/looking-glass-client.ini:2: foo:bar is unknown and ignored");
    assert_warning(
        f, "%/etc/looking-glass-client.ini:4: win:rotate=45 is not allowed and ignored; "
           "allowed: 0, 90, 180 or 270");
    assert_warning(f, ":5: win:jitRender has no effect yet");
    assert_warning(f, ":7: test:width is ignored: use --demo");
    assert_warning(f, ":10: spice:usbAudio is not there yet: sound takes the playback");
    assert_warning(f, ":11: the line is ignored: it is neither");
    assert_int_equal(fixture_count(f, "foo:bar"), 1);
    assert_int_equal(fixture_count(f, "win:jitRender"), 1);
    assert_int_equal(fixture_count(f, "test:width"), 1);
    assert_int_equal(fixture_count(f, "test:height"), 1);
    assert_int_equal(fixture_count(f, "spice:usbAudio"), 1);
    assert_int_equal(fixture_count(f, "app:transport"), 0);
    assert_string_equal(f->conf->app_transport, "lgmp");
    assert_int_equal(f->rep.errors, 0);
}

static void names_of_master_reach_the_same_options(void **state)
{
    struct fixture *f = *state;
    fixture_write(f, "xdg/looking-glass/client.ini",
                  "[lgmp]\nshmDevice=kvmfr1\nallowDMA=no\nframePollInterval=500\n"
                  "cursorPollInterval=600\n[input]\nscaleCursor=no\ncaptureOnStart=yes\n"
                  "alwaysShowCursor=yes\nshowCursorDot=no\nlargeCursorDot=yes\n"
                  "[clipboard]\ntoVM=no\ntoLocal=no\n");
    assert_int_equal(fixture_load(f, NULL), ORL_OK);
    assert_string_equal(f->conf->app_shm_file, "kvmfr1");
    assert_false(f->conf->app_allow_dma);
    assert_int_equal(f->conf->app_frame_poll_interval, 500);
    assert_int_equal(f->conf->app_cursor_poll_interval, 600);
    assert_false(f->conf->spice_scale_cursor);
    assert_true(f->conf->spice_capture_on_start);
    assert_true(f->conf->spice_always_show_cursor);
    assert_false(f->conf->spice_show_cursor_dot);
    assert_true(f->conf->spice_large_cursor_dot);
    assert_false(f->conf->spice_clipboard_to_vm);
    assert_false(f->conf->spice_clipboard_to_local);
}

static void names_of_master_without_effect_say_why(void **state)
{
    struct fixture *f = *state;
    fixture_write(f, "xdg/looking-glass/client.ini",
                  "[spice]\nwaitForServer=no\n[audio]\nlatencyOffset=6\nresampler=auto\n"
                  "debug=no\n[app]\ntransport=test\n");
    assert_int_equal(fixture_load(f, NULL), ORL_OK);
    assert_warning(f, "client.ini:2: spice:waitForServer is ignored: the viewer always waits");
    assert_warning(f, ":4: audio:latencyOffset is ignored: audio:bufferLatency says how much");
    assert_warning(f, ":5: audio:resampler is ignored: PipeWire resamples");
    assert_warning(f, ":8: app:transport=test is not allowed and ignored; allowed: auto, lgmp");
    assert_string_equal(f->conf->app_transport, "auto");
    assert_int_equal(f->rep.errors, 0);
}

static void check_key(const struct fixture *f, size_t i, const char *chord, const char *action,
                      const char *where)
{
    size_t n = 0;
    const struct orl_conf_key *keys = orl_conf_keys(f->conf, &n);
    assert_true(i < n);
    assert_string_equal(keys[i].chord, chord);
    assert_string_equal(keys[i].action, action);
    assert_non_null(strstr(keys[i].where, where));
}

static void key_bindings_are_collected_in_order_with_their_place(void **state)
{
    struct fixture *f = *state;
    size_t n = 4711;
    assert_int_equal(fixture_load(f, NULL), ORL_OK);
    orl_conf_keys(f->conf, &n);
    assert_int_equal(n, 0);
    fixture_write(f, ETC, "[keys]\nEscape+F = fullScreen\n");
    fixture_write(f, XDG,
                  "[keys]\ndouble Escape = capture ; behind\n\n  Escape + Backspace=\t"
                  "send Ctrl+Alt+Delete\nEscape+F: none\n[win]\nfpsMin=3\n[keys]\n"
                  "Escape+V =none\n");
    assert_int_equal(
        fixture_load(f, "keys:Escape+F=quit", "-F", "keys:no matter=what=ever", NULL), ORL_OK);
    assert_quiet(f);
    orl_conf_keys(f->conf, &n);
    assert_int_equal(n, 7);
    check_key(f, 0, "Escape+F", "fullScreen", "/etc/oriel.ini:2");
    check_key(f, 1, "double Escape", "capture", "/oriel/oriel.ini:2");
    check_key(f, 2, "Escape + Backspace", "send Ctrl+Alt+Delete", "/oriel/oriel.ini:4");
    check_key(f, 3, "Escape+F", "none", "/oriel/oriel.ini:5");
    check_key(f, 4, "Escape+V", "none", "/oriel/oriel.ini:9");
    check_key(f, 5, "Escape+F", "quit", "command line");
    check_key(f, 6, "no matter", "what=ever", "command line");
    assert_int_equal(f->conf->win_fps_min, 3);
}

static void a_refused_binding_is_named_with_its_place(void **state)
{
    struct fixture *f = *state;
    size_t n = 0;
    fixture_write(f, XDG, "[keys]\nEscape+F = fulscreen\n");
    assert_int_equal(fixture_load(f, NULL), ORL_OK);
    orl_conf_reject_key(orl_conf_keys(f->conf, &n), "there is no such action", &f->rep);
    assert_error(f, "%/xdg/oriel/oriel.ini:2: keys:Escape+F=fulscreen is not allowed: there is "
                    "no such action");
    assert_int_equal(f->rep.errors, 1);
}

static void bindings_that_are_no_text_or_too_many_are_errors(void **state)
{
    struct fixture *f = *state;
    static char text[ORL_CONF_KEYS * 40] = "[keys]\n";
    fixture_write(f, XDG, "[keys]\nEscape+\xFF = quit\nEscape+F =\n");
    assert_int_equal(fixture_load(f, "keys:=quit", "keys:", "keys:Escape+F", NULL), ORL_EINVAL);
    assert_int_equal(f->rep.errors, 5);
    assert_error(f, "oriel.ini:2: keys:Escape+");
    assert_error(f, "oriel.ini:3: keys:Escape+F= is not allowed: an action is missing");
    assert_error(f, "command line: keys:=quit is not allowed: a key is missing");
    assert_error(f, "command line: keys:Escape+F= is not allowed: an action is missing");
    size_t used = strlen(text);
    for (int i = 0; i < ORL_CONF_KEYS + 100; i++) {
        used += (size_t)snprintf(text + used, sizeof(text) - used, "Escape+F=quit\n");
    }
    fixture_write(f, XDG, text);
    assert_int_equal(fixture_load(f, NULL), ORL_EINVAL);
    assert_error(f, "oriel.ini:514: there are more than 512 key bindings");
    assert_int_equal(f->rep.errors, 1);
}

static void two_screen_saver_options_exclude_each_other(void **state)
{
    struct fixture *f = *state;
    fixture_write(f, XDG, "[win]\nautoScreensaver=yes\n");
    assert_int_equal(fixture_load(f, "-S", NULL), ORL_EINVAL);
    assert_error(f, "win:noScreensaver (command line) and win:autoScreensaver "
                    "(%/xdg/oriel/oriel.ini:2) exclude each other; set one of them to no");
    assert_int_equal(fixture_load(f, "-S", "win:autoScreensaver=no", NULL), ORL_OK);
}

static void a_plain_spice_viewer_without_spice_or_its_display_is_refused(void **state)
{
    struct fixture *f = *state;
    fixture_write(f, XDG, "[spice]\ndisplay=no\n");
    assert_int_equal(fixture_load(f, NULL), ORL_OK);
    assert_int_equal(fixture_load(f, "app:transport=spice", NULL), ORL_EINVAL);
    assert_error(f, "app:transport=spice (command line) and spice:display=no "
                    "(%/xdg/oriel/oriel.ini:2) exclude each other: there would be no picture");
    assert_int_equal(f->rep.errors, 1);
    assert_int_equal(
        fixture_load(f, "app:transport=spice", "spice:display=yes", "spice:enable=no", NULL),
        ORL_EINVAL);
    assert_error(f, "app:transport=spice (command line) and spice:enable=no (command line)");
    assert_int_equal(f->rep.errors, 1);
    assert_int_equal(fixture_load(f, "app:transport=spice", "spice:display=yes", NULL), ORL_OK);
    assert_int_equal(fixture_load(f, "app:transport=spice", "--demo", NULL), ORL_OK);
}

static void control_characters_never_reach_the_report(void **state)
{
    struct fixture *f = *state;
    fixture_write(f, XDG, "[win]\nrotate=\x1B[31mred\n");
    assert_int_equal(fixture_load(f, NULL), ORL_EINVAL);
    assert_error(f, "win:rotate=?[31mred is not allowed");
}

static void a_flood_of_errors_is_cut_but_counted(void **state)
{
    struct fixture *f = *state;
    static char text[20000] = "[win]\n";
    size_t used = strlen(text);
    for (int i = 0; i < 500; i++) {
        used += (size_t)snprintf(text + used, sizeof(text) - used, "rotate=%d\n", i + 1000);
    }
    fixture_write(f, XDG, text);
    assert_int_equal(fixture_load(f, NULL), ORL_EINVAL);
    assert_int_equal(f->rep.errors, 500);
    assert_int_equal(f->rep.count, ORL_CONF_REPORT_LINES);
    assert_int_equal(f->rep.dropped, 500 - ORL_CONF_REPORT_LINES);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        conf_test(without_any_file_everything_has_its_default),
        conf_test(an_environment_without_folders_is_enough),
        conf_test(without_xdg_folder_the_one_in_home_counts),
        conf_test(later_sources_win_over_earlier_ones),
        conf_test(two_extra_files_are_read_in_order),
        conf_test(the_last_of_equal_names_in_a_file_wins),
        conf_test(comments_blanks_and_line_ends_do_not_matter),
        conf_test(values_may_hold_equal_signs_and_hashes),
        conf_test(text_beyond_ascii_is_kept),
        conf_test(text_that_is_not_utf8_is_an_error_but_a_path_may_be),
        conf_test(a_long_line_keeps_its_whole_value),
        conf_test(lines_around_the_reader_limit_are_whole_and_numbered),
        conf_test(a_line_beyond_every_limit_is_an_error),
        conf_test(a_zero_byte_is_an_error),
        conf_test(lines_that_are_nothing_are_named_one_by_one),
        conf_test(an_indented_line_does_not_continue_the_one_above),
        conf_test(an_unknown_name_is_an_error_with_file_line_and_guess),
        conf_test(a_name_in_the_wrong_section_is_guessed),
        conf_test(an_invalid_value_names_file_line_option_and_range),
        conf_test(all_errors_of_a_file_are_named_at_once),
        conf_test(odd_spellings_become_the_usual_one),
        conf_test(a_position_may_be_left_of_the_origin),
        conf_test(a_missing_file_of_the_command_line_is_an_error),
        conf_test(a_folder_in_place_of_a_file_is_an_error),
        conf_test(an_unreadable_file_is_an_error_with_a_next_step),
        conf_test(the_extra_file_named_in_a_file_is_not_followed),
        conf_test(the_peer_files_are_read_in_their_order),
        conf_test(the_peer_files_are_not_read_beside_our_own),
        conf_test(an_extra_file_does_not_hide_the_peer_files),
        conf_test(names_ignored_in_peer_files_are_reported_once),
        conf_test(names_of_master_reach_the_same_options),
        conf_test(names_of_master_without_effect_say_why),
        conf_test(key_bindings_are_collected_in_order_with_their_place),
        conf_test(a_refused_binding_is_named_with_its_place),
        conf_test(bindings_that_are_no_text_or_too_many_are_errors),
        conf_test(two_screen_saver_options_exclude_each_other),
        conf_test(a_plain_spice_viewer_without_spice_or_its_display_is_refused),
        conf_test(control_characters_never_reach_the_report),
        conf_test(a_flood_of_errors_is_cut_but_counted),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
