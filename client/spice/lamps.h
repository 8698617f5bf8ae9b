/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What the lamps of the guest's keyboard show, out of what the server says. Pure; orl-spice thread.
 *
 * libspice-server (inputs-channel.cpp, 0.12.5 to 0.15) keeps a set of locks that the guest should have:
 * each press of a lock key toggles it there, each report of the guest's lamps replaces it. It tells
 * that set whenever the guest reports, and two seconds after the last lock key or command once more:
 * then, of a guest that has not reported, it is the server's own guess. And it compares a command with
 * that set, not with the lamps. So here
 *
 * - a guess is not taken for a report. It is told from one by its time and by being what we work out
 *   ourselves; a guest that takes two seconds to answer is not heard;
 * - a command is turned into the one that presses just the keys of the locks that shall change.
 *
 * Sets of locks: enum orl_lock.
 */
#ifndef ORL_SPICE_LAMPS_H
#define ORL_SPICE_LAMPS_H

#include <stdbool.h>
#include <stdint.h>

/* The server waits 2 s from when it has the key, which is after we sent it. */
#define ORL_LAMPS_GUESS_NS UINT64_C(1900000000)

struct orl_lamps {
    uint8_t shown;  /* by the guest */
    uint8_t server; /* the server's set */
    uint8_t down;   /* locks whose key the server was told is down */
    bool asked;     /* nothing was reported since a key or command */
    uint64_t asked_ns;
};

void orl_lamps_init(struct orl_lamps *l);

/* A key goes out, as the last byte of its scan code. */
void orl_lamps_key(struct orl_lamps *l, uint8_t byte, bool down, uint64_t now_ns);

/* The guest's locks shall be `locks`: what to tell the server. */
uint8_t orl_lamps_command(struct orl_lamps *l, uint8_t locks, uint64_t now_ns);

/* What the server says; false: it is a guess, and `shown` is as before. */
bool orl_lamps_told(struct orl_lamps *l, uint8_t locks, uint64_t now_ns);

#endif
