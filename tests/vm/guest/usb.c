/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Which USB devices the guest's kernel sees. */
#include <dirent.h>
#include <stdio.h>
#include <string.h>

#include "guest.h"

static bool attribute(const char *device, const char *name, char *out, size_t cap)
{
    char path[512];
    snprintf(path, sizeof path, "/sys/bus/usb/devices/%s/%s", device, name);
    FILE *file = fopen(path, "r");
    bool got = file && fgets(out, (int)cap, file);
    if (file) {
        fclose(file);
    }
    out[got ? strcspn(out, "\n") : 0] = 0;
    return got;
}

/* `usb-list`: `usb-device VENDOR:PRODUCT CLASS NAME` for each that is not a root hub. */
bool usb_command(int report, const char *verb)
{
    if (strcmp(verb, "usb-list") != 0) {
        return false;
    }
    DIR *dir = opendir("/sys/bus/usb/devices");
    for (struct dirent *e; dir && (e = readdir(dir));) {
        char vendor[16], product[16], class[16], name[128];
        bool device = e->d_name[0] != '.' && strncmp(e->d_name, "usb", 3) != 0 &&
                      attribute(e->d_name, "idVendor", vendor, sizeof vendor) &&
                      attribute(e->d_name, "idProduct", product, sizeof product);
        if (device) {
            attribute(e->d_name, "bDeviceClass", class, sizeof class);
            attribute(e->d_name, "product", name, sizeof name);
            say(report, "usb-device %s:%s %s %s", vendor, product, class, name);
        }
    }
    if (dir) {
        closedir(dir);
    }
    return true;
}
