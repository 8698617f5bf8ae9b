/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Which of the two sources of pictures is shown: the ring, or the emulated card's display that
 * SPICE sends. The ring wins with its first frame; the other side takes over late, stays for
 * small gaps, and never in quick alternation. Pure: time comes in as a parameter. Render thread.
 */
#ifndef ORL_RENDER_CHOICE_H
#define ORL_RENDER_CHOICE_H

#include <stdbool.h>
#include <stdint.h>

enum orl_shown { ORL_SHOWN_NONE, ORL_SHOWN_RING, ORL_SHOWN_SPICE };

/* How long the ring's last picture stays for a guest program that is started again. */
#define ORL_CHOICE_LOST_NS (500 * UINT64_C(1000000))
/* How long the display's last picture stays while the display is gone: a change of mode. */
#define ORL_CHOICE_GONE_NS (500 * UINT64_C(1000000))
/* How long the display may be one even colour before it counts as showing nothing. */
#define ORL_CHOICE_BLANK_NS (3000 * UINT64_C(1000000))

enum orl_choice_ring {
    ORL_RING_OFF,   /* the user wants no video: neither source */
    ORL_RING_QUIET, /* no frames flow */
    ORL_RING_FLOWS
};
enum orl_choice_display {
    ORL_DISPLAY_GONE, /* no surface, or nothing of it since `wanted` was raised */
    ORL_DISPLAY_BLANK,
    ORL_DISPLAY_PICTURE
};

struct orl_choice_in {
    enum orl_choice_ring ring;
    bool ring_picture; /* the ring has given a picture that can be shown (darkened) */
    enum orl_choice_display display;
    bool spice_only; /* the ring is not used */
    bool hidden;     /* nobody sees the window: copy nothing */
};

struct orl_choice { /* all zero at first */
    enum orl_shown shown;
    bool wanted;               /* the display's pixels are of use */
    enum orl_choice_ring ring; /* of the last step, and since when */
    uint64_t ring_ns;
    enum orl_choice_display display;
    uint64_t display_ns;
    uint64_t back_ns; /* when the display was left for want of a picture; 0 never */
};

/* One look; returns when the next is due although nothing changes, UINT64_MAX never. */
uint64_t orl_choice_step(struct orl_choice *c, const struct orl_choice_in *in, uint64_t now_ns);

#endif
