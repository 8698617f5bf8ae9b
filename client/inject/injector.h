/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * One round of the injecting thread's work: memory and session, status, commands to records, news
 * for main. Private to inject/ and its tests; time is a parameter, nothing sleeps (locks in the
 * memory are waited for at most 100 ms each). One thread.
 */
#ifndef ORL_INJECT_INJECTOR_H
#define ORL_INJECT_INJECTOR_H

#include "frame/source.h"
#include "frame/subscription.h"
#include "inject/inject.h"
#include "inject/port.h"
#include "inject/reports.h"

#define ORL_INJECTOR_BATCH 32

struct orl_injector {
    struct orl_inject_link *link; /* borrowed */
    struct orl_source source;
    struct orl_ring ring; /* ring.session is NULL when not subscribed */
    struct orl_subscription subscription;
    struct orl_port port;
    struct orl_reports reports;
    uint32_t losses;      /* of the port, as far as the reports know */
    uint64_t own_leds_ns; /* until then the lights are what we have just tapped them to be */

    struct orl_cmd batch[ORL_INJECTOR_BATCH]; /* taken from the queue, not translated yet */
    size_t batch_count, batch_at;
    struct orl_hid_record todo[ORL_REPORTS_MAX]; /* translated, not written yet */
    uint32_t todo_count, todo_at;

    struct orl_inject_status told; /* to main */
    uint64_t next_ns;              /* when the next step is due */
};

/* `x` is zeroed memory; `path` and `link` are borrowed until finish. */
void orl_injector_init(struct orl_injector *x, const char *path, struct orl_inject_link *link);

/* Everything that is due; x->next_ns says when to come again, sooner when a command comes. */
void orl_injector_step(struct orl_injector *x, uint64_t now_ns);

/* Keys and buttons up and the claim back. True: done; false: the guest is slow, try again. */
bool orl_injector_leave(struct orl_injector *x, uint64_t now_ns);

/* Gives the subscription back and closes the memory. */
void orl_injector_finish(struct orl_injector *x);

#endif
