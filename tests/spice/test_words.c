/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Sentences for the user, passwords and reasons: the pure parts of the session. */
#include <fcntl.h>
#include <gio/gio.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <spice-client.h>

#include "spice/fault.h"
#include "spice/secret.h"
#include "support/check.h"

static const struct orl_spice_conf conf = {
    .host = "vm.example", .port = 5900, .password = "s3cret"};

static void words_exist_for_every_state_and_reason(void **state)
{
    (void)state;
    for (int st = ORL_SPICE_OFF; st <= ORL_SPICE_TAKEN; st++) {
        for (int f = ORL_SPICE_FINE; f <= ORL_SPICE_BAD_FILE; f++) {
            struct orl_spice_status s = {.state = (enum orl_spice_state)st,
                                         .fault = (enum orl_spice_fault)f};
            char headline[200], hint[200];
            orl_spice_sentence(&s, &conf, headline, sizeof(headline), hint, sizeof(hint));
            assert_true(strlen(headline) > 10);
            assert_int_equal(headline[strlen(headline) - 1], '.');
            assert_null(strstr(headline, "%s"));
            assert_null(strstr(headline, conf.password));
            assert_null(strstr(hint, conf.password));
            bool calm = st == ORL_SPICE_READY ||
                        (f == ORL_SPICE_FINE && st != ORL_SPICE_PASSWORD &&
                         st != ORL_SPICE_TAKEN && st != ORL_SPICE_OFF) ||
                        st == ORL_SPICE_CONNECTING;
            assert_true(calm || strlen(hint) > 10);
        }
    }
}

static void words_fit_in_small_places(void **state)
{
    (void)state;
    struct orl_spice_status s = {.state = ORL_SPICE_WAITING, .fault = ORL_SPICE_NO_SOCKET};
    char headline[12], hint[1], host[4096];
    memset(host, 'h', sizeof(host) - 1);
    host[sizeof(host) - 1] = '\0';
    struct orl_spice_conf c = {.host = host};
    orl_spice_sentence(&s, &c, headline, sizeof(headline), hint, sizeof(hint));
    assert_int_equal(strlen(headline), sizeof(headline) - 1);
    assert_int_equal(hint[0], '\0');
}

static void reasons_come_from_the_error_that_the_library_keeps(void **state)
{
    (void)state;
    static const struct {
        int code;
        enum orl_spice_fault fault;
    } rows[] = {
        {G_IO_ERROR_NOT_FOUND, ORL_SPICE_NO_SOCKET},
        {G_IO_ERROR_PERMISSION_DENIED, ORL_SPICE_NO_ACCESS},
        {G_IO_ERROR_CONNECTION_REFUSED, ORL_SPICE_REFUSED},
        {G_IO_ERROR_HOST_UNREACHABLE, ORL_SPICE_NO_HOST},
        {G_IO_ERROR_NETWORK_UNREACHABLE, ORL_SPICE_NO_HOST},
        {G_IO_ERROR_TIMED_OUT, ORL_SPICE_NO_HOST},
        {G_IO_ERROR_BROKEN_PIPE, ORL_SPICE_LOST},
    };
    struct orl_spice_reason r;
    for (size_t i = 0; i < G_N_ELEMENTS(rows); i++) {
        GError *e = g_error_new(G_IO_ERROR, rows[i].code, "two\nlines\x1b[31m");
        orl_fault_from_event(&r, SPICE_CHANNEL_ERROR_CONNECT, e, 0, "");
        assert_int_equal(r.fault, rows[i].fault);
        assert_string_equal(r.detail, "two lines [31m");
        g_error_free(e);
    }
    orl_fault_from_event(&r, SPICE_CHANNEL_ERROR_AUTH, NULL, 200, "");
    assert_int_equal(r.fault, ORL_SPICE_AUTH);
    orl_fault_from_event(&r, SPICE_CHANNEL_ERROR_TLS, NULL, 0, "x");
    assert_int_equal(r.fault, ORL_SPICE_TLS);
    assert_string_equal(r.detail, "x");
    orl_fault_from_event(&r, SPICE_CHANNEL_ERROR_LINK, NULL, 16, "");
    assert_int_equal(r.fault, ORL_SPICE_GARBAGE);
    orl_fault_from_event(&r, SPICE_CHANNEL_ERROR_LINK, NULL, 0, "");
    assert_int_equal(r.fault, ORL_SPICE_LOST);
}

static void words_name_the_port_that_is_used(void **state)
{
    (void)state;
    char headline[200], hint[200];
    struct orl_spice_conf c = {.host = "there", .port = 5900, .tls_port = 5901};
    struct orl_spice_status s = {.state = ORL_SPICE_READY};
    orl_spice_sentence(&s, &c, headline, sizeof(headline), hint, sizeof(hint));
    assert_non_null(strstr(headline, "port 5901"));
    c.tls_port = 0;
    orl_spice_sentence(&s, &c, headline, sizeof(headline), hint, sizeof(hint));
    assert_non_null(strstr(headline, "port 5900"));
}

static void words_for_a_socket_with_a_port_name_the_option(void **state)
{
    (void)state;
    char headline[200], hint[200];
    struct orl_spice_conf c = {.host = "/run/vm.sock", .port = 5900};
    struct orl_spice_status s = {.state = ORL_SPICE_WAITING, .fault = ORL_SPICE_NO_HOST};
    orl_spice_sentence(&s, &c, headline, sizeof(headline), hint, sizeof(hint));
    assert_non_null(strstr(headline, "/run/vm.sock"));
    assert_non_null(strstr(hint, "spice:port=0"));
    c.host = "there";
    orl_spice_sentence(&s, &c, headline, sizeof(headline), hint, sizeof(hint));
    assert_null(strstr(hint, "spice:port=0"));
}

static void passwords_are_chosen_in_order(void **state)
{
    (void)state;
    char why[200], path[] = "/tmp/orl-secret-XXXXXX";
    int fd = mkstemp(path);
    assert_true(fd >= 0);
    assert_int_equal(write(fd, "in the file\r\nsecond", 19), 19);
    close(fd);
    struct orl_spice_conf c = {.password = "option", .password_file = path};
    char *p = orl_secret_choose("given", &c, why, sizeof(why));
    assert_string_equal(p, "given");
    orl_secret_free(&p);
    p = orl_secret_choose(NULL, &c, why, sizeof(why));
    assert_string_equal(p, "option");
    orl_secret_free(&p);
    c.password = "";
    p = orl_secret_choose(NULL, &c, why, sizeof(why));
    assert_string_equal(p, "in the file");
    orl_secret_free(&p);
    unlink(path);
    assert_null(orl_secret_choose(NULL, &c, why, sizeof(why)));
    assert_non_null(strstr(why, path));
    c.password_file = NULL;
    p = orl_secret_choose(NULL, &c, why, sizeof(why));
    assert_string_equal(p, "");
    orl_secret_free(&p);
    orl_secret_free(&p);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(words_exist_for_every_state_and_reason),
        cmocka_unit_test(words_fit_in_small_places),
        cmocka_unit_test(reasons_come_from_the_error_that_the_library_keeps),
        cmocka_unit_test(words_name_the_port_that_is_used),
        cmocka_unit_test(words_for_a_socket_with_a_port_name_the_option),
        cmocka_unit_test(passwords_are_chosen_in_order),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
