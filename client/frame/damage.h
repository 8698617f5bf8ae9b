/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Which pixels must be copied and uploaded when frames get lost on the way.
 *
 * Frames are lost in two places: before they are read (the guest is faster than we are) and after
 * (the mailbox to the render thread keeps only the newest). `fresh` is what changed since the last
 * frame that was handed over; stale[i] is what changed since buffer i was filled. The guest's
 * memory always holds whole pictures, so copying more than necessary is never wrong. A picture that
 * is handed over without a copy makes all three buffers older; so the two ways may be mixed.
 * Pure; one thread.
 */
#ifndef ORL_FRAME_DAMAGE_H
#define ORL_FRAME_DAMAGE_H

#include <stdbool.h>
#include <stdint.h>

#include "base/rect.h"
#include "wire/wire.h"

#define ORL_DAMAGE_BUFFERS 3

struct orl_damage {
    struct orl_rects fresh;
    struct orl_rects stale[ORL_DAMAGE_BUFFERS];
};

/* Nothing is known: everything must be copied and uploaded. */
void orl_damage_reset(struct orl_damage *d);

/*
 * True when the damage list of `f` is relative to `prev`: the next serial (master leaves out 0), the
 * same geometry and format.
 */
bool orl_damage_follows(const struct orl_frame_desc *prev, const struct orl_frame_desc *f,
                        bool skips_zero);

/* A new frame was seen, whether it is going to be copied or not. `follows`: see above. */
void orl_damage_add(struct orl_damage *d, const struct orl_frame_desc *f, bool follows);

/* What has to be copied into buffer `back`. */
void orl_damage_todo(const struct orl_damage *d, uint32_t back, struct orl_rects *out);

/*
 * Buffer `back` was filled and is handed over: *upload becomes what the receiver must upload, which
 * includes `unread`, the upload set of the frame that is replaced (NULL: none).
 */
void orl_damage_staged(struct orl_damage *d, uint32_t back, const struct orl_rects *unread,
                       struct orl_rects *upload);

/*
 * The picture is handed over without a copy: no buffer is filled, so all fall behind. *upload as
 * above.
 */
void orl_damage_held(struct orl_damage *d, const struct orl_rects *unread,
                     struct orl_rects *upload);

/* What was handed over with `upload` has come back and was never seen: the next frame brings it. */
void orl_damage_returned(struct orl_damage *d, const struct orl_rects *upload);

/* Buffer `back` may hold anything now; the next frame is needed whole. */
void orl_damage_failed(struct orl_damage *d, uint32_t back);

#endif
