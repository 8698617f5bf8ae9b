/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What describes a stream: a first-in-first-out region of the guest's memory with one writer and
 * one reader, bound to one viewer (master only). How it is used: ring/stream.h.
 * Pure; any thread.
 */
#ifndef ORL_WIRE_STREAM_H
#define ORL_WIRE_STREAM_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/err.h"
#include "wire/places.h"

#define ORL_STREAM_DESC_MAGIC   UINT32_C(0x5254534C) /* "LSTR" */
#define ORL_STREAM_REGION_MAGIC UINT32_C(0x4853534C) /* "LSSH" */
#define ORL_STREAM_VERSION      1
#define ORL_STREAM_POLICY_FIFO  1
#define ORL_STREAM_ALIGN        64

enum orl_stream_direction { ORL_STREAM_TO_VIEWER = 1, ORL_STREAM_TO_GUEST = 2 };
enum orl_stream_state {
    ORL_STREAM_UNBOUND,
    ORL_STREAM_BINDING,
    ORL_STREAM_READY,
    ORL_STREAM_DRAINING
};

/* The geometry of one stream; slot_stride and region_bytes follow from the others. */
struct orl_stream_desc {
    uint32_t off; /* of the region, from the start of the memory; a multiple of 64 */
    uint32_t region_bytes;
    enum orl_stream_direction direction;
    uint32_t slot_count;  /* power of two, at least 2 */
    uint32_t slot_bytes;  /* of payload, at least 1 */
    uint32_t slot_stride; /* from slot to slot, header and padding included */
};

/* Fills slot_stride and region_bytes. ORL_OK, or ORL_EMALFORMED: no such stream can exist. */
ORL_MUST int orl_stream_desc_complete(struct orl_stream_desc *desc);

/*
 * Checks a private copy of a descriptor (ORL_LEN_sdesc bytes). ORL_OK or ORL_EMALFORMED. Whether
 * the region lies inside the memory is for the caller, who knows how large that is.
 */
ORL_MUST int orl_stream_desc_read(struct orl_stream_desc *out, const uint8_t *raw);

/* The guest's side: writes ORL_LEN_sdesc bytes. */
void orl_stream_desc_write(uint8_t *dst, const struct orl_stream_desc *desc);

#endif
