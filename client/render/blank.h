/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Whether a picture is one even colour, as a card shows whose driver has not begun. Pure. */
#ifndef ORL_RENDER_BLANK_H
#define ORL_RENDER_BLANK_H

#include <stdbool.h>
#include <stdint.h>

#include "frame/slot.h"

struct orl_blank {       /* all zero at first */
    uint32_t x, y, w, h; /* where, in a picture of which size, another colour was found last */
};

/* `slot` is staged, 4 bytes a pixel of which the last is ignored. Cheap for most pictures. */
bool orl_blank_check(struct orl_blank *b, const struct orl_slot *slot);

#endif
