/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "ring/stream_bind.h"

#include <string.h>

#include "ring/stream_words.h"

static void set_state(const struct orl_stream *s, enum orl_stream_state state)
{
    orl_w32_announce(s->region + ORL_AT_sreg_state, (uint32_t)state);
}

static bool is_in(const struct orl_stream *s, enum orl_stream_state state)
{
    return orl_w32_load(s->region + ORL_AT_sreg_state) == (uint32_t)state;
}

static bool any_mark(const struct orl_stream *s)
{
    uint32_t any = 0;
    for (uint32_t i = 0; i < 2; i++) {
        any |= orl_w32_load(orl_stream_mark(orl_stream_writer(s), i));
        any |= orl_w32_load(orl_stream_mark(orl_stream_reader(s), i));
    }
    return any != 0;
}

static void clear_marks(const struct orl_stream *s)
{
    for (uint32_t i = 0; i < 2; i++) {
        orl_w32_store(orl_stream_mark(orl_stream_writer(s), i), 0);
        orl_w32_store(orl_stream_mark(orl_stream_reader(s), i), 0);
    }
}

/* The next epoch, with empty cursors. */
static uint32_t renew(const struct orl_stream *s)
{
    uint32_t epoch = orl_w32_load(s->region + ORL_AT_sreg_epoch) + 1;
    epoch = epoch ? epoch : 1;
    orl_stream_at_publish(orl_stream_writer(s), (struct orl_stream_at){epoch, 0});
    orl_stream_at_publish(orl_stream_reader(s), (struct orl_stream_at){epoch, 0});
    return epoch;
}

void orl_stream_create(struct orl_stream *s, uint8_t *base, uint32_t session_id,
                       const struct orl_stream_desc *desc)
{
    uint8_t raw[ORL_LEN_sreg];
    *s = (struct orl_stream){.region = base + desc->off,
                             .desc = *desc,
                             .session_id = session_id,
                             .writes = desc->direction == ORL_STREAM_TO_VIEWER};
    memset(raw, 0, sizeof(raw));
    orl_put_u16(raw + ORL_AT_sreg_version, ORL_STREAM_VERSION);
    orl_put_u16(raw + ORL_AT_sreg_header_size, ORL_LEN_sreg);
    orl_put_u32(raw + ORL_AT_sreg_region_size, desc->region_bytes);
    orl_put_u32(raw + ORL_AT_sreg_session_id, session_id);
    orl_put_u32(raw + ORL_AT_sreg_direction, (uint32_t)desc->direction);
    orl_put_u32(raw + ORL_AT_sreg_policy, ORL_STREAM_POLICY_FIFO);
    orl_put_u32(raw + ORL_AT_sreg_slot_count, desc->slot_count);
    orl_put_u32(raw + ORL_AT_sreg_slot_size, desc->slot_bytes);
    orl_put_u32(raw + ORL_AT_sreg_slot_stride, desc->slot_stride);
    orl_put_u32(raw + ORL_AT_sreg_slots_offset, ORL_LEN_sreg);
    orl_words_write(s->region, raw, sizeof(raw));
    orl_w32_store(s->region + ORL_AT_sreg_magic, ORL_STREAM_REGION_MAGIC);
}

int orl_stream_bind(struct orl_stream *s, uint32_t client_id)
{
    if (!is_in(s, ORL_STREAM_UNBOUND) || any_mark(s)) {
        return ORL_EAGAIN;
    }
    set_state(s, ORL_STREAM_BINDING);
    s->epoch = renew(s);
    s->client_id = client_id;
    orl_w32_store(s->region + ORL_AT_sreg_client_id, client_id);
    orl_w32_store(s->region + ORL_AT_sreg_epoch, s->epoch);
    set_state(s, ORL_STREAM_READY);
    return ORL_OK;
}

void orl_stream_drain(struct orl_stream *s)
{
    if (is_in(s, ORL_STREAM_READY)) {
        set_state(s, ORL_STREAM_DRAINING);
    }
}

static void set_free(struct orl_stream *s)
{
    orl_w32_store(s->region + ORL_AT_sreg_client_id, 0);
    set_state(s, ORL_STREAM_UNBOUND);
    s->client_id = 0;
    s->epoch = 0;
}

int orl_stream_unbind(struct orl_stream *s)
{
    struct orl_stream_at w, r;
    if (!is_in(s, ORL_STREAM_DRAINING) || any_mark(s) ||
        orl_stream_at_read(&w, orl_stream_writer(s)) != ORL_OK ||
        orl_stream_at_read(&r, orl_stream_reader(s)) != ORL_OK || w.sequence != r.sequence) {
        return ORL_EAGAIN;
    }
    set_free(s);
    return ORL_OK;
}

void orl_stream_force_unbind(struct orl_stream *s)
{
    set_state(s, ORL_STREAM_DRAINING);
    clear_marks(s);
    orl_w32_store(s->region + ORL_AT_sreg_epoch, renew(s));
    set_free(s);
}
