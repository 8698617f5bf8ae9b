/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The keys: what the user holds, what the guest was told, and the way from one to the other. A key
 * is named by its position (USB HID usage, input/keymap.h).
 *
 * Four sets. `held`: down under the user's fingers, as far as events tell. `passed`: of these, told to
 * the guest. `made`: pressed in the guest without a finger (typist, send). The guest holds
 * passed + made; `passed` is part of `held` at all times, which orl_keyboard_watch() enforces. `parked`:
 * modifiers that were passed and are held, and that the guest was told to let go of, because keys were
 * made that mean something else with them. They are passed again with the next thing that the user does.
 *
 * Choices:
 * - Repeats of the window system are sent as repeated make codes, for keys that were passed. A PS/2
 *   keyboard repeats by itself and guests rely on that (Windows, the Linux console); QEMU's does not
 *   (its hw/input/ps2.c ignores the rate it is given), so without them a held key does not repeat.
 *   USB and virtio keyboards of QEMU and HID reports carry states: a second "down" changes nothing
 *   there. Only what the window system marks as a repeat counts: a "down" for a key that is
 *   down already, without the mark, is ignored.
 * - Keys that the user goes on holding after a release (focus, capture, dialog, session) are not
 *   pressed again by themselves.
 * - Pause is sent as down and up like any key, ORL_CODE_PAUSE both times; the receiver of scan codes
 *   sends the whole sequence on "down" and nothing on "up". It does not repeat.
 * - Keys without a scan code have code 0 and their usage: for receivers that speak HID.
 *
 * Pure. Main thread.
 */
#ifndef ORL_INPUT_KEYBOARD_H
#define ORL_INPUT_KEYBOARD_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "input/sink.h"

#define ORL_KEYBOARD_KEYS 512 /* positions; SDL's numbers end there */

struct orl_keyset {
    uint64_t bits[ORL_KEYBOARD_KEYS / 64];
};

struct orl_keyboard {
    struct orl_keyset held, passed, made, parked;
    uint32_t corrections; /* keys that the watchdog had to release: 0 unless events were lost */
};

/* A key event of the user's. `pass`: a press may go to the guest. `linked`: there is somebody to
 * send a release to. */
struct orl_keystroke {
    uint16_t usage;
    bool down, repeat;
    bool pass, linked;
};

void orl_keyboard_init(struct orl_keyboard *k);

void orl_keyboard_key(struct orl_keyboard *k, const struct orl_input_sink *sink,
                      const struct orl_keystroke *s, uint64_t now_ns);

/* A press or release without a finger. */
void orl_keyboard_make(struct orl_keyboard *k, const struct orl_input_sink *sink,
                       const struct orl_keystroke *s, uint64_t now_ns);

/* What is made next shall come without the user's modifiers, but for the n of `but`. */
void orl_keyboard_park(struct orl_keyboard *k, const struct orl_input_sink *sink,
                       const uint16_t *but, size_t n, uint64_t now_ns);
/* The user does something that goes to the guest, with what is parked. */
void orl_keyboard_resume(struct orl_keyboard *k, const struct orl_input_sink *sink,
                         uint64_t now_ns);

/* Key-ups for everything passed, and for everything made as well if `made`. */
void orl_keyboard_release(struct orl_keyboard *k, const struct orl_input_sink *sink, bool made,
                          uint64_t now_ns);

/* The guest holds nothing: a new session, or it was told by ORL_CMD_RELEASE_ALL. */
void orl_keyboard_void(struct orl_keyboard *k);

/* Key-ups of what is held will not come. */
void orl_keyboard_forget(struct orl_keyboard *k);

/* The window system's own list: `down[usage]` of n; keys that it says are up are not held. How many
 * were. */
uint32_t orl_keyboard_believe(struct orl_keyboard *k, const uint8_t *down, size_t n);

/* Releases what was passed and is not held. How many keys that were. */
uint32_t orl_keyboard_watch(struct orl_keyboard *k, const struct orl_input_sink *sink,
                            uint64_t now_ns);

/* The guest holds a key. */
bool orl_keyboard_any(const struct orl_keyboard *k);

bool orl_keyset_has(const struct orl_keyset *s, uint16_t usage);

#endif
