/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What becomes of a session that breaks on the way, hangs half made, is taken, or is refused for its
 * password: with a real server, a relay before it (tests/fake/relay.c), and other clients.
 */
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <unistd.h>

#include "base/clock.h"
#include "spice/rig.h"
#include "support/check.h"

#define SERVED 50 /* more attempts than any of these tests may cause */

enum { MAIN = 1, INPUTS = 3 }; /* numbers of channels in the protocol */

/* Standard error goes to a file: what was logged is counted in the end. */
struct fixture {
    struct rig rig;
    struct rig_process relay, viewer;
    char at_relay[96], file[96], log[96];
    int stderr_fd;
};

static int setup(void **state)
{
    struct fixture *f = calloc(1, sizeof(*f));
    rig_init(&f->rig);
    snprintf(f->at_relay, sizeof(f->at_relay), "%s/relay", f->rig.dir);
    snprintf(f->file, sizeof(f->file), "%s/password", f->rig.dir);
    snprintf(f->log, sizeof(f->log), "%s/log", f->rig.dir);
    f->stderr_fd = dup(2);
    int fd = open(f->log, O_CREAT | O_RDWR | O_TRUNC | O_CLOEXEC, 0600);
    dup2(fd, 2);
    close(fd);
    *state = f;
    return 0;
}

static int teardown(void **state)
{
    struct fixture *f = *state;
    dup2(f->stderr_fd, 2);
    close(f->stderr_fd);
    rig_disconnect(&f->rig);
    rig_reap(&f->viewer, SIGKILL);
    rig_reap(&f->relay, SIGKILL);
    rig_finish(&f->rig);
    free(f);
    return 0;
}

static void hear(struct rig_process *p, const char *start)
{
    char line[256];
    uint64_t until = orl_now_ns() + RIG_MS * ORL_NS_PER_MS;
    while (orl_now_ns() < until && rig_line(p, line, sizeof(line), RIG_MS)) {
        if (strncmp(line, start, strlen(start)) == 0) {
            return;
        }
    }
    fail_msg("nobody said \"%s\"", start);
}

static void start_relay(struct fixture *f)
{
    char *argv[] = {(char *)ORL_RELAY, f->at_relay, f->rig.socket, NULL};
    rig_spawn(&f->relay, argv);
    hear(&f->relay, "ready");
    f->rig.conf.host = f->at_relay;
}

static void tell_relay(struct fixture *f, const char *line)
{
    assert_int_equal(dprintf(f->relay.in, "%s\n", line), strlen(line) + 1);
    hear(&f->relay, line);
}

static void other_client(struct fixture *f)
{
    char *argv[] = {(char *)ORL_SECOND_CLIENT, f->rig.socket, NULL};
    rig_spawn(&f->rig.other, argv);
    hear(&f->rig.other, "opened");
}

static void write_file(struct fixture *f, const char *text)
{
    char next[128];
    snprintf(next, sizeof(next), "%s.new", f->file);
    int fd = open(next, O_CREAT | O_WRONLY | O_TRUNC | O_CLOEXEC, 0600);
    assert_int_equal(write(fd, text, strlen(text)), strlen(text));
    close(fd);
    assert_int_equal(rename(next, f->file), 0); /* in one step: it is read at any time */
}

static int count_in_log(struct fixture *f, const char *text)
{
    static char log[1 << 20];
    int fd = open(f->log, O_RDONLY | O_CLOEXEC);
    ssize_t n = read(fd, log, sizeof(log) - 1);
    close(fd);
    log[n > 0 ? n : 0] = '\0';
    int count = 0;
    for (const char *at = log; (at = strstr(at, text)); at++) {
        count++;
    }
    return count;
}

static bool second_epoch(const struct orl_spice_status *s)
{
    return rig_has_inputs(s) && s->epoch == 2;
}

static bool third_epoch(const struct orl_spice_status *s)
{
    return rig_has_inputs(s) && s->epoch == 3;
}

/* ---- Broken on the way. --------------------------------------------------------------------- */

static void begin(struct fixture *f)
{
    rig_serve(&f->rig, NULL);
    start_relay(f);
    rig_connect(&f->rig);
    rig_wait(&f->rig, rig_has_inputs);
}

static void session_whose_main_channel_is_cut_is_made_again(void **state)
{
    struct fixture *f = *state;
    begin(f);
    tell_relay(f, "cut 1");
    rig_wait(&f->rig, second_epoch);
    assert_int_equal(count_in_log(f, "has taken"), 0);
    assert_int_equal(count_in_log(f, "ended"), 1);
}

static void
session_whose_inputs_channel_is_cut_again_and_again_is_never_called_taken(void **state)
{
    struct fixture *f = *state;
    begin(f);
    tell_relay(f, "cut 3");
    rig_wait(&f->rig, second_epoch);
    tell_relay(f, "cut 3");
    rig_wait(&f->rig, third_epoch);
    assert_int_equal(count_in_log(f, "has taken"), 0);
}

static void session_that_is_cut_before_its_first_message_is_not_called_taken(void **state)
{
    struct fixture *f = *state;
    rig_serve(&f->rig, NULL);
    start_relay(f);
    tell_relay(f, "close 1");
    rig_connect(&f->rig);
    rig_wait_state(&f->rig, ORL_SPICE_WAITING);
    assert_int_equal(f->rig.status.fault, ORL_SPICE_LOST);
    hear(&f->relay, "link 1");
    hear(&f->relay, "link 1"); /* it is tried again */
    tell_relay(f, "pass");
    rig_wait(&f->rig, rig_has_inputs);
    assert_int_equal(f->rig.status.epoch, 1);
    assert_int_equal(count_in_log(f, "has taken"), 0);
}

/* ---- Half made. ------------------------------------------------------------------------------ */

static bool timed_out(const struct orl_spice_status *s)
{
    return s->state == ORL_SPICE_WAITING && s->fault == ORL_SPICE_TIMEOUT;
}

static void check_hangs(struct fixture *f, const char *how)
{
    rig_serve(&f->rig, NULL);
    start_relay(f);
    tell_relay(f, how);
    rig_connect(&f->rig);
    rig_wait(&f->rig, timed_out);
    assert_int_equal(f->rig.status.epoch, 0);
    assert_int_equal(count_in_log(f, "Connected"), 0);
    assert_int_equal(count_in_log(f, "does not answer"), 1);
    tell_relay(f, "pass");
    rig_wait(&f->rig, rig_has_inputs);
    assert_int_equal(f->rig.status.epoch, 1);
}

static void session_with_a_server_that_lets_in_and_hangs_is_given_up(void **state)
{
    check_hangs(*state, "stall 1");
}

static void session_whose_inputs_channel_never_opens_is_given_up(void **state)
{
    check_hangs(*state, "mute 3");
}

static void session_without_input_does_not_wait_for_the_inputs_channel(void **state)
{
    struct fixture *f = *state;
    rig_serve(&f->rig, NULL);
    start_relay(f);
    tell_relay(f, "mute 3");
    f->rig.conf.input = false;
    rig_connect(&f->rig);
    rig_wait(&f->rig, rig_is_ready);
}

/* ---- Taken. ---------------------------------------------------------------------------------- */

static bool not_taken(const struct orl_spice_status *s)
{
    return s->state != ORL_SPICE_TAKEN;
}

static void session_that_is_taken_is_looked_at_without_taking_it_back(void **state)
{
    struct fixture *f = *state;
    char line[64];
    begin(f);
    other_client(f);
    rig_wait_state(&f->rig, ORL_SPICE_TAKEN);
    tell_relay(f, "pass"); /* behind all links that there were */
    hear(&f->relay, "link 1");
    hear(&f->relay, "link 1");
    assert_false(rig_wait_ms(&f->rig, not_taken, 500));
    assert_false(
        rig_line(&f->rig.other, line, sizeof(line), 100)); /* it still has the session */
}

static void session_that_was_taken_comes_back_when_the_machine_is_started_anew(void **state)
{
    struct fixture *f = *state;
    rig_serve(&f->rig, NULL);
    rig_connect(&f->rig);
    rig_wait(&f->rig, rig_has_inputs);
    other_client(f);
    rig_wait_state(&f->rig, ORL_SPICE_TAKEN);
    rig_reap(&f->rig.other, SIGTERM);
    rig_kill_server(&f->rig);
    rig_serve(&f->rig, NULL);
    rig_wait(&f->rig, second_epoch);
}

static void session_that_was_taken_stays_so_while_the_server_does_not_answer(void **state)
{
    struct fixture *f = *state;
    char line[64];
    begin(f);
    other_client(f);
    rig_wait_state(&f->rig, ORL_SPICE_TAKEN);
    tell_relay(f, "mute 1");
    hear(&f->relay, "link 1"); /* a look: it gets no answer, and ends for this reason */
    hear(&f->relay, "link 1"); /* the next one */
    assert_int_equal(f->rig.status.state, ORL_SPICE_TAKEN);
    assert_false(rig_wait_ms(&f->rig, not_taken, 100));
    assert_false(rig_line(&f->rig.other, line, sizeof(line), 100));
}

/* A second viewer of our own, a process: says "ready N" and "taken N", N the sessions it has had. */
static void run_viewer(struct fixture *f)
{
    struct rig *r = &f->rig;
    enum orl_spice_state last = ORL_SPICE_OFF;
    struct orl_spice_status *s = &r->status;
    rig_connect(r);
    for (;;) {
        (void)rig_wait_ms(r, rig_is_ready, 5);
        if (s->state != last && (s->state == ORL_SPICE_READY || s->state == ORL_SPICE_TAKEN)) {
            dprintf(1, "%s %u\n", s->state == ORL_SPICE_READY ? "ready" : "taken", s->epoch);
        }
        last = s->state;
        orl_sleep_until(orl_now_ns() + ORL_NS_PER_MS);
    }
}

static void start_viewer(struct fixture *f)
{
    int from[2];
    assert_null(f->rig.spice); /* no thread of ours, nor of the library, at the fork */
    assert_int_equal(pipe2(from, O_CLOEXEC), 0);
    pid_t pid = fork();
    assert_true(pid >= 0);
    if (pid == 0) {
        prctl(PR_SET_PDEATHSIG, SIGKILL);
        dup2(from[1], 1);
        run_viewer(f);
    }
    close(from[1]);
    f->viewer = (struct rig_process){.pid = pid, .in = dup(1), .out = from[0]};
}

static bool is_taken(const struct orl_spice_status *s)
{
    return s->state == ORL_SPICE_TAKEN;
}

/* The relay passes the end of the main channel on, and keeps the others: whoever loses the session must
 * take it for a broken connection. Each takes it back once; then there is peace. */
static void sessions_of_two_viewers_do_not_take_each_other_for_ever(void **state)
{
    struct fixture *f = *state;
    char line[64];
    unsigned theirs = 0;
    rig_serve(&f->rig, NULL);
    start_relay(f);
    tell_relay(f, "linger");
    start_viewer(f);
    hear(&f->viewer, "ready 1");
    rig_connect(&f->rig);
    bool calm = false;
    for (int i = 0; i < SERVED && !calm; i++) {
        bool heard = rig_line(&f->viewer, line, sizeof(line), 1500);
        calm = !heard && (is_taken(&f->rig.status) || strncmp(line, "taken", 5) == 0);
        if (heard) {
            assert_int_equal(sscanf(line, "%*s %u", &theirs), 1);
        }
        (void)rig_wait_ms(&f->rig, is_taken, 0);
    }
    assert_true(calm);
    assert_true(theirs + f->rig.status.epoch <= 6);
    /* One of the two has it. */
    assert_true(is_taken(&f->rig.status) != (strncmp(line, "taken", 5) == 0));
}

/* ---- Refused. -------------------------------------------------------------------------------- */

static void session_tries_the_password_of_the_options_until_the_server_knows_it(void **state)
{
    struct fixture *f = *state;
    rig_serve(&f->rig, "--password", "not yet", NULL);
    start_relay(f);
    f->rig.conf.password = "at last";
    rig_connect(&f->rig);
    rig_wait_state(&f->rig, ORL_SPICE_PASSWORD);
    assert_true(f->rig.status.password_tried);
    for (int i = 0; i < 3; i++) {
        hear(&f->relay, "link 1");
    }
    (void)rig_wait_ms(&f->rig, rig_is_ready, 0);
    assert_int_equal(f->rig.status.state,
                     ORL_SPICE_PASSWORD); /* the user is asked all the time */
    rig_tell(&f->rig, "password at last");
    rig_wait(&f->rig, rig_has_inputs);
    assert_int_equal(count_in_log(f, "refused the password"), 1);
    assert_int_equal(count_in_log(f, "at last"), 0);
}

static void session_reads_the_password_file_again_when_it_was_refused(void **state)
{
    struct fixture *f = *state;
    write_file(f, "wrong\n");
    rig_serve(&f->rig, "--password", "right", NULL);
    f->rig.conf.password_file = f->file;
    rig_connect(&f->rig);
    rig_wait_state(&f->rig, ORL_SPICE_PASSWORD);
    write_file(f, "right\n");
    rig_wait(&f->rig, rig_has_inputs);
}

static void session_says_that_the_password_file_is_empty(void **state)
{
    struct fixture *f = *state;
    write_file(f, "\nbelow\n");
    rig_serve(&f->rig, "--password", "right", NULL);
    f->rig.conf.password_file = f->file;
    rig_connect(&f->rig);
    rig_wait_state(&f->rig, ORL_SPICE_PASSWORD);
    assert_false(f->rig.status.password_tried);
    assert_non_null(strstr(f->rig.status.detail, "empty"));
    assert_int_equal(count_in_log(f, "password is empty"), 1);
    write_file(f, "right\n");
    rig_wait(&f->rig, rig_has_inputs);
}

static void session_of_a_machine_that_gets_its_password_late_comes_back(void **state)
{
    struct fixture *f = *state;
    rig_serve(&f->rig, "--password", "same", NULL);
    f->rig.conf.password = "same";
    rig_connect(&f->rig);
    rig_wait(&f->rig, rig_has_inputs);
    rig_kill_server(&f->rig);
    rig_serve(&f->rig, "--password", "not yet", NULL);
    rig_wait_state(&f->rig, ORL_SPICE_PASSWORD);
    rig_tell(&f->rig, "password same");
    rig_wait(&f->rig, second_epoch);
}

static void session_does_not_repeat_a_password_that_was_typed(void **state)
{
    struct fixture *f = *state;
    char line[64];
    rig_serve(&f->rig, "--password", "right", NULL);
    start_relay(f);
    f->rig.conf.password = "wrong";
    rig_connect(&f->rig);
    rig_wait_state(&f->rig, ORL_SPICE_PASSWORD);
    rig_request(&f->rig, ORL_SPICE_SET_PASSWORD, 0, 0, 0, "typed", 5);
    rig_wait_state(&f->rig, ORL_SPICE_CONNECTING);
    rig_wait_state(&f->rig, ORL_SPICE_PASSWORD);
    tell_relay(f, "pass"); /* behind all links that there were */
    assert_false(rig_line(&f->relay, line, sizeof(line), 1000));
    rig_request(&f->rig, ORL_SPICE_SET_PASSWORD, 0, 0, 0, "right", 5);
    rig_wait(&f->rig, rig_has_inputs);
}

int main(void)
{
#define CASE(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
    const struct CMUnitTest tests[] = {
        CASE(sessions_of_two_viewers_do_not_take_each_other_for_ever), /* first: it forks */
        CASE(session_whose_main_channel_is_cut_is_made_again),
        CASE(session_whose_inputs_channel_is_cut_again_and_again_is_never_called_taken),
        CASE(session_that_is_cut_before_its_first_message_is_not_called_taken),
        CASE(session_with_a_server_that_lets_in_and_hangs_is_given_up),
        CASE(session_whose_inputs_channel_never_opens_is_given_up),
        CASE(session_without_input_does_not_wait_for_the_inputs_channel),
        CASE(session_that_is_taken_is_looked_at_without_taking_it_back),
        CASE(session_that_was_taken_comes_back_when_the_machine_is_started_anew),
        CASE(session_that_was_taken_stays_so_while_the_server_does_not_answer),
        CASE(session_tries_the_password_of_the_options_until_the_server_knows_it),
        CASE(session_reads_the_password_file_again_when_it_was_refused),
        CASE(session_says_that_the_password_file_is_empty),
        CASE(session_of_a_machine_that_gets_its_password_late_comes_back),
        CASE(session_does_not_repeat_a_password_that_was_typed),
    };
    cmocka_set_test_filter(getenv("ORL_TEST_ONLY"));
    return cmocka_run_group_tests(tests, NULL, NULL);
}
