/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Where things are in the guest's memory, per release of the guest software: one row per release,
 * made from layout.def. Rows differ in places only; where the *meaning* differs (lock width, empty
 * test, clean-up), `proto` chooses the rule and the rule lives in common/ring.
 *
 * B6 = LGMP 5 + KVMFR 19, B7 = LGMP 6 + KVMFR 20, master = LGMP 12 + KVMFR 34. The numbers in
 * between existed only between releases: orl_layout_probe() recognises and names them.
 * Pure; any thread.
 */
#ifndef ORL_WIRE_LAYOUT_H
#define ORL_WIRE_LAYOUT_H

#include <stdbool.h>
#include <stdint.h>

#include "base/bytes.h"
#include "base/err.h"

#define ORL_ABSENT       UINT32_MAX           /* the release has no such field */
#define ORL_LGMP_MAGIC   UINT32_C(0x504D474C) /* "LGMP" */
#define ORL_KVMFR_MAGIC  "KVMFR---"
#define ORL_CLIENT_BYTES 64 /* largest client message, all releases */

/* Upper bounds over all releases, for arrays. */
#define ORL_MAX_QUEUES       6
#define ORL_MAX_SUBSCRIBERS  32
#define ORL_MAX_CLIENT_SLOTS 16
#define ORL_MAX_RING_LEN     4096 /* policy: real rings have 2 to 32 slots */

enum orl_release { ORL_B6, ORL_B7, ORL_MASTER };
#define ORL_RELEASES 3

/* Queue ids, the same in all releases. 3 to 6 only in master. */
enum orl_queue_id {
    ORL_QUEUE_POINTER = 1,
    ORL_QUEUE_FRAME = 2,
    ORL_QUEUE_OWNER_A = 3,
    ORL_QUEUE_OWNER_B = 4,
    ORL_QUEUE_INPUT = 5,
    ORL_QUEUE_CLIPBOARD = 6
};

struct orl_layout {
    enum orl_release release;
    const char *name; /* "B6", "B7", "master" */
    uint32_t lgmp;    /* queue protocol version */
    uint32_t kvmfr;   /* message protocol version */

    uint32_t max_queues;
    uint32_t subscribers;   /* subscriber slots per queue */
    uint32_t client_slots;  /* client-message slots per queue */
    uint32_t subs_bytes;    /* width of the subscriber word: 8 or 4 */
    uint32_t subs_on_shift; /* on mask starts at this bit, bad mask at bit 0 */
    uint32_t lock_bytes;    /* width of the two locks: 1 or 4 */
    uint32_t tag_bytes;     /* width of a message's tag: 4 or 8 */
    uint32_t ring_align;    /* alignment that a ring's offset must have */
    uint32_t ring_spare;    /* slots that stay empty: capacity = ring_len - ring_spare */
    uint32_t probe_ms;      /* how long a heartbeat may stand still while opening */
    uint32_t pixel_types;   /* highest pixel type defined */
    uint32_t known_flags;   /* frame flags defined */

#define F(group, field, structure, b6, b7, master) uint32_t group##_##field;
#define S(group, structure, b6, b7, master)        uint32_t group##_bytes;
#include "wire/layout.def"
#undef F
#undef S
};

/* ORL_BYTES_frame, ORL_BYTES_cursor, ...: the largest size over all releases, for private copies. */
#define F(group, field, structure, b6, b7, master)
#define S(group, structure, b6, b7, master)                                                    \
    ORL_BYTES_##group = sizeof(union { uint8_t in_b6[b6], in_b7[b7], in_master[master]; }),
enum {
#include "wire/layout.def"
};
#undef F
#undef S

/* The row of one release. Never NULL. */
const struct orl_layout *orl_layout_get(enum orl_release release);

/* What orl_layout_probe() saw; `lgmp` is the number found there, 0 when there was no magic. */
struct orl_layout_found {
    const struct orl_layout *lay; /* NULL unless ORL_OK */
    uint32_t lgmp;
};

/*
 * Looks for a known control block. Reads a few words of `mem`, once each.
 *
 * ORL_OK; ORL_EAGAIN: no magic anywhere (guest not started, memory cleared, memory too small);
 * ORL_EVERSION: a magic with a version we do not speak, out->lgmp says which.
 */
ORL_MUST int orl_layout_probe(struct orl_layout_found *out, struct orl_mem mem);

#endif
