/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Small atomic words with one meaning each, so that no other file needs atomics.
 *
 * A flag is raised by any thread and read by any (stop asked). A counter has one writer and says
 * "N has happened" (release); readers see everything written before (acquire).
 */
#ifndef ORL_BASE_SERIAL_H
#define ORL_BASE_SERIAL_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

struct orl_flag {
    _Atomic bool raised;
};
static inline void orl_flag_init(struct orl_flag *f)
{
    atomic_init(&f->raised, false);
}
static inline void orl_flag_raise(struct orl_flag *f)
{
    atomic_store_explicit(&f->raised, true, memory_order_release);
}
static inline void orl_flag_lower(struct orl_flag *f)
{
    atomic_store_explicit(&f->raised, false, memory_order_release);
}
static inline bool orl_flag_is_raised(const struct orl_flag *f)
{
    return atomic_load_explicit(&f->raised, memory_order_acquire);
}

struct orl_counter {
    _Atomic uint64_t n;
};
static inline void orl_counter_init(struct orl_counter *c)
{
    atomic_init(&c->n, 0);
}
/* Single writer. */
static inline void orl_counter_add(struct orl_counter *c, uint64_t more)
{
    uint64_t n = atomic_load_explicit(&c->n, memory_order_relaxed);
    atomic_store_explicit(&c->n, n + more, memory_order_release);
}
static inline void orl_counter_set(struct orl_counter *c, uint64_t n)
{
    atomic_store_explicit(&c->n, n, memory_order_release);
}
static inline uint64_t orl_counter_get(const struct orl_counter *c)
{
    return atomic_load_explicit(&c->n, memory_order_acquire);
}

/* A pointer that one thread sets and others follow; what it points to stays valid meanwhile. */
struct orl_pointer {
    _Atomic(void *) p;
};
static inline void orl_pointer_set(struct orl_pointer *p, void *to)
{
    atomic_store_explicit(&p->p, to, memory_order_release);
}
static inline void *orl_pointer_get(const struct orl_pointer *p)
{
    return atomic_load_explicit(&p->p, memory_order_acquire);
}

#endif
