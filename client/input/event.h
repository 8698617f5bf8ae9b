/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What the window tells the program, as a small value free of any window library. Made by win,
 * read on the main thread.
 */
#ifndef ORL_INPUT_EVENT_H
#define ORL_INPUT_EVENT_H

#include <stdbool.h>
#include <stdint.h>

enum orl_event_kind {
    ORL_EVENT_NONE,    /* the deadline passed, or nothing that matters here */
    ORL_EVENT_WAKE,    /* orl_win_wake() was called: look at the mailboxes */
    ORL_EVENT_KEY,     /* scancode, down, repeat, locks */
    ORL_EVENT_MOTION,  /* x, y (not relative) or dx, dy (relative) */
    ORL_EVENT_BUTTON,  /* button, down, x, y */
    ORL_EVENT_WHEEL,   /* dx, dy in notches; dy > 0 away from the user, dx > 0 to the right */
    ORL_EVENT_ENTER,   /* the pointer came into the window: x, y */
    ORL_EVENT_LEAVE,   /* the pointer left the window */
    ORL_EVENT_TEXT,    /* text: what was typed, while text input is on (dialogs) */
    ORL_EVENT_DROP,    /* a file was dropped: orl_win_take_drop() has its path */
    ORL_EVENT_CLIP,    /* the system clipboard has something: orl_win_clip_*() */
    ORL_EVENT_RESIZED, /* the window has another size, scale or display */
    ORL_EVENT_EXPOSED, /* the window's content is lost */
    ORL_EVENT_HIDDEN,  /* minimised or unmapped */
    ORL_EVENT_SHOWN,
    ORL_EVENT_FOCUS, /* keyboard focus gained: locks */
    ORL_EVENT_BLUR,  /* keyboard focus lost */
    ORL_EVENT_QUIT   /* the user or the desktop asks to close the window */
};

/* Lock keys that are on at the host; the bits of SPICE's modifiers message. */
enum orl_lock { ORL_LOCK_SCROLL = 1, ORL_LOCK_NUM = 2, ORL_LOCK_CAPS = 4 };

enum orl_button { /* as people count them; the wheel is not among them */
                  ORL_BUTTON_LEFT = 1,
                  ORL_BUTTON_MIDDLE = 2,
                  ORL_BUTTON_RIGHT = 3,
                  ORL_BUTTON_SIDE = 4, /* "back" */
                  ORL_BUTTON_EXTRA = 5 /* "forward" */
};

#define ORL_EVENT_TEXT_BYTES 32

struct orl_event {
    enum orl_event_kind kind;
    bool down, repeat; /* key, button */
    bool relative;     /* motion: dx, dy hold counts of the device, x, y nothing */
    uint8_t button;    /* button: enum orl_button */
    uint8_t locks;     /* key, focus: set of enum orl_lock */
    uint16_t scancode; /* key: position on the keyboard, USB HID usage (page 7); 0 unknown */
    float x, y;        /* motion, button, enter: window position, physical pixels, may be < 0 */
    float dx, dy;      /* relative motion: counts; wheel: notches with fractions */
    char text[ORL_EVENT_TEXT_BYTES]; /* text: UTF-8, terminated */
};

#endif
