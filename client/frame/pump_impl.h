/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The stages of the frame pump's step, one file each. Private to frame/; frame thread.
 * Results that are errors of the ring (ring/ring.h) go up to the step, which recovers.
 */
#ifndef ORL_FRAME_PUMP_IMPL_H
#define ORL_FRAME_PUMP_IMPL_H

#include "frame/pump.h"
#include "frame/stage.h"

/* ---- messages.c: what stands in the ring --------------------------------------------------- */

/*
 * Finds the newest message; p->last describes it. Of the others only the headers are read: their
 * damage counts, their pixels are part of the newest picture. ORL_EAGAIN: nothing new.
 */
ORL_MUST int orl_pump_next_frame(struct orl_pump *p, uint64_t now_ns);

/* Finishes the present message. ORL_OK, also when it was gone already. */
ORL_MUST int orl_pump_finish_message(struct orl_pump *p);

/* The same without a picture from it; what comes next is needed whole. ORL_EAGAIN or an error. */
ORL_MUST int orl_pump_reject(struct orl_pump *p);

/* Gives up the subscription so that the guest posts its picture again for the new one. */
void orl_pump_resubscribe(struct orl_pump *p, uint64_t now_ns);

/* ---- buffers.c: frames that are copied ------------------------------------------------------ */

/* New buffers from the render thread. */
void orl_pump_take_pool(struct orl_pump *p, uint64_t now_ns);

/*
 * ORL_OK when the buffers are large enough for p->last. Else asks for them and keeps the message
 * for a while: on a still desktop no other would come. After that it is finished unread.
 */
ORL_MUST int orl_pump_need_pool(struct orl_pump *p, uint64_t now_ns);

/* Copies p->last into the back buffer. ORL_OK, ORL_EAGAIN: no picture; errors of the ring. */
ORL_MUST int orl_pump_stage(struct orl_pump *p);

/* How long, and for how long only, pixels are waited for. */
struct orl_stage_limits orl_pump_limits(struct orl_pump *p);

/* The pixels were not all read: `err` of frame/stage.h, `owned` of the ring. The step's result. */
ORL_MUST int orl_pump_unread(struct orl_pump *p, int err, int owned);

/* ---- deliver.c: the hand-over -------------------------------------------------------------- */

/* What the render thread accepts now. */
void orl_pump_take_ways(struct orl_pump *p, uint64_t now_ns);

/*
 * What became of the frame that is out. ORL_OK: none is; ORL_EAGAIN: it still is, and nothing else
 * may be done; else an error of the ring, and none is out.
 */
ORL_MUST int orl_pump_step_held(struct orl_pump *p, uint64_t now_ns);

/* Hands p->last over. ORL_OK; ORL_EAGAIN: not (yet); errors of the ring, *handed_over says more. */
ORL_MUST int orl_pump_deliver(struct orl_pump *p, uint64_t now_ns, bool *handed_over);

/* Tells the render thread that there is no picture; the buffers stay as they are. */
void orl_pump_publish_none(struct orl_pump *p);

#endif
