/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What other programs hand to the window on Wayland, by selection or by drag: our one wl_data_device
 * on SDL's connection, beside SDL's. One, because some compositors tell only the newest device of a
 * program of a drag. Selections go to the clipboard (clipboard_wayland.h), drags to drops. Main
 * thread, from SDL's event wait. Private to win/.
 */
#ifndef ORL_WIN_DATA_WAYLAND_H
#define ORL_WIN_DATA_WAYLAND_H

#include <wayland-client.h>

#include "win/drop_wayland.h"

struct orl_wl_clip;

/* Names of an offer: 1 << index into orl_win_clip_names, and these. */
#define ORL_WL_OURS  (UINT32_C(1) << 30) /* it carries our clipboard's mark */
#define ORL_WL_FILES (UINT32_C(1) << 31) /* text/uri-list */

struct orl_wl_data {
    struct orl_win *win;
    struct wl_display *display; /* SDL's */
    struct wl_seat *seat;
    struct wl_data_device_manager *manager;
    struct wl_data_device *device; /* the clipboard's thread uses these two as well */

    struct wl_data_offer *fresh; /* told of, purpose unknown; NULL: none */
    uint32_t names;              /* of it */
    struct orl_wl_clip *clip;    /* NULL: nobody wants selections yet */
    bool told;                   /* of a selection that waits for the clipboard */
    struct wl_data_offer *selection;
    uint32_t selection_names;
    struct orl_wl_drop drop;
};

/* The clipboard comes, and is told of what is there; NULL: it goes. */
void orl_wl_data_clip(struct orl_wl_data *d, struct orl_wl_clip *clip);

#endif
