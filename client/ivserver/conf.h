/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What oriel-ivshmem-server was asked to do, and its exit codes. */
#ifndef ORL_IVSERVER_CONF_H
#define ORL_IVSERVER_CONF_H

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <sys/types.h>

#define ORL_IVSERVER_SIZE_MIN    (UINT64_C(1) << 20)
#define ORL_IVSERVER_SIZE_MAX    (UINT64_C(1) << 36)
#define ORL_IVSERVER_VECTORS_MAX 16

/* A promise to scripts: numbers never change their meaning. */
enum orl_ivserver_exit {
    ORL_IVSERVER_OK = 0,      /* ended by a signal */
    ORL_IVSERVER_FAILURE = 1, /* the system refused something */
    ORL_IVSERVER_USAGE = 2,
    ORL_IVSERVER_TAKEN = 3,    /* another server serves this socket, or a file is in the way */
    ORL_IVSERVER_NO_MEMORY = 4 /* so much memory, or so many huge pages, cannot be had */
};

struct orl_ivserver_conf {
    const char *path;  /* of the socket; borrowed */
    uint64_t bytes;    /* a power of two: PCI wants that */
    uint32_t vectors;  /* of each peer */
    mode_t mode;       /* of the socket */
    const char *group; /* owner of the socket by name; NULL: the user's own; borrowed */
    const char *log;   /* levels for base/log.h; NULL: as they are; borrowed */
    bool huge_pages;
};

enum orl_ivserver_parsed { ORL_IVSERVER_GO, ORL_IVSERVER_HELP, ORL_IVSERVER_BAD_USAGE };

/* The command line into `conf`, defaults included. BAD_USAGE writes one sentence to `err`, HELP the
 * list of options to `out`. Strings of conf point into argv. */
enum orl_ivserver_parsed orl_ivserver_parse(struct orl_ivserver_conf *conf, int argc,
                                            char *const *argv, FILE *out, FILE *err);

#endif
