/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A mouse of 8 kHz for some seconds: what the server gets, what waits at the end and what it costs,
 * by the bare client library and by input/cmdq.h and client/spice. Then as many as can be pushed.
 *
 *   bench_motion DIR SECONDS
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "bench/figure.h"
#include "bench/queue_end.h"
#include "bench/spice_ends.h"

#define HZ       8000u
#define READY_MS 20000
#define TAIL_NS  (3 * ORL_NS_PER_S)
#define BURST_NS ORL_NS_PER_S

static uint64_t clock_ns(clockid_t id)
{
    struct timespec t;
    clock_gettime(id, &t);
    return (uint64_t)t.tv_sec * ORL_NS_PER_S + (uint64_t)t.tv_nsec;
}

static bool has_all(const struct bench_server *s, int64_t x, int64_t y)
{
    return (int64_t)orl_counter_get(&s->x) == x && (int64_t)orl_counter_get(&s->y) == y;
}

/* Milliseconds from the last motion sent to the arrival of the last sum; ends the program when the
 * sums never get right. */
static double tail_ms(const struct bench_server *s, int64_t x, int64_t y, uint64_t last_ns,
                      const char *who)
{
    while (!has_all(s, x, y)) {
        if (orl_now_ns() > last_ns + TAIL_NS) {
            fprintf(stderr, "bench: %s: sums %lld %lld instead of %lld %lld\n", who,
                    (long long)orl_counter_get(&s->x), (long long)orl_counter_get(&s->y),
                    (long long)x, (long long)y);
            exit(EXIT_FAILURE);
        }
        orl_sleep_until(orl_now_ns() + 200 * ORL_NS_PER_US);
    }
    uint64_t at_ns = orl_counter_get(&s->moved_ns);
    return at_ns > last_ns ? (double)(at_ns - last_ns) / 1e6 : 0;
}

static void sum_to(uint32_t n, int64_t *x, int64_t *y)
{
    *x = *y = 0;
    for (uint32_t i = 0; i < n; i++) {
        int32_t dx, dy;
        bench_motion(i, &dx, &dy);
        *x += dx;
        *y += dy;
    }
}

static void say(const char *who, const char *what, double value, const char *unit)
{
    char name[128];
    snprintf(name, sizeof(name), "motion, %s: %s", who, what);
    bench_figure(name, value, unit);
}

/* Returns its processor time, % of a core. */
static double run_bare(const struct bench_server *s, struct bench_bare *b, double seconds)
{
    int64_t x, y;
    sum_to(b->count, &x, &y);
    uint64_t start_ns = orl_now_ns() + 200 * ORL_NS_PER_MS;
    orl_counter_set(&b->start_ns, start_ns);
    bench_await(&b->sent, b->count, (uint32_t)(seconds * 2000 + READY_MS), "the bare client");
    uint64_t last_ns = orl_now_ns();
    double took_s = (double)(last_ns - start_ns) / 1e9;
    say("8 kHz, bare loop", "taken", b->count / took_s, "/s");
    say("8 kHz, bare loop", "last sum after", tail_ms(s, x, y, last_ns, "bare"), "ms");
    say("8 kHz, bare loop", "messages", (double)orl_counter_get(&s->motions) / took_s, "/s");
    double cpu = (double)orl_counter_get(&b->cpu_ns) / took_s / 1e7;
    say("8 kHz, bare loop", "CPU", cpu, "% of a core");
    return cpu;
}

static void push(struct bench_queue *q, uint32_t i)
{
    struct orl_cmd c = {.kind = ORL_CMD_MOTION, .t_ns = orl_now_ns()};
    bench_motion(i, &c.dx, &c.dy);
    if (!orl_cmdq_push(&q->commands, &c)) {
        fprintf(stderr, "bench: motion was lost\n");
        exit(EXIT_FAILURE);
    }
}

static void run_ours(const struct bench_server *s, struct bench_queue *q, uint32_t count,
                     double bare_cpu)
{
    int64_t x, y;
    sum_to(count, &x, &y);
    uint64_t all = clock_ns(CLOCK_PROCESS_CPUTIME_ID);
    uint64_t hand = clock_ns(CLOCK_THREAD_CPUTIME_ID);
    uint64_t start_ns = orl_now_ns();
    for (uint32_t i = 0; i < count; i++) {
        orl_sleep_until(start_ns + i * ORL_NS_PER_S / HZ);
        push(q, i);
    }
    uint64_t last_ns = orl_now_ns();
    bool left = !orl_cmdq_flush(&q->commands);
    all = clock_ns(CLOCK_PROCESS_CPUTIME_ID) - all;
    hand = clock_ns(CLOCK_THREAD_CPUTIME_ID) - hand;
    double took_s = (double)(last_ns - start_ns) / 1e9;
    say("8 kHz, queue", "taken", count / took_s, "/s");
    say("8 kHz, queue", "left with the pusher at the end", left, "");
    say("8 kHz, queue", "last sum after", tail_ms(s, x, y, last_ns, "queue"), "ms");
    say("8 kHz, queue", "messages", (double)orl_counter_get(&s->motions) / took_s, "/s");
    bench_figure_beside("motion, 8 kHz, queue: CPU, pushing included",
                        (double)all / took_s / 1e7, "% of a core", bare_cpu);
    say("8 kHz, queue", "CPU of the SPICE thread", (double)(all - hand) / took_s / 1e7,
        "% of a core");
}

/* Goes on from motion number `from`. */
static void run_burst(const struct bench_server *s, struct bench_queue *q, uint32_t from)
{
    int64_t x, y;
    uint32_t i = from;
    uint64_t start_ns = orl_now_ns(), now_ns = start_ns;
    while (now_ns < start_ns + BURST_NS) {
        for (int k = 0; k < 64; k++) {
            push(q, i++);
        }
        now_ns = orl_now_ns();
    }
    while (!orl_cmdq_flush(&q->commands)) {
        orl_sleep_until(orl_now_ns() + 100 * ORL_NS_PER_US);
    }
    sum_to(i, &x, &y);
    say("queue, without pause", "taken", (i - from) / ((double)(now_ns - start_ns) / 1e6),
        "k/s");
    say("queue, without pause", "last sum after", tail_ms(s, x, y, now_ns, "burst"), "ms");
}

int main(int argc, char **argv)
{
    double seconds = argc == 3 ? atof(argv[2]) : 0;
    char sockets[2][108];
    struct bench_server *servers[2];
    pid_t pids[3];
    static struct bench_queue queue;
    if (seconds <= 0) {
        fprintf(stderr, "usage: bench_motion DIR SECONDS\n");
        return 2;
    }
    for (int i = 0; i < 2; i++) {
        snprintf(sockets[i], sizeof(sockets[i]), "%s/%s", argv[1], i ? "queue" : "bare");
        servers[i] = bench_share(sizeof(*servers[i]));
        pids[i] = bench_server_fork(sockets[i], servers[i]);
    }
    struct bench_bare *bare = bench_share(sizeof(*bare));
    *bare = (struct bench_bare){.what = BENCH_SEND_MOTION,
                                .count = (uint32_t)(seconds * HZ),
                                .period_ns = ORL_NS_PER_S / HZ};
    pids[2] = bench_bare_fork(sockets[0], bare);
    bench_await(&bare->ready, 1, READY_MS, "the bare client does not connect");
    double bare_cpu = run_bare(servers[0], bare, seconds);
    bench_reap(pids[2]);
    bench_reap(pids[0]);
    bench_queue_start(&queue, sockets[1]);
    bench_await(&servers[1]->clients, 1, READY_MS, "our client does not connect");
    orl_sleep_until(orl_now_ns() + 300 * ORL_NS_PER_MS);
    run_ours(servers[1], &queue, (uint32_t)(seconds * HZ), bare_cpu);
    run_burst(servers[1], &queue, (uint32_t)(seconds * HZ));
    bench_queue_stop(&queue);
    bench_reap(pids[1]);
    return 0;
}
