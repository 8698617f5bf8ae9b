/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A SPICE server for tests, made with libspice-server: what QEMU cannot be made to do. It listens,
 * says on standard output what it receives, one line each, and does what standard input tells it.
 * Each part (inputs, sound, agent) is one file with one table.
 */
#ifndef ORL_FAKE_FAKE_H
#define ORL_FAKE_FAKE_H

#include <stdbool.h>
#include <stdint.h>

#include <spice.h>

struct fake {
    SpiceServer *server;
    SpiceCoreInterface core; /* timers and watches; one thread */
};

struct fake_part {
    const char *name;
    void (*start)(struct fake *f); /* adds its interfaces; after spice_server_init() */
    /* A line "VERB ARGS" of standard input; true when it was for this part. */
    bool (*command)(struct fake *f, const char *verb, const char *args);
};

extern const struct fake_part fake_inputs;
extern const struct fake_part fake_sound;
extern const struct fake_part fake_agent;

/* One line to standard output, flushed. */
void fake_say(const char *format, ...) __attribute__((format(printf, 1, 2)));

/* Calls back after `ms`; from the server's thread. */
void fake_after(struct fake *f, uint32_t ms, void (*call)(void *arg), void *arg);

#endif
