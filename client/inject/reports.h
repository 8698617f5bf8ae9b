/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Commands -> reports: a guest that is told by HID reports wants states (all keys, all buttons), so
 * this remembers what is held. Pure; one thread.
 *
 * What HID reports of this kind cannot say is left out: keys outside of the keyboard page (media
 * keys above 0xE7), horizontal wheel. Of more than six keys held (besides the modifiers) the newest
 * six are told; an older one comes back when there is room again, so what the guest holds is a
 * function of what the user holds, whatever the order of releases.
 */
#ifndef ORL_INJECT_REPORTS_H
#define ORL_INJECT_REPORTS_H

#include <stdbool.h>
#include <stdint.h>

#include "input/cmd.h"
#include "wire/hid.h"

#define ORL_REPORTS_PARTS                                                                      \
    8 /* a large motion takes so many records; what is beyond is cut off */
#define ORL_REPORTS_MAX  (ORL_REPORTS_PARTS + 1) /* of one command */
#define ORL_REPORTS_HELD 64

struct orl_reports {
    /* What the guest can do; set by the owner. */
    uint32_t max_buttons;
    bool can_absolute;
    bool leds_known;
    uint8_t leds; /* set of enum orl_lock; a lock key that is tapped here changes it at once */

    /* What is held. */
    uint8_t held[ORL_REPORTS_HELD]; /* usages without the modifiers, in the order of pressing */
    uint32_t held_count;
    uint8_t modifiers;
    uint32_t buttons;

    /* What the guest was told last. */
    uint8_t told_keys[ORL_HID_KEYS], told_modifiers;
    bool absolute; /* the pointer: kind and place of the last record */
    uint16_t x, y;
};

/* Nothing is held, the guest knows of nothing; what it can do stays. */
void orl_reports_forget(struct orl_reports *r);

/* Something is down: the guest must not forget us. */
bool orl_reports_hold(const struct orl_reports *r);

/*
 * The records that `cmd` means, in order, without generation and sequence; how many, 0 when the
 * guest need not be told anything. ORL_CMD_RELEASE_ALL gives ORL_HID_RESET.
 */
uint32_t orl_reports_make(struct orl_reports *r, const struct orl_cmd *cmd,
                          struct orl_hid_record out[ORL_REPORTS_MAX]);

/* Lights of the guest -> set of enum orl_lock. */
uint8_t orl_reports_locks(uint8_t leds);

#endif
