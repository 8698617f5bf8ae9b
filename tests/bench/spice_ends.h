/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The ends of a SPICE connection that are not Oriel's: a server that says when a key or motion
 * reached it, and the bare client library that is the yardstick. Both are processes of their own,
 * forked before the caller has threads; what they found lies in memory shared with it. Times are
 * CLOCK_MONOTONIC, which all processes of a machine share.
 */
#ifndef ORL_BENCH_SPICE_ENDS_H
#define ORL_BENCH_SPICE_ENDS_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include "base/serial.h"

#define BENCH_KEYS_MAX 16384
/* The one key that is sent, press and release in turns: code of scan code set 1. */
#define BENCH_KEY 0x1e

struct bench_server {           /* written by the server */
    struct orl_counter listens; /* 1 when it does */
    struct orl_counter clients; /* inputs channels that became ready */
    struct orl_counter keys;    /* bytes the keyboard controller got, and when: */
    uint64_t key_ns[BENCH_KEYS_MAX];
    uint8_t key[BENCH_KEYS_MAX];
    struct orl_counter motions, x, y; /* messages; sums, two's complement */
    struct orl_counter moved_ns;      /* the newest motion's arrival */
};

enum bench_what { BENCH_SEND_KEYS, BENCH_SEND_MOTION };

struct bench_bare {
    /* Set before it is forked. */
    enum bench_what what;
    uint32_t count;
    uint64_t period_ns;
    /* The caller's: when to send the first; 0 not yet. */
    struct orl_counter start_ns;
    /* The client's. */
    struct orl_counter ready; /* 1: connected */
    struct orl_counter sent, cpu_ns;
    uint64_t key_ns[BENCH_KEYS_MAX]; /* before each call of the library */
};

/* Zeroed, shared with the children; ends the program when there is none. */
void *bench_share(size_t bytes);

/* Both return at once; the child dies with the caller. */
pid_t bench_server_fork(const char *socket, struct bench_server *s);
pid_t bench_bare_fork(const char *socket, struct bench_bare *b);
void bench_reap(pid_t pid);

/* Motion number `i` of a reproducible sequence. */
void bench_motion(uint32_t i, int32_t *dx, int32_t *dy);

/* False: the counter did not reach `n` in that time. */
bool bench_reached(const struct orl_counter *c, uint64_t n, uint32_t ms);
/* The same, and the end of the program with this sentence when it did not. */
void bench_await(const struct orl_counter *c, uint64_t n, uint32_t ms, const char *what);

#endif
