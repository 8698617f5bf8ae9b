/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "spice/usb_why.h"

#include <stdio.h>
#include <string.h>

#include "base/str.h"

/* What stands in the way of the user's right to write to the device's file. */
enum obstacle {
    OTHER,     /* something else */
    NO_HELPER, /* the library asks a helper for the right; without it, it tries nothing else */
    REFUSED,   /* by the helper, which asks polkit */
    CLOSED     /* nobody was asked, or to no avail: LIBUSB_ERROR_ACCESS */
};

/* The library has one error code for everything, so its words must do. */
static enum obstacle find_obstacle(const GError *error)
{
    if (error->domain == G_SPAWN_ERROR) {
        return NO_HELPER;
    }
    if (strstr(error->message, "ACL") || strstr(error->message, "acl helper") ||
        strstr(error->message, "acl-helper")) {
        return REFUSED;
    }
    return strstr(error->message, "[-3]") ? CLOSED : OTHER;
}

/* What the helper said itself stands between quotes. */
static void take_refusal(const char *message, char *dst, size_t cap)
{
    const char *from = strchr(message, '\'');
    const char *to = from ? strrchr(from + 1, '\'') : NULL;
    if (to && to > from + 1) {
        message = from + 1;
    } else {
        to = message + strlen(message);
    }
    snprintf(dst, cap, "%.*s", to - message < 60 ? (int)(to - message) : 60, message);
}

void orl_usb_why(const struct orl_spice_usb *device, const GError *error, char *dst, size_t cap)
{
    char id[16];
    char file[64];
    char words[64];
    snprintf(id, sizeof(id), "%04x:%04x", device->vendor, device->product);
    snprintf(file, sizeof(file), "/dev/bus/usb/%03u/%03u", (unsigned)(device->id / 256),
             (unsigned)(device->id % 256));
    if (!error) {
        snprintf(dst, cap, "%s could not be opened", id);
        return;
    }
    if (error->domain == G_IO_ERROR && error->code == G_IO_ERROR_CANCELLED) {
        snprintf(dst, cap, "%s: cancelled", id);
        return;
    }
    switch (find_obstacle(error)) {
    case OTHER: orl_str_copy(dst, cap, error->message); break;
    case NO_HELPER:
        snprintf(dst, cap,
                 "%s cannot be opened: spice-client-glib-usb-acl-helper, which gives access to "
                 "%s, is not installed. Install the package of that name, and polkit.",
                 id, file);
        break;
    case REFUSED:
        take_refusal(error->message, words, sizeof(words));
        snprintf(dst, cap,
                 "%s cannot be opened (%s). To open %s, polkit must allow you "
                 "org.spice-space.lowlevelusbaccess.",
                 id, words, file);
        break;
    case CLOSED:
        snprintf(dst, cap,
                 "%s cannot be opened (permission denied). You need write access to %s: by a "
                 "udev rule, or by the file's group.",
                 id, file);
        break;
    }
}
