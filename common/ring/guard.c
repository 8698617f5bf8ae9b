/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "ring/guard.h"

#include <errno.h>
#include <signal.h>
#include <stdatomic.h>
#include <sys/mman.h>
#include <unistd.h>

#define ENTRIES 16

/*
 * The table is the one piece of mutable global state in common/ring: a signal handler gets no
 * argument. An entry belongs to whoever moved `state` from FREE to CLAIMED; it then fills the
 * fields and publishes them with WATCHED (release), which the handler loads (acquire). So the
 * handler sees whole entries only.
 */
enum { FREE, CLAIMED, WATCHED, TRIPPED };

struct entry {
    _Atomic int state;
    uintptr_t base;
    size_t size;
    int prot;
};
static struct entry table[ENTRIES];
static struct sigaction previous;
static uintptr_t page_bytes;
static _Atomic int installed;

/*
 * Puts zero pages under the mapping from the faulting page to its end; everything when the page
 * size of the file system is larger (huge pages). False when the kernel refuses both.
 */
static bool replace_pages(const struct entry *e, uintptr_t fault)
{
    uintptr_t from = fault & ~(page_bytes - 1);
    int flags = MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED | MAP_NORESERVE;
    return mmap((void *)from, e->base + e->size - from, e->prot, flags, -1, 0) != MAP_FAILED ||
           mmap((void *)e->base, e->size, e->prot, flags, -1, 0) != MAP_FAILED;
}

static struct entry *entry_at(uintptr_t address)
{
    for (int i = 0; i < ENTRIES; i++) {
        struct entry *e = &table[i];
        int state = atomic_load_explicit(&e->state, memory_order_acquire);
        if ((state == WATCHED || state == TRIPPED) && address >= e->base &&
            address - e->base < e->size) {
            return e;
        }
    }
    return NULL;
}

/* Not our fault: what would have happened without us. */
static void pass_on(int sig, siginfo_t *info, void *context)
{
    if (previous.sa_flags & SA_SIGINFO) {
        previous.sa_sigaction(sig, info, context);
    } else if (previous.sa_handler != SIG_DFL && previous.sa_handler != SIG_IGN) {
        previous.sa_handler(sig);
    } else {
        /* The faulting instruction runs again and ends the program with the default action. */
        struct sigaction def = {.sa_handler = SIG_DFL};
        sigaction(SIGBUS, &def, NULL);
        if (info->si_code <= 0) {
            raise(sig); /* sent by kill(): there is no instruction that runs again */
        }
    }
}

/*
 * Uses only loads and stores of lock-free atomics, sigaction() and raise(), which POSIX lists as
 * async-signal-safe, and mmap(). That one is not on the list, but with these arguments it is a
 * bare system call on Linux: it takes no lock of the C library and touches no heap. The signal is
 * synchronous, raised by the reader's own instruction outside of any libc call but memcpy(),
 * which may be interrupted and goes on with zeros.
 */
static void on_sigbus(int sig, siginfo_t *info, void *context)
{
    int saved = errno;
    struct entry *e = info->si_code > 0 ? entry_at((uintptr_t)info->si_addr) : NULL;
    if (e && replace_pages(e, (uintptr_t)info->si_addr)) {
        atomic_store_explicit(&e->state, TRIPPED, memory_order_release);
    } else {
        pass_on(sig, info, context);
    }
    errno = saved;
}

bool orl_guard_install(void)
{
    struct sigaction now;
    if (sigaction(SIGBUS, NULL, &now) != 0) {
        return false;
    }
    if ((now.sa_flags & SA_SIGINFO) && now.sa_sigaction == on_sigbus) {
        return true;
    }
    /* Only what was there first is passed on to: a later one may itself pass on to us. */
    int before = FREE;
    if (atomic_compare_exchange_strong(&installed, &before, CLAIMED)) {
        long page = sysconf(_SC_PAGESIZE);
        page_bytes = page > 0 ? (uintptr_t)page : 4096;
        previous = now;
    }
    struct sigaction act = {.sa_sigaction = on_sigbus, .sa_flags = SA_SIGINFO | SA_ONSTACK};
    sigemptyset(&act.sa_mask);
    return sigaction(SIGBUS, &act, NULL) == 0;
}

int orl_guard_add(const void *base, size_t size, int prot)
{
    for (int i = 0; i < ENTRIES; i++) {
        int state = FREE;
        if (atomic_compare_exchange_strong(&table[i].state, &state, CLAIMED)) {
            table[i].base = (uintptr_t)base;
            table[i].size = size;
            table[i].prot = prot;
            atomic_store_explicit(&table[i].state, WATCHED, memory_order_release);
            return i + 1;
        }
    }
    return -1;
}

void orl_guard_remove(int guard)
{
    if (guard > 0 && guard <= ENTRIES) {
        atomic_store_explicit(&table[guard - 1].state, FREE, memory_order_release);
    }
}

bool orl_guard_tripped(int guard)
{
    return guard > 0 && guard <= ENTRIES &&
           atomic_load_explicit(&table[guard - 1].state, memory_order_acquire) == TRIPPED;
}
