/* SPDX-License-Identifier: GPL-2.0-or-later */
/* How a frame gets to the render thread: in place if both sides can, else as a copy. */
#define ORL_LOG_MODULE "frame"
#include <errno.h>
#include <string.h>

#include "base/clock.h"
#include "base/log.h"
#include "frame/pump_impl.h"
#include "frame/way.h"
#include "ring/mem.h"

#define LOG_GAP_NS (200 * ORL_NS_PER_MS)

/*
 * An older message is copied: holding it for as long as hold.h allows must end before the second is
 * over that the guest grants.
 */
#define HOLD_AGE_NS (400 * ORL_NS_PER_MS)

/* ---- Slots --------------------------------------------------------------------------------- */

static void publish(struct orl_pump *p)
{
    orl_mailbox_publish(&p->link->frame_mb);
    if (p->link->render_wake) {
        orl_wake_set(p->link->render_wake, ORL_RENDER_FRAME);
    }
}

void orl_pump_publish_none(struct orl_pump *p)
{
    if (!p->published) {
        return;
    }
    struct orl_slot *slot = &p->link->frame[p->link->frame_mb.back];
    memset(slot, 0, sizeof(*slot));
    slot->kind = ORL_SLOT_NONE;
    slot->pool = p->pool.generation;
    slot->session = p->report.now.session;
    orl_rects_set_full(&slot->upload);
    publish(p);
    p->published = false;
}

/* What all pictures have; the rest is the caller's. */
static struct orl_slot *begin_slot(struct orl_pump *p, enum orl_slot_kind kind, uint64_t now_ns)
{
    struct orl_slot *slot = &p->link->frame[p->link->frame_mb.back];
    slot->kind = kind;
    slot->desc = p->last;
    slot->desc.extra_rows = 0;
    slot->pool = p->pool.generation;
    slot->buffer = 0;
    slot->hold = 0;
    slot->shared = (struct orl_shared){.fd = -1};
    slot->session = p->report.now.session;
    slot->t_seen_ns = now_ns;
    slot->t_ready_ns = orl_now_ns();
    orl_report_streaming(&p->report, &p->source, now_ns);
    p->published = true;
    p->last_shown = true;
    p->only_copy = false;
    return slot;
}

/* The upload set of the slot that is going to be replaced; NULL when there is none. */
static const struct orl_rects *unread_set(const struct orl_frame_link *link)
{
    int unread = orl_mailbox_unread(&link->frame_mb);
    return unread >= 0 ? &link->frame[unread].upload : NULL;
}

static void publish_staged(struct orl_pump *p, uint64_t now_ns)
{
    struct orl_frame_link *link = p->link;
    uint32_t back = link->frame_mb.back;
    struct orl_slot *slot = begin_slot(p, ORL_SLOT_STAGED, now_ns);
    orl_damage_staged(&p->damage, back, unread_set(link), &slot->upload);
    slot->desc.rows += p->last.extra_rows; /* filled by us in any case */
    slot->buffer = back;
    slot->map = p->pool.map[back];
    publish(p);
}

/* ---- Ways ---------------------------------------------------------------------------------- */

static uint32_t way_bit(enum orl_way_used used)
{
    switch (used) {
    case ORL_USED_HELD: return ORL_WAY_HELD;
    case ORL_USED_KVMFR:
    case ORL_USED_UDMABUF: return ORL_WAY_DMABUF;
    case ORL_USED_MEMORY: return ORL_WAY_MEMORY;
    default: return 0;
    }
}

/* As which kind of descriptor the memory can be had. */
static enum orl_way_used exported_as(const struct orl_pump *p)
{
    switch (p->source.shm.export_by) {
    case ORL_EXPORT_KVMFR: return ORL_USED_KVMFR;
    case ORL_EXPORT_UDMABUF: return ORL_USED_UDMABUF;
    case ORL_EXPORT_MEMORY: return ORL_USED_MEMORY;
    default: return ORL_USED_NONE;
    }
}

static enum orl_way_why why_not(const struct orl_pump *p, enum orl_way_used as)
{
    uint32_t bit = way_bit(as);
    if (!p->allow_dma) {
        return ORL_WHY_OPTION;
    }
    if (as == ORL_USED_NONE) {
        return ORL_WHY_MEMORY;
    }
    if (p->ways_off & bit) {
        return (enum orl_way_why)p->ways_why;
    }
    return p->ways & bit ? ORL_WHY_NOTHING : ORL_WHY_DRIVER;
}

static enum orl_way_used choose(const struct orl_pump *p, enum orl_way_why *why)
{
    enum orl_way_used as = exported_as(p);
    *why = why_not(p, as);
    if (*why == ORL_WHY_NOTHING) {
        return as;
    }
    return p->ways & ~p->ways_off & ORL_WAY_HELD ? ORL_USED_HELD : ORL_USED_COPY;
}

/* Once per session, and when the way changes in it. */
static void say_way(struct orl_pump *p, enum orl_way_used used, enum orl_way_why why,
                    uint64_t now_ns)
{
    uint64_t word = orl_way_word(used, why);
    if (word == p->way_said) {
        return;
    }
    p->way_said = word;
    orl_counter_set(&p->link->way, word);
    if (orl_log_gate_open(&p->way_gate, now_ns, LOG_GAP_NS)) {
        char text[ORL_WAY_LINE];
        orl_way_text(text, word);
        orl_info("frames: %s", text);
    }
}

static void give_up(struct orl_pump *p, uint32_t way, enum orl_way_why why)
{
    p->ways_off |= way;
    if (way != ORL_WAY_HELD) {
        p->ways_why = (uint8_t)why;
    }
}

void orl_pump_take_ways(struct orl_pump *p, uint64_t now_ns)
{
    uint64_t ways = orl_counter_get(&p->link->ways);
    bool first = p->ways == 0 && ways != 0;
    p->ways = ways;
    if (first && p->frame_unread && p->ring.session) {
        /* It was finished because nobody could take it: on a still desktop no other comes. */
        p->frame_unread = false;
        p->last_shown = false;
        orl_pump_resubscribe(p, now_ns);
    }
}

/* ---- In place ------------------------------------------------------------------------------ */

/* The row that may be missing counts if it is there now; kept for later copies too. */
static void take_extra_row(struct orl_pump *p, struct orl_frame_desc *desc)
{
    if (p->last.extra_rows && p->last.row_bytes <= sizeof(p->extra_row) &&
        orl_stage_extra_row(p->extra_row, p->source.session.mem, &p->last)) {
        desc->rows += p->last.extra_rows;
    }
}

static void publish_held(struct orl_pump *p, enum orl_way_used used,
                         const struct orl_shared *shared, uint64_t since_ns, uint64_t now_ns)
{
    struct orl_frame_link *link = p->link;
    uint32_t back = link->frame_mb.back;
    bool is_held = used == ORL_USED_HELD;
    struct orl_slot *slot = begin_slot(p, is_held ? ORL_SLOT_HELD : ORL_SLOT_DMABUF, now_ns);
    take_extra_row(p, &slot->desc);
    orl_damage_held(&p->damage, unread_set(link), &slot->upload);
    slot->map = p->source.session.mem.base + p->last.pix_off;
    slot->hold = p->hold.last + 1;
    if (!is_held) {
        slot->shared = *shared;
    }
    p->out_slot = back;
    p->out_way = way_bit(used);
    p->out_finished = false;
    p->out_err = ORL_OK;
    orl_hold_begin(&p->hold, slot->hold, since_ns);
    orl_counter_add(&link->frames_held, 1);
    publish(p);
}

static int hand_over_held(struct orl_pump *p, enum orl_way_used used,
                          const struct orl_shared *shared, uint64_t now_ns)
{
    struct orl_stage_limits limits = orl_pump_limits(p);
    uint64_t began_ns = orl_now_ns();
    int err = orl_stage_wait(p->source.session.mem, &p->last, &limits);
    int owned = orl_ring_check(&p->ring);
    if (err || owned) {
        return orl_pump_unread(p, err, owned);
    }
    publish_held(p, used, shared, now_ns + (orl_now_ns() - began_ns), now_ns);
    return ORL_OK;
}

static int hand_over_copy(struct orl_pump *p, uint64_t now_ns, bool *handed_over)
{
    int err = orl_pump_need_pool(p, now_ns);
    if (!err) {
        err = orl_pump_stage(p);
    }
    if (!err) {
        *handed_over = true;
        publish_staged(p, now_ns);
        err = orl_pump_finish_message(p);
    }
    return err;
}

/* A descriptor for the present frame; without one the way is given up for this session. */
static enum orl_way_used export_frame(struct orl_pump *p, enum orl_way_used used,
                                      enum orl_way_why *why, struct orl_shared *shared,
                                      uint64_t now_ns)
{
    errno = 0;
    int err = orl_exports_get(&p->exports, &p->source.shm, &p->last, shared);
    if (err == ORL_OK) {
        return used;
    }
    if (orl_log_gate_open(&p->export_gate, now_ns, LOG_GAP_NS)) {
        char text[128];
        orl_warn("the memory cannot be handed to the graphics driver: %s",
                 err == ORL_ESYS ? strerror_r(errno, text, sizeof(text)) : orl_err_text(err));
    }
    give_up(p, way_bit(used), ORL_WHY_EXPORT);
    return choose(p, why);
}

int orl_pump_deliver(struct orl_pump *p, uint64_t now_ns, bool *handed_over)
{
    enum orl_way_why why = ORL_WHY_NOTHING;
    struct orl_shared shared = {.fd = -1};
    if (p->message_ns == 0) {
        p->message_ns = now_ns;
    }
    enum orl_way_used used = choose(p, &why);
    if (p->only_copy || now_ns - p->message_ns > HOLD_AGE_NS || used == ORL_USED_COPY) {
        int err = hand_over_copy(p, now_ns, handed_over);
        if (*handed_over && used == ORL_USED_COPY) {
            say_way(p, used, why, now_ns);
        }
        return err;
    }
    if (used != ORL_USED_HELD) {
        used = export_frame(p, used, &why, &shared, now_ns);
    }
    if (used == ORL_USED_COPY) {
        return orl_pump_deliver(p, now_ns, handed_over); /* once: no way is left but this */
    }
    int err = hand_over_held(p, used, &shared, now_ns);
    if (err == ORL_OK) {
        *handed_over = true;
        p->held_ns = 0;
        p->frame_unread = false;
        say_way(p, used, why, now_ns);
    }
    return err;
}

/* ---- While it is out ----------------------------------------------------------------------- */

/* It was never seen: its damage belongs to the next frame, its message is still the ring's. */
static void take_back(struct orl_pump *p)
{
    orl_damage_returned(&p->damage, &p->link->frame[p->out_slot].upload);
    p->last_shown = false;
}

/* What the guest writes from now on may be seen by GL: what comes next is shown whole. */
static void finish_early(struct orl_pump *p)
{
    p->out_finished = true;
    p->out_err = orl_pump_finish_message(p);
    orl_rects_set_full(&p->damage.fresh);
    orl_counter_add(&p->link->frames_late, 1);
}

static int came_back(struct orl_pump *p, uint64_t now_ns)
{
    uint64_t since_ns = p->hold.since_ns;
    orl_histogram_add(&p->link->held_ns, now_ns > since_ns ? now_ns - since_ns : 0);
    return p->out_finished ? p->out_err : orl_pump_finish_message(p);
}

/* The texture is as before; the message is handed over again, or asked for again. */
static int refused(struct orl_pump *p, uint64_t now_ns)
{
    orl_rects_set_full(&p->damage.fresh);
    p->last_shown = false;
    give_up(p, p->out_way, ORL_WHY_REFUSED);
    if (p->out_finished && p->out_err == ORL_OK) {
        orl_pump_resubscribe(p, now_ns);
    }
    return p->out_finished ? p->out_err : ORL_OK;
}

int orl_pump_step_held(struct orl_pump *p, uint64_t now_ns)
{
    bool newer = p->hold.out && !p->out_finished && orl_ring_has_newer(&p->ring);
    switch (orl_hold_step(&p->hold, p->link, newer, now_ns)) {
    case ORL_HOLD_NOTHING: return ORL_OK;
    case ORL_HOLD_WAIT: return ORL_EAGAIN;
    case ORL_HOLD_LATE: finish_early(p); return ORL_EAGAIN;
    case ORL_HOLD_SHOWN: return came_back(p, now_ns);
    case ORL_HOLD_REFUSED: return refused(p, now_ns);
    case ORL_HOLD_WITHDRAWN: take_back(p); return ORL_OK;
    case ORL_HOLD_UNTAKEN:
        take_back(p);
        p->only_copy = true;
        return ORL_OK;
    }
    return ORL_OK;
}
