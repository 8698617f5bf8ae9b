/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Names of keys for input:escapeKey: the Linux input names and numbers, and the position each one
 * has on the keyboard (USB HID usage, page 7). Pure, constant data. Any thread.
 */
#ifndef ORL_INPUT_KEYS_H
#define ORL_INPUT_KEYS_H

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

/*
 * "KEY_SCROLLLOCK" (any case of letters, KEY_ may be left out) or the number "70" -> position.
 * False, leaving *scancode, when no such key exists on a keyboard.
 */
bool orl_key_parse(const char *text, uint16_t *scancode);

/* Linux name of the key at a position; NULL when the table has none. */
const char *orl_key_name(uint16_t scancode);

/* One line per key: number and name. */
void orl_key_list(FILE *out);

#endif
