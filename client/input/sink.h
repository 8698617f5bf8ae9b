/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Where commands for the guest go, and what is done to the host's lock keys: functions of whoever owns
 * the way there. Main thread.
 */
#ifndef ORL_INPUT_SINK_H
#define ORL_INPUT_SINK_H

#include <stdint.h>

#include "input/cmd.h"

struct orl_input_sink {
    void (*send)(void *arg, const struct orl_cmd *cmd);
    void (*align)(void *arg, int32_t x,
                  int32_t y); /* set_cursor_pos, guest pixels; may be NULL */
    /* The host's locks of `mask` as in `values` (sets of enum orl_lock); may be NULL where
     * orl_locks_able() is not called. */
    void (*set_host_locks)(void *arg, uint8_t mask, uint8_t values);
    void *arg;
};

static inline void orl_sink_send(const struct orl_input_sink *sink, const struct orl_cmd *cmd)
{
    sink->send(sink->arg, cmd);
}

#endif
