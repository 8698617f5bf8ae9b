/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "app/signals.h"

#include <poll.h>
#include <signal.h>
#include <stdint.h>
#include <stdlib.h>
#include <sys/eventfd.h>
#include <sys/signalfd.h>
#include <unistd.h>

#include "base/thread.h"

struct orl_signals {
    int signal_fd;
    int stop_fd; /* eventfd */
    void (*notify)(void *arg);
    void *arg;
    struct orl_thread thread;
};

static sigset_t our_signals(void)
{
    sigset_t set;
    sigemptyset(&set);
    sigaddset(&set, SIGINT);
    sigaddset(&set, SIGTERM);
    sigaddset(&set, SIGHUP);
    return set;
}

void orl_signals_block(void)
{
    sigset_t set = our_signals();
    sigprocmask(SIG_BLOCK, &set, NULL);
    signal(SIGPIPE, SIG_IGN);
}

static void run(void *arg)
{
    struct orl_signals *s = arg;
    struct pollfd fds[2] = {{.fd = s->signal_fd, .events = POLLIN},
                            {.fd = s->stop_fd, .events = POLLIN}};
    bool told = false;
    for (;;) {
        if (poll(fds, 2, -1) < 0) {
            continue; /* interrupted */
        }
        if (fds[1].revents) {
            return;
        }
        struct signalfd_siginfo info;
        if (read(s->signal_fd, &info, sizeof(info)) != (ssize_t)sizeof(info)) {
            continue;
        }
        if (told) {
            _exit(128 + (int)info.ssi_signo);
        }
        told = true;
        s->notify(s->arg);
    }
}

static void close_all(struct orl_signals *s)
{
    if (s->signal_fd >= 0) {
        close(s->signal_fd);
    }
    if (s->stop_fd >= 0) {
        close(s->stop_fd);
    }
    free(s);
}

int orl_signals_start(struct orl_signals **out, void (*notify)(void *arg), void *arg)
{
    struct orl_signals *s = calloc(1, sizeof(*s));
    if (!s) {
        return ORL_ENOMEM;
    }
    sigset_t set = our_signals();
    s->signal_fd = signalfd(-1, &set, SFD_CLOEXEC);
    s->stop_fd = eventfd(0, EFD_CLOEXEC);
    s->notify = notify;
    s->arg = arg;
    int err = s->signal_fd < 0 || s->stop_fd < 0 ? ORL_ESYS : ORL_OK;
    if (!err) {
        err = orl_thread_start(&s->thread, "oriel-signals", run, s);
    }
    if (err) {
        close_all(s);
        return err;
    }
    *out = s;
    return ORL_OK;
}

void orl_signals_stop(struct orl_signals **signals)
{
    struct orl_signals *s = *signals;
    if (!s) {
        return;
    }
    uint64_t one = 1;
    if (write(s->stop_fd, &one, sizeof(one)) == (ssize_t)sizeof(one)) {
        orl_thread_join(&s->thread);
        close_all(s);
    }
    *signals = NULL;
}
