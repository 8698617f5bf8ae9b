/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The shared memory: a regular file (QEMU's memory-backend-file) or a kvmfr device, mapped.
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

struct orl_shm {
    uint8_t *base; /* page aligned; written by the guest at any time */
    size_t size;   /* bytes mapped */
    int fd;
    bool is_device; /* kvmfr: fixed size, can export ranges as DMA-BUF */
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
    ORL_SHM_SYSTEM      /* errno says more */
};

/* Installs the process-wide SIGBUS handler; does nothing while it is in place, and puts it back
 * when something (a test framework) has replaced it. Faults outside of our mappings keep the
 * meaning that they had before the first call. Main thread. ORL_OK or ORL_ESYS. */
ORL_MUST int orl_shm_guard(void);

/*
 * Opens and maps all of `path`. ORL_OK; ORL_EAGAIN (missing or empty: try again later);
 * ORL_EINVAL (not memory), ORL_ESYS (errno). *fault says why; `out` is untouched on error.
 */
ORL_MUST int orl_shm_open(struct orl_shm *out, const char *path, enum orl_shm_mode mode,
                          enum orl_shm_fault *fault);

/*
 * Maps a descriptor of known size (tests, demo, memfd). ORL_OK: `fd` is taken; ORL_EINVAL: size 0
 * or more than the file has, ORL_ESYS: errno; then `fd` stays the caller's.
 */
ORL_MUST int orl_shm_map_fd(struct orl_shm *out, int fd, size_t size, enum orl_shm_mode mode);

/*
 * True when the mapping no longer stands for the file: it shrank under us (SIGBUS was caught), its
 * size differs from what is mapped, or `path` (may be NULL) now names another file. Two system
 * calls: ask once a second or after trouble, not per frame.
 */
bool orl_shm_stale(const struct orl_shm *shm, const char *path);

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
 * /dev, any other in /dev/shm. `dev_dir` is "/dev" (tests pass another). ORL_OK or ORL_EINVAL (too long).
 */
ORL_MUST int orl_shm_resolve(char *dst, size_t cap, const char *name, const char *dev_dir);

#endif
