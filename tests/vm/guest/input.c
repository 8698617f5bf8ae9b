/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <errno.h>
#include <fcntl.h>
#include <linux/input.h>
#include <poll.h>
#include <sched.h>
#include <string.h>
#include <sys/ioctl.h>
#include <time.h>
#include <unistd.h>

#include "guest.h"

enum { DEVICES = 32, LOOK_MS = 40 };

struct device {
    int fd; /* -1: not open */
    bool absolute;
    int x, y;          /* absolute devices: last position */
    unsigned leds;     /* set of 1 scroll, 2 num, 4 caps */
    struct bytes line; /* what happened since the last complete report */
    bool moved, dropped;
    int dx, dy;
};

static bool has_bit(const uint8_t *bits, unsigned n)
{
    return bits[n / 8] >> (n % 8) & 1;
}

/* What the test calls the device: its kind, then the name the kernel gives it. */
static void tell(const struct device *d, int index, int report)
{
    uint8_t keys[KEY_CNT / 8] = {0}, rel[REL_CNT / 8 + 1] = {0}, abs[ABS_CNT / 8] = {0};
    char name[80] = "?";
    ioctl(d->fd, EVIOCGBIT(EV_KEY, sizeof keys), keys);
    ioctl(d->fd, EVIOCGBIT(EV_REL, sizeof rel), rel);
    ioctl(d->fd, EVIOCGBIT(EV_ABS, sizeof abs), abs);
    ioctl(d->fd, EVIOCGNAME(sizeof name), name);
    name[sizeof name - 1] = 0;
    const char *kind = has_bit(abs, ABS_X)    ? "tablet"
                       : has_bit(rel, REL_X)  ? "mouse"
                       : has_bit(keys, KEY_A) ? "keyboard"
                                              : "other";
    say(report, "device %d %s %s", index, kind, name);
}

/* Lock lights that are on. Their change is no report of the device's, so it is looked for. */
static unsigned lights(const struct device *d)
{
    uint8_t bits[LED_CNT / 8 + 1] = {0};
    ioctl(d->fd, EVIOCGLED(sizeof bits), bits);
    return (has_bit(bits, LED_SCROLLL) ? 1u : 0) | (has_bit(bits, LED_NUML) ? 2u : 0) |
           (has_bit(bits, LED_CAPSL) ? 4u : 0);
}

static bool open_device(struct device *d, const char *path)
{
    uint8_t abs[ABS_CNT / 8] = {0};
    int clock = CLOCK_MONOTONIC;
    d->fd = open(path, O_RDONLY | O_NONBLOCK | O_CLOEXEC);
    if (d->fd < 0) {
        return false;
    }
    ioctl(d->fd, EVIOCSCLOCKID, &clock);
    ioctl(d->fd, EVIOCGBIT(EV_ABS, sizeof abs), abs);
    d->absolute = has_bit(abs, ABS_X);
    return true;
}

/* New devices, and the lights of all. */
static void look_around(struct device *devices, int report)
{
    char path[40];
    for (int i = 0; i < DEVICES; i++) {
        struct device *d = &devices[i];
        snprintf(path, sizeof path, "/dev/input/event%d", i);
        if (d->fd < 0 && access(path, F_OK) == 0 && open_device(d, path)) {
            tell(d, i, report);
        }
        unsigned leds = d->fd < 0 ? 0 : lights(d);
        if (leds != d->leds) {
            d->leds = leds;
            say(report, "leds %d %u", i, leds);
        }
    }
}

/* Every item of a report is a word and two numbers. */
static void add(struct device *d, const char *word, int a, int b)
{
    char text[64];
    int n = snprintf(text, sizeof text, " %s %d %d", word, a, b);
    bytes_add(&d->line, text, (size_t)n);
}

static void add_key(struct device *d, const struct input_event *e)
{
    if (e->value != 2) { /* not the kernel's own repetition */
        bool button = e->code >= BTN_MISC && e->code < KEY_OK;
        add(d, button ? "btn" : "key", e->code, e->value);
    }
}

static void add_rel(struct device *d, const struct input_event *e)
{
    switch (e->code) {
    case REL_X:
        d->dx += e->value;
        d->moved = true;
        break;
    case REL_Y:
        d->dy += e->value;
        d->moved = true;
        break;
    case REL_WHEEL: add(d, "wheel", 0, e->value); break;
    case REL_HWHEEL: add(d, "wheel", e->value, 0); break;
    default: break; /* the same in finer steps */
    }
}

static void add_abs(struct device *d, const struct input_event *e)
{
    if (e->code == ABS_X) {
        d->x = e->value;
        d->moved = true;
    } else if (e->code == ABS_Y) {
        d->y = e->value;
        d->moved = true;
    }
}

/* A report of the device is complete: one line. Motion comes last, as the devices have it first or
 * last but never between two buttons of one report. */
static void finish_report(struct device *d, int index, const struct input_event *e, int report)
{
    if (d->dropped) {
        say(report, "lost %d", index); /* we read too slowly; tests must not go on */
        d->dropped = false;
    }
    if (d->moved) {
        add(d, d->absolute ? "abs" : "rel", d->absolute ? d->x : d->dx,
            d->absolute ? d->y : d->dy);
    }
    if (d->line.len > 0) {
        long long us = (long long)e->input_event_sec * 1000000 + (long long)e->input_event_usec;
        say(report, "ev %d %lld%.*s", index, us, (int)d->line.len, (char *)d->line.at);
    }
    d->line.len = 0;
    d->moved = false;
    d->dx = d->dy = 0;
}

static void take(struct device *d, int index, const struct input_event *e, int report)
{
    switch (e->type) {
    case EV_KEY: add_key(d, e); break;
    case EV_REL: add_rel(d, e); break;
    case EV_ABS: add_abs(d, e); break;
    case EV_SYN:
        if (e->code == SYN_DROPPED) {
            d->dropped = true;
        } else if (e->code == SYN_REPORT) {
            finish_report(d, index, e, report);
        }
        break;
    default: break;
    }
}

static void read_device(struct device *d, int index, int report)
{
    struct input_event events[64];
    ssize_t n = read(d->fd, events, sizeof events);
    if (n < 0 && errno != EAGAIN && errno != EINTR) {
        close(d->fd);
        bytes_free(&d->line);
        *d = (struct device){.fd = -1};
        say(report, "device-gone %d", index);
        return;
    }
    for (ssize_t i = 0; i < n / (ssize_t)sizeof events[0]; i++) {
        take(d, index, &events[i], report);
    }
}

void input_run(int report)
{
    static struct device devices[DEVICES];
    struct pollfd p[DEVICES];
    struct sched_param first = {.sched_priority = 1};
    sched_setscheduler(0, SCHED_FIFO, &first);
    for (int i = 0; i < DEVICES; i++) {
        devices[i].fd = -1;
    }
    for (;;) {
        for (int i = 0; i < DEVICES; i++) {
            p[i] = (struct pollfd){devices[i].fd, POLLIN, 0};
        }
        poll(p, DEVICES, LOOK_MS);
        for (int i = 0; i < DEVICES; i++) {
            if (p[i].fd >= 0 && p[i].revents) {
                read_device(&devices[i], i, report);
            }
        }
        look_around(devices, report);
    }
}
