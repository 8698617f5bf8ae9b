/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A guest in a process of its own that posts full frames and notes when each one's last byte was
 * written. It draws nothing: two prepared pictures are copied in turn, every pixel of them.
 */
#ifndef ORL_BENCH_IMPORT_GUEST_H
#define ORL_BENCH_IMPORT_GUEST_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#define IMPORT_GUEST_FRAMES 1024 /* most of one order */
#define IMPORT_GUEST_SIDE_W 3840
#define IMPORT_GUEST_SIDE_H 2160

struct import_order {
    uint32_t w, h, hz;
    uint32_t frames; /* 0..IMPORT_GUEST_FRAMES; their serials count from 0 */
    bool
        behind; /* post first and write then, a MiB at a time, as B7 does; else the other way */
};

struct import_guest {
    pid_t pid;
    int orders;                          /* pipe */
    const volatile uint64_t *written_ns; /* by serial: CLOCK_MONOTONIC, 0 not yet */
};

/*
 * Starts the process with the memory at `path`; before any thread. Ends it when that fails later on
 * or the pipe is closed. False: errno.
 */
bool import_guest_start(struct import_guest *g, const char *path);

/* A new session in the memory; frames come as soon as somebody has subscribed. False: it is gone. */
bool import_guest_order(struct import_guest *g, const struct import_order *order);

void import_guest_stop(struct import_guest *g);

#endif
