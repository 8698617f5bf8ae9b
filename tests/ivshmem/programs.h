/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Starting and ending the real programs. Waits have no end of their own: ctest ends a test that hangs. */
#ifndef ORL_TEST_IVSHMEM_PROGRAMS_H
#define ORL_TEST_IVSHMEM_PROGRAMS_H

#include <sys/types.h>

#include "ring/shm.h"

struct scratch {
    char dir[64];
    char socket[96]; /* a path in it */
    char name[112];  /* "ivshmem:" and that path */
};

void scratch_make(struct scratch *s);
/* Removes the socket and the folder, which must then be empty. */
void scratch_remove(struct scratch *s);

/* argv ends with NULL. stdin from and stdout to the descriptors unless -1. Ends with this process. */
pid_t program_start(const char *const *argv, int in, int out);

/* Waits for the end; the exit code, or 128 + the signal. */
int program_wait(pid_t pid);

/* SIGTERM, then program_wait(). */
int program_end(pid_t pid);

/* oriel-ivshmem-server at s->socket with up to two more options (NULL: none); waits until it serves. */
pid_t server_start(const struct scratch *s, const char *a, const char *b);

void pause_a_little(void);

/* The memory of the server at s->name, which may have to start first. */
struct orl_shm open_served(const struct scratch *s);

#endif
