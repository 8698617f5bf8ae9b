/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "rig.h"

#include <fcntl.h>
#include <signal.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/clock.h"
#include "support/check.h"

extern char **environ;

void rig_pause(void)
{
    orl_sleep_until(orl_now_ns() + ORL_NS_PER_MS / 2);
}

static void make_file(char *path, const char *name)
{
    strcpy(path, name);
    int fd = mkstemp(path);
    assert_true(fd >= 0);
    close(fd);
}

void rig_guest_init(struct rig_guest *g)
{
    memset(g, 0, sizeof(*g));
    make_file(g->path, "/dev/shm/oriel-test-inject-XXXXXX");
    make_file(g->log_path, "/tmp/oriel-test-inject-XXXXXX");
    orl_demo_conf_init(&g->conf);
    g->conf.release = ORL_MASTER;
    g->conf.path = g->path;
    g->conf.log_input = g->log_path;
    g->conf.w = 320;
    g->conf.h = 200;
    g->conf.fps = 10;
    g->conf.cursor_path = ORL_DEMO_PATH_FIXED;
    g->log = open(g->log_path, O_RDONLY | O_CLOEXEC);
    assert_true(g->log >= 0);
}

static void run(void *arg)
{
    struct rig_guest *g = arg;
    g->result = orl_demo_run(&g->conf, &g->stop);
}

void rig_guest_run(struct rig_guest *g)
{
    orl_flag_init(&g->stop);
    assert_int_equal(orl_thread_start(&g->thread, "guest", run, g), ORL_OK);
}

void rig_guest_spawn(struct rig_guest *g, const char *program)
{
    static const char *const fixed[] = {"--release=master", "--size=320x200", "--fps=10",
                                        "--cursor-path=fixed",
                                        "--duration=100"}; /* in case nobody ends it */
    char *argv[32];
    char log[80];
    int n = 0;
    snprintf(log, sizeof(log), "--log-input=%s", g->log_path);
    argv[n++] = strdup(program);
    for (size_t i = 0; i < sizeof(fixed) / sizeof(fixed[0]); i++) {
        argv[n++] = strdup(fixed[i]);
    }
    for (int i = 0; g->lots[i]; i++) {
        argv[n++] = strdup(g->lots[i]);
    }
    argv[n++] = strdup(log);
    argv[n++] = strdup(g->path);
    argv[n] = NULL;
    g->log_at = 0;
    assert_int_equal(truncate(g->log_path, 0), 0);
    assert_int_equal(posix_spawn(&g->pid, program, NULL, NULL, argv, environ), 0);
    for (int i = 0; i < n; i++) {
        free(argv[i]);
    }
}

static void reap(struct rig_guest *g, int how)
{
    if (g->pid > 0) {
        kill(g->pid, how);
        assert_int_equal(waitpid(g->pid, NULL, 0), g->pid);
        g->pid = 0;
    }
}

void rig_guest_kill(struct rig_guest *g)
{
    reap(g, SIGKILL);
}

void rig_guest_finish(struct rig_guest *g)
{
    reap(g, SIGTERM);
    if (g->thread.running) {
        orl_flag_raise(&g->stop);
        orl_thread_join(&g->thread);
        assert_int_equal(g->result, ORL_OK);
    }
    close(g->log);
    unlink(g->path);
    unlink(g->log_path);
}

/* ---- Viewer -------------------------------------------------------------------------------- */

struct rig_viewer *rig_viewer_new(const struct rig_guest *g)
{
    struct rig_viewer *v = aligned_alloc(64, (sizeof(*v) + 63) / 64 * 64);
    assert_non_null(v);
    memset(v, 0, sizeof(*v));
    assert_int_equal(orl_cmdq_init(&v->queue), ORL_OK);
    orl_inject_link_init(&v->link);
    v->link.input = &v->queue;
    assert_int_equal(orl_inject_start(&v->inject, g->path, &v->link), ORL_OK);
    return v;
}

void rig_viewer_free(struct rig_viewer *v)
{
    orl_inject_stop(&v->inject);
    orl_cmdq_finish(&v->queue);
    free(v);
}

const struct orl_inject_status *rig_look(struct rig_viewer *v)
{
    if (orl_mailbox_take(&v->link.status_mb)) {
        v->status = v->link.status[v->link.status_mb.front];
    }
    return &v->status;
}

void rig_wait_ready(struct rig_viewer *v)
{
    uint64_t end = orl_now_ns() + RIG_LIMIT_NS;
    while (!rig_look(v)->ready) {
        assert_true(orl_now_ns() < end);
        rig_pause();
    }
}

void rig_push(struct rig_viewer *v, struct orl_cmd cmd)
{
    assert_true(orl_cmdq_push(&v->queue, &cmd));
}

void rig_key(struct rig_viewer *v, uint16_t usage, bool down)
{
    rig_push(v, (struct orl_cmd){.kind = ORL_CMD_KEY, .usage = usage, .down = down});
}

/* ---- Log ----------------------------------------------------------------------------------- */

static bool about_claims(const char *line)
{
    return strncmp(line, "claim ", 6) == 0 || strncmp(line, "free ", 5) == 0 ||
           strncmp(line, "drop ", 5) == 0;
}

/* Not by stdio, whose buffer outlives a truncation. */
const char *rig_line_now(struct rig_guest *g, bool claims)
{
    do {
        ssize_t got = pread(g->log, g->line, sizeof(g->line) - 1, g->log_at);
        assert_true(got >= 0);
        char *end = memchr(g->line, '\n', (size_t)got);
        if (!end) { /* not yet, or half of it */
            return NULL;
        }
        *end = '\0';
        g->log_at += end - g->line + 1;
    } while (!claims && about_claims(g->line));
    return g->line;
}

const char *rig_line(struct rig_guest *g, bool claims)
{
    uint64_t end = orl_now_ns() + RIG_LIMIT_NS;
    const char *line = rig_line_now(g, claims);
    while (!line) {
        if (orl_now_ns() > end) {
            fail_msg("the guest says nothing more");
        }
        rig_pause();
        line = rig_line_now(g, claims);
    }
    return line;
}

void rig_expect(struct rig_guest *g, const char *line)
{
    assert_string_equal(rig_line(g, false), line);
}
