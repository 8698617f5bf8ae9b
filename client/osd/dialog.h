/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A dialog of the overlay: a question, a field to type into, or a list to choose from, worked by
 * keyboard. Keys and text go in, an outcome comes out; what it looks like is a value for the overlay.
 * Pure. Main thread.
 */
#ifndef ORL_OSD_DIALOG_H
#define ORL_OSD_DIALOG_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "osd/osd.h"

#define ORL_DIALOG_ENTRY 256 /* bytes that can be typed, terminator included */
#define ORL_DIALOG_ROWS  64  /* of a list; ORL_OSD_ROWS of them are shown at a time */

enum orl_dialog_kind { ORL_DIALOG_CLOSED, ORL_DIALOG_ASK, ORL_DIALOG_FIELD, ORL_DIALOG_LIST };

struct orl_dialog {
    enum orl_dialog_kind kind;
    bool secret;                  /* field: shown as dots */
    char entry[ORL_DIALOG_ENTRY]; /* field: UTF-8; wiped when the dialog closes */
    uint32_t rows, selected;      /* list */
    char row[ORL_DIALOG_ROWS][ORL_OSD_ROW];
    struct orl_osd_dialog look; /* what to show; look.title is "" when closed */
};

enum orl_dialog_outcome {
    ORL_DIALOG_NOTHING,
    ORL_DIALOG_CHANGED, /* looks different: show it */
    ORL_DIALOG_YES,     /* ask, field: Enter. Still open: read, then orl_dialog_close() */
    ORL_DIALOG_ROW,     /* list: Enter or Space on row `selected`; stays open */
    ORL_DIALOG_NO       /* Escape. Still open */
};

/* Opens; `keys` is the line that says what the keys do. Text is cut at the limits of osd.h. */
void orl_dialog_ask(struct orl_dialog *d, const char *title, const char *text,
                    const char *keys);
void orl_dialog_field(struct orl_dialog *d, const char *title, const char *text, bool secret,
                      const char *keys);
void orl_dialog_list(struct orl_dialog *d, const char *title, const char *text,
                     const char *keys);

/* List: replaces the rows, of which it takes ORL_DIALOG_ROWS at most; the selection stays where it is
 * as far as it can. */
void orl_dialog_rows(struct orl_dialog *d, uint32_t count, char (*row)[ORL_OSD_ROW]);

/* A key went down (USB HID usage), or text was typed. */
enum orl_dialog_outcome orl_dialog_key(struct orl_dialog *d, uint16_t usage);
enum orl_dialog_outcome orl_dialog_text(struct orl_dialog *d, const char *text);

void orl_dialog_close(struct orl_dialog *d);

#endif
