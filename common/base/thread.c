/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "base/thread.h"

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/prctl.h>

struct start {
    void (*run)(void *arg);
    void *arg;
    char name[16];
};

static void *thread_main(void *opaque)
{
    struct start *boxed = opaque;
    struct start s = *boxed;
    free(boxed);
    prctl(PR_SET_NAME, s.name);
    prctl(PR_SET_TIMERSLACK, 1UL);
    s.run(s.arg);
    return NULL;
}

int orl_thread_start(struct orl_thread *t, const char *name, void (*run)(void *arg), void *arg)
{
    struct start *s = malloc(sizeof(*s));
    if (!s) {
        return ORL_ENOMEM;
    }
    s->run = run;
    s->arg = arg;
    snprintf(s->name, sizeof(s->name), "%s", name);

    sigset_t all, old;
    sigfillset(&all);
    /* Faults belong to the thread that makes them; blocked, they would kill the program. */
    sigdelset(&all, SIGBUS);
    sigdelset(&all, SIGSEGV);
    sigdelset(&all, SIGFPE);
    sigdelset(&all, SIGILL);
    pthread_sigmask(SIG_SETMASK, &all, &old);
    int failed = pthread_create(&t->id, NULL, thread_main, s);
    pthread_sigmask(SIG_SETMASK, &old, NULL);
    if (failed) {
        free(s);
        return ORL_ESYS;
    }
    t->running = true;
    return ORL_OK;
}

void orl_thread_join(struct orl_thread *t)
{
    if (t->running) {
        pthread_join(t->id, NULL);
        t->running = false;
    }
}
