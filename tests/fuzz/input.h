/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Fuzz inputs. A target starts from something valid and reads from the input how to damage it, so
 * that a few bytes reach every rule. An input that ends early gives zeros.
 */
#ifndef ORL_TESTS_FUZZ_INPUT_H
#define ORL_TESTS_FUZZ_INPUT_H

#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/bytes.h"

/* What a target offers; 0. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* Ends the program, so that the fuzzer keeps the input. */
#define FUZZ_REQUIRE(what)                                                                     \
    do {                                                                                       \
        if (!(what)) {                                                                         \
            fprintf(stderr, "%s:%d: not true: %s\n", __FILE__, __LINE__, #what);               \
            abort();                                                                           \
        }                                                                                      \
    } while (0)

struct fuzz_input {
    const uint8_t *data;
    size_t size;
};

static inline uint8_t fuzz_u8(struct fuzz_input *in)
{
    if (in->size == 0) {
        return 0;
    }
    in->size--;
    return *in->data++;
}
static inline uint16_t fuzz_u16(struct fuzz_input *in)
{
    uint8_t low = fuzz_u8(in);
    return (uint16_t)(low | fuzz_u8(in) << 8);
}
static inline uint32_t fuzz_u32(struct fuzz_input *in)
{
    uint32_t low = fuzz_u16(in);
    return low | (uint32_t)fuzz_u16(in) << 16;
}

/* One patch: u16 offset, u32 value, cut at the end of the memory. */
static inline void fuzz_patch(struct fuzz_input *in, uint8_t *mem, size_t size)
{
    uint8_t value[4];
    size_t at = fuzz_u16(in);
    orl_put_u32(value, fuzz_u32(in));
    if (at < size) {
        memcpy(mem + at, value, size - at < 4 ? size - at : 4);
    }
}

#endif
