/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Commands through the session into a real server, which says what arrived. */
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/wake.h"
#include "frame/fallback.h"
#include "input/event.h"
#include "input/keymap.h"
#include "spice/rig.h"
#include "support/check.h"
#include "support/random.h"

#define MARK 0x58 /* F12: ends a run of commands */

static int setup(void **state)
{
    struct rig *r = malloc(sizeof(*r));
    rig_init(r);
    *state = r;
    return 0;
}

static int teardown(void **state)
{
    rig_finish(*state);
    free(*state);
    return 0;
}

static void begin(struct rig *r)
{
    rig_serve(r, NULL);
    rig_connect(r);
    rig_wait(r, rig_has_inputs);
}

static void push(struct rig *r, struct orl_cmd c)
{
    assert_true(orl_cmdq_push(&r->input, &c));
}

static void key(struct rig *r, uint16_t code, bool down)
{
    push(r, (struct orl_cmd){.kind = ORL_CMD_KEY, .code = code, .down = down});
}

static void button(struct rig *r, uint16_t code, bool down)
{
    push(r, (struct orl_cmd){.kind = ORL_CMD_BUTTON, .code = code, .down = down});
}

static void motion(struct rig *r, int32_t dx, int32_t dy)
{
    push(r, (struct orl_cmd){.kind = ORL_CMD_MOTION, .dx = dx, .dy = dy});
}

static void position(struct rig *r, int32_t x, int32_t y)
{
    push(r, (struct orl_cmd){.kind = ORL_CMD_POSITION, .dx = x, .dy = y, .w = 640, .h = 480});
}

static void wheel(struct rig *r, int32_t notches)
{
    push(r, (struct orl_cmd){.kind = ORL_CMD_WHEEL, .dy = notches});
}

static unsigned next_scan(struct rig *r)
{
    char line[256];
    unsigned byte = 0;
    do {
        if (!rig_line(&r->server, line, sizeof(line), RIG_MS)) {
            fail_msg("no scan code came");
        }
    } while (sscanf(line, "scan %2x", &byte) != 1);
    return byte;
}

static void expect_scan(struct rig *r, unsigned byte)
{
    unsigned got = next_scan(r);
    if (got != byte) {
        fail_msg("scan %02x instead of %02x", got, byte);
    }
}

static void expect_code(struct rig *r, uint16_t code, bool down)
{
    if (code & 0x100) {
        expect_scan(r, 0xe0);
    }
    expect_scan(r, (code & 0x7fu) | (down ? 0 : 0x80));
}

/* What QEMU knows as Pause, whole on press (spice/inputs.c says why). */
static void expect_pause(struct rig *r)
{
    expect_code(r, 0x146, true);
    expect_code(r, 0x146, false);
}

static void inputs_carry_every_key_of_the_table(void **state)
{
    struct rig *r = *state;
    size_t n = 0;
    const struct orl_key *keys = orl_keymap(&n);
    begin(r);
    assert_true(n > 100);
    for (size_t i = 0; i < n; i++) {
        if (keys[i].set1 == 0) {
            continue;
        }
        key(r, keys[i].set1, true);
        key(r, keys[i].set1, false);
        if (keys[i].set1 == ORL_CODE_PAUSE) {
            expect_pause(r);
        } else {
            expect_code(r, keys[i].set1, true);
            expect_code(r, keys[i].set1, false);
        }
    }
}

static void inputs_ignore_codes_that_no_keyboard_has(void **state)
{
    struct rig *r = *state;
    static const uint16_t codes[] = {0, 0x80, 0x100, 0x180, 0x201, 0x300, 0xffff};
    begin(r);
    for (size_t i = 0; i < sizeof(codes) / sizeof(codes[0]); i++) {
        key(r, codes[i], true);
        key(r, codes[i], false);
    }
    key(r, MARK, true);
    expect_scan(r, MARK);
}

/* libspice-server hands on: 1 left, 2 right, 4 middle, 64 side, 128 extra. */
static void inputs_carry_buttons_with_their_state(void **state)
{
    struct rig *r = *state;
    begin(r);
    motion(r, 1, 1);
    rig_expect(r, "motion 1 1 0 0");
    button(r, ORL_BUTTON_LEFT, true);
    rig_expect(r, "motion 0 0 0 1");
    button(r, ORL_BUTTON_RIGHT, true);
    rig_expect(r, "motion 0 0 0 3");
    motion(r, 5, 0);
    rig_expect(r, "motion 5 0 0 3");
    button(r, ORL_BUTTON_LEFT, false);
    rig_expect(r, "buttons 2");
    button(r, ORL_BUTTON_MIDDLE, true);
    rig_expect(r, "motion 0 0 0 6");
    button(r, ORL_BUTTON_RIGHT, false);
    rig_expect(r, "buttons 4");
    button(r, ORL_BUTTON_MIDDLE, false);
    rig_expect(r, "buttons 0");
}

static void inputs_carry_the_side_buttons(void **state)
{
    struct rig *r = *state;
    char side[64], extra[64];
    begin(r);
    button(r, ORL_BUTTON_SIDE, true);
    assert_true(rig_line(&r->server, side, sizeof(side), RIG_MS));
    while (strncmp(side, "motion", 6) != 0) {
        assert_true(rig_line(&r->server, side, sizeof(side), RIG_MS));
    }
    button(r, ORL_BUTTON_SIDE, false);
    rig_expect(r, "buttons 0");
    button(r, ORL_BUTTON_EXTRA, true);
    do {
        assert_true(rig_line(&r->server, extra, sizeof(extra), RIG_MS));
    } while (strncmp(extra, "motion", 6) != 0);
    assert_string_equal(side, "motion 0 0 0 64");
    assert_string_equal(extra, "motion 0 0 0 128");
}

static void inputs_carry_each_notch_of_the_wheel(void **state)
{
    struct rig *r = *state;
    begin(r);
    wheel(r, 2);
    rig_expect(r, "motion 0 0 -1 0");
    rig_expect(r, "motion 0 0 -1 0");
    wheel(r, -1);
    rig_expect(r, "motion 0 0 1 0");
}

/* ---- Random commands. ----------------------------------------------------------------------- */

struct tally {
    int64_t x, y, z;
    unsigned scans[4096];
    size_t scan_n;
    uint32_t buttons;
    unsigned presses;
};

static void tally_line(struct tally *t, const char *line)
{
    int dx, dy, dz;
    unsigned v;
    if (sscanf(line, "motion %d %d %d %u", &dx, &dy, &dz, &v) == 4) {
        t->x += dx;
        t->y += dy;
        t->z += dz;
        t->presses += (v & ~t->buttons) != 0;
        t->buttons = v;
    } else if (sscanf(line, "buttons %u", &v) == 1) {
        t->buttons = v;
    } else if (sscanf(line, "scan %x", &v) == 1 && t->scan_n < 4096) {
        t->scans[t->scan_n++] = v;
    }
}

/* All lines up to the mark. */
static void tally_until_mark(struct rig *r, struct tally *t)
{
    char line[256];
    for (;;) {
        assert_true(rig_line(&r->server, line, sizeof(line), RIG_MS));
        if (strcmp(line, "scan d8") == 0) {
            return;
        }
        tally_line(t, line);
    }
}

static void mark(struct rig *r)
{
    key(r, MARK, true);
    key(r, MARK, false);
}

static void inputs_keep_order_and_sums_of_random_commands(void **state)
{
    struct rig *r = *state;
    uint64_t rnd = 42;
    static struct tally want, got;
    memset(&want, 0, sizeof(want));
    memset(&got, 0, sizeof(got));
    begin(r);
    for (int round = 0; round < 100; round++) {
        got.scan_n = want.scan_n = 0;
        for (int i = 0; i < 100; i++) {
            int32_t dx = (int32_t)random_below(&rnd, 401) - 200;
            int32_t dy = (int32_t)random_below(&rnd, 401) - 200;
            uint32_t what = random_below(&rnd, 40);
            if (what < 30) {
                motion(r, dx, dy);
                want.x += dx;
                want.y += dy;
            } else if (what < 37) {
                bool down = random_below(&rnd, 2) == 0;
                uint16_t code = (uint16_t)(2 + random_below(&rnd, 0x40));
                key(r, code, down);
                want.scans[want.scan_n++] = code | (down ? 0 : 0x80);
            } else if (what < 39) {
                wheel(r, 1);
                want.z--;
            } else {
                button(r, ORL_BUTTON_LEFT, true);
                button(r, ORL_BUTTON_LEFT, false);
                want.presses++;
            }
        }
        mark(r);
        want.scans[want.scan_n++] = MARK;
        tally_until_mark(r, &got);
        assert_int_equal(got.scan_n, want.scan_n);
        assert_memory_equal(got.scans, want.scans, want.scan_n * sizeof(want.scans[0]));
        assert_int_equal(got.buttons, 0);
    }
    /* The library holds motion back while four of it are not acknowledged; keys may pass it. */
    for (int i = 0; i < 20 && (got.x != want.x || got.y != want.y); i++) {
        mark(r);
        tally_until_mark(r, &got);
    }
    assert_int_equal(got.x, want.x);
    assert_int_equal(got.y, want.y);
    assert_int_equal(got.z, want.z);
    assert_int_equal(got.presses, want.presses);
}

static void inputs_never_let_motion_pass_a_button(void **state)
{
    struct rig *r = *state;
    static struct tally t;
    begin(r);
    for (int i = 1; i <= 200; i++) {
        char line[256];
        for (int k = 0; k < 30; k++) {
            motion(r, 3, -1);
        }
        button(r, ORL_BUTTON_LEFT, true);
        memset(&t, 0, sizeof(t));
        while (t.presses == 0) {
            assert_true(rig_line(&r->server, line, sizeof(line), RIG_MS));
            tally_line(&t, line);
        }
        assert_int_equal(t.x, 90);
        assert_int_equal(t.y, -30);
        button(r, ORL_BUTTON_LEFT, false);
        rig_expect(r, "buttons 0");
    }
}

/* ---- Never a stuck key. --------------------------------------------------------------------- */

static void inputs_release_everything_at_stop(void **state)
{
    struct rig *r = *state;
    static const uint16_t codes[] = {0x1d, 0x2a, 0x38, 0x15b, 0x1e, 0x1f, 0x20, 0x148};
    bool down[0x200] = {false};
    char line[256];
    unsigned byte, e0 = 0, buttons = 99;
    begin(r);
    for (size_t i = 0; i < sizeof(codes) / sizeof(codes[0]); i++) {
        key(r, codes[i], true);
    }
    button(r, ORL_BUTTON_LEFT, true);
    button(r, ORL_BUTTON_RIGHT, true);
    rig_expect(r, "motion 0 0 0 3");
    for (size_t i = 0; i < sizeof(codes) / sizeof(codes[0]); i++) {
        down[codes[i]] = true;
    }
    rig_disconnect(r);
    while (rig_line(&r->server, line, sizeof(line), RIG_MS) &&
           strncmp(line, "channel 3 0 disconnected", 24) != 0) {
        (void)sscanf(line, "buttons %u", &buttons);
        if (sscanf(line, "scan %x", &byte) == 1) {
            if (byte == 0xe0) {
                e0 = 0x100;
                continue;
            }
            down[(byte & 0x7f) | e0] = byte < 0x80;
            e0 = 0;
        }
    }
    for (size_t i = 0; i < 0x200; i++) {
        assert_false(down[i]);
    }
    assert_int_equal(buttons, 0);
}

static void inputs_release_what_they_told_on_request(void **state)
{
    struct rig *r = *state;
    begin(r);
    key(r, 0x1e, true);
    key(r, 0x11d, true);
    key(r, 0x1f, true);
    key(r, 0x1f, false);
    push(r, (struct orl_cmd){.kind = ORL_CMD_RELEASE_ALL});
    mark(r);
    expect_code(r, 0x1e, true);
    expect_code(r, 0x11d, true);
    expect_code(r, 0x1f, true);
    expect_code(r, 0x1f, false);
    expect_code(r, 0x1e, false);
    expect_code(r, 0x11d, false);
    expect_code(r, MARK, true);
}

static bool second_epoch(const struct orl_spice_status *s)
{
    return rig_has_inputs(s) && s->epoch == 2;
}

static void inputs_of_the_time_without_a_server_are_void(void **state)
{
    struct rig *r = *state;
    begin(r);
    rig_kill_server(r);
    rig_wait_state(r, ORL_SPICE_WAITING);
    for (int i = 0; i < 5000; i++) { /* more than the queue holds: it is taken all the time */
        struct orl_cmd c = {.kind = ORL_CMD_KEY, .code = 0x1e, .down = true};
        (void)orl_cmdq_push(&r->input, &c);
    }
    rig_serve(r, NULL);
    rig_wait(r, second_epoch);
    mark(r);
    expect_scan(r, MARK);
}

/* A server that stands still for a while and a hand that does not stop: nothing blocks, nothing
 * grows, and in the end the guest holds no key that the hand has let go. */
static void inputs_end_released_after_an_overflow(void **state)
{
    struct rig *r = *state;
    bool down[0x80] = {false};
    begin(r);
    kill(r->server.pid, SIGSTOP);
    bool overflowed = false;
    for (int i = 0; i < 20000; i++) {
        struct orl_cmd c = {.kind = ORL_CMD_KEY, .code = (uint16_t)(2 + i % 50), .down = true};
        overflowed |= !orl_cmdq_push(&r->input, &c);
    }
    assert_true(overflowed);
    kill(r->server.pid, SIGCONT);
    uint64_t until_ns = orl_now_ns() + 15 * ORL_NS_PER_S;
    struct orl_cmd m = {.kind = ORL_CMD_KEY, .code = MARK, .down = true};
    bool marked = false;
    char line[256];
    unsigned byte;
    while (orl_now_ns() < until_ns && !marked) {
        (void)orl_cmdq_push(&r->input, &m);
        while (rig_line(&r->server, line, sizeof(line), 20)) {
            if (sscanf(line, "scan %x", &byte) == 1) {
                down[byte & 0x7f] = byte < 0x80;
                marked |= byte == MARK;
            }
        }
    }
    assert_true(marked);
    for (unsigned i = 2; i < 52; i++) {
        assert_false(down[i]);
    }
}

/* ---- Locks. --------------------------------------------------------------------------------- */

static bool all_leds(const struct orl_spice_status *s)
{
    return s->leds_known && s->leds == (ORL_LOCK_CAPS | ORL_LOCK_NUM | ORL_LOCK_SCROLL);
}

static bool num_only(const struct orl_spice_status *s)
{
    return s->leds_known && s->leds == ORL_LOCK_NUM;
}

static void inputs_follow_the_lamps_of_the_guest(void **state)
{
    struct rig *r = *state;
    begin(r);
    rig_tell(r, "leds 7");
    rig_wait(r, all_leds);
    rig_tell(r, "leds 2");
    rig_wait(r, num_only);
}

static void inputs_set_the_locks_of_the_guest(void **state)
{
    struct rig *r = *state;
    begin(r);
    push(r, (struct orl_cmd){.kind = ORL_CMD_LOCKS, .code = ORL_LOCK_CAPS});
    expect_code(r, 0x3a, true);
    expect_code(r, 0x3a, false);
}

/* ---- Absolute pointer. ---------------------------------------------------------------------- */

static bool is_absolute(const struct orl_spice_status *s)
{
    return rig_has_inputs(s) && s->absolute;
}

static bool is_relative(const struct orl_spice_status *s)
{
    return rig_has_inputs(s) && !s->absolute;
}

static void inputs_use_positions_when_asked_and_offered(void **state)
{
    struct rig *r = *state;
    r->conf.absolute = true;
    begin(r);
    rig_wait(r, is_relative); /* no tablet yet */
    rig_tell(r, "tablet 1");
    rig_wait(r, is_absolute);
    position(r, 100, 200);
    rig_expect(r, "position 100 200 0");
    button(r, ORL_BUTTON_LEFT, true);
    rig_expect(r, "wheel 0 1");
    position(r, 10000, -5);
    rig_expect(r, "position 639 0 1");
    motion(r, -39, 10); /* relative motion moves the same pointer */
    rig_expect(r, "position 600 10 1");
    wheel(r, 1);
    rig_expect(r, "wheel -1 1");
    rig_tell(r, "tablet 0");
    rig_wait(r, is_relative);
    motion(r, 4, 4);
    rig_expect(r, "motion 4 4 0");
}

static bool is_absolute_with_display(const struct orl_spice_status *s)
{
    return is_absolute(s) && s->display_w == 640 && s->display_h == 480;
}

static void place(struct rig *r, int32_t x, int32_t y, uint16_t w, uint16_t h)
{
    push(r, (struct orl_cmd){.kind = ORL_CMD_POSITION, .dx = x, .dy = y, .w = w, .h = h});
}

/* The picture comes from the guest's memory, and the server has a display of its own. */
static void inputs_scale_positions_to_the_servers_display(void **state)
{
    struct rig *r = *state;
    static struct orl_wake wake; /* the session may outlive a test that fails */
    static struct orl_fallback display;
    orl_wake_init(&wake);
    orl_fallback_init(&display, &wake);
    r->link.fallback = &display;
    r->conf.absolute = true;
    r->conf.display = true;
    begin(r);
    rig_tell(r, "tablet 1");
    rig_wait(r, is_absolute_with_display);
    place(r, 2559, 1439, 2560, 1440);
    rig_expect(r, "position 639 479 0");
    place(r, 0, 0, 2560, 1440);
    rig_expect(r, "position 0 0 0");
    place(r, 640, 720, 2560, 1440);
    rig_expect(r, "position 160 240 0");
    place(r, 10, 7, 320, 8);
    rig_expect(r, "position 20 479 0");
    place(r, 100000, -1, 2560, 1440);
    rig_expect(r, "position 639 0 0");
    place(r, 0, 0, 1, 1);
    rig_expect(r, "position 0 0 0");
    rig_disconnect(r);
    orl_fallback_finish(&display);
}

static void inputs_stay_relative_unless_asked(void **state)
{
    struct rig *r = *state;
    begin(r);
    rig_tell(r, "tablet 1");
    assert_false(rig_wait_ms(r, is_absolute, 300));
    motion(r, 7, 8);
    rig_expect(r, "motion 7 8 0 0");
}

/* The viewer captures the mouse, and lets go. */
static void inputs_change_between_positions_and_motion_on_request(void **state)
{
    struct rig *r = *state;
    r->conf.absolute = true;
    begin(r);
    rig_tell(r, "tablet 1");
    rig_wait(r, is_absolute);
    rig_request(r, ORL_SPICE_SET_ABSOLUTE, 0, 0, 0, NULL, 0);
    rig_wait(r, is_relative);
    motion(r, 5, -6);
    rig_expect(r, "motion 5 -6 0");
    rig_request(r, ORL_SPICE_SET_ABSOLUTE, 1, 0, 0, NULL, 0);
    rig_wait(r, is_absolute);
    position(r, 10, 20);
    rig_expect(r, "position 10 20 0");
}

int main(void)
{
#define CASE(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
    const struct CMUnitTest tests[] = {
        CASE(inputs_carry_every_key_of_the_table),
        CASE(inputs_ignore_codes_that_no_keyboard_has),
        CASE(inputs_carry_buttons_with_their_state),
        CASE(inputs_carry_the_side_buttons),
        CASE(inputs_carry_each_notch_of_the_wheel),
        CASE(inputs_keep_order_and_sums_of_random_commands),
        CASE(inputs_never_let_motion_pass_a_button),
        CASE(inputs_release_everything_at_stop),
        CASE(inputs_release_what_they_told_on_request),
        CASE(inputs_of_the_time_without_a_server_are_void),
        CASE(inputs_end_released_after_an_overflow),
        CASE(inputs_follow_the_lamps_of_the_guest),
        CASE(inputs_set_the_locks_of_the_guest),
        CASE(inputs_use_positions_when_asked_and_offered),
        CASE(inputs_scale_positions_to_the_servers_display),
        CASE(inputs_stay_relative_unless_asked),
        CASE(inputs_change_between_positions_and_motion_on_request),
    };
    cmocka_set_test_filter(getenv("ORL_TEST_ONLY"));
    return cmocka_run_group_tests(tests, NULL, NULL);
}
