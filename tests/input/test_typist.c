/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What is typed goes into a keyboard of libxkbcommon, and the text that comes out is compared. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <xkbcommon/xkbcommon-compose.h>
#include <xkbcommon/xkbcommon.h>

#include "input/keymap.h"
#include "input/typist.h"
#include "support/check.h"

#define PACE_NS UINT64_C(8000000)

/* The guest: a layout, what is held, what was typed. */
struct guest {
    struct xkb_context *context;
    struct xkb_keymap *keymap;
    struct xkb_state *state;
    struct xkb_compose_table *table;
    struct xkb_compose_state *compose;
    bool down[ORL_USAGES];
    int held;
    char *text; /* grows; owned */
    size_t len;
};

static void guest_start(struct guest *g, const char *layout, const char *variant)
{
    const struct xkb_rule_names names = {
        .rules = "evdev", .model = "pc105", .layout = layout, .variant = variant};
    *g = (struct guest){.context = xkb_context_new(XKB_CONTEXT_NO_ENVIRONMENT_NAMES)};
    assert_non_null(g->context);
    g->keymap = xkb_keymap_new_from_names(g->context, &names, XKB_KEYMAP_COMPILE_NO_FLAGS);
    assert_non_null(g->keymap);
    g->state = xkb_state_new(g->keymap);
    assert_non_null(g->state);
    g->table = xkb_compose_table_new_from_locale(g->context, "en_US.UTF-8",
                                                 XKB_COMPOSE_COMPILE_NO_FLAGS);
    assert_non_null(g->table);
    g->compose = xkb_compose_state_new(g->table, XKB_COMPOSE_STATE_NO_FLAGS);
    assert_non_null(g->compose);
    g->text = calloc(1, 1);
}

static void guest_press(struct guest *g, const char *name)
{
    xkb_keycode_t code = xkb_keymap_key_by_name(g->keymap, name);
    xkb_state_update_key(g->state, code, XKB_KEY_DOWN);
    xkb_state_update_key(g->state, code, XKB_KEY_UP);
}

static void guest_stop(struct guest *g)
{
    free(g->text);
    xkb_compose_state_unref(g->compose);
    xkb_compose_table_unref(g->table);
    xkb_state_unref(g->state);
    xkb_keymap_unref(g->keymap);
    xkb_context_unref(g->context);
}

/* Dead keys wait for the next one. */
static int guest_hears(struct guest *g, xkb_keycode_t code, char *utf8, size_t cap)
{
    xkb_keysym_t sym = xkb_state_key_get_one_sym(g->state, code);
    if (xkb_compose_state_feed(g->compose, sym) == XKB_COMPOSE_FEED_IGNORED) {
        return xkb_state_key_get_utf8(g->state, code, utf8, cap);
    }
    switch (xkb_compose_state_get_status(g->compose)) {
    case XKB_COMPOSE_COMPOSING: utf8[0] = '\0'; return 0;
    case XKB_COMPOSE_COMPOSED: return xkb_compose_state_get_utf8(g->compose, utf8, cap);
    default: return xkb_state_key_get_utf8(g->state, code, utf8, cap);
    }
}

static void guest_key(struct guest *g, const struct orl_typist_key *key)
{
    const struct orl_key *row = orl_key_of(key->usage);
    assert_non_null(row);
    assert_int_equal(g->down[key->usage], !key->down);
    g->down[key->usage] = key->down;
    g->held += key->down ? 1 : -1;
    xkb_keycode_t code = row->linux_code + 8U;
    if (key->down) {
        char utf8[8];
        int n = guest_hears(g, code, utf8, sizeof(utf8));
        g->text = realloc(g->text, g->len + (size_t)n + 1);
        assert_non_null(g->text);
        memcpy(g->text + g->len, utf8, (size_t)n + 1);
        g->len += (size_t)n;
        if (n == 1 && utf8[0] == '\r') {
            g->text[g->len - 1] = '\n';
        }
    }
    xkb_state_update_key(g->state, code, key->down ? XKB_KEY_DOWN : XKB_KEY_UP);
}

/* Types to the end, and returns how many events that took. */
static int type_out(struct orl_typist *t, struct guest *g)
{
    struct orl_typist_key key;
    int events = 0;
    while (orl_typist_due(t) != UINT64_MAX) {
        assert_true(events++ < 1000000);
        assert_true(orl_typist_next(t, orl_typist_due(t), &key));
        guest_key(g, &key);
    }
    assert_false(orl_typist_next(t, UINT64_MAX, &key));
    assert_int_equal(g->held, 0);
    return events;
}

static struct orl_typist *create(const char *layout)
{
    struct orl_typist *t = NULL;
    assert_int_equal(orl_typist_create(&t, layout), ORL_OK);
    assert_non_null(t);
    return t;
}

static void check_text(const char *name, const char *layout, const char *variant,
                       const char *text, const char *typed, uint32_t skips)
{
    struct orl_typist *t = create(name);
    struct guest g;
    uint32_t skipped = 4711;
    guest_start(&g, layout, variant);
    assert_int_equal(orl_typist_begin(t, text, strlen(text), &skipped), ORL_OK);
    assert_int_equal(skipped, skips);
    type_out(t, &g);
    assert_string_equal(g.text, typed);
    guest_stop(&g);
    orl_typist_destroy(&t);
    assert_null(t);
}

static void typed_text_arrives_on_a_us_layout(void **state)
{
    (void)state;
    char all[128] = "";
    for (int c = ' '; c < 127; c++) {
        all[c - ' '] = (char)c;
    }
    check_text("us", "us", "", all, all, 0);
    check_text("us", "us", "", "Hello, World!\n\tx=1;\r\nEnd", "Hello, World!\n\tx=1;\nEnd", 0);
}

static void typed_text_arrives_on_a_german_layout(void **state)
{
    (void)state;
    static const char text[] =
        "Zwölf Boxkämpfer jagen Viktor quer über den großen Sylter Deich: "
        "yz YZ ÄÖÜ {[]}\\~@€|µ<>+*#'_-!\"§$%&/()=?²³°";
    check_text("de", "de", "", text, text, 0);
}

static void typed_text_arrives_on_french_layouts(void **state)
{
    (void)state;
    static const char text[] =
        "Où est l'été ? 0123456789 éèçàù &\"'(-_)= ~#{[|`\\^@]} €$*!:;,?./§<>";
    static const char swiss[] = "Zürich: éàèüöä $£ @#|{}[] yz YZ";
    check_text("fr", "fr", "", text, text, 0);
    check_text("ch(fr)", "ch", "fr", swiss, swiss, 0);
}

/* On a German keyboard ^ and ` wait for a letter. */
static void dead_keys_give_their_own_character_with_a_space(void **state)
{
    (void)state;
    check_text("de", "de", "", "a^b`c ^^ x^", "a^b`c ^^ x^", 0);
    check_text("us(intl)", "us", "intl", "'a' \"e\" ~o ^i `u", "'a' \"e\" ~o ^i `u", 0);
    check_text("ch(fr)", "ch", "fr", "a^b`c~d'e", "a^b`c~d'e", 0);
}

/* As told by the guest's lamp; the user may press the key while the text is typed. */
static void letters_have_their_case_whatever_caps_lock_does(void **state)
{
    (void)state;
    static const struct {
        const char *name, *layout, *variant, *text;
    } rows[] = {{"us", "us", "", "PassWord 12 #a_B; aaBBcc"},
                {"de", "de", "", "Ärger über Öl: @ € ^ 7 / {x} YZyz"},
                {"fr", "fr", "", "Quel temps ? 0123456789 &(-_) ABC abc"},
                {"ch(fr)", "ch", "fr", "Zurich: $ @#|{}[] yz YZ"}};
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        for (int changes = 0; changes < 2; changes++) {
            struct orl_typist *t = create(rows[i].name);
            struct orl_typist_key key;
            struct guest g;
            uint32_t skipped = 0;
            guest_start(&g, rows[i].layout, rows[i].variant);
            guest_press(&g, "CAPS");
            orl_typist_set_caps(t, true);
            assert_int_equal(orl_typist_begin(t, rows[i].text, strlen(rows[i].text), &skipped),
                             ORL_OK);
            assert_int_equal(skipped, 0);
            for (int n = 1; orl_typist_next(t, orl_typist_due(t), &key); n++) {
                guest_key(&g, &key);
                if (changes && n % 7 == 0 && g.held == 0) {
                    guest_press(&g, "CAPS");
                    orl_typist_set_caps(t, xkb_state_mod_name_is_active(
                                               g.state, "Lock", XKB_STATE_MODS_LOCKED) == 1);
                }
            }
            assert_string_equal(g.text, rows[i].text);
            assert_int_equal(g.held, 0);
            guest_stop(&g);
            orl_typist_destroy(&t);
        }
    }
}

/* No key gives U+4E2D on any of them. */
static void characters_without_a_key_are_counted_and_left_out(void **state)
{
    (void)state;
    check_text("us", "us", "",
               "1\u00e4\u20ac\u4e2d\U0001F600"
               "2",
               "12", 4);
    check_text("us", "us", "",
               "a\x01\x7f\r"
               "b",
               "ab", 3);
    check_text("us", "us", "", "", "", 0);
}

static void a_modifier_stays_down_between_neighbours(void **state)
{
    (void)state;
    struct orl_typist *t = create("us");
    struct guest g;
    uint32_t skipped = 0;
    guest_start(&g, "us", "");
    assert_int_equal(orl_typist_begin(t, "ABCab", 5, &skipped), ORL_OK);
    assert_int_equal(type_out(t, &g), 2 + 5 * 2); /* Shift once down, once up */
    assert_string_equal(g.text, "ABCab");
    guest_stop(&g);
    orl_typist_destroy(&t);
}

static void events_are_8_ms_apart(void **state)
{
    (void)state;
    struct orl_typist *t = create("us");
    struct orl_typist_key key;
    uint32_t skipped = 0;
    uint32_t done = 9;
    uint32_t total = 9;
    uint64_t now_ns = 123456789;
    assert_true(orl_typist_due(t) == UINT64_MAX);
    assert_false(orl_typist_next(t, now_ns, &key));
    assert_int_equal(orl_typist_begin(t, "aB", 2, &skipped), ORL_OK);
    orl_typist_progress(t, &done, &total);
    assert_int_equal(done, 0);
    assert_int_equal(total, 2);
    assert_true(orl_typist_due(t) <= now_ns); /* the first at once */
    for (int i = 0; i < 6; i++) {             /* a, shift, B: down and up each */
        assert_true(orl_typist_next(t, now_ns, &key));
        assert_false(orl_typist_next(t, now_ns, &key));
        if (i < 5) {
            assert_true(orl_typist_due(t) == now_ns + PACE_NS);
            assert_false(orl_typist_next(t, now_ns + PACE_NS - 1, &key));
        }
        now_ns += PACE_NS;
    }
    assert_true(orl_typist_due(t) == UINT64_MAX);
    orl_typist_progress(t, &done, &total);
    assert_int_equal(done, 2);
    assert_int_equal(total, 2);
    assert_int_equal(orl_typist_begin(t, "c", 1, &skipped), ORL_OK);
    assert_true(orl_typist_due(t) == now_ns); /* also from one text to the next */
    orl_typist_destroy(&t);
}

/* Whenever the user stops it, and whether or not another text follows, nothing stays down. */
static void everything_is_let_go_after_a_cancel(void **state)
{
    (void)state;
    static const char text[] = "aB@€^{x}Q";
    struct orl_typist *t = create("de");
    for (int stop = 0; stop < 40; stop++) {
        for (int again = 0; again < 2; again++) {
            struct guest g;
            struct orl_typist_key key;
            uint32_t skipped = 0;
            guest_start(&g, "de", "");
            assert_int_equal(orl_typist_begin(t, text, strlen(text), &skipped), ORL_OK);
            for (int i = 0; i < stop && orl_typist_due(t) != UINT64_MAX; i++) {
                assert_true(orl_typist_next(t, orl_typist_due(t), &key));
                guest_key(&g, &key);
            }
            orl_typist_cancel(t);
            size_t so_far = g.len + (xkb_compose_state_get_status(g.compose) ==
                                     XKB_COMPOSE_COMPOSING); /* its space is still to come */
            if (again) {
                assert_int_equal(orl_typist_begin(t, "Z", 1, &skipped), ORL_OK);
            }
            type_out(t, &g);
            if (g.len != so_far + (size_t)again)
                fprintf(stderr, "stop %d again %d <%s>\n", stop, again, g.text);
            assert_int_equal(g.len, so_far + (size_t)again);
            assert_true(!again || g.text[so_far] == 'Z');
            guest_stop(&g);
        }
    }
    orl_typist_destroy(&t);
}

static void a_text_that_is_not_utf8_or_too_long_is_refused(void **state)
{
    (void)state;
    static const char *const bad[] = {"\x80",     "a\xC3",        "\xC0\x80",
                                      "\xE2\x82", "\xED\xA0\x80", "\xF4\x90\x80\x80",
                                      "\xFF",     "\xE0\x80\xA0"};
    struct orl_typist *t = create("us");
    uint32_t skipped = 4711;
    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
        assert_int_equal(orl_typist_begin(t, bad[i], strlen(bad[i]), &skipped), ORL_EINVAL);
    }
    char *text = malloc(ORL_TYPIST_LIMIT + 1);
    assert_non_null(text);
    memset(text, 'x', ORL_TYPIST_LIMIT + 1);
    assert_int_equal(orl_typist_begin(t, text, ORL_TYPIST_LIMIT + 1, &skipped), ORL_EINVAL);
    assert_int_equal(skipped, 4711);
    assert_true(orl_typist_due(t) == UINT64_MAX);
    assert_int_equal(orl_typist_begin(t, text, ORL_TYPIST_LIMIT, &skipped), ORL_OK);
    assert_int_equal(skipped, 0);
    free(text); /* a copy was taken */
    orl_typist_destroy(&t);
    orl_typist_destroy(&t);
    orl_typist_destroy(NULL);
}

static void a_layout_that_does_not_exist_is_refused(void **state)
{
    (void)state;
    static const char *const bad[] = {"",
                                      "nosuchlayout",
                                      "us(nosuchvariant)",
                                      "us(",
                                      "us()",
                                      "us(intl)x",
                                      "../us",
                                      "us,de",
                                      "us/../de",
                                      "aaaaaaaaaabbbbbbbbbbccccccccccdddddddddd"};
    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
        struct orl_typist *t = NULL;
        int err = orl_typist_create(&t, bad[i]);
        if (err != ORL_EINVAL) {
            fail_msg("%s: %d", bad[i], err);
        }
        assert_null(t);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(typed_text_arrives_on_a_us_layout),
        cmocka_unit_test(typed_text_arrives_on_a_german_layout),
        cmocka_unit_test(typed_text_arrives_on_french_layouts),
        cmocka_unit_test(dead_keys_give_their_own_character_with_a_space),
        cmocka_unit_test(letters_have_their_case_whatever_caps_lock_does),
        cmocka_unit_test(characters_without_a_key_are_counted_and_left_out),
        cmocka_unit_test(a_modifier_stays_down_between_neighbours),
        cmocka_unit_test(events_are_8_ms_apart),
        cmocka_unit_test(everything_is_let_go_after_a_cancel),
        cmocka_unit_test(a_text_that_is_not_utf8_or_too_long_is_refused),
        cmocka_unit_test(a_layout_that_does_not_exist_is_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
