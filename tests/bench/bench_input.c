/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * How long a key takes to a SPICE server, in turns by three ways of the same run, so that whatever
 * else the machine does meets all of them:
 *
 *   bare     a loop with libspice-client-glib and nothing else; from before the library is called
 *   queue    from the push into input/cmdq.h, through client/spice
 *   window   from before XTEST sends the key, through the X server and a whole viewer; beside it,
 *            when a bare X client sees the same key
 *
 *   bench_input DIR ROUNDS LABEL [window]   sockets in DIR; says "ready" when the viewer may connect
 *                                           to DIR/window, whose keyboard focus it then takes
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "bench/figure.h"
#include "bench/queue_end.h"
#include "bench/spice_ends.h"
#include "bench/x11_keys.h"

#define PERIOD_NS (24 * ORL_NS_PER_MS)
#define APART_NS  (6 * ORL_NS_PER_MS)
#define READY_MS  20000
#define LATE_MS   3000
/* Percentiles are of so many keys, and the median of the rounds counts: a neighbour's burst of work
 * spoils the slowest percent of one round, not the figure. */
#define ROUND      400
#define ROUNDS_MAX (BENCH_KEYS_MAX / ROUND)

struct way {
    const char *name;
    char socket[108];
    pid_t pid;
    struct bench_server *server;
    uint64_t first;                /* keys that the server had before */
    uint64_t sent[BENCH_KEYS_MAX]; /* when */
    uint64_t delay[BENCH_KEYS_MAX];
};

struct run {
    uint32_t count;
    const char *label;
    struct way bare, queue, window;
    struct bench_bare *client;
    struct bench_queue ours;
    struct bench_x11 *x11; /* NULL: without a window */
    uint64_t seen_first;
};

static void open_way(struct way *w, const char *dir, const char *name)
{
    w->name = name;
    snprintf(w->socket, sizeof(w->socket), "%s/%s", dir, name);
    w->server = bench_share(sizeof(*w->server));
    w->pid = bench_server_fork(w->socket, w->server);
}

static void push_key(struct run *r, uint32_t i)
{
    struct orl_cmd c = {.kind = ORL_CMD_KEY, .code = BENCH_KEY, .down = i % 2 == 0};
    r->queue.sent[i] = c.t_ns = orl_now_ns();
    if (!orl_cmdq_push(&r->ours.commands, &c)) {
        fprintf(stderr, "bench: the queue is full\n");
        exit(EXIT_FAILURE);
    }
}

/*
 * A press that the X server stamps within 2 ms of the release before it is a repeated key to SDL. On a
 * busy machine sender or server come late and then fast, so the key before has to have been there.
 */
static void wait_for_key_before(struct run *r, uint32_t i)
{
    const struct orl_counter *seen = bench_x11_seen(r->x11);
    uint64_t end_ns = orl_now_ns() + LATE_MS * ORL_NS_PER_MS;
    uint64_t n = r->seen_first + i;
    while (i > 0 && orl_counter_get(seen) < n && orl_now_ns() < end_ns) {
        orl_sleep_until(orl_now_ns() + ORL_NS_PER_MS);
    }
    if (i > 0 && orl_counter_get(seen) >= n) {
        orl_sleep_until(bench_x11_seen_ns(r->x11, n - 1) + APART_NS);
    }
}

static void send_keys(struct run *r)
{
    uint64_t start_ns = orl_now_ns() + 200 * ORL_NS_PER_MS;
    orl_counter_set(&r->client->start_ns, start_ns);
    for (uint32_t i = 0; i < r->count; i++) {
        uint64_t at_ns = start_ns + i * PERIOD_NS;
        orl_sleep_until(at_ns + PERIOD_NS / 3);
        push_key(r, i);
        orl_sleep_until(at_ns + 2 * PERIOD_NS / 3);
        if (r->x11) {
            wait_for_key_before(r, i);
            r->window.sent[i] = bench_x11_key(r->x11, i % 2 == 0);
        }
    }
}

/* The server's times against the sender's, number by number. */
static void match(struct run *r, struct way *w)
{
    struct bench_server *s = w->server;
    bench_await(&s->keys, w->first + r->count, LATE_MS, w->name);
    for (uint32_t i = 0; i < r->count; i++) {
        if (s->key[w->first + i] != (i % 2 == 0 ? BENCH_KEY : BENCH_KEY | 0x80)) {
            fprintf(stderr, "bench: %s: key %u came as %02x\n", w->name, i,
                    s->key[w->first + i]);
            exit(EXIT_FAILURE);
        }
        w->delay[i] = s->key_ns[w->first + i] - w->sent[i];
    }
    if (orl_counter_get(&s->keys) != w->first + r->count) {
        fprintf(stderr, "bench: %s: more keys than were sent\n", w->name);
        exit(EXIT_FAILURE);
    }
}

/* One figure of every round; what is said is their median. */
struct rounds {
    double us[ROUNDS_MAX];
};

static struct rounds percentiles(const struct run *r, const uint64_t *delay, uint32_t percent)
{
    struct rounds out = {{0}};
    uint64_t part[ROUND];
    for (uint32_t k = 0; k < r->count / ROUND; k++) {
        memcpy(part, delay + k * ROUND, sizeof(part));
        out.us[k] = (double)bench_percentile(part, ROUND, percent) / 1e3;
    }
    return out;
}

static int compare_double(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;
    return x < y ? -1 : x > y;
}

static double median(const struct run *r, struct rounds v)
{
    uint32_t n = r->count / ROUND;
    qsort(v.us, n, sizeof(v.us[0]), compare_double);
    return v.us[n / 2];
}

static struct rounds combined(struct rounds a, double sign, const struct rounds *b)
{
    for (size_t i = 0; i < ROUNDS_MAX; i++) {
        a.us[i] += sign * b->us[i];
    }
    return a;
}

/* beside: 0: nothing to compare with. */
static void say(const struct run *r, const char *what, uint32_t percent, double us,
                double beside)
{
    char name[128];
    snprintf(name, sizeof(name), "key%s, %s, p%u", r->label, what, percent);
    if (beside > 0) {
        bench_figure_beside(name, us, "us", beside);
    } else {
        bench_figure(name, us, "us");
    }
}

/* The yardstick of the whole way is both: a bare X client that sees the key, and the bare loop. */
static void report_window(struct run *r, uint32_t percent, const struct rounds *bare)
{
    static uint64_t seen[BENCH_KEYS_MAX], rest[BENCH_KEYS_MAX];
    for (uint32_t i = 0; i < r->count; i++) {
        seen[i] = bench_x11_seen_ns(r->x11, r->seen_first + i) - r->window.sent[i];
        rest[i] = r->window.delay[i] > seen[i] ? r->window.delay[i] - seen[i] : 0;
    }
    struct rounds x11 = percentiles(r, seen, percent);
    struct rounds window = percentiles(r, r->window.delay, percent);
    struct rounds beyond = combined(percentiles(r, rest, percent), -1, bare);
    say(r, "X event to a bare X client", percent, median(r, x11), 0);
    say(r, "X event through the window", percent, median(r, window),
        median(r, combined(x11, 1, bare)));
    say(r, "window beyond bare X and loop", percent, median(r, beyond), 0);
}

static void report(struct run *r)
{
    static const uint32_t percents[] = {50, 99};
    memcpy(r->bare.sent, r->client->key_ns, sizeof(r->bare.sent));
    match(r, &r->bare);
    match(r, &r->queue);
    if (r->x11) {
        match(r, &r->window);
        bench_await(bench_x11_seen(r->x11), r->seen_first + r->count, LATE_MS, "bare X client");
    }
    for (int i = 0; i < 2; i++) {
        struct rounds bare = percentiles(r, r->bare.delay, percents[i]);
        struct rounds queue = percentiles(r, r->queue.delay, percents[i]);
        say(r, "bare loop to server", percents[i], median(r, bare), 0);
        say(r, "queue to server", percents[i], median(r, queue), median(r, bare));
        say(r, "queue beyond bare loop", percents[i], median(r, combined(queue, -1, &bare)), 0);
        if (r->x11) {
            report_window(r, percents[i], &bare);
        }
    }
}

static void take_window(struct run *r)
{
    printf("ready\n");
    fflush(stdout);
    bench_await(&r->window.server->clients, 1, READY_MS, "the viewer does not connect");
    uint64_t end_ns = orl_now_ns() + READY_MS * ORL_NS_PER_MS;
    while (!bench_x11_focus(r->x11)) {
        if (orl_now_ns() >= end_ns) {
            fprintf(stderr, "bench: there is no window\n");
            exit(EXIT_FAILURE);
        }
        orl_sleep_until(orl_now_ns() + 50 * ORL_NS_PER_MS);
    }
    /* One key there and back, and what the focus brings along, before it counts. */
    orl_sleep_until(orl_now_ns() + ORL_NS_PER_S);
    bench_x11_key(r->x11, true);
    bench_x11_key(r->x11, false);
    bench_await(&r->window.server->keys, 2, LATE_MS, "the window does not take keys");
    orl_sleep_until(orl_now_ns() + 500 * ORL_NS_PER_MS);
    r->window.first = orl_counter_get(&r->window.server->keys);
    r->seen_first = orl_counter_get(bench_x11_seen(r->x11));
}

int main(int argc, char **argv)
{
    static struct run r;
    bool window = argc == 5 && strcmp(argv[4], "window") == 0;
    uint64_t rounds = argc > 2 ? strtoul(argv[2], NULL, 10) : 0;
    if ((argc != 4 && !window) || rounds == 0 || rounds >= ROUNDS_MAX) {
        fprintf(stderr, "usage: bench_input DIR ROUNDS LABEL [window]\n");
        return 2;
    }
    r.count = (uint32_t)rounds * ROUND;
    r.label = argv[3];
    open_way(&r.bare, argv[1], "bare");
    open_way(&r.queue, argv[1], "queue");
    r.client = bench_share(sizeof(*r.client));
    *r.client =
        (struct bench_bare){.what = BENCH_SEND_KEYS, .count = r.count, .period_ns = PERIOD_NS};
    pid_t client = bench_bare_fork(r.bare.socket, r.client);
    if (window) {
        open_way(&r.window, argv[1], "window");
        r.x11 = bench_x11_open();
    }
    bench_queue_start(&r.ours, r.queue.socket);
    bench_await(&r.client->ready, 1, READY_MS, "the bare client does not connect");
    bench_await(&r.queue.server->clients, 1, READY_MS, "our client does not connect");
    if (window) {
        take_window(&r);
    }
    send_keys(&r);
    report(&r);
    bench_queue_stop(&r.ours);
    bench_reap(client);
    bench_reap(r.bare.pid);
    bench_reap(r.queue.pid);
    if (window) {
        bench_x11_close(r.x11);
        bench_reap(r.window.pid);
    }
    return 0;
}
