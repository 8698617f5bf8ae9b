/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Which key makes a character is found by asking libxkbcommon what every key would give with each
 * set of modifiers held, so whatever the layout does with Shift and AltGr is right by construction; and
 * all that again with Caps Lock on. Keypad keys are left out.
 *
 * A dead key and a space make the dead key's own character: the pairs are those of the compose table of
 * X11's UTF-8 locales, as far as they are ASCII.
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
#define USAGE_SPACE 44

/* Modifiers that are pressed for a character: bits of `mods`. */
enum { SHIFT = 1, ALTGR = 2 };
static const uint16_t modifier_usage[] = {225, 230}; /* left Shift, right Alt */
static const uint16_t modifier_linux[] = {42, 100};

struct stroke {
    uint16_t usage;
    uint8_t mods;
    bool dead; /* a space follows */
};

struct makers {
    size_t count;
    struct {
        uint32_t character;
        struct stroke stroke;
    } maker[MAKERS_MAX];
};

/* The ways to one character: Caps Lock off, on. */
struct letter {
    struct stroke way[2];
};

struct orl_typist {
    struct makers makers[2]; /* Caps Lock off, on */

    struct letter *letter; /* count of them, owned; NULL when there never was a text */
    uint32_t count, at;    /* at: the next */
    bool caps;             /* Caps Lock is on in the guest */
    bool spacing;          /* a dead key was pressed: a space is next */
    uint16_t held_key;     /* down now; 0 none */
    uint8_t held_mods;     /* down now */
    uint64_t due_ns;       /* not before */
};

static const struct stroke *maker_of(const struct makers *m, uint32_t character)
{
    for (size_t i = 0; i < m->count; i++) {
        if (m->maker[i].character == character) {
            return &m->maker[i].stroke;
        }
    }
    return NULL;
}

static bool usable(const struct orl_key *key)
{
    return key != NULL && key->usage < 224 && strncmp(key->name, "KP", 2) != 0;
}

/* What the dead key at `code` and a space make; 0: it is none. */
static uint32_t dead_character(struct xkb_state *state, xkb_keycode_t code)
{
    switch (xkb_state_key_get_one_sym(state, code)) {
    case XKB_KEY_dead_circumflex: return '^';
    case XKB_KEY_dead_grave: return '`';
    case XKB_KEY_dead_acute: return '\'';
    case XKB_KEY_dead_tilde: return '~';
    case XKB_KEY_dead_diaeresis: return '"';
    default: return 0;
    }
}

/* What the keys give in `state`, which has `mods` held. The first way found stays. */
static void learn(struct makers *m, struct xkb_keymap *keymap, struct xkb_state *state,
                  struct stroke stroke)
{
    xkb_keycode_t last = xkb_keymap_max_keycode(keymap);
    for (xkb_keycode_t code = xkb_keymap_min_keycode(keymap); code <= last; code++) {
        uint16_t linux_code = (uint16_t)(code - X_OFFSET);
        const struct orl_key *key =
            code >= X_OFFSET && code < X_OFFSET + 256 ? orl_key_of_linux(linux_code) : NULL;
        if (!usable(key)) {
            continue;
        }
        uint32_t character =
            stroke.dead ? dead_character(state, code) : xkb_state_key_get_utf32(state, code);
        if (character >= 0x20 && character != 0x7F && m->count < MAKERS_MAX &&
            maker_of(m, character) == NULL) {
            stroke.usage = key->usage;
            m->maker[m->count].character = character;
            m->maker[m->count++].stroke = stroke;
        }
    }
}

/* With the keys of `mods` down, and Caps Lock on or off. NULL: no memory. */
static struct xkb_state *hold(struct xkb_keymap *keymap, uint8_t mods, bool caps)
{
    struct xkb_state *state = xkb_state_new(keymap);
    xkb_mod_index_t lock = xkb_keymap_mod_get_index(keymap, XKB_MOD_NAME_CAPS);
    for (size_t m = 0; state && m < 2; m++) {
        if ((mods & (1U << m)) != 0) {
            xkb_state_update_key(state, modifier_linux[m] + X_OFFSET, XKB_KEY_DOWN);
        }
    }
    if (state && caps && lock < 32) {
        xkb_mod_mask_t down = xkb_state_serialize_mods(state, XKB_STATE_MODS_DEPRESSED);
        xkb_layout_index_t group =
            xkb_state_serialize_layout(state, XKB_STATE_LAYOUT_EFFECTIVE);
        xkb_state_update_mask(state, down, 0, 1U << lock, 0, 0, group);
    }
    return state;
}

/* Fewer modifiers come first, and keys that are not dead before all others. */
static int learn_all(struct orl_typist *t, struct xkb_keymap *keymap)
{
    static const uint8_t sets[] = {0, SHIFT, ALTGR, SHIFT | ALTGR};
    for (size_t i = 0; i < 4 * sizeof(sets); i++) {
        struct stroke stroke = {.mods = sets[i % sizeof(sets)], .dead = i >= 2 * sizeof(sets)};
        bool caps = i / sizeof(sets) % 2 != 0;
        struct xkb_state *state = hold(keymap, stroke.mods, caps);
        if (state == NULL) {
            return ORL_ENOMEM;
        }
        learn(&t->makers[caps], keymap, state, stroke);
        xkb_state_unref(state);
    }
    return t->makers[0].count > 0 ? ORL_OK : ORL_EINVAL;
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
        free((*t)->letter);
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
static struct stroke stroke_for(const struct makers *m, uint32_t character)
{
    if (character == '\n') {
        return (struct stroke){.usage = USAGE_ENTER};
    }
    if (character == '\t') {
        return (struct stroke){.usage = USAGE_TAB};
    }
    const struct stroke *found = maker_of(m, character);
    return found != NULL ? *found : (struct stroke){0};
}

static struct letter letter_for(const struct orl_typist *t, uint32_t character)
{
    struct letter l = {
        {stroke_for(&t->makers[0], character), stroke_for(&t->makers[1], character)}};
    if (l.way[1].usage == 0) {
        l.way[1] = l.way[0];
    }
    return l;
}

int orl_typist_begin(struct orl_typist *t, const char *text, size_t len, uint32_t *skipped)
{
    if (len > ORL_TYPIST_LIMIT) {
        return ORL_EINVAL;
    }
    struct letter *letters = calloc(len + 1, sizeof(*letters));
    if (letters == NULL) {
        return ORL_ENOMEM;
    }
    uint32_t count = 0;
    uint32_t without_key = 0;
    for (size_t at = 0; at < len;) {
        uint32_t character = next_character((const uint8_t *)text, len, &at);
        if (character == UINT32_MAX) {
            free(letters);
            return ORL_EINVAL;
        }
        if (character == '\r' && at < len && text[at] == '\n') {
            continue;
        }
        struct letter l = letter_for(t, character);
        if (l.way[0].usage != 0) {
            letters[count++] = l;
        } else {
            without_key++;
        }
    }
    /* What is still down of a text before goes up first, see orl_typist_next(). */
    free(t->letter);
    t->letter = letters;
    t->count = count;
    t->at = 0;
    *skipped = without_key;
    return ORL_OK;
}

void orl_typist_cancel(struct orl_typist *t)
{
    t->count = t->at;
}

void orl_typist_set_caps(struct orl_typist *t, bool on)
{
    t->caps = on;
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

/* A space after a dead key, also when the text was cut off between them. */
static struct stroke next_stroke(const struct orl_typist *t)
{
    if (t->spacing) {
        return (struct stroke){.usage = USAGE_SPACE};
    }
    return t->at < t->count ? t->letter[t->at].way[t->caps] : (struct stroke){0};
}

bool orl_typist_next(struct orl_typist *t, uint64_t now_ns, struct orl_typist_key *out)
{
    uint64_t due_ns = orl_typist_due(t);
    if (due_ns == UINT64_MAX || now_ns < due_ns) {
        return false;
    }
    struct stroke s = next_stroke(t);
    if (t->held_key != 0) {
        *out = (struct orl_typist_key){t->held_key, false};
        t->held_key = 0;
    } else if (t->held_mods != s.mods) {
        move_modifier(t, s.mods, out);
    } else {
        t->at += t->spacing ? 0 : 1;
        t->spacing = s.dead;
        t->held_key = s.usage;
        *out = (struct orl_typist_key){t->held_key, true};
    }
    t->due_ns = now_ns + EVENT_NS;
    return true;
}

uint64_t orl_typist_due(const struct orl_typist *t)
{
    bool more = t->spacing || t->at < t->count || t->held_key != 0 || t->held_mods != 0;
    return more ? t->due_ns : UINT64_MAX;
}

void orl_typist_progress(const struct orl_typist *t, uint32_t *done, uint32_t *total)
{
    *done = t->at;
    *total = t->count;
}
