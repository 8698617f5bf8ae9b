/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <string.h>

#include "input/event.h"
#include "spice/lamps.h"
#include "support/check.h"
#include "support/random.h"

#define MS UINT64_C(1000000)

enum { CAPS = 0x3a, NUM = 0x45, SCROLL = 0x46 };

static struct orl_lamps made(uint8_t shown)
{
    struct orl_lamps l;
    orl_lamps_init(&l);
    assert_true(orl_lamps_told(&l, shown, 0));
    return l;
}

static void press(struct orl_lamps *l, uint8_t byte, uint64_t now_ns)
{
    orl_lamps_key(l, byte, true, now_ns);
    orl_lamps_key(l, byte, true, now_ns + MS); /* a repeat */
    orl_lamps_key(l, byte, false, now_ns + 2 * MS);
}

static void lamps_are_what_the_guest_reports(void **state)
{
    struct orl_lamps l = made(ORL_LOCK_NUM);
    (void)state;
    assert_int_equal(l.shown, ORL_LOCK_NUM);
    assert_true(
        orl_lamps_told(&l, 0xfc, 9000 * MS)); /* by itself, with bits that mean nothing */
    assert_int_equal(l.shown, ORL_LOCK_CAPS);
    press(&l, CAPS, 10000 * MS);
    assert_true(orl_lamps_told(&l, 0, 10050 * MS)); /* the answer */
    assert_true(orl_lamps_told(&l, 0, 12000 * MS)); /* and what the server says later */
    assert_int_equal(l.shown, 0);
}

static void a_guess_of_the_server_is_no_lamp(void **state)
{
    struct orl_lamps l = made(0);
    (void)state;
    press(&l, CAPS, 1000 * MS);
    press(&l, NUM, 1500 * MS);
    assert_false(orl_lamps_told(&l, ORL_LOCK_CAPS | ORL_LOCK_NUM, 3500 * MS));
    assert_int_equal(l.shown, 0);
    assert_true(
        orl_lamps_told(&l, ORL_LOCK_CAPS | ORL_LOCK_NUM, 3600 * MS)); /* the guest now */
    assert_int_equal(l.shown, ORL_LOCK_CAPS | ORL_LOCK_NUM);
    press(&l, CAPS, 5000 * MS);
    assert_true(orl_lamps_told(&l, ORL_LOCK_CAPS, 7500 * MS)); /* not what could be guessed */
    assert_int_equal(l.shown, ORL_LOCK_CAPS);
}

static void a_command_presses_only_what_shall_change(void **state)
{
    struct orl_lamps l = made(ORL_LOCK_NUM);
    (void)state;
    press(&l, CAPS, 1000 * MS); /* of a guest without this lamp, or before it answers */
    assert_int_equal(l.server, ORL_LOCK_NUM | ORL_LOCK_CAPS);
    /* Num off, Caps as it shines: the server must see no difference in Caps. */
    assert_int_equal(orl_lamps_command(&l, 0, 1010 * MS), ORL_LOCK_CAPS);
    assert_int_equal(l.server, ORL_LOCK_CAPS);
    orl_lamps_key(&l, NUM, true, 1020 * MS); /* a finger on it: the server would not press it */
    assert_int_equal(l.server, ORL_LOCK_CAPS | ORL_LOCK_NUM);
    assert_int_equal(orl_lamps_command(&l, 0, 1030 * MS), ORL_LOCK_CAPS | ORL_LOCK_NUM);
}

/* ---- A server and a guest ------------------------------------------------------------------ */

struct server {
    uint8_t modifiers, pressed; /* its own */
    uint8_t guest, follows;     /* the guest's lamps, and those that its keys change */
    bool answers;               /* a lamp changed and was not reported yet */
    bool timer;                 /* it will tell its own */
};

static uint8_t lock(uint8_t byte)
{
    return byte == CAPS ? ORL_LOCK_CAPS : byte == NUM ? ORL_LOCK_NUM : ORL_LOCK_SCROLL;
}

static void reach_guest(struct server *s, uint8_t lock_key)
{
    s->answers |= (lock_key & s->follows) != 0;
    s->guest ^= lock_key & s->follows;
}

static void serve_key(struct server *s, uint8_t byte, bool down)
{
    uint8_t bit = lock(byte);
    if (down && !(s->pressed & bit)) {
        s->modifiers ^= bit;
        s->timer = true;
        reach_guest(s, bit);
    }
    s->pressed = (uint8_t)(down ? s->pressed | bit : s->pressed & ~bit);
}

/* How many lock keys it pressed. */
static uint8_t serve_command(struct server *s, uint8_t locks)
{
    uint8_t taps = (uint8_t)((locks ^ s->modifiers) & ~s->pressed);
    s->modifiers ^= taps;
    s->timer = true;
    reach_guest(s, taps);
    return taps;
}

static void whatever_is_sent_the_lamps_are_the_guests(void **state)
{
    static const uint8_t bytes[] = {CAPS, NUM, SCROLL};
    uint64_t rng = 1;
    (void)state;
    for (int life = 0; life < 300; life++) {
        struct server s = {.follows = (uint8_t)random_below(&rng, 8)};
        struct orl_lamps l = made(0);
        uint64_t now_ns = 1000 * MS, sent_ns = 0;
        for (int step = 0; step < 200; step++) {
            now_ns += random_below(&rng, 3) ? 10 * MS : 3000 * MS;
            if (s.timer && now_ns > sent_ns + 2000 * MS) {
                (void)orl_lamps_told(&l, s.modifiers, sent_ns + 2001 * MS);
                s.timer = false;
                assert_int_equal(l.shown, s.guest);
            }
            uint8_t byte = bytes[random_below(&rng, 3)];
            bool down = random_below(&rng, 2);
            if (random_below(&rng, 3)) {
                orl_lamps_key(&l, byte, down, now_ns);
                serve_key(&s, byte, down);
            } else {
                uint8_t want = (uint8_t)random_below(&rng, 8), shown = l.shown;
                uint8_t taps = serve_command(&s, orl_lamps_command(&l, want, now_ns));
                assert_int_equal(taps & ~(want ^ shown), 0);
            }
            sent_ns = s.timer ? now_ns : sent_ns;
            assert_int_equal(l.server, s.modifiers);
            if (s.answers) { /* within the two seconds */
                s.answers = false;
                s.modifiers = s.guest;
                assert_true(orl_lamps_told(&l, s.modifiers, now_ns + MS));
                assert_int_equal(l.shown, s.guest);
            }
        }
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(lamps_are_what_the_guest_reports),
        cmocka_unit_test(a_guess_of_the_server_is_no_lamp),
        cmocka_unit_test(a_command_presses_only_what_shall_change),
        cmocka_unit_test(whatever_is_sent_the_lamps_are_the_guests),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
