/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "input/locks.h"

#include "base/clock.h"
#include "input/event.h"

#define ALL   ((uint8_t)(ORL_LOCK_SCROLL | ORL_LOCK_NUM | ORL_LOCK_CAPS))
#define NEVER UINT64_MAX

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

/* `set` with the locks of `mask` as in `values`. */
static uint8_t with(uint8_t set, uint8_t mask, uint8_t values)
{
    return (uint8_t)((set & ~mask) | (values & mask));
}

static uint64_t later(uint64_t a, uint64_t b)
{
    return a > b ? a : b;
}

void orl_locks_init(struct orl_locks *l, uint16_t escape)
{
    *l = (struct orl_locks){.apart = lock_of(escape)};
}

void orl_locks_able(struct orl_locks *l, uint8_t able)
{
    l->settable = (able & ALL) != 0;
    if (l->settable) {
        l->apart = (uint8_t)(l->apart | (ALL & ~able));
        l->host_leads = (uint8_t)(l->host_leads & able);
    }
}

/* ---- Reasons ------------------------------------------------------------------------------- */

static void lead_host(struct orl_locks *l, uint8_t locks)
{
    locks = (uint8_t)(locks & ~l->apart);
    l->host_leads = (uint8_t)(l->host_leads | locks);
    l->guest_leads = (uint8_t)(l->guest_leads & ~locks);
    l->awaited = (uint8_t)(l->awaited & ~locks);
}

static void lead_guest(struct orl_locks *l, uint8_t locks, uint64_t now_ns)
{
    if (!l->guest_leads) {
        l->latest_ns = now_ns + ORL_LOCKS_LATEST_NS;
        l->rest_ns = 0;
    }
    l->guest_leads = (uint8_t)(l->guest_leads | locks);
    l->host_leads = (uint8_t)(l->host_leads & ~locks);
}

/* The guest leads; it has been told something that may change its lamps. */
static void await_answer(struct orl_locks *l, uint8_t locks, uint64_t now_ns)
{
    locks = (uint8_t)(locks & ~l->apart);
    if (l->settable && locks) {
        lead_guest(l, locks, now_ns);
        l->awaited = (uint8_t)(l->awaited | locks);
        l->rest_ns = later(l->rest_ns, now_ns + ORL_LOCKS_ANSWER_NS);
        l->latest_ns = later(l->latest_ns, now_ns + ORL_LOCKS_LATEST_NS);
    }
}

/* The guest leads; these lamps are news. */
static void await_rest(struct orl_locks *l, uint8_t locks, uint64_t now_ns)
{
    locks = (uint8_t)(locks & ~l->apart);
    if (l->settable && locks) {
        uint64_t rest_ns = now_ns + ORL_LOCKS_SETTLE_NS;
        lead_guest(l, locks, now_ns);
        l->awaited = (uint8_t)(l->awaited & ~locks);
        l->rest_ns = l->awaited ? later(l->rest_ns, rest_ns) : rest_ns;
    }
}

void orl_locks_host(struct orl_locks *l, uint8_t locks)
{
    uint8_t changed = l->host_known ? (uint8_t)((l->host ^ locks) & ALL) : 0;
    /* Of a lock whose key went to the guest: the host has seen the key as well. */
    uint8_t alone = (uint8_t)(changed & ~l->guest_leads);
    l->ours = (uint8_t)(l->ours & ~changed);
    l->user = l->live && l->host_known ? with(l->user, alone, locks) : locks;
    l->host = locks;
    l->host_known = true;
    lead_host(l, alone);
}

void orl_locks_arm(struct orl_locks *l)
{
    lead_host(l, ALL);
}

void orl_locks_key(struct orl_locks *l, uint16_t usage, bool down, uint64_t now_ns)
{
    uint8_t lock = (uint8_t)(lock_of(usage) & ~l->apart);
    if (!lock) {
        return;
    }
    /* A command while the guest's answer is under way would press the key once more. */
    l->command_ns = later(l->command_ns, now_ns + ORL_LOCKS_SETTLE_NS);
    l->ours = (uint8_t)(l->ours & ~lock);
    if (l->live && down) {
        await_answer(l, lock, now_ns);
    } else if (l->live && l->guest_leads & lock) {
        l->rest_ns = later(l->rest_ns, now_ns + ORL_LOCKS_SETTLE_NS);
    } else if (l->live) { /* it was held for long; hosts switch off as it goes up */
        await_rest(l, lock, now_ns);
    }
}

/* ---- Following ----------------------------------------------------------------------------- */

static void set_host(struct orl_locks *l, const struct orl_input_sink *sink, uint8_t mask,
                     uint8_t values)
{
    if (mask) {
        l->host = with(l->host, mask, values);
        sink->set_host_locks(sink->arg, mask, values & mask);
    }
}

static void put_back(struct orl_locks *l, const struct orl_input_sink *sink)
{
    set_host(l, sink, l->ours, l->user);
    l->ours = 0;
}

void orl_locks_renew(struct orl_locks *l, const struct orl_input_sink *sink)
{
    put_back(l, sink);
    orl_locks_arm(l);
}

static void begin(struct orl_locks *l, uint64_t now_ns)
{
    l->live = true;
    l->user = l->host;
    await_rest(l, (uint8_t)(ALL & ~l->host_leads), now_ns);
}

static void end(struct orl_locks *l, const struct orl_input_sink *sink)
{
    l->live = false;
    l->guest_leads = l->awaited = 0;
    put_back(l, sink);
}

void orl_locks_guest(struct orl_locks *l, const struct orl_input_sink *sink, bool live,
                     uint8_t lamps, uint64_t now_ns)
{
    uint8_t changed = l->live && live ? (uint8_t)((l->guest ^ lamps) & ALL) : 0;
    l->guest = live ? lamps & ALL : l->guest;
    if (live && !l->live) {
        begin(l, now_ns);
    } else if (!live && l->live) {
        end(l, sink);
    }
    await_rest(l, (uint8_t)(changed & ~l->host_leads), now_ns);
}

static void follow_host(struct orl_locks *l, const struct orl_input_sink *sink, uint64_t now_ns)
{
    uint8_t differ = (uint8_t)((l->host ^ l->guest) & l->host_leads);
    l->host_leads = 0;
    if (differ) {
        struct orl_cmd cmd = {.kind = ORL_CMD_LOCKS, .code = l->guest ^ differ, .t_ns = now_ns};
        orl_sink_send(sink, &cmd);
        l->command_ns = now_ns + ORL_LOCKS_PAUSE_NS;
        await_answer(l, differ, now_ns);
    }
}

static void follow_guest(struct orl_locks *l, const struct orl_input_sink *sink,
                         uint64_t now_ns)
{
    uint8_t differ = (uint8_t)((l->host ^ l->guest) & l->guest_leads);
    uint8_t agreed = (uint8_t)(l->guest_leads & ~differ & ~l->ours);
    l->guest_leads = l->awaited = 0;
    l->user = with(l->user, agreed, l->host);
    if (differ) {
        l->pause_ns = now_ns + ORL_LOCKS_PAUSE_NS;
        l->ours = with(l->ours, differ, l->guest ^ l->user);
        set_host(l, sink, differ, l->guest);
    }
}

static uint64_t rest_due(const struct orl_locks *l)
{
    return later(orl_earlier(l->rest_ns, l->latest_ns), l->pause_ns);
}

void orl_locks_tick(struct orl_locks *l, const struct orl_input_sink *sink, uint64_t now_ns)
{
    if (!l->live || !l->host_known) {
        return;
    }
    if (l->host_leads && now_ns >= l->command_ns) {
        follow_host(l, sink, now_ns);
    }
    if (l->guest_leads && now_ns >= rest_due(l)) {
        follow_guest(l, sink, now_ns);
    }
}

uint64_t orl_locks_due(const struct orl_locks *l)
{
    if (!l->live || !l->host_known) {
        return NEVER;
    }
    return orl_earlier(l->host_leads ? l->command_ns : NEVER,
                       l->guest_leads ? rest_due(l) : NEVER);
}
