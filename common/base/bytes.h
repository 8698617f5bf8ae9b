/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Untrusted bytes: a borrowed range of memory and bounds-checked little-endian access to it.
 *
 * The range is usually shared with a guest that may change it at any time: copy a block out with
 * orl_mem_copy() once, then read fields from the private copy with orl_get_*(). Any thread.
 */
#ifndef ORL_BASE_BYTES_H
#define ORL_BASE_BYTES_H

#include <endian.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

struct orl_mem {
    const uint8_t *base;
    size_t size; /* bytes */
};

/* True when [off, off + len) lies inside the range; never overflows. */
static inline bool orl_mem_has(struct orl_mem m, uint64_t off, uint64_t len)
{
    return off <= m.size && len <= m.size - off;
}

/*
 * Copies [off, off + len) to dst; false, copying nothing, when it is not inside. The compiler
 * barrier keeps it one copy: without it, a field of the copy might be loaded from the guest's
 * memory once more after it was checked.
 */
static inline bool orl_mem_copy(void *dst, struct orl_mem m, uint64_t off, size_t len)
{
    if (!orl_mem_has(m, off, len)) {
        return false;
    }
    memcpy(dst, m.base + off, len);
    __asm__ volatile("" ::: "memory");
    return true;
}

/* Fields of a private copy; the caller guarantees that the bytes are there. Unaligned is fine. */
static inline uint16_t orl_get_u16(const uint8_t *p)
{
    uint16_t v;
    memcpy(&v, p, sizeof(v));
    return le16toh(v);
}
static inline uint32_t orl_get_u32(const uint8_t *p)
{
    uint32_t v;
    memcpy(&v, p, sizeof(v));
    return le32toh(v);
}
static inline uint64_t orl_get_u64(const uint8_t *p)
{
    uint64_t v;
    memcpy(&v, p, sizeof(v));
    return le64toh(v);
}
static inline void orl_put_u16(uint8_t *p, uint16_t v)
{
    v = htole16(v);
    memcpy(p, &v, sizeof(v));
}
static inline void orl_put_u32(uint8_t *p, uint32_t v)
{
    v = htole32(v);
    memcpy(p, &v, sizeof(v));
}
static inline void orl_put_u64(uint8_t *p, uint64_t v)
{
    v = htole64(v);
    memcpy(p, &v, sizeof(v));
}

#endif
