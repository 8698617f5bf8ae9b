/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "ring/export.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/udmabuf.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "kvmfr/kvmfr.h"

#define UDMABUF_NODE "/dev/udmabuf"

#ifndef F_SEAL_FUTURE_WRITE
#    define F_SEAL_FUTURE_WRITE 0x0010 /* linux/fcntl.h; since Linux 5.1 */
#endif

static size_t page_bytes(void)
{
    long page = sysconf(_SC_PAGESIZE);
    return page > 0 ? (size_t)page : 4096;
}

/*
 * Who may read memory by a descriptor of ours must be able to rely on its size, since a driver does
 * not survive what orl_shm_guard() survives. Only the seal of a memfd promises that. Memory sealed
 * against writing is refused by udmabuf, and no guest could draw in it.
 */
static bool is_sealed(int fd)
{
    int seals = fcntl(fd, F_GET_SEALS);
    return seals >= 0 && (seals & F_SEAL_SHRINK) &&
           !(seals & (F_SEAL_WRITE | F_SEAL_FUTURE_WRITE));
}

/* A new descriptor, or -1 and errno. */
static int make_udmabuf(int memory, size_t off, size_t bytes)
{
    int node = open(UDMABUF_NODE, O_RDWR | O_CLOEXEC);
    if (node < 0) {
        return -1;
    }
    struct udmabuf_create ask = {
        .memfd = (__u32)memory, .flags = UDMABUF_FLAGS_CLOEXEC, .offset = off, .size = bytes};
    int fd = ioctl(node, UDMABUF_CREATE, &ask);
    int saved = errno;
    close(node);
    errno = saved;
    return fd;
}

static int make_kvmfr(int device, size_t off, size_t bytes)
{
    struct kvmfr_dmabuf_range ask = {
        .flags = KVMFR_DMABUF_CLOEXEC, .offset = off, .size = bytes};
    return ioctl(device, KVMFR_DMABUF_CREATE, &ask);
}

enum orl_shm_export orl_export_way(int fd, bool is_device)
{
    if (is_device) {
        return ORL_EXPORT_KVMFR;
    }
    if (!is_sealed(fd)) {
        return ORL_EXPORT_NONE;
    }
    int saved = errno;
    int probe = make_udmabuf(fd, 0, page_bytes());
    errno = saved;
    if (probe < 0) {
        return ORL_EXPORT_MEMORY;
    }
    close(probe);
    return ORL_EXPORT_UDMABUF;
}

int orl_shm_export(const struct orl_shm *shm, size_t off, size_t bytes, int *fd, size_t *base,
                   size_t *size)
{
    size_t page = page_bytes();
    if (!shm->base || !shm->writable || shm->export_by == ORL_EXPORT_NONE || bytes == 0 ||
        off % page != 0 || bytes % page != 0 || !orl_mem_has(orl_shm_mem(shm), off, bytes)) {
        return ORL_EINVAL;
    }
    bool whole = shm->export_by == ORL_EXPORT_MEMORY;
    int made = whole                                ? fcntl(shm->fd, F_DUPFD_CLOEXEC, 0)
               : shm->export_by == ORL_EXPORT_KVMFR ? make_kvmfr(shm->fd, off, bytes)
                                                    : make_udmabuf(shm->fd, off, bytes);
    if (made < 0) {
        return ORL_ESYS;
    }
    *fd = made;
    *base = whole ? 0 : off;
    *size = whole ? shm->size : bytes;
    return ORL_OK;
}
