/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "frame/way.h"
#include "render/sentences.h"
#include "support/check.h"

#define SEC UINT64_C(1000000000)

static struct orl_guest_status status(enum orl_guest_state s)
{
    struct orl_guest_status out = {.state = s, .since_ns = 100 * SEC, .release = ""};
    memcpy(out.path, "/dev/shm/vm", sizeof("/dev/shm/vm"));
    return out;
}

static void streaming_says_nothing(void **state)
{
    (void)state;
    struct orl_guest_status s = status(ORL_GUEST_STREAMING);
    struct orl_sentences out;
    orl_sentences_make(&out, &s, 200 * SEC);
    assert_string_equal(out.status, "");
    assert_string_equal(out.hint, "");
    assert_true(out.next_ns == UINT64_MAX);
}

static void every_other_state_has_a_headline_and_a_hint(void **state)
{
    (void)state;
    for (int i = ORL_GUEST_NO_MEMORY; i <= ORL_GUEST_VIDEO_OFF; i++) {
        struct orl_guest_status s = status((enum orl_guest_state)i);
        for (int fault = ORL_SHM_FINE; fault <= ORL_SHM_SYSTEM; fault++) {
            struct orl_sentences out;
            s.fault = (enum orl_shm_fault)fault;
            s.sys_errno = 5;
            orl_sentences_make(&out, &s, 103 * SEC);
            assert_int_equal(out.status[0] != '\0', i != ORL_GUEST_STREAMING);
            assert_int_equal(out.hint[0] != '\0', i != ORL_GUEST_STREAMING);
        }
    }
}

static void a_state_is_not_put_into_words_in_its_first_moment(void **state)
{
    (void)state;
    struct orl_guest_status s = status(ORL_GUEST_NO_SESSION);
    struct orl_sentences out;
    orl_sentences_make(&out, &s, s.since_ns + 1000);
    assert_string_equal(out.status, "");
    assert_true(out.next_ns == s.since_ns + ORL_SENTENCES_GRACE_NS);
    orl_sentences_make(&out, &s, out.next_ns);
    assert_string_not_equal(out.status, "");
}

static void the_age_is_told_in_steps(void **state)
{
    static const struct {
        uint64_t age_s;
        const char *tail;
        uint64_t next_s;
    } rows[] = {{9, "software", 10},       {10, ", for 10 s", 20},
                {59, ", for 50 s", 60},    {60, ", for 1 min", 120},
                {185, ", for 3 min", 240}, {3599, ", for 59 min", 3600},
                {7300, ", for 2 h", 10800}};
    (void)state;
    struct orl_guest_status s = status(ORL_GUEST_NO_SESSION);
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        struct orl_sentences out;
        orl_sentences_make(&out, &s, s.since_ns + rows[i].age_s * SEC);
        size_t len = strlen(out.status);
        size_t tail = strlen(rows[i].tail);
        assert_true(len > tail);
        assert_string_equal(out.status + len - tail, rows[i].tail);
        assert_true(out.next_ns == s.since_ns + rows[i].next_s * SEC);
    }
}

static void words_stay_equal_until_they_are_due(void **state)
{
    (void)state;
    struct orl_guest_status s = status(ORL_GUEST_LOST);
    struct orl_sentences now;
    struct orl_sentences before;
    for (uint64_t age_s = 1; age_s < 500; age_s++) {
        orl_sentences_make(&before, &s, s.since_ns + age_s * SEC);
        orl_sentences_make(&now, &s, before.next_ns - 1);
        assert_string_equal(now.status, before.status);
        orl_sentences_make(&now, &s, before.next_ns);
        assert_string_not_equal(now.status, before.status);
    }
}

static void a_refused_file_comes_with_the_remedy(void **state)
{
    (void)state;
    struct orl_guest_status s = status(ORL_GUEST_NO_MEMORY);
    struct orl_sentences out;
    s.fault = ORL_SHM_DENIED;
    orl_sentences_make(&out, &s, 103 * SEC);
    assert_non_null(strstr(out.status, "No permission for /dev/shm/vm"));
    assert_non_null(strstr(out.hint, "sudo chown $USER /dev/shm/vm"));
}

static void an_unknown_version_names_what_was_found_and_what_is_known(void **state)
{
    (void)state;
    struct orl_guest_status s = status(ORL_GUEST_VERSION);
    struct orl_sentences out;
    s.lgmp = 77;
    s.kvmfr = 88;
    memcpy(s.info.host_version, "Z9-test", sizeof("Z9-test"));
    orl_sentences_make(&out, &s, 103 * SEC);
    assert_non_null(strstr(out.hint, "LGMP 77, KVMFR 88, guest software Z9-test"));
    assert_non_null(strstr(out.hint, "B6"));
    assert_non_null(strstr(out.hint, "master"));
    s.kvmfr = 0; /* not readable without knowing the queue protocol */
    orl_sentences_make(&out, &s, 103 * SEC);
    assert_non_null(strstr(out.hint, "LGMP 77, KVMFR unknown"));
}

static void a_path_of_any_length_is_cut_not_overrun(void **state)
{
    (void)state;
    struct orl_guest_status s = status(ORL_GUEST_NO_MEMORY);
    struct orl_sentences out;
    memset(s.path, 'p', sizeof(s.path) - 1);
    s.path[sizeof(s.path) - 1] = '\0';
    s.path[sizeof(s.path) - 2] = 'E';
    orl_sentences_make(&out, &s, 100000 * SEC);
    assert_non_null(strstr(out.status, "pE"));
    assert_non_null(strstr(out.status, ", for 27 h"));
}

static void too_little_memory_is_told_once_with_the_size_needed(void **state)
{
    (void)state;
    char text[ORL_OSD_LINE];
    struct orl_guest_status old = status(ORL_GUEST_STREAMING);
    struct orl_guest_status now = old;
    now.truncated = true;
    now.w = 3840;
    now.h = 2160;
    now.needed_bytes = 128u << 20;
    now.memory_bytes = 32u << 20;
    assert_true(orl_sentences_alert(text, &old, &now) > 5 * SEC);
    assert_non_null(strstr(text, "3840x2160 needs 128 MiB, there are 32 MiB"));
    assert_true(orl_sentences_alert(text, &now, &now) == 0);
}

static void a_restart_is_told_but_not_the_first_start(void **state)
{
    (void)state;
    char text[ORL_OSD_LINE];
    struct orl_guest_status old = status(ORL_GUEST_NO_SESSION);
    struct orl_guest_status now = status(ORL_GUEST_NO_FRAME);
    now.session = 1;
    assert_true(orl_sentences_alert(text, &old, &now) == 0);
    old = now;
    now.session = 2;
    assert_true(orl_sentences_alert(text, &old, &now) > 0);
    assert_non_null(strstr(text, "started again"));
}

static void the_display_behind_spice_is_named_with_the_reason(void **state)
{
    static const struct {
        enum orl_guest_state state;
        const char *why;
    } rows[] = {{ORL_GUEST_NO_MEMORY, "memory"},      {ORL_GUEST_NO_SESSION, "not running"},
                {ORL_GUEST_NOT_ALIVE, "not running"}, {ORL_GUEST_VERSION, "LGMP 77, KVMFR 88"},
                {ORL_GUEST_INVALID, "rule"},          {ORL_GUEST_NO_FRAME, "no picture yet"},
                {ORL_GUEST_LOST, "stopped"}};
    (void)state;
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        char text[ORL_OSD_LINE] = "";
        struct orl_guest_status s = status(rows[i].state);
        s.lgmp = 77;
        s.kvmfr = 88;
        orl_sentences_display(text, &s);
        assert_true(strncmp(text, "SPICE display (", 15) == 0);
        assert_non_null(strstr(text, rows[i].why));
    }
}

static void how_frames_come_is_one_sentence(void **state)
{
    (void)state;
    char text[ORL_OSD_LINE];
    orl_sentences_way(text, orl_way_word(ORL_USED_KVMFR, ORL_WHY_NOTHING));
    assert_string_equal(text, "Frames: DMA-BUF (kvmfr)");
    orl_sentences_way(text, orl_way_word(ORL_USED_UDMABUF, ORL_WHY_NOTHING));
    assert_string_equal(text, "Frames: DMA-BUF (udmabuf)");
    orl_sentences_way(text, orl_way_word(ORL_USED_HELD, ORL_WHY_DRIVER));
    assert_string_equal(text, "Frames: read in place (the graphics driver does not import it)");
    for (uint64_t why = ORL_WHY_OPTION; why < ORL_WHYS; why++) { /* each has words */
        orl_sentences_way(text, orl_way_word(ORL_USED_COPY, (enum orl_way_why)why));
        assert_true(strncmp(text, "Frames: copied (", 16) == 0);
        assert_true(text[16] != ')' && text[strlen(text) - 1] == ')');
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(streaming_says_nothing),
        cmocka_unit_test(every_other_state_has_a_headline_and_a_hint),
        cmocka_unit_test(a_state_is_not_put_into_words_in_its_first_moment),
        cmocka_unit_test(the_age_is_told_in_steps),
        cmocka_unit_test(words_stay_equal_until_they_are_due),
        cmocka_unit_test(a_refused_file_comes_with_the_remedy),
        cmocka_unit_test(an_unknown_version_names_what_was_found_and_what_is_known),
        cmocka_unit_test(a_path_of_any_length_is_cut_not_overrun),
        cmocka_unit_test(too_little_memory_is_told_once_with_the_size_needed),
        cmocka_unit_test(a_restart_is_told_but_not_the_first_start),
        cmocka_unit_test(the_display_behind_spice_is_named_with_the_reason),
        cmocka_unit_test(how_frames_come_is_one_sentence),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
