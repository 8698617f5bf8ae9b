/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A sink that writes down what it gets, as words:
 *   +A -A keys by name, +b1 -b1 buttons, m3,-4 motion, p5,6 position, w0,1 wheel, L5 locks,
 *   R release all, a10,20 align, H4=0 the host's locks of the set 4 as in the set 0
 */
#ifndef ORL_TESTS_INPUT_RECORD_H
#define ORL_TESTS_INPUT_RECORD_H

#include <stddef.h>

#include "input/sink.h"

struct record {
    char text[8192];
    size_t used;
    struct orl_cmd last;
};

struct orl_input_sink record_sink(struct record *r);
void record_cmd(struct record *r, const struct orl_cmd *cmd);

/* The words since the last call; valid until the next command. */
const char *record_take(struct record *r);

#endif
