/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "support/guarded.h"

#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>

#if defined(__SANITIZE_ADDRESS__)
#    include <sanitizer/asan_interface.h>
#else
#    define ASAN_POISON_MEMORY_REGION(p, n)   ((void)(p), (void)(n))
#    define ASAN_UNPOISON_MEMORY_REGION(p, n) ((void)(p), (void)(n))
#endif

/* Layout: guard page | content pages | guard page; content ends at the second guard page, except
 * for up to 63 bytes that alignment needs, which are poisoned. */
void orl_guarded_init(struct orl_guarded *g, size_t size)
{
    size_t page = (size_t)sysconf(_SC_PAGESIZE);
    size_t room = (size + page - 1) / page * page;
    size_t taken = (size + 63) / 64 * 64;
    g->size = size;
    g->map_bytes = room + 2 * page;
    void *map = mmap(NULL, g->map_bytes, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (map == MAP_FAILED ||
        (room && mprotect((uint8_t *)map + page, room, PROT_READ | PROT_WRITE) != 0)) {
        perror("guarded memory");
        abort();
    }
    g->map = map;
    g->base = g->map + page + room - taken;
    ASAN_POISON_MEMORY_REGION(g->map + page, (size_t)(g->base - (g->map + page)));
    ASAN_POISON_MEMORY_REGION(g->base + size, taken - size);
}

void orl_guarded_copy(struct orl_guarded *g, const void *src, size_t size)
{
    orl_guarded_init(g, size);
    if (size) {
        memcpy(g->base, src, size);
    }
}

void orl_guarded_protect(struct orl_guarded *g, bool writable)
{
    size_t page = (size_t)sysconf(_SC_PAGESIZE);
    int prot = PROT_READ | (writable ? PROT_WRITE : 0);
    if (g->map_bytes > 2 * page &&
        mprotect(g->map + page, g->map_bytes - 2 * page, prot) != 0) {
        perror("guarded memory");
        abort();
    }
}

void orl_guarded_finish(struct orl_guarded *g)
{
    ASAN_UNPOISON_MEMORY_REGION(g->map, g->map_bytes);
    munmap(g->map, g->map_bytes);
    *g = (struct orl_guarded){NULL, 0, NULL, 0};
}
