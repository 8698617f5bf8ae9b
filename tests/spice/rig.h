/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A SPICE client under test and the servers it meets: the fake server of tests/fake as a process, a
 * second client as a process, plain sockets that send garbage or nothing. Everything lives in a
 * folder of its own under /tmp and ends with rig_finish(). Waiting is always bounded; a helper that
 * waits in vain fails the test, unless it returns bool.
 */
#ifndef ORL_TESTS_SPICE_RIG_H
#define ORL_TESTS_SPICE_RIG_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

#include "spice/spice.h"

#define RIG_MS 20000 /* patience: far beyond what anything takes on a loaded machine */

struct rig_process {
    pid_t pid; /* 0: none */
    int in, out;
    char text[65536];
    size_t fill;
};

struct rig {
    char dir[64], socket[96];
    struct rig_process server, other;
    struct orl_cmdq input;
    struct orl_spice_link link;
    struct orl_spice_conf
        conf; /* of rig_connect(); preset to the socket, everything on but USB */
    struct orl_spice_status status;
    struct orl_spice *spice; /* NULL: not started */
};

void rig_init(struct rig *r);
void rig_finish(struct rig *r); /* stops everything; removes the folder */

/* The fake server on r->socket, with more arguments up to NULL; returns when it listens. */
void rig_serve(struct rig *r, ...) __attribute__((sentinel));
/* The same with these arguments only (TCP). */
void rig_serve_at(struct rig *r, ...) __attribute__((sentinel));
void rig_tell(struct rig *r, const char *format, ...) __attribute__((format(printf, 2, 3)));
void rig_kill_server(struct rig *r); /* SIGKILL; the socket file stays, as after a crash */
int rig_free_port(void);

/* Instead of the fake server: a socket that takes connections and answers each with these bytes
 * (len 0: nothing). hang_up: closes each after that; else keeps it open. */
void rig_serve_bytes(struct rig *r, const void *bytes, size_t len, bool hang_up);
/* Runs openssl: ca-cert.pem, a certificate for 127.0.0.1, and other-ca.pem in r->dir. */
void rig_make_certificates(struct rig *r);

/* Next line of a process, without its end; false: none within `ms`, or the process ended. */
bool rig_line(struct rig_process *p, char *line, size_t cap, int ms);
/* Skips lines up to one that begins with `start`; fails the test after RIG_MS. */
void rig_expect(struct rig *r, const char *start);
void rig_spawn(struct rig_process *p, char *const argv[]);
void rig_reap(struct rig_process *p, int signal);

void rig_connect(struct rig *r); /* orl_spice_start() */
void rig_disconnect(struct rig *r);

/* Takes the newest status into r->status; waits until `ok` likes it. */
typedef bool (*rig_liked)(const struct orl_spice_status *s);
bool rig_wait_ms(struct rig *r, rig_liked ok, int ms);
void rig_wait(struct rig *r, rig_liked ok);            /* fails the test after RIG_MS */
bool rig_is_ready(const struct orl_spice_status *s);   /* the main channel */
bool rig_has_inputs(const struct orl_spice_status *s); /* ready and inputs */
void rig_wait_state(struct rig *r, enum orl_spice_state state);

/* Next note of this kind for main; others are thrown away. The caller frees note->data. */
bool rig_event(struct rig *r, enum orl_spice_note_kind kind, struct orl_spice_note *note,
               int ms);
void rig_request(struct rig *r, enum orl_spice_note_kind kind, uint32_t a, uint32_t b,
                 uint64_t id, const void *data, size_t len);

#endif
