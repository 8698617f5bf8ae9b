/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "inject/inject.h"

#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/serial.h"
#include "base/thread.h"
#include "base/wake.h"
#include "inject/injector.h"

enum reason { REASON_INPUT = 1, REASON_STOP = 2 };

#define LEAVE_TRIES 50 /* of a millisecond each, for a guest that does not read */

struct orl_inject {
    struct orl_wake wake;
    struct orl_flag stop;
    struct orl_inject_link *link; /* borrowed */
    struct orl_thread thread;
    struct orl_injector work; /* the thread's, from start to join */
};

void orl_inject_link_init(struct orl_inject_link *link)
{
    memset(link, 0, sizeof(*link));
    orl_mailbox_init(&link->status_mb);
}

/* Called by whoever pushes. */
static void wake(void *arg)
{
    struct orl_inject *i = arg;
    orl_wake_set(&i->wake, REASON_INPUT);
}

static void run(void *arg)
{
    struct orl_inject *i = arg;
    while (!orl_flag_is_raised(&i->stop)) {
        orl_injector_step(&i->work, orl_now_ns());
        orl_wake_wait(&i->wake, i->work.next_ns);
    }
    for (int n = 0; n < LEAVE_TRIES && !orl_injector_leave(&i->work, orl_now_ns()); n++) {
        orl_sleep_until(orl_now_ns() + ORL_NS_PER_MS);
    }
    orl_injector_finish(&i->work);
}

/* The wake word wants a cache line of its own. */
static struct orl_inject *allocate(void)
{
    size_t align = _Alignof(struct orl_inject);
    size_t bytes = (sizeof(struct orl_inject) + align - 1) / align * align;
    struct orl_inject *i = aligned_alloc(align, bytes);
    if (i) {
        memset(i, 0, sizeof(*i));
    }
    return i;
}

int orl_inject_start(struct orl_inject **out, const char *path, struct orl_inject_link *link)
{
    int err = orl_shm_guard();
    if (err) {
        return err;
    }
    struct orl_inject *i = allocate();
    if (!i) {
        return ORL_ENOMEM;
    }
    orl_wake_init(&i->wake);
    orl_flag_init(&i->stop);
    i->link = link;
    orl_injector_init(&i->work, path, link);
    link->input->wake_arg = i;
    link->input->wake = wake;
    err = orl_thread_start(&i->thread, "orl-inject", run, i);
    if (err) {
        link->input->wake = NULL;
        free(i);
        return err;
    }
    *out = i;
    return ORL_OK;
}

void orl_inject_stop(struct orl_inject **inject)
{
    struct orl_inject *i = *inject;
    if (!i) {
        return;
    }
    orl_flag_raise(&i->stop);
    orl_wake_set(&i->wake, REASON_STOP);
    orl_thread_join(&i->thread);
    i->link->input->wake = NULL;
    free(i);
    *inject = NULL;
}
