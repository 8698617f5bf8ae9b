/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "input/bind_parse.h"

#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "base/str.h"

#define CTRL_LEFT 224 /* first of the eight modifier usages: left, then right, by four */

/* A piece of the user's text; not terminated. */
struct word {
    const char *text;
    size_t len;
};

struct either_side {
    const char *name;
    enum orl_mod mod;
};

static const struct either_side either_sides[] = {
    {"Escape", ORL_MOD_ESCAPE}, {"Ctrl", ORL_MOD_CTRL},   {"Control", ORL_MOD_CTRL},
    {"Alt", ORL_MOD_ALT},       {"Shift", ORL_MOD_SHIFT}, {"Win", ORL_MOD_WIN},
    {"Super", ORL_MOD_WIN},     {"Meta", ORL_MOD_WIN},
};

static const char *const triggers[] = {"press", "tap", "hold", "double", "release"};

struct action_row {
    const char *name;
    const char *text;
};

static const struct action_row actions[] = {
    {"none", ""},
#define ACTION(id, name, keys, text) {#name, text},
#include "input/actions.def"
};

#define ACTIONS (sizeof(actions) / sizeof(actions[0]))

const char *orl_bind_trigger_name(enum orl_trigger trigger)
{
    return triggers[trigger];
}

const char *orl_action_name(enum orl_action action)
{
    return action != ORL_ACTION_NONE && (size_t)action < ACTIONS ? actions[action].name : "";
}

const char *orl_action_text(enum orl_action action)
{
    return (size_t)action < ACTIONS ? actions[action].text : "";
}

enum orl_action orl_action_named(const char *name)
{
    for (size_t i = 1; i < ACTIONS; i++) {
        if (strcasecmp(actions[i].name, name) == 0) {
            return (enum orl_action)i;
        }
    }
    return ORL_ACTION_NONE;
}

static bool is(struct word w, const char *text)
{
    return strlen(text) == w.len && strncasecmp(text, w.text, w.len) == 0;
}

static struct word trimmed(struct word w)
{
    while (w.len > 0 && (w.text[0] == ' ' || w.text[0] == '\t')) {
        w.text++;
        w.len--;
    }
    while (w.len > 0 && (w.text[w.len - 1] == ' ' || w.text[w.len - 1] == '\t')) {
        w.len--;
    }
    return w;
}

/* Cuts the next word between `+` signs off *rest; *more tells whether a `+` followed. */
static struct word next_word(const char **rest, bool *more)
{
    size_t len = strcspn(*rest, "+");
    struct word w = {*rest, len};
    *more = (*rest)[len] == '+';
    *rest += len + *more;
    return trimmed(w);
}

/* The first blank-separated word of *text when there is another behind it; else an empty one. */
static struct word leading_word(const char **text)
{
    struct word all = trimmed((struct word){*text, strlen(*text)});
    size_t len = 0;
    while (len < all.len && strchr(" \t+", all.text[len]) == NULL) {
        len++;
    }
    struct word rest = trimmed((struct word){all.text + len, all.len - len});
    if (len == all.len || rest.text[0] == '+') {
        return (struct word){all.text, 0};
    }
    *text = rest.text;
    return (struct word){all.text, len};
}

static const struct either_side *either_side(struct word w)
{
    for (size_t i = 0; i < sizeof(either_sides) / sizeof(either_sides[0]); i++) {
        if (is(w, either_sides[i].name)) {
            return &either_sides[i];
        }
    }
    return NULL;
}

/* The known name most like the word, for a sentence; "" when none is near. */
static const char *like(struct word w, const char *best, int *distance, const char *name)
{
    char text[32];
    snprintf(text, sizeof(text), "%.*s", (int)w.len, w.text);
    int d = orl_str_distance(text, name);
    if (d < *distance) {
        *distance = d;
        return name;
    }
    return best;
}

static int no_key(struct word w, char *why, size_t cap)
{
    size_t n = 0;
    const struct orl_key *keys = orl_keymap(&n);
    int distance = w.len < 4 ? 1 : 3;
    const char *best = "";
    if (w.len == 0) {
        snprintf(why, cap, "a key is missing");
        return ORL_EINVAL;
    }
    for (size_t i = 0; i < n; i++) {
        best = like(w, best, &distance, keys[i].name);
    }
    snprintf(why, cap, "there is no key '%.*s'; %s%s", (int)(w.len < 32 ? w.len : 32), w.text,
             best[0] ? "did you mean " : "-m help lists them", best);
    return ORL_EINVAL;
}

static int add_modifier(struct word w, uint16_t escape, struct orl_chord *chord, char *why,
                        size_t cap)
{
    const struct either_side *side = either_side(w);
    const struct orl_key *key = orl_key_named(w.text, w.len);
    if (side != NULL) {
        chord->mods |= (uint16_t)side->mod;
    } else if (key != NULL && key->usage == escape) {
        chord->mods |= ORL_MOD_ESCAPE;
    } else if (key != NULL && key->usage >= CTRL_LEFT && key->usage < CTRL_LEFT + 8) {
        chord->sides |= (uint16_t)(1U << (key->usage - CTRL_LEFT));
    } else if (key != NULL) {
        snprintf(why, cap,
                 "%s cannot be held for another key; Escape, Ctrl, Alt, Shift, Win can, and "
                 "one side such as LeftCtrl",
                 key->name);
        return ORL_EINVAL;
    } else {
        return no_key(w, why, cap);
    }
    return ORL_OK;
}

static int set_key(struct word w, uint16_t escape, struct orl_chord *chord, char *why,
                   size_t cap)
{
    const struct either_side *side = either_side(w);
    const struct orl_key *key = orl_key_named(w.text, w.len);
    if (side != NULL && side->mod != ORL_MOD_ESCAPE) {
        snprintf(why, cap, "the last key has to name its side: Left%s or Right%s", side->name,
                 side->name);
        return ORL_EINVAL;
    }
    if (side == NULL && key == NULL) {
        return no_key(w, why, cap);
    }
    bool is_escape = side != NULL || key->usage == escape;
    chord->usage = is_escape ? ORL_USAGE_ESCAPE : key->usage;
    if (is_escape && (chord->mods & ORL_MOD_ESCAPE) != 0) {
        snprintf(why, cap, "the escape key stands in it twice");
        return ORL_EINVAL;
    }
    return ORL_OK;
}

/* Both sides of a class are bits n and n + 4 of the modifiers; naming one says the class, too. */
static void drop_redundant(struct orl_chord *chord)
{
    static const enum orl_mod classes[] = {ORL_MOD_CTRL, ORL_MOD_SHIFT, ORL_MOD_ALT,
                                           ORL_MOD_WIN};
    for (unsigned i = 0; i < 4; i++) {
        if ((chord->sides & (0x11U << i)) != 0) {
            chord->mods &= (uint16_t)~classes[i];
        }
    }
}

static int parse_trigger(const char **text, enum orl_trigger *trigger, char *why, size_t cap)
{
    struct word w = leading_word(text);
    *trigger = ORL_TRIGGER_PRESS;
    if (w.len == 0) {
        return ORL_OK;
    }
    for (size_t i = 0; i < sizeof(triggers) / sizeof(triggers[0]); i++) {
        if (is(w, triggers[i])) {
            *trigger = (enum orl_trigger)i;
            return ORL_OK;
        }
    }
    snprintf(why, cap, "'%.*s' is not one of press, tap, hold, double, release",
             (int)(w.len < 32 ? w.len : 32), w.text);
    return ORL_EINVAL;
}

int orl_bind_parse_chord(const char *text, uint16_t escape, struct orl_bind *out, char *why,
                         size_t cap)
{
    struct orl_chord chord = {0};
    enum orl_trigger trigger;
    bool more = true;
    int err = parse_trigger(&text, &trigger, why, cap);
    while (err == ORL_OK && more) {
        struct word w = next_word(&text, &more);
        err = more ? add_modifier(w, escape, &chord, why, cap)
                   : set_key(w, escape, &chord, why, cap);
    }
    if (err != ORL_OK) {
        return err;
    }
    drop_redundant(&chord);
    out->chord = chord;
    out->trigger = trigger;
    return ORL_OK;
}

/* Position to press for a word of `send`: Ctrl and its like mean the left one. 0: no such key. */
static uint16_t send_usage(struct word w)
{
    const struct orl_key *key = orl_key_named(w.text, w.len);
    const struct either_side *side = either_side(w);
    if (key != NULL) {
        return key->usage;
    }
    switch (side != NULL ? side->mod : ORL_MOD_ESCAPE) {
    case ORL_MOD_CTRL: return CTRL_LEFT;
    case ORL_MOD_SHIFT: return CTRL_LEFT + 1;
    case ORL_MOD_ALT: return CTRL_LEFT + 2;
    case ORL_MOD_WIN: return CTRL_LEFT + 3;
    case ORL_MOD_ESCAPE: break;
    }
    return 0;
}

static int parse_send(const char *text, struct orl_bind *out, char *why, size_t cap)
{
    bool more = true;
    while (more) {
        struct word w = next_word(&text, &more);
        uint16_t usage = send_usage(w);
        if (usage == 0) {
            return no_key(w, why, cap);
        }
        for (size_t i = 0; i < out->send_len; i++) {
            if (out->send[i] == usage) {
                snprintf(why, cap, "%.*s is sent twice", (int)w.len, w.text);
                return ORL_EINVAL;
            }
        }
        if (out->send_len == ORL_SEND_MAX) {
            snprintf(why, cap, "more than %d keys at once", ORL_SEND_MAX);
            return ORL_EINVAL;
        }
        out->send[out->send_len++] = usage;
    }
    out->action = ORL_ACTION_SEND;
    return ORL_OK;
}

static int no_action(struct word w, char *why, size_t cap)
{
    int distance = 4;
    const char *best = "";
    for (size_t i = 1; i < ACTIONS; i++) {
        best = like(w, best, &distance, actions[i].name);
    }
    snprintf(why, cap, "there is no action '%.*s'; %s%s", (int)(w.len < 32 ? w.len : 32),
             w.text, best[0] ? "did you mean " : "--help lists them", best);
    return ORL_EINVAL;
}

int orl_bind_parse_action(const char *text, struct orl_bind *out, char *why, size_t cap)
{
    struct orl_bind bind = {.chord = out->chord, .trigger = out->trigger};
    struct word all = trimmed((struct word){text, strlen(text)});
    struct word first = leading_word(&text);
    int err = ORL_OK;
    if (is(all, "send") || is(all, "linuxSend")) {
        snprintf(why, cap, "send needs keys behind it, such as send Ctrl+Alt+Delete");
        return ORL_EINVAL;
    }
    if (is(first, "send") || is(first, "linuxSend")) {
        bind.linux_only = is(first, "linuxSend");
        err = parse_send(text, &bind, why, cap);
    } else if (!is(all, "none")) {
        char name[32];
        snprintf(name, sizeof(name), "%.*s", (int)all.len, all.text);
        bind.action = all.len < sizeof(name) ? orl_action_named(name) : ORL_ACTION_NONE;
        err = bind.action == ORL_ACTION_NONE ? no_action(all, why, cap) : ORL_OK;
    }
    bool brief = bind.trigger == ORL_TRIGGER_TAP || bind.trigger == ORL_TRIGGER_RELEASE;
    if (err == ORL_OK && bind.action == ORL_ACTION_HELP && brief) {
        snprintf(why, cap, "help is shown while a key is held; use press, hold or double");
        err = ORL_EINVAL;
    }
    if (err == ORL_OK) {
        *out = bind;
    }
    return err;
}
