/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A binding as text: for the list on the screen, and as a line of the configuration. */
#include <stdio.h>
#include <string.h>

#include "base/str.h"
#include "input/bind_parse.h"

#define KEY_F1     58
#define CTRL_LEFT  224
#define ALT_LEFT   226
#define LABEL_SIZE 32

struct text {
    char *dst;
    size_t cap, used;
};

typedef void (*label_fn)(uint16_t usage, char *dst, size_t cap);

static void append(struct text *t, const char *sep, const char *word)
{
    if (t->used < t->cap) {
        int len = snprintf(t->dst + t->used, t->cap - t->used, "%s%s", sep, word);
        t->used += len > 0 ? (size_t)len : 0;
    }
}

/* Keys whose print depends on the layout: letters, digits, signs; the other ones have our names. */
static bool prints(uint16_t usage)
{
    return (usage >= 4 && usage <= 39) || (usage >= 45 && usage <= 56) || usage == 100 ||
           (usage >= 135 && usage <= 137);
}

static void append_key(struct text *t, const char *sep, uint16_t usage, label_fn label)
{
    char word[LABEL_SIZE] = "";
    const struct orl_key *key = orl_key_of(usage);
    if (label != NULL && prints(usage)) {
        label(usage, word, sizeof(word));
    }
    if (word[0] == '\0') {
        orl_str_copy(word, sizeof(word), key != NULL ? key->name : "?");
    }
    append(t, sep, word);
}

/* The keys that are held, each with a `+` behind it. `escape` is 0 to write the word Escape. */
static void append_mods(struct text *t, const struct orl_chord *chord, uint16_t escape,
                        label_fn label)
{
    static const char *const names[] = {"", "Ctrl+", "Alt+", "Shift+", "Win+"};
    if ((chord->mods & ORL_MOD_ESCAPE) != 0) {
        if (escape != 0) {
            append_key(t, "", escape, label);
            append(t, "", "+");
        } else {
            append(t, "", "Escape+");
        }
    }
    for (unsigned i = 1; i < sizeof(names) / sizeof(names[0]); i++) {
        append(t, "", (chord->mods & (1U << i)) != 0 ? names[i] : "");
    }
    for (unsigned i = 0; i < 8; i++) {
        if ((chord->sides & (1U << i)) != 0) {
            append_key(t, "", (uint16_t)(CTRL_LEFT + i), NULL);
            append(t, "", "+");
        }
    }
}

static void append_chord(struct text *t, const struct orl_bind *bind, uint16_t escape,
                         label_fn label)
{
    if (bind->trigger != ORL_TRIGGER_PRESS) {
        append(t, "", orl_bind_trigger_name(bind->trigger));
        append(t, "", " ");
    }
    append_mods(t, &bind->chord, escape, label);
    if (bind->chord.usage != ORL_USAGE_ESCAPE) {
        append_key(t, "", bind->chord.usage, label);
    } else if (escape != 0) {
        append_key(t, "", escape, label);
    } else {
        append(t, "", "Escape");
    }
}

/* Left modifiers are what a user means by Ctrl. */
static void append_send(struct text *t, const struct orl_bind *bind)
{
    static const char *const left[] = {"Ctrl", "Shift", "Alt", "Win"};
    for (size_t i = 0; i < bind->send_len; i++) {
        const char *sep = i > 0 ? "+" : " ";
        uint16_t usage = bind->send[i];
        if (usage >= CTRL_LEFT && usage < CTRL_LEFT + 4) {
            append(t, sep, left[usage - CTRL_LEFT]);
        } else {
            append_key(t, sep, usage, NULL);
        }
    }
}

void orl_bind_words(const struct orl_binds *b, const struct orl_bind *bind,
                    void (*label)(uint16_t usage, char *dst, size_t cap), char *keys,
                    size_t keys_cap, char *text, size_t text_cap)
{
    struct text k = {.dst = keys, .cap = keys_cap};
    struct text t = {.dst = text, .cap = text_cap};
    append_chord(&k, bind, b->escape, label);
    if (bind->action == ORL_ACTION_SEND) {
        append(&t, "", "Send");
        append_send(&t, bind);
        append(&t, "", bind->linux_only ? " (Linux guests)" : "");
    } else {
        append(&t, "", orl_action_text(bind->action));
    }
}

uint32_t orl_bind_console(const struct orl_bind *bind)
{
    const struct orl_chord *chord = &bind->chord;
    bool sends = bind->action == ORL_ACTION_SEND && bind->linux_only && bind->send_len == 3 &&
                 bind->send[0] == CTRL_LEFT && bind->send[1] == ALT_LEFT &&
                 bind->send[2] == chord->usage;
    bool keys = bind->trigger == ORL_TRIGGER_PRESS && chord->mods == ORL_MOD_ESCAPE &&
                chord->sides == 0 && chord->usage >= KEY_F1 &&
                chord->usage < KEY_F1 + ORL_BIND_CONSOLES;
    return sends && keys ? chord->usage - KEY_F1 + 1u : 0;
}

void orl_bind_line(const struct orl_bind *bind, char *chord, char *action)
{
    struct text c = {.dst = chord, .cap = ORL_BIND_TEXT_BYTES};
    struct text a = {.dst = action, .cap = ORL_BIND_TEXT_BYTES};
    append_chord(&c, bind, 0, NULL);
    if (bind->action == ORL_ACTION_SEND) {
        append(&a, "", bind->linux_only ? "linuxSend" : "send");
        append_send(&a, bind);
    } else {
        append(&a, "", orl_action_name(bind->action));
    }
}
