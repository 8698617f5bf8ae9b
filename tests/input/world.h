/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A small world around client/input, in one thread: a user with fingers, a desktop that gives and takes
 * the focus, the program's main loop, the command queue, and a guest with a keyboard and a mouse
 * behind a session that comes and goes. What happens when is the caller's choice, so every order of
 * events can be played. Time is simulated.
 */
#ifndef ORL_TESTS_INPUT_WORLD_H
#define ORL_TESTS_INPUT_WORLD_H

#include <stdbool.h>
#include <stdint.h>

#include "input/cmdq.h"
#include "input/input.h"

#define WORLD_CODES   0x400 /* scan codes, E0 ones and Pause included */
#define WORLD_KEYS    14
#define WORLD_ESCAPE  0x47 /* Scroll Lock */
#define WORLD_SENDER  0x42 /* F9, with Ctrl: sends Alt and F4 */
#define WORLD_WINDOW  1000
#define WORLD_STEP_NS UINT64_C(1000000)

/* The keys that the fingers use, as usages. */
extern const uint16_t world_keys[WORLD_KEYS];

struct world_guest {
    bool session;        /* the receiver is connected */
    uint32_t epoch;      /* its sessions so far */
    bool hold, absolute; /* what main shall be told */
    bool down[WORLD_CODES];
    uint8_t buttons;
    uint64_t presses; /* of keys: makes that found the key up */
    uint64_t wild;    /* commands that no guest understands */
};

struct world {
    struct orl_input in;
    struct orl_cmdq q;
    struct world_guest guest;
    uint64_t now_ns;
    bool lost; /* a push did not fit; main answers after the call */

    bool fingers[ORL_KEYBOARD_KEYS]; /* keys under the user's fingers */
    uint8_t mouse;                   /* buttons under them */
    bool made[ORL_KEYBOARD_KEYS];    /* keys that the program pressed itself */
    bool focused;                    /* the desktop says: this window */
    bool resets;  /* the window library releases keys before it tells of a blur ... */
    bool returns; /* ... and presses what is held when the focus comes */
    double x, y;
};

void world_open(struct world *w, const struct orl_input_conf *conf, uint32_t queue_len,
                bool resets, bool returns);
void world_close(struct world *w);

/* Fingers; the window hears of them only while it has the focus. */
void world_key(struct world *w, uint16_t usage, bool down);
void world_repeat(struct world *w, uint16_t usage);
void world_button(struct world *w, uint8_t button, bool down);
void world_move(struct world *w, double x, double y);
/* The pointer comes into the window where it was last, or leaves it. */
void world_cross(struct world *w, bool in);
/* A key-up that the window system swallows although the window has the focus. */
void world_lose_key_up(struct world *w, uint16_t usage);

void world_focus(struct world *w, bool focused);
void world_make(struct world *w, uint16_t usage, bool down);
/* The same for a key of a text: the guest gets it without the user's modifiers. */
void world_type(struct world *w, uint16_t usage, bool down);
void world_dialog(struct world *w, bool open);

/* The session ends or begins; main does not know before world_news(). */
void world_session(struct world *w, bool up);
void world_news(struct world *w);

/* The receiver takes up to n batches of commands. */
void world_drain(struct world *w, int batches);
/* Time passes; the main loop ticks when it is due. */
void world_wait(struct world *w, uint64_t ns);
/* News, time, and everything that is under way arrives. */
void world_settle(struct world *w);

/* Keys that the guest holds: all, and those that neither finger nor program holds. */
int world_guest_keys(const struct world *w);
int world_stuck_keys(const struct world *w);
int world_guest_lacks(
    const struct world *w); /* keys under fingers that the guest does not hold */

#endif
