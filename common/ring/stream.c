/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "ring/stream.h"

#include <string.h>

#include "ring/stream_words.h"

#define READ_TRIES 8 /* of a cursor; source: specification of the queue protocol, streams */

static uint32_t word(const struct orl_stream *s, uint32_t at)
{
    return orl_w32_load(s->region + at);
}

static int same_session(const struct orl_stream *s)
{
    int err = s->session ? orl_session_same(s->session) : ORL_OK;
    return err || word(s, ORL_AT_sreg_session_id) == s->session_id ? err : ORL_ESESSION;
}

/* ---- Cursors ------------------------------------------------------------------------------- */

int orl_stream_at_read(struct orl_stream_at *out, const uint8_t *cursor)
{
    for (int i = 0; i < READ_TRIES; i++) {
        uint32_t stamp = orl_w32_load(cursor + ORL_AT_scur_stamp);
        const uint8_t *value = cursor + ORL_AT_scur_value + (size_t)(stamp & 1) * ORL_LEN_sval;
        struct orl_stream_at at = {orl_w32_load(value + ORL_AT_sval_epoch),
                                   orl_w32_load(value + ORL_AT_sval_sequence)};
        orl_reads_done();
        if (orl_w32_load(cursor + ORL_AT_scur_stamp) == stamp) {
            *out = at;
            return ORL_OK;
        }
    }
    return ORL_ECORRUPT;
}

void orl_stream_at_publish(uint8_t *cursor, struct orl_stream_at at)
{
    uint32_t stamp = orl_w32_load(cursor + ORL_AT_scur_stamp) + 1;
    uint8_t *value = cursor + ORL_AT_scur_value + (size_t)(stamp & 1) * ORL_LEN_sval;
    orl_w32_store(value + ORL_AT_sval_epoch, at.epoch);
    orl_w32_store(value + ORL_AT_sval_sequence, at.sequence);
    orl_w32_store(cursor + ORL_AT_scur_stamp, stamp);
}

/* Both cursors, of our epoch and not further apart than there are slots. */
static int read_cursors(const struct orl_stream *s, uint32_t epoch, struct orl_stream_at *w,
                        struct orl_stream_at *r)
{
    if (orl_stream_at_read(w, orl_stream_writer(s)) != ORL_OK ||
        orl_stream_at_read(r, orl_stream_reader(s)) != ORL_OK) {
        return ORL_ECORRUPT;
    }
    bool whole = w->epoch == epoch && r->epoch == epoch &&
                 w->sequence - r->sequence <= s->desc.slot_count;
    return whole ? ORL_OK : ORL_ECORRUPT;
}

/* ---- Binding ------------------------------------------------------------------------------- */

static bool region_agrees(const struct orl_stream *s, const uint8_t *raw)
{
    const struct orl_stream_desc *d = &s->desc;
    return orl_get_u32(raw + ORL_AT_sreg_magic) == ORL_STREAM_REGION_MAGIC &&
           orl_get_u16(raw + ORL_AT_sreg_version) == ORL_STREAM_VERSION &&
           orl_get_u16(raw + ORL_AT_sreg_header_size) == ORL_LEN_sreg &&
           orl_get_u32(raw + ORL_AT_sreg_region_size) == d->region_bytes &&
           orl_get_u32(raw + ORL_AT_sreg_session_id) == s->session_id &&
           orl_get_u32(raw + ORL_AT_sreg_direction) == (uint32_t)d->direction &&
           orl_get_u32(raw + ORL_AT_sreg_policy) == ORL_STREAM_POLICY_FIFO &&
           orl_get_u32(raw + ORL_AT_sreg_slot_count) == d->slot_count &&
           orl_get_u32(raw + ORL_AT_sreg_slot_size) == d->slot_bytes &&
           orl_get_u32(raw + ORL_AT_sreg_slot_stride) == d->slot_stride &&
           orl_get_u32(raw + ORL_AT_sreg_slots_offset) == ORL_LEN_sreg;
}

int orl_stream_attach(struct orl_stream *s, const struct orl_session *session,
                      const struct orl_stream_desc *desc)
{
    uint8_t raw[ORL_AT_sreg_state];
    struct orl_stream fresh = {.session = session,
                               .region = session->shm->base + desc->off,
                               .desc = *desc,
                               .session_id = session->id,
                               .writes = desc->direction == ORL_STREAM_TO_GUEST,
                               .client_id = session->client_id};
    if (!session->shm->writable) {
        return ORL_EINVAL; /* reading moves a cursor, too */
    }
    /* Before the rings lies the control block: no allocation of the guest begins there. */
    if (orl_stream_desc_complete(&fresh.desc) != ORL_OK ||
        fresh.desc.region_bytes != desc->region_bytes || desc->off < session->rings_from ||
        !orl_mem_has(session->mem, desc->off, fresh.desc.region_bytes)) {
        return ORL_EMALFORMED;
    }
    orl_words_read(raw, fresh.region, sizeof(raw));
    int err = orl_session_same(session);
    if (err) {
        return err;
    }
    if (!region_agrees(&fresh, raw)) {
        return ORL_EMALFORMED;
    }
    *s = fresh;
    return ORL_OK;
}

struct binding {
    uint32_t state, epoch, client_id;
};

static struct binding look(const struct orl_stream *s)
{
    return (struct binding){word(s, ORL_AT_sreg_state), word(s, ORL_AT_sreg_epoch),
                            word(s, ORL_AT_sreg_client_id)};
}

static bool still(const struct orl_stream *s, struct binding b)
{
    struct binding now = look(s);
    return now.state == b.state && now.epoch == b.epoch && now.client_id == b.client_id;
}

int orl_stream_activate(struct orl_stream *s)
{
    struct orl_stream_at w, r;
    s->epoch = 0;
    int err = same_session(s);
    if (err) {
        return err;
    }
    struct binding b = look(s);
    if ((b.state != ORL_STREAM_READY && b.state != ORL_STREAM_DRAINING) || b.epoch == 0 ||
        b.client_id != s->client_id) {
        return ORL_EAGAIN;
    }
    err = read_cursors(s, b.epoch, &w, &r);
    if (!still(s, b)) {
        return ORL_EAGAIN; /* a change in between also explains cursors that do not fit */
    }
    if (err) {
        return err;
    }
    err = same_session(s);
    s->epoch = err ? 0 : b.epoch;
    return err;
}

int orl_stream_check(const struct orl_stream *s, bool draining)
{
    int err = same_session(s);
    if (err) {
        return err;
    }
    struct binding b = look(s);
    bool open = b.state == ORL_STREAM_READY || (draining && b.state == ORL_STREAM_DRAINING);
    bool ours = open && s->epoch != 0 && b.epoch == s->epoch && b.client_id == s->client_id;
    return ours && still(s, b) ? ORL_OK : ORL_ELOST;
}

/* ---- Operations ---------------------------------------------------------------------------- */

static uint8_t *own_cursor(const struct orl_stream *s)
{
    return s->writes ? orl_stream_writer(s) : orl_stream_reader(s);
}

/* Also ends an operation that published nothing. */
static void end(const struct orl_stream *s)
{
    orl_w32_store(orl_stream_mark(own_cursor(s), s->epoch), 0);
}

/* Nothing may be written into a session that is not ours any more, not even a mark taken back. */
static int cancel(const struct orl_stream *s, int err)
{
    if (err != ORL_ESESSION) {
        end(s);
    }
    return err;
}

/* Announces an operation and reads the cursors. No operation is on after an error. */
static int begin(const struct orl_stream *s, struct orl_stream_at *w, struct orl_stream_at *r)
{
    bool draining = !s->writes;
    int err = orl_stream_check(s, draining);
    if (err) {
        return err;
    }
    uint8_t *mark = orl_stream_mark(own_cursor(s), s->epoch);
    orl_w32_announce(mark, s->epoch);
    err = orl_stream_check(s, draining);
    if (!err && orl_w32_load(mark) != s->epoch) {
        err = ORL_ELOST; /* a forced end has cleared it */
    }
    if (!err) {
        err = read_cursors(s, s->epoch, w, r);
        /* Cursors change without warning in a forced end. */
        int again = err ? orl_stream_check(s, true) : ORL_OK;
        err = again ? again : err;
    }
    return err ? cancel(s, err) : ORL_OK;
}

static uint8_t *slot_of(const struct orl_stream *s, uint32_t sequence)
{
    size_t i = sequence & (s->desc.slot_count - 1);
    return s->region + ORL_LEN_sreg + i * s->desc.slot_stride;
}

static int commit_write(struct orl_stream *s, uint8_t *slot, struct orl_stream_at w,
                        uint32_t len)
{
    struct orl_stream_at now;
    int err = orl_stream_check(s, true);
    if (!err && (orl_stream_at_read(&now, orl_stream_writer(s)) != ORL_OK ||
                 now.epoch != s->epoch || now.sequence != w.sequence)) {
        err = ORL_ECORRUPT;
    }
    if (err) {
        return cancel(s, err);
    }
    orl_w32_store(slot + ORL_AT_sslot_epoch, s->epoch);
    orl_w32_store(slot + ORL_AT_sslot_sequence, w.sequence);
    orl_w32_store(slot + ORL_AT_sslot_length, len);
    orl_w32_store(slot + ORL_AT_sslot_reserved, 0);
    orl_stream_at_publish(orl_stream_writer(s),
                          (struct orl_stream_at){s->epoch, w.sequence + 1});
    end(s);
    return ORL_OK;
}

int orl_stream_write(struct orl_stream *s, const void *data, uint32_t len)
{
    struct orl_stream_at w, r;
    if (!s->writes || s->epoch == 0 || len > s->desc.slot_bytes) {
        return ORL_EINVAL;
    }
    int err = begin(s, &w, &r);
    if (err) {
        return err;
    }
    if (w.sequence - r.sequence == s->desc.slot_count) {
        return cancel(s, ORL_ENOSPC);
    }
    uint8_t *slot = slot_of(s, w.sequence);
    memcpy(slot + ORL_LEN_sslot, data, len);
    return commit_write(s, slot, w, len);
}

/* Header and payload of a record, from one copy each. */
static int copy_record(const struct orl_stream *s, struct orl_stream_at r, void *data,
                       uint32_t *len)
{
    const uint8_t *slot = slot_of(s, r.sequence);
    uint32_t bytes = orl_w32_load(slot + ORL_AT_sslot_length);
    if (orl_w32_load(slot + ORL_AT_sslot_epoch) != s->epoch ||
        orl_w32_load(slot + ORL_AT_sslot_sequence) != r.sequence ||
        bytes > s->desc.slot_bytes) {
        return ORL_ECORRUPT;
    }
    memcpy(data, slot + ORL_LEN_sslot, bytes);
    orl_reads_done();
    *len = bytes;
    return ORL_OK;
}

int orl_stream_read(struct orl_stream *s, void *data, uint32_t cap, uint32_t *len)
{
    struct orl_stream_at w, r;
    uint32_t bytes = 0;
    if (s->writes || s->epoch == 0 || cap < s->desc.slot_bytes) {
        return ORL_EINVAL;
    }
    int err = begin(s, &w, &r);
    if (err) {
        return err;
    }
    if (w.sequence == r.sequence) {
        return cancel(s, ORL_EAGAIN);
    }
    err = copy_record(s, r, data, &bytes);
    int lost = orl_stream_check(s, true);
    if (err || lost) {
        return cancel(s, lost ? lost : err);
    }
    orl_stream_at_publish(orl_stream_reader(s),
                          (struct orl_stream_at){s->epoch, r.sequence + 1});
    end(s);
    *len = bytes;
    return ORL_OK;
}

uint32_t orl_stream_used(const struct orl_stream *s)
{
    struct orl_stream_at w, r;
    return s->epoch != 0 && read_cursors(s, s->epoch, &w, &r) == ORL_OK
               ? w.sequence - r.sequence
               : 0;
}
