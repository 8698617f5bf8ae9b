/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "audio/consent.h"
#include "support/check.h"

#define GUEST "4dea22b3-1d52-d8f3-2516-782e98ab3fa0"
#define OTHER "00000000-0000-0000-0000-000000000001"
#define NOW   UINT64_C(1000000000000)
#define S     UINT64_C(1000000000)

static char folder[64], path[128];

static int make_folder(void **state)
{
    (void)state;
    snprintf(folder, sizeof(folder), "/tmp/orl-consent.XXXXXX");
    if (!mkdtemp(folder)) {
        return -1;
    }
    snprintf(path, sizeof(path), "%s/state/microphone", folder);
    return 0;
}

static int remove_folder(void **state)
{
    (void)state;
    char sub[128];
    unlink(path);
    snprintf(sub, sizeof(sub), "%s/state", folder);
    rmdir(sub);
    return rmdir(folder);
}

static void write_text(const char *text)
{
    char sub[128];
    snprintf(sub, sizeof(sub), "%s/state", folder);
    mkdir(sub, 0700);
    FILE *f = fopen(path, "w");
    assert_non_null(f);
    fputs(text, f);
    fclose(f);
}

static void assert_text(const char *want)
{
    char got[512] = "";
    FILE *f = fopen(path, "r");
    assert_non_null(f);
    got[fread(got, 1, sizeof(got) - 1, f)] = 0;
    fclose(f);
    assert_string_equal(got, want);
}

static void prompt_asks_each_time_until_told_to_remember(void **state)
{
    (void)state;
    struct orl_consent c;
    orl_consent_init(&c, ORL_MIC_PROMPT, path);
    orl_consent_set_guest(&c, GUEST);
    assert_int_equal(c.state, ORL_MIC_IDLE);
    assert_true(orl_consent_wanted(&c, true, NOW));
    assert_int_equal(c.state, ORL_MIC_ASKING);
    assert_false(orl_consent_wanted(&c, true, NOW));
    assert_true(orl_consent_answer(&c, true, false, NOW));
    assert_int_equal(c.state, ORL_MIC_OPEN);
    assert_false(orl_consent_wanted(&c, true, NOW));
    assert_true(orl_consent_wanted(&c, false, NOW));
    assert_int_equal(c.state, ORL_MIC_IDLE);
    orl_consent_wanted(&c, true, NOW);
    assert_int_equal(c.state, ORL_MIC_ASKING);
    assert_int_equal(access(path, F_OK), -1); /* nothing was written */
    assert_true(orl_consent_answer(&c, false, true, NOW));
    assert_int_equal(c.state, ORL_MIC_REFUSED);
    orl_consent_wanted(&c, false, NOW);
    orl_consent_wanted(&c, true, NOW);
    assert_int_equal(c.state, ORL_MIC_REFUSED);
    assert_text(GUEST " deny\n");
}

static void an_answer_is_kept_per_guest_and_replaced(void **state)
{
    (void)state;
    struct orl_consent c;
    write_text(OTHER " deny\n# a remark\n" GUEST " deny");
    orl_consent_init(&c, ORL_MIC_PROMPT, path);
    orl_consent_set_guest(&c, GUEST);
    orl_consent_wanted(&c, true, NOW);
    assert_int_equal(c.state, ORL_MIC_REFUSED);
    assert_true(orl_consent_answer(&c, true, true, NOW));
    assert_text(OTHER " deny\n# a remark\n" GUEST " allow\n");
    struct orl_consent later;
    orl_consent_init(&later, ORL_MIC_PROMPT, path);
    orl_consent_set_guest(&later, GUEST);
    orl_consent_wanted(&later, true, NOW);
    assert_int_equal(later.state, ORL_MIC_OPEN);
    orl_consent_set_guest(&later, "11111111-0000-0000-0000-000000000001");
    assert_false(later.remembered);
    struct stat st;
    assert_int_equal(stat(path, &st), 0);
    assert_int_equal(st.st_mode & 0077, 0);
}

static void a_question_is_answered_by_the_file_when_the_guest_becomes_known(void **state)
{
    (void)state;
    struct orl_consent c;
    write_text(GUEST " allow\n");
    orl_consent_init(&c, ORL_MIC_PROMPT, path);
    orl_consent_wanted(&c, true, NOW);
    assert_int_equal(c.state, ORL_MIC_ASKING);
    orl_consent_set_guest(&c, GUEST);
    assert_true(orl_consent_wanted(&c, true, NOW));
    assert_int_equal(c.state, ORL_MIC_OPEN);
}

static void the_more_careful_of_setting_and_memory_wins(void **state)
{
    (void)state;
    static const struct {
        enum orl_mic_default setting;
        const char *line;
        enum orl_mic_state state;
    } cases[] = {
        {ORL_MIC_PROMPT, "", ORL_MIC_ASKING},
        {ORL_MIC_PROMPT, GUEST " allow\n", ORL_MIC_OPEN},
        {ORL_MIC_PROMPT, GUEST " deny\n", ORL_MIC_REFUSED},
        {ORL_MIC_ALLOW, "", ORL_MIC_OPEN},
        {ORL_MIC_ALLOW, GUEST " allow\n", ORL_MIC_OPEN},
        {ORL_MIC_ALLOW, GUEST " deny\n", ORL_MIC_REFUSED},
        {ORL_MIC_DENY, "", ORL_MIC_REFUSED},
        {ORL_MIC_DENY, GUEST " allow\n", ORL_MIC_REFUSED},
        {ORL_MIC_PROMPT, GUEST "0 allow\n", ORL_MIC_ASKING},
        {ORL_MIC_PROMPT, GUEST " allowed\n", ORL_MIC_ASKING},
        {ORL_MIC_PROMPT, GUEST "\n" GUEST, ORL_MIC_ASKING},
    };
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct orl_consent c;
        write_text(cases[i].line);
        orl_consent_init(&c, cases[i].setting, path);
        orl_consent_set_guest(&c, GUEST);
        orl_consent_wanted(&c, true, NOW);
        assert_int_equal(c.state, cases[i].state);
    }
}

static void the_key_switches_and_cycling_never_opens_what_was_refused(void **state)
{
    (void)state;
    struct orl_consent c;
    orl_consent_init(&c, ORL_MIC_PROMPT, NULL);
    assert_false(orl_consent_toggle(&c));
    assert_false(orl_consent_cycle_default(&c, NOW)); /* allow */
    assert_false(orl_consent_cycle_default(&c, NOW)); /* deny */
    assert_false(orl_consent_cycle_default(&c, NOW)); /* prompt */
    orl_consent_wanted(&c, true, NOW);
    assert_false(orl_consent_toggle(&c)); /* that is no answer to a question */
    assert_int_equal(c.state, ORL_MIC_ASKING);
    assert_true(orl_consent_answer(&c, false, false, NOW));
    assert_true(orl_consent_toggle(&c));
    assert_int_equal(c.state, ORL_MIC_OPEN);
    assert_true(orl_consent_toggle(&c));
    assert_int_equal(c.state, ORL_MIC_REFUSED);
    assert_false(orl_consent_cycle_default(&c, NOW)); /* allow */
    assert_int_equal(c.state, ORL_MIC_REFUSED);
    orl_consent_toggle(&c);
    assert_true(orl_consent_cycle_default(&c, NOW)); /* deny */
    assert_int_equal(c.state, ORL_MIC_REFUSED);
    orl_consent_init(&c, ORL_MIC_PROMPT, NULL);
    orl_consent_wanted(&c, true, NOW);
    assert_true(orl_consent_cycle_default(&c, NOW)); /* allow answers the question */
    assert_int_equal(c.state, ORL_MIC_OPEN);
}

/* Else the guest could switch it on again by closing and opening its device. */
static void what_the_user_switched_off_stays_off_for_that_guest(void **state)
{
    (void)state;
    struct orl_consent c;
    write_text(GUEST " allow\n");
    orl_consent_init(&c, ORL_MIC_ALLOW, path);
    orl_consent_set_guest(&c, GUEST);
    orl_consent_wanted(&c, true, NOW);
    assert_true(orl_consent_toggle(&c));
    for (int i = 0; i < 3; i++) {
        orl_consent_wanted(&c, false, NOW);
        orl_consent_set_guest(&c, "unknown");
        orl_consent_set_guest(&c, GUEST);
        orl_consent_wanted(&c, true, NOW + 2 * ORL_CONSENT_QUIET_NS);
        assert_int_equal(c.state, ORL_MIC_REFUSED);
    }
    assert_true(orl_consent_toggle(&c));
    orl_consent_wanted(&c, false, NOW);
    orl_consent_wanted(&c, true, NOW);
    assert_int_equal(c.state, ORL_MIC_OPEN);
    orl_consent_toggle(&c);
    orl_consent_wanted(&c, false, NOW);
    orl_consent_set_guest(&c, OTHER);
    orl_consent_wanted(&c, true, NOW);
    assert_int_equal(c.state, ORL_MIC_OPEN);
}

static void a_never_holds_although_the_guest_becomes_known_late(void **state)
{
    (void)state;
    struct orl_consent c;
    write_text(GUEST " deny\n");
    orl_consent_init(&c, ORL_MIC_ALLOW, path);
    orl_consent_wanted(&c, true, NOW);
    assert_int_equal(c.state, ORL_MIC_OPEN);
    orl_consent_set_guest(&c, GUEST);
    assert_true(orl_consent_wanted(&c, true, NOW));
    assert_int_equal(c.state, ORL_MIC_REFUSED);
}

static void bad_files_and_names_only_ask(void **state)
{
    (void)state;
    struct orl_consent c;
    char big[8192];
    memset(big, 'a', sizeof(big));
    big[sizeof(big) - 1] = 0;
    orl_consent_init(&c, ORL_MIC_PROMPT, path);
    orl_consent_set_guest(&c, big); /* too long to be a UUID */
    assert_string_equal(c.guest, "unknown");
    orl_consent_set_guest(&c, "two words");
    assert_string_equal(c.guest, "unknown");
    orl_consent_wanted(&c, true, NOW);
    orl_consent_answer(&c, true, true, NOW);
    assert_int_equal(access(path, F_OK), -1); /* nobody to remember it for */
    write_text("");
    FILE *f = fopen(path, "w");
    for (unsigned i = 0; i < 20; i++) {
        fputs(big, f);
    }
    fputs("\n" GUEST " allow\n", f);
    fclose(f);
    orl_consent_set_guest(&c, GUEST);
    assert_false(c.remembered);
    assert_true(c.unreadable);
    orl_consent_set_guest(&c, "");
    assert_string_equal(c.guest, "unknown");
}

static void a_place_that_cannot_be_written_loses_only_the_memory(void **state)
{
    (void)state;
    struct orl_consent c;
    orl_consent_init(&c, ORL_MIC_PROMPT, "/proc/none/microphone");
    orl_consent_set_guest(&c, GUEST);
    orl_consent_wanted(&c, true, NOW);
    assert_true(orl_consent_answer(&c, true, true, NOW));
    assert_int_equal(c.state, ORL_MIC_OPEN);
    assert_true(c.remembered);
}

/* Saves an answer over `bytes` of a file and expects them to be there afterwards. */
static void assert_kept(const char *bytes, size_t n)
{
    struct orl_consent c;
    char *got = malloc(n + 1);
    assert_non_null(got);
    write_text("");
    FILE *f = fopen(path, "w");
    assert_int_equal(fwrite(bytes, 1, n, f), n);
    fclose(f);
    orl_consent_init(&c, ORL_MIC_ALLOW, path);
    orl_consent_set_guest(&c, GUEST);
    orl_consent_wanted(&c, true, NOW);
    assert_int_equal(c.state, ORL_MIC_ASKING); /* a "no" may stand in it */
    orl_consent_answer(&c, true, true, NOW);
    assert_int_equal(c.state, ORL_MIC_OPEN);
    assert_non_null(strstr(c.trouble, path));
    f = fopen(path, "r");
    assert_int_equal(fread(got, 1, n + 1, f), n);
    fclose(f);
    assert_memory_equal(got, bytes, n);
    free(got);
}

static void a_file_that_cannot_be_read_whole_is_never_written_over(void **state)
{
    (void)state;
    static const char line[] = OTHER " deny\n";
    char big[2000 * (sizeof(line) - 1)];
    for (size_t i = 0; i < 2000; i++) {
        memcpy(big + i * (sizeof(line) - 1), line, sizeof(line) - 1);
    }
    assert_kept(big, sizeof(big));
    assert_kept("x\0\n" OTHER " deny\n", sizeof("x\0\n" OTHER " deny\n") - 1);
    struct orl_consent c;
    unlink(path);
    assert_int_equal(mkfifo(path, 0600), 0); /* nobody writes there: reading it would wait */
    orl_consent_init(&c, ORL_MIC_PROMPT, path);
    orl_consent_set_guest(&c, GUEST);
    orl_consent_answer(&c, false, true, NOW);
    assert_non_null(strstr(c.trouble, path));
    struct stat st;
    assert_int_equal(stat(path, &st), 0);
    assert_true(S_ISFIFO(st.st_mode));
}

static void what_is_kept_is_no_trouble_and_what_is_not_is_one(void **state)
{
    (void)state;
    struct orl_consent c;
    orl_consent_init(&c, ORL_MIC_PROMPT, path);
    orl_consent_set_guest(&c, GUEST);
    orl_consent_answer(&c, false, true, NOW);
    assert_string_equal(c.trouble, "");
    assert_text(GUEST " deny\n");
    c.path = "/proc/none/microphone";
    orl_consent_answer(&c, true, true, NOW);
    assert_non_null(strstr(c.trouble, "/proc/none/microphone"));
    orl_consent_answer(&c, true, false, NOW);
    assert_string_equal(c.trouble, "");
    orl_consent_set_guest(&c, "");
    orl_consent_answer(&c, true, true, NOW);
    assert_non_null(strstr(c.trouble, "no UUID"));
}

static void after_a_no_the_same_guest_does_not_ask_for_a_while(void **state)
{
    (void)state;
    struct orl_consent c;
    orl_consent_init(&c, ORL_MIC_PROMPT, NULL);
    orl_consent_set_guest(&c, GUEST);
    orl_consent_wanted(&c, true, NOW);
    orl_consent_answer(&c, false, false, NOW);
    for (uint64_t t = NOW; t < NOW + ORL_CONSENT_QUIET_NS; t += 7 * S) {
        orl_consent_wanted(&c, false, t);
        orl_consent_set_guest(&c, "unknown"); /* a new session of the same machine */
        orl_consent_set_guest(&c, GUEST);
        orl_consent_wanted(&c, true, t);
        assert_int_equal(c.state, ORL_MIC_REFUSED);
    }
    orl_consent_wanted(&c, false, NOW);
    orl_consent_wanted(&c, true, NOW + ORL_CONSENT_QUIET_NS);
    assert_int_equal(c.state, ORL_MIC_ASKING);
    orl_consent_answer(&c, false, false, NOW);
    orl_consent_set_guest(&c, OTHER); /* to which nobody has said no */
    orl_consent_wanted(&c, false, NOW);
    orl_consent_wanted(&c, true, NOW);
    assert_int_equal(c.state, ORL_MIC_ASKING);
    orl_consent_answer(&c, false, false, NOW);
    orl_consent_toggle(&c); /* the user has thought again */
    orl_consent_wanted(&c, false, NOW);
    orl_consent_wanted(&c, true, NOW);
    assert_int_equal(c.state, ORL_MIC_ASKING);
}

static void the_line_with_the_question_is_bounded_however_often_the_guest_asks(void **state)
{
    (void)state;
    struct orl_consent c;
    uint64_t due = 0, shown = 0;
    uint64_t step = S / 10;
    uint64_t whole = 10 * (ORL_CONSENT_SHOW_NS + ORL_CONSENT_REST_NS);
    orl_consent_init(&c, ORL_MIC_PROMPT, NULL);
    orl_consent_wanted(&c, true, NOW);
    assert_true(orl_consent_line(&c, NOW, &due));
    assert_int_equal(due, NOW + ORL_CONSENT_SHOW_NS);
    assert_true(orl_consent_line(&c, due - 1, &due));
    assert_false(orl_consent_line(&c, due, &due));
    assert_int_equal(due, UINT64_MAX);
    /* It asks all day: one question that nobody answers is shown once, ... */
    assert_false(orl_consent_line(&c, NOW + 100 * ORL_CONSENT_REST_NS, &due));
    /* ... and one that it takes back and asks again all the time, for a part of the time. */
    orl_consent_init(&c, ORL_MIC_PROMPT, NULL);
    for (uint64_t t = NOW; t < NOW + whole; t += step) {
        orl_consent_wanted(&c, t / step % 4 != 0, t);
        shown += orl_consent_line(&c, t, &due) ? step : 0;
    }
    assert_in_range(shown / S, 1, 11 * ORL_CONSENT_SHOW_NS / S + 11);
}

static void a_later_question_has_its_whole_time_again(void **state)
{
    (void)state;
    struct orl_consent c;
    uint64_t due = 0;
    uint64_t t = NOW;
    orl_consent_init(&c, ORL_MIC_PROMPT, NULL);
    orl_consent_wanted(&c, true, t);
    assert_true(orl_consent_line(&c, t, &due));
    t += ORL_CONSENT_SHOW_NS / 2;
    orl_consent_wanted(&c, false, t);
    assert_false(orl_consent_line(&c, t, &due));
    orl_consent_wanted(&c, true, t);
    assert_true(orl_consent_line(&c, t, &due));
    assert_int_equal(due, t + ORL_CONSENT_SHOW_NS / 2);
    orl_consent_wanted(&c, false, t);
    assert_false(orl_consent_line(&c, t, &due));
    t += ORL_CONSENT_REST_NS;
    orl_consent_wanted(&c, true, t);
    assert_true(orl_consent_line(&c, t, &due));
    assert_int_equal(due, t + ORL_CONSENT_SHOW_NS);
    orl_consent_answer(&c, true, false, t);
    assert_false(orl_consent_line(&c, t, &due));
}

static void a_question_that_comes_in_the_rest_is_shown_after_it(void **state)
{
    (void)state;
    struct orl_consent c;
    uint64_t due = 0;
    uint64_t t = NOW + ORL_CONSENT_SHOW_NS;
    orl_consent_init(&c, ORL_MIC_PROMPT, NULL);
    orl_consent_wanted(&c, true, NOW);
    assert_true(orl_consent_line(&c, NOW, &due));
    assert_false(orl_consent_line(&c, t, &due));
    orl_consent_wanted(&c, false, t);
    assert_false(orl_consent_line(&c, t, &due));
    orl_consent_wanted(&c, true, t + S);
    assert_false(orl_consent_line(&c, t + S, &due));
    assert_int_equal(due, t + ORL_CONSENT_REST_NS);
    assert_true(orl_consent_line(&c, due, &due));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(prompt_asks_each_time_until_told_to_remember,
                                        make_folder, remove_folder),
        cmocka_unit_test_setup_teardown(an_answer_is_kept_per_guest_and_replaced, make_folder,
                                        remove_folder),
        cmocka_unit_test_setup_teardown(
            a_question_is_answered_by_the_file_when_the_guest_becomes_known, make_folder,
            remove_folder),
        cmocka_unit_test_setup_teardown(the_more_careful_of_setting_and_memory_wins,
                                        make_folder, remove_folder),
        cmocka_unit_test(the_key_switches_and_cycling_never_opens_what_was_refused),
        cmocka_unit_test_setup_teardown(what_the_user_switched_off_stays_off_for_that_guest,
                                        make_folder, remove_folder),
        cmocka_unit_test_setup_teardown(a_never_holds_although_the_guest_becomes_known_late,
                                        make_folder, remove_folder),
        cmocka_unit_test_setup_teardown(bad_files_and_names_only_ask, make_folder,
                                        remove_folder),
        cmocka_unit_test(a_place_that_cannot_be_written_loses_only_the_memory),
        cmocka_unit_test_setup_teardown(a_file_that_cannot_be_read_whole_is_never_written_over,
                                        make_folder, remove_folder),
        cmocka_unit_test_setup_teardown(what_is_kept_is_no_trouble_and_what_is_not_is_one,
                                        make_folder, remove_folder),
        cmocka_unit_test(after_a_no_the_same_guest_does_not_ask_for_a_while),
        cmocka_unit_test(the_line_with_the_question_is_bounded_however_often_the_guest_asks),
        cmocka_unit_test(a_later_question_has_its_whole_time_again),
        cmocka_unit_test(a_question_that_comes_in_the_rest_is_shown_after_it),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
