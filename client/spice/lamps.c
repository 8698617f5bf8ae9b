/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "spice/lamps.h"

#include "input/event.h"

#define ALL ((uint8_t)(ORL_LOCK_SCROLL | ORL_LOCK_NUM | ORL_LOCK_CAPS))

/* The server looks at the last byte only: E0 46, which is Pause, is a Scroll Lock to it. */
static uint8_t lock_of(uint8_t byte)
{
    switch (byte & 0x7f) {
    case 0x3a: return ORL_LOCK_CAPS;
    case 0x45: return ORL_LOCK_NUM;
    case 0x46: return ORL_LOCK_SCROLL;
    default: return 0;
    }
}

void orl_lamps_init(struct orl_lamps *l)
{
    *l = (struct orl_lamps){.shown = 0};
}

static void ask(struct orl_lamps *l, uint64_t now_ns)
{
    l->asked = true;
    l->asked_ns = now_ns;
}

void orl_lamps_key(struct orl_lamps *l, uint8_t byte, bool down, uint64_t now_ns)
{
    uint8_t lock = lock_of(byte);
    if (!down) {
        l->down = (uint8_t)(l->down & ~lock);
    } else if (lock & ~l->down) {
        l->down |= lock;
        l->server ^= lock;
        ask(l, now_ns);
    }
}

uint8_t orl_lamps_command(struct orl_lamps *l, uint8_t locks, uint64_t now_ns)
{
    uint8_t change = (uint8_t)((locks ^ l->shown) & ALL & ~l->down);
    l->server ^= change;
    ask(l, now_ns);
    return l->server;
}

bool orl_lamps_told(struct orl_lamps *l, uint8_t locks, uint64_t now_ns)
{
    locks &= ALL;
    bool late = l->asked && now_ns >= l->asked_ns + ORL_LAMPS_GUESS_NS;
    bool guess = late && locks == l->server && locks != l->shown;
    l->asked = false;
    l->server = locks;
    if (!guess) {
        l->shown = locks;
    }
    return !guess;
}
