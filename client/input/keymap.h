/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Keys by position: USB HID usage (page 7, what SDL calls scancode; SDL's own numbers for consumer
 * keys above 0xE7 included) <-> PC/AT scan code set 1 <-> Linux input code. Constant data, pure, any
 * thread. The rows and their sources are in keys.def.
 */
#ifndef ORL_INPUT_KEYMAP_H
#define ORL_INPUT_KEYMAP_H

#include <stddef.h>
#include <stdint.h>

/* Usages are below this: the size of a table or bit set that has room for every key. */
#define ORL_USAGES 512

struct orl_key {
    uint16_t usage;         /* position: HID usage, or SDL's number for a media key */
    uint16_t set1;          /* make code, 0x100 for E0, ORL_CODE_PAUSE; never 0 */
    uint16_t linux_code;    /* KEY_*; what a Linux guest with a PC keyboard reports */
    const char *linux_name; /* of linux_code, without KEY_ */
    const char *name;       /* for configuration: "A", "F1", "LeftCtrl", "KP5", "VolumeUp" */
};

/* All keys, `*n` rows, sorted by usage. */
const struct orl_key *orl_keymap(size_t *n);

/* Row of a usage / of a Linux code; NULL when there is none. O(1). Of two rows with one Linux code
 * (Backslash and NonUSHash) the usual one. */
const struct orl_key *orl_key_of(uint16_t usage);
const struct orl_key *orl_key_of_linux(uint16_t linux_code);

/* Row by name (len bytes), case ignored; also accepts Linux names, with or without KEY_, and common
 * other names (Del, Escape, Return, Super, PgUp...). NULL when unknown. */
const struct orl_key *orl_key_named(const char *name, size_t len);

#endif
