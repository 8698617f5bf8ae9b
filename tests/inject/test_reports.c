/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Commands to HID reports: what the guest would hold after each of them. */
#include <string.h>

#include "inject/reports.h"
#include "input/event.h"
#include "support/check.h"
#include "support/random.h"

static struct orl_reports reports(void)
{
    return (struct orl_reports){.max_buttons = 32, .can_absolute = true, .leds_known = true};
}

static uint32_t give(struct orl_reports *r, struct orl_cmd cmd, struct orl_hid_record *out)
{
    uint32_t n = orl_reports_make(r, &cmd, out);
    assert_true(n <= ORL_REPORTS_MAX);
    for (uint32_t i = 0; i < n; i++) {
        uint8_t raw[ORL_LEN_hmsg];
        struct orl_hid_record whole = out[i];
        whole.generation = 1;
        whole.sequence = 1;
        assert_int_equal(orl_hid_record_write(raw, &whole), ORL_OK); /* keeps every range */
    }
    return n;
}

static uint32_t key(struct orl_reports *r, uint16_t usage, bool down,
                    struct orl_hid_record *out)
{
    return give(r, (struct orl_cmd){.kind = ORL_CMD_KEY, .usage = usage, .down = down}, out);
}

static bool has(const struct orl_hid_record *rec, uint16_t usage)
{
    if (usage >= 0xE0) {
        return rec->modifiers & 1u << (usage - 0xE0);
    }
    return memchr(rec->keys, usage, ORL_HID_KEYS) != NULL;
}

static void every_key_goes_down_and_up(void **state)
{
    (void)state;
    struct orl_reports r = reports();
    struct orl_hid_record out[ORL_REPORTS_MAX];
    for (uint16_t usage = 4; usage <= 0xE7; usage++) {
        assert_int_equal(key(&r, usage, true, out), 1);
        assert_int_equal(out[0].type, ORL_HID_KEYS_HELD);
        assert_true(has(out, usage));
        assert_true(orl_reports_hold(&r));
        assert_int_equal(key(&r, usage, true, out), 0); /* it is down already */
        assert_int_equal(key(&r, usage, false, out), 1);
        assert_false(has(out, usage));
        assert_int_equal(out[0].modifiers, 0);
        assert_false(orl_reports_hold(&r));
        assert_int_equal(key(&r, usage, false, out), 0);
    }
}

static void keys_that_no_report_can_name_are_left_out(void **state)
{
    (void)state;
    struct orl_reports r = reports();
    struct orl_hid_record out[ORL_REPORTS_MAX];
    static const uint16_t odd[] = {0, 1, 2, 3, 0xE8, 0xFF, 0x100, 258, 65535};
    for (size_t i = 0; i < sizeof(odd) / sizeof(odd[0]); i++) {
        assert_int_equal(key(&r, odd[i], true, out), 0);
        assert_int_equal(key(&r, odd[i], false, out), 0);
    }
    assert_false(orl_reports_hold(&r));
}

static void of_many_keys_the_newest_six_are_told(void **state)
{
    (void)state;
    struct orl_reports r = reports();
    struct orl_hid_record out[ORL_REPORTS_MAX];
    for (uint16_t usage = 4; usage < 12; usage++) {
        assert_int_equal(key(&r, usage, true, out), 1);
    }
    for (uint16_t usage = 4; usage < 12; usage++) {
        assert_int_equal(has(out, usage), usage >= 6);
    }
    assert_int_equal(key(&r, 4, false, out), 0); /* the guest does not know of it */
    assert_int_equal(key(&r, 11, false, out), 1);
    for (uint16_t usage = 4; usage < 12; usage++) {
        assert_int_equal(has(out, usage), usage >= 5 && usage <= 10); /* 5 is back */
    }
}

/* Whatever is pressed and released: the guest holds the newest six of what is held. */
static void the_guest_holds_what_the_user_holds(void **state)
{
    (void)state;
    uint64_t rng = 17;
    struct orl_reports r = reports();
    struct orl_hid_record out[ORL_REPORTS_MAX], last = {0};
    uint16_t order[256];
    uint32_t held = 0;
    for (int i = 0; i < 20000; i++) {
        uint16_t usage = (uint16_t)(random_below(&rng, 3) ? 4 + random_below(&rng, 12)
                                                          : 0xE0 + random_below(&rng, 8));
        bool down = random_below(&rng, 2);
        uint32_t at = 0;
        while (at < held && order[at] != usage) {
            at++;
        }
        if (down && at == held) {
            order[held++] = usage;
        } else if (!down && at < held) {
            memmove(order + at, order + at + 1, (held - at - 1) * sizeof(order[0]));
            held--;
        }
        if (key(&r, usage, down, out)) {
            last = out[0];
        }
        uint32_t newer = 0;
        for (uint32_t k = held; k-- > 0;) {
            bool modifier = order[k] >= 0xE0;
            assert_int_equal(has(&last, order[k]), modifier || newer < 6);
            newer += !modifier;
        }
        uint32_t told = 0;
        for (uint32_t k = 0; k < ORL_HID_KEYS; k++) {
            told += last.keys[k] != 0;
        }
        assert_int_equal(told, newer < 6 ? newer : 6);
        assert_int_equal(orl_reports_hold(&r), held > 0);
    }
}

static void buttons_are_in_hid_order(void **state)
{
    (void)state;
    static const struct {
        uint16_t code;
        uint32_t bit;
    } map[] = {{ORL_BUTTON_LEFT, 1}, {ORL_BUTTON_RIGHT, 2},  {ORL_BUTTON_MIDDLE, 4},
               {ORL_BUTTON_SIDE, 8}, {ORL_BUTTON_EXTRA, 16}, {32, 0x80000000}};
    struct orl_reports r = reports();
    struct orl_hid_record out[ORL_REPORTS_MAX];
    for (size_t i = 0; i < sizeof(map) / sizeof(map[0]); i++) {
        struct orl_cmd cmd = {.kind = ORL_CMD_BUTTON, .code = map[i].code, .down = true};
        assert_int_equal(give(&r, cmd, out), 1);
        assert_int_equal(out[0].type, ORL_HID_MOUSE_RELATIVE);
        assert_int_equal(out[0].buttons, map[i].bit);
        assert_int_equal(give(&r, cmd, out), 0);
        cmd.down = false;
        assert_int_equal(give(&r, cmd, out), 1);
        assert_int_equal(out[0].buttons, 0);
    }
    struct orl_cmd none = {.kind = ORL_CMD_BUTTON, .code = 0, .down = true};
    struct orl_cmd beyond = {.kind = ORL_CMD_BUTTON, .code = 33, .down = true};
    assert_int_equal(give(&r, none, out), 0);
    assert_int_equal(give(&r, beyond, out), 0);
    r.max_buttons = 3;
    beyond.code = ORL_BUTTON_SIDE;
    assert_int_equal(give(&r, beyond, out), 0);
}

static void large_motions_are_split_and_add_up(void **state)
{
    (void)state;
    static const int32_t sizes[] = {1,      -1,      131068,  131069,  -131072,
                                    131072, -131073, 1000000, -1000000};
    struct orl_reports r = reports();
    struct orl_hid_record out[ORL_REPORTS_MAX];
    for (size_t i = 0; i < sizeof(sizes) / sizeof(sizes[0]); i++) {
        struct orl_cmd cmd = {.kind = ORL_CMD_MOTION, .dx = sizes[i], .dy = -sizes[i] / 3};
        uint32_t n = give(&r, cmd, out);
        int64_t dx = 0, dy = 0;
        for (uint32_t k = 0; k < n; k++) {
            dx += out[k].dx;
            dy += out[k].dy;
        }
        assert_int_equal(dx, cmd.dx);
        assert_int_equal(dy, cmd.dy);
    }
    struct orl_cmd huge = {.kind = ORL_CMD_MOTION, .dx = INT32_MIN, .dy = INT32_MAX};
    assert_int_equal(give(&r, huge, out), ORL_REPORTS_PARTS); /* bounded, and cut off */
    struct orl_cmd none = {.kind = ORL_CMD_MOTION};
    assert_int_equal(give(&r, none, out), 0);
}

static void the_wheel_is_split_and_its_sideways_part_left_out(void **state)
{
    (void)state;
    struct orl_reports r = reports();
    struct orl_hid_record out[ORL_REPORTS_MAX];
    struct orl_cmd cmd = {.kind = ORL_CMD_WHEEL, .dy = -1200, .dx = 5};
    assert_int_equal(give(&r, cmd, out), 3);
    assert_int_equal(out[0].wheel + out[1].wheel + out[2].wheel, -1200);
    cmd.dy = 1;
    assert_int_equal(give(&r, cmd, out), 1);
    assert_int_equal(out[0].wheel, 1); /* away from the user */
    cmd.dy = 0;
    assert_int_equal(give(&r, cmd, out), 0);
}

static void positions_are_scaled_to_the_screen(void **state)
{
    (void)state;
    struct orl_reports r = reports();
    struct orl_hid_record out[ORL_REPORTS_MAX];
    static const uint16_t sizes[] = {2, 3, 640, 1079, 1920, 7680, 16384};
    for (size_t i = 0; i < sizeof(sizes) / sizeof(sizes[0]); i++) {
        uint16_t w = sizes[i];
        for (int32_t x = 0; x < w; x += x < 50 || x > w - 50 ? 1 : 17) {
            struct orl_cmd cmd = {
                .kind = ORL_CMD_POSITION, .dx = x, .dy = w - 1 - x, .w = w, .h = w};
            assert_int_equal(give(&r, cmd, out), 1);
            assert_int_equal(out[0].type, ORL_HID_MOUSE_ABSOLUTE);
            /* The way back that the specification gives, to the nearest pixel. */
            assert_int_equal(((uint32_t)out[0].x * (w - 1u) + 16383) / 32767, x);
            assert_int_equal(((uint32_t)out[0].y * (w - 1u) + 16383) / 32767, w - 1 - x);
        }
        struct orl_cmd edge = {.kind = ORL_CMD_POSITION, .dx = w - 1, .dy = 0, .w = w, .h = w};
        give(&r, edge, out);
        assert_int_equal(out[0].x, 32767);
        assert_int_equal(out[0].y, 0);
    }
    struct orl_cmd out_of = {
        .kind = ORL_CMD_POSITION, .dx = INT32_MIN, .dy = INT32_MAX, .w = 100, .h = 100};
    assert_int_equal(give(&r, out_of, out), 1);
    assert_int_equal(out[0].x, 0);
    assert_int_equal(out[0].y, 32767);
    out_of.w = 0;
    out_of.h = 1;
    assert_int_equal(give(&r, out_of, out), 1);
    assert_int_equal(out[0].y, 0);
    r.can_absolute = false;
    assert_int_equal(give(&r, out_of, out), 0);
}

static void buttons_stay_with_the_kind_of_mouse_that_moved(void **state)
{
    (void)state;
    struct orl_reports r = reports();
    struct orl_hid_record out[ORL_REPORTS_MAX];
    struct orl_cmd at = {.kind = ORL_CMD_POSITION, .dx = 50, .dy = 20, .w = 101, .h = 41};
    struct orl_cmd left = {.kind = ORL_CMD_BUTTON, .code = ORL_BUTTON_LEFT, .down = true};
    struct orl_cmd move = {.kind = ORL_CMD_MOTION, .dx = 3, .dy = 4};
    assert_int_equal(give(&r, at, out), 1);
    assert_int_equal(give(&r, left, out), 1);
    assert_int_equal(out[0].type, ORL_HID_MOUSE_ABSOLUTE);
    assert_int_equal(out[0].x, 16384);
    assert_int_equal(out[0].buttons, 1);
    assert_int_equal(give(&r, move, out), 2); /* let go here, press there */
    assert_int_equal(out[0].type, ORL_HID_MOUSE_ABSOLUTE);
    assert_int_equal(out[0].buttons, 0);
    assert_int_equal(out[1].type, ORL_HID_MOUSE_RELATIVE);
    assert_int_equal(out[1].buttons, 1);
    assert_int_equal(out[1].dx, 3);
}

static void lock_keys_are_tapped_when_the_lights_differ(void **state)
{
    (void)state;
    struct orl_reports r = reports();
    struct orl_hid_record out[ORL_REPORTS_MAX];
    struct orl_cmd cmd = {.kind = ORL_CMD_LOCKS, .code = ORL_LOCK_CAPS | ORL_LOCK_SCROLL};
    r.leds = ORL_LOCK_NUM;
    assert_int_equal(give(&r, cmd, out), 6);
    static const uint16_t usage[] = {0x39, 0x53, 0x47};
    for (uint32_t i = 0; i < 3; i++) {
        assert_true(has(&out[2 * i], usage[i]));
        assert_false(has(&out[2 * i + 1], usage[i]));
    }
    assert_int_equal(r.leds, ORL_LOCK_CAPS | ORL_LOCK_SCROLL);
    assert_int_equal(give(&r, cmd, out), 0);
    assert_int_equal(key(&r, 0x39, true, out), 1);
    cmd.code = ORL_LOCK_SCROLL;
    assert_int_equal(give(&r, cmd, out), 0); /* the user's finger is on it */
    key(&r, 0x39, false, out);
    r.leds_known = false;
    assert_int_equal(give(&r, cmd, out), 0);
    assert_int_equal(orl_reports_locks(ORL_HID_LED_NUM), ORL_LOCK_NUM);
    assert_int_equal(orl_reports_locks(ORL_HID_LED_CAPS | ORL_HID_LED_KANA), ORL_LOCK_CAPS);
    assert_int_equal(orl_reports_locks(ORL_HID_LED_SCROLL), ORL_LOCK_SCROLL);
}

static void release_all_resets(void **state)
{
    (void)state;
    struct orl_reports r = reports();
    struct orl_hid_record out[ORL_REPORTS_MAX];
    struct orl_cmd left = {.kind = ORL_CMD_BUTTON, .code = ORL_BUTTON_LEFT, .down = true};
    struct orl_cmd all = {.kind = ORL_CMD_RELEASE_ALL};
    key(&r, 4, true, out);
    key(&r, 0xE1, true, out);
    give(&r, left, out);
    assert_int_equal(give(&r, all, out), 1);
    assert_int_equal(out[0].type, ORL_HID_RESET);
    assert_false(orl_reports_hold(&r));
    assert_int_equal(key(&r, 4, false, out), 0);
    assert_int_equal(key(&r, 4, true, out), 1);
    assert_int_equal(out[0].modifiers, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_key_goes_down_and_up),
        cmocka_unit_test(keys_that_no_report_can_name_are_left_out),
        cmocka_unit_test(of_many_keys_the_newest_six_are_told),
        cmocka_unit_test(the_guest_holds_what_the_user_holds),
        cmocka_unit_test(buttons_are_in_hid_order),
        cmocka_unit_test(large_motions_are_split_and_add_up),
        cmocka_unit_test(the_wheel_is_split_and_its_sideways_part_left_out),
        cmocka_unit_test(positions_are_scaled_to_the_screen),
        cmocka_unit_test(buttons_stay_with_the_kind_of_mouse_that_moved),
        cmocka_unit_test(lock_keys_are_tapped_when_the_lights_differ),
        cmocka_unit_test(release_all_resets),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
