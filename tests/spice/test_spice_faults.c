/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What can stand between us and a session: each has its state, its reason and its sentence, the
 * password is in none of them, and the thread stops quickly from every one.
 */
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/clock.h"
#include "spice/rig.h"
#include "support/check.h"
#include "support/random.h"

#define SECRET "correct-horse"

/* Standard error goes to a file while a test runs: what was logged is looked at in the end. */
struct fixture {
    struct rig rig;
    int stderr_fd;
    char log[96], port[16];
};

static int setup(void **state)
{
    struct fixture *f = calloc(1, sizeof(*f));
    rig_init(&f->rig);
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
    rig_finish(&f->rig);
    free(f);
    return 0;
}

static void read_log(struct fixture *f, char *text, size_t cap)
{
    int fd = open(f->log, O_RDONLY | O_CLOEXEC);
    ssize_t n = read(fd, text, cap - 1);
    text[n > 0 ? n : 0] = '\0';
    close(fd);
}

/* The sentence names `word` and comes with a next step; no secret anywhere; stop is quick. */
static void check_told(struct fixture *f, const char *word)
{
    struct rig *r = &f->rig;
    char headline[200], hint[200], log[16384];
    orl_spice_sentence(&r->status, &r->conf, headline, sizeof(headline), hint, sizeof(hint));
    if (!strstr(headline, word)) {
        fail_msg("\"%s\" does not say \"%s\"", headline, word);
    }
    assert_true(strlen(hint) > 10);
    uint64_t before_ns = orl_now_ns();
    rig_disconnect(r);
    uint64_t took_ns = orl_now_ns() - before_ns;
    assert_true(took_ns < 2 * ORL_NS_PER_S);
    read_log(f, log, sizeof(log));
    assert_non_null(strstr(log, headline));
    assert_null(strstr(log, SECRET));
    assert_null(strstr(headline, SECRET));
    assert_null(strstr(hint, SECRET));
    assert_null(strstr(r->status.detail, SECRET));
}

static void check_fault(struct fixture *f, enum orl_spice_state state,
                        enum orl_spice_fault fault, const char *word)
{
    struct rig *r = &f->rig;
    r->conf.password = r->conf.password[0] ? r->conf.password : SECRET;
    rig_connect(r);
    rig_wait_state(r, state);
    dprintf(f->stderr_fd, "         fault %d: %s\n", r->status.fault, r->status.detail);
    assert_int_equal(r->status.fault, fault);
    check_told(f, word);
}

static void use_port(struct fixture *f, int port)
{
    f->rig.conf.host = "127.0.0.1";
    f->rig.conf.port = port;
    snprintf(f->port, sizeof(f->port), "%d", port);
}

static void faults_name_a_missing_socket(void **state)
{
    check_fault(*state, ORL_SPICE_WAITING, ORL_SPICE_NO_SOCKET, "no SPICE socket");
}

static void faults_name_a_socket_without_a_server(void **state)
{
    struct fixture *f = *state;
    rig_serve_bytes(&f->rig, NULL, 0, false);
    rig_kill_server(&f->rig);
    check_fault(f, ORL_SPICE_WAITING, ORL_SPICE_REFUSED, "Nobody listens");
}

static void faults_name_a_port_without_a_server(void **state)
{
    struct fixture *f = *state;
    use_port(f, rig_free_port());
    check_fault(f, ORL_SPICE_WAITING, ORL_SPICE_REFUSED, "Nobody listens");
}

static void faults_name_an_unknown_host(void **state)
{
    struct fixture *f = *state;
    f->rig.conf.host = "no-such-host.invalid";
    f->rig.conf.port = 5900;
    check_fault(f, ORL_SPICE_WAITING, ORL_SPICE_NO_HOST, "cannot be reached");
}

static void faults_name_a_socket_that_may_not_be_opened(void **state)
{
    struct fixture *f = *state;
    if (geteuid() == 0) {
        /* Root may open everything: become nobody for the time of the attempt. */
        assert_int_equal(chmod(f->rig.dir, 0755), 0);
        assert_int_equal(chown(f->log, 65534, 65534), 0);
    }
    rig_serve(&f->rig, NULL);
    assert_int_equal(chmod(f->rig.socket, 0600), 0);
    if (geteuid() == 0) {
        assert_int_equal(seteuid(65534), 0);
    } else {
        assert_int_equal(chmod(f->rig.socket, 0), 0);
    }
    f->rig.conf.password = SECRET;
    rig_connect(&f->rig);
    rig_wait_state(&f->rig, ORL_SPICE_WAITING);
    enum orl_spice_fault fault = f->rig.status.fault;
    rig_disconnect(&f->rig);
    if (getuid() == 0) {
        assert_int_equal(seteuid(0), 0);
    }
    assert_int_equal(fault, ORL_SPICE_NO_ACCESS);
}

static void faults_name_a_wrong_password(void **state)
{
    struct fixture *f = *state;
    rig_serve(&f->rig, "--password", "something-else", NULL);
    check_fault(f, ORL_SPICE_PASSWORD, ORL_SPICE_AUTH, "refused the password");
}

static void faults_ask_for_a_password_that_was_not_given(void **state)
{
    struct fixture *f = *state;
    rig_serve(&f->rig, "--password", SECRET, NULL);
    rig_connect(&f->rig);
    rig_wait_state(&f->rig, ORL_SPICE_PASSWORD);
    assert_int_equal(f->rig.status.fault, ORL_SPICE_AUTH);
    check_told(f, "wants a password");
}

static void faults_name_a_server_that_sends_garbage(void **state)
{
    struct fixture *f = *state;
    static const char text[] = "HTTP/1.1 400 Bad Request\r\nContent-Length: 0\r\n\r\n";
    rig_serve_bytes(&f->rig, text, sizeof(text) - 1, false);
    check_fault(f, ORL_SPICE_WAITING, ORL_SPICE_GARBAGE, "not a SPICE server");
}

static void faults_name_a_server_that_hangs_up(void **state)
{
    struct fixture *f = *state;
    rig_serve_bytes(&f->rig, NULL, 0, true);
    check_fault(f, ORL_SPICE_WAITING, ORL_SPICE_LOST, "ended");
}

static void faults_survive_a_good_magic_with_bad_sizes(void **state)
{
    struct fixture *f = *state;
    static const unsigned char bytes[] = {'R',  'E',  'D',  'Q',  2, 0, 0, 0, 2, 0, 0, 0,
                                          0xff, 0xff, 0xff, 0x7f, 1, 2, 3, 4, 5, 6, 7, 8};
    rig_serve_bytes(&f->rig, bytes, sizeof(bytes), false);
    check_fault(f, ORL_SPICE_WAITING, ORL_SPICE_TIMEOUT, "does not answer");
}

/* A right beginning, then anything: sizes, offsets and counts of capabilities, a key, noise. */
static void faults_survive_random_replies(void **state)
{
    struct fixture *f = *state;
    uint64_t rnd = 5;
    f->rig.conf.password = SECRET;
    for (int round = 0; round < 25; round++) {
        unsigned char bytes[600] = {'R', 'E', 'D', 'Q', 2, 0, 0, 0, 2, 0, 0, 0};
        for (size_t i = 12; i < sizeof(bytes); i++) {
            bytes[i] = (unsigned char)random_next(&rnd);
        }
        uint32_t size = random_below(&rnd, sizeof(bytes)); /* of what follows the header */
        memcpy(bytes + 12, &size, sizeof(size));
        if (round % 2 == 0) {
            memset(bytes + 16, 0, 4); /* "no error": the rest is looked at */
        }
        rig_serve_bytes(&f->rig, bytes, sizeof(bytes), round % 3 != 0);
        rig_connect(&f->rig);
        orl_sleep_until(orl_now_ns() + 150 * ORL_NS_PER_MS);
        rig_disconnect(&f->rig);
        rig_wait_state(&f->rig, ORL_SPICE_OFF);
        assert_int_equal(f->rig.status.epoch, 0);
        rig_kill_server(&f->rig);
    }
}

static void faults_name_a_server_that_says_nothing(void **state)
{
    struct fixture *f = *state;
    rig_serve_bytes(&f->rig, NULL, 0, false);
    check_fault(f, ORL_SPICE_WAITING, ORL_SPICE_TIMEOUT, "does not answer");
}

static void faults_name_an_unreadable_password_file(void **state)
{
    struct fixture *f = *state;
    rig_serve(&f->rig, NULL);
    f->rig.conf.password_file = "/no/such/file";
    rig_connect(&f->rig);
    rig_wait_state(&f->rig, ORL_SPICE_WAITING);
    assert_int_equal(f->rig.status.fault, ORL_SPICE_BAD_FILE);
    assert_non_null(strstr(f->rig.status.detail, "/no/such/file"));
    check_told(f, "cannot be read");
}

static void faults_name_an_unreadable_ca_file(void **state)
{
    struct fixture *f = *state;
    f->rig.conf.host = "127.0.0.1";
    f->rig.conf.tls_port = rig_free_port();
    f->rig.conf.ca_file = "/no/such/ca.pem";
    check_fault(f, ORL_SPICE_WAITING, ORL_SPICE_BAD_FILE, "cannot be read");
}

static void faults_refuse_a_certificate_of_a_stranger(void **state)
{
    struct fixture *f = *state;
    char ca[128], port[16];
    rig_make_certificates(&f->rig);
    snprintf(ca, sizeof(ca), "%s/other-ca.pem", f->rig.dir);
    f->rig.conf.host = "127.0.0.1";
    f->rig.conf.tls_port = rig_free_port();
    snprintf(port, sizeof(port), "%d", f->rig.conf.tls_port);
    rig_serve_at(&f->rig, "--tls-port", port, "--cert", f->rig.dir, NULL);
    f->rig.conf.ca_file = ca;
    check_fault(f, ORL_SPICE_WAITING, ORL_SPICE_TLS, "No trusted TLS");
}

static void faults_refuse_a_certificate_of_another_subject(void **state)
{
    struct fixture *f = *state;
    char ca[128], port[16];
    rig_make_certificates(&f->rig);
    f->rig.conf.host = "127.0.0.1";
    f->rig.conf.tls_port = rig_free_port();
    snprintf(port, sizeof(port), "%d", f->rig.conf.tls_port);
    rig_serve_at(&f->rig, "--tls-port", port, "--cert", f->rig.dir, NULL);
    snprintf(ca, sizeof(ca), "%s/ca-cert.pem", f->rig.dir);
    f->rig.conf.ca_file = ca;
    f->rig.conf.host_subject = "O=Somebody Else,CN=127.0.0.1";
    check_fault(f, ORL_SPICE_WAITING, ORL_SPICE_TLS, "No trusted TLS");
}

static void faults_name_a_port_that_does_not_speak_tls(void **state)
{
    struct fixture *f = *state;
    use_port(f, rig_free_port());
    rig_serve_at(&f->rig, "--port", f->port, NULL);
    f->rig.conf.tls_port = f->rig.conf.port;
    f->rig.conf.port = 0;
    check_fault(f, ORL_SPICE_WAITING, ORL_SPICE_TLS, "No trusted TLS");
}

int main(void)
{
#define CASE(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
    const struct CMUnitTest tests[] = {
        CASE(faults_name_a_missing_socket),
        CASE(faults_name_a_socket_without_a_server),
        CASE(faults_name_a_port_without_a_server),
        CASE(faults_name_an_unknown_host),
        CASE(faults_name_a_socket_that_may_not_be_opened),
        CASE(faults_name_a_wrong_password),
        CASE(faults_ask_for_a_password_that_was_not_given),
        CASE(faults_name_a_server_that_sends_garbage),
        CASE(faults_name_a_server_that_hangs_up),
        CASE(faults_survive_a_good_magic_with_bad_sizes),
        CASE(faults_survive_random_replies),
        CASE(faults_name_a_server_that_says_nothing),
        CASE(faults_name_an_unreadable_password_file),
        CASE(faults_name_an_unreadable_ca_file),
        CASE(faults_refuse_a_certificate_of_a_stranger),
        CASE(faults_refuse_a_certificate_of_another_subject),
        CASE(faults_name_a_port_that_does_not_speak_tls),
    };
    cmocka_set_test_filter(getenv("ORL_TEST_ONLY"));
    return cmocka_run_group_tests(tests, NULL, NULL);
}
