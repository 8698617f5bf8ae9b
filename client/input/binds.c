/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "input/binds.h"

#include <stdio.h>
#include <string.h>

#include "base/str.h"
#include "input/bind_parse.h"

#define CTRL_LEFT 224

static bool bit(const uint8_t *set, size_t i)
{
    return (set[i / 8] & (1U << (i % 8))) != 0;
}

static void set_bit(uint8_t *set, size_t i, bool on)
{
    uint8_t mask = (uint8_t)(1U << (i % 8));
    set[i / 8] = on ? (uint8_t)(set[i / 8] | mask) : (uint8_t)(set[i / 8] & ~mask);
}

/* ---- the list ---- */

static bool same_place(const struct orl_bind *a, const struct orl_bind *b)
{
    return a->trigger == b->trigger && a->chord.mods == b->chord.mods &&
           a->chord.sides == b->chord.sides && a->chord.usage == b->chord.usage;
}

static void remove_at(struct orl_binds *b, size_t i)
{
    b->count--;
    memmove(&b->bind[i], &b->bind[i + 1], (b->count - i) * sizeof(b->bind[0]));
}

int orl_binds_add(struct orl_binds *b, const char *chord, const char *action, char *why,
                  size_t cap)
{
    struct orl_bind bind;
    int err = orl_bind_parse_chord(chord, b->escape, &bind, why, cap);
    err = err == ORL_OK ? orl_bind_parse_action(action, &bind, why, cap) : err;
    if (err != ORL_OK) {
        return err;
    }
    for (size_t i = 0; i < b->count; i++) {
        if (same_place(&b->bind[i], &bind)) {
            if (bind.action == ORL_ACTION_NONE) {
                remove_at(b, i);
            } else {
                b->bind[i] = bind;
            }
            return ORL_OK;
        }
    }
    if (bind.action == ORL_ACTION_NONE) {
        return ORL_OK;
    }
    if (b->count == ORL_BINDS_MAX) {
        snprintf(why, cap, "there is room for %d bindings only", ORL_BINDS_MAX);
        return ORL_ENOSPC;
    }
    b->bind[b->count++] = bind;
    return ORL_OK;
}

/* A default that cannot be parsed is a bug that the tests find: it is left out here. */
static void add_default(struct orl_binds *b, const char *chord, const char *action)
{
    char why[64];
    int err = chord[0] != '\0' ? orl_binds_add(b, chord, action, why, sizeof(why)) : ORL_OK;
    (void)err;
}

void orl_binds_init(struct orl_binds *b, uint16_t escape, uint64_t delay_ns)
{
    *b = (struct orl_binds){.escape = escape, .delay_ns = delay_ns};
#define ACTION(id, name, keys, text) add_default(b, keys, #name);
#include "input/actions.def"
    for (int i = 1; i <= ORL_BIND_CONSOLES; i++) {
        char chord[24];
        char action[32];
        snprintf(chord, sizeof(chord), "Escape+F%d", i);
        snprintf(action, sizeof(action), "linuxSend Ctrl+Alt+F%d", i);
        add_default(b, chord, action);
    }
}

/* ---- matching ---- */

/* Are exactly the modifiers of the chord held? */
static bool mods_fit(const struct orl_chord *chord, uint8_t mods, bool escape)
{
    static const enum orl_mod classes[] = {ORL_MOD_CTRL, ORL_MOD_SHIFT, ORL_MOD_ALT,
                                           ORL_MOD_WIN};
    if (escape != ((chord->mods & ORL_MOD_ESCAPE) != 0)) {
        return false;
    }
    for (unsigned i = 0; i < 4; i++) {
        unsigned both = 0x11U << i; /* left and right */
        unsigned held = mods & both;
        unsigned named = chord->sides & both;
        bool any = (chord->mods & classes[i]) != 0;
        if (any ? held == 0 : held != named) {
            return false;
        }
    }
    return true;
}

/* Number + 1 of the binding for this key going down now; 0 none. */
static uint16_t find(const struct orl_binds *b, enum orl_trigger trigger, uint16_t key)
{
    bool escape = b->escape_down && key != ORL_USAGE_ESCAPE;
    size_t best = 0;
    for (size_t i = 0; i < b->count; i++) {
        const struct orl_bind *bind = &b->bind[i];
        if (bind->trigger == trigger && bind->chord.usage == key &&
            (!bind->linux_only || b->linux_guest) && mods_fit(&bind->chord, b->mods, escape) &&
            (best == 0 || bind->chord.sides != 0)) {
            best = i + 1;
        }
    }
    return (uint16_t)best;
}

static struct orl_bind_hit hit(struct orl_binds *b, uint16_t number, uint16_t key)
{
    const struct orl_bind *bind = &b->bind[number - 1];
    if (bind->action == ORL_ACTION_HELP) {
        b->help_key = key;
    }
    return (struct orl_bind_hit){.action = bind->action, .bind = bind, .swallow = true};
}

/* ---- events ---- */

static bool is_double(const struct orl_binds *b, uint16_t key, uint64_t now_ns)
{
    return b->last_key == key && now_ns - b->last_ns <= ORL_BIND_DOUBLE_NS;
}

static struct orl_bind_hit key_down(struct orl_binds *b, uint16_t key, uint64_t now_ns)
{
    uint16_t twice = find(b, ORL_TRIGGER_DOUBLE, key);
    uint16_t press = find(b, ORL_TRIGGER_PRESS, key);
    uint16_t release = find(b, ORL_TRIGGER_RELEASE, key);
    uint16_t tap = find(b, ORL_TRIGGER_TAP, key);
    uint16_t hold = find(b, ORL_TRIGGER_HOLD, key);
    bool second = twice != 0 && is_double(b, key, now_ns);
    b->candidate = (tap != 0 || hold != 0) && !second ? key : 0;
    b->tap = tap;
    b->hold = hold;
    b->down_ns = now_ns;
    b->last_key = second ? 0 : key; /* three times is not two doubles */
    b->last_ns = now_ns;
    if (release != 0) {
        set_bit(b->armed, release - 1U, true);
    }
    if (second) {
        return hit(b, twice, key);
    }
    if (press != 0) {
        return hit(b, press, key);
    }
    bool took_part = twice != 0 || release != 0 || tap != 0 || hold != 0;
    return (struct orl_bind_hit){.swallow =
                                     took_part || b->escape_down || key == ORL_USAGE_ESCAPE};
}

static uint16_t take_armed(struct orl_binds *b, uint16_t key)
{
    uint16_t found = 0;
    for (size_t i = 0; i < b->count; i++) {
        if (b->bind[i].chord.usage == key && bit(b->armed, i)) {
            set_bit(b->armed, i, false);
            found = (uint16_t)(i + 1);
        }
    }
    return found;
}

/* Was it tapped? A hold that is due but was never looked at counts as held. */
static bool is_tap(const struct orl_binds *b, uint16_t key, uint64_t now_ns)
{
    bool held = b->hold != 0 && now_ns - b->down_ns >= b->delay_ns;
    return b->candidate == key && b->tap != 0 && !held;
}

static struct orl_bind_hit key_up(struct orl_binds *b, uint16_t key, uint64_t now_ns)
{
    bool tapped = is_tap(b, key, now_ns);
    uint16_t release = take_armed(b, key);
    if (b->candidate == key) {
        b->candidate = 0;
    }
    if (b->help_key == key) {
        b->help_key = 0;
        return (struct orl_bind_hit){.action = ORL_ACTION_HELP_HIDE};
    }
    if (tapped) {
        return hit(b, b->tap, key);
    }
    return release != 0 ? hit(b, release, key) : (struct orl_bind_hit){0};
}

static void note_modifier(struct orl_binds *b, uint16_t usage, bool down)
{
    if (usage == b->escape) {
        b->escape_down = down;
    } else if (usage >= CTRL_LEFT && usage < CTRL_LEFT + 8) {
        uint8_t mask = (uint8_t)(1U << (usage - CTRL_LEFT));
        b->mods = down ? (uint8_t)(b->mods | mask) : (uint8_t)(b->mods & ~mask);
    }
}

struct orl_bind_hit orl_binds_key(struct orl_binds *b, const struct orl_event *ev,
                                  bool linux_guest, uint64_t now_ns)
{
    uint16_t usage = ev->scancode;
    uint16_t key = usage == b->escape ? ORL_USAGE_ESCAPE : usage;
    if (usage == 0 || usage >= ORL_USAGES) {
        return (struct orl_bind_hit){0};
    }
    b->linux_guest = linux_guest;
    if (ev->down && (ev->repeat || bit(b->down, usage))) {
        /* Some drivers do not mark repeats. */
        return (struct orl_bind_hit){.swallow =
                                         bit(b->swallowed, usage) || key == ORL_USAGE_ESCAPE};
    }
    /* A modifier is no modifier of its own: it goes down after the look at what is held. */
    struct orl_bind_hit result;
    if (ev->down) {
        result = key_down(b, key, now_ns);
        set_bit(b->swallowed, usage, result.swallow);
        note_modifier(b, usage, true);
    } else {
        note_modifier(b, usage, false);
        result = key_up(b, key, now_ns);
        result.swallow = bit(b->swallowed, usage) || key == ORL_USAGE_ESCAPE;
        set_bit(b->swallowed, usage, false);
    }
    set_bit(b->down, usage, ev->down);
    return result;
}

struct orl_bind_hit orl_binds_tick(struct orl_binds *b, uint64_t now_ns)
{
    uint64_t due_ns = orl_binds_due(b);
    if (due_ns == UINT64_MAX || now_ns < due_ns) {
        return (struct orl_bind_hit){0};
    }
    uint16_t key = b->candidate;
    b->candidate = 0;
    struct orl_bind_hit result = hit(b, b->hold, key);
    result.swallow = false; /* there is no event */
    return result;
}

uint64_t orl_binds_due(const struct orl_binds *b)
{
    return b->candidate != 0 && b->hold != 0 ? b->down_ns + b->delay_ns : UINT64_MAX;
}

/* What was swallowed stays so: should the key-up come after all, it is not for the guest. */
struct orl_bind_hit orl_binds_blur(struct orl_binds *b)
{
    struct orl_bind_hit result = {.action = b->help_key != 0 ? ORL_ACTION_HELP_HIDE
                                                             : ORL_ACTION_NONE};
    b->mods = 0;
    b->escape_down = false;
    b->candidate = 0;
    b->help_key = 0;
    b->last_key = 0;
    memset(b->down, 0, sizeof(b->down));
    memset(b->armed, 0, sizeof(b->armed));
    return result;
}
