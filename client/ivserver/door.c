/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "ivserver/door.h"

#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <string.h>
#include <sys/file.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#define BACKLOG 16

static struct sockaddr_un address(const char *path)
{
    struct sockaddr_un a = {.sun_family = AF_UNIX};
    snprintf(a.sun_path, sizeof(a.sun_path), "%s", path);
    return a;
}

/* ---- The lock ------------------------------------------------------------------------------ */

/* The last server removes the file: a lock on one that is no longer there is worth nothing. */
static bool still_named(int fd, const char *path)
{
    struct stat ours, named;
    return fstat(fd, &ours) == 0 && stat(path, &named) == 0 && ours.st_dev == named.st_dev &&
           ours.st_ino == named.st_ino;
}

static int take_lock(struct orl_ivserver_door *d)
{
    for (int tries = 0; tries < 100; tries++) {
        d->lock = open(d->lock_path, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);
        if (d->lock < 0) {
            return ORL_ESYS;
        }
        if (flock(d->lock, LOCK_EX | LOCK_NB) != 0) {
            int err = errno == EWOULDBLOCK ? ORL_ENOSPC : ORL_ESYS;
            close(d->lock);
            return err;
        }
        if (still_named(d->lock, d->lock_path)) {
            return ORL_OK;
        }
        close(d->lock);
    }
    return ORL_ENOSPC;
}

static void leave_lock(struct orl_ivserver_door *d)
{
    unlink(d->lock_path); /* while it is held: see still_named() */
    close(d->lock);
}

/* ---- The socket ---------------------------------------------------------------------------- */

/* Something of another kind of server may live there, which has no lock of ours. */
static bool is_dead_socket(const char *path)
{
    struct stat st;
    struct sockaddr_un a = address(path);
    if (lstat(path, &st) != 0 || !S_ISSOCK(st.st_mode)) {
        return false;
    }
    int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    if (fd < 0) {
        return false;
    }
    bool dead =
        connect(fd, (const struct sockaddr *)&a, sizeof(a)) != 0 && errno == ECONNREFUSED;
    close(fd);
    return dead;
}

static int bind_there(int fd, const char *path)
{
    struct sockaddr_un a = address(path);
    /* The node gets the mode of the socket: nobody else may connect before it has its own. */
    if (fchmod(fd, 0600) != 0) {
        return ORL_ESYS;
    }
    if (bind(fd, (const struct sockaddr *)&a, sizeof(a)) == 0) {
        return ORL_OK;
    }
    if (errno != EADDRINUSE) {
        return ORL_ESYS;
    }
    if (!is_dead_socket(path)) {
        return ORL_ENOSPC;
    }
    bool bound = unlink(path) == 0 && bind(fd, (const struct sockaddr *)&a, sizeof(a)) == 0;
    return bound ? ORL_OK : ORL_ESYS;
}

static int admit(const struct orl_ivserver_conf *conf)
{
    if (conf->group) {
        const struct group *g = getgrnam(conf->group);
        if (!g) {
            return ORL_EINVAL;
        }
        if (chown(conf->path, (uid_t)-1, g->gr_gid) != 0) {
            return ORL_ESYS;
        }
    }
    return chmod(conf->path, conf->mode) == 0 ? ORL_OK : ORL_ESYS;
}

static int open_listener(struct orl_ivserver_door *d, const struct orl_ivserver_conf *conf)
{
    d->listener = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    if (d->listener < 0) {
        return ORL_ESYS;
    }
    int err = bind_there(d->listener, conf->path);
    if (err == ORL_OK) {
        err = listen(d->listener, BACKLOG) == 0 ? admit(conf) : ORL_ESYS;
        if (err != ORL_OK) {
            int saved = errno;
            unlink(conf->path);
            errno = saved;
        }
    }
    if (err != ORL_OK) {
        int saved = errno;
        close(d->listener);
        errno = saved;
    }
    return err;
}

int orl_ivserver_door_open(struct orl_ivserver_door *d, const struct orl_ivserver_conf *conf)
{
    *d = (struct orl_ivserver_door){.listener = -1, .lock = -1};
    snprintf(d->path, sizeof(d->path), "%s", conf->path);
    snprintf(d->lock_path, sizeof(d->lock_path), "%s.lock", d->path);
    int err = take_lock(d);
    if (err != ORL_OK) {
        return err;
    }
    err = open_listener(d, conf);
    if (err != ORL_OK) {
        int saved = errno;
        leave_lock(d);
        errno = saved;
    }
    return err;
}

void orl_ivserver_door_close(struct orl_ivserver_door *d)
{
    /* A bound socket's own inode is not the node's, so what stands there now is asked by connecting:
     * nobody answers when it is ours, which is closed, or dead. */
    close(d->listener);
    if (is_dead_socket(d->path)) {
        unlink(d->path);
    }
    leave_lock(d);
}
