/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "ring/shm.h"

#include <ctype.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "kvmfr/kvmfr.h"
#include "ring/export.h"
#include "ring/guard.h"
#include "ring/ivshmem.h"

int orl_shm_guard(void)
{
    return orl_guard_install() ? ORL_OK : ORL_ESYS;
}

bool orl_shm_lost(const struct orl_shm *shm)
{
    return orl_guard_tripped(shm->guard);
}

int orl_shm_map_fd(struct orl_shm *out, int fd, size_t size, enum orl_shm_mode mode)
{
    struct stat st;
    if (fstat(fd, &st) != 0) {
        return ORL_ESYS;
    }
    if (size == 0 || (S_ISREG(st.st_mode) && (uint64_t)st.st_size < size)) {
        return ORL_EINVAL;
    }
    int prot = mode == ORL_SHM_READ_WRITE ? PROT_READ | PROT_WRITE : PROT_READ;
    void *base = mmap(NULL, size, prot, MAP_SHARED, fd, 0);
    if (base == MAP_FAILED) {
        return ORL_ESYS;
    }
    *out = (struct orl_shm){.base = base,
                            .size = size,
                            .fd = fd,
                            .is_device = S_ISCHR(st.st_mode),
                            .export_by = orl_export_way(fd, S_ISCHR(st.st_mode)),
                            .server = -1,
                            .peer = -1,
                            .doorbell = -1,
                            .writable = mode == ORL_SHM_READ_WRITE,
                            .dev = st.st_dev,
                            .ino = st.st_ino,
                            .guard = orl_guard_add(base, size, prot)};
    return ORL_OK;
}

/* "dev/kvmfr" and a number: where a device node belongs and nothing else. */
static bool is_device_path(const char *path)
{
    const char *name = strrchr(path, '/');
    if (!name || name - path < 4 || strncmp(name - 4, "/dev/kvmfr", 10) != 0) {
        return false;
    }
    const char *digits = name + strlen("/kvmfr");
    return isdigit((unsigned char)*digits) && digits[strspn(digits, "0123456789")] == '\0';
}

/* 0 or less: no device of that kind, or 2 GiB and more under an older module. */
static int64_t device_size(int fd)
{
    __u64 wide = 0;
    if (ioctl(fd, KVMFR_GET_SIZE64, &wide) == 0) {
        return wide <= INT64_MAX ? (int64_t)wide : -1;
    }
    return ioctl(fd, KVMFR_GET_SIZE);
}

/* The bytes to map, 0 with the reason in *fault. */
static size_t measure(int fd, const char *path, enum orl_shm_fault *fault)
{
    struct stat st;
    if (fstat(fd, &st) != 0) {
        *fault = ORL_SHM_SYSTEM;
        return 0;
    }
    if (S_ISCHR(st.st_mode)) {
        int64_t size = device_size(fd);
        *fault = size > 0 ? ORL_SHM_FINE : ORL_SHM_NOT_MEMORY;
        return size > 0 ? (size_t)size : 0;
    }
    /* QEMU started before the module was loaded creates a file where the node should be. */
    if (!S_ISREG(st.st_mode) || is_device_path(path)) {
        *fault = ORL_SHM_NOT_MEMORY;
        return 0;
    }
    *fault = st.st_size > 0 ? ORL_SHM_FINE : ORL_SHM_EMPTY;
    return (size_t)st.st_size;
}

static enum orl_shm_fault fault_of_open(int error)
{
    switch (error) {
    case ENOENT:
    case ENOTDIR: return ORL_SHM_MISSING;
    case EACCES:
    case EPERM:
    case EROFS: return ORL_SHM_DENIED;
    case EISDIR:
    case ENXIO:
    case ENODEV: return ORL_SHM_NOT_MEMORY;
    default: return ORL_SHM_SYSTEM;
    }
}

const char *orl_shm_fault_text(enum orl_shm_fault fault)
{
    static const char *const text[] = {
        [ORL_SHM_FINE] = "nothing is wrong",
        [ORL_SHM_MISSING] = "it does not exist",
        [ORL_SHM_DENIED] = "permission denied",
        [ORL_SHM_NOT_MEMORY] = "it is no shared memory",
        [ORL_SHM_EMPTY] = "it is empty",
        [ORL_SHM_NO_SERVER] = "no ivshmem server listens there",
        [ORL_SHM_SERVER_SILENT] = "the ivshmem server does not answer",
        [ORL_SHM_SERVER_GONE] =
            "the ivshmem server hung up before it had handed out the memory",
        [ORL_SHM_SERVER_VERSION] = "the ivshmem server speaks another version of the protocol",
        [ORL_SHM_SERVER_GARBAGE] = "what listens there is no ivshmem server",
        [ORL_SHM_SERVER_BARE] = "the ivshmem server sent no memory",
        [ORL_SHM_SYSTEM] = "the system refused"};
    bool known = (size_t)fault < sizeof(text) / sizeof(text[0]) && text[fault];
    return known ? text[fault] : "unknown reason";
}

static int error_of(enum orl_shm_fault fault)
{
    switch (fault) {
    case ORL_SHM_FINE: return ORL_OK;
    case ORL_SHM_MISSING:
    case ORL_SHM_EMPTY:
    case ORL_SHM_NO_SERVER:
    case ORL_SHM_SERVER_SILENT:
    case ORL_SHM_SERVER_GONE: return ORL_EAGAIN;
    case ORL_SHM_NOT_MEMORY:
    case ORL_SHM_SERVER_VERSION:
    case ORL_SHM_SERVER_GARBAGE:
    case ORL_SHM_SERVER_BARE: return ORL_EINVAL;
    case ORL_SHM_DENIED:
    case ORL_SHM_SYSTEM: return ORL_ESYS;
    }
    return ORL_ESYS;
}

/* Maps all of `fd`; on error the descriptor stays the caller's and errno stands. */
static int map_whole(struct orl_shm *out, int fd, const char *path, enum orl_shm_mode mode,
                     enum orl_shm_fault *fault)
{
    size_t size = measure(fd, path, fault);
    int err = size > 0 ? orl_shm_map_fd(out, fd, size, mode) : error_of(*fault);
    if (err && *fault == ORL_SHM_FINE) {
        *fault = ORL_SHM_SYSTEM;
        err = ORL_ESYS;
    }
    return err;
}

static int open_served(struct orl_shm *out, const char *socket, enum orl_shm_mode mode,
                       enum orl_shm_fault *fault)
{
    struct orl_ivshmem server;
    *fault = orl_ivshmem_connect(&server, socket, NULL, ORL_IVSHMEM_WAIT_NS);
    if (*fault != ORL_SHM_FINE) {
        return error_of(*fault);
    }
    int err = map_whole(out, server.memory, "", mode, fault);
    if (err) {
        int saved = errno;
        orl_ivshmem_close(&server);
        errno = saved;
        return err;
    }
    out->server = server.sock;
    out->peer = server.id;
    out->doorbell = server.doorbell;
    return ORL_OK;
}

int orl_shm_open(struct orl_shm *out, const char *path, enum orl_shm_mode mode,
                 enum orl_shm_fault *fault)
{
    if (orl_ivshmem_is(path)) {
        return open_served(out, path + strlen(ORL_IVSHMEM_PREFIX), mode, fault);
    }
    /* O_NONBLOCK: a named pipe must not hold us; it means nothing for memory. */
    int flags = (mode == ORL_SHM_READ_WRITE ? O_RDWR : O_RDONLY) | O_CLOEXEC | O_NONBLOCK;
    int fd = open(path, flags);
    if (fd < 0) {
        *fault = fault_of_open(errno);
        return error_of(*fault);
    }
    int err = map_whole(out, fd, path, mode, fault);
    if (err) {
        int saved = errno;
        close(fd);
        errno = saved;
    }
    return err;
}

/* A dead server's memory still works between those who have it, but newcomers get another one: the
 * machine and the viewer must meet at the server again. */
static bool server_gone(struct orl_shm *shm)
{
    struct orl_ivshmem server = {
        .sock = shm->server, .id = shm->peer, .memory = shm->fd, .doorbell = shm->doorbell};
    bool there = orl_ivshmem_step(&server);
    shm->doorbell = server.doorbell;
    return !there;
}

bool orl_shm_stale(struct orl_shm *shm, const char *path)
{
    struct stat st;
    if (orl_shm_lost(shm) || fstat(shm->fd, &st) != 0 ||
        (!shm->is_device && (uint64_t)st.st_size != shm->size)) {
        return true;
    }
    if (shm->server >= 0) {
        return server_gone(shm);
    }
    return path &&
           (stat(path, &st) != 0 || (uint64_t)st.st_dev != shm->dev || st.st_ino != shm->ino);
}

bool orl_shm_rang(const struct orl_shm *shm)
{
    return shm->doorbell >= 0 && orl_ivshmem_lower(shm->doorbell);
}

void orl_shm_close(struct orl_shm *shm)
{
    if (!shm->base) {
        return;
    }
    orl_guard_remove(shm->guard);
    munmap(shm->base, shm->size);
    close(shm->fd);
    if (shm->server >= 0) {
        close(shm->server);
    }
    if (shm->doorbell >= 0) {
        close(shm->doorbell);
    }
    *shm = (struct orl_shm){.fd = -1, .server = -1, .peer = -1, .doorbell = -1, .guard = -1};
}

int orl_shm_resolve(char *dst, size_t cap, const char *name, const char *dev_dir)
{
    int len;
    if (strcmp(name, "auto") == 0) {
        struct stat st;
        len = snprintf(dst, cap, "%s/kvmfr0", dev_dir);
        if (len > 0 && (size_t)len < cap && stat(dst, &st) == 0) {
            return ORL_OK;
        }
        len = snprintf(dst, cap, "%s/shm/looking-glass", dev_dir);
    } else if (strchr(name, '/') || orl_ivshmem_is(name)) {
        len = snprintf(dst, cap, "%s", name);
    } else if (strncmp(name, "kvmfr", 5) == 0) {
        len = snprintf(dst, cap, "%s/%s", dev_dir, name);
    } else {
        len = name[0] != '\0' ? snprintf(dst, cap, "%s/shm/%s", dev_dir, name) : -1;
    }
    return len > 0 && (size_t)len < cap ? ORL_OK : ORL_EINVAL;
}
