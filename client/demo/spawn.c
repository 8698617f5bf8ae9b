/* SPDX-License-Identifier: GPL-2.0-or-later */
#define ORL_LOG_MODULE "demo"
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/log.h"
#include "base/thread.h"
#include "demo/demo.h"

#define REAP_NS (2 * ORL_NS_PER_S)

struct watch {
    struct orl_flag stop;
    sigset_t signals;
};

static void watch_signals(void *arg)
{
    struct watch *w = arg;
    int which;
    sigwait(&w->signals, &which);
    orl_flag_raise(&w->stop);
}

/* A thread that waits for the signals needs no handler and so no variable of the whole program. */
int orl_demo_run_until_signal(const struct orl_demo_conf *conf)
{
    struct watch w;
    struct orl_thread thread;
    orl_flag_init(&w.stop);
    sigemptyset(&w.signals);
    sigaddset(&w.signals, SIGINT);
    sigaddset(&w.signals, SIGTERM);
    sigaddset(&w.signals, SIGHUP);
    sigprocmask(SIG_BLOCK, &w.signals, NULL);
    prctl(PR_SET_TIMERSLACK, 1UL);
    int err = orl_thread_start(&thread, "signals", watch_signals, &w);
    if (err != ORL_OK) {
        return err;
    }
    err = orl_demo_run(conf, &w.stop);
    if (!orl_flag_is_raised(&w.stop)) {
        kill(getpid(), SIGTERM); /* blocked everywhere: it ends the waiting thread only */
    }
    orl_thread_join(&thread);
    return err;
}

/* Real space now: a full file system is an error here, later it would be a SIGBUS. */
static int make_file(char *path, size_t cap, const char *dir, uint64_t bytes)
{
    int n = snprintf(path, cap, "%s/oriel-demo-XXXXXX", dir);
    if (n < 0 || (size_t)n >= cap) {
        errno = ENAMETOOLONG;
        return ORL_ESYS;
    }
    int fd = mkostemp(path, O_CLOEXEC);
    if (fd < 0) {
        return ORL_ESYS;
    }
    int why = posix_fallocate(fd, 0, (off_t)bytes);
    close(fd);
    if (why) {
        unlink(path);
        errno = why;
        return ORL_ESYS;
    }
    return ORL_OK;
}

static _Noreturn void be_guest(const struct orl_demo_conf *conf, const char *path, pid_t parent)
{
    struct orl_demo_conf own = *conf;
    own.path = path;
    prctl(PR_SET_NAME, "oriel-guest");
    prctl(PR_SET_PDEATHSIG, SIGTERM);
    int err = getppid() == parent ? orl_demo_run_until_signal(&own) : ORL_ESYS;
    unlink(path);
    _exit(err == ORL_OK ? 0 : 1);
}

int orl_demo_spawn(struct orl_demo_child *child, const struct orl_demo_conf *conf)
{
    const char *runtime = getenv("XDG_RUNTIME_DIR");
    struct orl_demo_child out = {.pid = 0};
    struct orl_demo_conf own = *conf;
    own.mem_bytes = orl_demo_memory(conf);
    int err = ORL_ESYS;
    if (runtime && runtime[0] == '/') {
        err = make_file(out.path, sizeof(out.path), runtime, own.mem_bytes);
    }
    if (err != ORL_OK) {
        err = make_file(out.path, sizeof(out.path), "/dev/shm", own.mem_bytes);
    }
    if (err != ORL_OK) {
        orl_error("no room for the demo's memory in XDG_RUNTIME_DIR or /dev/shm: %s",
                  strerror(errno));
        return err;
    }
    pid_t parent = getpid();
    out.pid = fork();
    if (out.pid == 0) {
        be_guest(&own, out.path, parent);
    }
    if (out.pid < 0) {
        orl_error("cannot start the demo's process: %s", strerror(errno));
        unlink(out.path);
        return ORL_ESYS;
    }
    *child = out;
    return ORL_OK;
}

bool orl_demo_alive(struct orl_demo_child *child)
{
    if (child->pid > 0 && waitpid(child->pid, NULL, WNOHANG) != 0) {
        child->pid = 0;
    }
    return child->pid > 0;
}

void orl_demo_reap(struct orl_demo_child *child)
{
    if (child->pid > 0) {
        kill(child->pid, SIGTERM);
    }
    uint64_t deadline_ns = orl_now_ns() + REAP_NS;
    while (orl_demo_alive(child)) {
        if (orl_now_ns() > deadline_ns) {
            kill(child->pid, SIGKILL);
            waitpid(child->pid, NULL, 0);
            child->pid = 0;
        } else {
            orl_sleep_until(orl_now_ns() + ORL_NS_PER_MS);
        }
    }
    if (child->path[0]) {
        unlink(child->path);
        child->path[0] = '\0';
    }
}
