/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Which key makes a character is found by asking libxkbcommon what every key would give with each
 * set of modifiers held, so whatever the layout does with Shift and AltGr is right by construction.
 * Num Lock and Caps Lock are taken to be off; keypad keys are left out.
 */
#include "input/typist.h"

#include <stdlib.h>
#include <string.h>
#include <xkbcommon/xkbcommon.h>

#include "input/keymap.h"

#define EVENT_NS    UINT64_C(8000000)
#define NAME_MAX    32
#define MAKERS_MAX  1024 /* (characters of a layout); 4 per key are possible */
#define X_OFFSET    8    /* X keycodes are Linux codes + 8 */
#define USAGE_ENTER 40
#define USAGE_TAB   43

/* Modifiers that are pressed for a character: bits of `mods`. */
enum { SHIFT = 1, ALTGR = 2 };
static const uint16_t modifier_usage[] = {225, 230}; /* left Shift, right Alt */
static const uint16_t modifier_linux[] = {42, 100};

struct stroke {
    uint16_t usage;
    uint8_t mods;
};

struct maker {
    uint32_t character;
    struct stroke stroke;
};

struct orl_typist {
    size_t makers;
    struct maker maker[MAKERS_MAX];

    struct stroke *stroke; /* count of them, owned; NULL when there never was a text */
    uint32_t count, at;    /* at: the one being typed */
    uint16_t held_key;     /* down now; 0 none */
    uint8_t held_mods;     /* down now */
    uint64_t due_ns;       /* not before */
};

static const struct stroke *maker_of(const struct orl_typist *t, uint32_t character)
{
    for (size_t i = 0; i < t->makers; i++) {
        if (t->maker[i].character == character) {
            return &t->maker[i].stroke;
        }
    }
    return NULL;
}

static bool usable(const struct orl_key *key)
{
    return key != NULL && key->usage < 224 && strncmp(key->name, "KP", 2) != 0;
}

/* What the keys give with `mods` held. The first way found stays: fewer modifiers come first. */
static void learn(struct orl_typist *t, struct xkb_keymap *keymap, struct xkb_state *state,
                  uint8_t mods)
{
    xkb_keycode_t last = xkb_keymap_max_keycode(keymap);
    for (xkb_keycode_t code = xkb_keymap_min_keycode(keymap); code <= last; code++) {
        uint16_t linux_code = (uint16_t)(code - X_OFFSET);
        const struct orl_key *key =
            code >= X_OFFSET && code < X_OFFSET + 256 ? orl_key_of_linux(linux_code) : NULL;
        uint32_t character = usable(key) ? xkb_state_key_get_utf32(state, code) : 0;
        if (character >= 0x20 && character != 0x7F && t->makers < MAKERS_MAX &&
            maker_of(t, character) == NULL) {
            t->maker[t->makers++] = (struct maker){character, {key->usage, mods}};
        }
    }
}

static int learn_all(struct orl_typist *t, struct xkb_keymap *keymap)
{
    static const uint8_t sets[] = {0, SHIFT, ALTGR, SHIFT | ALTGR};
    for (size_t i = 0; i < sizeof(sets); i++) {
        struct xkb_state *state = xkb_state_new(keymap);
        if (state == NULL) {
            return ORL_ENOMEM;
        }
        for (size_t m = 0; m < 2; m++) {
            if ((sets[i] & (1U << m)) != 0) {
                xkb_state_update_key(state, modifier_linux[m] + X_OFFSET, XKB_KEY_DOWN);
            }
        }
        learn(t, keymap, state, sets[i]);
        xkb_state_unref(state);
    }
    return t->makers > 0 ? ORL_OK : ORL_EINVAL;
}

/* "ch(fr)" -> "ch", "fr". The names become parts of file names: only plain characters. */
static bool split_name(const char *text, char layout[NAME_MAX], char variant[NAME_MAX])
{
    static const char plain[] =
        "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_";
    size_t len = strspn(text, plain);
    size_t inner = text[len] == '(' ? strspn(text + len + 1, plain) : 0;
    if (len == 0 || len >= NAME_MAX || inner >= NAME_MAX) {
        return false;
    }
    memcpy(layout, text, len);
    layout[len] = '\0';
    variant[0] = '\0';
    if (text[len] == '\0') {
        return true;
    }
    if (inner == 0 || strcmp(text + len + 1 + inner, ")") != 0) {
        return false;
    }
    memcpy(variant, text + len + 1, inner);
    variant[inner] = '\0';
    return true;
}

/* The reason is in the error that the caller gets. */
static void no_log(struct xkb_context *context, enum xkb_log_level level, const char *format,
                   va_list args)
{
    (void)context;
    (void)level;
    (void)format;
    (void)args;
}

static int load(struct orl_typist *t, const char *layout, const char *variant)
{
    const struct xkb_rule_names names = {
        .rules = "evdev", .model = "pc105", .layout = layout, .variant = variant};
    struct xkb_context *context = xkb_context_new(XKB_CONTEXT_NO_ENVIRONMENT_NAMES);
    if (context == NULL) {
        return ORL_ENOMEM;
    }
    xkb_context_set_log_fn(context, no_log);
    struct xkb_keymap *keymap =
        xkb_keymap_new_from_names(context, &names, XKB_KEYMAP_COMPILE_NO_FLAGS);
    int err = keymap != NULL ? learn_all(t, keymap) : ORL_EINVAL;
    xkb_keymap_unref(keymap);
    xkb_context_unref(context);
    return err;
}

int orl_typist_create(struct orl_typist **out, const char *layout)
{
    char name[NAME_MAX];
    char variant[NAME_MAX];
    if (!split_name(layout, name, variant)) {
        return ORL_EINVAL;
    }
    struct orl_typist *t = calloc(1, sizeof(*t));
    if (t == NULL) {
        return ORL_ENOMEM;
    }
    int err = load(t, name, variant);
    if (err != ORL_OK) {
        orl_typist_destroy(&t);
        return err;
    }
    *out = t;
    return ORL_OK;
}

void orl_typist_destroy(struct orl_typist **t)
{
    if (t != NULL && *t != NULL) {
        free((*t)->stroke);
        free(*t);
        *t = NULL;
    }
}

/* The character at text[*at], *at behind it; well-formed UTF-8 or 0xFFFFFFFF. */
static uint32_t next_character(const uint8_t *text, size_t len, size_t *at)
{
    static const uint32_t least[] = {0, 0x80, 0x800, 0x10000};
    uint8_t first = text[(*at)++];
    if (first < 0x80) {
        return first;
    }
    unsigned more = first >= 0xF0 ? 3 : first >= 0xE0 ? 2 : 1;
    if (first < 0xC2 || first > 0xF4 || len - *at < more) {
        return UINT32_MAX;
    }
    uint32_t c = first & (0x3FU >> more);
    for (unsigned i = 0; i < more; i++) {
        uint8_t byte = text[(*at)++];
        if ((byte & 0xC0) != 0x80) {
            return UINT32_MAX;
        }
        c = c << 6 | (byte & 0x3FU);
    }
    bool bad = c < least[more] || c > 0x10FFFF || (c >= 0xD800 && c < 0xE000);
    return bad ? UINT32_MAX : c;
}

/* The stroke for a character; usage 0 when there is none. CR is half of a line end. */
static struct stroke stroke_for(const struct orl_typist *t, uint32_t character)
{
    if (character == '\n') {
        return (struct stroke){USAGE_ENTER, 0};
    }
    if (character == '\t') {
        return (struct stroke){USAGE_TAB, 0};
    }
    const struct stroke *found = maker_of(t, character);
    return found != NULL ? *found : (struct stroke){0};
}

int orl_typist_begin(struct orl_typist *t, const char *text, size_t len, uint32_t *skipped)
{
    if (len > ORL_TYPIST_LIMIT) {
        return ORL_EINVAL;
    }
    struct stroke *strokes = calloc(len + 1, sizeof(*strokes));
    if (strokes == NULL) {
        return ORL_ENOMEM;
    }
    uint32_t count = 0;
    uint32_t without_key = 0;
    for (size_t at = 0; at < len;) {
        uint32_t character = next_character((const uint8_t *)text, len, &at);
        if (character == UINT32_MAX) {
            free(strokes);
            return ORL_EINVAL;
        }
        if (character == '\r' && at < len && text[at] == '\n') {
            continue;
        }
        struct stroke s = stroke_for(t, character);
        if (s.usage != 0) {
            strokes[count++] = s;
        } else {
            without_key++;
        }
    }
    /* What is still down of a text before goes up first, see orl_typist_next(). */
    free(t->stroke);
    t->stroke = strokes;
    t->count = count;
    t->at = 0;
    *skipped = without_key;
    return ORL_OK;
}

void orl_typist_cancel(struct orl_typist *t)
{
    t->count = t->at;
}

/* Presses or lets go of one modifier on the way from held_mods to `wanted`; releases first. */
static void move_modifier(struct orl_typist *t, uint8_t wanted, struct orl_typist_key *out)
{
    unsigned excess = t->held_mods & (unsigned)~wanted;
    unsigned bits = excess != 0 ? excess : wanted & (unsigned)~t->held_mods;
    unsigned m = (bits & SHIFT) != 0 ? 0 : 1;
    out->usage = modifier_usage[m];
    out->down = excess == 0;
    t->held_mods ^= (uint8_t)(1U << m);
}

bool orl_typist_next(struct orl_typist *t, uint64_t now_ns, struct orl_typist_key *out)
{
    uint64_t due_ns = orl_typist_due(t);
    if (due_ns == UINT64_MAX || now_ns < due_ns) {
        return false;
    }
    bool more = t->at < t->count;
    uint8_t wanted = more ? t->stroke[t->at].mods : 0;
    if (t->held_key != 0) {
        *out = (struct orl_typist_key){t->held_key, false};
        t->held_key = 0;
    } else if (t->held_mods != wanted) {
        move_modifier(t, wanted, out);
    } else {
        t->held_key = t->stroke[t->at++].usage;
        *out = (struct orl_typist_key){t->held_key, true};
    }
    t->due_ns = now_ns + EVENT_NS;
    return true;
}

uint64_t orl_typist_due(const struct orl_typist *t)
{
    bool more = t->at < t->count || t->held_key != 0 || t->held_mods != 0;
    return more ? t->due_ns : UINT64_MAX;
}

void orl_typist_progress(const struct orl_typist *t, uint32_t *done, uint32_t *total)
{
    *done = t->at;
    *total = t->count;
}
