/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "spice/rig.h"

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <poll.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/log.h"
#include "support/check.h"

#define ARGS_MAX 16

static uint64_t deadline(int ms)
{
    return orl_now_ns() + (uint64_t)ms * ORL_NS_PER_MS;
}

static void nap(void)
{
    orl_sleep_until(orl_now_ns() + ORL_NS_PER_MS);
}

void rig_init(struct rig *r)
{
    memset(r, 0, sizeof(*r));
    signal(SIGPIPE, SIG_IGN);
    const char *levels = getenv("ORL_TEST_LOG"); /* to see what happens: "debug" */
    (void)orl_log_configure(levels ? levels : "info");
    snprintf(r->dir, sizeof(r->dir), "/tmp/orl-spice-XXXXXX");
    assert_non_null(mkdtemp(r->dir));
    snprintf(r->socket, sizeof(r->socket), "%s/s", r->dir);
    assert_int_equal(orl_cmdq_init(&r->input), ORL_OK);
    assert_int_equal(orl_spice_link_init(&r->link), ORL_OK);
    r->link.input = &r->input;
    r->conf = (struct orl_spice_conf){
        .host = r->socket,
        .password = "",
        .password_file = "",
        .ca_file = "",
        .host_subject = "",
        .share_dir = "",
        .usb_auto_filter = "",
        .usb_redirect_filter = "",
        .input = true,
        .clipboard = true,
        .audio = true,
        .microphone = true,
        .display = true,
        .files = true,
    };
}

/* A shell command of constants and names without blanks; true when it succeeded. */
static bool shell(const char *format, ...)
{
    char command[2048];
    va_list args;
    va_start(args, format);
    vsnprintf(command, sizeof(command), format, args);
    va_end(args);
    return system(command) == 0;
}

void rig_finish(struct rig *r)
{
    rig_disconnect(r);
    rig_reap(&r->server, SIGKILL);
    rig_reap(&r->other, SIGKILL);
    orl_spice_link_finish(&r->link);
    orl_cmdq_finish(&r->input);
    shell("rm -rf %s", r->dir);
}

/* ---- Processes. ----------------------------------------------------------------------------- */

void rig_spawn(struct rig_process *p, char *const argv[])
{
    int to[2], from[2];
    assert_int_equal(p->pid, 0);
    assert_int_equal(pipe2(to, O_CLOEXEC), 0);
    assert_int_equal(pipe2(from, O_CLOEXEC), 0);
    pid_t pid = fork();
    assert_true(pid >= 0);
    if (pid == 0) {
        prctl(PR_SET_PDEATHSIG, SIGKILL); /* a test that dies takes its servers along */
        signal(SIGPIPE, SIG_DFL);
        dup2(to[0], 0);
        dup2(from[1], 1);
        execv(argv[0], argv);
        _exit(127);
    }
    close(to[0]);
    close(from[1]);
    fcntl(from[0], F_SETPIPE_SZ,
          1 << 20); /* so that nobody waits for a test that does not read */
    *p = (struct rig_process){.pid = pid, .in = to[1], .out = from[0]};
}

void rig_reap(struct rig_process *p, int sig)
{
    if (p->pid == 0) {
        return;
    }
    kill(p->pid, sig);
    kill(p->pid, SIGCONT);
    waitpid(p->pid, NULL, 0);
    close(p->in);
    close(p->out);
    p->pid = 0;
}

bool rig_line(struct rig_process *p, char *line, size_t cap, int ms)
{
    uint64_t until = deadline(ms);
    for (;;) {
        char *end = memchr(p->text, '\n', p->fill);
        if (end) {
            size_t used = (size_t)(end - p->text) + 1;
            snprintf(line, cap, "%.*s", (int)(used - 1), p->text);
            p->fill -= used;
            memmove(p->text, p->text + used, p->fill);
            return true;
        }
        uint64_t now = orl_now_ns();
        if (now >= until || p->fill == sizeof(p->text) || p->pid == 0) {
            return false;
        }
        struct pollfd wait = {.fd = p->out, .events = POLLIN};
        if (poll(&wait, 1, (int)((until - now) / ORL_NS_PER_MS) + 1) <= 0) {
            continue;
        }
        ssize_t n = read(p->out, p->text + p->fill, sizeof(p->text) - p->fill);
        if (n <= 0) {
            return false;
        }
        p->fill += (size_t)n;
    }
}

void rig_expect(struct rig *r, const char *start)
{
    char line[512];
    uint64_t until = deadline(RIG_MS);
    while (orl_now_ns() < until && rig_line(&r->server, line, sizeof(line), RIG_MS)) {
        if (strncmp(line, start, strlen(start)) == 0) {
            return;
        }
    }
    fail_msg("the server did not say \"%s\"", start);
}

static void serve(struct rig *r, bool at_socket, va_list more)
{
    char *argv[ARGS_MAX] = {(char *)ORL_FAKE_SPICE};
    size_t n = 1;
    if (at_socket) {
        unlink(r->socket);
        argv[n++] = (char *)"--unix";
        argv[n++] = r->socket;
    }
    for (char *arg; (arg = va_arg(more, char *)) && n < ARGS_MAX - 1;) {
        argv[n++] = arg;
    }
    rig_spawn(&r->server, argv);
    rig_expect(r, "ready");
}

void rig_serve(struct rig *r, ...)
{
    va_list more;
    va_start(more, r);
    serve(r, true, more);
    va_end(more);
}

void rig_serve_at(struct rig *r, ...)
{
    va_list more;
    va_start(more, r);
    serve(r, false, more);
    va_end(more);
}

void rig_tell(struct rig *r, const char *format, ...)
{
    char line[1024];
    va_list args;
    va_start(args, format);
    int n = vsnprintf(line, sizeof(line) - 1, format, args);
    va_end(args);
    assert_true(n > 0 && (size_t)n < sizeof(line) - 1);
    line[n++] = '\n';
    assert_int_equal(write(r->server.in, line, (size_t)n), n);
}

void rig_kill_server(struct rig *r)
{
    rig_reap(&r->server, SIGKILL);
}

int rig_free_port(void)
{
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    struct sockaddr_in a = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    socklen_t len = sizeof(a);
    assert_true(fd >= 0);
    assert_int_equal(bind(fd, (struct sockaddr *)&a, sizeof(a)), 0);
    assert_int_equal(getsockname(fd, (struct sockaddr *)&a, &len), 0);
    close(fd);
    return ntohs(a.sin_port);
}

static void answer_all(int listener, const void *bytes, size_t len, bool hang_up)
{
    for (;;) {
        int fd = accept(listener, NULL, NULL);
        if (fd >= 0 && len > 0) {
            (void)!write(fd, bytes, len);
        }
        if (fd >= 0 && hang_up) {
            close(fd);
        }
    }
}

void rig_serve_bytes(struct rig *r, const void *bytes, size_t len, bool hang_up)
{
    struct sockaddr_un a = {.sun_family = AF_UNIX};
    assert_int_equal(r->server.pid, 0);
    snprintf(a.sun_path, sizeof(a.sun_path), "%s", r->socket);
    int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    assert_true(fd >= 0);
    unlink(r->socket);
    assert_int_equal(bind(fd, (struct sockaddr *)&a, sizeof(a)), 0);
    assert_int_equal(listen(fd, 16), 0);
    pid_t pid = fork();
    assert_true(pid >= 0);
    if (pid == 0) {
        prctl(PR_SET_PDEATHSIG, SIGKILL);
        answer_all(fd, bytes, len, hang_up);
        _exit(0);
    }
    close(fd);
    r->server = (struct rig_process){.pid = pid, .in = dup(1), .out = dup(1)};
}

void rig_make_certificates(struct rig *r)
{
    const char *d = r->dir;
    assert_true(
        shell("cd %s && exec 2>openssl.log"
              " && openssl req -x509 -newkey rsa:2048 -nodes -days 30 -subj /CN=OrielTestCA"
              " -keyout ca-key.pem -out ca-cert.pem"
              " && openssl req -newkey rsa:2048 -nodes -subj /O=Oriel/CN=127.0.0.1"
              " -keyout server-key.pem -out server.csr"
              " && printf 'subjectAltName=IP:127.0.0.1\n' > ext"
              " && openssl x509 -req -in server.csr -CA ca-cert.pem -CAkey ca-key.pem"
              " -CAcreateserial -days 30 -extfile ext -out server-cert.pem"
              " && openssl req -x509 -newkey rsa:2048 -nodes -days 30 -subj /CN=Other"
              " -keyout other-key.pem -out other-ca.pem",
              d));
}

/* ---- The client. ---------------------------------------------------------------------------- */

void rig_connect(struct rig *r)
{
    assert_int_equal(orl_spice_start(&r->spice, &r->conf, &r->link), ORL_OK);
}

void rig_disconnect(struct rig *r)
{
    orl_spice_stop(&r->spice);
}

bool rig_wait_ms(struct rig *r, rig_liked ok, int ms)
{
    uint64_t until = deadline(ms);
    for (;;) {
        if (orl_mailbox_take(&r->link.status_mb)) {
            r->status = r->link.status[r->link.status_mb.front];
        }
        if (ok(&r->status)) {
            return true;
        }
        if (orl_now_ns() >= until) {
            return false;
        }
        nap();
    }
}

void rig_wait(struct rig *r, rig_liked ok)
{
    if (!rig_wait_ms(r, ok, RIG_MS)) {
        fail_msg("status stays at state %d fault %d has 0x%x (%s)", r->status.state,
                 r->status.fault, r->status.has, r->status.detail);
    }
}

bool rig_is_ready(const struct orl_spice_status *s)
{
    return s->state == ORL_SPICE_READY;
}

bool rig_has_inputs(const struct orl_spice_status *s)
{
    return rig_is_ready(s) && (s->has & ORL_SPICE_HAS_INPUTS) != 0;
}

static bool any(const struct orl_spice_status *s)
{
    (void)s;
    return true;
}

void rig_wait_state(struct rig *r, enum orl_spice_state state)
{
    uint64_t until = deadline(RIG_MS);
    do {
        (void)rig_wait_ms(r, any, 0);
        if (r->status.state == state) {
            return;
        }
        nap();
    } while (orl_now_ns() < until);
    fail_msg("state %d, not %d (fault %d, %s)", r->status.state, state, r->status.fault,
             r->status.detail);
}

bool rig_event(struct rig *r, enum orl_spice_note_kind kind, struct orl_spice_note *note,
               int ms)
{
    uint64_t until = deadline(ms);
    for (;;) {
        while (orl_spsc_pull(&r->link.events, note)) {
            if (note->kind == kind) {
                return true;
            }
            free(note->data);
        }
        if (orl_now_ns() >= until) {
            return false;
        }
        nap();
    }
}

void rig_request(struct rig *r, enum orl_spice_note_kind kind, uint32_t a, uint32_t b,
                 uint64_t id, const void *data, size_t len)
{
    struct orl_spice_note note = {.kind = kind, .a = a, .b = b, .id = id};
    if (data) {
        note.data = malloc(len + 1);
        assert_non_null(note.data);
        memcpy(note.data, data, len);
        note.data[len] = '\0';
        note.len = len;
    }
    assert_true(orl_spice_request(r->spice, &note));
}
