/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "input/locks.h"

#include "input/event.h"

/* HID usage of a lock key -> its lock; 0 for other keys. */
static uint8_t lock_of(uint16_t usage)
{
    switch (usage) {
    case 0x39: return ORL_LOCK_CAPS;
    case 0x47: return ORL_LOCK_SCROLL;
    case 0x53: return ORL_LOCK_NUM;
    default: return 0;
    }
}

void orl_locks_init(struct orl_locks *l, uint16_t escape)
{
    *l = (struct orl_locks){.ignored = lock_of(escape)};
}

void orl_locks_host(struct orl_locks *l, uint8_t locks)
{
    if (l->host_known && l->host != locks) {
        l->due = true;
    }
    l->host = locks;
    l->host_known = true;
}

void orl_locks_arm(struct orl_locks *l)
{
    l->due = true;
}

void orl_locks_key(struct orl_locks *l, uint16_t usage, uint64_t now_ns)
{
    if (lock_of(usage) && l->from_ns < now_ns + ORL_LOCKS_SETTLE_NS) {
        l->from_ns = now_ns + ORL_LOCKS_SETTLE_NS;
    }
}

void orl_locks_tick(struct orl_locks *l, const struct orl_input_sink *sink, uint8_t leds,
                    uint64_t now_ns)
{
    if (!l->due || !l->host_known || now_ns < l->from_ns) {
        return;
    }
    l->due = false;
    uint8_t want = (uint8_t)((l->host & ~l->ignored) | (leds & l->ignored));
    if (want != leds) {
        struct orl_cmd cmd = {.kind = ORL_CMD_LOCKS, .code = want, .t_ns = now_ns};
        orl_sink_send(sink, &cmd);
        l->from_ns = now_ns + ORL_LOCKS_PAUSE_NS;
    }
}

uint64_t orl_locks_due(const struct orl_locks *l)
{
    return l->due && l->host_known ? l->from_ns : UINT64_MAX;
}
