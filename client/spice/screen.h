/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * From the pixels of the emulated card's surface to the slots of struct orl_fallback: collects what
 * has changed, copies it when asked, hands it over. The mailbox loses slots, so each buffer's stale
 * parts are tracked (frame/damage.h). Pure: no SPICE, no clock. SPICE thread.
 */
#ifndef ORL_SPICE_SCREEN_H
#define ORL_SPICE_SCREEN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/err.h"
#include "base/rect.h"
#include "frame/damage.h"
#include "frame/fallback.h"
#include "frame/link.h"

/* How surfaces store pixels; numbers are SPICE's own (SpiceSurfaceFmt in spice/enums.h). */
enum orl_surface_format {
    ORL_SURFACE_RGB555 = 16,   /* u16: blue bits 0-4, green 5-9, red 10-14 */
    ORL_SURFACE_XRGB8888 = 32, /* bytes B,G,R,x */
    ORL_SURFACE_RGB565 = 80,   /* u16: blue bits 0-4, green 5-10, red 11-15 */
    ORL_SURFACE_ARGB8888 = 96  /* bytes B,G,R,A */
};

/* A surface as somebody else says it is: nothing is checked. */
struct orl_surface_view {
    int format;          /* enum orl_surface_format, or a number that is not known */
    int w, h;            /* pixels */
    int pitch;           /* bytes */
    const uint8_t *data; /* h rows of `pitch` bytes */
};

struct orl_screen {
    struct orl_fallback *out;
    struct orl_damage damage; /* in pixels of the picture */
    struct orl_rect head;     /* the part of the surface that is the picture; w = 0: none yet */
    uint32_t surfaces, serial; /* counted up */
    size_t cap[3];             /* bytes that each slot's `map` has */
    bool shown;                /* what was handed over last is a picture */
};

void orl_screen_init(struct orl_screen *s, struct orl_fallback *out);

/*
 * Which part of a w x h surface is the picture, `head` as another program says it (64-bit values
 * may be anything). False: empty or larger than ORL_FRAME_SIDE_MAX. A change makes all of it stale.
 */
bool orl_screen_place(struct orl_screen *s, int w, int h, struct orl_rect head);

/* A surface rectangle has changed; any numbers. */
void orl_screen_damage(struct orl_screen *s, int64_t x, int64_t y, int64_t w, int64_t h);

/* All of it has changed, or the receiver has lost what it had. */
void orl_screen_damage_all(struct orl_screen *s);
bool orl_screen_is_damaged(const struct orl_screen *s);

/*
 * Copies what is stale, hands the slot over, wakes render. `from` is checked against the place.
 * seen_ns: when the oldest change in it was noticed; the slot is ready when the copy is done.
 * ORL_OK; ORL_EUNSUPPORTED: a format that is not known; ORL_EINVAL: sizes that do not fit;
 * ORL_ENOMEM. Nothing is handed over after an error.
 */
ORL_MUST int orl_screen_copy(struct orl_screen *s, const struct orl_surface_view *from,
                             uint64_t seen_ns);

/* Another picture is handed over in its place. */
void orl_screen_forget(struct orl_screen *s);

/* There is no picture any more: hands that over, once. */
void orl_screen_gone(struct orl_screen *s);

#endif
