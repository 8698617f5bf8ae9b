/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The overlay's dialogs: what each one says, and what its answers do. */
#include <stdio.h>
#include <string.h>

#include "app/app_impl.h"
#include "base/clock.h"
#include "base/str.h"
#include "osd/dialog.h"

/* ---- Opening and closing ---------------------------------------------------------------------- */

void orl_app_dialog_show(struct orl_app *app)
{
    app->view.extra.dialog = app->dialog.look;
    app->view_changed = true;
}

/* What a closed dialog leaves undone is answered with no. */
void orl_app_dialog_close(struct orl_app *app)
{
    if (app->dialog_for == ORL_DIALOG_FOR_NOTHING) {
        return;
    }
    if (app->dialog_for == ORL_DIALOG_FOR_PASSWORD) {
        orl_win_text_input(app->win, false);
    }
    app->dialog_for = ORL_DIALOG_FOR_NOTHING;
    orl_dialog_close(&app->dialog);
    orl_input_set_dialog(&app->input, false, orl_now_ns());
    orl_app_dialog_show(app);
}

static void open_password(struct orl_app *app)
{
    char text[512];
    const char *file = orl_app_remote_bad_file(app);
    if (file) {
        snprintf(text, sizeof(text),
                 "A file for SPICE cannot be read: %.160s. The password for %.200s:", file,
                 app->conf->spice_host);
    } else {
        snprintf(text, sizeof(text), "%sThe SPICE server at %.200s wants a password.",
                 app->spice_status.password_tried ? "That was not the password. " : "",
                 app->conf->spice_host);
    }
    orl_dialog_field(&app->dialog, "SPICE password", text, true,
                     "Enter: connect    Esc: go on without keyboard, mouse and sound");
    orl_win_text_input(app->win, true);
}

static void open_typing(struct orl_app *app)
{
    char text[512];
    snprintf(text, sizeof(text), "%zu bytes of text from the clipboard: \"%.60s...\"",
             strlen(app->typing), app->typing);
    orl_dialog_ask(&app->dialog, "Type this into the guest?", text,
                   "Enter: type it    Esc: no");
}

/* ---- The USB list ----------------------------------------------------------------------------- */

/* Why no device can go to the guest; NULL: some may. */
static const char *usb_obstacle(const struct orl_app *app)
{
    if (!app->conf->spice_usb) {
        return "USB redirection is off: start with spice:usb=yes.";
    }
    if (app->spice_status.state != ORL_SPICE_READY) {
        return "There is no SPICE connection.";
    }
    if (!(app->spice_status.has & ORL_SPICE_HAS_USB)) {
        return "The virtual machine has no USB redirection channel (<redirdev bus='usb' "
               "type='spicevmc'/>).";
    }
    return NULL;
}

/* Above the list: why it is of no use, or what its marks mean. */
static const char *usb_text(const struct orl_app *app)
{
    const char *why = usb_obstacle(app);
    if (why) {
        return why;
    }
    if (app->usb_count == 0) {
        return "No USB device is plugged in here.";
    }
    for (uint32_t i = 0; i < app->usb_count; i++) {
        if (!app->usb[i].connected && !app->usb[i].allowed) {
            return "[x]: in the guest.  [-]: cannot go there now; Enter says why.";
        }
    }
    return "[x]: in the guest.";
}

static void fill_usb(struct orl_app *app)
{
    char row[ORL_DIALOG_ROWS][ORL_OSD_ROW] = {{0}};
    for (uint32_t i = 0; i < app->usb_count; i++) {
        const struct orl_spice_usb *u = &app->usb[i];
        const char *mark = u->connected ? "[x]" : u->allowed ? "[ ]" : "[-]";
        snprintf(row[i], sizeof(row[i]), "%s %04x:%04x %.90s", mark, u->vendor, u->product,
                 u->name);
    }
    orl_str_copy(app->dialog.look.text, sizeof(app->dialog.look.text), usb_text(app));
    orl_dialog_rows(&app->dialog, app->usb_count, row);
    orl_app_dialog_show(app);
}

static void open_usb(struct orl_app *app)
{
    const char *why = usb_obstacle(app);
    app->usb_count = 0;
    orl_dialog_list(&app->dialog, "USB devices for the guest", why ? why : "",
                    "Up, Down, Page: choose    Enter: connect or disconnect    Esc: close");
    orl_app_ask(app, ORL_SPICE_USB_LIST, 0, 0, NULL, 0);
}

void orl_app_dialog_usb(struct orl_app *app, const struct orl_spice_note *note)
{
    size_t n = note->data ? note->len / sizeof(app->usb[0]) : 0;
    n = n < ORL_DIALOG_ROWS ? n : ORL_DIALOG_ROWS;
    if (n > 0) {
        memcpy(app->usb, note->data, n * sizeof(app->usb[0]));
    }
    app->usb_count = (uint32_t)n;
    if (app->dialog_for == ORL_DIALOG_FOR_USB) {
        fill_usb(app);
    }
}

/* ---- The microphone --------------------------------------------------------------------------- */

/* No comes first: Enter, Space and letters that were meant for the guest give it nothing. */
static const struct {
    const char *row;
    bool allow, remember;
} microphone[] = {
    {"No, not now", false, false},
    {"Yes, this time", true, false},
    {"Yes, always for this guest", true, true},
    {"No, never for this guest", false, true},
};
enum { MICROPHONE_ROWS = sizeof(microphone) / sizeof(microphone[0]) };

static void open_microphone(struct orl_app *app)
{
    char row[MICROPHONE_ROWS][ORL_OSD_ROW] = {{0}};
    for (uint32_t i = 0; i < MICROPHONE_ROWS; i++) {
        orl_str_copy(row[i], sizeof(row[i]), microphone[i].row);
    }
    orl_dialog_list(&app->dialog, "May the guest use the microphone?",
                    "A program in the guest has opened its recording device. After a no it is "
                    "refused for five minutes without a question.",
                    "Up, Down: choose    Enter: answer    Esc: leave the question open");
    orl_dialog_rows(&app->dialog, MICROPHONE_ROWS, row);
}

static void microphone_row(struct orl_app *app, uint32_t row)
{
    orl_app_dialog_close(app);
    orl_app_microphone_answer(app, microphone[row].allow, microphone[row].remember);
}

/* ---- The menu --------------------------------------------------------------------------------- */

/* ROW_ANSWER is there while the guest asks for the microphone. */
enum { ROW_TAKE_BACK, ROW_PASSWORD, ROW_USB, ROW_MICROPHONE, ROW_FILES, ROW_ANSWER, ROWS };

static void describe_session(struct orl_app *app, char *dst, size_t cap)
{
    char headline[ORL_OSD_LINE];
    char hint[ORL_OSD_LINE];
    if (!app->spice) {
        snprintf(dst, cap, "SPICE is off: this is a viewer only.");
        return;
    }
    orl_spice_sentence(&app->spice_status, &app->spice_conf, headline, sizeof(headline), hint,
                       sizeof(hint));
    snprintf(dst, cap, "%.200s %.200s\nInput goes %s.", headline, hint,
             app->receiver == ORL_TO_SPICE    ? "through SPICE"
             : app->receiver == ORL_TO_MEMORY ? "through the guest's memory"
                                              : "nowhere");
}

static void open_menu(struct orl_app *app)
{
    char row[ROWS][ORL_OSD_ROW] = {
        [ROW_TAKE_BACK] = "Take keyboard, mouse and sound back, or connect again",
        [ROW_PASSWORD] = "Enter the SPICE password",
        [ROW_USB] = "USB devices ...",
        [ROW_MICROPHONE] = "Microphone: ask, allow, deny",
        [ROW_FILES] = "Cancel files on their way",
        [ROW_ANSWER] = "Answer the guest, which asks for the microphone ...",
    };
    char text[512];
    describe_session(app, text, sizeof(text));
    orl_dialog_list(&app->dialog, "Oriel", text,
                    "Up, Down: choose    Enter: do it    Esc: close");
    orl_dialog_rows(&app->dialog, app->consent.state == ORL_MIC_ASKING ? ROWS : ROW_ANSWER,
                    row);
}

/* Text that waits for a yes is not typed when another dialog takes the place of the question. */
static void end_question(struct orl_app *app, enum orl_app_dialog next)
{
    if (app->dialog_for == ORL_DIALOG_FOR_TYPING && next != app->dialog_for) {
        orl_app_typing_cancel(app);
    }
    orl_app_dialog_close(app);
}

void orl_app_dialog_open(struct orl_app *app, enum orl_app_dialog what)
{
    end_question(app, what);
    orl_app_typing_stop(app);
    app->dialog_for = what;
    switch (what) {
    case ORL_DIALOG_FOR_NOTHING: return;
    case ORL_DIALOG_FOR_PASSWORD: open_password(app); break;
    case ORL_DIALOG_FOR_MICROPHONE: open_microphone(app); break;
    case ORL_DIALOG_FOR_TYPING: open_typing(app); break;
    case ORL_DIALOG_FOR_USB: open_usb(app); break;
    case ORL_DIALOG_FOR_MENU: open_menu(app); break;
    }
    orl_input_set_dialog(&app->input, true, orl_now_ns());
    orl_app_dialog_show(app);
}

/* ---- Answers ---------------------------------------------------------------------------------- */

/* The guest may have taken its question back meanwhile. */
static void answer_row(struct orl_app *app)
{
    if (app->consent.state == ORL_MIC_ASKING) {
        orl_app_dialog_open(app, ORL_DIALOG_FOR_MICROPHONE);
    } else {
        orl_app_alert(app, "The guest does not ask for the microphone any more");
    }
}

static void menu_row(struct orl_app *app, uint32_t row)
{
    switch (row) {
    case ROW_TAKE_BACK:
        orl_app_ask(app, ORL_SPICE_TAKE_BACK, 0, 0, NULL, 0);
        orl_app_dialog_close(app);
        break;
    case ROW_PASSWORD: orl_app_dialog_open(app, ORL_DIALOG_FOR_PASSWORD); break;
    case ROW_USB: orl_app_dialog_open(app, ORL_DIALOG_FOR_USB); break;
    case ROW_MICROPHONE: orl_app_microphone_cycle(app); break;
    case ROW_ANSWER: answer_row(app); break;
    case ROW_FILES:
        orl_app_share_cancel(app);
        orl_app_dialog_close(app);
        break;
    default: break;
    }
}

static void chosen(struct orl_app *app)
{
    uint32_t row = app->dialog.selected;
    if (app->dialog_for == ORL_DIALOG_FOR_MENU) {
        menu_row(app, row);
    } else if (app->dialog_for == ORL_DIALOG_FOR_MICROPHONE && row < MICROPHONE_ROWS) {
        microphone_row(app, row);
    } else if (app->dialog_for == ORL_DIALOG_FOR_USB && row < app->usb_count) {
        orl_app_ask(app, ORL_SPICE_USB_SET, !app->usb[row].connected, app->usb[row].id, NULL,
                    0);
    }
}

static void answered(struct orl_app *app, bool yes)
{
    switch (app->dialog_for) {
    case ORL_DIALOG_FOR_PASSWORD:
        if (yes) {
            app->password_asked = false;
            orl_app_ask(app, ORL_SPICE_SET_PASSWORD, 0, 0, app->dialog.entry,
                        strlen(app->dialog.entry));
        }
        break;
    case ORL_DIALOG_FOR_TYPING:
        orl_app_dialog_close(app);
        if (yes) {
            orl_app_typing_begin(app);
        } else {
            orl_app_typing_cancel(app);
        }
        return;
    default: break;
    }
    orl_app_dialog_close(app);
}

static void act(struct orl_app *app, enum orl_dialog_outcome outcome)
{
    switch (outcome) {
    case ORL_DIALOG_NOTHING: break;
    case ORL_DIALOG_CHANGED: orl_app_dialog_show(app); break;
    case ORL_DIALOG_YES: answered(app, true); break;
    case ORL_DIALOG_ROW: chosen(app); break;
    case ORL_DIALOG_NO: answered(app, false); break;
    }
}

void orl_app_dialog_event(struct orl_app *app, const struct orl_event *ev)
{
    if (app->dialog_for == ORL_DIALOG_FOR_NOTHING) {
        return;
    }
    if (ev->kind == ORL_EVENT_TEXT) {
        act(app, orl_dialog_text(&app->dialog, ev->text));
    } else if (ev->kind == ORL_EVENT_KEY && ev->down) {
        act(app, orl_dialog_key(&app->dialog, ev->scancode));
    }
}
