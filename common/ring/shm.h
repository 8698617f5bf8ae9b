/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The shared memory: a regular file (QEMU's memory-backend-file), a kvmfr device, or what an ivshmem
 * server hands out (ring/ivshmem.h), mapped.
 *
 * The guest and whoever owns the file may change it at any time, its size included. Reading a
 * mapped file beyond its present end raises SIGBUS; orl_shm_guard() installs a handler that puts
 * zero pages under the rest of the mapping and marks it lost, so that readers see a dead session
 * instead of a dead program. Main or frame thread opens and closes; any thread reads.
 */
#ifndef ORL_RING_SHM_H
#define ORL_RING_SHM_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/bytes.h"
#include "base/err.h"

/*
 * How ranges of the memory can be had as descriptors of their own (orl_shm_export()). A fact about the
 * memory that is found when it is mapped and holds until it is closed: seals are never taken off.
 */
enum orl_shm_export {
    ORL_EXPORT_NONE,    /* a plain file: another program could cut it under a reader's feet */
    ORL_EXPORT_KVMFR,   /* DMA-BUF by the kvmfr device */
    ORL_EXPORT_UDMABUF, /* DMA-BUF by /dev/udmabuf: memory that is sealed against shrinking */
    ORL_EXPORT_MEMORY   /* the sealed memory itself: no DMA-BUF, but cannot shrink either */
};

struct orl_shm {
    uint8_t *base; /* page aligned; written by the guest at any time */
    size_t size;   /* bytes mapped */
    int fd;
    bool is_device; /* kvmfr: fixed size */
    enum orl_shm_export export_by;
    int server;   /* connection to an ivshmem server, -1 none: the descriptor came from there */
    int peer;     /* our number there: peers ring us by it; -1 without a server */
    int doorbell; /* eventfd that becomes readable when the guest rings our vector 0; -1 none */
    bool writable;
    uint64_t dev, ino; /* which file this is, to notice a replaced one */
    int guard;         /* number in the SIGBUS table; 0, -1: none */
};

enum orl_shm_mode { ORL_SHM_READ, ORL_SHM_READ_WRITE };

/* Why an open failed, for the one sentence the user sees. */
enum orl_shm_fault {
    ORL_SHM_FINE,
    ORL_SHM_MISSING,    /* no such file */
    ORL_SHM_DENIED,     /* permission */
    ORL_SHM_NOT_MEMORY, /* directory, socket ... or a regular file where a device should be */
    ORL_SHM_EMPTY,      /* zero bytes: created, not yet sized */
    /* Of an ivshmem server: */
    ORL_SHM_NO_SERVER,     /* its socket is there, but nobody listens */
    ORL_SHM_SERVER_SILENT, /* it does not answer in time */
    ORL_SHM_SERVER_GONE, /* it hung up before it had handed out the memory: full, or it died */
    ORL_SHM_SERVER_VERSION, /* it speaks another version of the protocol */
    ORL_SHM_SERVER_GARBAGE, /* what it says is not the protocol */
    ORL_SHM_SERVER_BARE,    /* it sent no descriptor where the memory belongs */
    ORL_SHM_SYSTEM          /* errno says more */
};

/* A short English clause, without a full stop. Never NULL. */
const char *orl_shm_fault_text(enum orl_shm_fault fault);

/* Installs the process-wide SIGBUS handler; does nothing while it is in place, and puts it back
 * when something (a test framework) has replaced it. Faults outside of our mappings keep the
 * meaning that they had before the first call. Main thread. ORL_OK or ORL_ESYS. */
ORL_MUST int orl_shm_guard(void);

/*
 * Opens and maps all of `path`; one that starts with ORL_IVSHMEM_PREFIX names the socket of a server,
 * which may take ORL_IVSHMEM_WAIT_NS to answer. ORL_OK; ORL_EAGAIN (missing or empty, no server or a
 * silent one: try again later); ORL_EINVAL (not memory, not an ivshmem server), ORL_ESYS (errno).
 * *fault says why; `out` is untouched on error.
 */
ORL_MUST int orl_shm_open(struct orl_shm *out, const char *path, enum orl_shm_mode mode,
                          enum orl_shm_fault *fault);

/*
 * Maps a descriptor of known size (tests, demo, memfd). ORL_OK: `fd` is taken; ORL_EINVAL: size 0
 * or more than the file has, ORL_ESYS: errno; then `fd` stays the caller's.
 */
ORL_MUST int orl_shm_map_fd(struct orl_shm *out, int fd, size_t size, enum orl_shm_mode mode);

/*
 * A new descriptor (close-on-exec) for [off, off + bytes), both multiples of the page size, bytes > 0.
 * For ORL_EXPORT_MEMORY it is a duplicate that starts at 0 of the memory, else its byte 0 is `off`.
 * *base becomes the offset in the memory that its byte 0 stands for, *size its length. ORL_OK;
 * ORL_EINVAL: not aligned, outside, nothing can be exported, or the memory is mapped read-only (a
 * DMA-BUF can be written, which whoever opened it for reading has not asked for); ORL_ESYS: errno
 * (EINVAL from the kernel: more than udmabuf's size_limit_mb at once). One to three system calls;
 * the caller closes the descriptor, which may outlive `shm`.
 */
ORL_MUST int orl_shm_export(const struct orl_shm *shm, size_t off, size_t bytes, int *fd,
                            size_t *base, size_t *size);

/*
 * True when the mapping no longer stands for the memory: it shrank under us (SIGBUS was caught), its
 * size differs from what is mapped, `path` (may be NULL) now names another file, or the ivshmem server
 * hung up. Takes in what the server has said since the last call, which may bring the doorbell.
 * Two system calls without a server, one more for each message from it: ask once a second or after
 * trouble, not per frame.
 */
bool orl_shm_stale(struct orl_shm *shm, const char *path);

/*
 * Lowers the doorbell; true when it had been rung since the last call. Never blocks. One system call,
 * none without a doorbell. The other side can ring as often as it likes and can keep the doorbell
 * readable for ever: whoever waits for it must bound how often it looks.
 */
bool orl_shm_rang(const struct orl_shm *shm);

/* True when a fault was caught in this mapping. One atomic load. */
bool orl_shm_lost(const struct orl_shm *shm);

void orl_shm_close(struct orl_shm *shm);

static inline struct orl_mem orl_shm_mem(const struct orl_shm *shm)
{
    return (struct orl_mem){shm->base, shm->size};
}

/*
 * "auto", a path, or a name such as kvmfr1 -> path to open, into `dst`. "auto" is /dev/kvmfr0 when
 * that exists, else /dev/shm/looking-glass. A name without '/' that starts with "kvmfr" lies in
 * /dev, any other in /dev/shm; "ivshmem:SOCKET" stays as it is. `dev_dir` is "/dev" (tests pass
 * another). ORL_OK or ORL_EINVAL (too long).
 */
ORL_MUST int orl_shm_resolve(char *dst, size_t cap, const char *name, const char *dev_dir);

#endif
