/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "gfx/proof.h"

#include <math.h>
#include <string.h>

/* Multiples of the golden section fall everywhere, and no two in one column of a desktop's grid. */
static uint32_t spread(uint32_t i, uint32_t n)
{
    uint32_t fraction = i * UINT32_C(2654435769);
    return (uint32_t)((uint64_t)fraction * n >> 32);
}

/* The rectangle that pixel `i` lies in: every second one in what changed, if that is known. */
static struct orl_rect part_of(const struct orl_slot *slot, uint32_t i)
{
    const struct orl_rect all = {0, 0, slot->desc.w, slot->desc.rows};
    if (i % 2 == 0 || slot->upload.full || slot->upload.n == 0) {
        return all;
    }
    struct orl_rect r = orl_rect_intersect(slot->upload.r[i / 2 % slot->upload.n], all);
    return r.w && r.h ? r : all;
}

void orl_proof_choose(struct orl_proof *p, const struct orl_slot *slot)
{
    p->n = ORL_PROOF_PIXELS;
    for (uint32_t i = 0; i < p->n; i++) {
        struct orl_rect r = part_of(slot, i);
        p->x[i] = r.x + spread(i + 1, r.w);
        p->y[i] = r.y + (uint32_t)((2 * (uint64_t)i + 1) * r.h / (2 * (uint64_t)p->n));
    }
}

struct outcome {
    bool equal, black;
};

static struct outcome compare_bytes(const uint8_t *stored, bool blue_first,
                                    const uint8_t seen[4])
{
    uint8_t want[3];
    memcpy(want, stored, 3);
    struct outcome o = {true, true};
    for (int i = 0; i < 3; i++) {
        o.equal = o.equal && seen[i] == want[blue_first ? 2 - i : i];
        o.black = o.black && seen[i] == 0;
    }
    return o;
}

static struct outcome compare_word(const uint8_t *stored, uint32_t seen)
{
    const uint32_t color = (UINT32_C(1) << 30) - 1; /* the rest is alpha, which means nothing */
    uint32_t want;
    memcpy(&want, stored, 4);
    return (struct outcome){((want ^ seen) & color) == 0, (seen & color) == 0};
}

static float half_to_float(uint16_t h)
{
    int exponent = h >> 10 & 31;
    float m = (float)(h & 1023) / 1024.0f, sign = h & 0x8000 ? -1.0f : 1.0f;
    if (exponent == 0) {
        return sign * ldexpf(m, -14);
    }
    if (exponent == 31) {
        return h & 1023 ? NAN : sign * INFINITY;
    }
    return sign * ldexpf(1 + m, exponent - 15);
}

static bool same_half(float a, float b)
{
    const float tiny = 0x1p-14f;
    if (isnan(a) || isnan(b)) {
        return isnan(a) && isnan(b);
    }
    return a == b || (fabsf(a) < tiny && fabsf(b) < tiny);
}

static struct outcome compare_halves(const uint8_t *stored, const float seen[4])
{
    uint16_t want[3];
    memcpy(want, stored, sizeof(want));
    struct outcome o = {true, true};
    for (int i = 0; i < 3; i++) {
        o.equal = o.equal && same_half(half_to_float(want[i]), seen[i]);
        o.black = o.black && seen[i] == 0;
    }
    return o;
}

static struct outcome compare_one(const struct orl_slot *slot, const struct orl_proof *p,
                                  uint32_t i, bool blue_first, const union orl_proof_seen *seen)
{
    const struct orl_frame_desc *d = &slot->desc;
    const uint8_t *stored =
        slot->map + (size_t)p->y[i] * d->pitch + (size_t)p->x[i] * orl_pixfmt_bytes(d->fmt);
    switch (d->fmt) {
    case ORL_PIX_RGB10A2: return compare_word(stored, seen->words[i]);
    case ORL_PIX_RGBA16F: return compare_halves(stored, seen->floats[i]);
    default: return compare_bytes(stored, blue_first, seen->bytes[i]);
    }
}

enum orl_proof_result orl_proof_compare(const struct orl_proof *p, const struct orl_slot *slot,
                                        bool blue_first, const union orl_proof_seen *seen)
{
    uint32_t telling = 0;
    for (uint32_t i = 0; i < p->n; i++) {
        struct outcome o = compare_one(slot, p, i, blue_first, seen);
        if (!o.equal) {
            return ORL_PROOF_WRONG;
        }
        telling += !o.black;
    }
    return telling >= ORL_PROOF_ENOUGH ? ORL_PROOF_GOOD : ORL_PROOF_OPEN;
}
