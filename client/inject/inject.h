/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Keyboard and mouse straight through the guest's memory, for guests that offer it (KVMFR 34,
 * feature 8): a thread of its own with its own mapping and session claims the input endpoint, drains
 * the command queue into reports, keeps the claim alive. Falls silent when the guest goes; main then
 * sends through SPICE again.
 */
#ifndef ORL_INJECT_INJECT_H
#define ORL_INJECT_INJECT_H

#include <stdbool.h>
#include <stdint.h>

#include "base/err.h"
#include "base/mailbox.h"
#include "input/cmdq.h"

struct orl_inject_status {
    /*
     * What is pushed reaches the guest: we own the input, or nobody does and the next command claims
     * it (it is given back when nothing was sent for 400 ms, so that viewers can take turns).
     */
    bool ready;
    bool taken;    /* another viewer owns it */
    bool absolute; /* positions are accepted */
    bool leds_known;
    uint8_t leds;   /* set of enum orl_lock */
    uint32_t epoch; /* counts how often it became ready: what was pushed before is void, and the
                       guest holds nothing of ours */
};

struct orl_inject_link {          /* made by app, borrowed until stop */
    struct orl_cmdq *input;       /* main -> inject; its wake is set by orl_inject_start() */
    struct orl_mailbox status_mb; /* inject -> main */
    struct orl_inject_status status[3];
    void (*wake_main)(void *arg); /* any thread, never blocks; may be NULL */
    void *wake_main_arg;
};

struct orl_inject;

/* Clears the link; `input` and wake_main are filled in afterwards. */
void orl_inject_link_init(struct orl_inject_link *link);

/*
 * `path`: resolved memory file or device, borrowed until stop. Main thread (the one that pushes).
 * ORL_OK, ORL_ENOMEM, ORL_ESYS.
 */
ORL_MUST int orl_inject_start(struct orl_inject **out, const char *path,
                              struct orl_inject_link *link);
/* Releases keys and buttons, gives the claim back, joins; within about 100 ms. */
void orl_inject_stop(struct orl_inject **inject);

#endif
