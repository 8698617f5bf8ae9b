/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The protocol of QEMU's ivshmem servers, from the side of a peer (docs/specs/ivshmem-spec of QEMU,
 * "The ivshmem Client-Server Protocol").
 *
 * A server owns a shared memory and gives its descriptor to everybody who connects to its Unix
 * socket: virtual machines with a device ivshmem-doorbell, and viewers. It also gives everybody
 * eventfds to ring the others with, one for each of a peer's vectors. Its messages are single signed
 * 64-bit little-endian numbers, some with a descriptor (SCM_RIGHTS):
 *
 *   0 (the version); our number, 0 to 65535; -1 with the memory;
 *   then in any order: a peer's number with an eventfd, once for each vector, in order: the peer is
 *   there; our own number with an eventfd: what peers ring to reach our vectors; a peer's number
 *   without a descriptor: the peer has gone.
 *
 * The peer never sends anything. The server is not trusted: every wait has an end, a message that
 * breaks a rule ends the connection, and no descriptor that it sends is kept unless it is used.
 *
 * One thread per connection.
 */
#ifndef ORL_RING_IVSHMEM_H
#define ORL_RING_IVSHMEM_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/err.h"
#include "ring/shm.h"

#define ORL_IVSHMEM_PREFIX  "ivshmem:" /* before the path of a socket where a memory is named */
#define ORL_IVSHMEM_VERSION 0          /* since QEMU 2.5 */
#define ORL_IVSHMEM_MEMORY  (-1)       /* the number that comes with the memory's descriptor */
#define ORL_IVSHMEM_ID_MAX  65535      /* 16 bits of the device's doorbell register */
#define ORL_IVSHMEM_PEERS   64         /* policy: so many others are remembered */

/* For all of connecting: a polling thread that does it is held no longer, its stop included. */
#define ORL_IVSHMEM_WAIT_NS UINT64_C(1000000000)

/* The others and their vector 0, for those who ring. */
struct orl_ivshmem_peers {
    uint32_t count;
    struct {
        int id, bell;
    } peer[ORL_IVSHMEM_PEERS];
};

struct orl_ivshmem {
    int sock;                        /* -1: closed */
    int id;                          /* our number */
    int memory;                      /* the descriptor that was handed out */
    int doorbell;                    /* our vector 0; -1: has not come */
    struct orl_ivshmem_peers *peers; /* borrowed; NULL: not wanted */
};

/* "ivshmem:..." */
bool orl_ivshmem_is(const char *path);

/*
 * Connects to the server at `socket` and takes memory and number; waits for all of it at most
 * `wait_ns`, and for the doorbell, which not every server sends, a tenth of that. `peers` may be NULL;
 * it is cleared first. The new descriptors are close-on-exec and the caller's until
 * orl_ivshmem_close(). ORL_SHM_FINE; ORL_SHM_MISSING, _DENIED, _NOT_MEMORY (no stream socket),
 * _NO_SERVER, _SERVER_*; ORL_SHM_SYSTEM: errno (ENAMETOOLONG: the path does not fit an address). On
 * error nothing is open.
 */
ORL_MUST enum orl_shm_fault orl_ivshmem_connect(struct orl_ivshmem *c, const char *socket,
                                                struct orl_ivshmem_peers *peers,
                                                uint64_t wait_ns);

/*
 * Takes in what the server has said, at most 256 messages. Never blocks. False: it hung up, or broke
 * a rule; the connection is of no use any more (the memory and the doorbell are).
 */
bool orl_ivshmem_step(struct orl_ivshmem *c);

/* Rings vector 0 of every known peer. Never blocks. */
void orl_ivshmem_ring(const struct orl_ivshmem *c);

/* Takes the rings off an eventfd; true when there were any. Never blocks, whatever it really is. */
bool orl_ivshmem_lower(int doorbell);

/* Closes everything, the peers' eventfds too. */
void orl_ivshmem_close(struct orl_ivshmem *c);

/*
 * The other side: one message to a peer, with `fd` unless that is -1. ORL_OK; ORL_EAGAIN: its socket
 * is full, or too many descriptors are on their way; ORL_ESYS: it cannot be reached any more.
 */
ORL_MUST int orl_ivshmem_send(int sock, int64_t value, int fd);

#endif
