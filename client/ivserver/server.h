/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The server's side of the ivshmem protocol (ring/ivshmem.h): one thread, one poll loop.
 *
 * No queue of messages is kept for a peer. Instead the server knows what each peer has been told about
 * each other one, and tells it the difference to what is so now whenever its socket has room. A peer
 * that does not read costs nothing and holds nobody up; what it missed in the meantime (somebody came
 * and went) it never hears of. The memory for that is fixed: ORL_IVSERVER_PEERS squared.
 *
 * A peer never has to say anything; one that does is shown the door.
 */
#ifndef ORL_IVSERVER_SERVER_H
#define ORL_IVSERVER_SERVER_H

#include <stdbool.h>
#include <stdint.h>

#include "base/err.h"
#include "ivserver/conf.h"

#define ORL_IVSERVER_PEERS 64

/*
 * Places of peers are used again, their numbers never: QEMU 7.2 keeps a pointer to what it freed when
 * a peer left, and dies when another one comes with the same number. Numbers have 16 bits.
 */
struct orl_ivserver_told { /* what a peer was told about another place */
    uint64_t serial;       /* whose place it was; 0: that there is nobody */
    uint32_t vectors;      /* how many of its eventfds were sent */
};

struct orl_ivserver_peer {
    uint64_t serial; /* counts up from 1; 0: this place is free. The number is one less */
    int sock;
    int bells[ORL_IVSERVER_VECTORS_MAX]; /* eventfds that others ring, and the peer waits for */
    uint32_t greeted;                    /* of the three first messages */
    bool full;                           /* the socket took no more */
    bool starved; /* too many descriptors are on their way: a full socket does not say when */
    struct orl_ivserver_told told[ORL_IVSERVER_PEERS];
};

struct orl_ivserver {
    int listener; /* borrowed */
    int memory;   /* borrowed */
    uint32_t vectors;
    uint64_t last_serial;
    bool starved; /* no descriptors for a new peer just now */
    bool spent;   /* no number is left for another peer; said once */
    uint32_t peer_count;
    struct orl_ivserver_peer peer[ORL_IVSERVER_PEERS]; /* places */
};

void orl_ivserver_init(struct orl_ivserver *s, int listener, int memory, uint32_t vectors);

/*
 * Serves until `stop_fd` becomes readable. ORL_OK; ORL_ESYS: poll failed. Never waits for a peer.
 * Comings and goings are logged.
 */
ORL_MUST int orl_ivserver_run(struct orl_ivserver *s, int stop_fd);

/* Lets all peers go. */
void orl_ivserver_finish(struct orl_ivserver *s);

#endif
