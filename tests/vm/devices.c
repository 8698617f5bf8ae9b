/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The viewer's SPICE session without the viewer, for what it hands to the guest: a folder, and USB
 * devices. Machines that run tests have none of the latter; the library's emulated CD drive stands
 * in for them, which the guest sees as any other device.
 *
 *   devices NAME=VALUE...   host (a socket), share, share-ro, usb, usb-auto, usb-redirect
 *
 * Reads:  cd FILE (a drive more on the host)   usb-list   usb ID 1|0
 * Tells:  status STATE has N   message TEXT   usb-result ID CONNECTED REASON
 *         usb-devices N, and for each behind a tab: ID VENDOR:PRODUCT CONNECTED ALLOWED NAME
 */
#include <poll.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include "spice/impl.h"

struct devices {
    struct orl_spice_conf conf;
    struct orl_spice_link link;
    struct orl_spice *spice;
    int wake_fd;
    char in[8192];
    size_t in_len;
    bool quit;
};

/* A drive to be made on the thread of the session. */
struct drive {
    struct orl_spice *spice;
    char file[4096];
};

__attribute__((format(printf, 1, 2))) static void say(const char *format, ...)
{
    va_list args;
    va_start(args, format);
    vprintf(format, args);
    va_end(args);
    putchar('\n');
    fflush(stdout);
}

static void wake(void *arg)
{
    const struct devices *d = arg;
    uint64_t one = 1;
    if (write(d->wake_fd, &one, sizeof(one)) < 0) {
        return; /* it is awake already */
    }
}

/* --- out --- */

static void tell_list(const struct orl_spice_note *note)
{
    struct orl_spice_usb u;
    size_t n = note->data ? note->len / sizeof(u) : 0;
    printf("usb-devices %zu", n);
    for (size_t i = 0; i < n; i++) {
        memcpy(&u, note->data + i * sizeof(u), sizeof(u));
        printf("\t%llu %04x:%04x %d %d %s", (unsigned long long)u.id, u.vendor, u.product,
               u.connected, u.allowed, u.name);
    }
    say("%s", "");
}

static void tell_note(const struct orl_spice_note *note)
{
    const char *text = note->data ? (const char *)note->data : "";
    switch (note->kind) {
    case ORL_SPICE_USB_DEVICES: tell_list(note); break;
    case ORL_SPICE_USB_RESULT:
        say("usb-result %llu %u %s", (unsigned long long)note->id, note->a, text);
        break;
    case ORL_SPICE_MESSAGE: say("message %s", text); break;
    default: break;
    }
}

static void take_news(struct devices *d)
{
    static const char *const names[] = {"off",     "connecting", "ready",
                                        "waiting", "password",   "taken"};
    struct orl_spice_note note;
    if (orl_mailbox_take(&d->link.status_mb)) {
        const struct orl_spice_status *s = &d->link.status[d->link.status_mb.front];
        say("status %s has %u", names[s->state], s->has);
    }
    while (orl_spsc_pull(&d->link.events, &note)) {
        tell_note(&note);
        free(note.data);
    }
}

/* --- in --- */

static gboolean make_drive(gpointer arg)
{
    struct drive *drive = arg;
    SpiceSession *session = drive->spice->t.session;
    SpiceUsbDeviceManager *manager =
        session ? spice_usb_device_manager_get(session, NULL) : NULL;
    GError *error = NULL;
    gboolean made = manager && spice_usb_device_manager_create_shared_cd_device(
                                   manager, drive->file, &error);
    say("cd %d %s", made, error ? error->message : "");
    g_clear_error(&error);
    free(drive);
    return G_SOURCE_REMOVE;
}

static void do_line(struct devices *d, const char *line)
{
    struct orl_spice_note note = {.kind = ORL_SPICE_USB_LIST};
    if (strncmp(line, "cd ", 3) == 0) {
        struct drive *drive = calloc(1, sizeof(*drive));
        if (drive) {
            drive->spice = d->spice;
            snprintf(drive->file, sizeof(drive->file), "%s", line + 3);
            g_idle_add(make_drive, drive);
        }
        return;
    }
    if (strncmp(line, "usb ", 4) == 0) {
        char *end = NULL;
        note.kind = ORL_SPICE_USB_SET;
        note.id = strtoull(line + 4, &end, 10);
        note.a = strcmp(end, " 1") == 0;
    } else if (strcmp(line, "usb-list") != 0) {
        say("failed %s", line);
        return;
    }
    if (!orl_spice_request(d->spice, &note)) {
        say("failed %s", line);
    }
}

static void read_lines(struct devices *d)
{
    char *at = d->in, *end;
    ssize_t n = read(STDIN_FILENO, d->in + d->in_len, sizeof(d->in) - 1 - d->in_len);
    if (n <= 0) {
        d->quit = true;
        return;
    }
    d->in_len += (size_t)n;
    d->in[d->in_len] = 0;
    while ((end = strchr(at, '\n')) != NULL) {
        *end = 0;
        do_line(d, at);
        at = end + 1;
    }
    d->in_len -= (size_t)(at - d->in);
    memmove(d->in, at, d->in_len);
}

/* --- start --- */

static bool set_option(struct orl_spice_conf *c, const char *option)
{
    const char *value = strchr(option, '=');
    const struct {
        const char *name;
        const char **text;
        bool *flag;
    } options[] = {{"host", &c->host, NULL},
                   {"share", &c->share_dir, NULL},
                   {"share-ro", NULL, &c->share_read_only},
                   {"usb", NULL, &c->usb},
                   {"usb-auto", &c->usb_auto_filter, NULL},
                   {"usb-redirect", &c->usb_redirect_filter, NULL}};
    for (size_t i = 0; value && i < sizeof(options) / sizeof(options[0]); i++) {
        size_t len = strlen(options[i].name);
        if (len != (size_t)(value - option) || strncmp(option, options[i].name, len) != 0) {
            continue;
        }
        if (options[i].text) {
            *options[i].text = value + 1;
        } else {
            *options[i].flag = value[1] == '1';
        }
        return true;
    }
    return false;
}

static void run(struct devices *d)
{
    struct pollfd p[2] = {{STDIN_FILENO, POLLIN, 0}, {d->wake_fd, POLLIN, 0}};
    uint64_t count;
    while (!d->quit) {
        poll(p, 2, -1);
        if (p[1].revents && read(d->wake_fd, &count, sizeof(count)) < 0) {
            continue;
        }
        take_news(d);
        if (p[0].revents) {
            read_lines(d);
        }
    }
}

int main(int argc, char **argv)
{
    static struct devices d = {.conf = {.host = "",
                                        .password = "",
                                        .password_file = "",
                                        .ca_file = "",
                                        .host_subject = "",
                                        .share_dir = "",
                                        .usb_auto_filter = "",
                                        .usb_redirect_filter = ""}};
    for (int i = 1; i < argc; i++) {
        if (!set_option(&d.conf, argv[i])) {
            fprintf(stderr, "devices: there is no option '%s'\n", argv[i]);
            return 2;
        }
    }
    d.wake_fd = eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC);
    if (d.wake_fd < 0 || orl_spice_link_init(&d.link)) {
        return 1;
    }
    d.link.wake_main = wake;
    d.link.wake_main_arg = &d;
    if (orl_spice_start(&d.spice, &d.conf, &d.link)) {
        return 1;
    }
    run(&d);
    orl_spice_stop(&d.spice);
    orl_spice_link_finish(&d.link);
    close(d.wake_fd);
    return 0;
}
