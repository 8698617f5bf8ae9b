/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <linux/input-event-codes.h>
#include <stdio.h>
#include <string.h>

#include "input/cmd.h"
#include "input/keymap.h"
#include "support/check.h"

struct pair {
    uint16_t a, b;
};

/*
 * Usage -> set 1 make code, typed off the PS/2 appendix of the HID Usage Tables (E0 as 0x100), and
 * for SDL's numbers off Microsoft's translation table of consumer usages.
 */
static const struct pair appendix[] = {
    /* letters */
    {0x04, 0x1E},
    {0x05, 0x30},
    {0x06, 0x2E},
    {0x07, 0x20},
    {0x08, 0x12},
    {0x09, 0x21},
    {0x0A, 0x22},
    {0x0B, 0x23},
    {0x0C, 0x17},
    {0x0D, 0x24},
    {0x0E, 0x25},
    {0x0F, 0x26},
    {0x10, 0x32},
    {0x11, 0x31},
    {0x12, 0x18},
    {0x13, 0x19},
    {0x14, 0x10},
    {0x15, 0x13},
    {0x16, 0x1F},
    {0x17, 0x14},
    {0x18, 0x16},
    {0x19, 0x2F},
    {0x1A, 0x11},
    {0x1B, 0x2D},
    {0x1C, 0x15},
    {0x1D, 0x2C},
    /* digits 1..9, 0 */
    {0x1E, 0x02},
    {0x1F, 0x03},
    {0x20, 0x04},
    {0x21, 0x05},
    {0x22, 0x06},
    {0x23, 0x07},
    {0x24, 0x08},
    {0x25, 0x09},
    {0x26, 0x0A},
    {0x27, 0x0B},
    /* Return to Caps Lock */
    {0x28, 0x1C},
    {0x29, 0x01},
    {0x2A, 0x0E},
    {0x2B, 0x0F},
    {0x2C, 0x39},
    {0x2D, 0x0C},
    {0x2E, 0x0D},
    {0x2F, 0x1A},
    {0x30, 0x1B},
    {0x31, 0x2B},
    {0x32, 0x2B},
    {0x33, 0x27},
    {0x34, 0x28},
    {0x35, 0x29},
    {0x36, 0x33},
    {0x37, 0x34},
    {0x38, 0x35},
    {0x39, 0x3A},
    /* F1 to F12 */
    {0x3A, 0x3B},
    {0x3B, 0x3C},
    {0x3C, 0x3D},
    {0x3D, 0x3E},
    {0x3E, 0x3F},
    {0x3F, 0x40},
    {0x40, 0x41},
    {0x41, 0x42},
    {0x42, 0x43},
    {0x43, 0x44},
    {0x44, 0x57},
    {0x45, 0x58},
    /* Print Screen, Scroll Lock, Insert to Up */
    {0x46, 0x137},
    {0x47, 0x46},
    {0x48, ORL_CODE_PAUSE},
    {0x49, 0x152},
    {0x4A, 0x147},
    {0x4B, 0x149},
    {0x4C, 0x153},
    {0x4D, 0x14F},
    {0x4E, 0x151},
    {0x4F, 0x14D},
    {0x50, 0x14B},
    {0x51, 0x150},
    {0x52, 0x148},
    /* keypad */
    {0x53, 0x45},
    {0x54, 0x135},
    {0x55, 0x37},
    {0x56, 0x4A},
    {0x57, 0x4E},
    {0x58, 0x11C},
    {0x59, 0x4F},
    {0x5A, 0x50},
    {0x5B, 0x51},
    {0x5C, 0x4B},
    {0x5D, 0x4C},
    {0x5E, 0x4D},
    {0x5F, 0x47},
    {0x60, 0x48},
    {0x61, 0x49},
    {0x62, 0x52},
    {0x63, 0x53},
    /* Europe 2, Application, Power, keypad = */
    {0x64, 0x56},
    {0x65, 0x15D},
    {0x66, 0x15E},
    {0x67, 0x59},
    /* Brazilian keypad point, International 1 to 6, Lang 3 to 5 */
    {0x85, 0x7E},
    {0x87, 0x73},
    {0x88, 0x70},
    {0x89, 0x7D},
    {0x8A, 0x79},
    {0x8B, 0x7B},
    {0x8C, 0x5C},
    {0x92, 0x78},
    {0x93, 0x77},
    {0x94, 0x76},
    /* modifiers */
    {0xE0, 0x1D},
    {0xE1, 0x2A},
    {0xE2, 0x38},
    {0xE3, 0x15B},
    {0xE4, 0x11D},
    {0xE5, 0x36},
    {0xE6, 0x138},
    {0xE7, 0x15C},
    /* mute, volume; next, previous, stop, play, mute, media */
    {0x7F, 0x120},
    {0x80, 0x130},
    {0x81, 0x12E},
    {258, 0x119},
    {259, 0x110},
    {260, 0x124},
    {261, 0x122},
    {262, 0x120},
    {263, 0x16D},
    /* WWW, mail, calculator, my computer */
    {264, 0x132},
    {265, 0x16C},
    {266, 0x121},
    {267, 0x16B},
    /* browser: search, home, back, forward, stop, refresh, favourites; sleep */
    {268, 0x165},
    {269, 0x132},
    {270, 0x16A},
    {271, 0x169},
    {272, 0x168},
    {273, 0x167},
    {274, 0x166},
    {282, 0x15F},
};

/* Rows that follow QEMU's numbers instead, or are not in the appendix; see keys.def. */
static const struct pair own_numbers[] = {
    /* F13 to F24 */
    {0x68, 0x5D},
    {0x69, 0x5E},
    {0x6A, 0x5F},
    {0x6B, 0x55},
    {0x6C, 0x103},
    {0x6D, 0x177},
    {0x6E, 0x104},
    {0x6F, 0x5A},
    {0x70, 0x74},
    {0x71, 0x179},
    {0x72, 0x6D},
    {0x73, 0x6F},
    /* Help, Menu, Stop, Again, Undo, Cut, Copy, Paste, Find */
    {0x75, 0x175},
    {0x76, 0x11E},
    {0x78, 0x168},
    {0x79, 0x105},
    {0x7A, 0x107},
    {0x7B, 0x13C},
    {0x7C, 0x178},
    {0x7D, 0x65},
    {0x7E, 0x141},
    /* Hangul, Hanja, SysReq, AltGr of SDL */
    {0x90, 0x72},
    {0x91, 0x71},
    {0x9A, 0x54},
    {257, 0x138},
};

/*
 * Set 1 code -> what Linux 6.1 reported for it on the PS/2 keyboard of QEMU 7.2, each code from 01
 * to 7F with and without E0 sent as a key number and read back from evdev in the guest. Codes that
 * are missing were not passed on.
 */
static const struct pair probed[] = {
    /* clang-format off */
    {0x001, 1}, {0x002, 2}, {0x003, 3}, {0x004, 4}, {0x005, 5}, {0x006, 6}, {0x007, 7},
    {0x008, 8}, {0x009, 9}, {0x00A, 10}, {0x00B, 11}, {0x00C, 12}, {0x00D, 13}, {0x00E, 14},
    {0x00F, 15}, {0x010, 16}, {0x011, 17}, {0x012, 18}, {0x013, 19}, {0x014, 20}, {0x015, 21},
    {0x016, 22}, {0x017, 23}, {0x018, 24}, {0x019, 25}, {0x01A, 26}, {0x01B, 27}, {0x01C, 28},
    {0x01D, 29}, {0x01E, 30}, {0x01F, 31}, {0x020, 32}, {0x021, 33}, {0x022, 34}, {0x023, 35},
    {0x024, 36}, {0x025, 37}, {0x026, 38}, {0x027, 39}, {0x028, 40}, {0x029, 41}, {0x02A, 42},
    {0x02B, 43}, {0x02C, 44}, {0x02D, 45}, {0x02E, 46}, {0x02F, 47}, {0x030, 48}, {0x031, 49},
    {0x032, 50}, {0x033, 51}, {0x034, 52}, {0x035, 53}, {0x036, 54}, {0x037, 55}, {0x038, 56},
    {0x039, 57}, {0x03A, 58}, {0x03B, 59}, {0x03C, 60}, {0x03D, 61}, {0x03E, 62}, {0x03F, 63},
    {0x040, 64}, {0x041, 65}, {0x042, 66}, {0x043, 67}, {0x044, 68}, {0x045, 69}, {0x046, 70},
    {0x047, 71}, {0x048, 72}, {0x049, 73}, {0x04A, 74}, {0x04B, 75}, {0x04C, 76}, {0x04D, 77},
    {0x04E, 78}, {0x04F, 79}, {0x050, 80}, {0x051, 81}, {0x052, 82}, {0x053, 83}, {0x054, 99},
    {0x056, 86}, {0x057, 87}, {0x058, 88}, {0x059, 117}, {0x070, 93}, {0x073, 89},
    {0x077, 91}, {0x079, 92}, {0x07B, 94}, {0x07D, 124}, {0x07E, 121}, {0x110, 165},
    {0x119, 163}, {0x11C, 96}, {0x11D, 97}, {0x120, 113}, {0x121, 140}, {0x122, 164},
    {0x124, 166}, {0x12E, 114}, {0x130, 115}, {0x132, 172}, {0x135, 98}, {0x137, 99},
    {0x138, 100}, {0x146, 119}, {0x147, 102}, {0x148, 103}, {0x149, 104}, {0x14B, 105},
    {0x14D, 106}, {0x14F, 107}, {0x150, 108}, {0x151, 109}, {0x152, 110}, {0x153, 111},
    {0x15B, 125}, {0x15C, 126}, {0x15D, 127}, {0x15E, 116}, {0x15F, 142}, {0x163, 143},
    {0x166, 156}, {0x167, 173}, {0x168, 128}, {0x169, 159}, {0x16A, 158}, {0x16B, 157},
    {0x16C, 155}, {0x16D, 226},
    /* clang-format on */
};

/* Rows whose code QEMU 7.2 does not pass to a PS/2 keyboard; newer ones pass most. */
static const uint16_t not_passed[] = {
    KEY_PAUSE, /* a sequence of its own */
    KEY_F13,       KEY_F14,     KEY_F15,   KEY_F16,      KEY_F17,
    KEY_F18,       KEY_F19,     KEY_F20,   KEY_F21,      KEY_F22,
    KEY_F23,       KEY_F24,     KEY_HELP,  KEY_MENU,     KEY_AGAIN,
    KEY_UNDO,      KEY_CUT,     KEY_COPY,  KEY_PASTE,    KEY_FIND,
    KEY_KPJPCOMMA, KEY_HANGEUL, KEY_HANJA, KEY_KATAKANA, KEY_ZENKAKUHANKAKU,
    KEY_SEARCH,
};

#define LEN(array) (sizeof(array) / sizeof((array)[0]))

static uint16_t second_of(const struct pair *list, size_t n, uint16_t a)
{
    for (size_t i = 0; i < n; i++) {
        if (list[i].a == a) {
            return list[i].b;
        }
    }
    return 0;
}

static void every_row_has_the_code_of_the_listings(void **state)
{
    (void)state;
    size_t n = 0;
    const struct orl_key *keys = orl_keymap(&n);
    assert_int_equal(n, LEN(appendix) + LEN(own_numbers));
    for (size_t i = 0; i < n; i++) {
        uint16_t wanted = second_of(appendix, LEN(appendix), keys[i].usage);
        if (wanted == 0) {
            wanted = second_of(own_numbers, LEN(own_numbers), keys[i].usage);
        }
        if (wanted == 0 || wanted != keys[i].set1) {
            fail_msg("%s: set 1 is %03x, should be %03x", keys[i].name, keys[i].set1, wanted);
        }
    }
}

static void every_row_has_the_linux_code_that_a_guest_reported(void **state)
{
    (void)state;
    size_t n = 0;
    size_t unseen = 0;
    const struct orl_key *keys = orl_keymap(&n);
    for (size_t i = 0; i < n; i++) {
        uint16_t reported = second_of(probed, LEN(probed), keys[i].set1);
        if (reported != 0) {
            assert_int_equal(reported, keys[i].linux_code);
            continue;
        }
        bool known = false;
        for (size_t k = 0; k < LEN(not_passed); k++) {
            known = known || not_passed[k] == keys[i].linux_code;
        }
        if (!known) {
            fail_msg("%s: QEMU should pass %03x", keys[i].name, keys[i].set1);
        }
        unseen++;
    }
    assert_int_equal(unseen, LEN(not_passed));
}

/* The other way round: nothing that QEMU passes is out of reach, except what no key sends. */
static void every_code_that_reaches_a_guest_has_a_row(void **state)
{
    (void)state;
    static const uint16_t without_row[] = {
        KEY_WAKEUP, /* SDL has no number for it */
    };
    for (size_t i = 0; i < LEN(probed); i++) {
        bool known = orl_key_of_linux(probed[i].b) != NULL;
        for (size_t k = 0; k < LEN(without_row); k++) {
            known = known || without_row[k] == probed[i].b;
        }
        if (!known) {
            fail_msg("Linux code %u has no row", probed[i].b);
        }
    }
}

static void rows_are_sorted_and_found_by_usage(void **state)
{
    (void)state;
    size_t n = 0;
    size_t found = 0;
    const struct orl_key *keys = orl_keymap(&n);
    for (size_t i = 0; i < n; i++) {
        assert_true(i == 0 || keys[i].usage > keys[i - 1].usage);
        assert_true(keys[i].usage < ORL_USAGES);
    }
    for (uint32_t usage = 0; usage <= UINT16_MAX; usage++) {
        const struct orl_key *key = orl_key_of((uint16_t)usage);
        assert_true(key == NULL || key->usage == usage);
        found += key != NULL;
    }
    assert_int_equal(found, n);
}

static void names_are_unique_and_read_back(void **state)
{
    (void)state;
    size_t n = 0;
    const struct orl_key *keys = orl_keymap(&n);
    for (size_t i = 0; i < n; i++) {
        char lower[32];
        size_t len = strlen(keys[i].name);
        assert_true(len > 0 && len < sizeof(lower));
        assert_ptr_equal(orl_key_named(keys[i].name, len), &keys[i]);
        for (size_t k = 0; k <= len; k++) {
            char c = keys[i].name[k];
            lower[k] = c >= 'A' && c <= 'Z' ? (char)(c + 'a' - 'A') : c;
        }
        assert_ptr_equal(orl_key_named(lower, len), &keys[i]);
        assert_null(strpbrk(keys[i].name, " +=:;#[]\t"));
    }
}

static void linux_names_and_codes_read_back(void **state)
{
    (void)state;
    size_t n = 0;
    size_t found = 0;
    const struct orl_key *keys = orl_keymap(&n);
    for (size_t i = 0; i < n; i++) {
        char prefixed[40];
        snprintf(prefixed, sizeof(prefixed), "KEY_%s", keys[i].linux_name);
        const struct orl_key *key = orl_key_of_linux(keys[i].linux_code);
        assert_non_null(key);
        assert_int_equal(key->linux_code, keys[i].linux_code);
        assert_ptr_equal(orl_key_named(prefixed, strlen(prefixed)), key);
        assert_ptr_equal(orl_key_named(prefixed + 4, strlen(prefixed + 4)), key);
    }
    for (uint32_t code = 0; code <= UINT16_MAX; code++) {
        found += orl_key_of_linux((uint16_t)code) != NULL;
    }
    assert_int_equal(found, n - 6); /* rows that share the code of another */
    assert_int_equal(orl_key_of_linux(KEY_BACKSLASH)->usage, 0x31);
    assert_int_equal(orl_key_of_linux(KEY_MUTE)->usage, 0x7F);
    assert_int_equal(orl_key_of_linux(KEY_STOP)->usage, 0x78);
}

static void common_other_names_are_known(void **state)
{
    (void)state;
    static const struct {
        const char *name;
        uint16_t code;
    } cases[] = {{"Del", KEY_DELETE},         {"esc", KEY_ESC},
                 {"Escape", KEY_ESC},         {"Return", KEY_ENTER},
                 {"LeftSuper", KEY_LEFTMETA}, {"PgUp", KEY_PAGEUP},
                 {"PgDn", KEY_PAGEDOWN},      {"AltGr", KEY_RIGHTALT},
                 {"Print", KEY_SYSRQ},        {"Break", KEY_PAUSE},
                 {"Less", KEY_102ND},         {"AbntC1", KEY_RO},
                 {"Lang1", KEY_HANGEUL},      {"Ins", KEY_INSERT},
                 {"LCtrl", KEY_LEFTCTRL}};
    for (size_t i = 0; i < LEN(cases); i++) {
        const struct orl_key *key = orl_key_named(cases[i].name, strlen(cases[i].name));
        assert_non_null(key);
        assert_int_equal(key->linux_code, cases[i].code);
    }
}

static void what_is_no_name_is_not_found(void **state)
{
    (void)state;
    static const char *const bad[] = {"", "KEY_", "Ctrl", "F25", "F", "nosuch", "KEY_KEY_A"};
    for (size_t i = 0; i < LEN(bad); i++) {
        size_t len = strcmp(bad[i], "F") == 0 ? 0 : strlen(bad[i]);
        assert_null(orl_key_named(bad[i], len));
    }
    assert_ptr_equal(orl_key_named("F12", 2), orl_key_named("F1", 2)); /* len counts */
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_row_has_the_code_of_the_listings),
        cmocka_unit_test(every_row_has_the_linux_code_that_a_guest_reported),
        cmocka_unit_test(every_code_that_reaches_a_guest_has_a_row),
        cmocka_unit_test(rows_are_sorted_and_found_by_usage),
        cmocka_unit_test(names_are_unique_and_read_back),
        cmocka_unit_test(linux_names_and_codes_read_back),
        cmocka_unit_test(common_other_names_are_known),
        cmocka_unit_test(what_is_no_name_is_not_found),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
