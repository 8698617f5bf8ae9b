/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The injecting thread as the program runs it, and the synthetic guest beside it: as a thread, or as
 * a process of its own (oriel-guest). What the guest was told is read from its log, line by line.
 */
#ifndef ORL_TESTS_INJECT_RIG_H
#define ORL_TESTS_INJECT_RIG_H

#include <sys/types.h>

#include "base/thread.h"
#include "demo/demo.h"
#include "inject/inject.h"

#define RIG_LIMIT_NS UINT64_C(20000000000)

struct rig_guest {
    struct orl_demo_conf conf;
    char path[64], log_path[64];
    int log; /* the reading end */
    off_t log_at;
    char line[128];
    const char *lots[16]; /* arguments of a process, besides these; NULL ends them */
    pid_t pid;            /* process: else 0 */
    struct orl_flag stop;
    struct orl_thread thread;
    int result;
};

struct rig_viewer {
    struct orl_cmdq queue;
    struct orl_inject_link link;
    struct orl_inject *inject;
    struct orl_inject_status status;
};

/* Files and the default configuration of master; then change guest->conf, then start it. */
void rig_guest_init(struct rig_guest *g);
void rig_guest_run(struct rig_guest *g); /* as a thread */
/* As a process, `program` with the arguments in g->lots; again after a kill. */
void rig_guest_spawn(struct rig_guest *g, const char *program);
void rig_guest_kill(struct rig_guest *g); /* without notice */
void rig_guest_finish(struct rig_guest *g);

struct rig_viewer *rig_viewer_new(const struct rig_guest *g);
void rig_viewer_free(struct rig_viewer *v); /* stops it */
/* Takes the newest status. */
const struct orl_inject_status *rig_look(struct rig_viewer *v);
void rig_wait_ready(struct rig_viewer *v);
void rig_push(struct rig_viewer *v, struct orl_cmd cmd);
void rig_key(struct rig_viewer *v, uint16_t usage, bool down);

/*
 * The guest's next line, without "\n"; lines about claims are passed over unless `claims`. Fails
 * after RIG_LIMIT_NS. The text is valid until the next call.
 */
const char *rig_line(struct rig_guest *g, bool claims);
/* NULL when there is no complete line yet. */
const char *rig_line_now(struct rig_guest *g, bool claims);
void rig_expect(struct rig_guest *g, const char *line);

void rig_pause(void); /* half a millisecond */

#endif
