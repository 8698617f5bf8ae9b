/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The mouse: window positions or device counts -> commands. Four ways, chosen by the caller per event:
 *
 *   not captured, server takes motion     the guest's pointer follows (input/follow.h)
 *   not captured, server takes positions  ORL_CMD_POSITION, clamped to the guest's desktop
 *   captured, motion                      counts with sensitivity and smoothing (input/counts.h)
 *   captured, positions                   counts move a position of our own: for servers that do
 *                                         not go back to motion while captured
 *
 * A button goes out after the motion to where it happened; what was told as down goes up again even
 * when the pointer is elsewhere by then. Buttons that go down beside the picture are not the guest's.
 * Wheel fractions add up to whole notches, per axis; turning back starts anew.
 *
 * Window positions stand for the middle of their pixel; in the first and last row and column of the
 * picture they mean the guest's edge, which a picture made smaller would else not reach.
 *
 * Pure; time is a parameter. Main thread.
 */
#ifndef ORL_INPUT_MOUSE_H
#define ORL_INPUT_MOUSE_H

#include <stdbool.h>
#include <stdint.h>

#include "input/counts.h"
#include "input/follow.h"
#include "input/sink.h"
#include "view/view.h"

/* How an event is to be taken. */
struct orl_mouse_how {
    bool live;      /* the guest gets it */
    bool linked;    /* there is somebody to send a release to */
    bool captured;  /* counts, not positions */
    bool absolute;  /* the server takes positions */
    bool can_align; /* the guest sets its pointer on request */
    bool scale;     /* spice:scaleCursor: motion is scaled with the picture */
    bool smooth;
    int sens; /* -9..9 */
};

struct orl_mouse {
    struct orl_view view;
    struct orl_follow follow;
    struct orl_counts counts;
    bool at_known; /* the host's pointer, window pixels: */
    double at_x, at_y;
    bool unscaled; /* motion in window pixels has begun: */
    double rest_x, rest_y;
    bool pos_known; /* position told last, guest pixels with fractions: */
    double pos_x, pos_y;
    double wheel_x, wheel_y; /* notches, less than one */
    uint8_t held, told;      /* buttons: bit 1 << enum orl_button */
    uint32_t corrections;    /* buttons that the watchdog had to release */
};

void orl_mouse_init(struct orl_mouse *p);

/* Another picture or place of it. A guest desktop of another size makes the next motion an entry. */
void orl_mouse_set_view(struct orl_mouse *p, const struct orl_view *view);

/* The host's pointer is at x, y (window pixels). `entry`: it just came into the window. */
void orl_mouse_move(struct orl_mouse *p, const struct orl_input_sink *sink,
                    const struct orl_mouse_how *how, double x, double y, bool entry,
                    uint64_t now_ns);

/* Not captured: the guest's pointer was brought to the host's since it last went its own way. */
bool orl_mouse_leads(const struct orl_mouse *p, const struct orl_mouse_how *how);

/* The device moved by dx, dy counts. */
void orl_mouse_count(struct orl_mouse *p, const struct orl_input_sink *sink,
                     const struct orl_mouse_how *how, double dx, double dy, uint64_t now_ns);

/* A button where the pointer is. */
void orl_mouse_button(struct orl_mouse *p, const struct orl_input_sink *sink,
                      const struct orl_mouse_how *how, uint8_t button, bool down,
                      uint64_t now_ns);

void orl_mouse_wheel(struct orl_mouse *p, const struct orl_input_sink *sink,
                     const struct orl_mouse_how *how, double dx, double dy, uint64_t now_ns);

/* Every button that was told as down goes up. */
void orl_mouse_release(struct orl_mouse *p, const struct orl_input_sink *sink, uint64_t now_ns);
/* The guest holds no button: a new session, or it was told by ORL_CMD_RELEASE_ALL. */
void orl_mouse_void(struct orl_mouse *p);
/* Button-ups of what is held will not come. */
void orl_mouse_forget(struct orl_mouse *p);
/* The guest's pointer goes its own way: the next motion is an entry. */
void orl_mouse_lose(struct orl_mouse *p);
/* Releases buttons that were told and are not held. */
void orl_mouse_watch(struct orl_mouse *p, const struct orl_input_sink *sink, uint64_t now_ns);

/* Corrections and the waiting half of smoothing. True: tell the user of acceleration. */
bool orl_mouse_tick(struct orl_mouse *p, const struct orl_input_sink *sink,
                    const struct orl_mouse_how *how, uint64_t now_ns);
uint64_t orl_mouse_due(const struct orl_mouse *p);

/* The host's pointer is over the picture. */
bool orl_mouse_over(const struct orl_mouse *p);

#endif
