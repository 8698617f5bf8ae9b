/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Which keys are commands of the viewer. A binding is
 *
 *     [press|tap|hold|double|release] [Modifier+]...Key = action
 *
 * Modifiers: Escape (the key of input:escapeKey), Ctrl, Alt, Shift, Win; LeftCtrl... name one side.
 * It counts when exactly these modifiers are held as the key goes down:
 *
 *   press (the usual)  at once
 *   tap      when it goes up, and no other key went down meanwhile; not after a hold of the same key
 *   hold     when it was held alone for input:helpMenuDelay
 *   double   when it goes down again within 400 ms, without another key between; no tap then
 *   release  when it goes up, whatever the modifiers are by then
 *
 * One event does one thing: double before press, tap before release. Of two bindings that fit, the
 * one that names sides wins. Actions: the names of actions.def, `send KEY[+KEY]...` (pressed in
 * order, released in reverse), `linuxSend ...` (only when the guest reports Linux), `none` (removes
 * a binding).
 *
 * Keys are positions, so a binding stays where it is on every layout. Keys that took part in a
 * binding never reach the guest, not even their release; nor does a key that only might (tap, hold,
 * double), the escape key, and what is pressed while it is held. Modifiers that the guest has
 * already seen get their release. Pure; time is a parameter. Main thread.
 */
#ifndef ORL_INPUT_BINDS_H
#define ORL_INPUT_BINDS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/err.h"
#include "input/event.h"
#include "input/keymap.h"

enum orl_action {
    ORL_ACTION_NONE,
#define ACTION(id, name, keys, text) ORL_ACTION_##id,
#include "input/actions.def"
    ORL_ACTION_HELP_HIDE, /* the held key of HELP went up */
    ORL_ACTION_SEND       /* keys to the guest: orl_bind.send */
};

enum orl_trigger {
    ORL_TRIGGER_PRESS,
    ORL_TRIGGER_TAP,
    ORL_TRIGGER_HOLD,
    ORL_TRIGGER_DOUBLE,
    ORL_TRIGGER_RELEASE
};

#define ORL_SEND_MAX  8   /* keys of one send */
#define ORL_BINDS_MAX 128 /* defaults and the user's */

#define ORL_USAGE_ESCAPE    0xFFFF /* in a chord: the escape key, wherever it is */
#define ORL_BIND_DOUBLE_NS  UINT64_C(400000000)
#define ORL_BIND_TEXT_BYTES 128 /* room for either side of any binding, with its terminator */

enum orl_mod { /* either side, or one side only */
               ORL_MOD_ESCAPE = 1,
               ORL_MOD_CTRL = 2,
               ORL_MOD_ALT = 4,
               ORL_MOD_SHIFT = 8,
               ORL_MOD_WIN = 16
};

struct orl_chord {
    uint16_t mods;  /* set of enum orl_mod: either side */
    uint16_t sides; /* HID modifier bits (left ctrl = 1 ... right win = 128): this side */
    uint16_t usage; /* position of the key, or ORL_USAGE_ESCAPE */
};

struct orl_bind {
    struct orl_chord chord;
    enum orl_trigger trigger;
    enum orl_action action;
    bool linux_only;
    uint8_t send_len;
    uint16_t send[ORL_SEND_MAX]; /* usages, in the order of pressing */
};

struct orl_binds {
    uint16_t escape; /* position of the escape key */
    uint64_t delay_ns;
    size_t count;
    struct orl_bind bind[ORL_BINDS_MAX];

    /* State of the keyboard as far as bindings need it. */
    uint8_t mods;       /* HID modifier bits that are down, without the escape key */
    bool escape_down;   /* the escape key is down */
    bool linux_guest;   /* as of the last key event */
    uint16_t candidate; /* key that a tap or hold waits for, until another goes down; 0 none */
    uint16_t tap, hold; /* number of the binding + 1; 0 none */
    uint64_t down_ns;   /* when the candidate went down */
    uint16_t help_key;  /* key whose release hides the list; 0 none */
    uint16_t last_key;  /* that went down last, for double; 0 none */
    uint64_t last_ns;   /* when */
    uint8_t down[ORL_USAGES / 8];      /* bit per usage: it is down */
    uint8_t swallowed[ORL_USAGES / 8]; /* its release is not for the guest */
    uint8_t armed[ORL_BINDS_MAX / 8];  /* bit per release binding: the key is down for it */
};

/* The defaults of actions.def and Ctrl+Alt+Fn on Escape+Fn (linuxSend). */
void orl_binds_init(struct orl_binds *b, uint16_t escape, uint64_t delay_ns);

/*
 * Adds one line of the configuration; a binding with the same chord and trigger is replaced. Before
 * the first key event: it may move bindings. ORL_OK; ORL_EINVAL: not understood; ORL_ENOSPC: too
 * many. On error `why` (cap bytes) says in a phrase what is wrong and what would be right.
 */
ORL_MUST int orl_binds_add(struct orl_binds *b, const char *chord, const char *action,
                           char *why, size_t cap);

/* What a key event means. */
struct orl_bind_hit {
    enum orl_action action;      /* NONE: nothing */
    const struct orl_bind *bind; /* the binding, for SEND; borrowed from `b`; may be NULL */
    bool swallow;                /* the event is not for the guest */
};
struct orl_bind_hit orl_binds_key(struct orl_binds *b, const struct orl_event *ev,
                                  bool linux_guest, uint64_t now_ns);

/* Time has passed: a hold binding that is due. */
struct orl_bind_hit orl_binds_tick(struct orl_binds *b, uint64_t now_ns);

/* When orl_binds_tick() has something to say; UINT64_MAX for never. */
uint64_t orl_binds_due(const struct orl_binds *b);

/* The keyboard went elsewhere: key-ups will not come. HELP_HIDE when the list was held open. */
struct orl_bind_hit orl_binds_blur(struct orl_binds *b);

/*
 * For the list of bindings: "ScrollLock+F", "tap ScrollLock", "Ctrl+Alt+Delete", and what it does,
 * "Full screen on or off" (actions.def) or "Send Ctrl+Alt+Delete". `label` (may be NULL) gives what
 * the layout prints on a key, or "" to use its name; it is asked about letters, digits and signs.
 */
void orl_bind_words(const struct orl_binds *b, const struct orl_bind *bind,
                    void (*label)(uint16_t usage, char *dst, size_t cap), char *keys,
                    size_t keys_cap, char *text, size_t text_cap);

/* n of a binding Escape+Fn = linuxSend Ctrl+Alt+Fn, of which there are so many by default: a list for
 * people has one row for all. 0: it is another one. */
#define ORL_BIND_CONSOLES 12
uint32_t orl_bind_console(const struct orl_bind *bind);

/* The binding as orl_binds_add() takes it: "tap Escape", "capture". Each ORL_BIND_TEXT_BYTES. */
void orl_bind_line(const struct orl_bind *bind, char *chord, char *action);

/* Name of an action in [keys], and back (ORL_ACTION_NONE: unknown). "" for those without a name. */
const char *orl_action_name(enum orl_action action);
enum orl_action orl_action_named(const char *name);

/* What it does, for the list; "" for those without a name. */
const char *orl_action_text(enum orl_action action);

#endif
