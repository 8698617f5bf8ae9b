/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Preloaded into the viewer (LD_PRELOAD): gives it a USB device where the machine has none. Each
 * manager of the SPICE library gets one of the library's emulated CD drives, with the disc ORL_TEST_CD.
 */
#include <dlfcn.h>
#include <stdlib.h>
#include <string.h>

#include <spice-client.h>

/* The library's own function, behind the one below. */
static SpiceUsbDeviceManager *real_get(SpiceSession *session, GError **error)
{
    SpiceUsbDeviceManager *(*get)(SpiceSession *, GError **) = NULL;
    void *symbol = dlsym(RTLD_NEXT, "spice_usb_device_manager_get");
    memcpy(&get, &symbol, sizeof(get));
    return get ? get(session, error) : NULL;
}

SpiceUsbDeviceManager *spice_usb_device_manager_get(SpiceSession *session, GError **error)
{
    static const char mark[] = "orl-test-cd";
    SpiceUsbDeviceManager *manager = real_get(session, error);
    char *disc = getenv("ORL_TEST_CD");
    if (manager && disc && !g_object_get_data(G_OBJECT(manager), mark)) {
        g_object_set_data(G_OBJECT(manager), mark, disc);
        (void)spice_usb_device_manager_create_shared_cd_device(manager, disc, NULL);
    }
    return manager;
}
