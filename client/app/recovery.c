/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The fallback display of master's display driver: asked for by a key, answered in sentences. */
#include <stdio.h>

#include "app/app_impl.h"

#define ORL_LOG_MODULE "app"
#include "base/log.h"

/* Shown where the user looks, and once in the log. */
static void say(struct orl_app *app, enum orl_log_level level, const char *sentence)
{
    orl_log(level, "%s", sentence);
    orl_app_alert(app, "%s", sentence);
}

static const char *display_name(uint32_t request)
{
    return request == ORL_RECOVERY_ASK_NORMAL ? "normal" : "fallback";
}

/* Why the driver did not do it, and what helps; a clause. */
static void say_refusal(char *dst, size_t cap, uint32_t error)
{
    static const char *const clauses[] = {
        [ORL_RECOVERY_FINE] = "it gives no reason; the driver's log in the guest may",
        [ORL_RECOVERY_UNSUPPORTED] =
            "its driver cannot do that on this system; another version of the driver may",
        [ORL_RECOVERY_NO_HELPER] =
            "the driver's helper program does not answer; log in to the guest, or restart it",
        [ORL_RECOVERY_TOPOLOGY] = "its system refused the change of displays; look at the "
                                  "display settings there and try again",
        [ORL_RECOVERY_NO_DISPLAY] = "it has no other display; give the machine an emulated "
                                    "card (<video> of type vga, qxl or virtio)",
        [ORL_RECOVERY_IS_BUSY] = "it is busy with another change; try again in a moment",
        [ORL_RECOVERY_CAPACITY] = "it has no room for another display; switch one off in the "
                                  "guest and try again",
    };
    if (error < sizeof(clauses) / sizeof(clauses[0])) {
        snprintf(dst, cap, "%s", clauses[error]);
    } else {
        snprintf(dst, cap,
                 "error %u, which this viewer does not know: is it older than the driver?",
                 (unsigned)error);
    }
}

/* The fallback display is on: where its picture is to be seen. */
static void say_active(const struct orl_app *app, char *dst, size_t cap)
{
    const char *where = "the picture comes by SPICE";
    if (!app->spice) {
        where =
            "its picture comes by SPICE, which is off here: see spice:enable and spice:host";
    } else if (!app->conf->spice_display) {
        where = "its picture comes by SPICE: to see it, start with spice:display=yes";
    } else if (app->spice_status.state != ORL_SPICE_READY) {
        where = "the picture comes by SPICE, which is not connected";
    }
    snprintf(dst, cap, "The guest shows its fallback display; %s", where);
}

static void answered(struct orl_app *app, const struct orl_recovery_report *r)
{
    char text[ORL_OSD_LINE], why[ORL_OSD_LINE / 2];
    bool fallback = r->request == ORL_RECOVERY_ASK_FALLBACK;
    bool active = r->state == ORL_RECOVERY_ACTIVE;
    if (r->state != ORL_RECOVERY_FAILED) {
        app->recovery_active = active;
    }
    if (active) {
        orl_frame_put_aside(app->frame);
    }
    say_refusal(why, sizeof(why), r->error);
    bool done = r->state != ORL_RECOVERY_FAILED && active == fallback;
    if (done && active) {
        say_active(app, text, sizeof(text));
    } else if (done) {
        snprintf(text, sizeof(text), "The guest shows its normal display again");
    } else {
        snprintf(text, sizeof(text), "The guest does not switch to its %s display: %s",
                 display_name(r->request), why);
    }
    say(app, done ? ORL_LOG_INFO : ORL_LOG_WARN, text);
}

/* Why there is no answer, and what helps; NULL: there is one, or may still be. */
static const char *failure(enum orl_recovery_outcome outcome)
{
    switch (outcome) {
    case ORL_RECOVERY_NO_MEMORY:
        return "There is no guest memory to ask through: start the virtual machine first";
    case ORL_RECOVERY_READ_ONLY:
        return "The guest cannot be asked for another display: its memory is mapped read-only";
    case ORL_RECOVERY_ABSENT:
        return "The guest has no display driver that can switch: only Looking Glass's display "
               "driver (IDD) of master offers it";
    case ORL_RECOVERY_DEAD:
        return "The guest's display driver cannot be asked: its heartbeat stands still; "
               "restart "
               "the driver or the guest";
    case ORL_RECOVERY_INCAPABLE:
        return "The guest's display driver offers no fallback display; another version of it "
               "may";
    case ORL_RECOVERY_BROKEN:
        return "The guest cannot be asked for another display: the counter of requests in its "
               "memory is damaged; restart the driver or the guest";
    case ORL_RECOVERY_CROWDED:
        return "The guest cannot be asked for another display now: all places for requests are "
               "taken; try again, or restart the driver";
    case ORL_RECOVERY_CHANGED:
        return "The guest's display driver has just restarted and was not asked; try again";
    case ORL_RECOVERY_LOST:
        return "The guest's memory went away while it was asked for another display; try again "
               "when the guest is back";
    case ORL_RECOVERY_SUPERSEDED:
        return "Another viewer has asked the guest for a display since: that one is followed";
    case ORL_RECOVERY_RESTARTED:
        return "The guest's display driver restarted before it answered; if the picture is not "
               "the right one, try again";
    case ORL_RECOVERY_DIED:
        return "The guest's display driver stopped before it answered; SPICE may show the "
               "guest "
               "all the same, else restart it";
    case ORL_RECOVERY_SILENT:
        return "The guest was asked for another display and did not answer; log in to the "
               "guest, "
               "or restart it";
    case ORL_RECOVERY_LOOKING:
    case ORL_RECOVERY_ASKED:
    case ORL_RECOVERY_ANSWERED: break;
    }
    return NULL;
}

void orl_app_recovery(struct orl_app *app)
{
    if (!app->frame) {
        orl_app_alert(app, "There is no guest memory to ask through: this viewer shows only "
                           "what SPICE sends");
    } else if (app->recovery_serial) {
        orl_app_alert(app, "The guest is being asked for another display already; it may take "
                           "half a minute");
    } else {
        app->recovery_serial = orl_frame_ask_recovery(app->frame, app->recovery_active);
        orl_app_alert(app, "Looking for the guest's display driver");
    }
}

void orl_app_recovery_look(struct orl_app *app)
{
    struct orl_frame_link *link = &app->frames;
    if (!orl_mailbox_take(&link->recovery_mb)) {
        return;
    }
    const struct orl_recovery_report *r = &link->recovery[link->recovery_mb.front];
    if (r->serial != app->recovery_serial) {
        return;
    }
    if (r->outcome == ORL_RECOVERY_ASKED) {
        orl_info("asked the guest for its %s display", display_name(r->request));
        orl_app_alert(app, "Asked the guest for its %s display; it may take half a minute",
                      display_name(r->request));
        return;
    }
    app->recovery_serial = 0;
    const char *sentence = failure(r->outcome);
    if (sentence) {
        say(app, ORL_LOG_WARN, sentence);
    } else {
        answered(app, r);
    }
}
