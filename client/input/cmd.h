/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What goes to the guest: small values, made on the main thread by input, carried in order by
 * input/cmdq.h, executed by spice (spice/inputs.c) or inject (input through the guest's memory).
 */
#ifndef ORL_INPUT_CMD_H
#define ORL_INPUT_CMD_H

#include <stdbool.h>
#include <stdint.h>

enum orl_cmd_kind {
    ORL_CMD_KEY,        /* code (PC/AT set 1, 0x100 for E0; ORL_CODE_PAUSE), usage, down */
    ORL_CMD_BUTTON,     /* code (enum orl_button), down */
    ORL_CMD_MOTION,     /* dx, dy: counts */
    ORL_CMD_POSITION,   /* dx, dy: guest pixels, absolute; w, h: size of the guest's screen */
    ORL_CMD_WHEEL,      /* dy: whole notches, > 0 away from the user; dx: > 0 to the right */
    ORL_CMD_LOCKS,      /* code: set of enum orl_lock that shall be on in the guest */
    ORL_CMD_RELEASE_ALL /* every key and button that the receiver has sent as down goes up */
};

/*
 * Pause has no E0 code: it is the sequence E1 1D 45, E1 9D C5 (scan code set 1), sent whole on
 * press. Its own number here, outside of what E0 codes can be.
 */
#define ORL_CODE_PAUSE 0x200

struct orl_cmd {
    uint8_t kind; /* enum orl_cmd_kind */
    bool down;
    uint16_t code;
    uint16_t usage; /* key: USB HID usage, page 7, for receivers that speak HID; 0 unknown */
    uint16_t w, h;  /* position */
    int32_t dx, dy;
    uint64_t t_ns; /* CLOCK_MONOTONIC when the window system's event was read */
};

#endif
