/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "frame/sleeper.h"

#include <errno.h>
#include <poll.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include "base/clock.h"
#include "ring/ivshmem.h"

#define LONG_NS (2500 * ORL_NS_PER_US)

enum reason { REASON_STOP = 1, REASON_POKE = 2, REASON_OTHER = 4 };

void orl_sleeper_init(struct orl_sleeper *s)
{
    orl_wake_init(&s->wake);
    orl_flag_init(&s->stop);
    orl_flag_init(&s->poked);
    orl_flag_init(&s->asleep);
    orl_flag_init(&s->polling);
    s->kick = -1;
}

void orl_sleeper_finish(struct orl_sleeper *s)
{
    if (s->kick >= 0) {
        close(s->kick);
        s->kick = -1;
    }
}

static void wake(struct orl_sleeper *s, uint32_t reason)
{
    orl_wake_set(&s->wake, reason);
    if (orl_flag_is_raised(&s->polling)) {
        /* Fails only when the counter is full: then the thread is awake. */
        (void)!write(s->kick, &(uint64_t){1}, sizeof(uint64_t));
    }
}

void orl_sleeper_stop(struct orl_sleeper *s)
{
    orl_flag_raise(&s->stop);
    wake(s, REASON_STOP);
}

void orl_sleeper_poke(struct orl_sleeper *s)
{
    orl_flag_raise(&s->poked);
    if (orl_flag_is_raised(&s->asleep)) {
        wake(s, REASON_POKE);
    }
}

void orl_sleeper_wake(struct orl_sleeper *s)
{
    wake(s, REASON_OTHER);
}

bool orl_sleeper_take_poke(struct orl_sleeper *s)
{
    if (!orl_flag_is_raised(&s->poked)) {
        return false;
    }
    orl_flag_lower(&s->poked);
    return true;
}

void orl_sleeper_until(struct orl_sleeper *s, uint64_t now_ns, uint64_t deadline_ns)
{
    if (deadline_ns <= now_ns) {
        return;
    }
    bool is_long = deadline_ns - now_ns >= LONG_NS;
    if (is_long) {
        orl_flag_raise(&s->asleep);
        if (orl_flag_is_raised(&s->poked)) {
            deadline_ns = now_ns; /* poked just before: look again with that known */
        }
    }
    orl_wake_wait(&s->wake, deadline_ns);
    if (is_long) {
        orl_flag_lower(&s->asleep);
    }
}

static enum orl_sleep_end poll_both(struct orl_sleeper *s, uint64_t left_ns, int bell)
{
    struct timespec left = {.tv_sec = (time_t)(left_ns / ORL_NS_PER_S),
                            .tv_nsec = (long)(left_ns % ORL_NS_PER_S)};
    struct pollfd fds[2] = {{.fd = bell, .events = POLLIN}, {.fd = s->kick, .events = POLLIN}};
    if (ppoll(fds, 2, &left, NULL) <= 0) {
        return ORL_SLEEP_OVER;
    }
    if (fds[1].revents) {
        uint64_t n;
        (void)!read(s->kick, &n, sizeof(n));
    }
    if (fds[0].revents & POLLIN) {
        bool rang = orl_ivshmem_lower(bell); /* another peer may have been quicker */
        return rang ? ORL_SLEEP_RUNG : errno == EAGAIN ? ORL_SLEEP_OVER : ORL_SLEEP_BELL_BROKEN;
    }
    return fds[0].revents ? ORL_SLEEP_BELL_BROKEN : ORL_SLEEP_OVER;
}

enum orl_sleep_end orl_sleeper_until_bell(struct orl_sleeper *s, uint64_t now_ns,
                                          uint64_t deadline_ns, int bell)
{
    uint64_t left_ns = deadline_ns > now_ns ? deadline_ns - now_ns : 0;
    if (s->kick < 0) {
        s->kick = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
    }
    if (s->kick < 0) {
        orl_sleeper_until(s, now_ns, deadline_ns);
        return ORL_SLEEP_OVER;
    }
    bool is_long = left_ns >= LONG_NS;
    if (is_long) {
        orl_flag_raise(&s->asleep);
    }
    orl_flag_raise(&s->polling);
    bool woken = orl_wake_wait(&s->wake, 0) != 0; /* looks only */
    if (woken || (is_long && orl_flag_is_raised(&s->poked))) {
        left_ns = 0;
    }
    enum orl_sleep_end end = poll_both(s, left_ns, bell);
    orl_flag_lower(&s->polling);
    if (is_long) {
        orl_flag_lower(&s->asleep);
    }
    (void)orl_wake_wait(&s->wake, 0);
    return end;
}
