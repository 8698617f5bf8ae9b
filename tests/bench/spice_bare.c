/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * libspice-client-glib and nothing else: one thread, one loop; a timer of that loop calls the
 * library.
 */
#include <signal.h>
#include <stdlib.h>
#include <sys/prctl.h>
#include <sys/timerfd.h>
#include <unistd.h>

#include <glib-unix.h>
#include <spice-client.h>

#include "base/clock.h"
#include "bench/spice_ends.h"

#define LOOK_MS 20

struct client {
    struct bench_bare *plan;
    SpiceInputsChannel *inputs;
    int timer;
    uint32_t sent;
    uint64_t cpu_ns; /* at the beginning */
};

static uint64_t cpu_ns(void)
{
    struct timespec t;
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
    return (uint64_t)t.tv_sec * ORL_NS_PER_S + (uint64_t)t.tv_nsec;
}

static void send_one(struct client *c)
{
    uint32_t i = c->sent++;
    if (c->plan->what == BENCH_SEND_MOTION) {
        int32_t dx, dy;
        bench_motion(i, &dx, &dy);
        spice_inputs_channel_motion(c->inputs, dx, dy, 0);
        return;
    }
    c->plan->key_ns[i] = orl_now_ns();
    if (i % 2 == 0) {
        spice_inputs_channel_key_press(c->inputs, BENCH_KEY);
    } else {
        spice_inputs_channel_key_release(c->inputs, BENCH_KEY);
    }
}

static gboolean on_timer(gint fd, GIOCondition condition, gpointer arg)
{
    struct client *c = arg;
    uint64_t due = 0;
    (void)condition;
    if (read(fd, &due, sizeof(due)) < 0) {
        return G_SOURCE_CONTINUE;
    }
    while (due-- > 0 && c->sent < c->plan->count) {
        send_one(c);
    }
    orl_counter_set(&c->plan->cpu_ns, cpu_ns() - c->cpu_ns);
    orl_counter_set(&c->plan->sent, c->sent);
    return c->sent < c->plan->count ? G_SOURCE_CONTINUE : G_SOURCE_REMOVE;
}

static struct timespec split(uint64_t ns)
{
    return (struct timespec){(time_t)(ns / ORL_NS_PER_S), (long)(ns % ORL_NS_PER_S)};
}

static gboolean on_look(gpointer arg)
{
    struct client *c = arg;
    uint64_t start_ns = orl_counter_get(&c->plan->start_ns);
    if (start_ns == 0) {
        return G_SOURCE_CONTINUE;
    }
    struct itimerspec t = {.it_interval = split(c->plan->period_ns),
                           .it_value = split(start_ns)};
    c->cpu_ns = cpu_ns();
    c->timer = timerfd_create(CLOCK_MONOTONIC, TFD_NONBLOCK | TFD_CLOEXEC);
    timerfd_settime(c->timer, TFD_TIMER_ABSTIME, &t, NULL);
    g_unix_fd_add_full(G_PRIORITY_HIGH, c->timer, G_IO_IN, on_timer, c, NULL);
    return G_SOURCE_REMOVE;
}

static void on_event(SpiceChannel *channel, SpiceChannelEvent event, gpointer arg)
{
    struct client *c = arg;
    (void)channel;
    if (event == SPICE_CHANNEL_OPENED) {
        orl_counter_set(&c->plan->ready, 1);
        g_timeout_add(LOOK_MS, on_look, c);
    }
}

static void on_channel(SpiceSession *session, SpiceChannel *channel, gpointer arg)
{
    struct client *c = arg;
    (void)session;
    if (SPICE_IS_INPUTS_CHANNEL(channel)) {
        c->inputs = SPICE_INPUTS_CHANNEL(channel);
        g_signal_connect(channel, "channel-event", G_CALLBACK(on_event), c);
        spice_channel_connect(channel);
    }
}

static void run(const char *socket, struct bench_bare *plan)
{
    struct client c = {.plan = plan};
    SpiceSession *session = spice_session_new();
    g_object_set(session, "unix-path", socket, "enable-audio", FALSE, "enable-usbredir", FALSE,
                 "enable-smartcard", FALSE, NULL);
    g_signal_connect(session, "channel-new", G_CALLBACK(on_channel), &c);
    if (spice_session_connect(session)) {
        g_main_loop_run(g_main_loop_new(NULL, FALSE));
    }
}

pid_t bench_bare_fork(const char *socket, struct bench_bare *b)
{
    pid_t pid = fork();
    if (pid == 0) {
        prctl(PR_SET_PDEATHSIG, SIGKILL);
        prctl(PR_SET_TIMERSLACK, 1UL);
        run(socket, b);
        _exit(EXIT_FAILURE);
    }
    return pid;
}
