/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The rhythm of commands, with a clock of the test's own and a model of what QEMU's PS/2 devices do
 * with them, written from the description in pacer.h.
 */
#include <stdlib.h>
#include <string.h>

#include "input/event.h"
#include "spice/pacer.h"
#include "spice/pulse.h"
#include "support/check.h"
#include "support/random.h"

#define MS UINT64_C(1000000)

static struct orl_cmd motion(int32_t dx, int32_t dy)
{
    return (struct orl_cmd){.kind = ORL_CMD_MOTION, .dx = dx, .dy = dy};
}

static struct orl_cmd button(uint16_t code, bool down)
{
    return (struct orl_cmd){.kind = ORL_CMD_BUTTON, .code = code, .down = down};
}

static struct orl_cmd key(uint16_t code, bool down)
{
    return (struct orl_cmd){.kind = ORL_CMD_KEY, .code = code, .down = down};
}

static void push(struct orl_pacer *p, struct orl_cmd c)
{
    assert_true(orl_pacer_push(p, &c));
}

/* ---- The guest: a PS/2 mouse and keyboard as QEMU makes them. ------------------------------- */

struct ps2 {
    uint64_t drain_ns; /* the guest takes one packet in that time */
    uint64_t next_ns;
    unsigned queued; /* packets, at most 4 */
    int64_t held_x, held_y;
    int64_t seen_x, seen_y; /* what the guest's driver adds up */
    uint32_t buttons;       /* in the device */
    struct {
        int64_t x, y;
        uint32_t buttons;
    } packet[4];
    uint32_t seen_buttons;
    unsigned presses;
};

static int64_t packet_part(int64_t v)
{
    return v > 127 ? 127 : v < -127 ? -127 : v;
}

static void ps2_sync(struct ps2 *g)
{
    bool first = true;
    while (g->queued < 4 && (first || g->held_x || g->held_y)) {
        g->packet[g->queued].x = packet_part(g->held_x);
        g->packet[g->queued].y = packet_part(g->held_y);
        g->packet[g->queued].buttons = g->buttons;
        g->held_x -= g->packet[g->queued].x;
        g->held_y -= g->packet[g->queued].y;
        g->queued++;
        first = false;
    }
}

static void ps2_run(struct ps2 *g, uint64_t now_ns)
{
    for (; g->next_ns <= now_ns; g->next_ns += g->drain_ns) {
        if (g->queued == 0) {
            continue;
        }
        g->seen_x += g->packet[0].x;
        g->seen_y += g->packet[0].y;
        if (g->packet[0].buttons & ~g->seen_buttons) {
            g->presses++;
        }
        g->seen_buttons = g->packet[0].buttons;
        memmove(&g->packet[0], &g->packet[1], sizeof(g->packet) - sizeof(g->packet[0]));
        g->queued--;
    }
}

static void ps2_take(struct ps2 *g, const struct orl_cmd *c, uint64_t now_ns)
{
    ps2_run(g, now_ns);
    if (c->kind == ORL_CMD_MOTION) {
        g->held_x += c->dx;
        g->held_y += c->dy;
    } else if (c->kind == ORL_CMD_BUTTON) {
        uint32_t bit = 1u << c->code;
        g->buttons = c->down ? g->buttons | bit : g->buttons & ~bit;
    }
    ps2_sync(g);
}

/* Steps of a tenth of a millisecond. */
static void run_until(struct orl_pacer *p, struct ps2 *g, uint64_t *now_ns, uint64_t end_ns)
{
    struct orl_cmd c;
    for (; *now_ns < end_ns; *now_ns += MS / 10) {
        while (orl_pacer_pull(p, *now_ns, &c)) {
            ps2_take(g, &c, *now_ns);
        }
        ps2_run(g, *now_ns);
    }
}

/* ---- Tests. --------------------------------------------------------------------------------- */

static void pacer_sends_the_first_motion_at_once(void **state)
{
    (void)state;
    struct orl_pacer p;
    struct orl_cmd c;
    orl_pacer_init(&p);
    push(&p, motion(3, -2));
    assert_true(orl_pacer_pull(&p, 1000 * MS, &c));
    assert_int_equal(c.dx, 3);
    assert_int_equal(c.dy, -2);
    push(&p, motion(1, 1));
    push(&p, motion(1, 1));
    assert_false(orl_pacer_pull(&p, 1000 * MS, &c));
    assert_int_equal(orl_pacer_due(&p, 1000 * MS), 1001 * MS);
    assert_true(orl_pacer_pull(&p, 1001 * MS, &c));
    assert_int_equal(c.dx, 2);
}

static void pacer_never_lets_motion_pass_a_button(void **state)
{
    (void)state;
    struct orl_pacer p;
    struct orl_cmd c;
    uint64_t now_ns = 0;
    static const uint8_t kinds[] = {ORL_CMD_MOTION, ORL_CMD_BUTTON, ORL_CMD_MOTION,
                                    ORL_CMD_BUTTON, ORL_CMD_KEY};
    orl_pacer_init(&p);
    push(&p, motion(1, 0));
    push(&p, button(ORL_BUTTON_LEFT, true));
    push(&p, motion(2, 0));
    push(&p, motion(3, 0));
    push(&p, button(ORL_BUTTON_LEFT, false));
    push(&p, key(0x1e, true));
    for (size_t i = 0; i < sizeof(kinds); i++) {
        while (!orl_pacer_pull(&p, now_ns, &c) || c.kind == ORL_PACER_NUDGE) {
            now_ns += MS / 10;
        }
        assert_int_equal(c.kind, kinds[i]);
    }
    assert_true(now_ns <= 2 * ORL_PACER_HOLD_NS);
}

static void pacer_splits_what_no_message_holds(void **state)
{
    (void)state;
    struct orl_pacer p;
    struct orl_cmd c;
    int64_t x = 0, y = 0;
    orl_pacer_init(&p);
    push(&p, motion(INT32_MAX, -100000));
    push(&p, motion(INT32_MAX, 0)); /* more than the field holds: cut, not wrapped */
    for (uint64_t ms = 0; ms < 200000 && orl_pacer_busy(&p); ms++) {
        if (orl_pacer_pull(&p, ms * MS, &c) && c.kind == ORL_CMD_MOTION) {
            assert_in_range(abs(c.dx), 0, 32767);
            x += c.dx;
            y += c.dy;
        }
    }
    assert_int_equal(x, INT32_MAX);
    assert_int_equal(y, -100000);
}

/* However fast the mouse and however slow the guest: nothing of the way is missing in the end. */
static void pacer_leaves_nothing_stuck_in_a_ps2_mouse(void **state)
{
    (void)state;
    static const uint64_t drains[] = {MS / 5, MS, 4 * MS, 5 * MS};
    uint64_t rnd = 1;
    for (size_t d = 0; d < sizeof(drains) / sizeof(drains[0]); d++) {
        for (int round = 0; round < 50; round++) {
            struct orl_pacer p;
            struct ps2 g = {.drain_ns = drains[d]};
            uint64_t now_ns = 0;
            int64_t x = 0, y = 0;
            int n = 1 + (int)random_below(&rnd, 400);
            int32_t speed = 1 + (int32_t)random_below(&rnd, 300);
            orl_pacer_init(&p);
            for (int i = 0; i < n; i++) {
                int32_t dx = (int32_t)random_below(&rnd, (uint32_t)speed) - speed / 3;
                push(&p, motion(dx, -speed / 2));
                x += dx;
                y += -speed / 2;
                run_until(&p, &g, &now_ns, now_ns + MS / 2);
            }
            run_until(&p, &g, &now_ns, now_ns + 6000 * MS);
            assert_int_equal(g.seen_x, x);
            assert_int_equal(g.seen_y, y);
            assert_int_equal(orl_pacer_due(&p, now_ns), ORL_PACER_NEVER);
        }
    }
}

/* Clicks in the middle of the fastest movement arrive, each of them. */
static void pacer_loses_no_click_in_a_movement(void **state)
{
    (void)state;
    struct orl_pacer p;
    struct ps2 g = {.drain_ns = 4 * MS};
    uint64_t now_ns = 0;
    orl_pacer_init(&p);
    for (int click = 0; click < 100; click++) {
        for (int i = 0; i < 40; i++) {
            push(&p, motion(200, 90));
            if (i == 20 || i == 21) {
                push(&p, button(ORL_BUTTON_LEFT, i == 20));
            }
            run_until(&p, &g, &now_ns, now_ns + MS);
        }
    }
    run_until(&p, &g, &now_ns, now_ns + 1000 * MS);
    assert_int_equal(g.presses, 100);
    assert_int_equal(g.seen_buttons, 0);
}

static void pacer_delays_a_click_by_one_packet_at_most(void **state)
{
    (void)state;
    struct orl_pacer p;
    struct orl_cmd c;
    orl_pacer_init(&p);
    uint64_t now_ns = 0;
    for (int i = 0; i < 1000; i++) {
        push(&p, motion(500, 500));
        while (orl_pacer_pull(&p, now_ns, &c)) {
        }
        now_ns += MS;
    }
    push(&p, button(ORL_BUTTON_LEFT, true));
    uint64_t from_ns = now_ns;
    while (!orl_pacer_pull(&p, now_ns, &c) || c.kind != ORL_CMD_BUTTON) {
        now_ns += MS / 10;
    }
    assert_true(now_ns - from_ns <= ORL_PACER_PS2_NS + MS);
}

static void pacer_is_idle_after_a_movement(void **state)
{
    (void)state;
    struct orl_pacer p;
    struct orl_cmd c;
    int nudges = 0;
    orl_pacer_init(&p);
    for (uint64_t ms = 0; ms < 100; ms++) {
        push(&p, motion(1, 1));
        while (orl_pacer_pull(&p, ms * MS, &c)) {
        }
    }
    for (uint64_t ms = 100; ms < 1000; ms++) {
        while (orl_pacer_pull(&p, ms * MS, &c)) {
            assert_int_equal(c.kind, ORL_PACER_NUDGE);
            nudges++;
        }
    }
    assert_in_range(nudges, 1, 8);
    assert_int_equal(orl_pacer_due(&p, 1000 * MS), ORL_PACER_NEVER);
}

static void pacer_lets_a_key_through_at_once(void **state)
{
    (void)state;
    struct orl_pacer p;
    struct orl_cmd c;
    orl_pacer_init(&p);
    push(&p, key(0x1d, true));
    push(&p, key(0x38, true));
    push(&p, key(0x153, true));
    for (int i = 0; i < 3; i++) {
        assert_true(orl_pacer_pull(&p, 5 * MS, &c));
    }
}

/* QEMU's queue of 16 bytes, emptied a bit faster than the model assumes. */
static void pacer_never_floods_a_ps2_keyboard(void **state)
{
    (void)state;
    struct orl_pacer p;
    struct orl_cmd c;
    uint64_t rnd = 7;
    int level = 0;
    orl_pacer_init(&p);
    for (uint64_t ms = 0; ms < 20000; ms++) {
        while (orl_pacer_has_room(&p)) {
            push(&p, key((uint16_t)(1 + random_below(&rnd, 0x50) +
                                    (random_below(&rnd, 3) == 0 ? 0x100 : 0)),
                         random_below(&rnd, 2) == 0));
        }
        while (orl_pacer_pull(&p, ms * MS, &c)) {
            bool print = c.code == 0x137;
            level += c.down ? (print ? 4 : 1) : (print ? 6 : 2);
            level += !print && (c.code & 0x100) ? 1 : 0;
            assert_in_range(level, 0, 16);
        }
        level -= level > 0;
    }
}

static void pacer_releases_all_that_it_told(void **state)
{
    (void)state;
    struct orl_pacer p;
    struct orl_cmd c;
    uint64_t rnd = 3;
    bool down[0x200] = {false};
    uint32_t buttons = 0;
    uint64_t now_ns = 0;
    orl_pacer_init(&p);
    for (int round = 0; round < 200; round++) {
        for (int i = 0; i < 20; i++) {
            push(&p,
                 key((uint16_t)(1 + random_below(&rnd, 0x1fe)), random_below(&rnd, 3) != 0));
            push(&p, button((uint16_t)(1 + random_below(&rnd, 5)), random_below(&rnd, 2) == 0));
        }
        push(&p, (struct orl_cmd){.kind = ORL_CMD_RELEASE_ALL});
        while (orl_pacer_busy(&p)) {
            if (!orl_pacer_pull(&p, now_ns, &c)) {
                now_ns += MS / 2;
                continue;
            }
            if (c.kind == ORL_CMD_KEY) {
                down[c.code] = c.down;
            } else if (c.kind == ORL_CMD_BUTTON) {
                buttons = c.down ? buttons | 1u << c.code : buttons & ~(1u << c.code);
            }
        }
        for (size_t i = 0; i < 0x200; i++) {
            assert_false(down[i]);
        }
        assert_int_equal(buttons, 0);
        assert_int_equal(orl_pacer_buttons(&p), 0);
    }
}

static void pacer_refuses_what_it_has_no_room_for(void **state)
{
    (void)state;
    struct orl_pacer p;
    orl_pacer_init(&p);
    for (int i = 0; i < ORL_PACER_LEN; i++) {
        push(&p, key(0x10, i % 2 == 0));
    }
    struct orl_cmd c = key(0x10, true);
    assert_false(orl_pacer_has_room(&p));
    assert_false(orl_pacer_push(&p, &c));
}

static void pulse_tells_a_hanging_server_from_a_quiet_one(void **state)
{
    (void)state;
    struct orl_pulse p;
    struct orl_pulse_signs s = {.read_bytes = 100};
    orl_pulse_init(&p);
    for (uint64_t ms = 500; ms < 60000; ms += 500) { /* nothing owed */
        assert_false(orl_pulse_look(&p, &s, ms * MS));
    }
    s.owes = true;
    for (uint64_t ms = 60000; ms < 120000; ms += 500) { /* owes, but answers now and then */
        s.read_bytes += ms % 4000 == 0;
        assert_false(orl_pulse_look(&p, &s, ms * MS));
    }
    s.owes = false;
    s.unread = 1000;
    for (uint64_t ms = 120000; ms < 180000; ms += 500) { /* slow, but it reads */
        s.unread--;
        assert_false(orl_pulse_look(&p, &s, ms * MS));
    }
    uint64_t told_ms = 0;
    for (uint64_t ms = 180000; ms < 200000 && told_ms == 0; ms += 500) {
        s.unread++; /* more for it to read does not make it alive */
        told_ms = orl_pulse_look(&p, &s, ms * MS) ? ms : 0;
    }
    assert_in_range(told_ms, 184500, 186000);
}

/* The user goes on: each look finds a queue that became empty, and more in the socket. */
static void pulse_does_not_take_a_write_into_a_socket_for_life(void **state)
{
    (void)state;
    for (int how = 0; how < 2; how++) {
        struct orl_pulse p;
        struct orl_pulse_signs s = {.read_bytes = 100, .owes = true, .acks = how == 1};
        bool told = false;
        orl_pulse_init(&p);
        for (uint64_t ms = 500; ms < 10000; ms += 500) {
            s.flushed++;
            s.unread += how == 0 ? 40 : 0; /* else: the server's kernel has taken it */
            told |= orl_pulse_look(&p, &s, ms * MS);
        }
        assert_true(told);
    }
}

static void pulse_takes_an_emptied_socket_for_life(void **state)
{
    (void)state;
    struct orl_pulse p;
    struct orl_pulse_signs s = {.read_bytes = 100, .owes = true};
    orl_pulse_init(&p);
    for (uint64_t ms = 500; ms < 60000; ms += 500) { /* keys: nobody acknowledges them */
        s.flushed++;
        assert_false(orl_pulse_look(&p, &s, ms * MS));
    }
}

static void pulse_forgives_our_own_sleep(void **state)
{
    (void)state;
    struct orl_pulse p;
    struct orl_pulse_signs s = {.owes = true};
    orl_pulse_init(&p);
    assert_false(orl_pulse_look(&p, &s, 1000 * MS));
    assert_false(orl_pulse_look(&p, &s, 1500 * MS));
    assert_false(orl_pulse_look(&p, &s, 60000 * MS));
    assert_false(orl_pulse_look(&p, &s, 60500 * MS));
}

/* A sum that waited in the queue (input/cmdq.h) may be of any size. */
static void pacer_loses_no_notch_of_the_wheel(void **state)
{
    (void)state;
    struct orl_pacer p;
    struct orl_cmd c;
    orl_pacer_init(&p);
    push(&p, (struct orl_cmd){.kind = ORL_CMD_WHEEL, .dy = 100});
    push(&p, (struct orl_cmd){.kind = ORL_CMD_WHEEL, .dy = -70});
    push(&p, (struct orl_cmd){.kind = ORL_CMD_WHEEL, .dx = 3});
    int32_t up = 0, down = 0;
    for (uint64_t ms = 1; ms < 10000 && orl_pacer_busy(&p); ms++) {
        while (orl_pacer_pull(&p, ms * MS, &c)) {
            if (c.kind == ORL_CMD_WHEEL) {
                assert_in_range(c.dy + ORL_PACER_WHEEL_MAX, 0, 2 * ORL_PACER_WHEEL_MAX);
                assert_true(c.dy <= 0 || down == 0); /* in order */
                up += c.dy > 0 ? c.dy : 0;
                down += c.dy < 0 ? c.dy : 0;
            }
        }
    }
    assert_int_equal(up, 100);
    assert_int_equal(down, -70);
    assert_false(orl_pacer_busy(&p));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(pacer_sends_the_first_motion_at_once),
        cmocka_unit_test(pacer_never_lets_motion_pass_a_button),
        cmocka_unit_test(pacer_splits_what_no_message_holds),
        cmocka_unit_test(pacer_leaves_nothing_stuck_in_a_ps2_mouse),
        cmocka_unit_test(pacer_loses_no_click_in_a_movement),
        cmocka_unit_test(pacer_delays_a_click_by_one_packet_at_most),
        cmocka_unit_test(pacer_is_idle_after_a_movement),
        cmocka_unit_test(pacer_lets_a_key_through_at_once),
        cmocka_unit_test(pacer_never_floods_a_ps2_keyboard),
        cmocka_unit_test(pacer_releases_all_that_it_told),
        cmocka_unit_test(pacer_loses_no_notch_of_the_wheel),
        cmocka_unit_test(pacer_refuses_what_it_has_no_room_for),
        cmocka_unit_test(pulse_tells_a_hanging_server_from_a_quiet_one),
        cmocka_unit_test(pulse_does_not_take_a_write_into_a_socket_for_life),
        cmocka_unit_test(pulse_takes_an_emptied_socket_for_life),
        cmocka_unit_test(pulse_forgives_our_own_sleep),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
