/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "bench/spice_ends.h"

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/wait.h>

#include "base/clock.h"

void *bench_share(size_t bytes)
{
    void *p = mmap(NULL, bytes, PROT_READ | PROT_WRITE,
                   MAP_SHARED | MAP_ANONYMOUS | MAP_POPULATE, -1, 0);
    if (p == MAP_FAILED) {
        perror("bench: mmap");
        exit(EXIT_FAILURE);
    }
    return p;
}

void bench_reap(pid_t pid)
{
    kill(pid, SIGKILL);
    waitpid(pid, NULL, 0);
}

void bench_motion(uint32_t i, int32_t *dx, int32_t *dy)
{
    uint32_t r = (i + 1) * 2654435761u; /* Knuth's multiplicative hash */
    *dx = (int32_t)(r >> 28) - 5;
    *dy = (int32_t)(r >> 24 & 15) - 9;
}

bool bench_reached(const struct orl_counter *c, uint64_t n, uint32_t ms)
{
    uint64_t end_ns = orl_now_ns() + ms * ORL_NS_PER_MS;
    while (orl_counter_get(c) < n) {
        if (orl_now_ns() >= end_ns) {
            return false;
        }
        orl_sleep_until(orl_now_ns() + 2 * ORL_NS_PER_MS);
    }
    return true;
}

void bench_await(const struct orl_counter *c, uint64_t n, uint32_t ms, const char *what)
{
    if (!bench_reached(c, n, ms)) {
        fprintf(stderr, "bench: %s: %llu of %llu\n", what,
                (unsigned long long)orl_counter_get(c), (unsigned long long)n);
        exit(EXIT_FAILURE);
    }
}
