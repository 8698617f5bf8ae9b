/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The emulated card's picture where that card draws with OpenGL (QEMU: gl=on): a GPU buffer, which
 * the render thread imports instead of pixels being copied. It is live: the card draws into it, says
 * where (draw), and waits for an answer, which it gets when GL has read the buffer, or after
 * ORL_SCANOUT_ANSWER_MS when nobody looks.
 *
 * SPICE says of the buffer's layout in memory: size, pitch, fourcc, first row at the top or not, but
 * no modifier: a tiled one is understood by the driver that made it only.
 *
 * SPICE thread. No SPICE calls here: the caller gives the answers.
 */
#ifndef ORL_SPICE_SCANOUT_H
#define ORL_SPICE_SCANOUT_H

#include <stdbool.h>
#include <stdint.h>

#include "base/err.h"
#include "base/rect.h"
#include "frame/fallback.h"

#define ORL_SCANOUT_ANSWER_MS 100

struct orl_scanout {
    struct orl_fallback *out;
    bool active;             /* there is a buffer and it can be shown */
    bool refused;            /* the render thread could not import it */
    bool owed;               /* the card waits for an answer */
    struct orl_slot now;     /* the buffer; now.shared.fd is ours */
    struct orl_rects damage; /* not handed over yet */
    uint64_t hold;           /* of the slot that is out; 0 none */
    uint64_t last_hold, last_id;
    uint32_t serial;
    int old_fd; /* of the slot that is out, when it is not now.shared.fd; -1 none */
};

/* What the channel tells of a buffer; nothing is checked. */
struct orl_scanout_info {
    int fd; /* stays the caller's */
    uint32_t w, h, pitch, fourcc;
    bool top_down; /* the first row is the top one */
};

void orl_scanout_init(struct orl_scanout *s, struct orl_fallback *out);

/*
 * A new buffer. ORL_OK; ORL_EUNSUPPORTED: a format that is not known, ORL_EINVAL: sizes, ORL_ESYS:
 * no descriptor left. After an error there is none.
 */
ORL_MUST int orl_scanout_set(struct orl_scanout *s, const struct orl_scanout_info *info);

/* There is no buffer any more; hands that over, once. */
void orl_scanout_gone(struct orl_scanout *s);

/* The card has drawn here and waits; any numbers. */
void orl_scanout_draw(struct orl_scanout *s, uint32_t x, uint32_t y, uint32_t w, uint32_t h);

/* All of it is to be handed over, changed or not. */
void orl_scanout_damage_all(struct orl_scanout *s);

/*
 * Looks at releases and hands over what has changed, if it is wanted and nothing is out. True: the
 * card is to get its answer now.
 */
bool orl_scanout_step(struct orl_scanout *s, uint64_t now_ns);

/* It has waited long enough. True: answer. */
bool orl_scanout_give_up_waiting(struct orl_scanout *s);

/* Gets back what is out, waits for it a moment, closes everything. */
void orl_scanout_finish(struct orl_scanout *s);

#endif
