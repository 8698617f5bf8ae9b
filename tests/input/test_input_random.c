/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Never a stuck key: whatever the user, the desktop, the session and the queue do, in any order, the
 * guest holds nothing that is not held, and in the end what the user holds. Each seed is one life
 * of the program; a failure names it, ORL_TEST_SEED=n plays it alone, ORL_TEST_SEEDS=n plays more.
 */
#include <stdio.h>
#include <stdlib.h>

#include "support/check.h"
#include "support/random.h"
#include "world.h"

#define SEEDS 2500
#define STEPS 120

struct player {
    struct world w;
    uint64_t seed, rng;
    bool lossy;  /* key-ups get lost although the window has the focus */
    bool dialog; /* open now */
};

static bool coin(struct player *p)
{
    return random_below(&p->rng, 2);
}

static uint16_t any_key(struct player *p)
{
    return world_keys[random_below(&p->rng, WORLD_KEYS)];
}

#define CHECK(p, what)                                                                         \
    do {                                                                                       \
        if (!(what)) {                                                                         \
            fail_msg("seed %llu: %s", (unsigned long long)(p)->seed, #what);                   \
        }                                                                                      \
    } while (0)

static void tap_escape(struct player *p)
{
    world_key(&p->w, WORLD_ESCAPE, true);
    world_wait(&p->w, 5 * WORLD_STEP_NS);
    world_key(&p->w, WORLD_ESCAPE, false);
}

static void use_keys(struct player *p)
{
    uint16_t key = any_key(p);
    switch (random_below(&p->rng, 10)) {
    case 0: world_repeat(&p->w, key); break;
    case 3: world_type(&p->w, key, !p->w.made[key] && !p->dialog); break;
    case 4: world_key(&p->w, WORLD_SENDER, !p->w.fingers[WORLD_SENDER]); break;
    case 1: world_make(&p->w, key, !p->w.made[key] && !p->dialog); break;
    case 2:
        if (p->lossy) {
            world_lose_key_up(&p->w, key);
        }
        break;
    default: world_key(&p->w, key, !p->w.fingers[key]); break;
    }
}

static void use_mouse(struct player *p)
{
    uint8_t button = (uint8_t)(1 + random_below(&p->rng, 5));
    double x = (double)random_below(&p->rng, 1200) - 100;
    if (random_below(&p->rng, 8) == 0) {
        world_cross(&p->w, coin(p)); /* also while captured: a desktop that locks nothing */
    } else if (coin(p)) {
        world_move(&p->w, x, (double)random_below(&p->rng, 1000));
    } else {
        world_button(&p->w, button, !(p->w.mouse & 1u << button));
    }
}

/* Bindings: Escape together with a key that has one or has none. */
static void use_bindings(struct player *p)
{
    bool hold = coin(p);
    if (random_below(&p->rng, 3) == 0) {
        tap_escape(p);
        return;
    }
    world_key(&p->w, WORLD_ESCAPE, true);
    use_keys(p);
    world_key(&p->w, 0x52, true); /* volume up */
    if (hold) {
        world_wait(&p->w, 300 * WORLD_STEP_NS);
    }
    use_keys(p);
    if (coin(p)) {
        world_focus(&p->w, !p->w.focused);
    }
    world_key(&p->w, WORLD_ESCAPE, false);
    world_key(&p->w, 0x52, coin(p));
}

static void disturb(struct player *p)
{
    struct world *w = &p->w;
    switch (random_below(&p->rng, 9)) {
    case 0:
    case 1: world_focus(w, !w->focused); break;
    case 2: world_session(w, !w->guest.session); break;
    case 3:
        world_session(w, false); /* a new session before anybody heard that the old one ended */
        world_session(w, true);
        break;
    case 4: w->guest.hold = !w->guest.hold; break;
    case 5: w->guest.absolute = !w->guest.absolute; break;
    case 6:
        p->dialog = !p->dialog;
        world_dialog(w, p->dialog);
        break;
    case 7: orl_input_uncapture(&w->in, w->now_ns); break;
    default: orl_input_release(&w->in, w->now_ns); break;
    }
}

/* The window system's list of keys; the program asks for it while it has the focus. */
static void look_at_keys(struct player *p)
{
    struct world *w = &p->w;
    uint8_t down[ORL_KEYBOARD_KEYS];
    for (int i = 0; i < ORL_KEYBOARD_KEYS; i++) {
        down[i] = w->fingers[i];
    }
    if (w->focused) {
        orl_input_believe(&w->in, down, sizeof(down));
        orl_input_tick(&w->in, w->now_ns);
    }
}

static void check_quiet(struct player *p)
{
    struct world *w = &p->w;
    if (p->lossy) {
        look_at_keys(p);
    }
    world_settle(w);
    if (w->focused) {
        CHECK(p, world_stuck_keys(w) == 0);
        CHECK(p, (w->guest.buttons & ~w->mouse) == 0);
    } else {
        CHECK(p, w->guest.buttons == 0);
    }
    if (w->guest.hold || p->dialog || !w->guest.session) {
        CHECK(p, world_guest_keys(w) == 0);
        CHECK(p, w->guest.buttons == 0);
    }
    CHECK(p, p->lossy || w->in.keyboard.corrections == 0);
    CHECK(p, w->in.mouse.corrections == 0);
    CHECK(p, w->guest.wild == 0);
}

static void step(struct player *p)
{
    switch (random_below(&p->rng, 16)) {
    case 0: use_bindings(p); break;
    case 1: disturb(p); break;
    case 2:
    case 3:
    case 4: use_mouse(p); break;
    case 5: world_news(&p->w); break;
    case 6:
    case 7:
    case 8: world_drain(&p->w, 1 + (int)random_below(&p->rng, 3)); break;
    case 9: world_wait(&p->w, random_below(&p->rng, 400) * WORLD_STEP_NS); break;
    case 10: check_quiet(p); break;
    default: use_keys(p); break;
    }
}

static void let_go_of_everything(struct player *p)
{
    struct world *w = &p->w;
    for (uint16_t usage = 1; usage < ORL_KEYBOARD_KEYS; usage++) {
        if (w->made[usage]) {
            world_make(w, usage, false);
        }
        world_key(w, usage, false);
    }
    for (uint8_t b = 1; b <= 5; b++) {
        world_button(w, b, false);
    }
}

/* Everything works again: what the user presses is what the guest holds. */
static void check_hands_reach_the_guest(struct player *p)
{
    struct world *w = &p->w;
    if (!w->in.on) { /* Escape+I has no place among the keys above */
        fail_msg("seed %llu: input is off", (unsigned long long)p->seed);
    }
    if (w->in.conf.capture_only && !w->in.captured) {
        tap_escape(p);
        CHECK(p, w->in.captured);
    }
    world_cross(w, true);
    world_settle(w); /* room in the queue for what follows */
    world_move(w, 500, 500);
    for (int i = 0; i < 6; i++) {
        uint16_t key = any_key(p);
        bool win = key == 0xE3 && w->in.conf.ignore_windows_keys;
        world_key(w, key, win ? false : !w->fingers[key]);
        world_settle(w);
        CHECK(p, world_stuck_keys(w) == 0);
        CHECK(p, world_guest_lacks(w) == 0);
    }
    world_button(w, 1, true);
    world_settle(w);
    CHECK(p, w->guest.buttons == 1u << 1);
    world_button(w, 1, false);
}

static struct orl_input_conf any_conf(struct player *p)
{
    return (struct orl_input_conf){.grab_keyboard = coin(p),
                                   .grab_keyboard_on_focus = coin(p),
                                   .release_keys_on_focus_loss = coin(p),
                                   .capture_on_focus = random_below(&p->rng, 4) == 0,
                                   .capture_only = random_below(&p->rng, 4) == 0,
                                   .capture_on_start = coin(p),
                                   .auto_capture = coin(p),
                                   .ignore_windows_keys = coin(p),
                                   .scale_cursor = coin(p),
                                   .mouse_smoothing = coin(p)};
}

static void live(struct player *p)
{
    static const uint32_t lengths[] = {2, 4, 16, ORL_CMDQ_LEN};
    struct world *w = &p->w;
    struct orl_input_conf conf = any_conf(p);
    uint32_t len = lengths[random_below(&p->rng, 4)];
    bool resets = coin(p), returns = coin(p);
    world_open(w, &conf, len, resets, returns);
    world_session(w, coin(p));
    for (int i = 0; i < STEPS; i++) {
        step(p);
    }
    world_focus(w, true);
    w->guest.hold = false;
    if (p->dialog) {
        p->dialog = false;
        world_dialog(w, false);
    }
    if (!w->guest.session) {
        world_session(w, true);
    }
    world_settle(w);
    let_go_of_everything(p);
    look_at_keys(p);
    check_quiet(p);
    CHECK(p, world_guest_keys(w) == 0);
    CHECK(p, w->guest.buttons == 0);
    check_hands_reach_the_guest(p);
    let_go_of_everything(p);
    check_quiet(p);
    CHECK(p, world_guest_keys(w) == 0);
    CHECK(p, w->guest.buttons == 0);
}

struct harvest {
    uint64_t presses, overflows, corrections;
};

static struct harvest play(bool lossy)
{
    struct harvest all = {0, 0, 0};
    const char *only = getenv("ORL_TEST_SEED");
    const char *more = getenv("ORL_TEST_SEEDS");
    uint64_t first = only ? strtoull(only, NULL, 10) : 1;
    uint64_t last = only ? first : more ? strtoull(more, NULL, 10) : SEEDS;
    for (uint64_t seed = first; seed <= last; seed++) {
        static struct player p;
        p = (struct player){.seed = seed, .rng = seed * 7919, .lossy = lossy};
        live(&p);
        all.presses += p.w.guest.presses;
        all.overflows += orl_cmdq_overflows(&p.w.q);
        all.corrections += p.w.in.keyboard.corrections;
        world_close(&p.w);
    }
    return all;
}

static void no_key_is_stuck_whatever_happens(void **state)
{
    (void)state;
    struct harvest h = play(false);
    assert_true(h.presses > 0 && h.overflows > 0);
    assert_int_equal(h.corrections, 0);
}

static void the_watchdog_finds_what_the_events_do_not_tell(void **state)
{
    (void)state;
    struct harvest h = play(true);
    assert_true(h.presses > 0 && h.corrections > 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(no_key_is_stuck_whatever_happens),
        cmocka_unit_test(the_watchdog_finds_what_the_events_do_not_tell),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
