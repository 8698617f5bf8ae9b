/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Files to the guest that do not arrive, with a real SPICE server and an agent that does not answer, or
 * not at once. Those that do: tests/vm/session.py, and tests/e2e/drop.py through the window.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "rig.h"
#include "support/check.h"

enum { RUNS, DONE, FAILED, CANCELLED };

static bool has_agent(const struct orl_spice_status *s)
{
    return rig_is_ready(s) && (s->has & ORL_SPICE_HAS_AGENT);
}

static bool has_no_agent(const struct orl_spice_status *s)
{
    return rig_is_ready(s) && !(s->has & ORL_SPICE_HAS_AGENT);
}

static int begin(void **state)
{
    struct rig *r = calloc(1, sizeof(*r));
    rig_init(r);
    rig_serve(r, NULL);
    rig_tell(r, "agent 1");
    rig_connect(r);
    rig_wait(r, has_agent);
    *state = r;
    return 0;
}

static int end(void **state)
{
    rig_finish(*state);
    free(*state);
    return 0;
}

static const char *make(struct rig *r, const char *name, off_t size)
{
    static char path[160];
    snprintf(path, sizeof(path), "%s/%s", r->dir, name);
    FILE *f = fopen(path, "wb");
    assert_non_null(f);
    assert_int_equal(ftruncate(fileno(f), size), 0);
    fclose(f);
    return path;
}

static void drop(struct rig *r, uint64_t id, const char *path)
{
    rig_request(r, ORL_SPICE_FILE_SEND, 0, 0, id, path, strlen(path));
}

static void expect(struct rig *r, uint64_t id, uint32_t state, const char *text)
{
    struct orl_spice_note note;
    assert_true(rig_event(r, ORL_SPICE_FILE_STATE, &note, RIG_MS));
    assert_true(note.id == id);
    if (note.b != state || !strstr((const char *)note.data, text)) {
        fail_msg("state %u '%s', not %u '%s'", note.b, (const char *)note.data, state, text);
    }
    free(note.data);
}

static void expect_nothing(struct rig *r, int ms)
{
    struct orl_spice_note note;
    if (rig_event(r, ORL_SPICE_FILE_STATE, &note, ms)) {
        fail_msg("file %u: state %u '%s'", (unsigned)note.id, note.b, (const char *)note.data);
    }
}

static void what_is_no_readable_file_is_refused_with_its_name(void **state)
{
    struct rig *r = *state;
    char path[160];
    snprintf(path, sizeof(path), "%s/a folder", r->dir);
    assert_int_equal(mkdir(path, 0700), 0);
    drop(r, 1, path);
    expect(r, 1, FAILED, "a folder: it is a folder");
    snprintf(path, sizeof(path), "%s/a pipe", r->dir);
    assert_int_equal(mkfifo(path, 0600), 0);
    drop(r, 2, path);
    expect(r, 2, FAILED, "a pipe: it is not a regular file");
    snprintf(path, sizeof(path), "%s/nothing", r->dir);
    drop(r, 3, path);
    expect(r, 3, FAILED, "nothing: No such file or directory");
    snprintf(path, sizeof(path), "%s/loop", r->dir);
    assert_int_equal(symlink("loop", path), 0);
    drop(r, 4, path);
    expect(r, 4, FAILED, "loop: ");
    drop(r, 5, "");
    expect(r, 5, FAILED, "No such file");
    expect_nothing(r, 200);
}

static void without_an_agent_the_reason_names_what_to_install(void **state)
{
    struct rig *r = *state;
    rig_tell(r, "agent 0");
    rig_wait(r, has_no_agent);
    drop(r, 1, make(r, "a", 10));
    expect(r, 1, FAILED, "spice-vdagent");
}

static void a_file_that_the_guest_never_answers_is_cancelled_at_once(void **state)
{
    struct rig *r = *state;
    drop(r, 7, make(r, "a", 100000));
    expect(r, 7, RUNS, "a");
    rig_request(r, ORL_SPICE_FILE_CANCEL, 0, 0, 8, NULL, 0); /* another one */
    expect_nothing(r, 100);
    rig_request(r, ORL_SPICE_FILE_CANCEL, 0, 0, 7, NULL, 0);
    expect(r, 7, CANCELLED, "a");
    rig_request(r, ORL_SPICE_FILE_CANCEL, 0, 0, 7, NULL, 0);
    expect_nothing(r, 200);
}

/* All that are under way end, each once, whatever ends them. */
static void expect_all_failed(struct rig *r, uint32_t count)
{
    bool seen[64] = {false};
    for (uint32_t i = 0; i < count; i++) {
        struct orl_spice_note note;
        assert_true(rig_event(r, ORL_SPICE_FILE_STATE, &note, RIG_MS));
        assert_int_equal(note.b, FAILED);
        assert_true(note.id < 64 && !seen[note.id]);
        assert_non_null(strstr((const char *)note.data, "a: "));
        seen[note.id] = true;
        free(note.data);
    }
    expect_nothing(r, 200);
}

static void drop_many(struct rig *r, uint32_t count)
{
    const char *path = make(r, "a", 100000);
    for (uint32_t i = 1; i <= count; i++) {
        drop(r, i, path);
        expect(r, i, RUNS, "a");
    }
}

static void files_under_way_fail_when_the_agent_goes(void **state)
{
    struct rig *r = *state;
    drop_many(r, 3);
    rig_tell(r, "agent 0");
    expect_all_failed(r, 3);
}

static void files_under_way_fail_when_the_server_dies(void **state)
{
    struct rig *r = *state;
    drop_many(r, 32);
    drop(r, 33, make(r, "b", 10));
    expect(r, 33, FAILED, "too many files");
    rig_kill_server(r);
    expect_all_failed(r, 32);
    drop(r, 1, make(r, "a", 10));
    expect(r, 1, FAILED, "no SPICE connection");
    /* A new session knows nothing of the old one's. */
    rig_serve(r, NULL);
    rig_tell(r, "agent 1");
    rig_wait(r, has_agent);
    drop_many(r, 32);
}

static void files_under_way_do_not_keep_the_session_from_ending(void **state)
{
    struct rig *r = *state;
    drop_many(r, 5);
    rig_request(r, ORL_SPICE_FILE_CANCEL, 0, 0, 2, NULL, 0);
    rig_disconnect(r); /* leaks are looked for when the program ends */
    expect(r, 2, CANCELLED, "a");
}

/* ---- Files that change while they are sent ---------------------------------------------------- */

#define SIZE 1000000 /* many blocks of the library's */

/* A file is on its way and the guest takes nothing of it until "agent-hold 0". */
static const char *begin_to_send(struct rig *r, uint64_t id)
{
    const char *path = make(r, "a", SIZE);
    rig_tell(r, "agent-files 1");
    rig_tell(r, "agent-hold 1");
    rig_tell(r, "agent-request 77"); /* refused by us: by then the agent knows the rest */
    rig_expect(r, "data none 0 ");
    drop(r, id, path);
    expect(r, id, RUNS, "a");
    rig_expect(r, "file-start ");
    return path;
}

/* What becomes of file `id` besides its progress. */
static void expect_end(struct rig *r, uint64_t id, uint32_t state, const char *text)
{
    struct orl_spice_note note;
    do {
        assert_true(rig_event(r, ORL_SPICE_FILE_STATE, &note, RIG_MS));
        assert_true(note.id == id);
        if (note.b != RUNS && (note.b != state || !strstr((const char *)note.data, text))) {
            fail_msg("state %u '%s', not %u '%s'", note.b, (const char *)note.data, state,
                     text);
        }
        free(note.data);
    } while (note.b == RUNS);
}

/* Nothing was lost by what went before. */
static void send_another(struct rig *r, uint64_t id)
{
    rig_tell(r, "agent-hold 0");
    drop(r, id, make(r, "b", 300000));
    expect_end(r, id, DONE, "b");
}

static void a_file_that_is_not_touched_arrives(void **state)
{
    struct rig *r = *state;
    begin_to_send(r, 1);
    rig_tell(r, "agent-hold 0");
    rig_expect(r, "file-done ");
    expect_end(r, 1, DONE, "a");
}

static void a_file_that_shrinks_while_it_is_sent_fails(void **state)
{
    struct rig *r = *state;
    for (uint64_t id = 1; id < 6; id += 2) {
        const char *path = begin_to_send(r, id);
        assert_int_equal(truncate(path, id == 1 ? 0 : SIZE - 1), 0);
        rig_tell(r, "agent-hold 0");
        expect_end(r, id, FAILED, "a: it changed while it was sent");
        send_another(r, id + 1);
    }
    expect_nothing(r, 200);
}

static void of_a_file_that_grows_the_guest_does_not_get_more_than_was_announced(void **state)
{
    struct rig *r = *state;
    const char *path = begin_to_send(r, 1);
    assert_int_equal(truncate(path, SIZE + 500000), 0);
    rig_tell(r, "agent-hold 0");
    expect_end(r, 1, FAILED, "a: it changed while it was sent");
    send_another(r, 2); /* the library may keep its last word until then */
    rig_expect(r, "file-status ");
    expect_nothing(r, 200);
}

/* The library may have seen the end of the file in between, and would wait for ever. */
static void a_file_that_is_written_anew_while_nothing_moves_fails(void **state)
{
    struct rig *r = *state;
    const char *path = begin_to_send(r, 1);
    assert_int_equal(truncate(path, 0), 0);
    assert_int_equal(truncate(path, SIZE), 0);
    expect_end(r, 1, FAILED, "a: it changed while it was sent");
    send_another(r, 2);
}

static void a_guest_that_is_slow_is_waited_for(void **state)
{
    struct rig *r = *state;
    begin_to_send(r, 1);
    expect_nothing(r, 3500); /* several looks at the file */
    rig_tell(r, "agent-hold 0");
    expect_end(r, 1, DONE, "a");
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, begin, end)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(what_is_no_readable_file_is_refused_with_its_name),
        TEST(without_an_agent_the_reason_names_what_to_install),
        TEST(a_file_that_the_guest_never_answers_is_cancelled_at_once),
        TEST(files_under_way_fail_when_the_agent_goes),
        TEST(files_under_way_fail_when_the_server_dies),
        TEST(files_under_way_do_not_keep_the_session_from_ending),
        TEST(a_file_that_is_not_touched_arrives),
        TEST(a_file_that_shrinks_while_it_is_sent_fails),
        TEST(of_a_file_that_grows_the_guest_does_not_get_more_than_was_announced),
        TEST(a_file_that_is_written_anew_while_nothing_moves_fails),
        TEST(a_guest_that_is_slow_is_waited_for),
    };
    return cmocka_run_group_tests_name("spice_files", tests, NULL, NULL);
}
