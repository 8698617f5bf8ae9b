/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "programs.h"

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/clock.h"
#include "ring/ivshmem.h"
#include "support/check.h"

void pause_a_little(void)
{
    orl_sleep_until(orl_now_ns() + 2 * ORL_NS_PER_MS);
}

void scratch_make(struct scratch *s)
{
    strcpy(s->dir, "/tmp/oriel-ivshmem-XXXXXX");
    assert_non_null(mkdtemp(s->dir));
    snprintf(s->socket, sizeof(s->socket), "%s/socket", s->dir);
    snprintf(s->name, sizeof(s->name), ORL_IVSHMEM_PREFIX "%s", s->socket);
}

void scratch_remove(struct scratch *s)
{
    unlink(s->socket);
    assert_int_equal(rmdir(s->dir), 0);
}

pid_t program_start(const char *const *argv, int in, int out)
{
    pid_t parent = getpid();
    pid_t pid = fork();
    assert_true(pid >= 0);
    if (pid == 0) {
        prctl(PR_SET_PDEATHSIG, SIGKILL);
        if (getppid() != parent || (in >= 0 && dup2(in, 0) < 0) ||
            (out >= 0 && dup2(out, 1) < 0)) {
            _exit(126);
        }
        execvp(argv[0], (char *const *)(uintptr_t)argv);
        _exit(127);
    }
    return pid;
}

int program_wait(pid_t pid)
{
    int status = 0;
    while (waitpid(pid, &status, 0) != pid) {
    }
    return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}

int program_end(pid_t pid)
{
    kill(pid, SIGTERM);
    return program_wait(pid);
}

/* A peer that comes and goes: the program has said everything that makes it ready. */
static bool serves(const struct scratch *s)
{
    struct orl_ivshmem c;
    bool there = orl_ivshmem_connect(&c, s->socket, NULL, 60 * ORL_NS_PER_S) == ORL_SHM_FINE;
    if (there) {
        orl_ivshmem_close(&c);
    }
    return there;
}

pid_t server_start(const struct scratch *s, const char *a, const char *b)
{
    char where[128];
    snprintf(where, sizeof(where), "--socket=%s", s->socket);
    const char *argv[] = {ORL_SERVER, where, a, a ? b : NULL, NULL};
    pid_t pid = program_start(argv, -1, -1);
    while (!serves(s)) {
        assert_int_equal(waitpid(pid, NULL, WNOHANG), 0);
        pause_a_little();
    }
    return pid;
}

struct orl_shm open_served(const struct scratch *s)
{
    struct orl_shm shm;
    enum orl_shm_fault fault;
    while (orl_shm_open(&shm, s->name, ORL_SHM_READ_WRITE, &fault) != ORL_OK) {
        pause_a_little();
    }
    while (shm.doorbell < 0) { /* on a busy machine it comes after the memory */
        assert_false(orl_shm_stale(&shm, NULL));
        pause_a_little();
    }
    return shm;
}
