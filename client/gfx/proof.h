/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Whether GL saw the pixels that the processor sees: some of them, spread over the picture and over
 * what changed in it, compared value by value. Pure.
 */
#ifndef ORL_GFX_PROOF_H
#define ORL_GFX_PROOF_H

#include <stdbool.h>
#include <stdint.h>

#include "frame/slot.h"

#define ORL_PROOF_PIXELS 32
#define ORL_PROOF_ENOUGH                                                                       \
    8 /* that agree and are not black: black is also what nothing looks like */

struct orl_proof {
    uint32_t n;
    uint32_t x[ORL_PROOF_PIXELS], y[ORL_PROOF_PIXELS];
};

/* What GL read, pixel after pixel: which member depends on the type. */
union orl_proof_seen {
    uint8_t bytes[ORL_PROOF_PIXELS][4]; /* 8-bit types: texture's red, green, blue, alpha */
    uint32_t words[ORL_PROOF_PIXELS];   /* RGB10A2: red lowest */
    float floats[ORL_PROOF_PIXELS][4];  /* RGBA16F */
};

enum orl_proof_result {
    ORL_PROOF_WRONG, /* at least one pixel differs */
    ORL_PROOF_OPEN,  /* none differs, but too few were not black */
    ORL_PROOF_GOOD
};

/* Where to look in a picture of desc.w x desc.rows pixels. */
void orl_proof_choose(struct orl_proof *p, const struct orl_slot *slot);

/*
 * Compares with slot->map, of which every byte is read once. `blue_first`: the texture's red is the
 * third byte of a pixel and not the first. Halves below 2^-14 are equal: GL may make them zero.
 */
enum orl_proof_result orl_proof_compare(const struct orl_proof *p, const struct orl_slot *slot,
                                        bool blue_first, const union orl_proof_seen *seen);

#endif
