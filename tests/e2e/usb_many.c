/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Preloaded into the viewer (LD_PRELOAD): stands for libusb on a computer with ORL_TEST_USB devices
 * (1209:0001, 1209:0002, ... on bus 1) none of which the user may open. What the SPICE library makes
 * of that is its own. Only the functions that it and libusbredirhost reach in this case; their shapes
 * are libusb's public interface (libusb.h), of which Debian's SPICE packages bring no header.
 */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define MANY    64
#define ACCESS  (-3) /* LIBUSB_ERROR_ACCESS */
#define ARRIVED 1    /* LIBUSB_HOTPLUG_EVENT_DEVICE_ARRIVED */

struct libusb_device {
    uint8_t number;
};
struct device_descriptor {
    uint8_t length, type;
    uint16_t usb;
    uint8_t class, subclass, protocol, packet;
    uint16_t vendor, product, release;
    uint8_t manufacturer_text, product_text, serial_text, configurations;
};
struct interface_descriptor {
    uint8_t length, type, number, setting, endpoints, class, subclass, protocol, text;
    const void *endpoint;
    const unsigned char *extra;
    int extra_length;
};
struct interface {
    const struct interface_descriptor *settings;
    int count;
};
struct config_descriptor {
    uint8_t length, type;
    uint16_t total;
    uint8_t interfaces, value, text, attributes, power;
    const struct interface *interface;
    const unsigned char *extra;
    int extra_length;
};
typedef int (*on_plug)(void *context, struct libusb_device *device, int event, void *arg);

int libusb_init(void **context);
void libusb_exit(void *context);
int libusb_set_option(void *context, int option, ...);
struct libusb_device *libusb_ref_device(struct libusb_device *device);
void libusb_unref_device(struct libusb_device *device);
uint8_t libusb_get_bus_number(struct libusb_device *device);
uint8_t libusb_get_device_address(struct libusb_device *device);
int libusb_get_device_descriptor(struct libusb_device *device, struct device_descriptor *out);
int libusb_get_active_config_descriptor(struct libusb_device *device,
                                        struct config_descriptor **out);
void libusb_free_config_descriptor(struct config_descriptor *config);
int libusb_open(struct libusb_device *device, void **handle);
int libusb_handle_events(void *context);
void libusb_interrupt_event_handler(void *context);
int libusb_hotplug_register_callback(void *context, int events, int flags, int vendor,
                                     int product, int class, on_plug call, void *arg,
                                     int *handle);
void libusb_hotplug_deregister_callback(void *context, int handle);

int libusb_init(void **context)
{
    static char only;
    if (context) {
        *context = &only;
    }
    return 0;
}

void libusb_exit(void *context)
{
    (void)context;
}

int libusb_set_option(void *context, int option, ...)
{
    (void)context;
    (void)option;
    return 0;
}

struct libusb_device *libusb_ref_device(struct libusb_device *device)
{
    return device;
}

void libusb_unref_device(struct libusb_device *device)
{
    (void)device;
}

uint8_t libusb_get_bus_number(struct libusb_device *device)
{
    (void)device;
    return 1;
}

uint8_t libusb_get_device_address(struct libusb_device *device)
{
    return device->number;
}

int libusb_get_device_descriptor(struct libusb_device *device, struct device_descriptor *out)
{
    *out = (struct device_descriptor){.length = 18,
                                      .type = 1,
                                      .usb = 0x200,
                                      .packet = 64,
                                      .vendor = 0x1209,
                                      .product = device->number,
                                      .configurations = 1};
    return 0;
}

int libusb_get_active_config_descriptor(struct libusb_device *device,
                                        struct config_descriptor **out)
{
    static const struct interface_descriptor setting = {.length = 9, .type = 4, .class = 255};
    static const struct interface interface = {&setting, 1};
    static const struct config_descriptor config = {.length = 9,
                                                    .type = 2,
                                                    .total = 18,
                                                    .interfaces = 1,
                                                    .value = 1,
                                                    .interface = &interface};
    (void)device;
    *out = malloc(sizeof(config));
    if (*out) {
        memcpy(*out, &config, sizeof(config));
    }
    return *out ? 0 : -11;
}

void libusb_free_config_descriptor(struct config_descriptor *config)
{
    free(config);
}

int libusb_open(struct libusb_device *device, void **handle)
{
    (void)device;
    *handle = NULL;
    return ACCESS;
}

int libusb_handle_events(void *context)
{
    (void)context;
    usleep(50000);
    return 0;
}

void libusb_interrupt_event_handler(void *context)
{
    (void)context;
}

int libusb_hotplug_register_callback(void *context, int events, int flags, int vendor,
                                     int product, int class, on_plug call, void *arg,
                                     int *handle)
{
    static struct libusb_device device[MANY];
    const char *text = getenv("ORL_TEST_USB");
    long n = text ? strtol(text, NULL, 10) : 0;
    (void)events;
    (void)flags;
    (void)vendor;
    (void)product;
    (void)class;
    for (long i = 0; i < n && i < MANY; i++) {
        device[i].number = (uint8_t)(i + 1);
        (void)call(context, &device[i], ARRIVED, arg);
    }
    if (handle) {
        *handle = 1;
    }
    return 0;
}

void libusb_hotplug_deregister_callback(void *context, int handle)
{
    (void)context;
    (void)handle;
}
