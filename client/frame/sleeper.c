/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "frame/sleeper.h"

#include "base/clock.h"

#define LONG_NS (2500 * ORL_NS_PER_US)

enum reason { REASON_STOP = 1, REASON_POKE = 2, REASON_OTHER = 4 };

void orl_sleeper_init(struct orl_sleeper *s)
{
    orl_wake_init(&s->wake);
    orl_flag_init(&s->stop);
    orl_flag_init(&s->poked);
    orl_flag_init(&s->asleep);
}

void orl_sleeper_stop(struct orl_sleeper *s)
{
    orl_flag_raise(&s->stop);
    orl_wake_set(&s->wake, REASON_STOP);
}

void orl_sleeper_poke(struct orl_sleeper *s)
{
    orl_flag_raise(&s->poked);
    if (orl_flag_is_raised(&s->asleep)) {
        orl_wake_set(&s->wake, REASON_POKE);
    }
}

void orl_sleeper_wake(struct orl_sleeper *s)
{
    orl_wake_set(&s->wake, REASON_OTHER);
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
