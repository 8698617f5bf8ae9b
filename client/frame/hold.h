/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A frame that the render thread reads straight from the guest's memory.
 *
 * Its message stays ours meanwhile, so the guest cannot write over it; at most one is out. It comes
 * back in one of three ways: the render thread releases it (shown, or refused: then it is handed
 * over again in another way); it was not taken yet and a newer one is in the ring, or it waited
 * ORL_HOLD_UNTAKEN_NS (the window is hidden): it is withdrawn; it was taken and not released for
 * ORL_HOLD_TAKEN_NS: the message is finished all the same, since a subscriber that keeps one longer
 * than a second is dropped by the guest (lgmp specification, section 9), and nothing else is handed
 * over until the release. While one is out neither the memory is unmapped nor a descriptor closed.
 *
 * Pure bookkeeping over the mailbox; frame thread.
 */
#ifndef ORL_FRAME_HOLD_H
#define ORL_FRAME_HOLD_H

#include <stdbool.h>
#include <stdint.h>

#include "frame/link.h"

#define ORL_HOLD_UNTAKEN_NS (100 * UINT64_C(1000000))
#define ORL_HOLD_TAKEN_NS   (250 * UINT64_C(1000000))

enum orl_hold_event {
    ORL_HOLD_NOTHING,   /* nothing is out */
    ORL_HOLD_WAIT,      /* still out */
    ORL_HOLD_SHOWN,     /* released */
    ORL_HOLD_REFUSED,   /* released, must be handed over in another way */
    ORL_HOLD_WITHDRAWN, /* never seen; a newer one is there */
    ORL_HOLD_UNTAKEN,   /* never seen, nobody looks: copy it */
    ORL_HOLD_LATE       /* said once: finish the message, but go on waiting */
};

struct orl_hold {
    uint64_t last; /* number of the newest that was handed over */
    bool out, taken, late;
    uint64_t since_ns; /* of the hand-over */
    uint64_t taken_ns; /* first look that found it taken */
};

/* The frame with this number was published. */
void orl_hold_begin(struct orl_hold *h, uint64_t number, uint64_t now_ns);

/* What has become of it. `newer`: the ring has a newer message. */
enum orl_hold_event orl_hold_step(struct orl_hold *h, struct orl_frame_link *link, bool newer,
                                  uint64_t now_ns);

/* When the next step brings something even if nobody releases it or posts; UINT64_MAX never. */
uint64_t orl_hold_due(const struct orl_hold *h);

/*
 * At the end, when the frame thread has ended: gets it back, by withdrawing or by waiting for the release at most `wait_ns`. False:
 * the render thread still has it; the memory must stay mapped.
 */
bool orl_hold_finish(struct orl_hold *h, struct orl_frame_link *link, uint64_t wait_ns);

#endif
