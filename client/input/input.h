/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Everything between the window's events and the commands for the guest: what the user holds, what
 * the guest was told, where its pointer is, whether it is captured. Start reading here.
 *
 *   orl_event -> binds (a command of the viewer?) -> keyboard / pointer -> orl_cmd -> sink
 *
 * Pure: time is a parameter, commands go to a function of the caller's, what the window shall do
 * (grab, relative mode, cursor) is a value. Main thread. No allocation after init.
 *
 * The guest gets what the user does while somebody is connected and not held back, input is on, no
 * dialog is open, the window has the focus and, with input:captureOnly, is captured. When one of
 * these ends, every key and button that the guest was told goes up first; what the user goes on
 * holding is not pressed again. input:releaseKeysOnFocusLoss=no: keys (not buttons) stay down while
 * the focus is elsewhere; a key-up that still arrives counts, and when the focus returns the others
 * go up, because nobody knows whether they are held. Keys of orl_input_inject() outlive focus and
 * capture, so that text goes on being typed into the guest; they end with a dialog, a hold, input
 * switched off and orl_input_release().
 *
 * Capture ends with the focus, a dialog (and returns after it), a hold, a lost connection, input
 * switched off, and when the pointer leaves the window although the focus stays: the desktop did not
 * lock it, whatever it said. While captured the window gives counts also if the server takes
 * positions: the caller asks the server for motion (it is told by `captured`), and until
 * guest.absolute goes the counts move a position. input:autoCapture grabs the keyboard alone, while
 * the pointer is inside the window and for as long as a button that went down there is held.
 *
 * sink.send must not call back into this module: an overflow is answered with orl_input_release()
 * after the call that sent.
 */
#ifndef ORL_INPUT_INPUT_H
#define ORL_INPUT_INPUT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "input/binds.h"
#include "input/cmd.h"
#include "input/event.h"
#include "input/keyboard.h"
#include "input/locks.h"
#include "input/mouse.h"
#include "input/sink.h"
#include "view/view.h"

struct orl_input_conf { /* the options of the same names */
    bool grab_keyboard, grab_keyboard_on_focus, release_keys_on_focus_loss;
    bool capture_on_focus, capture_only, capture_on_start, auto_capture;
    bool ignore_windows_keys;
    bool hide_cursor, always_show_cursor, show_cursor_dot, large_cursor_dot;
    bool scale_cursor, raw_mouse, mouse_smoothing;
    int mouse_sens; /* -9..9 */
};

/* What the other side can do and reports; main fills it from the SPICE and guest status. */
struct orl_input_guest {
    bool connected;  /* there is somebody to send to */
    bool hold;       /* input is held back (two different machines): send nothing */
    bool absolute;   /* the server is in client mouse mode: positions instead of motion */
    bool can_align;  /* the guest moves its pointer on request (set_cursor_pos) */
    bool linux_os;   /* the guest reports Linux */
    bool leds_known; /* `leds` is what the guest's lock keys show: set of enum orl_lock */
    uint8_t leds;
    uint32_t epoch; /* counts (re)connections of the receiver: what it was told is void */
};

/* How the window shall behave now; main compares and applies. */
enum orl_cursor_look { ORL_LOOK_ARROW, ORL_LOOK_NONE, ORL_LOOK_DOT, ORL_LOOK_LARGE_DOT };
struct orl_input_want {
    bool captured;      /* for the title and the status line */
    bool grab_keyboard; /* system shortcuts come to us too */
    bool confine;       /* the pointer stays in the window */
    bool relative;      /* motion as counts, pointer hidden and locked */
    enum orl_cursor_look look;
};

struct orl_input {
    struct orl_input_conf conf;
    struct orl_input_sink sink;
    struct orl_binds binds;
    struct orl_keyboard keyboard; /* what is held, what the guest was told */
    struct orl_mouse mouse;       /* where the guest's pointer is, remainders */
    struct orl_input_guest guest;
    struct orl_locks locks;
    bool focused, inside, captured, on; /* on: the user has not switched input off */
    bool dialog;                        /* a dialog of the overlay has the keyboard */
    bool autocaptured; /* the keyboard is grabbed because the pointer is inside */
    bool capture_due;  /* capture as soon as there is focus and a guest: after a dialog, ... */
    bool start_due;    /* ... or input:captureOnStart, which outlives a focus without a guest */
    bool placed;       /* mouse.at_x, at_y were told since the last capture */
    bool left_once;    /* the pointer left the window in this capture, which it should not */
    uint64_t watch_ns; /* next look at held keys, while the guest holds one */
    /* 0 is never: */
    uint64_t rest_ns;        /* when the guest's pointer is led to where the host's rests */
    uint64_t escape_ns;      /* when a capture ends whose pointer has left the window */
    uint32_t escapes;        /* captures that ended so */
    uint32_t mismatch_notes; /* counts up when the user should be told of acceleration, once */
};

/* A pointer that rests in the window as the guest begins to listen leads it as if it had moved. Where
 * the guest is asked to set its pointer, a click that brought the focus goes first: see button(). */
#define ORL_INPUT_REST_NS UINT64_C(30000000)
/* A pointer that leaves while captured: the news that the focus goes too may take so long. */
#define ORL_INPUT_ESCAPE_NS UINT64_C(300000000)
#define ORL_INPUT_WATCH_NS  UINT64_C(500000000) /* looks at held keys */

void orl_input_init(struct orl_input *in, const struct orl_input_conf *conf,
                    const struct orl_binds *binds, const struct orl_input_sink *sink);

/* One event. The result's action (NONE mostly) is for the caller; CAPTURE, INPUT, SENS_*, *_WIN,
 * VOLUME_*, MUTE and SEND are done here already and only reported, for a message to the user. */
struct orl_bind_hit orl_input_event(struct orl_input *in, const struct orl_event *ev,
                                    uint64_t now_ns);

/* Time has passed: hold bindings, watchdog, pointer correction, lock keys. After each event and when
 * due. */
struct orl_bind_hit orl_input_tick(struct orl_input *in, uint64_t now_ns);
uint64_t orl_input_due(const struct orl_input *in);

/* New facts. */
void orl_input_set_view(struct orl_input *in, const struct orl_view *view);
void orl_input_set_guest(struct orl_input *in, const struct orl_input_guest *g,
                         uint64_t now_ns);
void orl_input_report(struct orl_input *in, const struct orl_input_report *r);
/* A dialog opens (the guest's keys are released, nothing more is sent) or closes. */
void orl_input_set_dialog(struct orl_input *in, bool open, uint64_t now_ns);
/* The sender overflowed, the machine slept...: everything that is held is released in the guest. */
void orl_input_release(struct orl_input *in, uint64_t now_ns);
/* Capture was refused or broken by the desktop: it ends, with everything that is held. */
void orl_input_uncapture(struct orl_input *in, uint64_t now_ns);
/* The window system's own list of keys, before a tick while focused: `down[usage]` of n. What it says
 * is up and the guest was told is down, the watchdog of that tick releases; bindings forget what
 * they believed to be held. */
struct orl_bind_hit orl_input_believe(struct orl_input *in, const uint8_t *down, size_t n);

/* The end: everything goes up in the guest, and what was set at the host because of it is put back. */
void orl_input_leave(struct orl_input *in, uint64_t now_ns);

/* The guest can be told something: connected, not held back, on, and no dialog is open. */
bool orl_input_usable(const struct orl_input *in);

/* One key press or release of a text: without the modifiers that the user holds. */
void orl_input_type(struct orl_input *in, uint16_t usage, bool down, uint64_t now_ns);
/* One that no finger makes, and with them. */
void orl_input_inject(struct orl_input *in, uint16_t usage, bool down, uint64_t now_ns);

struct orl_input_want orl_input_want(const struct orl_input *in);

#endif
