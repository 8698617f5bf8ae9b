/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The socket that the server listens at, and the right to it.
 *
 * Whether a socket that is already there belongs to somebody is asked by connecting to it. Two servers
 * that start at the same time could both find it dead and each remove what the other has just made,
 * so whoever asks holds a lock on PATH.lock, and keeps it while it serves. One thread.
 */
#ifndef ORL_IVSERVER_DOOR_H
#define ORL_IVSERVER_DOOR_H

#include "base/err.h"
#include "ivserver/conf.h"

struct orl_ivserver_door {
    int listener; /* non-blocking */
    int lock;
    char path[128], lock_path[136];
};

/*
 * ORL_OK; ORL_ENOSPC: another server serves this path, or what is there is no socket; ORL_EINVAL: there
 * is no such group; ORL_ESYS: errno. On error nothing has been left behind.
 */
ORL_MUST int orl_ivserver_door_open(struct orl_ivserver_door *d,
                                    const struct orl_ivserver_conf *conf);

/* Removes the socket, unless somebody has put another one in its place. */
void orl_ivserver_door_close(struct orl_ivserver_door *d);

#endif
