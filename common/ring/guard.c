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
 * fields and publishes them with WATCHED. The handler looks at all entries, and another thread may
 * free and reuse one meanwhile: `state` also counts uses (in steps of USE), and an entry counts
 * only when `state` is the same after its fields were read. Fields are stored with release and
 * loaded with acquire: who reads a new field sees the CLAIMED before it. The entry of the mapping
 * that has faulted cannot change: its own thread is in the handler.
 */
enum { FREE, CLAIMED, WATCHED, TRIPPED, USE };

struct entry {
    _Atomic uint32_t state; /* one of the above + USE * how often it was claimed */
    _Atomic uintptr_t base;
    _Atomic size_t size;
    _Atomic int prot;
};

/* An entry as the handler has read it. */
struct found {
    struct entry *entry;
    uint32_t state;
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
static bool replace_pages(const struct found *e, uintptr_t fault)
{
    uintptr_t from = fault & ~(page_bytes - 1);
    int flags = MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED | MAP_NORESERVE;
    return mmap((void *)from, e->base + e->size - from, e->prot, flags, -1, 0) != MAP_FAILED ||
           mmap((void *)e->base, e->size, e->prot, flags, -1, 0) != MAP_FAILED;
}

static bool find(struct found *f, uintptr_t address)
{
    for (int i = 0; i < ENTRIES; i++) {
        struct entry *e = &table[i];
        *f = (struct found){
            .entry = e,
            .state = atomic_load_explicit(&e->state, memory_order_acquire),
            .base = atomic_load_explicit(&e->base, memory_order_acquire),
            .size = atomic_load_explicit(&e->size, memory_order_acquire),
            .prot = atomic_load_explicit(&e->prot, memory_order_acquire),
        };
        bool used = f->state % USE == WATCHED || f->state % USE == TRIPPED;
        if (used && atomic_load_explicit(&e->state, memory_order_relaxed) == f->state &&
            address >= f->base && address - f->base < f->size) {
            return true;
        }
    }
    return false;
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
    struct found f;
    if (info->si_code > 0 && find(&f, (uintptr_t)info->si_addr) &&
        replace_pages(&f, (uintptr_t)info->si_addr)) {
        atomic_store_explicit(&f.entry->state, f.state - f.state % USE + TRIPPED,
                              memory_order_release);
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
    int before = 0;
    if (atomic_compare_exchange_strong(&installed, &before, 1)) {
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
        struct entry *e = &table[i];
        uint32_t state = atomic_load_explicit(&e->state, memory_order_relaxed);
        uint32_t claimed = state + USE + CLAIMED;
        if (state % USE == FREE && atomic_compare_exchange_strong(&e->state, &state, claimed)) {
            atomic_store_explicit(&e->base, (uintptr_t)base, memory_order_release);
            atomic_store_explicit(&e->size, size, memory_order_release);
            atomic_store_explicit(&e->prot, prot, memory_order_release);
            atomic_store_explicit(&e->state, claimed - CLAIMED + WATCHED, memory_order_release);
            return i + 1;
        }
    }
    return -1;
}

static uint32_t state_of(int guard)
{
    return atomic_load_explicit(&table[guard - 1].state, memory_order_acquire);
}

void orl_guard_remove(int guard)
{
    if (guard > 0 && guard <= ENTRIES) {
        uint32_t state = state_of(guard);
        atomic_store_explicit(&table[guard - 1].state, state - state % USE + FREE,
                              memory_order_release);
    }
}

bool orl_guard_tripped(int guard)
{
    return guard > 0 && guard <= ENTRIES && state_of(guard) % USE == TRIPPED;
}
