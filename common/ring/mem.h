/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Single words of the shared memory, as atomics of their exact width: for common/ring, and for the
 * `written` counter of a frame in client/frame and client/demo.
 *
 * Loads acquire, stores release, changes do both: on x86 the loads and stores cost the same as
 * plain ones, and no reader has to find out which of the orders a field really needs. Addresses
 * are naturally aligned: blocks have fixed places and a ring's offset is checked. The compiler
 * builtins are used because the memory is not ours to declare as _Atomic.
 */
#ifndef ORL_RING_MEM_H
#define ORL_RING_MEM_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

_Static_assert(__BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__,
               "the guest's words are little-endian");

static inline uint32_t orl_w32_load(const uint8_t *p)
{
    return __atomic_load_n((const uint32_t *)(const void *)p, __ATOMIC_ACQUIRE);
}
static inline uint64_t orl_w64_load(const uint8_t *p)
{
    return __atomic_load_n((const uint64_t *)(const void *)p, __ATOMIC_ACQUIRE);
}
static inline void orl_w32_store(uint8_t *p, uint32_t v)
{
    __atomic_store_n((uint32_t *)(void *)p, v, __ATOMIC_RELEASE);
}
static inline void orl_w64_store(uint8_t *p, uint64_t v)
{
    __atomic_store_n((uint64_t *)(void *)p, v, __ATOMIC_RELEASE);
}

/* Returns the value before. */
static inline uint32_t orl_w32_and(uint8_t *p, uint32_t mask)
{
    return __atomic_fetch_and((uint32_t *)(void *)p, mask, __ATOMIC_ACQ_REL);
}
static inline uint32_t orl_w32_add(uint8_t *p, uint32_t v)
{
    return __atomic_fetch_add((uint32_t *)(void *)p, v, __ATOMIC_ACQ_REL);
}
static inline uint32_t orl_w32_swap(uint8_t *p, uint32_t v)
{
    return __atomic_exchange_n((uint32_t *)(void *)p, v, __ATOMIC_ACQ_REL);
}

/* Puts `to` where `from` stands; false, changing nothing, when something else does. One try. */
static inline bool orl_w32_cas(uint8_t *p, uint32_t from, uint32_t to)
{
    return __atomic_compare_exchange_n((uint32_t *)(void *)p, &from, to, false,
                                       __ATOMIC_ACQ_REL, __ATOMIC_ACQUIRE);
}

/*
 * A store that no later load overtakes, for "I am here" marks: each side sets its own word and then
 * looks at the other's. Release and acquire alone allow both to look too early, also on x86.
 */
static inline void orl_w32_announce(uint8_t *p, uint32_t v)
{
    (void)__atomic_exchange_n((uint32_t *)(void *)p, v, __ATOMIC_SEQ_CST);
}

/*
 * Between plain reads of a payload and the loads that ask whether it was still ours: keeps the
 * reads from happening later. Costs nothing on x86.
 */
static inline void orl_reads_done(void)
{
#ifndef __SANITIZE_THREAD__ /* which does not know fences */
    __atomic_thread_fence(__ATOMIC_ACQUIRE);
#endif
}

/*
 * Blocks that one side may be writing while the other reads (control block, user data): word by
 * word, so that every word is whole; whether the words belong together is for the caller to see.
 * The shared address is a multiple of 4.
 */
static inline void orl_words_read(uint8_t *dst, const uint8_t *src, size_t bytes)
{
    size_t i = 0;
    for (; i + 4 <= bytes; i += 4) {
        uint32_t word = orl_w32_load(src + i);
        memcpy(dst + i, &word, sizeof(word));
    }
    for (; i < bytes; i++) {
        dst[i] = __atomic_load_n(src + i, __ATOMIC_ACQUIRE);
    }
}
static inline void orl_words_write(uint8_t *dst, const uint8_t *src, size_t bytes)
{
    size_t i = 0;
    for (; i + 4 <= bytes; i += 4) {
        uint32_t word;
        memcpy(&word, src + i, sizeof(word));
        orl_w32_store(dst + i, word);
    }
    for (; i < bytes; i++) {
        __atomic_store_n(dst + i, src[i], __ATOMIC_RELEASE);
    }
}

/* A word of 4 or 8 bytes (orl_layout.subs_bytes, .tag_bytes). */
static inline uint64_t orl_word_load(const uint8_t *p, uint32_t bytes)
{
    return bytes == 8 ? orl_w64_load(p) : orl_w32_load(p);
}
static inline void orl_word_store(uint8_t *p, uint32_t bytes, uint64_t v)
{
    if (bytes == 8) {
        orl_w64_store(p, v);
    } else {
        orl_w32_store(p, (uint32_t)v);
    }
}

#endif
