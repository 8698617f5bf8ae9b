/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * In which rhythm commands go to the server, so that nothing is lost in a guest with PS/2 devices
 * and a good mouse is not slowed down. It also knows what the server has been told is down. Pure.
 *
 * Which devices the guest uses cannot be known here. What QEMU's PS/2 emulation does:
 *
 * - Its mouse has a queue of 16 bytes, four packets of four; a packet carries -127..127 a direction.
 *   What does not fit stays in sums inside the device, and goes out with the *next* event that finds
 *   room. So motion is never lost, but the end of a burst stays stuck until something else happens,
 *   and a button that goes down and up while the queue is full was never seen.
 * - Its keyboard has a queue of 16 bytes as well and drops what does not fit.
 *
 * Hence:
 *
 * - Motion goes at once, then at most every MOTION_NS, merged in between: what a mouse of 1 kHz sends
 *   arrives as it is. Order with everything else is kept.
 * - The mouse's queue is modelled (one packet leaves every PS2_NS, slower than any real guest). A
 *   button waits only when the model is full, that is in a fast movement, and not over PS2_NS. The
 *   same button changes again after HOLD_NS at the earliest, for guests slower than the model; no
 *   finger is that fast.
 * - While the model holds sums back, a "nudge" follows every PS2_NS: an event that says nothing new
 *   but makes the device send. Three more follow after each movement or click, for guests slower
 *   than the model. Good mice ignore them.
 * - Keys wait when the modelled keyboard is full: only for bursts that no hand can make.
 */
#ifndef ORL_SPICE_PACER_H
#define ORL_SPICE_PACER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "input/cmd.h"

#define ORL_PACER_LEN       64
#define ORL_PACER_MOTION_NS UINT64_C(1000000)
#define ORL_PACER_PS2_NS    UINT64_C(5000000) /* for one mouse packet */
#define ORL_PACER_HOLD_NS   UINT64_C(15000000)
#define ORL_PACER_KEY_NS    UINT64_C(1000000) /* for one byte of the keyboard */
#define ORL_PACER_BUTTONS   8
#define ORL_PACER_NUDGE     0xff /* a kind beside enum orl_cmd_kind */
#define ORL_PACER_NEVER     UINT64_MAX
#define ORL_PACER_WHEEL_MAX 32 /* notches of one command that is pulled; more are several */

struct orl_pacer {
    struct orl_cmd items[ORL_PACER_LEN];
    size_t head, count;
    uint64_t motion_after_ns; /* when motion may go again */
    uint64_t mouse_free_ns; /* when the modelled queue of the mouse is empty; each packet in it
                                 takes PS2_NS */
    uint64_t button_after_ns[ORL_PACER_BUTTONS]; /* when each may change again */
    int64_t stuck_x, stuck_y;  /* counts that the model holds beside the queue */
    unsigned tail_nudges;      /* what is left of the three at the end */
    uint64_t nudge_ns;         /* when the next one is due; NEVER */
    uint64_t keys_free_ns;     /* the same for the keyboard; each byte takes KEY_NS */
    uint64_t down[0x300 / 64]; /* keys told as down, by code */
    uint32_t buttons;          /* bit n: enum orl_button n told as down */
};

void orl_pacer_init(struct orl_pacer *p);

/* Puts a command at the end; motion and position are merged with a last one of their kind.
 * False: no room, pull first. */
bool orl_pacer_push(struct orl_pacer *p, const struct orl_cmd *cmd);
bool orl_pacer_has_room(const struct orl_pacer *p);

/*
 * The next command to send now; false: nothing yet, see orl_pacer_due(). A RELEASE_ALL comes out as
 * single keys and buttons going up; long motion and many notches come in pieces; all other kinds as
 * they went in, or a NUDGE. A key that goes
 * down while it is down is passed on: a PS/2 keyboard repeats like that. What is pulled counts as
 * sent.
 */
bool orl_pacer_pull(struct orl_pacer *p, uint64_t now_ns, struct orl_cmd *out);

/* When to pull again. NEVER: when something is pushed. */
uint64_t orl_pacer_due(const struct orl_pacer *p, uint64_t now_ns);

/* Forgets what waits and what is down: the receiver is another one. */
void orl_pacer_clear(struct orl_pacer *p);

/* True while something waits that is not a nudge. */
bool orl_pacer_busy(const struct orl_pacer *p);

/* Set of enum orl_button bits as told. */
uint32_t orl_pacer_buttons(const struct orl_pacer *p);

#endif
