/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Panels to triangles: the C face of osd_imgui.cpp. Render thread. */
#ifndef ORL_OSD_GUI_H
#define ORL_OSD_GUI_H

#include "osd/draw_list.h"
#include "osd/panels.h"

#ifdef __cplusplus
extern "C" {
#endif

struct orl_osd_gui;

/* NULL: out of memory. */
struct orl_osd_gui *orl_osd_gui_create(void);
void orl_osd_gui_destroy(struct orl_osd_gui *gui); /* may be NULL */

/*
 * Fills `out` except `serial`; borrowed until the next call or destroy. `changed` becomes what the
 * graphs cover. Loads a font when there is something to show for the first time, or in a new scale.
 */
void orl_osd_gui_draw(struct orl_osd_gui *gui, const struct orl_osd_panels *p,
                      struct orl_draw_list *out);

/* Frees the font and all that was drawn; what a draw has filled in is void then. */
void orl_osd_gui_forget(struct orl_osd_gui *gui);

#ifdef __cplusplus
}
#endif

#endif
