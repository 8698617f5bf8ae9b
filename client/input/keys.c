/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "input/keys.h"

#include <linux/input-event-codes.h>
#include <string.h>
#include <strings.h>

#include "base/str.h"

struct key {
    const char *name; /* without KEY_ */
    uint16_t linux_code;
    uint16_t hid;
};

/* HID Usage Tables 1.12, section 10, against linux/input-event-codes.h. */
#define K(name, hid)                                                                           \
    {                                                                                          \
#        name, KEY_##name, hid                                                                 \
    }
static const struct key keys[] = {
    K(A, 4),
    K(B, 5),
    K(C, 6),
    K(D, 7),
    K(E, 8),
    K(F, 9),
    K(G, 10),
    K(H, 11),
    K(I, 12),
    K(J, 13),
    K(K, 14),
    K(L, 15),
    K(M, 16),
    K(N, 17),
    K(O, 18),
    K(P, 19),
    K(Q, 20),
    K(R, 21),
    K(S, 22),
    K(T, 23),
    K(U, 24),
    K(V, 25),
    K(W, 26),
    K(X, 27),
    K(Y, 28),
    K(Z, 29),
    K(1, 30),
    K(2, 31),
    K(3, 32),
    K(4, 33),
    K(5, 34),
    K(6, 35),
    K(7, 36),
    K(8, 37),
    K(9, 38),
    K(0, 39),
    K(ENTER, 40),
    K(ESC, 41),
    K(BACKSPACE, 42),
    K(TAB, 43),
    K(SPACE, 44),
    K(MINUS, 45),
    K(EQUAL, 46),
    K(LEFTBRACE, 47),
    K(RIGHTBRACE, 48),
    K(BACKSLASH, 49),
    K(SEMICOLON, 51),
    K(APOSTROPHE, 52),
    K(GRAVE, 53),
    K(COMMA, 54),
    K(DOT, 55),
    K(SLASH, 56),
    K(CAPSLOCK, 57),
    K(F1, 58),
    K(F2, 59),
    K(F3, 60),
    K(F4, 61),
    K(F5, 62),
    K(F6, 63),
    K(F7, 64),
    K(F8, 65),
    K(F9, 66),
    K(F10, 67),
    K(F11, 68),
    K(F12, 69),
    K(SYSRQ, 70),
    K(SCROLLLOCK, 71),
    K(PAUSE, 72),
    K(INSERT, 73),
    K(HOME, 74),
    K(PAGEUP, 75),
    K(DELETE, 76),
    K(END, 77),
    K(PAGEDOWN, 78),
    K(RIGHT, 79),
    K(LEFT, 80),
    K(DOWN, 81),
    K(UP, 82),
    K(NUMLOCK, 83),
    K(KPSLASH, 84),
    K(KPASTERISK, 85),
    K(KPMINUS, 86),
    K(KPPLUS, 87),
    K(KPENTER, 88),
    K(KP1, 89),
    K(KP2, 90),
    K(KP3, 91),
    K(KP4, 92),
    K(KP5, 93),
    K(KP6, 94),
    K(KP7, 95),
    K(KP8, 96),
    K(KP9, 97),
    K(KP0, 98),
    K(KPDOT, 99),
    K(102ND, 100),
    K(COMPOSE, 101),
    K(POWER, 102),
    K(KPEQUAL, 103),
    K(F13, 104),
    K(F14, 105),
    K(F15, 106),
    K(F16, 107),
    K(F17, 108),
    K(F18, 109),
    K(F19, 110),
    K(F20, 111),
    K(F21, 112),
    K(F22, 113),
    K(F23, 114),
    K(F24, 115),
    K(HELP, 117),
    K(MENU, 118),
    K(STOP, 120),
    K(AGAIN, 121),
    K(UNDO, 122),
    K(CUT, 123),
    K(COPY, 124),
    K(PASTE, 125),
    K(FIND, 126),
    K(MUTE, 127),
    K(VOLUMEUP, 128),
    K(VOLUMEDOWN, 129),
    K(KPCOMMA, 133),
    K(RO, 135),
    K(KATAKANAHIRAGANA, 136),
    K(YEN, 137),
    K(HENKAN, 138),
    K(MUHENKAN, 139),
    K(HANGEUL, 144),
    K(HANJA, 145),
    K(KATAKANA, 146),
    K(HIRAGANA, 147),
    K(LEFTCTRL, 224),
    K(LEFTSHIFT, 225),
    K(LEFTALT, 226),
    K(LEFTMETA, 227),
    K(RIGHTCTRL, 228),
    K(RIGHTSHIFT, 229),
    K(RIGHTALT, 230),
    K(RIGHTMETA, 231),
};
#undef K

#define KEYS (sizeof(keys) / sizeof(keys[0]))

bool orl_key_parse(const char *text, uint16_t *scancode)
{
    int number = -1;
    bool is_number = orl_str_to_int(text, &number);
    const char *name = strncasecmp(text, "KEY_", 4) == 0 ? text + 4 : text;
    for (size_t i = 0; i < KEYS; i++) {
        if (is_number ? keys[i].linux_code == number : strcasecmp(keys[i].name, name) == 0) {
            *scancode = keys[i].hid;
            return true;
        }
    }
    return false;
}

const char *orl_key_name(uint16_t scancode)
{
    for (size_t i = 0; i < KEYS; i++) {
        if (keys[i].hid == scancode) {
            return keys[i].name;
        }
    }
    return NULL;
}

void orl_key_list(FILE *out)
{
    for (size_t i = 0; i < KEYS; i++) {
        fprintf(out, "%3d KEY_%s\n", keys[i].linux_code, keys[i].name);
    }
}
