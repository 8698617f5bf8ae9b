/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "input/keyboard.h"

#include "input/keymap.h"

#define FIRST_MODIFIER 0xE0
#define LAST_HID                                                                               \
    0xE7 /* the last modifier, too; HID page 7 ends there; above are the window library's own numbers */

bool orl_keyset_has(const struct orl_keyset *s, uint16_t usage)
{
    return usage < ORL_KEYBOARD_KEYS && (s->bits[usage / 64] >> (usage % 64) & 1);
}

static void put(struct orl_keyset *s, uint16_t usage, bool in)
{
    uint64_t bit = UINT64_C(1) << (usage % 64);
    s->bits[usage / 64] = in ? s->bits[usage / 64] | bit : s->bits[usage / 64] & ~bit;
}

static bool is_empty(const struct orl_keyset *s)
{
    uint64_t all = 0;
    for (size_t i = 0; i < ORL_KEYBOARD_KEYS / 64; i++) {
        all |= s->bits[i];
    }
    return all == 0;
}

void orl_keyboard_init(struct orl_keyboard *k)
{
    *k = (struct orl_keyboard){.corrections = 0};
}

static bool guest_has(const struct orl_keyboard *k, uint16_t usage)
{
    return orl_keyset_has(&k->passed, usage) || orl_keyset_has(&k->made, usage);
}

static void tell(const struct orl_input_sink *sink, uint16_t usage, bool down, uint64_t now_ns)
{
    const struct orl_key *key = orl_key_of(usage);
    struct orl_cmd cmd = {.kind = ORL_CMD_KEY,
                          .down = down,
                          .code = key ? key->set1 : 0,
                          .usage = usage <= LAST_HID ? usage : 0,
                          .t_ns = now_ns};
    if (cmd.code || cmd.usage) {
        orl_sink_send(sink, &cmd);
    }
}

/* Changes one of the two sets that make up what the guest holds, and says so if it matters there. */
static void change(struct orl_keyboard *k, const struct orl_input_sink *sink,
                   struct orl_keyset *set, uint16_t usage, bool down, uint64_t now_ns)
{
    bool before = guest_has(k, usage);
    put(set, usage, down);
    if (guest_has(k, usage) != before) {
        tell(sink, usage, down, now_ns);
    }
}

static bool is_modifier(uint16_t usage)
{
    return usage >= FIRST_MODIFIER && usage <= LAST_HID;
}

static bool repeats(uint16_t usage)
{
    const struct orl_key *key = orl_key_of(usage);
    return !key || key->set1 != ORL_CODE_PAUSE;
}

void orl_keyboard_key(struct orl_keyboard *k, const struct orl_input_sink *sink,
                      const struct orl_keystroke *s, uint64_t now_ns)
{
    if (s->usage == 0 || s->usage >= ORL_KEYBOARD_KEYS) {
        return;
    }
    bool again = s->repeat || orl_keyset_has(&k->held, s->usage);
    bool passed = orl_keyset_has(&k->passed, s->usage);
    put(&k->held, s->usage, s->down);
    put(&k->parked, s->usage, s->down && orl_keyset_has(&k->parked, s->usage));
    if (s->down && !again && s->pass && !is_modifier(s->usage)) {
        orl_keyboard_resume(k, sink, now_ns);
    }
    if (!s->down && passed && s->linked) {
        change(k, sink, &k->passed, s->usage, false, now_ns);
    } else if (s->down && !again && s->pass) {
        change(k, sink, &k->passed, s->usage, true, now_ns);
    } else if (s->down && s->repeat && passed && s->pass && repeats(s->usage)) {
        tell(sink, s->usage, true, now_ns);
    }
}

void orl_keyboard_make(struct orl_keyboard *k, const struct orl_input_sink *sink,
                       const struct orl_keystroke *s, uint64_t now_ns)
{
    if (s->usage == 0 || s->usage >= ORL_KEYBOARD_KEYS) {
        return;
    }
    if (s->down ? s->pass : s->linked) {
        change(k, sink, &k->made, s->usage, s->down, now_ns);
    }
}

void orl_keyboard_park(struct orl_keyboard *k, const struct orl_input_sink *sink,
                       const uint16_t *but, size_t n, uint64_t now_ns)
{
    for (uint16_t usage = FIRST_MODIFIER; usage <= LAST_HID; usage++) {
        bool wanted = !orl_keyset_has(&k->passed, usage);
        for (size_t i = 0; i < n; i++) {
            wanted = wanted || but[i] == usage;
        }
        if (!wanted) {
            change(k, sink, &k->passed, usage, false, now_ns);
            put(&k->parked, usage, true);
        }
    }
}

void orl_keyboard_resume(struct orl_keyboard *k, const struct orl_input_sink *sink,
                         uint64_t now_ns)
{
    for (uint16_t usage = FIRST_MODIFIER; usage <= LAST_HID; usage++) {
        if (orl_keyset_has(&k->parked, usage)) {
            put(&k->parked, usage, false);
            change(k, sink, &k->passed, usage, true, now_ns);
        }
    }
}

static uint32_t release(struct orl_keyboard *k, const struct orl_input_sink *sink,
                        struct orl_keyset *set, const struct orl_keyset *but, uint64_t now_ns)
{
    uint32_t n = 0;
    for (uint16_t i = 0; i < ORL_KEYBOARD_KEYS / 64; i++) {
        uint64_t due = set->bits[i] & ~(but ? but->bits[i] : 0);
        for (uint16_t bit = 0; due != 0 && bit < 64; bit++) {
            if (due >> bit & 1) {
                change(k, sink, set, (uint16_t)(i * 64 + bit), false, now_ns);
                n++;
            }
        }
    }
    return n;
}

void orl_keyboard_release(struct orl_keyboard *k, const struct orl_input_sink *sink, bool made,
                          uint64_t now_ns)
{
    release(k, sink, &k->passed, NULL, now_ns);
    k->parked = (struct orl_keyset){{0}};
    if (made) {
        release(k, sink, &k->made, NULL, now_ns);
    }
}

void orl_keyboard_void(struct orl_keyboard *k)
{
    k->passed = k->made = k->parked = (struct orl_keyset){{0}};
}

void orl_keyboard_forget(struct orl_keyboard *k)
{
    k->held = k->parked = (struct orl_keyset){{0}};
}

uint32_t orl_keyboard_believe(struct orl_keyboard *k, const uint8_t *down, size_t n)
{
    uint32_t stale = 0;
    for (uint16_t usage = 0; usage < ORL_KEYBOARD_KEYS && usage < n; usage++) {
        if (!down[usage] && orl_keyset_has(&k->held, usage)) {
            put(&k->held, usage, false);
            put(&k->parked, usage, false);
            stale++;
        }
    }
    return stale;
}

uint32_t orl_keyboard_watch(struct orl_keyboard *k, const struct orl_input_sink *sink,
                            uint64_t now_ns)
{
    uint32_t n = release(k, sink, &k->passed, &k->held, now_ns);
    k->corrections += n;
    return n;
}

bool orl_keyboard_any(const struct orl_keyboard *k)
{
    return !is_empty(&k->passed) || !is_empty(&k->made);
}
