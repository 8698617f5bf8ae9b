/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "doctor/inspect.h"

#include <errno.h>
#include <string.h>

#include "app/app_impl.h"
#include "ring/ivshmem.h"

static int say_fault(const char *path, enum orl_shm_fault fault, int sys_errno)
{
    switch (fault) {
    case ORL_SHM_MISSING:
        fprintf(stderr, "oriel: error: there is no %s %s\n",
                orl_ivshmem_is(path) ? "socket" : "file", path);
        break;
    case ORL_SHM_EMPTY: fprintf(stderr, "oriel: error: %s is empty\n", path); break;
    case ORL_SHM_NOT_MEMORY:
        fprintf(stderr, "oriel: error: %s is not a shared memory\n", path);
        break;
    case ORL_SHM_NO_SERVER:
    case ORL_SHM_SERVER_SILENT:
    case ORL_SHM_SERVER_GONE:
    case ORL_SHM_SERVER_VERSION:
    case ORL_SHM_SERVER_GARBAGE:
    case ORL_SHM_SERVER_BARE:
        fprintf(stderr, "oriel: error: %s: %s\n", path, orl_shm_fault_text(fault));
        break;
    default:
        fprintf(stderr, "oriel: error: cannot open %s: %s\n", path, strerror(sys_errno));
        break;
    }
    return ORL_EXIT_NO_MEMORY;
}

int orl_app_inspect(const struct orl_conf_run *run)
{
    char path[256];
    struct orl_shm shm;
    enum orl_shm_fault fault = ORL_SHM_FINE;
    if (orl_shm_resolve(path, sizeof(path), run->path ? run->path : "auto", "/dev") != ORL_OK) {
        fprintf(stderr, "oriel: error: the path is too long\n");
        return ORL_EXIT_USAGE;
    }
    if (orl_shm_guard() != ORL_OK || orl_shm_open(&shm, path, ORL_SHM_READ, &fault) != ORL_OK) {
        return say_fault(path, fault, errno);
    }
    int err = orl_inspect(stdout, &shm, run->action == ORL_CONF_INSPECT_JSON);
    orl_shm_close(&shm);
    return err ? ORL_EXIT_NO_SESSION : ORL_EXIT_OK;
}
