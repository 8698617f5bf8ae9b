/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Why a USB device does not go to the guest, with what helps. Private to spice/; pure. */
#ifndef ORL_SPICE_USB_WHY_H
#define ORL_SPICE_USB_WHY_H

#include <gio/gio.h>

#include "spice/spice.h"

/*
 * The library's reason as a sentence for the user. Most often the user may not write to the device's
 * file under /dev/bus/usb: then also what file that is and what gives access. `error` may be NULL.
 */
void orl_usb_why(const struct orl_spice_usb *device, const GError *error, char *dst,
                 size_t cap);

#endif
