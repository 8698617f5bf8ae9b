/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The way of commands from the main thread to the one that talks to the guest. Order is kept; motion
 * may be merged, never across anything else; nothing is lost silently:
 *
 * - Full queue: motion, wheel and positions are kept in a remainder on the pushing side and go out,
 *   in order, before the next push that finds room, or with orl_cmdq_flush(). Anything that comes
 *   after them waits behind them or does not fit; it never overtakes.
 * - Anything else that does not fit is an overflow. From then on keys, buttons and locks are refused
 *   until the receiver has drained the queue and got one ORL_CMD_RELEASE_ALL; so that command has
 *   its exact place, after all that was told before the loss and before all that is told after it.
 *   The pusher learns from the push, or from orl_cmdq_overflows(), that what it believes about held
 *   keys is void.
 * - The receiver merges adjacent motions (sums) and positions (newest).
 *
 * One pushing thread (main), one draining thread. No allocation, no lock, no system call except
 * what `wake` does. Memory order: `overflows` is raised (release) after the last push that fitted, and
 * read (acquire) before the queue is emptied, so a drainer that sees the overflow and then an empty
 * queue has handed out everything from before it; `resynced` is raised after that. Stress test:
 * tests/stress/test_cmdq.c.
 */
#ifndef ORL_INPUT_CMDQ_H
#define ORL_INPUT_CMDQ_H

#include <stddef.h>

#include "base/serial.h"
#include "base/spsc.h"
#include "input/cmd.h"

#define ORL_CMDQ_LEN       1024
#define ORL_CMDQ_REMAINDER 4 /* motion, wheel, motion, ... in the order of the user */

struct orl_cmdq {
    struct orl_spsc items; /* struct orl_cmd */
    struct orl_counter
        overflows;               /* pusher: times that something else than motion had no room */
    struct orl_counter resynced; /* drainer: value of `overflows` it has answered */
    struct orl_cmd
        remainder[ORL_CMDQ_REMAINDER]; /* pusher only: waiting for room, oldest first */
    uint32_t remainders;               /* pusher only: how many */
    struct orl_cmd ahead; /* drainer only: pulled, not merged into the batch before */
    bool has_ahead;
    void (*wake)(
        void *arg); /* any thread, never blocks: the drainer shall drain; may be NULL */
    void *wake_arg;
};

/* ORL_OK or ORL_ENOMEM. Set wake before the first push. */
ORL_MUST int orl_cmdq_init(struct orl_cmdq *q);
void orl_cmdq_finish(struct orl_cmdq *q);

/*
 * Pusher. Always wakes the drainer. False: it is lost, and with it what the receiver is believed to
 * hold; the pusher forgets what it told (orl_input_release()). Motion and wheel are not lost unless
 * their sums leave 32 bits; a position can be, when all places of the remainder are taken by motion.
 */
bool orl_cmdq_push(struct orl_cmdq *q, const struct orl_cmd *cmd);

/* Pusher: tries to send the remainder. True when none is left. Call once per turn of the loop; after
 * false, again within some milliseconds. */
bool orl_cmdq_flush(struct orl_cmdq *q);

/* Pusher: how often a command was lost; each time the receiver releases everything. */
uint64_t orl_cmdq_overflows(const struct orl_cmdq *q);

/*
 * Drainer: next commands in order, motion merged; 0 when there is nothing. `max` >= 1. A merged
 * command has the time of its oldest part. Looks at no more than ORL_CMDQ_LEN commands and one.
 */
size_t orl_cmdq_drain(struct orl_cmdq *q, struct orl_cmd *out, size_t max);

#endif
