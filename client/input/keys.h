/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What a user writes for one key, for input:escapeKey. Rests on the table of input/keymap.h. Pure.
 * Any thread.
 */
#ifndef ORL_INPUT_KEYS_H
#define ORL_INPUT_KEYS_H

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

/*
 * "KEY_SCROLLLOCK" (any case of letters, KEY_ may be left out), any other name of
 * orl_key_named(), or the Linux number "70" -> position (USB HID usage). False, leaving *usage, when
 * there is no such key.
 */
bool orl_key_parse(const char *text, uint16_t *usage);

/* One line per key: Linux number, Linux name, name in [keys]. */
void orl_key_list(FILE *out);

#endif
