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
#include "ring/guard.h"

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

/* The bytes to map, 0 with the reason in *fault. */
static size_t measure(int fd, const char *path, enum orl_shm_fault *fault)
{
    struct stat st;
    if (fstat(fd, &st) != 0) {
        *fault = ORL_SHM_SYSTEM;
        return 0;
    }
    if (S_ISCHR(st.st_mode)) {
        int size = ioctl(fd, KVMFR_GET_SIZE);
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

static int error_of(enum orl_shm_fault fault)
{
    switch (fault) {
    case ORL_SHM_FINE: return ORL_OK;
    case ORL_SHM_MISSING:
    case ORL_SHM_EMPTY: return ORL_EAGAIN;
    case ORL_SHM_NOT_MEMORY: return ORL_EINVAL;
    case ORL_SHM_DENIED:
    case ORL_SHM_SYSTEM: return ORL_ESYS;
    }
    return ORL_ESYS;
}

int orl_shm_open(struct orl_shm *out, const char *path, enum orl_shm_mode mode,
                 enum orl_shm_fault *fault)
{
    /* O_NONBLOCK: a named pipe must not hold us; it means nothing for memory. */
    int flags = (mode == ORL_SHM_READ_WRITE ? O_RDWR : O_RDONLY) | O_CLOEXEC | O_NONBLOCK;
    int fd = open(path, flags);
    if (fd < 0) {
        *fault = fault_of_open(errno);
        return error_of(*fault);
    }
    size_t size = measure(fd, path, fault);
    int err = size > 0 ? orl_shm_map_fd(out, fd, size, mode) : error_of(*fault);
    if (err) {
        if (*fault == ORL_SHM_FINE) {
            *fault = ORL_SHM_SYSTEM;
            err = ORL_ESYS;
        }
        int saved = errno;
        close(fd);
        errno = saved;
    }
    return err;
}

bool orl_shm_stale(const struct orl_shm *shm, const char *path)
{
    struct stat st;
    if (orl_shm_lost(shm) || fstat(shm->fd, &st) != 0 ||
        (!shm->is_device && (uint64_t)st.st_size != shm->size)) {
        return true;
    }
    return path &&
           (stat(path, &st) != 0 || (uint64_t)st.st_dev != shm->dev || st.st_ino != shm->ino);
}

void orl_shm_close(struct orl_shm *shm)
{
    if (!shm->base) {
        return;
    }
    orl_guard_remove(shm->guard);
    munmap(shm->base, shm->size);
    close(shm->fd);
    *shm = (struct orl_shm){.fd = -1, .guard = -1};
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
    } else if (strchr(name, '/')) {
        len = snprintf(dst, cap, "%s", name);
    } else if (strncmp(name, "kvmfr", 5) == 0) {
        len = snprintf(dst, cap, "%s/%s", dev_dir, name);
    } else {
        len = name[0] != '\0' ? snprintf(dst, cap, "%s/shm/%s", dev_dir, name) : -1;
    }
    return len > 0 && (size_t)len < cap ? ORL_OK : ORL_EINVAL;
}
