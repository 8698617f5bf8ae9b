/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * USB devices of the host for the guest. The library's manager knows the devices, opens them (with
 * polkit's help where there is one) and carries their traffic in the usbredir channels; here it is
 * asked and told.
 */
#include <stdlib.h>
#include <string.h>

#include "base/str.h"
#include "spice/part.h"
#include "spice/rules.h"
#include "spice/usb_why.h"

#define ORL_LOG_MODULE "spice"
#include "base/log.h"

#define DEVICES_MAX 64
#define CHANGES_MAX 16
#define WHY_BYTES   256

struct usb;

/* A request under way; its answer may come after its session, or the part, is gone. */
struct change {
    struct usb *usb; /* NULL: nobody wants to know any more */
    struct orl_spice_usb device;
    bool connect;
};

struct usb {
    struct orl_spice *spice;
    SpiceUsbDeviceManager *manager;     /* owned by its session; NULL: none */
    struct change *change[CHANGES_MAX]; /* under way, packed */
    uint32_t changes;
    bool said_missing;             /* that there are no USB devices at all */
    bool said_auto, said_redirect; /* that a filter is wrong */
};

/* A number and what must stand behind it; *at moves on. */
static bool take_number(const char **at, int base, unsigned long max, const char *behind,
                        unsigned long *out)
{
    char *end = NULL;
    *out = strtoul(*at, &end, base);
    size_t n = strlen(behind);
    bool ok = end != *at && *out <= max && strncmp(end, behind, n) == 0;
    *at = ok ? end + n : end;
    return ok;
}

/*
 * Bus, address, ids and names are only to be had as text, in a format of our own; all five
 * arguments are used, as printf demands.
 */
static bool describe(SpiceUsbDevice *device, struct orl_spice_usb *out)
{
    char *text = spice_usb_device_get_description(device, "%4$d %5$d %3$s %1$s %2$s");
    const char *at = text;
    unsigned long bus, address, vendor, product;
    bool ok = text && take_number(&at, 10, UINT16_MAX, " ", &bus) &&
              take_number(&at, 10, 255, " [", &address) &&
              take_number(&at, 16, UINT16_MAX, ":", &vendor) &&
              take_number(&at, 16, UINT16_MAX, "]", &product);
    if (ok) {
        memset(out, 0, sizeof(*out));
        out->id = (uint64_t)bus * 256 + address;
        out->vendor = (uint16_t)vendor;
        out->product = (uint16_t)product;
        orl_str_copy(out->name, sizeof(out->name), at + strspn(at, " "));
    }
    g_free(text);
    return ok;
}

static void send_list(struct usb *u)
{
    struct orl_spice_usb list[DEVICES_MAX];
    size_t n = 0;
    GPtrArray *devices = u->manager ? spice_usb_device_manager_get_devices(u->manager) : NULL;
    for (guint i = 0; devices && i < devices->len && n < DEVICES_MAX; i++) {
        SpiceUsbDevice *device = g_ptr_array_index(devices, i);
        if (!describe(device, &list[n])) {
            continue;
        }
        list[n].connected = spice_usb_device_manager_is_device_connected(u->manager, device);
        list[n].allowed =
            spice_usb_device_manager_can_redirect_device(u->manager, device, NULL);
        n++;
    }
    if (devices) {
        g_ptr_array_unref(devices);
    }
    orl_spice_emit(u->spice, ORL_SPICE_USB_DEVICES, 0, 0, 0, list, n * sizeof(list[0]));
}

static void say_result(struct usb *u, uint64_t id, bool connected, const char *why)
{
    if (why) {
        orl_warn("USB: %s", why);
    }
    orl_spice_emit(u->spice, ORL_SPICE_USB_RESULT, connected, 0, id, why,
                   why ? strlen(why) : 0);
}

static void forget(struct change *c)
{
    struct usb *u = c->usb;
    for (uint32_t i = 0; u && i < u->changes; i++) {
        if (u->change[i] == c) {
            u->change[i] = u->change[--u->changes];
            break;
        }
    }
    free(c);
}

static void on_changed(GObject *source, GAsyncResult *result, gpointer user)
{
    struct change *c = user;
    SpiceUsbDeviceManager *manager = SPICE_USB_DEVICE_MANAGER(source);
    GError *error = NULL;
    bool ok = c->connect
                  ? spice_usb_device_manager_connect_device_finish(manager, result, &error)
                  : spice_usb_device_manager_disconnect_device_finish(manager, result, &error);
    if (c->usb) {
        char why[WHY_BYTES];
        orl_usb_why(&c->device, error, why, sizeof(why));
        say_result(c->usb, c->device.id, ok ? c->connect : !c->connect, ok ? NULL : why);
        send_list(c->usb);
    }
    g_clear_error(&error);
    forget(c);
}

static void change_device(struct usb *u, SpiceUsbDevice *device,
                          const struct orl_spice_usb *info, bool connect)
{
    struct change *c = u->changes < CHANGES_MAX ? calloc(1, sizeof(*c)) : NULL;
    if (!c) {
        say_result(u, info->id, false, "too much is going on");
        return;
    }
    *c = (struct change){.usb = u, .device = *info, .connect = connect};
    u->change[u->changes++] = c;
    if (connect) {
        spice_usb_device_manager_connect_device_async(u->manager, device, NULL, on_changed, c);
    } else {
        spice_usb_device_manager_disconnect_device_async(u->manager, device, NULL, on_changed,
                                                         c);
    }
}

static void set_device(struct usb *u, uint64_t id, bool connect)
{
    bool found = false;
    GPtrArray *devices = u->manager ? spice_usb_device_manager_get_devices(u->manager) : NULL;
    for (guint i = 0; devices && i < devices->len && !found; i++) {
        SpiceUsbDevice *device = g_ptr_array_index(devices, i);
        struct orl_spice_usb info;
        GError *error = NULL;
        if (!describe(device, &info) || info.id != id) {
            continue;
        }
        found = true;
        if (spice_usb_device_manager_is_device_connected(u->manager, device) == connect) {
            say_result(u, id, connect, NULL); /* asked twice */
        } else if (connect &&
                   !spice_usb_device_manager_can_redirect_device(u->manager, device, &error)) {
            say_result(u, id, false, error ? error->message : "it may not be redirected");
            g_clear_error(&error);
        } else {
            change_device(u, device, &info, connect);
        }
    }
    if (devices) {
        g_ptr_array_unref(devices);
    }
    if (!found) {
        say_result(u, id, false, "the device is no longer there");
    }
}

static bool on_request(void *self, const struct orl_spice_note *note)
{
    switch (note->kind) {
    case ORL_SPICE_USB_LIST: send_list(self); return true;
    case ORL_SPICE_USB_SET: set_device(self, note->id, note->a != 0); return true;
    default: return false;
    }
}

static void on_device(SpiceUsbDeviceManager *manager, SpiceUsbDevice *device, gpointer user)
{
    (void)manager;
    (void)device;
    send_list(user);
}

static void on_error(SpiceUsbDeviceManager *manager, SpiceUsbDevice *device, GError *error,
                     gpointer user)
{
    struct usb *u = user;
    struct orl_spice_usb info = {0};
    (void)manager;
    char why[WHY_BYTES];
    (void)describe(device, &info);
    orl_usb_why(&info, error, why, sizeof(why));
    say_result(u, info.id, false, why);
}

/* A sentence for the user, once per session of the program. Frees `text`. */
static void say(struct usb *u, bool *said, char *text)
{
    if (!*said) {
        orl_warn("%s", text);
        orl_spice_emit(u->spice, ORL_SPICE_MESSAGE, 0, 0, 0, text, strlen(text));
    }
    *said = true;
    g_free(text);
}

/* The library keeps its default when rules are wrong, and would connect what nobody asked for. */
static bool are_rules(struct usb *u, bool *said, const char *option, const char *rules)
{
    char why[160];
    if (!rules[0]) {
        return false;
    }
    bool right = orl_rules_check(rules, why, sizeof(why));
    if (!right) {
        say(u, said, g_strdup_printf("%s is ignored: %s", option, why));
    }
    return right;
}

static void on_session(void *self, SpiceSession *session)
{
    struct usb *u = self;
    const struct orl_spice_conf *conf = orl_spice_conf(u->spice);
    GError *error = NULL;
    u->manager = spice_usb_device_manager_get(session, &error);
    if (!u->manager) {
        say(u, &u->said_missing,
            g_strdup_printf("There are no USB devices for the guest: %s",
                            error ? error->message : "the library cannot"));
        g_clear_error(&error);
        return;
    }
    if (are_rules(u, &u->said_auto, "spice:usbAutoFilter", conf->usb_auto_filter)) {
        g_object_set(u->manager, "auto-connect-filter", conf->usb_auto_filter, "auto-connect",
                     TRUE, NULL);
    }
    if (are_rules(u, &u->said_redirect, "spice:usbRedirectFilter", conf->usb_redirect_filter)) {
        g_object_set(u->manager, "redirect-on-connect", conf->usb_redirect_filter, NULL);
    }
    g_signal_connect(u->manager, "device-added", G_CALLBACK(on_device), u);
    g_signal_connect(u->manager, "device-removed", G_CALLBACK(on_device), u);
    g_signal_connect(u->manager, "auto-connect-failed", G_CALLBACK(on_error), u);
    g_signal_connect(u->manager, "device-error", G_CALLBACK(on_error), u);
}

static void on_session_end(void *self)
{
    struct usb *u = self;
    while (u->changes > 0) {
        u->change[--u->changes]->usb = NULL;
    }
    if (u->manager) {
        g_signal_handlers_disconnect_by_data(u->manager, u);
        u->manager = NULL;
        send_list(u); /* now empty */
    }
}

static bool wanted(const struct orl_spice_conf *conf)
{
    return conf->usb;
}

static int create(void **self, struct orl_spice *spice)
{
    struct usb *u = calloc(1, sizeof(*u));
    if (!u) {
        return ORL_ENOMEM;
    }
    u->spice = spice;
    *self = u;
    return ORL_OK;
}

static void destroy(void *self)
{
    on_session_end(self);
    free(self);
}

const struct orl_spice_part orl_spice_usb = {
    .name = "USB",
    .type = spice_usbredir_channel_get_type,
    .wanted = wanted,
    .create = create,
    .destroy = destroy,
    .session = on_session,
    .session_end = on_session_end,
    .request = on_request,
    .has = ORL_SPICE_HAS_USB,
};
