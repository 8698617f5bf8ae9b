/* SPDX-License-Identifier: GPL-2.0-or-later */
/* An ivshmem server that does what it is told to: good, broken and hostile ones. */
#ifndef ORL_TEST_RING_FAKE_SERVER_H
#define ORL_TEST_RING_FAKE_SERVER_H

#include <stddef.h>
#include <stdint.h>

#include "base/thread.h"

enum fake_what {
    FAKE_SEND,   /* `value` with `fd_count` descriptors, each a copy of `fd` */
    FAKE_BYTES,  /* `value` of bytes that are no message */
    FAKE_HANG_UP /* closes the connection; without it, it stays open and silent */
};

struct fake_act {
    enum fake_what what;
    int64_t value;
    int fd; /* used when fd_count > 0 */
    int fd_count;
};

/* Listens at a socket in a directory of its own and plays the acts to one peer after the other. */
struct fake_server {
    char dir[64], path[96];
    int listener, stop_pipe[2], go_pipe[2];
    const struct fake_act *acts;
    size_t count;
    size_t at_once; /* so many acts; the others when fake_go() says so, for each peer anew */
    struct orl_thread thread;
};

void fake_start(struct fake_server *f, const struct fake_act *acts, size_t count);
/* The same, but waits before act number `at_once` for fake_go(). */
void fake_start_in_two(struct fake_server *f, const struct fake_act *acts, size_t count,
                       size_t at_once);
void fake_go(struct fake_server *f);
void fake_stop(struct fake_server *f);

/* A memory of `bytes`, sealed against shrinking, with `mark` in its first byte. */
int fake_memory(size_t bytes, uint8_t mark);

#endif
