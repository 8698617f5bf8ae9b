/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "input/binds.h"
#include "support/check.h"
#include "support/random.h"

/* Positions, as USB HID usages. */
enum {
    A = 4,
    C = 6,
    F = 9,
    H = 11,
    Q = 20,
    R = 21,
    V = 25,
    Z = 29,
    BACKSPACE = 42,
    F1 = 58,
    F12 = 69,
    SCROLL = 71, /* the escape key of most tests */
    DEL = 76,
    F13 = 104,
    LEFT_CTRL = 224,
    LEFT_SHIFT = 225,
    LEFT_ALT = 226,
    LEFT_WIN = 227,
    RIGHT_CTRL = 228,
    RIGHT_WIN = 231,
    AUDIO_NEXT = 258
};

#define MS    UINT64_C(1000000)
#define DELAY (200 * MS)

/* A keyboard, the bindings, and the time of the last event. */
struct desk {
    struct orl_binds b;
    uint64_t now_ns;
    bool linux_guest;
};

static struct orl_bind_hit send(struct desk *d, uint16_t usage, bool down, bool repeat)
{
    struct orl_event ev = {
        .kind = ORL_EVENT_KEY, .down = down, .repeat = repeat, .scancode = usage};
    d->now_ns += MS;
    return orl_binds_key(&d->b, &ev, d->linux_guest, d->now_ns);
}

static struct orl_bind_hit press(struct desk *d, uint16_t usage)
{
    return send(d, usage, true, false);
}

static struct orl_bind_hit let_go(struct desk *d, uint16_t usage)
{
    return send(d, usage, false, false);
}

static struct desk make_with(uint16_t escape)
{
    struct desk d = {.now_ns = 1000 * MS};
    orl_binds_init(&d.b, escape, DELAY);
    return d;
}

static struct desk make(void)
{
    return make_with(SCROLL);
}

static void bind(struct desk *d, const char *chord, const char *action)
{
    char why[160] = "";
    int err = orl_binds_add(&d->b, chord, action, why, sizeof(why));
    if (err != ORL_OK) {
        fail_msg("%s = %s: %s", chord, action, why);
    }
}

/* Member by member: what lies between them is nobody's. */
static void assert_same(const struct orl_bind *a, const struct orl_bind *b)
{
    assert_int_equal(a->chord.mods, b->chord.mods);
    assert_int_equal(a->chord.sides, b->chord.sides);
    assert_int_equal(a->chord.usage, b->chord.usage);
    assert_int_equal(a->trigger, b->trigger);
    assert_int_equal(a->action, b->action);
    assert_int_equal(a->linux_only, b->linux_only);
    assert_int_equal(a->send_len, b->send_len);
    assert_memory_equal(a->send, b->send, a->send_len * sizeof(a->send[0]));
}

#define assert_hit(result, wanted, swallowed)                                                  \
    do {                                                                                       \
        struct orl_bind_hit hit_ = (result);                                                   \
        assert_int_equal(hit_.action, (wanted));                                               \
        assert_int_equal(hit_.swallow, (swallowed));                                           \
    } while (0)

static void a_combination_needs_the_escape_key(void **state)
{
    (void)state;
    struct desk d = make();
    assert_hit(press(&d, F), ORL_ACTION_NONE, false);
    assert_hit(let_go(&d, F), ORL_ACTION_NONE, false);
    assert_hit(press(&d, SCROLL), ORL_ACTION_NONE, true);
    assert_hit(press(&d, F), ORL_ACTION_FULL_SCREEN, true);
    assert_hit(let_go(&d, F), ORL_ACTION_NONE, true);
    assert_hit(press(&d, Q), ORL_ACTION_QUIT, true);
    assert_hit(let_go(&d, Q), ORL_ACTION_NONE, true);
    assert_hit(let_go(&d, SCROLL), ORL_ACTION_NONE, true);
    assert_hit(press(&d, Q), ORL_ACTION_NONE, false);
}

static void a_held_key_acts_once(void **state)
{
    (void)state;
    struct desk d = make();
    press(&d, SCROLL);
    assert_hit(press(&d, F), ORL_ACTION_FULL_SCREEN, true);
    assert_hit(send(&d, F, true, true), ORL_ACTION_NONE, true);
    assert_hit(press(&d, F), ORL_ACTION_NONE, true); /* a driver that does not mark repeats */
    assert_hit(let_go(&d, F), ORL_ACTION_NONE, true);
    assert_hit(press(&d, F), ORL_ACTION_FULL_SCREEN, true);
}

static void repeats_of_a_key_for_the_guest_go_to_the_guest(void **state)
{
    (void)state;
    struct desk d = make();
    assert_hit(press(&d, F), ORL_ACTION_NONE, false);
    press(&d, SCROLL);
    assert_hit(send(&d, F, true, true), ORL_ACTION_NONE, false);
    assert_hit(press(&d, F), ORL_ACTION_NONE, false);
    assert_hit(let_go(&d, F), ORL_ACTION_NONE, false);
}

static void the_escape_key_alone_toggles_capture_when_let_go(void **state)
{
    (void)state;
    struct desk d = make();
    assert_hit(press(&d, SCROLL), ORL_ACTION_NONE, true);
    assert_hit(let_go(&d, SCROLL), ORL_ACTION_CAPTURE, true);
    assert_true(orl_binds_due(&d.b) == UINT64_MAX);
    press(&d, SCROLL);
    press(&d, F);
    let_go(&d, F);
    assert_hit(let_go(&d, SCROLL), ORL_ACTION_NONE, true); /* it was not alone */
    press(&d, SCROLL);
    press(&d, Z); /* means nothing, and is no typing either */
    assert_hit(let_go(&d, SCROLL), ORL_ACTION_NONE, true);
    assert_hit(let_go(&d, Z), ORL_ACTION_NONE, true);
}

static void the_escape_key_held_shows_the_list_and_does_not_toggle(void **state)
{
    (void)state;
    struct desk d = make();
    assert_true(orl_binds_due(&d.b) == UINT64_MAX);
    press(&d, SCROLL);
    uint64_t due = d.now_ns + DELAY;
    assert_true(orl_binds_due(&d.b) == due);
    assert_int_equal(orl_binds_tick(&d.b, due - 1).action, ORL_ACTION_NONE);
    assert_int_equal(orl_binds_tick(&d.b, due).action, ORL_ACTION_HELP);
    assert_int_equal(orl_binds_tick(&d.b, due + 1).action, ORL_ACTION_NONE);
    assert_true(orl_binds_due(&d.b) == UINT64_MAX);
    d.now_ns = due + 100 * MS;
    assert_hit(press(&d, F), ORL_ACTION_FULL_SCREEN, true); /* with the list open */
    assert_hit(let_go(&d, F), ORL_ACTION_NONE, true);
    assert_hit(let_go(&d, SCROLL), ORL_ACTION_HELP_HIDE, true);
    assert_int_equal(orl_binds_tick(&d.b, due + 900 * MS).action, ORL_ACTION_NONE);
    assert_int_equal(orl_binds_tick(&d.b, UINT64_MAX).action, ORL_ACTION_NONE);
}

static void repeats_of_the_escape_key_do_not_push_the_list_back(void **state)
{
    (void)state;
    struct desk d = make();
    press(&d, SCROLL);
    uint64_t due = d.now_ns + DELAY;
    d.now_ns += 100 * MS;
    assert_hit(send(&d, SCROLL, true, true), ORL_ACTION_NONE, true);
    assert_hit(press(&d, SCROLL), ORL_ACTION_NONE, true);
    assert_int_equal(orl_binds_tick(&d.b, due).action, ORL_ACTION_HELP);
}

static void a_loop_that_slept_through_the_delay_does_not_toggle(void **state)
{
    (void)state;
    struct desk d = make();
    press(&d, SCROLL);
    d.now_ns += 2 * DELAY;
    assert_hit(let_go(&d, SCROLL), ORL_ACTION_NONE, true);
}

static void without_a_list_any_time_alone_is_a_tap(void **state)
{
    (void)state;
    struct desk d = make();
    bind(&d, "hold Escape", "none");
    press(&d, SCROLL);
    assert_true(orl_binds_due(&d.b) == UINT64_MAX);
    d.now_ns += 50 * DELAY;
    assert_hit(let_go(&d, SCROLL), ORL_ACTION_CAPTURE, true);
}

static void no_list_after_a_combination(void **state)
{
    (void)state;
    struct desk d = make();
    press(&d, SCROLL);
    press(&d, F);
    assert_true(orl_binds_due(&d.b) == UINT64_MAX);
    assert_int_equal(orl_binds_tick(&d.b, d.now_ns + 5 * DELAY).action, ORL_ACTION_NONE);
    assert_hit(let_go(&d, SCROLL), ORL_ACTION_NONE, true);
}

static void focus_loss_lets_go_of_everything(void **state)
{
    (void)state;
    struct desk d = make();
    press(&d, SCROLL);
    assert_int_equal(orl_binds_tick(&d.b, d.now_ns + DELAY).action, ORL_ACTION_HELP);
    assert_int_equal(orl_binds_blur(&d.b).action, ORL_ACTION_HELP_HIDE);
    assert_int_equal(orl_binds_blur(&d.b).action, ORL_ACTION_NONE);
    assert_hit(press(&d, Q), ORL_ACTION_NONE, false);
    assert_hit(let_go(&d, SCROLL), ORL_ACTION_NONE, true); /* a late key-up, still ours */
    press(&d, SCROLL);
    orl_binds_blur(&d.b);
    assert_true(orl_binds_due(&d.b) == UINT64_MAX);
}

static void a_swallowed_key_stays_swallowed_across_a_focus_loss(void **state)
{
    (void)state;
    struct desk d = make();
    press(&d, SCROLL);
    press(&d, F);
    orl_binds_blur(&d.b);
    assert_hit(let_go(&d, F), ORL_ACTION_NONE, true);
    assert_hit(press(&d, F), ORL_ACTION_NONE, false);
    orl_binds_blur(&d.b);
    assert_hit(let_go(&d, F), ORL_ACTION_NONE, false);
}

static void bindings_work_without_the_escape_key(void **state)
{
    (void)state;
    struct desk d = make();
    bind(&d, "Ctrl+Alt+F", "fullScreen");
    assert_hit(press(&d, LEFT_CTRL), ORL_ACTION_NONE, false);
    assert_hit(press(&d, LEFT_ALT), ORL_ACTION_NONE, false);
    assert_hit(press(&d, F), ORL_ACTION_FULL_SCREEN, true);
    assert_hit(let_go(&d, LEFT_CTRL), ORL_ACTION_NONE, false);
    assert_hit(let_go(&d, F), ORL_ACTION_NONE, true); /* though the chord is gone */
    assert_hit(press(&d, F), ORL_ACTION_NONE, false);
    assert_hit(let_go(&d, F), ORL_ACTION_NONE, false);
    assert_hit(let_go(&d, LEFT_ALT), ORL_ACTION_NONE, false);
}

static void exactly_the_named_modifiers_have_to_be_held(void **state)
{
    (void)state;
    struct desk d = make();
    bind(&d, "Ctrl+F", "mute");
    bind(&d, "Escape+Shift+R", "quit");
    press(&d, LEFT_CTRL);
    press(&d, LEFT_SHIFT);
    assert_hit(press(&d, F), ORL_ACTION_NONE, false);
    let_go(&d, F);
    let_go(&d, LEFT_SHIFT);
    assert_hit(press(&d, F), ORL_ACTION_MUTE, true);
    let_go(&d, F);
    press(&d, RIGHT_CTRL); /* both sides are still Ctrl */
    assert_hit(press(&d, F), ORL_ACTION_MUTE, true);
    let_go(&d, F);
    let_go(&d, LEFT_CTRL);
    let_go(&d, RIGHT_CTRL);
    press(&d, LEFT_SHIFT);
    press(&d, SCROLL);
    assert_hit(press(&d, R), ORL_ACTION_QUIT, true);
    let_go(&d, R);
    assert_hit(let_go(&d, LEFT_SHIFT), ORL_ACTION_NONE, false); /* the guest saw it */
    assert_hit(press(&d, R), ORL_ACTION_ROTATE, true);
}

static void a_side_can_be_named(void **state)
{
    (void)state;
    struct desk d = make();
    bind(&d, "RightCtrl+F", "quit");
    bind(&d, "Ctrl+F", "mute");
    press(&d, RIGHT_CTRL);
    assert_hit(press(&d, F), ORL_ACTION_QUIT, true); /* the narrower one wins */
    let_go(&d, F);
    press(&d, LEFT_CTRL);
    assert_hit(press(&d, F), ORL_ACTION_MUTE, true);
    let_go(&d, F);
    let_go(&d, RIGHT_CTRL);
    assert_hit(press(&d, F), ORL_ACTION_MUTE, true);
}

static void a_modifier_can_be_the_key_itself(void **state)
{
    (void)state;
    struct desk d = make();
    press(&d, SCROLL);
    assert_hit(press(&d, LEFT_WIN), ORL_ACTION_LEFT_WIN, true);
    assert_hit(let_go(&d, LEFT_WIN), ORL_ACTION_NONE, true);
    assert_hit(press(&d, RIGHT_WIN), ORL_ACTION_RIGHT_WIN, true);
    assert_hit(let_go(&d, RIGHT_WIN), ORL_ACTION_NONE, true);
}

static void a_modifier_can_be_the_escape_key(void **state)
{
    (void)state;
    struct desk d = make_with(RIGHT_CTRL);
    bind(&d, "Ctrl+A", "mute");
    bind(&d, "RightCtrl+Z", "quit"); /* the same as Escape+Z */
    press(&d, RIGHT_CTRL);
    assert_hit(press(&d, A), ORL_ACTION_NONE, true); /* it is Escape and no Ctrl */
    assert_hit(press(&d, F), ORL_ACTION_FULL_SCREEN, true);
    assert_hit(press(&d, Z), ORL_ACTION_QUIT, true);
    let_go(&d, RIGHT_CTRL);
    press(&d, LEFT_CTRL);
    let_go(&d, A);
    assert_hit(press(&d, A), ORL_ACTION_MUTE, true);
    let_go(&d, LEFT_CTRL);
    press(&d, RIGHT_CTRL);
    assert_hit(let_go(&d, RIGHT_CTRL), ORL_ACTION_CAPTURE, true);
}

static void pressing_twice_soon_is_double(void **state)
{
    (void)state;
    struct desk d = make();
    bind(&d, "tap Escape", "none");
    bind(&d, "double Escape", "capture");
    press(&d, SCROLL);
    assert_hit(let_go(&d, SCROLL), ORL_ACTION_NONE, true);
    d.now_ns += ORL_BIND_DOUBLE_NS - 5 * MS;
    assert_hit(press(&d, SCROLL), ORL_ACTION_CAPTURE, true);
    assert_hit(let_go(&d, SCROLL), ORL_ACTION_NONE, true);
    assert_hit(press(&d, SCROLL), ORL_ACTION_NONE, true); /* the third is a first again */
    let_go(&d, SCROLL);
    d.now_ns += ORL_BIND_DOUBLE_NS;
    assert_hit(press(&d, SCROLL), ORL_ACTION_NONE, true); /* too late */
    let_go(&d, SCROLL);
    assert_hit(press(&d, A), ORL_ACTION_NONE, false); /* another key between */
    let_go(&d, A);
    assert_hit(press(&d, SCROLL), ORL_ACTION_NONE, true);
}

static void a_key_with_a_tap_or_double_is_never_for_the_guest(void **state)
{
    (void)state;
    struct desk d = make();
    bind(&d, "tap RightCtrl", "capture");
    bind(&d, "double F13", "mute");
    assert_hit(press(&d, RIGHT_CTRL), ORL_ACTION_NONE, true);
    assert_hit(let_go(&d, RIGHT_CTRL), ORL_ACTION_CAPTURE, true);
    press(&d, RIGHT_CTRL);
    assert_hit(press(&d, C), ORL_ACTION_NONE, false);
    let_go(&d, C);
    assert_hit(let_go(&d, RIGHT_CTRL), ORL_ACTION_NONE, true);
    assert_hit(press(&d, F13), ORL_ACTION_NONE, true);
    assert_hit(let_go(&d, F13), ORL_ACTION_NONE, true);
    assert_hit(press(&d, F13), ORL_ACTION_MUTE, true);
    assert_hit(let_go(&d, F13), ORL_ACTION_NONE, true);
}

static void press_and_release_can_do_different_things(void **state)
{
    (void)state;
    struct desk d = make();
    bind(&d, "Ctrl+H", "microphone");
    bind(&d, "release Ctrl+H", "mute");
    press(&d, LEFT_CTRL);
    assert_hit(press(&d, H), ORL_ACTION_MICROPHONE, true);
    let_go(&d, LEFT_CTRL);
    assert_hit(let_go(&d, H), ORL_ACTION_MUTE, true);
    assert_hit(press(&d, H), ORL_ACTION_NONE, false);
    assert_hit(let_go(&d, H), ORL_ACTION_NONE, false);
}

static void the_list_can_be_bound_to_any_key(void **state)
{
    (void)state;
    struct desk d = make();
    bind(&d, "Escape+H", "help");
    press(&d, SCROLL);
    assert_hit(press(&d, H), ORL_ACTION_HELP, true);
    assert_hit(let_go(&d, SCROLL), ORL_ACTION_NONE, true);
    assert_hit(let_go(&d, H), ORL_ACTION_HELP_HIDE, true);
}

static void a_media_key_can_be_bound(void **state)
{
    (void)state;
    struct desk d = make();
    bind(&d, "AudioNext", "volumeUp");
    assert_hit(press(&d, AUDIO_NEXT), ORL_ACTION_VOLUME_UP, true);
    assert_hit(let_go(&d, AUDIO_NEXT), ORL_ACTION_NONE, true);
}

static void function_keys_are_for_linux_guests_only(void **state)
{
    (void)state;
    struct desk d = make();
    for (uint16_t i = 0; i < 12; i++) {
        uint16_t key = (uint16_t)(F1 + i);
        d.linux_guest = false;
        press(&d, SCROLL);
        assert_hit(press(&d, key), ORL_ACTION_NONE, true);
        let_go(&d, key);
        d.linux_guest = true;
        struct orl_bind_hit hit = press(&d, key);
        assert_int_equal(hit.action, ORL_ACTION_SEND);
        assert_int_equal(hit.bind->send_len, 3);
        assert_int_equal(hit.bind->send[0], LEFT_CTRL);
        assert_int_equal(hit.bind->send[1], LEFT_ALT);
        assert_int_equal(hit.bind->send[2], key);
        let_go(&d, key);
        let_go(&d, SCROLL);
    }
}

static void send_presses_what_the_user_wrote(void **state)
{
    (void)state;
    struct desk d = make();
    bind(&d, "Escape+Backspace", "send Ctrl + Alt+Delete");
    bind(&d, "Escape+A", "send RightCtrl+Escape");
    press(&d, SCROLL);
    struct orl_bind_hit hit = press(&d, BACKSPACE);
    assert_int_equal(hit.action, ORL_ACTION_SEND);
    assert_false(hit.bind->linux_only);
    assert_int_equal(hit.bind->send_len, 3);
    assert_int_equal(hit.bind->send[2], DEL);
    hit = press(&d, A);
    assert_int_equal(hit.bind->send_len, 2);
    assert_int_equal(hit.bind->send[0], RIGHT_CTRL);
    assert_int_equal(hit.bind->send[1], 41); /* to the guest, Escape is the key Esc */
}

static void later_lines_replace_and_none_removes(void **state)
{
    (void)state;
    struct desk d = make();
    size_t count = d.b.count;
    bind(&d, "Escape+F", "quit");
    assert_int_equal(d.b.count, count);
    bind(&d, "  ESCAPE +\tv ", " none ");
    assert_int_equal(d.b.count, count - 1);
    bind(&d, "Escape+V", "none"); /* twice is fine */
    press(&d, SCROLL);
    assert_hit(press(&d, F), ORL_ACTION_QUIT, true);
    assert_hit(press(&d, V), ORL_ACTION_NONE, true);
    assert_hit(press(&d, R), ORL_ACTION_ROTATE, true);
}

struct mistake {
    const char *chord, *action, *why;
};

static void each_mistake_is_explained(void **state)
{
    (void)state;
    static const struct mistake cases[] = {
        {"", "quit", "a key is missing"},
        {"Escape+", "quit", "a key is missing"},
        {"+F", "quit", "a key is missing"},
        {"Escape+Nosuchkeyatall", "quit", "there is no key 'Nosuchkeyatall'; -m help"},
        {"Escape+Bakspace", "quit", "there is no key 'Bakspace'; did you mean Backspace"},
        {"Escape+Ctrl", "quit", "has to name its side: LeftCtrl or RightCtrl"},
        {"F+Escape", "quit", "F cannot be held for another key; Escape, Ctrl, Alt, Shift"},
        {"Escape+Escape", "quit", "the escape key stands in it twice"},
        {"Escape+ScrollLock", "quit", "the escape key stands in it twice"},
        {"triple Escape", "quit", "'triple' is not one of press, tap, hold, double, release"},
        {"Escape+F", "", "there is no action ''"},
        {"Escape+F", "fulscreen", "no action 'fulscreen'; did you mean fullScreen"},
        {"Escape+F", "xyzzyplughxyzzyplugh", "no action 'xyzzyplughxyzzyplugh'; --help"},
        {"Escape+F", "quit now", "there is no action 'quit now'"},
        {"Escape+F", "send", "send needs keys behind it"},
        {"Escape+F", "linuxSend ", "send needs keys behind it"},
        {"Escape+F", "send Ctrl+", "a key is missing"},
        {"Escape+F", "send A+B+A", "A is sent twice"},
        {"Escape+F", "send A+B+C+D+E+F+G+H+I", "more than 8 keys at once"},
        {"tap Escape", "help", "help is shown while a key is held"},
        {"release Escape", "help", "help is shown while a key is held"},
    };
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct desk d = make();
        struct orl_binds before = d.b;
        char why[200] = "";
        int err = orl_binds_add(&d.b, cases[i].chord, cases[i].action, why, sizeof(why));
        assert_int_equal(err, ORL_EINVAL);
        if (strstr(why, cases[i].why) == NULL) {
            fail_msg("%s = %s says: %s", cases[i].chord, cases[i].action, why);
        }
        assert_int_equal(d.b.count, before.count);
        for (size_t k = 0; k < before.count; k++) {
            assert_same(&d.b.bind[k], &before.bind[k]);
        }
    }
}

/* Lines of random pieces: refused with a reason, or kept so that they read back from their words. */
static void any_line_is_refused_with_a_reason_or_reads_back(void **state)
{
    (void)state;
    static const char *const pieces[] = {
        "Escape", "+",    " ",         "Ctrl",    "F",    "tap",  "hold",  "send", "\t",
        "Shift",  "none", "linuxSend", "LeftWin", "help", "quit", "AltGr", "\xFF", "KEY_"};
    uint64_t seed = 7;
    int accepted = 0;
    struct orl_binds b = {.escape = SCROLL};
    struct orl_binds again = {.escape = SCROLL};
    for (int i = 0; i < 10000; i++) {
        char line[2][128] = {"", ""};
        char why[100] = "";
        for (int side = 0; side < 2; side++) {
            for (uint32_t n = random_below(&seed, 4); n > 0; n--) {
                strncat(line[side], pieces[random_below(&seed, 18)], 20);
            }
        }
        b.count = 0;
        again.count = 0;
        int err = orl_binds_add(&b, line[0], line[1], why, sizeof(why));
        assert_int_equal(err == ORL_OK, why[0] == '\0');
        if (err == ORL_OK && b.count > 0) {
            char chord[ORL_BIND_TEXT_BYTES];
            char action[ORL_BIND_TEXT_BYTES];
            orl_bind_line(&b.bind[0], chord, action);
            assert_int_equal(orl_binds_add(&again, chord, action, why, sizeof(why)), ORL_OK);
            assert_same(&again.bind[0], &b.bind[0]);
            accepted++;
        }
    }
    printf("%d of 10000 lines accepted\n", accepted);
    assert_true(accepted > 20);
}

/* Reasons are cut at the room there is, and no length of text does harm. */
static void long_lines_are_refused_within_bounds(void **state)
{
    (void)state;
    struct desk d = make();
    char why[16];
    char *text = malloc(10001);
    assert_non_null(text);
    memset(text, 'x', 10000);
    text[10000] = '\0';
    assert_int_equal(orl_binds_add(&d.b, text, "quit", why, sizeof(why)), ORL_EINVAL);
    assert_int_equal(strlen(why), sizeof(why) - 1);
    assert_int_equal(orl_binds_add(&d.b, "Escape+F", text, why, sizeof(why)), ORL_EINVAL);
    memset(text, '+', 10000);
    assert_int_equal(orl_binds_add(&d.b, text, "quit", why, sizeof(why)), ORL_EINVAL);
    memcpy(text, "send ", 5);
    assert_int_equal(orl_binds_add(&d.b, "Escape+F", text, why, sizeof(why)), ORL_EINVAL);
    free(text);
}

static void too_many_bindings_are_refused(void **state)
{
    (void)state;
    static const char *const mods[] = {"Ctrl", "Alt", "Shift", "Win", "LeftCtrl"};
    struct desk d = make();
    char why[80] = "";
    int err = ORL_OK;
    for (int i = 0; i < 5 * 26 && err == ORL_OK; i++) {
        char chord[32];
        snprintf(chord, sizeof(chord), "%s+%c", mods[i / 26], 'A' + i % 26);
        err = orl_binds_add(&d.b, chord, "quit", why, sizeof(why));
    }
    assert_int_equal(err, ORL_ENOSPC);
    assert_int_equal(d.b.count, ORL_BINDS_MAX);
    assert_string_equal(why, "there is room for 128 bindings only");
    bind(&d, "Ctrl+A", "mute"); /* replacing needs no room */
}

/* Every default is there, fires on its keys, and reads back from its own words. */
static void every_default_can_be_made_and_read_back(void **state)
{
    (void)state;
    struct desk d = make();
    size_t actions = 12; /* Ctrl+Alt+Fn */
    bool seen[ORL_ACTION_SEND + 1] = {false};
#define ACTION(id, name, keys, text) actions++;
#include "input/actions.def"
    assert_int_equal(d.b.count, actions);
    for (size_t i = 0; i < d.b.count; i++) {
        char chord[ORL_BIND_TEXT_BYTES];
        char action[ORL_BIND_TEXT_BYTES];
        struct desk other = make();
        other.b.count = 0;
        orl_bind_line(&d.b.bind[i], chord, action);
        bind(&other, chord, action);
        assert_int_equal(other.b.count, 1);
        assert_same(&other.b.bind[0], &d.b.bind[i]);
        seen[d.b.bind[i].action] = true;
    }
    for (int a = ORL_ACTION_NONE + 1; a < ORL_ACTION_HELP_HIDE; a++) {
        assert_true(seen[a]);
        assert_int_equal(orl_action_named(orl_action_name((enum orl_action)a)), a);
        assert_true(strlen(orl_action_text((enum orl_action)a)) > 0);
    }
    assert_string_equal(orl_action_name(ORL_ACTION_HELP_HIDE), "");
    assert_string_equal(orl_action_name(ORL_ACTION_NONE), "");
    assert_int_equal(orl_action_named("none"), ORL_ACTION_NONE);
    assert_int_equal(orl_action_named("nosuch"), ORL_ACTION_NONE);
}

static void label(uint16_t usage, char *dst, size_t cap)
{
    snprintf(dst, cap, "%s", usage == Z ? "Y" : usage == 100 ? "" : "not asked for");
}

static void the_list_names_keys_as_the_layout_does(void **state)
{
    (void)state;
    static const struct {
        const char *chord, *action, *plain, *labelled, *text;
    } cases[] = {
        {"Escape+Z", "quit", "ScrollLock+Z", "ScrollLock+Y", "Quit"},
        {"tap Escape", "quit", "tap ScrollLock", "tap ScrollLock", "Quit"},
        {"double RightCtrl+Shift+Del", "send Ctrl+Alt+Delete", "double Shift+RightCtrl+Delete",
         "double Shift+RightCtrl+Delete", "Send Ctrl+Alt+Delete"},
        {"Ctrl+Alt+Shift+Win+F1", "linuxSend RightAlt+Z", "Ctrl+Alt+Shift+Win+F1",
         "Ctrl+Alt+Shift+Win+F1", "Send RightAlt+Z (Linux guests)"},
    };
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct desk d = make();
        char keys[64];
        char text[64];
        d.b.count = 0;
        bind(&d, cases[i].chord, cases[i].action);
        orl_bind_words(&d.b, &d.b.bind[0], NULL, keys, sizeof(keys), text, sizeof(text));
        assert_string_equal(keys, cases[i].plain);
        assert_string_equal(text, cases[i].text);
        orl_bind_words(&d.b, &d.b.bind[0], label, keys, sizeof(keys), text, sizeof(text));
        assert_string_equal(keys, cases[i].labelled);
        orl_bind_words(&d.b, &d.b.bind[0], label, keys, 5, text, 3);
        assert_int_equal(strlen(keys), 4);
        assert_int_equal(strlen(text), 2);
    }
}

static void consoles_are_told_from_other_bindings(void **state)
{
    (void)state;
    struct desk d = make();
    uint32_t sum = 0;
    for (size_t i = 0; i < d.b.count; i++) {
        sum += orl_bind_console(&d.b.bind[i]);
    }
    assert_int_equal(sum, ORL_BIND_CONSOLES * (ORL_BIND_CONSOLES + 1) / 2);
    static const char *const others[][2] = {{"Escape+F1", "linuxSend Ctrl+Alt+F2"},
                                            {"Escape+F1", "linuxSend Ctrl+F1"},
                                            {"Escape+F1", "send Ctrl+Alt+F1"},
                                            {"Escape+F13", "linuxSend Ctrl+Alt+F13"},
                                            {"Escape+Shift+F1", "linuxSend Ctrl+Alt+F1"},
                                            {"double Escape+F1", "linuxSend Ctrl+Alt+F1"},
                                            {"Escape+F1", "mute"}};
    for (size_t i = 0; i < sizeof(others) / sizeof(others[0]); i++) {
        d.b.count = 0;
        bind(&d, others[i][0], others[i][1]);
        assert_int_equal(orl_bind_console(&d.b.bind[0]), 0);
    }
}

/* ---- any sequence of keys ---- */

static const uint16_t pool[] = {SCROLL,    A,        F,          H,          V,         F1, F13,
                                LEFT_CTRL, LEFT_ALT, LEFT_SHIFT, RIGHT_CTRL, AUDIO_NEXT};
#define POOL (sizeof(pool) / sizeof(pool[0]))

struct tally {
    bool down[POOL];     /* physically */
    bool to_guest[POOL]; /* the guest was told so */
};

static void random_binds(struct desk *d, uint64_t *seed)
{
    static const char *const triggers[] = {"", "tap ", "hold ", "double ", "release "};
    static const char *const mods[] = {"",       "Escape+",      "Ctrl+",          "Alt+",
                                       "Shift+", "Escape+Ctrl+", "RightCtrl+Alt+", "LeftCtrl+"};
    static const char *const keys[] = {"A",   "F",        "H",         "V",     "F1",
                                       "F13", "LeftCtrl", "AudioNext", "Escape"};
    static const char *const actions[] = {"quit", "help", "send A+F", "linuxSend H", "none"};
    for (int i = 0; i < 30; i++) {
        char chord[64];
        char why[160];
        snprintf(chord, sizeof(chord), "%s%s%s", triggers[random_below(seed, 5)],
                 mods[random_below(seed, 8)], keys[random_below(seed, 9)]);
        int err = orl_binds_add(&d->b, chord, actions[random_below(seed, 5)], why, sizeof(why));
        assert_true(err == ORL_OK || err == ORL_EINVAL); /* Escape+Escape, tap and help */
    }
}

/* A key-up, which has to fit what the guest was told. */
static struct orl_bind_hit key_up(struct desk *d, struct tally *t, size_t i)
{
    struct orl_bind_hit hit = let_go(d, pool[i]);
    assert_int_equal(hit.swallow, !t->to_guest[i]);
    t->down[i] = false;
    t->to_guest[i] = false;
    return hit;
}

/* The focus goes: key-ups come late, or never; then the guest's keys are let go by others. */
static struct orl_bind_hit lose_focus(struct desk *d, struct tally *t, uint64_t *seed)
{
    struct orl_bind_hit hit = orl_binds_blur(&d->b);
    for (size_t i = 0; i < POOL; i++) {
        if (t->down[i] && random_below(seed, 2) == 0) {
            assert_int_equal(key_up(d, t, i).action, ORL_ACTION_NONE);
        }
        t->down[i] = false;
        t->to_guest[i] = false;
    }
    return hit;
}

static struct orl_bind_hit one_key(struct desk *d, struct tally *t, size_t i, bool again,
                                   bool marked)
{
    if (t->down[i] && !again) {
        return key_up(d, t, i);
    }
    struct orl_bind_hit hit = send(d, pool[i], true, t->down[i] && marked);
    assert_true(hit.swallow || pool[i] != d->b.escape);
    if (t->down[i]) {
        assert_int_equal(hit.action, ORL_ACTION_NONE);
        assert_int_equal(hit.swallow, !t->to_guest[i]);
    }
    assert_true(hit.swallow || hit.action == ORL_ACTION_NONE);
    t->down[i] = true;
    t->to_guest[i] = !hit.swallow;
    return hit;
}

static void step(struct desk *d, struct tally *t, uint64_t *seed)
{
    size_t i = random_below(seed, POOL);
    uint32_t what = random_below(seed, 40);
    struct orl_bind_hit hit;
    d->now_ns += random_below(seed, 300) * MS;
    if (what == 0) {
        hit = lose_focus(d, t, seed);
    } else if (what < 8) {
        hit = orl_binds_tick(&d->b, d->now_ns);
        assert_true(orl_binds_due(&d->b) > d->now_ns);
    } else {
        hit = one_key(d, t, i, what < 14, what < 11);
    }
    assert_true(hit.action != ORL_ACTION_SEND || hit.bind->send_len > 0);
}

static void what_is_not_swallowed_always_balances(void **state)
{
    (void)state;
    for (uint64_t round = 0; round < 400; round++) {
        uint64_t seed = round + 1;
        struct desk d = make_with(round % 3 == 0 ? RIGHT_CTRL : SCROLL);
        struct tally t = {0};
        d.linux_guest = round % 2 == 0;
        random_binds(&d, &seed);
        for (int i = 0; i < 600; i++) {
            step(&d, &t, &seed);
        }
        for (size_t i = 0; i < POOL; i++) {
            if (t.down[i]) {
                key_up(&d, &t, i);
            }
        }
        assert_true(orl_binds_blur(&d.b).action == ORL_ACTION_NONE); /* no list stays open */
        assert_true(orl_binds_due(&d.b) == UINT64_MAX);
        assert_int_equal(d.b.mods, 0);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_combination_needs_the_escape_key),
        cmocka_unit_test(a_held_key_acts_once),
        cmocka_unit_test(repeats_of_a_key_for_the_guest_go_to_the_guest),
        cmocka_unit_test(the_escape_key_alone_toggles_capture_when_let_go),
        cmocka_unit_test(the_escape_key_held_shows_the_list_and_does_not_toggle),
        cmocka_unit_test(repeats_of_the_escape_key_do_not_push_the_list_back),
        cmocka_unit_test(a_loop_that_slept_through_the_delay_does_not_toggle),
        cmocka_unit_test(without_a_list_any_time_alone_is_a_tap),
        cmocka_unit_test(no_list_after_a_combination),
        cmocka_unit_test(focus_loss_lets_go_of_everything),
        cmocka_unit_test(a_swallowed_key_stays_swallowed_across_a_focus_loss),
        cmocka_unit_test(bindings_work_without_the_escape_key),
        cmocka_unit_test(exactly_the_named_modifiers_have_to_be_held),
        cmocka_unit_test(a_side_can_be_named),
        cmocka_unit_test(a_modifier_can_be_the_key_itself),
        cmocka_unit_test(a_modifier_can_be_the_escape_key),
        cmocka_unit_test(pressing_twice_soon_is_double),
        cmocka_unit_test(a_key_with_a_tap_or_double_is_never_for_the_guest),
        cmocka_unit_test(press_and_release_can_do_different_things),
        cmocka_unit_test(the_list_can_be_bound_to_any_key),
        cmocka_unit_test(a_media_key_can_be_bound),
        cmocka_unit_test(function_keys_are_for_linux_guests_only),
        cmocka_unit_test(send_presses_what_the_user_wrote),
        cmocka_unit_test(later_lines_replace_and_none_removes),
        cmocka_unit_test(each_mistake_is_explained),
        cmocka_unit_test(any_line_is_refused_with_a_reason_or_reads_back),
        cmocka_unit_test(long_lines_are_refused_within_bounds),
        cmocka_unit_test(too_many_bindings_are_refused),
        cmocka_unit_test(every_default_can_be_made_and_read_back),
        cmocka_unit_test(the_list_names_keys_as_the_layout_does),
        cmocka_unit_test(consoles_are_told_from_other_bindings),
        cmocka_unit_test(what_is_not_swallowed_always_balances),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
