/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "wire/layout.h"

/* Rows of numbers that are not offsets; source: tests/data/layout.json, constants. */
static const struct orl_layout layouts[ORL_RELEASES] = {
    [ORL_B6] =
        {
            .release = ORL_B6,
            .name = "B6",
            .lgmp = 5,
            .kvmfr = 19,
            .max_queues = 5,
            .subscribers = 32,
            .client_slots = 10,
            .subs_bytes = 8,
            .subs_on_shift = 32,
            .lock_bytes = 1,
            .tag_bytes = 4,
            .ring_align = 4,
            .ring_spare = 1,
            .probe_ms = 200,
            .pixel_types = 4,
            .known_flags = 0x07,
#define F(group, field, structure, b6, b7, master) .group##_##field = (b6),
#define S(group, structure, b6, b7, master)        .group##_bytes = (b6),
#include "wire/layout.def"
#undef F
#undef S
        },
    [ORL_B7] =
        {
            .release = ORL_B7,
            .name = "B7",
            .lgmp = 6,
            .kvmfr = 20,
            .max_queues = 5,
            .subscribers = 32,
            .client_slots = 10,
            .subs_bytes = 8,
            .subs_on_shift = 32,
            .lock_bytes = 4,
            .tag_bytes = 4,
            .ring_align = 4,
            .ring_spare = 1,
            .probe_ms = 200,
            .pixel_types = 6,
            .known_flags = 0x1f,
#define F(group, field, structure, b6, b7, master) .group##_##field = (b7),
#define S(group, structure, b6, b7, master)        .group##_bytes = (b7),
#include "wire/layout.def"
#undef F
#undef S
        },
    [ORL_MASTER] =
        {
            .release = ORL_MASTER,
            .name = "master",
            .lgmp = 12,
            .kvmfr = 34,
            .max_queues = 6,
            .subscribers = 8,
            .client_slots = 16,
            .subs_bytes = 4,
            .subs_on_shift = 16,
            .lock_bytes = 4,
            .tag_bytes = 8,
            .ring_align = 16,
            .ring_spare = 0,
            .probe_ms = 500,
            .pixel_types = 6,
            .known_flags = 0x3f,
#define F(group, field, structure, b6, b7, master) .group##_##field = (master),
#define S(group, structure, b6, b7, master)        .group##_bytes = (master),
#include "wire/layout.def"
#undef F
#undef S
        },
};

/* Magic of the development builds with LGMP 9 to 11, between B7 and master. */
#define DEV_MAGIC_OFFSET 8064

const struct orl_layout *orl_layout_get(enum orl_release release)
{
    return &layouts[release];
}

static bool magic_at(struct orl_mem mem, uint32_t off, uint32_t *version)
{
    uint8_t raw[8];
    if (!orl_mem_copy(raw, mem, off, sizeof(raw)) || orl_get_u32(raw) != ORL_LGMP_MAGIC) {
        return false;
    }
    *version = orl_get_u32(raw + 4);
    return true;
}

/*
 * The order matters: a B6 or B7 session may leave the magic of an older master session standing
 * behind it, whereas a master session overwrites the first eight bytes with its heartbeat.
 */
int orl_layout_probe(struct orl_layout_found *out, struct orl_mem mem)
{
    uint32_t front = 0, version = 0;
    bool has_front = magic_at(mem, 0, &front);

    for (int i = ORL_B6; i <= ORL_B7; i++) {
        if (has_front && front == layouts[i].lgmp && mem.size >= layouts[i].hdr_bytes) {
            *out = (struct orl_layout_found){&layouts[i], front};
            return ORL_OK;
        }
    }
    const struct orl_layout *master = &layouts[ORL_MASTER];
    if (mem.size >= master->hdr_bytes && magic_at(mem, master->hdr_magic, &version)) {
        bool ours = version == master->lgmp;
        *out = (struct orl_layout_found){ours ? master : NULL, version};
        return ours ? ORL_OK : ORL_EVERSION;
    }
    if (has_front && front != layouts[ORL_B6].lgmp && front != layouts[ORL_B7].lgmp) {
        *out = (struct orl_layout_found){NULL, front};
        return ORL_EVERSION;
    }
    if (magic_at(mem, DEV_MAGIC_OFFSET, &version)) {
        *out = (struct orl_layout_found){NULL, version};
        return ORL_EVERSION;
    }
    *out = (struct orl_layout_found){NULL, 0};
    return ORL_EAGAIN;
}
