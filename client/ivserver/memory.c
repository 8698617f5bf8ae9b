/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "ivserver/memory.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

/*
 * Taking more than there is would not fail: the kernel would end other programs to find it. Unknown
 * counts as enough. (proc(5), MemAvailable)
 */
static bool is_available(uint64_t bytes)
{
    char line[128];
    unsigned long long kib = UINT64_MAX >> 10;
    FILE *f = fopen("/proc/meminfo", "re");
    while (f && fgets(line, sizeof(line), f)) {
        if (strncmp(line, "MemAvailable:", 13) == 0) {
            kib = strtoull(line + 13, NULL, 10);
            break;
        }
    }
    if (f) {
        fclose(f);
    }
    return bytes >> 10 <= kib;
}

static bool prepare(int fd, uint64_t bytes)
{
    /* F_SEAL_SEAL: without it, any peer could forbid the others to map the memory for writing. */
    return ftruncate(fd, (off_t)bytes) == 0 && fallocate(fd, 0, 0, (off_t)bytes) == 0 &&
           fcntl(fd, F_ADD_SEALS, F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_SEAL) == 0;
}

int orl_ivserver_memory(uint64_t bytes, bool huge_pages)
{
    if (!huge_pages && !is_available(bytes)) { /* huge ones are set aside */
        errno = ENOMEM;
        return -1;
    }
    unsigned flags = MFD_CLOEXEC | MFD_ALLOW_SEALING | (huge_pages ? MFD_HUGETLB : 0u);
    int fd = memfd_create("oriel-ivshmem", flags);
    if (fd >= 0 && !prepare(fd, bytes)) {
        int saved = errno;
        close(fd);
        errno = saved;
        fd = -1;
    }
    return fd;
}
