/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Keys of a real X server: what the window tells of them, and its account of those that are down. */
#include <stdio.h>
#include <stdlib.h>

#include "base/clock.h"
#include "support/check.h"
#include "win/win.h"

#define PATIENCE_NS (20 * ORL_NS_PER_S)
#define A           4 /* USB HID usages */
#define B           5

static struct orl_win *win;

static int setup(void **state)
{
    char why[200] = "";
    struct orl_win_conf conf = {
        .title = "keys", .app_id = "keys", .w = 400, .h = 300, .soft_present = true};
    (void)state;
    orl_win_prepare();
    if (orl_win_create(&win, &conf, why, sizeof(why)) != ORL_OK) {
        fprintf(stderr, "no window: %s\n", why);
        return -1;
    }
    return system("xdotool windowfocus --sync $(xdotool search --sync --name '^keys$')");
}

static int teardown(void **state)
{
    (void)state;
    orl_win_destroy(&win);
    return 0;
}

static struct orl_event next_key(void)
{
    uint64_t end_ns = orl_now_ns() + PATIENCE_NS;
    while (orl_now_ns() < end_ns) {
        struct orl_event ev = orl_win_wait(win, orl_now_ns() + 5 * ORL_NS_PER_MS);
        if (ev.kind == ORL_EVENT_KEY && !ev.repeat) {
            return ev;
        }
    }
    fail_msg("no key came");
    return (struct orl_event){.kind = ORL_EVENT_NONE};
}

static void expect(uint16_t usage, bool down)
{
    struct orl_event ev = next_key();
    assert_int_equal(ev.scancode, usage);
    assert_int_equal(ev.down, down);
}

/* The account, behind all that has come meanwhile: held keys repeat. */
static const uint8_t *account(void)
{
    uint64_t end_ns = orl_now_ns() + PATIENCE_NS;
    size_t n = 0;
    const uint8_t *down = orl_win_keys(win, &n);
    while (!down && orl_now_ns() < end_ns) {
        (void)orl_win_wait(win, 0);
        down = orl_win_keys(win, &n);
    }
    assert_true(down && n > 148);
    return down;
}

/* The guest is told of the keys in their order; an account of later ones would let go of them. */
static void keys_are_not_accounted_for_while_some_are_not_told(void **state)
{
    size_t n = 0;
    (void)state;
    /* Moves of the window come between the keys, and mean nothing here. */
    assert_int_equal(system("w=$(xdotool search --name '^keys$'); xdotool keydown a "
                            "windowmove $w 5 5 keyup a windowmove $w 0 0 keydown b"),
                     0);
    expect(A, true);
    const uint8_t *down = orl_win_keys(win, &n);
    if (down) { /* unless what follows has come already */
        assert_true(n > B && down[A]);
    }
    expect(A, false);
    expect(B, true);
    down = account();
    assert_true(down[B] && !down[A]);
    assert_int_equal(system("xdotool keyup b"), 0);
    expect(B, false);
    assert_false(account()[B]);
}

/* By X's keycodes: the point of a Brazilian keypad, and the keypad's usual one; Zenkaku/Hankaku. */
static void keys_that_sdl_takes_for_others_have_their_own_place(void **state)
{
    static const struct {
        const char *down, *up;
        uint16_t usage;
    } keys[] = {{"xdotool keydown 129", "xdotool keyup 129", 133},
                {"xdotool keydown 91", "xdotool keyup 91", 99},
                {"xdotool keydown 93", "xdotool keyup 93", 148}};
    (void)state;
    for (size_t i = 0; i < sizeof(keys) / sizeof(keys[0]); i++) {
        assert_int_equal(system(keys[i].down), 0);
        expect(keys[i].usage, true);
        assert_true(account()[keys[i].usage]);
        assert_int_equal(system(keys[i].up), 0);
        expect(keys[i].usage, false);
        assert_false(account()[keys[i].usage]);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(keys_are_not_accounted_for_while_some_are_not_told),
        cmocka_unit_test(keys_that_sdl_takes_for_others_have_their_own_place),
    };
    return cmocka_run_group_tests(tests, setup, teardown);
}
