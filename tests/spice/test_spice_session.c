/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The life of a session with a real server: connect, lose, come back, be taken, take back, stop. */
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/clock.h"
#include "spice/rig.h"
#include "support/check.h"

static int setup(void **state)
{
    struct rig *r = malloc(sizeof(*r));
    rig_init(r);
    *state = r;
    return 0;
}

static int teardown(void **state)
{
    rig_finish(*state);
    free(*state);
    return 0;
}

static uint64_t stop_takes_ns(struct rig *r)
{
    uint64_t before_ns = orl_now_ns();
    rig_disconnect(r);
    return orl_now_ns() - before_ns;
}

static void other_client(struct rig *r)
{
    char line[128];
    char *argv[] = {(char *)ORL_SECOND_CLIENT, r->socket, NULL};
    rig_spawn(&r->other, argv);
    assert_true(rig_line(&r->other, line, sizeof(line), RIG_MS));
    assert_string_equal(line, "opened");
}

static bool second_epoch(const struct orl_spice_status *s)
{
    return rig_has_inputs(s) && s->epoch == 2;
}

static void session_connects_over_a_unix_socket(void **state)
{
    struct rig *r = *state;
    rig_serve(r, NULL);
    rig_connect(r);
    rig_wait(r, rig_has_inputs);
    assert_int_equal(r->status.epoch, 1);
    assert_int_equal(r->status.fault, ORL_SPICE_FINE);
    assert_false(r->status.has_uuid);
    assert_string_equal(r->status.name, "");
    assert_true(stop_takes_ns(r) < 2 * ORL_NS_PER_S);
    assert_true(orl_mailbox_take(&r->link.status_mb));
    assert_int_equal(r->link.status[r->link.status_mb.front].state, ORL_SPICE_OFF);
}

static void session_connects_over_tcp_with_a_password(void **state)
{
    struct rig *r = *state;
    char port[16];
    snprintf(port, sizeof(port), "%d", rig_free_port());
    rig_serve_at(r, "--port", port, "--password", "open sesame", NULL);
    r->conf.host = "127.0.0.1";
    r->conf.port = (int)strtol(port, NULL, 10);
    r->conf.password = "open sesame";
    rig_connect(r);
    rig_wait(r, rig_has_inputs);
}

static void session_reads_the_first_line_of_the_password_file(void **state)
{
    struct rig *r = *state;
    char path[128];
    snprintf(path, sizeof(path), "%s/password", r->dir);
    int fd = open(path, O_CREAT | O_WRONLY | O_CLOEXEC, 0600);
    assert_int_equal(write(fd, "from a file\r\nnot this\n", 22), 22);
    close(fd);
    rig_serve(r, "--password", "from a file", NULL);
    r->conf.password_file = path;
    rig_connect(r);
    rig_wait(r, rig_has_inputs);
    rig_disconnect(r);
}

static void session_connects_with_tls(void **state)
{
    struct rig *r = *state;
    char port[16], ca[128];
    rig_make_certificates(r);
    snprintf(port, sizeof(port), "%d", rig_free_port());
    snprintf(ca, sizeof(ca), "%s/ca-cert.pem", r->dir);
    rig_serve_at(r, "--tls-port", port, "--cert", r->dir, NULL);
    r->conf.host = "127.0.0.1";
    r->conf.tls_port = (int)strtol(port, NULL, 10);
    r->conf.ca_file = ca;
    rig_connect(r);
    rig_wait(r, rig_has_inputs);
    rig_disconnect(r);
    rig_wait_state(r, ORL_SPICE_OFF);
    r->conf.host_subject = "O=Oriel,CN=127.0.0.1";
    rig_connect(r);
    rig_wait(r, rig_has_inputs);
    rig_disconnect(r);
}

static bool has_identity(const struct orl_spice_status *s)
{
    return s->has_uuid && s->name[0] != '\0';
}

static void session_tells_uuid_and_name_of_the_machine(void **state)
{
    static const uint8_t uuid[16] = {0x12, 0x34, 0x56, 0x78, 0x9a, 0xbc, 0xde, 0xf0,
                                     0x0f, 0xed, 0xcb, 0xa9, 0x87, 0x65, 0x43, 0x21};
    struct rig *r = *state;
    rig_serve(r, "--name", "w\xc3\xbcstenrot", "--uuid", "123456789abcdef00fedcba987654321",
              NULL);
    rig_connect(r);
    rig_wait(r, has_identity);
    assert_memory_equal(r->status.uuid, uuid, sizeof(uuid));
    assert_string_equal(r->status.name, "w\xc3\xbcstenrot");
}

static void session_asks_only_for_wanted_channels(void **state)
{
    struct rig *r = *state;
    rig_serve(r, NULL);
    r->conf.input = false;
    rig_connect(r);
    rig_wait(r, rig_is_ready);
    assert_false(rig_wait_ms(r, rig_has_inputs, 300));
}

static void session_takes_a_password_that_is_given_later(void **state)
{
    struct rig *r = *state;
    rig_serve(r, "--password", "late", NULL);
    rig_connect(r);
    rig_wait_state(r, ORL_SPICE_PASSWORD);
    assert_false(r->status.password_tried);
    rig_request(r, ORL_SPICE_SET_PASSWORD, 0, 0, 0, "wrong", 5);
    rig_wait_state(r, ORL_SPICE_CONNECTING);
    rig_wait_state(r, ORL_SPICE_PASSWORD);
    assert_true(r->status.password_tried);
    rig_request(r, ORL_SPICE_SET_PASSWORD, 0, 0, 0, "late", 4);
    rig_wait(r, rig_has_inputs);
}

static void session_comes_back_after_the_server_was_killed(void **state)
{
    struct rig *r = *state;
    rig_serve(r, NULL);
    rig_connect(r);
    rig_wait(r, rig_has_inputs);
    rig_kill_server(r);
    rig_wait_state(r, ORL_SPICE_WAITING);
    assert_int_equal(r->status.has, 0);
    assert_int_equal(r->status.epoch, 1);
    rig_serve(r, NULL);
    rig_wait(r, second_epoch);
    assert_int_equal(r->status.fault, ORL_SPICE_FINE);
}

static void session_comes_back_after_a_restart_that_is_faster_than_the_look(void **state)
{
    struct rig *r = *state;
    rig_serve(r, NULL);
    rig_connect(r);
    rig_wait(r, rig_has_inputs);
    rig_kill_server(r);
    rig_serve(r, NULL); /* another process listens at once */
    rig_wait(r, second_epoch);
}

static void session_comes_back_when_the_machine_is_started_late(void **state)
{
    struct rig *r = *state;
    rig_connect(r);
    rig_wait_state(r, ORL_SPICE_WAITING);
    assert_true(r->status.retry_ns > 0);
    rig_serve(r, NULL);
    rig_wait(r, rig_has_inputs);
    assert_int_equal(r->status.epoch, 1);
}

static bool not_taken(const struct orl_spice_status *s)
{
    return s->state != ORL_SPICE_TAKEN;
}

static void session_that_another_client_takes_is_not_taken_back_unasked(void **state)
{
    struct rig *r = *state;
    char line[64];
    rig_serve(r, NULL);
    rig_connect(r);
    rig_wait(r, rig_has_inputs);
    other_client(r);
    rig_wait_state(r, ORL_SPICE_TAKEN);
    assert_int_equal(r->status.has, 0);
    assert_false(rig_wait_ms(r, not_taken, 1500));
    assert_false(rig_line(&r->other, line, sizeof(line), 100)); /* it still has the session */
}

static void session_is_taken_back_on_request(void **state)
{
    struct rig *r = *state;
    char line[64];
    rig_serve(r, NULL);
    rig_connect(r);
    rig_wait(r, rig_has_inputs);
    other_client(r);
    rig_wait_state(r, ORL_SPICE_TAKEN);
    rig_request(r, ORL_SPICE_TAKE_BACK, 0, 0, 0, NULL, 0);
    rig_wait(r, second_epoch);
    assert_true(rig_line(&r->other, line, sizeof(line), RIG_MS));
    assert_int_equal(strncmp(line, "event ", 6), 0);
}

static void session_over_tcp_that_another_client_takes_is_told(void **state)
{
    struct rig *r = *state;
    char port[16], line[64];
    snprintf(port, sizeof(port), "%d", rig_free_port());
    rig_serve_at(r, "--port", port, NULL);
    r->conf.host = "127.0.0.1";
    r->conf.port = (int)strtol(port, NULL, 10);
    rig_connect(r);
    rig_wait(r, rig_has_inputs);
    char *argv[] = {(char *)ORL_SECOND_CLIENT, (char *)"127.0.0.1", port, NULL};
    rig_spawn(&r->other, argv);
    rig_wait_state(r, ORL_SPICE_TAKEN);
    assert_true(rig_line(&r->other, line, sizeof(line), RIG_MS));
    assert_false(rig_line(&r->other, line, sizeof(line), 300));
}

static void session_over_tcp_comes_back_after_the_server_was_killed(void **state)
{
    struct rig *r = *state;
    char port[16];
    snprintf(port, sizeof(port), "%d", rig_free_port());
    rig_serve_at(r, "--port", port, NULL);
    r->conf.host = "127.0.0.1";
    r->conf.port = (int)strtol(port, NULL, 10);
    rig_connect(r);
    rig_wait(r, rig_has_inputs);
    rig_kill_server(r);
    rig_wait_state(r, ORL_SPICE_WAITING);
    rig_serve_at(r, "--port", port, NULL);
    rig_wait(r, second_epoch);
}

static void session_stops_at_once_while_the_server_hangs(void **state)
{
    struct rig *r = *state;
    rig_serve(r, NULL);
    rig_connect(r);
    rig_wait(r, rig_has_inputs);
    kill(r->server.pid, SIGSTOP);
    assert_true(stop_takes_ns(r) < 2 * ORL_NS_PER_S);
}

static void session_stops_at_once_while_it_connects(void **state)
{
    struct rig *r = *state;
    rig_serve_bytes(r, NULL, 0, false);
    rig_connect(r);
    rig_wait_state(r, ORL_SPICE_CONNECTING);
    orl_sleep_until(orl_now_ns() + 50 * ORL_NS_PER_MS);
    assert_true(stop_takes_ns(r) < 2 * ORL_NS_PER_S);
}

static void session_stops_at_once_when_taken(void **state)
{
    struct rig *r = *state;
    rig_serve(r, NULL);
    rig_connect(r);
    rig_wait(r, rig_has_inputs);
    other_client(r);
    rig_wait_state(r, ORL_SPICE_TAKEN);
    assert_true(stop_takes_ns(r) < 2 * ORL_NS_PER_S);
}

static bool timed_out(const struct orl_spice_status *s)
{
    return s->fault == ORL_SPICE_TIMEOUT;
}

static void push(struct rig *r, struct orl_cmd c)
{
    (void)orl_cmdq_push(&r->input, &c);
}

/* A server that is stopped keeps its sockets: what shows it is that it does not read. */
static void session_gives_up_a_server_that_stopped_reading(void **state)
{
    struct rig *r = *state;
    rig_serve(r, NULL);
    rig_connect(r);
    rig_wait(r, rig_has_inputs);
    kill(r->server.pid, SIGSTOP);
    for (int i = 0; i < 3000 && !rig_wait_ms(r, timed_out, 2); i++) {
        push(r, (struct orl_cmd){.kind = ORL_CMD_MOTION, .dx = 1});
        push(r, (struct orl_cmd){.kind = ORL_CMD_KEY, .code = 0x1e, .down = i % 2 == 0});
    }
    rig_wait(r, timed_out);
    kill(r->server.pid, SIGCONT);
    rig_wait(r, second_epoch);
}

static void check_frozen_is_told(struct rig *r, enum orl_cmd_kind kind)
{
    rig_connect(r);
    rig_wait(r, rig_has_inputs);
    kill(r->server.pid, SIGSTOP);
    /* The user goes on; not so much that the socket is full. */
    for (int i = 0; i < 150 && !rig_wait_ms(r, timed_out, 100); i++) {
        push(r, (struct orl_cmd){.kind = kind, .dx = 1, .code = 0x1e, .down = i % 2 == 0});
    }
    assert_true(timed_out(&r->status)); /* and need not stop for it to be told */
    kill(r->server.pid, SIGCONT);
    rig_wait(r, second_epoch);
}

static void session_gives_up_a_frozen_server_while_the_user_types(void **state)
{
    rig_serve(*state, NULL);
    check_frozen_is_told(*state, ORL_CMD_KEY);
}

/* Here the kernel of the frozen server takes everything, and acknowledges it. */
static void session_over_tcp_gives_up_a_frozen_server_while_the_mouse_moves(void **state)
{
    struct rig *r = *state;
    char port[16];
    snprintf(port, sizeof(port), "%d", rig_free_port());
    rig_serve_at(r, "--port", port, NULL);
    r->conf.host = "127.0.0.1";
    r->conf.port = (int)strtol(port, NULL, 10);
    check_frozen_is_told(r, ORL_CMD_MOTION);
}

static void session_survives_a_short_stall(void **state)
{
    struct rig *r = *state;
    rig_serve(r, NULL);
    rig_connect(r);
    rig_wait(r, rig_has_inputs);
    rig_tell(r, "stall 1500");
    for (int i = 0; i < 200; i++) {
        push(r, (struct orl_cmd){.kind = ORL_CMD_KEY, .code = 0x1e, .down = i % 2 == 0});
        orl_sleep_until(orl_now_ns() + 5 * ORL_NS_PER_MS);
    }
    rig_expect(r, "stalled");
    rig_wait(r, rig_has_inputs);
    assert_int_equal(r->status.epoch, 1);
    rig_expect(r, "scan 1e");
}

static void session_can_be_started_and_stopped_many_times(void **state)
{
    struct rig *r = *state;
    rig_serve(r, NULL);
    for (int i = 0; i < 20; i++) {
        rig_connect(r);
        if (i % 2 == 0) {
            rig_wait(r, rig_has_inputs);
        }
        rig_disconnect(r);
        rig_wait_state(r, ORL_SPICE_OFF);
    }
}

int main(void)
{
#define CASE(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
    const struct CMUnitTest tests[] = {
        CASE(session_connects_over_a_unix_socket),
        CASE(session_connects_over_tcp_with_a_password),
        CASE(session_reads_the_first_line_of_the_password_file),
        CASE(session_connects_with_tls),
        CASE(session_tells_uuid_and_name_of_the_machine),
        CASE(session_asks_only_for_wanted_channels),
        CASE(session_takes_a_password_that_is_given_later),
        CASE(session_comes_back_after_the_server_was_killed),
        CASE(session_comes_back_after_a_restart_that_is_faster_than_the_look),
        CASE(session_comes_back_when_the_machine_is_started_late),
        CASE(session_that_another_client_takes_is_not_taken_back_unasked),
        CASE(session_is_taken_back_on_request),
        CASE(session_over_tcp_that_another_client_takes_is_told),
        CASE(session_over_tcp_comes_back_after_the_server_was_killed),
        CASE(session_stops_at_once_while_the_server_hangs),
        CASE(session_stops_at_once_while_it_connects),
        CASE(session_stops_at_once_when_taken),
        CASE(session_gives_up_a_server_that_stopped_reading),
        CASE(session_gives_up_a_frozen_server_while_the_user_types),
        CASE(session_over_tcp_gives_up_a_frozen_server_while_the_mouse_moves),
        CASE(session_survives_a_short_stall),
        CASE(session_can_be_started_and_stopped_many_times),
    };
    cmocka_set_test_filter(getenv("ORL_TEST_ONLY"));
    return cmocka_run_group_tests(tests, NULL, NULL);
}
