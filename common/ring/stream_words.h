/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Private to common/ring: the words of a stream's region, for both files that use them. */
#ifndef ORL_RING_STREAM_WORDS_H
#define ORL_RING_STREAM_WORDS_H

#include "ring/mem.h"
#include "ring/stream.h"

/* One published value of a cursor. */
struct orl_stream_at {
    uint32_t epoch, sequence;
};

static inline uint8_t *orl_stream_writer(const struct orl_stream *s)
{
    return s->region + ORL_AT_sreg_producer;
}
static inline uint8_t *orl_stream_reader(const struct orl_stream *s)
{
    return s->region + ORL_AT_sreg_consumer;
}
/* The mark of the operations of one epoch. */
static inline uint8_t *orl_stream_mark(uint8_t *cursor, uint32_t epoch)
{
    return cursor + ORL_AT_scur_active + (size_t)(epoch & 1) * 4;
}

/* The two copies make the pair readable without a lock. ORL_OK or ORL_ECORRUPT. */
ORL_MUST int orl_stream_at_read(struct orl_stream_at *out, const uint8_t *cursor);

/* By the only writer of the cursor. */
void orl_stream_at_publish(uint8_t *cursor, struct orl_stream_at at);

#endif
