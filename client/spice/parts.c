/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "spice/part.h"

/* One line for each file that serves a channel. */
const struct orl_spice_part *const orl_spice_parts[] = {
    &orl_spice_inputs, &orl_spice_playback,
    &orl_spice_record, &orl_spice_display,
    &orl_spice_cursor, &orl_spice_clipboard,
    &orl_spice_files,  &orl_spice_share,
    &orl_spice_usb,    NULL,
};
