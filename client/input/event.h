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
    ORL_EVENT_KEY,     /* scancode, down, repeat */
    ORL_EVENT_RESIZED, /* the window has another size, scale or display */
    ORL_EVENT_EXPOSED, /* the window's content is lost */
    ORL_EVENT_HIDDEN,  /* minimised or unmapped */
    ORL_EVENT_SHOWN,
    ORL_EVENT_FOCUS, /* keyboard focus gained */
    ORL_EVENT_BLUR,  /* keyboard focus lost */
    ORL_EVENT_QUIT   /* the user or the desktop asks to close the window */
};

struct orl_event {
    enum orl_event_kind kind;
    bool down, repeat; /* key */
    uint16_t scancode; /* key: position on the keyboard, USB HID usage (page 7); 0 unknown */
};

#endif
